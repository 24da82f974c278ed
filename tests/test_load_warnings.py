"""What will stop lines later is counted when the files come in (docs/formats.md)."""

from __future__ import annotations

from typing import Any

import pytest

from core.adapters.files import csv_bytes
from core.adapters.store import Store
from core.domain.roles import LOCAL
from core.services.clinic_import import load as load_files
from core.services.clinic_import import preview_load
from tests.stores import CLINIC, load

PATIENT = {
    "patient": "P9", "first_name": "Ann", "last_name": "Lowe", "born_on": "1980-01-02", "sex": "f",
    "phone": "512-555-0142", "address1": "1 Elm St", "city": "Austin", "state": "TX", "zip": "78704",
    "allergies": "none",
}  # fmt: skip
RX = {"rx": "RX9", "patient": "P1", "sku": "SEMA", "npi": "1234567893", "sig": "Inject.", "quantity": "1",
      "written_on": "2026-09-01"}  # fmt: skip
LICENCE = {"pharmacy": "cedar", "state": "NV", "kind": "sterile"}
CASES = [
    ("a sound patient", "patients.csv", PATIENT, []),
    ("no telephone number", "patients.csv", PATIENT | {"phone": "555-555-5555"},
     ["patients.csv, phone: no US telephone number in 1 row: P9"]),
    ("a ZIP code of another state", "patients.csv", PATIENT | {"zip": "02138"},
     ["patients.csv, zip: a ZIP code of another state in 1 row: P9"]),
    ("a ZIP code of a shared prefix", "patients.csv", PATIENT | {"zip": "73960"}, []),
    ("no ZIP code", "patients.csv", PATIENT | {"zip": "7870"}, ["patients.csv, zip: no ZIP code in 1 row: P9"]),
    ("no state", "patients.csv", PATIENT | {"state": "Texass"}, ["patients.csv, state: no state in 1 row: P9"]),
    ("an empty cell", "patients.csv", PATIENT | {"sex": ""},
     ["patients.csv, sex: empty, which stops every line of theirs, in 1 row: P9"]),
    ("allergies not known", "patients.csv", PATIENT | {"allergies": ""},
     ["patients.csv, allergies: not known (write none where there are none) in 1 row: P9"]),
    ("born tomorrow", "patients.csv", PATIENT | {"born_on": "D+1"},
     ["patients.csv, born_on: a day in the future in 1 row: P9"]),
    ("born today", "patients.csv", PATIENT | {"born_on": "D-0"}, []),
    ("written tomorrow", "prescriptions.csv", RX | {"written_on": "D+1"},
     ["prescriptions.csv, written_on: a day in the future in 1 row: RX9"]),
    ("no directions", "prescriptions.csv", RX | {"sig": ""}, ["prescriptions.csv, sig: no directions in 1 row: RX9"]),
    ("a check digit", "prescribers.csv", {"npi": "1234567890", "first_name": "Ada", "last_name": "Okafor"},
     ["prescribers.csv, npi: a wrong check digit in 1 row: 1234567890"]),
    ("a DEA number", "prescriber_licences.csv", {"npi": "1234567893", "state": "NV", "dea_number": "AB1234567"},
     ["prescriber_licences.csv, dea_number: a wrong check digit in 1 row: 1234567893 NV"]),
    ("a license that ended yesterday", "pharmacy_licences.csv", LICENCE | {"expires_on": "D-1"},
     ["pharmacy_licences.csv, expires_on: a license that has ended in 1 row: cedar NV sterile"]),
    ("a license that ends today", "pharmacy_licences.csv", LICENCE | {"expires_on": "D-0"},
     ["pharmacy_licences.csv, expires_on: a license that ends within 60 days in 1 row: cedar NV sterile"]),
    ("a license that ends in 60 days", "pharmacy_licences.csv", LICENCE | {"expires_on": "D+60"},
     ["pharmacy_licences.csv, expires_on: a license that ends within 60 days in 1 row: cedar NV sterile"]),
    ("a license that ends in 61 days", "pharmacy_licences.csv", LICENCE | {"expires_on": "D+61"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("case", "file", "cells", "warnings"), CASES, ids=[row[0] for row in CASES])
def test_what_will_stop_lines_is_said_before_and_after_loading(
    store: Store, case: str, file: str, cells: dict[str, str], warnings: list[str]
) -> None:
    load(store)
    files: dict[str, Any] = {file: csv_bytes(list(cells), [list(cells.values())])}
    assert [str(warning) for warning in preview_load(store, LOCAL, files, CLINIC).warnings] == warnings
    assert [str(warning) for warning in load_files(store, LOCAL, files, CLINIC).warnings] == warnings
    assert load_files(store, LOCAL, files, CLINIC).warnings == ()


def test_many_rows_are_counted_and_the_first_named(store: Store) -> None:
    load(store)
    rows = [[f"Q{number}", str(number), *["555-555-5555", *list(PATIENT.values())[6:]]] for number in range(1, 6)]
    columns = ["patient", "first_name", "phone", *list(PATIENT)[6:]]
    preview = preview_load(store, LOCAL, {"patients.csv": csv_bytes(columns, rows)}, CLINIC)
    assert "patients.csv, phone: no US telephone number in 5 rows: Q1, Q2, Q3 ..." in map(str, preview.warnings)
