"""Use cases on the cart: what is added, merged, edited, answered and undone; two people at once lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.cart import (
    Leftover,
    OpenCart,
    Seen,
    acknowledge,
    add_everyone_due,
    add_line,
    apply_fix,
    due_lines,
    edit_line,
    hold_lines,
    open_cart,
    override,
    remove_line,
    repeat_last_refill_day,
    take_over,
    undo,
    update_patient,
    upload,
)
from core.checkout import Confirmation, Override, place
from core.errors import NotAllowed, Refused, Stale
from core.model import CartLine, Fix, Objective, Patient, Role, ShipTo
from core.people import LOCAL, Person, audit_trail, verify_audit
from core.prescribing import CartRow
from core.store import Store, save_folder
from tests.builders import DAYS, FRIDAY, a_patient, a_pharmacy, a_prescription, a_sku
from tests.stores import CLINIC, Clock, a_folder, load, statements

ADA = Person("ada@example.com", "Ada", Role.STAFF)
BO = Person("bo@example.com", "Bo", Role.STAFF)
NEXT_FRIDAY = date(2026, 12, 11)
TIRZ = a_sku(
    sku="TIRZ", name="Tirzepatide 10 mg/mL, 2 mL", concentration_mg_per_ml=Decimal(10), actives=("tirzepatide",)
)
FOLDER: dict[str, Any] = {
    "skus": (a_sku(), TIRZ),
    "pharmacies": (a_pharmacy(), a_pharmacy(pharmacy="lake", name="Lakeside")),
    "patients": tuple(a_patient(patient=code) for code in ("P1", "P2", "P3")),
    "prescriptions": (
        a_prescription(quantity=3, days_supply=84, last_filled_on=date(2026, 9, 4)),
        a_prescription(rx="RX1T", sku="TIRZ", sig="Inject 2.5 mg (25 units) subcutaneously once weekly."),
        a_prescription(rx="RX2", patient="P2"),
        a_prescription(rx="RX3", patient="P3", last_filled_on=date(2026, 12, 1)),
    ),
}


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three patients: P1 (two prescriptions) and P2 are due, P3 is not."""
    load(store, a_folder(**FOLDER))
    return store


def opened(store: Store, day: date = FRIDAY) -> OpenCart:
    return open_cart(store, ADA, CLINIC, day, everybody=True)


def shown(store: Store, day: date = FRIDAY) -> list[str]:
    """The cart as a small table: patient, SKU, packs, and what is not as usual."""
    return [_shown(line) for line in opened(store, day).cart.lines]


def _shown(line: CartLine) -> str:
    destination = "" if line.ship_to is ShipTo.PATIENT else " to clinic"
    pin = f" at {line.pharmacy}" if line.pharmacy else ""
    return f"{line.patient} {line.sku} {line.quantity}{destination}{pin}{' held' if line.hold else ''}"


def everything(store: Store) -> tuple[OpenCart, int]:
    """What a refusal must leave as it was."""
    return opened(store), verify_audit(store, CLINIC).entries


@pytest.mark.parametrize(
    ("case", "there", "added", "cart"),
    [
        ("an empty cart", [], CartRow("P1", "SEMA"), ["P1 SEMA 3"]),
        ("the same prescription", [CartRow("P1", "SEMA", 1)], CartRow("P1", "SEMA", 1), ["P1 SEMA 2"]),
        ("named by its code", [CartRow("P1", "SEMA", 1, "RX1")], CartRow("P1", "SEMA", 1), ["P1 SEMA 2"]),
        ("more than prescribed", [CartRow("P1", "SEMA")], CartRow("P1", "SEMA"), ["P1 SEMA 6"]),
        ("another prescription", [CartRow("P1", "SEMA", 1)], CartRow("P1", "TIRZ"), ["P1 SEMA 1", "P1 TIRZ 1"]),
        ("another patient", [CartRow("P1", "SEMA", 1)], CartRow("P2", "SEMA"), ["P1 SEMA 1", "P2 SEMA 1"]),
        (
            "another destination",
            [CartRow("P1", "SEMA", 1)],
            CartRow("P1", "SEMA", 1, ship_to=ShipTo.CLINIC),
            ["P1 SEMA 1", "P1 SEMA 1 to clinic"],
        ),
        (
            "another pin",
            [CartRow("P1", "SEMA", 1, pharmacy="cedar")],
            CartRow("P1", "SEMA", 1, pharmacy="lake"),
            ["P1 SEMA 1 at cedar", "P1 SEMA 1 at lake"],
        ),
        (
            "a held line",
            [CartRow("P1", "SEMA", 1, hold=True)],
            CartRow("P1", "SEMA", 1),
            ["P1 SEMA 1 held", "P1 SEMA 1"],
        ),
        ("no prescription at all", [CartRow("P2", "TIRZ", 1)], CartRow("P2", "TIRZ", 1), ["P2 TIRZ 2"]),
    ],
)
def test_a_line_by_hand_merges_into_the_same(
    clinic: Store, case: str, there: list[CartRow], added: CartRow, cart: list[str]
) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, there, replace=False)
    before = shown(clinic)
    add_line(clinic, ADA, CLINIC, FRIDAY, added)
    assert shown(clinic) == cart
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == before


def test_a_merge_says_the_new_quantity(clinic: Store) -> None:
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1))
    merged = add_line(clinic, BO, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    assert (merged.what, [line.quantity for line in merged.lines]) == ("The quantity is 3 now.", [3])


@pytest.mark.parametrize(
    ("case", "row", "sentence"),
    [
        ("patient", CartRow("P9", "SEMA"), "This clinic has no patient “P9”."),
        ("SKU", CartRow("P1", "NONE"), "This clinic has no SKU “NONE”."),
        ("pharmacy", CartRow("P1", "SEMA", pharmacy="oak"), "This clinic has no pharmacy “oak”."),
    ],
)
def test_what_the_clinic_does_not_have_is_not_added(clinic: Store, case: str, row: CartRow, sentence: str) -> None:
    before = everything(clinic)
    for add in (
        lambda: add_line(clinic, ADA, CLINIC, FRIDAY, row),
        lambda: upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA"), row], replace=True),
    ):
        with pytest.raises(Refused) as refusal:
            add()
        assert str(refusal.value) == sentence
    assert everything(clinic) == before


def test_everyone_due_comes_once(clinic: Store) -> None:
    assert [(line.patient, line.sku) for line in due_lines(opened(clinic))] == [
        ("P1", "SEMA"),
        ("P1", "TIRZ"),
        ("P2", "SEMA"),
    ]
    assert add_everyone_due(clinic, ADA, CLINIC, FRIDAY).what == "3 lines added."
    assert shown(clinic) == ["P1 SEMA 3", "P1 TIRZ 1", "P2 SEMA 1"]
    assert due_lines(opened(clinic)) == []
    assert add_everyone_due(clinic, ADA, CLINIC, FRIDAY).what == "0 lines added."
    assert len(shown(clinic)) == 3


def test_the_due_list_skips_what_the_cart_has(clinic: Store) -> None:
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1, hold=True))
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == ["P1 SEMA 1 held", "P1 TIRZ 1", "P2 SEMA 1"]


@pytest.mark.parametrize(
    ("case", "replace", "rows", "cart"),
    [
        ("replace", True, [CartRow("P2", "SEMA")], ["P2 SEMA 1"]),
        ("replace by nothing", True, [], []),
        ("add", False, [CartRow("P2", "SEMA")], ["P1 SEMA 1", "P1 TIRZ 1", "P2 SEMA 1"]),
        (
            "skip the same, whatever its quantity",
            False,
            [CartRow("P1", "SEMA", 2), CartRow("P2", "SEMA")],
            ["P1 SEMA 1", "P1 TIRZ 1", "P2 SEMA 1"],
        ),
        (
            "another pin is not the same",
            False,
            [CartRow("P1", "SEMA", 1, pharmacy="lake")],
            ["P1 SEMA 1", "P1 TIRZ 1", "P1 SEMA 1 at lake"],
        ),
        (
            "a file's own rows never merge",
            False,
            [CartRow("P2", "SEMA"), CartRow("P2", "SEMA")],
            ["P1 SEMA 1", "P1 TIRZ 1", "P2 SEMA 1", "P2 SEMA 1"],
        ),
    ],
)
def test_an_upload_replaces_or_adds(
    clinic: Store, case: str, replace: bool, rows: list[CartRow], cart: list[str]
) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 1), CartRow("P1", "TIRZ")], replace=False)
    done = upload(clinic, ADA, CLINIC, FRIDAY, rows, replace=replace)
    assert shown(clinic) == cart
    assert done.skipped == (0 if replace else len(rows) + 2 - len(cart))
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert shown(clinic) == ["P1 SEMA 1", "P1 TIRZ 1"]


def test_cells_as_typed_stay_as_typed(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2, "NONE", "Take as told.", "123")], replace=False)
    (line,) = opened(clinic).cart.lines
    assert (line.quantity, line.rx, line.sig, line.npi) == (2, "NONE", "Take as told.", "123")


def test_the_last_refill_day_is_repeated_with_todays_prescriptions(clinic: Store, clock: Clock) -> None:
    load(clinic, a_folder(**FOLDER | {"patients": tuple(a_patient(patient=code) for code in ("P1", "P2"))}))
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2), CartRow("P2", "SEMA")], replace=False)
    place(clinic, LOCAL, CLINIC, _confirm())
    clock.forward(days=7)
    save = a_folder(prescriptions=(a_prescription(rx="RX9", patient="P2", quantity=2, written_on=date(2026, 12, 8)),))
    clinic.write(CLINIC, lambda work: save_folder(work, save))
    done = repeat_last_refill_day(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert (done.what, shown(clinic, NEXT_FRIDAY)) == ("2 lines added.", ["P1 SEMA 2", "P2 SEMA 1"])
    assert [line.rx for line in opened(clinic, NEXT_FRIDAY).cart.lines] == ["RX1", "RX9"]
    again = repeat_last_refill_day(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert (again.what, again.skipped) == ("0 lines added, 2 in the cart already.", 2)


def _confirm() -> Confirmation:
    confirmation = Confirmation(None, "FREE", Objective.CHEAPEST, DAYS)
    return confirmation._replace(acknowledged=frozenset((line, code) for line in (1, 2) for code in _WARNINGS))


_WARNINGS = ("SIG_SUPPLY_MISMATCH", "DUPLICATE_THERAPY", "SIG_NO_MG")


def test_there_may_be_no_day_to_repeat(clinic: Store) -> None:
    assert repeat_last_refill_day(clinic, ADA, CLINIC, FRIDAY).what == "0 lines added."


@pytest.fixture
def line(clinic: Store) -> CartLine:
    """P1's line, two packs."""
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    return opened(clinic).cart.lines[0]


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
    assert (_shown(after), after.id, after.version) == (cart, line.id, 2)


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


def test_many_lines_are_held_and_released_at_once(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    ids = [line.id for line in opened(clinic).cart.lines[:2]]
    assert hold_lines(clinic, BO, CLINIC, FRIDAY, ids).what == "2 held."
    assert shown(clinic) == ["P1 SEMA 3 held", "P1 TIRZ 1 held", "P2 SEMA 1"]
    assert hold_lines(clinic, BO, CLINIC, FRIDAY, ids[:1], hold=False).what == "1 released."
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


def test_leftovers_are_offered_to_the_next_refill_day_and_move(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2, hold=True), CartRow("P2", "SEMA")], replace=False)
    add_line(clinic, ADA, CLINIC, NEXT_FRIDAY, CartRow("P1", "TIRZ"))
    left = opened(clinic, NEXT_FRIDAY).leftovers
    assert [(found.refill_day, _shown(found.line)) for found in left] == [
        (FRIDAY, "P1 SEMA 2 held"),
        (FRIDAY, "P2 SEMA 1"),
    ]
    assert take_over(clinic, BO, CLINIC, NEXT_FRIDAY, [left[0].line.id]).what == "1 line taken over."
    assert shown(clinic, NEXT_FRIDAY) == ["P1 TIRZ 1", "P1 SEMA 2 held"]
    assert shown(clinic) == ["P2 SEMA 1"]
    undo(clinic, BO, CLINIC, NEXT_FRIDAY)
    assert shown(clinic) == ["P1 SEMA 2 held", "P2 SEMA 1"]


def test_no_leftovers_without_an_earlier_day(clinic: Store, line: CartLine) -> None:
    leftovers: tuple[Leftover, ...] = opened(clinic).leftovers
    assert leftovers == ()


SAID = Override(1, "REFILL_TOO_SOON", "Travels for two months")


def _answered(store: Store) -> tuple[frozenset[tuple[int, str]], tuple[Override, ...]]:
    found = opened(store)
    return found.acknowledged, found.overrides


@pytest.fixture
def answered(clinic: Store, line: CartLine) -> CartLine:
    """P1's line with one warning acknowledged and one finding overridden, after a line of P2."""
    acknowledge(clinic, ADA, CLINIC, [Seen(line.id, line.version, "PHONE_INVALID")])
    override(clinic, ADA, CLINIC, line.id, line.version, SAID)
    assert _answered(clinic) == (frozenset({(1, "PHONE_INVALID")}), (SAID,))
    return line


@pytest.mark.parametrize(
    ("case", "act", "stands"),
    [
        ("hold", lambda store, line: hold_lines(store, BO, CLINIC, FRIDAY, [line.id]), True),
        ("nothing", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"quantity": 2}), True),
        ("another line", lambda store, line: add_line(store, BO, CLINIC, FRIDAY, CartRow("P2", "SEMA")), True),
        ("another patient", lambda store, line: update_patient(store, BO, CLINIC, "P2", {"city": "Waco"}), True),
        ("quantity", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"quantity": 1}), False),
        ("pin", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"pharmacy": "lake"}), False),
        ("merge", lambda store, line: add_line(store, BO, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1)), False),
        ("the patient", lambda store, line: update_patient(store, BO, CLINIC, "P1", {"allergies": "sulfa"}), False),
        ("removal", lambda store, line: remove_line(store, BO, CLINIC, line.id, 1), False),
        (
            "the prescription",
            lambda store, line: load(store, a_folder(prescriptions=(a_prescription(quantity=3, refills=1),))),
            False,
        ),
    ],
)
def test_an_answer_stands_for_what_was_seen(
    clinic: Store, answered: CartLine, case: str, act: Callable[[Store, CartLine], object], stands: bool
) -> None:
    act(clinic, answered)
    assert _answered(clinic) == ((frozenset({(1, "PHONE_INVALID")}), (SAID,)) if stands else (frozenset(), ()))


def test_answers_follow_the_line_to_its_new_number(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    first, second, _ = opened(clinic).cart.lines
    acknowledge(clinic, ADA, CLINIC, [Seen(second.id, 1, "PHONE_INVALID")])
    remove_line(clinic, ADA, CLINIC, first.id, 1)
    assert opened(clinic).acknowledged == {(1, "PHONE_INVALID")}


def test_an_answer_to_a_line_that_changed_is_refused(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    before = everything(clinic)
    with pytest.raises(Stale):
        acknowledge(clinic, ADA, CLINIC, [Seen(line.id, line.version, "PHONE_INVALID")])
    with pytest.raises(Stale):
        override(clinic, ADA, CLINIC, line.id, line.version, SAID)
    assert everything(clinic) == before


@pytest.mark.parametrize(
    ("case", "answer", "refusal"),
    [
        ("timing", SAID, None),
        ("allergy, confirmed", Override(1, "ALLERGY", "Tolerated", "Ada Okafor, MD", FRIDAY), None),
        ("dose, confirmed", Override(1, "DOSE_OVER_MAX", "Intended", "Ada Okafor, MD", FRIDAY), None),
        ("allergy, nobody named", Override(1, "ALLERGY", "Tolerated"), "who confirmed it"),
        ("dose, no day", Override(1, "DOSE_OVER_MAX", "Intended", "Ada Okafor, MD"), "who confirmed it"),
        ("confirmed tomorrow", Override(1, "ALLERGY", "Tolerated", "Ada Okafor, MD", date(2026, 12, 5)), "the future"),
        ("no reason", Override(1, "REFILL_TOO_SOON", "  "), "needs a reason"),
        ("not overridable", Override(1, "RX_EXPIRED", "Please"), "cannot be overridden"),
        ("no such finding", Override(1, "NONSENSE", "Please"), "cannot be overridden"),
    ],
)
def test_an_override_is_as_the_rules_ask(
    clinic: Store, line: CartLine, case: str, answer: Override, refusal: str | None
) -> None:
    if refusal is None:
        override(clinic, ADA, CLINIC, line.id, line.version, answer)
        assert opened(clinic).overrides == (answer,)
        return
    with pytest.raises(Refused, match=refusal):
        override(clinic, ADA, CLINIC, line.id, line.version, answer)
    assert opened(clinic).overrides == ()


def test_a_second_override_replaces_the_first(clinic: Store, answered: CartLine) -> None:
    better = SAID._replace(reason="Travels from 6 December, back in February")
    override(clinic, BO, CLINIC, answered.id, answered.version, better)
    assert opened(clinic).overrides == (better,)


def test_a_patient_is_put_right_at_the_source(clinic: Store) -> None:
    cells = {"zip": "78705", "allergies": "sulfa; egg", "born_on": "1980-05-07"}
    after = update_patient(clinic, ADA, CLINIC, "P1", cells)
    assert (after.zip, after.allergies, after.born_on) == ("78705", ("sulfa", "egg"), date(1980, 5, 7))
    assert opened(clinic).context.patients["P1"] == after
    newest = audit_trail(clinic, LOCAL, CLINIC)[0]
    assert (newest.action, newest.subject, newest.before, newest.after) == (
        "correct patient",
        "patient P1",
        {"zip": "78704", "allergies": [], "born_on": "1980-05-06"},
        {"zip": "78705", "allergies": ["sulfa", "egg"], "born_on": "1980-05-07"},
    )


@pytest.mark.parametrize(
    ("case", "patient", "cells", "seen", "refusal"),
    [
        ("unknown", "P9", {"zip": "78705"}, None, "no patient “P9”"),
        ("unreadable", "P1", {"born_on": "yesterday"}, None, "born_on “yesterday” is not a date"),
        ("not staff's to change", "P1", {"active": "no"}, None, "changed on Setup"),
        ("changed meanwhile", "P1", {"zip": "78705"}, a_patient(zip="78700"), "Somebody has changed this patient"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    clinic: Store, case: str, patient: str, cells: dict[str, object], seen: Patient | None, refusal: str
) -> None:
    before = everything(clinic)
    with pytest.raises(Refused, match=refusal):
        update_patient(clinic, ADA, CLINIC, patient, cells, seen=seen)
    assert everything(clinic) == before


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
    ("acknowledge", lambda store, who, line: acknowledge(store, who, CLINIC, [Seen(line.id, 1, "PHONE_INVALID")])),
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
