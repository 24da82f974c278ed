"""Figures of a decided cart: each pharmacy's part, a split's outcome, what stops it, when a price ends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

import pytest

from core.domain.model import Cart, CartLine, Objective
from core.rules.plan import Plan, plan
from core.rules.pricing.parts import more_than, parts_by_pharmacy
from core.rules.pricing.quotes import under_every_program
from core.rules.split.what_if import summarized
from tests.builders import (
    DAYS,
    FRIDAY,
    a_clinic,
    a_context,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    an_offer,
    licences,
)

GROWTH = a_program(program="GROWTH", rate=Decimal("0.10"))
LAKE = a_pharmacy(pharmacy="lake", name="Lakeside", processing_days=2)
CONTEXT = a_context(
    clinic=a_clinic(program=("FREE", "GROWTH")),
    programs=(a_program(), GROWTH),
    pharmacies={"cedar": a_pharmacy(), "lake": LAKE},
    licences=(*licences(), *licences("lake")),
    offers=(an_offer(), an_offer(pharmacy="lake", unit_cost_cents=9_000)),
    patients={"P1": a_patient(), "P2": a_patient(patient="P2", phone="")},
    prescriptions={"RX1": a_prescription(), "RX2": a_prescription(rx="RX2", patient="P2")},
)
"""Lakeside is 10.00 a pack cheaper and a day slower; P2 has no telephone number."""


def decided(*lines: CartLine, objective: Objective = Objective.CHEAPEST) -> Plan:
    return plan(Cart(refill_day=FRIDAY, lines=lines), CONTEXT, a_program(), objective, DAYS)


TWO = (a_line(pharmacy="cedar"), a_line(number=2, patient="P2", rx="RX2"))


def test_parts_of_pharmacies_sum_to_the_checkout() -> None:
    decision = decided(*TWO)
    parts = parts_by_pharmacy(decision.split.filled, decision.quote)
    assert [(part.pharmacy, part.lines, part.boxes, part.medication_cents, part.landed_cents) for part in parts] == [
        ("cedar", 1, 1, 10_000, 13_500),
        ("lake", 1, 1, 9_000, 12_350),
    ]
    assert [(part.ships_on, part.arrives_on) for part in parts] == [
        (date(2026, 12, 7), date(2026, 12, 8)),
        (date(2026, 12, 8), date(2026, 12, 9)),
    ]
    assert sum(part.landed_cents for part in parts) == decision.quote.total_cents


def test_an_empty_cart_has_no_part() -> None:
    decision = decided(a_line(hold=True))
    assert parts_by_pharmacy(decision.split.filled, decision.quote) == ()


def test_the_same_cart_under_another_program() -> None:
    decision = decided(*TWO)
    _, growth = under_every_program(decision.split.filled, CONTEXT, DAYS)
    assert growth.quote is not None
    assert more_than(growth.quote, decision.quote) == -950


def test_what_speed_costs() -> None:
    cheap, fast = (
        summarized(decided(a_line(), objective=objective).split, FRIDAY)
        for objective in (Objective.CHEAPEST, Objective.FASTEST)
    )
    assert (cheap.total_cents, cheap.delivery_days, cheap.last_delivery) == (12_350, 5, date(2026, 12, 9))
    assert (fast.total_cents, fast.delivery_days, fast.last_delivery) == (13_500, 4, date(2026, 12, 8))
    assert fast.against(cheap) == (1_150, Decimal("-1.0"))


def test_days_are_an_average_of_the_lines() -> None:
    assert summarized(decided(*TWO).split, FRIDAY).days_a_line == Decimal("4.5")
    assert summarized(decided().split, FRIDAY).days_a_line == Decimal("0.0")


@pytest.mark.parametrize(
    ("case", "line", "acknowledged", "overridden", "stops"),
    [
        ("a blocking finding", TWO[1].model_copy(update={"number": 1}), (), (), ["PATIENT_INCOMPLETE"]),
        ("overridden", TWO[1].model_copy(update={"number": 1}), (), {(1, "PATIENT_INCOMPLETE")}, []),
        ("a blocking finding is not acknowledged away", TWO[1].model_copy(update={"number": 1}),
         {(1, "PATIENT_INCOMPLETE")}, (), ["PATIENT_INCOMPLETE"]),
        ("held", TWO[1].model_copy(update={"number": 1, "hold": True}), (), (), []),
        ("a clean line", a_line(), (), (), []),
    ],
)  # fmt: skip
def test_what_stops_a_checkout(
    case: str,
    line: CartLine,
    acknowledged: Collection[tuple[int, str]],
    overridden: Collection[tuple[int, str]],
    stops: list[str],
) -> None:
    assert [finding.code for finding in decided(line).unanswered(acknowledged, overridden)] == stops


@pytest.mark.parametrize(
    ("case", "offers", "ends"),
    [
        ("open", (an_offer(),), None),
        ("its own end", (an_offer(valid_to=date(2026, 12, 3)),), date(2026, 12, 3)),
        ("the next row's start", (an_offer(), an_offer(valid_from=date(2026, 12, 10))), date(2026, 12, 9)),
        ("the earlier of both", (an_offer(valid_to=date(2026, 12, 31)), an_offer(valid_from=date(2026, 12, 10))),
         date(2026, 12, 9)),
        ("nothing in force", (an_offer(valid_to=date(2026, 11, 1)),), None),
    ],
)  # fmt: skip
def test_when_a_price_ends(case: str, offers: tuple[object, ...], ends: date | None) -> None:
    assert a_context(offers=offers).offer_ends("cedar", "SEMA", date(2026, 12, 1)) == ends
