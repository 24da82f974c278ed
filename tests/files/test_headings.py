"""Foreign headings: matched by their words, by what somebody said, or left for a person to say."""

from __future__ import annotations

from datetime import date

import pytest

from core.adapters.files import FILES, Layout, csv_bytes, read_files, shape_of
from core.adapters.files.headings import SYNONYMS, columns_of, folded
from core.domain.errors import BadInput

TODAY = date(2026, 12, 4)
PATIENTS = [column.name for column in FILES["patients.csv"].columns]
CASES = [
    ("its own name", ["Patient", "First name", "LAST_NAME"], {}, ["patient", "first_name", "last_name"]),
    ("words of an export", ["MRN", "DOB", "Gender", "Zip Code"], {}, ["patient", "born_on", "sex", "zip"]),
    ("two of the same meaning", ["MRN", "Cell", "Home phone"], {}, ["patient", None, None]),
    ("its own name before others", ["patient", "phone", "Cell"], {}, ["patient", "phone", None]),
    ("what a person said", ["Nr", "Cell", "Home phone"], {"nr": "patient", "cell": "phone"},
     ["patient", "phone", None]),
    ("what a person said is not to be read", ["patient", "Cell"], {"cell": ""}, ["patient", None]),
    ("another file's words", ["patient", "Effective date"], {}, ["patient", None]),
    ("none", ["", "Balance"], {}, [None, None]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "headings", "given", "columns"), CASES, ids=[row[0] for row in CASES])
def test_which_column_a_heading_means(
    case: str, headings: list[str], given: dict[str, str], columns: list[str | None]
) -> None:
    assert columns_of(headings, PATIENTS, given) == columns


def test_every_word_means_one_column_that_there_is() -> None:
    words = [word for listed in SYNONYMS.values() for word in listed.split("|")]
    assert len(words) == len(set(words))
    assert all(word == folded(word) for word in words)
    assert SYNONYMS.keys() <= {column.name for file in FILES.values() for column in file.columns}


EXPORT = csv_bytes(["MRN", "First", "Last", "DOB", "Balance"], [["P1", "Ada", "Lowe", "11/25/1980", "0"]])


def test_a_file_of_another_name_is_known_by_its_headings() -> None:
    folder = read_files({"Export 2026-11.csv": EXPORT}, TODAY)
    assert [(row.patient, row.last_name, row.born_on) for row in folder.patients] == [
        ("P1", "Lowe", date(1980, 11, 25))
    ]
    assert [str(warning) for warning in folder.warnings] == [
        "Export 2026-11.csv: was read as patients.csv, by its headings",
        "Export 2026-11.csv, row 1, MRN: was read as patient",
        "Export 2026-11.csv, row 1, First: was read as first_name",
        "Export 2026-11.csv, row 1, Last: was read as last_name",
        "Export 2026-11.csv, row 1, DOB: was read as born_on",
        "Export 2026-11.csv, row 1, Balance: is not a column of this file; it was not read",
        "Export 2026-11.csv, born_on “11/25/1980”: its dates were read as month, day, year",
    ]


def test_a_layout_says_which_file_it_is_and_what_its_headings_mean() -> None:
    data = csv_bytes(["Nr", "Rufname"], [["P1", "Ada"]])
    assert shape_of("list.csv", data, {}) == (None, ("Nr", "Rufname"), (None, None))
    layout = Layout("patients.csv", {"nr": "patient", "rufname": "first_name"})
    folder = read_files({"list.csv": data}, TODAY, layouts={"list.csv": layout})
    assert [(row.patient, row.first_name) for row in folder.patients] == [("P1", "Ada")]
    again = read_files({"patients.csv": data}, TODAY, remembered={"patients.csv": layout.headings})
    assert again.patients == folder.patients
    with pytest.raises(BadInput, match="patient: this required column is missing"):
        read_files({"patients.csv": data}, TODAY)


def test_what_is_still_missing() -> None:
    shape = shape_of("skus.csv", csv_bytes(["Item code", "Description", "Sterile"], [["S", "Sema", "yes"]]), {})
    assert shape is not None
    assert (shape.file, shape.columns, shape.missing) == ("skus.csv", ("sku", "name", "sterile"), ("cold_chain",))
