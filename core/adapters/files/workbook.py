"""A visible sheet of an XLSX file as rows of text, as a person sees them: formulas by their values, nothing hidden."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from datetime import date, datetime, time
from html import unescape
from itertools import islice
from typing import Any, Final, NamedTuple

from core.adapters.files.headings import folded
from core.domain.errors import BadCell, BadInput

MOST_UNPACKED = 100 * 1024 * 1024
"""The most that an XLSX or ZIP file may unpack to, in bytes."""
MOST_COLUMNS = 200
UNSTORED: Final = "#FORMULA!"
"""What a cell begins with that is a formula whose value the workbook does not hold."""
LAST_ROW = 1_048_576
"""The last row that a sheet can have; a damaged file may name a row a thousand times as far."""
UNREADABLE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError, OSError, EOFError, RuntimeError,
    NotImplementedError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What openpyxl and zipfile raise for damaged files; an XML error is a SyntaxError."""


class ChosenSheet(NamedTuple):
    """The sheet that is read: its name, its place, the rows (from 1) and columns (from 0) that are hidden in it,
    the other visible sheets, and whether its values are all there is: no formula, no number format that shows zeros."""

    name: str
    place: int
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    others: tuple[str, ...]
    plain: bool


def workbook_rows(file: str, data: bytes, chosen: ChosenSheet) -> Iterator[list[str]]:
    """A sheet's rows; a hidden one is blank, and so is a hidden column. A formula whose value was never stored is shown
    behind UNSTORED. Raises BadInput for anything that is no XLSX workbook."""
    try:
        yield from _rows(data, chosen)
    except UNREADABLE:
        raise _bad(file, _DAMAGED) from None


def choose_sheet(file: str, data: bytes, headings: Collection[str], named: str | None = None) -> ChosenSheet:
    """The visible sheet of that name, else that with the most of these headings (``folded``) near its top, the
    first of equals."""
    if unpacked_bytes(file, data) > MOST_UNPACKED:
        raise _bad(file, "unpacks to more than 100 MB; it is damaged or no cart")
    try:
        return _chosen(data, headings, named)
    except UNREADABLE:
        raise _bad(file, _DAMAGED) from None


_DAMAGED: Final = "cannot be read as an XLSX workbook; save it again as “Excel Workbook (.xlsx)” or CSV"
_TOP_ROWS: Final = 20
_HIDDEN: Final = re.compile(rb'<(row|col)\b(?=[^>]*\bhidden="(?:1|true)")([^>]*)>')
_FORMULA: Final = re.compile(rb"<f[ >/]")
_ZEROS_IN_STYLES: Final = re.compile(rb'formatCode="0{2}')
_PLACE: Final = re.compile(rb'\b(r|min|max)="(\d{1,7})"')


def _chosen(data: bytes, headings: Collection[str], named: str | None) -> ChosenSheet:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    visible = [(place, sheet) for place, sheet in enumerate(book.worksheets) if sheet.sheet_state == "visible"]
    place, sheet = visible[0]
    if len(visible) > 1:
        by_name = [entry for entry in visible if entry[1].title == named]
        place, sheet = max(by_name or visible, key=lambda entry: (_headings_in(entry[1], headings), -entry[0]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(sheet._worksheet_path)
        styles = archive.read("xl/styles.xml") if "xl/styles.xml" in archive.namelist() else b""
    rows, columns = _hidden(xml)
    plain = not _FORMULA.search(xml) and not _ZEROS_IN_STYLES.search(styles)
    others = tuple(other.title for _, other in visible if other is not sheet)
    return ChosenSheet(sheet.title, place, rows, columns, others, plain)


def _headings_in(sheet: Any, headings: Collection[str]) -> int:
    sheet.reset_dimensions()
    rows = islice(sheet.iter_rows(values_only=True), _TOP_ROWS)
    return max((sum(folded(str(cell)) in headings for cell in row if cell) for row in rows), default=0)


def _hidden(xml: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """Hidden rows, from 1, and hidden columns, from 0."""
    rows, columns = set(), set()
    for kind, attributes in _HIDDEN.findall(xml):
        told = {name: int(value) for name, value in _PLACE.findall(attributes)}
        if kind == b"row" and b"r" in told:
            rows.add(told[b"r"])
        elif kind == b"col" and b"min" in told:
            columns |= set(range(told[b"min"] - 1, min(told.get(b"max", told[b"min"]), MOST_COLUMNS)))
    return frozenset(rows), frozenset(columns)


def why_no_table(data: bytes) -> str | None:
    """What a file is, and what to do, where it is neither text nor a workbook that can be read; else None."""
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(_OLD_OFFICE):
        return _PASSWORD if _stream("EncryptedPackage") in data else _OLD_WORKBOOK
    if head.startswith(b"<?xml") and b"office:spreadsheet" in head:
        return "is an XML spreadsheet of 2003; open it in Excel and save it as “Excel Workbook (.xlsx)”"
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<style")):
        return "is a web page under another name; open it in Excel and save it as “Excel Workbook (.xlsx)”"
    if data.startswith(_ZIP) and any(mark in data for mark in (b"xl/workbook.bin", b".iwa", b"opendocument")):
        return "is a workbook of another kind (.xlsb, .numbers or .ods); save it as “Excel Workbook (.xlsx)” or CSV"
    return next((f"is {what}; ask for the spreadsheet that it was made from" for mark, what in _OTHERS.items()
                 if data.startswith(mark)), None)  # fmt: skip


def _stream(name: str) -> bytes:
    return name.encode("utf-16-le")


_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_PASSWORD: Final = "is protected by a password; take the password off in Excel and save it again"
_OLD_WORKBOOK: Final = (
    "is a workbook of Excel before 2007 (.xls); open it in Excel and save it as “Excel Workbook (.xlsx)”"
)
_OTHERS: Final = {
    b"%PDF": "a PDF", b"{\\rtf": "a text document (RTF)", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
}  # fmt: skip
"""What other files begin with."""


def sheet_names(file: str, data: bytes) -> tuple[str, ...]:
    """The visible sheets of an XLSX workbook; none where the file is anything else."""
    if not data.startswith(_ZIP) or why_no_table(data) or unpacked_bytes(file, data) > MOST_UNPACKED:
        return ()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheets = _SHEET.findall(archive.read("xl/workbook.xml").decode())
    except UNREADABLE:
        return ()
    return tuple(
        unescape(_NAME.findall(sheet)[0]) for sheet in sheets if _NAME.search(sheet) and not _UNSEEN.search(sheet)
    )


_SHEET: Final = re.compile(r"<sheet\b[^>]*>")
_NAME: Final = re.compile(r'\bname="([^"]*)"')
_UNSEEN: Final = re.compile(r'\bstate="(?:hidden|veryHidden)"')


def unpacked_bytes(file: str, data: bytes) -> int:
    """What an archive says it unpacks to. Raises BadInput where it is none."""
    if reason := why_no_table(data):
        raise _bad(file, reason)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except UNREADABLE:
        raise _bad(file, "is not an XLSX workbook or a ZIP archive, or is protected by a password") from None


def _rows(data: bytes, chosen: ChosenSheet) -> Iterator[list[str]]:
    for number, texts in enumerate(_texts(data, chosen), 1):
        if number > LAST_ROW:
            raise ValueError("no sheet has so many rows")
        hidden = number in chosen.hidden_rows
        yield [] if hidden else ["" if at in chosen.hidden_columns else text for at, text in enumerate(texts)]


def _texts(data: bytes, chosen: ChosenSheet) -> Iterator[list[str]]:
    """Every row's cells as a person sees them; cell by cell, with formulas and formats, only where there are any."""
    if chosen.plain:
        yield from ([_text(value) for value in row] for row in _cells(data, chosen.place, values=True, plain=True))
        return
    sheets = (_cells(data, chosen.place, values=values, plain=False) for values in (True, False))
    for pairs in zip(*sheets, strict=True):
        yield [_shown(cell, formula) for cell, formula in zip(*pairs, strict=False)]


def _cells(data: bytes, place: int, *, values: bool, plain: bool) -> Iterator[tuple[Any, ...]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=values, keep_links=False)
    sheet = book.worksheets[place]
    sheet.reset_dimensions()
    return (tuple(islice(row, MOST_COLUMNS)) for row in sheet.iter_rows(values_only=plain))


def _shown(cell: Any, formula: Any) -> str:
    """A cell's value as a person sees it, zeros in front of a number included where its format shows them."""
    value = cell.value
    if value is None:
        return f"{UNSTORED}{formula.value}" if formula.data_type == "f" else ""
    text = _text(value)
    zeros = _ZEROS.fullmatch(cell.number_format) if text.isdigit() else None
    if zeros is None:
        return text
    text = text.zfill(cell.number_format.count("0"))
    return f"{text[: -len(zeros[1])]}-{text[-len(zeros[1]) :]}" if zeros[1] else text


_ZEROS: Final = re.compile(r"0{2,18}(?:\\?-(0{1,9}))?")
"""A number format of zeros alone, 00000 or 00000-0000: what it shows is the ZIP or the code."""


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
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
