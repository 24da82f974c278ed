"""A card provider in any weather: declining, silent, doing what it is asked without saying so. It does a key once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from core.domain.payments.operations import OperationKind
from core.domain.payments.provider import Declined, Done, Impossible, Lapsed, Outcome, Request, TryAgain
from tests.simulation.pharmacies import Died

FATES: Final = {
    "does it": 60,
    "does it, and its answer is lost": 12,
    "does it, and the worker dies": 3,
    "is not reached": 12,
    "is not reached, and the worker dies": 3,
    "declines": 10,
}
"""What becomes of a request; it declines authorisations alone."""
HOLDS_FOR: Final = timedelta(days=7)


@dataclass
class Hold:
    """Money held of the clinic's card for one pharmacy order, and what became of it, in cents."""

    order: str
    cents: int
    lapses_at: datetime
    captured_cents: int = 0
    refunded_cents: int = 0
    closed: bool = False


class Bank:
    """The provider, with its own books. ``wrong`` is everything that it was asked and should not have been."""

    def __init__(self, seed: int, now: Callable[[], datetime], say: Callable[[str], None]) -> None:
        self._dice = Random(f"{seed} bank")
        self._now, self._say = now, say
        self.fair = False
        self.holds: dict[str, Hold] = {}
        self.wrong: list[str] = []
        self._answers: dict[str, Outcome] = {}

    def carry_out(self, request: Request) -> Outcome:
        """Do it, once for each key, or not; raises Died with the worker that asked."""
        fate = "does it" if self.fair else self._dice.choices([*FATES], [*FATES.values()])[0]
        self._say(f"the bank {fate}: {request.kind} {request.cents} of {request.pharmacy_order}")
        if fate.startswith("does it") or (fate == "declines" and request.kind is not OperationKind.AUTHORISE):
            self._answers.setdefault(request.key, self._done(request))
        elif fate == "declines":
            self._answers.setdefault(request.key, Declined("card_declined", "Your card was declined."))
        if "dies" in fate:
            raise Died
        if fate in {"does it, and its answer is lost", "is not reached"}:
            return TryAgain("No answer.")
        return self._answers[request.key]

    def _done(self, request: Request) -> Outcome:
        if request.key in self._answers:
            return self._answers[request.key]
        if request.kind is OperationKind.AUTHORISE:
            name, lapses_at = f"pi_{len(self.holds) + 1}", self._now() + HOLDS_FOR
            self.holds[name] = Hold(request.pharmacy_order, request.cents, lapses_at)
            return Done(name, lapses_at)
        hold = self.holds.get(request.reference)
        if hold is None:
            return self._cannot(request, "there is no such hold")
        if not hold.closed and self._now() >= hold.lapses_at:
            return Lapsed("The hold has run out.")
        return _FOLLOWS[request.kind](self, hold, request)

    def _capture(self, hold: Hold, request: Request) -> Outcome:
        if hold.closed or request.cents > hold.cents:
            return self._cannot(request, f"closed: {hold.closed}, held: {hold.cents}")
        hold.closed, hold.captured_cents = True, request.cents
        return Done(f"{request.reference}-captured")

    def _release(self, hold: Hold, request: Request) -> Outcome:
        if hold.closed:
            return self._cannot(request, "it is closed")
        hold.closed = True
        return Done(f"{request.reference}-released")

    def _refund(self, hold: Hold, request: Request) -> Outcome:
        if request.cents > hold.captured_cents - hold.refunded_cents:
            return self._cannot(request, f"only {hold.captured_cents - hold.refunded_cents} is left")
        hold.refunded_cents += request.cents
        return Done(f"{request.reference}-refunded-{hold.refunded_cents}")

    def _cannot(self, request: Request, why: str) -> Impossible:
        self.wrong.append(f"the bank was asked for {request.kind} {request.cents} of {request.pharmacy_order}: {why}")
        return Impossible("cannot", why)

    def covers(self, order: str) -> bool:
        """Whether money was ever held for a pharmacy order."""
        return any(hold.order == order for hold in self.holds.values())

    def disagrees(self, paid: Mapping[str, int]) -> Iterator[str]:
        """How its books differ from what the ledger says is paid, by pharmacy order, once nothing is open there."""
        taken = dict.fromkeys(paid, 0)
        for hold in self.holds.values():
            taken[hold.order] = taken.get(hold.order, 0) + hold.captured_cents - hold.refunded_cents
            if not hold.closed and self._now() < hold.lapses_at:
                yield f"the bank still holds {hold.cents} of {hold.order}"
        for order, cents in taken.items():
            if cents != paid.get(order, 0):
                yield f"the bank took {cents} of {order}, the ledger says {paid.get(order, 0)}"


_FOLLOWS: Final = {
    OperationKind.CAPTURE: Bank._capture,
    OperationKind.RELEASE: Bank._release,
    OperationKind.REFUND: Bank._refund,
}
