"""Payments as rows: how a clinic pays, what its provider is asked to do, and what the provider said of itself.

Operations are written by the transaction that changes the ledger (``settle``) and claimed by workers. ``payment_setup``
holds the names of keys, never a key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, update

from core.adapters.store.base import columns_of
from core.adapters.store.bulk import insert_all
from core.adapters.store.conditions import AUTHORIZED
from core.adapters.store.engine import Row, Work, insert_rows, upsert
from core.adapters.store.tables import (
    ATTEMPT,
    CHECKOUT_PAYMENT,
    PAYMENT_EVENT,
    PAYMENT_OPERATION,
    PAYMENT_SETUP,
    SUBMISSION,
)
from core.domain.model import SubmissionState
from core.domain.payments.operations import (
    FOR_A_PERSON,
    OPEN,
    LedgerPosition,
    Method,
    Operation,
    OperationKind,
    OperationState,
    Setup,
)
from core.domain.payments.plan import planned

_OP: Final = PAYMENT_OPERATION.c


def payment_setup(work: Work) -> Setup:
    """How the clinic pays; on account where nobody has said anything."""
    statement = select(*columns_of(PAYMENT_SETUP, Setup)).where(work.of_clinic(PAYMENT_SETUP))
    row = work.connection.execute(statement).first()
    return Setup._make(row) if row else Setup()


def keep_setup(work: Work, setup: Setup) -> None:
    """The clinic pays like this from now on."""
    upsert(work, PAYMENT_SETUP, [setup._asdict()])


def pay_through(work: Work, checkouts: Iterable[str]) -> None:
    """New checkouts are paid as the clinic pays now, and stay so."""
    new = [*checkouts]
    method = payment_setup(work).method if new else Method.ON_ACCOUNT
    if method is not Method.ON_ACCOUNT:
        insert_rows(work, CHECKOUT_PAYMENT, [{"checkout": checkout, "method": method} for checkout in new])


def settle(work: Work, checkouts: Collection[str], lapsing: Collection[str] = ()) -> None:
    """Write what the provider has yet to do so that it agrees with the ledger of these checkouts.

    ``lapsing`` are the ids of holds that run out soon.
    """
    paid = _through_a_provider(work, checkouts)
    if not paid:
        return
    standings, operations = _standings(work, paid), _by_order(_operations(work, _OP.checkout.in_(paid)))
    new: list[Operation] = []
    withdrawn: list[str] = []
    for (checkout, order), standing in standings.items():
        plan = planned(standing, operations.get(order, ()), lapsing)
        withdrawn += plan.withdrawn
        for request in plan.new:
            new.append(_made(work, checkout, order, request.kind, request.cents, request.hold, new))
    _insert(work, new)
    withdraw(work, withdrawn)


def _through_a_provider(work: Work, checkouts: Collection[str]) -> list[str]:
    if not checkouts:
        return []
    return sorted(work.connection.scalars(_provider_paid(work).where(CHECKOUT_PAYMENT.c.checkout.in_(checkouts))))


def _provider_paid(work: Work) -> Select[Any]:
    return select(CHECKOUT_PAYMENT.c.checkout).where(work.of_clinic(CHECKOUT_PAYMENT))


def _made(
    work: Work, checkout: str, order: str, kind: OperationKind, cents: int, hold: str | None, new: Sequence[Operation]
) -> Operation:
    key = work.new_id()
    if hold is None:  # an authorisation, or what is taken from the one planned just before it
        hold = key if kind is OperationKind.AUTHORISE else new[-1].id
    return Operation(key, checkout, order, kind, cents, hold, OperationState.WAITING, work.now(), work.now())


def _insert(work: Work, operations: Sequence[Operation]) -> None:
    if operations:
        fields = Operation.__dataclass_fields__
        cells = {name: [getattr(operation, name) for operation in operations] for name in fields}
        insert_all(work.connection, PAYMENT_OPERATION, {"clinic": [work.clinic] * len(operations)} | cells)


def withdraw(work: Work, holds: Collection[str]) -> None:
    """What is not carried out yet of these holds is no longer wanted."""
    if holds:
        unfinished = and_(work.of_clinic(PAYMENT_OPERATION), _OP.hold.in_(holds), _OP.state.in_(OPEN))
        work.connection.execute(update(PAYMENT_OPERATION).where(unfinished).values(state=OperationState.WITHDRAWN))


def _standings(work: Work, checkouts: Collection[str]) -> dict[tuple[str, str], LedgerPosition]:
    """By (checkout, pharmacy order): what its attempts hold open and have paid."""
    uncaptured = ATTEMPT.c.captured_at.is_(None)
    statement = (
        select(
            ATTEMPT.c.checkout,
            SUBMISSION.c.pharmacy_order,
            func.sum(case((uncaptured, AUTHORIZED - ATTEMPT.c.released_cents), else_=0)),
            func.sum(case((uncaptured, 0), else_=AUTHORIZED - ATTEMPT.c.refunded_cents)),
        )
        .join_from(ATTEMPT, SUBMISSION)
        .where(work.of_clinic(ATTEMPT), ATTEMPT.c.checkout.in_(checkouts))
        .group_by(ATTEMPT.c.checkout, SUBMISSION.c.pharmacy_order)
        .order_by(ATTEMPT.c.checkout, SUBMISSION.c.pharmacy_order)
    )
    rows = work.connection.execute(statement)
    return {(row[0], row[1]): LedgerPosition(int(row[2]), int(row[3])) for row in rows}


def _operations(work: Work, *where: ColumnElement[bool]) -> list[Operation]:
    statement = (
        select(*columns_of(PAYMENT_OPERATION, Operation))
        .where(work.of_clinic(PAYMENT_OPERATION), *where)
        .order_by(_OP.pharmacy_order, _OP.id)
    )
    return [Operation(**row) for row in work.connection.execute(statement).mappings()]


def _by_order(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    return {order: list(its) for order, its in groupby(operations, lambda operation: operation.pharmacy_order)}


def operations_of(
    work: Work, checkout: str | None = None, states: Collection[OperationState] | None = None
) -> list[Operation]:
    """Operations by pharmacy order in order of making: of one checkout, in one of these states."""
    where = [_OP.checkout == checkout] if checkout is not None else []
    return _operations(work, *where, *([_OP.state.in_(sorted(states))] if states is not None else []))


class PaidOrders(NamedTuple):
    """Everything that a provider is paid for, by pharmacy order; ``sent`` are the orders that a pharmacy has."""

    standings: Mapping[str, LedgerPosition]
    operations: Mapping[str, Sequence[Operation]]
    sent: frozenset[str]


def paid_orders(work: Work) -> PaidOrders:
    """The ledger's side and the provider's side of the clinic's payments."""
    checkouts = list(work.connection.scalars(_provider_paid(work)))
    if not checkouts:
        return PaidOrders({}, {}, frozenset())
    sent = select(SUBMISSION.c.pharmacy_order).where(
        work.of_clinic(SUBMISSION),
        SUBMISSION.c.checkout.in_(checkouts),
        SUBMISSION.c.state.not_in((SubmissionState.QUEUED, SubmissionState.WITHDRAWN)),
    )
    standings = {order: standing for (_, order), standing in _standings(work, checkouts).items()}
    return PaidOrders(standings, _by_order(_operations(work)), frozenset(work.connection.scalars(sent)))


def anything_to_pay(work: Work) -> bool:
    """Whether an operation is due: worth opening a write for."""
    due = select(_OP.id).where(work.of_clinic(PAYMENT_OPERATION), _due(work.now())).limit(1)
    return work.connection.scalar(due) is not None


def claim_operations(work: Work, lease_until: datetime, limit: int) -> list[Operation]:
    """Operations that are now this worker's to carry out, oldest first. One whose lease ran out is carried out again,
    under the same key."""
    ids = list(
        work.connection.scalars(
            select(_OP.id)
            .where(work.of_clinic(PAYMENT_OPERATION), _due(work.now()))
            .order_by(_OP.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not ids:
        return []
    claimed = and_(work.of_clinic(PAYMENT_OPERATION), _OP.id.in_(ids))
    values = {"state": OperationState.SENDING, "lease_until": lease_until, "tries": _OP.tries + 1}
    work.connection.execute(update(PAYMENT_OPERATION).where(claimed).values(values))
    return operations_by_id(work, ids)


def _due(now: datetime) -> ColumnElement[bool]:
    before = PAYMENT_OPERATION.alias().c
    follows = exists().where(
        before.clinic == _OP.clinic, before.hold == _OP.hold, before.id < _OP.id, before.state.in_(sorted(OPEN))
    )
    waiting = and_(_OP.state == OperationState.WAITING, _OP.next_try_at <= now)
    return and_(or_(waiting, and_(_OP.state == OperationState.SENDING, _OP.lease_until < now)), ~follows)


def operations_by_id(work: Work, ids: Collection[str]) -> list[Operation]:
    """These operations, in order of making."""
    return sorted(_operations(work, _OP.id.in_(ids)), key=lambda operation: operation.id) if ids else []


def save_operations(work: Work, operations: Sequence[Operation]) -> None:
    """Write what has become of these operations, in one statement."""
    if operations:
        same = and_(work.of_clinic(PAYMENT_OPERATION), _OP.id == bindparam("this"))
        rows = [{"this" if name == "id" else name: value for name, value in vars(row).items()} for row in operations]
        work.connection.execute(update(PAYMENT_OPERATION).where(same), rows)


def lapsing_holds(work: Work, notice: timedelta) -> list[Operation]:
    """Holds that run out within ``notice``, are older than that, and that nothing has been taken from or given up of.

    A bank that gives less time than the notice is not asked for another hold at every round.
    """
    ended = PAYMENT_OPERATION.alias().c
    closed = exists().where(
        ended.clinic == _OP.clinic,
        ended.hold == _OP.id,
        ended.kind.in_(sorted((OperationKind.CAPTURE, OperationKind.RELEASE))),
        ended.state != OperationState.WITHDRAWN,
    )
    soon = and_(_OP.lapses_at < work.now() + notice, _OP.done_at < work.now() - notice)
    return _operations(work, _OP.kind == OperationKind.AUTHORISE, _OP.state == OperationState.DONE, soon, ~closed)


def by_reference(work: Work, provider_reference: str) -> Operation | None:
    """The authorisation that the provider knows by this name."""
    holds = _operations(work, _OP.kind == OperationKind.AUTHORISE, _OP.provider_reference == provider_reference)
    return holds[-1] if holds else None


def event_is_known(work: Work, event: str) -> bool:
    """Whether the provider told this before."""
    statement = select(PAYMENT_EVENT.c.event).where(work.of_clinic(PAYMENT_EVENT), PAYMENT_EVENT.c.event == event)
    return work.connection.scalar(statement) is not None


def keep_event(work: Work, values: Row) -> None:
    """Keep what the provider told, and what became of it."""
    insert_rows(work, PAYMENT_EVENT, [values])


class Payments(NamedTuple):
    """How the queue of operations stands."""

    waiting: int
    for_a_person: int


def count_payments(work: Work) -> Payments:
    """How many operations wait for the worker, and how many for a person."""
    statement = select(_OP.state, func.count()).where(work.of_clinic(PAYMENT_OPERATION), _OP.state.in_(sorted(OPEN)))
    counts: dict[OperationState, int] = {
        row[0]: row[1] for row in work.connection.execute(statement.group_by(_OP.state))
    }
    theirs = sum(counts.get(state, 0) for state in FOR_A_PERSON)
    return Payments(sum(counts.values()) - theirs, theirs)
