"""Who is due on a refill day, and what the line would be (rules.md, section 2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Prescription
from core.rules.days_supply import supply_days
from core.rules.prescriptions import Fill, last_fill, stopped


class DueKind(StrEnum):
    """Why a line is due."""

    REFILL = "refill"
    NEW = "new"
    TITRATION = "titration"


class DueLine(NamedTuple):
    """One line that the due list offers; ``due_on`` is when the last fill runs out, or when a new start was written."""

    patient: str
    sku: str
    rx: str
    quantity: int
    due_on: date
    kind: DueKind


def active_in_flight(patient: str, active: str, context: Context) -> bool:
    """Whether a line of ours with this active is placed and not yet shipped."""
    return any(
        line.in_flight and line.sku in context.skus and context.skus[line.sku].active == active
        for line in context.lines_of(patient)
    )


def due_list(context: Context, refill_day: date) -> list[DueLine]:
    """Who is due on ``refill_day``, ordered by due day, patient and SKU (rules.md, section 2)."""
    window = timedelta(days=int(context.number("due_window_days", refill_day)))
    due = []
    for patient, active, newest in _newest_by_active(context, refill_day):
        if active_in_flight(patient, active, context):
            continue
        line = _due(newest, last_fill(patient, active, context), context, refill_day)
        if line is not None and line.due_on - refill_day <= window:
            due.append(line)
    return sorted(due, key=lambda line: (line.due_on, line.patient, line.sku))


def _newest_by_active(context: Context, refill_day: date) -> Iterable[tuple[str, str, Prescription]]:
    newest: dict[tuple[str, str], Prescription] = {}
    for patient in context.patients.values():
        if not patient.active:
            continue
        for row in context.prescriptions_of(patient.patient):
            sku = context.skus.get(row.sku)
            if sku is not None and row.written_on <= refill_day and not stopped(row, refill_day):
                newest.setdefault((row.patient, sku.active), row)
    return ((patient, active, row) for (patient, active), row in newest.items())


def _due(newest: Prescription, fill: Fill | None, context: Context, refill_day: date) -> DueLine | None:
    if fill is None:
        return DueLine(newest.patient, newest.sku, newest.rx, newest.quantity, newest.written_on, DueKind.NEW)
    filled = fill.prescription
    days = supply_days(filled, context.skus[filled.sku], fill.quantity, context, refill_day)
    if days is None:
        days = 0  # nobody can say when it runs out: offer it now, and let validation say what is unreadable
    kind = DueKind.REFILL if newest.sku == filled.sku else DueKind.TITRATION
    due_on = date.fromordinal(min(fill.filled_on.toordinal() + days, date.max.toordinal()))
    return DueLine(newest.patient, newest.sku, newest.rx, newest.quantity, due_on, kind)
