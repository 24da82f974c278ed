"""What people ask of a cart's split: shared, audited, part of what is confirmed, kept when the cart is placed."""

from __future__ import annotations

from typing import Any

import pytest

from core.adapters.store import Store, open_store
from core.domain.errors import Differs, NotAllowed, RefillDayError, Refused, Stale
from core.domain.model import Days, Objective, PreferenceKind, PreferenceScope, Role, RoutingPreference
from core.domain.roles import Person
from core.rules.plan import Plan, plan
from core.rules.prescriptions import CartRow
from core.services.audit_trail import verify_audit
from core.services.cart.additions import add_line
from core.services.cart.edits import hold_lines, remove_line
from core.services.cart.routing_preferences import add_routing_preference, remove_routing_preference
from core.services.checkout import Confirmation, place
from tests.builders import FRIDAY, a_pharmacy, a_prescription, an_offer, licences
from tests.carts import ADA, BO, FOLDER, opened
from tests.stores import CLINIC, a_folder, load, statements

K = PreferenceKind
DAYS = Days(FRIDAY, FRIDAY)


@pytest.fixture
def cart(store: Store) -> Store:
    """Two patients' lines, that cedar fills for 100 dollars a pack and lake for 110."""
    offers = (an_offer(), an_offer(pharmacy="lake", unit_cost_cents=110_00))
    prescriptions = tuple(
        a_prescription(rx=f"RX{at}", patient=f"P{at}", last_filled_on=None, first_filled_on=None, fills=0)
        for at in (1, 2, 3)
    )
    houses = (a_pharmacy(), a_pharmacy(pharmacy="lake", name="Lakeside"))
    over: dict[str, Any] = FOLDER | {
        "offers": offers,
        "pharmacies": houses,
        "pharmacy_licences": (*licences(), *licences("lake")),
        "prescriptions": prescriptions,
    }
    load(store, a_folder(**over))
    for patient in ("P1", "P2"):
        add_line(store, ADA, CLINIC, FRIDAY, CartRow(patient, "SEMA"))
    return store


def decided(store: Store) -> Plan:
    now = opened(store)
    program = now.context.programs_on(FRIDAY)[0]
    return plan(now.cart, now.context, program, Objective.CHEAPEST, DAYS)


def places(store: Store) -> list[str | None]:
    return [routed.pharmacy for routed in decided(store).split.lines]


def test_what_one_asks_everybody_sees_and_the_split_keeps(cart: Store) -> None:
    first = opened(cart).cart.lines[0].id
    assert places(cart) == ["cedar", "cedar"]
    add_routing_preference(cart, ADA, CLINIC, FRIDAY, K.USE, line=first, pharmacy="lake")
    add_routing_preference(cart, BO, CLINIC, FRIDAY, K.STAY, amount_cents=5_00)
    assert opened(cart).cart.preferences == (
        RoutingPreference(K.USE, PreferenceScope.LINE, "1", "lake"),
        RoutingPreference(K.STAY, PreferenceScope.CART, "", "", 5_00),
    )
    assert [(one.kind, one.by) for one in opened(cart).preferences] == [(K.USE, ADA.email), (K.STAY, BO.email)]
    assert places(cart) == ["lake", "cedar"]
    remove_routing_preference(cart, BO, CLINIC, FRIDAY, opened(cart).preferences[0].id)
    assert places(cart) == ["cedar", "cedar"]


def test_it_survives_a_restart_and_is_in_the_audit_trail(cart: Store) -> None:
    before = verify_audit(cart, CLINIC).entries
    add_routing_preference(cart, ADA, CLINIC, FRIDAY, K.AVOID, sku="SEMA", pharmacy="cedar")
    assert verify_audit(cart, CLINIC).entries == before + 1
    again = open_store(cart.engine.url.render_as_string(hide_password=False))
    assert places(again) == ["lake", "lake"]
    again.close()


def test_a_wish_goes_with_its_line_and_stays_while_the_line_is_held(cart: Store) -> None:
    first = opened(cart).cart.lines[0]
    add_routing_preference(cart, ADA, CLINIC, FRIDAY, K.RESERVE, line=first.id, pharmacy="cedar")
    hold_lines(cart, ADA, CLINIC, FRIDAY, [first.id], hold=True)
    assert len(opened(cart).preferences) == 1
    held = opened(cart).cart.lines[0]
    remove_line(cart, ADA, CLINIC, held.id, held.version)
    assert opened(cart).preferences == ()


def test_reading_a_cart_asks_as_many_statements_however_much_is_asked(cart: Store) -> None:
    with statements(cart) as few:
        opened(cart)
    for patient in ("P1", "P2", "P3"):
        add_routing_preference(cart, ADA, CLINIC, FRIDAY, K.AVOID, patient=patient, pharmacy="lake")
    with statements(cart) as many:
        opened(cart)
    assert len(many) == len(few)


def test_what_is_asked_meanwhile_stops_a_checkout_and_is_kept_by_the_next(cart: Store) -> None:
    seen = decided(cart)
    add_routing_preference(cart, BO, CLINIC, FRIDAY, K.AVOID, pharmacy="cedar")
    confirmation = Confirmation(
        None, "FREE", Objective.CHEAPEST, DAYS, expected_cents=seen.quote.total_cents, hash=seen.hash, split=seen.split
    )
    with pytest.raises(Differs):
        place(cart, ADA, CLINIC, confirmation)
    now = decided(cart)
    confirmed = confirmation._replace(expected_cents=now.quote.total_cents, hash=now.hash, split=now.split)
    receipt = place(cart, ADA, CLINIC, confirmed)
    assert [order.pharmacy for order in receipt.pharmacy_orders] == ["lake"]


@pytest.mark.parametrize(
    ("case", "asked", "error", "message"),
    [
        ("no pharmacy", {"kind": K.USE}, Refused, "“use” needs a pharmacy."),
        ("a pharmacy too many", {"kind": K.STAY, "pharmacy": "lake"}, Refused, "“stay” takes no pharmacy."),
        ("an unknown pharmacy", {"kind": K.USE, "pharmacy": "elm"}, Refused, "This clinic has no pharmacy “elm”."),
        ("an unknown SKU", {"kind": K.AVOID, "pharmacy": "lake", "sku": "X"}, Refused, "This clinic has no SKU “X”."),
        ("an unknown patient", {"kind": K.TOGETHER, "patient": "X"}, Refused, "This clinic has no patient “X”."),
        ("two at once", {"kind": K.TOGETHER, "patient": "P1", "sku": "SEMA"}, Refused,
         "A routing preference is about the whole cart, or one patient, one SKU or one line."),
        ("a SKU together", {"kind": K.TOGETHER, "sku": "SEMA"}, Refused,
         "“together” is about the cart or a patient."),
        ("a negative amount", {"kind": K.STAY, "amount_cents": -1}, Refused,
         "The amount is between $0.00 and $10,000.00, where there is one."),
        ("an amount where there is none", {"kind": K.TOGETHER, "amount_cents": 1}, Refused,
         "The amount is between $0.00 and $10,000.00, where there is one."),
        ("a line that is gone", {"kind": K.RESERVE, "pharmacy": "lake", "line": "gone"}, Stale,
         "This line is not in the cart any more: somebody has removed or placed it."),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused(
    cart: Store, case: str, asked: dict[str, Any], error: type[RefillDayError], message: str
) -> None:
    with pytest.raises(error) as no:
        add_routing_preference(cart, ADA, CLINIC, FRIDAY, **asked)
    assert str(no.value) == message
    assert opened(cart).preferences == ()


def test_nothing_is_asked_twice_taken_back_twice_or_by_somebody_who_only_looks(cart: Store) -> None:
    add_routing_preference(cart, ADA, CLINIC, FRIDAY, K.TOGETHER)
    with pytest.raises(Refused, match="has this routing preference already"):
        add_routing_preference(cart, BO, CLINIC, FRIDAY, K.TOGETHER)
    only = opened(cart).preferences[0].id
    with pytest.raises(NotAllowed):
        add_routing_preference(cart, Person("ceo@example.com", "Cy", Role.LEADERSHIP), CLINIC, FRIDAY, K.BOXES)
    remove_routing_preference(cart, BO, CLINIC, FRIDAY, only)
    with pytest.raises(Stale, match="somebody has removed it"):
        remove_routing_preference(cart, ADA, CLINIC, FRIDAY, only)
