"""Carts as people upload them: good rows load, bad rows say why (docs/formats.md)."""

from __future__ import annotations

import io
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from core.adapters.files import CART, csv_bytes, read_cart
from core.domain.errors import BadInput
from core.domain.model import ShipTo
from core.rules.prescriptions import CartRow
from tests.builders import FRIDAY, a_context

CONTEXT = a_context()


def workbook(*rows: list[Any]) -> bytes:
    """An XLSX file with these rows."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


FULL = CartRow(
    "P1", "SEMA", 2, rx="RX1", sig="Inject.", npi="1234567893", pharmacy="cedar", ship_to=ShipTo.CLINIC, hold=True
)
ROWS = [
    ("only what is required", ["patient", "sku"], ["P1", "SEMA"], CartRow("P1", "SEMA")),
    ("every column, in another order", ["hold", "ship_to", "pharmacy", "npi", "sig", "rx", "quantity", "sku",
      "patient"],
     ["Yes", "Clinic", "cedar", "1234567893", "Inject.", "RX1", "2", "SEMA", "P1"], FULL),
    ("blank cells",
     ["patient", "sku", "quantity", "sig", "ship_to", "hold"], ["P1", "SEMA", "", "", "", ""], CartRow("P1", "SEMA")),
    ("an unknown prescription", ["patient", "sku", "rx"], ["P1", "SEMA", "RX9"], CartRow("P1", "SEMA", rx="RX9")),
    ("an unknown prescriber", ["patient", "sku", "npi"], ["P1", "SEMA", "1"], CartRow("P1", "SEMA", npi="1")),
]  # fmt: skip


@pytest.mark.parametrize(("case", "columns", "cells", "row"), ROWS, ids=[row[0] for row in ROWS])
def test_a_good_row(case: str, columns: list[str], cells: list[str], row: CartRow) -> None:
    for name, data in (("cart.csv", csv_bytes(columns, [cells])), ("cart.xlsx", workbook(columns, cells))):
        upload = read_cart(name, data, CONTEXT, FRIDAY)
        assert (upload.rows, upload.row_numbers, upload.errors, upload.warnings) == ((row,), (2,), (), ())


BAD = [
    ("an unknown patient", {"patient": "P9"}, "cart.csv, row 3, patient “P9”: is not in patients.csv or the store"),
    ("an unknown SKU", {"sku": "X"}, "cart.csv, row 3, sku “X”: is not in skus.csv or the store"),
    ("an unknown pharmacy", {"pharmacy": "oak"},
     "cart.csv, row 3, pharmacy “oak”: is not in pharmacies.csv or the store"),
    ("no patient", {"patient": ""}, "cart.csv, row 3, patient: is required and empty"),
    ("no packs", {"quantity": "0"}, "cart.csv, row 3, quantity “0”: must be a whole number from 1 to 10,000"),
    ("half a pack", {"quantity": "1.5"}, "cart.csv, row 3, quantity “1.5”: is not a whole number from 1"),
    ("a negative number", {"quantity": "-1"}, "cart.csv, row 3, quantity “-1”: cannot be negative"),
    ("too many packs", {"quantity": "10001"},
     "cart.csv, row 3, quantity “10001”: must be a whole number from 1 to 10,000"),
    ("neither yes nor no", {"hold": "later"}, "cart.csv, row 3, hold “later”: must be yes or no"),
    ("nowhere", {"ship_to": "work"}, "cart.csv, row 3, ship_to “work”: must be one of patient, clinic"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "cells", "error"), BAD, ids=[row[0] for row in BAD])
def test_a_bad_row_beside_good_ones(case: str, cells: dict[str, str], error: str) -> None:
    columns = ["patient", "sku", "quantity", "pharmacy", "ship_to", "hold"]
    bad = {"patient": "P1", "sku": "SEMA"} | cells
    rows = [["P1", "SEMA"], [bad.get(column, "") for column in columns], ["P1", "SEMA", "3"]]
    upload = read_cart("cart.csv", csv_bytes(columns, rows), CONTEXT, FRIDAY)
    assert [str(found) for found in upload.errors] == [error]
    assert (upload.rows, upload.row_numbers) == ((CartRow("P1", "SEMA"), CartRow("P1", "SEMA", 3)), (2, 4))


def test_an_unknown_column_is_a_warning() -> None:
    upload = read_cart("cart.csv", b"patient,sku,shows\nP1,SEMA,NO_OFFER\n", CONTEXT, FRIDAY)
    assert [str(found) for found in upload.warnings] == [
        "cart.csv, row 1, shows: is not a column of this file; it was not read"
    ]
    assert upload.rows == (CartRow("P1", "SEMA"),)


def test_cells_of_a_workbook_are_read_as_people_see_them() -> None:
    data = workbook(
        ["patient", "sku", "quantity", "npi", "rx", "sig", "hold"],
        ["P1", "SEMA", 2.0, 1234567893, date(2026, 1, 2), 0.25, True],
        [None, None, None],
        ["P1", "SEMA", 1, 1234567893.0, datetime(2026, 1, 2, 3, 4), "'-5", False],  # noqa: DTZ001 a cell has no zone
    )
    assert read_cart("cart.xlsx", data, CONTEXT, FRIDAY).rows == (
        CartRow("P1", "SEMA", 2, rx="2026-01-02", sig="0.25", npi="1234567893", hold=True),
        CartRow("P1", "SEMA", 1, rx="2026-01-02T03:04:00", sig="-5", npi="1234567893"),
    )


NOT_READ = [
    ("no workbook", "cart.xlsx", b"PKtient,sku",
     "cart.xlsx: is not an XLSX workbook or a ZIP archive, or is protected by a password"),
    ("an old workbook", "cart.xls", b"\xd0\xcf\x11\xe0",
     "cart.xls: is a workbook of Excel before 2007 (.xls); open it in Excel and save it as “Excel Workbook (.xlsx)”"),
    ("a workbook with a password", "cart.xlsx", b"\xd0\xcf\x11\xe0.." + "EncryptedPackage".encode("utf-16-le"),
     "cart.xlsx: is protected by a password; take the password off in Excel and save it again"),
    ("a web page", "cart.xls", b"\n<html><body><table><tr><td>patient</td></tr></table></body></html>",
     "cart.xls: is a web page under another name; open it in Excel and save it as “Excel Workbook (.xlsx)”"),
    ("a spreadsheet in XML", "cart.xls", b'<?xml version="1.0"?><Workbook xmlns="schemas:office:spreadsheet">',
     "cart.xls: is an XML spreadsheet of 2003; open it in Excel and save it as “Excel Workbook (.xlsx)”"),
    ("a PDF", "cart.csv", b"%PDF-1.7 ...", "cart.csv: is a PDF; ask for the spreadsheet that it was made from"),
    ("another archive", "cart.xlsx", b"PK\x05\x06" + b"\0" * 18,
     "cart.xlsx: cannot be read as an XLSX workbook; save it again as “Excel Workbook (.xlsx)” or CSV"),
    ("an empty workbook", "cart.xlsx", workbook(),
     f"cart.xlsx: is empty; its first row names the columns {', '.join(column.name for column in CART.columns)}"),
    ("no header", "cart.csv", b"P1,SEMA\n", "cart.csv, row 1, patient: this required column is missing"),
    ("a large file", "cart.csv", b"x" * (11 * 1024 * 1024), "cart.csv: is 11 MB; a file may have 10 MB, so split it"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "name", "data", "error"), NOT_READ, ids=[row[0] for row in NOT_READ])
def test_a_cart_that_cannot_be_read(case: str, name: str, data: bytes, error: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_cart(name, data, CONTEXT, FRIDAY)
    assert str(refused.value.errors[0]) == error


def test_a_cart_that_is_not_there(tmp_path: Any) -> None:
    with pytest.raises(BadInput, match=r"cart.csv: cannot be opened \(No such file or directory\)"):
        read_cart("cart.csv", tmp_path / "cart.csv", CONTEXT, FRIDAY)


def test_a_formula_without_a_stored_value_spoils_its_row_alone() -> None:
    data = workbook(["patient", "sku", "quantity", "remark"], ["P1", "SEMA", "=1+1", ""], ["P1", "SEMA", 2, "=1+1"])
    upload = read_cart("cart.xlsx", data, a_context(), FRIDAY)
    assert [(error.row, error.column, error.reason) for error in upload.errors] == [
        (2, "quantity", "is a formula without a stored value; open and save the workbook, or type the value")
    ]
    assert [row.quantity for row in upload.rows] == [2]
