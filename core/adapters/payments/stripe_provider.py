"""Stripe: card payments as PaymentIntents that are captured by hand, with Stripe's own library.

One intent is one hold. Requests carry idempotency keys, and the operation's id as metadata, so that what was asked can
be found again once Stripe has forgotten a key (after 24 hours) or has answered it with an error of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import stripe

from core.domain.payments.operations import HOLD_LASTS, Kind
from core.domain.payments.provider import Declined, Done, Impossible, Lapsed, Outcome, Request, TryAgain

TIMEOUT_SECONDS: Final = 20
_BEFORE: Final = timedelta(minutes=10)
"""How far the provider's clock may be behind when an intent is looked for."""
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripePort:
    """One clinic's account at Stripe. ``address`` is another server than Stripe's own, for tests."""

    def __init__(self, key: str, address: str | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": address} if address else None,
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
            max_network_retries=0,
        )

    def carry_out(self, request: Request) -> Outcome:
        """See ``PaymentPort``."""
        try:
            if request.again and (before := self._looked_up(request)):
                return before
            return _ASKED[request.kind](self, request)
        except stripe.StripeError as error:
            return self._answered(request, error)

    def _authorise(self, request: Request) -> Outcome:
        intent = self._client.v1.payment_intents.create(
            {
                "amount": request.cents,
                "currency": "usd",
                "customer": request.customer,
                "payment_method": request.payment_method,
                "allowed_payment_method_types": ["card"],
                "capture_method": "manual",
                "confirm": True,
                "off_session": True,
                "description": f"Pharmacy order {request.pharmacy_order}",
                "metadata": {"operation": request.operation, "pharmacy_order": request.pharmacy_order},
                "expand": ["latest_charge"],
            },
            {"idempotency_key": request.key},
        )
        return _authorised(intent)

    def _capture(self, request: Request) -> Outcome:
        intent = self._client.v1.payment_intents.capture(
            request.reference, {"amount_to_capture": request.cents}, {"idempotency_key": request.key}
        )
        return Done(intent.id)

    def _release(self, request: Request) -> Outcome:
        intent = self._client.v1.payment_intents.cancel(
            request.reference, {"cancellation_reason": "abandoned"}, {"idempotency_key": request.key}
        )
        return Done(intent.id)

    def _refund(self, request: Request) -> Outcome:
        refund = self._client.v1.refunds.create(
            {
                "payment_intent": request.reference,
                "amount": request.cents,
                "metadata": {"operation": request.operation},
            },
            {"idempotency_key": request.key},
        )
        return _refunded(refund)

    def _looked_up(self, request: Request) -> Outcome | None:
        """What is known at Stripe of a request whose answer was lost; None where there is nothing of it."""
        if request.kind is Kind.AUTHORISE:
            return self._found(request)
        if request.kind is Kind.REFUND:
            refunds = self._client.v1.refunds.list({"payment_intent": request.reference, "limit": 100})
            mine = [one for one in refunds.auto_paging_iter() if _operation(one) == request.operation]
            return _refunded(mine[0]) if mine else None
        return _ended(request, self._client.v1.payment_intents.retrieve(request.reference))

    def _found(self, request: Request) -> Outcome | None:
        since = int((request.made_at - _BEFORE).timestamp())
        found = self._client.v1.payment_intents.list(
            {
                "customer": request.customer,
                "created": {"gte": since},
                "limit": 100,
                "expand": ["data.latest_charge"],
            }
        )
        mine = [one for one in found.auto_paging_iter() if _operation(one) == request.operation]
        held = [one for one in mine if one.status in {"requires_capture", "succeeded"}]
        return _authorised(held[0]) if held else None

    def _answered(self, request: Request, error: stripe.StripeError) -> Outcome:
        """An error in our words. Its text may go on screen, so it is Stripe's own message or none."""
        said = error.user_message or type(error).__name__
        if isinstance(error, stripe.CardError):
            return Declined(error.code or "card_declined", said)
        if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
            return TryAgain("Stripe does not accept the key: look at Setup.")
        if isinstance(error, stripe.RateLimitError) or error.http_status in {None, 409, 429}:
            return TryAgain(f"Stripe could not be reached ({type(error).__name__}).")
        if (error.http_status or 0) >= 500:
            return TryAgain("Stripe answered with an error of its own.", answered=True)
        if error.code in _ENDED_ALREADY and request.kind in {Kind.CAPTURE, Kind.RELEASE}:
            return self._as_it_is(request)
        return Impossible(error.code or "refused", said)

    def _as_it_is(self, request: Request) -> Outcome:
        """A hold that was ended already: as we asked for it before, or by itself."""
        try:
            intent = self._client.v1.payment_intents.retrieve(request.reference)
        except stripe.StripeError as error:
            return TryAgain(f"Stripe could not be asked about the hold ({type(error).__name__}).")
        return _ended(request, intent) or Impossible(intent.status, "The hold is in no state to be ended.")


_ASKED: Final[Mapping[Kind, Callable[[StripePort, Request], Outcome]]] = {
    Kind.AUTHORISE: StripePort._authorise,
    Kind.CAPTURE: StripePort._capture,
    Kind.RELEASE: StripePort._release,
    Kind.REFUND: StripePort._refund,
}
_ENDED_ALREADY: Final = frozenset({"payment_intent_unexpected_state", "charge_expired_for_capture"})


def _operation(thing: Any) -> str | None:
    found: str | None = thing.metadata.to_dict().get("operation") if thing.metadata else None
    return found


def _authorised(intent: Any) -> Outcome:
    if intent.status in {"requires_capture", "succeeded"}:
        return Done(intent.id, _lapses_at(intent))
    if intent.status == "requires_action":
        return Declined("authentication_required", "The bank wants the cardholder to confirm this payment.")
    if intent.status == "processing":
        return TryAgain("Stripe is still working on it.")
    return Declined(str(intent.status), "The card was not authorized.")


def _lapses_at(intent: Any) -> datetime:
    charge = intent.latest_charge
    card = None if charge is None or isinstance(charge, str) else charge.payment_method_details.card
    before = getattr(card, "capture_before", None)
    if before is not None:
        return datetime.fromtimestamp(int(before), UTC)
    return datetime.fromtimestamp(int(intent.created), UTC) + HOLD_LASTS


def _ended(request: Request, intent: Any) -> Outcome | None:
    """Whether the hold has ended as it was asked to; None while it has not ended."""
    if intent.status == "succeeded":
        if request.kind is Kind.CAPTURE and intent.amount_received == request.cents:
            return Done(intent.id)
        return Impossible("captured", f"The hold was captured already, for {intent.amount_received} cents.")
    if intent.status == "canceled":
        return Done(intent.id) if request.kind is Kind.RELEASE else Lapsed("The hold ran out at the bank.")
    return None


def _refunded(refund: Any) -> Outcome:
    if refund.status in {"succeeded", "pending"}:
        return Done(refund.id)
    return Impossible(
        str(getattr(refund, "failure_reason", None) or refund.status), "The bank did not take the refund."
    )
