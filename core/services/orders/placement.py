"""A confirmed plan turned into a checkout's rows, and a line placed again as a new attempt (rules.md, section 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.errors import Refused
from core.domain.model import (
    IN_FLIGHT,
    Box,
    Days,
    LineState,
    Objective,
    Program,
    Quote,
    QuoteLine,
    RoutedLine,
    SubmissionState,
)
from core.domain.orders.book import Book
from core.domain.orders.records import Attempt, Checkout, OrderLine, PharmacyOrder, Submission
from core.domain.partners.message import MOST_LINES
from core.rules.pricing.quotes import quote


class Confirmed(NamedTuple):
    """What is placed: the filled lines with their quote, under which program, when and by whom."""

    routed: Sequence[RoutedLine]
    quote: Quote
    program: Program
    objective: Objective
    hash: str
    key: str
    refill_day: date
    placed_on: date
    placed_at: datetime
    placed_by: str
    override_notes: Mapping[int, str] = {}


class _Placed(NamedTuple):
    """An attempt's surroundings in its checkout."""

    submission: str
    shipment: int
    at: datetime


def program_to_place_with(context: Context, code: str, day: date) -> Program:
    """The program in force. Raises Refused for one that the clinic does not place with."""
    program = context.program(code, day)
    if program is None or code not in context.clinic.program:
        allowed = ", ".join(context.clinic.program)
        raise Refused(
            f"This clinic does not place orders with the program “{code}” on {full_day(day)}; it has {allowed}."
        )
    return program


def record_checkout(book: Book, number: int, confirmed: Confirmed) -> Checkout:
    """Write a checkout into the book: pharmacy orders, submissions, lines with their first attempts, stock, ledger."""
    checkout = _checkout(number, confirmed)
    book.checkouts[checkout.reference] = checkout
    costs = {line.line: line for line in confirmed.quote.lines}
    _pharmacy_orders(book, checkout, confirmed.quote.lines)
    shipments: dict[Box, int] = {}
    messages: dict[tuple[str, str, Box, int], Submission] = {}
    inside: Counter[tuple[str, str, Box]] = Counter()
    for routed in sorted(confirmed.routed, key=lambda routed: routed.line.number):
        box, line = _box(routed), routed.line
        shipment = shipments.setdefault(box, len(shipments) + 1)
        together = line.patient, line.npi, box
        part = (*together, inside[together] // MOST_LINES)
        inside[together] += 1
        if part not in messages:
            messages[part] = queue_submission(book, checkout, routed, confirmed.placed_at)
        place = _Placed(messages[part].reference, shipment, confirmed.placed_at)
        book.add_line(_order_line(checkout, routed, confirmed.override_notes.get(line.number, "")))
        cost = costs[line.number]
        book.start(_attempt(checkout, 1, routed, cost, place))
    checkout.shipments = len(shipments)
    return checkout


def place_again(book: Book, line: OrderLine, routed: RoutedLine, cost: QuoteLine, override_note: str = "") -> Attempt:
    """Write a line's next attempt into the book, in a submission of its own."""
    checkout = book.checkouts[line.checkout]
    shipment = open_shipment(book, line, _box(routed))
    if shipment is None:
        checkout.shipments += 1
        shipment = checkout.shipments
    _pharmacy_orders(book, checkout, [cost])
    submission = queue_submission(book, checkout, routed, book.now)
    line.attempt += 1
    line.pharmacy, line.quantity = cost.pharmacy, cost.quantity
    line.sig, line.npi, line.rx = routed.line.sig, routed.line.npi, str(routed.line.rx)
    line.override_note = override_note
    line.cancel_requested_at, line.cancel_requested_by, line.cancel_reason = None, "", ""
    line.state, line.state_at = LineState.PLACED, book.now
    place = _Placed(submission.reference, shipment, book.now)
    attempt = _attempt(checkout, line.attempt, routed, cost, place)
    book.start(attempt, reason="resubmitted")
    return attempt


def open_shipment(book: Book, line: OrderLine, box: Box) -> int | None:
    """The number of a shipment that has not left and that the line can join; None means a new box and its fee."""
    for attempt in book.live_attempts(line.checkout):
        submission = book.submissions[attempt.submission]
        same = Box(attempt.pharmacy, submission.destination, submission.cold) == box
        if same and attempt.line != line.reference and attempt.state in IN_FLIGHT:
            return attempt.shipment
    return None


def fresh_quote(
    book: Book, line: OrderLine, routed: RoutedLine, context: Context, program: Program, days: Days
) -> QuoteLine:
    """What the line costs now: a shipment fee only for a new box, no fixed processing while another line carries it."""
    if _fixed_is_carried(book, line):
        program = program.model_copy(update={"processing_fixed_cents": 0})
    if open_shipment(book, line, _box(routed)) is not None:
        context = _without_fees(context, str(routed.pharmacy))
    return quote([routed], context, program, days).lines[0]


def _fixed_is_carried(book: Book, line: OrderLine) -> bool:
    """Whether another line of the checkout, even one that came back, carries fixed processing."""
    newest = (book.current(other.reference) for other in book.lines_of(line.checkout) if other is not line)
    ended = {LineState.REJECTED, LineState.CANCELLED}
    return any(attempt.processing_fixed_cents and attempt.state not in ended for attempt in newest)


def _without_fees(context: Context, code: str) -> Context:
    free = context.pharmacies[code].model_copy(update={"ambient_fee_cents": 0, "cold_fee_cents": 0})
    return replace(context, pharmacies={**context.pharmacies, code: free})


def queue_submission(book: Book, checkout: Checkout, routed: RoutedLine, at: datetime) -> Submission:
    """A new message to the line's pharmacy, to be sent at once, even one placed for a day to come."""
    checkout.submissions += 1
    line, box = routed.line, _box(routed)
    submission = Submission(
        reference=f"{checkout.reference}-S{checkout.submissions:02d}",
        checkout=checkout.reference,
        pharmacy_order=_order_reference(checkout, box.pharmacy),
        pharmacy=box.pharmacy,
        patient=line.patient,
        npi=line.npi,
        ship_to=line.ship_to,
        destination=box.destination,
        cold=box.cold,
        state=SubmissionState.QUEUED,
        queued_at=at,
        next_try_at=min(at, book.now),
    )
    book.submissions[submission.reference] = submission
    return submission


def _checkout(number: int, confirmed: Confirmed) -> Checkout:
    cost = confirmed.quote
    return Checkout(
        reference=f"RD-{confirmed.refill_day:%Y%m%d}-{number:02d}",
        number=number,
        refill_day=confirmed.refill_day,
        key=confirmed.key,
        hash=confirmed.hash,
        program=cost.program,
        objective=confirmed.objective,
        placed_at=confirmed.placed_at,
        placed_on=confirmed.placed_on,
        placed_by=confirmed.placed_by,
        medication_cents=cost.medication_cents,
        program_fee_cents=cost.program_fee_cents,
        encounters_cents=cost.encounters_cents,
        shipping_cents=cost.shipping_cents,
        processing_cents=cost.processing_cents,
        total_cents=cost.total_cents,
    )


def _pharmacy_orders(book: Book, checkout: Checkout, costs: Sequence[QuoteLine]) -> None:
    for pharmacy in sorted({cost.pharmacy for cost in costs}):
        reference = _order_reference(checkout, pharmacy)
        if reference not in book.orders:
            total = sum(cost.landed_cents for cost in costs if cost.pharmacy == pharmacy)
            book.orders[reference] = PharmacyOrder(reference, checkout.reference, pharmacy, total)


def _order_reference(checkout: Checkout, pharmacy: str) -> str:
    return f"{checkout.reference}-{pharmacy.upper()}"


def _box(routed: RoutedLine) -> Box:
    if routed.box is None:
        raise ValueError(f"line {routed.line.number} is not filled")
    return routed.box


def _order_line(checkout: Checkout, routed: RoutedLine, override_note: str) -> OrderLine:
    line = routed.line
    return OrderLine(
        reference=f"{checkout.reference}/{line.number:02d}",
        checkout=checkout.reference,
        number=line.number,
        patient=line.patient,
        rx=str(line.rx),
        sku=line.sku,
        npi=line.npi,
        quantity=line.quantity,
        sig=line.sig,
        ship_to=line.ship_to,
        placed_on=checkout.placed_on,
        state=LineState.PLACED,
        state_at=checkout.placed_at,
        attempt=1,
        pharmacy=str(routed.pharmacy),
        note=line.note,
        override_note=override_note,
    )


def _attempt(checkout: Checkout, number: int, routed: RoutedLine, cost: QuoteLine, place: _Placed) -> Attempt:
    if routed.promise is None:
        raise ValueError(f"line {routed.line.number} has no dates")
    received, ready, ships_on, delivers_on = routed.promise
    return Attempt(
        line=f"{checkout.reference}/{routed.line.number:02d}",
        number=number,
        checkout=checkout.reference,
        submission=place.submission,
        pharmacy=cost.pharmacy,
        program=checkout.program,
        shipment=place.shipment,
        state=LineState.PLACED,
        before=None,
        received_on=received,
        ready_on=ready,
        ships_on=ships_on,
        delivers_on=delivers_on,
        quantity=cost.quantity,
        processing_weight=cost.landed_cents - cost.processing_cents,
        landed_cents=cost.landed_cents,
        medication_cents=cost.medication_cents,
        program_fee_cents=cost.program_fee_cents,
        encounter_cents=cost.encounter_cents,
        shipping_cents=cost.shipping_cents,
        processing_cents=cost.processing_cents - cost.processing_fixed_cents,
        processing_fixed_cents=cost.processing_fixed_cents,
        placed_at=place.at,
    )
