"""Placing a cart: once, whole, as it was seen, or not at all (rules.md, section 7)."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from core.adapters.store import METADATA, Store, open_store
from core.domain.errors import Blocked, Differs, NotAllowed, RefillDayError, Refused
from core.domain.model import Cart, CartLine, Days, Objective, Override, Role
from core.domain.roles import LOCAL, Person
from core.rules.plan import plan
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_line
from core.services.cart.contents import open_cart
from core.services.checkout import Confirmation, Receipt, place
from core.services.contexts import load_context
from core.services.orders.verification import verify_ledger
from tests.builders import DAYS, FRIDAY, a_line, a_patient, a_prescription, a_sku, an_offer
from tests.stores import CLINIC, Clock, a_folder, load, statements

STAFF = Person("ada@clinic.test", "Ada", Role.STAFF)
KEPT = ("checkout", "pharmacy_order", "submission", "order_line", "attempt", "ledger_entry", "stock_reservation")


def patients(number: int) -> dict[str, Any]:
    """``number`` patients with a prescription each, nothing filled lately."""
    numbers = range(1, number + 1)
    return {
        "patients": tuple(a_patient(patient=f"P{at}") for at in numbers),
        "prescriptions": tuple(a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in numbers),
    }


def a_cart(*lines: CartLine) -> Cart:
    return Cart(refill_day=FRIDAY, lines=lines)


def line(number: int, **over: Any) -> CartLine:
    return a_line(**{"number": number, "patient": f"P{number}", "rx": f"RX{number}"} | over)


def confirmation(cart: Cart | None, **over: Any) -> Confirmation:
    parts: dict[str, Any] = {"cart": cart, "program": "FREE", "objective": Objective.CHEAPEST, "days": DAYS}
    return Confirmation(**parts | over)


def rows(store: Store) -> dict[str, int]:
    """How many rows the tables of orders have."""
    with store.read(CLINIC) as work:
        tables = (METADATA.tables[name] for name in KEPT)
        return {table.name: work.connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.fixture
def clinic(store: Store) -> Store:
    """A clinic of three patients."""
    load(store, a_folder(**patients(3)))
    return store


def test_what_an_order_has_no_room_for_goes_in_a_second_one_of_the_same_box(store: Store) -> None:
    numbers = range(1, 52)
    actives = [f"active{chr(ord('a') + at // 26)}{chr(ord('a') + at % 26)}" for at in numbers]
    skus = tuple(
        a_sku(sku=f"S{at}", actives=(name,), therapy_class=name, ingredients=(name,))
        for at, name in zip(numbers, actives, strict=True)
    )
    folder = a_folder(
        skus=skus,
        offers=tuple(an_offer(sku=f"S{at}") for at in numbers),
        prescriptions=tuple(a_prescription(rx=f"RX{at}", sku=f"S{at}") for at in numbers),
    )
    load(store, folder)
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at, patient="P1", sku=f"S{at}") for at in numbers))))
    assert (rows(store)["order_line"], rows(store)["submission"]) == (51, 2)


def test_a_checkout_has_an_order_a_pharmacy_a_message_a_patient_and_a_line_each(clinic: Store) -> None:
    receipt = place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1), line(2), line(3, hold=True))))
    assert receipt.checkout == "RD-20261204-01"
    assert receipt.total_cents == 270_00
    assert receipt.held == (3,)
    assert receipt.pharmacy_orders == (
        ("RD-20261204-01-CEDAR", "cedar", 270_00, ("RD-20261204-01/01", "RD-20261204-01/02")),
    )
    assert rows(clinic) == {
        "checkout": 1,
        "pharmacy_order": 1,
        "submission": 2,
        "order_line": 2,
        "attempt": 2,
        "ledger_entry": 4,
        "stock_reservation": 2,
    }
    assert verify_ledger(clinic, LOCAL, CLINIC).problems == ()


def test_the_next_checkout_of_the_day_has_the_next_number(clinic: Store) -> None:
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1))))
    assert place(clinic, STAFF, CLINIC, confirmation(a_cart(line(2)))).checkout == "RD-20261204-02"
    other_day = date(2026, 12, 11)
    later = confirmation(Cart(refill_day=other_day, lines=(line(3),)), days=Days(other_day, other_day))
    assert place(clinic, STAFF, CLINIC, later).checkout == "RD-20261211-01"


@pytest.mark.parametrize("again", ["same key", "same hash"])
def test_the_same_confirmation_again_gives_the_same_checkout(clinic: Store, again: str) -> None:
    cart = a_cart(line(1), line(2, hold=True))
    seen = hash_of(clinic, cart)
    twice = confirmation(cart, key="K1") if again == "same key" else confirmation(cart, hash=seen)
    first = place(clinic, STAFF, CLINIC, twice)
    before = rows(clinic)
    assert place(clinic, STAFF, CLINIC, twice) == first
    assert rows(clinic) == before


def test_a_key_is_looked_up_before_anything_is_validated(clinic: Store) -> None:
    first = place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1)), key="K1"))
    spoiled = confirmation(a_cart(line(1, sig="Use as directed.")), key="K1", expected_cents=1, program="NONE")
    assert place(clinic, STAFF, CLINIC, spoiled) == first


def hash_of(store: Store, cart: Cart) -> str:
    with store.read(CLINIC) as work:
        context = load_context(work)
    return plan(cart, context, context.programs[0], Objective.CHEAPEST, DAYS).hash


@pytest.mark.parametrize(
    ("case", "over", "lines", "kind", "says"),
    [
        ("another total than was seen", {"expected_cents": 134_99}, (line(1),), Differs, "$134.99"),
        ("another cart than was seen", {"hash": "0" * 64}, (line(1),), Differs, "not the one that was confirmed"),
        ("a blocking finding", {}, (line(1), line(2, quantity=9)), Blocked, "RX_QUANTITY on line 2"),
        ("a warning that nobody has read", {}, (line(1), line(2)), Blocked, "ALLERGIES_UNKNOWN on line 2"),
        ("every warning acknowledged, but of which cart", {"acknowledged": None},
         (line(2),), Blocked, "ALLERGIES_UNKNOWN"),
        ("nothing but held lines", {}, (line(1, hold=True),), Refused, "no line to place"),
        ("a program that the clinic has not", {"program": "GOLD"}, (line(1),), Refused, "“GOLD”"),
        ("an override of what cannot be overridden", {"overrides": (Override(1, "RX_QUANTITY", "fine"),)},
         (line(1),), Refused, "RX_QUANTITY on line 1 cannot be overridden"),
        ("an override without a reason", {"overrides": (Override(1, "REFILL_TOO_SOON", " "),)},
         (line(1),), Refused, "needs a reason"),
        ("an override of an allergy that nobody confirmed", {"overrides": (Override(1, "ALLERGY", "mild"),)},
         (line(1),), Refused, "who confirmed it"),
    ],
)  # fmt: skip
def test_a_refusal_writes_nothing(
    store: Store, case: str, over: dict[str, Any], lines: tuple[CartLine, ...], kind: type[RefillDayError], says: str
) -> None:
    people = patients(2)
    people["patients"] = (a_patient(patient="P1"), a_patient(patient="P2", allergies=None if "warning" in case else ()))
    load(store, a_folder(**people))
    with pytest.raises(kind, match=says.replace("$", r"\$")) as refusal:
        place(store, STAFF, CLINIC, confirmation(a_cart(*lines), **over))
    assert type(refusal.value) is kind
    assert set(rows(store).values()) == {0}


def test_a_difference_shows_both(clinic: Store) -> None:
    with pytest.raises(Differs) as refusal:
        place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1)), expected_cents=100_00))
    assert (refusal.value.expected_cents, refusal.value.actual_cents) == (100_00, 135_00)


def test_an_answered_finding_no_longer_stops(store: Store) -> None:
    people = patients(1)
    people["patients"] = (a_patient(patient="P1", allergies=None),)
    people["prescriptions"] = (a_prescription(rx="RX1", patient="P1", last_filled_on=date(2026, 11, 27)),)
    load(store, a_folder(**people))
    answered = confirmation(
        a_cart(line(1)),
        acknowledged=frozenset({(1, "ALLERGIES_UNKNOWN")}),
        overrides=(Override(1, "REFILL_TOO_SOON", "leaves for a month"),),
    )
    assert place(store, STAFF, CLINIC, answered).total_cents == 135_00
    with store.read(CLINIC) as work:
        audit = METADATA.tables["audit_entry"]
        said = work.connection.execute(select(audit.c.action, audit.c.subject).order_by(audit.c.number)).all()
    assert [tuple(entry) for entry in said] == [
        ("place", "RD-20261204-01"),
        ("acknowledge", "RD-20261204-01/01"),
        ("override", "RD-20261204-01/01"),
    ]


def test_placed_lines_leave_the_stored_cart_and_held_ones_stay(clinic: Store) -> None:
    for at in (1, 2, 3):
        add_line(clinic, STAFF, CLINIC, FRIDAY, CartRow(f"P{at}", "SEMA", hold=at == 3))
    receipt = place(clinic, STAFF, CLINIC, confirmation(None))
    assert [order.lines for order in receipt.pharmacy_orders] == [("RD-20261204-01/01", "RD-20261204-01/02")]
    assert receipt.held == (3,)
    assert [(one.patient, one.hold) for one in open_cart(clinic, STAFF, CLINIC, FRIDAY).cart.lines] == [("P3", True)]
    with pytest.raises(Refused, match="no line to place"):
        place(clinic, STAFF, CLINIC, confirmation(None))


def test_stock_that_is_reserved_is_gone_for_the_next_checkout(store: Store) -> None:
    load(store, a_folder(**patients(3), offers=(an_offer(stock=2),)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2))))
    with pytest.raises(Blocked, match="OUT_OF_STOCK on line 3"):
        place(store, STAFF, CLINIC, confirmation(a_cart(line(3))))


def test_leadership_may_not_place(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        place(clinic, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC, confirmation(a_cart(line(1))))
    assert set(rows(clinic).values()) == {0}


def test_two_presses_at_once_are_one_checkout(clinic: Store) -> None:
    receipts: list[Receipt] = []
    start = threading.Barrier(4)

    def press() -> None:
        start.wait()
        receipts.append(place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1)), key="K1")))

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [receipt.checkout for receipt in receipts] == ["RD-20261204-01"] * 4
    assert rows(clinic)["order_line"] == 1


def test_a_thousand_lines_take_as_many_statements_as_one(sqlite_url: str, clock: Clock) -> None:
    store = open_store(sqlite_url, clock=clock)
    load(store, a_folder(**patients(1001)))
    counts = []
    for cart in (a_cart(line(1)), a_cart(*(line(at) for at in range(2, 1002)))):
        with statements(store) as ran:
            place(store, STAFF, CLINIC, confirmation(cart))
        counts.append(len(ran))
    assert counts[0] == counts[1]
    store.close()
