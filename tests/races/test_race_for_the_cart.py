"""One cart in many windows: an edit is saved or refused with what changed; none vanishes."""

from __future__ import annotations

from functools import partial

import pytest

import core.services.cart.edits
from core.adapters.store import Store
from core.domain.errors import Stale
from core.domain.model import CartLine
from core.domain.roles import LOCAL
from core.rules.prescriptions import CartRow
from core.services.audit_trail import verify_audit
from core.services.cart.additions import add_line
from core.services.cart.changes import Changed
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line, remove_line
from tests.builders import FRIDAY
from tests.races.turns import at_once, tried, waiting_from
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import patients

WINDOWS = 20


@pytest.fixture
def clinic(store: Store) -> Store:
    """Twenty patients, an empty cart."""
    load(store, a_folder(**patients(WINDOWS)))
    return store


def lines(store: Store) -> tuple[CartLine, ...]:
    return open_cart(store, LOCAL, CLINIC, FRIDAY).cart.lines


def test_twenty_windows_add_and_edit_a_line_each_and_all_are_there(clinic: Store) -> None:
    def work(patient: str) -> None:
        (added,) = add_line(clinic, LOCAL, CLINIC, FRIDAY, CartRow(patient, "SEMA", 1)).lines
        (edited,) = edit_line(clinic, LOCAL, CLINIC, added.id, added.version, {"ship_to": "clinic"}).lines
        edit_line(clinic, LOCAL, CLINIC, edited.id, edited.version, {"quantity": 3})

    codes = [f"P{number}" for number in range(1, WINDOWS + 1)]
    assert at_once([partial(work, code) for code in codes]) == [None] * WINDOWS
    assert {line.patient for line in lines(clinic)} == set(codes)
    assert {(line.quantity, line.ship_to.value, line.version) for line in lines(clinic)} == {(3, "clinic", 3)}
    assert verify_audit(clinic, CLINIC)[::2] == (3 * WINDOWS, None)


def test_an_edit_that_waits_for_another_is_told_what_it_says_now_and_can_be_applied_again(
    clinic: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (line,) = add_line(clinic, LOCAL, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1)).lines
    came_to = waiting_from(
        monkeypatch,
        core.services.cart.edits,
        "press",
        lambda: edit_line(clinic, LOCAL, CLINIC, line.id, line.version, {"ship_to": "clinic"}),
    )
    first = tried(lambda: edit_line(clinic, LOCAL, CLINIC, line.id, line.version, {"quantity": 2}))
    late = came_to()
    assert isinstance(first, Changed)
    assert isinstance(late, Stale)
    assert str(late).startswith(
        "Somebody has changed this line meanwhile: quantity is now 2. Your change was not saved"
    )
    edit_line(clinic, LOCAL, CLINIC, line.id, int(str(late.now["version"])), {"ship_to": "clinic"})
    assert [(line.quantity, line.ship_to.value) for line in lines(clinic)] == [(2, "clinic")]


def test_an_edit_of_a_line_that_is_being_removed_is_refused(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = add_line(clinic, LOCAL, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1)).lines
    came_to = waiting_from(
        monkeypatch,
        core.services.cart.edits,
        "press",
        lambda: edit_line(clinic, LOCAL, CLINIC, line.id, line.version, {"quantity": 2}),
    )
    remove_line(clinic, LOCAL, CLINIC, line.id, line.version)
    assert str(came_to()) == "This line is not in the cart any more: somebody has removed or placed it."
    assert lines(clinic) == ()
