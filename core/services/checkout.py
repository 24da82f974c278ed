"""Use case: place. One transaction re-validates, re-prices, compares with what the person saw, reserves and writes
(rules.md, section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any, NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.carts import take_out
from core.adapters.store.order_books import checkout_by_key, new_book, next_number, open_book, save_book
from core.domain.context import Context
from core.domain.errors import Blocked, Differs, Refused
from core.domain.model import Cart, Days, Finding, Objective, Override, PlanDifference, Program, Severity, Split
from core.domain.money import shown
from core.domain.orders.book import Book
from core.domain.roles import Action, Person, require
from core.rules.overrides import answered_for, override_notes, refuse_long_notes
from core.rules.plan import Plan, plan
from core.rules.plan_differences import ShownPlan, differences, shown_plan
from core.rules.split.cart_split import split
from core.rules.split.proof import faults
from core.services.audit_trail import Entry, record_all
from core.services.cart.contents import cart_of
from core.services.contexts import load_context
from core.services.orders.placement import Confirmed, program_to_place_with, record_checkout
from core.services.rule_book import note_placed


class Confirmation(NamedTuple):
    """What a person confirms: the cart and how it is placed, and what they saw of it.

    ``cart`` None is the clinic's stored cart of the refill day, with the answers kept there. ``expected_cents`` and
    ``hash`` None compare nothing; ``shown_plan`` is all that was shown, where a screen knows it. ``acknowledged`` are
    (line, code); None acknowledges every warning of the cart with this ``hash``. Without a ``key`` the hash and the
    refill day are the key. ``split`` is the one that was shown: it is placed, once it is checked from scratch, where it
    still answers the same question.
    """

    cart: Cart | None
    program: str
    objective: Objective
    days: Days
    day_price_cents: int | None = None
    expected_cents: int | None = None
    hash: str | None = None
    acknowledged: frozenset[tuple[int, str]] | None = frozenset()
    overrides: tuple[Override, ...] = ()
    key: str | None = None
    shown_plan: ShownPlan | None = None
    split: Split | None = None


class OrderReceipt(NamedTuple):
    """One pharmacy's part of a checkout; ``lines`` are references."""

    reference: str
    pharmacy: str
    total_cents: int
    lines: tuple[str, ...]


class Receipt(NamedTuple):
    """A placed checkout; ``held`` are the cart's line numbers that stayed."""

    checkout: str
    total_cents: int
    pharmacy_orders: tuple[OrderReceipt, ...]
    held: tuple[int, ...]


def place(store: Store, person: Person, clinic: str, confirmation: Confirmation) -> Receipt:
    """Check a cart out, once: the same key again gives the same checkout.

    Raises Differs where hash or total are not what was confirmed, Blocked where findings stop a line that is not held;
    nothing is written then.
    """
    require(person, Action.PLACE)
    ready = confirmation if confirmation.split else _searched(store, clinic, confirmation)
    return store.write(clinic, lambda work: _place(work, person, ready))


def _searched(store: Store, clinic: str, confirmation: Confirmation) -> Confirmation:
    """The confirmation with its split, searched before the clinic is locked for writing."""
    with store.read(clinic) as work:
        key = confirmation.key or _default_key(confirmation.hash, confirmation.days)
        if key and checkout_by_key(work, key):
            return confirmation
        opened = _opened(work, confirmation)
    program = program_to_place_with(opened.context, confirmation.program, confirmation.days.placing_day)
    result = split(
        opened.cart,
        opened.context,
        program,
        confirmation.objective,
        confirmation.days,
        overrides=_overridden_codes(opened.confirmation),
        day_price_cents=confirmation.day_price_cents,
    )
    return confirmation._replace(split=result)


def _overridden_codes(confirmation: Confirmation) -> frozenset[tuple[int, str]]:
    return frozenset((override.line, override.code) for override in confirmation.overrides)


def _place(work: Work, person: Person, confirmation: Confirmation) -> Receipt:
    given_key = confirmation.key or _default_key(confirmation.hash, confirmation.days)
    if given_key and (before := checkout_by_key(work, given_key)):
        return _receipt(open_book(work, person.email, [before]).book, before, confirmation.cart)
    opened = _opened(work, confirmation)
    confirmation = opened.confirmation
    program = program_to_place_with(opened.context, confirmation.program, confirmation.days.placing_day)
    decision = _decision(opened, program)
    refuse_differences(decision, confirmation)
    refuse_findings(decision, confirmation)
    refuse_long_notes(decision.split.filled, override_notes(confirmation.overrides), opened.context)
    key = given_key or str(_default_key(decision.hash, confirmation.days))
    if before := checkout_by_key(work, key):
        return _receipt(open_book(work, person.email, [before]).book, before, opened.cart)
    return _write(work, person, opened, decision, key)


class _Opened(NamedTuple):
    """What is placed, read in the transaction that places it."""

    cart: Cart
    context: Context
    confirmation: Confirmation


def _opened(work: Work, confirmation: Confirmation) -> _Opened:
    days, cart = confirmation.days, confirmation.cart
    if cart is not None:
        patients, named = {line.patient for line in cart.lines}, {line.rx for line in cart.lines if line.rx}
        context = load_context(work, patients, named=named, placing_day=days.placing_day)
        return _Opened(cart, context, confirmation)
    stored = cart_of(work, days.refill_day)
    answers: dict[str, Any] = {"overrides": stored.overrides}
    if confirmation.acknowledged is not None:
        answers["acknowledged"] = stored.acknowledged
    return _Opened(stored.cart, stored.context, confirmation._replace(**answers))


def _default_key(cart_hash: str | None, days: Days) -> str | None:
    return f"{cart_hash} {days.refill_day}" if cart_hash else None


def _decision(opened: _Opened, program: Program) -> Plan:
    """The cart decided, with the split that was confirmed where it is one. It is checked from scratch: whoever brings
    it, no line goes out against a rule or beyond stock."""
    confirmation = opened.confirmation
    overrides = _overridden_codes(confirmation)
    decision = plan(
        opened.cart,
        opened.context,
        program,
        confirmation.objective,
        confirmation.days,
        overrides=overrides,
        day_price_cents=confirmation.day_price_cents,
        confirmed=confirmation.split,
    )
    if wrong := faults(decision.split, opened.cart, opened.context, program, confirmation.days, overrides):
        raise Refused(f"The split does not stand up to its check and was not placed. {wrong[0]}")
    return decision


def refuse_differences(decision: Plan, confirmation: Confirmation) -> None:
    """Raises Differs where the cart, its findings, its pharmacies, dates or amounts are not what the person saw."""
    expected, actual = confirmation.expected_cents, decision.quote.total_cents
    changed = _differences(decision, confirmation)
    if expected is not None and expected != actual:
        message = f"The total was {shown(expected)} when it was confirmed and is {shown(actual)} now. Confirm again."
        raise Differs(message, expected, actual, decision.findings, changed)
    if changed or confirmation.hash not in {None, decision.hash}:
        message = "The cart is not the one that was confirmed: something in it, its prices or its findings changed."
        raise Differs(f"{message} Look at it again, then confirm.", expected, actual, decision.findings, changed)


def _differences(decision: Plan, confirmation: Confirmation) -> tuple[PlanDifference, ...]:
    if confirmation.shown_plan is not None:
        return differences(confirmation.shown_plan, shown_plan(decision))
    expected, actual = confirmation.expected_cents, decision.quote.total_cents
    return () if expected in {None, actual} else (PlanDifference(None, "total", expected, actual),)


def refuse_findings(decision: Plan, confirmation: Confirmation) -> None:
    """Raises Blocked while a line that is not held has something unanswered, or Refused when nothing is left."""
    overridden = answered_for(confirmation.overrides)
    blocking = [
        finding for finding in decision.open_findings(Severity.BLOCKING) if not _is_overridden(finding, overridden)
    ]
    if blocking:
        raise Blocked(f"{_these(blocking)} stop this checkout: fix, hold or override them.", decision.findings)
    if unfilled := decision.split.unfilled:
        numbers = ", ".join(str(routed.line.number) for routed in unfilled)
        raise Blocked(f"No pharmacy can fill line {numbers}: fix or hold it.", decision.findings)
    unread = _unread(decision, confirmation)
    if unread:
        raise Blocked(f"{_these(unread)} are warnings that nobody has acknowledged.", decision.findings)
    if not decision.split.filled:
        raise Refused("There is no line to place: the cart is empty, or every line is held.")


def _unread(decision: Plan, confirmation: Confirmation) -> list[Finding]:
    warnings = decision.open_findings(Severity.WARNING)
    if confirmation.acknowledged is None:
        return [] if confirmation.hash else list(warnings)
    return [finding for finding in warnings if (finding.line, finding.code) not in confirmation.acknowledged]


def _these(findings: Iterable[Finding]) -> str:
    return ", ".join(f"{finding.code} on line {finding.line}" for finding in findings)


def _is_overridden(finding: Finding, overridden: Mapping[tuple[int, str], Override]) -> bool:
    return (finding.line, finding.code) in overridden


def _write(work: Work, person: Person, opened: _Opened, decision: Plan, key: str) -> Receipt:
    confirmation, days = opened.confirmation, opened.confirmation.days
    confirmed = Confirmed(
        routed=decision.split.filled,
        quote=decision.quote,
        program=decision.program,
        objective=confirmation.objective,
        hash=decision.hash,
        key=key,
        refill_day=days.refill_day,
        placed_on=days.placing_day,
        placed_at=placing_instant(work, days),
        placed_by=person.email,
        override_notes=override_notes(confirmation.overrides),
    )
    writing = new_book(work, person.email)
    checkout = record_checkout(writing.book, next_number(work, days.refill_day), confirmed)
    save_book(work, writing)
    overridden = answered_for(confirmation.overrides).keys()
    note_placed(work, decision.split, decision.findings, checkout.reference, days.refill_day, overridden)
    take_out(work, [routed.line for routed in confirmed.routed])
    record_all(work, person, _entries(checkout.reference, confirmation, decision))
    return _receipt(writing.book, checkout.reference, opened.cart)


def placing_instant(work: Work, days: Days) -> datetime:
    """When a checkout counts as placed: as said, else now, or the first instant of another placing day."""
    if days.placed_at is not None:
        return days.placed_at
    if days.placing_day == work.today:
        return work.now()
    return datetime.combine(days.placing_day, time(), work.zone)


def _entries(reference: str, confirmation: Confirmation, decision: Plan) -> list[Entry]:
    after = {
        "program": decision.program.program,
        "objective": confirmation.objective.value,
        "total_cents": decision.quote.total_cents,
        "lines": len(decision.split.filled),
        "hash": decision.hash,
    }
    warnings: dict[int, list[str]] = {}
    for finding in decision.open_findings(Severity.WARNING):
        warnings.setdefault(finding.line, []).append(finding.code)
    return [
        Entry("place", reference, None, after),
        *(Entry("acknowledge", f"{reference}/{line:02d}", None, {"codes": codes}) for line, codes in warnings.items()),
        *(_overridden(reference, override) for override in confirmation.overrides),
    ]


def _overridden(reference: str, override: Override) -> Entry:
    after = {
        "code": override.code,
        "reason": override.reason,
        "confirmed_by": override.confirmed_by or None,
        "confirmed_on": override.confirmed_on,
    }
    return Entry("override", f"{reference}/{override.line:02d}", None, after)


def _receipt(book: Book, reference: str, cart: Cart | None) -> Receipt:
    orders = sorted(book.orders.values(), key=lambda order: order.reference)
    return Receipt(
        checkout=reference,
        total_cents=book.checkouts[reference].total_cents,
        pharmacy_orders=tuple(
            OrderReceipt(order.reference, order.pharmacy, order.total_cents, _first_lines(book, order.pharmacy))
            for order in orders
        ),
        held=tuple(line.number for line in cart.lines if line.hold) if cart else (),
    )


def _first_lines(book: Book, pharmacy: str) -> tuple[str, ...]:
    """The lines that were placed with a pharmacy, whatever became of them."""
    first = (attempt for attempt in book.attempts.values() if attempt.number == 1 and attempt.pharmacy == pharmacy)
    return tuple(sorted((attempt.line for attempt in first), key=lambda line: book.lines[line].number))
