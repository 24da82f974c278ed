"""Queued submissions and pharmacies' limits: shared through the store, over the network, by any number of workers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.adapters.store import Store, audits, open_store
from core.adapters.store.partners import healths
from core.cli.practice_pharmacy import EventFault, Fault, PracticePharmacy
from core.domain.errors import BadInput, NotAllowed, Refused, Stale
from core.domain.model import Role, SubmissionState
from core.domain.partners.link import Authentication, Link
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent
from core.domain.partners.rate_limit import breaker
from core.domain.payments.operations import Setup
from core.domain.roles import LOCAL, Person
from core.services.checkout import place
from core.services.orders.views import line_detail, track
from core.services.partners import worker
from core.services.partners.connections import connect, connections, number_products, products_of, try_again
from core.services.partners.submissions import LEASE, SENDING, next_size, send_batch
from core.services.payments.decisions import change_setup
from tests.builders import a_pharmacy, an_offer, licences
from tests.order_books import CHECKOUT
from tests.partners.test_worker import Scripted, taking
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

Q = SubmissionState


def a_queue(store: Store, lines: int, birch: int = 0) -> Store:
    """Lines of one patient each, queued at cedar, the last few at birch."""
    houses = (a_pharmacy(), a_pharmacy(pharmacy="birch", name="Birch Lab"))
    offers = (an_offer(), an_offer(pharmacy="birch", unit_cost_cents=120_00))
    people = patients(lines) | {"pharmacies": houses, "offers": offers}
    load(store, a_folder(**people, pharmacy_licences=licences() + licences("birch")))
    to = {at: {"pharmacy": "birch"} if at > lines - birch else {} for at in range(1, lines + 1)}
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at, **to[at]) for at in to))))
    return store


@pytest.fixture
def sqlite(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """An empty store, for what does not differ between engines."""
    opened = open_store(sqlite_url, clock=clock)
    yield opened
    opened.close()


def _answer(answer: Answer, _: Message) -> Answer:
    return answer


def linked(address: str, pharmacy: str = "cedar", **over: Any) -> Link:
    usual = Link(
        pharmacy, "http", address, Authentication.NONE, practice_id=1, cold_service=2, ambient_service=3,
        poll_minutes=10, looks_up=True,
    )  # fmt: skip
    return usual._replace(**over)


def states(store: Store) -> Counter[str]:
    return Counter(found.submission_state.value for found in track(store, LOCAL, CLINIC).lines)


def run(store: Store, partner: Scripted) -> worker.Round:
    return worker.run_once(store, CLINIC, lambda _: partner, worker="w1")


# Over the network


def test_a_connected_pharmacy_is_sent_its_orders_and_the_other_stays_simulated(
    sqlite: Store, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 5, birch=2)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    done = worker.run_once(sqlite, CLINIC)
    assert done.acknowledged == 5
    assert sorted(order["referenceId"] for order in books.orders) == [f"{CHECKOUT}-S0{at}" for at in (1, 2, 3)]


def test_the_whole_way_of_an_order_by_polling(
    sqlite: Store, clock: Clock, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 1)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    said = []
    for _ in range(5):
        worker.run_once(sqlite, CLINIC)
        said.append(track(sqlite, LOCAL, CLINIC).lines[0].state.value)
        books.step()
        clock.forward(minutes=11)
    assert said == ["submitted", "accepted", "compounding", "shipped", "delivered"]
    (found,) = track(sqlite, LOCAL, CLINIC).lines
    assert (found.tracking, found.captured_cents) == ("1Z700011", found.authorised_cents)


def test_a_word_that_nobody_knows_is_shown_and_moves_nothing(
    sqlite: Store, clock: Clock, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 1)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    worker.run_once(sqlite, CLINIC)
    books.event_faults = frozenset({EventFault.UNKNOWN})
    clock.forward(minutes=11)
    worker.run_once(sqlite, CLINIC)
    tracked = track(sqlite, LOCAL, CLINIC)
    assert [misfit.status for misfit in tracked.unmatched] == ["quantum flux"]
    assert tracked.lines[0].state.value == "submitted"


def test_a_pharmacy_is_asked_for_news_when_its_time_has_come(
    sqlite: Store, clock: Clock, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 1)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    worker.run_once(sqlite, CLINIC)
    books.step()
    clock.forward(minutes=9)
    assert worker.run_once(sqlite, CLINIC).events == 0
    clock.forward(minutes=2)
    assert worker.run_once(sqlite, CLINIC).events == 1


def test_news_are_asked_for_within_the_limit_until_all_are_asked_about(
    sqlite: Store, clock: Clock, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 6)
    link = connect(sqlite, LOCAL, CLINIC, linked(address, poll_minutes=None))
    worker.run_once(sqlite, CLINIC)
    connect(sqlite, LOCAL, CLINIC, link._replace(poll_minutes=60, per_minute=2))
    books.step()
    assert worker.run_once(sqlite, CLINIC).events == 2
    assert worker.run_once(sqlite, CLINIC).events == 0
    for _ in range(12):
        clock.forward(minutes=1)
        worker.run_once(sqlite, CLINIC)
    assert {line.state.value for line in track(sqlite, LOCAL, CLINIC).lines} == {"accepted"}


def test_a_lost_order_is_looked_up_and_not_sent_again(sqlite: Store, books: PracticePharmacy, address: str) -> None:
    a_queue(sqlite, 1)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    books.faults = [Fault.DROP]
    assert worker.run_once(sqlite, CLINIC) == worker.Round(acknowledged=1, unknown=1, events=1)
    assert (states(sqlite), len(books.orders)) == ({"acknowledged": 1}, 1)


def test_one_that_the_pharmacy_does_not_find_stays_unknown_and_is_asked_about_later(
    store: Store, clock: Clock, books: PracticePharmacy, address: str
) -> None:
    a_queue(store, 1)
    connect(store, LOCAL, CLINIC, linked(address))
    books.faults = [Fault.DROP_UNREAD]
    worker.run_once(store, CLINIC)
    for _ in range(3):
        clock.forward(hours=8)
        worker.run_once(store, CLINIC)
    assert (states(store), books.orders) == ({"unknown": 1}, [])
    message = line_detail(store, LOCAL, CLINIC, f"{CHECKOUT}/01").submission.message
    assert message.count("Asked since, its system did not find it, which proves nothing.") == 1


@pytest.mark.postgres
def test_two_processes_send_every_submission_once(postgres_url: str, books: PracticePharmacy, address: str) -> None:
    store = a_queue(open_store(postgres_url), 40)
    connect(store, LOCAL, CLINIC, linked(address))
    command = [sys.executable, "-m", "core", "--db", postgres_url, "worker", "--once"]
    started = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    assert Counter(order["referenceId"] for order in books.orders) == {
        f"{CHECKOUT}-S{at:02d}": 1 for at in range(1, 41)
    }
    assert states(store) == {"acknowledged": 40}
    store.close()


# Rate limit and breaker


def test_a_rate_limit_holds_whoever_sends(store: Store, clock: Clock) -> None:
    a_queue(store, 12)
    connect(store, LOCAL, CLINIC, Link("cedar", per_minute=5))
    partner = taking()
    for _ in range(3):
        run(store, partner)
    assert len(partner.got) == 5
    clock.forward(seconds=59)
    run(store, partner)
    assert len(partner.got) == 5
    clock.forward(seconds=2)
    run(store, partner)
    assert len(partner.got) == 10


def test_a_pharmacy_that_fails_is_left_alone_and_the_other_goes_on(sqlite: Store) -> None:
    a_queue(sqlite, 8, birch=3)

    def birch_works(message: Message) -> Acknowledged | Lost:
        return Acknowledged() if message.pharmacy == "birch" else Lost("500")

    partner = Scripted(birch_works)
    run(sqlite, partner)
    assert Counter(message.pharmacy for message in partner.got) == {"cedar": 3, "birch": 3}
    assert states(sqlite) == {"acknowledged": 3, "unknown": 3, "queued": 2}


def test_after_its_rest_one_submission_tries_and_then_all_go(store: Store, clock: Clock) -> None:
    a_queue(store, 8)
    up = taking()
    run(store, Scripted(lambda _: Lost("500")))
    assert states(store) == {"unknown": 3, "queued": 5}
    clock.forward(seconds=59)
    run(store, up)
    assert up.got == []
    clock.forward(seconds=31)
    seen: list[int] = []

    def counted(message: Message) -> Acknowledged:
        seen.append(states(store)["sending"])
        return Acknowledged()

    run(store, Scripted(counted))
    assert seen == [1, 4, 4, 4, 4]
    assert states(store) == {"unknown": 3, "acknowledged": 5}


def test_while_one_tries_nobody_else_does(sqlite: Store, clock: Clock) -> None:
    a_queue(sqlite, 5)
    run(sqlite, Scripted(lambda _: Lost("500")))
    other = taking()

    def meanwhile(message: Message) -> NotSent:
        run(sqlite, other)
        return NotSent("refused")

    clock.forward(seconds=91)
    first = Scripted(meanwhile)
    run(sqlite, first)
    assert (len(first.got), other.got) == (1, [])


def test_a_pharmacy_that_asks_for_patience_gets_it(sqlite: Store, clock: Clock) -> None:
    a_queue(sqlite, 2)
    run(sqlite, Scripted(lambda _: NotSent("429", timedelta(seconds=20))))
    partner = taking()
    clock.forward(seconds=19)
    run(sqlite, partner)
    assert partner.got == []
    clock.forward(seconds=2)
    run(sqlite, partner)
    assert len(partner.got) == 2


def test_a_failure_rests_in_the_store_for_every_worker(sqlite: Store) -> None:
    a_queue(sqlite, 4)
    run(sqlite, Scripted(lambda _: Lost("500")))
    with sqlite.read(CLINIC) as work:
        health = healths(work)["cedar"]
        assert (health.failures, breaker(health, work.now()), health.last_error) == (3, "open", "500")


@pytest.mark.parametrize(
    ("size", "seconds", "then"),
    [(10, 0.1, 20), (400, 0.2, 500), (100, 0.5, 100), (100, 1.5, 50), (1, 40, 1)],
)
def test_a_batch_is_what_is_sent_in_half_a_second(size: int, seconds: float, then: int) -> None:
    assert next_size(size, timedelta(seconds=seconds)) == then


def test_a_slow_pharmacy_holds_up_no_other(sqlite: Store, books: PracticePharmacy, address: str) -> None:
    a_queue(sqlite, 2, birch=1)
    connect(sqlite, LOCAL, CLINIC, linked(address))
    books.faults, books.seconds = [Fault.SLOW], 3.0
    stop = threading.Event()
    running = threading.Thread(target=worker.run_forever, args=(sqlite,), kwargs={"stop": stop, "worker": "w1"})
    running.start()
    for _ in range(100):
        if states(sqlite) == {"acknowledged": 1, "sending": 1}:
            break
        stop.wait(0.02)
    else:
        raise AssertionError(states(sqlite))
    stop.set()
    running.join(20)
    assert states(sqlite) == {"acknowledged": 2}
    assert [(beat.worker, beat.alive) for beat in worker.status(sqlite, LOCAL, CLINIC).heartbeats] == [("w1", True)]


# Its health


def test_the_status_says_how_every_pharmacy_is(store: Store) -> None:
    a_queue(store, 6, birch=1)
    connect(store, LOCAL, CLINIC, Link("birch", "sheet"))
    run(store, Scripted(lambda _: Lost("500")))
    birch, cedar = worker.status(store, LOCAL, CLINIC).pharmacies
    assert (birch.adapter, birch.queued, birch.unknown, birch.breaker) == ("sheet", 1, 0, "closed")
    assert (cedar.queued, cedar.unknown, cedar.breaker, cedar.last_error) == (2, 3, "open", "500")
    assert cedar.oldest_queued_at == store.clock()


def test_a_sign_of_life_is_no_news_for_screens(store: Store) -> None:
    a_queue(store, 1)
    before = store.data_version(CLINIC)
    assert worker._alive(store, "w1", store.clock(), None) == store.clock()
    assert store.data_version(CLINIC) == before
    assert [beat.worker for beat in worker.status(store, LOCAL, CLINIC).heartbeats] == ["w1"]


# Connections


def test_a_connection_is_changed_once_and_audited_without_a_secret(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_queue(store, 1)
    wanted = linked("https://orders.example.com", authentication=Authentication.BASIC, credentials="CEDAR_API")
    assert connect(store, LOCAL, CLINIC, wanted).version == 1
    assert connections(store, LOCAL, CLINIC)["cedar"].missing == ("CEDAR_API",)
    monkeypatch.setenv("CEDAR_API", "clinic:s3cret")
    assert connections(store, LOCAL, CLINIC)["cedar"].missing == ()
    with pytest.raises(Stale, match="Somebody else changed cedar"):
        connect(store, LOCAL, CLINIC, wanted)
    with store.read(CLINIC) as work:
        trail = [entry for entry in audits.entries(work) if entry["action"] == "connect pharmacy"]
    assert [entry["subject"] for entry in trail] == ["cedar"]
    assert "s3cret" not in str(trail)
    assert "CEDAR_API" in str(trail[0]["after"])


def test_a_connection_that_cannot_work_changes_nothing(sqlite: Store) -> None:
    a_queue(sqlite, 1)
    with pytest.raises(BadInput, match="is not encrypted"):
        connect(sqlite, LOCAL, CLINIC, linked("http://orders.example.com"))
    with pytest.raises(NotAllowed):
        connect(sqlite, Person("s@clinic.test", "S", Role.STAFF), CLINIC, Link("cedar"))
    with pytest.raises(Refused, match="no pharmacy alder"):
        connect(sqlite, LOCAL, CLINIC, Link("alder"))
    assert connections(sqlite, LOCAL, CLINIC)["cedar"].link == Link("cedar")


def test_sheets_that_wait_keep_the_adapter(sqlite: Store) -> None:
    """A sheet that somebody has in his hand would otherwise be sent once more."""
    a_queue(sqlite, 2)
    sheets = connect(sqlite, LOCAL, CLINIC, Link("cedar", "sheet"))
    run(sqlite, taking())
    assert states(sqlite) == {"queued": 2}
    with pytest.raises(Refused, match="2 of cedar's submissions wait to be handed over on a sheet"):
        connect(sqlite, LOCAL, CLINIC, sheets._replace(adapter="simulated"))


def test_real_lines_keep_the_pharmacy_from_becoming_a_script(
    sqlite: Store, books: PracticePharmacy, address: str
) -> None:
    a_queue(sqlite, 1)
    real = connect(sqlite, LOCAL, CLINIC, linked(address))
    worker.run_once(sqlite, CLINIC)
    with pytest.raises(Refused, match="cedar really has 1 lines that are not finished"):
        connect(sqlite, LOCAL, CLINIC, real._replace(adapter="simulated"))


@pytest.mark.parametrize(
    ("case", "pharmacy", "over", "why"),
    [
        ("another's", "birch", {"push_secret": "CEDAR_PUSH"}, "CEDAR_PUSH is used by cedar already"),
        ("our own", "birch", {"push_secret": "B_API", "credentials": "B_API"}, "B_API is used for our own requests"),
    ],
)
def test_pushes_are_proved_by_a_secret_of_their_own(
    sqlite: Store, case: str, pharmacy: str, over: dict[str, Any], why: str
) -> None:
    a_queue(sqlite, 2, birch=1)
    connect(sqlite, LOCAL, CLINIC, Link("cedar", push=Authentication.HMAC, push_secret="CEDAR_PUSH"))
    with pytest.raises(Refused, match=why):
        connect(sqlite, LOCAL, CLINIC, Link(pharmacy, push=Authentication.HMAC)._replace(**over))


def test_who_puts_a_connection_right_or_says_try_again_waits_for_nothing(store: Store) -> None:
    a_queue(store, 5)
    mend = partial(connect, store, LOCAL, CLINIC, Link("cedar", per_minute=100))
    for failing, again in ((Lost("500"), mend), (NotSent("x"), partial(try_again, store, STAFF, CLINIC, "cedar"))):
        run(store, Scripted(partial(_answer, failing)))
        waiting = taking()
        run(store, waiting)
        assert waiting.got == []
        again()
    back = taking()
    run(store, back)
    assert len(back.got) == 2
    with pytest.raises(NotAllowed):
        try_again(store, Person("l@clinic.test", "L", Role.LEADERSHIP), CLINIC, "cedar")


def test_a_lease_outlives_the_sending() -> None:
    assert timedelta(minutes=4) < LEASE


def test_a_clock_set_back_gives_a_worker_no_more_time_than_its_lease(
    sqlite: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_queue(sqlite, 3)
    gone_by = iter([0, 0, SENDING.total_seconds()])

    def send(message: Message) -> Acknowledged:
        clock.forward(hours=-1)
        return Acknowledged("theirs")

    partner = Scripted(send)
    monkeypatch.setattr("core.services.partners.submissions.monotonic", lambda: next(gone_by, 10_000))
    answers, _ = send_batch(sqlite, CLINIC, lambda _: partner)
    assert [type(answer) for answer in answers.values()] == [Acknowledged, NotSent, NotSent]
    assert len(partner.got) == 1
    assert [line.submission_state for line in track(sqlite, STAFF, CLINIC).lines] == [
        Q.ACKNOWLEDGED,
        Q.QUEUED,
        Q.QUEUED,
    ]


def test_a_clock_set_back_while_another_sends_never_ends_its_lease_early(sqlite: Store, clock: Clock) -> None:
    a_queue(sqlite, 1)

    def dies(message: Message) -> Acknowledged:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker.run_once(sqlite, CLINIC, lambda _: Scripted(dies), worker="w1")
    clock.forward(hours=-2)
    other = taking()
    for minutes in (0, 4, 120):
        clock.forward(minutes=minutes)
        worker.run_once(sqlite, CLINIC, lambda _: other, worker="w2")
        assert track(sqlite, STAFF, CLINIC).lines[0].submission_state is Q.SENDING
    clock.forward(minutes=2)
    worker.run_once(sqlite, CLINIC, lambda _: other, worker="w2")
    assert track(sqlite, STAFF, CLINIC).lines[0].submission_state is Q.UNKNOWN
    assert other.got == []


def test_a_pharmacys_product_numbers_are_sent_and_one_that_is_missing_stops_its_order(
    store: Store, books: PracticePharmacy, address: str
) -> None:
    a_queue(store, 2, birch=1)
    connect(store, LOCAL, CLINIC, linked(address))
    connect(store, LOCAL, CLINIC, linked(address, "birch"))
    assert number_products(store, LOCAL, CLINIC, "cedar", {"SEMA": " 4711 "}) == 1
    assert number_products(store, LOCAL, CLINIC, "cedar", {"SEMA": "4711"}) == 0
    worker.run_once(store, CLINIC)
    sent = {order["referenceId"]: order["order"]["rxs"][0].get("lfProductID") for order in books.orders}
    assert sent == {f"{CHECKOUT}-S01": "4711", f"{CHECKOUT}-S02": None}
    assert products_of(store, LOCAL, CLINIC, "cedar") == (("SEMA", "Semaglutide 2.5 mg/mL, 2 mL", "4711"),)
    assert number_products(store, LOCAL, CLINIC, "cedar", {"SEMA": ""}) == 1
    assert [row.product for row in products_of(store, LOCAL, CLINIC, "cedar")] == [""]
    with pytest.raises(Refused, match="There is no TIRZ"):
        number_products(store, LOCAL, CLINIC, "cedar", {"TIRZ": "1"})
    with pytest.raises(BadInput, match="plain text"):
        number_products(store, LOCAL, CLINIC, "cedar", {"SEMA": "é"})


MANAGER = Person("m@clinic.test", "M", Role.MANAGER)


@pytest.mark.parametrize(
    "change",
    [{"base_url": "https://listener.example.com"}, {"credentials": "OTHER_API"}, {"push_secret": "OTHER_PUSH"}],
)
def test_a_manager_sends_no_secret_anywhere_else(sqlite: Store, change: dict[str, Any]) -> None:
    a_queue(sqlite, 1)
    before = connect(sqlite, LOCAL, CLINIC, linked("https://orders.example.com"))
    changed = before._replace(**change)
    with pytest.raises(NotAllowed, match="Only an admin may change a pharmacy's address"):
        connect(sqlite, MANAGER, CLINIC, changed)
    assert connections(sqlite, LOCAL, CLINIC)["cedar"].link == before
    assert connect(sqlite, MANAGER, CLINIC, before._replace(at_once=2)).at_once == 2
    assert connect(sqlite, LOCAL, CLINIC, changed._replace(version=before.version + 1))


@pytest.mark.parametrize("name", ["DATABASE_URL", "STRIPE_KEY", "PGPASSWORD", "POSTGRES_PASSWORD", "REFILL_ANCHOR_KEY"])
@pytest.mark.parametrize("field", ["credentials", "push_secret"])
def test_a_secret_of_the_server_s_own_is_no_pharmacy_s(sqlite: Store, field: str, name: str) -> None:
    a_queue(sqlite, 1)
    link = connections(sqlite, LOCAL, CLINIC)["cedar"].link._replace(**dict[str, Any]({field: name}))
    with pytest.raises(BadInput, match="a secret of the server's own"):
        connect(sqlite, LOCAL, CLINIC, link)


def test_the_payment_provider_s_key_is_no_pharmacy_s(sqlite: Store) -> None:
    a_queue(sqlite, 1)
    change_setup(sqlite, LOCAL, CLINIC, Setup(key_name="OUR_PAYMENTS"))
    link = connections(sqlite, LOCAL, CLINIC)["cedar"].link._replace(credentials="OUR_PAYMENTS")
    with pytest.raises(Refused, match="the payment provider's key"):
        connect(sqlite, LOCAL, CLINIC, link)
