"""What people see of placed orders: tracking, the Orders list and its queues, one line in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.contexts import patients_of, prescriptions_of, settings_of
from core.adapters.store.daily_totals import delay_counts_by_period
from core.adapters.store.order_books import checkout_of, open_book
from core.adapters.store.order_views import (
    Counts,
    EntryRow,
    HistoryRow,
    OrderFilter,
    OrderRow,
    Queue,
    count_lines,
    history,
    ledger_of,
    queue_sizes,
    references_of,
    search_lines,
    stray_events,
    unmatched_events,
)
from core.domain.errors import Refused
from core.domain.identifiers import code_order
from core.domain.model import IN_FLIGHT, LineState, Patient, Prescription, SubmissionState
from core.domain.orders.book import Book
from core.domain.orders.records import Attempt, OrderLine, Submission
from core.domain.rejections import REJECTIONS, Rejection
from core.domain.roles import Action, Person, require
from core.domain.settings import setting_in_force
from core.rules.delivery_estimate import DeliveryEstimate, delay_history, expected_delivery

S = LineState


class TrackedLine(NamedTuple):
    """A line's state, and its money in cents over all its attempts."""

    reference: str
    attempt: int
    state: LineState
    submission_state: SubmissionState
    pharmacy: str
    tracking: str
    reason: str
    authorised_cents: int
    captured_cents: int
    released_cents: int
    refunded_cents: int
    history: tuple[HistoryRow, ...]


class Tracking(NamedTuple):
    """Lines in order, and the events that did not fit and wait for a person."""

    lines: tuple[TrackedLine, ...]
    unmatched: tuple[HistoryRow, ...]


def track(store: Store, person: Person, clinic: str, reference: str | None = None) -> Tracking:
    """Every line's state and history; of one line, submission, pharmacy order or checkout where named.

    Raises Refused for a reference that names nothing.
    """
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        references = references_of(work, reference)
        unmatched = [
            event
            for event in unmatched_events(work)
            if reference in {None, event.reference} or event.reference in references
        ]
        if reference is not None and not references and not unmatched:
            raise Refused(f"There is nothing with the reference {reference}.")
        book = open_book(work, person.email, {checkout_of(line) for line in references}).book
        events: dict[str, list[HistoryRow]] = {}
        for entry in history(work, references):
            events.setdefault(entry.reference, []).append(entry)
    lines = tuple(_tracked(book, line, events.get(line, [])) for line in references)
    return Tracking(lines, tuple(unmatched))


def _tracked(book: Book, reference: str, events: Sequence[HistoryRow]) -> TrackedLine:
    line, current = book.lines[reference], book.current(reference)
    attempts = [book.attempts[reference, number] for number in range(1, line.attempt + 1)]
    return TrackedLine(
        reference=reference,
        attempt=line.attempt,
        state=line.state,
        submission_state=book.submissions[current.submission].state,
        pharmacy=current.pharmacy,
        tracking=current.tracking,
        reason=current.reason,
        authorised_cents=sum(attempt.charge.amounts.total_cents for attempt in attempts),
        captured_cents=sum(attempt.charge.captured_cents for attempt in attempts),
        released_cents=sum(attempt.released_cents for attempt in attempts),
        refunded_cents=sum(attempt.refunded_cents for attempt in attempts),
        history=tuple(events),
    )


class Page(NamedTuple):
    """One page of lines, and how many there are on all pages."""

    rows: tuple[OrderRow, ...]
    total: int


def search(
    store: Store, person: Person, clinic: str, filters: OrderFilter, *, limit: int = 100, offset: int = 0
) -> Page:
    """Lines for the Orders screen, newest first."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        rows, total = search_lines(work, filters, stalled_before(work), limit, offset)
    return Page(tuple(rows), total)


def queues(store: Store, person: Person, clinic: str) -> Mapping[Queue, int]:
    """How many lines wait in each queue."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return queue_sizes(work, stalled_before(work))


def counts(store: Store, person: Person, clinic: str, filters: OrderFilter) -> Counts:
    """How many lines of a filter are in each state and queue; its own states and queue are left aside."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return count_lines(work, filters, stalled_before(work))


def strays(store: Store, person: Person, clinic: str) -> tuple[HistoryRow, ...]:
    """Events of pharmacies that name no line of the clinic and that nobody has settled, oldest first."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return tuple(stray_events(work))


def stalled_before(work: Work) -> date:
    """A line counts as stalled when it has not shipped and its promised ship date is before this day, or when it has
    shipped, nobody has told of its delivery and the promised day is before this one."""
    days = setting_in_force(settings_of(work), "stalled_days", work.today)
    return work.today - timedelta(int(str(days)))


class OrderAction(StrEnum):
    """What a person may do to a line as it stands: the buttons of its detail."""

    CANCEL = "cancel"
    ASK_TO_CANCEL = "ask to cancel"
    CONFIRM_CANCELLED = "confirm that it is cancelled"
    REFUSE_CANCEL = "record that the pharmacy goes on with it"
    ACKNOWLEDGED = "record that the pharmacy has it"
    NOT_RECEIVED = "record that the pharmacy does not take it"
    RESUBMIT = "resubmit"
    REFUND = "refund"
    SETTLE_UNMATCHED = "settle what did not fit"


class LineDetail(NamedTuple):
    """A line in full: attempts oldest first, history, ledger, what is open, and what may be pressed.

    ``prescriptions`` are the patient's for the line's SKU, newest first. ``expected`` is when a line under way comes,
    None where no delivery was ever as late, or nothing is known.
    """

    line: OrderLine
    attempts: tuple[Attempt, ...]
    submission: Submission
    rejection: Rejection | None
    history: tuple[HistoryRow, ...]
    ledger: tuple[EntryRow, ...]
    unmatched: tuple[HistoryRow, ...]
    actions: tuple[OrderAction, ...]
    refundable_cents: int
    stalled: bool
    asked_at: datetime
    patient: Patient
    prescriptions: tuple[Prescription, ...]
    expected: DeliveryEstimate | None


def line_detail(store: Store, person: Person, clinic: str, reference: str) -> LineDetail:
    """One line in full. Raises Refused for a reference that is no line's."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        book = open_book(work, person.email, [checkout_of(reference)]).book
        if reference not in book.lines:
            raise Refused(f"There is no line {reference}.")
        line, current = book.lines[reference], book.current(reference)
        unmatched = tuple(event for event in unmatched_events(work) if event.reference == reference)
        return LineDetail(
            line=line,
            attempts=tuple(book.attempts[reference, number] for number in range(1, line.attempt + 1)),
            submission=book.submissions[current.submission],
            rejection=REJECTIONS.get(current.reason_code),
            history=tuple(history(work, [reference])),
            ledger=tuple(ledger_of(work, reference)),
            unmatched=unmatched,
            actions=line_actions(line, current, book.submissions[current.submission].state, bool(unmatched)),
            refundable_cents=current.charge.paid_cents,
            stalled=_stalled(current, stalled_before(work)),
            asked_at=work.now(),
            patient=patients_of(work, [line.patient])[line.patient],
            prescriptions=_prescriptions(work, line),
            expected=_expected(work, line, current, cold=book.submissions[current.submission].cold),
        )


def _expected(work: Work, line: OrderLine, attempt: Attempt, *, cold: bool) -> DeliveryEstimate | None:
    if line.state not in IN_FLIGHT | {S.SHIPPED}:
        return None
    known = delay_history(delay_counts_by_period(work, work.today), work.today)
    dates = attempt.ships_on, attempt.delivers_on, line.shipped_on
    return expected_delivery(known, attempt.pharmacy, cold, *dates, work.today)


def _stalled(attempt: Attempt, before: date) -> bool:
    late = {S.SHIPPED: attempt.delivers_on, **dict.fromkeys(IN_FLIGHT, attempt.ships_on)}.get(attempt.state)
    return late is not None and late < before


def _prescriptions(work: Work, line: OrderLine) -> tuple[Prescription, ...]:
    same = (row for row in prescriptions_of(work, line.patient).values() if row.sku == line.sku)
    return tuple(sorted(same, key=lambda row: (row.written_on, code_order(row.rx)), reverse=True))


def line_actions(line: OrderLine, attempt: Attempt, sent: SubmissionState, unmatched: bool) -> tuple[OrderAction, ...]:
    """What may be done to a line, in the order of OrderAction."""
    placed, in_flight = line.state is S.PLACED, line.state in IN_FLIGHT
    unknown = placed and sent is SubmissionState.UNKNOWN
    queued = placed and sent is SubmissionState.QUEUED
    cancel_asked = line.cancel_requested_at is not None
    allowed = {
        OrderAction.CANCEL: queued,
        OrderAction.ASK_TO_CANCEL: in_flight and not queued and not unknown and not cancel_asked,
        OrderAction.CONFIRM_CANCELLED: in_flight and not placed and cancel_asked,
        OrderAction.REFUSE_CANCEL: in_flight and not placed and cancel_asked,
        OrderAction.ACKNOWLEDGED: unknown,
        OrderAction.NOT_RECEIVED: unknown,
        OrderAction.RESUBMIT: line.state is S.REJECTED
        or (line.state is S.RETURNED and attempt.refund_recorded_at is not None),
        OrderAction.REFUND: attempt.charge.paid_cents > 0
        or (line.state is S.RETURNED and attempt.refund_recorded_at is None),
        OrderAction.SETTLE_UNMATCHED: unmatched,
    }
    return tuple(press for press, may in allowed.items() if may)
