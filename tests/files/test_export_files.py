"""Tables out: no cell is taken for a formula, and what is exported loads again as the same."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adapters.files import Folder, csv_bytes, export_folder, read_files, read_folder, templates, xlsx_bytes
from core.domain.model import Patient, Sku

TODAY = date(2026, 12, 4)
DATA = Path(__file__).parents[2] / "data"

CELLS = [
    ("a formula", "=1+1", "'=1+1", "'=1+1"),
    ("a telephone number", "+1 512 555 0142", "'+1 512 555 0142", "'+1 512 555 0142"),
    ("a dash", "-5 mg", "'-5 mg", "'-5 mg"),
    ("a mention", "@SUM(A1)", "'@SUM(A1)", "'@SUM(A1)"),
    ("a formula behind blanks", "  =1+1", "'  =1+1", "'  =1+1"),
    ("a formula behind a tab", "\t=1+1", "'\t=1+1", "'\t=1+1"),
    ("an apostrophe and a formula", "'=1+1", "''=1+1", "''=1+1"),
    ("plain text", "Take 1 - 2", "Take 1 - 2", "Take 1 - 2"),
    ("digits in text", "1234567893", "1234567893", "1234567893"),
    ("a number", -5, "-5", -5),
    ("an exact number", Decimal("-955.20"), "-955.20", -955.2),
    ("a day", date(2026, 12, 4), "2026-12-04", datetime(2026, 12, 4)),  # noqa: DTZ001 a cell has no zone
    ("a day before workbooks", date(1890, 1, 2), "1890-01-02", "1890-01-02"),
    ("an instant", datetime(2026, 12, 4, 9, 30, tzinfo=UTC), "2026-12-04T09:30:00+00:00", "2026-12-04T09:30:00+00:00"),
    ("yes", True, "yes", "yes"),
    ("nothing", None, "", None),
    ("no number", float("nan"), "", None),
]


@pytest.mark.parametrize(("case", "value", "in_csv", "in_xlsx"), CELLS, ids=[row[0] for row in CELLS])
def test_a_cell_is_no_formula(case: str, value: object, in_csv: str, in_xlsx: object) -> None:
    text = csv_bytes(["value", "after"], [[value, "x"]]).decode("utf-8-sig")
    assert text in {f"value,after\r\n{in_csv},x\r\n", f'value,after\r\n"{in_csv}",x\r\n'}
    cell = opened(xlsx_bytes("Sheet", ["value"], [[value]])).cell(2, 1)
    assert (cell.value, cell.data_type == "f") == (in_xlsx, False)


def opened(data: bytes) -> Any:
    """The only sheet of a workbook."""
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_a_workbook_has_a_header_that_stays_and_columns_of_a_fitting_width() -> None:
    page = opened(xlsx_bytes("Lines: Fri 4/Dec", ["line", "directions"], [[1, "x" * 200], [2, None]]))
    assert (page.title, page.freeze_panes, page.auto_filter.ref) == ("Lines  Fri 4 Dec", "A2", "A1:B3")
    assert page.cell(1, 1).font.bold
    assert [round(page.column_dimensions[column].width) for column in "AB"] == [7, 61]


def test_a_table_without_rows_is_its_header() -> None:
    assert csv_bytes(["a", "b"], []).decode("utf-8-sig") == "a,b\r\n"
    assert opened(xlsx_bytes("", ["a", "b"], [])).dimensions == "A1:B1"


WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30).map(str.strip)
SIGNS = st.builds(str.__add__, st.sampled_from(["=", "+", "-", "@", "'", "'=", "''-", '"', ","]), WORDS).map(str.strip)
ITEMS = st.lists((WORDS | SIGNS).map(lambda text: text.replace(";", "").strip()).filter(bool), max_size=3).map(tuple)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS | SIGNS, min_size=4, max_size=4), ITEMS, st.booleans(), st.none() | st.dates())
@pytest.mark.slow
def test_any_text_survives_export_and_loading(
    words: list[str], items: tuple[str, ...], sterile: bool, born_on: date | None
) -> None:
    first_name, phone, address1, usual_sig = words
    folder = Folder(
        patients=(
            Patient(patient="P1", first_name=first_name, phone=phone, address1=address1, born_on=born_on, allergies=()),
        ),
        skus=(
            Sku(sku="S", name="Sema", sterile=sterile, cold_chain=False, ingredients=items, usual_sig=usual_sig),
        ),
    )  # fmt: skip
    assert read_files(export_folder(folder), TODAY) == folder


def test_the_demo_clinic_survives_export_and_loading() -> None:
    demo = read_folder(DATA / "demo", TODAY)
    assert read_files(export_folder(demo), TODAY) == demo


def test_templates_are_those_of_the_repository() -> None:
    assert {path.name: path.read_bytes() for path in (DATA / "templates").iterdir()} == templates()
