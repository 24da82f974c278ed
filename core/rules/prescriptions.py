"""What a patient's prescriptions say on a day: which is in force, what is used up, what was filled last.

Source: rules.md, sections 1 (in flight, fills), 2 (which prescription a line takes) and 3 (RX_EXPIRED).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import code_order
from core.domain.model import CartLine, Patient, Prescription, ShipTo, Sku
from core.rules.days_supply import supply_days
from core.rules.regimens import highest_weekly_mg, regimen_of


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
    note: str = ""


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
    """The patient's newest prescription in force for the SKU, of a titration plan the step that is next; with none in
    force, the newest other."""
    candidates = [row for row in context.prescriptions_of(patient) if row.sku == sku]
    in_force = [row for row in candidates if _in_force(row, context, refill_day)]
    if not in_force:
        return candidates[0] if candidates else None
    return next_step(in_force, context, refill_day)


def next_step(rows: Sequence[Prescription], context: Context, day: date) -> Prescription:
    """Which of one patient's prescriptions of an active, newest first, is filled next: the newest.

    Prescriptions of one regimen, each written within two weeks of the next, for different doses are the steps of a
    titration plan. Of the newest plan it is the step after the last fill, the first without one; after the last step,
    that step again. A fill from before the plan counts only below its highest step and where no long gap followed: else
    the plan starts anew, from its first step. A step whose dose cannot be read is never passed over: it is next, for a
    person to look at, until it was filled.
    """
    newest = rows[0]
    plan = titration_plan(rows, context)
    steps = {row.rx: dose for row in plan if (dose := weekly_dose(row, context)) is not None}
    if len(set(steps.values())) < 2:
        return newest
    if unread := [row for row in plan if row.rx not in steps and not fills_and_in_flight(row, context)]:
        return unread[0]
    fill = last_fill_for(newest.patient, newest.sig, context.skus[newest.sku], context, day)
    taken = weekly_dose(fill.prescription, context) if fill else None
    if fill is not None and fill.prescription.rx not in steps:
        is_above = taken is not None and taken >= max(steps.values())
        fill, taken = (None, None) if is_above or _gap_follows(fill, context, day) else (fill, taken)
    higher = [dose for dose in steps.values() if taken is None or dose > taken]
    due = min(higher) if higher else max(steps.values())
    again = [row for row in rows if fill is not None and row.rx == fill.prescription.rx and steps.get(row.rx) == due]
    return next(iter(again), next(row for row in rows if steps.get(row.rx) == due))


def supply_ended(fill: Fill, context: Context, day: date) -> date:
    """When a fill was used up; a supply that nobody can tell is that of one opened pack."""
    return known_supply_end(fill, context, day) or _days_after(
        fill.filled_on, int(context.number("default_in_use_days", day))
    )


def known_supply_end(fill: Fill, context: Context, day: date) -> date | None:
    """When a fill is used up; None where its directions do not tell."""
    lasts = supply_days(fill.prescription, context.skus[fill.prescription.sku], fill.quantity, context, day)
    return None if lasts is None else _days_after(fill.filled_on, lasts)


def _days_after(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def _gap_follows(fill: Fill, context: Context, day: date) -> bool:
    """Whether the fill was used up so long ago that its dose says nothing of the next one."""
    active = context.active_of(context.skus[fill.prescription.sku])
    gap = int(context.number("retitration_gap_days", day, active=active))
    return (day - supply_ended(fill, context, day)).days > gap


PLAN_DAYS: Final = 14
"""A titration plan's steps follow one another within so many days: written in one visit, or as a clinic gets to it."""


def titration_plan(rows: Sequence[Prescription], context: Context) -> list[Prescription]:
    """The newest of one active's prescriptions, newest first, with those that were written with it: for the same
    regimen, each within ``PLAN_DAYS`` of a later one."""
    plan = [rows[0]]
    for row in rows[1:]:
        soon = (plan[-1].written_on - row.written_on).days <= PLAN_DAYS
        if soon and _same_regimen(row, rows[0], context):
            plan.append(row)
    return plan


def _same_regimen(row: Prescription, other: Prescription, context: Context) -> bool:
    skus = context.skus.get(row.sku), context.skus.get(other.sku)
    if skus[0] is None or skus[1] is None:
        return False
    return not regimen_of(row.sig, skus[0]).differs(regimen_of(other.sig, skus[1]))


def weekly_dose(row: Prescription, context: Context) -> Decimal | None:
    """The weekly mg of a prescription at its highest step; None where it does not tell."""
    sku = context.skus.get(row.sku)
    return highest_weekly_mg(row.sig, sku, context.active_of(sku)) if sku is not None else None


def _in_force(row: Prescription, context: Context, day: date) -> bool:
    return expired(row, context.patients.get(row.patient), context, day, day) is None


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
        note=row.note,
    )


def fills_and_in_flight(prescription: Prescription, context: Context) -> int:
    """Fills outside Refill Day, and our lines of it that ever shipped or are in flight: each line once."""
    ours = (line for line in context.lines_of(prescription.patient) if line.rx == prescription.rx)
    return prescription.fills + sum(line.in_flight or line.shipped_on is not None for line in ours)


def fills_of(patient: str, active: str, context: Context) -> Iterator[Fill]:
    """Every known fill of an active: our ship dates of a prescription, else the latest day that it tells."""
    for prescription in context.prescriptions_of(patient):
        sku = context.skus.get(prescription.sku)
        if sku is None or context.active_of(sku) != active:
            continue
        ours = [
            Fill(prescription, line.shipped_on, line.quantity)
            for line in context.lines_of(patient)
            if line.rx == prescription.rx and line.shipped_on is not None
        ]
        if ours:
            yield from ours
        elif (days := [day for day in (prescription.last_filled_on, prescription.first_filled_on) if day]) != []:
            yield Fill(prescription, max(days), prescription.quantity)


def last_fill(patient: str, active: str, context: Context) -> Fill | None:
    """The newest fill over all the patient's prescriptions of the active."""
    return _newest_fill(fills_of(patient, active, context))


def last_fill_for(patient: str, sig: str, sku: Sku, context: Context, day: date) -> Fill | None:
    """The newest fill of the SKU's active that counts when these directions are filled: any but one for another
    regimen whose prescription is still in force, which is another therapy."""
    fills = fills_of(patient, context.active_of(sku), context)
    return _newest_fill(fill for fill in fills if not is_other_therapy(fill.prescription, sig, sku, context, day))


def is_other_therapy(row: Prescription, sig: str, sku: Sku, context: Context, day: date) -> bool:
    """Whether a prescription of the active is in force for another regimen than these directions for the SKU."""
    filled = context.skus.get(row.sku)
    if filled is None or (row.sku == sku.sku and row.sig == sig):
        return False
    return regimen_of(row.sig, filled).differs(regimen_of(sig, sku)) and _in_force(row, context, day)


def _newest_fill(fills: Iterator[Fill]) -> Fill | None:
    return max(fills, key=lambda fill: (fill.filled_on, code_order(fill.prescription.rx)), default=None)
