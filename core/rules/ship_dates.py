"""When a pharmacy receives, makes, ships and delivers a box (rules.md, section 6).

Only the calendars that the clinic loaded count: a holiday is a working day unless closures.csv or carrier_days.csv
has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from core.domain.context import Context
from core.domain.model import Days, Pharmacy, Promise

FARTHEST = 3660
"""Days that a calendar is searched ahead; a pharmacy closed for longer promises nothing."""


def promise(pharmacy: Pharmacy, cold: bool, context: Context, days: Days) -> Promise | None:
    """The dates of a box placed now, as days in the pharmacy's zone; None is COLD_CHAIN_WINDOW, cold or not."""
    key = (pharmacy, cold, days)
    if key not in context.promises:
        context.promises[key] = _promise(pharmacy, cold, context, days)
    return context.promises[key]


def _promise(pharmacy: Pharmacy, cold: bool, context: Context, days: Days) -> Promise | None:
    working = _working_days(pharmacy, context, days)
    received = next(working, None)
    ready = received if pharmacy.processing_days < 1 else _nth(working, pharmacy.processing_days)
    if received is None or ready is None:
        return None
    for ships_on in _ship_days(pharmacy, cold, context, ready):
        delivers_on = _delivery(pharmacy, cold, context, ships_on)
        if delivers_on is not None:
            return Promise(received, ready, ships_on, delivers_on)
    return None


def _working_days(pharmacy: Pharmacy, context: Context, days: Days) -> Iterator[date]:
    """The pharmacy's working days from the first on which it can receive the order."""
    if days.placed_at is None:
        placed_on, in_time = days.placing_day, True
    else:
        local = days.placed_at.astimezone(ZoneInfo(pharmacy.time_zone))
        placed_on, in_time = local.date(), local.time() < pharmacy.cutoff
    for day in _calendar(placed_on, 0 if in_time else 1):
        if day.weekday() < 5 and not context.closed(pharmacy.pharmacy, day):
            yield day


def _ship_days(pharmacy: Pharmacy, cold: bool, context: Context, ready: date) -> Iterator[date]:
    weekdays = pharmacy.cold_ship_days if cold else pharmacy.ship_days
    for day in _calendar(ready, 0, longest_wait(pharmacy, context, ready)):
        if (
            day.weekday() in weekdays
            and not context.closed(pharmacy.pharmacy, day)
            and context.carrier_runs(pharmacy.carrier, day)
        ):
            yield day


def longest_wait(pharmacy: Pharmacy, context: Context, day: date) -> int:
    """Days after ``ready`` within which a box must ship."""
    return int(context.number("ship_window_days", day, pharmacy=pharmacy.pharmacy))


def _delivery(pharmacy: Pharmacy, cold: bool, context: Context, ships_on: date) -> date | None:
    """The day of delivery; None where the carrier never gets there, or a cold box would rest on its way."""
    transit = pharmacy.cold_transit_days if cold else pharmacy.transit_days
    if transit < 1:
        return ships_on
    carried = (day for day in _calendar(ships_on, 1) if context.carrier_runs(pharmacy.carrier, day))
    delivers_on = _nth(carried, transit)
    if cold and delivers_on is not None and (delivers_on - ships_on).days > transit:
        return None
    return delivers_on


def _calendar(day: date, first: int, last: int = FARTHEST) -> Iterator[date]:
    """The days from ``first`` to ``last`` days after ``day``, as far as the calendar goes."""
    for offset in range(first, min(last, (date.max - day).days) + 1):
        yield day + timedelta(offset)


def _nth(days: Iterator[date], number: int) -> date | None:
    return next(islice(days, number - 1, None), None)
