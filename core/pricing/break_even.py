"""The aggregate price at which a pass-through and an aggregate program cost the same.

One shipment of ``u`` packs lands at, before any rounding::

    pass-through   (u * p * (1 + f) + S) * (1 + r) + F
    aggregate      (u * x * (1 + s) + S' * (1 + s if its base has shipping else 1)) * (1 + r') + F'

with unit prices ``p`` and ``x``, program rates ``f`` and ``s``, the box's fee ``S``, processing rate ``r`` and fixed
processing ``F``, which may differ between the two. Solved for ``x``; where all but ``f`` and ``s`` are equal and the
base is medication, that is ``p * (1 + f) / (1 + s)``.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import NamedTuple

from core.model import Program
from core.money import rounded
from core.pricing.quotes import fee_covers_shipping


class Side(NamedTuple):
    """A program's cheapest order: cents of one pack's price, of one pack landed and of its box; None is no price.

    The box's fee is known even where an aggregate program has no price yet.
    """

    program: Program
    unit_cost_cents: int | None
    unit_landed_cents: int | None
    shipping_cents: int | None


class BreakEven(NamedTuple):
    """A pass-through program beside an aggregate one.

    ``price_cents`` is the aggregate unit price that makes landed costs equal, None where none from zero does.
    ``difference_cents`` is the aggregate unit landed cost less the pass-through one, ``difference`` the same as a
    fraction of the latter. ``cheaper`` ignores monthly fees; ``cheaper_at_spend`` counts them at the asked spend;
    both are None where the two are equal. ``flips_at_spend_cents`` is the monthly spend at which they are.
    """

    pass_through: str
    aggregate: str
    price_cents: int | None
    difference_cents: int | None = None
    difference: Decimal | None = None
    cheaper: str | None = None
    cheaper_at_spend: str | None = None
    flips_at_spend_cents: int | None = None


def break_even(own: Side, pooled: Side, units: int, spend_cents: int | None) -> BreakEven:
    """Compare a pass-through side with an aggregate one; ``spend_cents`` is monthly pass-through medication spend."""
    pair = BreakEven(own.program.program, pooled.program.program, _even_price_cents(own, pooled, units))
    if own.unit_cost_cents is None or own.unit_landed_cents is None or pooled.unit_landed_cents is None:
        return pair
    difference = pooled.unit_landed_cents - own.unit_landed_cents
    fees = pooled.program.monthly_fee_cents - own.program.monthly_fee_cents
    return pair._replace(
        difference_cents=difference,
        difference=_share(difference, own.unit_landed_cents),
        cheaper=_cheaper(pair, difference),
        cheaper_at_spend=_cheaper(pair, difference * (spend_cents or 0) + fees * own.unit_cost_cents)
        if spend_cents is not None
        else None,
        flips_at_spend_cents=_flips_at_spend_cents(fees * own.unit_cost_cents, -difference),
    )


def _even_price_cents(own: Side, pooled: Side, units: int) -> int | None:
    if own.unit_cost_cents is None or own.shipping_cents is None or pooled.shipping_cents is None:
        return None
    ours, theirs = own.program, pooled.program
    rate = 1 + Fraction(theirs.rate)
    landed = _with_processing(ours, units * own.unit_cost_cents * (1 + Fraction(ours.rate)) + own.shipping_cents)
    before_processing = (landed - theirs.processing_fixed_cents) / (1 + Fraction(theirs.processing_rate))
    shipping = pooled.shipping_cents * (rate if fee_covers_shipping(theirs) else 1)
    price = (before_processing - shipping) / (units * rate)
    return rounded(price) if price >= 0 else None


def _with_processing(program: Program, cents: Fraction) -> Fraction:
    return cents * (1 + Fraction(program.processing_rate)) + program.processing_fixed_cents


def _share(cents: int, whole: int) -> Decimal | None:
    return (Decimal(cents) / whole).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP) if whole else None


def _cheaper(pair: BreakEven, aggregate_excess: int) -> str | None:
    if aggregate_excess == 0:
        return None
    return pair.pass_through if aggregate_excess > 0 else pair.aggregate


def _flips_at_spend_cents(fees_times_unit_cost: int, saving_cents: int) -> int | None:
    """(aggregate - pass-through monthly fee) x pass-through unit cost / what the aggregate saves on one pack."""
    if saving_cents == 0:
        return None
    spend = Fraction(fees_times_unit_cost, saving_cents)
    return rounded(spend) if spend > 0 else None
