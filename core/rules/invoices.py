"""A pharmacy's invoice beside what its lines were ordered for, to the cent (rules.md, section 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class InvoiceRow(NamedTuple):
    """A row of an invoice: the number that it names, and the cents that it bills, negative for a credit."""

    row: int
    reference: str
    cents: int


class BillableLine(NamedTuple):
    """An attempt at the pharmacy: what it may bill for it, medication and shipping less refunds, in cents.

    ``order_number`` is the pharmacy's own of the order. ``shipped_on`` None has not left.
    """

    line: str
    attempt: int
    patient: str
    sku: str
    order_number: str
    shipped_on: date | None
    expected_cents: int


class InvoiceOutcome(StrEnum):
    """How billed and expected compare."""

    AGREES = "agrees"
    DRIFTED = "other amount"
    EXTRA = "not ours to pay"
    MISSING = "not billed"


class InvoiceMatch(NamedTuple):
    """One line of ours with the rows that bill it, or rows that bill none; ``billed_cents`` is their sum."""

    outcome: InvoiceOutcome
    reference: str
    patient: str
    sku: str
    shipped_on: date | None
    rows: tuple[int, ...]
    billed_cents: int
    expected_cents: int

    @property
    def difference_cents(self) -> int:
        """What is billed above what is expected."""
        return self.billed_cents - self.expected_cents


def matched(rows: Iterable[InvoiceRow], lines: Sequence[BillableLine], first: date, last: date) -> list[InvoiceMatch]:
    """Every line that the invoice names or that shipped from ``first`` to ``last``, then rows that name none of them.

    A row names a line by our number, with or without its attempt, or an order by the pharmacy's where the order holds
    one line. Rows of one line are added up: medication and shipping may stand apart, and what is billed twice shows.
    """
    named = _named(lines)
    billed: dict[BillableLine, list[InvoiceRow]] = defaultdict(list)
    strange: dict[str, list[InvoiceRow]] = defaultdict(list)
    for row in rows:
        line = named.get(row.reference.strip().casefold())
        if line is not None:
            billed[line].append(row)
        else:
            strange[row.reference].append(row)
    due = [
        line
        for line in lines
        if line in billed or (line.shipped_on and first <= line.shipped_on <= last and line.expected_cents)
    ]
    return [*(_match(line, billed.get(line, [])) for line in due), *(_extra(*each) for each in strange.items())]


def _named(lines: Iterable[BillableLine]) -> dict[str, BillableLine]:
    named: dict[str, BillableLine] = {}
    by_order: dict[str, list[BillableLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.attempt):
        named[f"{line.line}/{line.attempt}".casefold()] = named[line.line.casefold()] = line
        by_order[line.order_number.casefold()].append(line)
    orders = {number: its[0] for number, its in by_order.items() if number and len(its) == 1}
    return orders | named


def _match(line: BillableLine, rows: Sequence[InvoiceRow]) -> InvoiceMatch:
    cents = sum(row.cents for row in rows)
    if not rows:
        outcome = InvoiceOutcome.MISSING
    elif cents == line.expected_cents:
        outcome = InvoiceOutcome.AGREES
    else:
        outcome = InvoiceOutcome.DRIFTED if line.expected_cents else InvoiceOutcome.EXTRA
    numbers = tuple(row.row for row in rows)
    reference = f"{line.line}/{line.attempt}"
    return InvoiceMatch(
        outcome, reference, line.patient, line.sku, line.shipped_on, numbers, cents, line.expected_cents
    )


def _extra(reference: str, rows: Sequence[InvoiceRow]) -> InvoiceMatch:
    cents = sum(row.cents for row in rows)
    return InvoiceMatch(InvoiceOutcome.EXTRA, reference, "", "", None, tuple(row.row for row in rows), cents, 0)
