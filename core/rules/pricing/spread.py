"""What a month differs by between a pass-through and an aggregate program, over many SKUs."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from core.domain.model import Program
from core.domain.money import rounded
from core.rules.pricing.comparison import SkuComparison


class MonthlyDifference(NamedTuple):
    """A month of aggregate less the same month of pass-through, in cents; ``skus`` is how many it is spread over."""

    cents: int
    skus: int


def monthly_difference(
    rows: Iterable[SkuComparison], pass_through: Program, aggregate: Program, spend_cents: int
) -> MonthlyDifference | None:
    """``spend_cents`` of monthly medication at pass-through prices, in equal parts over every SKU that both programs
    price: what its packs cost more or less delivered, and the monthly fees. None where they price none together."""
    ratios = [
        Fraction(pair.difference_cents, cost.unit_cost_cents)
        for row in rows
        if (pair := row.versus(pass_through.program, aggregate.program)) and pair.difference_cents is not None
        for cost in row.programs
        if cost.program == pass_through.program and cost.unit_cost_cents
    ]
    if not ratios:
        return None
    fees = aggregate.monthly_fee_cents - pass_through.monthly_fee_cents
    return MonthlyDifference(rounded(Fraction(spend_cents, len(ratios)) * sum(ratios) + fees), len(ratios))
