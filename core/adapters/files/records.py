"""Rows of text as typed rows, by the declaration of their file; every cell that is wrong is told."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any, Final, NamedTuple

from core.adapters.files.cells import CODE, DAY, ZIP_CODE, CellContext, plain_code, without_midnight
from core.adapters.files.columns import Column, File
from core.adapters.files.headings import Headings
from core.adapters.files.tables import Row, Table, read_table
from core.adapters.files.workbook import UNSTORED
from core.domain.errors import BadCell
from core.domain.identifiers import code_fold, state_code, state_of_zip

KnownKeys = Mapping[str, Collection[str]]
"""Keys that rows may refer to, by the file that holds them: ``{"skus.csv": {"SEMA-2.5"}}``. A file that is absent
here is not checked."""


class Record(NamedTuple):
    """A typed row (a model of core/domain/model.py, or a CartRow), where it stood, and its fields with empty cells."""

    number: int
    row: Any
    blank: frozenset[str] = frozenset()


class KeyReference(NamedTuple):
    """A cell that refers to a key of another file."""

    row: int
    column: str
    file: str
    key: str


class Records(NamedTuple):
    """A file's good rows and its bad cells; the keys it names and refers to, those of bad rows included; the fields of
    the columns that it has."""

    good: tuple[Record, ...]
    errors: tuple[BadCell, ...]
    warnings: tuple[BadCell, ...]
    keys: frozenset[str]
    references: tuple[KeyReference, ...]
    fields: frozenset[str]


def read_records(
    file: File,
    data: bytes,
    today: date,
    zone: tzinfo,
    sheet: str | None = None,
    given: Headings | None = None,
    pharmacy_zones: Mapping[str, str] | None = None,
) -> Records:
    """The rows of one file, or of the workbook's sheet of that name; ``given`` says what foreign headings mean.

    References are not yet checked. Raises BadInput where it has no readable shape.
    """
    required = [column.name for column in file.columns if column.required]
    table = read_table(file.name, data, [column.name for column in file.columns], required, sheet, given)
    present = [column for column in file.columns if column.name in table.columns]
    good: list[Record] = []
    references: list[KeyReference] = []
    errors = list(table.errors)
    rows, read_dates = _with_dates(file, table.rows)
    rows, read_zips = _with_zip_zeros(file, rows)
    for row in rows:
        values, wrong = _values(file, row, CellContext(today, zone, row.cells, pharmacy_zones or {}))
        wrong += _reversed(file, row, values)
        references += _references(file, row.number, values)
        errors += wrong
        if not wrong:
            blank = frozenset(column.field for column in present if not row.cells.get(column.name))
            good.append(Record(row.number, file.row(**values), blank))
    errors += _repeated(file, good)
    fields = frozenset(column.field for column in present)
    warnings = (*table.warnings, *read_dates, *read_zips)
    return Records(tuple(good), tuple(errors), warnings, _keys(file, table), tuple(references), fields)


_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)


def _with_dates(file: File, rows: Sequence[Row]) -> tuple[Sequence[Row], list[BadCell]]:
    """The rows with dates such as 11/25/1980 as 1980-11-25, a column at a time, where all of it fits one order only;
    and what that was taken to be. A column that fits both stays as it is, and its cells are bad."""
    orders: dict[str, bool] = {}
    told: list[BadCell] = []
    for column in file.columns:
        if column.kind is not DAY:
            continue
        days = (without_midnight(row.cells.get(column.name, "")) for row in rows)
        parts = [match for text in days if (match := _SLASHED.fullmatch(text))]
        month_first = all(int(match[1]) <= _MONTHS for match in parts)
        day_first = all(int(match[2]) <= _MONTHS for match in parts)
        if parts and month_first != day_first:
            orders[column.name] = month_first
            shown = "month, day, year" if month_first else "day, month, year"
            told.append(BadCell(file.name, None, column.name, parts[0][0], f"its dates were read as {shown}"))
    return [_redated(row, orders) for row in rows] if orders else rows, told


def _redated(row: Row, orders: Mapping[str, bool]) -> Row:
    cells = dict(row.cells)
    for name, month_first in orders.items():
        if match := _SLASHED.fullmatch(without_midnight(cells.get(name, ""))):
            month, day = (match[1], match[2]) if month_first else (match[2], match[1])
            cells[name] = f"{match[3]}-{month:0>2}-{day:0>2}"
    return row._replace(cells=cells)


def _with_zip_zeros(file: File, rows: Sequence[Row]) -> tuple[Sequence[Row], list[BadCell]]:
    """The rows with the zeros that a spreadsheet takes from the front of ZIP codes, where with them the ZIP code lies
    in the row's own state; and in how many."""
    names = [column.name for column in file.columns if column.kind is ZIP_CODE]
    restored = {
        row.number: {name: full for name in names if (full := _full_zip(row.cells.get(name, ""), row.cells))}
        for row in rows
    }
    notes = [
        BadCell(file.name, None, name, None, f"zeros in front were restored in {_in_rows(number)}, as the state says")
        for name in names
        if (number := sum(name in cells for cells in restored.values()))
    ]
    return [row._replace(cells=row.cells | restored[row.number]) for row in rows], notes


_ZIP_WITHOUT_ZEROS: Final = re.compile(r"(\d{3,4})(?:-(\d{4}))?|(\d{3,4})(\d{4})", re.ASCII)


def _full_zip(text: str, cells: Mapping[str, str]) -> str | None:
    match = _ZIP_WITHOUT_ZEROS.fullmatch(text)
    if match is None:
        return None
    full, plus = (match[1] or match[3]).zfill(5), match[2] or match[4]
    if state_of_zip(full) != state_code(cells.get("state", "")):
        return None
    return f"{full}-{plus}" if plus else full


def _in_rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


_MONTHS: Final = 12
_ORDERED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "offers": (("valid_from", "valid_to"), ("min_quantity", "max_quantity")),
}
"""Columns of which the first is never more than the second, by the part of a folder."""
_SPREADSHEET_ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"})


def _reversed(file: File, row: Row, values: Mapping[str, Any]) -> Iterator[BadCell]:
    for first, last in _ORDERED.get(file.part, ()):
        low, high = values.get(first), values.get(last)
        if low is not None and high is not None and low > high:
            order = "before" if isinstance(low, date) else "less than"
            reason = f"is {order} {first}, {row.cells.get(first)}"
            yield BadCell(file.name, row.number, last, row.cells.get(last), reason)


def dangling(file: File, records: Records, known_keys: KnownKeys) -> Iterator[BadCell]:
    """The cells that refer to a key that nobody has."""
    alike: dict[str, dict[str, list[str]]] = {}
    for reference in records.references:
        if reference.file in known_keys and reference.key not in known_keys[reference.file]:
            if reference.file not in alike:
                alike[reference.file] = _by_fold(known_keys[reference.file])
            near = " or ".join(alike[reference.file].get(code_fold(reference.key), ()))
            differs = f"; {near} differs from it in capitals, spaces or leading zeros alone" if near else ""
            reason = f"is not in {reference.file} or the store{differs}"
            yield BadCell(file.name, reference.row, reference.column, reference.key, reason)


def _by_fold(keys: Collection[str]) -> dict[str, list[str]]:
    """Keys by what a person takes for the same code."""
    folds: dict[str, list[str]] = {}
    for key in sorted(keys):
        folds.setdefault(code_fold(key), []).append(key)
    return folds


def look_alikes(file: File, records: Records, stored: Collection[str]) -> Iterator[BadCell]:
    """New keys that differ from a stored one, or from one before them, in capitals, spaces and leading zeros alone:
    saved as they are they would be a second patient, SKU or pharmacy."""
    first = {code_fold(key): key for key in sorted(stored)}
    exact = frozenset(stored)
    for record in records.good:
        key = str(getattr(record.row, file.key[0]))
        other = first.setdefault(code_fold(key), key)
        if other != key and key not in exact:
            reason = f"differs from {other} in capitals, spaces or leading zeros alone; write it as {other}"
            yield BadCell(file.name, record.number, file.key[0], key, reason)


def with_code_zeros(name: str, file: File, records: Records, stored: KnownKeys, known: KnownKeys) -> Records:
    """The records with the zeros that a spreadsheet takes from the front of codes: 1001 is 01001 where nobody has the
    code 1001 and one code alone is 1001 with zeros. The file's own key is held against what is ``stored``."""
    notes = []
    for column in file.columns:
        if column.kind is not CODE:
            continue
        own = file.key == (column.name,)
        full_codes = _full_codes(stored.get(name, ()) if own else known.get(column.refers_to, ()))
        if own:
            full_codes = {bare: full for bare, full in full_codes.items() if full not in records.keys}
        records, number = _recoded(records, column, full_codes, own=own)
        if number:
            reason = f"zeros in front were restored in {_in_rows(number)}, as the code stands elsewhere"
            notes.append(BadCell(file.name, None, column.name, None, reason))
    return records._replace(warnings=(*records.warnings, *notes))


def _full_codes(codes: Collection[str]) -> dict[str, str]:
    """By each number the one code that is that number behind zeros; none where the number is a code itself."""
    full_codes: dict[str, str] = {}
    several = set(codes)
    for code in codes:
        bare = code.lstrip("0")
        if code.isdecimal() and bare not in {code, ""} and full_codes.setdefault(bare, code) != code:
            several.add(bare)
    return {bare: full for bare, full in full_codes.items() if bare not in several}


def _recoded(records: Records, column: Column, codes: Mapping[str, str], *, own: bool) -> tuple[Records, int]:
    """The records with other codes in one column, and in how many rows."""
    good, number = [], 0
    for record in records.good:
        code = codes.get(getattr(record.row, column.field))
        number += code is not None
        good.append(record._replace(row=record.row.model_copy(update={column.field: code})) if code else record)
    references = (
        each._replace(key=codes.get(each.key, each.key)) if each.column == column.name else each
        for each in records.references
    )
    keys = frozenset(codes.get(key, key) for key in records.keys) if own else records.keys
    return records._replace(good=tuple(good), references=tuple(references), keys=keys), number


def _values(file: File, row: Row, reading: CellContext) -> tuple[dict[str, object], list[BadCell]]:
    values, wrong = {}, []
    for column in file.columns:
        text = row.cells.get(column.name, "")
        try:
            values[column.field] = _value(column, text, reading)
        except ValueError as error:
            wrong.append(BadCell(file.name, row.number, column.name, text or None, str(error)))
    return values, wrong


def _value(column: Column, text: str, reading: CellContext) -> object:
    if text.startswith(UNSTORED):
        raise ValueError("is a formula without a stored value; open and save the workbook, or type the value")
    if text in _SPREADSHEET_ERRORS:
        raise ValueError("is an error of the spreadsheet; correct its formula, or empty the cell")
    value = column.kind.read(text, reading) if text else column.empty(reading.row)
    if column.required and (not text or value == ()):
        raise ValueError("is required and empty")
    return value


def _references(file: File, row: int, values: Mapping[str, object]) -> Iterator[KeyReference]:
    for column in file.columns:
        value = values.get(column.field)
        for key in column.kind.keys(value) if value and column.refers_to else ():
            yield KeyReference(row, column.name, column.refers_to, key)


def _repeated(file: File, good: Iterable[Record]) -> Iterator[BadCell]:
    fields = [column.field for name in file.key for column in file.columns if column.name == name]
    first: dict[tuple[object, ...], int] = {}
    for record in good if fields else ():
        key = tuple(getattr(record.row, field) for field in fields)
        if first.setdefault(key, record.number) != record.number:
            shown = ", ".join(map(str, key))
            yield BadCell(file.name, record.number, ", ".join(file.key), shown, f"repeats row {first[key]}")


def _keys(file: File, table: Table) -> frozenset[str]:
    return frozenset(plain_code(row.cells[file.key[0]]) for row in table.rows if file.key)
