"""What comes into a cart: by hand, from the due list, from a file, from earlier days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from core.adapters.store import Store
from core.domain.errors import Refused
from core.domain.model import CartLine, Objective, ShipTo
from core.domain.roles import LOCAL
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_everyone_due, add_line, repeat_last_refill_day, take_over, upload
from core.services.cart.changes import undo
from core.services.cart.contents import Leftover, due_lines
from core.services.checkout import Confirmation, place
from tests.builders import DAYS, FRIDAY, a_prescription
from tests.carts import ADA, BO, FOLDER, NEXT_FRIDAY, as_text, everything, opened, shown
from tests.stores import CLINIC, Clock, a_folder, load


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
    assert (merged.summary, [line.quantity for line in merged.lines]) == ("The quantity is 3 now.", [3])


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
    adding: tuple[Callable[[], object], ...] = (
        lambda: add_line(clinic, ADA, CLINIC, FRIDAY, row),
        lambda: upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA"), row], replace=True),
    )
    for add in adding:
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
    assert add_everyone_due(clinic, ADA, CLINIC, FRIDAY).summary == "3 lines added."
    assert shown(clinic) == ["P1 SEMA 3", "P1 TIRZ 1", "P2 SEMA 1"]
    assert due_lines(opened(clinic)) == []
    assert add_everyone_due(clinic, ADA, CLINIC, FRIDAY).summary == "0 lines added."
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
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2), CartRow("P2", "SEMA")], replace=False)
    place(clinic, LOCAL, CLINIC, Confirmation(None, "FREE", Objective.CHEAPEST, DAYS))
    clock.forward(days=7)
    newer = a_prescription(rx="RX9", patient="P2", quantity=2, written_on=date(2026, 12, 8))
    load(clinic, a_folder(**FOLDER | {"prescriptions": (newer,)}))
    done = repeat_last_refill_day(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert (done.summary, shown(clinic, NEXT_FRIDAY)) == ("2 lines added.", ["P1 SEMA 2", "P2 SEMA 1"])
    assert [line.rx for line in opened(clinic, NEXT_FRIDAY).cart.lines] == ["RX1", "RX9"]
    again = repeat_last_refill_day(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert (again.summary, again.skipped) == ("0 lines added, 2 in the cart already.", 2)


def test_there_may_be_no_day_to_repeat(clinic: Store) -> None:
    assert repeat_last_refill_day(clinic, ADA, CLINIC, FRIDAY).summary == "0 lines added."


def test_leftovers_are_offered_to_the_next_refill_day_and_move(clinic: Store) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2, hold=True), CartRow("P2", "SEMA")], replace=False)
    add_line(clinic, ADA, CLINIC, NEXT_FRIDAY, CartRow("P1", "TIRZ"))
    left = opened(clinic, NEXT_FRIDAY).leftovers
    assert [(found.refill_day, as_text(found.line)) for found in left] == [
        (FRIDAY, "P1 SEMA 2 held"),
        (FRIDAY, "P2 SEMA 1"),
    ]
    assert take_over(clinic, BO, CLINIC, NEXT_FRIDAY, [left[0].line.id]).summary == "1 line taken over."
    assert shown(clinic, NEXT_FRIDAY) == ["P1 TIRZ 1", "P1 SEMA 2 held"]
    assert shown(clinic) == ["P2 SEMA 1"]
    undo(clinic, BO, CLINIC, NEXT_FRIDAY)
    assert shown(clinic) == ["P1 SEMA 2 held", "P2 SEMA 1"]


def test_what_earlier_days_left_over_is_taken_over_before_everyone_due(clinic: Store, clock: Clock) -> None:
    upload(clinic, ADA, CLINIC, FRIDAY, [CartRow("P1", "SEMA", 2, hold=True), CartRow("P3", "SEMA")], replace=False)
    assert [(line.patient, line.sku) for line in due_lines(opened(clinic, NEXT_FRIDAY))] == [
        ("P1", "TIRZ"), ("P2", "SEMA"),
    ]  # fmt: skip
    clock.forward(days=7)
    added = add_everyone_due(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert added.summary == "2 lines taken over, 2 lines added."
    assert shown(clinic, NEXT_FRIDAY) == ["P1 SEMA 2 held", "P3 SEMA 1", "P1 TIRZ 1", "P2 SEMA 1"]
    assert shown(clinic) == []
    assert add_everyone_due(clinic, ADA, CLINIC, NEXT_FRIDAY).summary == "0 lines added."
    undo(clinic, ADA, CLINIC, NEXT_FRIDAY)
    assert (shown(clinic), shown(clinic, NEXT_FRIDAY)) == (["P1 SEMA 2 held", "P3 SEMA 1"], [])


def test_a_cart_that_is_still_worked_on_keeps_its_lines(clinic: Store) -> None:
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    assert add_everyone_due(clinic, ADA, CLINIC, NEXT_FRIDAY).summary == "2 lines added."
    assert (shown(clinic), shown(clinic, NEXT_FRIDAY)) == (["P1 SEMA 2"], ["P1 TIRZ 1", "P2 SEMA 1"])


def test_of_two_left_over_lines_for_one_prescription_the_newer_is_taken_over(clinic: Store, clock: Clock) -> None:
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    add_line(clinic, ADA, CLINIC, NEXT_FRIDAY, CartRow("P1", "SEMA", 1))
    clock.forward(days=14)
    later = NEXT_FRIDAY + timedelta(days=7)
    add_everyone_due(clinic, ADA, CLINIC, later)
    assert shown(clinic, later)[0] == "P1 SEMA 1"
    assert shown(clinic) == ["P1 SEMA 2"]


def test_only_what_changes_more_than_carts_asks_who_is_due_again(clinic: Store) -> None:
    before = clinic.records_version(CLINIC)
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert clinic.records_version(CLINIC) == before
    load(clinic, a_folder(**FOLDER))
    assert clinic.records_version(CLINIC) == before + 1


def test_no_leftovers_without_an_earlier_day(clinic: Store, line: CartLine) -> None:
    leftovers: tuple[Leftover, ...] = opened(clinic).leftovers
    assert leftovers == ()
