"""Some checkouts opened for writing: every change to a line, its money and its history happens here.

A book is loaded from the store (or starts empty), changed in memory, and saved in the same transaction. It decides
nothing about people or findings; it keeps lines, submissions, ledger and rollups in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain import ledger
from core.domain.ledger import Account, Posting, Settlement
from core.domain.model import LineState, SubmissionState
from core.domain.orders.daily_totals import DailyTotals, FulfillmentStage
from core.domain.orders.records import (
    Attempt,
    Checkout,
    EventOutcome,
    EventRecord,
    LedgerEntry,
    OrderLine,
    PharmacyOrder,
    Reservation,
    Submission,
)
from core.domain.orders.transitions import CLOSED, EventDecision, decide
from core.domain.rejections import code_for, refused_with

S = LineState


class Event(NamedTuple):
    """What a pharmacy says of a line's attempt. ``id`` is the pharmacy's own; the same id again is a duplicate.

    ``sender`` is the pharmacy that proved to be speaking, empty where a person or the worker asked for it.
    """

    id: str
    reference: str
    attempt: int
    status: str
    at: datetime
    tracking: str = ""
    reason: str = ""
    sender: str = ""


class RejectionMessage(NamedTuple):
    """A pharmacy's message about a submission that it refuses; ``line`` is the reference that it names, if it does."""

    text: str
    line: str | None = None


class _Report(NamedTuple):
    at: datetime
    explicit: bool
    tracking: str = ""
    reason: str = ""


class Book:
    """Checkouts with all their lines, and what is new since they were loaded."""

    def __init__(self, zone: ZoneInfo, now: datetime, by: str, new_id: Callable[[], str]) -> None:
        self.now = now
        self.by = by
        self._zone = zone
        self._new_id = new_id
        self.checkouts: dict[str, Checkout] = {}
        self.orders: dict[str, PharmacyOrder] = {}
        self.submissions: dict[str, Submission] = {}
        self.lines: dict[str, OrderLine] = {}
        self.attempts: dict[tuple[str, int], Attempt] = {}
        self.known_events: set[tuple[str, str]] = set()
        self.events: list[EventRecord] = []
        self.entries: list[LedgerEntry] = []
        self.reservations: list[Reservation] = []
        self.released: list[tuple[str, int, datetime]] = []
        self.totals = DailyTotals()
        self._of_checkout: dict[str, list[str]] = {}
        self._of_submission: dict[str, list[Attempt]] = {}

    # what is in it

    def add_line(self, line: OrderLine) -> None:
        """Put a line in."""
        self.lines[line.reference] = line
        self._of_checkout.setdefault(line.checkout, []).append(line.reference)

    def add_attempt(self, attempt: Attempt) -> None:
        """Put an attempt of a line in."""
        self.attempts[attempt.line, attempt.number] = attempt
        self._of_submission.setdefault(attempt.submission, []).append(attempt)

    def current(self, reference: str) -> Attempt:
        """A line's newest attempt."""
        return self.attempts[reference, self.lines[reference].attempt]

    def lines_of(self, checkout: str) -> list[OrderLine]:
        """A checkout's lines by number, in whatever order they were read: shares' ties go to the lower one."""
        lines = (self.lines[reference] for reference in self._of_checkout.get(checkout, ()))
        return sorted(lines, key=lambda line: line.number)

    def attempts_in(self, submission: str) -> Sequence[Attempt]:
        """The attempts that a submission carries, by line number."""
        return sorted(self._of_submission.get(submission, ()), key=lambda attempt: self.lines[attempt.line].number)

    def live_attempts(self, checkout: str) -> list[Attempt]:
        """The newest attempts of a checkout that are not rejected, cancelled or returned."""
        newest = (self.current(line.reference) for line in self.lines_of(checkout))
        return [attempt for attempt in newest if attempt.state not in CLOSED]

    def day(self, at: datetime) -> date:
        """The day of an instant in the clinic's zone."""
        return at.astimezone(self._zone).date()

    # what happens to it

    def start(self, attempt: Attempt, reason: str = "") -> None:
        """A new attempt: its stock is reserved and its money authorized."""
        self.add_attempt(attempt)
        line = self.lines[attempt.line]
        self.reservations.append(
            Reservation(line.reference, attempt.number, attempt.pharmacy, line.sku, attempt.quantity, attempt.placed_at)
        )
        self._post([ledger.authorised(attempt.charge)], attempt.placed_at, reason)
        if attempt.number == 1:
            self.totals.count(self.day(attempt.placed_at), attempt, placed=1)
        self.totals.count(attempt.delivers_on, attempt, promised=1)
        self._note(attempt, S.PLACED, attempt.placed_at, reason=reason)

    def apply(self, event: Event) -> EventOutcome:
        """What one event of a pharmacy does; every one but a duplicate is kept."""
        line = self.lines.get(event.reference)
        attempt = self.attempts.get((event.reference, event.attempt))
        pharmacy = event.sender or (attempt.pharmacy if attempt else line.pharmacy if line else "")
        if (pharmacy, event.id) in self.known_events:
            return EventOutcome.DUPLICATE
        self.known_events.add((pharmacy, event.id))
        decision = self._decision(line, attempt, event)
        self._record(event, pharmacy, decision)
        if attempt is not None:
            self._apply_states(attempt, decision, event)
        return decision.outcome

    def acknowledge(self, submission: Submission, at: datetime, partner_reference: str = "", note: str = "") -> None:
        """The pharmacy has the submission: its lines that are still placed become submitted."""
        submission.state = SubmissionState.ACKNOWLEDGED
        submission.answered_at = at
        submission.lease_until = None
        submission.partner_reference = partner_reference or submission.partner_reference
        for attempt in self.attempts_in(submission.reference):
            if attempt.state is S.PLACED:
                self._enter_state(attempt, S.SUBMITTED, _Report(at, explicit=True))
                self._note(attempt, S.SUBMITTED, at, note=note)

    def hold(self, submission: Submission, message: RejectionMessage, at: datetime) -> None:
        """The pharmacy took less of a line than was ordered: quantity is all or nothing, so a person decides."""
        for attempt in self.attempts_in(submission.reference):
            if attempt.line == message.line and attempt.state is S.SUBMITTED:
                self._note(attempt, S.ON_HOLD, at, reason=message.text)
                self._enter_state(attempt, S.ON_HOLD, _Report(at, explicit=True, reason=message.text))

    def refuse(self, submission: Submission, refusals: Sequence[RejectionMessage], at: datetime) -> None:
        """The pharmacy takes none of the submission's lines; those not named were refused together with the named."""
        submission.state = SubmissionState.REJECTED
        submission.answered_at = at
        submission.lease_until = None
        submission.message = "\n".join(refusal.text for refusal in refusals)
        words = self._reasons(submission, refusals)
        refused = [attempt for attempt in self.attempts_in(submission.reference) if attempt.state is S.PLACED]
        for attempt in refused:
            attempt.reason = words[attempt.line]
            attempt.reason_code = code_for(attempt.reason)
            self._note(attempt, S.REJECTED, at, reason=attempt.reason)
        self._end(refused, S.REJECTED, at)

    def cancel(self, attempt: Attempt, at: datetime, reason: str) -> None:
        """The line is cancelled: by the clinic before it was sent, or confirmed by the pharmacy."""
        self._note(attempt, S.CANCELLED, at, reason=reason)
        self._enter_state(attempt, S.CANCELLED, _Report(at, explicit=True, reason=reason))

    def refund(self, attempt: Attempt, cents: int, at: datetime, reason: str) -> None:
        """A person gives money back; zero records only that nothing is. Raises ValueError beyond what is paid."""
        self._settle(ledger.refunded(attempt.charge, cents), at, reason)
        attempt.refund_recorded_at = at

    # how it happens

    def _decision(self, line: OrderLine | None, attempt: Attempt | None, event: Event) -> EventDecision:
        if line is None:
            return EventDecision(EventOutcome.UNMATCHED, note="no line of this clinic has this reference")
        if attempt is None:
            return EventDecision(EventOutcome.UNMATCHED, note=f"the line has no attempt {event.attempt}")
        if event.sender not in {"", attempt.pharmacy}:
            return EventDecision(
                EventOutcome.UNMATCHED, note=f"{event.sender} said so, but the attempt is at {attempt.pharmacy}"
            )
        sent = self.submissions[attempt.submission].state
        return decide(attempt, line.attempt, sent, event.status, event.at)

    def _record(self, event: Event, pharmacy: str, decision: EventDecision) -> None:
        implied = tuple(state.value for state in decision.states if state.value != event.status)
        self.events.append(
            EventRecord(
                id=self._new_id(),
                reference=event.reference,
                attempt=event.attempt,
                pharmacy=pharmacy,
                partner_event_id=event.id,
                status=event.status,
                at=event.at,
                recorded_at=self.now,
                recorded_by=self.by,
                outcome=decision.outcome,
                implied=implied,
                note=decision.note,
                tracking=event.tracking,
                reason=event.reason,
            )
        )

    def _note(self, attempt: Attempt, state: LineState, at: datetime, *, reason: str = "", note: str = "") -> None:
        """History of what this side did: placed, sent, refused, cancelled."""
        self.events.append(
            EventRecord(
                id=self._new_id(),
                reference=attempt.line,
                attempt=attempt.number,
                pharmacy=attempt.pharmacy,
                partner_event_id=None,
                status=state.value,
                at=at,
                recorded_at=self.now,
                recorded_by=self.by,
                outcome=EventOutcome.MOVED,
                note=note,
                reason=reason,
            )
        )

    def _apply_states(self, attempt: Attempt, decision: EventDecision, event: Event) -> None:
        for state in decision.states:
            explicit = state.value == event.status
            report = _Report(event.at, explicit, event.tracking, event.reason if explicit else "")
            self._enter_state(attempt, state, report)
        if event.tracking and decision.outcome is not EventOutcome.UNMATCHED:
            attempt.tracking = event.tracking

    def _enter_state(self, attempt: Attempt, state: LineState, report: _Report) -> None:
        if report.reason or state is not S.ON_HOLD:
            attempt.reason = report.reason
            attempt.reason_code = code_for(report.reason) if state is S.REJECTED else ""
        if state in {S.REJECTED, S.CANCELLED}:
            self._end([attempt], state, report.at)
            return
        _ENTERED[state](self, attempt, report)
        self._set_state(attempt, state, report.at)

    def _set_state(self, attempt: Attempt, state: LineState, at: datetime) -> None:
        """The state of the attempt, and of its line if it is the newest."""
        if state in CLOSED or state is S.ON_HOLD:
            attempt.before = attempt.before if attempt.state is S.ON_HOLD else attempt.state
        else:
            attempt.before = None
        if state in CLOSED:
            attempt.ended_at = at
        attempt.state = state
        line = self.lines[attempt.line]
        line.state, line.state_at = state, at

    def _submitted(self, attempt: Attempt, report: _Report) -> None:
        if report.explicit and attempt.submitted_at is None:
            attempt.submitted_at = report.at
            self.totals.count_stage(
                self.day(report.at), attempt, FulfillmentStage.SENDING, attempt.placed_at, report.at
            )
        submission = self.submissions[attempt.submission]
        if submission.state in {SubmissionState.SENDING, SubmissionState.UNKNOWN}:
            self._set_state(attempt, S.SUBMITTED, report.at)
            number = self.lines[attempt.line].number
            self.acknowledge(submission, report.at, note=f"known from an event of line {number}")

    def _accepted(self, attempt: Attempt, report: _Report) -> None:
        day = self.day(report.at)
        if attempt.captured_at is not None:
            return
        if attempt.number == 1:
            self.totals.count(day, attempt, answered_first=1, accepted_first=1)
        if report.explicit:
            attempt.accepted_at = report.at
            self.totals.count_stage(day, attempt, FulfillmentStage.ANSWER, attempt.submitted_at, report.at)
        self._settle(ledger.captured(attempt.charge), report.at)

    def _on_hold(self, attempt: Attempt, report: _Report) -> None:
        if report.explicit:
            attempt.held_at = report.at

    def _compounding(self, attempt: Attempt, report: _Report) -> None:
        if report.explicit and attempt.compounding_at is None:
            attempt.compounding_at = report.at

    def _shipped(self, attempt: Attempt, report: _Report) -> None:
        day = self.day(report.at)
        self.lines[attempt.line].shipped_on = day
        self.totals.count(day, attempt, shipped=1)
        if report.explicit:
            attempt.shipped_at = report.at
            self.totals.count_stage(day, attempt, FulfillmentStage.COMPOUNDING, attempt.accepted_at, report.at)

    def _delivered(self, attempt: Attempt, report: _Report) -> None:
        day = self.day(report.at)
        attempt.delivered_at = report.at
        self.totals.count(day, attempt, delivered=1)
        self.totals.count(attempt.delivers_on, attempt, promised_on_time=int(day <= attempt.delivers_on))
        shipped_on = self.day(attempt.shipped_at) if attempt.shipped_at else None
        cold = self.submissions[attempt.submission].cold
        self.totals.count_delays(day, attempt, cold=cold, shipped_on=shipped_on)
        self.totals.count_stage(day, attempt, FulfillmentStage.TRANSIT, attempt.shipped_at, report.at)
        self.totals.count_stage(day, attempt, FulfillmentStage.TOTAL, attempt.placed_at, report.at)

    def _returned(self, attempt: Attempt, report: _Report) -> None:
        self.totals.count(self.day(report.at), attempt, returned=1)

    def _end(self, attempts: Sequence[Attempt], state: LineState, at: datetime) -> None:
        """Attempts of one checkout that are rejected or cancelled together: money back, shares moved, stock free."""
        for attempt in attempts:
            self._count_end(attempt, state, at)
            self._set_state(attempt, state, at)
            self.released.append((attempt.line, attempt.number, at))
        if attempts:
            left = [attempt.charge for attempt in self.live_attempts(attempts[0].checkout)]
            words = attempts[0].reason_code or state.value
            self._settle(ledger.ended([attempt.charge for attempt in attempts], left), at, words)

    def _count_end(self, attempt: Attempt, state: LineState, at: datetime) -> None:
        day = self.day(at)
        self.totals.count(attempt.delivers_on, attempt, promised=-1)
        if state is S.REJECTED:
            first = attempt.number == 1 and attempt.captured_at is None
            self.totals.count(day, attempt, rejected=1, answered_first=int(first))
            self.totals.count_rejection(day, attempt)
        else:
            self.totals.count(day, attempt, cancelled=1)

    def _settle(self, settlement: Settlement, at: datetime, reason: str = "") -> None:
        for charge in settlement.charges:
            self.attempts[charge.line, charge.attempt].settle(charge, at)
        self._post(settlement.postings, at, reason)

    def _post(self, postings: Iterable[Posting], at: datetime, reason: str) -> None:
        day = self.day(at)
        for posting in postings:
            posting_id = self._new_id()
            for leg in posting.legs:
                self.entries.append(
                    LedgerEntry(
                        self._new_id(),
                        posting_id,
                        posting.kind,
                        at,
                        day,
                        leg.line,
                        leg.attempt,
                        leg.account,
                        leg.amounts.total_cents,
                        *leg.amounts,
                        self.by,
                        reason,
                    )
                )
                if leg.account is Account.PAYABLE:
                    self.totals.count_money(day, self.attempts[leg.line, leg.attempt], leg.amounts)

    def _reasons(self, submission: Submission, refusals: Sequence[RejectionMessage]) -> dict[str, str]:
        """Each line's reason: the messages that name it; where none names any line, all of them."""
        lines = [attempt.line for attempt in self.attempts_in(submission.reference)]
        named: dict[str, list[str]] = {}
        for refusal in refusals:
            if refusal.line in lines:
                named.setdefault(refusal.line, []).append(refusal.text)
        if not named:
            return dict.fromkeys(lines, submission.message)
        others = refused_with(tuple(sorted(self.lines[reference].number for reference in named)))
        return {line: "\n".join(named[line]) if line in named else others for line in lines}


_ENTERED: Final[dict[LineState, Callable[[Book, Attempt, _Report], None]]] = {
    S.SUBMITTED: Book._submitted,
    S.ACCEPTED: Book._accepted,
    S.ON_HOLD: Book._on_hold,
    S.COMPOUNDING: Book._compounding,
    S.SHIPPED: Book._shipped,
    S.DELIVERED: Book._delivered,
    S.RETURNED: Book._returned,
}
