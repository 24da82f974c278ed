from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import AggregatePrice, Program, ProgramKind, RateBase
from core.rules.pricing.break_even import BreakEven
from core.rules.pricing.comparison import ProgramCost, SkuComparison, answer_changes, compare
from core.rules.pricing.market import PharmacyCost
from core.rules.pricing.therapy import same_therapy
from tests.builders import (
    FRIDAY,
    a_context,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)

THURSDAY = date(2026, 12, 3)


def aggregate(**over: Any) -> Program:
    return a_program(**{"program": "POOL", "kind": ProgramKind.AGGREGATE, "rate": Decimal("0.05")} | over)


def pooled(cents: int, **over: Any) -> AggregatePrice:
    return AggregatePrice(
        **{"program": "POOL", "sku": "SEMA", "unit_price_cents": cents, "valid_from": date(2026, 1, 1)} | over
    )


def a_market(**over: Any) -> Context:
    """SEMA at $100.00 from cedar, without shipping; $105.00 from the pool."""
    parts: dict[str, Any] = {
        "pharmacies": {"cedar": a_pharmacy(cold_fee_cents=0)},
        "programs": (a_program(), aggregate()),
        "aggregate_prices": (pooled(10_500),),
    } | over
    everywhere = tuple(row for code in parts["pharmacies"] for row in licences(code))
    return a_context(**{"licences": everywhere} | parts)


def sema(context: Context, **asked: Any) -> SkuComparison:
    return next(row for row in compare(context, FRIDAY, **asked) if row.sku == "SEMA")


def under(program: str, context: Context, **asked: Any) -> ProgramCost:
    return next(cost for cost in sema(context, **asked).programs if cost.program == program)


def the_pair(context: Context, **asked: Any) -> BreakEven:
    (pair,) = sema(context, **asked).break_even
    return pair


@pytest.mark.parametrize(
    ("case", "rate", "landed_cents", "margin_cents"),
    [
        ("15 %", "0.15", 24_610, 5_290),
        ("10 %", "0.10", 23_540, 6_360),
        ("5 %", "0.05", 22_470, 7_430),
    ],
)
def test_p2_landed_and_margin(case: str, rate: str, landed_cents: int, margin_cents: int) -> None:
    context = a_market(
        skus={"SEMA": a_sku(patient_price_cents=29_900)},
        offers=(an_offer(unit_cost_cents=21_400),),
        programs=(a_program(rate=Decimal(rate)),),
    )
    cost = under("FREE", context)
    assert (cost.unit_landed_cents, cost.margin_cents) == (landed_cents, margin_cents)


@pytest.mark.parametrize(
    ("case", "own_rate", "pool_rate", "price_cents"),
    [
        ("f 15 %, s 5 %: +9.52 %", "0.15", "0.05", 10_952_38),
        ("f 15 %, s 1.5 %: +13.30 %", "0.15", "0.015", 11_330_05),
        ("f 10 %, s 5 %: +4.76 %", "0.10", "0.05", 10_476_19),
        ("f 5 %, s 5 %: the same", "0.05", "0.05", 10_000_00),
    ],
)
def test_p4_break_even_of_medication_alone(case: str, own_rate: str, pool_rate: str, price_cents: int) -> None:
    """Over a pass-through price of $10,000.00."""
    programs = (a_program(rate=Decimal(own_rate)), aggregate(rate=Decimal(pool_rate)))
    context = a_market(offers=(an_offer(unit_cost_cents=10_000_00),), programs=programs)
    assert the_pair(context).price_cents == price_cents


@pytest.mark.parametrize(
    ("case", "price_cents", "in_use_days", "per_day"),
    [
        ("one month for $189", 18_900, 28, Decimal("6.7500")),
        ("two months for $299", 29_900, 56, Decimal("5.3393")),
    ],
)
def test_p6_cost_a_day(case: str, price_cents: int, in_use_days: int, per_day: Decimal) -> None:
    context = a_market(
        skus={"SEMA": a_sku(in_use_days=in_use_days)},
        offers=(an_offer(unit_cost_cents=price_cents),),
        programs=(a_program(rate=Decimal(0)),),
    )
    assert under("FREE", context).per_day == per_day


def test_p7_break_even_with_shipping_in_the_base() -> None:
    context = a_market(
        pharmacies={"cedar": a_pharmacy(cold_fee_cents=15_00)},
        programs=(a_program(), aggregate(rate_base=RateBase.MEDICATION_AND_SHIPPING)),
    )
    assert the_pair(context).price_cents == 108_81


SHIPPED_BY_CEDAR_OR_MAPLE = {
    "cedar": a_pharmacy(cold_fee_cents=15_00),
    "maple": a_pharmacy(pharmacy="maple", cold_fee_cents=9_00),
}
CEDAR_IS_CHEAPER = (an_offer(), an_offer(pharmacy="maple", unit_cost_cents=140_00))
THREE_PERCENT = {"processing_rate": Decimal("0.03")}


def fixed(cents: int) -> dict[str, int]:
    return {"processing_fixed_cents": cents}


@pytest.mark.parametrize(
    ("case", "own", "pool", "units", "price_cents"),
    [
        ("own cheapest pharmacies: (130.00 - 9.00) / 1.05", {}, {}, 1, 115_24),
        ("shipping in the base: 130.00 / 1.05 - 9.00", {}, {"rate_base": "medication+shipping"}, 1, 114_81),
        ("processing on one side: (130.00 * 1.03 - 9.00) / 1.05", THREE_PERCENT, {}, 1, 118_95),
        ("processing on the other: (130.00 / 1.03 - 9.00) / 1.05", {}, THREE_PERCENT, 1, 111_63),
        ("fixed amounts: (130.00 + 2.00 - 0.50 - 9.00) / 1.05", fixed(2_00), fixed(50), 1, 116_67),
        ("three packs: (345.00 + 15.00 - 9.00) / 1.05 / 3", {}, {}, 3, 111_43),
        ("none is low enough: 130.00 - 200.00 - 9.00 is below zero", {}, fixed(200_00), 1, None),
    ],
)
def test_break_even_in_general(
    case: str, own: dict[str, Any], pool: dict[str, Any], units: int, price_cents: int | None
) -> None:
    context = a_market(
        pharmacies=SHIPPED_BY_CEDAR_OR_MAPLE,
        offers=CEDAR_IS_CHEAPER,
        programs=(a_program(**own), aggregate(**pool)),
    )
    assert the_pair(context, units=units).price_cents == price_cents


RATES = st.decimals(0, Decimal("0.3"), places=4)
PROCESSING = {"rate": RATES, "processing_rate": RATES, "processing_fixed_cents": st.integers(0, 2_000)}


@settings(deadline=None)
@given(
    own=st.builds(a_program, **PROCESSING),
    pool=st.builds(aggregate, **PROCESSING, rate_base=st.sampled_from(RateBase)),
    cost_cents=st.integers(5_000, 90_000),
)
def test_at_the_break_even_price_landed_costs_are_equal_but_for_rounding(
    own: Program, pool: Program, cost_cents: int
) -> None:
    """Half a cent of price and of each of the four percentages, each raised by what comes after it."""
    over: dict[str, Any] = {
        "pharmacies": SHIPPED_BY_CEDAR_OR_MAPLE,
        "offers": (an_offer(unit_cost_cents=cost_cents),),
        "programs": (own, pool),
    }
    price = the_pair(a_market(**over)).price_cents
    assert price is not None
    difference = the_pair(a_market(**over, aggregate_prices=(pooled(price),))).difference_cents
    assert difference is not None
    assert abs(difference) <= 3


@pytest.mark.parametrize(
    ("case", "own_fee", "pool_fee", "pool_cents", "flips_at_spend_cents"),
    [
        ("dearer plan, cheaper pack: 500.00 * 100.00 / (115.00 - 110.25)", 0, 500_00, 105_00, 10_526_32),
        ("cheaper plan, dearer pack: -500.00 * 100.00 / (115.00 - 120.75)", 500_00, 0, 115_00, 8_695_65),
        ("half a cent goes up: -500.01 * 100.00 / (115.00 - 115.32)", 500_01, 0, 109_83, 156_253_13),
        ("cheaper in both", 500_00, 0, 105_00, None),
        ("dearer in both", 0, 500_00, 115_00, None),
        ("the same monthly fee", 500_00, 500_00, 105_00, None),
        ("the same landed cost: 109.52 * 1.05 is 115.00", 0, 500_00, 109_52, None),
    ],
)
def test_flips_at_spend(
    case: str, own_fee: int, pool_fee: int, pool_cents: int, flips_at_spend_cents: int | None
) -> None:
    programs = (a_program(monthly_fee_cents=own_fee), aggregate(monthly_fee_cents=pool_fee))
    context = a_market(programs=programs, aggregate_prices=(pooled(pool_cents),))
    assert the_pair(context).flips_at_spend_cents == flips_at_spend_cents


@pytest.mark.parametrize(
    ("case", "spend_cents", "cheaper_at_spend"),
    [
        ("nobody asked", None, None),
        ("no spend: the lower monthly fee", 0, "FREE"),
        ("just below the flip", 10_526_31, "FREE"),
        ("just above it", 10_526_32, "POOL"),
    ],
)
def test_which_is_cheaper_at_a_monthly_spend(case: str, spend_cents: int | None, cheaper_at_spend: str | None) -> None:
    context = a_market(programs=(a_program(), aggregate(monthly_fee_cents=500_00)))
    row = sema(context, spend_cents=spend_cents)
    assert (row.break_even[0].cheaper_at_spend, row.break_even[0].cheaper, row.cheapest) == (
        cheaper_at_spend,
        "POOL",
        "POOL",
    )


@pytest.mark.parametrize(
    ("case", "pool_cents", "difference_cents", "difference", "cheaper"),
    [
        ("the pool saves", 105_00, -4_75, Decimal("-0.0413"), "POOL"),
        ("the pool costs more", 115_00, 5_75, Decimal("0.0500"), "FREE"),
        ("the same", 109_52, 0, Decimal("0.0000"), None),
    ],
)
def test_the_difference_between_two_programs(
    case: str, pool_cents: int, difference_cents: int, difference: Decimal, cheaper: str | None
) -> None:
    pair = the_pair(a_market(aggregate_prices=(pooled(pool_cents),)))
    assert (pair.difference_cents, pair.difference, pair.cheaper) == (difference_cents, difference, cheaper)


def test_every_measure_of_one_sku() -> None:
    """20 doses of 0.25 mg in a vial of 5 mg; its in-use life ends after 28 days, with 4 doses used."""
    context = a_market(pharmacies={"cedar": a_pharmacy(cold_fee_cents=20_00)}, programs=(a_program(),))
    cost = under("FREE", context, units=2)
    assert (cost.pharmacy, cost.unit_cost_cents, cost.unit_landed_cents) == ("cedar", 100_00, 125_00)
    assert [str(each) for each in (cost.per_dose, cost.per_day, cost.per_week, cost.per_mg)] == [
        "31.2500",
        "4.4643",
        "31.2500",
        "25.0000",
    ]
    assert cost.margin_cents is None
    assert cost.pharmacies == (PharmacyCost("cedar", 100_00, 200_00, 30_00, 20_00, 0, 250_00, 125_00),)


def test_components_of_every_pharmacy_the_cheapest_first() -> None:
    program = a_program(processing_rate=Decimal("0.03"), processing_fixed_cents=30)
    context = a_market(pharmacies=SHIPPED_BY_CEDAR_OR_MAPLE, offers=CEDAR_IS_CHEAPER, programs=(program,))
    assert under("FREE", context).pharmacies == (
        PharmacyCost("cedar", 100_00, 100_00, 15_00, 15_00, 4_20, 134_20, 134_20),
        PharmacyCost("maple", 140_00, 140_00, 21_00, 9_00, 5_40, 175_40, 175_40),
    )


@pytest.mark.parametrize(
    ("case", "over", "program", "pharmacy"),
    [
        ("the cheaper one", {"offers": CEDAR_IS_CHEAPER}, "FREE", "cedar"),
        ("pooled prices are equal: the cheaper box", {"offers": CEDAR_IS_CHEAPER}, "POOL", "maple"),
        (
            "ties go to the first code",
            {"offers": (an_offer(pharmacy="maple", unit_cost_cents=106_00), an_offer(unit_cost_cents=100_00)),
             "programs": (a_program(rate=Decimal(0)),)},
            "FREE", "cedar",
        ),
        ("an ended offer is none", {"offers": (an_offer(valid_to=THURSDAY), CEDAR_IS_CHEAPER[1])}, "FREE", "maple"),
        ("its last day counts", {"offers": (an_offer(valid_to=FRIDAY), CEDAR_IS_CHEAPER[1])}, "FREE", "cedar"),
        ("tomorrow's offer is none", {"offers": (an_offer(valid_from=date(2026, 12, 5)),)}, "FREE", None),
        (
            "one that does not take the program",
            {"offers": CEDAR_IS_CHEAPER,
             "pharmacies": SHIPPED_BY_CEDAR_OR_MAPLE | {"cedar": a_pharmacy(programs=("POOL",))}},
            "FREE", "maple",
        ),
        ("no offer at all", {"offers": ()}, "FREE", None),
        ("no offer at all, though the pool has a price", {"offers": ()}, "POOL", None),
        ("no pooled price", {"offers": CEDAR_IS_CHEAPER, "aggregate_prices": ()}, "POOL", None),
    ],
)  # fmt: skip
def test_the_cheapest_pharmacy(case: str, over: dict[str, Any], program: str, pharmacy: str | None) -> None:
    context = a_market(**{"pharmacies": SHIPPED_BY_CEDAR_OR_MAPLE} | over)
    assert under(program, context).pharmacy == pharmacy


@pytest.mark.parametrize(
    ("case", "over", "cheapest", "pair"),
    [
        ("no pooled price", {"aggregate_prices": ()}, "FREE", BreakEven("FREE", "POOL", 109_52)),
        ("no offer", {"offers": ()}, None, BreakEven("FREE", "POOL", None)),
        (
            "no pass-through at the only pharmacy",
            {"pharmacies": {"cedar": a_pharmacy(programs=("POOL",))}},
            "POOL",
            BreakEven("FREE", "POOL", None),
        ),
    ],
)
def test_no_price_is_never_zero(case: str, over: dict[str, Any], cheapest: str | None, pair: BreakEven) -> None:
    row = sema(a_market(**over))
    unpriced = [cost for cost in row.programs if cost.unit_landed_cents is None]
    assert (row.cheapest, row.break_even) == (cheapest, (pair,))
    assert [(cost.best, cost.market) for cost in unpriced] == [(None, None)] * len(unpriced)
    assert {each for cost in unpriced for each in (cost.pharmacies, cost.per_day, cost.margin_cents)} == {(), None}


@pytest.mark.parametrize(
    ("case", "sku", "per_dose", "per_day", "per_mg"),
    [
        ("no usual directions", {"usual_sig": ""}, None, None, Decimal("23.0000")),
        ("directions that say nothing", {"usual_sig": "Use as directed."}, None, None, Decimal("23.0000")),
        ("no strength", {"concentration_mg_per_ml": None}, Decimal("28.7500"), Decimal("4.1071"), None),
    ],
)
def test_a_measure_that_is_not_known(
    case: str, sku: dict[str, Any], per_dose: Decimal | None, per_day: Decimal | None, per_mg: Decimal | None
) -> None:
    cost = under("FREE", a_market(skus={"SEMA": a_sku(**sku)}))
    assert (cost.per_dose, cost.per_day, cost.per_mg) == (per_dose, per_day, per_mg)


def test_every_pair_of_programs() -> None:
    programs = (a_program(), a_program(program="GROWTH"), aggregate(), aggregate(program="OTHER"))
    pairs = [(pair.pass_through, pair.aggregate) for pair in sema(a_market(programs=programs)).break_even]
    assert pairs == [("FREE", "OTHER"), ("FREE", "POOL"), ("GROWTH", "OTHER"), ("GROWTH", "POOL")]


def test_equal_programs_go_by_code() -> None:
    programs = (a_program(program="Z"), a_program(program="B"))
    assert sema(a_market(programs=programs)).cheapest == "B"


def test_skus_by_code_with_their_own_temperature() -> None:
    context = a_market(
        skus={"SEMA": a_sku(), "CAPS": a_sku(sku="CAPS", name="Capsules", cold_chain=False)},
        offers=(an_offer(), an_offer(sku="CAPS")),
        programs=(a_program(),),
    )
    rows = compare(context, FRIDAY)
    assert [(row.sku, row.name, row.programs[0].unit_landed_cents) for row in rows] == [
        ("CAPS", "Capsules", 124_00),
        ("SEMA", "Semaglutide 2.5 mg/mL, 2 mL", 115_00),
    ]


def test_a_shipment_of_no_packs_is_refused() -> None:
    with pytest.raises(ValueError, match="a shipment has at least 1 pack, not 0"):
        compare(a_market(), FRIDAY, units=0)


@settings(deadline=None)
@given(
    program=st.builds(a_program, **PROCESSING)
    | st.builds(aggregate, **PROCESSING, rate_base=st.sampled_from(RateBase)),
    houses=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 30)), min_size=1, max_size=4),
    pool_cents=st.integers(0, 300),
    units=st.integers(1, 5),
)
def test_the_cheapest_pharmacy_is_the_first_of_all_of_them(
    program: Program, houses: list[tuple[int, int]], pool_cents: int, units: int
) -> None:
    named = {f"ph{at}": house for at, house in enumerate(houses)}
    context = a_market(
        pharmacies={code: a_pharmacy(pharmacy=code, cold_fee_cents=fee) for code, (_, fee) in named.items()},
        offers=tuple(an_offer(pharmacy=code, unit_cost_cents=cents) for code, (cents, _) in named.items()),
        programs=(program,),
        aggregate_prices=(pooled(pool_cents),),
    )
    cost = under(program.program, context, units=units)
    assert cost.best == cost.pharmacies[0]
    assert cost.best == min(cost.pharmacies, key=lambda each: (each.landed_cents, each.pharmacy))


@pytest.mark.parametrize(
    ("case", "pool_cents", "flips_at_packs"),
    [
        ("500.00 over 4.75 a pack", 105_00, 106),
        ("500.00 over 5.00 a pack", 104_76, 100),
        ("cheaper without the fee already", 115_00, None),
    ],
)
def test_flips_at_packs(case: str, pool_cents: int, flips_at_packs: int | None) -> None:
    programs = (a_program(), aggregate(monthly_fee_cents=500_00))
    context = a_market(programs=programs, aggregate_prices=(pooled(pool_cents),))
    assert the_pair(context).flips_at_packs == flips_at_packs


def test_p6_a_month_beside_two_of_the_same_strength_per_day() -> None:
    """Both under SEMA's directions, 0.25 mg a week; another strength is not the same therapy."""
    context = a_market(
        skus={
            "SEMA": a_sku(in_use_days=28),
            "SEMA-2M": a_sku(sku="SEMA-2M", name="Two months", in_use_days=56, usual_sig="Inject 2.5 mg once weekly."),
            "SEMA-5": a_sku(sku="SEMA-5", concentration_mg_per_ml=Decimal(5)),
            "SEMA-OLD": a_sku(sku="SEMA-OLD"),
        },
        offers=(
            an_offer(sku="SEMA-2M", unit_cost_cents=299_00),
            an_offer(unit_cost_cents=189_00),
            an_offer(sku="SEMA-5"),
            an_offer(sku="SEMA-OLD", valid_to=THURSDAY),
        ),
        programs=(a_program(rate=Decimal(0)),),
    )
    found = same_therapy(context, FRIDAY, "SEMA")
    assert [(row.sku, _lasting(row.programs[0]), str(row.programs[0].per_day)) for row in found] == [
        ("SEMA", 28, "6.7500"),
        ("SEMA-2M", 56, "5.3393"),
    ]


def _lasting(cost: ProgramCost) -> int | None:
    return cost.pack.lasts.days if cost.pack.lasts else None


def test_a_sku_of_unknown_strength_is_like_no_other() -> None:
    context = a_market(skus={"SEMA": a_sku(concentration_mg_per_ml=None)})
    assert same_therapy(context, FRIDAY, "SEMA") == ()


@pytest.mark.parametrize(
    ("case", "over", "spend_cents", "changes"),
    [
        ("the pool is cheaper, fees and all", {}, 20_000_00, False),
        ("its monthly fee is worth more here", {"programs": (a_program(), aggregate(monthly_fee_cents=500_00))},
         10_000_00, True),
        ("at this one it is not", {"programs": (a_program(), aggregate(monthly_fee_cents=500_00))}, 11_000_00, False),
        ("not beside a program of 5 %",
         {"programs": (a_program(), a_program(program="LOW", rate=Decimal("0.05")), aggregate())}, None, True),
        ("no price on one side", {"aggregate_prices": ()}, 20_000_00, False),
    ],
)  # fmt: skip
def test_where_the_answer_changes(case: str, over: dict[str, Any], spend_cents: int | None, changes: bool) -> None:
    assert answer_changes(sema(a_market(**over), spend_cents=spend_cents), "FREE", "POOL") is changes


def test_only_the_skus_that_are_asked_for() -> None:
    context = a_market(skus={"SEMA": a_sku(), "CAPS": a_sku(sku="CAPS", name="Capsules")})
    assert [row.sku for row in compare(context, FRIDAY, only=["SEMA"])] == ["SEMA"]


CEDAR_OR_MAPLE: dict[str, Any] = {
    "pharmacies": {"cedar": a_pharmacy(cold_fee_cents=0), "maple": a_pharmacy(pharmacy="maple", cold_fee_cents=0)},
    "offers": (an_offer(), an_offer(pharmacy="maple", unit_cost_cents=80_00)),
}
"""maple is $20.00 cheaper."""
MAPLE_IN_TEXAS = (*licences(), *licences(state="CA"), *licences("maple"))


def taken_in(**states: int) -> dict[str, Any]:
    return {"takers": {"SEMA": states}, "patients": {}, "prescriptions": {}}


@pytest.mark.parametrize(
    ("case", "over", "pharmacy", "reached"),
    [
        ("both may", taken_in(TX=4), "maple", 1),
        ("maple not in the state of half of them", {**taken_in(TX=2, CA=2), "licences": MAPLE_IN_TEXAS}, "cedar", 1),
        ("maple for nine in ten", {**taken_in(TX=9, CA=1), "licences": MAPLE_IN_TEXAS}, "maple", Fraction(9, 10)),
        ("nobody for all: whoever reaches most", {**taken_in(TX=3, CA=2),
         "licences": (*licences(), *licences("maple", "CA"))}, "cedar", Fraction(3, 5)),
        ("a license that ends before it ships", {**taken_in(TX=1), "licences": (*licences(),
         *licences("maple", expires_on=FRIDAY))}, "cedar", 1),
        ("a cold box never leaves maple", {"pharmacies": {"cedar": a_pharmacy(cold_fee_cents=0),
         "maple": a_pharmacy(pharmacy="maple", cold_ship_days=frozenset())}}, "cedar", 1),
        ("maple is closed for longer than it may wait", {"closures": frozenset(("maple", FRIDAY + timedelta(days))
         for days in range(4000))}, "cedar", 1),
        ("maple has none left", {"offers": (an_offer(), an_offer(pharmacy="maple", unit_cost_cents=80_00, stock=0))},
         "cedar", 1),
        ("a SKU that nobody takes: where the clinic is", taken_in(), "maple", 1),
    ],
)  # fmt: skip
def test_the_best_pharmacy_is_one_that_it_can_be_had_from(
    case: str, over: dict[str, Any], pharmacy: str, reached: Fraction
) -> None:
    for program in ("FREE", "POOL"):
        best = under(program, a_market(**CEDAR_OR_MAPLE | over)).best
        if program == "FREE" or pharmacy == "cedar":
            assert best is not None, case
            assert (best.pharmacy, best.reached) == (pharmacy, reached), case


def test_patients_at_hand_count_once_a_sku_and_only_while_they_take_it() -> None:
    context = a_market(
        patients={
            "P1": a_patient(),
            "P2": a_patient(patient="P2", state="ca"),
            "P3": a_patient(patient="P3", active=False),
        },
        prescriptions={
            "RX1": a_prescription(),
            "RX2": a_prescription(rx="RX2"),
            "RX3": a_prescription(rx="RX3", patient="P2"),
            "RX4": a_prescription(rx="RX4", patient="P3"),
            "RX5": a_prescription(rx="RX5", patient="P2", sku="TIRZ", stopped_on=FRIDAY),
        },
    )
    assert (context.states_taking("SEMA"), context.states_taking("TIRZ")) == ({"TX": 1, "CA": 1},) * 2


def test_a_side_without_a_price_has_the_box_of_a_pharmacy_that_it_can_be_had_from() -> None:
    """cedar's box is $20.00, that of maple, which may not ship to the state, nothing."""
    context = a_market(
        pharmacies={"cedar": a_pharmacy(), "maple": a_pharmacy(pharmacy="maple", cold_fee_cents=0)},
        offers=CEDAR_OR_MAPLE["offers"],
        aggregate_prices=(),
        licences=licences(),
    )
    (side,) = sema(context).pooled
    assert (side.unit_landed_cents, side.shipping_cents) == (None, 20_00)
