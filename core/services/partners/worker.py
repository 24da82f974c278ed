"""The worker: round after round it sends what is queued, looks up what is unknown, and takes in what pharmacies say.

Any number of workers may run. Pharmacies reached over the network each have a lane of their own, so that one that is
slow or down holds up no other.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from core.adapters.pharmacies.registry import transmission_of
from core.adapters.pharmacies.simulated import PARTNER
from core.adapters.store import Store, Work
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.partners import healths, heartbeat, heartbeats, links, put_healths
from core.adapters.store.queue import (
    PharmacyQueue,
    QueueCounts,
    keep_run,
    put_ahead,
    put_off,
    queue_counts,
    queues_by_pharmacy,
    seconds_ahead,
    sent_lines,
    unknown_submissions,
    worker_runs,
)
from core.adapters.store.values import WorkerRun
from core.domain.errors import RefillDayError
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.adapter import Transmission
from core.domain.partners.link import Health, Link
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Partner, Rejected
from core.domain.partners.rate_limit import breaker
from core.domain.roles import Action, Person, require
from core.services.audit_anchors import anchor_daily
from core.services.orders.events import apply_events, record_answers
from core.services.partners.connections import Partners, connected
from core.services.partners.submissions import BY, EVERY, LEASE, Lane, drain, is_remote
from core.services.payments.execution import carry_out_payments

__all__ = ["BY", "LEASE"]

IDLE_SECONDS: Final = 3.0
HEARTBEAT_SECONDS: Final = 30.0
LOOK_UP_EVERY: Final = timedelta(minutes=5)
"""How often a pharmacy over the network is asked about a submission whose answer was lost."""
NOT_FOUND: Final = "Asked since, its system did not find it, which proves nothing."
MOST_LANES: Final = 64

_log = logging.getLogger(__name__)


def worker_name() -> str:
    """This process, as the store knows it."""
    return f"{socket.gethostname()}-{os.getpid()}"


class Round(NamedTuple):
    """What one round did: submissions by answer, and events taken in."""

    acknowledged: int = 0
    rejected: int = 0
    unknown: int = 0
    not_sent: int = 0
    events: int = 0


def run_once(store: Store, clinic: str, partners: Partners | None = None, *, worker: str | None = None) -> Round:
    """Pay and send everything that is due, then take in what is new; what it came to.

    ``partners`` None are those that the clinic has connected.
    """
    name = worker or worker_name()
    carry_out_payments(store, clinic)
    if partners is not None:
        return serve_lane(store, clinic, partners, EVERY, name)
    connections, lanes = connected(store, clinic), lanes_of(store, clinic)
    if len(lanes) == 1:
        return serve_lane(store, clinic, connections, lanes[0], name)
    with ThreadPoolExecutor(min(len(lanes), MOST_LANES)) as threads:
        rounds = threads.map(lambda lane: serve_lane(store, clinic, connections, lane, name), lanes)
        return Round(*(sum(parts) for parts in zip(*rounds, strict=True)))


def lanes_of(store: Store, clinic: str) -> list[Lane]:
    """One lane for each pharmacy over the network, one for all others."""
    with store.read(clinic) as work:
        remote = frozenset(code for code, link in links(work).items() if is_remote(link))
    return [Lane(but=remote), *(Lane(only=code) for code in sorted(remote))]


def serve_lane(store: Store, clinic: str, partners: Partners, lane: Lane, worker: str) -> Round:
    """Send, look up and listen for the pharmacies of one lane."""
    answers = drain(store, clinic, partners, lane)
    looked_up = _look_up(store, clinic, partners, lane)
    events = _listen(store, clinic, partners, lane)
    total = _counted([*answers.values(), *looked_up.values()], events)
    if any(total):
        run = WorkerRun(worker, store.clock(), len(answers), total.unknown + total.not_sent, "")
        store.write(clinic, lambda work: keep_run(work, run))
    return total


def _counted(answers: Iterable[Answer], events: int) -> Round:
    kinds = [type(answer) for answer in answers]
    return Round(kinds.count(Acknowledged), kinds.count(Rejected), kinds.count(Lost), kinds.count(NotSent), events)


def _look_up(store: Store, clinic: str, partners: Partners, lane: Lane) -> dict[str, Answer]:
    remote = lane.only is not None
    with store.read(clinic) as work:
        if remote and not links(work).get(lane.only or "", Link("")).looks_up:
            return {}
        lost = [(reference, code) for reference, code in unknown_submissions(work, due=remote) if lane.holds(code)]
    looked_up = {reference: _looked_up(reference, partners(pharmacy)) for reference, pharmacy in lost}
    answers: dict[str, Answer] = {reference: answer for reference, answer in looked_up.items() if answer is not None}
    later = [reference for reference in looked_up if reference not in answers] if remote else []

    def record(work: Work) -> None:
        if answers:
            record_answers(work, answers, BY)
        put_off(work, later, work.now() + LOOK_UP_EVERY, NOT_FOUND)

    if answers or later:
        store.write(clinic, record)
    return answers


def _looked_up(reference: str, partner: Partner) -> Acknowledged | Rejected | None:
    try:
        return partner.look_up(reference)
    except Exception as error:  # noqa: BLE001  (it can be asked again)
        _log.warning("looking up %s failed: %s", reference, type(error).__name__)
        return None


def _listen(store: Store, clinic: str, partners: Partners, lane: Lane) -> int:
    with store.read(clinic) as work:
        now = work.now() + timedelta(seconds=seconds_ahead(work))
        due = _to_poll(work, lane)
        by_pharmacy: dict[str, list[SentLine]] = {}
        for line in sent_lines(work) if due is None or due else ():
            if lane.holds(line.pharmacy) and (due is None or line.pharmacy in due):
                by_pharmacy.setdefault(line.pharmacy, []).append(line)
        again_at = {code: _share(work, code, by_pharmacy) for code in due or ()}
    events: list[Event] = []
    for pharmacy, lines in by_pharmacy.items():
        try:
            events += partners(pharmacy).poll(lines, now)
        except Exception as error:  # noqa: BLE001  (it can be asked again; the others have news too)
            _log.warning("asking %s for news failed: %s", pharmacy, type(error).__name__)
    if events or due:
        store.write(clinic, lambda work: _take_in(work, events, again_at))
    return len(events)


def _to_poll(work: Work, lane: Lane) -> frozenset[str] | None:
    """Pharmacies whose time to be asked has come; None for a lane that asks at every round."""
    if lane.only is None:
        return None
    link, health = links(work).get(lane.only), healths(work).get(lane.only, Health(lane.only))
    if link is None or link.poll_minutes is None:
        return frozenset()
    is_due = health.polled_at is None or work.now() >= health.polled_at + timedelta(minutes=link.poll_minutes)
    return frozenset({lane.only}) if is_due else frozenset()


def _share(work: Work, code: str, by_pharmacy: dict[str, list[SentLine]]) -> datetime:
    """Keep of a pharmacy's lines those whose orders may be asked about within its limit: each minute the next ones.

    The instant that counts as its last poll: now, or such that the rest is asked about in a minute.
    """
    link, lines, now = links(work)[code], by_pharmacy.get(code, []), work.now()
    orders = {line.partner_reference for line in lines}
    if link.per_minute is None or link.poll_minutes is None or len(orders) <= link.per_minute:
        return now
    first = int(now.timestamp() // 60) * link.per_minute % len(orders)
    turn = sorted(orders) * 2
    due = set(turn[first : first + link.per_minute])
    by_pharmacy[code] = [line for line in lines if line.partner_reference in due]
    return now - timedelta(minutes=link.poll_minutes - 1)


def _take_in(work: Work, events: Sequence[Event], polled_at: dict[str, datetime]) -> None:
    apply_events(work, events, BY)
    now = healths(work)
    put_healths(work, [now.get(code, Health(code))._replace(polled_at=at) for code, at in polled_at.items()])


def step_stage(store: Store, person: Person, clinic: str) -> int:
    """Every open line at the simulated pharmacies takes its next step; how many did."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> int:
        return len(apply_events(work, PARTNER.next_step(_simulated_lines(work)), BY))

    return store.write(clinic, use_case)


def step_day(store: Store, person: Person, clinic: str, days: int = 1) -> int:
    """The simulated pharmacies' clock goes on by days; how many events that brought."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> int:
        ahead = seconds_ahead(work) + days * 86_400
        put_ahead(work, ahead)
        now = work.now() + timedelta(seconds=ahead)
        return len(apply_events(work, PARTNER.poll(_simulated_lines(work), now), BY))

    return store.write(clinic, use_case)


def _simulated_lines(work: Work) -> list[SentLine]:
    """A real pharmacy's lines are not the script's to move."""
    linked = links(work)
    real = {code for code, link in linked.items() if transmission_of(link) is not Transmission.SIMULATED}
    return [line for line in sent_lines(work) if line.pharmacy not in real]


class PharmacyStatus(NamedTuple):
    """How one pharmacy's queue and connection stand; ``breaker`` is closed, open or half-open."""

    pharmacy: str
    name: str
    adapter: str
    queued: int
    unknown: int
    oldest_queued_at: datetime | None
    breaker: str
    rests_until: datetime | None
    failures: int
    last_ok_at: datetime | None
    last_error: str
    last_error_at: datetime | None

    @property
    def transmission(self) -> Transmission:
        """How its orders leave."""
        return transmission_of(Link(self.pharmacy, self.adapter))


class Heartbeat(NamedTuple):
    """A worker's last sign of life; one that is older than a few minutes is gone."""

    worker: str
    started_at: datetime
    beat_at: datetime
    alive: bool


class WorkerStatus(NamedTuple):
    """How the queue stands, what the workers last did, each pharmacy, and which workers are alive."""

    queue: QueueCounts
    workers: Sequence[WorkerRun]
    pharmacies: Sequence[PharmacyStatus]
    heartbeats: Sequence[Heartbeat]


def status(store: Store, person: Person, clinic: str) -> WorkerStatus:
    """For Setup and the command line."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return WorkerStatus(queue_counts(work), worker_runs(work), _pharmacies(work), _heartbeats(work))


def _pharmacies(work: Work) -> list[PharmacyStatus]:
    linked, healths_kept, waiting, now = links(work), healths(work), queues_by_pharmacy(work), work.now()
    rows = []
    for code, pharmacy in sorted(pharmacies_of(work).items()):
        health, queue = healths_kept.get(code, Health(code)), waiting.get(code, PharmacyQueue())
        rows.append(
            PharmacyStatus(
                pharmacy=code,
                name=pharmacy.name,
                adapter=linked.get(code, Link(code)).adapter,
                queued=queue.queued,
                unknown=queue.unknown,
                oldest_queued_at=queue.oldest_queued_at,
                breaker=breaker(health, now),
                rests_until=health.rests_until if breaker(health, now) == "open" else None,
                failures=health.failures,
                last_ok_at=health.last_ok_at,
                last_error=health.last_error,
                last_error_at=health.last_error_at,
            )
        )
    return rows


def _heartbeats(work: Work) -> list[Heartbeat]:
    oldest = work.now() - timedelta(seconds=4 * HEARTBEAT_SECONDS)
    return [Heartbeat(worker, started, last, last > oldest) for worker, started, last in heartbeats(work)]


_threads: Final[dict[str, threading.Thread]] = {}
_start_lock: Final = threading.Lock()


def start_in_background(store: Store, partners: Partners | None = None) -> None:
    """Run a worker as a daemon thread of this process, once for each store's address."""
    address = str(store.engine.url)
    with _start_lock:
        if address not in _threads:
            thread = threading.Thread(target=run_forever, args=(store, partners), name="worker", daemon=True)
            _threads[address] = thread
            thread.start()


def run_forever(
    store: Store, partners: Partners | None = None, *, stop: threading.Event | None = None, worker: str | None = None
) -> None:
    """Round after round over every clinic, with a pause after each; what fails is logged and tried again.

    A lane that is still busy from an earlier round is left to finish.
    """
    stop, name = stop or threading.Event(), worker or worker_name()
    started, last_heartbeat, last_anchor = store.clock(), None, None
    futures: dict[tuple[str, Lane | None], Future[object]] = {}
    with ThreadPoolExecutor(MOST_LANES, thread_name_prefix="lane") as threads:
        while not stop.is_set():
            try:
                last_heartbeat = _alive(store, name, started, last_heartbeat)
                last_anchor = anchor_daily(store, last_anchor)
                for clinic in store.clinics():
                    if (clinic, None) not in futures:
                        futures[clinic, None] = threads.submit(carry_out_payments, store, clinic)
                    current = partners or connected(store, clinic)
                    for lane in [EVERY] if partners else lanes_of(store, clinic):
                        if (clinic, lane) not in futures:
                            futures[clinic, lane] = threads.submit(serve_lane, store, clinic, current, lane, name)
            except RefillDayError as error:
                _log.warning("the worker waits: %s", error)
            except RuntimeError:  # the process is ending, and starts no more threads
                return
            stop.wait(IDLE_SECONDS)
            futures = {key: future for key, future in futures.items() if not _finished(future)}


def _finished(future: Future[object]) -> bool:
    if future.done() and (error := future.exception()) is not None:
        _log.warning("the worker waits: %s", error if isinstance(error, RefillDayError) else type(error).__name__)
    return future.done()


def _alive(store: Store, worker: str, started: datetime, last_heartbeat: datetime | None) -> datetime:
    """A sign of life in every clinic now and then; when the last one was given."""
    now = store.clock()
    if last_heartbeat is not None and (now - last_heartbeat).total_seconds() < HEARTBEAT_SECONDS:
        return last_heartbeat
    for clinic in store.clinics():
        store.note(clinic, lambda work: heartbeat(work, worker, started))
    return now
