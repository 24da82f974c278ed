"""What ``ledger verify`` reads: rows beside what their ledger entries, their neighbours and the rollups say of them."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from core.adapters.store.engine import Work
from core.adapters.store.orders import (
    AUTHORISED,
    AttemptRow,
    CheckoutRow,
    DailyTallyRow,
    LedgerEntryRow,
    OrderLineRow,
    StockReservationRow,
    SubmissionRow,
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
        .outerjoin(_ENTRY, _entry_of_attempt())
        .where(AttemptRow.clinic == work.clinic)
        .group_by(AttemptRow.clinic, AttemptRow.line, AttemptRow.number)
        .order_by(AttemptRow.line, AttemptRow.number)
    )
    rows = work.connection.execute(statement)
    return [AttemptMoney._make((*row[:3], bool(row[3]), *map(int, row[4:]))) for row in rows]


def unbalanced_postings(work: Work) -> list[str]:
    """Postings whose legs do not sum to zero, on some line and in some component."""
    sums = [func.sum(_ENTRY.__table__.c[name]) for name in ("cents", *Amounts._fields)]
    statement = (
        select(_ENTRY.posting)
        .where(_ENTRY.clinic == work.clinic)
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
    sums = [func.coalesce(func.sum(case((brought, _ENTRY.__table__.c[name]), else_=0)), 0) for name in names]
    rows = [AttemptRow.__table__.c[name] for name in names]
    statement = (
        select(AttemptRow.line, AttemptRow.number, *rows, *sums)
        .outerjoin(_ENTRY, _entry_of_attempt())
        .where(AttemptRow.clinic == work.clinic)
        .group_by(AttemptRow.clinic, AttemptRow.line, AttemptRow.number)
        .having(or_(*(row != total for row, total in zip(rows, sums, strict=True))))
        .order_by(AttemptRow.line, AttemptRow.number)
    )
    found = []
    for line, attempt, *cents in work.connection.execute(statement):
        sides = zip(names, cents[: len(names)], cents[len(names) :], strict=True)
        found += [
            Carried(line, attempt, name.removesuffix("_cents").replace("_", " "), row, int(entry))
            for name, row, entry in sides
            if row != entry
        ]
    return found


def _entry_of_attempt() -> ColumnElement[bool]:
    return and_(_ENTRY.clinic == AttemptRow.clinic, _ENTRY.line == AttemptRow.line, _ENTRY.attempt == AttemptRow.number)


class Neighbours(NamedTuple):
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


def neighbours(work: Work) -> list[Neighbours]:
    """Every attempt with what stands beside it."""
    held = StockReservationRow
    statement = (
        select(
            AttemptRow.line,
            AttemptRow.number,
            AttemptRow.state,
            AttemptRow.pharmacy,
            AttemptRow.captured_at.is_not(None),
            AttemptRow.quantity,
            OrderLineRow.attempt,
            OrderLineRow.state,
            OrderLineRow.pharmacy,
            AttemptRow.submission,
            SubmissionRow.state,
            held.quantity,
            held.released_at.is_not(None),
        )
        .join(OrderLineRow, and_(OrderLineRow.clinic == AttemptRow.clinic, OrderLineRow.reference == AttemptRow.line))
        .join(
            SubmissionRow,
            and_(SubmissionRow.clinic == AttemptRow.clinic, SubmissionRow.reference == AttemptRow.submission),
        )
        .outerjoin(
            held,
            and_(held.clinic == AttemptRow.clinic, held.line == AttemptRow.line, held.attempt == AttemptRow.number),
        )
        .where(AttemptRow.clinic == work.clinic)
        .order_by(AttemptRow.line, AttemptRow.number)
    )
    rows = work.connection.execute(statement)
    return [Neighbours._make((*row[:4], bool(row[4]), *row[5:12], bool(row[12]))) for row in rows]


def wrong_totals(work: Work) -> list[str]:
    """Checkouts whose total is not the sum of its parts, or not that of its lines as they were first placed."""
    of = CheckoutRow
    parts = of.medication_cents + of.program_fee_cents + of.encounters_cents + of.shipping_cents + of.processing_cents
    landed = func.coalesce(func.sum(AttemptRow.landed_cents), 0)
    statement = (
        select(of.reference)
        .outerjoin(
            AttemptRow,
            and_(AttemptRow.clinic == of.clinic, AttemptRow.checkout == of.reference, AttemptRow.number == 1),
        )
        .where(of.clinic == work.clinic)
        .group_by(of.clinic, of.reference)
        .having(or_(of.total_cents != parts, of.total_cents != landed))
        .order_by(of.reference)
    )
    return list(work.connection.scalars(statement))


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
        .join(AttemptRow, _entry_of_attempt())
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
