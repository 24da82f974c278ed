"""What became of a line's money: every attempt with its components, and the ledger behind it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.domain.context import Context
from core.domain.orders.records import Attempt
from core.services.orders.views import LineDetail
from core.services.payments.decisions import payments_of
from pages.shared.formats import amount, moment, money, plain
from pages.shared.layout import open_expander
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table

COMPONENTS: Final = {
    "Medication": "medication_cents",
    "Program fee": "program_fee_cents",
    "Encounter": "encounter_cents",
    "Shipping": "shipping_cents",
    "Processing, percentage": "processing_cents",
    "Processing, fixed": "processing_fixed_cents",
}


def money_state(session: Session, detail: LineDetail, context: Context) -> None:
    """One sentence, one column an attempt, and the ledger one click away."""
    st.markdown("**Money**")
    st.markdown(plain(_sentence(detail.attempts[-1])))
    rows = _rows(detail)
    columns = {heading: MONEY for heading in rows[0] if heading != "Amount"}
    table(rows, name="line_money", alt=f"Money of {detail.line.reference}", session=session, columns=columns)
    if expander := open_expander("Ledger", key="orders_ledger", icon=":material/receipt_long:"):
        with expander:
            _ledger(session, detail, context.clinic.time_zone)
    _payments(session, detail, context.clinic.time_zone)


def _sentence(attempt: Attempt) -> str:
    charge = attempt.charge
    if not charge.captured:
        taken = f"{money(charge.released_cents)} of it released" if charge.released_cents else "not captured yet"
        return f"{money(charge.amounts.total_cents)} authorized, {taken}."
    back = f", {money(charge.refunded_cents)} refunded" if charge.refunded_cents else ""
    return f"{money(charge.captured_cents)} captured{back}; {money(charge.paid_cents)} can still be refunded."


def _rows(detail: LineDetail) -> list[Row]:
    charges = {f"Attempt {attempt.number}": attempt for attempt in detail.attempts}
    parts = {
        name: {heading: getattr(attempt.charge.amounts, field) for heading, attempt in charges.items()}
        for name, field in COMPONENTS.items()
    }
    parts["Authorized"] = {heading: each.charge.amounts.total_cents for heading, each in charges.items()}
    parts["Captured"] = {heading: each.charge.captured_cents for heading, each in charges.items()}
    parts["Released"] = {heading: each.released_cents for heading, each in charges.items()}
    parts["Refunded"] = {heading: each.refunded_cents for heading, each in charges.items()}
    return [
        {"Amount": name, **{heading: amount(cents) for heading, cents in row.items()}} for name, row in parts.items()
    ]


def _ledger(session: Session, detail: LineDetail, zone: str) -> None:
    rows: list[Row] = [
        {
            "Time": moment(entry.at, zone),
            "Kind": entry.kind,
            "Attempt": entry.attempt,
            "Account": entry.account,
            "Amount": amount(entry.cents),
            "By": entry.recorded_by,
            "Reason": entry.reason or None,
        }
        for entry in detail.ledger
    ]
    alt = f"Ledger of {detail.line.reference}: every posting's legs sum to zero"
    table(rows, name="line_ledger", alt=alt, session=session, columns={"Amount": MONEY})


def _payments(session: Session, detail: LineDetail, zone: str) -> None:
    """What the payment provider was asked for about the line's checkout; nothing for one on account."""
    operations = session.call(payments_of, detail.line.checkout)
    if not operations:
        return
    if expander := open_expander("Payments", key="orders_payments", icon=":material/credit_card:"):
        rows: list[Row] = [
            {
                "Time": moment(operation.made_at, zone),
                "Pharmacy order": operation.pharmacy_order,
                "Kind": operation.kind.value,
                "Amount": amount(operation.cents),
                "Status": operation.state.value,
                "Reference": operation.provider_reference or None,
                "Message": operation.message or None,
            }
            for operation in operations
        ]
        with expander:
            alt = f"Payment requests of {detail.line.checkout}"
            table(rows, name="line_payments", alt=alt, session=session, columns={"Amount": MONEY})
