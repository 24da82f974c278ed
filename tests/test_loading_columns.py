"""A file that leaves columns out, or cells empty: nothing is wiped by absence, what is cleared is counted and asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from core.adapters.files import FILES, csv_bytes, read_folder
from core.adapters.store import Store, save_folder
from core.adapters.store.folders import known_keys
from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.roles import LOCAL
from core.services.clinic_export import folder_of
from core.services.clinic_import import SAFEGUARDS, preview_load
from core.services.clinic_import import load as load_files
from core.services.contexts import load_context
from tests.stores import CLINIC
from tests.stores import load as load_clinic
from tests.test_demo_history import DEMO

TODAY = date(2026, 11, 20)
RX = {"rx": "RX1", "patient": "P1", "sku": "SEMA", "npi": "1234567893", "quantity": "1", "written_on": "2026-09-01"}


@pytest.fixture
def clinic(store: Store) -> Store:
    load_clinic(store)
    return store


def stored(store: Store, clinic: str = CLINIC) -> Context:
    with store.read(clinic) as work:
        return load_context(work)


def one_row(file: str, cells: Mapping[str, str]) -> dict[str, bytes]:
    return {file: csv_bytes(list(cells), [list(cells.values())])}


def rx(store: Store) -> dict[str, Any]:
    return stored(store).prescriptions["RX1"].model_dump()


def test_no_column_that_a_file_leaves_out_is_cleared(store: Store) -> None:
    """Every file of the demo clinic again, with its required columns alone."""
    folder = read_folder(DEMO, TODAY)
    store.write("juniper", lambda work: save_folder(work, folder), new=True)
    before = stored(store, "juniper")
    exported, files = folder_of(before), {}
    for name, file in FILES.items():
        columns = [column for column in file.columns if column.required or column.name in file.key]
        rows = [[column.written(getattr(row, column.field)) for column in columns] for row in exported.rows(name)]
        files[name] = csv_bytes([column.name for column in columns], rows)
    loaded = load_files(store, LOCAL, {name: data for name, data in files.items() if data.count(b"\n") > 1})
    assert stored(store, "juniper") == before
    assert {file: (len(each.added), len(each.changed), each.cleared) for file, each in loaded.changes.items()} == {
        file: (0, 0, {}) for file in loaded.changes
    }
    assert len(loaded.changes) >= 12


def test_an_export_without_stop_and_fill_columns_keeps_both(clinic: Store) -> None:
    load_files(clinic, LOCAL, one_row("prescriptions.csv", RX | {"stopped_on": "2026-11-01", "stop_reason": "nausea"}))
    before = rx(clinic)
    load_files(clinic, LOCAL, one_row("prescriptions.csv", RX | {"sig": "Inject 0.5 mg subcutaneously once weekly."}))
    assert rx(clinic) == before | {"sig": "Inject 0.5 mg subcutaneously once weekly."}
    assert before["stopped_on"] == date(2026, 11, 1)
    assert before["last_filled_on"] is not None


def test_a_price_update_keeps_the_schedule(clinic: Store) -> None:
    sku = stored(clinic).skus["SEMA"]
    cells = {column.name: column.written(getattr(sku, column.field)) for column in FILES["skus.csv"].columns}
    load_files(clinic, LOCAL, one_row("skus.csv", cells | {"dea_schedule": "III"}))
    required = {column.name for column in FILES["skus.csv"].columns if column.required}
    load_files(clinic, LOCAL, one_row("skus.csv", {name: cells[name] for name in required} | {"patient_price": "99"}))
    assert stored(clinic).skus["SEMA"].dea_schedule == "III"


def test_an_empty_cell_clears_and_is_counted(clinic: Store) -> None:
    loaded = load_files(clinic, LOCAL, one_row("patients.csv", {"patient": "P1", "phone": "", "email": ""}))
    (difference,) = loaded.changes.values()
    assert (len(difference.changed), difference.cleared) == (1, {"phone": 1})
    assert stored(clinic).patients["P1"].phone == ""


@pytest.mark.parametrize(
    ("file", "column", "value"),
    [
        ("prescriptions.csv", "stopped_on", "2026-11-01"),
        ("prescriptions.csv", "last_filled_on", "2026-11-06"),
        ("prescriptions.csv", "fills", "3"),
        ("patients.csv", "allergies", "latex"),
        ("patients.csv", "active", "no"),
    ],
)
def test_what_stops_lines_is_cleared_where_that_is_meant(clinic: Store, file: str, column: str, value: str) -> None:
    key = RX if file == "prescriptions.csv" else {"patient": "P1"}
    load_files(clinic, LOCAL, one_row(file, key | {column: value}))
    before = stored(clinic)
    empty = one_row(file, key | {column: ""})
    assert preview_load(clinic, LOCAL, empty, CLINIC).changes[file].cleared == {column: 1}
    with pytest.raises(Refused, match=rf"^Empty cells would clear {column} of 1 rows in {file}\."):
        load_files(clinic, LOCAL, empty)
    assert stored(clinic) == before
    load_files(clinic, LOCAL, empty, clear=True)
    assert stored(clinic) != before


def test_stock_that_is_told_without_a_time_is_of_now(clinic: Store) -> None:
    offer = stored(clinic).offers[0]
    named = ("pharmacy", "sku", "unit_cost", "valid_from")
    columns = [column for column in FILES["offers.csv"].columns if column.name in named]
    cells = {column.name: column.written(getattr(offer, column.field)) for column in columns}
    load_files(clinic, LOCAL, one_row("offers.csv", cells | {"stock": "7", "stock_at": "2026-11-01 08:00"}))
    load_files(clinic, LOCAL, one_row("offers.csv", cells | {"stock": "5"}))
    told = stored(clinic).offers[0]
    with clinic.read(CLINIC) as work:
        assert (told.stock, told.stock_at) == (5, work.now())
    load_files(clinic, LOCAL, one_row("offers.csv", cells))
    assert stored(clinic).offers[0] == told


def test_every_safeguard_is_a_column_that_may_be_empty() -> None:
    for file, fields in SAFEGUARDS.items():
        may = {column.field for column in FILES[file].columns if not column.required}
        assert fields <= may, file


def test_a_new_row_still_takes_the_defaults(clinic: Store) -> None:
    load_files(clinic, LOCAL, one_row("patients.csv", {"patient": "P7", "first_name": "Noor"}))
    row = stored(clinic).patients["P7"]
    assert (row.first_name, row.active, row.allergies) == ("Noor", True, None)
    with clinic.read(CLINIC) as work:
        assert "P7" in known_keys(work)["patients.csv"]


def test_stock_is_never_told_later_than_now(clinic: Store) -> None:
    """What is ordered between now and then would not be taken from it."""
    with clinic.read(CLINIC) as work:
        now = work.now()
    cells = {"pharmacy": "cedar", "sku": "SEMA", "unit_cost": "100", "valid_from": "2026-01-01", "stock": "2"}
    later = (now + timedelta(hours=2)).isoformat()
    load_files(clinic, LOCAL, one_row("offers.csv", cells | {"stock_at": later}))
    offer = next(row for row in stored(clinic).offers if row.valid_from == date(2026, 1, 1))
    assert (offer.stock, offer.stock_at) == (2, now)
