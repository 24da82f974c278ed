"""What a person confirmed beside what would be placed: every difference is found, both sides are said, and it stops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.adapters.files import Folder
from core.adapters.store import Store, save_folder
from core.domain.errors import Differs
from core.domain.model import Cart, Days, Objective, PlanDifference
from core.domain.roles import LOCAL
from core.rules.plan import Plan, plan
from core.rules.plan_differences import differences, shown_plan
from core.services.checkout import place
from core.services.contexts import load_context
from tests.builders import DAYS, a_patient, a_pharmacy, an_offer, licences
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients, rows

D = PlanDifference
BIRCH = a_pharmacy(pharmacy="birch", name="Birch", cold_fee_cents=30_00)


def a_clinic(**over: Any) -> Folder:
    """Two patients; cedar and birch both sell SEMA, birch's box costs $10.00 more."""
    folder = a_folder(**patients(2))
    both = {
        "pharmacies": (*folder.pharmacies, BIRCH),
        "pharmacy_licences": (*folder.pharmacy_licences, *licences("birch")),
        "offers": (an_offer(), an_offer(pharmacy="birch")),
    }
    return a_folder(**patients(2) | both | over)


def planned(store: Store, cart: Cart, days: Days = DAYS) -> Plan:
    with store.read(CLINIC) as work:
        context = load_context(work)
    return plan(cart, context, context.programs[0], Objective.CHEAPEST, days)


def the_cart(**over: Any) -> Cart:
    return a_cart(line(1, **over), line(2))


PRICIER = a_clinic(offers=(an_offer(unit_cost_cents=110_00), an_offer(pharmacy="birch", unit_cost_cents=110_00)))
CEDAR_IS_OUT = a_clinic(offers=(an_offer(stock=0), an_offer(pharmacy="birch")))
WARNED = a_clinic(patients=(a_patient(patient="P1", phone="12"), a_patient(patient="P2")))


@pytest.mark.parametrize(
    ("case", "loaded", "cart", "days", "expected"),
    [
        ("nothing", None, the_cart, DAYS, ()),
        ("a price that rose", PRICIER, the_cart, DAYS, (
            D(None, "medication", 200_00, 220_00), D(None, "program fee", 30_00, 33_00),
            D(None, "total", 270_00, 293_00), D(1, "cost", 135_00, 146_50), D(2, "cost", 135_00, 146_50))),
        ("another pharmacy", CEDAR_IS_OUT, the_cart, DAYS, (
            D(None, "shipping", 40_00, 60_00), D(None, "total", 270_00, 290_00),
            D(1, "pharmacy", "cedar", "birch"), D(1, "cost", 135_00, 145_00),
            D(2, "pharmacy", "cedar", "birch"), D(2, "cost", 135_00, 145_00))),
        ("a finding that is new", WARNED, the_cart, DAYS, (D(1, "finding", None, "PHONE_INVALID"),)),
        ("a line that is held now", None, lambda: the_cart(hold=True), DAYS, (
            D(None, "medication", 200_00, 100_00), D(None, "program fee", 30_00, 15_00),
            D(None, "shipping", 40_00, 20_00), D(None, "total", 270_00, 135_00),
            D(1, "hold", "not held", "held"), D(1, "pharmacy", "cedar", None), D(1, "cost", 135_00, None),
            D(1, "ships on", date(2026, 12, 7), None), D(1, "delivers on", date(2026, 12, 8), None))),
        ("the cut-off has passed: same amounts, later days", None, the_cart,
         DAYS._replace(placed_at=datetime(2026, 12, 4, 23, 0, tzinfo=UTC)), (
            D(1, "ships on", date(2026, 12, 7), date(2026, 12, 8)),
            D(1, "delivers on", date(2026, 12, 8), date(2026, 12, 9)),
            D(2, "ships on", date(2026, 12, 7), date(2026, 12, 8)),
            D(2, "delivers on", date(2026, 12, 8), date(2026, 12, 9)))),
    ],
)  # fmt: skip
def test_everything_that_differs_is_said_and_stops_it(
    store: Store,
    case: str,
    loaded: Folder | None,
    cart: Callable[[], Cart],
    days: Days,
    expected: tuple[PlanDifference, ...],
) -> None:
    load(store, a_clinic())
    before = shown_plan(planned(store, the_cart()))
    if loaded is not None:
        store.write(CLINIC, lambda work: save_folder(work, loaded))
    assert differences(before, shown_plan(planned(store, cart(), days))) == expected
    if not expected:
        return
    confirmed = confirmation(cart(), shown_plan=before, days=days)
    with pytest.raises(Differs) as refusal:
        place(store, STAFF, CLINIC, confirmed)
    assert refusal.value.differences == expected
    assert set(rows(store).values()) == {0}


def test_a_line_that_is_gone_is_said_and_the_next_one_is_itself_under_another_number(store: Store) -> None:
    load(store, a_clinic())
    cart = a_cart(*(line(at, id=f"L{at}") for at in (1, 2)))
    left = a_cart(line(2, id="L2").model_copy(update={"number": 1}))
    found = differences(shown_plan(planned(store, cart)), shown_plan(planned(store, left)))
    assert found[-1] == D(1, "line", "1 × SEMA", None)
    assert [one.line for one in found] == [None, None, None, None, 1]


def test_the_same_total_from_another_pharmacy_is_not_what_was_confirmed(store: Store) -> None:
    load(store, a_clinic(pharmacies=(a_pharmacy(), BIRCH.model_copy(update={"cold_fee_cents": 20_00}))))
    cart = a_cart(line(1))
    was = planned(store, cart)
    store.write(CLINIC, lambda work: save_folder(work, Folder(offers=(an_offer(pharmacy="birch", stock=0),))))
    now = planned(store, cart)
    assert (was.hash, was.quote.total_cents) == (now.hash, now.quote.total_cents)
    with pytest.raises(Differs) as refusal:
        place(
            store, LOCAL, CLINIC, confirmation(cart, hash=was.hash, expected_cents=135_00, shown_plan=shown_plan(was))
        )
    assert refusal.value.differences == (D(1, "pharmacy", "birch", "cedar"),)
    assert str(refusal.value).startswith("The cart is not the one that was confirmed")


def test_a_total_alone_says_its_two_sides(store: Store) -> None:
    load(store, a_clinic())
    with pytest.raises(Differs) as refusal:
        place(store, STAFF, CLINIC, confirmation(a_cart(line(1)), expected_cents=100_00))
    assert refusal.value.differences == (D(None, "total", 100_00, 135_00),)
