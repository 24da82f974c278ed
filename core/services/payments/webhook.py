"""What Stripe tells of itself: its signature checked, and each event taken in once.

Events come late, twice and out of order. They tell nothing that the worker would not find out; they only tell it
sooner, or tell that somebody did something in Stripe's own screens.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.adapters.secrets import secret
from core.adapters.store import Store, Work
from core.adapters.store.payments import (
    by_reference,
    event_is_known,
    keep_event,
    operations_by_id,
    operations_of,
    payment_setup,
    save_operations,
)
from core.domain.errors import Refused
from core.domain.payments.operations import HOLD_LASTS, Operation, OperationKind, OperationState
from core.services.partners.pushes import PushResponse
from core.services.payments.execution import lapse

_log = logging.getLogger(__name__)
UNMATCHED: Final = "misfit"
"""The stored outcome of an event about something that nobody here asked for."""
TOLERANCE: Final = timedelta(minutes=5)
"""How old a signature may be: an older one may be a recording that somebody plays again."""


def verify(payload: bytes, signature: str, secret: str, now: datetime) -> Mapping[str, Any]:
    """The event, if Stripe signed it with ``secret`` within the last five minutes. Raises Refused otherwise.

    The header is ``t=SECONDS,v1=HEX``, with more than one ``v1`` while a secret is being replaced; what is signed is
    ``SECONDS.PAYLOAD`` with HMAC-SHA256.
    """
    parts = [part.partition("=") for part in signature.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t" and value.isascii() and value.isdigit()]
    if not secret or len(times) != 1 or len(times[0]) > 12:
        raise Refused("The webhook has no signature that can be checked.")
    expected = hmac.new(secret.encode(), times[0].encode() + b"." + payload, hashlib.sha256).hexdigest()
    digests = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(expected.encode(), digest.encode()) for digest in digests):
        raise Refused("The webhook's signature is not the one of this clinic's secret.")
    if abs(now - datetime.fromtimestamp(int(times[0]), UTC)) > TOLERANCE:
        raise Refused("The webhook was signed more than five minutes ago, or ahead of time.")
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        raise Refused("The webhook's body is not JSON.") from None
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise Refused("The webhook's body is not an event.")
    return event


def receive_payment(
    store: Store, clinic: str, headers: Mapping[str, str], body: bytes, secret_of: Callable[[str], str | None] = secret
) -> PushResponse:
    """Take a push of Stripe's in. Nobody is told whether the clinic exists. Raises Unavailable."""
    stranger = PushResponse(401, {"error": "The signature is not one that is known here."})
    if clinic not in store.clinics():
        return stranger
    with store.read(clinic) as work:
        setup = payment_setup(work)
    if not setup.webhook_key_name:
        return stranger
    if (password := secret_of(setup.webhook_key_name)) is None:
        _log.warning("a payment event of %s is turned away: %s is not set", clinic, setup.webhook_key_name)
        return PushResponse(503, {"error": "Pushes cannot be checked here for now."})
    try:
        event = verify(body, headers.get("Stripe-Signature") or "", password, store.clock())
    except Refused:
        return stranger
    return PushResponse(200, {"outcome": apply_event(store, clinic, event)})


def apply_event(store: Store, clinic: str, event: Mapping[str, Any]) -> str:
    """Take a verified event in, once; what became of it: ``duplicate``, ``ignored``, ``known``, ``done``, ``lapsed``,
    ``failed``, or UNMATCHED for what nobody here asked for."""

    def take_in(work: Work) -> str:
        about = (event.get("data") or {}).get("object") or {}
        kept = {
            "event": event["id"],
            "type": str(event.get("type", "")),
            "about": str(about.get("id", "")),
            "at": datetime.fromtimestamp(int(event.get("created") or 0), UTC),
            "received_at": work.now(),
        }
        if event_is_known(work, event["id"]):
            return "duplicate"
        handler = _HANDLERS.get(kept["type"])
        outcome = handler(work, about) if handler else "ignored"
        keep_event(work, kept | {"outcome": outcome})
        return outcome

    return store.write(clinic, take_in)


def _authorised(work: Work, intent: Mapping[str, Any]) -> str:
    operation = _requested(work, intent, OperationKind.AUTHORISE)
    if operation is None:
        return UNMATCHED
    lapses_at = work.now() + HOLD_LASTS  # the event does not say when; this is early rather than late
    return _finish(work, operation, str(intent.get("id", "")), lapses_at)


def _captured(work: Work, intent: Mapping[str, Any]) -> str:
    captures = _follow_ups(work, intent, OperationKind.CAPTURE)
    if not captures or captures[-1].cents != intent.get("amount_received"):
        return UNMATCHED
    return _finish(work, captures[-1], str(intent.get("id", "")))


def _cancelled(work: Work, intent: Mapping[str, Any]) -> str:
    hold = by_reference(work, str(intent.get("id", "")))
    if hold is None:
        return UNMATCHED
    if hold.state is not OperationState.DONE:
        return "known"
    releases = _follow_ups(work, intent, OperationKind.RELEASE)
    if releases:
        waits = releases[-1].state is OperationState.WAITING
        return _finish(work, releases[-1], hold.provider_reference) if waits else "known"
    lapse(work, [hold.id], "The hold was canceled at Stripe, or ran out at the bank.")
    return "lapsed"


def _refund_failed(work: Work, refund: Mapping[str, Any]) -> str:
    operation = _requested(work, refund, OperationKind.REFUND)
    if operation is None:
        return UNMATCHED
    operation.state, operation.code = OperationState.FAILED, str(refund.get("failure_reason") or "refund_failed")
    operation.message = "The bank sent the refund back."
    save_operations(work, [operation])
    return "failed"


def _unmatched(work: Work, about: Mapping[str, Any]) -> str:
    return UNMATCHED


_HANDLERS: Final[Mapping[str, Callable[[Work, Mapping[str, Any]], str]]] = {
    "payment_intent.amount_capturable_updated": _authorised,
    "payment_intent.succeeded": _captured,
    "payment_intent.canceled": _cancelled,
    "refund.failed": _refund_failed,
    "charge.dispute.created": _unmatched,
}


def _requested(work: Work, thing: Mapping[str, Any], kind: OperationKind) -> Operation | None:
    """The operation that the thing at Stripe carries the id of."""
    named = str((thing.get("metadata") or {}).get("operation", ""))
    return next((each for each in operations_by_id(work, [named]) if each.kind is kind), None)


def _follow_ups(work: Work, intent: Mapping[str, Any], kind: OperationKind) -> list[Operation]:
    hold = by_reference(work, str(intent.get("id", "")))
    if hold is None:
        return []
    follow_ups = [each for each in operations_of(work, hold.checkout) if (each.hold, each.kind) == (hold.id, kind)]
    return [each for each in follow_ups if each.state is not OperationState.WITHDRAWN]


def _finish(work: Work, operation: Operation, reference: str, lapses_at: datetime | None = None) -> str:
    if operation.state is not OperationState.WAITING:
        return "known"
    finished = replace(
        operation, state=OperationState.DONE, done_at=work.now(), provider_reference=reference, code="", message="",
        lapses_at=lapses_at or operation.lapses_at,
    )  # fmt: skip
    save_operations(work, [finished])
    return "done"
