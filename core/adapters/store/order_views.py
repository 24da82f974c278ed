"""What screens and commands read of placed orders. Pages come from SQL, never from all lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, or_, select
from sqlalchemy.orm import aliased

from core.adapters.pharmacies.registry import named_by
from core.adapters.store.engine import Work
from core.adapters.store.orders import (
    AUTHORISED,
    AttemptRow,
    LedgerEntryRow,
    MisfitDecisionRow,
    OrderEventRow,
    OrderLineRow,
    SubmissionRow,
)
from core.adapters.store.partners import PartnerLinkRow
from core.adapters.store.tables import PatientRow, PharmacyRow, SkuRow
from core.domain.model import IN_FLIGHT, LineState, SubmissionState
from core.domain.orders.records import Outcome
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
    """Which lines: ``text`` looks in patient names and codes, references and tracking numbers; the rest narrow it."""

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
    outcome: Outcome
    implied: tuple[str, ...]
    note: str
    tracking: str
    reason: str


def _lines(*columns: Any) -> Select[Any]:
    """Lines with their newest attempt, its submission, and the names that screens show."""
    same = OrderLineRow.clinic
    return (
        select(*columns)
        .select_from(OrderLineRow)
        .join(
            AttemptRow,
            and_(
                AttemptRow.clinic == same,
                AttemptRow.line == OrderLineRow.reference,
                AttemptRow.number == OrderLineRow.attempt,
            ),
        )
        .join(SubmissionRow, and_(SubmissionRow.clinic == same, SubmissionRow.reference == AttemptRow.submission))
        .join(PatientRow, and_(PatientRow.clinic == same, PatientRow.patient == OrderLineRow.patient))
        .join(SkuRow, and_(SkuRow.clinic == same, SkuRow.sku == OrderLineRow.sku))
        .join(PharmacyRow, and_(PharmacyRow.clinic == same, PharmacyRow.pharmacy == OrderLineRow.pharmacy))
    )


def _misfit(clinic: str) -> ColumnElement[bool]:
    return OrderLineRow.reference.in_(select(OrderEventRow.reference).where(*_unsettled(clinic)))


def _order_columns(clinic: str) -> list[Any]:
    return [
        OrderLineRow.reference,
        OrderLineRow.checkout,
        OrderLineRow.placed_on,
        OrderLineRow.patient,
        PatientRow.first_name,
        PatientRow.last_name,
        OrderLineRow.sku,
        SkuRow.name,
        OrderLineRow.quantity,
        OrderLineRow.pharmacy,
        PharmacyRow.name,
        OrderLineRow.state,
        SubmissionRow.state,
        OrderLineRow.state_at,
        OrderLineRow.attempt,
        AttemptRow.ships_on,
        AttemptRow.delivers_on,
        AUTHORISED,
        AttemptRow.tracking,
        AttemptRow.reason_code,
        AttemptRow.reason,
        OrderLineRow.cancel_requested_at,
        _misfit(clinic),
    ]


def search_lines(
    work: Work, wanted: OrderFilter, stalled_before: date, limit: int, offset: int
) -> tuple[list[OrderRow], int]:
    """One page of lines, newest placed first, and how many there are in all."""
    where = _wanted(work, wanted, stalled_before)
    newest_first = (OrderLineRow.placed_on.desc(), OrderLineRow.checkout.desc(), OrderLineRow.number)
    page = select(OrderLineRow.reference).where(*where).order_by(*newest_first).limit(limit).offset(offset).subquery()
    shown = _lines(*_order_columns(work.clinic)).where(
        OrderLineRow.clinic == work.clinic, OrderLineRow.reference.in_(select(page.c.reference))
    )
    rows = [_order_row(row) for row in work.connection.execute(shown.order_by(*newest_first))]
    return rows, _how_many(work, where)


def _how_many(work: Work, where: Sequence[ColumnElement[bool]]) -> int:
    return work.connection.scalar(select(func.count()).select_from(OrderLineRow).where(*where)) or 0


def _order_row(row: Sequence[Any]) -> OrderRow:
    return OrderRow._make((*row[:-1], bool(row[-1])))


def _wanted(work: Work, wanted: OrderFilter, stalled_before: date) -> list[ColumnElement[bool]]:
    """Conditions on the line's own columns, so that counting needs no join."""
    where: list[ColumnElement[bool]] = [OrderLineRow.clinic == work.clinic]
    where += [_says(work.clinic, word) for word in wanted.text.replace(",", " ").split()]
    if wanted.states:
        where.append(OrderLineRow.state.in_(sorted(wanted.states)))
    if wanted.pharmacy is not None:
        where.append(OrderLineRow.pharmacy == wanted.pharmacy)
    if wanted.queue is not None:
        where.append(_queues(work.clinic, stalled_before)[wanted.queue])
    if wanted.needs_action:
        where.append(or_(*_queues(work.clinic, stalled_before).values()))
    if wanted.placed_from is not None:
        where.append(OrderLineRow.placed_on >= wanted.placed_from)
    if wanted.placed_to is not None:
        where.append(OrderLineRow.placed_on <= wanted.placed_to)
    return where


def _says(clinic: str, word: str) -> ColumnElement[bool]:
    """Every word must stand somewhere: in a name, at the start of a reference, patient code or tracking number."""
    folded = word.lower()

    def starts(column: Any) -> ColumnElement[bool]:
        return func.lower(column).startswith(folded, autoescape=True)

    names = (PatientRow.first_name, PatientRow.last_name)
    named = (func.lower(name).contains(folded, autoescape=True) for name in names)
    people = select(PatientRow.patient).where(PatientRow.clinic == clinic, or_(*named, starts(PatientRow.patient)))
    tracked = select(AttemptRow.line).where(AttemptRow.clinic == clinic, starts(AttemptRow.tracking))
    return or_(OrderLineRow.patient.in_(people), starts(OrderLineRow.reference), OrderLineRow.reference.in_(tracked))


def _queues(clinic: str, stalled_before: date) -> dict[Queue, ColumnElement[bool]]:
    in_flight = OrderLineRow.state.in_(sorted(IN_FLIGHT))
    unknown = _newest(
        SubmissionRow.clinic == OrderLineRow.clinic,
        SubmissionRow.reference == AttemptRow.submission,
        SubmissionRow.state == SubmissionState.UNKNOWN,
    )
    waits = _newest(
        SubmissionRow.clinic == OrderLineRow.clinic,
        SubmissionRow.reference == AttemptRow.submission,
        SubmissionRow.state == SubmissionState.QUEUED,
    )
    by_hand = exists().where(
        PartnerLinkRow.clinic == OrderLineRow.clinic,
        PartnerLinkRow.pharmacy == OrderLineRow.pharmacy,
        PartnerLinkRow.adapter.in_(named_by(Transmission.PERSON)),
    )
    return {
        Queue.REJECTED: and_(OrderLineRow.state == LineState.REJECTED, ~_replaced()),
        Queue.HAND_OVER: and_(OrderLineRow.state == LineState.PLACED, by_hand, waits),
        Queue.UNKNOWN: and_(OrderLineRow.state == LineState.PLACED, unknown),
        Queue.ON_HOLD: OrderLineRow.state == LineState.ON_HOLD,
        Queue.STALLED: or_(
            and_(in_flight, _newest(AttemptRow.ships_on < stalled_before)),
            and_(OrderLineRow.state == LineState.SHIPPED, _newest(AttemptRow.delivers_on < stalled_before)),
        ),
        Queue.MISFITS: _misfit(clinic),
        Queue.CANCEL_REQUESTS: and_(in_flight, OrderLineRow.cancel_requested_at.is_not(None)),
        Queue.RETURNED: and_(
            OrderLineRow.state == LineState.RETURNED, _newest(AttemptRow.refund_recorded_at.is_(None))
        ),
    }


def _newest(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether these hold for the line's newest attempt, and for its submission where they name it."""
    return exists().where(
        AttemptRow.clinic == OrderLineRow.clinic,
        AttemptRow.line == OrderLineRow.reference,
        AttemptRow.number == OrderLineRow.attempt,
        *conditions,
    )


def _replaced() -> ColumnElement[bool]:
    """Whether the patient has a later line of the same SKU that went through: nobody waits for this one any more."""
    later = aliased(OrderLineRow)
    return exists().where(
        later.clinic == OrderLineRow.clinic,
        later.patient == OrderLineRow.patient,
        later.sku == OrderLineRow.sku,
        later.reference != OrderLineRow.reference,
        later.placed_on >= OrderLineRow.placed_on,
        later.state.not_in((LineState.REJECTED, LineState.CANCELLED)),
    )


def queue_sizes(work: Work, stalled_before: date) -> dict[Queue, int]:
    """How many lines are in each queue, in one query; events of unknown references count as misfits."""
    queues = _queues(work.clinic, stalled_before)
    sizes = _sizes(work, queues, [OrderLineRow.clinic == work.clinic, or_(*queues.values())])
    sizes[Queue.MISFITS] += len(stray_events(work))
    return sizes


class Counts(NamedTuple):
    """Lines by state and by queue; ``needs_action`` counts each line once, however many queues it is in."""

    states: Mapping[LineState, int]
    queues: Mapping[Queue, int]
    needs_action: int


def count_lines(work: Work, wanted: OrderFilter, stalled_before: date) -> Counts:
    """The lines of a filter by state and queue, its own states and queue left aside."""
    queues = _queues(work.clinic, stalled_before)
    where = _wanted(work, wanted._replace(states=frozenset(), queue=None, needs_action=False), stalled_before)
    by_state = select(OrderLineRow.state, func.count()).where(*where).group_by(OrderLineRow.state)
    found = dict(work.connection.execute(by_state).all())
    states = {state: found.get(state, 0) for state in LineState}
    waiting = [*where, or_(*queues.values())]
    return Counts(states, _sizes(work, queues, waiting), _how_many(work, waiting))


def _sizes(
    work: Work, conditions: Mapping[K, ColumnElement[bool]], where: Sequence[ColumnElement[bool]]
) -> dict[K, int]:
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in conditions.values()]
    row = work.connection.execute(select(*sums).select_from(OrderLineRow).where(*where)).one()
    return {name: int(size) for name, size in zip(conditions, row, strict=True)}


def stray_events(work: Work) -> list[HistoryRow]:
    """Open misfits that name no line of this clinic, oldest first."""
    misfits = open_misfits(work)
    named = select(OrderLineRow.reference).where(
        OrderLineRow.clinic == work.clinic, OrderLineRow.reference.in_({misfit.reference for misfit in misfits})
    )
    ours = set(work.connection.scalars(named)) if misfits else set()
    return [misfit for misfit in misfits if misfit.reference not in ours]


_HISTORY: Final = [
    OrderEventRow.id,
    *(OrderEventRow.__table__.c[name] for name in HistoryRow._fields if name != "event"),
]


def history(work: Work, references: Sequence[str]) -> list[HistoryRow]:
    """Everything said of these lines, in the order in which it became known."""
    statement = select(*_HISTORY).where(OrderEventRow.clinic == work.clinic, OrderEventRow.reference.in_(references))
    rows = work.connection.execute(statement.order_by(OrderEventRow.id))
    return [HistoryRow._make(row) for row in rows]


def open_misfits(work: Work) -> list[HistoryRow]:
    """Events that did not fit and that nobody has settled, oldest first."""
    statement = select(*_HISTORY).where(*_unsettled(work.clinic))
    return [
        HistoryRow._make(row)
        for row in work.connection.execute(statement.order_by(OrderEventRow.recorded_at, OrderEventRow.id))
    ]


def _unsettled(clinic: str) -> tuple[ColumnElement[bool], ...]:
    settled = exists().where(
        MisfitDecisionRow.clinic == OrderEventRow.clinic, MisfitDecisionRow.event == OrderEventRow.id
    )
    return OrderEventRow.clinic == clinic, OrderEventRow.outcome == Outcome.MISFIT, ~settled


def misfit_exists(work: Work, event: str) -> bool:
    """Whether an event did not fit and nobody has settled it."""
    return any(misfit.event == event for misfit in open_misfits(work))


def settle(work: Work, event: str, by: str, reason: str) -> None:
    """A person's word on a misfit."""
    values = {"clinic": work.clinic, "event": event, "reason": reason, "by": by, "at": work.now()}
    work.connection.execute(insert(MisfitDecisionRow), values)


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
    columns = [LedgerEntryRow.__table__.c[name] for name in EntryRow._fields]
    statement = select(*columns).where(LedgerEntryRow.clinic == work.clinic, LedgerEntryRow.line == reference)
    return [EntryRow._make(row) for row in work.connection.execute(statement.order_by(LedgerEntryRow.id))]


def references_of(work: Work, reference: str | None) -> list[str]:
    """Lines of a checkout, a pharmacy order, a submission, or one line; every line for None."""
    statement = select(OrderLineRow.reference).where(OrderLineRow.clinic == work.clinic)
    if reference is not None:
        attempts = select(AttemptRow.line).where(AttemptRow.clinic == work.clinic, AttemptRow.submission == reference)
        orders = (
            select(AttemptRow.line)
            .join(
                SubmissionRow,
                and_(SubmissionRow.clinic == AttemptRow.clinic, SubmissionRow.reference == AttemptRow.submission),
            )
            .where(AttemptRow.clinic == work.clinic, SubmissionRow.pharmacy_order == reference)
        )
        statement = statement.where(
            or_(
                OrderLineRow.reference == reference,
                OrderLineRow.checkout == reference,
                OrderLineRow.reference.in_(attempts),
                OrderLineRow.reference.in_(orders),
            )
        )
    ordered = statement.order_by(OrderLineRow.checkout, OrderLineRow.number)
    return list(work.connection.scalars(ordered))
