"""What screens and commands read of placed orders. Pages come from SQL, never from all lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, Table, and_, case, exists, func, or_, select

from core.adapters.pharmacies.registry import named_by
from core.adapters.store.base import columns_of
from core.adapters.store.conditions import AUTHORIZED, NEWEST_ATTEMPT, UNMATCHED
from core.adapters.store.engine import Work, insert_rows
from core.adapters.store.tables import (
    ATTEMPT,
    LEDGER_ENTRY,
    MISFIT_DECISION,
    ORDER_EVENT,
    ORDER_LINE,
    PARTNER_LINK,
    PATIENT,
    PHARMACY,
    SKU,
    SUBMISSION,
)
from core.domain.model import IN_FLIGHT, LineState, SubmissionState
from core.domain.orders.records import EventOutcome
from core.domain.partners.adapter import Transmission

K = TypeVar("K")


class Queue(StrEnum):
    """What needs somebody's action."""

    REJECTED = "rejected"
    HAND_OVER = "to hand over"
    UNKNOWN = "unknown"
    ON_HOLD = "on hold"
    STALLED = "stalled"
    MISFITS = "misfits"
    CANCEL_REQUESTS = "cancel requests"
    RETURNED = "returned"


class OrderRow(NamedTuple):
    """One line as the Orders screen lists it; ``authorised_cents`` is its newest attempt's."""

    reference: str
    checkout: str
    placed_on: date
    patient: str
    first_name: str
    last_name: str
    sku: str
    sku_name: str
    quantity: int
    pharmacy: str
    pharmacy_name: str
    state: LineState
    submission_state: SubmissionState
    state_at: datetime
    attempt: int
    ships_on: date
    delivers_on: date
    authorised_cents: int
    tracking: str
    reason_code: str
    reason: str
    cancel_requested_at: datetime | None
    misfit: bool


class OrderFilter(NamedTuple):
    """Which lines: ``text`` looks in patient names, codes and birth dates, references, tracking numbers, SKUs and
    pharmacies; the rest narrow it."""

    text: str = ""
    states: frozenset[LineState] = frozenset()
    pharmacy: str | None = None
    queue: Queue | None = None
    needs_action: bool = False
    placed_from: date | None = None
    placed_to: date | None = None


class HistoryRow(NamedTuple):
    """One entry of a line's history, as it was said."""

    event: str
    reference: str
    attempt: int | None
    pharmacy: str
    status: str
    at: datetime
    recorded_at: datetime
    recorded_by: str
    outcome: EventOutcome
    implied: tuple[str, ...]
    note: str
    tracking: str
    reason: str


def _lines(*columns: Any) -> Select[Any]:
    """Lines with their newest attempt, its submission, and the names that screens show."""
    return (
        select(*columns)
        .join_from(ORDER_LINE, ATTEMPT, NEWEST_ATTEMPT)
        .join_from(ATTEMPT, SUBMISSION)
        .join_from(ORDER_LINE, PATIENT)
        .join_from(ORDER_LINE, SKU)
        .join_from(ORDER_LINE, PHARMACY)
    )


def _unmatched(clinic: str) -> ColumnElement[bool]:
    events = select(ORDER_EVENT.c.reference).where(ORDER_EVENT.c.clinic == clinic, UNMATCHED)
    return ORDER_LINE.c.reference.in_(events)


def _order_columns(clinic: str) -> list[Any]:
    return [
        ORDER_LINE.c.reference,
        ORDER_LINE.c.checkout,
        ORDER_LINE.c.placed_on,
        ORDER_LINE.c.patient,
        PATIENT.c.first_name,
        PATIENT.c.last_name,
        ORDER_LINE.c.sku,
        SKU.c.name,
        ORDER_LINE.c.quantity,
        ORDER_LINE.c.pharmacy,
        PHARMACY.c.name,
        ORDER_LINE.c.state,
        SUBMISSION.c.state,
        ORDER_LINE.c.state_at,
        ORDER_LINE.c.attempt,
        ATTEMPT.c.ships_on,
        ATTEMPT.c.delivers_on,
        AUTHORIZED,
        ATTEMPT.c.tracking,
        ATTEMPT.c.reason_code,
        ATTEMPT.c.reason,
        ORDER_LINE.c.cancel_requested_at,
        _unmatched(clinic),
    ]


def search_lines(
    work: Work, filtered: OrderFilter, stalled_before: date, limit: int, offset: int
) -> tuple[list[OrderRow], int]:
    """One page of lines, newest placed first, and how many there are in all."""
    where = _matching(work, filtered, stalled_before)
    newest_first = (ORDER_LINE.c.placed_on.desc(), ORDER_LINE.c.checkout.desc(), ORDER_LINE.c.number)
    page = select(ORDER_LINE.c.reference).where(*where).order_by(*newest_first).limit(limit).offset(offset).subquery()
    shown = _lines(*_order_columns(work.clinic)).where(
        work.of_clinic(ORDER_LINE), ORDER_LINE.c.reference.in_(select(page.c.reference))
    )
    rows = [_order_row(row) for row in work.connection.execute(shown.order_by(*newest_first))]
    return rows, _how_many(work, where)


def _how_many(work: Work, where: Sequence[ColumnElement[bool]]) -> int:
    return work.connection.scalar(select(func.count()).select_from(ORDER_LINE).where(*where)) or 0


def _order_row(row: Sequence[Any]) -> OrderRow:
    return OrderRow._make((*row[:-1], bool(row[-1])))


def _matching(work: Work, filtered: OrderFilter, stalled_before: date) -> list[ColumnElement[bool]]:
    """Conditions on the line's own columns, so that counting needs no join."""
    where: list[ColumnElement[bool]] = [work.of_clinic(ORDER_LINE)]
    where += [_mentions(work.clinic, word) for word in filtered.text.replace(",", " ").split()]
    if filtered.states:
        where.append(ORDER_LINE.c.state.in_(sorted(filtered.states)))
    if filtered.pharmacy is not None:
        where.append(ORDER_LINE.c.pharmacy == filtered.pharmacy)
    if filtered.queue is not None:
        where.append(_queues(work.clinic, stalled_before)[filtered.queue])
    if filtered.needs_action:
        where.append(or_(*_queues(work.clinic, stalled_before).values()))
    if filtered.placed_from is not None:
        where.append(ORDER_LINE.c.placed_on >= filtered.placed_from)
    if filtered.placed_to is not None:
        where.append(ORDER_LINE.c.placed_on <= filtered.placed_to)
    return where


def _mentions(clinic: str, word: str) -> ColumnElement[bool]:
    """Every word must stand somewhere: in a name, at the start of a code, a reference or a tracking number, or be the
    patient's birth date."""
    folded = word.lower()

    def starts(column: Any) -> ColumnElement[bool]:
        return func.lower(column).startswith(folded, autoescape=True)

    def contains(column: Any) -> ColumnElement[bool]:
        return func.lower(column).contains(folded, autoescape=True)

    def named(table: Table, code: Any, *texts: ColumnElement[bool]) -> Select[Any]:
        return select(code).where(table.c.clinic == clinic, or_(starts(code), *texts))

    born = birth_date_of(word)
    people = [contains(PATIENT.c.first_name), contains(PATIENT.c.last_name)]
    people += [PATIENT.c.born_on == born] if born else []
    tracked = select(ATTEMPT.c.line).where(ATTEMPT.c.clinic == clinic, starts(ATTEMPT.c.tracking))
    return or_(
        ORDER_LINE.c.patient.in_(named(PATIENT, PATIENT.c.patient, *people)),
        ORDER_LINE.c.sku.in_(named(SKU, SKU.c.sku, contains(SKU.c.name))),
        ORDER_LINE.c.pharmacy.in_(named(PHARMACY, PHARMACY.c.pharmacy, contains(PHARMACY.c.name))),
        starts(ORDER_LINE.c.reference),
        ORDER_LINE.c.reference.in_(tracked),
    )


def birth_date_of(word: str) -> date | None:
    """A word as a day, written ``1980-04-23``, ``4/23/1980`` or ``04-23-1980``; None for any other word."""
    if parts := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word):
        year, month, day = map(int, parts.groups())
    elif parts := re.fullmatch(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})", word):
        month, day, year = map(int, parts.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _queues(clinic: str, stalled_before: date) -> dict[Queue, ColumnElement[bool]]:
    in_flight = ORDER_LINE.c.state.in_(sorted(IN_FLIGHT))
    unknown = _newest(
        SUBMISSION.c.clinic == ORDER_LINE.c.clinic,
        SUBMISSION.c.reference == ATTEMPT.c.submission,
        SUBMISSION.c.state == SubmissionState.UNKNOWN,
    )
    waits = _newest(
        SUBMISSION.c.clinic == ORDER_LINE.c.clinic,
        SUBMISSION.c.reference == ATTEMPT.c.submission,
        SUBMISSION.c.state == SubmissionState.QUEUED,
    )
    by_hand = exists().where(
        PARTNER_LINK.c.clinic == ORDER_LINE.c.clinic,
        PARTNER_LINK.c.pharmacy == ORDER_LINE.c.pharmacy,
        PARTNER_LINK.c.adapter.in_(named_by(Transmission.PERSON)),
    )
    return {
        Queue.REJECTED: and_(ORDER_LINE.c.state == LineState.REJECTED, ~_replaced()),
        Queue.HAND_OVER: and_(ORDER_LINE.c.state == LineState.PLACED, by_hand, waits),
        Queue.UNKNOWN: and_(ORDER_LINE.c.state == LineState.PLACED, unknown),
        Queue.ON_HOLD: ORDER_LINE.c.state == LineState.ON_HOLD,
        Queue.STALLED: or_(
            and_(in_flight, _newest(ATTEMPT.c.ships_on < stalled_before)),
            and_(ORDER_LINE.c.state == LineState.SHIPPED, _newest(ATTEMPT.c.delivers_on < stalled_before)),
        ),
        Queue.MISFITS: _unmatched(clinic),
        Queue.CANCEL_REQUESTS: and_(in_flight, ORDER_LINE.c.cancel_requested_at.is_not(None)),
        Queue.RETURNED: and_(ORDER_LINE.c.state == LineState.RETURNED, _newest(ATTEMPT.c.refund_recorded_at.is_(None))),
    }


def _newest(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether these hold for the line's newest attempt, and for its submission where they name it."""
    return exists().where(
        NEWEST_ATTEMPT,
        *conditions,
    )


def _replaced() -> ColumnElement[bool]:
    """Whether the patient has a later line of the same SKU that went through: nobody waits for this one any more."""
    later = ORDER_LINE.alias().c
    return exists().where(
        later.clinic == ORDER_LINE.c.clinic,
        later.patient == ORDER_LINE.c.patient,
        later.sku == ORDER_LINE.c.sku,
        later.reference != ORDER_LINE.c.reference,
        later.placed_on >= ORDER_LINE.c.placed_on,
        later.state.not_in((LineState.REJECTED, LineState.CANCELLED)),
    )


def queue_sizes(work: Work, stalled_before: date) -> dict[Queue, int]:
    """How many lines are in each queue, in one query; events of unknown references count as unmatched."""
    queues = _queues(work.clinic, stalled_before)
    sizes = _sizes(work, queues, [work.of_clinic(ORDER_LINE), or_(*queues.values())])
    sizes[Queue.MISFITS] += len(stray_events(work))
    return sizes


def stalled_lines(work: Work, stalled_before: date) -> dict[str, int]:
    """Stalled lines by pharmacy."""
    stalled = _queues(work.clinic, stalled_before)[Queue.STALLED]
    statement = select(ORDER_LINE.c.pharmacy, func.count()).where(work.of_clinic(ORDER_LINE), stalled)
    return {row[0]: row[1] for row in work.connection.execute(statement.group_by(ORDER_LINE.c.pharmacy))}


class Counts(NamedTuple):
    """Lines by state and by queue; ``needs_action`` counts each line once, however many queues it is in."""

    states: Mapping[LineState, int]
    queues: Mapping[Queue, int]
    needs_action: int


def count_lines(work: Work, filtered: OrderFilter, stalled_before: date) -> Counts:
    """The lines of a filter by state and queue, its own states and queue left aside."""
    queues = _queues(work.clinic, stalled_before)
    where = _matching(work, filtered._replace(states=frozenset(), queue=None, needs_action=False), stalled_before)
    by_state = select(ORDER_LINE.c.state, func.count()).where(*where).group_by(ORDER_LINE.c.state)
    counts: dict[LineState, int] = {row[0]: row[1] for row in work.connection.execute(by_state)}
    states = {state: counts.get(state, 0) for state in LineState}
    waiting = [*where, or_(*queues.values())]
    return Counts(states, _sizes(work, queues, waiting), _how_many(work, waiting))


def _sizes(
    work: Work, conditions: Mapping[K, ColumnElement[bool]], where: Sequence[ColumnElement[bool]]
) -> dict[K, int]:
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions.values()]
    row = work.connection.execute(select(*sums).select_from(ORDER_LINE).where(*where)).one()
    return {name: int(size) for name, size in zip(conditions, row, strict=True)}


def stray_events(work: Work) -> list[HistoryRow]:
    """Unmatched events that name no line of this clinic, oldest first."""
    events = unmatched_events(work)
    named = select(ORDER_LINE.c.reference).where(
        work.of_clinic(ORDER_LINE), ORDER_LINE.c.reference.in_({event.reference for event in events})
    )
    ours = set(work.connection.scalars(named)) if events else set()
    return [event for event in events if event.reference not in ours]


_HISTORY: Final = [ORDER_EVENT.c["id" if name == "event" else name] for name in HistoryRow._fields]


def history(work: Work, references: Sequence[str]) -> list[HistoryRow]:
    """Everything said of these lines, in the order in which it became known."""
    statement = select(*_HISTORY).where(work.of_clinic(ORDER_EVENT), ORDER_EVENT.c.reference.in_(references))
    return [HistoryRow._make(row) for row in work.connection.execute(statement.order_by(ORDER_EVENT.c.id))]


def unmatched_events(work: Work) -> list[HistoryRow]:
    """Events that did not match their line's state and that nobody has settled, oldest first."""
    statement = select(*_HISTORY).where(work.of_clinic(ORDER_EVENT), UNMATCHED)
    oldest_first = statement.order_by(ORDER_EVENT.c.recorded_at, ORDER_EVENT.c.id)
    return [HistoryRow._make(row) for row in work.connection.execute(oldest_first)]


def is_unmatched(work: Work, event: str) -> bool:
    """Whether an event did not match and nobody has settled it."""
    return any(unmatched.event == event for unmatched in unmatched_events(work))


def settle(work: Work, event: str, by: str, reason: str) -> None:
    """A person's word on an unmatched event."""
    insert_rows(work, MISFIT_DECISION, [{"event": event, "reason": reason, "by": by, "at": work.now()}])


class EntryRow(NamedTuple):
    """One leg of the ledger, as screens show it."""

    at: datetime
    kind: str
    attempt: int
    account: str
    cents: int
    recorded_by: str
    reason: str


def ledger_of(work: Work, reference: str) -> list[EntryRow]:
    """A line's ledger, in order."""
    statement = select(*columns_of(LEDGER_ENTRY, EntryRow)).where(
        work.of_clinic(LEDGER_ENTRY), LEDGER_ENTRY.c.line == reference
    )
    return [EntryRow._make(row) for row in work.connection.execute(statement.order_by(LEDGER_ENTRY.c.id))]


def references_of(work: Work, reference: str | None) -> list[str]:
    """Lines of a checkout, a pharmacy order, a submission, or one line; every line for None."""
    statement = select(ORDER_LINE.c.reference).where(work.of_clinic(ORDER_LINE))
    if reference is not None:
        attempts = select(ATTEMPT.c.line).where(work.of_clinic(ATTEMPT), ATTEMPT.c.submission == reference)
        of_order = (work.of_clinic(ATTEMPT), SUBMISSION.c.pharmacy_order == reference)
        orders = select(ATTEMPT.c.line).join(SUBMISSION).where(*of_order)
        statement = statement.where(
            or_(
                ORDER_LINE.c.reference == reference,
                ORDER_LINE.c.checkout == reference,
                ORDER_LINE.c.reference.in_(attempts),
                ORDER_LINE.c.reference.in_(orders),
            )
        )
    ordered = statement.order_by(ORDER_LINE.c.checkout, ORDER_LINE.c.number)
    return list(work.connection.scalars(ordered))
