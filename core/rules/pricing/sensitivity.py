"""How a repricing would turn out at other aggregate prices and software rates: the numbers that nobody publishes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.model import Program
from core.domain.money import rounded
from core.rules.pricing.past_orders import Repricing
from core.rules.pricing.terms import Terms

PRICE_CHANGES: Final = tuple(Decimal(percent) / 100 for percent in range(-20, 21, 5))
RATES: Final = tuple(Decimal(permille) / 1000 for permille in range(15, 51, 5))


class Sensitivity(NamedTuple):
    """What an aggregate program saves against what was paid, in cents, by software rate and by change of its prices.

    ``rates`` and ``changes`` are fractions, lowest first, today's among them. ``break_even`` is, for each rate, the
    change of prices at which nothing is saved or lost; None where there is none.
    """

    rates: tuple[Decimal, ...]
    changes: tuple[Decimal, ...]
    saving_cents: tuple[tuple[int, ...], ...]
    break_even: tuple[Fraction | None, ...]
    rate: Decimal


def sensitivity(
    repricing: Repricing, program: Program, rates: Iterable[Decimal] = RATES, changes: Iterable[Decimal] = PRICE_CHANGES
) -> Sensitivity:
    """The repriced total as its drug price and the program's rate move and everything else stays.

    Today's cell is the repricing's own saving to the cent; the others add the change exactly and round once.
    """
    total, terms = repricing.total, Terms.of(program)
    lines = _Lines(
        saving=total.saving.total_cents,
        drug=total.repriced.drug_cents,
        shipping=total.repriced.shipping_cents if terms.covers_shipping else 0,
        processed=1 + Fraction(program.processing_rate),
        rate=Fraction(program.rate),
    )
    down = tuple(sorted({*rates, program.rate}))
    across = tuple(sorted({*changes, Decimal(0)}))
    return Sensitivity(
        rates=down,
        changes=across,
        saving_cents=tuple(tuple(rounded(lines.saved(rate, change)) for change in across) for rate in down),
        break_even=tuple(lines.even_at(rate) for rate in down),
        rate=program.rate,
    )


class _Lines(NamedTuple):
    """What the total moves with: ``drug`` and (where the fee covers it) ``shipping`` in cents, today's ``rate``."""

    saving: int
    drug: int
    shipping: int
    processed: Fraction
    rate: Fraction

    def saved(self, rate: Decimal, change: Decimal) -> Fraction:
        """The saving at another rate and other prices, in cents."""
        moved = self.drug * (1 + Fraction(change)) * (1 + Fraction(rate)) + self.shipping * Fraction(rate)
        return self.saving - (moved - self._today) * self.processed

    def even_at(self, rate: Decimal) -> Fraction | None:
        """The change of prices at which the saving is nothing."""
        if not self.drug:
            return None
        target = self._today + self.saving / self.processed - self.shipping * Fraction(rate)
        return target / (self.drug * (1 + Fraction(rate))) - 1

    @property
    def _today(self) -> Fraction:
        return self.drug * (1 + self.rate) + self.shipping * self.rate
