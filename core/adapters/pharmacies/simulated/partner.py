"""A pharmacy that is not there: it accepts, refuses, holds, compounds, ships and delivers by a seeded script.

Everything it says follows from its seed and the line's reference, attempt and promise, so demos and tests repeat, and
after a restart nothing is lost. Its rates are invented and plausible: no vendor publishes any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from core.domain.model import LineState
from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Rejected

S = LineState

REFUSED_AT_ONCE: Final = 0.012
REFUSED_ON_REVIEW: Final = 0.035
HELD: Final = 0.05
SHIPPED_LATE: Final = 0.07
DELIVERED_LATE: Final = 0.04
SENT_BACK: Final = 0.004

REVIEW: Final = (
    (26, "Directions unclear: please clarify the dose and the units."),
    (16, "Refill too soon, patient still has supply on hand."),
    (14, "Item out of stock, no expected date from the supplier."),
    (10, "Patient date of birth does not match our profile."),
    (9, "Shipping address could not be verified by the carrier."),
    (7, "No refills remaining on this prescription."),
    (6, "Provider is not licensed in the patient's state."),
    (5, "Clinical difference statement missing for this product."),
    (4, "Possible duplicate order for this patient."),
    (3, "Pharmacist declined, see fax."),
)
"""What its pharmacists write when they refuse a line, with how often in a hundred."""

AT_ONCE: Final = (
    "The selected order.patient.gender is invalid.",
    "The order.shipping.zipCode is invalid.",
    "The order.rxs.directions may not be blank.",
    "Unknown drug: product not mapped for this practice.",
)
"""What its order system writes when it refuses a message."""

HOLDS: Final = (
    "Waiting for the prescriber to confirm the directions.",
    "Waiting for an ingredient, expected within two days.",
    "Called the patient about the delivery address.",
)


class ScriptedEvent(NamedTuple):
    """One thing that the script says, and when."""

    state: LineState
    at: datetime
    reason: str = ""
    tracking: str = ""


class SimulatedPartner:
    """Every pharmacy of the demo. The same seed says the same of the same lines."""

    def __init__(self, seed: str = "refill day") -> None:
        self._seed = seed

    def send(self, message: Message, now: datetime) -> Answer:
        """Acknowledged, but for a few that its order system refuses."""
        return self.answer(message.pharmacy, message.reference, [line.reference for line in message.lines])

    def answer(self, pharmacy: str, reference: str, lines: Sequence[str]) -> Acknowledged | Rejected:
        """What it says to a submission that carries these lines."""
        dice = self._dice(pharmacy, reference)
        if dice.random() >= REFUSED_AT_ONCE * self._care(pharmacy):
            return Acknowledged(f"{pharmacy.upper()}-{dice.randrange(10**7, 10**8)}")
        named = dice.choice(lines) if len(lines) > 1 else None
        return Rejected((RejectionMessage(dice.choice(AT_ONCE), named),))

    def look_up(self, reference: str) -> None:
        """It cannot say: a person decides."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> list[Event]:
        """The script of each line as far as its clock has come."""
        return [event for line in lines for event in self._pending(line) if event.at <= now]

    def next_step(self, lines: Sequence[SentLine]) -> list[Event]:
        """The next thing that each line's script says, however far off."""
        pending = (next(self._pending(line), None) for line in lines)
        return [event for event in pending if event is not None]

    def _pending(self, line: SentLine) -> Iterator[Event]:
        steps = self._cancelled(line) if line.cancel_requested_at else self.script(line)
        for number, step in enumerate(steps, 1):
            name = f"SIM-{line.reference}-{line.attempt}-{step.state.value if line.cancel_requested_at else number}"
            if name not in line.known_events:
                yield Event(name, line.reference, line.attempt, step.state.value, step.at, step.tracking, step.reason)

    def _cancelled(self, line: SentLine) -> list[ScriptedEvent]:
        """A cancel request is granted until the line is being made; then it goes its way."""
        requested_at = line.cancel_requested_at
        if requested_at is None or line.state in {S.COMPOUNDING, S.SHIPPED, S.DELIVERED}:
            return self.script(line)
        return [ScriptedEvent(S.CANCELLED, requested_at + timedelta(hours=1), "Cancelled at the clinic's request.")]

    def script(self, line: SentLine) -> list[ScriptedEvent]:
        """Everything that will be said of a line's attempt, in order."""
        dice, care = self._dice(line.pharmacy, line.reference, str(line.attempt)), self._care(line.pharmacy)
        answered = line.sent_at + timedelta(minutes=dice.randint(40, int(420 * care)))
        if dice.random() < REFUSED_ON_REVIEW * care * (0.2 if line.attempt > 1 else 1):
            return [ScriptedEvent(S.REJECTED, answered, _review_reason(dice))]
        return [
            ScriptedEvent(S.ACCEPTED, answered),
            *_hold(dice, line, answered, care),
            *_fulfillment(dice, line, answered, care),
        ]

    def _dice(self, *names: str) -> Random:
        digest = hashlib.sha256("\n".join((self._seed, *names)).encode()).digest()
        return Random(int.from_bytes(digest[:8]))  # noqa: S311

    def _care(self, pharmacy: str) -> float:
        """How a pharmacy compares: below 1 is quick and careful, above 1 slow and fussy."""
        return self._dice(pharmacy).uniform(0.5, 1.8)


def _review_reason(dice: Random) -> str:
    return dice.choices([text for _, text in REVIEW], [weight for weight, _ in REVIEW])[0]


def _hold(dice: Random, line: SentLine, after: datetime, care: float) -> list[ScriptedEvent]:
    if dice.random() >= HELD * care:
        return []
    words = dice.choice(HOLDS)
    if line.quantity > 1:
        words = f"Only {line.quantity - 1} of {line.quantity} packs available until the next batch."
    return [ScriptedEvent(S.ON_HOLD, after + timedelta(minutes=dice.randint(30, 300)), words)]


def _fulfillment(dice: Random, line: SentLine, after: datetime, care: float) -> Iterator[ScriptedEvent]:
    zone = ZoneInfo(line.time_zone)
    late = dice.randint(1, 3) if dice.random() < SHIPPED_LATE * care else 0
    compounded = max(_at(line.ready_on, time(10, dice.randrange(60)), zone), after + timedelta(hours=6))
    picked_up = _at(line.ships_on, time(16, dice.randrange(60)), zone)
    shipped = max(picked_up + timedelta(late), compounded + timedelta(hours=2))
    yield ScriptedEvent(S.COMPOUNDING, compounded)
    yield ScriptedEvent(S.SHIPPED, shipped, tracking=f"7{dice.randrange(10**10, 10**11)}")
    if dice.random() < SENT_BACK:
        yield ScriptedEvent(S.RETURNED, shipped + timedelta(days=5), "Undeliverable: the carrier sent it back.")
        return
    slow = dice.randint(1, 2) if dice.random() < DELIVERED_LATE else 0
    arrives = _at(line.delivers_on, time(dice.randint(9, 16), dice.randrange(60)), zone)
    yield ScriptedEvent(S.DELIVERED, max(arrives + timedelta(late + slow), shipped + timedelta(hours=15)))


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)
