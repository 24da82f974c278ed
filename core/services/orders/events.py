"""What pharmacies say, taken in: events of lines and answers to submissions, in batches of any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.adapters.files.cells import MOST_WHOLE
from core.adapters.store import Store, Work
from core.adapters.store.order_books import OpenBook, checkout_of, open_book, open_submissions, save_book
from core.domain.errors import BadCell, BadInput
from core.domain.model import SubmissionState
from core.domain.orders.book import Book, Event
from core.domain.orders.records import EventOutcome, Submission
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected
from core.domain.partners.rate_limit import jitter
from core.domain.roles import Action, Person, require
from core.domain.text_limits import why_no_key, why_not_kept
from core.services.audit_trail import record

LONGEST_PAUSE: Final = timedelta(hours=1)
FIRST_PAUSE: Final = timedelta(minutes=1)


def apply_events(work: Work, events: Sequence[Event], by: str) -> list[EventOutcome]:
    """Take in events in the order given, in a fixed number of queries; what became of each."""
    if not events:
        return []
    checkouts = {checkout_of(event.reference) for event in events}
    opened = open_book(work, by, checkouts, (event.id for event in events))
    outcomes = [opened.book.apply(event) for event in events]
    if opened.book.events:
        save_book(work, opened)
    return outcomes


def record_event(store: Store, person: Person, clinic: str, event: Event) -> EventOutcome:
    """A person records what a pharmacy said."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> EventOutcome:
        outcome = apply_events(work, [event], person.email)[0]
        if outcome is not EventOutcome.DUPLICATE:
            after = {"event": event.id, "attempt": event.attempt, "status": event.status, "outcome": outcome.value}
            record(work, person, "record event", event.reference, None, after)
        return outcome

    return store.write(clinic, use_case)


def read_event(file: str, data: object, zone: ZoneInfo) -> Event:
    """An event from a JSON object {id, reference, attempt, status, at, tracking, reason}.

    An ``at`` without an offset is in ``zone``. Raises BadInput with every field that cannot be read.
    """
    if not isinstance(data, Mapping):
        raise BadInput([BadCell(file, None, None, None, "is not a JSON object")])
    bad = [
        BadCell(file, None, name, None, "is missing")
        for name in ("id", "reference", "attempt", "status", "at")
        if data.get(name) in (None, "")
    ]
    bad += [
        BadCell(file, None, name, None, reason)
        for name, why_not in _TEXTS.items()
        if (reason := _unreadable(data.get(name), why_not))
    ]
    attempt, at = _attempt(data.get("attempt")), _instant(data.get("at"), zone)
    if attempt is None and data.get("attempt") not in (None, ""):
        bad.append(BadCell(file, None, "attempt", str(data["attempt"]), "is not a whole number from 1"))
    if at is None and data.get("at") not in (None, ""):
        bad.append(BadCell(file, None, "at", str(data["at"]), "is not an instant such as 2026-12-04T15:30:00Z"))
    if bad or attempt is None or at is None:
        raise BadInput(bad)
    return Event(
        id=str(data["id"]),
        reference=str(data["reference"]),
        attempt=attempt,
        status=str(data["status"]).strip().lower(),
        at=at,
        tracking=str(data.get("tracking") or ""),
        reason=str(data.get("reason") or ""),
    )


_TEXTS: Final = {
    "id": why_no_key,
    "reference": why_no_key,
    "status": why_not_kept,
    "tracking": why_not_kept,
    "reason": why_not_kept,
}


def _unreadable(value: Any, why_not: Callable[[str], str | None]) -> str | None:
    """Why a field is no text; a partner may write a number for one."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "is not text"
    return why_not(str(value))


def _attempt(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_WHOLE else None


def _instant(value: Any, zone: ZoneInfo) -> datetime | None:
    """The first and the last year have days that another zone does not have."""
    try:
        at = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    if not date.min.year < at.year < date.max.year:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def record_answers(work: Work, answers: Mapping[str, Answer], by: str) -> None:
    """Take in what partners answered to submissions, by reference; one that was settled meanwhile stays as it is.

    A refusal gives money back, which moves shares between the lines of a checkout, so that it needs all of it.
    """
    refused = {name: answer for name, answer in answers.items() if isinstance(answer, Rejected)}
    others = {name: answer for name, answer in answers.items() if name not in refused}
    if refused:
        _record_answers(work, open_book(work, by, {checkout_of(name) for name in refused}), refused)
    if others:
        _record_answers(work, open_submissions(work, by, others), others)


def _record_answers(work: Work, opened: OpenBook, answers: Mapping[str, Answer]) -> None:
    for reference, answer in answers.items():
        submission = opened.book.submissions[reference]
        if submission.state in {SubmissionState.SENDING, SubmissionState.UNKNOWN}:
            _take_in(opened.book, submission, answer)
    save_book(work, opened)


def _take_in(book: Book, submission: Submission, answer: Answer) -> None:
    match answer:
        case Acknowledged(partner_reference, short):
            book.acknowledge(submission, book.now, partner_reference)
            for line in short:
                book.hold(submission, line, book.now)
        case Rejected(refusals):
            book.refuse(submission, refusals, book.now)
        case Lost(why):
            submission.state, submission.lease_until, submission.message = SubmissionState.UNKNOWN, None, why
        case NotSent(why, patience) if submission.state is SubmissionState.SENDING:
            submission.state, submission.lease_until, submission.message = SubmissionState.QUEUED, None, why
            wait = pause(submission.tries, f"{submission.reference} {submission.tries}")
            submission.next_try_at = book.now + (wait if patience is None else min(patience, LONGEST_PAUSE))


def pause(tries: int, seed: str) -> timedelta:
    """How long a submission that never left waits before the next try: a minute, doubling to an hour, longer by up to
    half as chance has it, so that what failed together does not come back together."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 10)), LONGEST_PAUSE) * (1 + jitter(seed) / 2)
