"""Nine months of orders for the demo clinic, made from its stored prescriptions: the same seed makes the same history.

Fills are counted back from each prescription's last one by its days' supply, placed on weekly refill days at the prices
then in force, split and priced by the pure core, and answered by the simulated pharmacies. A prescription's ``fills``
become fewer by those that are now ours, so that who is due and how many refills are left stay as they were.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from core.adapters.pharmacies.simulated.partner import ScriptedEvent, SimulatedPartner
from core.adapters.store import Store, Work
from core.adapters.store.order_books import new_book, next_number, save_book, take_over_fills
from core.adapters.store.rule_hits import insert_history
from core.domain.context import Context
from core.domain.model import IN_FLIGHT, Cart, Days, LineState, Objective, Program, RoutedLine, SubmissionState
from core.domain.orders.book import Book, Event
from core.domain.orders.records import Attempt, Checkout, OrderLine, SentLine, Submission
from core.domain.partners.protocol import Acknowledged
from core.domain.roles import LOCAL
from core.rules.pricing.quotes import quote
from core.rules.split.cart_split import split
from core.rules.validation.cart_digest import cart_hash
from core.services.audit_trail import record
from core.services.contexts import load_context
from core.services.demo.fills import (
    NEVER_FILLED,
    PastFill,
    as_it_was,
    cart_line,
    not_due,
    past_fills,
    refill_day_before,
    used_up,
)
from core.services.demo.rule_hits import past_rule_hits
from core.services.orders.placement import Confirmed, fresh_quote, place_again, record_checkout


class Seeded(NamedTuple):
    """What was made."""

    checkouts: int
    lines: int


def seed_history(store: Store, clinic: str, today: date, seed: str = "demo") -> Seeded:
    """Write the history that ends yesterday into a clinic without orders."""
    return store.write(clinic, lambda work: _seed(work, today, seed))


def _seed(work: Work, today: date, seed: str) -> Seeded:
    context = load_context(work)
    opened = new_book(work, LOCAL.email)
    maker = PastOrders(work, context, opened.book, today, seed)
    maker.past(past_fills(context, today))
    maker.under_way()
    _keep_stock_of_open_lines(opened.book)
    save_book(work, opened)
    insert_history(work, past_rule_hits(opened.book, seed))
    take_over_fills(work, maker.ours)
    made = Seeded(len(opened.book.checkouts), len(opened.book.lines))
    record(work, LOCAL, "seed demo history", work.clinic, None, made._asdict())
    return made


def _keep_stock_of_open_lines(book: Book) -> None:
    """What has shipped left the shelves before the pharmacies last told their stock."""
    book.reservations = [
        reservation for reservation in book.reservations if book.lines[reservation.line].state in IN_FLIGHT
    ]
    book.released = []


S = LineState

OPENS: Final = time(9, 40)
OUT_OF_THEIR_HANDS: Final = frozenset({"OUT_OF_STOCK", "PRODUCT_NOT_MAPPED"})
"""Refusals after which a line goes to another pharmacy."""

UNDER_WAY: Final = (
    (S.ACCEPTED, 3),
    (S.COMPOUNDING, 3),
    (S.SHIPPED, 3),
    (S.ON_HOLD, 1),
    (S.REJECTED, 2),
    (S.PLACED, 1),
)
"""How many of yesterday's lines stand where; the one still placed was sent, and its answer lost."""

REFUSED: Final = (
    "Directions unclear: please clarify the dose and the units.",
    "Shipping address could not be verified by the carrier.",
)
HELD: Final = "Waiting for the prescriber to confirm the directions."
LOST: Final = "No answer within 45 seconds; the pharmacy may or may not have it."


@dataclass(frozen=True)
class _RefillBatch:
    """One refill day's fills, as routed."""

    days: Days
    program: Program
    context: Context
    fills: Mapping[int, PastFill]
    routed: Sequence[RoutedLine]


@dataclass(order=True)
class _Upcoming:
    """Something that is going to happen; ``order`` keeps what happens at once in the order of being planned."""

    at: datetime
    order: int
    cause: Event | Submission | OrderLine = field(compare=False)


class PastOrders:
    """Places batches in a book and lets the simulated pharmacies answer them."""

    def __init__(self, work: Work, context: Context, book: Book, today: date, seed: str) -> None:
        self.work, self.book, self.today = work, book, today
        self.now = min(work.now(), datetime.combine(today + timedelta(1), time(), work.zone))
        self.ours: dict[str, int] = {}
        self._context = context
        self._past_context = as_it_was(context)
        self._partner = SimulatedPartner(seed)
        self._dice = Random(seed)  # noqa: S311 (repeatable, not secret)
        self._order = count()
        self._ships_on: dict[str, date] = {}

    def past(self, fills: Iterable[PastFill]) -> None:
        """Place and finish every fill; a prescription whose newest fill nobody could fill has none."""
        by_day: dict[date, list[PastFill]] = {}
        for fill in fills:
            by_day.setdefault(refill_day_before(fill.day, self.today), []).append(fill)
        batches = [batch for day in sorted(by_day) if (batch := self._routed(day, by_day[day])) is not None]
        kept = {
            batch.fills[routed.line.number].prescription.rx
            for batch in batches
            for routed in batch.routed
            if batch.fills[routed.line.number].newest
        }
        for batch in batches:
            routed = [line for line in batch.routed if line.line.rx in kept]
            if routed:
                self._play(self._placed(replace(batch, routed=routed)), batch)

    def _routed(self, day: date, fills: Sequence[PastFill]) -> _RefillBatch | None:
        program = self._context.program(self._context.clinic.program[0], day)
        if program is None:
            return None
        rows = {fill.prescription.rx: fill.prescription.model_copy(update=NEVER_FILLED) for fill in fills if fill.first}
        past = self._past_context
        context = replace(past, prescriptions={**past.prescriptions, **rows}) if rows else past
        days = Days(day, day, datetime.combine(day, OPENS, self.work.zone))
        numbered = dict(enumerate(sorted(fills, key=lambda fill: fill.prescription.rx), 1))
        lines = tuple(cart_line(number, fill.prescription, context, day) for number, fill in numbered.items())
        result = split(Cart(refill_day=day, lines=lines), context, program, Objective.CHEAPEST, days)
        return _RefillBatch(days, program, context, numbered, result.filled)

    def _placed(self, batch: _RefillBatch) -> Checkout:
        placed_at = batch.days.placed_at or self.now
        cart = Cart(refill_day=batch.days.refill_day, lines=tuple(row.line for row in batch.routed))
        digest = cart_hash(cart, (), batch.program.program, Objective.CHEAPEST, 0, batch.days)
        confirmed = Confirmed(
            routed=batch.routed,
            quote=quote(batch.routed, batch.context, batch.program, batch.days),
            program=batch.program,
            objective=Objective.CHEAPEST,
            hash=digest,
            key=f"{digest} {batch.days.refill_day}",
            refill_day=batch.days.refill_day,
            placed_on=batch.days.placing_day,
            placed_at=placed_at,
            placed_by=LOCAL.email,
        )
        self.book.now = placed_at
        checkout = record_checkout(self.book, next_number(self.work, batch.days.refill_day), confirmed)
        for line in self.book.lines_of(checkout.reference):
            fill = batch.fills.get(line.number)
            if fill is not None:
                self.ours[line.rx] = self.ours.get(line.rx, 0) + 1
                if fill.newest:
                    self._ships_on[line.reference] = fill.day
        return checkout

    def _play(self, checkout: Checkout, batch: _RefillBatch) -> None:
        """Everything that comes of a checkout until now, in order of time."""
        waiting: list[_Upcoming] = []
        for submission in self._submissions(checkout):
            heapq.heappush(waiting, self._next(self._sent(submission), submission))
        while waiting and waiting[0].at <= self.now:
            self.book.now = waiting[0].at
            for following in self._consequences(heapq.heappop(waiting), batch):
                heapq.heappush(waiting, following)

    def _next(self, at: datetime, cause: Event | Submission | OrderLine) -> _Upcoming:
        return _Upcoming(at, next(self._order), cause)

    def _submissions(self, checkout: Checkout) -> list[Submission]:
        return [
            self.book.submissions[f"{checkout.reference}-S{number:02d}"]
            for number in range(1, checkout.submissions + 1)
        ]

    def _sent(self, submission: Submission) -> datetime:
        """The worker hands it over a little later; when it is answered."""
        submission.state, submission.tries = SubmissionState.SENDING, 1
        submission.sent_at = submission.queued_at + timedelta(minutes=self._dice.randint(1, 12))
        return submission.sent_at

    def _consequences(self, happens: _Upcoming, batch: _RefillBatch) -> Iterator[_Upcoming]:
        if isinstance(happens.cause, Submission):
            yield from self._answered(happens.cause, happens.at)
        elif isinstance(happens.cause, OrderLine):
            submission = self._resubmit(happens.cause, batch)
            yield self._next(self._sent(submission), submission)
        else:
            yield from self._apply(happens.cause)

    def _answered(self, submission: Submission, at: datetime) -> Iterator[_Upcoming]:
        attempts = self.book.attempts_in(submission.reference)
        answer = self._partner.answer(submission.pharmacy, submission.reference, [attempt.line for attempt in attempts])
        if isinstance(answer, Acknowledged) or any(attempt.number > 1 for attempt in attempts):
            number = answer.partner_reference if isinstance(answer, Acknowledged) else ""
            self.book.acknowledge(submission, at, number)
            for attempt in attempts:
                yield from (self._next(event.at, event) for event in self._script(attempt, at))
        else:
            self.book.refuse(submission, answer.refusals, at)
            for attempt in attempts:
                yield self._next(self._next_morning(at), self.book.lines[attempt.line])

    def _script(self, attempt: Attempt, sent_at: datetime) -> Iterator[Event]:
        zone = self._context.pharmacies[attempt.pharmacy].time_zone
        line = SentLine(
            attempt.line,
            attempt.number,
            attempt.pharmacy,
            zone,
            attempt.quantity,
            attempt.state,
            sent_at,
            attempt.ready_on,
            attempt.ships_on,
            attempt.delivers_on,
            None,
        )
        steps = self._partner.script(line)
        if attempt.line in self._ships_on:
            steps = _shipped_on(self._ships_on[attempt.line], steps, attempt, self.work.zone)
        return (_event(attempt, number, step) for number, step in enumerate(steps, 1))

    def _apply(self, event: Event) -> Iterator[_Upcoming]:
        self.book.apply(event)
        line, attempt = self.book.lines[event.reference], self.book.current(event.reference)
        if line.state is S.REJECTED:
            yield self._next(self._next_morning(event.at), line)
        elif line.state is S.RETURNED:
            self.book.refund(attempt, attempt.charge.paid_cents, event.at, "The carrier sent it back.")

    def _next_morning(self, at: datetime) -> datetime:
        return datetime.combine(self.book.day(at) + timedelta(1), time(9, self._dice.randrange(60)), self.work.zone)

    def _resubmit(self, line: OrderLine, batch: _RefillBatch) -> Submission:
        """Fixed and resubmitted: to another pharmacy where it was that pharmacy's own trouble."""
        now, today = self.book.now, self.book.day(self.book.now)
        days = Days(max(batch.days.refill_day, today), today, now)
        before = self.book.current(line.reference)
        prescription = batch.context.prescriptions[line.rx]
        cart = Cart(refill_day=days.refill_day, lines=(cart_line(line.number, prescription, batch.context, today),))
        routed = split(cart, batch.context, batch.program, Objective.CHEAPEST, days).lines[0]
        code = before.pharmacy
        if before.reason_code in OUT_OF_THEIR_HANDS:
            code = next((other.pharmacy for other in routed.alternatives if other.pharmacy != code), code)
        pinned = routed.line.model_copy(update={"pharmacy": code})
        cart = cart.model_copy(update={"lines": (pinned,)})
        routed = split(cart, batch.context, batch.program, Objective.CHEAPEST, days).lines[0]
        cost = fresh_quote(self.book, line, routed, batch.context, batch.program, days)
        attempt = place_again(self.book, line, routed, cost)
        return self.book.submissions[attempt.submission]

    def under_way(self) -> None:
        """Yesterday's small batch of patients who are not due: some lines on their way, some that need somebody."""
        day = self.today - timedelta(1)
        states = [state for state, lines in UNDER_WAY for _ in range(lines)]
        rows = not_due(self._context, self.today, self.ours)
        fillable = [row for row in rows if used_up(row, self._context, day)][: dict(UNDER_WAY)[S.REJECTED]]
        rows = fillable + [row for row in rows if row not in fillable][: len(states) - len(fillable)]
        fills = [PastFill(row, day, newest=False, first=False) for row in rows]
        batch = self._routed(day, fills) if fills else None
        if batch is None or not batch.routed:
            return
        slow_first = sorted(batch.routed, key=_ready_on, reverse=True)
        checkout = self._placed(replace(batch, fills={}))
        for submission in self._submissions(checkout):
            self._sent(submission)
        again = {row.rx for row in fillable}
        refused = [row for row in slow_first if row.line.rx in again]
        for row in refused:  # what was refused can be sent again as soon as its fault is mended
            states.remove(S.REJECTED)
            self._bring(self.book.current(f"{checkout.reference}/{row.line.number:02d}"), S.REJECTED)
        slow_first = [row for row in slow_first if row not in refused]
        for state, row in zip(states, slow_first, strict=False):
            self._bring(self.book.current(f"{checkout.reference}/{row.line.number:02d}"), state)

    def _bring(self, attempt: Attempt, state: LineState) -> None:
        submission = self.book.submissions[attempt.submission]
        if state is S.PLACED:
            submission.state, submission.message = SubmissionState.UNKNOWN, LOST
            return
        self.book.now = submission.sent_at or self.now
        if submission.state is SubmissionState.SENDING:
            self.book.acknowledge(submission, self.book.now)
        for number, step in enumerate(self._steps_to(state, self.book.now), 1):
            self.book.now = step.at
            self.book.apply(_event(attempt, number, step))

    def _steps_to(self, state: LineState, sent_at: datetime) -> list[ScriptedEvent]:
        hours = [sent_at + timedelta(hours=at, minutes=self._dice.randrange(50)) for at in (1, 4, 8)]
        if state is S.REJECTED:
            return [ScriptedEvent(S.REJECTED, hours[0], REFUSED[self._dice.randrange(len(REFUSED))])]
        if state is S.ON_HOLD:
            return [ScriptedEvent(S.ACCEPTED, hours[0]), ScriptedEvent(S.ON_HOLD, hours[1], HELD)]
        tracking = f"7{self._dice.randrange(10**10, 10**11)}"
        steps = [
            ScriptedEvent(S.ACCEPTED, hours[0]),
            ScriptedEvent(S.COMPOUNDING, hours[1]),
            ScriptedEvent(S.SHIPPED, hours[2], "", tracking),
        ]
        return steps[: 1 + [step.state for step in steps].index(state)]


def _ready_on(routed: RoutedLine) -> tuple[date, int]:
    return (routed.promise.ready if routed.promise else date.min, routed.line.number)


def _event(attempt: Attempt, number: int, step: ScriptedEvent) -> Event:
    """Named as the simulated partner names it, so that it is not told twice."""
    name = f"SIM-{attempt.line}-{attempt.number}-{number}"
    return Event(name, attempt.line, attempt.number, step.state.value, step.at, step.tracking, step.reason)


def _shipped_on(day: date, steps: Sequence[ScriptedEvent], attempt: Attempt, zone: ZoneInfo) -> list[ScriptedEvent]:
    """The script of a fill that shipped on a day that is known: refused at most once, before."""
    first = steps[0]
    if first.state is S.REJECTED and attempt.number == 1:
        return list(steps)
    minute = first.at.minute
    made = datetime.combine(day, time(9, minute), zone)
    shipped = datetime.combine(day, time(15, minute), zone)
    arrives = datetime.combine(day + (attempt.delivers_on - attempt.ships_on), time(12, minute), zone)
    held = [step for step in steps if step.state is S.ON_HOLD and step.at < made]
    tracking = next((step.tracking for step in steps if step.tracking), f"7{minute:02d}{day:%Y%m%d}")
    return [
        ScriptedEvent(S.ACCEPTED, first.at),
        *held,
        ScriptedEvent(S.COMPOUNDING, made),
        ScriptedEvent(S.SHIPPED, shipped, tracking=tracking),
        ScriptedEvent(S.DELIVERED, max(arrives, shipped + timedelta(hours=15))),
    ]
