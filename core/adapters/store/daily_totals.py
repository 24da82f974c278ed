"""Daily totals, read: sums by day and pharmacy, never a row of a patient."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, case, func, literal, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work
from core.adapters.store.tables import DAILY_REJECTION, DAILY_TALLY, DELIVERY_DELAY, STAGE_HOURS
from core.adapters.store.values import DailyTotal
from core.rules.delivery_estimate import DelayCount, period_starts


class RejectionCount(NamedTuple):
    """Attempts refused over a period."""

    pharmacy: str
    code: str
    lines: int


class HourCount(NamedTuple):
    """Attempts that took so many whole hours for a stage over a period."""

    pharmacy: str
    stage: str
    hours: int
    lines: int


def daily_totals(work: Work, first: date, last: date) -> list[DailyTotal]:
    """Every day's counts from ``first`` to ``last``, both included."""
    statement = select(*columns_of(DAILY_TALLY, DailyTotal)).where(_within(work, DAILY_TALLY, first, last))
    ordered = statement.order_by(DAILY_TALLY.c.day, DAILY_TALLY.c.pharmacy, DAILY_TALLY.c.program)
    return [DailyTotal._make(row) for row in work.connection.execute(ordered)]


def rejection_counts(work: Work, first: date, last: date) -> list[RejectionCount]:
    """Refusals by pharmacy and code."""
    key = (DAILY_REJECTION.c.pharmacy, DAILY_REJECTION.c.code)
    statement = select(*key, func.sum(DAILY_REJECTION.c.lines)).where(_within(work, DAILY_REJECTION, first, last))
    rows = work.connection.execute(statement.group_by(*key).order_by(*key))
    return [RejectionCount(pharmacy, code, int(lines)) for pharmacy, code, lines in rows]


def hour_counts(work: Work, first: date, last: date) -> list[HourCount]:
    """Stage times by pharmacy, stage and whole hour."""
    key = (STAGE_HOURS.c.pharmacy, STAGE_HOURS.c.stage, STAGE_HOURS.c.hours)
    statement = select(*key, func.sum(STAGE_HOURS.c.lines)).where(_within(work, STAGE_HOURS, first, last))
    rows = work.connection.execute(statement.group_by(*key).order_by(*key))
    return [HourCount(pharmacy, stage, hours, int(lines)) for pharmacy, stage, hours, lines in rows]


def _within(work: Work, table: Table, first: date, last: date) -> ColumnElement[bool]:
    return and_(work.of_clinic(table), table.c.day >= first, table.c.day <= last)


def delay_counts(work: Work, first: date, last: date) -> list[DelayCount]:
    """How late the lines of some days came, day by day."""
    statement = select(*columns_of(DELIVERY_DELAY, DelayCount)).where(_within(work, DELIVERY_DELAY, first, last))
    return [DelayCount._make(row) for row in work.connection.execute(statement)]


def delay_counts_by_period(work: Work, as_of: date) -> list[DelayCount]:
    """How late the lines of the periods up to a day came, all of a period under its first day."""
    starts, table = list(period_starts(as_of)), DELIVERY_DELAY.c
    period = case(*((table.day >= literal(start), literal(start)) for start in starts)).label("period")
    key = (period, table.pharmacy, table.cold, table.basis, table.delay_days)
    statement = select(*key, func.sum(table.lines)).where(_within(work, DELIVERY_DELAY, starts[-1], as_of))
    return [DelayCount(*row) for row in work.connection.execute(statement.group_by(*key))]
