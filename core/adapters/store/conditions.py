"""Expressions over the order tables that several queries share."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists

from core.adapters.store.tables import ATTEMPT, MISFIT_DECISION, ORDER_EVENT, ORDER_LINE, PAYMENT_OPERATION
from core.domain.orders.records import EventOutcome
from core.domain.payments.operations import OPEN, OperationKind

AUTHORIZED: Final = (
    ATTEMPT.c.medication_cents
    + ATTEMPT.c.program_fee_cents
    + ATTEMPT.c.encounter_cents
    + ATTEMPT.c.shipping_cents
    + ATTEMPT.c.processing_cents
    + ATTEMPT.c.processing_fixed_cents
)
"""What an attempt carries, moved shares included."""
NEWEST_ATTEMPT: Final = and_(
    ATTEMPT.c.clinic == ORDER_LINE.c.clinic,
    ATTEMPT.c.line == ORDER_LINE.c.reference,
    ATTEMPT.c.number == ORDER_LINE.c.attempt,
)
"""An attempt is its line's newest: what it is joined by."""
UNMATCHED: Final = and_(
    ORDER_EVENT.c.outcome == EventOutcome.UNMATCHED,
    ~exists().where(MISFIT_DECISION.c.clinic == ORDER_EVENT.c.clinic, MISFIT_DECISION.c.event == ORDER_EVENT.c.id),
)
"""An event did not match its line's state, and nobody has settled it."""


def has_unmatched_event(reference: Any) -> ColumnElement[bool]:
    """Whether the line of this column has an unmatched event."""
    return exists().where(
        ORDER_EVENT.c.clinic == reference.table.c.clinic, ORDER_EVENT.c.reference == reference, UNMATCHED
    )


def unpaid_order(order: Any) -> ColumnElement[bool]:
    """Whether the pharmacy order of this column has an authorisation that is not there yet: nothing of it is sent."""
    return exists().where(
        PAYMENT_OPERATION.c.clinic == order.table.c.clinic,
        PAYMENT_OPERATION.c.pharmacy_order == order,
        PAYMENT_OPERATION.c.kind == OperationKind.AUTHORISE,
        PAYMENT_OPERATION.c.state.in_(sorted(OPEN)),
    )
