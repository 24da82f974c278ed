"""What a payment provider can be asked, and what it may answer. Adapters keep to this; nothing here has a network."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from core.domain.payments.operations import OperationKind


class Request(NamedTuple):
    """One operation as a provider needs it.

    ``key`` is its idempotency key, ``operation`` its id here, which the provider keeps with the payment. ``reference``
    is the provider's name of the hold, empty for an authorisation. ``is_retry`` says that it was asked before and
    that nobody knows what came of it: the adapter looks before it asks.
    """

    kind: OperationKind
    operation: str
    key: str
    cents: int
    reference: str
    customer: str
    payment_method: str
    pharmacy_order: str
    made_at: datetime
    is_retry: bool


class Done(NamedTuple):
    """It is done. ``lapses_at`` is when a hold runs out."""

    reference: str
    lapses_at: datetime | None = None


class Declined(NamedTuple):
    """The bank says no; a person has to do something about it."""

    code: str
    message: str


class Lapsed(NamedTuple):
    """The hold is gone: it ran out, or was cancelled at the provider."""

    message: str


class Impossible(NamedTuple):
    """The provider will never do this as it was asked."""

    code: str
    message: str


class TryAgain(NamedTuple):
    """It could not be reached, or does not know itself; nothing may be assumed.

    ``answered`` says that it did answer this key, so that the same key would only be answered the same again.
    """

    message: str
    answered: bool = False


Outcome = Done | Declined | Lapsed | Impossible | TryAgain


class PaymentProvider(Protocol):
    """A provider. It never raises: what goes wrong is an outcome."""

    def carry_out(self, request: Request) -> Outcome:
        """Do it, once for each key."""
        ...
