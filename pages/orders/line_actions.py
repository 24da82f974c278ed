"""What a person may do to a line in words: the name of each action, what it will do, and its button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from core.services.orders.recovery import CancelOutcome, Resolution
from core.services.orders.views import OrderAction

EVENT: Final = "record an event"


class LineAction(NamedTuple):
    """An action as people see it: its name, what it will do, and its button."""

    name: str
    does: str
    button: str


LINE_ACTIONS: Final[Mapping[str, LineAction]] = {
    OrderAction.CANCEL: LineAction(
        "Cancel",
        "The line has not been sent yet. It is canceled at once, and its authorization is released.",
        "Cancel the line",
    ),
    OrderAction.ASK_TO_CANCEL: LineAction(
        "Request cancellation",
        "The pharmacy is asked to cancel. Status and payment change only when it confirms, or when somebody records "
        "its confirmation here.",
        "Request cancellation",
    ),
    OrderAction.CONFIRM_CANCELLED: LineAction(
        "Cancellation confirmed",
        "The pharmacy has confirmed. The line is canceled, and its money is released, or refunded if it was captured.",
        "Record as canceled",
    ),
    OrderAction.REFUSE_CANCEL: LineAction(
        "Cancellation declined",
        "The pharmacy does not cancel. The request is closed, and the line goes on as it is.",
        "Record as declined",
    ),
    OrderAction.ACKNOWLEDGED: LineAction(
        "Pharmacy has it",
        "The whole submission counts as received: its lines become submitted. Nothing is sent again.",
        "Record as received",
    ),
    OrderAction.NOT_RECEIVED: LineAction(
        "Pharmacy does not have it",
        "The whole submission counts as rejected: the money of its lines is released, and they can be resubmitted.",
        "Record as not received",
    ),
    OrderAction.RESUBMIT: LineAction("Fix and resubmit", "", ""),
    OrderAction.REFUND: LineAction(
        "Refund",
        "The amount goes back to the clinic, at most what was captured. Enter 0 to record that nothing is refunded.",
        "Record the refund",
    ),
    OrderAction.SETTLE_UNMATCHED: LineAction(
        "Resolve unmatched event",
        "Confirms that somebody has dealt with it. The event stays in the timeline, nothing else changes, and what it "
        "held back is sent.",
        "Resolve",
    ),
    EVENT: LineAction(
        "Record an event",
        "For what a pharmacy reports by phone, fax or mail. It counts as if the pharmacy had sent it; payment follows.",
        "Record the event",
    ),
}
CANCELLATIONS: Final = {
    CancelOutcome.CANCELLED: "canceled before it was sent.",
    CancelOutcome.REQUESTED: "cancellation requested.",
}
RESOLUTIONS: Final[Mapping[str, Resolution]] = {
    OrderAction.ACKNOWLEDGED: Resolution.ACKNOWLEDGED,
    OrderAction.NOT_RECEIVED: Resolution.REJECTED,
    OrderAction.CONFIRM_CANCELLED: Resolution.CANCELLED,
    OrderAction.REFUSE_CANCEL: Resolution.REJECTED,
}
