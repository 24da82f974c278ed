"""What the pharmacist is told of a line: its note, and overrides that concern them (rules.md, section 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.adapters.store import Store
from core.domain.errors import Refused
from core.domain.model import Override
from core.domain.partners.link import Authentication, Link
from core.domain.roles import LOCAL
from core.rules.overrides import override_notes
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_line
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line
from core.services.checkout import place
from core.services.partners.connections import connect
from core.services.partners.messages import messages
from tests.builders import FRIDAY, a_patient, a_prescription
from tests.order_books import CHECKOUT
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, rows

LINK = Link(
    "cedar", "http", "https://orders.example.com", Authentication.NONE, practice_id=7, cold_service=1, ambient_service=2
)
TOO_SOON = Override(1, "REFILL_TOO_SOON", "travels from Monday")


@pytest.fixture
def clinic(store: Store) -> Store:
    """One line, filled a fortnight ago."""
    soon = a_prescription(rx="RX1", patient="P1", last_filled_on=date(2026, 11, 20))
    load(store, a_folder(patients=(a_patient(),), prescriptions=(soon,)))
    return store


@pytest.mark.parametrize(
    ("case", "made", "notes"),
    [
        ("an early refill", TOO_SOON, {1: "Early refill: travels from Monday"}),
        (
            "confirmed", Override(2, "ALLERGY", "tolerated before", "Dr. Ada Okafor", FRIDAY),
            {2: "Allergy, confirmed by Dr. Ada Okafor on Fri 4 Dec 2026: tolerated before"},
        ),
        ("the clinic's own affair", Override(1, "SUSPECTED_DUPLICATE", "spilled at our desk"), {}),
    ],
)  # fmt: skip
def test_overrides_that_concern_a_pharmacist(case: str, made: Override, notes: dict[int, str]) -> None:
    assert override_notes([made]) == notes


def sent(store: Store, **over: Any) -> tuple[str, str]:
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1, **over)), overrides=(TOO_SOON,)))
    with store.read(CLINIC) as work:
        (message,) = messages(work, [f"{CHECKOUT}-S01"])
    return message.lines[0].note, message.lines[0].override_note


def test_note_and_reason_travel_with_the_order(clinic: Store) -> None:
    assert sent(clinic, note="Call before noon") == ("Call before noon", "Early refill: travels from Monday")


def test_a_line_without_a_note_says_none(clinic: Store) -> None:
    assert sent(clinic)[0] == ""


def test_what_a_system_has_no_room_for_is_refused_before_payment(clinic: Store) -> None:
    connect(clinic, LOCAL, CLINIC, LINK)
    long = TOO_SOON._replace(reason="r" * 480)
    with pytest.raises(Refused, match=r"^Line 1: rxs.notes has 511 characters, and the pharmacy takes 500. Shorten"):
        place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1)), overrides=(long,)))
    assert rows(clinic)["order_line"] == 0


def test_a_note_is_edited_in_the_cart_and_keeps_the_answers(clinic: Store) -> None:
    (added,) = add_line(clinic, STAFF, CLINIC, FRIDAY, CartRow("P1", "SEMA")).lines
    edit_line(clinic, STAFF, CLINIC, added.id, added.version, {"note": "Call before noon"})
    assert [each.note for each in open_cart(clinic, STAFF, CLINIC, FRIDAY).cart.lines] == ["Call before noon"]
