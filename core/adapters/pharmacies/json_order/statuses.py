"""What is said of lines later, in the rows that pharmacies push or answer a poll with. Pure.

A pharmacy's word maps to a state by a table; a word that is not in it is kept as it was said and becomes an unmatched
event, for a person to see. It is never guessed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from core.adapters.files.cells import MOST_WHOLE
from core.domain.model import LineState
from core.domain.orders.book import Event
from core.domain.partners.protocol import PushContent, UnreadRow
from core.domain.text_limits import why_no_key, why_not_kept

S = LineState

STATUSES: Final[Mapping[LineState, tuple[str, ...]]] = {
    S.SUBMITTED: ("submitted", "received", "order received", "created", "queued", "new", "entered"),
    S.ACCEPTED: ("accepted", "approved", "verified", "in progress", "processing", "rx verified", "typed"),
    S.ON_HOLD: ("on hold", "hold", "pending", "pended", "awaiting clarification", "awaiting inventory", "rx issue"),
    S.COMPOUNDING: ("compounding", "filling", "in production", "in compounding", "filled", "quality control"),
    S.SHIPPED: ("shipping", "shipped", "in transit", "out for delivery", "rx shipped"),
    S.DELIVERED: ("delivered",),
    S.RETURNED: ("returned", "returned to sender", "return to sender", "undeliverable"),
    S.CANCELLED: ("cancelled", "canceled", "voided", "void", "rx canceled"),
    S.REJECTED: ("rejected", "denied", "declined", "refused", "fill denied"),
}
"""Every word of a pharmacy that is understood, by its state; case, hyphens and underscores do not matter."""

_STATE_OF: Final = {word: state for state, words in STATUSES.items() for word in words}


def state_word(status: str) -> str:
    """The state that a pharmacy's word stands for, or the word itself, folded."""
    folded = re.sub(r"[\s_-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", status.strip())).lower()
    state = _STATE_OF.get(folded)
    return state.value if state else folded


def rows_of(data: object) -> Sequence[object]:
    """The rows of a message: a list, one row alone, or an object that holds rows under a usual name."""
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping):
        inner = data.get("data")
        for holder in (data, inner if isinstance(inner, Mapping) else {}):
            for name in ("rxs", "events", "data", "prescriptions"):
                if isinstance(rows := holder.get(name), list):
                    return rows
    return [data]


def read_push(body: bytes, zone: ZoneInfo, pharmacy: str) -> PushContent:
    """The rows of a push's body, which is JSON."""
    try:
        return PushContent(*read_rows(json.loads(body), zone, pharmacy))
    except (ValueError, RecursionError):
        return PushContent(problem="The body is not JSON.")


def read_rows(data: object, zone: ZoneInfo, pharmacy: str) -> tuple[list[Event], list[UnreadRow]]:
    """The events of a message, and the rows that hold none. An instant without a zone is in the pharmacy's."""
    events: list[Event] = []
    unread: list[UnreadRow] = []
    for number, row in enumerate(rows_of(data), 1):
        problem = next(_problems(row, zone), None)
        if problem is not None or not isinstance(row, Mapping):
            unread.append(UnreadRow(number, problem or "is not a JSON object"))
        else:
            events.append(_event(row, zone, pharmacy))
    return events, unread


def _problems(row: object, zone: ZoneInfo) -> Iterator[str]:
    if not isinstance(row, Mapping):
        yield "is not a JSON object"
        return
    for name, texts in _FIELDS.items():
        value = _cell(row, *texts)
        if value is None and name in _NEEDED:
            yield f"{texts[0]} is missing"
        elif (value is not None and not isinstance(value, str | int)) or isinstance(value, bool):
            yield f"{texts[0]} is not text"
        elif value is not None and (wrong := (why_no_key if name in _KEYS else why_not_kept)(str(value))):
            yield f"{texts[0]} {wrong}"
    if _line(row) is None:
        yield "foreignRxNumber is not the number that we gave"
    if instant(_cell(row, *_FIELDS["at"]), zone) is None:
        yield "rxStatusDateTime is not an instant"


_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "line": ("foreignRxNumber", "foreign_rx_number"),
    "status": ("rxStatus", "rx_status", "status"),
    "at": ("rxStatusDateTime", "rx_status_date_time", "statusDateTime"),
    "id": ("eventId", "event_id", "id"),
    "tracking": ("trackingNumber", "tracking_number"),
    "reason": ("rxStatusReason", "reason", "statusReason", "notes"),
}
"""How pharmacies call what an event needs; the first name is the usual one."""
_NEEDED: Final = ("line", "status", "at")
_KEYS: Final = ("line", "status", "id", "tracking")


def _cell(row: Mapping[Any, Any], *names: str) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _line(row: Mapping[Any, Any]) -> tuple[str, int] | None:
    """A line and its attempt, from the number that it was given: ``RD-20261204-01/07/2``."""
    reference, slash, attempt = str(_cell(row, *_FIELDS["line"]) or "").rpartition("/")
    if not slash or not reference or not re.fullmatch(r"[0-9]{1,9}", attempt):
        return None
    return (reference, int(attempt)) if 1 <= int(attempt) <= MOST_WHOLE else None


def _event(row: Mapping[Any, Any], zone: ZoneInfo, pharmacy: str) -> Event:
    line, at = _line(row), instant(_cell(row, *_FIELDS["at"]), zone)
    if line is None or at is None:
        raise ValueError("a row is read after its problems")
    status, tracking = str(_cell(row, *_FIELDS["status"])), str(_cell(row, *_FIELDS["tracking"]) or "")
    return Event(
        id=str(_cell(row, *_FIELDS["id"]) or event_name(line, status, at)),
        reference=line[0],
        attempt=line[1],
        status=state_word(status),
        at=at,
        tracking=tracking,
        reason=str(_cell(row, *_FIELDS["reason"]) or ""),
        sender=pharmacy,
    )


def event_name(line: tuple[str, int], status: str, at: datetime) -> str:
    """The name of an event that came without one: the same news, pushed or polled, is the same event."""
    digest = hashlib.sha256(f"{line[0]}/{line[1]}\n{state_word(status)}\n{at.astimezone(UTC).isoformat()}".encode())
    return f"row-{digest.hexdigest()[:32]}"


def instant(value: object, zone: ZoneInfo) -> datetime | None:
    """An instant in ISO; without an offset it is in ``zone``. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not date.min.year < at.year < date.max.year:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
