"""What ``ledger verify`` reads: rows beside what ledger entries, neighbors and daily totals say of them."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from core.adapters.store.conditions import AUTHORIZED
from core.adapters.store.engine import Work
from core.adapters.store.tables import (
    ATTEMPT,
    CHECKOUT,
    DAILY_TALLY,
    LEDGER_ENTRY,
    ORDER_LINE,
    STOCK_RESERVATION,
    SUBMISSION,
)
from core.domain.ledger import Account, Amounts, PostingKind
from core.domain.model import LineState, SubmissionState


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
    cents = LEDGER_ENTRY.c.cents * sign
    return func.coalesce(func.sum(cents if condition is None else case((condition, cents), else_=0)), 0)


_ENTRY: Final = LEDGER_ENTRY.c
_SUMS: Final = (
    _sum(_ENTRY.account == Account.AUTHORISED),
    _sum(_ENTRY.account == Account.PAYABLE),
    _sum(and_(_ENTRY.kind == PostingKind.RELEASE, _ENTRY.account == Account.CLINIC)),
    _sum(and_(_ENTRY.kind == PostingKind.REFUND, _ENTRY.account == Account.CLINIC)),
    _sum(),
)


_ATTEMPT_COLUMNS: Final = (
    ATTEMPT.c.line,
    ATTEMPT.c.number,
    ATTEMPT.c.state,
    ATTEMPT.c.captured_at.is_not(None),
    AUTHORIZED,
    ATTEMPT.c.released_cents,
    ATTEMPT.c.refunded_cents,
)


def attempt_money(work: Work) -> list[AttemptMoney]:
    """Every attempt's money beside its ledger."""
    statement = (
        select(*_ATTEMPT_COLUMNS, *_SUMS)
        .outerjoin_from(ATTEMPT, LEDGER_ENTRY)
        .where(work.of_clinic(ATTEMPT))
        .group_by(ATTEMPT.c.clinic, ATTEMPT.c.line, ATTEMPT.c.number)
        .order_by(ATTEMPT.c.line, ATTEMPT.c.number)
    )
    rows = work.connection.execute(statement)
    return [AttemptMoney._make((*row[:3], bool(row[3]), *map(int, row[4:]))) for row in rows]


def unbalanced_postings(work: Work) -> list[str]:
    """Postings whose legs do not sum to zero, on some line and in some component."""
    sums = [func.sum(_ENTRY[name]) for name in ("cents", *Amounts._fields)]
    statement = (
        select(_ENTRY.posting)
        .where(work.of_clinic(LEDGER_ENTRY))
        .group_by(_ENTRY.posting, _ENTRY.line)
        .having(or_(*(total != 0 for total in sums)))
    )
    return sorted(set(work.connection.scalars(statement)))


class Carried(NamedTuple):
    """An attempt whose components are not those that its ledger entries brought and took away."""

    line: str
    attempt: int
    component: str
    row_cents: int
    ledger_cents: int


def wrongly_carried(work: Work) -> list[Carried]:
    """Every component of every attempt that differs from its ledger: a share lost or invented."""
    brought = and_(_ENTRY.kind.in_((PostingKind.AUTHORISE, PostingKind.MOVE)), _ENTRY.account != Account.CLINIC)
    names = [name for name in Amounts._fields if name != "adjustment_cents"]
    sums = [func.coalesce(func.sum(case((brought, _ENTRY[name]), else_=0)), 0) for name in names]
    rows = [ATTEMPT.c[name] for name in names]
    statement = (
        select(ATTEMPT.c.line, ATTEMPT.c.number, *rows, *sums)
        .outerjoin_from(ATTEMPT, LEDGER_ENTRY)
        .where(work.of_clinic(ATTEMPT))
        .group_by(ATTEMPT.c.clinic, ATTEMPT.c.line, ATTEMPT.c.number)
        .having(or_(*(row != total for row, total in zip(rows, sums, strict=True))))
        .order_by(ATTEMPT.c.line, ATTEMPT.c.number)
    )
    carried = []
    for line, attempt, *cents in work.connection.execute(statement):
        sides = zip(names, cents[: len(names)], cents[len(names) :], strict=True)
        carried += [
            Carried(line, attempt, name.removesuffix("_cents").replace("_", " "), row, int(entry))
            for name, row, entry in sides
            if row != entry
        ]
    return carried


class Neighbors(NamedTuple):
    """An attempt beside its line, its submission and its stock; ``reserved`` None where nothing holds stock for it."""

    line: str
    attempt: int
    state: LineState
    pharmacy: str
    captured: bool
    quantity: int
    newest: int
    line_state: LineState
    line_pharmacy: str
    submission: str
    submission_state: SubmissionState
    reserved: int | None
    released: bool


def neighbors(work: Work) -> list[Neighbors]:
    """Every attempt with what stands beside it."""
    statement = (
        select(
            ATTEMPT.c.line,
            ATTEMPT.c.number,
            ATTEMPT.c.state,
            ATTEMPT.c.pharmacy,
            ATTEMPT.c.captured_at.is_not(None),
            ATTEMPT.c.quantity,
            ORDER_LINE.c.attempt,
            ORDER_LINE.c.state,
            ORDER_LINE.c.pharmacy,
            ATTEMPT.c.submission,
            SUBMISSION.c.state,
            STOCK_RESERVATION.c.quantity,
            STOCK_RESERVATION.c.released_at.is_not(None),
        )
        .join_from(ATTEMPT, ORDER_LINE)
        .join_from(ATTEMPT, SUBMISSION)
        .outerjoin_from(ATTEMPT, STOCK_RESERVATION)
        .where(work.of_clinic(ATTEMPT))
        .order_by(ATTEMPT.c.line, ATTEMPT.c.number)
    )
    rows = work.connection.execute(statement)
    return [Neighbors._make((*row[:4], bool(row[4]), *row[5:12], bool(row[12]))) for row in rows]


def wrong_totals(work: Work) -> list[str]:
    """Checkouts whose total is not the sum of its parts, or not that of its lines as they were first placed."""
    checkout = CHECKOUT.c
    parts = (
        checkout.medication_cents
        + checkout.program_fee_cents
        + checkout.encounters_cents
        + checkout.shipping_cents
        + checkout.processing_cents
    )
    landed = func.coalesce(func.sum(ATTEMPT.c.landed_cents), 0)
    first = and_(ATTEMPT.c.clinic == checkout.clinic, ATTEMPT.c.checkout == checkout.reference, ATTEMPT.c.number == 1)
    statement = (
        select(checkout.reference)
        .outerjoin(ATTEMPT, first)
        .where(work.of_clinic(CHECKOUT))
        .group_by(checkout.clinic, checkout.reference)
        .having(or_(checkout.total_cents != parts, checkout.total_cents != landed))
        .order_by(checkout.reference)
    )
    return list(work.connection.scalars(statement))


def count_entries(work: Work) -> int:
    """How many entries the ledger has."""
    return work.connection.scalar(select(func.count()).where(work.of_clinic(LEDGER_ENTRY))) or 0


class DayMoney(NamedTuple):
    """What one day took at one pharmacy under one program."""

    day: date
    pharmacy: str
    program: str
    cents: int


def money_taken(work: Work) -> list[DayMoney]:
    """By the ledger: everything that became payable, day by day."""
    statement = (
        select(_ENTRY.day, ATTEMPT.c.pharmacy, ATTEMPT.c.program, func.sum(_ENTRY.cents))
        .join_from(LEDGER_ENTRY, ATTEMPT)
        .where(work.of_clinic(LEDGER_ENTRY), _ENTRY.account == Account.PAYABLE)
        .group_by(_ENTRY.day, ATTEMPT.c.pharmacy, ATTEMPT.c.program)
    )
    return _day_money(work, statement)


def money_in_totals(work: Work) -> list[DayMoney]:
    """The same by the daily totals."""
    total = DAILY_TALLY.c
    spend = (
        total.medication_cents
        + total.program_fee_cents
        + total.encounter_cents
        + total.shipping_cents
        + total.processing_cents
        + total.adjustment_cents
    )
    statement = select(total.day, total.pharmacy, total.program, spend).where(work.of_clinic(DAILY_TALLY), spend != 0)
    return _day_money(work, statement)


def _day_money(work: Work, statement: Any) -> list[DayMoney]:
    rows = (DayMoney(row[0], row[1], row[2], int(row[3])) for row in work.connection.execute(statement))
    return sorted(row for row in rows if row.cents)
