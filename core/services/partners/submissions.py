"""Submissions claimed under a lease, handed over, answers recorded: once each, as fast as each pharmacy allows.

What one worker has claimed no other sends. A lease that ran out makes the submission unknown: it is never sent again by
itself. Rate limit and breaker are read and written with the claim, so every worker respects them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic
from typing import Final, NamedTuple

from core.adapters.pharmacies.registry import transmission_of
from core.adapters.store import Store, Work
from core.adapters.store.partners import healths, links, put_healths, sent_since
from core.adapters.store.queue import Claim, anything_to_do, claim, claimable, give_up_leases
from core.domain.partners.adapter import Transmission
from core.domain.partners.link import Health, Link
from core.domain.partners.message import Message
from core.domain.partners.protocol import Answer, Lost, NotSent
from core.domain.partners.rate_limit import WINDOW, after, allowance, is_open, is_tripped
from core.services.orders.events import record_answers
from core.services.partners.connections import Partners
from core.services.partners.holds import hold_changed
from core.services.partners.messages import messages

FIRST_BATCH: Final = 10
MOST_AT_A_TIME: Final = 500
A_BATCH_TAKES: Final = timedelta(seconds=0.5)
"""As many are claimed at a time as are sent in about this time: so many are unknown when a worker dies."""
LEASE: Final = timedelta(minutes=5)
SENDING: Final = timedelta(minutes=4)
"""How long a worker goes on sending what it has claimed: what it begins then is answered before the lease runs out."""
BY: Final = "partner"
"""Who recorded what a partner said."""

_log = logging.getLogger(__name__)


class Lane(NamedTuple):
    """Pharmacies that are served one after another: ``only`` one, or all but some. A slow one has a lane of its own."""

    only: str | None = None
    but: frozenset[str] = frozenset()

    def holds(self, pharmacy: str) -> bool:
        """Whether the pharmacy is served in this lane."""
        return pharmacy == self.only if self.only is not None else pharmacy not in self.but


EVERY: Final = Lane()


class Deadline(NamedTuple):
    """When a worker stops sending what it has claimed: by the clock, and by seconds that no clock set back gives again.

    Other workers' clocks go on while this one's jumps, and give the lease up in time.
    """

    at: datetime
    ticks: float

    def is_over(self, now: datetime) -> bool:
        """Whether either has come."""
        return now >= self.at or monotonic() >= self.ticks


def drain(store: Store, clinic: str, partners: Partners, lane: Lane = EVERY) -> dict[str, Answer]:
    """Send everything of a lane that is due and may be sent now; the answers by submission."""
    answers: dict[str, Answer] = {}
    size = FIRST_BATCH
    while True:
        batch, took = send_batch(store, clinic, partners, lane, size)
        if not batch:
            return answers
        answers |= batch
        size = next_size(size, took)


def next_size(size: int, took: timedelta) -> int:
    """How many to claim next after ``size`` took so long: twice as many when they were quick, half when slow."""
    if took * 2 <= A_BATCH_TAKES:
        return min(size * 2, MOST_AT_A_TIME)
    return max(size // 2, 1) if took > A_BATCH_TAKES * 2 else size


def send_batch(
    store: Store, clinic: str, partners: Partners, lane: Lane = EVERY, size: int = FIRST_BATCH
) -> tuple[dict[str, Answer], timedelta]:
    """Claim one batch, send it, record the answers: by submission, none where nothing is due, and how long it took."""
    with store.read(clinic) as work:
        if not anything_to_do(work, _allowed(work, lane, size)):
            return {}, timedelta()

    def take(work: Work) -> list[str]:
        give_up_leases(work)
        allowed = _allowed(work, lane, size)
        while hold_changed(work, [reference for reference, _ in claimable(work, size, allowed)]):
            pass  # others have moved up, which are looked at too
        claimed = claim(work, work.now() + LEASE, size, allowed)
        _try_alone(work, {pharmacy for _, pharmacy in claimed})
        return [reference for reference, _ in claimed]

    until = Deadline(store.clock() + SENDING, monotonic() + SENDING.total_seconds())
    claimed = store.write(clinic, take)
    if not claimed:
        return {}, timedelta()
    with store.read(clinic) as work:
        outgoing = messages(work, claimed)
        linked, health = links(work), healths(work)
    started_at = store.clock()
    answers = _sent(store, outgoing, partners, until, linked, health)
    took = store.clock() - started_at
    store.write(clinic, lambda work: _record(work, outgoing, answers))
    return answers, took


def _allowed(work: Work, lane: Lane, size: int) -> Claim:
    """Which pharmacies may be sent something, and how much to those that are limited."""
    linked, health, now = links(work), healths(work), work.now()
    limited = any(link.per_minute is not None for link in linked.values())
    sent = sent_since(work, now - WINDOW) if limited else {}
    rooms = {
        code: room_at(linked.get(code, Link(code)), health.get(code, Health(code)), sent.get(code, 0), size, now)
        for code in linked.keys() | health.keys()
    }
    blocked = frozenset(code for code, room in rooms.items() if room == 0)
    return Claim(lane.only, lane.but | blocked, {code: room for code, room in rooms.items() if room < size})


def room_at(link: Link, health: Health, sent: int, most: int, now: datetime) -> int:
    """How many submissions a worker may claim for a pharmacy now: none where a person hands them over."""
    return 0 if transmission_of(link) is Transmission.PERSON else allowance(link, health, sent, most, now)


def _try_alone(work: Work, pharmacies: Collection[str]) -> None:
    """While one submission tries whether a pharmacy is back, nobody sends it another."""
    health = healths(work)
    half_open = [health[code] for code in sorted(pharmacies) if code in health and is_tripped(health[code])]
    put_healths(work, [each._replace(rests_until=work.now() + LEASE) for each in half_open])


def _sent(
    store: Store,
    outgoing: Sequence[Message],
    partners: Partners,
    until: Deadline,
    linked: Mapping[str, Link],
    health: Mapping[str, Health],
) -> dict[str, Answer]:
    """Every message handed over, to pharmacies over the network several at once, to each as many as it takes."""
    senders = {
        code: _Sender(store, partners, until, health.get(code, Health(code)))
        for code in {message.pharmacy for message in outgoing}
    }
    at_once = {code: link.at_once for code, link in linked.items() if code in senders and is_remote(link)}
    threads_used = min(sum(at_once.values()), len(outgoing))
    if threads_used <= 1:
        return {message.reference: senders[message.pharmacy].answer(message) for message in outgoing}
    gates = {code: threading.Semaphore(at_once.get(code, 1)) for code in senders}

    def answer(message: Message) -> Answer:
        with gates[message.pharmacy]:
            return senders[message.pharmacy].answer(message)

    with ThreadPoolExecutor(threads_used) as threads:
        answers = threads.map(answer, outgoing)
        return {message.reference: answer for message, answer in zip(outgoing, answers, strict=True)}


def is_remote(link: Link) -> bool:
    """Whether a worker reaches the pharmacy over the network."""
    return transmission_of(link) is Transmission.WORKER


class _Sender:
    """Messages handed to one pharmacy. Once it is out of reach, or fails too often, the rest stays here.

    After ``until`` nothing goes out either: another worker may have given these up, and a person have settled them.
    """

    def __init__(self, store: Store, partners: Partners, until: Deadline, health: Health) -> None:
        self._store, self._partners, self._until = store, partners, until
        self._health = health
        self._kept_back: NotSent | None = None

    def answer(self, message: Message) -> Answer:
        if self._kept_back is not None:
            return self._kept_back
        now = self._store.clock()
        if self._until.is_over(now):
            return NotSent("The worker was too slow to send it.", tried=False)
        answer = _answer(self._partners, message, now)
        self._health = after(self._health, answer, now)
        if isinstance(answer, NotSent):
            self._kept_back = answer._replace(tried=False)
        elif is_open(self._health, now):
            self._kept_back = NotSent(f"Kept back, since others failed: {self._health.last_error}", tried=False)
        return answer


def _answer(partners: Partners, message: Message, now: datetime) -> Answer:
    try:
        return partners(message.pharmacy).send(message, now)
    except Exception as error:  # noqa: BLE001  (whatever went wrong, it may have arrived)
        _log.warning("sending %s failed: %s", message.reference, type(error).__name__)
        return Lost(f"Sending stopped with {type(error).__name__}; the pharmacy may or may not have it.")


def _record(work: Work, outgoing: Sequence[Message], answers: Mapping[str, Answer]) -> None:
    """The answers, and what they tell of the pharmacies."""
    record_answers(work, answers, BY)
    before = healths(work)
    health = dict(before)
    for message in outgoing:
        earlier = health.get(message.pharmacy, Health(message.pharmacy))
        health[message.pharmacy] = after(earlier, answers[message.reference], work.now())
    put_healths(work, [each for code, each in sorted(health.items()) if each != before.get(code)])
