"""Rollups and the ledger, read: sums by day and pharmacy, never a row of a patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select

from core.ledger import Account, PostingKind
from core.model import LineState
from core.store.engine import Work
from core.store.orders import (
    AUTHORISED,
    AttemptRow,
    DailyRejectionRow,
    DailyTallyRow,
    LedgerEntryRow,
    OrderLineRow,
    StageHoursRow,
)


class Tally(NamedTuple):
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


def tallies(work: Work, first: date, last: date) -> list[Tally]:
    """Every day's counts from ``first`` to ``last``, both included."""
    columns = [DailyTallyRow.__table__.c[name] for name in Tally._fields]
    statement = select(*columns).where(_within(work, DailyTallyRow, first, last))
    ordered = statement.order_by(DailyTallyRow.day, DailyTallyRow.pharmacy, DailyTallyRow.program)
    return [Tally._make(row) for row in work.connection.execute(ordered)]


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


class AttemptMoney(NamedTuple):
    """An attempt's money as its row says, and as its ledger entries add up."""

    line: str
    attempt: int
    state: LineState
    captured: bool
    authorised_cents: int
    released_cents: int
    refunded_cents: int
    ledger_authorised_cents: int
    ledger_payable_cents: int
    ledger_released_cents: int
    ledger_refunded_cents: int
    ledger_sum_cents: int


def _sum(condition: ColumnElement[bool] | None = None, sign: int = 1) -> ColumnElement[int]:
    cents = LedgerEntryRow.cents * sign
    return func.coalesce(func.sum(cents if condition is None else case((condition, cents), else_=0)), 0)


_ENTRY: Final = LedgerEntryRow
_SUMS: Final = (
    _sum(_ENTRY.account == Account.AUTHORISED),
    _sum(_ENTRY.account == Account.PAYABLE),
    _sum(and_(_ENTRY.kind == PostingKind.RELEASE, _ENTRY.account == Account.CLINIC)),
    _sum(and_(_ENTRY.kind == PostingKind.REFUND, _ENTRY.account == Account.CLINIC)),
    _sum(),
)


_OWN: Final = (
    AttemptRow.line,
    AttemptRow.number,
    AttemptRow.state,
    AttemptRow.captured_at.is_not(None),
    AUTHORISED,
    AttemptRow.released_cents,
    AttemptRow.refunded_cents,
)


def attempt_money(work: Work) -> list[AttemptMoney]:
    """Every attempt's money beside its ledger."""
    statement = (
        select(*_OWN, *_SUMS)
        .outerjoin(
            _ENTRY,
            and_(
                _ENTRY.clinic == AttemptRow.clinic,
                _ENTRY.line == AttemptRow.line,
                _ENTRY.attempt == AttemptRow.number,
            ),
        )
        .where(AttemptRow.clinic == work.clinic)
        .group_by(AttemptRow.clinic, AttemptRow.line, AttemptRow.number)
        .order_by(AttemptRow.line, AttemptRow.number)
    )
    rows = work.connection.execute(statement)
    return [AttemptMoney._make((*row[:3], bool(row[3]), *map(int, row[4:]))) for row in rows]


def unbalanced_postings(work: Work) -> list[str]:
    """Postings whose legs do not sum to zero."""
    statement = select(_ENTRY.posting).where(_ENTRY.clinic == work.clinic).group_by(_ENTRY.posting)
    return list(work.connection.scalars(statement.having(func.sum(_ENTRY.cents) != 0)))


def count_entries(work: Work) -> int:
    """How many entries the ledger has."""
    return work.connection.scalar(select(func.count()).where(_ENTRY.clinic == work.clinic)) or 0


class DayMoney(NamedTuple):
    """What one day took at one pharmacy under one program."""

    day: date
    pharmacy: str
    program: str
    cents: int


def money_taken(work: Work) -> list[DayMoney]:
    """By the ledger: everything that became payable, day by day."""
    statement = (
        select(_ENTRY.day, AttemptRow.pharmacy, AttemptRow.program, func.sum(_ENTRY.cents))
        .join(
            AttemptRow,
            and_(
                AttemptRow.clinic == _ENTRY.clinic,
                AttemptRow.line == _ENTRY.line,
                AttemptRow.number == _ENTRY.attempt,
            ),
        )
        .where(_ENTRY.clinic == work.clinic, _ENTRY.account == Account.PAYABLE)
        .group_by(_ENTRY.day, AttemptRow.pharmacy, AttemptRow.program)
    )
    return _day_money(work, statement)


def money_tallied(work: Work) -> list[DayMoney]:
    """The same by the rollups."""
    of = DailyTallyRow
    spend = (
        of.medication_cents
        + of.program_fee_cents
        + of.encounter_cents
        + of.shipping_cents
        + of.processing_cents
        + of.adjustment_cents
    )
    return _day_money(work, select(of.day, of.pharmacy, of.program, spend).where(of.clinic == work.clinic, spend != 0))


def _day_money(work: Work, statement: Any) -> list[DayMoney]:
    rows = (DayMoney(row[0], row[1], row[2], int(row[3])) for row in work.connection.execute(statement))
    return sorted(row for row in rows if row.cents)
