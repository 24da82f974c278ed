"""The worker: claims submissions under a lease, sends them, takes in answers and news.

Any number of workers may run; what one has claimed no other sends. A lease that ran out makes the submission unknown:
it is never sent again by itself.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from core.errors import RefillDayError
from core.orders.book import Event
from core.orders.records import SentLine
from core.partners.messages import messages
from core.partners.protocol import Acknowledged, Answer, Lost, Message, NotSent, Partner, Refused
from core.partners.simulated import SimulatedPartner
from core.people import Action, Person, require
from core.store import Store, Work
from core.store.queue import (
    QueueCounts,
    WorkerRun,
    anything_to_do,
    claim,
    give_up_leases,
    keep_run,
    put_ahead,
    queue_counts,
    seconds_ahead,
    sent_lines,
    unknown_submissions,
    worker_runs,
)
from core.tracking.events import apply_events, record_answers

BATCH: Final = 10
"""Submissions claimed at a time: so many are unknown when a worker dies."""
LEASE: Final = timedelta(minutes=5)
SENDING: Final = timedelta(minutes=4)
"""How long a worker goes on sending what it has claimed: what it begins then is answered before the lease runs out."""
IDLE_SECONDS: Final = 3.0
BY: Final = "partner"
"""Who recorded what a partner said."""

Partners = Callable[[str], Partner]
"""The partner of a pharmacy's code."""

SIMULATED: Final = SimulatedPartner()
_log = logging.getLogger(__name__)


def simulated(_: str) -> Partner:
    """The default: every pharmacy is simulated."""
    return SIMULATED


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


def run_once(store: Store, clinic: str, partners: Partners = simulated, *, worker: str | None = None) -> Round:
    """Send everything that is due, then take in what is new; what it came to."""
    answers: dict[str, Answer] = {}
    while batch := send_batch(store, clinic, partners):
        answers |= batch
    answers |= _look_up(store, clinic, partners)
    events = _listen(store, clinic, partners)
    done = _counted(answers.values(), events)
    if any(done):
        run = WorkerRun(worker or worker_name(), store.clock(), len(answers), done.unknown + done.not_sent, "")
        store.write(clinic, lambda work: keep_run(work, run))
    return done


def _counted(answers: Iterable[Answer], events: int) -> Round:
    kinds = [type(answer) for answer in answers]
    return Round(kinds.count(Acknowledged), kinds.count(Refused), kinds.count(Lost), kinds.count(NotSent), events)


def send_batch(store: Store, clinic: str, partners: Partners) -> dict[str, Answer]:
    """Claim one batch, send it and record the answers by submission; empty when nothing is due."""
    with store.read(clinic) as work:
        if not anything_to_do(work):
            return {}

    def take(work: Work) -> list[str]:
        give_up_leases(work)
        return claim(work, work.now() + LEASE, BATCH)

    until = store.clock() + SENDING
    claimed = store.write(clinic, take)
    if not claimed:
        return {}
    with store.read(clinic) as work:
        outgoing = messages(work, claimed)
    answers = _sent(store, outgoing, partners, until)
    store.write(clinic, lambda work: record_answers(work, answers, BY))
    return answers


def _sent(store: Store, outgoing: Sequence[Message], partners: Partners, until: datetime) -> dict[str, Answer]:
    """Every message handed over; a pharmacy that cannot be reached does not hold up the others.

    After ``until`` nothing more is: another worker may have given these up, and a person have settled them.
    """
    answers: dict[str, Answer] = {}
    out_of_reach: dict[str, NotSent] = {}
    for message in outgoing:
        answer = out_of_reach.get(message.pharmacy) or _answer(store, message, partners, until)
        if isinstance(answer, NotSent):
            out_of_reach[message.pharmacy] = answer
        answers[message.reference] = answer
    return answers


def _answer(store: Store, message: Message, partners: Partners, until: datetime) -> Answer:
    now = store.clock()
    if now >= until:
        return NotSent("The worker was too slow to send it.")
    try:
        return partners(message.pharmacy).send(message, now)
    except Exception as error:  # noqa: BLE001  (whatever went wrong, it may have arrived)
        _log.warning("sending %s failed: %s", message.reference, type(error).__name__)
        return Lost(f"Sending stopped with {type(error).__name__}; the pharmacy may or may not have it.")


def _look_up(store: Store, clinic: str, partners: Partners) -> dict[str, Answer]:
    with store.read(clinic) as work:
        lost = unknown_submissions(work)
    found = {reference: _said(reference, partners(pharmacy)) for reference, pharmacy in lost}
    answers: dict[str, Answer] = {reference: answer for reference, answer in found.items() if answer is not None}
    if answers:
        store.write(clinic, lambda work: record_answers(work, answers, BY))
    return answers


def _said(reference: str, partner: Partner) -> Acknowledged | Refused | None:
    try:
        return partner.look_up(reference)
    except Exception as error:  # noqa: BLE001  (it can be asked again)
        _log.warning("looking up %s failed: %s", reference, type(error).__name__)
        return None


def _listen(store: Store, clinic: str, partners: Partners) -> int:
    with store.read(clinic) as work:
        now = work.now() + timedelta(seconds=seconds_ahead(work))
        by_pharmacy: dict[str, list[SentLine]] = {}
        for line in sent_lines(work):
            by_pharmacy.setdefault(line.pharmacy, []).append(line)
    events: list[Event] = []
    for pharmacy, lines in by_pharmacy.items():
        try:
            events += partners(pharmacy).poll(lines, now)
        except Exception as error:  # noqa: BLE001  (it can be asked again; the others have news too)
            _log.warning("asking %s for news failed: %s", pharmacy, type(error).__name__)
    if events:
        store.write(clinic, lambda work: apply_events(work, events, BY))
    return len(events)


def step_stage(store: Store, person: Person, clinic: str) -> int:
    """Every open line at the simulated pharmacies takes its next step; how many did."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> int:
        return len(apply_events(work, SIMULATED.next_step(sent_lines(work)), BY))

    return store.write(clinic, use_case)


def step_day(store: Store, person: Person, clinic: str, days: int = 1) -> int:
    """The simulated pharmacies' clock goes on by days; how many events that brought."""
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> int:
        ahead = seconds_ahead(work) + days * 86_400
        put_ahead(work, ahead)
        now = work.now() + timedelta(seconds=ahead)
        return len(apply_events(work, SIMULATED.poll(sent_lines(work), now), BY))

    return store.write(clinic, use_case)


class Status(NamedTuple):
    """How the queue stands, and what the workers last did."""

    queue: QueueCounts
    workers: Sequence[WorkerRun]


def status(store: Store, person: Person, clinic: str) -> Status:
    """For Setup and the command line."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return Status(queue_counts(work), worker_runs(work))


_running: Final[dict[str, threading.Thread]] = {}
_starting: Final = threading.Lock()


def start_in_background(store: Store, partners: Partners = simulated) -> None:
    """Run a worker as a daemon thread of this process, once for each store's address."""
    address = str(store.engine.url)
    with _starting:
        if address not in _running:
            thread = threading.Thread(target=run_forever, args=(store, partners), name="worker", daemon=True)
            _running[address] = thread
            thread.start()


def run_forever(store: Store, partners: Partners = simulated, *, stop: threading.Event | None = None) -> None:
    """Round after round over every clinic, with a pause after each; what fails is logged and tried again."""
    stop = stop or threading.Event()
    while not stop.is_set():
        try:
            for clinic in store.clinics():
                run_once(store, clinic, partners)
        except RefillDayError as error:
            _log.warning("the worker waits: %s", error)
        stop.wait(IDLE_SECONDS)
