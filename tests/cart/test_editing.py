"""What is edited, fixed, held, removed and undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.adapters.store import Store
from core.domain.errors import Refused, Stale
from core.domain.model import CartLine, Fix
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_everyone_due, upload
from core.services.cart.changes import undo
from core.services.cart.edits import apply_fix, apply_fix_to_all, edit_line, hold_lines, pin_lines, remove_line
from tests.builders import FRIDAY
from tests.carts import ADA, BO, as_text, everything, opened, shown
from tests.stores import CLINIC


@pytest.mark.parametrize(
    ("case", "changes", "cart"),
    [
        ("quantity", {"quantity": 1}, "P1 SEMA 1"),
        ("quantity as text", {"quantity": "1"}, "P1 SEMA 1"),
        ("quantity as prescribed", {"quantity": ""}, "P1 SEMA 3"),
        ("quantity as prescribed, None", {"quantity": None}, "P1 SEMA 3"),
        ("more than prescribed is for validation to say", {"quantity": 9}, "P1 SEMA 9"),
        ("pin", {"pharmacy": "lake"}, "P1 SEMA 2 at lake"),
        ("destination", {"ship_to": "clinic"}, "P1 SEMA 2 to clinic"),
        ("hold", {"hold": True}, "P1 SEMA 2 held"),
        ("several", {"hold": "yes", "quantity": 1, "pharmacy": "cedar"}, "P1 SEMA 1 at cedar held"),
        ("another prescription brings its SKU and quantity", {"rx": "RX1T"}, "P1 TIRZ 1"),
        ("another prescription, packs chosen", {"rx": "RX1T", "quantity": 2}, "P1 TIRZ 2"),
    ],
)
def test_an_edit_changes_the_line_and_its_version(
    clinic: Store, line: CartLine, case: str, changes: dict[str, object], cart: str
) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, changes)
    (after,) = opened(clinic).cart.lines
    assert (as_text(after), after.id, after.version) == (cart, line.id, 2)


@pytest.mark.parametrize(
    ("case", "changes", "sentence"),
    [
        ("directions", {"sig": "x"}, "sig comes from the prescription; choose another prescription instead."),
        ("SKU", {"sku": "TIRZ"}, "sku comes from the prescription; choose another prescription instead."),
        ("no packs", {"quantity": 0}, "quantity cannot be “0”."),
        ("half a pack", {"quantity": 1.5}, "quantity cannot be “1.5”."),
        ("words", {"quantity": "two"}, "quantity “two” is not a whole number from 1."),
        ("unknown pharmacy", {"pharmacy": "oak"}, "This clinic has no pharmacy “oak”."),
        ("somebody else's prescription", {"rx": "RX2"}, "This patient has no prescription “RX2”."),
    ],
)
def test_an_edit_that_cannot_be_is_refused(
    clinic: Store, line: CartLine, case: str, changes: dict[str, object], sentence: str
) -> None:
    before = everything(clinic)
    with pytest.raises(Refused) as refusal:
        edit_line(clinic, ADA, CLINIC, line.id, line.version, changes)
    assert str(refusal.value) == sentence
    assert everything(clinic) == before


def test_a_stale_edit_says_what_changed_and_can_be_applied_again(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    before = everything(clinic)
    with pytest.raises(Stale, match="Somebody has changed this line meanwhile: quantity is now 1") as stale:
        edit_line(clinic, ADA, CLINIC, line.id, line.version, {"pharmacy": "lake"})
    assert everything(clinic) == before
    assert stale.value.now == {"quantity": 1, "version": 2}
    edit_line(clinic, ADA, CLINIC, line.id, 2, {"pharmacy": "lake"})
    assert shown(clinic) == ["P1 SEMA 1 at lake"]


def test_the_same_edit_twice_is_one(clinic: Store, line: CartLine) -> None:
    for _ in range(2):
        edit_line(clinic, ADA, CLINIC, line.id, line.version, {"quantity": 1})
    assert [(after.quantity, after.version) for after in opened(clinic).cart.lines] == [(1, 2)]


def test_a_removed_line_cannot_be_edited(clinic: Store, line: CartLine) -> None:
    remove_line(clinic, BO, CLINIC, line.id, line.version)
    with pytest.raises(Stale, match="not in the cart any more"):
        edit_line(clinic, ADA, CLINIC, line.id, line.version, {"quantity": 1})
    assert shown(clinic) == []


def test_a_stale_removal_is_refused(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"hold": True})
    with pytest.raises(Stale, match="hold is now yes"):
        remove_line(clinic, ADA, CLINIC, line.id, line.version)
    assert shown(clinic) == ["P1 SEMA 2 held"]


@pytest.mark.parametrize(
    ("case", "change", "cart"),
    [
        ("fewer packs", {"quantity": "1"}, ["P1 SEMA 1 at cedar"]),
        ("hold", {"hold": "yes"}, ["P1 SEMA 2 at cedar held"]),
        ("no pin", {"pharmacy": ""}, ["P1 SEMA 2"]),
        ("another SKU, as prescribed", {"sku": "TIRZ"}, ["P1 TIRZ 2 at cedar"]),
        ("a newer prescription", {"rx": "RX1T", "sku": "TIRZ", "quantity": "", "sig": "", "npi": ""},
         ["P1 TIRZ 1 at cedar"]),
        ("remove", {"remove": "yes"}, []),
    ],
)  # fmt: skip
def test_one_click_applies_a_fix(clinic: Store, case: str, change: dict[str, str], cart: list[str]) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2, pharmacy="cedar")], replace=False)
    line = opened(clinic).cart.lines[0]
    apply_fix(clinic, ADA, CLINIC, line.id, line.version, Fix(label="Fix", change=change))
    assert shown(clinic) == cart


def test_a_fix_puts_back_what_the_prescription_says(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", sig="Take as told.")], replace=False)
    line = opened(clinic).cart.lines[0]
    apply_fix(clinic, ADA, CLINIC, line.id, line.version, Fix(label="Fix", change={"sig": ""}))
    assert opened(clinic).cart.lines[0].sig == "Inject 0.25 mg (10 units) subcutaneously once weekly."


def test_one_fix_for_many_lines_is_one_press_or_none(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    fix = Fix(label="Ship it to the clinic", change={"ship_to": "clinic"})
    seen = {line.id: line.version for line in opened(clinic).cart.lines[:2]}
    apply_fix_to_all(clinic, ADA, CLINIC, FRIDAY, seen, fix)
    assert shown(clinic) == ["P1 SEMA 3 to clinic", "P1 TIRZ 1 to clinic", "P2 SEMA 1"]
    with pytest.raises(Stale):
        apply_fix_to_all(clinic, ADA, CLINIC, FRIDAY, seen, Fix(label="Remove", change={"remove": "yes"}))
    assert shown(clinic) == ["P1 SEMA 3 to clinic", "P1 TIRZ 1 to clinic", "P2 SEMA 1"]
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == ["P1 SEMA 3", "P1 TIRZ 1", "P2 SEMA 1"]


def test_many_lines_are_held_and_released_at_once(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    ids = [line.id for line in opened(clinic).cart.lines[:2]]
    assert hold_lines(clinic, BO, CLINIC, FRIDAY, ids).summary == "2 held."
    assert shown(clinic) == ["P1 SEMA 3 held", "P1 TIRZ 1 held", "P2 SEMA 1"]
    assert hold_lines(clinic, BO, CLINIC, FRIDAY, ids[:1], hold=False).summary == "1 released."
    assert shown(clinic) == ["P1 SEMA 3", "P1 TIRZ 1 held", "P2 SEMA 1"]


PRESSES: list[tuple[str, Callable[[Store, CartLine], object]]] = [
    ("edit", lambda store, line: edit_line(store, ADA, CLINIC, line.id, line.version, {"quantity": 1})),
    ("hold", lambda store, line: hold_lines(store, ADA, CLINIC, FRIDAY, [line.id])),
    ("remove", lambda store, line: remove_line(store, ADA, CLINIC, line.id, line.version)),
    ("everyone due", lambda store, line: add_everyone_due(store, ADA, CLINIC, FRIDAY)),
    ("replace", lambda store, line: upload(store, ADA, CLINIC, FRIDAY, [CartRow("P2", "SEMA")], replace=True)),
]


@pytest.mark.parametrize(("case", "act"), PRESSES)
def test_the_last_press_can_be_undone_once_by_its_author(
    clinic: Store, line: CartLine, case: str, act: Callable[[Store, CartLine], object]
) -> None:
    act(clinic, line)
    after = shown(clinic)
    with pytest.raises(Refused, match="nothing of yours to undo"):
        undo(clinic, BO, CLINIC, FRIDAY)
    assert shown(clinic) == after
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == ["P1 SEMA 2"]
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == []


def test_what_somebody_changed_since_is_not_undone(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    before = everything(clinic)
    with pytest.raises(Stale, match="cannot be undone"):
        undo(clinic, ADA, CLINIC, FRIDAY)
    assert everything(clinic) == before


def test_an_edit_from_before_an_undo_is_stale(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, ADA, CLINIC, line.id, 1, {"quantity": 1})
    undo(clinic, ADA, CLINIC, FRIDAY)
    for version in (1, 2):
        with pytest.raises(Stale):
            edit_line(clinic, BO, CLINIC, line.id, version, {"quantity": 3})
    assert shown(clinic) == ["P1 SEMA 2"]


def test_lines_are_pinned_in_one_press_and_undone_in_one(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    before, (first, second, _) = shown(clinic), opened(clinic).cart.lines
    pinned = pin_lines(clinic, BO, CLINIC, FRIDAY, {first.id: "lake", second.id: "lake"})
    assert pinned.summary == "2 pinned."
    assert [line.pharmacy for line in opened(clinic).cart.lines] == ["lake", "lake", None]
    assert pin_lines(clinic, BO, CLINIC, FRIDAY, {first.id: "lake"}).summary == "0 pinned."
    undo(clinic, BO, CLINIC, FRIDAY)
    assert shown(clinic) == before


def test_lines_are_not_pinned_to_a_pharmacy_that_the_clinic_does_not_have(clinic: Store, line: CartLine) -> None:
    with pytest.raises(Refused, match="no pharmacy “oak”"):
        pin_lines(clinic, BO, CLINIC, FRIDAY, {line.id: "oak"})
