"""A pharmacy's invoice beside what was ordered, and the ledger by month for an accountant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import streamlit as st

from core.adapters.files.invoice_sheet import InvoiceField, guessed_invoice_columns, invoice_rows, open_invoice
from core.adapters.files.tables import SPREADSHEETS
from core.domain.context import Context
from core.rules.invoices import InvoiceMatch, InvoiceOutcome
from core.services.invoices import MONTH_COLUMNS, check_invoice, ledger_by_month
from pages.shared.column_map import choose_columns
from pages.shared.formats import amount, count, money, plain
from pages.shared.layout import Metric, metrics, open_expander
from pages.shared.notices import errors_shown
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, downloads, table

_LABELS: Final = {InvoiceField.REFERENCE: "Number of the line or order", InvoiceField.AMOUNT: "Amount billed"}


def invoice_check(session: Session, context: Context, today: date) -> None:
    """Upload, what the columns mean, and every line that is not billed as it was ordered."""
    expander = open_expander("Check an invoice", key="orders_invoice", icon=":material/receipt_long:")
    if expander is None:
        return
    with expander:
        st.caption("Ledger by month and pharmacy:")
        downloads(lambda: _months(session), name="ledger_by_month", session=session)
        codes = sorted(context.pharmacies)
        if not codes:
            st.caption("There are no pharmacies yet.")
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pharmacy = st.selectbox("Invoice of", codes, format_func=lambda code: context.pharmacies[code].name)
            first = st.date_input("Shipped from", today.replace(day=1), format="YYYY-MM-DD", key="orders_invoice_from")
            last = st.date_input("Shipped to", today, format="YYYY-MM-DD", key="orders_invoice_to")
        file = st.file_uploader("Invoice, CSV or XLSX", SPREADSHEETS, key=f"orders_invoice_{pharmacy}")
        if file is not None and pharmacy and isinstance(first, date) and isinstance(last, date):
            with errors_shown():
                _checked(session, pharmacy, first, last, file.name, file.getvalue())


def _months(session: Session) -> list[Row]:
    return [dict(zip(MONTH_COLUMNS, row, strict=True)) for row in session.call(ledger_by_month)]


def _checked(session: Session, pharmacy: str, first: date, last: date, name: str, data: bytes) -> None:
    sheet = open_invoice(name, data)
    columns = choose_columns(
        _LABELS,
        len(sheet.headings),
        guessed_invoice_columns(sheet.headings),
        heading=lambda at: sheet.headings[at] or f"column {at + 1}",
        key="orders_invoice_columns",
    )
    if len(columns) < len(_LABELS):
        st.info("Choose the column with the number and the one with the amount.", icon=":material/view_column:")
        return
    rows, bad = invoice_rows(sheet, columns)
    for cell in bad:
        st.caption(f":material/warning: {plain(cell)}")
    matches = session.call(check_invoice, pharmacy, rows, first, last)
    metrics(_figures(matches), across=4)
    disputed = [each for each in matches if each.outcome is not InvoiceOutcome.AGREES]
    if not disputed:
        st.success("Every line is billed as it was ordered.", icon=":material/check_circle:")
        return
    table(
        [_row(each) for each in disputed],
        name=f"dispute_{pharmacy}",
        alt="Lines that are not billed as they were ordered",
        session=session,
        columns=dict.fromkeys(("Billed", "Expected", "Difference"), MONEY),
    )


def _figures(matches: Sequence[InvoiceMatch]) -> list[Metric]:
    billed, expected = sum(each.billed_cents for each in matches), sum(each.expected_cents for each in matches)
    agrees = sum(each.outcome is InvoiceOutcome.AGREES for each in matches)
    return [
        Metric("Billed", money(billed), "Every row of the invoice."),
        Metric("Expected", money(expected), "Medication and shipping of its lines, less refunds."),
        Metric("Agree", f"{agrees:,}", "Lines billed to the cent."),
        Metric("To dispute", f"{len(matches) - agrees:,}", count(len(matches), "line")),
    ]


def _row(each: InvoiceMatch) -> Row:
    return {
        "What": each.outcome.value.capitalize(),
        "Line": each.reference,
        "Patient": each.patient,
        "SKU": each.sku,
        "Shipped": each.shipped_on,
        "Billed": amount(each.billed_cents),
        "Expected": amount(each.expected_cents),
        "Difference": amount(each.difference_cents),
        "Rows": ", ".join(map(str, each.rows)),
    }
