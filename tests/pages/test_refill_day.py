"""Refill day: due, cart, fix, split, confirm, placed. Two packs land at 200.00 + 15 % + 20.00 = 250.00 a line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.files import Folder
from core.adapters.store import Store
from core.domain.model import Role, ShipTo
from core.domain.roles import LOCAL
from core.rules.pauses import pauses
from core.services.cart.additions import add_everyone_due
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line
from core.services.contexts import load_context
from core.services.pauses import pause
from tests.builders import FRIDAY, a_clinic, a_patient, a_prescription, a_program
from tests.pages.conftest import Opens
from tests.pages.refill_days import PATIENTS, a_due_clinic, a_full_cart, figures, grid, labels, lines, press, typed
from tests.stores import CLINIC, a_folder, load


def checkouts(store: Store) -> int:
    with store.read(CLINIC) as work:
        return int(work.connection.exec_driver_sql("select count(*) from checkout").scalar_one())


def said(shown: AppTest) -> str:
    told = (*shown.error, *shown.warning, *shown.success, *shown.info, *shown.toast)
    return "\n".join(element.value for element in told).replace("\\", "")


@pytest.fixture
def due(store: Store) -> Store:
    a_due_clinic(store)
    return store


@pytest.fixture
def full(store: Store) -> Store:
    a_full_cart(store)
    return store


def test_an_empty_cart_says_who_is_due_and_adds_them_all(due: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    assert [title.value for title in shown.title] == ["Refill day Fri 4 Dec 2026"]
    assert any("4 lines are due" in text.value for text in shown.markdown)
    shown = press(shown, "Add 4 lines due")
    assert figures(shown) == {"Lines": "4", "To fix": "2", "Total": "$1,000.00", "Ships": "Mon 7 Dec"}
    assert labels(shown)[0] == "Fix 2 lines"
    assert len(lines(due)) == 4


def test_an_added_batch_can_be_undone(due: Store, opens: Opens) -> None:
    shown = press(press(opens("refill_day", Role.STAFF), "Add 4 lines due"), "Undo")
    assert lines(due) == {}
    assert labels(shown)[0] == "Add 4 lines due"


def test_a_store_without_a_clinic_says_so(store: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    assert not shown.exception
    assert any("There is no clinic yet" in text.value for text in shown.markdown)


def test_a_clinic_without_skus_says_so(store: Store, opens: Opens) -> None:
    load(store, Folder(clinic=a_clinic(), programs=(a_program(),)))
    shown = opens("refill_day", Role.STAFF)
    assert not shown.exception
    assert any("There are no SKUs yet" in text.value for text in shown.markdown)


def test_held_lines_alone_are_no_checkout(full: Store, opens: Opens) -> None:
    typed(opens("refill_day", Role.STAFF), *({"row": row, "Hold": True} for row in range(4)))
    for step in ("Cart", "Split", "Confirm"):
        shown = opens("refill_day", Role.STAFF, refill_step=step)
        assert not shown.exception
        assert not [label for label in labels(shown) if label.startswith(("Place", "Review", "Go to"))]


def test_what_is_asked_waits_with_its_supply_end_and_the_line_says_so(full: Store, opens: Opens) -> None:
    shown = press(opens("refill_day", Role.STAFF), "Ask the patient")
    question = "The address of the patient lacks: ZIP code. Please tell us what is right."
    assert [text.value for text in shown.subheader][-1] == "Waiting for"
    assert grid(shown).value["Finding"][1] == f"Waiting for the patient: {question}"
    captions = [text.value.replace("\\", "") for text in shown.caption]
    assert "Patient: 1 line." in captions
    assert any(text.startswith("Supply ends Fri 4 Dec 2026. Asked on ") for text in captions)
    assert lines(full)[2].hold


def test_the_gap_that_the_split_leaves_stands_in_grid_split_and_receipt(full: Store, opens: Opens) -> None:
    row = grid(opens("refill_day", Role.STAFF)).value.iloc[0]
    assert (str(row["Supply ends"])[:10], str(row["Delivers"])[:10], row["Gap"]) == ("2026-12-04", "2026-12-08", 4)
    shown = opens("refill_day", Role.STAFF, refill_step="Split")
    assert "Supply ends before delivery: 4 lines, by 4 days at most." in said(shown)


def test_a_line_held_by_hand_says_that_nobody_was_asked(full: Store, opens: Opens) -> None:
    shown = typed(opens("refill_day", Role.STAFF), {"row": 0, "Hold": True})
    assert grid(shown).value["Finding"][0] == "Held by hand; nobody was asked."
    assert "Nobody was asked: 1 line." in [text.value.replace("\\", "") for text in shown.caption]
    shown = press(shown, "Release")
    assert not lines(full)[1].hold
    assert "Waiting for" not in [text.value for text in shown.subheader]


def test_leadership_sees_nothing_of_it(full: Store, opens: Opens) -> None:
    with pytest.raises(ValueError, match="refill_day"):
        opens("refill_day", Role.LEADERSHIP)


def test_a_typed_quantity_is_written_through_once(full: Store, opens: Opens) -> None:
    shown = typed(opens("refill_day", Role.STAFF), {"row": 0, "Quantity": 1})
    assert (lines(full)[1].quantity, lines(full)[1].version) == (1, 2)
    assert figures(shown)["Total"] == "$885.00"
    typed(shown, {"row": 0, "Quantity": 1})
    assert lines(full)[1].version == 2


@pytest.mark.parametrize(
    ("case", "edit", "now"),
    [
        ("a hold", {"Hold": True}, {"hold": True}),
        ("a pin", {"Pin": "cedar"}, {"pharmacy": "cedar"}),
        ("an emptied quantity is the prescription's", {"Quantity": None}, {"quantity": 2}),
        ("several cells", {"Quantity": 1, "Hold": True}, {"quantity": 1, "hold": True}),
    ],
)
def test_the_grid_edits(case: str, edit: dict[str, object], now: dict[str, object], full: Store, opens: Opens) -> None:
    typed(opens("refill_day", Role.STAFF), {"row": 0, **edit})
    assert {name: getattr(lines(full)[1], name) for name in now} == now


def test_a_stale_edit_is_refused_with_what_changed_and_applied_again(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    first = lines(full)[1]
    edit_line(full, LOCAL, CLINIC, first.id, first.version, {"hold": True})
    shown = typed(shown, {"row": 0, "Quantity": 1})
    assert "hold is now yes" in said(shown)
    assert lines(full)[1].quantity == 2
    press(shown, "Apply again")
    assert (lines(full)[1].quantity, lines(full)[1].hold) == (1, True)


def test_edits_after_a_filter_reach_the_lines_that_are_shown(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, refill_show="Warnings")
    typed(shown, {"row": 0, "Hold": True})
    assert [line.hold for line in lines(full).values()] == [False, False, False, True]


def test_search_finds_patients_and_stays_out_of_the_url(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    shown.text_input(key="refill_search").set_value("voss").run()
    assert list(grid(shown).value["Patient"]) == [f"Voss, Cara · {PATIENTS[2].born_on}"]
    assert "voss" not in str(dict(shown.query_params)).casefold()


def test_one_click_applies_a_fix(full: Store, opens: Opens) -> None:
    shown = press(opens("refill_day", Role.STAFF), "Ship it to the clinic")
    assert lines(full)[2].ship_to is ShipTo.CLINIC
    assert figures(shown)["To fix"] == "1"


def test_a_patient_is_put_right_beside_the_finding(full: Store, opens: Opens) -> None:
    shown = press(opens("refill_day", Role.STAFF), "Fix 2 lines")
    shown.text_input(key="refill_patient_P2_zip").set_value("78704")
    press(shown, "Save the patient")
    shown = opens("refill_day", Role.STAFF)
    assert figures(shown)["To fix"] == "1"
    assert lines(full)[2].version == 1


def test_an_override_takes_a_reason_and_who_confirmed_it(full: Store, opens: Opens) -> None:
    shown, allergic = opens("refill_day", Role.STAFF), lines(full)[3]
    key = f"refill_card_ALLERGY_{allergic.id}"
    shown.session_state[f"{key}_override"] = True
    shown.run()
    shown.text_input(key=f"{key}_reason").set_value("Rash, years ago")
    shown = press(shown, "Override this finding")
    assert "needs the name of the prescriber or pharmacist" in said(shown)
    shown.text_input(key=f"{key}_by").set_value("Ada Okafor, MD")
    shown = press(shown, "Override this finding")
    assert figures(shown)["To fix"] == "1"


def test_warnings_are_acknowledged(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, refill_show="Warnings")
    assert "Acknowledge" in labels(shown)
    press(shown, "Acknowledge")
    shown = opens("refill_day", Role.STAFF, refill_show="Acknowledged")
    assert list(grid(shown).value["Patient"]) == [f"Wynn, Dee · {PATIENTS[3].born_on}"]


def test_what_is_not_ready_is_held_and_the_rest_placed_in_one_press(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, refill_step="Confirm")
    assert "3 lines not ready: 2, 3, 4." in said(shown)
    assert labels(shown)[0] == "Hold the 3 that are not ready and place 1 for $250.00"
    shown = press(shown, labels(shown)[0])
    assert "Placed as RD-20261204-01" in said(shown).replace("**", "")
    assert {line.patient: line.hold for line in lines(full).values()} == {"P2": True, "P3": True, "P4": True}
    assert checkouts(full) == 1


def test_with_no_line_ready_nothing_can_be_placed(full: Store, opens: Opens) -> None:
    first = lines(full)[1]
    edit_line(full, LOCAL, CLINIC, first.id, first.version, {"hold": True})
    shown = opens("refill_day", Role.STAFF, refill_step="Confirm")
    button = shown.button(key="refill_place")
    assert (button.label, button.disabled) == ("No line is ready", True)


def test_a_line_that_changed_since_is_not_placed(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, refill_step="Confirm")
    first = lines(full)[1]
    edit_line(full, LOCAL, CLINIC, first.id, first.version, {"quantity": 1})
    press(shown, "Hold the 3 that are not ready and place 1 for $250.00")
    assert (checkouts(full), lines(full)[1].quantity) == (0, 1)


@pytest.fixture
def ready(full: Store, opens: Opens) -> Store:
    """The lines that something is wrong with are held."""
    typed(opens("refill_day", Role.STAFF), *({"row": row, "Hold": True} for row in (1, 2, 3)))
    return full


def test_the_steps_lead_to_the_amount(ready: Store, opens: Opens) -> None:
    shown = press(opens("refill_day", Role.STAFF), "Review split")
    assert any("Proven cheapest for 1 line: $250.00." in text.value.replace("\\", "") for text in shown.markdown)
    shown = press(shown, "Go to confirm")
    assert labels(shown)[0] == "Place order for $250.00"


def test_pressing_twice_gives_one_checkout_and_held_lines_stay(ready: Store, opens: Opens) -> None:
    windows = [opens("refill_day", Role.STAFF, refill_step="Confirm") for _ in range(2)]
    for window in windows:
        placed = press(window, "Place order for $250.00")
        assert "Placed as **RD-20261204-01**: 1 line for $250.00." in said(placed)
    assert checkouts(ready) == 1
    assert [line.patient for line in lines(ready).values()] == ["P2", "P3", "P4"]


def test_what_changed_since_it_was_seen_stops_it_and_shows_both_sides(ready: Store, opens: Opens) -> None:
    shown, first = opens("refill_day", Role.STAFF, refill_step="Confirm"), lines(ready)[1]
    edit_line(ready, LOCAL, CLINIC, first.id, first.version, {"quantity": 1})
    shown = press(shown, "Place order for $250.00")
    assert checkouts(ready) == 0
    assert "Nothing was ordered" in said(shown)
    (both,) = (one.value for one in shown.dataframe if "You saw" in one.value.columns)
    assert both.values.tolist() == [
        ["Checkout", "Medication", "$200.00", "$100.00"],
        ["Checkout", "Program fee", "$30.00", "$15.00"],
        ["Checkout", "Total", "$250.00", "$135.00"],
        ["1", "Line", "2 × SEMA", "1 × SEMA"],
        ["1", "Cost", "$250.00", "$135.00"],
    ]
    assert labels(shown)[0] == "Place order for $135.00"
    press(shown, "Place order for $135.00")
    assert checkouts(ready) == 1


def test_one_by_hand_joins_the_line_that_is_there(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_one"] = True
    shown.run()
    shown.text_input(key="refill_find").set_value("rivera").run()
    assert any("line 1 goes from 2 to 4" in text.value for text in shown.caption)
    press(shown, "Add to the cart")
    assert (lines(full)[1].quantity, len(lines(full))) == (4, 4)


def test_a_file_loads_its_good_rows_and_lists_the_others(due: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_upload"] = True
    shown.run()
    shown.file_uploader[0].upload("cart.csv", b"patient,sku,quantity\nP1,SEMA,1\nP9,SEMA,1\nP2,SEMA,x\n").run()
    assert any("1 row can be loaded, 2 rows cannot" in text.value for text in shown.markdown)
    press(shown, "Load 1 row")
    assert [(line.patient, line.quantity) for line in lines(due).values()] == [("P1", 1)]


def test_leftovers_of_an_earlier_day_are_taken_over(full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, refill_day="2026-12-11")
    shown.session_state["refill_leftovers"] = True
    press(shown.run(), "Move here: 4 lines")
    assert lines(full) == {}


def test_one_press_deals_with_every_line_of_a_cause(store: Store, opens: Opens) -> None:
    load(
        store,
        a_folder(
            patients=tuple(a_patient(patient=f"P{at}", zip="") for at in range(1, 6)),
            prescriptions=tuple(a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in range(1, 6)),
        ),
    )
    add_everyone_due(store, LOCAL, CLINIC, FRIDAY)
    shown = opens("refill_day", Role.STAFF)
    assert figures(shown)["To fix"] == "5"
    assert [group.label for group in shown.expander][1:] == ["Resolve the 5 lines one by one"]
    shown = press(shown, "Hold all 5 lines")
    assert all(line.hold for line in lines(store).values())
    assert figures(shown)["To fix"] == "0"


@pytest.mark.parametrize(
    ("owner", "causes"),
    [
        (None, ["Address incomplete", "Allergy", "Phone invalid"]),
        ("Clinic", ["Address incomplete", "Phone invalid"]),
        ("Patient", ["Allergy"]),
        ("Pharmacy", []),
    ],
)
def test_findings_of_one_owner(owner: str | None, causes: list[str], full: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF, **({"refill_owner": owner} if owner else {}))
    assert not shown.exception
    names = ("Address incomplete", "Allergy", "Phone invalid")
    assert [text.value.strip("*") for text in shown.markdown if text.value.strip("*") in names] == causes


def test_directions_are_asked_for_and_never_changed(full: Store, opens: Opens) -> None:
    shown = press(opens("refill_day", Role.STAFF), "Line 2 · Stone, Bea · Semaglutide 2.5 mg/mL, 2 mL")
    line, key = lines(full)[2], f"refill_ask_{lines(full)[2].id}"
    behind = next(one for one in shown.expander if one.label == "Request different directions from the prescriber")
    assert behind is not None
    shown.session_state[key] = True
    shown = shown.run()
    shown = shown.text_input(key=f"{key}_dose0").set_value("0.5").run()
    assert "Inject 0.5 mg (20 units = 0.2 mL) subcutaneously once weekly." in [one.value for one in shown.code]
    shown = shown.text_input(key=f"{key}_dose0").set_value("0.001").run()
    assert "less than the smallest mark of any syringe" in said(shown)
    shown = shown.text_input(key=f"{key}_dose0").set_value("0.5").run()
    shown = shown.button(key=f"{key}_built_record").click().run()
    assert "Line 2 is held; the request to the prescriber is recorded." in said(shown)
    now = lines(full)[2]
    assert (now.hold, now.sig) == (True, line.sig)


def test_a_note_to_the_pharmacy_is_written_in_the_open_line(full: Store, opens: Opens) -> None:
    (stored, *_) = open_cart(full, LOCAL, CLINIC, FRIDAY).cart.lines
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_line"] = stored.id
    shown.run()
    field = next(each for each in shown.text_input if each.label == "Note to the pharmacy")
    field.set_value("Call before noon").run()
    assert open_cart(full, LOCAL, CLINIC, FRIDAY).cart.lines[0].note == "Call before noon"


def test_who_is_paused_is_listed_and_can_be_resumed(due: Store, opens: Opens) -> None:
    pause(due, LOCAL, CLINIC, "P1", None, until=FRIDAY + timedelta(days=30), reason="travels")
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_due_lists"] = True
    shown.session_state["refill_due_view"] = "Paused"
    shown.run()
    assert not shown.exception
    assert [list(row) for row in shown.dataframe[0].value[["Prescription", "Reason"]].to_numpy()] == [
        ["all", "travels"]
    ]


def test_reminders_name_who_will_be_due_with_telephone_numbers(due: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_due_lists"] = True
    shown.session_state["refill_due_view"] = "Due in the next weeks"
    shown.run()
    assert not shown.exception
    listed = shown.dataframe[0].value
    assert len(listed) >= 4
    assert "512-555-0142" in set(listed["Phone"])


def test_a_line_of_the_due_list_is_skipped_with_a_reason(due: Store, opens: Opens) -> None:
    shown = opens("refill_day", Role.STAFF)
    shown.session_state["refill_due_lists"] = True
    shown.session_state["due_table"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    shown.run()
    listed = shown.dataframe[0].value
    what = next(each for each in shown.selectbox if each.label == "What")
    shown = what.set_value("Skip this refill").run()
    reason = next(each for each in shown.text_input if each.label == "Reason")
    shown = press(reason.set_value("still has two vials").run(), "Skip this refill")
    assert not shown.exception
    with due.read(CLINIC) as work:
        paused = pauses(load_context(work), FRIDAY)
    assert [(each.rx, each.reason) for each in paused] == [(listed["Prescription"][0], "still has two vials")]
