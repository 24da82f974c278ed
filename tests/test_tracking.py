"""What events, answers and people do to placed lines (rules.md, section 7)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.__main__ import main
from core.adapters.store import Store, open_store
from core.adapters.store.order_views import OrderFilter, Queue
from core.adapters.store.queue import claim
from core.domain.errors import BadInput, Blocked, Differs, NotAllowed, Refused
from core.domain.lifecycle import NEXT
from core.domain.model import LineState, Objective, Override, Promise, QuoteLine, Role, RoutedLine, SubmissionState
from core.domain.orders.book import Book, Event, RejectionMessage
from core.domain.orders.records import EventOutcome
from core.domain.partners.protocol import Acknowledged, Lost
from core.domain.rejections import REJECTIONS, code_for
from core.domain.roles import LOCAL, Person
from core.services.checkout import place
from core.services.orders import views
from core.services.orders.events import apply_events, read_event, record_answers, record_event
from core.services.orders.recovery import (
    CancelOutcome,
    Resolution,
    Resubmission,
    best_of,
    cancel,
    refund,
    resolve,
    resubmission_options,
    resubmit,
    settle_unmatched,
)
from core.services.orders.verification import verify_ledger
from core.services.partners import worker
from tests.builders import FRIDAY, a_patient, a_pharmacy, a_prescription, an_offer, licences
from tests.order_books import CHECKOUT, attempt, placed, routed, said
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

S = LineState
HISTORY, UNMATCHED, MOVED = EventOutcome.HISTORY, EventOutcome.UNMATCHED, EventOutcome.MOVED
WAY = {
    S.PLACED: [],
    S.SUBMITTED: [],
    S.ACCEPTED: [S.ACCEPTED],
    S.ON_HOLD: [S.ACCEPTED, S.ON_HOLD],
    S.COMPOUNDING: [S.ACCEPTED, S.COMPOUNDING],
    S.SHIPPED: [S.SHIPPED],
    S.DELIVERED: [S.SHIPPED, S.DELIVERED],
    S.REJECTED: [S.REJECTED],
    S.RETURNED: [S.SHIPPED, S.RETURNED],
    S.CANCELLED: [S.CANCELLED],
}
BEHIND = {
    S.SUBMITTED: {S.PLACED, S.SUBMITTED},
    S.ACCEPTED: {S.PLACED, S.SUBMITTED, S.ACCEPTED},
    S.ON_HOLD: {S.PLACED, S.SUBMITTED, S.ON_HOLD},
    S.COMPOUNDING: {S.PLACED, S.SUBMITTED, S.ACCEPTED, S.COMPOUNDING},
    S.SHIPPED: {S.PLACED, S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING, S.SHIPPED},
    S.DELIVERED: {S.PLACED, S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING, S.SHIPPED, S.DELIVERED},
    S.REJECTED: {S.REJECTED},
    S.RETURNED: {S.RETURNED},
    S.CANCELLED: {S.CANCELLED},
}


def in_state(state: LineState) -> Book:
    book = placed(routed(1, "cedar", 1))
    for at, step in enumerate(WAY[state], 1):
        book.apply(said(1, step, hours=at))
    assert attempt(book, 1).state is state
    return book


@pytest.mark.parametrize("state", [state for state in S if state is not S.PLACED])
@pytest.mark.parametrize("target", list(S))
def test_every_event_in_every_state(state: LineState, target: LineState) -> None:
    book = in_state(state)
    outcome = book.apply(said(1, target, hours=50))
    if target in BEHIND[state]:
        assert (outcome, attempt(book, 1).state) == (HISTORY, state)
    elif target in NEXT[state] and target is not S.PLACED:
        assert (outcome, attempt(book, 1).state) == (MOVED, target)
    else:
        assert (outcome, attempt(book, 1).state) == (UNMATCHED, state)


@pytest.mark.parametrize(
    ("case", "events", "outcomes", "state", "captured"),
    [
        ("only shipping is told", [("shipped", 5)], [MOVED], S.SHIPPED, True),
        ("only delivery is told", [("delivered", 5)], [MOVED], S.DELIVERED, True),
        ("out of order", [("shipped", 5), ("accepted", 1), ("compounding", 3)],
         [MOVED, HISTORY, HISTORY], S.SHIPPED, True),
        ("on hold, and back to where it was", [("on_hold", 1), ("submitted", 2)], [MOVED, MOVED], S.SUBMITTED, False),
        ("on hold while being made: acceptance is behind",
         [("compounding", 1), ("on_hold", 2), ("accepted", 3)], [MOVED, MOVED, HISTORY], S.ON_HOLD, True),
        ("on hold while being made, and on", [("compounding", 1), ("on_hold", 2), ("compounding", 3)],
         [MOVED, MOVED, MOVED], S.COMPOUNDING, True),
        ("a hold told late is over", [("compounding", 5), ("on_hold", 2)], [MOVED, HISTORY], S.COMPOUNDING, True),
        ("acceptance told late does not end the hold that followed it", [("on_hold", 5), ("accepted", 2)],
         [MOVED, MOVED], S.ON_HOLD, True),
        ("a hold is no acceptance", [("on_hold", 1)], [MOVED], S.ON_HOLD, False),
        ("refused from a hold", [("on_hold", 1), ("rejected", 2)], [MOVED, MOVED], S.REJECTED, False),
        ("rejected after shipping fits nothing",
         [("shipped", 1), ("rejected", 2)], [MOVED, UNMATCHED], S.SHIPPED, True),
        ("a word that we do not know", [("brewing", 1)], [UNMATCHED], S.SUBMITTED, False),
        ("refused twice", [("rejected", 1), ("rejected", 2)], [MOVED, HISTORY], S.REJECTED, False),
        ("accepted again after it was refused",
         [("rejected", 1), ("accepted", 2)], [MOVED, UNMATCHED], S.REJECTED, False),
        ("what was so before it was refused, told late",
         [("accepted", 1), ("rejected", 3), ("accepted", 2)], [MOVED, MOVED, HISTORY], S.REJECTED, True),
    ],
)  # fmt: skip
def test_sequences(
    case: str, events: list[tuple[str, int]], outcomes: list[EventOutcome], state: LineState, captured: bool
) -> None:
    book = placed(routed(1, "cedar", 1))
    assert [book.apply(said(1, status, hours=hours)) for status, hours in events] == outcomes
    assert (attempt(book, 1).state, attempt(book, 1).captured_at is not None) == (state, captured)


def test_the_same_event_twice_counts_once() -> None:
    book = placed(routed(1, "cedar", 1))
    assert book.apply(said(1, S.ACCEPTED, name="evt-1")) is MOVED
    before = (len(book.events), len(book.entries))
    assert book.apply(said(1, S.ACCEPTED, name="evt-1")) is EventOutcome.DUPLICATE
    assert (len(book.events), len(book.entries)) == before


@pytest.mark.parametrize(
    ("case", "sent", "outcome", "state", "submission"),
    [
        ("queued: the pharmacy cannot know", SubmissionState.QUEUED, UNMATCHED, S.PLACED, SubmissionState.QUEUED),
        ("sending", SubmissionState.SENDING, MOVED, S.ACCEPTED, SubmissionState.ACKNOWLEDGED),
        ("unknown", SubmissionState.UNKNOWN, MOVED, S.ACCEPTED, SubmissionState.ACKNOWLEDGED),
    ],
)
def test_an_event_acknowledges_what_was_sent(
    case: str, sent: SubmissionState, outcome: EventOutcome, state: LineState, submission: SubmissionState
) -> None:
    book = placed(routed(1, "cedar", 1), routed(2, "cedar", 1), sent=False)
    message = book.submissions[f"{CHECKOUT}-S01"]
    message.state = sent
    assert book.apply(said(1, S.ACCEPTED)) is outcome
    assert (attempt(book, 1).state, message.state) == (state, submission)
    assert attempt(book, 2).state is (S.SUBMITTED if outcome is MOVED else S.PLACED)


@pytest.mark.parametrize(
    ("case", "refusals", "words"),
    [
        ("one line is named", [RejectionMessage("Unknown drug: product not mapped.", f"{CHECKOUT}/02")],
         ["OTHER: refused together with line 2", "PRODUCT_NOT_MAPPED: Unknown drug: product not mapped.",
          "OTHER: refused together with line 2"]),
        ("two are named",
         [RejectionMessage("Item out of stock", f"{CHECKOUT}/01"), RejectionMessage("sig missing", f"{CHECKOUT}/03")],
         ["OUT_OF_STOCK: Item out of stock", "OTHER: refused together with lines 1, 3", "SIG_REJECTED: sig missing"]),
        ("none is named: the message is about all", [RejectionMessage("The selected order.patient.gender is invalid.")],
         ["DEMOGRAPHIC_MISMATCH: The selected order.patient.gender is invalid."] * 3),
    ],
)  # fmt: skip
def test_a_refused_submission_rejects_all_its_lines(
    case: str, refusals: list[RejectionMessage], words: list[str]
) -> None:
    book = placed(*(routed(number, "cedar", 1) for number in (1, 2, 3)), sent=False)
    message = book.submissions[f"{CHECKOUT}-S01"]
    message.state = SubmissionState.SENDING
    book.refuse(message, refusals, book.now)
    attempts = [attempt(book, number) for number in (1, 2, 3)]
    assert [f"{one.reason_code}: {one.reason}" for one in attempts] == words
    assert {one.state for one in attempts} == {S.REJECTED}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        *((code, code) for code in REJECTIONS),
        ("Prescription Directions Rejected", "SIG_REJECTED"),
        ("The selected order.patient.gender is invalid.", "DEMOGRAPHIC_MISMATCH"),
        ("DUPLICATE_ID", "SUSPECTED_DUPLICATE"),
        ("Therapeutic duplication with another GLP-1", "DUPLICATE_THERAPY"),
        ("DOCTOR_NOT_LICENSED_IN_STATE", "PRESCRIBER_NOT_LICENSED"),
        ("early refill", "REFILL_TOO_SOON"),
        ("Item is on back order", "OUT_OF_STOCK"),
        ("EpcsError: DEA number missing", "CONTROLLED_RULE"),
        ("unit number missing from address", "ADDRESS_INVALID"),
        ("EXTERNAL_TRANSFER", "OTHER"),
        ("", "OTHER"),
    ],
)
def test_a_partners_words_have_a_code(words: str, code: str) -> None:
    assert code_for(words) == code


# --- in the store


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three patients, cedar and dearer birch; a checkout of three lines at cedar that is still queued."""
    houses = (a_pharmacy(), a_pharmacy(pharmacy="birch", name="Birch Lab"))
    offers = (an_offer(), an_offer(pharmacy="birch", unit_cost_cents=120_00))
    people = patients(3) | {"pharmacies": houses, "offers": offers}
    load(store, a_folder(**people, pharmacy_licences=licences() + licences("birch")))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    return store


class Obliging(worker.SimulatedPartner):
    """Takes everything and says nothing."""

    def answer(self, pharmacy: str, reference: str, lines: Any) -> Acknowledged:
        return Acknowledged(f"{pharmacy}-1")

    def poll(self, lines: Any, now: datetime) -> list[Event]:
        return []


OBLIGING = Obliging()


def send(store: Store) -> None:
    worker.run_once(store, CLINIC, lambda _: OBLIGING, worker="w1")


def ref(number: int) -> str:
    return f"{CHECKOUT}/{number:02d}"


def tell(store: Store, *events: Event) -> list[EventOutcome]:
    return store.write(CLINIC, lambda work: apply_events(work, events, "partner"))


def tracked(store: Store, number: int) -> views.TrackedLine:
    (found,) = views.track(store, STAFF, CLINIC, ref(number)).lines
    return found


def money(store: Store, number: int) -> tuple[int, int, int, int]:
    one = tracked(store, number)
    return one.authorised_cents, one.captured_cents, one.released_cents, one.refunded_cents


def sound(store: Store) -> None:
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()


def test_from_placed_to_delivered(clinic: Store) -> None:
    send(clinic)
    shipped = said(1, "shipped", hours=70, tracking="794600")
    outcomes = tell(clinic, said(1, "accepted"), shipped, said(1, "delivered", hours=95))
    one = tracked(clinic, 1)
    assert outcomes == [MOVED] * 3
    assert (one.state, one.submission_state, one.tracking) == (S.DELIVERED, SubmissionState.ACKNOWLEDGED, "794600")
    assert [entry.status for entry in one.history] == ["placed", "submitted", "accepted", "shipped", "delivered"]
    assert [entry.implied for entry in one.history] == [(), (), (), ("compounding",), ()]
    assert money(clinic, 1) == (135_00, 135_00, 0, 0)
    sound(clinic)


def test_duplicates_are_known_across_transactions(clinic: Store) -> None:
    send(clinic)
    assert tell(clinic, said(1, "accepted", name="A")) == [MOVED]
    assert tell(clinic, said(1, "accepted", name="A"), said(2, "accepted", name="B")) == [EventOutcome.DUPLICATE, MOVED]
    assert len(tracked(clinic, 1).history) == 3


def test_events_of_nothing_are_kept_as_misfits(clinic: Store) -> None:
    send(clinic)
    assert tell(clinic, said(9, "shipped"), said(1, "accepted", attempt=2)) == [UNMATCHED, UNMATCHED]
    assert [entry.reference for entry in views.track(clinic, STAFF, CLINIC).unmatched] == [ref(9), ref(1)]
    assert views.queues(clinic, STAFF, CLINIC)[Queue.MISFITS] == 2


def test_a_queued_line_cancels_at_once(clinic: Store) -> None:
    assert cancel(clinic, STAFF, CLINIC, ref(1), "patient asked") is CancelOutcome.CANCELLED
    one = tracked(clinic, 1)
    assert (one.state, one.submission_state) == (S.CANCELLED, SubmissionState.WITHDRAWN)
    assert money(clinic, 1) == (135_00, 0, 135_00, 0)
    send(clinic)
    assert tracked(clinic, 1).submission_state is SubmissionState.WITHDRAWN
    sound(clinic)


def test_after_that_cancelling_is_a_request_until_the_pharmacy_confirms(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "accepted"))
    assert cancel(clinic, STAFF, CLINIC, ref(1), "patient asked") is CancelOutcome.REQUESTED
    assert (tracked(clinic, 1).state, money(clinic, 1)) == (S.ACCEPTED, (135_00, 135_00, 0, 0))
    assert views.queues(clinic, STAFF, CLINIC)[Queue.CANCEL_REQUESTS] == 1
    resolve(clinic, STAFF, CLINIC, ref(1), Resolution.CANCELLED, "confirmed by phone")
    assert (tracked(clinic, 1).state, money(clinic, 1)) == (S.CANCELLED, (135_00, 135_00, 0, 135_00))
    assert views.queues(clinic, STAFF, CLINIC)[Queue.CANCEL_REQUESTS] == 0
    sound(clinic)


def test_a_cancel_request_that_the_pharmacy_declines_is_over(clinic: Store) -> None:
    send(clinic)
    cancel(clinic, STAFF, CLINIC, ref(1), "patient asked")
    resolve(clinic, STAFF, CLINIC, ref(1), Resolution.REJECTED, "already made")
    assert tracked(clinic, 1).state is S.SUBMITTED
    assert views.queues(clinic, STAFF, CLINIC)[Queue.CANCEL_REQUESTS] == 0


def lose(store: Store) -> None:
    claimed = store.write(CLINIC, lambda work: claim(work, work.now(), 10))
    store.write(CLINIC, lambda work: record_answers(work, dict.fromkeys(dict(claimed), Lost("no answer")), "partner"))


@pytest.mark.parametrize(
    ("resolution", "state", "submission", "released"),
    [
        (Resolution.ACKNOWLEDGED, S.SUBMITTED, SubmissionState.ACKNOWLEDGED, 0),
        (Resolution.REJECTED, S.REJECTED, SubmissionState.REJECTED, 135_00),
    ],
)
def test_a_person_settles_an_unknown_submission(
    clinic: Store, resolution: Resolution, state: LineState, submission: SubmissionState, released: int
) -> None:
    lose(clinic)
    assert views.queues(clinic, STAFF, CLINIC)[Queue.UNKNOWN] == 3
    with pytest.raises(Refused, match="settle that first"):
        cancel(clinic, STAFF, CLINIC, ref(1), "patient asked")
    with pytest.raises(Refused, match="acknowledged or rejected"):
        resolve(clinic, STAFF, CLINIC, ref(1), Resolution.CANCELLED, "by phone")
    send(clinic)
    assert tracked(clinic, 1).submission_state is SubmissionState.UNKNOWN
    resolve(clinic, STAFF, CLINIC, f"{CHECKOUT}-S01", resolution, "by phone")
    one = tracked(clinic, 1)
    assert (one.state, one.submission_state, one.released_cents) == (state, submission, released)
    assert views.queues(clinic, STAFF, CLINIC)[Queue.UNKNOWN] == 2
    sound(clinic)


def test_a_rejected_line_goes_again_with_its_history(clinic: Store, clock: Clock) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="Directions unclear"))
    assert views.queues(clinic, STAFF, CLINIC)[Queue.REJECTED] == 1
    clock.forward(hours=2)
    resubmit(clinic, STAFF, CLINIC, ref(1))
    one = tracked(clinic, 1)
    assert (one.attempt, one.state, one.submission_state, one.pharmacy) == (
        2,
        S.PLACED,
        SubmissionState.QUEUED,
        "cedar",
    )
    assert money(clinic, 1) == (270_00, 0, 135_00, 0)
    send(clinic)
    assert tell(clinic, said(1, "accepted", attempt=2, hours=3)) == [MOVED]
    assert money(clinic, 1) == (270_00, 135_00, 135_00, 0)
    assert [(entry.attempt, entry.status) for entry in tracked(clinic, 1).history] == [
        (1, "placed"),
        (1, "submitted"),
        (1, "rejected"),
        (2, "placed"),
        (2, "submitted"),
        (2, "accepted"),
    ]
    assert views.queues(clinic, STAFF, CLINIC)[Queue.REJECTED] == 0
    sound(clinic)


def test_a_higher_amount_needs_confirmation(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected"))
    before = money(clinic, 1)
    with pytest.raises(Differs) as refusal:
        resubmit(clinic, STAFF, CLINIC, ref(1), pharmacy="birch")
    assert refusal.value.actual_cents == 158_00
    with pytest.raises(Differs):
        resubmit(clinic, STAFF, CLINIC, ref(1), pharmacy="birch", expected_cents=135_00)
    assert money(clinic, 1) == before
    seen = resubmission_options(clinic, STAFF, CLINIC, ref(1)).by_pharmacy["birch"]
    assert (seen.cost and seen.cost.landed_cents, seen.before_cents, seen.higher) == (158_00, 135_00, True)
    resubmit(clinic, STAFF, CLINIC, ref(1), pharmacy="birch", expected_cents=158_00)
    assert (tracked(clinic, 1).pharmacy, money(clinic, 1)) == ("birch", (293_00, 0, 135_00, 0))
    sound(clinic)


def test_a_line_that_was_out_of_stock_is_split_again_alone_with_the_rest_fixed(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected", reason="out of stock"), said(2, "rejected", reason="sig too vague"))
    short = resubmission_options(clinic, STAFF, CLINIC, ref(1))
    assert {code: seen.cost and seen.cost.landed_cents for code, seen in short.by_pharmacy.items()} == {
        "birch": 158_00,
        "cedar": 135_00,
    }
    assert short.best == "birch"
    assert resubmission_options(clinic, STAFF, CLINIC, ref(2)).best == "cedar"
    resubmit(clinic, STAFF, CLINIC, ref(1), pharmacy=short.best, expected_cents=158_00)
    assert [tracked(clinic, at).pharmacy for at in (1, 2, 3)] == ["birch", "cedar", "cedar"]
    sound(clinic)


@pytest.mark.parametrize(
    ("case", "objective", "day_price_cents", "best"),
    [
        ("the cheaper", Objective.CHEAPEST, 5_00, "alder"),
        ("the earlier", Objective.FASTEST, 5_00, "birch"),
        ("two days are worth 10 dollars", Objective.BALANCED, 5_00, "alder"),
        ("two days are worth 12 dollars", Objective.BALANCED, 6_00, "birch"),
    ],
)
def test_one_line_is_split_by_the_checkouts_objective(
    case: str, objective: Objective, day_price_cents: int, best: str
) -> None:
    found = {
        "alder": an_offer_to_resubmit(100_00, date(2026, 12, 9)),
        "birch": an_offer_to_resubmit(111_00, date(2026, 12, 7)),
        "cedar": an_offer_to_resubmit(None, date(2026, 12, 7)),
    }
    assert best_of(found, objective, day_price_cents) == best


def an_offer_to_resubmit(cents: int | None, delivers_on: date) -> Resubmission:
    cost = None if cents is None else QuoteLine(1, "", 1, cents, 0, 0, 0, 0, 0, cents, cents)
    where = RoutedLine(line(1), promise=Promise(FRIDAY, FRIDAY, FRIDAY, delivers_on))
    return Resubmission(ref(1), (), where, cost, 0, ())


def test_findings_stop_a_resubmission_until_they_are_answered(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected"))
    stopped = a_prescription(rx="RX1", patient="P1", stopped_on=FRIDAY)
    load(clinic, a_folder(patients=(a_patient(),), prescriptions=(stopped,)))
    with pytest.raises(Blocked, match="RX_EXPIRED"):
        resubmit(clinic, STAFF, CLINIC, ref(1))
    early = a_prescription(rx="RX1", patient="P1", last_filled_on=date(2026, 12, 1))
    load(clinic, a_folder(patients=(a_patient(),), prescriptions=(early,)))
    with pytest.raises(Blocked, match="REFILL_TOO_SOON"):
        resubmit(clinic, STAFF, CLINIC, ref(1))
    resubmit(clinic, STAFF, CLINIC, ref(1), overrides=(Override(1, "REFILL_TOO_SOON", "lost in the mail"),))
    assert tracked(clinic, 1).attempt == 2


@pytest.mark.parametrize(
    ("case", "words", "status"),
    [
        ("no override", (), 1),
        ("the code and the reason", ("--override", "REFILL_TOO_SOON=lost in the mail"), 0),
        ("with a line's number, as place takes it", ("--override", "1:REFILL_TOO_SOON=lost in the mail"), 0),
        ("confirmed by somebody", ("--override", "REFILL_TOO_SOON=lost, confirmed by Dr Okafor on 2026-12-04"), 0),
        ("another code", ("--override", "SUSPECTED_DUPLICATE=lost"), 1),
        ("a code that nobody may override", ("--override", "RX_EXPIRED=old"), 1),
        ("without a reason", ("--override", "REFILL_TOO_SOON="), 1),
        ("another prescription of the patient", ("--rx", "RX9", "--override", "REFILL_TOO_SOON=lost"), 0),
        ("a prescription of nobody", ("--rx", "RX77", "--override", "REFILL_TOO_SOON=lost"), 1),
    ],
)
def test_the_command_resubmits_as_the_screen_does(
    sqlite_url: str, clock: Clock, capsys: pytest.CaptureFixture[str], case: str, words: tuple[str, ...], status: int
) -> None:
    store = open_store(sqlite_url, clock=clock)
    load(store, a_folder(**patients(1)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1))))
    send(store)
    tell(store, said(1, "rejected"))
    early = a_prescription(rx="RX1", patient="P1", last_filled_on=date(2026, 12, 1))
    again = a_prescription(rx="RX9", patient="P1", last_filled_on=None, first_filled_on=None)
    load(store, a_folder(patients=(a_patient(),), prescriptions=(early, again)))
    store.close()
    on = ("--on", "2026-12-04", "--db", sqlite_url, "--json")
    assert main(["resubmit", ref(1), *words, *on]) == status
    answer = json.loads(capsys.readouterr().out)
    assert ("error" in answer or "message" in answer or "findings" in answer) is (status != 0)
    reopened = open_store(sqlite_url, clock=clock)
    assert tracked(reopened, 1).attempt == (1 if status else 2)
    rx = views.line_detail(reopened, STAFF, CLINIC, ref(1)).line.rx
    assert rx == ("RX9" if "RX9" in words else "RX1")
    reopened.close()


@pytest.mark.parametrize("state", [S.SUBMITTED, S.ACCEPTED, S.SHIPPED, S.DELIVERED])
def test_only_a_rejected_or_returned_line_goes_again(clinic: Store, state: LineState) -> None:
    send(clinic)
    tell(clinic, *(said(1, step, hours=at) for at, step in enumerate(WAY[state])))
    with pytest.raises(Refused, match="only a rejected or returned line"):
        resubmit(clinic, STAFF, CLINIC, ref(1))


def test_a_returned_line_goes_again_once_its_refund_is_recorded(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "shipped"), said(1, "returned", hours=2))
    assert money(clinic, 1) == (135_00, 135_00, 0, 0)
    with pytest.raises(Refused, match="record its refund first"):
        resubmit(clinic, STAFF, CLINIC, ref(1))
    refund(clinic, STAFF, CLINIC, ref(1), 0, "our fault")
    resubmit(clinic, STAFF, CLINIC, ref(1), overrides=(Override(1, "REFILL_TOO_SOON", "never arrived"),))
    assert money(clinic, 1) == (270_00, 135_00, 0, 0)
    sound(clinic)


@pytest.mark.parametrize(
    ("case", "cents", "reason", "says"),
    [
        ("more than was captured", 135_01, "broken", r"At most \$135.00"),
        ("no reason", 1_00, " ", "Say why"),
        ("less than nothing", -1, "broken", r"At most \$135.00"),
    ],
)
def test_a_refund_that_is_refused_changes_nothing(clinic: Store, case: str, cents: int, reason: str, says: str) -> None:
    send(clinic)
    with pytest.raises(Refused, match="Nothing was captured"):
        refund(clinic, STAFF, CLINIC, ref(1), 1_00, "too early")
    tell(clinic, said(1, "delivered"))
    with pytest.raises(Refused, match=says):
        refund(clinic, STAFF, CLINIC, ref(1), cents, reason)
    assert money(clinic, 1) == (135_00, 135_00, 0, 0)


def test_an_event_of_an_ended_attempt_stops_the_newer_ones_sending_until_a_person_decides(clinic: Store) -> None:
    send(clinic)
    tell(clinic, said(1, "rejected"))
    resubmit(clinic, STAFF, CLINIC, ref(1))
    assert tell(clinic, said(1, "shipped", hours=9, tracking="794611")) == [UNMATCHED]
    send(clinic)
    assert (tracked(clinic, 1).state, tracked(clinic, 1).submission_state) == (S.PLACED, SubmissionState.QUEUED)
    assert worker.status(clinic, LOCAL, CLINIC).queue.stopped == 1
    (misfit,) = views.track(clinic, STAFF, CLINIC, ref(1)).unmatched
    settle_unmatched(clinic, STAFF, CLINIC, misfit.event, "the pharmacy took back its label")
    with pytest.raises(Refused, match="settled already"):
        settle_unmatched(clinic, STAFF, CLINIC, misfit.event, "again")
    send(clinic)
    assert tracked(clinic, 1).state is S.SUBMITTED


def test_stock_comes_back_with_a_refused_line(store: Store) -> None:
    load(store, a_folder(**patients(2), offers=(an_offer(stock=1),)))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1))))
    with pytest.raises(Blocked, match="OUT_OF_STOCK"):
        place(store, STAFF, CLINIC, confirmation(a_cart(line(2))))
    send(store)
    tell(store, said(1, "rejected"))
    assert place(store, STAFF, CLINIC, confirmation(a_cart(line(2)))).checkout == "RD-20261204-02"


@pytest.mark.parametrize(
    ("case", "wanted", "numbers"),
    [
        ("everything", OrderFilter(), [1, 2, 3]),
        ("a patient's name, as lists write it", OrderFilter(text="Rivera, ana"), [1, 2, 3]),
        ("the start of a reference", OrderFilter(text="rd-20261204-01/02"), [2]),
        ("a tracking number", OrderFilter(text="7946"), [3]),
        ("a patient's code", OrderFilter(text="p2"), [2]),
        ("a sign that SQL knows", OrderFilter(text="%"), []),
        ("a state", OrderFilter(states=frozenset({S.SHIPPED})), [3]),
        ("a pharmacy", OrderFilter(pharmacy="birch"), []),
        ("what needs somebody", OrderFilter(needs_action=True), [1]),
        ("a queue", OrderFilter(queue=Queue.ON_HOLD), [1]),
        ("days before", OrderFilter(placed_to=date(2026, 12, 3)), []),
    ],
)
def test_search(clinic: Store, case: str, wanted: OrderFilter, numbers: list[int]) -> None:
    send(clinic)
    tell(clinic, said(1, "on_hold", reason="Only 1 of 2 packs"), said(3, "shipped", tracking="794600"))
    page = views.search(clinic, STAFF, CLINIC, wanted)
    assert [row.reference for row in page.rows] == [ref(number) for number in numbers]
    assert page.total == len(numbers)
    assert len(views.search(clinic, STAFF, CLINIC, wanted, limit=1).rows) == min(1, len(numbers))


def test_a_line_that_should_have_shipped_stalls(clinic: Store, clock: Clock) -> None:
    send(clinic)
    clock.forward(days=5)  # promised to ship on Monday 7 December; two days of grace
    assert views.queues(clinic, STAFF, CLINIC)[Queue.STALLED] == 0
    clock.forward(days=1)
    assert views.queues(clinic, STAFF, CLINIC)[Queue.STALLED] == 3


def test_a_line_that_shipped_and_should_have_arrived_stalls(clinic: Store, clock: Clock) -> None:
    send(clinic)
    tell(clinic, said(1, S.SHIPPED), said(2, S.DELIVERED), said(3, S.DELIVERED))
    promised = views.line_detail(clinic, STAFF, CLINIC, f"{CHECKOUT}/01").attempts[-1].delivers_on
    clock.now = datetime(promised.year, promised.month, promised.day, 18, tzinfo=UTC) + timedelta(days=2)
    assert not views.line_detail(clinic, STAFF, CLINIC, f"{CHECKOUT}/01").stalled
    clock.forward(days=1)
    assert views.line_detail(clinic, STAFF, CLINIC, f"{CHECKOUT}/01").stalled
    stalled = views.search(clinic, STAFF, CLINIC, OrderFilter(queue=Queue.STALLED))
    assert [row.reference for row in stalled.rows] == [f"{CHECKOUT}/01"]


@pytest.mark.parametrize(
    ("case", "events", "presses"),
    [
        ("queued", None, ["cancel"]),
        ("submitted", [], ["ask to cancel"]),
        ("rejected", ["rejected"], ["resubmit"]),
        ("delivered", ["delivered"], ["refund"]),
        ("returned", ["shipped", "returned"], ["refund"]),
    ],
)
def test_a_line_offers_what_its_state_allows(
    clinic: Store, case: str, events: list[str] | None, presses: list[str]
) -> None:
    if events is not None:
        send(clinic)
        tell(clinic, *(said(1, status, hours=at) for at, status in enumerate(events)))
    detail = views.line_detail(clinic, STAFF, CLINIC, ref(1))
    assert [press.value for press in detail.actions] == presses


def test_tracking_by_every_kind_of_reference(clinic: Store) -> None:
    for reference, lines in (
        (None, 3),
        (CHECKOUT, 3),
        (f"{CHECKOUT}-CEDAR", 3),
        (f"{CHECKOUT}-S02", 1),
        (ref(3), 1),
    ):
        assert len(views.track(clinic, STAFF, CLINIC, reference).lines) == lines
    with pytest.raises(Refused, match="nothing with the reference"):
        views.track(clinic, STAFF, CLINIC, "RD-20991231-01")


def test_leadership_sees_no_line(clinic: Store) -> None:
    lea = Person("lea@clinic.test", "Lea", Role.LEADERSHIP)
    for use_case in (
        lambda: views.track(clinic, lea, CLINIC),
        lambda: views.search(clinic, lea, CLINIC, OrderFilter()),
        lambda: views.line_detail(clinic, lea, CLINIC, ref(1)),
        lambda: cancel(clinic, lea, CLINIC, ref(1), "no"),
        lambda: resubmit(clinic, lea, CLINIC, ref(1)),
        lambda: refund(clinic, lea, CLINIC, ref(1), 0, "no"),
        lambda: record_event(clinic, lea, CLINIC, said(1, "accepted")),
    ):
        with pytest.raises(NotAllowed):
            use_case()
    assert len(tracked(clinic, 1).history) == 1


ZONE = ZoneInfo("America/Chicago")
EVENT = {"id": "e1", "reference": ref(1), "attempt": 1, "status": "Accepted", "at": "2026-12-04T15:30:00Z"}


@pytest.mark.parametrize(
    ("case", "over", "at"),
    [
        ("with an offset", {}, datetime(2026, 12, 4, 15, 30, tzinfo=UTC)),
        ("without one: the clinic's zone", {"at": "2026-12-04T09:30:00"}, datetime(2026, 12, 4, 15, 30, tzinfo=UTC)),
    ],
)
def test_an_event_is_read(case: str, over: dict[str, Any], at: datetime) -> None:
    event = read_event("event.json", EVENT | over, ZONE)
    assert event == Event("e1", ref(1), 1, "accepted", at)
    assert event.at - at == timedelta(0)


@pytest.mark.parametrize(
    ("case", "data", "columns"),
    [
        ("no object", [], [None]),
        ("nothing in it", {}, ["id", "reference", "attempt", "status", "at"]),
        ("an attempt that is none", EVENT | {"attempt": "first"}, ["attempt"]),
        ("an instant that is none", EVENT | {"at": "yesterday"}, ["at"]),
    ],
)
def test_an_event_that_cannot_be_read_says_where(case: str, data: object, columns: list[str | None]) -> None:
    with pytest.raises(BadInput) as refusal:
        read_event("event.json", data, ZONE)
    assert [error.column for error in refusal.value.errors] == columns
