"""Placed lines that two touch at once: a pharmacy's news twice, a cancel while it is sent, money given back twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

import core.services.partners.submissions
from core.adapters.store import Store
from core.domain.errors import Refused
from core.domain.model import LineState, SubmissionState
from core.domain.orders.book import Event
from core.domain.orders.records import EventOutcome
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.orders.events import record_event
from core.services.orders.recovery import CancelOutcome, Resolution, cancel, refund, resolve, resubmit
from core.services.orders.verification import verify_ledger
from core.services.orders.views import TrackedLine, track
from core.services.partners.submissions import LEASE
from core.services.partners.worker import run_once
from tests.builders import DAYS
from tests.order_books import CHECKOUT, said
from tests.races.turns import at_once, just_before, waiting_from
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

LINE = f"{CHECKOUT}/01"
S = LineState


class Pharmacy:
    """Takes every message and remembers it; something else may happen while the first is on its way."""

    def __init__(self, meanwhile: Callable[[], object] | None = None) -> None:
        self.meanwhile = meanwhile
        self.got: Counter[str] = Counter()

    def send(self, message: Message, now: object) -> Acknowledged:
        self.got[message.reference] += 1
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return Acknowledged()

    def look_up(self, reference: str) -> None: ...

    def poll(self, lines: object, now: object) -> list[Event]:
        return []


@pytest.fixture
def clinic(store: Store) -> Store:
    """Thirty lines placed, none sent: more than a worker takes at a time."""
    load(store, a_folder(**patients(30)))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(number) for number in range(1, 31)))))
    return store


def tracked(store: Store, reference: str = LINE) -> TrackedLine:
    (found,) = track(store, LOCAL, CLINIC, reference).lines
    return found


def sent(store: Store) -> Store:
    run_once(store, CLINIC, lambda _: Pharmacy())
    return store


def tell(store: Store, *events: Event) -> list[object]:
    """What becomes of these events, told at once."""
    return at_once([partial(record_event, store, LOCAL, CLINIC, event) for event in events])


def test_an_event_told_by_six_at_once_moves_and_captures_once(clinic: Store) -> None:
    outcomes = tell(sent(clinic), *[said(1, S.ACCEPTED, name="E1")] * 6)
    assert Counter(outcomes) == {EventOutcome.MOVED: 1, EventOutcome.DUPLICATE: 5}
    found = tracked(clinic)
    assert (found.state, found.captured_cents) == (S.ACCEPTED, found.authorised_cents)
    assert [entry.status for entry in found.history].count("accepted") == 1
    assert verify_ledger(clinic, LOCAL, CLINIC).problems == ()


def test_events_in_any_order_at_once_lead_to_the_same_and_capture_once(clinic: Store) -> None:
    states = (S.ACCEPTED, S.COMPOUNDING, S.SHIPPED, S.DELIVERED)
    outcomes = tell(sent(clinic), *(said(1, state, hours=hours) for hours, state in enumerate(states, 1)))
    assert set(outcomes) <= {EventOutcome.MOVED, EventOutcome.HISTORY}
    found = tracked(clinic)
    assert (found.state, found.captured_cents) == (S.DELIVERED, found.authorised_cents)
    assert verify_ledger(clinic, LOCAL, CLINIC).problems == ()


def test_a_worker_in_the_middle_of_another_sends_only_the_rest(clinic: Store) -> None:
    other = Pharmacy()
    partner = Pharmacy(lambda: run_once(clinic, CLINIC, lambda _: other))
    run_once(clinic, CLINIC, lambda _: partner)
    assert (partner.got.total(), other.got.total()) == (10, 20)
    assert set((partner.got + other.got).values()) == {1}
    assert {line.state for line in track(clinic, LOCAL, CLINIC).lines} == {S.SUBMITTED}


def test_six_workers_at_once_send_each_submission_once(clinic: Store) -> None:
    partner = Pharmacy()
    at_once([lambda: run_once(clinic, CLINIC, lambda _: partner)] * 6)
    assert partner.got == {f"{CHECKOUT}-S{number:02d}": 1 for number in range(1, 31)}


@pytest.mark.parametrize(
    ("case", "point", "outcome", "state"),
    [
        ("before it is claimed", "send_batch", CancelOutcome.CANCELLED, S.CANCELLED),
        ("after it is claimed", "messages", CancelOutcome.REQUESTED, S.SUBMITTED),
    ],
)
def test_a_line_cancelled_while_a_worker_takes_it_is_not_sent_or_asked_for(
    clinic: Store, monkeypatch: pytest.MonkeyPatch, case: str, point: str, outcome: CancelOutcome, state: LineState
) -> None:
    came_to = just_before(
        monkeypatch,
        core.services.partners.submissions,
        point,
        lambda: cancel(clinic, LOCAL, CLINIC, LINE, "patient asked"),
    )
    partner = Pharmacy()
    run_once(clinic, CLINIC, lambda _: partner)
    assert came_to == [outcome]
    assert tracked(clinic).state is state
    assert partner.got[f"{CHECKOUT}-S01"] == (0 if state is S.CANCELLED else 1)


def test_a_cancel_that_waits_for_a_claim_is_a_request(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    came_to = waiting_from(
        monkeypatch,
        core.services.partners.submissions,
        "claim",
        lambda: cancel(clinic, LOCAL, CLINIC, LINE, "patient asked"),
    )
    partner = Pharmacy()
    run_once(clinic, CLINIC, lambda _: partner)
    assert came_to() is CancelOutcome.REQUESTED
    assert partner.got[f"{CHECKOUT}-S01"] == 1


def test_a_worker_whose_lease_ran_out_sends_no_more(clinic: Store, clock: Clock) -> None:
    """While its first message is on its way another worker gives the lease up, and a person settles the second."""

    def meanwhile() -> None:
        clock.forward(seconds=LEASE.total_seconds() + 1)
        run_once(clinic, CLINIC, lambda _: other)
        resolve(clinic, LOCAL, CLINIC, f"{CHECKOUT}-S02", Resolution.REJECTED, "it never arrived")
        resubmit(clinic, LOCAL, CLINIC, f"{CHECKOUT}/02", days=DAYS)

    partner, other = Pharmacy(meanwhile), Pharmacy()
    run_once(clinic, CLINIC, lambda _: partner)
    assert partner.got == {f"{CHECKOUT}-S01": 1, f"{CHECKOUT}-S31": 1}
    assert other.got == {f"{CHECKOUT}-S{number}": 1 for number in range(11, 31)}
    states = Counter(line.submission_state for line in track(clinic, LOCAL, CLINIC).lines)
    assert states == {SubmissionState.ACKNOWLEDGED: 22, SubmissionState.UNKNOWN: 8}


def test_a_resubmission_pressed_by_four_at_once_is_one_attempt(clinic: Store) -> None:
    tell(sent(clinic), said(1, S.REJECTED))
    outcomes = at_once([lambda: resubmit(clinic, LOCAL, CLINIC, LINE, days=DAYS)] * 4)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Refused] * 3
    assert (tracked(clinic).attempt, tracked(clinic).state) == (2, S.PLACED)
    assert verify_ledger(clinic, LOCAL, CLINIC).problems == ()


def test_two_refunds_at_once_give_back_no_more_than_was_paid(clinic: Store) -> None:
    tell(sent(clinic), said(1, S.DELIVERED))
    paid = tracked(clinic).captured_cents
    outcomes = at_once([lambda: refund(clinic, LOCAL, CLINIC, LINE, paid * 2 // 3, "spoiled")] * 2)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [Refused]
    assert tracked(clinic).refunded_cents == paid * 2 // 3
    assert verify_ledger(clinic, LOCAL, CLINIC).problems == ()
