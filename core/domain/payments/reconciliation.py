"""Whether the provider was asked for what the ledger says, and for nothing else (pure): part of ``ledger verify``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.domain.money import shown
from core.domain.payments.operations import Kind, Operation, Standing, State
from core.domain.payments.plan import planned


def disagreements(
    standings: Mapping[str, Standing], operations: Mapping[str, Sequence[Operation]], sent: frozenset[str]
) -> Iterator[str]:
    """A sentence for each thing that is wrong, by pharmacy order. ``sent`` are the orders that a pharmacy has.

    What is on its way is not wrong: operations count from the moment that they are written.
    """
    for order in sorted({*standings, *operations}):
        its = operations.get(order, ())
        yield from _wrong_holds(order, its)
        yield from _missing(order, standings.get(order, Standing(0, 0)), its)
        if order in sent and not any(_is_held(one) for one in its) and _costs(standings.get(order)):
            yield f"{order} is with its pharmacy and was never authorized."


def _missing(order: str, standing: Standing, operations: Sequence[Operation]) -> Iterator[str]:
    plan = planned(standing, operations)
    for wanted in plan.new:
        yield f"{order}: the ledger says {wanted.kind.value} {shown(wanted.cents)}; the provider was not asked to."
    for _ in plan.withdrawn:
        yield f"{order}: an authorization waits that nothing needs any more."


def _wrong_holds(order: str, operations: Sequence[Operation]) -> Iterator[str]:
    wanted = [one for one in operations if one.state is not State.WITHDRAWN]
    for hold in (one for one in wanted if one.kind is Kind.AUTHORISE):
        captures = [one for one in wanted if one.hold == hold.id and one.kind is Kind.CAPTURE]
        taken = sum(one.cents for one in captures)
        given_back = sum(one.cents for one in wanted if one.hold == hold.id and one.kind is Kind.REFUND)
        if len(captures) > 1:
            yield f"{order}: one hold is captured twice."
        if taken > hold.cents:
            yield f"{order}: {shown(taken)} is captured of a hold of {shown(hold.cents)}."
        if given_back > taken:
            yield f"{order}: {shown(given_back)} is refunded of {shown(taken)} that was captured."
        if taken and hold.state is State.LAPSED:
            yield f"{order}: something is captured of a hold that had run out."
    known = {one.id for one in operations if one.kind is Kind.AUTHORISE}
    if any(one.hold not in known for one in wanted):
        yield f"{order}: a payment belongs to no hold of this order."


def _is_held(operation: Operation) -> bool:
    return operation.kind is Kind.AUTHORISE and operation.state in {State.DONE, State.LAPSED}


def _costs(standing: Standing | None) -> bool:
    return standing is not None and standing.open_cents + standing.paid_cents > 0
