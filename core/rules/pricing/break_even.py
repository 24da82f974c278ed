"""The aggregate price at which a pass-through and an aggregate program cost the same.

One shipment of ``u`` packs lands at, before any rounding::

    pass-through   (u * p * (1 + f) + S) * (1 + r) + F
    aggregate      (u * x * (1 + s) + S' * (1 + s if its base has shipping else 1)) * (1 + r') + F'

with unit prices ``p`` and ``x``, program rates ``f`` and ``s``, the box's fee ``S``, processing rate ``r`` and fixed
processing ``F``, which may differ between the two. Solved for ``x``; where all but ``f`` and ``s`` are equal and the
base is medication, that is ``p * (1 + f) / (1 + s)``. The quotients are kept as whole numbers: there are thousands.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from core.domain.money import half_up
from core.rules.pricing.terms import Terms


class Side(NamedTuple):
    """A program's cheapest order: cents of one pack's price, of one pack landed and of its box; None is no price.

    The box's fee is known even where an aggregate program has no price yet.
    """

    terms: Terms
    unit_cost_cents: int | None
    unit_landed_cents: int | None
    shipping_cents: int | None


class BreakEven(NamedTuple):
    """A pass-through program beside an aggregate one.

    ``price_cents`` is the aggregate unit price that makes landed costs equal, None where none from zero does.
    ``difference_cents`` is the aggregate unit landed cost less the pass-through one, ``difference`` the same as a
    fraction of the latter. ``cheaper`` ignores monthly fees; ``cheaper_at_spend`` counts them at the asked spend;
    both are None where the two are equal. ``flips_at_spend_cents`` is the monthly spend at which they are, and
    ``flips_at_packs`` the packs that it buys, rounded up.
    """

    pass_through: str
    aggregate: str
    price_cents: int | None
    difference_cents: int | None = None
    difference: Decimal | None = None
    cheaper: str | None = None
    cheaper_at_spend: str | None = None
    flips_at_spend_cents: int | None = None
    flips_at_packs: int | None = None


def break_even(direct: Side, pooled: Side, units: int, spend_cents: int | None) -> BreakEven:
    """Compare a pass-through side with an aggregate one; ``spend_cents`` is monthly pass-through medication spend."""
    names = direct.terms.program, pooled.terms.program
    price = even_price_cents(direct, pooled, units)
    if direct.unit_cost_cents is None or direct.unit_landed_cents is None or pooled.unit_landed_cents is None:
        return BreakEven(*names, price)
    excess = pooled.unit_landed_cents - direct.unit_landed_cents
    fees = pooled.terms.monthly_fee_cents - direct.terms.monthly_fee_cents
    at_spend = None if spend_cents is None else excess * spend_cents + fees * direct.unit_cost_cents
    flips = direct.unit_cost_cents > 0 and (fees < 0 < excess or excess < 0 < fees)
    return BreakEven(
        *names,
        price,
        excess,
        four_decimals(excess, direct.unit_landed_cents) if direct.unit_landed_cents else None,
        _cheaper(names, excess),
        None if at_spend is None else _cheaper(names, at_spend),
        half_up(fees * direct.unit_cost_cents, -excess) if flips else None,
        -(fees // excess) if flips else None,
    )


def even_price_cents(direct: Side, pooled: Side, units: int, credit: tuple[int, int] = (0, 1)) -> int | None:
    """The aggregate unit price at which a shipment of ``units`` packs lands at the pass-through cost and ``credit``.

    ``credit`` is cents of a shipment, as a quotient. None where a price is missing or none from zero does.
    """
    if direct.unit_cost_cents is None or direct.shipping_cents is None or pooled.shipping_cents is None:
        return None
    ours, theirs = direct.terms, pooled.terms
    ours_processed, processed = ours.processing_unit + ours.processing, theirs.processing_unit + theirs.processing
    scale = ours.unit * ours.processing_unit
    before = units * direct.unit_cost_cents * (ours.unit + ours.rate) + direct.shipping_cents * ours.unit
    landed = before * ours_processed + (ours.fixed_cents - theirs.fixed_cents) * scale
    shipping = pooled.shipping_cents * (theirs.unit + theirs.fee_on_shipping) * scale * processed
    cents, parts = credit
    price = (landed * parts + cents * scale) * theirs.processing_unit * theirs.unit - shipping * parts
    return half_up(price, scale * parts * processed * units * (theirs.unit + theirs.rate)) if price >= 0 else None


def four_decimals(numerator: int, denominator: int) -> Decimal:
    """A quotient to four decimals, halves away from zero."""
    return Decimal(half_up(10_000 * numerator, denominator)).scaleb(-4)


def _cheaper(names: tuple[str, str], aggregate_excess: int) -> str | None:
    if aggregate_excess == 0:
        return None
    return names[aggregate_excess < 0]
