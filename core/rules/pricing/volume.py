"""Two programs at the packs of one SKU that a clinic really orders in a month."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.domain.money import half_up
from core.rules.pricing.break_even import Side, even_price_cents

MONTH_DAYS: Final = 30
"""Days of a month (rules.md, section 4)."""


class AtVolume(NamedTuple):
    """A month of one SKU under a pass-through and an aggregate program, in cents.

    ``own_cents`` and ``pooled_cents`` are the packs delivered, without monthly fees; ``*_fee_cents`` are those fees,
    which the SKU alone seldom has to carry. ``even_price_cents`` is the aggregate unit price at which the month costs
    the same with them, None where none from zero does.
    """

    own_cents: int
    pooled_cents: int
    own_fee_cents: int
    pooled_fee_cents: int
    even_price_cents: int | None

    @property
    def excess_cents(self) -> int:
        """What the aggregate program's packs cost more, delivered."""
        return self.pooled_cents - self.own_cents

    @property
    def excess_with_fees_cents(self) -> int:
        """The same with both monthly fees on this SKU."""
        return self.excess_cents + self.pooled_fee_cents - self.own_fee_cents


def at_volume(direct: Side, pooled: Side, units: int, packs: int, days: int) -> AtVolume | None:
    """A month at ``packs`` ordered in ``days``, in shipments of ``units``; None without packs or without a price."""
    if not packs or direct.unit_landed_cents is None or pooled.unit_landed_cents is None:
        return None
    fees = direct.terms.monthly_fee_cents - pooled.terms.monthly_fee_cents
    return AtVolume(
        half_up(MONTH_DAYS * packs * direct.unit_landed_cents, days),
        half_up(MONTH_DAYS * packs * pooled.unit_landed_cents, days),
        direct.terms.monthly_fee_cents,
        pooled.terms.monthly_fee_cents,
        even_price_cents(direct, pooled, units, (units * fees * days, MONTH_DAYS * packs)),
    )
