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
    anything_to_pay,
    claim_operations,
    lapsing_holds,
    operations_by_id,
    payment_setup,
    save_operations,
    settle,
    withdraw,
)
from core.domain.payments.operations import Operation, OperationKind, OperationState, Setup
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


def carry_out_payments(store: Store, clinic: str, providers: Providers = provider_of) -> Paid:
    """Everything that is due at the clinic's provider; what it came to."""
    total = Paid()
    _renew(store, clinic)
    while batch := _claimed(store, clinic):
        outcomes = _carried_out(providers(batch.setup), batch)
        store.write(clinic, partial(record_outcomes, outcomes=outcomes))
        total = Paid(*(sum(pair) for pair in zip(total, _counted(outcomes), strict=True)))
    return total


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
        holds = operations_by_id(work, {operation.hold for operation in operations})
        return ClaimedPayments(payment_setup(work), operations, {hold.id: hold for hold in holds})

    batch = store.write(clinic, take)
    return batch if batch.operations else None


def _carried_out(provider: PaymentProvider | None, batch: ClaimedPayments) -> dict[str, Outcome]:
    if provider is None:
        no_key = TryAgain("The worker has no key of the name that Setup gives.")
        return dict.fromkeys((operation.id for operation in batch.operations), no_key)
    requests = (_request(batch.setup, each, batch.holds[each.hold]) for each in batch.operations)
    return {request.operation: _outcome(provider, request) for request in requests}


def _outcome(provider: PaymentProvider, request: Request) -> Outcome:
    try:
        return provider.carry_out(request)
    except Exception as error:  # noqa: BLE001  (whatever went wrong, it may have been done)
        _log.warning("payment %s failed: %s", request.operation, type(error).__name__)
        return TryAgain(f"Paying stopped with {type(error).__name__}.")


def _request(setup: Setup, operation: Operation, hold: Operation) -> Request:
    return Request(
        kind=operation.kind,
        operation=operation.id,
        key=operation.key,
        cents=operation.cents,
        reference="" if operation.kind is OperationKind.AUTHORISE else hold.provider_reference,
        customer=setup.customer,
        payment_method=setup.payment_method,
        pharmacy_order=operation.pharmacy_order,
        made_at=operation.made_at,
        is_retry=operation.tries > 1,
    )


def record_outcomes(work: Work, outcomes: Mapping[str, Outcome]) -> None:
    """What came of operations that were being carried out; those settled meanwhile by somebody else stay as they are.

    A hold that turned out to have lapsed is made anew where something still needs it.
    """
    operations = [each for each in operations_by_id(work, outcomes) if each.state is OperationState.SENDING]
    for operation in operations:
        _record(work, operation, outcomes[operation.id])
    save_operations(work, operations)
    if lapsed := [each.hold for each in operations if isinstance(outcomes[each.id], Lapsed)]:
        lapse(work, lapsed, "The hold ran out at the bank before anything was taken from it.")


def _record(work: Work, operation: Operation, outcome: Outcome) -> None:
    operation.lease_until = None
    match outcome:
        case Done(reference, lapses_at):
            operation.state, operation.done_at, operation.lapses_at = OperationState.DONE, work.now(), lapses_at
            operation.provider_reference, operation.code, operation.message = reference, "", ""
        case Declined(code, message):
            operation.state, operation.code, operation.message = OperationState.DECLINED, code, message
        case Impossible(code, message):
            operation.state, operation.code, operation.message = OperationState.FAILED, code, message
        case Lapsed(message):
            operation.state, operation.code, operation.message = OperationState.WAITING, "lapsed", message
        case TryAgain(message, answered):
            operation.state, operation.code, operation.message = OperationState.WAITING, "try_again", message
            operation.next_try_at = work.now() + min(_FIRST_WAIT * 2 ** min(operation.tries - 1, 20), _LONGEST_WAIT)
            operation.generation += int(answered)


def lapse(work: Work, holds: Sequence[str], message: str) -> None:
    """These holds are gone: what was still to follow on them is withdrawn, and what is still needed is made anew."""
    lapsed = operations_by_id(work, holds)
    for hold in lapsed:
        hold.state, hold.code, hold.message = OperationState.LAPSED, "lapsed", message
    save_operations(work, lapsed)
    withdraw(work, [hold.id for hold in lapsed])
    settle(work, {hold.checkout for hold in lapsed})


def _renew(store: Store, clinic: str) -> None:
    """Holds that run out soon: what is due is taken from them, and the rest authorised anew."""
    with store.read(clinic) as work:
        if not lapsing_holds(work, LAPSE_NOTICE):
            return

    def renew(work: Work) -> None:
        holds = lapsing_holds(work, LAPSE_NOTICE)
        settle(work, {hold.checkout for hold in holds}, [hold.id for hold in holds])

    store.write(clinic, renew)
