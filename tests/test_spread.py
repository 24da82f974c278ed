"""What a month differs by between pass-through and aggregate, over many SKUs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.domain.model import AggregatePrice, ProgramKind
from core.rules.pricing.comparison import compare
from core.rules.pricing.spread import MonthlyDifference, monthly_difference
from tests.builders import FRIDAY, a_context, a_program, a_sku, an_offer

OWN = a_program()
POOLED = a_program(program="REFILL", kind=ProgramKind.AGGREGATE, monthly_fee_cents=29_900, rate=Decimal("0.015"))


def pooled_at(**prices: int) -> tuple[AggregatePrice, ...]:
    return tuple(
        AggregatePrice(program="REFILL", sku=sku, unit_price_cents=cents, valid_from=date(2026, 1, 1))
        for sku, cents in prices.items()
    )


@pytest.mark.parametrize(
    ("case", "prices", "spend_cents", "expected"),
    [
        ("200 packs, each 3.35 less, and the fee", {"SEMA": 110_00}, 20_000_00, MonthlyDifference(-371_00, 1)),
        ("no spend leaves the fee", {"SEMA": 110_00}, 0, MonthlyDifference(299_00, 1)),
        ("the spend at which it flips", {"SEMA": 110_00}, 8_925_37, MonthlyDifference(0, 1)),
        (
            "half on 100 packs, half on 50 that are 16.85 less",
            {"SEMA": 110_00, "TIRZ": 210_00},
            20_000_00,
            MonthlyDifference(-335_00 - 842_50 + 299_00, 2),
        ),
        ("nothing that both price", {}, 20_000_00, None),
    ],
)
def test_a_month_is_spread_evenly_over_the_skus_that_both_price(
    case: str, prices: dict[str, int], spend_cents: int, expected: MonthlyDifference | None
) -> None:
    context = a_context(
        programs=(OWN, POOLED),
        skus={"SEMA": a_sku(), "TIRZ": a_sku(sku="TIRZ", name="Tirzepatide")},
        offers=(an_offer(), an_offer(sku="TIRZ", unit_cost_cents=20_000)),
        aggregate_prices=pooled_at(**prices),
    )
    assert monthly_difference(compare(context, FRIDAY), OWN, POOLED, spend_cents) == expected
