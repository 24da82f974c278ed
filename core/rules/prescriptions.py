"""What a patient's prescriptions say on a day: which is in force, what is used up, what was filled last.

Source: rules.md, sections 1 (in flight, fills), 2 (which prescription a line takes) and 3 (RX_EXPIRED).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import CartLine, Patient, Prescription, ShipTo


class Fill(NamedTuple):
    """A fill that happened, here or outside: packs of a prescription's SKU."""

    prescription: Prescription
    filled_on: date
    quantity: int


class CartRow(NamedTuple):
    """A line as somebody typed it: blank cells are None and come from the prescription."""

    patient: str
    sku: str
    quantity: int | None = None
    rx: str | None = None
    sig: str | None = None
    npi: str | None = None
    pharmacy: str | None = None
    ship_to: ShipTo = ShipTo.PATIENT
    hold: bool = False


def months_after(day: date, months: int) -> date:
    """The same day number ``months`` later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def stopped(prescription: Prescription, day: date) -> bool:
    """Whether the prescriber has ended it by ``day``."""
    return prescription.stopped_on is not None and prescription.stopped_on <= day


def expired(
    prescription: Prescription, patient: Patient | None, context: Context, refill_day: date, ship_day: date
) -> str | None:
    """Why the prescription may not be filled any more (RX_EXPIRED), in words; None while it is in force."""
    months = int(context.number("rx_valid_months", ship_day, state=patient.state if patient else None))
    if patient is not None and not patient.active:
        return "the patient is inactive"
    if prescription.stopped_on is not None and stopped(prescription, max(refill_day, ship_day)):
        tense = "was stopped" if stopped(prescription, refill_day) else "stops"
        return f"it {tense} on {full_day(prescription.stopped_on)}"
    if prescription.written_on > refill_day:
        return f"it is dated {full_day(prescription.written_on)}, after the refill day"
    if months_after(prescription.written_on, months) < ship_day:
        return f"it was written on {full_day(prescription.written_on)}, more than {months} months before it would ship"
    return None


def prescription_for(patient: str, sku: str, context: Context, refill_day: date) -> Prescription | None:
    """The patient's newest prescription in force for the SKU; with none in force, the newest other."""
    candidates = [row for row in context.prescriptions_of(patient) if row.sku == sku]
    person = context.patients.get(patient)
    in_force = (row for row in candidates if expired(row, person, context, refill_day, refill_day) is None)
    return next(in_force, candidates[0] if candidates else None)


def completed(row: CartRow, number: int, context: Context, refill_day: date) -> CartLine:
    """The row with its blank cells taken from its prescription."""
    if row.rx is None:
        prescription = prescription_for(row.patient, row.sku, context, refill_day)
    else:
        prescription = context.prescriptions.get(row.rx)
    stands_in = prescription or Prescription(
        rx="", patient=row.patient, sku=row.sku, npi="", quantity=1, written_on=refill_day
    )
    return CartLine(
        number=number,
        patient=row.patient,
        sku=row.sku,
        quantity=stands_in.quantity if row.quantity is None else row.quantity,
        rx=row.rx or stands_in.rx or None,
        sig=stands_in.sig if row.sig is None else row.sig,
        npi=stands_in.npi if row.npi is None else row.npi,
        pharmacy=row.pharmacy,
        ship_to=row.ship_to,
        hold=row.hold,
    )


def fills_and_in_flight(prescription: Prescription, context: Context) -> int:
    """Fills outside Refill Day, and our lines of it that ever shipped or are in flight: each line once."""
    ours = (line for line in context.lines_of(prescription.patient) if line.rx == prescription.rx)
    return prescription.fills + sum(line.in_flight or line.shipped_on is not None for line in ours)


def fills_of(patient: str, active: str, context: Context) -> Iterator[Fill]:
    """Every known fill of an active: our ship dates of a prescription, else its ``last_filled_on``."""
    for prescription in context.prescriptions_of(patient):
        sku = context.skus.get(prescription.sku)
        if sku is None or sku.active != active:
            continue
        ours = [
            Fill(prescription, line.shipped_on, line.quantity)
            for line in context.lines_of(patient)
            if line.rx == prescription.rx and line.shipped_on is not None
        ]
        if ours:
            yield from ours
        elif prescription.last_filled_on is not None:
            yield Fill(prescription, prescription.last_filled_on, prescription.quantity)


def last_fill(patient: str, active: str, context: Context) -> Fill | None:
    """The newest fill over all the patient's prescriptions of the active."""
    fills = fills_of(patient, active, context)
    return max(fills, key=lambda fill: (fill.filled_on, fill.prescription.rx), default=None)
