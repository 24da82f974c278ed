"""Placed orders under other programs: SEMA at $100.00 from cedar or $110.00 from the pool, in cold boxes of $20.00."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import AggregatePrice, Encounter, Program, ProgramKind, RateBase
from core.domain.money import rounded
from core.rules.pricing.past_orders import CostParts, PlacedLine, RepricedTotal, Repricing, added_up, reprice
from core.rules.pricing.sensitivity import sensitivity
from tests.builders import a_context, a_pharmacy, a_program, a_sku, an_offer

FIRST, LAST = date(2026, 9, 16), date(2026, 12, 4)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
PLACED_ON = date(2026, 11, 4)


def aggregate(**over: Any) -> Program:
    return a_program(**{"program": "POOL", "kind": ProgramKind.AGGREGATE, "rate": Decimal("0.05")} | over)


def pooled(**over: Any) -> AggregatePrice:
    return AggregatePrice(
        **{"program": "POOL", "sku": "SEMA", "unit_price_cents": 110_00, "valid_from": date(2026, 1, 1)} | over
    )


def placed(**over: Any) -> PlacedLine:
    """A pack of SEMA at $100.00 + 15 % in a box of $20.00, placed under FREE."""
    parts: dict[str, Any] = {
        "checkout": "RD-1", "placed_on": PLACED_ON, "sku": "SEMA", "quantity": 1, "pharmacy": "cedar",
        "program": "FREE", "shipment": 1, "encounter": Encounter.NONE, "medication_cents": 100_00,
        "program_fee_cents": 15_00, "encounter_cents": 0, "shipping_cents": 20_00, "processing_cents": 0,
        "processing_fixed_cents": 0,
    }  # fmt: skip
    return PlacedLine(**parts | over)


def a_market(**over: Any) -> Context:
    parts: dict[str, Any] = {
        "skus": {"SEMA": a_sku(), "TIRZ": a_sku(sku="TIRZ", name="Tirzepatide")},
        "offers": (an_offer(), an_offer(sku="TIRZ", unit_cost_cents=200_00)),
        "programs": (a_program(), aggregate()),
        "aggregate_prices": (pooled(),),
    }
    return a_context(**parts | over)


def under(program: str, context: Context, *lines: PlacedLine, first: date = FIRST) -> Repricing:
    return next(found for found in reprice(lines, context, first, LAST) if found.program == program)


@pytest.mark.parametrize(
    ("case", "program", "over", "saving"),
    [
        ("the program that was paid", "FREE", {}, CostParts()),
        ("dearer drug, lower fee: 110.00 + 5 %", "POOL", {}, CostParts(-10_00, 9_50, 0)),
        ("the price of the placing day", "POOL",
         {"aggregate_prices": (pooled(), pooled(unit_price_cents=90_00, valid_from=PLACED_ON))},
         CostParts(10_00, 10_50, 0)),
        ("not one of the day after", "POOL",
         {"aggregate_prices": (pooled(), pooled(unit_price_cents=90_00, valid_from=date(2026, 11, 5)))},
         CostParts(-10_00, 9_50, 0)),
        ("the rate of the placing day", "FREE",
         {"programs": (a_program(), a_program(rate=Decimal("0.10"), valid_from=date(2026, 11, 1)))},
         CostParts(0, 5_00, 0)),
        ("a fee on shipping is a fee", "POOL",
         {"programs": (aggregate(rate_base=RateBase.MEDICATION_AND_SHIPPING),)},
         CostParts(-10_00, 8_50, 0)),
        ("processing of it all, and its fixed part: 3 % of 135.50 + 0.30", "POOL",
         {"programs": (aggregate(processing_rate=Decimal("0.03"), processing_fixed_cents=30),)},
         CostParts(-10_00, 5_13, 0)),
    ],
)  # fmt: skip
def test_what_a_program_would_have_saved(case: str, program: str, over: dict[str, Any], saving: CostParts) -> None:
    assert under(program, a_market(**over), placed()).total.saving == saving


def test_a_first_fill_is_charged_its_encounter_under_a_program_that_has_one() -> None:
    context = a_market(programs=(aggregate(encounter_hands_on_cents=30_00),))
    assert under("POOL", context, placed(encounter=Encounter.HANDS_ON)).total.saving == CostParts(-10_00, -20_50, 0)


@pytest.mark.parametrize(
    ("case", "over", "left_out"),
    [
        ("no pooled price for it", {}, {"TIRZ": 1}),
        ("none yet on its day", {"aggregate_prices": (pooled(), pooled(sku="TIRZ", valid_from=DECEMBER))}, {"TIRZ": 1}),
        ("the program was not in force", {"programs": (aggregate(valid_from=DECEMBER),)}, {"SEMA": 1, "TIRZ": 1}),
        ("the pharmacy does not take it", {"pharmacies": {"cedar": a_pharmacy(programs=("FREE",))}},
         {"SEMA": 1, "TIRZ": 1}),
        ("the pharmacy has no offer any more", {"offers": (an_offer(),)}, {"TIRZ": 1}),
    ],
)  # fmt: skip
def test_a_line_without_a_price_is_left_out_and_named(
    case: str, over: dict[str, Any], left_out: dict[str, int]
) -> None:
    context = a_market(**over)
    found = under("POOL", context, placed(), placed(sku="TIRZ", medication_cents=200_00, shipment=2))
    assert found.left_out == left_out
    assert found.total.lines == 2 - len(left_out)
    assert set(found.skus) == {"SEMA", "TIRZ"} - set(left_out)


def test_what_is_left_out_leaves_its_box_and_fixed_processing_to_the_rest_on_both_sides() -> None:
    context = a_market(programs=(aggregate(processing_fixed_cents=30),))
    shared = {"shipping_cents": 10_00, "processing_cents": 1_00, "processing_fixed_cents": 15}
    found = under("POOL", context, placed(**shared), placed(sku="TIRZ", medication_cents=200_00, **shared))
    assert found.total == RepricedTotal(1, CostParts(100_00, 16_30, 20_00), CostParts(110_00, 5_80, 20_00))


def test_months_share_the_monthly_fees_by_their_days_in_the_period() -> None:
    """15 of September's 30 days, 4 of December's 31; FREE, which was paid, has no monthly fee."""
    context = a_market(programs=(a_program(), aggregate(monthly_fee_cents=310_00)))
    lines = [placed(checkout=f"RD-{at}", placed_on=day) for at, day in enumerate((FIRST, PLACED_ON, LAST))]
    found = under("POOL", context, *lines)
    assert {month: compared.repriced.monthly_fee_cents for month, compared in found.months.items()} == {
        date(2026, 9, 1): 155_00,
        NOVEMBER: 310_00,
        DECEMBER: 40_00,
    }
    assert found.total.paid.monthly_fee_cents == 0


def test_the_monthly_fees_that_were_paid_are_of_the_programs_that_were_used() -> None:
    programs = (a_program(), a_program(program="GROWTH", monthly_fee_cents=300_00), aggregate(monthly_fee_cents=60_00))
    lines = (placed(), placed(checkout="RD-2", program="GROWTH"))
    assert under("POOL", a_market(programs=programs), *lines).total.paid.monthly_fee_cents == 300_00


RATES = st.decimals(0, Decimal("0.3"), places=4)
TERMS: dict[str, Any] = {"rate": RATES, "processing_rate": RATES, "processing_fixed_cents": st.integers(0, 500)}
BASES = st.sampled_from(RateBase)
PROGRAMS = st.builds(aggregate, **TERMS, rate_base=BASES) | st.builds(a_program, program=st.just("POOL"), **TERMS)
CENTS = st.integers(0, 50_000)
LINES = st.lists(
    st.builds(
        placed,
        checkout=st.sampled_from(["RD-1", "RD-2"]),
        sku=st.sampled_from(["SEMA", "TIRZ", "NONE"]),
        quantity=st.integers(1, 5),
        shipment=st.integers(1, 3),
        medication_cents=CENTS,
        program_fee_cents=CENTS,
        shipping_cents=CENTS,
        processing_cents=CENTS,
        processing_fixed_cents=st.integers(0, 30),
    ),
    max_size=8,
)
PRICES = (pooled(), pooled(sku="TIRZ", unit_price_cents=21_001))


def of_checkouts(lines: list[PlacedLine]) -> list[list[PlacedLine]]:
    ordered = sorted(lines, key=attrgetter("checkout"))
    return [list(group) for _, group in groupby(ordered, key=attrgetter("checkout"))]


@settings(deadline=None)
@given(program=PROGRAMS, lines=LINES)
def test_repricing_sums_to_the_cent(program: Program, lines: list[PlacedLine]) -> None:
    """Months, SKUs and parts all add up to the same; every line is compared or left out; boxes cost the same."""
    found = under("POOL", a_market(programs=(program,), aggregate_prices=PRICES), *lines)
    total = found.total
    assert added_up(found.skus.values()) == total
    assert total.lines + sum(found.left_out.values()) == len(lines)
    assert total.saving.total_cents == total.paid.total_cents - total.repriced.total_cents
    assert total.paid.shipping_cents == total.repriced.shipping_cents


@settings(deadline=None)
@given(program=PROGRAMS, lines=LINES)
def test_a_percentage_is_of_what_its_program_says_once_a_checkout(program: Program, lines: list[PlacedLine]) -> None:
    context = a_market(programs=(program,), aggregate_prices=PRICES)
    own = {"SEMA": 100_00, "TIRZ": 200_00}
    pool = {"SEMA": 110_00, "TIRZ": 210_01}
    prices = pool if program.kind is ProgramKind.AGGREGATE else own
    fees = 0
    for checkout in of_checkouts(lines):
        kept = [line for line in checkout if line.sku in prices]
        boxes = {line.shipment for line in kept}
        shipping = sum(line.shipping_cents for line in checkout if line.shipment in boxes)
        drug = sum(line.quantity * prices[line.sku] for line in kept)
        covered = program.kind is ProgramKind.AGGREGATE and program.rate_base is RateBase.MEDICATION_AND_SHIPPING
        fee = rounded(program.rate * (drug + (shipping if covered else 0)))
        processing = rounded(program.processing_rate * (drug + fee + shipping))
        fees += fee + processing + program.processing_fixed_cents if kept else 0
    assert under("POOL", context, *lines).total.repriced.fees_cents == fees


@settings(deadline=None)
@given(program=PROGRAMS, lines=LINES, shuffled=st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(program: Program, lines: list[PlacedLine], shuffled: Any) -> None:
    context = a_market(programs=(program,), aggregate_prices=PRICES)
    mixed = list(lines)
    shuffled.shuffle(mixed)
    assert reprice(mixed, context, FIRST, LAST) == reprice(lines, context, FIRST, LAST)


def test_sensitivity_starts_from_the_saving_today_and_finds_where_it_ends() -> None:
    """0.50 lost on 110.00 + 5 %: even at 115.00 for all of it, 0.43 % below 115.50."""
    context = a_market()
    found = sensitivity(under("POOL", context, placed()), aggregate(), [Decimal("0.015")], [Decimal("-0.10")])
    assert (found.rates, found.changes) == ((Decimal("0.015"), Decimal("0.05")), (Decimal("-0.10"), Decimal(0)))
    assert found.saving_cents == ((14_52, 3_35), (11_05, -50))
    assert found.break_even == (Fraction(115_00, 111_65) - 1, Fraction(115_00, 115_50) - 1)


def test_sensitivity_moves_a_fee_on_shipping_and_the_processing_of_it_all_too() -> None:
    """135.00 paid; (110.00 + 20.00) * 1.05 * 1.10 is 150.15, and 130.00 * 1.02 * 1.10 is 145.86."""
    program = aggregate(rate_base=RateBase.MEDICATION_AND_SHIPPING, processing_rate=Decimal("0.10"))
    found = sensitivity(under("POOL", a_market(programs=(program,)), placed()), program, [Decimal("0.02")], [])
    assert found.saving_cents == ((-10_86,), (-15_15,))


def test_nothing_placed_has_no_break_even() -> None:
    found = sensitivity(under("POOL", a_market()), aggregate(), [], [])
    assert (found.saving_cents, found.break_even) == (((0,),), (None,))
