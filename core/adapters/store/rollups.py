"""Rollups, read: sums by day and pharmacy, never a row of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select

from core.adapters.store.engine import Work
from core.adapters.store.orders import AttemptRow, DailyRejectionRow, DailyTallyRow, OrderLineRow, StageHoursRow
from core.domain.model import LineState


class DayTotals(NamedTuple):
    """What one day counted at one pharmacy under one program."""

    day: date
    pharmacy: str
    program: str
    placed: int
    answered_first: int
    accepted_first: int
    rejected: int
    cancelled: int
    shipped: int
    delivered: int
    delivered_on_time: int
    returned: int
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    adjustment_cents: int
    compared_cents: int
    alternative_cents: int


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


def daily_totals(work: Work, first: date, last: date) -> list[DayTotals]:
    """Every day's counts from ``first`` to ``last``, both included."""
    columns = [DailyTallyRow.__table__.c[name] for name in DayTotals._fields]
    statement = select(*columns).where(_within(work, DailyTallyRow, first, last))
    ordered = statement.order_by(DailyTallyRow.day, DailyTallyRow.pharmacy, DailyTallyRow.program)
    return [DayTotals._make(row) for row in work.connection.execute(ordered)]


def rejection_counts(work: Work, first: date, last: date) -> list[RejectionCount]:
    """Refusals by pharmacy and code."""
    of = DailyRejectionRow
    statement = (
        select(of.pharmacy, of.code, func.sum(of.lines))
        .where(_within(work, of, first, last))
        .group_by(of.pharmacy, of.code)
        .order_by(of.pharmacy, of.code)
    )
    return [RejectionCount(row[0], row[1], int(row[2])) for row in work.connection.execute(statement)]


def hour_counts(work: Work, first: date, last: date) -> list[HourCount]:
    """Stage times by pharmacy, stage and whole hour."""
    of = StageHoursRow
    statement = (
        select(of.pharmacy, of.stage, of.hours, func.sum(of.lines))
        .where(_within(work, of, first, last))
        .group_by(of.pharmacy, of.stage, of.hours)
        .order_by(of.pharmacy, of.stage, of.hours)
    )
    return [HourCount(row[0], row[1], row[2], int(row[3])) for row in work.connection.execute(statement)]


def _within(work: Work, table: Any, first: date, last: date) -> ColumnElement[bool]:
    return and_(table.clinic == work.clinic, table.day >= first, table.day <= last)


def stalled_lines(work: Work, stalled_before: date, states: Sequence[LineState]) -> dict[str, int]:
    """Lines in these states whose promised ship date is before a day, by pharmacy."""
    statement = (
        select(OrderLineRow.pharmacy, func.count())
        .join(
            AttemptRow,
            and_(
                AttemptRow.clinic == OrderLineRow.clinic,
                AttemptRow.line == OrderLineRow.reference,
                AttemptRow.number == OrderLineRow.attempt,
            ),
        )
        .where(OrderLineRow.clinic == work.clinic, OrderLineRow.state.in_(states))
        .where(AttemptRow.ships_on < stalled_before)
        .group_by(OrderLineRow.pharmacy)
    )
    return {row[0]: row[1] for row in work.connection.execute(statement)}
