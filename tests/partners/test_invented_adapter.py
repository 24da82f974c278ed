"""An adapter is one folder and one line: an invented one sends, looks up, polls and takes a push, and Setup has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.adapters.pharmacies.registry import ADAPTERS
from core.adapters.store import Store, open_store
from core.domain.errors import BadInput, Refused
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.adapter import ConnectionField, PharmacyAdapter, Transmission
from core.domain.partners.link import Authentication, Link
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, Partner, PushContent, UnreadRow
from core.domain.roles import LOCAL
from core.services.orders.views import strays, track
from core.services.partners import worker
from core.services.partners.connections import _partner, connect, connections
from core.services.partners.pushes import receive
from tests.order_books import CHECKOUT
from tests.partners.test_sending import a_queue
from tests.stores import CLINIC, Clock

# What would be the folder core/adapters/pharmacies/telegraph/

WORDS = {"STOP": "accepted", "GONE": "shipped"}


class Telegraph:
    """An office that writes down what comes in; the first telegram's receipt is lost."""

    def __init__(self, wires: int | None) -> None:
        self.wires = wires
        self.telegrams: list[str] = []
        self.word = "STOP"

    def send(self, message: Message, now: datetime) -> Answer:
        self.telegrams.append(message.reference)
        return Lost("The wire broke.") if len(self.telegrams) == 1 else Acknowledged(f"T-{message.reference}")

    def look_up(self, reference: str) -> Acknowledged | None:
        return Acknowledged(f"T-{reference}") if reference in self.telegrams else None

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        return [telegram(f"{line.reference} {self.word}", now, line.pharmacy) for line in lines]


def telegram(text: str, at: datetime, sender: str) -> Event:
    reference, word = text.split()
    return Event(text, reference, 1, WORDS[word], at, sender=sender)


def read_push(body: bytes, zone: ZoneInfo, pharmacy: str) -> PushContent:
    if not body.isascii():
        return PushContent(problem="The telegram is no Morse code.")
    rows = list(enumerate(body.decode().splitlines(), 1))
    at = datetime(2026, 12, 4, 11, tzinfo=zone)
    events = [telegram(row, at, pharmacy) for _, row in rows if row.split()[-1] in WORDS]
    return PushContent(events, [UnreadRow(at, "is no word") for at, row in rows if row.split()[-1] not in WORDS])


def telegraph_faults(link: Link) -> Iterator[tuple[str, str]]:
    if link.practice_id is None:
        yield "practice_id", "is empty; a telegram needs its wires"


OFFICES: dict[str, Telegraph] = {}


def telegraph(link: Link, time_zone: str, secret: str | None) -> Partner:
    return OFFICES.setdefault(link.pharmacy, Telegraph(link.practice_id))


TELEGRAPH = PharmacyAdapter(
    name="telegraph",
    label="Telegraph",
    summary="Orders leave by wire.",
    transmission=Transmission.WORKER,
    partner=telegraph,
    read_push=read_push,
    fields=(ConnectionField("practice_id", "How many wires"),),
    faults=telegraph_faults,
)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line of the registry."""
    monkeypatch.setitem(ADAPTERS, TELEGRAPH.name, TELEGRAPH)
    OFFICES.clear()
    _partner.cache_clear()


@pytest.fixture
def clinic(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """Two lines of two patients, queued at cedar, which is reached by telegraph."""
    store = a_queue(open_store(sqlite_url, clock=clock), 2)
    connect(
        store, LOCAL, CLINIC,
        Link("cedar", "telegraph", practice_id=2, looks_up=True, push=Authentication.BEARER, push_secret="CEDAR_PUSH"),
    )  # fmt: skip
    yield store
    store.close()


def states(store: Store) -> list[str]:
    return [line.state.value for line in track(store, LOCAL, CLINIC).lines]


def test_it_sends_looks_up_polls_and_takes_a_push(clinic: Store, clock: Clock) -> None:
    assert worker.run_once(clinic, CLINIC) == worker.Round(acknowledged=2, unknown=1, events=2)
    office = OFFICES["cedar"]
    assert (office.wires, office.telegrams) == (2, [f"{CHECKOUT}-S01", f"{CHECKOUT}-S02"])
    assert states(clinic) == ["accepted", "accepted"]
    office.word = "GONE"
    clock.forward(minutes=31)
    worker.run_once(clinic, CLINIC)
    assert states(clinic) == ["shipped", "shipped"]
    assert [pharmacy.adapter for pharmacy in worker.status(clinic, LOCAL, CLINIC).pharmacies] == [
        "simulated",
        "telegraph",
    ]


def push(store: Store, body: bytes) -> tuple[int, dict[str, object]]:
    status, answer = receive(store, CLINIC, "cedar", {"Authorization": "Bearer key"}, body, {"CEDAR_PUSH": "key"}.get)
    return status, dict(answer) | {"push": ""}


def test_its_pushes_are_read_in_its_own_words(clinic: Store) -> None:
    OFFICES["cedar"] = Telegraph(2)
    OFFICES["cedar"].poll = lambda lines, now: []  # type: ignore[method-assign]
    worker.run_once(clinic, CLINIC)
    assert push(clinic, f"{CHECKOUT}/01 GONE\n{CHECKOUT}/02 WHAT".encode()) == (
        200, {"push": "", "events": 1, "unread": 1, "moved": 1, "misfit": 1},
    )  # fmt: skip
    assert states(clinic) == ["shipped", "submitted"]
    (stray,) = strays(clinic, LOCAL, CLINIC)
    assert stray.reason.startswith("Row 2 of a message cannot be read: is no word.")
    assert push(clinic, "é".encode()) == (400, {"push": "", "error": "The telegram is no Morse code."})


def test_its_own_checks_and_words_are_those_of_setup(clinic: Store) -> None:
    link = connections(clinic, LOCAL, CLINIC)["cedar"].link
    assert connections(clinic, LOCAL, CLINIC)["cedar"].adapter.label == "Telegraph"
    with pytest.raises(BadInput, match="a telegram needs its wires"):
        connect(clinic, LOCAL, CLINIC, link._replace(practice_id=None))


def test_an_adapter_that_is_not_there_is_refused_and_nothing_is_sent(
    clinic: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(ADAPTERS, TELEGRAPH.name)
    with pytest.raises(Refused, match="cedar is connected by telegraph, an adapter that this version does not have"):
        worker.run_once(clinic, CLINIC)
    assert (OFFICES, states(clinic)) == ({}, ["placed", "placed"])
