"""Sending what is queued: once, in any weather, by any number of workers (rules.md, section 7)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from core.adapters.store import Store
from core.adapters.store.queue import claim, give_up_leases
from core.domain.errors import NotAllowed
from core.domain.model import LineState, Override, Role, SubmissionState
from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected
from core.domain.roles import LOCAL, Person
from core.services.checkout import place
from core.services.orders import views
from core.services.orders.events import pause
from core.services.orders.recovery import cancel
from core.services.partners import worker
from tests.builders import a_patient, a_pharmacy, a_prescription, an_offer, licences
from tests.order_books import CHECKOUT, said
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients


class Scripted:
    """A partner that answers as it is told, and remembers what it got."""

    def __init__(self, answer: Callable[[Message], Answer], found: Acknowledged | Rejected | None = None) -> None:
        self.answer, self.found = answer, found
        self.got: list[Message] = []
        self.news: list[Event] = []

    def send(self, message: Message, now: datetime) -> Answer:
        self.got.append(message)
        return self.answer(message)

    def look_up(self, reference: str) -> Acknowledged | Rejected | None:
        return self.found

    def poll(self, lines: Sequence[SentLine], now: datetime) -> list[Event]:
        return self.news


def taking() -> Scripted:
    return Scripted(lambda message: Acknowledged(f"their-{message.reference}"))


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three patients with a queued line each: two at cedar, one at birch."""
    houses = (a_pharmacy(), a_pharmacy(pharmacy="birch", name="Birch Lab"))
    offers = (an_offer(), an_offer(pharmacy="birch", unit_cost_cents=120_00))
    people = patients(3) | {"pharmacies": houses, "offers": offers}
    load(store, a_folder(**people, pharmacy_licences=licences() + licences("birch")))
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2), line(3, pharmacy="birch"))))
    return store


def run(store: Store, partner: Scripted, birch: Scripted | None = None) -> worker.Round:
    return worker.run_once(store, CLINIC, lambda code: birch if birch and code == "birch" else partner, worker="w1")


def states(store: Store) -> list[tuple[str, str]]:
    """State of each line and of its submission."""
    return [(one.state.value, one.submission_state.value) for one in views.track(store, STAFF, CLINIC).lines]


def test_a_message_carries_what_the_pharmacy_needs(clinic: Store) -> None:
    partner = taking()
    assert run(clinic, partner) == worker.Round(acknowledged=3)
    message = partner.got[0]
    (sent,) = message.lines
    assert (message.reference, message.pharmacy, message.patient.patient) == (f"{CHECKOUT}-S01", "cedar", "P1")
    assert (message.prescriber.name, message.address.city, message.cold) == ("Ada Okafor, MD", "Austin", True)
    assert (sent.reference, sent.attempt, sent.quantity, sent.is_refill) == (f"{CHECKOUT}/01", 1, 1, False)
    assert sent.sig == "Inject 0.25 mg (10 units) subcutaneously once weekly."


def test_lines_of_one_patient_to_one_place_travel_in_one_message(store: Store) -> None:
    place_two_lines_of_one_patient(store)
    partner = taking()
    run(store, partner)
    assert [[sent.number for sent in message.lines] for message in partner.got] == [[1, 2]]


def place_two_lines_of_one_patient(store: Store) -> None:
    two = (a_prescription(rx="RX1"), a_prescription(rx="RX2"))
    load(store, a_folder(patients=(a_patient(),), prescriptions=two))
    answered = confirmation(
        a_cart(line(1), line(2, patient="P1")),
        acknowledged=frozenset({(1, "TITRATION_STALE")}),
        overrides=(Override(2, "SUSPECTED_DUPLICATE", "two vials for a trip"),),
    )
    place(store, STAFF, CLINIC, answered)


def test_nothing_is_sent_twice(clinic: Store) -> None:
    partner = taking()
    run(clinic, partner)
    assert run(clinic, partner) == worker.Round()
    assert len(partner.got) == 3
    assert states(clinic) == [("submitted", "acknowledged")] * 3


@pytest.mark.parametrize(
    ("case", "answer", "state"),
    [
        ("refused", Rejected((RejectionMessage("Item out of stock"),)), ("rejected", "rejected")),
        ("the answer was lost", Lost("no answer within 45 seconds"), ("placed", "unknown")),
        ("it never left", NotSent("connection refused"), ("placed", "queued")),
    ],
)
def test_every_answer_has_its_state(clinic: Store, case: str, answer: Answer, state: tuple[str, str]) -> None:
    run(clinic, Scripted(lambda _: answer), taking())
    assert states(clinic) == [state, state, ("submitted", "acknowledged")]


def test_a_line_of_which_less_was_taken_is_on_hold_with_the_pharmacys_words(store: Store) -> None:
    place_two_lines_of_one_patient(store)
    short = (RejectionMessage("The pharmacy took 1 of 2 mL.", f"{CHECKOUT}/02"),)
    run(store, Scripted(lambda _: Acknowledged("their-1", short)))
    assert states(store) == [("submitted", "acknowledged"), ("on_hold", "acknowledged")]
    (held,) = views.track(store, STAFF, CLINIC, f"{CHECKOUT}/02").lines
    assert (held.reason, held.captured_cents) == ("The pharmacy took 1 of 2 mL.", 0)


def test_a_partner_that_breaks_leaves_it_unknown_and_the_others_go_on(clinic: Store) -> None:
    def breaks(_: Message) -> Answer:
        raise RuntimeError("Rivera, Ana")

    assert run(clinic, Scripted(breaks), taking()) == worker.Round(acknowledged=1, unknown=2)
    assert states(clinic)[0] == ("placed", "unknown")


def test_a_pharmacy_out_of_reach_is_tried_again_later(clinic: Store, clock: Clock) -> None:
    gone, back = Scripted(lambda _: NotSent("connection refused")), taking()
    run(clinic, gone, taking())
    assert len(gone.got) == 1
    run(clinic, back)
    assert back.got == []
    clock.forward(seconds=59)
    run(clinic, back)
    assert back.got == []
    clock.forward(seconds=31)
    run(clinic, back)
    assert [message.reference for message in back.got] == [f"{CHECKOUT}-S01", f"{CHECKOUT}-S02"]


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (7, 60), (50, 60)])
def test_pauses_double_to_an_hour_and_come_apart_by_up_to_half(tries: int, minutes: int) -> None:
    waits = {pause(tries, f"S{number}") for number in range(20)}
    assert timedelta(minutes=minutes) <= min(waits) < max(waits) <= timedelta(minutes=minutes) * 1.5
    assert pause(tries, "S1") == pause(tries, "S1")


def test_a_lease_that_ran_out_is_unknown_and_never_sent_again(clinic: Store, clock: Clock) -> None:
    clinic.write(CLINIC, lambda work: claim(work, work.now() + worker.LEASE, 10))
    partner = taking()
    assert run(clinic, partner) == worker.Round()
    clock.forward(seconds=worker.LEASE.total_seconds() + 1)
    run(clinic, partner)
    clock.forward(days=2)
    run(clinic, partner)
    assert partner.got == []
    assert states(clinic) == [("placed", "unknown")] * 3


def test_a_lost_one_is_looked_up_where_the_partner_can(clinic: Store) -> None:
    run(clinic, Scripted(lambda _: Lost("no answer")))
    run(clinic, Scripted(lambda _: Lost("no answer"), found=Acknowledged("their-1")))
    assert states(clinic) == [("submitted", "acknowledged")] * 3


def test_news_of_a_lost_one_acknowledges_it(clinic: Store) -> None:
    partner = Scripted(lambda message: Lost("no answer") if message.pharmacy == "cedar" else Acknowledged())
    partner.news = [said(1, "accepted", name="theirs-1")]
    assert run(clinic, partner).events == 1
    assert states(clinic)[0] == ("accepted", "acknowledged")


def test_a_cancelled_line_is_left_out_of_its_message(store: Store) -> None:
    place_two_lines_of_one_patient(store)
    cancel(store, STAFF, CLINIC, f"{CHECKOUT}/01", "patient asked")
    partner = taking()
    run(store, partner)
    assert [sent.number for sent in partner.got[0].lines] == [2]
    assert states(store) == [("cancelled", "acknowledged"), ("submitted", "acknowledged")]


def test_several_workers_share_the_queue(clinic: Store) -> None:
    partner, start = taking(), threading.Barrier(4)

    def work() -> None:
        start.wait()
        run(clinic, partner)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(message.reference for message in partner.got) == {f"{CHECKOUT}-S0{at}": 1 for at in (1, 2, 3)}
    assert states(clinic) == [("submitted", "acknowledged")] * 3


def test_an_idle_round_writes_nothing(clinic: Store) -> None:
    run(clinic, taking())
    before = clinic.data_version(CLINIC)
    run(clinic, taking())
    assert clinic.data_version(CLINIC) == before


def test_the_queue_says_how_it_stands(clinic: Store) -> None:
    queue = worker.status(clinic, LOCAL, CLINIC).queue
    assert (queue.queued, queue.sending, queue.unknown, queue.oldest_queued_at) == (3, 0, 0, clinic.clock())
    run(clinic, Scripted(lambda _: Lost("no answer")), taking())
    after = worker.status(clinic, LOCAL, CLINIC)
    assert (after.queue.queued, after.queue.unknown) == (0, 2)
    assert [(done.worker, done.sent, done.failed) for done in after.workers] == [("w1", 3, 2)]


def test_a_worker_that_runs_for_ever_stops_when_told(clinic: Store) -> None:
    stop = threading.Event()
    partner = Scripted(lambda _: stop.set() or Acknowledged())  # type: ignore[func-returns-value]
    worker.run_forever(clinic, lambda _: partner, stop=stop)
    assert states(clinic) == [("submitted", "acknowledged")] * 3


def test_steps_are_for_people_who_work_on_orders(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        worker.step_stage(clinic, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC)


def test_leases_are_given_up_only_when_they_ran_out(clinic: Store) -> None:
    claimed = clinic.write(CLINIC, lambda work: claim(work, work.now() + worker.LEASE, 1))
    assert clinic.write(CLINIC, give_up_leases) == 0
    assert claimed == [(f"{CHECKOUT}-S01", "cedar")]
    assert states(clinic)[0] == (LineState.PLACED.value, SubmissionState.SENDING.value)
