"""A checkout in memory: lines routed by hand to two pharmacies, placed in a book that no store knows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

from core.domain.context import Context
from core.domain.model import LineState, Objective, Program, Promise, RoutedLine, SubmissionState
from core.domain.orders.book import Book, Event
from core.domain.orders.records import Attempt
from core.rules.pricing.quotes import box_for, quote
from core.services.orders.placement import Confirmed, record_checkout
from tests.builders import DAYS, FRIDAY, a_context, a_line, a_patient, a_pharmacy, a_prescription, a_program, an_offer

NOW = datetime(2026, 12, 4, 15, 0, tzinfo=UTC)
PROMISE = Promise(FRIDAY, date(2026, 12, 7), date(2026, 12, 7), date(2026, 12, 8))
CHECKOUT = "RD-20261204-01"
PROGRAM = a_program(processing_rate=Decimal("0.03"), processing_fixed_cents=100)

PHARMACIES = {code: a_pharmacy(pharmacy=code, name=code) for code in ("cedar", "birch")}


def a_clinic_of(patients: int) -> Context:
    """Patients P1, P2 ... with a prescription RX1, RX2 ... each; cedar and birch both sell SEMA for $100."""
    numbers = range(1, patients + 1)
    return a_context(
        pharmacies=PHARMACIES,
        offers=tuple(an_offer(pharmacy=code) for code in PHARMACIES),
        patients={f"P{number}": a_patient(patient=f"P{number}") for number in numbers},
        prescriptions={f"RX{number}": a_prescription(rx=f"RX{number}", patient=f"P{number}") for number in numbers},
        programs=(PROGRAM,),
    )


def routed(number: int, pharmacy: str, patient: int, quantity: int = 1) -> RoutedLine:
    """Line ``number`` for one patient, filled by one pharmacy."""
    line = a_line(number=number, patient=f"P{patient}", rx=f"RX{patient}", quantity=quantity)
    return RoutedLine(line, pharmacy, box_for(line, PHARMACIES[pharmacy], cold=True), PROMISE)


def a_book() -> Book:
    """A book without a checkout."""
    numbers = count(1)
    return Book(ZoneInfo("America/Chicago"), NOW, "ada@clinic.test", lambda: f"id-{next(numbers)}")


def placed(*lines: RoutedLine, program: Program = PROGRAM, sent: bool = True) -> Book:
    """A book with these lines in one checkout, their submissions acknowledged unless ``sent`` is False."""
    book = a_book()
    context = a_clinic_of(max(int(line.line.patient[1:]) for line in lines))
    confirmed = Confirmed(
        lines, quote(lines, context, program, DAYS), program, Objective.CHEAPEST, "h", "k", FRIDAY, FRIDAY, NOW, book.by
    )
    record_checkout(book, 1, confirmed)
    if sent:
        for submission in book.submissions.values():
            submission.state = SubmissionState.SENDING
            book.acknowledge(submission, NOW + timedelta(minutes=5))
    return book


def attempt(book: Book, line: int) -> Attempt:
    """The newest attempt of a line."""
    return book.current(f"{CHECKOUT}/{line:02d}")


_events = count(1)


def said(
    line: int, status: LineState | str, *, attempt: int = 1, hours: float = 1, name: str | None = None, **more: str
) -> Event:
    """An event of a pharmacy, ``hours`` after NOW."""
    at = NOW + timedelta(hours=hours)
    return Event(name or f"e{next(_events)}", f"{CHECKOUT}/{line:02d}", attempt, str(status), at, **more)
