"""The first visible sheet of an XLSX file as rows of text, as a person sees them: formulas by their values."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from core.domain.errors import BadCell, BadInput

MOST_UNPACKED = 100 * 1024 * 1024
"""The most that an XLSX or ZIP file may unpack to, in bytes."""
MOST_COLUMNS = 200
LAST_ROW = 1_048_576
"""The last row that a sheet can have; a damaged file may name a row a thousand times as far."""
UNREADABLE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError, OSError, EOFError, RuntimeError,
    NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl and zipfile raise for damaged files; an XML error is a SyntaxError."""


def workbook_rows(file: str, data: bytes) -> Iterator[list[str]]:
    """The first visible sheet's rows. Raises BadInput for anything that is no XLSX workbook, and for a formula whose
    value was never stored."""
    if unpacked_bytes(file, data) > MOST_UNPACKED:
        raise _bad(file, "unpacks to more than 100 MB; it is damaged or no cart")
    try:
        yield from _rows(file, data)
    except UNREADABLE:
        raise _bad(
            file, "cannot be read as an XLSX workbook; save it again as “Excel Workbook (.xlsx)” or CSV"
        ) from None


def unpacked_bytes(file: str, data: bytes) -> int:
    """What an archive says it unpacks to. Raises BadInput where it is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except UNREADABLE:
        raise _bad(file, "is not an XLSX workbook or a ZIP archive, or is protected by a password") from None


def _rows(file: str, data: bytes) -> Iterator[list[str]]:
    for number, (values, formulas) in enumerate(zip(_cells(data, True), _cells(data, False), strict=True), 1):
        if number > LAST_ROW:
            raise ValueError("no sheet has so many rows")
        for value, formula in zip(values, formulas, strict=False):
            if value.value is None and formula.data_type == "f":
                reason = "a formula without a stored value; open and save the workbook, or type the value"
                raise BadInput([BadCell(file, number, None, str(formula.value), reason)])
        yield [_shown(cell.value) for cell in values]


def _cells(data: bytes, values: bool) -> Iterator[tuple[Any, ...]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    sheet.reset_dimensions()
    return (tuple(islice(row, MOST_COLUMNS)) for row in sheet.iter_rows())


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def _bad(file: str, reason: str) -> BadInput:
    return BadInput([BadCell(file, None, None, None, reason)])
