"""One row of a clinic's file added or changed, a load previewed, and what the audit trail says of both."""

from __future__ import annotations

from datetime import date

import pytest

from core.adapters.files import FILES, csv_bytes
from core.adapters.store import Store
from core.domain.errors import BadInput, NotAllowed, Refused, Stale
from core.domain.model import Role
from core.domain.roles import LOCAL, Person
from core.services.audit_trail import audit_trail, verify_audit
from core.services.clinic_import import RowChange, preview_load, save_row, save_rows
from core.services.clinic_import import load as load_files
from core.services.contexts import load_context
from tests.stores import CLINIC, a_folder, load

MIA = Person("mia@clinic.test", "Mia", Role.MANAGER)
SAM = Person("sam@clinic.test", "Sam", Role.STAFF)
PATIENT = {
    column.name: column.written(getattr(a_folder().patients[0], column.field))
    for column in FILES["patients.csv"].columns
}


@pytest.fixture
def clinic(store: Store) -> Store:
    load(store)
    return store


def patients(store: Store) -> dict[str, tuple[str, str]]:
    with store.read(CLINIC) as work:
        return {row.patient: (row.first_name, row.phone) for row in load_context(work).patients.values()}


def audited(store: Store) -> list[tuple[str, str, object, object]]:
    return [(entry.action, entry.subject, entry.before, entry.after) for entry in audit_trail(store, LOCAL, CLINIC)]


def test_a_changed_row_is_audited_with_the_values_that_differ(clinic: Store) -> None:
    before = patients(clinic)["P1"][1]
    assert save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"phone": "512-555-0199"}, PATIENT)
    assert patients(clinic)["P1"][1] == "512-555-0199"
    assert audited(clinic) == [("change row", "patients.csv P1", {"phone": before}, {"phone": "512-555-0199"})]


def test_a_row_saved_as_it_was_changes_nothing(clinic: Store) -> None:
    assert not save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT, PATIENT)
    assert audited(clinic) == []


def test_a_new_row_is_added_and_audited_whole(clinic: Store) -> None:
    assert save_row(clinic, MIA, CLINIC, "closures.csv", {"pharmacy": "cedar", "date": "2026-12-25"}, None)
    assert save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"patient": "P2"}, None)
    row, closure = audited(clinic)
    assert closure == ("add rows", "file closures.csv", None, {"value": "1 added: cedar 2026-12-25"})
    assert (row[:3], row[3]["first_name"]) == (("add row", "patients.csv P2", None), "Ana")  # type: ignore[index]
    assert verify_audit(clinic, CLINIC).problem is None


def test_a_new_row_that_is_there_already_is_refused(clinic: Store) -> None:
    with pytest.raises(Refused, match=r"^patients\.csv has this row already; choose it to change it\.$"):
        save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"phone": ""}, None)
    assert audited(clinic) == []


def test_what_somebody_changed_first_is_told_and_kept(clinic: Store) -> None:
    save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"phone": "512-555-0101"}, PATIENT)
    with pytest.raises(Stale) as refused:
        save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"first_name": "Anna"}, PATIENT)
    assert str(refused.value) == (
        "Somebody changed phone of this row of patients.csv first. Look at it, then save again."
    )
    assert refused.value.now == {"phone": "512-555-0101"}
    assert patients(clinic)["P1"] == ("Ana", "512-555-0101")


def test_a_bad_cell_says_which_and_nothing_is_written(clinic: Store) -> None:
    with pytest.raises(BadInput) as refused:
        save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"born_on": "Jan 1975"}, PATIENT)
    assert str(refused.value) == "patients.csv, born_on “Jan 1975”: is not a date; write it as 2026-12-04"
    assert audited(clinic) == []


def test_a_row_that_refers_to_nothing_is_refused(clinic: Store) -> None:
    with pytest.raises(BadInput, match=r"^closures\.csv, pharmacy “gone”: is not in pharmacies\.csv or the store$"):
        save_row(clinic, MIA, CLINIC, "closures.csv", {"pharmacy": "gone", "date": "2026-12-25"}, None)


def test_the_clinic_itself_is_a_row(clinic: Store) -> None:
    (row,) = a_folder().clinics
    cells = {column.name: column.written(getattr(row, column.field)) for column in FILES["clinic.csv"].columns}
    assert save_row(clinic, MIA, CLINIC, "clinic.csv", cells | {"city": "Austin-West"}, cells)
    with clinic.read(CLINIC) as work:
        assert load_context(work).clinic.city == "Austin-West"
    with pytest.raises(BadInput, match="is another clinic than demo"):
        save_row(clinic, MIA, CLINIC, "clinic.csv", cells | {"clinic": "other"}, cells)


def test_a_cell_that_looks_like_a_formula_stays_what_was_typed(clinic: Store) -> None:
    save_row(clinic, MIA, CLINIC, "patients.csv", PATIENT | {"phone": "+1 512 555 0107"}, PATIENT)
    assert patients(clinic)["P1"][1] == "+1 512 555 0107"


def test_a_threshold_is_no_row_of_a_file(clinic: Store) -> None:
    with pytest.raises(Refused, match=r"^settings\.csv is not changed row by row; on Setup, Rules has its values\.$"):
        save_row(clinic, MIA, CLINIC, "settings.csv", {"scope": "clinic", "name": "day_price", "value": "1"}, None)


def test_staff_are_refused(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        save_row(clinic, SAM, CLINIC, "patients.csv", PATIENT, PATIENT)
    with pytest.raises(NotAllowed):
        preview_load(clinic, SAM, {"patients.csv": b""}, CLINIC)


def upload(*rows: dict[str, str]) -> dict[str, bytes]:
    return {"patients.csv": csv_bytes(list(rows[0]), [list(row.values()) for row in rows])}


def test_a_preview_says_what_a_load_would_change_and_writes_nothing(clinic: Store) -> None:
    files = upload(PATIENT | {"phone": "512-555-0199"}, PATIENT | {"patient": "P2", "first_name": "Bea"})
    before = patients(clinic)
    change = preview_load(clinic, MIA, files, CLINIC).changes["patients.csv"]
    assert ([row["patient"] for row in change.added], len(change.changed), change.same) == (["P2"], 1, 0)
    assert patients(clinic) == before
    assert audited(clinic) == []
    assert load_files(clinic, MIA, files, CLINIC).changes["patients.csv"] == change


def test_a_load_is_audited_with_every_row_that_it_changed(clinic: Store) -> None:
    before = patients(clinic)["P1"][1]
    load_files(clinic, MIA, upload(PATIENT | {"phone": ""}, PATIENT | {"patient": "P2"}), CLINIC)
    assert sorted(audited(clinic), key=lambda entry: entry[0]) == [
        ("change row", "patients.csv P1", {"phone": before}, {"phone": ""}),
        ("load files", "demo", None, {"patients.csv": 2}),
    ]


def test_the_first_clinic_of_an_empty_store_is_previewed_whole(store: Store) -> None:
    files = {"clinic.csv": csv_bytes(["clinic", "name", "state", "time_zone", "program"],
                                     [["new", "New", "TX", "America/Chicago", "FREE"]]),
             "programs.csv": csv_bytes(["program", "kind", "monthly_fee", "rate", "valid_from"],
                                       [["FREE", "pass-through", "0", "0.15", "2026-01-01"]])}  # fmt: skip
    preview = preview_load(store, MIA, files)
    assert (preview.clinic, [len(change.added) for change in preview.changes.values()]) == ("new", [1, 1])
    assert store.clinics() == ()


def closure(day: str) -> RowChange:
    return RowChange({"pharmacy": "cedar", "date": day}, None)


def test_many_rows_are_saved_all_or_none(clinic: Store) -> None:
    assert save_rows(clinic, MIA, CLINIC, "closures.csv", [closure("2026-12-25"), closure("2026-12-26")]) == 2
    with pytest.raises(BadInput) as bad:
        save_rows(clinic, MIA, CLINIC, "closures.csv", [closure("2027-01-01"), closure("never")])
    assert [(cell.row, cell.column) for cell in bad.value.errors] == [(3, "date")]
    with pytest.raises(Refused, match="has this row already"):
        save_rows(clinic, MIA, CLINIC, "closures.csv", [closure("2027-01-01"), closure("2026-12-25")])
    with clinic.read(CLINIC) as work:
        assert {day for _, day in load_context(work).closures} >= {date(2026, 12, 25), date(2026, 12, 26)}
        assert date(2027, 1, 1) not in {day for _, day in load_context(work).closures}


def test_a_key_that_was_changed_in_a_grid_makes_no_second_row(clinic: Store) -> None:
    with pytest.raises(Refused, match=r"The patient of a row of patients\.csv stays as it is"):
        save_rows(clinic, MIA, CLINIC, "patients.csv", [RowChange(PATIENT | {"patient": "P9"}, PATIENT)])
