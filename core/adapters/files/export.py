"""Tables out: CSV and XLSX whose cells no spreadsheet program takes for formulas."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from numbers import Real
from typing import Any

_FORMULA = re.compile(r"'*(\s*[=+\-@]|[\t\r\n])")
_NEUTRALISED = re.compile(r"'+(\s*[=+\-@]|[\t\r\n])")
FIRST_YEAR = 1900
"""A workbook counts days from here; earlier ones are written as text."""
LONGEST_CELL = 32_767
"""What a cell of a workbook can hold, in characters."""


def neutralised(text: str) -> str:
    """``text`` with a leading apostrophe where a spreadsheet program would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_typed(text: str) -> str:
    """``text`` without the apostrophe of ``neutralised``: what is exported and loaded again is the same."""
    return text[1:] if _NEUTRALISED.match(text) else text


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file, with the byte-order mark by which spreadsheet programs know UTF-8. None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([neutralised(column) for column in columns])
    writer.writerows([_text(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_bytes(sheet: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet: bold header that stays in view, filters, widths by content; numbers and days are
    numbers and days, everything else is text."""
    import xlsxwriter

    out = io.BytesIO()
    listed = [list(row) for row in rows]
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(_sheet_name(sheet))
        head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F6", "text_wrap": True, "valign": "top"})
        for at, column in enumerate(columns):
            page.write_string(0, at, neutralised(column), head)
            page.set_column(at, at, _width(column, [row[at] for row in listed]))
        for number, row in enumerate(listed, 1):
            for at, value in enumerate(row):
                _write(page, number, at, value)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, len(listed), max(len(columns) - 1, 0))
    return out.getvalue()


def _write(page: Any, row: int, column: int, value: object) -> None:
    if _is_number(value):
        page.write_number(row, column, value)
    elif isinstance(value, date) and not isinstance(value, datetime) and value.year > FIRST_YEAR:
        page.write_datetime(row, column, datetime(value.year, value.month, value.day))  # noqa: DTZ001 a cell has no zone
    elif text := _text(value):
        page.write_string(row, column, str(text)[:LONGEST_CELL])


def _text(value: object) -> object:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return value if _is_number(value) else neutralised(str(value))


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool) and math.isfinite(value)


def _width(column: str, values: Iterable[object]) -> int:
    longest = max((len(str(value)) for value in values if value is not None), default=0)
    return min(max(longest, len(column)) + 2, 60)


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name).strip(" '")[:31] or "Sheet1"
