"""Bytes of a CSV or XLSX file as rows of text, and what is wrong with its shape.

A row's number is the spreadsheet's: the header is row 1, and blank rows count.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, islice
from textwrap import shorten
from typing import Final, NamedTuple

from core.adapters.files.export import as_typed
from core.adapters.files.headings import Headings, columns_of, folded, known_headings
from core.adapters.files.workbook import ChosenSheet, choose_sheet, why_no_table, workbook_rows
from core.domain.errors import BadCell, BadInput

SPREADSHEETS: Final = ("csv", "tsv", "txt", "xlsx", "xlsm", "xls")
"""How names of files end that are opened: what cannot be read of them is said."""
EXAMPLE: Final = "example:"
"""What the first cell of a template's example row begins with: that row is never read."""
MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is read: 10 MB."""
HEADER_WITHIN: Final = 20
"""Filled rows from the top among which the headings are looked for: lists begin with a letterhead."""
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


def read_table(
    file: str,
    data: bytes,
    columns: Sequence[str],
    required: Sequence[str],
    named: str | None = None,
    given: Headings | None = None,
) -> Table:
    """The rows of a CSV or XLSX file, there of the sheet of that name; ``given`` says what foreign headings mean.
    Raises BadInput where it has no readable header or rows at all."""
    known = known_headings(columns, given or {})
    numbered, passed_over, _ = filled_rows(file, data, known, named)
    top = list(islice(numbered, HEADER_WITHIN))
    if not top:
        raise BadInput(
            [BadCell(file, None, None, None, f"is empty; its first row names the columns {', '.join(columns)}")]
        )
    at = header_at([cells for _, cells in top], known)
    first, header = top[at][0], [name.strip() for name in top[at][1]]
    meant = columns_of(header, columns, given or {})
    errors = list(_header_errors(file, first, header, meant, required))
    if errors:
        raise BadInput(errors)
    titles = [
        BadCell(file, row, None, None, f"stands above the headings and was not read: {_short(cells)}")
        for row, cells in top[:at]
    ]
    foreign = [
        BadCell(
            file,
            first,
            name,
            None,
            f"was read as {column}" if column else "is not a column of this file; it was not read",
        )
        for name, column in zip(header, meant, strict=True)
        if name and folded(name) != folded(column or "")
    ]
    return _fitted(file, meant, chain(top[at + 1 :], numbered), (*passed_over, *titles, *foreign))


def header_at(rows: Sequence[Sequence[str]], known: Collection[str]) -> int:
    """The first of the rows with the most headings that are known."""
    return max(range(len(rows)), key=lambda at: (headings_in(rows[at], known), -at))


def _short(cells: Iterable[str]) -> str:
    return shorten(" ".join(cells), 80, placeholder=" ...")


def headings_in(cells: Iterable[str], known: Collection[str]) -> int:
    """How many cells of a row are headings that are known."""
    return sum(folded(cell) in known for cell in cells)


class FilledRows(NamedTuple):
    """The rows of a file that are not blank, each with its number; what of the file was passed over; the visible sheets
    of a workbook, the one that is read first."""

    rows: Iterator[tuple[int, list[str]]]
    warnings: tuple[BadCell, ...]
    sheets: tuple[str, ...] = ()


def filled_rows(file: str, data: bytes, headings: Collection[str], named: str | None = None) -> FilledRows:
    """The rows of a CSV or XLSX file, of the sheet with the most headings. Raises BadInput where it is neither."""
    if error := too_large(file, len(data)):
        raise BadInput([error])
    if reason := why_no_table(data):
        raise BadInput([BadCell(file, None, None, None, reason)])
    sheet = choose_sheet(file, data, headings, named) if _is_workbook(data) else None
    records = workbook_rows(file, data, sheet) if sheet else _csv_records(file, data, headings)
    rows = ((number, cells) for number, cells in enumerate(records, 1) if any(cell.strip() for cell in cells))
    return (
        FilledRows(rows, tuple(_passed_over(file, sheet, named)), (sheet.name, *sheet.others))
        if sheet
        else FilledRows(rows, ())
    )


def _passed_over(file: str, sheet: ChosenSheet, named: str | None) -> Iterator[BadCell]:
    for what, places in (("row", sheet.hidden_rows), ("column", sheet.hidden_columns)):
        if places:
            count = f"1 hidden {what}" if len(places) == 1 else f"{len(places):,} hidden {what}s"
            yield BadCell(file, None, None, None, f"sheet “{sheet.name}” has {count}: not read")
    if sheet.others and sheet.name != named:
        others = ", ".join(f"“{name}”" for name in sheet.others)
        yield BadCell(file, None, None, None, f"sheet “{sheet.name}” was read; not read: {others}")


def _is_workbook(data: bytes) -> bool:
    """Whatever its name says: exports call text .xls, and people rename files."""
    return data[:2] == b"PK"


def _csv_records(file: str, data: bytes, headings: Collection[str]) -> Iterator[list[str]]:
    text = _text(file, data)
    declared = _SEPARATOR.match(text)
    if declared:
        yield []
    body = text[declared.end() :] if declared else text
    separator = declared[1] if declared else _separator(body, headings)
    reader = csv.reader(io.StringIO(body, newline=""), strict=True, delimiter=separator)
    read = int(declared is not None)
    try:
        for cells in reader:
            read += 1
            yield cells
    except csv.Error as error:
        reason = f"cannot be read as CSV from here on ({error}); a quotation mark may be missing"
        raise BadInput([BadCell(file, read + 1, None, None, reason)]) from None


_SEPARATOR: Final = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
"""The line by which Excel tells what separates the cells."""


def _separator(text: str, headings: Collection[str]) -> str:
    """What separates the cells: of comma, semicolon and tab the one that makes a line near the top the most headings,
    else the most frequent in the first one outside quotes."""
    lines = text.lstrip()[:_TOP_CHARACTERS].splitlines()[:HEADER_WITHIN] or [""]
    first = re.sub(r'"[^"]*"', "", lines[0])

    def fit(mark: str) -> tuple[int, int]:
        split = ([cell.strip('"') for cell in line.split(mark)] for line in lines)
        return max(headings_in(cells, headings) for cells in split), first.count(mark)

    return max(",;\t", key=fit)


_TOP_CHARACTERS: Final = 20_000


def _plain(cell: str) -> str:
    """A cell without what a spreadsheet adds: ="02138" keeps the zero of 02138 from it."""
    text = cell.replace("_x000D_", "").strip()
    return text[2:-1] if text.startswith('="') and text.endswith('"') and '"' not in text[2:-1] else text


def _text(file: str, data: bytes) -> str:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, max(error.start, 0)) + 1
        raise BadInput([BadCell(file, row, None, None, "is not UTF-8 text; save it as “CSV UTF-8”")]) from None
    if "\0" in text:
        row = text.count("\n", 0, text.index("\0")) + 1
        raise BadInput([BadCell(file, row, None, None, "holds a NUL character; it is no text file, or is damaged")])
    return text


def _header_errors(
    file: str, row: int, header: Sequence[str], meant: Sequence[str | None], required: Sequence[str]
) -> Iterator[BadCell]:
    for name in required:
        if name not in meant:
            yield BadCell(file, row, name, None, "this required column is missing")
    spelt = [column or name.casefold() for name, column in zip(header, meant, strict=True)]
    for at, name in enumerate(spelt):
        if name and name in spelt[:at]:
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
        shown = {column: _plain(cell) for column, cell in named if column is not None}
        if next(iter(shown.values()), "").casefold().startswith(EXAMPLE):
            continue
        rows.append(Row(number, {column: as_typed(cell) for column, cell in shown.items()}))
    return Table(tuple(rows), tuple(errors), warnings, frozenset(filter(None, columns)))
