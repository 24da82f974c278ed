"""A pharmacy's invoice as it came: where its header stands, which column means what, what each row bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from core.adapters.files.export import as_typed
from core.adapters.files.headings import folded
from core.adapters.files.price_list_amounts import price_cents
from core.adapters.files.tables import HEADER_WITHIN, MOST_ROWS, filled_rows
from core.domain.errors import BadCell, BadInput
from core.rules.invoices import InvoiceRow


class InvoiceField(StrEnum):
    """What a column of an invoice may mean; the value completes "the column with ..."."""

    REFERENCE = "our number of the line, or the pharmacy's of the order"
    AMOUNT = "the amount billed"


_SYNONYMS: Final[Mapping[InvoiceField, str]] = {
    InvoiceField.REFERENCE: "reference|our reference|your reference|reference id|line|line reference|foreign rx number"
    "|foreignrxnumber|client reference|customer reference|order|order id|orderid|order number|order no",
    InvoiceField.AMOUNT: "amount|billed|amount billed|line total|total|line amount|extended price|extended"
    "|charge|price",
}
_MEANING: Final = {word: field for field, words in _SYNONYMS.items() for word in words.split("|")}
_TOTALS: Final = ("total", "subtotal", "balance", "amount due")

InvoiceColumns = Mapping[InvoiceField, int]
"""The position of each column that means something."""


class InvoiceSheet(NamedTuple):
    """An invoice's headings, and its filled rows by number: the file's first row is 1."""

    file: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def open_invoice(file: str, data: bytes) -> InvoiceSheet:
    """The invoice in a CSV or XLSX file. Raises BadInput where it cannot be read, is empty or has too many rows."""
    filled, _, _ = filled_rows(file, data, _MEANING.keys())
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in filled:
        if len(rows) > MOST_ROWS:
            raise BadInput([BadCell(file, number, None, None, f"an invoice may have {MOST_ROWS:,} rows, so split it")])
        rows.append((number, tuple(as_typed(cell.strip()) for cell in cells)))
    if not rows:
        raise BadInput([BadCell(file, None, None, None, "is empty; an invoice has a header and a row for each line")])
    named = (at for at, (_, cells) in enumerate(rows[:HEADER_WITHIN]) if len(guessed_invoice_columns(cells)) == 2)
    at = next(named, 0)
    width = max(len(cells) for _, cells in rows[at:])
    headings = (*rows[at][1], *[""] * (width - len(rows[at][1])))
    return InvoiceSheet(file, headings, tuple(rows[at + 1 :]))


def guessed_invoice_columns(headings: Sequence[str]) -> dict[InvoiceField, int]:
    """The columns whose headings are known; where two could mean the same, the first word of the list is taken."""
    positions = {folded(heading): at for at, heading in reversed(list(enumerate(headings)))}
    return {
        field: next(positions[word] for word in words.split("|") if word in positions)
        for field, words in _SYNONYMS.items()
        if any(word in positions for word in words.split("|"))
    }


def invoice_rows(sheet: InvoiceSheet, columns: InvoiceColumns) -> tuple[list[InvoiceRow], list[BadCell]]:
    """What each row bills, and the amounts that cannot be read. A row without a reference that says total bills
    nothing of its own."""
    rows, bad = [], []
    for number, cells in sheet.rows:
        reference, amount = (_cell(cells, columns[field]) for field in InvoiceField)
        sums = not reference or folded(reference).startswith(_TOTALS)
        if sums and any(folded(cell).startswith(_TOTALS) for cell in cells):
            continue
        try:
            rows.append(InvoiceRow(number, reference, _billed(amount)))
        except ValueError as error:
            bad.append(BadCell(sheet.file, number, sheet.headings[columns[InvoiceField.AMOUNT]], amount, str(error)))
    return rows, bad


def _cell(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def _billed(text: str) -> int:
    """Cents of an amount; a credit is written -12.00, (12.00) or $-12.00."""
    bare = text.replace("$", "").strip()
    credit = bare.startswith("-") or (bare.startswith("(") and bare.endswith(")"))
    cents = price_cents(bare.strip("()-").strip())
    return -cents if credit else cents
