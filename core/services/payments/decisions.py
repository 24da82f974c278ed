"""What a person decides about payments: how the clinic pays, and what becomes of what the provider would not do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.payments import (
    Payments,
    count_payments,
    keep_setup,
    operations_by_id,
    operations_of,
    payment_setup,
    save_operations,
    settle,
    withdraw,
)
from core.domain.errors import Refused
from core.domain.payments.operations import FOR_A_PERSON, OPEN, Kind, Method, Operation, Setup, State
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record

_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
_ID: Final = {"customer": re.compile(r"cus_\w{1,60}"), "payment_method": re.compile(r"(pm|card)_\w{1,60}")}


def setup_of(store: Store, person: Person, clinic: str) -> Setup:
    """How the clinic pays."""
    require(person, Action.SET_UP)
    with store.read(clinic) as work:
        return payment_setup(work)


def change_setup(store: Store, person: Person, clinic: str, setup: Setup) -> None:
    """The clinic's next checkouts are paid like this; those that are placed stay as they are.

    Raises Refused for a part that cannot be what it should be, a key in place of its name above all.
    """
    require(person, Action.SET_UP)
    _refuse_nonsense(setup)

    def change(work: Work) -> None:
        before = payment_setup(work)
        keep_setup(work, setup)
        record(work, person, "change payment", clinic, before._asdict(), setup._asdict())

    store.write(clinic, change)


def _refuse_nonsense(setup: Setup) -> None:
    for name in (setup.key_name, setup.webhook_key_name):
        if name and not _NAME.fullmatch(name):
            raise Refused(
                "A key is given by the name that it has in the environment, such as STRIPE_KEY: capitals, digits, _. "
                "The key itself never goes in here."
            )
    if setup.method is Method.ON_ACCOUNT:
        return
    if not setup.key_name:
        raise Refused("Say under which name the environment has the provider's secret key.")
    for field, form in _ID.items():
        if not form.fullmatch(str(getattr(setup, field))):
            start = "cus_" if field == "customer" else "pm_"
            raise Refused(f"The {field.replace('_', ' ')} is the provider's own id, which starts with {start}.")


class Listed(NamedTuple):
    """How payments stand: counts, and every operation that is not carried out yet."""

    counts: Payments
    operations: Sequence[Operation]


def open_payments(store: Store, person: Person, clinic: str) -> Listed:
    """What is still to be carried out, and what waits for a person."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return Listed(count_payments(work), operations_of(work, states=OPEN))


def payments_of(store: Store, person: Person, clinic: str, checkout: str) -> list[Operation]:
    """Everything that the provider was asked for about a checkout, in order of making."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        return sorted(operations_of(work, checkout), key=lambda one: one.id)


def pay_again(store: Store, person: Person, clinic: str, operation: str) -> None:
    """Ask the provider afresh for what it turned down: with the card that Setup names now, for what is needed now.

    Raises Refused for an operation that does not wait for a person.
    """
    require(person, Action.WORK_ORDERS)

    def again(work: Work) -> None:
        one = _turned_down(work, operation)
        if one.kind is Kind.AUTHORISE:
            withdraw(work, [one.hold])
            settle(work, [one.checkout])
        else:
            one.state, one.next_try_at, one.generation = State.WAITING, work.now(), one.generation + 1
            save_operations(work, [one])
        record(
            work, person, "pay again", one.pharmacy_order, {"code": one.code}, {"kind": one.kind, "cents": one.cents}
        )

    store.write(clinic, again)


def settle_by_hand(store: Store, person: Person, clinic: str, operation: str, reason: str) -> None:
    """A person has done it otherwise: in the provider's own screens, or by cheque.

    Raises Refused for an authorisation, which only the bank can give, and for one that does not wait for a person.
    """
    require(person, Action.WORK_ORDERS)
    if not reason.strip():
        raise Refused("Say how it was settled.")

    def settled(work: Work) -> None:
        one = _turned_down(work, operation)
        if one.kind is Kind.AUTHORISE:
            raise Refused("Only the bank can authorize; try again, with another card if need be, or cancel the lines.")
        one.state, one.done_at, one.message = State.DONE, work.now(), f"settled by {person.email}: {reason.strip()}"
        save_operations(work, [one])
        record(work, person, "settle payment", one.pharmacy_order, {"code": one.code}, {"reason": reason.strip()})

    store.write(clinic, settled)


def _turned_down(work: Work, operation: str) -> Operation:
    found = operations_by_id(work, [operation])
    if not found or found[0].state not in FOR_A_PERSON:
        raise Refused("This payment does not wait for anybody: it is done, on its way, or there is no such payment.")
    return found[0]
