"""Setup: the clinic's files as tables, load and export, rules, people and audit."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Literal

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.files import FILES, Folder, csv_bytes, export_folder, templates
from core.adapters.store import Store
from core.adapters.store.folders import row_counts
from core.domain.model import LicenceKind, PharmacyLicence, Role, Setting
from core.domain.rejections import REJECTIONS
from core.domain.roles import LOCAL
from core.domain.settings import SETTINGS
from core.services.audit_trail import audit_trail
from core.services.clinic_export import export
from core.services.clinic_import import RowChange
from core.services.clinic_import import load as load_files
from core.services.contexts import load_context
from core.services.first_steps import NEEDED
from core.services.partners.connections import connections
from core.services.people import members
from pages.setup.cell_fields import cell_text
from pages.setup.clinic_files import licensed_pharmacies
from pages.setup.file_tables import file_rows
from pages.setup.grid_editor import changed_rows
from pages.setup.licenses import ending_licenses
from pages.setup.thresholds import rows_of
from pages.shared.session import ReferenceData, Session
from tests.builders import a_clinic, a_context, a_patient, a_pharmacy, a_program, licences
from tests.pages.conftest import Opens
from tests.stores import CLINIC, a_folder, load

STORE = "Store and worker"


def tab_names(shown: AppTest) -> list[str]:
    return [tab.label for tab in shown.tabs]


def tables(shown: AppTest) -> list[set[str]]:
    assert not shown.exception
    return [set(table.value.columns) for table in shown.dataframe]


@pytest.mark.parametrize(
    ("tab", "files"),
    [
        ("Clinic and programs", ["clinic.csv", "programs.csv", "ladders.csv"]),
        ("Pharmacies", ["pharmacies.csv", "pharmacy_licences.csv"]),
        ("SKUs and prices", ["skus.csv", "offers.csv"]),
        ("Prescribers", ["prescribers.csv", "prescriber_licences.csv"]),
        ("Patients and prescriptions", ["patients.csv", "prescriptions.csv"]),
    ],
)
def test_each_tab_shows_its_files_under_their_own_columns(
    tab: str, files: list[str], store: Store, opens: Opens
) -> None:
    load(store)
    shown = [columns for columns in tables(opens("setup", setup_tab=tab)) if "Orders sent by" not in columns]
    assert [{column.name for column in FILES[file].columns} for file in files] == shown


def test_a_table_downloads_as_the_file_that_loads_it() -> None:
    folder = a_folder()
    for name in folder.counts():
        rows = file_rows(FILES[name], folder.rows(name))
        assert csv_bytes(list(rows[0]), [list(row.values()) for row in rows]) == export_folder(folder)[name]


def test_settings_and_rejection_codes_are_those_of_the_code(store: Store, opens: Opens) -> None:
    load(store)
    settings, _, rejections = (table.value for table in opens("setup", setup_tab="Rules").dataframe)
    assert list(settings["Setting"]) == list(SETTINGS)
    assert list(rejections["Code"]) == list(REJECTIONS)


@pytest.mark.parametrize(("role", "people"), [(Role.MANAGER, False), (Role.ADMIN, True)])
def test_people_and_audit_are_for_admins(role: Role, people: bool, store: Store, opens: Opens) -> None:
    load(store)
    names = tab_names(opens("setup", role))
    assert ("People" in names, "Audit" in names) == (people, people)
    assert not opens("setup", role, setup_tab="Audit").exception


def test_a_manager_who_asks_for_the_audit_by_url_gets_the_first_tab(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", Role.MANAGER, setup_tab="Audit")
    assert "Verify the audit trail" not in [button.label for button in shown.button]


def test_an_admin_adds_somebody_and_ends_access(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", Role.ADMIN, setup_tab="People")
    shown.text_input(key="setup_person_email").set_value("Lee@Example.com")
    shown.text_input(key="setup_person_name").set_value("Lee")
    shown.button[0].click().run()
    assert not shown.exception
    assert [(row.email, row.role, row.active) for row in members(store, LOCAL, CLINIC)] == [
        ("lee@example.com", Role.STAFF, True)
    ]
    assert [toast.value for toast in shown.toast] == [r"Lee@Example\.com can sign in as staff"]


def test_an_email_that_is_none_is_refused_in_a_sentence_and_nothing_is_written(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", Role.ADMIN, setup_tab="People")
    shown.text_input(key="setup_person_email").set_value("nobody")
    shown.button[0].click().run()
    assert [error.value for error in shown.error] == [
        r"A person needs an email address in plain letters, as the sign\-in service gives it\."
    ]
    assert members(store, LOCAL, CLINIC) == []


def test_the_audit_trail_is_shown_and_checked(store: Store, opens: Opens) -> None:
    load(store)
    export(store, LOCAL, CLINIC)
    shown = opens("setup", Role.ADMIN, setup_tab="Audit")
    entry = shown.dataframe[0].value.iloc[0]
    assert (entry["Action"], entry["Subject"], entry["Who"]) == ("export", "every file", "local console")
    shown.button[0].click().run()
    assert [success.value for success in shown.success] == ["1 entry verified."]


def upload(shown: AppTest, **files: bytes) -> AppTest:
    uploader = shown.file_uploader[0]
    for name, data in files.items():
        uploader = uploader.upload(name.replace("_csv", ".csv").replace("_zip", ".zip"), data)
    shown.run()
    load_button = next((button for button in shown.button if button.label.startswith("Load")), None)
    return load_button.click().run() if load_button else shown


def patients(*rows: list[str]) -> bytes:
    return csv_bytes(["patient", "first_name", "last_name", "born_on"], rows)


def test_an_upload_adds_and_changes_by_key(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab=STORE)
    upload(shown, patients_csv=patients(["P1", "Anna", "Rivera", "1980-05-06"], ["P2", "Bea", "Stone", "1975-01-02"]))
    assert not shown.exception
    assert [success.value for success in shown.success] == ["Loaded into demo: 2 rows."]
    with store.read(CLINIC) as work:
        names = {row.patient: row.name for row in load_context(work).patients.values()}
    assert names == {"P1": "Rivera, Anna", "P2": "Stone, Bea"}


def test_one_bad_row_and_nothing_is_loaded_each_bad_cell_with_its_place(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab=STORE)
    upload(shown, patients_csv=patients(["P2", "Bea", "Stone", "Jan 1975"], ["P3", "Cy", "Ash", "1999-09-09"]))
    assert [error.value for error in shown.error] == ["Nothing was loaded: 1 cell cannot be read."]
    bad = shown.dataframe[-1].value.iloc[0]
    assert (bad["File"], bad["Row"], bad["Column"], bad["Value"]) == ("patients.csv", 2, "born_on", "Jan 1975")
    with store.read(CLINIC) as work:
        assert set(load_context(work).patients) == {"P1"}


def test_the_first_clinic_of_an_empty_store_comes_from_here(store: Store, opens: Opens) -> None:
    shown = opens("setup")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        for name, data in export_folder(a_folder()).items():
            files.writestr(name, data)
    upload(shown, juniper_zip=archive.getvalue())
    assert not shown.exception
    assert store.clinics() == ("demo",)
    assert "Clinic and programs" in tab_names(shown)


def test_an_export_loads_again_as_it_was(store: Store, opens: Opens) -> None:
    load(store)
    with zipfile.ZipFile(io.BytesIO(export(store, LOCAL, CLINIC))) as archive:
        files = {name: sorted(archive.read(name).splitlines()) for name in archive.namelist()}
    assert files == {name: sorted(data.splitlines()) for name, data in export_folder(a_folder()).items()}
    assert [entry.subject for entry in audit_trail(store, LOCAL, CLINIC)] == ["every file"]
    assert set(templates()) == {*FILES, "cart.csv"}


@pytest.mark.parametrize(
    ("case", "typed", "found"),
    [
        ("nothing typed shows everybody", "", ["P1", "P2"]),
        ("part of a last name", "rive", ["P1"]),
        ("first and last name", "bea stone", ["P2"]),
        ("a phone", "0142", ["P1"]),
        ("a percent sign is a letter like others", "%", []),
    ],
)
def test_patients_are_found_by_what_somebody_remembers(
    case: str, typed: str, found: list[str], store: Store, opens: Opens
) -> None:
    load(
        store, a_folder(patients=(a_patient(), a_patient(patient="P2", first_name="Bea", last_name="Stone", phone="")))
    )
    shown = opens("setup", setup_tab="Patients and prescriptions")
    shown.text_input(key="setup_patient_search").set_value(typed).run()
    rows = [list(table.value["patient"]) for table in shown.dataframe if "born_on" in table.value.columns]
    assert (rows[0] if rows else []) == found
    assert typed == "" or typed not in str(shown.query_params)


@pytest.mark.parametrize(("kind", "starts"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_a_table_s_download_is_audited_and_no_cell_is_a_formula(
    kind: Literal["csv", "xlsx"], starts: bytes, store: Store
) -> None:
    load(store)
    data = Session(store, CLINIC, LOCAL).export("skus", [{"Name": "=1+1", "Landed": Decimal("9.50")}], kind)
    assert data.startswith(starts)
    assert [(entry.action, entry.subject, entry.after) for entry in audit_trail(store, LOCAL, CLINIC)] == [
        ("export", "skus", {"kind": kind, "rows": 1})
    ]
    if kind == "csv":
        assert data.decode("utf-8-sig").splitlines() == ["Name,Landed", "'=1+1,9.50"]


def test_the_map_counts_licences_in_force_today() -> None:
    expired = licences("north", "TX", expires_on=date(2026, 12, 3))
    open_ended = licences("north", "OK")
    context = a_context(
        pharmacies={"cedar": a_pharmacy(), "north": a_pharmacy(pharmacy="north", name="North")},
        licences=(*licences(), *expired, *open_ended),
    )
    holders = licensed_pharmacies(ReferenceData(context, date(2026, 12, 4)), LicenceKind.STERILE)
    assert holders == {"TX": ["Cedar Compounding"], "OK": ["North"]}


def test_a_pharmacy_s_own_setting_leaves_the_clinic_s(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab="Rules").dataframe[0].value.set_index("Setting")
    assert Decimal(str(shown.loc["refill_threshold", "Current value"])) == Decimal("0.75")


def select(shown: AppTest, row: int) -> AppTest:
    """Select a setting in the table of them all."""
    shown.session_state["settings_in_force_table"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return shown.run()


def put(shown: AppTest, value: str, scope: str = "clinic") -> AppTest:
    shown.selectbox(key="setup_setting_scope").set_value(scope)
    shown.text_input(key="setup_setting_value").set_value(value)
    return next(button for button in shown.button if button.label == "Save").click().run()


def in_force(store: Store) -> list[tuple[str, str, str]]:
    with store.read(CLINIC) as work:
        return [(row.name, row.scope, row.value) for row in load_context(work).settings]


def test_a_threshold_is_put_in_force_from_its_row(store: Store, opens: Opens) -> None:
    load(store)
    shown = put(select(opens("setup", setup_tab="Rules"), list(SETTINGS).index("refill_threshold")), "0.8")
    assert not shown.exception
    assert in_force(store) == [("refill_threshold", "clinic", "0.8")]
    assert [toast.value for toast in shown.toast] == [r"refill\_threshold is 0\.8 for clinic from Fri 4 Dec 2026\."]
    assert [button.label for button in shown.button if button.label.startswith("Remove")] == [
        r"Remove 0\.8 for clinic from Fri 4 Dec 2026"
    ]


def test_a_value_that_cannot_be_read_is_told_and_stays_in_its_field(store: Store, opens: Opens) -> None:
    load(store)
    shown = put(select(opens("setup", setup_tab="Rules"), list(SETTINGS).index("refill_threshold")), "80")
    assert [error.value for error in shown.error] == [
        r"value “80” is not a rate between 0 and 1; for 80 % write 0\.8\."
    ]
    assert shown.text_input(key="setup_setting_value").value == "80"
    assert in_force(store) == []


def test_a_ladder_is_saved_from_its_field(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab="Rules")
    shown.text_input(key="setup_ladder_doses_semaglutide_0.25, 0.5, 1, 1.7, 2.4").set_value("0.25, 0.5")
    next(button for button in shown.button if button.label == "Save the ladder").click().run()
    with store.read(CLINIC) as work:
        assert load_context(work).ladder("semaglutide") == (Decimal("0.25"), Decimal("0.5"))


@pytest.mark.parametrize(
    ("case", "row", "expected"),
    [
        ("counts today", ("clinic", "8", date(2026, 12, 1)), "in force"),
        ("a later row is in force", ("clinic", "7", date(2026, 11, 1)), "ended"),
        ("not yet", ("clinic", "9", date(2026, 12, 24)), "starts later"),
        ("nobody asks by state", ("state:TX", "3", date(2026, 1, 1)), "not used: applies to clinic only"),
    ],
)
def test_each_row_says_what_it_does_today(case: str, row: tuple[str, str, date], expected: str) -> None:
    rows = [("clinic", "7", date(2026, 11, 1)), ("clinic", "8", date(2026, 12, 1)), ("clinic", "9", date(2026, 12, 24)),
            ("state:TX", "3", date(2026, 1, 1))]  # fmt: skip
    settings = tuple(
        Setting(scope=scope, name="due_window_days", value=value, valid_from=day) for scope, value, day in rows
    )
    found = rows_of(SETTINGS["due_window_days"], a_context(settings=settings), date(2026, 12, 4))
    assert [one["Now"] for one in found if (one["For"], one["Value"], one["From"]) == row] == [expected]


def form_of(store: Store, opens: Opens, row: str, *, file: str = "pharmacies") -> tuple[AppTest, str]:
    """The form of a row of the Pharmacies tab, and the beginning of its widgets' keys."""
    shown = opens("setup", setup_tab="Pharmacies")
    shown.session_state[f"{file}_editor"] = True
    shown.run()
    shown.selectbox(key=f"{file}_row").set_value(row).run()
    return shown, f"{file}_cells_{row}_{store.data_version(CLINIC)}"


def save(shown: AppTest) -> AppTest:
    return next(button for button in shown.button if button.label == "Save the row").click().run()


def test_a_row_is_changed_in_a_form(store: Store, opens: Opens) -> None:
    load(store)
    shown, key = form_of(store, opens, "cedar · Cedar Compounding")
    assert shown.text_input(key=f"{key}_pharmacy").disabled
    shown.time_input(key=f"{key}_cutoff").set_value(time(15, 30))
    save(shown)
    assert not shown.exception
    assert [toast.value for toast in shown.toast] == [r"Saved in pharmacies\.csv\."]
    with store.read(CLINIC) as work:
        assert load_context(work).pharmacies["cedar"].cutoff == time(15, 30)


def test_a_cell_that_cannot_be_read_is_told_and_what_was_typed_stays(store: Store, opens: Opens) -> None:
    load(store)
    shown, key = form_of(store, opens, "cedar · Cedar Compounding")
    shown.text_input(key=f"{key}_transit_days").set_value("two")
    save(shown)
    assert [error.value.replace("\\", "") for error in shown.error] == [
        "pharmacies.csv, transit_days “two”: is not a whole number from 0"
    ]
    assert ":red[is not a whole number from 0]" in [caption.value for caption in shown.caption]
    assert shown.text_input(key=f"{key}_transit_days").value == "two"
    shown.text_input(key=f"{key}_transit_days").set_value("3")
    save(shown)
    assert not [caption for caption in shown.caption if caption.value.startswith(":red")]


def test_fields_suit_their_cells_and_saving_them_unchanged_changes_nothing(store: Store, opens: Opens) -> None:
    load(store)
    shown, key = form_of(store, opens, "cedar · Cedar Compounding")
    assert shown.number_input(key=f"{key}_ambient_fee").label.endswith(", $")
    assert shown.selectbox(key=f"{key}_state").value == "TX"
    save(shown)
    assert [toast.value for toast in shown.toast] == [r"Nothing was changed\."]
    shown, key = form_of(store, opens, "A new row", file="closures")
    shown.selectbox(key=f"{key}_pharmacy").select("cedar")
    shown.date_input(key=f"{key}_date").set_value(date(2026, 12, 25))
    save(shown)
    with store.read(CLINIC) as work:
        assert ("cedar", date(2026, 12, 25)) in load_context(work).closures


CELLS = [
    ("percent", "programs.csv", "rate", 2.9, "0.029"),
    ("dollars", "offers.csv", "unit_cost", 101.5, "101.50"),
    ("a day", "offers.csv", "valid_from", date(2026, 1, 2), "2026-01-02"),
    ("a time", "pharmacies.csv", "cutoff", time(9, 5), "09:05"),
    ("weekdays", "pharmacies.csv", "ship_days", ["Mon", "Fri"], "Mon;Fri"),
    ("nothing", "offers.csv", "valid_to", None, ""),
]


@pytest.mark.parametrize(("case", "file", "column", "value", "text"), CELLS, ids=[row[0] for row in CELLS])
def test_what_a_field_holds_is_the_files_cell(case: str, file: str, column: str, value: object, text: str) -> None:
    assert cell_text(next(each for each in FILES[file].columns if each.name == column), value) == text


def test_rows_of_a_grid_that_were_changed_or_pasted_are_found() -> None:
    stored = [{"a": "1", "b": "x"}, {"a": "2", "b": ""}]
    edited: list[dict[str, Any]] = [
        {"a": "1", "b": "y"},
        {"a": "2", "b": None},
        {"a": "3", "b": None},
        {"a": None, "b": None},
    ]
    assert changed_rows(stored, edited) == {
        1: RowChange({"a": "1", "b": "y"}, stored[0]),
        3: RowChange({"a": "3", "b": ""}, None),
    }


def test_an_upload_shows_first_what_it_would_change(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab=STORE)
    shown.file_uploader[0].upload("patients.csv", patients(["P1", "Anna", "Rivera", "1980-05-06"]))
    shown.run()
    rows = shown.dataframe[-1].value.set_index("Column")
    assert list(rows.loc["First name"]) == ["patients.csv", "P1", "Ana", "Anna"]
    with store.read(CLINIC) as work:
        assert load_context(work).patients["P1"].first_name == "Ana"


def test_clearing_what_stops_lines_is_asked_about(store: Store, opens: Opens) -> None:
    folder = a_folder()
    patient = folder.patients[0].model_copy(update={"allergies": ("latex",)})
    load(store, replace(folder, patients=(patient,)))
    shown = opens("setup", setup_tab=STORE)
    shown.file_uploader[0].upload("patients.csv", csv_bytes(["patient", "allergies"], [["P1", ""]]))
    shown.run()
    (warning,) = shown.warning
    assert warning.value.startswith("patients\\.csv clears “Allergies” in 1 row\\: what stands there keeps lines from")
    (button,) = [button for button in shown.button if button.label.startswith("Load")]
    assert button.disabled
    shown = next(box for box in shown.checkbox if box.label == "Clear these values").check().run()
    next(button for button in shown.button if button.label.startswith("Load")).click().run()
    with store.read(CLINIC) as work:
        assert load_context(work).patients["P1"].allergies is None


def test_a_pharmacy_is_connected_by_a_form_and_its_secret_is_named_only(store: Store, opens: Opens) -> None:
    load(store)
    page = opens("setup", Role.ADMIN, setup_tab="Pharmacies", setup_connection="Cedar Compounding")
    groups: Sequence[Any] = page.get("button_group")
    (adapter,) = [group for group in groups if group.proto.label == "Orders sent by"]
    page = adapter.set_value("http").run()
    typed = {
        "Base URL": "https://orders.example.com/api",
        "Credentials name": "CEDAR_API",
    }
    for field in page.text_input:
        if field.label in typed:
            field.set_value(typed[field.label])
    for field in page.number_input:
        if field.label == "Practice ID":
            field.set_value(77)
    (save,) = [button for button in page.button if button.label.startswith("Save the connection")]
    page = save.click().run()
    assert not page.exception
    link = connections(store, LOCAL, CLINIC)["cedar"].link
    assert (link.adapter, link.base_url, link.credentials) == (
        "http", "https://orders.example.com/api", "CEDAR_API",
    )  # fmt: skip
    assert (link.practice_id, link.per_minute, link.poll_minutes, link.version) == (77, None, 30, 1)
    warned = [warning.value.replace("\\", "") for warning in page.warning]
    assert warned == ["Not set where this dashboard runs: CEDAR_API. Workers elsewhere may have it."]


def test_a_connection_that_cannot_work_says_where(store: Store, opens: Opens) -> None:
    load(store)
    page = opens("setup", Role.ADMIN, setup_tab="Pharmacies", setup_connection="Cedar Compounding")
    groups: Sequence[Any] = page.get("button_group")
    (adapter,) = [group for group in groups if group.proto.label == "Orders sent by"]
    page = adapter.set_value("http").run()
    (save,) = [button for button in page.button if button.label.startswith("Save the connection")]
    save.click().run()
    assert connections(store, LOCAL, CLINIC)["cedar"].link.version == 0


@pytest.mark.parametrize(
    ("case", "settings", "expected"),
    [
        ("its column counts", (), [("pharmacy:lake, in pharmacies.csv", "500", "in force")]),
        (
            "a dated row goes first",
            (Setting(scope="pharmacy:lake", name="sig_max_chars", value="400", valid_from=date(2026, 12, 1)),),
            [
                ("pharmacy:lake", "400", "in force"),
                ("pharmacy:lake, in pharmacies.csv", "500", "overridden by its dated row"),
            ],
        ),
    ],
)
def test_a_pharmacy_s_column_is_shown_beside_its_rows(
    case: str, settings: tuple[Setting, ...], expected: list[tuple[str, str, str]]
) -> None:
    lake = a_pharmacy(pharmacy="lake", name="Lakeside", sig_max_chars=500)
    context = a_context(pharmacies={"cedar": a_pharmacy(), "lake": lake}, settings=settings)
    found = rows_of(SETTINGS["sig_max_chars"], context, date(2026, 12, 4))
    assert [(row["For"], row["Value"], row["Now"]) for row in found] == expected


def test_rules_of_a_clinic_that_has_nothing_else_yet(store: Store, opens: Opens) -> None:
    load(store, Folder(clinic=a_clinic(), programs=(a_program(),)))
    shown = select(opens("setup", setup_tab="Rules"), list(SETTINGS).index("sig_max_chars"))
    assert not shown.exception
    assert "Save" in [button.label for button in shown.button]
    assert "Save the ladder" not in [button.label for button in shown.button]


def test_each_row_of_a_threshold_says_who_put_it_in_force_and_when(store: Store, opens: Opens) -> None:
    load(store)
    shown = put(select(opens("setup", setup_tab="Rules"), list(SETTINGS).index("due_window_days")), "9")
    rows = next(table.value for table in shown.dataframe if "Set by" in table.value.columns)
    assert rows.iloc[0].to_dict() == {
        "For": "clinic",
        "Value": "9",
        "From": date(2026, 12, 4),
        "Now": "in force",
        "Set by": "manager@local.demo",
        "Set at": "Fri 4 Dec, 09:00 CST",
    }


def test_licenses_that_ended_or_will_soon_are_named(store: Store, opens: Opens) -> None:
    today = date(2026, 12, 4)
    ends = {"TX": today - timedelta(days=1), "NV": today, "OK": today + timedelta(days=60)}
    held = [PharmacyLicence(pharmacy="cedar", state=state, kind=LicenceKind.STERILE, expires_on=day)
            for state, day in (ends | {"UT": today + timedelta(days=61), "ME": None}).items()]  # fmt: skip
    reference = ReferenceData(a_context(licences=tuple(held)), today)
    assert [name.rpartition("Cedar")[2].split()[-2] for _, name in ending_licenses(reference)] == ["TX", "NV", "OK"]


def test_foreign_headings_are_mapped_once_and_remembered(store: Store, opens: Opens) -> None:
    load(store)
    data = csv_bytes(["Nr", "Called"], [["P1", "Anna"]])
    shown = opens("setup", setup_tab=STORE)
    shown.file_uploader[0].upload("our list.csv", data)
    shown.run()
    choices = {box.label: box for box in shown.selectbox}
    assert not [button for button in shown.button if button.label.startswith("Load")]
    shown = choices["This file holds"].select("patients.csv").run()
    assert [info.value for info in shown.info] == ["Choose the columns with Patient\\."]
    choices = {box.label: box for box in shown.selectbox}
    choices["Patient *"].select(0)
    choices["First name"].select(1)
    shown = shown.run()
    next(button for button in shown.button if button.label.startswith("Load")).click().run()
    with store.read(CLINIC) as work:
        assert load_context(work).patients["P1"].first_name == "Anna"
    again = load_files(store, LOCAL, {"patients.csv": csv_bytes(["Nr", "Called"], [["P1", "Anne"]])}, CLINIC)
    assert len(again.changes["patients.csv"].changed) == 1


def test_an_empty_store_begins_a_clinic_from_what_is_typed(store: Store, opens: Opens) -> None:
    shown = opens("setup")
    begin = next(button for button in shown.button if button.label == "Begin this clinic")
    assert begin.disabled
    shown.text_input(key="first_name").set_value("Alder Clinic")
    shown.selectbox(key="first_state").select("AZ")
    shown = shown.multiselect(key="first_programs").select("Refill, 5 % (aggregate)").run()
    assert next(button for button in shown.button if button.label == "Begin this clinic").disabled
    shown = shown.number_input(key="first_fee_Refill, 5 % (aggregate)").set_value(250.0).run()
    shown = next(button for button in shown.button if button.label == "Begin this clinic").click().run()
    assert not shown.exception
    assert store.clinics() == ("alder-clinic",)
    with store.read("alder-clinic") as work:
        context = load_context(work)
    assert (context.clinic.time_zone, context.clinic.program) == ("America/Phoenix", ("REFILL_5",))
    assert [(row.monthly_fee_cents, row.rate) for row in context.programs] == [(250_00, Decimal("0.05"))]
    assert tab_names(shown)[0] == "Getting started"


def test_getting_started_goes_when_nothing_is_missing(store: Store, opens: Opens) -> None:
    load(store)
    with store.read(CLINIC) as work:
        held = row_counts(work)
    missing = [file for file in NEEDED if not held[file]]
    assert ("Getting started" in tab_names(opens("setup"))) is bool(missing)


def test_the_demo_alone_can_be_thrown_away_where_its_code_is_typed(store: Store, opens: Opens) -> None:
    load(store, replace(a_folder(), clinic=a_clinic(clinic="juniper")), clinic="juniper")
    shown = opens("setup", setup_tab=STORE)
    button = next(button for button in shown.button if button.label == "Throw the demo away")
    assert button.disabled
    shown = shown.text_input(key="setup_throw_away").set_value("juniper").run()
    next(button for button in shown.button if button.label == "Throw the demo away").click().run()
    assert store.clinics() == ()


def test_licenses_of_many_states_are_saved_at_once(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("setup", setup_tab="Pharmacies")
    shown.session_state["pharmacy_licences_many"] = True
    shown = shown.run()
    key = f"first_licenses_{store.data_version(CLINIC)}"
    groups: Sequence[Any] = shown.get("button_group")
    next(group for group in groups if group.proto.label == "Kinds").set_value([LicenceKind.NONSTERILE])
    shown.text_input(key=f"{key}_pasted").set_value("ME, Vermont")
    shown = shown.date_input(key=f"{key}_ends").set_value(date(2028, 6, 30)).run()
    next(button for button in shown.button if button.label == "Save 2 licenses").click().run()
    with store.read(CLINIC) as work:
        held = {(row.state, row.kind, row.expires_on) for row in load_context(work).licences}
    assert {(state, LicenceKind.NONSTERILE, date(2028, 6, 30)) for state in ("ME", "VT")} <= held
