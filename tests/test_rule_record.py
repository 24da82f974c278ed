"""The rule book's record: what fired, what became of it, and whether a pharmacy rejected the line all the same."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from core.adapters.store import Store
from core.domain.errors import Unavailable
from core.domain.model import Cart, CartLine, FindingEnd, Objective, Override
from core.domain.orders.book import Event
from core.domain.rejections import REJECTED_AS, REJECTIONS
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.validation import RULES
from core.services.cart.patients import update_patient
from core.services.checkout import place
from core.services.contexts import load_context
from core.services.orders.events import record_event
from core.services.rule_book import RejectionReason, RuleRecord, note_findings, rule_book
from tests.builders import DAYS, FRIDAY, a_patient, a_prescription, a_program
from tests.stores import CLINIC, Clock, a_folder, load, statements
from tests.test_checkout import STAFF, a_cart, confirmation, line
from tests.test_tracking import send

E = FindingEnd
ALLERGIC = Override(2, "ALLERGY", "A taste, not an allergy", "Ada Okafor", date(2026, 12, 3))


@pytest.fixture
def clinic(store: Store) -> Store:
    """P1 is clean, P2 allergic to what is due, P3's phone is none, P4 has no ZIP code."""
    patients = (
        a_patient(),
        a_patient(patient="P2", allergies=("semaglutide",)),
        a_patient(patient="P3", phone="555"),
        a_patient(patient="P4", zip=""),
    )
    prescriptions = tuple(a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in range(1, 5))
    load(store, a_folder(patients=patients, prescriptions=prescriptions))
    return store


def look(store: Store, *lines: CartLine) -> None:
    """Somebody works on a cart of these lines."""
    with store.read(CLINIC) as work:
        context = load_context(work)
    decided = plan(Cart(refill_day=FRIDAY, lines=lines), context, a_program(), Objective.CHEAPEST, DAYS)
    note_findings(store, STAFF, CLINIC, FRIDAY, lines, decided.findings)


def record(store: Store) -> dict[str, dict[FindingEnd, int]]:
    """What fired, and what became of it."""
    return {entry.rule.code: dict(entry.lines) for entry in rule_book(store, STAFF, CLINIC).entries if entry.fired}


def entry(store: Store, code: str) -> RuleRecord:
    return next(entry for entry in rule_book(store, STAFF, CLINIC).entries if entry.rule.code == code)


def reject(store: Store, number: int, reason: str) -> None:
    said = Event(f"e{number}", f"RD-20261204-01/{number:02d}", 1, "rejected", datetime(2026, 12, 4, 16, tzinfo=UTC),
                 "", reason)  # fmt: skip
    record_event(store, LOCAL, CLINIC, said)


def test_the_book_has_every_rule_in_order_whether_it_fired_or_not(clinic: Store) -> None:
    book = rule_book(clinic, STAFF, CLINIC)
    assert [entry.rule for entry in book.entries] == list(RULES.values())
    assert (book.since, book.rejections, sum(entry.fired for entry in book.entries)) == (date(2026, 9, 5), (), 0)


def test_every_rule_names_the_reason_for_which_a_pharmacy_would_reject() -> None:
    assert set(REJECTED_AS) == set(RULES)
    assert set(REJECTED_AS.values()) <= set(REJECTIONS)


def test_a_finding_counts_once_a_refill_day_however_often_it_is_looked_at(clinic: Store) -> None:
    version = clinic.data_version(CLINIC)
    for _ in range(3):
        look(clinic, line(1), line(2), line(3))
    assert record(clinic) == {"ALLERGY": {E.OPEN: 1}, "PHONE_INVALID": {E.OPEN: 1}}
    assert clinic.data_version(CLINIC) == version
    with statements(clinic) as ran:
        look(clinic, line(1), line(2), line(3))
    assert [one for one in ran if one.startswith(("INSERT", "UPDATE"))] == []


def test_what_is_gone_when_the_line_is_placed_was_put_right(clinic: Store) -> None:
    look(clinic, line(1), line(4))
    update_patient(clinic, STAFF, CLINIC, "P4", {"zip": "78704"})
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1), line(4))))
    assert record(clinic) == {"ADDRESS_INCOMPLETE": {E.FIXED: 1}}


def test_what_stands_when_the_line_is_placed_was_acknowledged_or_overridden_and_a_held_line_waits(
    clinic: Store,
) -> None:
    cart = a_cart(line(1), line(2), line(3), line(4, hold=True))
    answers = {"acknowledged": frozenset({(3, "PHONE_INVALID")}), "overrides": (ALLERGIC,)}
    place(clinic, STAFF, CLINIC, confirmation(cart, **answers))
    assert record(clinic) == {
        "ADDRESS_INCOMPLETE": {E.OPEN: 1},
        "PHONE_INVALID": {E.ACKNOWLEDGED: 1},
        "ALLERGY": {E.OVERRIDDEN: 1},
    }


def test_a_refused_checkout_counts_nothing(clinic: Store) -> None:
    with pytest.raises(Exception, match="ALLERGY on line 2"):
        place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1), line(2))))
    assert record(clinic) == {}


def test_a_rejection_counts_for_the_rules_that_the_line_was_placed_with(clinic: Store) -> None:
    cart = a_cart(line(1), line(2), line(3))
    answers = {"acknowledged": frozenset({(3, "PHONE_INVALID")}), "overrides": (ALLERGIC,)}
    place(clinic, STAFF, CLINIC, confirmation(cart, **answers))
    send(clinic)
    reject(clinic, 1, "Invalid zip code")
    reject(clinic, 2, "Patient allergy on file")
    reject(clinic, 3, "Invalid zip code")
    allergy, phone = entry(clinic, "ALLERGY"), entry(clinic, "PHONE_INVALID")
    assert (allergy.placed_with_it, allergy.rejected, allergy.rejected_for_it) == (1, 1, 1)
    assert (phone.placed_with_it, phone.rejected, phone.rejected_for_it) == (1, 1, 0)
    assert rule_book(clinic, STAFF, CLINIC).rejections == (
        RejectionReason("ADDRESS_INVALID", lines=2, predicted=0),
        RejectionReason("ALLERGY", lines=1, predicted=1),
    )


def test_what_was_put_right_foretold_no_rejection(clinic: Store) -> None:
    look(clinic, line(4))
    update_patient(clinic, STAFF, CLINIC, "P4", {"zip": "78704"})
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(4))))
    send(clinic)
    reject(clinic, 4, "Invalid zip code")
    address = entry(clinic, "ADDRESS_INCOMPLETE")
    assert (address.fired, address.rejected) == (1, 0)
    assert rule_book(clinic, STAFF, CLINIC).rejections == (RejectionReason("ADDRESS_INVALID", lines=1, predicted=0),)


def test_the_record_looks_ninety_days_back(clinic: Store, clock: Clock) -> None:
    look(clinic, line(2))
    clock.forward(days=90)
    assert record(clinic) == {"ALLERGY": {E.OPEN: 1}}
    clock.forward(days=1)
    assert record(clinic) == {}


def test_the_book_is_two_queries_whatever_fired(clinic: Store) -> None:
    look(clinic, line(1), line(2), line(3), line(4))
    with statements(clinic) as ran:
        rule_book(clinic, STAFF, CLINIC)
    assert len([one for one in ran if "rule_firing" in one]) == 2


def test_placing_counts_in_three_statements_whatever_the_size(clinic: Store) -> None:
    """What is known of the day, what is new, what became of it."""
    answers = {"acknowledged": frozenset({(2, "PHONE_INVALID"), (3, "PHONE_INVALID")}), "overrides": (ALLERGIC,)}
    with statements(clinic) as ran:
        place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1), line(2), line(3)), **answers))
    assert len([one for one in ran if "rule_firing" in one]) == 3
    assert record(clinic) == {"ALLERGY": {E.OVERRIDDEN: 1}, "PHONE_INVALID": {E.ACKNOWLEDGED: 1}}


def test_a_store_that_is_busy_now_keeps_nobody_from_the_cart(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("The database is busy with other work; try again in a moment.")

    with monkeypatch.context() as patched:
        patched.setattr(clinic, "note", busy)
        look(clinic, line(2))
    assert record(clinic) == {}
    look(clinic, line(2))
    assert record(clinic) == {"ALLERGY": {E.OPEN: 1}}
