"""States in words, with a sign and a color; the color never says anything alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from core.adapters.store.order_views import OrderRow
from core.domain.model import LineState, SubmissionState

S = LineState
Color = Literal["red", "orange", "blue", "green", "violet", "gray"]


class Look(NamedTuple):
    """How a state is shown."""

    words: str
    icon: str
    color: Color


LOOKS: Final[Mapping[LineState, Look]] = {
    S.PLACED: Look("Placed", ":material/schedule_send:", "gray"),
    S.SUBMITTED: Look("Submitted", ":material/outgoing_mail:", "blue"),
    S.ACCEPTED: Look("Accepted", ":material/thumb_up:", "blue"),
    S.ON_HOLD: Look("On hold", ":material/pause_circle:", "orange"),
    S.COMPOUNDING: Look("Compounding", ":material/science:", "violet"),
    S.SHIPPED: Look("Shipped", ":material/local_shipping:", "violet"),
    S.DELIVERED: Look("Delivered", ":material/check_circle:", "green"),
    S.REJECTED: Look("Rejected", ":material/cancel:", "red"),
    S.RETURNED: Look("Returned", ":material/undo:", "red"),
    S.CANCELLED: Look("Cancelled", ":material/block:", "gray"),
}
ALERT: Final = ":material/error:"


def sign(row: OrderRow) -> str:
    """The state with its sign, as the list shows it; an alert where something waits for a person."""
    waits = row.misfit or row.cancel_requested_at or _answer_lost(row)
    return f"{ALERT if waits else LOOKS[row.state].icon} {words(row)}"


def words(row: OrderRow) -> str:
    """The state in words, and what waits beside it."""
    beside = {
        "answer lost": _answer_lost(row),
        "cancel asked": row.cancel_requested_at is not None,
        "an event did not fit": row.misfit,
    }
    return ", ".join([LOOKS[row.state].words, *(text for text, so in beside.items() if so)])


def _answer_lost(row: OrderRow) -> bool:
    return row.state is S.PLACED and row.submission_state is SubmissionState.UNKNOWN


def status_words(status: str) -> str:
    """A state's words; what is no state of ours stays as it was said."""
    return LOOKS[S(status)].words if status in set(S) else status
