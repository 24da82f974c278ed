"""Which fills the demo's past had, and on which refill days: counted back from the clinic's stored prescriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import CartLine, Prescription
from core.rules.days_supply import supply_days
from core.rules.due_list import DueLine, due_list
from core.rules.prescriptions import CartRow, completed, last_fill, months_after

MONTHS: Final = 9
LEAST_LEAD_DAYS: Final = 2
USED_SHARE: Final = Decimal("0.8")
"""Share of a supply after which every pharmacy of the demo fills again."""
NEVER_FILLED: Final = {"last_filled_on": None, "first_filled_on": None, "fills": 0, "stopped_on": None}
"""What a prescription says before its first fill."""


class PastFill(NamedTuple):
    """A fill of the past; the newest one shipped on exactly this day, since due dates count from it."""

    prescription: Prescription
    day: date
    newest: bool
    first: bool


def past_fills(context: Context, today: date) -> list[PastFill]:
    """Every prescription's fills of the last months, counted back from the last one, no more than it allows."""
    since = months_after(today, -MONTHS)
    return [fill for row in context.prescriptions.values() for fill in _fills(row, context, since, today)]


def _fills(row: Prescription, context: Context, since: date, today: date) -> Iterator[PastFill]:
    sku, last = context.skus[row.sku], row.last_filled_on
    if last is None or last > today - timedelta(1) or not context.patients[row.patient].active:
        return
    days = supply_days(row, sku, row.quantity, context, last)
    begun = max(row.written_on, row.first_filled_on or row.written_on)
    most = max(row.fills, row.refills) if days else 1
    back = [last - timedelta(at * (days or 0)) for at in range(most)]
    kept = [day for day in back if day >= max(begun, since)]
    for at, day in enumerate(kept):
        yield PastFill(row, day, newest=at == 0, first=at == len(kept) - 1 and day - timedelta(days or 0) < begun)


def refill_day_before(day: date, today: date) -> date:
    """The refill day on which a fill that ships on ``day`` was placed: weekly, with one in between for stragglers."""
    placed = day - timedelta(LEAST_LEAD_DAYS)
    while (today - placed).days % 7 not in {0, 3}:
        placed -= timedelta(1)
    return placed


def as_it_was(context: Context) -> Context:
    """The clinic before these fills: nothing on its way, no stock known, prescriptions filled once already."""
    return replace(
        context,
        offers=tuple(offer.model_copy(update={"stock": None}) for offer in context.offers),
        prescriptions={
            rx: row.model_copy(update=NEVER_FILLED | {"fills": 1}) for rx, row in context.prescriptions.items()
        },
        our_lines=(),
        reserved={},
        other_carts=frozenset(),
    )


def cart_line(number: int, row: Prescription, context: Context, day: date) -> CartLine:
    """A cart's line for one prescription."""
    return completed(CartRow(row.patient, row.sku, rx=row.rx), number, context, day)


def not_due(context: Context, today: date, ours: Mapping[str, int]) -> list[Prescription]:
    """Prescriptions of patients with nothing due, whose supply ends soonest, that allow another fill."""
    waiting = {line.patient for line in due_list(context, today)}
    coming = due_list(context, today + timedelta(60))
    return [
        context.prescriptions[line.rx]
        for line in _one_a_patient(coming)
        if line.patient not in waiting and _allows_another(context.prescriptions[line.rx], context, ours)
    ]


def used_up(row: Prescription, context: Context, today: date) -> bool:
    """Whether so much of its last fill is used that no pharmacy calls another one too soon."""
    fill = last_fill(row.patient, context.active_of(context.skus[row.sku]), context)
    if fill is None:
        return False
    days = supply_days(fill.prescription, context.skus[fill.prescription.sku], fill.quantity, context, today)
    return days is not None and (today - fill.filled_on).days >= days * USED_SHARE


def _one_a_patient(lines: Iterable[DueLine]) -> Iterator[DueLine]:
    patients: set[str] = set()
    for line in lines:
        if line.patient not in patients:
            patients.add(line.patient)
            yield line


def _allows_another(row: Prescription, context: Context, ours: Mapping[str, int]) -> bool:
    sku = context.skus[row.sku]
    filled = last_fill(row.patient, context.active_of(sku), context)
    same = filled is not None and filled.prescription.rx == row.rx
    return same and not sku.scheduled and row.stopped_on is None and max(row.fills, ours.get(row.rx, 0)) < row.refills
