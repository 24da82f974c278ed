"""The workbook to fill in says what each column means, and loads as it is filled in."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from core.adapters.files import CART, FILES, Column, File, csv_bytes, read_cart, read_files, template_workbook
from core.adapters.files.cells import DAY, STATE
from core.adapters.files.template_workbook import example
from core.domain.errors import BadInput
from tests.builders import FRIDAY, a_context

TODAY = date(2026, 12, 4)
SHEETS = {file.name.removesuffix(".csv"): file for file in (*FILES.values(), CART)}


@pytest.fixture(scope="module")
def data() -> bytes:
    return template_workbook()


def test_a_sheet_for_each_file_with_its_columns_and_their_meanings(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == list(SHEETS)
    for name, file in SHEETS.items():
        headings = list(book[name][1])
        assert [cell.value for cell in headings] == [column.name for column in file.columns]
        for cell, column in zip(headings, file.columns, strict=True):
            note = cell.comment.text
            assert column.meaning in note
            assert ("Required" in note) is column.required


def test_the_example_row_never_loads(data: bytes) -> None:
    folder = read_files({"refill_day.xlsx": data}, TODAY)
    assert (folder.counts(), folder.warnings) == ({}, ())
    assert read_cart("cart.csv", b"patient,sku\nExample: P1,SEMA\nP1,SEMA\n", a_context(), FRIDAY).row_numbers == (3,)


def test_every_example_is_one_that_loads_and_a_day_is_a_day(data: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for name, file in SHEETS.items():
        cells = {column.name: example(file, column) for column in file.columns}
        alone = read_errors(file, csv_bytes(list(cells), [list(cells.values())]))
        assert [error for error in alone if "is not in" not in error] == [], name
        for cell, column in zip(book[name][2], file.columns, strict=True):
            assert isinstance(cell.value, datetime) is (column.kind is DAY and cell.column > 1), (name, column.name)


def read_errors(file: File, data: bytes) -> list[str]:
    """What is wrong with a file of one row."""
    if file is CART:
        return [str(error) for error in read_cart("cart.csv", data, a_context(), FRIDAY).errors]
    try:
        read_files({file.name: data}, TODAY)
    except BadInput as bad:
        return [str(error) for error in bad.errors]
    return []


def choices(data: bytes, name: str, column: str) -> Any:
    page = openpyxl.load_workbook(io.BytesIO(data))[name]
    at = next(cell.column_letter for cell in page[1] if cell.value == column)
    return next(rule.formula1 for rule in page.data_validations.dataValidation if f"{at}2" in rule.sqref)


def test_cells_of_a_few_words_have_drop_downs(data: bytes) -> None:
    assert choices(data, "patients", "sex") == '"f,m,u"'
    assert choices(data, "programs", "kind") == '"pass-through,aggregate"'
    assert choices(data, "offers", "sku") == "skus!$A$3:$A$5000"
    states = [column for file in FILES.values() for column in file.columns if column.kind is STATE]
    assert states
    assert "TX,UT" in choices(data, "clinic", "state")


def filled(data: bytes, rows: dict[str, list[list[object]]]) -> bytes:
    """The workbook with rows below its examples."""
    book, out = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    for name, listed in rows.items():
        for cells in listed:
            book[name].append(cells)
    book.save(out)
    return out.getvalue()


def columns(name: str, **cells: object) -> list[object]:
    def cell(column: Column) -> object:
        return cells.get(column.name)

    return [cell(column) for column in FILES[name].columns]


def test_what_is_filled_in_loads_as_a_folder_does(data: bytes) -> None:
    rows = {
        "programs": [columns("programs.csv", program="S", kind="pass-through", monthly_fee=0, rate=0.15,
                             valid_from=date(2026, 1, 1))],
        "patients": [columns("patients.csv", patient="P1", born_on=date(1980, 11, 25), zip="02138", state="MA")],
    }  # fmt: skip
    folder = read_files({"Our clinic.xlsx": filled(data, rows)}, TODAY)
    assert folder.counts() == {"programs.csv": 1, "patients.csv": 1}
    assert (folder.patients[0].born_on, folder.patients[0].zip) == (date(1980, 11, 25), "02138")
    with pytest.raises(BadInput) as bad:
        read_files(
            {"Our clinic.xlsx": filled(data, {"patients": [columns("patients.csv", patient="P1", sex="x")]})}, TODAY
        )
    assert str(bad.value) == "Our clinic.xlsx, sheet patients, row 3, sex “x”: must be one of f, m, u"
