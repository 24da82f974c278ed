from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import (
    AggregatePrice,
    Box,
    Encounter,
    LineState,
    Offer,
    OurLine,
    Program,
    ProgramKind,
    Quote,
    RateBase,
    RoutedLine,
    ShipTo,
)
from core.rules.pricing.monthly import plans
from core.rules.pricing.quotes import ProgramQuote, box_for, quote, under_every_program
from tests.builders import DAYS, a_clinic, a_context, a_line, a_pharmacy, a_prescription, a_program, a_sku, an_offer

COSTS = {"A": 18_900, "B": 7_000, "C": 16_000}
POOLED = {"A": 50_000, "B": 6_500, "C": 15_000}


def aggregate(**over: Any) -> Program:
    return a_program(**{"program": "POOL", "kind": ProgramKind.AGGREGATE, "rate": Decimal("0.05")} | over)


def pooled(sku: str, cents: int, **over: Any) -> AggregatePrice:
    return AggregatePrice(
        **{"program": "POOL", "sku": sku, "unit_price_cents": cents, "valid_from": date(2026, 1, 1)} | over
    )


def a_market(**over: Any) -> Context:
    """SKUs A, B (cold) and C; cedar ships to each patient, maple packs one box for the clinic."""
    cedar = a_pharmacy(ambient_fee_cents=7_500, cold_fee_cents=2_000)
    maple = a_pharmacy(pharmacy="maple", ambient_fee_cents=1_000, cold_fee_cents=3_001, clinic_consolidates=True)
    parts: dict[str, Any] = {
        "skus": {sku: a_sku(sku=sku, cold_chain=sku == "B") for sku in COSTS},
        "pharmacies": {"cedar": cedar, "maple": maple},
        "offers": tuple(
            an_offer(pharmacy=pharmacy, sku=sku, unit_cost_cents=cents)
            for pharmacy in ("cedar", "maple")
            for sku, cents in COSTS.items()
        ),
        "aggregate_prices": tuple(pooled(sku, cents) for sku, cents in POOLED.items()),
        "prescriptions": {},
    }
    return a_context(**parts | over)


def routed(number: int, sku: str, quantity: int = 1, pharmacy: str = "cedar", **over: Any) -> RoutedLine:
    """A line of patient P1 on its way from a pharmacy of a_market()."""
    line = a_line(**{"number": number, "sku": sku, "quantity": quantity, "rx": None} | over)
    return RoutedLine(line, pharmacy, box_for(line, a_market().pharmacies[pharmacy], sku == "B"))


def parts(answer: Quote) -> tuple[int, int, int, int, int, int]:
    """Medication, program fee, encounters, shipping, processing, total."""
    return (
        answer.medication_cents,
        answer.program_fee_cents,
        answer.encounters_cents,
        answer.shipping_cents,
        answer.processing_cents,
        answer.total_cents,
    )


@pytest.mark.parametrize(
    ("case", "rate", "program_fee_cents", "total_cents"),
    [
        ("15 %", "0.15", 11_220, 95_520),
        ("10 %", "0.10", 7_480, 91_780),
        ("5 %", "0.05", 3_740, 88_040),
    ],
)
def test_p1_a_pass_through_checkout(case: str, rate: str, program_fee_cents: int, total_cents: int) -> None:
    """2 x $189.00, 3 x $70.00, 1 x $160.00, one box for $75.00, $20.00 fixed processing."""
    context = a_market(skus={sku: a_sku(sku=sku, cold_chain=False) for sku in COSTS})
    box = Box("cedar", "patient P1", cold=False)
    cart = [replace(routed(*line), box=box) for line in ((1, "A", 2), (2, "B", 3), (3, "C", 1))]
    answer = quote(cart, context, a_program(rate=Decimal(rate), processing_fixed_cents=2_000), DAYS)
    assert parts(answer) == (74_800, program_fee_cents, 0, 7_500, 2_000, total_cents)


@pytest.mark.parametrize(
    ("case", "rate", "encounter", "total_cents"),
    [
        ("1.5 %", "0.015", Encounter.NONE, 50_750),
        ("5 %", "0.05", Encounter.NONE, 52_500),
        ("5 % and a hands-on encounter", "0.05", Encounter.HANDS_ON, 55_500),
        ("5 % and a hands-off encounter", "0.05", Encounter.HANDS_OFF, 57_500),
    ],
)
def test_p5_an_aggregate_checkout(case: str, rate: str, encounter: Encounter, total_cents: int) -> None:
    """$500.00 of medication at the pooled price, free shipping."""
    context = a_market(
        pharmacies={"cedar": a_pharmacy(ambient_fee_cents=0)},
        prescriptions={"RX1": a_prescription(sku="A", fills=0, last_filled_on=None, encounter=encounter)},
    )
    program = aggregate(rate=Decimal(rate), encounter_hands_on_cents=3_000, encounter_hands_off_cents=5_000)
    assert quote([routed(1, "A", rx="RX1")], context, program, DAYS).total_cents == total_cents


def test_p8_an_encounter_is_processed_too() -> None:
    """$500.00 of medication, 5 %, a hands-on encounter for $30.00: 2.9 % of $555.00 is $16.095, and $0.30 beside."""
    context = a_market(
        pharmacies={"cedar": a_pharmacy(ambient_fee_cents=0)},
        prescriptions={"RX1": a_prescription(sku="A", fills=0, last_filled_on=None, encounter="hands_on")},
    )
    program = aggregate(encounter_hands_on_cents=3_000, processing_rate=Decimal("0.029"), processing_fixed_cents=30)
    answer = quote([routed(1, "A", rx="RX1")], context, program, DAYS)
    assert parts(answer) == (50_000, 2_500, 3_000, 0, 1_640, 57_140)


def test_p8_the_line_with_the_encounter_bears_its_processing() -> None:
    """Two lines of $189.00, 15 %, a box for $75.00, and on one an encounter for $30.00; 2.9 % of $539.70 is $15.65."""
    context = a_market(
        prescriptions={"RX1": a_prescription(sku="A", fills=0, last_filled_on=None, encounter="hands_on")}
    )
    program = a_program(encounter_hands_on_cents=3_000, processing_rate=Decimal("0.029"))
    answer = quote([routed(1, "A", rx="RX1"), routed(2, "A")], context, program, DAYS)
    assert parts(answer) == (37_800, 5_670, 3_000, 7_500, 1_565, 55_535)
    assert [(line.encounter_cents, line.processing_cents, line.landed_cents) for line in answer.lines] == [
        (3_000, 826, 29_311),
        (0, 739, 26_224),
    ]


@pytest.mark.parametrize(
    ("case", "program", "expected"),
    [
        ("of medication", aggregate(), (50_000, 2_500, 0, 7_500, 0, 60_000)),
        (
            "of medication and shipping",
            aggregate(rate_base=RateBase.MEDICATION_AND_SHIPPING),
            (50_000, 2_875, 0, 7_500, 0, 60_375),
        ),
        (
            "a facilitation percentage is of medication whatever its row says",
            a_program(rate_base=RateBase.MEDICATION_AND_SHIPPING),
            (18_900, 2_835, 0, 7_500, 0, 29_235),
        ),
        (
            "processing is of everything, its fixed part on top",
            a_program(processing_rate=Decimal("0.029"), processing_fixed_cents=30),
            (18_900, 2_835, 0, 7_500, 878, 30_113),
        ),
    ],
)
def test_what_each_percentage_is_taken_of(case: str, program: Program, expected: tuple[int, ...]) -> None:
    assert parts(quote([routed(1, "A")], a_market(), program, DAYS)) == expected


@pytest.mark.parametrize(
    ("case", "cart", "shipping_cents"),
    [
        ("one patient, one box", [routed(1, "A"), routed(2, "C")], [3_750, 3_750]),
        ("in proportion to packs", [routed(1, "A", 2), routed(2, "C")], [5_000, 2_500]),
        ("the odd cent to the lower line", [routed(2, "B", 1, "maple"), routed(1, "B", 1, "maple")], [1_501, 1_500]),
        ("cold and ambient are two boxes", [routed(1, "A"), routed(2, "B")], [7_500, 2_000]),
        ("two pharmacies are two boxes", [routed(1, "A"), routed(2, "A", 1, "maple")], [7_500, 1_000]),
        ("two patients are two boxes", [routed(1, "A"), routed(2, "A", patient="P2")], [7_500, 7_500]),
        (
            "to the clinic from a pharmacy that consolidates",
            [routed(1, "A", 1, "maple", ship_to="clinic"), routed(2, "A", 1, "maple", ship_to="clinic", patient="P2")],
            [500, 500],
        ),
        (
            "to the clinic from one that does not",
            [routed(1, "A", ship_to="clinic"), routed(2, "A", ship_to="clinic", patient="P2")],
            [7_500, 7_500],
        ),
        (
            "the patient's box is not the clinic's",
            [routed(1, "A", 1, "maple"), routed(2, "A", 1, "maple", ship_to="clinic")],
            [1_000, 1_000],
        ),
    ],
)
def test_a_fee_for_every_box(case: str, cart: list[RoutedLine], shipping_cents: list[int]) -> None:
    answer = quote(cart, a_market(), a_program(), DAYS)
    assert [line.shipping_cents for line in answer.lines] == shipping_cents


@pytest.mark.parametrize(
    ("case", "ship_to", "consolidates", "box"),
    [
        ("to the patient", ShipTo.PATIENT, True, Box("cedar", "patient P1", True)),
        ("to a clinic that gets one box", ShipTo.CLINIC, True, Box("cedar", "clinic", True)),
        ("to a clinic that gets one a patient", ShipTo.CLINIC, False, Box("cedar", "clinic for P1", True)),
    ],
)
def test_box_for(case: str, ship_to: ShipTo, consolidates: bool, box: Box) -> None:
    assert box_for(a_line(ship_to=ship_to), a_pharmacy(clinic_consolidates=consolidates), True) == box


def ours(state: LineState, shipped_on: date | None = None, rx: str = "RX1") -> OurLine:
    return OurLine(
        reference=f"RD-20261120-01/01 {state}",
        patient="P1",
        rx=rx,
        sku="A",
        quantity=1,
        pharmacy="cedar",
        state=state,
        placed_on=date(2026, 11, 20),
        shipped_on=shipped_on,
    )


@pytest.mark.parametrize(
    ("case", "prescription", "our_lines", "rxs", "encounter_cents"),
    [
        ("first fill", {}, (), ["RX1"], [3_000]),
        ("not asked for", {"encounter": "none"}, (), ["RX1"], [0]),
        ("filled elsewhere before", {"fills": 1}, (), ["RX1"], [0]),
        ("in flight", {}, (ours(LineState.COMPOUNDING),), ["RX1"], [0]),
        ("shipped by us before", {}, (ours(LineState.DELIVERED, date(2026, 11, 22)),), ["RX1"], [0]),
        ("came back, but it was shipped", {}, (ours(LineState.RETURNED, date(2026, 11, 22)),), ["RX1"], [0]),
        ("rejected before it shipped", {}, (ours(LineState.REJECTED),), ["RX1"], [3_000]),
        ("in flight on another prescription", {}, (ours(LineState.PLACED, rx="RX9"),), ["RX1"], [3_000]),
        ("two lines of it", {}, (), ["RX1", "RX1"], [3_000, 0]),
        ("without a prescription", {}, (), [None, "RX1"], [0, 3_000]),
        ("a prescription that nobody knows", {}, (), ["RX404"], [0]),
    ],
)
def test_encounters_on_first_fills(
    case: str,
    prescription: dict[str, Any],
    our_lines: tuple[OurLine, ...],
    rxs: list[str | None],
    encounter_cents: list[int],
) -> None:
    first = {"sku": "A", "fills": 0, "last_filled_on": None, "encounter": "hands_on"}
    context = a_market(prescriptions={"RX1": a_prescription(**first | prescription)}, our_lines=our_lines)
    cart = [routed(number, "A", rx=rx) for number, rx in enumerate(rxs, 1)]
    answer = quote(reversed(cart), context, a_program(encounter_hands_on_cents=3_000), DAYS)
    assert [line.encounter_cents for line in answer.lines] == encounter_cents


def test_a_held_line_leaves_the_encounter_to_the_next() -> None:
    context = a_market(prescriptions={"RX1": a_prescription(sku="A", fills=0, encounter="hands_on")})
    held = RoutedLine(a_line(number=1, sku="A", hold=True))
    answer = quote([held, routed(2, "A", rx="RX1")], context, a_program(encounter_hands_on_cents=3_000), DAYS)
    assert [(line.line, line.encounter_cents) for line in answer.lines] == [(2, 3_000)]


def test_landed_cost_of_each_line() -> None:
    """15 % and 2.9 % + $0.31; lines 1 and 2 share cedar's box, line 3 travels cold."""
    program = a_program(processing_rate=Decimal("0.029"), processing_fixed_cents=31)
    answer = quote([routed(3, "B", 3), routed(1, "A", 2), routed(2, "C")], a_market(), program, DAYS)
    amounts = ("medication", "program_fee", "shipping", "processing", "processing_fixed", "landed")
    columns = ("line", *(f"{name}_cents" for name in amounts))
    assert [tuple(getattr(line, name) for name in columns) for line in answer.lines] == [
        (1, 37_800, 5_670, 5_000, 1_421, 16, 49_891),
        (2, 16_000, 2_400, 2_500, 613, 7, 21_513),
        (3, 21_000, 3_150, 2_000, 767, 8, 26_917),
    ]
    assert [line.unit_landed_cents for line in answer.lines] == [24_946, 21_513, 8_972]
    assert parts(answer) == (74_800, 11_220, 0, 9_500, 2_801, 98_321)


@pytest.mark.parametrize(
    ("case", "quantity", "unit_landed_cents"),
    [
        ("one", 1, 10_001),
        ("half a cent goes up", 2, 5_001),
        ("a third goes down", 3, 3_334),
    ],
)
def test_unit_landed_is_rounded_half_up(case: str, quantity: int, unit_landed_cents: int) -> None:
    context = a_market(pharmacies={"cedar": a_pharmacy(ambient_fee_cents=10_001)}, offers=(free("A"),))
    answer = quote([routed(1, "A", quantity)], context, a_program(), DAYS)
    assert answer.lines[0].unit_landed_cents == unit_landed_cents


def free(sku: str) -> Offer:
    return an_offer(sku=sku, unit_cost_cents=0)


def test_a_fee_of_shipping_alone_is_shared_equally() -> None:
    """Two lines of medication at $0.00: every weight is zero."""
    prices = (pooled("A", 0), pooled("C", 0))
    program = aggregate(rate=Decimal("0.01"), rate_base=RateBase.MEDICATION_AND_SHIPPING)
    answer = quote([routed(1, "A", 4), routed(2, "C")], a_market(aggregate_prices=prices), program, DAYS)
    assert [line.program_fee_cents for line in answer.lines] == [38, 37]


@pytest.mark.parametrize(
    ("case", "cart"),
    [
        ("no lines", []),
        ("only held lines", [RoutedLine(a_line(hold=True))]),
        ("only unfilled lines", [RoutedLine(a_line(), codes=("NO_OFFER",))]),
    ],
)
def test_nothing_filled_costs_nothing(case: str, cart: list[RoutedLine]) -> None:
    answer = quote(cart, a_market(), a_program(processing_fixed_cents=2_000), DAYS)
    assert (parts(answer), answer.lines) == ((0, 0, 0, 0, 0, 0), ())


@pytest.mark.parametrize(
    ("case", "offers", "medication_cents"),
    [
        ("the latest on or before the placing day", (("2026-01-01", 100), ("2026-12-04", 110)), 110),
        ("not one of tomorrow", (("2026-01-01", 100), ("2026-12-05", 110)), 100),
        ("whatever the order of rows", (("2026-12-01", 110), ("2026-01-01", 100)), 110),
    ],
)
def test_the_price_in_force(case: str, offers: tuple[tuple[str, int], ...], medication_cents: int) -> None:
    rows = tuple(an_offer(sku="A", valid_from=day, unit_cost_cents=cents) for day, cents in offers)
    answer = quote([routed(1, "A")], a_market(offers=rows), a_program(), DAYS)
    assert answer.medication_cents == medication_cents


@pytest.mark.parametrize(
    ("case", "over"),
    [
        ("no pooled price", {"aggregate_prices": (pooled("C", 1),)}),
        ("no offer in force", {"offers": (an_offer(sku="A", valid_to=date(2026, 12, 3)),)}),
        ("the pharmacy does not take the program", {"pharmacies": {"cedar": a_pharmacy(programs=("FREE",))}}),
    ],
)
def test_a_line_without_a_price_is_never_free(case: str, over: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="A has no price at cedar under POOL"):
        quote([routed(1, "A")], a_market(**over), aggregate(), DAYS)


def test_one_cart_under_every_program() -> None:
    context = a_market(
        clinic=a_clinic(program=("POOL", "GONE")),
        programs=(a_program(), a_program(program="BARE", kind="aggregate"), aggregate()),
        aggregate_prices=(pooled("A", 50_000), pooled("A", 40_000, program="BARE"), pooled("C", 15_000)),
    )
    cart = [routed(1, "A"), routed(2, "C"), RoutedLine(a_line(number=3, sku="B", hold=True))]
    assert under_every_program(iter(cart), context, DAYS) == (
        ProgramQuote("POOL", quote(cart, context, aggregate(), DAYS)),
        ProgramQuote("GONE", None, (), "GONE is not in force on 2026-12-04"),
        ProgramQuote("BARE", None, ("C",), "no price under BARE: C"),
        ProgramQuote("FREE", quote(cart, context, a_program(), DAYS)),
    )


PATIENTS = ("P1", "P2", "P3")
LINES = st.lists(
    st.tuples(
        st.sampled_from(sorted(COSTS)),
        st.integers(1, 9),
        st.sampled_from(("cedar", "maple")),
        st.sampled_from(PATIENTS),
        st.sampled_from(ShipTo),
        st.sampled_from((None, "RX1", "RX2")),
    ),
    min_size=1,
    max_size=12,
)
RATES = st.decimals(0, Decimal("0.3"), places=4)
PROGRAMS = st.builds(
    a_program,
    program=st.just("POOL"),
    kind=st.sampled_from(ProgramKind),
    rate=RATES,
    rate_base=st.sampled_from(RateBase),
    processing_rate=RATES,
    processing_fixed_cents=st.integers(0, 5_000),
    encounter_hands_on_cents=st.integers(0, 5_000),
)
PRICES = st.fixed_dictionaries({sku: st.integers(0, 40_000) for sku in COSTS})


def a_random_market(prices: dict[str, int]) -> Context:
    offers = [
        an_offer(pharmacy=each, sku=sku, unit_cost_cents=prices[sku]) for each in ("cedar", "maple") for sku in COSTS
    ]
    prescriptions = {
        rx: a_prescription(rx=rx, fills=fills, encounter="hands_on") for rx, fills in (("RX1", 0), ("RX2", 1))
    }
    return a_market(offers=tuple(offers), prescriptions=prescriptions)


@settings(max_examples=1_000, deadline=None)
@given(lines=LINES, program=PROGRAMS, prices=PRICES, shuffle=st.randoms())
@pytest.mark.slow
def test_lines_always_sum_to_the_checkout(lines: Any, program: Program, prices: dict[str, int], shuffle: Any) -> None:
    context = a_random_market(prices)
    cart = [
        routed(number, sku, quantity, pharmacy, patient=patient, ship_to=ship_to, rx=rx)
        for number, (sku, quantity, pharmacy, patient, ship_to, rx) in enumerate(lines, 1)
    ]
    answer = quote(cart, context, program, DAYS)
    sums = [sum(column) for column in zip(*(line[3:10] for line in answer.lines), strict=True)]
    medication, program_fee, encounters, shipping, processing, total = parts(answer)
    assert sums == [medication, program_fee, encounters, shipping, processing, program.processing_fixed_cents, total]
    assert total == medication + program_fee + encounters + shipping + processing
    assert all(sum(line[3:8]) == line.landed_cents for line in answer.lines)
    assert all(0 <= line.processing_fixed_cents <= line.processing_cents for line in answer.lines)
    shuffle.shuffle(cart)
    assert quote(cart, context, program, DAYS) == answer


@settings(deadline=None)
@given(lines=LINES, program=PROGRAMS, numbers=st.permutations(range(1, 13)))
def test_the_order_of_lines_does_not_change_totals(lines: Any, program: Program, numbers: list[int]) -> None:
    def totals(numbering: list[int]) -> tuple[int, ...]:
        cart = [
            routed(number, sku, quantity, pharmacy, patient=patient, ship_to=ship_to, rx=rx)
            for number, (sku, quantity, pharmacy, patient, ship_to, rx) in zip(numbering, lines, strict=False)
        ]
        return parts(quote(cart, a_random_market(COSTS), program, DAYS))

    assert totals(numbers) == totals(list(range(1, 13)))


FIZY = (
    a_program(program="Free"),
    a_program(program="Growth", monthly_fee_cents=99_700, rate=Decimal("0.10")),
    a_program(program="Premium", monthly_fee_cents=199_700, rate=Decimal("0.05")),
)


@pytest.mark.parametrize(
    ("case", "spend_cents", "cheapest", "cost_cents"),
    [
        ("a small clinic", 1_000_00, ("Free",), 150_00),
        ("below the first crossing", 10_000_00, ("Free",), 1_500_00),
        ("at the first crossing", 19_940_00, ("Free", "Growth"), 2_991_00),
        ("between them", 19_950_00, ("Growth",), 2_992_00),
        ("at the second crossing", 20_000_00, ("Growth", "Premium"), 2_997_00),
        ("above both", 40_000_00, ("Premium",), 3_997_00),
        ("no spend at all", 0, ("Free",), 0),
    ],
)
def test_p3_the_cheapest_plan(case: str, spend_cents: int, cheapest: tuple[str, ...], cost_cents: int) -> None:
    answer = plans(FIZY, spend_cents)
    costs = dict(answer.costs)
    assert (answer.cheapest, [costs[program] for program in answer.cheapest]) == (
        cheapest,
        [cost_cents] * len(cheapest),
    )


@pytest.mark.parametrize(
    ("case", "programs", "crossings"),
    [
        ("Fizy's", [("Free", 0, "0.15"), ("Growth", 997_00, "0.10"), ("Premium", 1_997_00, "0.05")],
         [(19_940_00, "Free", "Growth"), (20_000_00, "Growth", "Premium")]),
        ("one program", [("Free", 0, "0.15")], []),
        ("no program", [], []),
        ("one that is never cheapest", [("Free", 0, "0.15"), ("Poor", 3_000_00, "0.10"), ("Premium", 1_997_00, "0.05")],
         [(19_970_00, "Free", "Premium")]),
        ("three meet in one point", [("A", 0, "0.15"), ("B", 100_00, "0.10"), ("C", 200_00, "0.05")],
         [(2_000_00, "A", "C")]),
        ("dearer from the start", [("Free", 0, "0.05"), ("Odd", 100_00, "0.10")], []),
        ("no fee on either: the lower rate from the first cent", [("A", 0, "0.15"), ("B", 0, "0.10")], []),
        ("twins count once", [("A", 0, "0.15"), ("B", 50_00, "0.10"), ("C", 50_00, "0.10")], [(1_000_00, "A", "B")]),
        ("a crossing between two cents", [("A", 0, "0.10"), ("B", 100, "0.07")], [(3_333, "A", "B")]),
    ],
)  # fmt: skip
def test_where_the_cheapest_plan_changes(
    case: str, programs: list[tuple[str, int, str]], crossings: list[tuple[int, str, str]]
) -> None:
    rows = [a_program(program=name, monthly_fee_cents=fee, rate=Decimal(rate)) for name, fee, rate in programs]
    answer = plans(rows, 0)
    assert [(found.spend_cents, found.before, found.after) for found in answer.crossings] == crossings


def test_plans_are_compared_before_rounding() -> None:
    """A tenth of a cent apart: the same to the cent, not equal."""
    rows = [a_program(program="A", rate=Decimal("0.1001")), a_program(program="B", rate=Decimal("0.1"))]
    answer = plans(rows, 1_000)
    assert ([cost.cost_cents for cost in answer.costs], answer.cheapest) == ([100, 100], ("B",))
