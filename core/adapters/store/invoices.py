"""What pharmacies may bill, and what months came to, from the ledger."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from sqlalchemy import and_, func, select

from core.adapters.store.engine import Work
from core.adapters.store.tables import ATTEMPT, LEDGER_ENTRY, ORDER_LINE, PATIENT, SKU, SUBMISSION
from core.domain.ledger import Account, Amounts
from core.rules.invoices import BillableLine

_ENTRY = LEDGER_ENTRY.c
_PAYABLE = and_(
    _ENTRY.clinic == ATTEMPT.c.clinic,
    _ENTRY.line == ATTEMPT.c.line,
    _ENTRY.attempt == ATTEMPT.c.number,
    _ENTRY.account == Account.PAYABLE,
)


def billable_lines(work: Work, pharmacy: str) -> list[BillableLine]:
    """Every attempt at a pharmacy, by line and attempt, with what is payable of its medication and shipping."""
    payable = func.coalesce(func.sum(_ENTRY.medication_cents + _ENTRY.shipping_cents + _ENTRY.adjustment_cents), 0)
    names = (PATIENT.c.last_name, PATIENT.c.first_name, ORDER_LINE.c.patient)
    columns = (ATTEMPT.c.line, ATTEMPT.c.number, SKU.c.name, SUBMISSION.c.partner_reference, ATTEMPT.c.shipped_at)
    statement = (
        select(*columns, *names, payable)
        .join_from(ATTEMPT, ORDER_LINE)
        .join_from(ATTEMPT, SUBMISSION)
        .join_from(ORDER_LINE, PATIENT)
        .join_from(ORDER_LINE, SKU)
        .outerjoin(LEDGER_ENTRY, _PAYABLE)
        .where(work.of_clinic(ATTEMPT), ATTEMPT.c.pharmacy == pharmacy)
        .group_by(*columns, *names)
        .order_by(ATTEMPT.c.line, ATTEMPT.c.number)
    )
    return [
        BillableLine(
            line,
            number,
            ", ".join(filter(None, (last, first))) or patient,
            sku,
            order_number,
            shipped_at.astimezone(work.zone).date() if shipped_at else None,
            max(int(cents), 0),
        )
        for line, number, sku, order_number, shipped_at, last, first, patient, cents in work.connection.execute(
            statement
        )
    ]


def payable_by_month(work: Work) -> dict[tuple[date, str], Amounts]:
    """What became payable less what was refunded, by the first of the month and pharmacy, by component."""
    parts = [_ENTRY[f"{name}"] for name in Amounts._fields]
    statement = (
        select(_ENTRY.day, ATTEMPT.c.pharmacy, *(func.sum(part) for part in parts))
        .join_from(ATTEMPT, LEDGER_ENTRY, _PAYABLE)
        .where(work.of_clinic(ATTEMPT))
        .group_by(_ENTRY.day, ATTEMPT.c.pharmacy)
    )
    months: dict[tuple[date, str], Amounts] = defaultdict(Amounts)
    for day, pharmacy, *cents in work.connection.execute(statement):
        key = day.replace(day=1), pharmacy
        months[key] = months[key].plus(Amounts(*map(int, cents)))
    return dict(sorted(months.items()))
