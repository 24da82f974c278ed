"""Pharmacies in any weather: slow, silent, refusing, telling things twice, late, out of order, wrong or never.

What they really have is on their side alone, as in life: the clinic learns of it by answers and events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from core.domain.model import LineState
from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected
from tests.simulation.clinic import PHARMACIES, TELLS

S = LineState

FATES: Final = {
    "takes it": 50,
    "takes it slowly": 8,
    "takes it, its answer is lost": 8,
    "takes it and answers 500": 5,
    "takes it, the worker dies": 5,
    "never sees it, the connection hangs": 6,
    "never sees it, answers 500": 4,
    "never sees it, the worker dies": 4,
    "cannot be reached": 6,
    "refuses all of it": 3,
    "refuses one line of it": 3,
}
"""What becomes of a message, and how often in a hundred or so."""
TAKEN: Final = frozenset(fate for fate in FATES if fate.startswith("takes"))


class Died(BaseException):
    """A process ends here, at a named point; nobody catches it but the one who lets it die."""


@dataclass
class Job:
    """What a pharmacy has of a line's attempt: the events that it will tell, and how far it has really come."""

    pharmacy: str
    reference: str
    attempt: int
    steps: list[Event]
    told: list[Event] = field(default_factory=list)
    may_cancel: bool = True

    def truth(self, now: datetime) -> LineState:
        """How it really stands."""
        known = {state.value for state in S}
        done = [event for event in (*self.told, *self.steps) if event.at <= now and event.status in known]
        return S(max(done, key=lambda event: event.at).status) if done else S.SUBMITTED


class Pharmacies:
    """All pharmacies of a week. ``meanwhile(seconds)`` lets others act while a message is on its way."""

    def __init__(self, seed: int, meanwhile: Callable[[int], None], say: Callable[[str], None]) -> None:
        self._seed = seed
        self._dice = Random(f"{seed} pharmacies")
        self._meanwhile = meanwhile
        self._say = say
        self.fair = False
        self.received: Counter[str] = Counter()
        self.answered: dict[str, Answer] = {}
        self.jobs: dict[tuple[str, int], Job] = {}
        self.paid_for: Callable[[str], bool] = lambda _: True
        self.wrong: list[str] = []

    def of(self, pharmacy: str) -> Pharmacy:
        """One of them, as the worker speaks to it."""
        return Pharmacy(self, pharmacy)

    def send(self, message: Message) -> Answer:
        """A message on its way, with what happens to it; raises what a connection raises, or Died."""
        fate = "takes it" if self.fair else self._dice.choices([*FATES], [*FATES.values()])[0]
        if fate.startswith("never") or self._dice.random() < 0.1:
            self._meanwhile(50)
        order = f"{message.reference.rpartition('-')[0]}-{message.pharmacy.upper()}"
        if not self.paid_for(order):
            self.wrong.append(f"{message.reference} goes out, and nothing is held for {order}")
        self._say(f"{message.pharmacy} {fate}: {message.reference}")
        if fate in TAKEN:
            self._take(message)
        elif fate.startswith("refuses"):
            self.received[message.reference] += 1
        answer = self._answer(fate, message)
        if isinstance(answer, Acknowledged | Rejected):
            self.answered.setdefault(message.reference, answer)
        if "slowly" in fate or "lost" in fate:
            self._meanwhile(600)
        if "dies" in fate:
            raise Died
        if "lost" in fate or "hangs" in fate:
            raise TimeoutError
        return Lost("500 Internal Server Error") if "500" in fate else answer

    def _answer(self, fate: str, message: Message) -> Answer:
        if fate in TAKEN:
            return Acknowledged(f"{message.pharmacy}-{sum(self.received.values())}")
        if fate == "refuses all of it":
            return Rejected((RejectionMessage("The order.shipping.zipCode is invalid."),))
        if fate == "refuses one line of it":
            return Rejected((RejectionMessage("Item out of stock.", message.lines[-1].reference),))
        return NotSent("connection refused")

    def _take(self, message: Message) -> None:
        self.received[message.reference] += 1
        for line in message.lines:
            dice = Random(f"{self._seed} {line.reference} {line.attempt}")
            job = Job(message.pharmacy, line.reference, line.attempt, [], may_cancel=dice.random() < 0.6)
            job.steps = [*_script(dice, job, self._now)]
            self.jobs[line.reference, line.attempt] = job

    _now: datetime

    def look_up(self, pharmacy: str, reference: str) -> Acknowledged | Rejected | None:
        """What became of a submission; most cannot say, and none of what it never saw."""
        if not self.fair and self._dice.random() < 0.2:
            raise TimeoutError
        found = self.answered.get(reference) if pharmacy in TELLS else None
        return found if isinstance(found, Acknowledged | Rejected) else None

    def poll(self, lines: Sequence[SentLine], now: datetime) -> list[Event]:
        """News of these lines: some at once, some late, some twice."""
        if not self.fair and self._dice.random() < 0.15:
            raise TimeoutError
        for line in lines:
            self._hear_request(line, now)
        events = [event for line in lines for event in self._news(line.reference, line.attempt, now)]
        return self._muddled(events)

    def push(self, now: datetime) -> tuple[str, list[Event]]:
        """What one of them pushes by itself: news of a few jobs, and noise."""
        pharmacy = self._dice.choice(PHARMACIES)
        due = [
            job for job in self.jobs.values() if job.pharmacy == pharmacy and any(one.at <= now for one in job.steps)
        ]
        chosen = self._dice.sample(due, min(len(due), 4))
        events = [event for job in chosen for event in self._news(job.reference, job.attempt, now)]
        if self._dice.random() < 0.3:
            events.append(self._noise(now))
        return pharmacy, self._muddled(events, pharmacy)

    def _hear_request(self, line: SentLine, now: datetime) -> None:
        job = self.jobs.get((line.reference, line.attempt))
        if job is None or line.cancel_requested_at is None or not job.may_cancel:
            return
        if job.truth(now) in {S.SUBMITTED, S.ACCEPTED, S.ON_HOLD}:
            job.steps = [_event(job, "cancelled", now, "as you asked")]
            job.may_cancel = False

    def _news(self, reference: str, attempt: int, now: datetime) -> Iterable[Event]:
        job = self.jobs.get((reference, attempt))
        if job is None:
            return
        due = [event for event in job.steps if event.at <= now]
        for event in due:
            if not self.fair and self._dice.random() < 0.1:
                continue
            job.steps.remove(event)
            job.told.append(event)
            if self.fair or self._dice.random() >= 0.04:
                yield event

    def _muddled(self, events: list[Event], pharmacy: str = "") -> list[Event]:
        if self.fair or not events:
            return events
        told_before = [one for job in self.jobs.values() if pharmacy in {"", job.pharmacy} for one in job.told]
        if told_before and self._dice.random() < 0.3:
            events = [*events, self._dice.choice(told_before)]
        if self._dice.random() < 0.3:
            self._dice.shuffle(events)
        return events

    def _noise(self, now: datetime) -> Event:
        """An event that cannot be right."""
        name = f"noise-{now:%d%H%M%S}"
        if not self.jobs or self._dice.random() < 0.3:
            return Event(name, "RD-20250101-01/01", 1, "shipped", now)
        job = self._dice.choice([*self.jobs.values()])
        attempt = self._dice.choice([job.attempt, job.attempt, job.attempt + 1])
        status = self._dice.choice(["sorted", "returned", "rejected", "placed", "delivered", "accepted", "cancelled"])
        return Event(name, job.reference, attempt, status, now - timedelta(hours=self._dice.randint(0, 30)))


class Pharmacy:
    """One pharmacy's side of the protocol."""

    def __init__(self, all_of_them: Pharmacies, code: str) -> None:
        self._all, self._code = all_of_them, code

    def send(self, message: Message, now: datetime) -> Answer:
        """Hand a message over."""
        self._all._now = now
        return self._all.send(message)

    def look_up(self, reference: str) -> Acknowledged | Rejected | None:
        """What became of a submission."""
        return self._all.look_up(self._code, reference)

    def poll(self, lines: Sequence[SentLine], now: datetime) -> list[Event]:
        """What is new of these lines."""
        return self._all.poll(lines, now)


def _event(job: Job, status: str, at: datetime, reason: str = "") -> Event:
    name = f"{job.pharmacy}-{job.reference}-{job.attempt}-{status}"
    tracking = f"TRACK-{job.reference[-2:]}{job.attempt}" if status == "shipped" else ""
    return Event(name, job.reference, job.attempt, status, at, tracking, reason)


def _script(dice: Random, job: Job, now: datetime) -> Iterable[Event]:
    """What will become of a line: most are delivered, some refused on review, held, sent back or never heard of."""
    at = now + timedelta(hours=dice.randint(1, 12))
    if dice.random() < 0.12:
        yield _event(
            job, "rejected", at, dice.choice(["Refill too soon.", "Address could not be verified.", "see fax"])
        )
        return
    way = ["accepted", "compounding", "shipped", "delivered"]
    if dice.random() < 0.12:
        way.insert(dice.randint(1, 2), "on_hold")
    if dice.random() < 0.05:
        way = [*way[: dice.randint(1, 2)], "rejected"]
    if dice.random() < 0.06:
        way.append("returned")
    for status in way:
        if status != "returned" and dice.random() < 0.15:
            at += timedelta(hours=6)
            continue
        yield _event(job, status, at, "Waiting for an ingredient." if status == "on_hold" else "")
        at += timedelta(hours=dice.randint(1, 30))
