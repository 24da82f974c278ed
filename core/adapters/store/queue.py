"""The queue of submissions: what waits, what is being sent under a lease, what pharmacies have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true, update

from core.adapters.store.engine import Work, inserting
from core.adapters.store.orders import (
    AttemptRow,
    MisfitDecisionRow,
    OrderEventRow,
    OrderLineRow,
    PartnerClockRow,
    SubmissionRow,
    WorkerRow,
)
from core.adapters.store.payments import unpaid_order
from core.adapters.store.tables import PharmacyRow
from core.domain.model import LineState, ShipTo, SubmissionState
from core.domain.orders.records import SentLine

AT_PHARMACY: Final = (
    LineState.SUBMITTED,
    LineState.ACCEPTED,
    LineState.ON_HOLD,
    LineState.COMPOUNDING,
    LineState.SHIPPED,
)
"""States in which a pharmacy may still have news of a line."""


def open_misfit(reference: Any) -> ColumnElement[bool]:
    """Whether a line has an event that did not fit and that nobody has settled."""
    settled = exists().where(
        MisfitDecisionRow.clinic == OrderEventRow.clinic, MisfitDecisionRow.event == OrderEventRow.id
    )
    return exists().where(
        OrderEventRow.clinic == reference.table.c.clinic,
        OrderEventRow.outcome == "misfit",
        OrderEventRow.reference == reference,
        ~settled,
    )


def _stopped() -> ColumnElement[bool]:
    """Whether a misfit of one of its lines, or a payment that is not authorised, keeps a submission from being sent."""
    line = AttemptRow.__table__.c.line
    misfit = exists().where(
        AttemptRow.clinic == SubmissionRow.clinic,
        AttemptRow.submission == SubmissionRow.reference,
        open_misfit(line),
    )
    return or_(misfit, unpaid_order(SubmissionRow.__table__.c.pharmacy_order))


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(SubmissionRow.state == SubmissionState.QUEUED, SubmissionRow.next_try_at <= now, ~_stopped())


def _run_out(now: datetime) -> ColumnElement[bool]:
    return and_(SubmissionRow.state == SubmissionState.SENDING, SubmissionRow.lease_until < now)


class Claim(NamedTuple):
    """Whose submissions may be claimed: ``only`` one pharmacy's or all ``but`` some, at most ``most`` of each named."""

    only: str | None = None
    but: frozenset[str] = frozenset()
    most: Mapping[str, int] = {}

    def allows(self) -> ColumnElement[bool]:
        """The condition on a submission's pharmacy."""
        allowed = SubmissionRow.pharmacy.not_in(sorted(self.but)) if self.but else true()
        return allowed if self.only is None else and_(SubmissionRow.pharmacy == self.only, allowed)


ANY: Final = Claim()


def anything_to_do(work: Work, wanted: Claim = ANY) -> bool:
    """Whether a submission is due, or a lease has run out: worth opening a write for."""
    here = select(SubmissionRow.reference).where(SubmissionRow.clinic == work.clinic)
    due = and_(_due(work.now()), wanted.allows())
    found = work.connection.execute(here.where(or_(due, _run_out(work.now()))).limit(1))
    return found.first() is not None


def claim(work: Work, lease_until: datetime, limit: int, wanted: Claim = ANY) -> list[tuple[str, str]]:
    """(reference, pharmacy) of submissions that are now this worker's to send, oldest first, under a lease."""
    statement = (
        select(SubmissionRow.reference, SubmissionRow.pharmacy)
        .where(SubmissionRow.clinic == work.clinic, _due(work.now()), wanted.allows())
        .order_by(SubmissionRow.queued_at, SubmissionRow.reference)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    left = dict(wanted.most)
    claimed: list[tuple[str, str]] = []
    for reference, pharmacy in work.connection.execute(statement):
        if left.get(pharmacy, 1) > 0:
            claimed.append((reference, pharmacy))
            left[pharmacy] = left.get(pharmacy, limit + 1) - 1
    if claimed:
        values = {
            "state": SubmissionState.SENDING,
            "lease_until": lease_until,
            "sent_at": work.now(),
            "tries": SubmissionRow.tries + 1,
        }
        named = [reference for reference, _ in claimed]
        here = and_(SubmissionRow.clinic == work.clinic, SubmissionRow.reference.in_(named))
        work.connection.execute(update(SubmissionRow).where(here).values(values))
    return claimed


def give_up_leases(work: Work) -> int:
    """Sendings whose lease ran out become unknown; how many. Nobody can say whether they arrived."""
    here = and_(SubmissionRow.clinic == work.clinic, _run_out(work.now()))
    message = "The worker stopped while it was sending; the pharmacy may or may not have it."
    values = {"state": SubmissionState.UNKNOWN, "lease_until": None, "message": message}
    return int(work.connection.execute(update(SubmissionRow).where(here).values(values)).rowcount)


class Placed(NamedTuple):
    """A line that a claimed submission carries."""

    submission: str
    reference: str
    attempt: int
    number: int
    rx: str
    sku: str
    quantity: int
    sig: str


def lines_in(work: Work, submissions: Sequence[str], states: Collection[LineState]) -> list[Placed]:
    """The lines that these submissions carry and that are in one of these states, in order."""
    statement = (
        select(
            AttemptRow.submission,
            OrderLineRow.reference,
            AttemptRow.number.label("attempt"),
            OrderLineRow.number,
            OrderLineRow.rx,
            OrderLineRow.sku,
            AttemptRow.quantity,
            OrderLineRow.sig,
        )
        .join(OrderLineRow, and_(OrderLineRow.clinic == AttemptRow.clinic, OrderLineRow.reference == AttemptRow.line))
        .where(AttemptRow.clinic == work.clinic, AttemptRow.submission.in_(submissions))
        .where(AttemptRow.state.in_(sorted(states)))
        .order_by(AttemptRow.submission, OrderLineRow.number)
    )
    return [Placed._make(row) for row in work.connection.execute(statement)]


class Queued(NamedTuple):
    """Whom a submission goes to, for whom, and how it travels."""

    reference: str
    pharmacy: str
    patient: str
    npi: str
    ship_to: ShipTo
    cold: bool


def submissions_named(work: Work, references: Sequence[str]) -> list[Queued]:
    """These submissions, in order."""
    statement = select(
        SubmissionRow.reference,
        SubmissionRow.pharmacy,
        SubmissionRow.patient,
        SubmissionRow.npi,
        SubmissionRow.ship_to,
        SubmissionRow.cold,
    )
    here = and_(SubmissionRow.clinic == work.clinic, SubmissionRow.reference.in_(references))
    rows = work.connection.execute(statement.where(here).order_by(SubmissionRow.reference))
    return [Queued._make(row) for row in rows]


def submissions_of(
    work: Work, pharmacy_order: str, states: Collection[SubmissionState] = tuple(SubmissionState)
) -> list[str]:
    """References of a pharmacy order's submissions in these states, in order."""
    statement = select(SubmissionRow.reference).where(
        SubmissionRow.clinic == work.clinic,
        SubmissionRow.pharmacy_order == pharmacy_order,
        SubmissionRow.state.in_(states),
    )
    return list(work.connection.scalars(statement.order_by(SubmissionRow.reference)))


def open_at(work: Work, pharmacy: str) -> int:
    """How many lines a pharmacy has, or may have, and has not finished."""
    maybe = exists().where(
        SubmissionRow.clinic == AttemptRow.clinic,
        SubmissionRow.reference == AttemptRow.submission,
        SubmissionRow.state.in_((SubmissionState.SENDING, SubmissionState.UNKNOWN)),
    )
    here = (AttemptRow.clinic == work.clinic, AttemptRow.pharmacy == pharmacy)
    state = or_(AttemptRow.state.in_(AT_PHARMACY), and_(AttemptRow.state == LineState.PLACED, maybe))
    return work.connection.scalar(select(func.count()).select_from(AttemptRow).where(*here, state)) or 0


def make_due(work: Work, pharmacy: str) -> None:
    """What waits at a pharmacy for its next try is due now."""
    waiting = (
        SubmissionRow.clinic == work.clinic,
        SubmissionRow.pharmacy == pharmacy,
        SubmissionRow.state == SubmissionState.QUEUED,
        SubmissionRow.next_try_at > work.now(),
    )
    work.connection.execute(update(SubmissionRow).where(*waiting).values(next_try_at=work.now()))


class WaitingOrder(NamedTuple):
    """A pharmacy order that has not been sent whole: its submissions, and its lines with their attempts."""

    reference: str
    pharmacy: str
    submissions: tuple[str, ...]
    lines: tuple[str, ...]
    since: datetime


def waiting_orders(work: Work, pharmacies: Collection[str]) -> list[WaitingOrder]:
    """What is queued at these pharmacies, by pharmacy order, the oldest first."""
    statement = (
        select(
            SubmissionRow.pharmacy_order,
            SubmissionRow.pharmacy,
            SubmissionRow.reference,
            SubmissionRow.queued_at,
            AttemptRow.line,
            AttemptRow.number,
        )
        .join(
            AttemptRow,
            and_(AttemptRow.clinic == SubmissionRow.clinic, AttemptRow.submission == SubmissionRow.reference),
        )
        .where(SubmissionRow.clinic == work.clinic, SubmissionRow.pharmacy.in_(sorted(pharmacies)))
        .where(SubmissionRow.state == SubmissionState.QUEUED, AttemptRow.state == LineState.PLACED)
        .order_by(SubmissionRow.queued_at, SubmissionRow.pharmacy_order, AttemptRow.line)
    )
    orders: dict[str, WaitingOrder] = {}
    for order, pharmacy, submission, since, line, number in work.connection.execute(statement):
        before = orders.get(order, WaitingOrder(order, pharmacy, (), (), since))
        named = dict.fromkeys((*before.submissions, submission))
        orders[order] = before._replace(submissions=tuple(named), lines=(*before.lines, f"{line}/{number}"))
    return list(orders.values())


def stopped(work: Work, submissions: Sequence[str]) -> list[str]:
    """Which of these a misfit of one of their lines keeps back."""
    here = (SubmissionRow.clinic == work.clinic, SubmissionRow.reference.in_(submissions), _stopped())
    return list(work.connection.scalars(select(SubmissionRow.reference).where(*here).order_by(SubmissionRow.reference)))


def waiting_at(work: Work, pharmacy: str) -> int:
    """How many submissions to a pharmacy have not been sent."""
    here = (SubmissionRow.clinic == work.clinic, SubmissionRow.pharmacy == pharmacy)
    queued = select(func.count()).select_from(SubmissionRow).where(*here, SubmissionRow.state == SubmissionState.QUEUED)
    return work.connection.scalar(queued) or 0


def unknown_submissions(work: Work, *, due: bool = False) -> list[tuple[str, str]]:
    """(reference, pharmacy) of submissions whose answer was lost, in order; with ``due`` those not put off to later."""
    statement = select(SubmissionRow.reference, SubmissionRow.pharmacy).where(
        SubmissionRow.clinic == work.clinic, SubmissionRow.state == SubmissionState.UNKNOWN
    )
    if due:
        statement = statement.where(SubmissionRow.next_try_at <= work.now())
    rows = work.connection.execute(statement.order_by(SubmissionRow.reference))
    return [(row.reference, row.pharmacy) for row in rows]


def put_off(work: Work, submissions: Sequence[str], until: datetime, note: str) -> None:
    """Unknown submissions that are not asked about before an instant; ``note`` joins what is said of them, once."""
    if submissions:
        here = and_(SubmissionRow.clinic == work.clinic, SubmissionRow.reference.in_(submissions))
        unknown = and_(here, SubmissionRow.state == SubmissionState.UNKNOWN)
        said = case(
            (SubmissionRow.message.contains(note, autoescape=True), SubmissionRow.message),
            else_=SubmissionRow.message + " " + note,
        )
        work.connection.execute(update(SubmissionRow).where(unknown).values(next_try_at=until, message=said))


def sent_lines(work: Work) -> list[SentLine]:
    """Lines that pharmacies have acknowledged and that are not finished, with the events seen of each."""
    seen = _seen(work)
    statement = (
        select(
            AttemptRow.line,
            AttemptRow.number,
            AttemptRow.pharmacy,
            PharmacyRow.time_zone,
            AttemptRow.quantity,
            AttemptRow.state,
            func.coalesce(SubmissionRow.sent_at, SubmissionRow.queued_at, type_=SubmissionRow.queued_at.type),
            AttemptRow.ready_on,
            AttemptRow.ships_on,
            AttemptRow.delivers_on,
            OrderLineRow.cancel_requested_at,
            SubmissionRow.partner_reference,
        )
        .join(OrderLineRow, _line_of_attempt())
        .join(PharmacyRow, and_(PharmacyRow.clinic == AttemptRow.clinic, PharmacyRow.pharmacy == AttemptRow.pharmacy))
        .join(
            SubmissionRow,
            and_(SubmissionRow.clinic == AttemptRow.clinic, SubmissionRow.reference == AttemptRow.submission),
        )
        .where(OrderLineRow.clinic == work.clinic, OrderLineRow.state.in_(AT_PHARMACY))
        .order_by(AttemptRow.line)
    )
    rows = work.connection.execute(statement)
    return [SentLine._make((*row[:-1], seen.get((row[0], row[1]), frozenset()), row[-1])) for row in rows]


def _line_of_attempt() -> ColumnElement[bool]:
    """A line's newest attempt."""
    return and_(
        OrderLineRow.clinic == AttemptRow.clinic,
        OrderLineRow.reference == AttemptRow.line,
        OrderLineRow.attempt == AttemptRow.number,
    )


def _seen(work: Work) -> dict[tuple[str, int | None], set[str]]:
    statement = (
        select(OrderEventRow.reference, OrderEventRow.attempt, OrderEventRow.partner_event_id)
        .join(
            OrderLineRow,
            and_(OrderLineRow.clinic == OrderEventRow.clinic, OrderLineRow.reference == OrderEventRow.reference),
        )
        .where(OrderLineRow.clinic == work.clinic, OrderLineRow.state.in_(AT_PHARMACY))
        .where(OrderEventRow.partner_event_id.is_not(None))
    )
    seen: dict[tuple[str, int | None], set[str]] = {}
    for reference, attempt, event in work.connection.execute(statement):
        seen.setdefault((reference, attempt), set()).add(str(event))
    return seen


class QueueCounts(NamedTuple):
    """Submissions by what they wait for; ``stopped`` are queued ones that a misfit or a payment keeps back."""

    queued: int
    stopped: int
    sending: int
    unknown: int
    oldest_queued_at: datetime | None


def queue_counts(work: Work) -> QueueCounts:
    """How the queue stands."""
    waiting = (
        select(SubmissionRow.state, SubmissionRow.queued_at, _stopped().label("stopped"))
        .where(SubmissionRow.clinic == work.clinic)
        .where(SubmissionRow.state.in_((SubmissionState.QUEUED, SubmissionState.SENDING, SubmissionState.UNKNOWN)))
        .subquery()
    )
    statement = select(waiting.c.state, waiting.c.stopped, func.count(), func.min(waiting.c.queued_at)).group_by(
        waiting.c.state, waiting.c.stopped
    )
    rows = work.connection.execute(statement).all()
    counts: dict[tuple[SubmissionState, bool], int] = {
        (state, bool(stopped)): count for state, stopped, count, _ in rows
    }

    def of(state: SubmissionState) -> int:
        return counts.get((state, False), 0) + counts.get((state, True), 0)

    queued = [since for state, _, _, since in rows if state is SubmissionState.QUEUED]
    return QueueCounts(
        queued=of(SubmissionState.QUEUED),
        stopped=counts.get((SubmissionState.QUEUED, True), 0),
        sending=of(SubmissionState.SENDING),
        unknown=of(SubmissionState.UNKNOWN),
        oldest_queued_at=min(queued, default=None),
    )


class PharmacyQueue(NamedTuple):
    """What waits at one pharmacy."""

    queued: int = 0
    unknown: int = 0
    oldest_queued_at: datetime | None = None


def queues_by_pharmacy(work: Work) -> dict[str, PharmacyQueue]:
    """What waits, by pharmacy."""
    statement = (
        select(SubmissionRow.pharmacy, SubmissionRow.state, func.count(), func.min(SubmissionRow.queued_at))
        .where(SubmissionRow.clinic == work.clinic)
        .where(SubmissionRow.state.in_((SubmissionState.QUEUED, SubmissionState.UNKNOWN)))
        .group_by(SubmissionRow.pharmacy, SubmissionRow.state)
    )
    found: dict[str, PharmacyQueue] = {}
    for pharmacy, state, count, oldest in work.connection.execute(statement):
        row = found.get(pharmacy, PharmacyQueue())
        queued = state is SubmissionState.QUEUED
        more = {"queued": count, "oldest_queued_at": oldest} if queued else {"unknown": count}
        found[pharmacy] = row._replace(**more)
    return found


class WorkerRun(NamedTuple):
    """What a worker last did for the clinic."""

    worker: str
    last_run_at: datetime
    sent: int
    failed: int
    message: str


def keep_run(work: Work, run: WorkerRun) -> None:
    """Note what a worker did."""
    statement = inserting(work.connection, WorkerRow)
    values = {name: statement.excluded[name] for name in WorkerRun._fields if name != "worker"}
    statement = statement.on_conflict_do_update(index_elements=["clinic", "worker"], set_=values)
    work.connection.execute(statement, {"clinic": work.clinic} | run._asdict())


def worker_runs(work: Work) -> list[WorkerRun]:
    """What every worker last did, newest first."""
    columns = [WorkerRow.__table__.c[name] for name in WorkerRun._fields]
    statement = select(*columns).where(WorkerRow.clinic == work.clinic).order_by(WorkerRow.last_run_at.desc())
    return [WorkerRun._make(row) for row in work.connection.execute(statement)]


def seconds_ahead(work: Work) -> int:
    """How far the simulated pharmacies are ahead of the clock."""
    statement = select(PartnerClockRow.ahead_seconds).where(PartnerClockRow.clinic == work.clinic)
    return work.connection.scalar(statement) or 0


def put_ahead(work: Work, seconds: int) -> None:
    """Set how far the simulated pharmacies are ahead."""
    statement = inserting(work.connection, PartnerClockRow)
    statement = statement.on_conflict_do_update(index_elements=["clinic"], set_={"ahead_seconds": seconds})
    work.connection.execute(statement, {"clinic": work.clinic, "ahead_seconds": seconds})
