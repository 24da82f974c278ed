"""Daily totals, read: sums by day and pharmacy, never a row of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Table, and_, func, select

from core.adapters.store.base import columns_of
from core.adapters.store.conditions import NEWEST_ATTEMPT
from core.adapters.store.engine import Work
from core.adapters.store.tables import ATTEMPT, DAILY_REJECTION, DAILY_TALLY, ORDER_LINE, STAGE_HOURS
from core.adapters.store.values import DailyTotal
from core.domain.model import LineState


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


def stalled_lines(work: Work, stalled_before: date, states: Sequence[LineState]) -> dict[str, int]:
    """Lines in these states whose promised ship date is before a day, by pharmacy."""
    statement = (
        select(ORDER_LINE.c.pharmacy, func.count())
        .join(ATTEMPT, NEWEST_ATTEMPT)
        .where(work.of_clinic(ORDER_LINE), ORDER_LINE.c.state.in_(states))
        .where(ATTEMPT.c.ships_on < stalled_before)
        .group_by(ORDER_LINE.c.pharmacy)
    )
    return {row[0]: row[1] for row in work.connection.execute(statement)}
