"""What an answer of the API means: taken, refused, lost, or certainly not sent. Pure.

The API has no key that would make sending twice harmless, so whatever does not say clearly what became of an order
leaves it unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, Final

from core.adapters.pharmacies.json_order.body import line_named
from core.domain.orders.book import RejectionMessage
from core.domain.partners.link import QuantityUnit, dispense_quantity
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged, Answer, Lost, NotSent, Rejected
from core.domain.text_limits import why_not_kept

MOST_BYTES: Final = 1_000_000
"""What is read of an answer."""
LONGEST_WORDS: Final = 1_000
TURNED_AWAY: Final[Mapping[int, str]] = {
    401: "The pharmacy does not know our credentials (401): check their name on Setup and the secret itself.",
    403: "The pharmacy does not let us in (403): check credentials and practice number.",
    404: "The pharmacy has no order API at this address (404): check the address on Setup.",
    405: "The pharmacy has no order API at this address (405): check the address on Setup.",
}
"""Answers by which nothing was looked at: the lines are fine, and are sent once the connection is put right."""
UNSURE: Final = frozenset({408, 409, 425})
"""Refusals that leave open whether the order, or an earlier one like it, is there."""


def answer_of(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    message: Message,
    now: datetime,
    unit: QuantityUnit = QuantityUnit.MEASURE,
) -> Answer:
    """What the pharmacy's answer to an order means; ``unit`` is what it counts."""
    data = _object(body)
    messages = messages_in(data)
    if 200 <= status < 300:
        return _accepted(status, data, messages, message, unit)
    if status == 429:
        patience = retry_after(headers.get("retry-after", ""), now)
        return NotSent("The pharmacy takes no more for now (429).", patience or timedelta(minutes=1))
    if status in UNSURE or not 400 <= status < 500:
        return Lost(_with(f"The pharmacy answered {status}; it may or may not have the order.", messages))
    if messages:
        return refused(messages, message)
    if status in TURNED_AWAY:
        return NotSent(TURNED_AWAY[status])
    return Rejected((RejectionMessage(f"The pharmacy refused the order ({status}) without saying why."),))


def _accepted(status: int, data: Any, messages: list[str], message: Message, unit: QuantityUnit) -> Answer:
    if isinstance(data, Mapping):
        if data.get("type") == "error" and messages:
            return refused(messages, message)
        if number := order_number(data):
            return Acknowledged(number, tuple(_short(data, message, unit)))
    return Lost(f"The pharmacy answered {status} without an order number; it may or may not have the order.")


def _short(data: Mapping[str, Any], message: Message, unit: QuantityUnit) -> Iterator[RejectionMessage]:
    """Lines whose quantity in the answer is smaller than what was sent: in their order, or by the number they got."""
    inner = data.get("data")
    rows = inner.get("rxs") if isinstance(inner, Mapping) else None
    if not isinstance(rows, list) or len(rows) != len(message.lines):
        return
    for row, line in zip(rows, message.lines, strict=True):
        ordered, accepted = dispense_quantity(line.sku, line.quantity, unit), _number(row)
        if accepted is not None and accepted < Decimal(ordered.number):
            yield RejectionMessage(f"The pharmacy took {accepted:f} of {ordered}.", line.reference)


def _number(row: Any) -> Decimal | None:
    """The quantity that a row names; None where it names none that can be read."""
    if not isinstance(row, Mapping) or not isinstance(row.get("quantity"), str | int | float):
        return None
    try:
        number = Decimal(str(row["quantity"]).strip()[:45])
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def refused(messages: list[str], message: Message) -> Rejected:
    """Its messages, each at the line that it names."""
    return Rejected(tuple(RejectionMessage(text, line_named(text, message.lines)) for text in messages))


def order_number(data: Mapping[str, Any]) -> str:
    """The pharmacy's own number of the order; empty where it gives none that can be kept."""
    inner = data.get("data")
    for holder in (inner, data):
        if isinstance(holder, Mapping):
            number = holder.get("orderId")
            if isinstance(number, str | int) and not isinstance(number, bool) and not why_not_kept(str(number)):
                return str(number)[:200]
    return ""


def messages_in(data: Any) -> list[str]:
    """A refusal's messages, as they can be kept: ``messages``, or ``errors`` with a field and a message each."""
    if not isinstance(data, Mapping):
        return []
    texts: list[str] = []
    for name in ("messages", "errors"):
        rows = data.get(name)
        texts += [_text(row) for row in rows] if isinstance(rows, list) else []
    if not texts and isinstance(single := data.get("message") or data.get("title"), str):
        texts = [single]
    return [text.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_WORDS] for text in texts[:50] if text]


def _text(row: Any) -> str:
    if isinstance(row, Mapping):
        return ": ".join(str(row[name]) for name in ("field", "message") if row.get(name))
    return row if isinstance(row, str) else ""


def _with(sentence: str, messages: list[str]) -> str:
    return f"{sentence} It said: {'; '.join(messages)}" if messages else sentence


def _object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def retry_after(text: str, now: datetime) -> timedelta | None:
    """How long a ``Retry-After`` header asks to wait: seconds, or a date. None for neither."""
    if text.strip().isdigit():
        return timedelta(seconds=min(int(text.strip()[:9]), 86_400))
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))
