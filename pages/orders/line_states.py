"""Statuses of lines in words, with a sign and a color; the color never says anything alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from core.adapters.store.order_views import OrderRow
from core.domain.model import LineState, SubmissionState

S = LineState
Color = Literal["red", "orange", "blue", "green", "violet", "gray"]


class StateBadge(NamedTuple):
    """How a status is shown."""

    words: str
    icon: str
    color: Color


STATE_BADGES: Final[Mapping[LineState, StateBadge]] = {
    S.PLACED: StateBadge("Placed", ":material/schedule_send:", "gray"),
    S.SUBMITTED: StateBadge("Submitted", ":material/outgoing_mail:", "blue"),
    S.ACCEPTED: StateBadge("Accepted", ":material/thumb_up:", "blue"),
    S.ON_HOLD: StateBadge("On hold", ":material/pause_circle:", "orange"),
    S.COMPOUNDING: StateBadge("Compounding", ":material/science:", "violet"),
    S.SHIPPED: StateBadge("Shipped", ":material/local_shipping:", "violet"),
    S.DELIVERED: StateBadge("Delivered", ":material/check_circle:", "green"),
    S.REJECTED: StateBadge("Rejected", ":material/cancel:", "red"),
    S.RETURNED: StateBadge("Returned", ":material/undo:", "red"),
    S.CANCELLED: StateBadge("Canceled", ":material/block:", "gray"),
}
ALERT: Final = ":material/error:"


def state_sign(row: OrderRow) -> str:
    """The status with its sign, as the list shows it; an alert where something waits for a person."""
    waits = row.misfit or row.cancel_requested_at or _unconfirmed(row)
    return f"{ALERT if waits else STATE_BADGES[row.state].icon} {state_words(row)}"


def state_words(row: OrderRow) -> str:
    """The status in words, and what waits beside it."""
    beside = {
        "unconfirmed": _unconfirmed(row),
        "cancellation requested": row.cancel_requested_at is not None,
        "unmatched event": row.misfit,
    }
    return ", ".join([STATE_BADGES[row.state].words, *(text for text, waits in beside.items() if waits)])


def _unconfirmed(row: OrderRow) -> bool:
    return row.state is S.PLACED and row.submission_state is SubmissionState.UNKNOWN


def status_words(status: str) -> str:
    """A status in words; one that is none of ours stays as the pharmacy wrote it."""
    return STATE_BADGES[S(status)].words if status in set(S) else status
