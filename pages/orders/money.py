"""What became of a line's money: every attempt with its components, and the ledger behind it."""

from __future__ import annotations

import streamlit as st

from core.domain.context import Context
from core.domain.orders.records import Attempt
from core.services.orders.views import LineDetail
from core.services.payments.decisions import payments_of
from pages.shared.formats import amount, moment, money, plain
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table

COMPONENTS = {
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
    behind = st.expander("Ledger", icon=":material/receipt_long:", key="orders_ledger", on_change="rerun")
    if behind.open:
        with behind:
            _ledger(session, detail, context.clinic.time_zone)
    _payments(session, detail, context.clinic.time_zone)


def _sentence(attempt: Attempt) -> str:
    charge = attempt.charge
    if not charge.captured:
        taken = f"{money(charge.released_cents)} of it released" if charge.released_cents else "nothing taken yet"
        return f"{money(charge.amounts.total_cents)} authorised, {taken}."
    back = f", {money(charge.refunded_cents)} given back" if charge.refunded_cents else ""
    return f"{money(charge.captured_cents)} captured{back}; {money(charge.paid_cents)} can still be refunded."


def _rows(detail: LineDetail) -> list[Row]:
    charges = {f"Attempt {attempt.number}": attempt for attempt in detail.attempts}
    parts = {
        name: {heading: getattr(attempt.charge.amounts, field) for heading, attempt in charges.items()}
        for name, field in COMPONENTS.items()
    }
    parts["Authorised"] = {heading: each.charge.amounts.total_cents for heading, each in charges.items()}
    parts["Captured"] = {heading: each.charge.captured_cents for heading, each in charges.items()}
    parts["Released"] = {heading: each.released_cents for heading, each in charges.items()}
    parts["Refunded"] = {heading: each.refunded_cents for heading, each in charges.items()}
    return [
        {"Amount": name, **{heading: amount(cents) for heading, cents in row.items()}} for name, row in parts.items()
    ]


def _ledger(session: Session, detail: LineDetail, zone: str) -> None:
    rows: list[Row] = [
        {
            "At": moment(entry.at, zone),
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
    operations = payments_of(session.store, session.person, session.clinic, detail.line.checkout)
    if not operations:
        return
    rows: list[Row] = [
        {
            "At": moment(one.made_at, zone),
            "Pharmacy order": one.pharmacy_order,
            "Kind": one.kind.value,
            "Amount": amount(one.cents),
            "State": one.state.value,
            "Reference": one.provider_reference or None,
            "Message": one.message or None,
        }
        for one in operations
    ]
    behind = st.expander("Payments", icon=":material/credit_card:", key="orders_payments", on_change="rerun")
    if behind.open:
        with behind:
            alt = f"What the provider was asked for about {detail.line.checkout}"
            table(rows, name="line_payments", alt=alt, session=session, columns={"Amount": MONEY})
