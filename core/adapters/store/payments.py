"""Payments as rows: how a clinic pays, what its provider is asked to do, and what the provider said of itself.

Operations are written by the transaction that changes the ledger (``settle``) and claimed by workers. ``payment_setup``
holds the names of keys, never a key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Index, String, and_, bindparam, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column

from core.adapters.store.base import Base, Cents, Made, OfClinic, choice, refers
from core.adapters.store.bulk import insert_all
from core.adapters.store.engine import Work, inserting
from core.adapters.store.orders import AUTHORISED, AttemptRow, SubmissionRow
from core.domain.model import SubmissionState
from core.domain.payments.operations import (
    FOR_A_PERSON,
    OPEN,
    LedgerPosition,
    Method,
    Operation,
    OperationKind,
    OperationState,
)
from core.domain.payments.plan import planned


class PaymentSetupRow(OfClinic, Base):
    """How the clinic pays from now on. Keys are named as the environment names them."""

    __tablename__ = "payment_setup"
    method: Mapped[Method] = mapped_column(choice(Method, "method"))
    customer: Mapped[str]
    payment_method: Mapped[str]
    key_name: Mapped[str]
    webhook_key_name: Mapped[str]


class CheckoutPaymentRow(OfClinic, Base):
    """A checkout that a provider is paid through; one without a row is on account, whatever the clinic does now."""

    __tablename__ = "checkout_payment"
    checkout: Mapped[str] = mapped_column(primary_key=True)
    method: Mapped[Method] = mapped_column(choice(Method, "method"))
    __table_args__ = (refers("checkout", checkout="reference"),)


class PaymentOperationRow(Made, Base):
    """One request to the provider. The table is the queue, as ``submission`` is for pharmacies."""

    __tablename__ = "payment_operation"
    checkout: Mapped[str]
    pharmacy_order: Mapped[str]
    kind: Mapped[OperationKind] = mapped_column(choice(OperationKind, "kind"))
    cents: Mapped[int] = mapped_column(Cents)
    hold: Mapped[str] = mapped_column(String(36))
    state: Mapped[OperationState] = mapped_column(choice(OperationState, "state"))
    made_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int]
    generation: Mapped[int]
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    provider_reference: Mapped[str]
    lapses_at: Mapped[datetime | None]
    code: Mapped[str]
    message: Mapped[str]
    __table_args__ = (
        refers("checkout", checkout="reference"),
        refers("pharmacy_order", pharmacy_order="reference"),
        Index(None, "clinic", "pharmacy_order"),
        Index(None, "clinic", "checkout"),
        Index(None, "clinic", "state", "next_try_at"),
        Index(None, "clinic", "provider_reference"),
    )


class PaymentEventRow(OfClinic, Base):
    """What the provider told of itself, once each. Append-only."""

    __tablename__ = "payment_event"
    event: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    about: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    outcome: Mapped[str]


class Setup(NamedTuple):
    """How a clinic pays: ``customer`` and ``payment_method`` are the provider's ids, the others names of keys."""

    method: Method = Method.ON_ACCOUNT
    customer: str = ""
    payment_method: str = ""
    key_name: str = ""
    webhook_key_name: str = ""


_OP: Final = PaymentOperationRow
_COLUMNS: Final = tuple(_OP.__table__.c[name] for name in Operation.__dataclass_fields__)


def payment_setup(work: Work) -> Setup:
    """How the clinic pays; on account where nobody has said anything."""
    columns = [PaymentSetupRow.__table__.c[name] for name in Setup._fields]
    row = work.connection.execute(select(*columns).where(PaymentSetupRow.clinic == work.clinic)).first()
    return Setup._make(row) if row else Setup()


def keep_setup(work: Work, setup: Setup) -> None:
    """The clinic pays like this from now on."""
    statement = inserting(work.connection, PaymentSetupRow)
    statement = statement.on_conflict_do_update(index_elements=["clinic"], set_=setup._asdict())
    work.connection.execute(statement, {"clinic": work.clinic} | setup._asdict())


def pay_through(work: Work, checkouts: Iterable[str]) -> None:
    """New checkouts are paid as the clinic pays now, and stay so."""
    new = [*checkouts]
    method = payment_setup(work).method if new else Method.ON_ACCOUNT
    if method is not Method.ON_ACCOUNT:
        rows = [{"clinic": work.clinic, "checkout": checkout, "method": method} for checkout in new]
        work.connection.execute(insert(CheckoutPaymentRow), rows)


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
        for wanted in plan.new:
            new.append(_made(work, checkout, order, wanted.kind, wanted.cents, wanted.hold, new))
    _insert(work, new)
    withdraw(work, withdrawn)


def _through_a_provider(work: Work, checkouts: Collection[str]) -> list[str]:
    if not checkouts:
        return []
    of = CheckoutPaymentRow
    found = work.connection.scalars(select(of.checkout).where(of.clinic == work.clinic, of.checkout.in_(checkouts)))
    return sorted(found)


def _made(
    work: Work, checkout: str, order: str, kind: OperationKind, cents: int, hold: str | None, new: Sequence[Operation]
) -> Operation:
    key = work.new_id()
    if hold is None:  # an authorisation, or what is taken from the one planned just before it
        hold = key if kind is OperationKind.AUTHORISE else new[-1].id
    return Operation(key, checkout, order, kind, cents, hold, OperationState.WAITING, work.now(), work.now())


def _insert(work: Work, operations: Sequence[Operation]) -> None:
    if operations:
        cells = {name: [getattr(one, name) for one in operations] for name in Operation.__dataclass_fields__}
        insert_all(work.connection, _OP, {"clinic": [work.clinic] * len(operations)} | cells)


def withdraw(work: Work, holds: Collection[str]) -> None:
    """What is not carried out yet of these holds is no longer wanted."""
    if holds:
        unfinished = and_(_OP.clinic == work.clinic, _OP.hold.in_(holds), _OP.state.in_(OPEN))
        work.connection.execute(update(_OP).where(unfinished).values(state=OperationState.WITHDRAWN))


def _standings(work: Work, checkouts: Collection[str]) -> dict[tuple[str, str], LedgerPosition]:
    """By (checkout, pharmacy order): what its attempts hold open and have paid."""
    uncaptured = AttemptRow.captured_at.is_(None)
    statement = (
        select(
            AttemptRow.checkout,
            SubmissionRow.pharmacy_order,
            func.sum(case((uncaptured, AUTHORISED - AttemptRow.released_cents), else_=0)),
            func.sum(case((uncaptured, 0), else_=AUTHORISED - AttemptRow.refunded_cents)),
        )
        .join(
            SubmissionRow,
            and_(SubmissionRow.clinic == AttemptRow.clinic, SubmissionRow.reference == AttemptRow.submission),
        )
        .where(AttemptRow.clinic == work.clinic, AttemptRow.checkout.in_(checkouts))
        .group_by(AttemptRow.checkout, SubmissionRow.pharmacy_order)
        .order_by(AttemptRow.checkout, SubmissionRow.pharmacy_order)
    )
    rows = work.connection.execute(statement)
    return {(row[0], row[1]): LedgerPosition(int(row[2]), int(row[3])) for row in rows}


def _operations(work: Work, *where: ColumnElement[bool]) -> list[Operation]:
    statement = select(*_COLUMNS).where(_OP.clinic == work.clinic, *where).order_by(_OP.pharmacy_order, _OP.id)
    return [Operation(**row) for row in work.connection.execute(statement).mappings()]


def _by_order(operations: Iterable[Operation]) -> dict[str, list[Operation]]:
    return {order: list(its) for order, its in groupby(operations, lambda one: one.pharmacy_order)}


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
    of = CheckoutPaymentRow
    checkouts = list(work.connection.scalars(select(of.checkout).where(of.clinic == work.clinic)))
    if not checkouts:
        return PaidOrders({}, {}, frozenset())
    sent = select(SubmissionRow.pharmacy_order).where(
        SubmissionRow.clinic == work.clinic,
        SubmissionRow.checkout.in_(checkouts),
        SubmissionRow.state.not_in((SubmissionState.QUEUED, SubmissionState.WITHDRAWN)),
    )
    standings = {order: standing for (_, order), standing in _standings(work, checkouts).items()}
    return PaidOrders(standings, _by_order(_operations(work)), frozenset(work.connection.scalars(sent)))


def unpaid_order(order: Any) -> ColumnElement[bool]:
    """Whether a pharmacy order has an authorisation that is not there yet: nothing of it is sent before."""
    return exists().where(
        _OP.clinic == order.table.c.clinic,
        _OP.pharmacy_order == order,
        _OP.kind == OperationKind.AUTHORISE,
        _OP.state.in_(sorted(OPEN)),
    )


def anything_to_pay(work: Work) -> bool:
    """Whether an operation is due: worth opening a write for."""
    found = select(_OP.id).where(_OP.clinic == work.clinic, _due(work.now())).limit(1)
    return work.connection.execute(found).first() is not None


def claim_operations(work: Work, lease_until: datetime, limit: int) -> list[Operation]:
    """Operations that are now this worker's to carry out, oldest first. One whose lease ran out is carried out again,
    under the same key."""
    ids = list(
        work.connection.scalars(
            select(_OP.id)
            .where(_OP.clinic == work.clinic, _due(work.now()))
            .order_by(_OP.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
    if not ids:
        return []
    here = and_(_OP.clinic == work.clinic, _OP.id.in_(ids))
    values = {"state": OperationState.SENDING, "lease_until": lease_until, "tries": _OP.tries + 1}
    work.connection.execute(update(_OP).where(here).values(values))
    return operations_by_id(work, ids)


def _due(now: datetime) -> ColumnElement[bool]:
    before = aliased(_OP)
    follows = exists().where(
        before.clinic == _OP.clinic, before.hold == _OP.hold, before.id < _OP.id, before.state.in_(sorted(OPEN))
    )
    waiting = and_(_OP.state == OperationState.WAITING, _OP.next_try_at <= now)
    return and_(or_(waiting, and_(_OP.state == OperationState.SENDING, _OP.lease_until < now)), ~follows)


def operations_by_id(work: Work, ids: Collection[str]) -> list[Operation]:
    """These operations, in order of making."""
    return sorted(_operations(work, _OP.id.in_(ids)), key=lambda one: one.id) if ids else []


def save_operations(work: Work, operations: Sequence[Operation]) -> None:
    """Write what has become of these operations, in one statement."""
    if operations:
        same = and_(_OP.clinic == work.clinic, _OP.__table__.c.id == bindparam("this"))
        rows = [{name: value for name, value in vars(one).items() if name != "id"} for one in operations]
        rows = [row | {"this": one.id} for row, one in zip(rows, operations, strict=True)]
        work.connection.execute(update(_OP).where(same), rows)


def lapsing_holds(work: Work, notice: timedelta) -> list[Operation]:
    """Holds that run out within ``notice``, are older than that, and that nothing has been taken from or given up of.

    A bank that gives less time than the notice is not asked for another hold at every round.
    """
    ended = aliased(_OP)
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
    found = _operations(work, _OP.kind == OperationKind.AUTHORISE, _OP.provider_reference == provider_reference)
    return found[-1] if found else None


def event_is_known(work: Work, event: str) -> bool:
    """Whether the provider told this before."""
    here = and_(PaymentEventRow.clinic == work.clinic, PaymentEventRow.event == event)
    return work.connection.execute(select(PaymentEventRow.event).where(here)).first() is not None


def keep_event(work: Work, values: dict[str, Any]) -> None:
    """Keep what the provider told, and what became of it."""
    work.connection.execute(insert(PaymentEventRow), {"clinic": work.clinic} | values)


class Payments(NamedTuple):
    """How the queue of operations stands."""

    waiting: int
    for_a_person: int


def count_payments(work: Work) -> Payments:
    """How many operations wait for the worker, and how many for a person."""
    statement = select(_OP.state, func.count()).where(_OP.clinic == work.clinic, _OP.state.in_(sorted(OPEN)))
    counts: dict[OperationState, int] = {
        row[0]: row[1] for row in work.connection.execute(statement.group_by(_OP.state))
    }
    theirs = sum(counts.get(state, 0) for state in FOR_A_PERSON)
    return Payments(sum(counts.values()) - theirs, theirs)
