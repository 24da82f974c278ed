"""Bytes of a CSV or XLSX file as rows of text, and what is wrong with its shape.

A row's number is the spreadsheet's: the header is row 1, and blank rows count.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from core.adapters.files.export import as_typed
from core.adapters.files.workbook import workbook_rows
from core.domain.errors import BadCell, BadInput

MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is read: 10 MB."""
MOST_ROWS = 100_000
"""The most rows that are read of one file."""


class Row(NamedTuple):
    """One row's cells by column, trimmed; a column that the file lacks is absent."""

    number: int
    cells: dict[str, str]


class Table(NamedTuple):
    """A file's rows under the columns that are known; ``errors`` are rows that do not fit the header; ``columns`` are
    the known ones that the header names."""

    rows: tuple[Row, ...]
    errors: tuple[BadCell, ...]
    warnings: tuple[BadCell, ...]
    columns: frozenset[str]


def too_large(file: str, size: int) -> BadCell | None:
    """Why a file of ``size`` bytes is not even opened; None if it may be."""
    if size <= MOST_BYTES:
        return None
    return BadCell(file, None, None, None, f"is {size / 1024 / 1024:,.0f} MB; a file may have 10 MB, so split it")


def read_table(file: str, data: bytes, columns: Sequence[str], required: Sequence[str]) -> Table:
    """The rows of a CSV or XLSX file. Raises BadInput where it has no readable header or rows at all."""
    numbered = filled_rows(file, data)
    first = next(numbered, None)
    if first is None:
        raise BadInput(
            [BadCell(file, None, None, None, f"is empty; its first row names the columns {', '.join(columns)}")]
        )
    header = [name.strip() for name in first[1]]
    names = {name.casefold(): name for name in columns}
    errors = list(_header_errors(file, first[0], header, required))
    if errors:
        raise BadInput(errors)
    warnings = tuple(
        BadCell(file, first[0], name, None, "is not a column of this file; it was not read")
        for name in header
        if name and name.casefold() not in names
    )
    return _fitted(file, [names.get(name.casefold()) for name in header], numbered, warnings)


def filled_rows(file: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV or XLSX file that are not blank, each with its number. Raises BadInput where it is neither."""
    if error := too_large(file, len(data)):
        raise BadInput([error])
    records = workbook_rows(file, data) if _is_workbook(file, data) else _csv_records(file, data)
    return ((number, cells) for number, cells in enumerate(records, 1) if any(cell.strip() for cell in cells))


def _is_workbook(file: str, data: bytes) -> bool:
    return file.casefold().endswith((".xlsx", ".xlsm", ".xls")) or data[:4] == b"PK\x03\x04"


def _csv_records(file: str, data: bytes) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(_text(file, data), newline=""), strict=True)
    read = 0
    try:
        for cells in reader:
            read += 1
            yield cells
    except csv.Error as error:
        reason = f"cannot be read as CSV from here on ({error}); a quotation mark may be missing"
        raise BadInput([BadCell(file, read + 1, None, None, reason)]) from None


def _text(file: str, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput([BadCell(file, None, None, None, "is UTF-16 text; save it as “CSV UTF-8”")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise BadInput([BadCell(file, row, None, None, "is not UTF-8 text; save it as “CSV UTF-8”")]) from None
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise BadInput([BadCell(file, row, None, None, "holds a NUL character; it is no text file, or is damaged")])
    return text


def _header_errors(file: str, row: int, header: Sequence[str], required: Sequence[str]) -> Iterator[BadCell]:
    folded = [name.casefold() for name in header]
    hint = "; columns are separated by commas" if len(header) == 1 and ";" in header[0] else ""
    for name in required:
        if name not in folded:
            yield BadCell(file, row, name, None, f"this required column is missing{hint}")
    for at, name in enumerate(folded):
        if name and name in folded[:at]:
            yield BadCell(file, row, header[at], None, "this column stands there twice")


def _fitted(
    file: str, columns: Sequence[str | None], records: Iterable[tuple[int, list[str]]], warnings: tuple[BadCell, ...]
) -> Table:
    rows: list[Row] = []
    errors = []
    for number, cells in records:
        if len(rows) == MOST_ROWS:
            raise BadInput([BadCell(file, number, None, None, f"a file may have {MOST_ROWS:,} rows, so split it")])
        surplus = [cell for cell in cells[len(columns) :] if cell.strip()]
        if surplus:
            reason = f"has {len(cells)} cells, the header {len(columns)}; a cell with a comma needs quotation marks"
            errors.append(BadCell(file, number, None, surplus[0], reason))
            continue
        named = zip(columns, cells, strict=False)
        rows.append(Row(number, {column: as_typed(cell.strip()) for column, cell in named if column is not None}))
    return Table(tuple(rows), tuple(errors), warnings, frozenset(filter(None, columns)))
