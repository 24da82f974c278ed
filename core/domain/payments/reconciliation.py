"""Whether the provider was asked for what the ledger says, and for nothing else (pure): part of ``ledger verify``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.domain.money import shown
from core.domain.payments.operations import LedgerPosition, Operation, OperationKind, OperationState
from core.domain.payments.plan import planned


def disagreements(
    positions: Mapping[str, LedgerPosition], operations: Mapping[str, Sequence[Operation]], sent: frozenset[str]
) -> Iterator[str]:
    """A sentence for each thing that is wrong, by pharmacy order. ``sent`` are the orders that a pharmacy has.

    What is on its way is not wrong: operations count from the moment that they are written.
    """
    for order in sorted({*positions, *operations}):
        requested, position = operations.get(order, ()), positions.get(order, LedgerPosition(0, 0))
        yield from _wrong_holds(order, requested)
        yield from _missing(order, position, requested)
        if order in sent and sum(position) > 0 and not any(_is_held(operation) for operation in requested):
            yield f"{order} is with its pharmacy and was never authorized."


def _missing(order: str, position: LedgerPosition, operations: Sequence[Operation]) -> Iterator[str]:
    plan = planned(position, operations)
    for missing in plan.new:
        yield f"{order}: the ledger says {missing.kind.value} {shown(missing.cents)}; the provider was not asked to."
    for _ in plan.withdrawn:
        yield f"{order}: an authorization waits that nothing needs any more."


def _wrong_holds(order: str, operations: Sequence[Operation]) -> Iterator[str]:
    valid = [operation for operation in operations if operation.state is not OperationState.WITHDRAWN]
    for hold in (operation for operation in valid if operation.kind is OperationKind.AUTHORISE):
        follow_ups = [operation for operation in valid if operation.hold == hold.id]
        captures = [operation.cents for operation in follow_ups if operation.kind is OperationKind.CAPTURE]
        captured = sum(captures)
        refunded = sum(operation.cents for operation in follow_ups if operation.kind is OperationKind.REFUND)
        if len(captures) > 1:
            yield f"{order}: one hold is captured twice."
        if captured > hold.cents:
            yield f"{order}: {shown(captured)} is captured of a hold of {shown(hold.cents)}."
        if refunded > captured:
            yield f"{order}: {shown(refunded)} is refunded of {shown(captured)} that was captured."
        if captured and hold.state is OperationState.LAPSED:
            yield f"{order}: something is captured of a hold that had run out."
    holds = {operation.id for operation in operations if operation.kind is OperationKind.AUTHORISE}
    if any(operation.hold not in holds for operation in valid):
        yield f"{order}: a payment belongs to no hold of this order."


def _is_held(operation: Operation) -> bool:
    return operation.kind is OperationKind.AUTHORISE and operation.state in {OperationState.DONE, OperationState.LAPSED}
