"""What the provider has yet to do so that it agrees with the ledger (pure).

A hold can be captured once, and what is not captured then is given up. So a pharmacy order's holds are captured when
the last of its lines is answered, or when they are about to lapse; until then they cover everything that the ledger
has authorised or captured (docs/decisions/0007).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from core.domain.payments.operations import LedgerPosition, Operation, OperationKind, OperationState

LEAST_CENTS: Final = 50
"""No provider holds less of a card; a smaller share that moved in is taken from a hold of this."""


class PlannedOperation(NamedTuple):
    """An operation to be written; ``hold`` None is a new authorisation, or belongs to the one planned with it."""

    kind: OperationKind
    cents: int
    hold: str | None = None


class PaymentPlan(NamedTuple):
    """Operations to write, in order, and the ids of those that are no longer needed."""

    new: tuple[PlannedOperation, ...] = ()
    withdrawn: tuple[str, ...] = ()


def planned(position: LedgerPosition, operations: Sequence[Operation], lapsing: Iterable[str] = ()) -> PaymentPlan:
    """The operations of one pharmacy order that are missing, given those that there are.

    ``lapsing`` are the ids of holds that run out soon: what the ledger has captured is taken from them now, and what
    is still open is authorised anew.
    """
    holds = _holds(operations)
    net_cents = sum(hold.captured_cents - hold.refunded_cents for hold in holds)
    draft = _PlanDraft([hold for hold in holds if not hold.closed], position.paid_cents - net_cents)
    draft.refund(holds)
    if position.open_cents == 0:
        draft.capture_all()
    else:
        endings = draft.end_lapsing(set(lapsing))
        draft.cover(position.open_cents)
        draft.new += endings
    return PaymentPlan(tuple(draft.new), tuple(draft.withdrawn))


class _Hold:
    """An authorisation with what has been planned of it since."""

    def __init__(self, operation: Operation, later: Sequence[Operation]) -> None:
        self.id, self.cents = operation.id, operation.cents
        self.captured_cents = _total(later, OperationKind.CAPTURE)
        self.refunded_cents = _total(later, OperationKind.REFUND)
        self.closed = any(each.kind in {OperationKind.CAPTURE, OperationKind.RELEASE} for each in later)
        self.never_asked = operation.state in {OperationState.DECLINED, OperationState.FAILED} or (
            operation.state is OperationState.WAITING and operation.tries == 0
        )


def _holds(operations: Sequence[Operation]) -> list[_Hold]:
    valid = [each for each in operations if each.state not in {OperationState.WITHDRAWN, OperationState.LAPSED}]
    authorised = [each for each in valid if each.kind is OperationKind.AUTHORISE]
    return [_Hold(hold, [each for each in valid if each.hold == hold.id]) for hold in authorised]


def _total(operations: Sequence[Operation], kind: OperationKind) -> int:
    return sum(operation.cents for operation in operations if operation.kind is kind)


class _PlanDraft:
    """The plan as it grows: the holds still open, and what is still to be captured (negative: to be refunded)."""

    def __init__(self, holds: list[_Hold], due_cents: int) -> None:
        self.open, self.due_cents = holds, due_cents
        self.new: list[PlannedOperation] = []
        self.withdrawn: list[str] = []

    @property
    def _covered(self) -> int:
        return sum(hold.cents for hold in self.open)

    def refund(self, holds: Sequence[_Hold]) -> None:
        """What was taken and is paid no longer goes back, from the newest hold first."""
        for hold in reversed(holds):
            cents = min(-self.due_cents, hold.captured_cents - hold.refunded_cents)
            if cents > 0:
                self.new.append(PlannedOperation(OperationKind.REFUND, cents, hold.id))
                self.due_cents += cents

    def end_lapsing(self, lapsing: set[str]) -> list[PlannedOperation]:
        """How holds that run out are ended before they do: what is due is taken from them."""
        ending = [hold for hold in self.open if hold.id in lapsing]
        self.open = [hold for hold in self.open if hold.id not in lapsing]
        return [end for hold in ending if (end := self._end(hold))]

    def capture_all(self) -> None:
        """Every line is answered: take what is due and give up the rest."""
        missing = self.due_cents - self._covered
        self.new += [end for hold in self.open if (end := self._end(hold))]
        if missing > 0:
            self.new += [
                PlannedOperation(OperationKind.AUTHORISE, max(missing, LEAST_CENTS)),
                PlannedOperation(OperationKind.CAPTURE, missing),
            ]

    def cover(self, open_cents: int) -> None:
        """Authorise what no hold covers, and give up a hold that is not needed at all."""
        needed = open_cents + max(self.due_cents, 0)
        if needed > self._covered:
            self.new.append(PlannedOperation(OperationKind.AUTHORISE, max(needed - self._covered, LEAST_CENTS)))
        for hold in reversed(list(self.open)):
            if self._covered - hold.cents >= needed:
                self.open.remove(hold)
                self.new += [end for end in [self._given_up(hold)] if end]

    def _end(self, hold: _Hold) -> PlannedOperation | None:
        cents = min(max(self.due_cents, 0), hold.cents)
        self.due_cents -= cents
        return PlannedOperation(OperationKind.CAPTURE, cents, hold.id) if cents else self._given_up(hold)

    def _given_up(self, hold: _Hold) -> PlannedOperation | None:
        if hold.never_asked:
            self.withdrawn.append(hold.id)
            return None
        return PlannedOperation(OperationKind.RELEASE, hold.cents, hold.id)
