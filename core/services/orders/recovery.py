"""What a person does to a placed line: cancel, resubmit, refund, settle what is unknown or does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.order_books import OpenBook, checkout_of, open_book, save_book
from core.adapters.store.order_views import is_unmatched, settle
from core.domain.context import Context
from core.domain.errors import Blocked, Differs, Refused
from core.domain.model import (
    IN_FLIGHT,
    Cart,
    CartLine,
    Days,
    Finding,
    LineState,
    Objective,
    Override,
    QuoteLine,
    RoutedLine,
    Severity,
    SubmissionState,
)
from core.domain.money import shown
from core.domain.orders.book import Book, RejectionMessage
from core.domain.orders.records import Attempt, OrderLine
from core.domain.roles import Action, Person, require
from core.domain.text_limits import why_not_kept
from core.rules.overrides import answered_for, override_notes, refuse_long_notes
from core.rules.plan import plan
from core.rules.prescriptions import CartRow, completed
from core.services.audit_trail import record
from core.services.contexts import load_context
from core.services.orders.placement import fresh_quote, place_again, program_to_place_with

S = LineState


class CancelOutcome(StrEnum):
    """What pressing Cancel came to."""

    CANCELLED = "cancelled"
    REQUESTED = "requested"


class Resolution(StrEnum):
    """How a person settles an unknown submission or a cancel request."""

    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Resubmission(NamedTuple):
    """What a resubmission would be: its findings, and its cost beside what the attempt before was authorized for.

    ``cost`` is None where no pharmacy can fill it. ``blocking`` findings stop it, ``higher`` asks for confirmation.
    """

    line: str
    findings: tuple[Finding, ...]
    routed: RoutedLine
    cost: QuoteLine | None
    before_cents: int
    blocking: tuple[Finding, ...]

    @property
    def higher(self) -> bool:
        """Whether it costs more than the attempt before."""
        return self.cost is not None and self.cost.landed_cents > self.before_cents


class ResubmissionOptions(NamedTuple):
    """One line split again alone, the rest of its checkout as it is.

    ``by_pharmacy`` is what a resubmission would be at each pharmacy; ``best`` the one that the checkout's objective
    chooses of those that nothing stops, None where there is none.
    """

    by_pharmacy: Mapping[str, Resubmission]
    best: str | None


def cancel(store: Store, person: Person, clinic: str, reference: str, reason: str) -> CancelOutcome:
    """Cancel a line at once while its submission is queued; after that, ask the pharmacy for it.

    Raises Refused for a line that has shipped or ended, and for an unknown submission, which is settled first.
    """
    require(person, Action.WORK_ORDERS)
    need_reason(reason)

    def use_case(work: Work) -> CancelOutcome:
        opened, line = _open_line(work, person, reference)
        outcome = _cancel(opened.book, line, reason)
        save_book(work, opened)
        record(work, person, "cancel", reference, None, {"reason": reason, "outcome": outcome.value})
        return outcome

    return store.write(clinic, use_case)


def _cancel(book: Book, line: OrderLine, reason: str) -> CancelOutcome:
    attempt = book.current(line.reference)
    submission = book.submissions[attempt.submission]
    if attempt.state not in IN_FLIGHT:
        raise Refused(f"{line.reference} is {_state_words(line.state)} and can no longer be canceled.")
    if attempt.state is S.PLACED and submission.state is SubmissionState.UNKNOWN:
        raise Refused(f"Nobody knows whether {line.reference} reached the pharmacy: settle that first, then cancel.")
    if attempt.state is S.PLACED and submission.state is SubmissionState.QUEUED:
        book.cancel(attempt, book.now, reason)
        if all(other.state is S.CANCELLED for other in book.attempts_in(submission.reference)):
            submission.state = SubmissionState.WITHDRAWN
        return CancelOutcome.CANCELLED
    line.cancel_requested_at, line.cancel_requested_by, line.cancel_reason = book.now, book.by, reason
    return CancelOutcome.REQUESTED


def refund(store: Store, person: Person, clinic: str, reference: str, cents: int, reason: str) -> None:
    """Give back part of what was captured for a line; 0 records that nothing is given back.

    Raises Refused where nothing was captured, or for more than is still paid.
    """
    require(person, Action.WORK_ORDERS)
    need_reason(reason)

    def use_case(work: Work) -> None:
        opened, line = _open_line(work, person, reference)
        attempt = opened.book.current(line.reference)
        if attempt.captured_at is None:
            raise Refused(
                f"Nothing was captured for {reference} yet, so there is nothing to refund: cancel it instead."
            )
        paid = attempt.charge.paid_cents
        if not 0 <= cents <= paid:
            raise Refused(f"At most {shown(paid)} can be refunded for {reference}; {shown(cents)} was asked for.")
        opened.book.refund(attempt, cents, opened.book.now, reason)
        save_book(work, opened)
        record(work, person, "refund", reference, {"paid_cents": paid}, {"refund_cents": cents, "reason": reason})

    store.write(clinic, use_case)


def resolve(store: Store, person: Person, clinic: str, reference: str, resolution: Resolution, reason: str) -> None:
    """Settle an unknown submission (by its reference or a line's) or a line's cancel request.

    A cancel request is ``cancelled`` when the pharmacy confirmed it, ``rejected`` when it goes on with the line.
    Raises Refused where there is nothing of the kind to settle.
    """
    require(person, Action.WORK_ORDERS)
    need_reason(reason)

    def use_case(work: Work) -> None:
        opened = open_book(work, person.email, [checkout_of(reference)])
        _resolve(opened.book, reference, resolution, reason)
        save_book(work, opened)
        record(work, person, "resolve", reference, None, {"as": resolution.value, "reason": reason})

    store.write(clinic, use_case)


def _resolve(book: Book, reference: str, resolution: Resolution, reason: str) -> None:
    line = book.lines.get(reference)
    submission = book.submissions.get(book.current(reference).submission if line else reference)
    if submission is not None and submission.state is SubmissionState.UNKNOWN:
        _resolve_unknown(book, submission.reference, resolution, reason)
    elif line is not None and line.cancel_requested_at is not None and line.state in IN_FLIGHT:
        _resolve_cancel_request(book, line, resolution, reason)
    else:
        raise Refused(f"There is no unknown submission and no cancel request to settle at {reference}.")


def _resolve_unknown(book: Book, reference: str, resolution: Resolution, reason: str) -> None:
    submission = book.submissions[reference]
    if resolution is Resolution.ACKNOWLEDGED:
        book.acknowledge(submission, book.now, note=f"a person found out: {reason}")
    elif resolution is Resolution.REJECTED:
        book.refuse(submission, [RejectionMessage(reason)], book.now)
    else:
        raise Refused(f"Say first whether {reference} reached the pharmacy: acknowledged or rejected.")


def _resolve_cancel_request(book: Book, line: OrderLine, resolution: Resolution, reason: str) -> None:
    attempt = book.current(line.reference)
    if resolution is Resolution.ACKNOWLEDGED:
        raise Refused("A cancel request ends as canceled, when the pharmacy confirmed it, or as rejected.")
    if attempt.state is S.PLACED:
        raise Refused(f"{line.reference} is being sent; its cancel request can be settled once that is known.")
    if resolution is Resolution.CANCELLED:
        book.cancel(attempt, book.now, reason)
    line.cancel_requested_at = None


def settle_unmatched(store: Store, person: Person, clinic: str, event: str, reason: str) -> None:
    """A person has dealt with an event that did not fit; what it held back may be sent. ``event`` is its id here."""
    require(person, Action.WORK_ORDERS)
    need_reason(reason)

    def use_case(work: Work) -> None:
        if not is_unmatched(work, event):
            raise Refused("This event is settled already, or there is no such event.")
        settle(work, event, person.email, reason)
        record(work, person, "settle misfit", event, None, {"reason": reason})

    store.write(clinic, use_case)


def resubmission_options(
    store: Store,
    person: Person,
    clinic: str,
    reference: str,
    *,
    rx: str | None = None,
    overrides: tuple[Override, ...] = (),
    days: Days | None = None,
) -> ResubmissionOptions:
    """What resubmitting the line would find and cost at each of the clinic's pharmacies; nothing is written.

    A box of the checkout that has not left is free to join. A pharmacy that has just refused the line for want of stock
    is not chosen again.
    """
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        opened, line = _open_line(work, person, reference)
        first = _ResubmittedLine(work, opened.book, line, None, rx, overrides, days)
        by_pharmacy = {code: first.at(code) for code in sorted(first.context.pharmacies)}
        return ResubmissionOptions(
            by_pharmacy, best_of(first.without_stock(by_pharmacy), first.objective, first.day_price_cents)
        )


def best_of(by_pharmacy: Mapping[str, Resubmission], objective: Objective, day_price_cents: int) -> str | None:
    """The pharmacy that an objective chooses for one line of those that nothing stops; ties by delivery, then code."""

    def worth(code: str) -> tuple[int, int, int, str]:
        cost, promise = by_pharmacy[code].cost, by_pharmacy[code].routed.promise
        landed, delivers = cost.landed_cents if cost else 0, promise.delivers_on.toordinal() if promise else 0
        days_first = delivers if objective is Objective.FASTEST else 0
        price = day_price_cents * delivers if objective is Objective.BALANCED else 0
        return days_first, landed + price, delivers, code

    able = [
        code
        for code, resubmission in by_pharmacy.items()
        if resubmission.cost is not None and not resubmission.blocking
    ]
    return min(able, key=worth, default=None)


def resubmit(
    store: Store,
    person: Person,
    clinic: str,
    reference: str,
    *,
    pharmacy: str | None = None,
    rx: str | None = None,
    expected_cents: int | None = None,
    overrides: tuple[Override, ...] = (),
    days: Days | None = None,
) -> None:
    """Send a rejected or returned line again, as a new attempt with a fresh quote.

    Directions and prescriber are taken from the prescription as it is now. ``pharmacy`` None is the one it was at;
    ``rx`` another prescription. Raises Blocked for findings that stop it, Differs for a cost that is higher than
    before, or other than ``expected_cents``, Refused for a line that cannot be resubmitted.
    """
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> None:
        opened, line = _open_line(work, person, reference)
        resubmitted = _ResubmittedLine(work, opened.book, line, pharmacy, rx, overrides, days)
        attempt = resubmitted.place(expected_cents)
        save_book(work, opened)
        after = {"attempt": attempt.number, "pharmacy": attempt.pharmacy, "landed_cents": attempt.landed_cents}
        answered = {override.code: override.reason for override in overrides}
        record(work, person, "resubmit", reference, None, after | {"overrides": answered})

    store.write(clinic, use_case)


class _ResubmittedLine:
    """One line validated and priced once more, alone, with the clinic's data as it is now."""

    def __init__(
        self,
        work: Work,
        book: Book,
        line: OrderLine,
        pharmacy: str | None,
        rx: str | None,
        overrides: tuple[Override, ...],
        days: Days | None,
    ) -> None:
        self.before = book.current(line.reference)
        _refuse_unless_ended(line, self.before)
        checkout = book.checkouts[line.checkout]
        self.book, self.line, self.rx = book, line, rx
        self.days = days or Days(max(checkout.refill_day, work.today), work.today, work.now())
        loaded = load_context(work, {line.patient}, refill_day=checkout.refill_day, placing_day=self.days.placing_day)
        self.context = loaded.without([line.reference])
        self.program = program_to_place_with(self.context, checkout.program, self.days.placing_day)
        answers = [override._replace(line=line.number) for override in overrides]
        self.overridden, self.override_notes = frozenset(answered_for(answers)), override_notes(answers)
        self.objective, self.day_price_cents = checkout.objective, self.context.day_price_cents(self.days)
        self.resubmission = self.at(pharmacy or line.pharmacy)

    def at(self, pharmacy: str) -> Resubmission:
        """What it would be at one pharmacy."""
        cart = Cart(
            refill_day=self.days.refill_day,
            lines=(cart_line_now(self.line, pharmacy, self.rx, self.context, self.days),),
        )
        decision = plan(cart, self.context, self.program, Objective.CHEAPEST, self.days, overrides=self.overridden)
        return self._resubmission(decision.split.lines[0], decision.findings)

    def without_stock(self, by_pharmacy: Mapping[str, Resubmission]) -> dict[str, Resubmission]:
        """Without the pharmacy that the attempt before was refused by for want of stock."""
        empty = self.line.pharmacy if self.before.reason_code == "OUT_OF_STOCK" else None
        return {code: resubmission for code, resubmission in by_pharmacy.items() if code != empty}

    def _resubmission(self, routed: RoutedLine, findings: tuple[Finding, ...]) -> Resubmission:
        cost = None
        if routed.filled:
            cost = fresh_quote(self.book, self.line, routed, self.context, self.program, self.days)
        blocking = (finding for finding in findings if finding.severity is Severity.BLOCKING)
        return Resubmission(
            line=self.line.reference,
            findings=findings,
            routed=routed,
            cost=cost,
            before_cents=self.before.charge.amounts.total_cents,
            blocking=tuple(finding for finding in blocking if (finding.line, finding.code) not in self.overridden),
        )

    def place(self, expected_cents: int | None) -> Attempt:
        """The new attempt, in the book."""
        resubmission = self.resubmission
        if resubmission.blocking or resubmission.cost is None:
            codes = ", ".join(finding.code for finding in resubmission.blocking) or "No pharmacy"
            raise Blocked(
                f"{codes} still stops {resubmission.line}: fix it at its source first.", resubmission.findings
            )
        actual = resubmission.cost.landed_cents
        if expected_cents not in {None, actual} or (resubmission.higher and expected_cents is None):
            before = shown(resubmission.before_cents)
            message = f"{resubmission.line} would cost {shown(actual)} now, {before} before. Confirm the amount."
            raise Differs(message, expected_cents, actual, resubmission.findings)
        refuse_long_notes([resubmission.routed], self.override_notes, self.context)
        note = self.override_notes.get(self.line.number, "")
        return place_again(self.book, self.line, resubmission.routed, resubmission.cost, note)


def cart_line_now(line: OrderLine, pharmacy: str, rx: str | None, context: Context, days: Days) -> CartLine:
    """The line as a cart would hold it now: directions and prescriber from its prescription, pinned to a pharmacy."""
    row = CartRow(
        patient=line.patient,
        sku=line.sku,
        quantity=line.quantity,
        rx=rx or line.rx,
        pharmacy=pharmacy,
        ship_to=line.ship_to,
        note=line.note,
    )
    return completed(row, line.number, context, days.refill_day)


def _refuse_unless_ended(line: OrderLine, attempt: Attempt) -> None:
    if attempt.state not in {S.REJECTED, S.RETURNED}:
        raise Refused(
            f"{line.reference} is {_state_words(line.state)}; only a rejected or returned line is sent again."
        )
    if attempt.state is S.RETURNED and attempt.refund_recorded_at is None:
        raise Refused(f"{line.reference} came back: record its refund first, which may be 0.")


def _open_line(work: Work, person: Person, reference: str) -> tuple[OpenBook, OrderLine]:
    opened = open_book(work, person.email, [checkout_of(reference)])
    line = opened.book.lines.get(reference)
    if line is None:
        raise Refused(f"There is no line {reference}.")
    return opened, line


def need_reason(reason: str) -> None:
    """Raises Refused for an empty reason, or one that cannot be kept."""
    if not reason.strip():
        raise Refused("Say why: a reason is kept with this.")
    if wrong := why_not_kept(reason):
        raise Refused(f"The reason {wrong}.")


def _state_words(state: LineState) -> str:
    return state.value.replace("_", " ")
