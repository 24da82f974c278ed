"""What a payment provider is asked to do, and what became of it: the vocabulary, without a store or a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple


class Method(StrEnum):
    """How a clinic pays. On account nothing leaves: the ledger is all there is."""

    ON_ACCOUNT = "on_account"
    STRIPE = "stripe"


class OperationKind(StrEnum):
    """``authorise`` makes a hold on the clinic's card; the others end one, or give back what was taken from it."""

    AUTHORISE = "authorise"
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"


class OperationState(StrEnum):
    """``declined`` and ``failed`` wait for a person; ``lapsed`` is a hold that ran out before anything was taken;
    ``withdrawn`` was never carried out and is no longer needed."""

    WAITING = "waiting"
    SENDING = "sending"
    DONE = "done"
    DECLINED = "declined"
    FAILED = "failed"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


OPEN: Final = frozenset(
    {OperationState.WAITING, OperationState.SENDING, OperationState.DECLINED, OperationState.FAILED}
)
"""Not carried out yet. An order with an authorisation in one of these is not sent to its pharmacy."""
HOLD_LASTS: Final = timedelta(days=5)
"""Of a hold whose end the provider does not name: the shortest of the card networks' for payments without the
cardholder."""
FOR_A_PERSON: Final = frozenset({OperationState.DECLINED, OperationState.FAILED})


@dataclass
class Operation:
    """One request to the provider about one pharmacy order.

    ``hold`` is the id of the authorisation that it belongs to, its own for an authorisation. ``generation`` is part of
    the idempotency key: it changes only when the provider has answered for good and it is to be asked afresh.
    """

    id: str
    checkout: str
    pharmacy_order: str
    kind: OperationKind
    cents: int
    hold: str
    state: OperationState
    made_at: datetime
    next_try_at: datetime
    tries: int = 0
    generation: int = 1
    lease_until: datetime | None = None
    done_at: datetime | None = None
    provider_reference: str = ""
    lapses_at: datetime | None = None
    code: str = ""
    message: str = ""

    @property
    def key(self) -> str:
        """The idempotency key: the same request again is the same payment."""
        return f"{self.id}-{self.generation}"


class Setup(NamedTuple):
    """How a clinic pays: ``customer`` and ``payment_method`` are the provider's ids, the others names of keys."""

    method: Method = Method.ON_ACCOUNT
    customer: str = ""
    payment_method: str = ""
    key_name: str = ""
    webhook_key_name: str = ""


class LedgerPosition(NamedTuple):
    """What the ledger says of a pharmacy order: authorised and not captured, and captured less refunded, in cents."""

    open_cents: int
    paid_cents: int
