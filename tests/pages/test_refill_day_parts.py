"""What Refill day says: lines, causes and reasons, from values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from core.domain.model import Alternative, Cart, CartLine, Objective, Promise, Refusal, RoutedLine
from core.rules.plan import plan
from core.rules.sig import read
from core.services.cart.contents import OpenCart
from pages.refill_day.causes import Cause, causes_of, owed_by
from pages.refill_day.line_drawer import reading_in_words
from pages.refill_day.pharmacy_reasons import why
from pages.refill_day.views import CartLineState, LineFilter, LineView, filtered, first_finding, views_of
from tests.builders import (
    DAYS,
    FRIDAY,
    a_context,
    a_line,
    a_patient,
    a_prescriber,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
)

PEOPLE = {"P1": a_patient(), "P2": a_patient(patient="P2", last_name="Stone", first_name="Bea", phone="", state="OK")}
RXS = {"RX1": a_prescription(), "RX2": a_prescription(rx="RX2", patient="P2")}
CONTEXT = a_context(patients=PEOPLE, prescriptions=RXS)
SECOND = a_line(number=2, patient="P2", rx="RX2")


def views(*lines: CartLine) -> list[LineView]:
    cart = Cart(refill_day=FRIDAY, lines=lines)
    opened = OpenCart(cart, CONTEXT, frozenset(), (), ())
    return views_of(opened, plan(cart, CONTEXT, a_program(), Objective.CHEAPEST, DAYS))


def test_states_of_lines() -> None:
    states = [view.state for view in views(a_line(), SECOND, SECOND.model_copy(update={"number": 3, "hold": True}))]
    assert states == [CartLineState.READY, CartLineState.TO_FIX, CartLineState.HELD]


@pytest.mark.parametrize(
    ("case", "show", "search", "numbers"),
    [
        ("all", LineFilter.ALL, "", [1, 2]),
        ("to fix", LineFilter.TO_FIX, "", [2]),
        ("held", LineFilter.HELD, "", []),
        ("a name in any case", LineFilter.ALL, "RIVERA", [1]),
        ("every word", LineFilter.ALL, "semaglutide bea", [2]),
        ("a prescription", LineFilter.ALL, "rx1", [1]),
        ("nobody", LineFilter.ALL, "zzz", []),
    ],
)
def test_what_is_shown(case: str, show: LineFilter, search: str, numbers: list[int]) -> None:
    assert [view.line.number for view in filtered(views(a_line(), SECOND), show, search)] == numbers


def test_a_price_that_ends_before_the_day_is_pointed_out() -> None:
    context = a_context(offers=(an_offer(valid_to=date(2026, 12, 2)),))
    view = views(a_line())[0]
    assert first_finding(view, context, date(2026, 12, 1), FRIDAY) == "Price ends on Wed 2 Dec."
    assert first_finding(view, CONTEXT, date(2026, 12, 1), FRIDAY) is None


def causes(*lines: CartLine) -> list[Cause]:
    return causes_of(views(*lines), CONTEXT)


def test_lines_with_one_cause_stand_together_the_widest_first() -> None:
    lines = (SECOND.model_copy(update={"number": 1}), SECOND)
    found = causes(*lines)
    assert [(cause.title, len(cause.line_findings)) for cause in found] == [
        ("Prescriber not licensed: Ada Okafor, MD, no OK license", 2),
        ("Pharmacy not licensed: Semaglutide 2.5 mg/mL, 2 mL", 2),
        ("State ZIP mismatch", 2),
        ("Patient incomplete", 2),
        ("Suspected duplicate", 1),
    ]
    assert found[3].message == "Patient P2 lacks: telephone number."


@pytest.mark.parametrize(
    ("case", "expires_on", "title"),
    [
        (
            "ended before it ships",
            date(2026, 12, 5),
            "Prescriber not licensed: Ada Okafor, MD, TX license ends Sat 5 Dec 2026",
        ),
        ("ends soon after", date(2026, 12, 20), "License expiring: Ada Okafor, MD, TX license ends Sun 20 Dec 2026"),
    ],
)
def test_a_licence_that_stops_many_lines_is_one_cause(case: str, expires_on: date, title: str) -> None:
    licence = a_prescriber().licences["TX"].model_copy(update={"expires_on": expires_on})
    prescriber = a_prescriber(licences={"TX": licence})
    people = {f"P{at}": a_patient(patient=f"P{at}") for at in range(1, 15)}
    rxs = {f"RX{at}": a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in range(1, 15)}
    context = replace(CONTEXT, patients=people, prescriptions=rxs, prescribers={prescriber.npi: prescriber})
    cart = Cart(
        refill_day=FRIDAY, lines=tuple(a_line(number=at, patient=f"P{at}", rx=f"RX{at}") for at in range(1, 15))
    )
    opened = OpenCart(cart, context, frozenset(), (), ())
    found = views_of(opened, plan(cart, context, a_program(), Objective.CHEAPEST, DAYS))
    (cause,) = causes_of(found, context)
    assert (cause.title, len(cause.line_findings)) == (title, 14)


def test_what_each_owner_has_to_put_right() -> None:
    owed = owed_by(causes(a_line(), SECOND, SECOND.model_copy(update={"number": 3, "id": "L3"})))
    assert {owner.value: tuple(count) for owner, count in owed.items()} == {
        "clinic": (5, 2),
        "prescriber": (2, 2),
        "pharmacy": (2, 2),
        "patient": (0, 0),
    }


def test_keys_of_causes_say_nothing_about_a_patient() -> None:
    assert all("P2" not in cause.key for cause in causes(SECOND))


@pytest.mark.parametrize(
    ("sig", "words"),
    [
        (
            "Inject 0.25 mg (10 units) subcutaneously once weekly.",
            "inject · 0.25 mg once weekly · subcutaneous · 0.1 mL (10 syringe units) a dose",
        ),
        ("Use as directed.", "use · missing: dose, route and frequency · not recognized: “as” and “directed”"),
    ],
)
def test_directions_as_read(sig: str, words: str) -> None:
    assert reading_in_words(read(sig, a_sku())) == words


def test_why_a_pharmacy() -> None:
    promise = Promise(FRIDAY, date(2026, 12, 7), date(2026, 12, 7), date(2026, 12, 8))
    others = (Alternative("lake", 920, 1), Alternative("oak", 0, 0), Alternative("pine", 100, -2))
    refused = (Refusal("elm", ("PHARMACY_NOT_LICENSED",)),)
    assert list(why(RoutedLine(a_line(), "cedar", None, promise, others, refused), CONTEXT)) == [
        "Cedar Compounding ships on Mon 7 Dec and delivers on Tue 8 Dec. No other is cheaper.",
        "lake instead: +$9.20 for the whole checkout, 1 day later.",
        "oak instead: $0.00 for the whole checkout, the same day.",
        "pine instead: +$1.00 for the whole checkout, 2 days earlier.",
        "elm cannot: no license for TX.",
    ]
