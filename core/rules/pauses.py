"""Who is not due for a while: a patient or a prescription paused until a day, which then returns by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Patient, Prescription
from core.rules.days_supply import supply_days

USUAL_DAYS: Final = 28
"""How long a skipped refill would have lasted where nobody can tell."""


class Pause(NamedTuple):
    """A pause in force; ``rx`` None is the whole patient's. ``until`` is the first day on which it is due again."""

    patient: str
    rx: str | None
    until: date
    reason: str


def pauses(context: Context, day: date) -> list[Pause]:
    """Every pause in force on ``day``, by the day of return."""
    rows: list[Patient | Prescription] = [*context.patients.values(), *context.prescriptions.values()]
    found = [pause for row in rows if (pause := _in_force(row, day))]
    return sorted(found, key=lambda pause: (pause.until, pause.patient, pause.rx or ""))


def pause_of(patient: Patient | None, prescription: Prescription | None, day: date) -> Pause | None:
    """The pause that keeps a prescription from being due on ``day``: of the patient's and its own, the longer."""
    both = [pause for row in (patient, prescription) if row is not None and (pause := _in_force(row, day))]
    return max(both, key=lambda pause: pause.until, default=None)


def _in_force(row: Patient | Prescription, day: date) -> Pause | None:
    if row.paused_until is None or row.paused_until <= day:
        return None
    return Pause(row.patient, row.rx if isinstance(row, Prescription) else None, row.paused_until, row.pause_reason)


def skipped_until(prescription: Prescription, due_on: date, context: Context, refill_day: date) -> date:
    """Until when one refill that is due is skipped: what it would have lasted, from when it is needed."""
    sku = context.skus.get(prescription.sku)
    lasts = supply_days(prescription, sku, prescription.quantity, context, refill_day) if sku else None
    return max(due_on, refill_day) + timedelta(days=min(lasts or USUAL_DAYS, 366))
