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

from core.adapters.store import Store, Work
from core.adapters.store.partners import healths, links, put_healths, sent_since
from core.adapters.store.queue import Claim, anything_to_do, claim, claimable, give_up_leases
from core.domain.partners.link import Adapter, Health, Link
from core.domain.partners.protocol import Answer, Lost, Message, NotSent
from core.domain.partners.rate_limit import WINDOW, after, allowance, resting, trying
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
        found, well = links(work), healths(work)
    began = store.clock()
    answers = _sent(store, outgoing, partners, until, found, well)
    took = store.clock() - began
    store.write(clinic, lambda work: _record(work, outgoing, answers))
    return answers, took


def _allowed(work: Work, lane: Lane, size: int) -> Claim:
    """Which pharmacies may be sent something, and how much to those that are limited."""
    found, well, now = links(work), healths(work), work.now()
    limited = any(link.per_minute is not None for link in found.values())
    sent = sent_since(work, now - WINDOW) if limited else {}
    most = {
        code: room for code in found.keys() | well.keys() if (room := _room(code, found, well, sent, size, now)) < size
    }
    blocked = frozenset(code for code, room in most.items() if room == 0)
    return Claim(lane.only, lane.but | blocked, most)


def _room(
    code: str, found: Mapping[str, Link], well: Mapping[str, Health], sent: Mapping[str, int], size: int, now: datetime
) -> int:
    return allowance(found.get(code, Link(code)), well.get(code, Health(code)), sent.get(code, 0), size, now)


def _try_alone(work: Work, pharmacies: Collection[str]) -> None:
    """While one submission tries whether a pharmacy is back, nobody sends it another."""
    well = healths(work)
    tried = [well[code] for code in sorted(pharmacies) if code in well and trying(well[code])]
    put_healths(work, [health._replace(rests_until=work.now() + LEASE) for health in tried])


def _sent(
    store: Store,
    outgoing: Sequence[Message],
    partners: Partners,
    until: Deadline,
    found: Mapping[str, Link],
    well: Mapping[str, Health],
) -> dict[str, Answer]:
    """Every message handed over, to pharmacies over the network several at once, to each as many as it takes."""
    handing = {
        code: _Handing(store, partners, until, well.get(code, Health(code)))
        for code in {message.pharmacy for message in outgoing}
    }
    far = {code: link.at_once for code, link in found.items() if link.adapter is Adapter.HTTP and code in handing}
    many = min(sum(far.values()), len(outgoing))
    if many <= 1:
        return {message.reference: handing[message.pharmacy].answer(message) for message in outgoing}
    gates = {code: threading.Semaphore(far.get(code, 1)) for code in handing}
    with ThreadPoolExecutor(many) as threads:
        answers = threads.map(lambda message: _through(gates[message.pharmacy], handing, message), outgoing)
        return {message.reference: answer for message, answer in zip(outgoing, answers, strict=True)}


def _through(gate: threading.Semaphore, handing: Mapping[str, _Handing], message: Message) -> Answer:
    with gate:
        return handing[message.pharmacy].answer(message)


class _Handing:
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
        elif resting(self._health, now):
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
    well = dict(before)
    for message in outgoing:
        health = well.get(message.pharmacy, Health(message.pharmacy))
        well[message.pharmacy] = after(health, answers[message.reference], work.now())
    put_healths(work, [health for code, health in sorted(well.items()) if health != before.get(code)])
