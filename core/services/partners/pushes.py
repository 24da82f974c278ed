"""A push of a pharmacy taken in: believed, kept byte for byte, read, and applied, in one transaction."""

from __future__ import annotations

import hashlib
import logging
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.adapters.pharmacies.registry import adapter_of
from core.adapters.pharmacies.signatures import why_not_theirs
from core.adapters.secrets import secret
from core.adapters.store import Store, Work
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.partners import keep_push, links
from core.domain.orders.book import Event
from core.domain.partners.link import Authentication, Link
from core.domain.partners.protocol import PushContent, UnreadRow
from core.services.orders.events import apply_events
from core.services.partners.submissions import BY

UNREADABLE: Final = "unreadable"
"""What stands for the state in a row that says none: an unmatched event, for a person to see."""
STRANGER: Final = "The credentials are not this pharmacy's."

_log = logging.getLogger(__name__)


class PushResponse(NamedTuple):
    """The answer to a push: an HTTP status and a JSON object."""

    status: int
    answer: Mapping[str, Any]


def receive(
    store: Store,
    clinic: str,
    pharmacy: str,
    headers: Mapping[str, str],
    body: bytes,
    secret_of: Callable[[str], str | None] = secret,
) -> PushResponse:
    """Take a push in. Nobody is told whether clinic or pharmacy exist; ``headers`` ignore case.

    What comes with the right credentials is kept whatever it says; what does not is not. Raises Unavailable.
    """
    link, zone = _link(store, clinic, pharmacy)
    if link is None or link.push is Authentication.NONE:
        return PushResponse(401, {"error": STRANGER})
    if (password := secret_of(link.push_secret)) is None:
        _log.warning("a push of %s to %s is turned away: the secret %s is not set", pharmacy, clinic, link.push_secret)
        return PushResponse(503, {"error": "Pushes cannot be checked here for now."})
    if reason := why_not_theirs(link.push, password, headers, body, store.clock().timestamp()):
        return PushResponse(401, {"error": reason})
    content = adapter_of(link).read_push(body, zone, pharmacy)
    content_type = headers.get("Content-Type") or ""
    return store.write(clinic, lambda work: _take_in(work, pharmacy, content, content_type, body))


def _link(store: Store, clinic: str, pharmacy: str) -> tuple[Link | None, ZoneInfo]:
    with store.read(clinic) as work:
        link = links(work).get(pharmacy)
        zone = pharmacies_of(work)[pharmacy].time_zone if link else "UTC"
    return link, ZoneInfo(zone)


def _take_in(work: Work, pharmacy: str, content: PushContent, content_type: str, body: bytes) -> PushResponse:
    push, (events, unread, problem) = work.new_id(), content
    problem = problem or "; ".join(f"row {row} cannot be read: {why}" for row, why in unread)
    text, encoding = _kept(body)
    keep_push(
        work,
        {
            "id": push, "pharmacy": pharmacy, "received_at": work.now(), "content_type": _short(content_type),
            "encoding": encoding, "body": text, "events": len(events), "problem": problem,
        },
    )  # fmt: skip
    strays = [_stray(work, push, pharmacy, row, body) for row in unread]
    outcomes = Counter(outcome.value for outcome in apply_events(work, [*events, *strays], BY))
    if problem and not events:
        return PushResponse(400, {"error": problem, "push": push})
    return PushResponse(200, {"push": push, "events": len(events), "unread": len(unread), **outcomes})


def _stray(work: Work, push: str, pharmacy: str, unread: UnreadRow, body: bytes) -> Event:
    """A row that cannot be read, as work for a person; the same message again is the same event."""
    name = f"push {hashlib.sha256(body).hexdigest()[:32]} row {unread.row}"
    reason = f"Row {unread.row} of a message cannot be read: {unread.why}. The message is kept as {push}."
    return Event(name, f"push {push}", 1, UNREADABLE, work.now(), "", reason, pharmacy)


def _kept(body: bytes) -> tuple[str, str]:
    """The body as text that every store keeps, and how it is written."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return b64encode(body).decode(), "base64"
    return (b64encode(body).decode(), "base64") if "\0" in text else (text, "utf-8")


def _short(content_type: str) -> str:
    return content_type.encode("ascii", "replace").decode().replace("\0", "")[:100]
