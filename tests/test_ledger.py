"""The money of placed lines: where it is after every answer (rules.md, section 8)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import ledger
from core.domain.ledger import Account, Amounts, Charge
from core.domain.model import LineState, SubmissionState
from core.domain.orders.book import Book, Event, RejectionMessage
from core.services.orders.placement import fresh_quote, place_again
from tests.builders import DAYS
from tests.order_books import CHECKOUT, NOW, PROGRAM, a_book, a_clinic_of, attempt, placed, routed, said

S = LineState


def money(book: Book, line: int, number: int | None = None) -> tuple[int, int, int, int]:
    """Authorised, captured, released, refunded cents of a line's attempt."""
    reference = f"{CHECKOUT}/{line:02d}"
    one = book.attempts[reference, number or book.lines[reference].attempt]
    return one.charge.amounts.total_cents, one.charge.captured_cents, one.released_cents, one.refunded_cents


# Two lines of one patient in one cedar box and one of another patient: medication 100.00 each, fee 15.00 each, boxes
# 20.00 + 20.00, processing 3 % of 385.00 = 11.55 and 1.00 fixed.
BOXED = (routed(1, "cedar", 1), routed(2, "cedar", 1), routed(3, "cedar", 2))


def test_placing_authorises_what_every_line_costs() -> None:
    book = placed(*BOXED)
    assert [money(book, line) for line in (1, 2, 3)] == [(129_08, 0, 0, 0), (129_07, 0, 0, 0), (139_40, 0, 0, 0)]
    assert book.checkouts[CHECKOUT].total_cents == 397_55


@pytest.mark.parametrize(
    ("case", "events", "first", "second", "third"),
    [
        ("accepted: captured", [said(1, S.ACCEPTED)], (129_08, 129_08, 0, 0), (129_07, 0, 0, 0), (139_40, 0, 0, 0)),
        ("shipping alone implies acceptance",
         [said(1, S.SHIPPED)], (129_08, 129_08, 0, 0), (129_07, 0, 0, 0), (139_40, 0, 0, 0)),
        ("rejected: own part released, its half of the box and its fixed share moved",
         [said(1, S.REJECTED)], (118_75, 0, 118_75, 0), (139_23, 0, 0, 0), (139_57, 0, 0, 0)),
        ("rejected after acceptance: own part refunded, shares moved to lines that are not captured",
         [said(1, S.ACCEPTED), said(1, S.REJECTED)], (118_75, 118_75, 0, 118_75), (139_23, 0, 0, 0), (139_57, 0, 0, 0)),
        ("moved shares are captured where the receiver is",
         [said(2, S.ACCEPTED), said(1, S.REJECTED)], (118_75, 0, 118_75, 0), (139_23, 139_23, 0, 0), (139_57, 0, 0, 0)),
        ("the last in its box: the box is released with it, its fixed share moves",
         [said(3, S.REJECTED)], (129_26, 0, 0, 0), (129_24, 0, 0, 0), (139_05, 0, 139_05, 0)),
        ("cancelled goes back as rejected does",
         [said(1, S.CANCELLED)], (118_75, 0, 118_75, 0), (139_23, 0, 0, 0), (139_57, 0, 0, 0)),
        ("after shipping nothing moves by itself",
         [said(1, S.SHIPPED), said(1, S.RETURNED)], (129_08, 129_08, 0, 0), (129_07, 0, 0, 0), (139_40, 0, 0, 0)),
    ],
)  # fmt: skip
def test_events_move_money(case: str, events: list, first: tuple, second: tuple, third: tuple) -> None:  # type: ignore[type-arg]
    book = placed(*BOXED)
    for event in events:
        book.apply(event)
    assert [money(book, line) for line in (1, 2, 3)] == [first, second, third]
    assert_sound(book)


def test_an_odd_cent_goes_to_the_lower_line_in_whatever_order_a_database_gives_the_rows() -> None:
    written, book = placed(*BOXED), a_book()
    book.checkouts, book.orders, book.submissions = written.checkouts, written.orders, written.submissions
    for one in reversed(written.lines.values()):
        book.add_line(one)
    for one_attempt in reversed(written.attempts.values()):
        book.add_attempt(one_attempt)
    book.apply(said(3, S.REJECTED))
    assert [money(book, line) for line in (1, 2)] == [(129_26, 0, 0, 0), (129_24, 0, 0, 0)]


def test_all_lines_refused_together_take_their_own_shares_along() -> None:
    book = placed(*BOXED, sent=False)
    submission = book.submissions[attempt(book, 1).submission]
    submission.state = SubmissionState.SENDING
    book.refuse(submission, [RejectionMessage("The selected order.patient.gender is invalid.")], NOW)
    assert money(book, 1) == (128_75, 0, 128_75, 0)
    assert money(book, 2) == (128_75, 0, 128_75, 0)
    assert money(book, 3) == (140_05, 0, 0, 0)
    assert_sound(book)


def test_a_refund_is_a_persons_and_at_most_what_is_still_paid() -> None:
    book = placed(*BOXED)
    book.apply(said(1, S.SHIPPED))
    book.refund(attempt(book, 1), 29_07, NOW, "broken vial")
    assert money(book, 1) == (129_08, 129_08, 0, 29_07)
    with pytest.raises(ValueError, match="10002 cents refunded of 10001 paid"):
        book.refund(attempt(book, 1), 100_02, NOW, "too much")
    assert money(book, 1) == (129_08, 129_08, 0, 29_07)
    assert_sound(book)


def test_a_line_refused_after_a_refund_gives_back_only_the_rest() -> None:
    charge = Charge("L", 1, 1, 1, 115_00, Amounts(100_00, 15_00, 0, 20_00, 0, 1_00))
    other = Charge("M", 1, 1, 1, 115_00, Amounts(100_00, 15_00, 0, 20_00, 0, 1_00))
    paid = ledger.captured(charge).charges[0]
    partly = ledger.refunded(paid, 130_00).charges[0]
    settled, receiver = ledger.ended([partly], [other]).charges
    assert (settled.amounts.total_cents, settled.captured_cents, settled.refunded_cents) == (130_00, 130_00, 130_00)
    assert receiver.amounts.total_cents == 142_00


@pytest.mark.parametrize(
    ("case", "pharmacy", "before", "landed", "shipment"),
    [
        ("same box, still there: no new fee", "cedar", [said(1, S.REJECTED)], 118_45, 1),
        ("that box has shipped: a new one", "cedar", [said(1, S.REJECTED), said(2, S.SHIPPED)], 139_05, 3),
        ("another pharmacy: a new box", "birch", [said(1, S.REJECTED)], 139_05, 3),
        ("nobody left: the box and fixed processing anew", "cedar",
         [said(1, S.REJECTED), said(2, S.REJECTED), said(3, S.REJECTED)], 140_05, 3),
    ],
)  # fmt: skip
def test_resubmitting_authorises_a_fresh_quote(
    case: str,
    pharmacy: str,
    before: list[Event],
    landed: int,
    shipment: int,
) -> None:
    book = placed(*BOXED)
    for event in before:
        book.apply(event)
    again = routed(1, pharmacy, 1)
    line = book.lines[f"{CHECKOUT}/01"]
    cost = fresh_quote(book, line, again, a_clinic_of(2), PROGRAM, DAYS)
    new = place_again(book, line, again, cost)
    assert (cost.landed_cents, new.number, new.shipment, money(book, 1)) == (landed, 2, shipment, (landed, 0, 0, 0))
    assert_sound(book)


def test_accepting_pays_medication_fee_shipping_and_processing_once() -> None:
    book = placed(*BOXED)
    for line in (1, 2, 3):
        book.apply(said(line, S.ACCEPTED))
        book.apply(said(line, S.SHIPPED))
    assert sum(money(book, line)[1] for line in (1, 2, 3)) == book.checkouts[CHECKOUT].total_cents


STEPS = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["accepted", "rejected", "cancelled", "on_hold", "shipped", "returned", "refund", "again"]),
        st.integers(0, 20_000),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_happens_the_ledger_holds(steps: list[tuple[int, str, int]]) -> None:
    book = placed(*BOXED, routed(4, "birch", 2, quantity=2))
    for at, (line, step, cents) in enumerate(steps):
        one = attempt(book, line)
        if step == "again":
            again(book, line)
        elif step == "refund":
            if one.captured_at is not None:
                book.refund(one, min(cents, one.charge.paid_cents), NOW, "a reason")
        else:
            book.apply(said(line, step, attempt=one.number, hours=at + 1))
        assert_sound(book)


def again(book: Book, number: int) -> None:
    line = book.lines[f"{CHECKOUT}/{number:02d}"]
    if attempt(book, number).state in {S.REJECTED, S.RETURNED}:
        patient = int(line.patient[1:])
        route = routed(number, "birch" if line.attempt % 2 else "cedar", patient, line.quantity)
        place_again(book, line, route, fresh_quote(book, line, route, a_clinic_of(2), PROGRAM, DAYS))


def assert_sound(book: Book) -> None:
    """Every posting balances, rows equal their entries, nothing is captured beyond what is authorised or paid twice."""
    postings: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    standing: Counter[tuple[str, int, Account]] = Counter()
    for entry in book.entries:
        postings[entry.posting] += entry.cents
        lines[entry.line] += entry.cents
        standing[entry.line, entry.attempt, entry.account] += entry.cents
    assert not any(postings.values())
    assert not any(lines.values())
    for one in book.attempts.values():
        charge = one.charge
        open_cents = 0 if charge.captured else charge.amounts.total_cents - charge.released_cents
        assert standing[one.line, one.number, Account.AUTHORISED] == open_cents
        assert standing[one.line, one.number, Account.PAYABLE] == charge.paid_cents
        assert 0 <= charge.captured_cents <= charge.amounts.total_cents
        assert 0 <= charge.refunded_cents <= charge.captured_cents
        if one.state in {S.REJECTED, S.CANCELLED}:
            assert open_cents + charge.paid_cents == 0
    newest = {line.reference: line.attempt for line in book.lines.values()}
    old = [one for one in book.attempts.values() if one.number < newest[one.line] and one.state is not S.RETURNED]
    assert all(one.charge.paid_cents == 0 for one in old)
    boxes: Counter[int] = Counter()
    for one in book.attempts.values():
        if one.state not in {S.REJECTED, S.CANCELLED}:
            boxes[one.shipment] += one.shipping_cents
    for one in book.live_attempts(CHECKOUT):
        assert boxes[one.shipment] == 20_00


def test_a_late_hour_counts_for_the_day_of_the_clinic() -> None:
    book = placed(*BOXED)
    book.apply(said(1, S.ACCEPTED, hours=14))  # 05:00 UTC on the 5th is 23:00 on the 4th in Chicago
    captured = [entry for entry in book.entries if entry.kind == "capture"]
    assert {entry.day.day for entry in captured} == {4}
    assert captured[0].at == NOW + timedelta(hours=14)
