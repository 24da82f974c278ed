"""The queue of submissions: what waits, what is being sent under a lease, what pharmacies have."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, true, update

from core.adapters.store.base import columns_of
from core.adapters.store.conditions import NEWEST_ATTEMPT, has_unmatched_event, unpaid_order
from core.adapters.store.engine import Work, upsert
from core.adapters.store.tables import ATTEMPT, ORDER_EVENT, ORDER_LINE, PARTNER_CLOCK, PHARMACY, SUBMISSION, WORKER
from core.adapters.store.values import WorkerRun
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


def _stopped() -> ColumnElement[bool]:
    """Whether an unmatched event of one of its lines, or a payment that is not authorised, keeps a submission back."""
    unmatched = exists().where(
        ATTEMPT.c.clinic == SUBMISSION.c.clinic,
        ATTEMPT.c.submission == SUBMISSION.c.reference,
        has_unmatched_event(ATTEMPT.c.line),
    )
    return or_(unmatched, unpaid_order(SUBMISSION.c.pharmacy_order))


def _due(now: datetime) -> ColumnElement[bool]:
    return and_(SUBMISSION.c.state == SubmissionState.QUEUED, SUBMISSION.c.next_try_at <= now, ~_stopped())


def _run_out(now: datetime) -> ColumnElement[bool]:
    return and_(SUBMISSION.c.state == SubmissionState.SENDING, SUBMISSION.c.lease_until < now)


class Claim(NamedTuple):
    """Whose submissions may be claimed: one pharmacy's, or all but ``excluded``; ``limits`` are how many each."""

    pharmacy: str | None = None
    excluded: frozenset[str] = frozenset()
    limits: Mapping[str, int] = {}

    def allows(self) -> ColumnElement[bool]:
        """The condition on a submission's pharmacy."""
        allowed = SUBMISSION.c.pharmacy.not_in(sorted(self.excluded)) if self.excluded else true()
        return allowed if self.pharmacy is None else and_(SUBMISSION.c.pharmacy == self.pharmacy, allowed)


ANY: Final = Claim()


def anything_to_do(work: Work, allowed: Claim = ANY) -> bool:
    """Whether a submission is due, or a lease has run out: worth opening a write for."""
    due = or_(and_(_due(work.now()), allowed.allows()), _run_out(work.now()))
    statement = select(SUBMISSION.c.reference).where(work.of_clinic(SUBMISSION), due).limit(1)
    return work.connection.scalar(statement) is not None


def claimable(work: Work, limit: int, allowed: Claim = ANY) -> list[tuple[str, str]]:
    """(reference, pharmacy) of the submissions that ``claim`` would take now."""
    statement = (
        select(SUBMISSION.c.reference, SUBMISSION.c.pharmacy)
        .where(work.of_clinic(SUBMISSION), _due(work.now()), allowed.allows())
        .order_by(SUBMISSION.c.queued_at, SUBMISSION.c.reference)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    left = dict(allowed.limits)
    claimed: list[tuple[str, str]] = []
    for reference, pharmacy in work.connection.execute(statement):
        if left.get(pharmacy, 1) > 0:
            claimed.append((reference, pharmacy))
            left[pharmacy] = left.get(pharmacy, limit + 1) - 1
    return claimed


def claim(work: Work, lease_until: datetime, limit: int, allowed: Claim = ANY) -> list[tuple[str, str]]:
    """(reference, pharmacy) of submissions that are now this worker's to send, oldest first, under a lease."""
    claimed = claimable(work, limit, allowed)
    if claimed:
        values = {
            "state": SubmissionState.SENDING,
            "lease_until": lease_until,
            "sent_at": work.now(),
            "tries": SUBMISSION.c.tries + 1,
        }
        named = SUBMISSION.c.reference.in_([reference for reference, _ in claimed])
        work.connection.execute(update(SUBMISSION).where(work.of_clinic(SUBMISSION), named).values(values))
    return claimed


def give_up_leases(work: Work) -> int:
    """Sendings whose lease ran out become unknown; how many. Nobody can say whether they arrived."""
    message = "The worker stopped while it was sending; the pharmacy may or may not have it."
    values = {"state": SubmissionState.UNKNOWN, "lease_until": None, "message": message}
    ended = update(SUBMISSION).where(work.of_clinic(SUBMISSION), _run_out(work.now())).values(values)
    return work.connection.execute(ended).rowcount


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
    ships_on: date | None
    note: str
    override_note: str


def lines_in(work: Work, submissions: Sequence[str], states: Collection[LineState]) -> list[Placed]:
    """The lines that these submissions carry and that are in one of these states, in order."""
    statement = (
        select(
            ATTEMPT.c.submission,
            ORDER_LINE.c.reference,
            ATTEMPT.c.number.label("attempt"),
            ORDER_LINE.c.number,
            ORDER_LINE.c.rx,
            ORDER_LINE.c.sku,
            ATTEMPT.c.quantity,
            ORDER_LINE.c.sig,
            ATTEMPT.c.ships_on,
            ORDER_LINE.c.note,
            ORDER_LINE.c.override_note,
        )
        .join_from(ATTEMPT, ORDER_LINE)
        .where(work.of_clinic(ATTEMPT), ATTEMPT.c.submission.in_(submissions))
        .where(ATTEMPT.c.state.in_(sorted(states)))
        .order_by(ATTEMPT.c.submission, ORDER_LINE.c.number)
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
    queued_at: datetime


def submissions_named(work: Work, references: Sequence[str]) -> list[Queued]:
    """These submissions, in order."""
    named = (work.of_clinic(SUBMISSION), SUBMISSION.c.reference.in_(references))
    statement = select(*columns_of(SUBMISSION, Queued)).where(*named).order_by(SUBMISSION.c.reference)
    return [Queued._make(row) for row in work.connection.execute(statement)]


def submissions_of(
    work: Work, pharmacy_order: str, states: Collection[SubmissionState] = tuple(SubmissionState)
) -> list[str]:
    """References of a pharmacy order's submissions in these states, in order."""
    statement = select(SUBMISSION.c.reference).where(
        work.of_clinic(SUBMISSION),
        SUBMISSION.c.pharmacy_order == pharmacy_order,
        SUBMISSION.c.state.in_(states),
    )
    return list(work.connection.scalars(statement.order_by(SUBMISSION.c.reference)))


def open_at(work: Work, pharmacy: str) -> int:
    """How many lines a pharmacy has, or may have, and has not finished."""
    maybe_there = exists().where(
        SUBMISSION.c.clinic == ATTEMPT.c.clinic,
        SUBMISSION.c.reference == ATTEMPT.c.submission,
        SUBMISSION.c.state.in_((SubmissionState.SENDING, SubmissionState.UNKNOWN)),
    )
    unfinished = or_(ATTEMPT.c.state.in_(AT_PHARMACY), and_(ATTEMPT.c.state == LineState.PLACED, maybe_there))
    statement = select(func.count()).where(work.of_clinic(ATTEMPT), ATTEMPT.c.pharmacy == pharmacy, unfinished)
    return work.connection.scalar(statement) or 0


def make_due(work: Work, pharmacy: str) -> None:
    """What waits at a pharmacy for its next try is due now."""
    waiting = (
        work.of_clinic(SUBMISSION),
        SUBMISSION.c.pharmacy == pharmacy,
        SUBMISSION.c.state == SubmissionState.QUEUED,
        SUBMISSION.c.next_try_at > work.now(),
    )
    work.connection.execute(update(SUBMISSION).where(*waiting).values(next_try_at=work.now()))


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
            SUBMISSION.c.pharmacy_order,
            SUBMISSION.c.pharmacy,
            SUBMISSION.c.reference,
            SUBMISSION.c.queued_at,
            ATTEMPT.c.line,
            ATTEMPT.c.number,
        )
        .join_from(SUBMISSION, ATTEMPT)
        .where(work.of_clinic(SUBMISSION), SUBMISSION.c.pharmacy.in_(sorted(pharmacies)))
        .where(SUBMISSION.c.state == SubmissionState.QUEUED, ATTEMPT.c.state == LineState.PLACED)
        .order_by(SUBMISSION.c.queued_at, SUBMISSION.c.pharmacy_order, ATTEMPT.c.line)
    )
    orders: dict[str, WaitingOrder] = {}
    for order, pharmacy, submission, since, line, number in work.connection.execute(statement):
        before = orders.get(order, WaitingOrder(order, pharmacy, (), (), since))
        named = dict.fromkeys((*before.submissions, submission))
        orders[order] = before._replace(submissions=tuple(named), lines=(*before.lines, f"{line}/{number}"))
    return list(orders.values())


def stopped(work: Work, submissions: Sequence[str]) -> list[str]:
    """Which of these an unmatched event of one of their lines keeps back."""
    kept_back = (work.of_clinic(SUBMISSION), SUBMISSION.c.reference.in_(submissions), _stopped())
    statement = select(SUBMISSION.c.reference).where(*kept_back).order_by(SUBMISSION.c.reference)
    return list(work.connection.scalars(statement))


def waiting_at(work: Work, pharmacy: str) -> int:
    """How many submissions to a pharmacy have not been sent."""
    queued = (SUBMISSION.c.pharmacy == pharmacy, SUBMISSION.c.state == SubmissionState.QUEUED)
    return work.connection.scalar(select(func.count()).where(work.of_clinic(SUBMISSION), *queued)) or 0


def unknown_submissions(work: Work, *, due: bool = False) -> list[tuple[str, str]]:
    """(reference, pharmacy) of submissions whose answer was lost, in order; with ``due`` those not put off to later."""
    statement = select(SUBMISSION.c.reference, SUBMISSION.c.pharmacy).where(
        work.of_clinic(SUBMISSION), SUBMISSION.c.state == SubmissionState.UNKNOWN
    )
    if due:
        statement = statement.where(SUBMISSION.c.next_try_at <= work.now())
    rows = work.connection.execute(statement.order_by(SUBMISSION.c.reference))
    return [(row.reference, row.pharmacy) for row in rows]


def put_off(work: Work, submissions: Sequence[str], until: datetime, note: str) -> None:
    """Unknown submissions that are not asked about before an instant; ``note`` joins what is said of them, once."""
    if submissions:
        named = (work.of_clinic(SUBMISSION), SUBMISSION.c.reference.in_(submissions))
        unknown = and_(*named, SUBMISSION.c.state == SubmissionState.UNKNOWN)
        message = case(
            (SUBMISSION.c.message.contains(note, autoescape=True), SUBMISSION.c.message),
            else_=SUBMISSION.c.message + " " + note,
        )
        work.connection.execute(update(SUBMISSION).where(unknown).values(next_try_at=until, message=message))


def sent_lines(work: Work) -> list[SentLine]:
    """Lines that pharmacies have acknowledged and that are not finished, with the events seen of each."""
    events = _events_of_lines(work)
    statement = (
        select(
            ATTEMPT.c.line,
            ATTEMPT.c.number,
            ATTEMPT.c.pharmacy,
            PHARMACY.c.time_zone,
            ATTEMPT.c.quantity,
            ATTEMPT.c.state,
            func.coalesce(SUBMISSION.c.sent_at, SUBMISSION.c.queued_at, type_=SUBMISSION.c.queued_at.type),
            ATTEMPT.c.ready_on,
            ATTEMPT.c.ships_on,
            ATTEMPT.c.delivers_on,
            ORDER_LINE.c.cancel_requested_at,
            SUBMISSION.c.partner_reference,
        )
        .join_from(ATTEMPT, ORDER_LINE, NEWEST_ATTEMPT)
        .join_from(ATTEMPT, PHARMACY)
        .join_from(ATTEMPT, SUBMISSION)
        .where(work.of_clinic(ORDER_LINE), ORDER_LINE.c.state.in_(AT_PHARMACY))
        .order_by(ATTEMPT.c.line)
    )
    rows = work.connection.execute(statement)
    return [SentLine._make((*row[:-1], events.get((row[0], row[1]), frozenset()), row[-1])) for row in rows]


def _events_of_lines(work: Work) -> dict[tuple[str, int | None], set[str]]:
    """Ids of the partner's events of each unfinished line's attempts."""
    same_line = and_(ORDER_LINE.c.clinic == ORDER_EVENT.c.clinic, ORDER_LINE.c.reference == ORDER_EVENT.c.reference)
    statement = (
        select(ORDER_EVENT.c.reference, ORDER_EVENT.c.attempt, ORDER_EVENT.c.partner_event_id)
        .join(ORDER_LINE, same_line)
        .where(work.of_clinic(ORDER_LINE), ORDER_LINE.c.state.in_(AT_PHARMACY))
        .where(ORDER_EVENT.c.partner_event_id.is_not(None))
    )
    events: dict[tuple[str, int | None], set[str]] = {}
    for reference, attempt, event in work.connection.execute(statement):
        events.setdefault((reference, attempt), set()).add(event)
    return events


class QueueCounts(NamedTuple):
    """Submissions by what they wait for; ``stopped`` are queued and kept back by an unmatched event or a payment."""

    queued: int
    stopped: int
    sending: int
    unknown: int
    oldest_queued_at: datetime | None


def queue_counts(work: Work) -> QueueCounts:
    """How the queue stands."""
    waiting = (
        select(SUBMISSION.c.state, SUBMISSION.c.queued_at, _stopped().label("stopped"))
        .where(work.of_clinic(SUBMISSION))
        .where(SUBMISSION.c.state.in_((SubmissionState.QUEUED, SubmissionState.SENDING, SubmissionState.UNKNOWN)))
        .subquery()
    )
    statement = select(waiting.c.state, waiting.c.stopped, func.count(), func.min(waiting.c.queued_at)).group_by(
        waiting.c.state, waiting.c.stopped
    )
    rows = work.connection.execute(statement).all()
    counts: dict[tuple[SubmissionState, bool], int] = {
        (state, bool(stopped)): count for state, stopped, count, _ in rows
    }

    def count_of(state: SubmissionState) -> int:
        return counts.get((state, False), 0) + counts.get((state, True), 0)

    queued = [since for state, _, _, since in rows if state is SubmissionState.QUEUED]
    return QueueCounts(
        queued=count_of(SubmissionState.QUEUED),
        stopped=counts.get((SubmissionState.QUEUED, True), 0),
        sending=count_of(SubmissionState.SENDING),
        unknown=count_of(SubmissionState.UNKNOWN),
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
        select(SUBMISSION.c.pharmacy, SUBMISSION.c.state, func.count(), func.min(SUBMISSION.c.queued_at))
        .where(work.of_clinic(SUBMISSION))
        .where(SUBMISSION.c.state.in_((SubmissionState.QUEUED, SubmissionState.UNKNOWN)))
        .group_by(SUBMISSION.c.pharmacy, SUBMISSION.c.state)
    )
    queues: dict[str, PharmacyQueue] = {}
    for pharmacy, state, count, oldest in work.connection.execute(statement):
        row = queues.get(pharmacy, PharmacyQueue())
        queued = state is SubmissionState.QUEUED
        more = {"queued": count, "oldest_queued_at": oldest} if queued else {"unknown": count}
        queues[pharmacy] = row._replace(**more)
    return queues


def keep_run(work: Work, run: WorkerRun) -> None:
    """Note what a worker did."""
    upsert(work, WORKER, [run._asdict()])


def worker_runs(work: Work) -> list[WorkerRun]:
    """What every worker last did, newest first."""
    statement = select(*columns_of(WORKER, WorkerRun)).where(work.of_clinic(WORKER))
    return [WorkerRun._make(row) for row in work.connection.execute(statement.order_by(WORKER.c.last_run_at.desc()))]


def seconds_ahead(work: Work) -> int:
    """How far the simulated pharmacies are ahead of the clock."""
    statement = select(PARTNER_CLOCK.c.ahead_seconds).where(work.of_clinic(PARTNER_CLOCK))
    return work.connection.scalar(statement) or 0


def put_ahead(work: Work, seconds: int) -> None:
    """Set how far the simulated pharmacies are ahead."""
    upsert(work, PARTNER_CLOCK, [{"ahead_seconds": seconds}])
