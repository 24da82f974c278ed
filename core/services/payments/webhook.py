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
from datetime import UTC, datetime, timedelta
from email.message import Message
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
from core.domain.payments.operations import HOLD_LASTS, Kind, Operation, State
from core.services.partners.pushes import Said
from core.services.payments.execution import lapse

_log = logging.getLogger(__name__)
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
    given = [value.strip() for name, _, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
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
    store: Store,
    clinic: str,
    headers: Message | Mapping[str, str],
    body: bytes,
    secret_of: Callable[[str], str | None] = secret,
) -> Said:
    """Take a push of Stripe's in. Nobody is told whether the clinic exists. Raises Unavailable."""
    stranger = Said(401, {"error": "The signature is not one that is known here."})
    if clinic not in store.clinics():
        return stranger
    with store.read(clinic) as work:
        setup = payment_setup(work)
    if not setup.webhook_key_name:
        return stranger
    if (password := secret_of(setup.webhook_key_name)) is None:
        _log.warning("a payment event of %s is turned away: %s is not set", clinic, setup.webhook_key_name)
        return Said(503, {"error": "Pushes cannot be checked here for now."})
    try:
        event = verify(body, headers.get("Stripe-Signature") or "", password, store.clock())
    except Refused:
        return stranger
    return Said(200, {"outcome": apply_event(store, clinic, event)})


def apply_event(store: Store, clinic: str, event: Mapping[str, Any]) -> str:
    """Take a verified event in, once; what became of it: ``duplicate``, ``ignored``, ``known``, ``done``, ``lapsed``,
    ``failed``, or ``misfit`` for what nobody here asked for."""

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
        takes = _TAKEN.get(kept["type"])
        outcome = takes(work, about) if takes else "ignored"
        keep_event(work, kept | {"outcome": outcome})
        return outcome

    return store.write(clinic, take_in)


def _authorised(work: Work, intent: Mapping[str, Any]) -> str:
    one = _asked_for(work, intent, Kind.AUTHORISE)
    if one is None:
        return "misfit"
    if one.state is not State.WAITING:
        return "known"
    one.lapses_at = work.now() + HOLD_LASTS  # the event does not say when; this is early rather than late
    return _finish(work, one, str(intent.get("id", "")))


def _captured(work: Work, intent: Mapping[str, Any]) -> str:
    ends = _ends(work, intent, Kind.CAPTURE)
    if not ends or ends[-1].cents != intent.get("amount_received"):
        return "misfit"
    return _finish(work, ends[-1], str(intent.get("id", ""))) if ends[-1].state is State.WAITING else "known"


def _cancelled(work: Work, intent: Mapping[str, Any]) -> str:
    hold = by_reference(work, str(intent.get("id", "")))
    if hold is None:
        return "misfit"
    if hold.state is not State.DONE:
        return "known"
    releases = _ends(work, intent, Kind.RELEASE)
    if releases:
        return _finish(work, releases[-1], hold.provider_reference) if releases[-1].state is State.WAITING else "known"
    lapse(work, [hold.id], "The hold was canceled at Stripe, or ran out at the bank.")
    return "lapsed"


def _refund_failed(work: Work, refund: Mapping[str, Any]) -> str:
    one = _asked_for(work, refund, Kind.REFUND)
    if one is None:
        return "misfit"
    one.state, one.code = State.FAILED, str(refund.get("failure_reason") or "refund_failed")
    one.message = "The bank sent the refund back."
    save_operations(work, [one])
    return "failed"


def _misfit(work: Work, about: Mapping[str, Any]) -> str:
    return "misfit"


_TAKEN: Final[Mapping[str, Callable[[Work, Mapping[str, Any]], str]]] = {
    "payment_intent.amount_capturable_updated": _authorised,
    "payment_intent.succeeded": _captured,
    "payment_intent.canceled": _cancelled,
    "refund.failed": _refund_failed,
    "charge.dispute.created": _misfit,
}


def _asked_for(work: Work, thing: Mapping[str, Any], kind: Kind) -> Operation | None:
    """The operation that the thing at Stripe carries the id of."""
    named = str((thing.get("metadata") or {}).get("operation", ""))
    return next((one for one in operations_by_id(work, [named]) if one.kind is kind), None)


def _ends(work: Work, intent: Mapping[str, Any], kind: Kind) -> list[Operation]:
    hold = by_reference(work, str(intent.get("id", "")))
    if hold is None:
        return []
    mine = [one for one in operations_of(work, hold.checkout) if one.hold == hold.id and one.kind is kind]
    return [one for one in mine if one.state is not State.WITHDRAWN]


def _finish(work: Work, one: Operation, reference: str) -> str:
    one.state, one.done_at, one.provider_reference, one.code, one.message = State.DONE, work.now(), reference, "", ""
    save_operations(work, [one])
    return "done"
