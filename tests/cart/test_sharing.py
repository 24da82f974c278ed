"""One cart, many people: roles, the trail, races, and the number of statements."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.adapters.store import Store
from core.domain.errors import NotAllowed, Stale
from core.domain.model import CartLine, Fix, Objective, Role
from core.domain.roles import LOCAL, Person
from core.rules.plan import plan
from core.rules.prescriptions import CartRow
from core.services.audit_trail import audit_trail, verify_audit
from core.services.cart.additions import add_everyone_due, add_line, repeat_last_refill_day, take_over, upload
from core.services.cart.answers import ShownFinding, acknowledge, override
from core.services.cart.changes import undo
from core.services.cart.contents import open_cart
from core.services.cart.edits import apply_fix, edit_line, hold_lines, remove_line
from core.services.cart.patients import update_patient
from core.services.checkout import Confirmation, place
from tests.builders import DAYS, FRIDAY, a_patient, a_prescription
from tests.carts import ADA, BO, SAID, everything, opened, shown
from tests.stores import CLINIC, a_folder, load, statements

USE_CASES: list[tuple[str, Callable[[Store, Person, CartLine], object]]] = [
    ("open", lambda store, who, line: open_cart(store, who, CLINIC, FRIDAY)),
    ("add", lambda store, who, line: add_line(store, who, CLINIC, FRIDAY, CartRow("P2", "SEMA"))),
    ("due", lambda store, who, line: add_everyone_due(store, who, CLINIC, FRIDAY)),
    ("repeat", lambda store, who, line: repeat_last_refill_day(store, who, CLINIC, FRIDAY)),
    ("upload", lambda store, who, line: upload(store, who, CLINIC, FRIDAY, [], replace=True)),
    ("take over", lambda store, who, line: take_over(store, who, CLINIC, FRIDAY, [])),
    ("edit", lambda store, who, line: edit_line(store, who, CLINIC, line.id, 1, {"quantity": 1})),
    ("fix", lambda store, who, line: apply_fix(store, who, CLINIC, line.id, 1, Fix(label="", change={"hold": "yes"}))),
    ("remove", lambda store, who, line: remove_line(store, who, CLINIC, line.id, 1)),
    ("hold", lambda store, who, line: hold_lines(store, who, CLINIC, FRIDAY, [line.id])),
    (
        "acknowledge",
        lambda store, who, line: acknowledge(store, who, CLINIC, [ShownFinding(line.id, 1, "PHONE_INVALID")]),
    ),
    ("override", lambda store, who, line: override(store, who, CLINIC, line.id, 1, SAID)),
    ("undo", lambda store, who, line: undo(store, who, CLINIC, FRIDAY)),
    ("patient", lambda store, who, line: update_patient(store, who, CLINIC, "P1", {"zip": "78705"})),
]


@pytest.mark.parametrize(("case", "use_case"), USE_CASES)
def test_leadership_may_do_nothing_here(
    clinic: Store, line: CartLine, case: str, use_case: Callable[[Store, Person, CartLine], object]
) -> None:
    before = everything(clinic)
    with pytest.raises(NotAllowed):
        use_case(clinic, Person("eve@example.com", "Eve", Role.LEADERSHIP), line)
    assert everything(clinic) == before


def test_every_press_is_in_the_trail_without_a_name(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    newest, first = audit_trail(clinic, LOCAL, CLINIC)
    assert (newest.email, newest.action, newest.before, newest.after) == (
        "bo@example.com",
        "change cart",
        {"quantity": 2},
        {"quantity": 1},
    )
    assert (first.action, first.after and first.after["patient"]) == ("add to cart", "P1")
    assert "Rivera" not in str((newest, first))
    assert verify_audit(clinic, CLINIC)[::2] == (2, None)


@pytest.mark.parametrize(
    ("case", "act"),
    [
        ("open", lambda store: open_cart(store, ADA, CLINIC, FRIDAY)),
        ("everyone due", lambda store: add_everyone_due(store, ADA, CLINIC, FRIDAY)),
        ("hold", lambda store: hold_lines(store, ADA, CLINIC, FRIDAY, {line.id for line in opened(store).cart.lines})),
    ],
)
def test_many_lines_cost_as_many_statements_as_one(store: Store, case: str, act: Callable[[Store], object]) -> None:
    counts = []
    for patients in (2, 300):
        codes = [f"P{patients}-{number}" for number in range(patients)]
        prescriptions = tuple(a_prescription(rx=code, patient=code) for code in codes)
        load(store, a_folder(patients=tuple(a_patient(patient=code) for code in codes), prescriptions=prescriptions))
        upload(store, ADA, CLINIC, FRIDAY, [CartRow(code, "SEMA") for code in codes[::2]], replace=False)
        with statements(store) as ran:
            act(store)
        counts.append(len(ran))
    assert counts[0] == counts[1]


def test_two_windows_add_at_once_and_both_lines_are_there(clinic: Store) -> None:
    rows = [CartRow(patient, "SEMA", 1) for patient in ("P1", "P2", "P3")]
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(add_line, clinic, ADA, CLINIC, FRIDAY, row) for row in rows * 4]:
            done.result()
    assert sorted(shown(clinic)) == ["P1 SEMA 4", "P2 SEMA 4", "P3 SEMA 4"]
    assert verify_audit(clinic, CLINIC)[::2] == (12, None)


def test_two_windows_edit_one_line_and_neither_edit_is_lost(clinic: Store, line: CartLine) -> None:
    changes: list[dict[str, object]] = [{"quantity": 1}, {"pharmacy": "lake"}, {"ship_to": "clinic"}, {"hold": True}]

    def persist(change: dict[str, object]) -> None:
        version = line.version
        while True:
            try:
                edit_line(clinic, ADA, CLINIC, line.id, version, change)
            except Stale as stale:
                version = int(str(stale.now["version"]))
            else:
                return

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(persist, change) for change in changes]:
            done.result()
    assert shown(clinic) == ["P1 SEMA 1 to clinic at lake held"]
    assert opened(clinic).cart.lines[0].version == 5


def test_due_lines_of_two_windows_are_not_added_twice(clinic: Store) -> None:
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(add_everyone_due, clinic, who, CLINIC, FRIDAY) for who in (ADA, BO)]:
            done.result()
    assert shown(clinic) == ["P1 SEMA 3", "P1 TIRZ 1", "P2 SEMA 1"]


def test_a_placed_line_has_left_the_cart(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P2", "SEMA"), CartRow("P3", "SEMA", hold=True)], replace=False)
    seen = opened(clinic).cart
    receipt = place(clinic, ADA, CLINIC, Confirmation(None, "FREE", Objective.CHEAPEST, DAYS))
    assert (len(receipt.pharmacy_orders), shown(clinic)) == (1, ["P3 SEMA 1 held"])
    with pytest.raises(Stale, match="not in the cart any more"):
        edit_line(clinic, BO, CLINIC, seen.lines[0].id, seen.lines[0].version, {"quantity": 2})


def test_a_cart_is_the_same_with_and_without_everybodys_context(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", rx="RX2"), CartRow("P3", "SEMA")], replace=False)
    alone, together = (open_cart(clinic, ADA, CLINIC, FRIDAY, everybody=everybody) for everybody in (False, True))
    program = together.context.programs[0]
    plans = [plan(found.cart, found.context, program, Objective.CHEAPEST, DAYS) for found in (alone, together)]
    assert alone.cart == together.cart
    assert plans[0].findings == plans[1].findings
    assert "RX_PATIENT_MISMATCH" in {finding.code for finding in plans[0].findings}
