"""A pharmacy's invoice beside what was ordered. A line costs $100 of medication and $20 of shipping at cedar."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from openpyxl import Workbook

from core.adapters.files.invoice_sheet import guessed_invoice_columns, invoice_rows, open_invoice
from core.adapters.store import Store
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Role
from core.domain.roles import Person
from core.rules.invoices import BillableLine, InvoiceMatch, InvoiceOutcome, InvoiceRow, matched
from core.services.checkout import place
from core.services.invoices import check_invoice, ledger_by_month
from core.services.orders.events import apply_events
from core.services.orders.recovery import refund
from core.services.partners.worker import run_once
from tests.order_books import CHECKOUT, said
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)
SHIPPED = date(2026, 12, 7)
ONE = BillableLine("RD-1/01", 1, "Rivera, Ana", "SEMA", "70001", SHIPPED, 120_00)
TWO = ONE._replace(line="RD-1/02", order_number="70002")
AGREES, DRIFTED, EXTRA, MISSING = (
    InvoiceOutcome.AGREES, InvoiceOutcome.DRIFTED, InvoiceOutcome.EXTRA, InvoiceOutcome.MISSING
)  # fmt: skip


def outcomes(rows: list[tuple[str, int]], *lines: BillableLine) -> list[tuple[str, InvoiceOutcome, int]]:
    given = [InvoiceRow(at, reference, cents) for at, (reference, cents) in enumerate(rows, 2)]
    found: list[InvoiceMatch] = matched(given, lines or (ONE,), FIRST, LAST)
    return [(each.reference, each.outcome, each.difference_cents) for each in found]


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("to the cent", [("RD-1/01/1", 120_00)], [("RD-1/01/1", AGREES, 0)]),
        ("a cent more", [("RD-1/01/1", 120_01)], [("RD-1/01/1", DRIFTED, 1)]),
        ("without the attempt, in small letters", [("rd-1/01", 120_00)], [("RD-1/01/1", AGREES, 0)]),
        ("by the pharmacy's own number", [("70001", 120_00)], [("RD-1/01/1", AGREES, 0)]),
        ("medication and shipping apart", [("RD-1/01", 100_00), ("RD-1/01", 20_00)], [("RD-1/01/1", AGREES, 0)]),
        ("billed twice", [("RD-1/01", 120_00), ("RD-1/01", 120_00)], [("RD-1/01/1", DRIFTED, 120_00)]),
        ("billed and credited", [("RD-1/01", 130_00), ("RD-1/01", -10_00)], [("RD-1/01/1", AGREES, 0)]),
        ("not billed", [], [("RD-1/01/1", MISSING, -120_00)]),
        ("nobody's", [("RD-9/01", 5_00)], [("RD-1/01/1", MISSING, -120_00), ("RD-9/01", EXTRA, 5_00)]),
    ],
)
def test_what_an_invoice_says_of_a_line(
    case: str, rows: list[tuple[str, int]], expected: list[tuple[str, InvoiceOutcome, int]]
) -> None:
    assert outcomes(rows) == expected


def test_a_line_outside_the_period_is_not_missed_and_one_that_is_billed_counts() -> None:
    later = ONE._replace(shipped_on=date(2027, 1, 1))
    assert outcomes([], later) == []
    assert outcomes([("RD-1/01", 120_00)], later) == [("RD-1/01/1", AGREES, 0)]


def test_a_line_that_came_back_is_not_ours_to_pay() -> None:
    assert outcomes([("RD-1/01", 120_00)], ONE._replace(expected_cents=0)) == [("RD-1/01/1", EXTRA, 120_00)]


def test_an_order_of_two_lines_names_neither() -> None:
    both = (ONE, TWO._replace(order_number="70001"))
    assert outcomes([("70001", 240_00)], *both)[-1] == ("70001", EXTRA, 240_00)


def test_an_attempt_is_billed_as_itself() -> None:
    again = ONE._replace(attempt=2, expected_cents=150_00)
    first = ONE._replace(expected_cents=0)
    assert outcomes([("RD-1/01/1", 120_00), ("RD-1/01/2", 150_00)], first, again) == [
        ("RD-1/01/1", EXTRA, 120_00),
        ("RD-1/01/2", AGREES, 0),
    ]


def test_an_invoice_is_read_below_its_letterhead_without_its_totals() -> None:
    data = b'Cedar,,\nReference,Drug,Amount\nRD-1/01,SEMA,"$1,234.50"\nRD-1/02,SEMA,(12.00)\n,Total,"1,222.50"\n'
    sheet = open_invoice("invoice.csv", data)
    rows, bad = invoice_rows(sheet, guessed_invoice_columns(sheet.headings))
    assert rows == [InvoiceRow(3, "RD-1/01", 1_234_50), InvoiceRow(4, "RD-1/02", -12_00)]
    assert bad == []


def test_an_amount_that_cannot_be_read_is_named() -> None:
    sheet = open_invoice("invoice.csv", b"Reference,Amount\nRD-1/01,see note\n")
    rows, bad = invoice_rows(sheet, guessed_invoice_columns(sheet.headings))
    assert (rows, [(cell.row, cell.column, cell.value) for cell in bad]) == ([], [(2, "Amount", "see note")])


def test_a_workbook_is_read_as_well() -> None:
    book = Workbook()
    for row in (["Reference", "Amount"], ["RD-1/01", 120.5]):
        book.active.append(row)
    book.save(data := BytesIO())
    sheet = open_invoice("invoice.xlsx", data.getvalue())
    assert invoice_rows(sheet, guessed_invoice_columns(sheet.headings))[0] == [InvoiceRow(2, "RD-1/01", 120_50)]


@pytest.fixture
def clinic(store: Store) -> Store:
    """Two lines at cedar: the first has shipped, the second is accepted and refunded $10."""
    load(store, a_folder(**patients(2)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2))))
    run_once(store, CLINIC)
    events = [said(1, "accepted"), said(1, "shipped", hours=70), said(2, "accepted")]
    store.write(CLINIC, lambda work: apply_events(work, events, "test"))
    refund(store, STAFF, CLINIC, f"{CHECKOUT}/02", 10_00, "a vial was broken")
    return store


def test_billed_against_the_ledger(clinic: Store) -> None:
    rows = [InvoiceRow(2, f"{CHECKOUT}/01/1", 120_00), InvoiceRow(3, f"{CHECKOUT}/02/1", 120_00)]
    found = check_invoice(clinic, STAFF, CLINIC, "cedar", rows, FIRST, LAST)
    assert [(each.outcome, each.expected_cents) for each in found] == [(AGREES, 120_00), (DRIFTED, 110_00)]
    missed = check_invoice(clinic, STAFF, CLINIC, "cedar", [], FIRST, LAST)
    assert [(each.reference, each.outcome) for each in missed] == [(f"{CHECKOUT}/01/1", MISSING)]


def test_the_ledger_by_month_and_pharmacy(clinic: Store) -> None:
    assert ledger_by_month(clinic, STAFF, CLINIC) == [
        ("2026-12", "cedar", "200.00", "30.00", "0.00", "40.00", "0.00", "-10.00", "260.00")
    ]


def test_who_and_what_is_refused(clinic: Store) -> None:
    with pytest.raises(Refused, match="no pharmacy “oak”"):
        check_invoice(clinic, STAFF, CLINIC, "oak", [], FIRST, LAST)
    with pytest.raises(Refused, match="before it begins"):
        check_invoice(clinic, STAFF, CLINIC, "cedar", [], LAST, FIRST)
    with pytest.raises(NotAllowed):
        ledger_by_month(clinic, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC)
