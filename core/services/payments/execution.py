"""The worker's part in payments: operations are claimed, carried out with no transaction open, and recorded.

Unlike a submission, an operation whose answer was lost is asked again: its key, and a look at the provider before, make
the second time the same payment as the first.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, NamedTuple

from core.adapters.secrets import secret
from core.adapters.store import Store, Work
from core.adapters.store.payments import (
    Setup,
    anything_to_pay,
    claim_operations,
    lapsing_holds,
    operations_by_id,
    payment_setup,
    save_operations,
    settle,
    withdraw,
)
from core.domain.payments.operations import Operation, OperationKind, OperationState
from core.domain.payments.provider import (
    Declined,
    Done,
    Impossible,
    Lapsed,
    Outcome,
    PaymentProvider,
    Request,
    TryAgain,
)

BATCH: Final = 20
LEASE: Final = timedelta(minutes=10)
"""Longer than a batch takes when every request runs into its time-out."""
LAPSE_NOTICE: Final = timedelta(hours=24)
"""How long before a hold runs out what is due is taken from it."""
_FIRST_WAIT: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(hours=1)
_log = logging.getLogger(__name__)

Providers = Callable[[Setup], PaymentProvider | None]
"""The provider that a clinic pays through; None while it cannot be used."""


class Paid(NamedTuple):
    """What one round did: operations done, turned down for a person to see, and to be tried again."""

    done: int = 0
    refused: int = 0
    later: int = 0


def provider_of(setup: Setup) -> PaymentProvider | None:
    """The clinic's provider, with the key that its setup names; None while nobody has given that key.

    ``STRIPE_API_ADDRESS`` in the environment is another server than Stripe's own, for trying things.
    """
    key = secret(setup.key_name) if setup.key_name else None
    if key is None:
        return None
    from core.adapters.payments.stripe_provider import StripeProvider

    return StripeProvider(key, os.environ.get("STRIPE_API_ADDRESS"))


def carry_out_payments(store: Store, clinic: str, ports: Providers = provider_of) -> Paid:
    """Everything that is due at the clinic's provider; what it came to."""
    done = Paid()
    _renew(store, clinic)
    while batch := _claimed(store, clinic):
        setup, operations, holds = batch
        outcomes = _carried_out(ports(setup), setup, operations, holds)
        store.write(clinic, partial(record_outcomes, outcomes=outcomes))
        done = Paid(*(sum(pair) for pair in zip(done, _counted(outcomes), strict=True)))
    return done


def _counted(outcomes: Mapping[str, Outcome]) -> Paid:
    kinds = [type(outcome) for outcome in outcomes.values()]
    later = kinds.count(TryAgain) + kinds.count(Lapsed)
    return Paid(kinds.count(Done), kinds.count(Declined) + kinds.count(Impossible), later)


class ClaimedPayments(NamedTuple):
    setup: Setup
    operations: Sequence[Operation]
    holds: Mapping[str, Operation]


def _claimed(store: Store, clinic: str) -> ClaimedPayments | None:
    with store.read(clinic) as work:
        if not anything_to_pay(work):
            return None

    def take(work: Work) -> ClaimedPayments:
        operations = claim_operations(work, work.now() + LEASE, BATCH)
        holds = operations_by_id(work, {one.hold for one in operations})
        return ClaimedPayments(payment_setup(work), operations, {hold.id: hold for hold in holds})

    batch = store.write(clinic, take)
    return batch if batch.operations else None


def _carried_out(
    port: PaymentProvider | None, setup: Setup, operations: Sequence[Operation], holds: Mapping[str, Operation]
) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for one in operations:
        if port is None:
            outcomes[one.id] = TryAgain("The worker has no key of the name that Setup gives.")
            continue
        outcomes[one.id] = _asked(port, _request(setup, one, holds[one.hold]))
    return outcomes


def _asked(port: PaymentProvider, request: Request) -> Outcome:
    try:
        return port.carry_out(request)
    except Exception as error:  # noqa: BLE001  (whatever went wrong, it may have been done)
        _log.warning("payment %s failed: %s", request.operation, type(error).__name__)
        return TryAgain(f"Paying stopped with {type(error).__name__}.")


def _request(setup: Setup, one: Operation, hold: Operation) -> Request:
    return Request(
        kind=one.kind,
        operation=one.id,
        key=one.key,
        cents=one.cents,
        reference="" if one.kind is OperationKind.AUTHORISE else hold.provider_reference,
        customer=setup.customer,
        payment_method=setup.payment_method,
        pharmacy_order=one.pharmacy_order,
        made_at=one.made_at,
        again=one.tries > 1,
    )


def record_outcomes(work: Work, outcomes: Mapping[str, Outcome]) -> None:
    """What came of operations that were being carried out; those settled meanwhile by somebody else stay as they are.

    A hold that turned out to have lapsed is made anew where something still needs it.
    """
    operations = [one for one in operations_by_id(work, outcomes) if one.state is OperationState.SENDING]
    for one in operations:
        _record(work, one, outcomes[one.id])
    save_operations(work, operations)
    gone = [one for one in operations if isinstance(outcomes[one.id], Lapsed)]
    if gone:
        lapse(work, [one.hold for one in gone], "The hold ran out at the bank before anything was taken from it.")


def _record(work: Work, one: Operation, outcome: Outcome) -> None:
    one.lease_until = None
    match outcome:
        case Done(reference, lapses_at):
            one.state, one.done_at, one.lapses_at = OperationState.DONE, work.now(), lapses_at
            one.provider_reference, one.code, one.message = reference, "", ""
        case Declined(code, message):
            one.state, one.code, one.message = OperationState.DECLINED, code, message
        case Impossible(code, message):
            one.state, one.code, one.message = OperationState.FAILED, code, message
        case Lapsed(message):
            one.state, one.code, one.message = OperationState.WAITING, "lapsed", message
        case TryAgain(message, answered):
            one.state, one.code, one.message = OperationState.WAITING, "try_again", message
            one.next_try_at = work.now() + min(_FIRST_WAIT * 2 ** min(one.tries - 1, 20), _LONGEST_WAIT)
            one.generation += int(answered)


def lapse(work: Work, holds: Sequence[str], message: str) -> None:
    """These holds are gone: what was still to follow on them is withdrawn, and what is still needed is made anew."""
    checkouts = set()
    known = operations_by_id(work, holds)
    for hold in known:
        hold.state, hold.code, hold.message = OperationState.LAPSED, "lapsed", message
        checkouts.add(hold.checkout)
    save_operations(work, known)
    withdraw(work, [hold.id for hold in known])
    settle(work, checkouts)


def _renew(store: Store, clinic: str) -> None:
    """Holds that run out soon: what is due is taken from them, and the rest authorised anew."""
    with store.read(clinic) as work:
        if not lapsing_holds(work, LAPSE_NOTICE):
            return

    def renew(work: Work) -> None:
        holds = lapsing_holds(work, LAPSE_NOTICE)
        settle(work, {hold.checkout for hold in holds}, [hold.id for hold in holds])

    store.write(clinic, renew)
