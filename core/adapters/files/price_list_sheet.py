"""A price list as its sender laid it out: where its header stands, and which column means what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from core.adapters.files.export import as_typed
from core.adapters.files.headings import Headings, folded
from core.adapters.files.tables import HEADER_WITHIN, MOST_ROWS, filled_rows
from core.domain.errors import BadCell, BadInput


class Field(StrEnum):
    """What a column of a price list may mean; the value completes "the column with ..."."""

    SKU = "the SKU's code"
    NAME = "the SKU's name"
    PRICE = "the price"
    UNIT = "what the price is for"
    MG = "mg in a vial"
    MG_PER_ML = "mg/mL"
    VOLUME_ML = "mL in a vial"
    FEE = "the program's fee"


_SYNONYMS: Final[Mapping[Field, str]] = {
    Field.SKU: "sku|sku code|sku id|sku number|code|item|item code|item number|item no|item id|product code|product id"
    "|product number|product no|catalog number|part number",
    Field.NAME: "name|sku name|product|product name|item name|description|item description|product description|drug"
    "|drug name|medication|medication name|compound",
    Field.PRICE: "price|unit price|unit cost|cost|pack price|price per pack|price each|vial price|price per vial"
    "|clinic price|clinic cost|net price|wholesale price|wholesale cost|your price|your cost",
    Field.UNIT: "unit|units|uom|unit of measure|unit of sale|sold by|sell unit|price unit|price per|per|basis"
    "|price basis|wholesale basis|priced by|price is for",
    Field.MG: "mg|total mg|mg total|mg per vial|mg vial|strength mg",
    Field.MG_PER_ML: "mg ml|mg per ml|concentration|concentration mg ml|concentration mg per ml|strength mg ml",
    Field.VOLUME_ML: "ml|volume|volume ml|total ml|vial size|vial size ml|size ml|fill volume|fill volume ml"
    "|ml per vial|ml vial",
    Field.FEE: "fee|fee percent|percent fee|fee rate|program fee|program fee percent|facilitation fee|software fee"
    "|platform fee",
}
_MEANING: Final = {name: field for field, names in _SYNONYMS.items() for name in names.split("|")}

ColumnMap = Mapping[Field, int]
"""The position of each column that means something."""


class PriceListSheet(NamedTuple):
    """A list as it came: its headings, its filled rows by number (the header's row counts from 1), and what of the file
    was passed over."""

    file: str
    header_row: int
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    warnings: tuple[BadCell, ...] = ()
    sheets: tuple[str, ...] = ()

    def heading(self, position: int) -> str:
        """A column's heading, or its letter where it has none."""
        return self.headings[position] or f"column {_letter(position)}"


def open_list(file: str, data: bytes, named: str | None = None) -> PriceListSheet:
    """The list in a CSV or XLSX file, there in the sheet of that name, else in the one that looks most like a list.

    Raises BadInput where it cannot be read, is empty or has too many rows.
    """
    rows: list[tuple[int, tuple[str, ...]]] = []
    filled, passed_over, sheets = filled_rows(file, data, _MEANING.keys(), named)
    for number, cells in filled:
        if len(rows) > MOST_ROWS:
            raise BadInput([BadCell(file, number, None, None, f"a list may have {MOST_ROWS:,} rows, so split it")])
        rows.append((number, tuple(as_typed(cell.strip()) for cell in cells)))
    if not rows:
        raise BadInput([BadCell(file, None, None, None, "is empty; a list has a header and a row for each SKU")])
    at = _header_at([cells for _, cells in rows[:HEADER_WITHIN]])
    number, header = rows[at]
    if at + 1 < len(rows) and _goes_on(rows[at + 1][1]):
        at += 1
        number, header = rows[at][0], _joined(header, rows[at][1])
    width = max(len(cells) for _, cells in rows[at:])
    headings = (*header, *[""] * (width - len(header)))
    return PriceListSheet(file, number, headings, tuple(rows[at + 1 :]), passed_over, sheets)


def _goes_on(cells: Sequence[str]) -> bool:
    """Whether a row after the headings says them more exactly: words alone, and some that are headings."""
    return any(folded(cell) in _MEANING for cell in cells) and not any(
        re.search(r"\d[.,]\d|^\W*\d+$", cell) for cell in cells
    )


def _joined(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Two rows of headings as one: a heading stands for the columns to its right that have none of their own."""
    joined, spans = [], ""
    for at, cell in enumerate(below):
        spans = above[at] if at < len(above) and above[at] else spans
        joined.append(cell if folded(cell) in _MEANING else f"{spans} {cell}".strip())
    return tuple(joined)


def guessed_columns(headings: Sequence[str], remembered: Headings | None = None) -> dict[Field, int]:
    """The columns whose headings are known, those of the sender's last list (``remembered``: a Field's name by heading)
    first; where two could mean the same, neither is taken."""
    last = {Field[name]: heading for heading, name in (remembered or {}).items() if name in Field.__members__}
    words = [folded(heading) for heading in headings]
    positions_by_field = {field: [words.index(word)] for field, word in last.items() if word in words}
    again = {position for positions in positions_by_field.values() for position in positions}
    for position, word in enumerate(words):
        field = _MEANING.get(word)
        if field and position not in again and field not in last:
            positions_by_field.setdefault(field, []).append(position)
    return {field: positions[0] for field, positions in positions_by_field.items() if len(positions) == 1}


def missing_columns(mapped: ColumnMap) -> str | None:
    """What a list cannot be read without, as a sentence; None where nothing is lacking."""
    if Field.PRICE not in mapped:
        return "Choose the column with the price."
    if Field.SKU not in mapped and Field.NAME not in mapped:
        return "Choose the column with the SKU's code or its name."
    return None


def _header_at(rows: Sequence[Sequence[str]]) -> int:
    """The first row that names a price and a SKU; else the first with two cells, else the first."""
    complete = (at for at, cells in enumerate(rows) if missing_columns(guessed_columns(cells)) is None)
    wide = (at for at, cells in enumerate(rows) if sum(map(bool, cells)) > 1)
    return next(complete, next(wide, 0))


def _letter(position: int) -> str:
    tens, ones = divmod(position, 26)
    return (_letter(tens - 1) if tens else "") + chr(ord("A") + ones)
