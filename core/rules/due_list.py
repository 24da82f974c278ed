"""Who is due on a refill day, and what the line would be (rules.md, section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import CartLine, Prescription, Sku
from core.rules.pauses import pause_of
from core.rules.prescriptions import Fill, is_other_therapy, known_supply_end, last_fill_for, next_step, stopped


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


def due_list(context: Context, refill_day: date, days: int | None = None) -> list[DueLine]:
    """Who is due on ``refill_day``, ordered by due day, patient and SKU (rules.md, section 2).

    ``days`` looks so many days ahead instead of the clinic's window: whose pause ends by then is due when it ends.
    """
    window = timedelta(days=int(context.number("due_window_days", refill_day)) if days is None else days)
    due = []
    for rows in _therapies(context, refill_day):
        row = next_step(rows, context, refill_day)
        sku = context.skus[row.sku]
        if _in_flight(row, sku, context, refill_day):
            continue
        fill = last_fill_for(row.patient, row.sig, sku, context, refill_day)
        line = _due(row, fill, context, refill_day)
        if pause := pause_of(context.patients.get(row.patient), row, refill_day):
            if days is None:
                continue
            line = line._replace(due_on=max(line.due_on, pause.until))
        if line.due_on - refill_day <= window:
            due.append(line)
    return sorted(due, key=lambda line: (line.due_on, line.patient, line.sku))


def _therapies(context: Context, refill_day: date) -> Iterator[list[Prescription]]:
    """The prescriptions that may be filled, newest first, of each patient, active and regimen."""
    for patient in context.patients.values():
        rows: dict[str, list[Prescription]] = {}
        for row in context.prescriptions_of(patient.patient) if patient.active else ():
            sku = context.skus.get(row.sku)
            if sku is not None and row.written_on <= refill_day and not stopped(row, refill_day):
                rows.setdefault(context.active_of(sku), []).append(row)
        for of_active in rows.values():
            yield from _by_regimen(of_active, context, refill_day)


def _by_regimen(rows: list[Prescription], context: Context, day: date) -> Iterator[list[Prescription]]:
    """One active's prescriptions, newest first, in groups that are one therapy each."""
    while rows:
        newest = rows[0]
        sku = context.skus[newest.sku]
        others = [row for row in rows[1:] if is_other_therapy(row, newest.sig, sku, context, day)]
        yield [row for row in rows if row not in others]
        rows = others


def _in_flight(row: Prescription, sku: Sku, context: Context, day: date) -> bool:
    """Whether a line of ours for this therapy is placed and not yet shipped."""
    for line in context.lines_of(row.patient):
        ordered, rx = context.skus.get(line.sku), context.prescriptions.get(line.rx)
        of_active = line.in_flight and ordered and context.active_of(ordered) == context.active_of(sku)
        if of_active and (rx is None or not is_other_therapy(rx, row.sig, sku, context, day)):
            return True
    return False


def _due(row: Prescription, fill: Fill | None, context: Context, refill_day: date) -> DueLine:
    if fill is None:
        return DueLine(row.patient, row.sku, row.rx, row.quantity, row.written_on, DueKind.NEW)
    filled = fill.prescription
    # where nobody can say when it runs out, offer it now, and let validation say what is unreadable
    due_on = known_supply_end(fill, context, refill_day) or fill.filled_on
    kind = DueKind.REFILL if row.sku == filled.sku else DueKind.TITRATION
    return DueLine(row.patient, row.sku, row.rx, row.quantity, due_on, kind)


def supply_ends(line: CartLine, context: Context, refill_day: date) -> date | None:
    """When what the patient has of the line's therapy runs out; None without an earlier fill, or where nobody can
    tell."""
    sku = context.skus.get(line.sku)
    fill = last_fill_for(line.patient, line.sig, sku, context, refill_day) if sku else None
    return known_supply_end(fill, context, refill_day) if fill else None
