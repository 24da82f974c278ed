"""A clinic's folder loads whole or not at all, and says of each bad row where it is (docs/formats.md)."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from core.adapters.files import FILES, read_files, read_folder
from core.domain.errors import BadInput

TODAY = date(2026, 12, 4)
SKUS = b"sku,name,sterile,cold_chain\nS,Sema,yes,yes\n"
PHARMACIES = (
    b"pharmacy,name,state,time_zone,cutoff,ship_days,cold_ship_days,processing_days,transit_days,cold_transit_days,"
    b"ambient_fee,cold_fee\ncedar,Cedar,TX,America/Chicago,13:00,Mon,Mon,1,2,1,9,20\n"
)
OFFERS = b"pharmacy,sku,unit_cost,valid_from\ncedar,S,100,2026-01-01\n"


def refused(files: dict[str, bytes], **stored: object) -> list[str]:
    """Every error of a folder that must not load, as people read it."""
    with pytest.raises(BadInput) as caught:
        read_files(files, TODAY, **stored)  # type: ignore[arg-type]
    return [str(error) for error in caught.value.errors]


def test_a_folder_is_typed_and_counted() -> None:
    folder = read_files({"skus.csv": SKUS, "pharmacies.csv": PHARMACIES, "offers.csv": OFFERS}, TODAY)
    assert folder.counts() == {"skus.csv": 1, "pharmacies.csv": 1, "offers.csv": 1}
    assert folder.offers[0].unit_cost_cents == 100_00
    assert folder.warnings == ()


def test_every_file_is_optional_but_not_all() -> None:
    assert refused({"notes.txt": b"hello"}) == [f"folder: holds none of {', '.join(FILES)}"]


SHAPES = [
    ("nothing at all", b"", "skus.csv: is empty; its first row names the columns sku, name, "),
    ("Latin-1", b"sku,name,sterile,cold_chain\nS,Caf\xe9,yes,no\n",
     "skus.csv, row 2: is not UTF-8 text; save it as “CSV UTF-8”"),
    ("half of UTF-16", "sku,name".encode("utf-16")[:-1],
     "skus.csv, row 1: is not UTF-8 text; save it as “CSV UTF-8”"),
    ("a NUL", b"sku,name,sterile,cold_chain\nS,\0,yes,no\n",
     "skus.csv, row 2: holds a NUL character; it is no text file, or is damaged"),
    ("a missing column", b"sku,name,sterile\nS,Sema,yes\n",
     "skus.csv, row 1, cold_chain: this required column is missing"),
    ("bars", b"sku|name|sterile|cold_chain\n", "skus.csv, row 1, sku: this required column is missing"),
    ("a column twice", b"sku,name,sterile,cold_chain,Name\n", "skus.csv, row 1, Name: this column stands there twice"),
    ("more cells than columns", SKUS + b"T,Tirz, 10 mg,yes,yes\n",
     "skus.csv, row 3: has 5 cells, the header 4; a cell with a comma needs quotation marks"),
    ("an open quotation mark", SKUS + b'T,"Tirz,yes,yes\n',
     "skus.csv, row 3: cannot be read as CSV from here on (unexpected end of data); a quotation mark may be missing"),
    ("too few cells", SKUS + b"T,Tirz,yes\n", "skus.csv, row 3, cold_chain: is required and empty"),
    ("the same key twice", SKUS + b"S,Sema again,yes,no\n", "skus.csv, row 3, sku “S”: repeats row 2"),
    ("too large", b"x" * (10 * 1024 * 1024 + 1), "skus.csv: is 10 MB; a file may have 10 MB, so split it"),
    ("too many rows", SKUS + b"".join(b"%d,n,no,no\n" % n for n in range(100_000)),
     "skus.csv, row 100002: a file may have 100,000 rows, so split it"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "data", "error"), SHAPES, ids=[row[0] for row in SHAPES])
def test_a_file_without_a_readable_shape(case: str, data: bytes, error: str) -> None:
    assert refused({"skus.csv": data})[0].startswith(error)


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("a byte-order mark", b"\xef\xbb\xbf" + SKUS),
        ("lines as Windows ends them", SKUS.replace(b"\n", b"\r\n")),
        ("columns in another order and case", b"Cold_Chain, NAME ,sku,sterile\nyes,Sema,S,yes\n"),
        ("blank rows", b"\n" + SKUS.replace(b"\nS", b"\n,,,\n\nS")),
        ("commas at the end", b"sku,name,sterile,cold_chain,,\nS,Sema,yes,yes,,\n"),
    ],
)
def test_the_same_rows_written_otherwise(case: str, data: bytes) -> None:
    assert read_files({"skus.csv": data}, TODAY) == read_files({"skus.csv": SKUS}, TODAY)


def test_a_row_number_is_the_spreadsheets() -> None:
    data = b'\nsku,name,sterile,cold_chain\n\nS,"Sema\nglutide",yes,yes\n\nT,Tirz,yes,perhaps\n'
    assert refused({"skus.csv": data}) == ["skus.csv, row 6, cold_chain “perhaps”: must be yes or no"]


def test_every_bad_cell_of_every_file_is_told() -> None:
    files = {
        "skus.csv": SKUS + b"T,,maybe,yes\n",
        "pharmacies.csv": b"pharmacy\ncedar\n",
        "offers.csv": OFFERS + b"cedar,U,-1,never\ncedar,T,5,2026-02-30\n",
    }
    assert refused(files)[-6:] == [
        "skus.csv, row 3, name: is required and empty",
        "skus.csv, row 3, sterile “maybe”: must be yes or no",
        "offers.csv, row 3, unit_cost “-1”: cannot be negative",
        "offers.csv, row 3, valid_from “never”: is not a date; write it as 2026-12-04",
        "offers.csv, row 4, valid_from “2026-02-30”: is not a day in the calendar; write a date as 2026-12-04",
        "offers.csv, row 3, sku “U”: is not in skus.csv or the store",
    ]


def test_an_unknown_column_or_file_is_a_warning() -> None:
    folder = read_files(
        {"skus.csv": b"sku,name,sterile,cold_chain,colour\nS,Sema,yes,yes,red\n", "patient.csv": b""}, TODAY
    )
    assert [str(warning) for warning in folder.warnings] == [
        "patient.csv: is not a file of a clinic's folder; it was not read",
        "skus.csv, row 1, colour: is not a column of this file; it was not read",
    ]
    assert folder.counts() == {"skus.csv": 1}


REFERENCES = [
    ("a SKU", {"offers.csv": b"pharmacy,sku,unit_cost,valid_from\ncedar,T,1,2026-01-01\n"},
     "offers.csv, row 2, sku “T”: is not in skus.csv or the store"),
    ("a pharmacy", {"closures.csv": b"pharmacy,date\noak,2026-12-25\n"},
     "closures.csv, row 2, pharmacy “oak”: is not in pharmacies.csv or the store"),
    ("one of a list", {"clinic.csv": b"clinic,name,state,time_zone,program\nj,J,TX,America/Chicago,FREE;PAID\n"},
     "clinic.csv, row 2, program “PAID”: is not in programs.csv or the store"),
    ("a setting's pharmacy", {"settings.csv": b"scope,name,value,valid_from\npharmacy:oak,sig_max_chars,500,D-1\n"},
     "settings.csv, row 2, scope “pharmacy:oak”: is not in pharmacies.csv or the store"),
    ("a prescriber", {"prescriber_licences.csv": b"npi,state\n1234567893,TX\n"},
     "prescriber_licences.csv, row 2, npi “1234567893”: is not in prescribers.csv or the store"),
]  # fmt: skip
KNOWN = {"programs.csv": {"FREE"}, "pharmacies.csv": {"cedar"}, "skus.csv": {"S"}}


@pytest.mark.parametrize(("case", "files", "error"), REFERENCES, ids=[row[0] for row in REFERENCES])
def test_a_row_that_refers_to_nothing(case: str, files: dict[str, bytes], error: str) -> None:
    found = refused(files, known_keys=KNOWN)
    assert [line.replace("scope “oak”", "scope “pharmacy:oak”") for line in found] == [error]


def test_a_row_may_refer_to_the_store() -> None:
    assert read_files({"offers.csv": OFFERS}, TODAY, known_keys=KNOWN).counts() == {"offers.csv": 1}


def test_nothing_is_said_of_rows_that_refer_to_an_unreadable_file() -> None:
    files = {"skus.csv": b"\xff", "pharmacies.csv": PHARMACIES, "offers.csv": OFFERS}
    assert refused(files) == ["skus.csv, row 1: is not UTF-8 text; save it as “CSV UTF-8”"]


def test_a_price_row_with_a_new_day_is_history_and_the_same_day_twice_is_bad() -> None:
    known = {"skus.csv": {"S"}, "pharmacies.csv": {"cedar"}}
    newer = OFFERS + b"cedar,S,90,2026-06-01\n"
    assert len(read_files({"offers.csv": newer}, TODAY, known_keys=known).offers) == 2
    assert refused({"offers.csv": newer + b"cedar,S,80,D-337\n"}, known_keys=known) == [
        "offers.csv, row 4, pharmacy, sku, valid_from “cedar, S, 2026-01-01”: repeats row 2"
    ]


def test_one_folder_loads_one_clinic() -> None:
    clinics = b"clinic,name,state,time_zone,program\nj,J,TX,America/Chicago,FREE\nk,K,TX,America/Chicago,FREE\n"
    assert refused({"clinic.csv": clinics}, known_keys=KNOWN) == [
        "clinic.csv, row 3, clinic “k”: one folder loads one clinic"
    ]


def zipped(**files: bytes) -> bytes:
    """A ZIP file as a person's computer makes it, with a folder and the system's own litter."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"clinic/{name}.csv", data)
        archive.writestr("__MACOSX/clinic/._skus.csv", b"\0")
    return out.getvalue()


def test_a_folder_a_zip_file_and_uploads_are_the_same(tmp_path: Path) -> None:
    for name, data in (
        ("skus.csv", SKUS),
        ("Pharmacies.CSV", PHARMACIES),
        ("README.md", b"hello"),
        ("faults.csv", b"x"),
    ):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "clinic.zip").write_bytes(zipped(skus=SKUS, pharmacies=PHARMACIES))
    uploaded = read_files({"skus.csv": SKUS, "pharmacies.csv": PHARMACIES}, TODAY)
    assert read_folder(tmp_path, TODAY) == uploaded
    assert read_folder(tmp_path / "clinic.zip", TODAY) == uploaded


def test_a_large_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    with (tmp_path / "skus.csv").open("wb") as large:
        large.truncate(200 * 1024 * 1024)
    with pytest.raises(BadInput, match=r"skus\.csv: is 200 MB; a file may have 10 MB, so split it"):
        read_folder(tmp_path, TODAY)


ZIPS = [
    ("no ZIP file", b"PK", "a.zip: is not an XLSX workbook or a ZIP archive, or is protected by a password"),
    ("a large member", zipped(skus=b"x" * 11 * 1024 * 1024), "skus.csv: is 11 MB; a file may have 10 MB, so split it"),
    ("a large archive", zipped(a=b"x" * 101 * 1024 * 1024), "a.zip: unpacks to more than 100 MB; split it"),
]


@pytest.mark.parametrize(("case", "data", "error"), ZIPS, ids=[row[0] for row in ZIPS])
def test_a_zip_file_that_is_refused(case: str, data: bytes, error: str) -> None:
    assert refused({"a.zip": data}) == [error]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere: cannot be opened \(No such file or directory\)"):
        read_folder(tmp_path / "nowhere", TODAY)


@pytest.mark.parametrize(
    ("case", "data"),
    [
        ("semicolons", b"sku;name;sterile;cold_chain\nS;Sema, 2 mL;yes;no\n"),
        ("tabs", b"sku\tname\tsterile\tcold_chain\nS\tSema, 2 mL\tyes\tno\n"),
        ("as Excel tells it", b"sep=;\r\nsku;name;sterile;cold_chain\r\nS;Sema, 2 mL;yes;no\r\n"),
        ("a comma in a quoted heading", b'sku;"name";sterile;cold_chain\nS;"Sema, 2 mL";yes;no\n'),
        ("UTF-16", 'sku,name,sterile,cold_chain\nS,"Sema, 2 mL",yes,no\n'.encode("utf-16")),
        ("a carriage return that Excel wrote out", b'sku,name,sterile,cold_chain\nS,"Sema, 2 mL_x000D_",yes,no\n'),
    ],
)
def test_other_separators_and_encodings_are_read(case: str, data: bytes) -> None:
    (sku,) = read_files({"skus.csv": data}, TODAY).skus
    assert (sku.sku, sku.name, sku.sterile, sku.cold_chain) == ("S", "Sema, 2 mL", True, False)


def test_dates_of_a_column_are_read_in_the_order_that_all_of_them_fit() -> None:
    rows = b"patient,born_on\nP1,11/25/1980\nP2,4/5/1971\n"
    folder = read_files({"patients.csv": rows}, TODAY)
    assert [patient.born_on for patient in folder.patients] == [date(1980, 11, 25), date(1971, 4, 5)]
    (warning,) = folder.warnings
    assert str(warning) == "patients.csv, born_on “11/25/1980”: its dates were read as month, day, year"
    with pytest.raises(BadInput) as refused:
        read_files({"patients.csv": b"patient,born_on\nP1,11/25/1980\nP2,25/11/1971\n"}, TODAY)
    assert len(refused.value.errors) == 2


def test_an_archive_made_on_windows_is_read() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("clinic\\patients.csv", b"patient\nP1\n")
    assert [patient.patient for patient in read_files({"clinic.zip": data.getvalue()}, TODAY).patients] == ["P1"]


def a_workbook(**sheets: list[list[object]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


PATIENTS: list[list[object]] = [
    ["patient", "first_name", "phone"],
    ["P1", "Ann", "512-555-0101"],
    ["P2", "Bob", "512-555-0102"],
]


def test_hidden_rows_and_columns_are_not_read_and_that_is_said() -> None:
    book = a_workbook(People=[*PATIENTS, ["P3", "Cleo", "512-555-0103"]])
    book["People"].row_dimensions[3].hidden = True
    book["People"].column_dimensions["C"].hidden = True
    folder = read_files({"patients.xlsx": saved(book)}, TODAY)
    assert [(patient.patient, patient.phone) for patient in folder.patients] == [("P1", ""), ("P3", "")]
    assert [str(warning) for warning in folder.warnings] == [
        "patients.xlsx: sheet “People” has 1 hidden row: not read",
        "patients.xlsx: sheet “People” has 1 hidden column: not read",
    ]


def test_of_several_sheets_the_one_whose_headings_fit_is_read() -> None:
    book = a_workbook(Cover=[["Juniper Clinic"], ["Patients of November"]], People=PATIENTS, Old=PATIENTS[:2])
    book["Old"].sheet_state = "hidden"
    folder = read_files({"patients.xlsx": saved(book)}, TODAY)
    assert [patient.patient for patient in folder.patients] == ["P1", "P2"]
    (warning,) = folder.warnings
    assert str(warning) == "patients.xlsx: sheet “People” was read; not read: “Cover”"


CUT_ZIP_CODES = [
    ("a zero lost", "2138", "MA", "02138"),
    ("two zeros lost", "601", "PR", "00601"),
    ("nine digits without the first", "2138-1234", "MA", "02138-1234"),
    ("nine digits in one number", "21381234", "Massachusetts", "02138-1234"),
    ("of another state", "2138", "TX", "2138"),
    ("no state", "2138", "", "2138"),
    ("a whole one", "78704", "TX", "78704"),
    ("two digits", "21", "MA", "21"),
]


@pytest.mark.parametrize(("case", "text", "state", "zip_code"), CUT_ZIP_CODES, ids=[row[0] for row in CUT_ZIP_CODES])
def test_the_zeros_of_a_zip_code_come_back_where_the_state_says_so(
    case: str, text: str, state: str, zip_code: str
) -> None:
    folder = read_files({"patients.csv": f"patient,state,zip\nP1,{state},{text}\n".encode()}, TODAY)
    assert folder.patients[0].zip == zip_code
    restored = "patients.csv, zip: zeros in front were restored in 1 row, as the state says"
    assert [str(warning) for warning in folder.warnings] == ([restored] if zip_code != text else [])


REFILL = b"rx,patient,sku,npi,quantity,written_on\n1,1001,S,1234567893,1,2026-09-01\n"
BARE_CODES = [
    ("of one stored code", {"01001"}, "01001"),
    ("a code by itself", {"01001", "1001"}, "1001"),
    ("of two codes", {"01001", "001001"}, None),
    ("of none", {"P1"}, None),
]


@pytest.mark.parametrize(("case", "stored", "patient"), BARE_CODES, ids=[row[0] for row in BARE_CODES])
def test_the_zeros_of_a_code_come_back_where_one_code_alone_fits(
    case: str, stored: set[str], patient: str | None
) -> None:
    known = {"patients.csv": stored, "skus.csv": {"S"}, "prescribers.csv": {"1234567893"}}
    if patient is None:
        (error,) = refused({"prescriptions.csv": REFILL}, known_keys=known)
        assert error.startswith("prescriptions.csv, row 2, patient “1001”: is not in patients.csv or the store")
        assert error.endswith("; 001001 or 01001 differs from it in capitals, spaces or leading zeros alone") is (
            "001001" in stored
        )
        return
    folder = read_files({"prescriptions.csv": REFILL}, TODAY, known_keys=known)
    assert folder.prescriptions[0].patient == patient
    restored = "prescriptions.csv, patient: zeros in front were restored in 1 row, as the code stands elsewhere"
    assert [str(warning) for warning in folder.warnings] == ([restored] if patient != "1001" else [])


def test_a_stored_patient_whose_code_lost_its_zero_is_no_second_one() -> None:
    known = {"patients.csv": {"01001"}, "skus.csv": {"S"}, "prescribers.csv": {"1234567893"}}
    files = {"patients.csv": b"patient,first_name\n1001,Ada\n", "prescriptions.csv": REFILL}
    folder = read_files(files, TODAY, known_keys=known)
    assert (folder.patients[0].patient, folder.prescriptions[0].patient) == ("01001", "01001")
    both = {"patients.csv": b"patient,first_name\n1001,Ada\n01001,Bea\n"}
    assert [error.partition(" alone; ")[2] for error in refused(both, known_keys=known)] == ["write it as 01001"]


def test_zeros_that_a_number_format_shows_are_part_of_the_cell() -> None:
    book = a_workbook(People=[["patient", "zip", "phone"], [7, 2138, 5125550142], [8, 21381234, 5]])
    page = book["People"]
    for row in (2, 3):
        page.cell(row, 1).number_format = "000000"
    page["B2"].number_format, page["B3"].number_format = "00000", "00000-0000"
    folder = read_files({"patients.xlsx": saved(book)}, TODAY)
    assert [(row.patient, row.zip, row.phone) for row in folder.patients] == [
        ("000007", "02138", "5125550142"),
        ("000008", "02138-1234", "5"),
    ]


def test_titles_above_the_headings_are_passed_over_and_said() -> None:
    data = b"Juniper Clinic; patients\n\npatient;first_name\nP1;Ada, called Ad\n"
    folder = read_files({"patients.csv": data}, TODAY)
    assert [(row.patient, row.first_name) for row in folder.patients] == [("P1", "Ada, called Ad")]
    assert [str(warning) for warning in folder.warnings] == [
        "patients.csv, row 1: stands above the headings and was not read: Juniper Clinic patients"
    ]


def test_text_is_read_whatever_its_name_and_a_formula_may_keep_a_zero() -> None:
    folder = read_files({"patients.xls": b'patient\tfirst_name\n="01001"\tAda\n'}, TODAY)
    assert [(row.patient, row.first_name) for row in folder.patients] == [("01001", "Ada")]


def test_a_reference_that_nearly_is_a_code_says_which() -> None:
    known = {"patients.csv": {"P-1001"}, "skus.csv": {"S"}, "prescribers.csv": {"1234567893"}}
    (error,) = refused({"prescriptions.csv": REFILL.replace(b"1001", b"p-1001")}, known_keys=known)
    assert error.partition("; ")[2] == "P-1001 differs from it in capitals, spaces or leading zeros alone"


EASTERN = PHARMACIES.replace(b"America/Chicago", b"America/New_York")
STOCK = b"pharmacy,sku,unit_cost,valid_from,stock,stock_at\ncedar,S,100,2026-01-01,2,2026-12-01 09:30\n"


@pytest.mark.parametrize(
    ("case", "files", "zones", "hour"),
    [
        ("a pharmacy of the folder", {"pharmacies.csv": EASTERN}, {}, 14),
        ("a stored pharmacy", {}, {"cedar": "America/New_York"}, 14),
        ("a pharmacy of the folder over the stored one", {"pharmacies.csv": EASTERN}, {"cedar": "America/Denver"}, 14),
        ("no pharmacy that is known", {}, {}, 15),
    ],
)
def test_the_time_of_stock_is_the_pharmacys_own(
    case: str, files: dict[str, bytes], zones: dict[str, str], hour: int
) -> None:
    known = {"pharmacies.csv": {"cedar"}, "skus.csv": {"S"}}
    folder = read_files(
        {**files, "offers.csv": STOCK}, TODAY, known_keys=known, time_zone="America/Chicago", pharmacy_zones=zones
    )
    assert folder.offers[0].stock_at == datetime(2026, 12, 1, hour, 30, tzinfo=UTC)
