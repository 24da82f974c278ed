"""Several lines that wait for the same thing, done in one press, with a result for every line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import streamlit as st

from core.adapters.store.order_views import Queue
from core.domain.context import Context
from core.domain.errors import Blocked, Differs, RefillDayError
from core.domain.model import Severity
from core.services.orders.recovery import CancelOutcome, cancel, refund, resolve, resubmit, settle_unmatched
from core.services.orders.views import OrderAction, line_detail
from pages.orders.line_actions import CANCELLATIONS, LINE_ACTIONS, RESOLUTIONS
from pages.shared.filters import pharmacy_choice
from pages.shared.formats import count, money
from pages.shared.session import Session
from pages.shared.tables import Row, table

RESULTS = "orders_bulk_results"
SAME = "Same pharmacy as before"


class BulkAction(NamedTuple):
    """What may be done to many lines: the press that each gets, its name and button; ``does`` where it differs from
    what the press does to one line."""

    press: OrderAction
    name: str
    button: str
    does: str = ""
    reason: bool = True
    refund_all: bool = False


CANCEL: Final = BulkAction(OrderAction.ASK_TO_CANCEL, "Request cancellation", "Request cancellation of")
BULK_ACTIONS: Final[Mapping[Queue, tuple[BulkAction, ...]]] = {
    Queue.REJECTED: (
        BulkAction(
            OrderAction.RESUBMIT,
            "Resubmit",
            "Resubmit",
            "Each goes as a new attempt, unless a finding blocks it or it would cost more than before. Lines rejected "
            "only because of another line usually go through unchanged.",
            reason=False,
        ),
    ),
    Queue.UNKNOWN: (
        BulkAction(OrderAction.ACKNOWLEDGED, "Pharmacy has them", "Record as received:"),
        BulkAction(OrderAction.NOT_RECEIVED, "Pharmacy does not have them", "Record as not received:"),
    ),
    Queue.ON_HOLD: (CANCEL,),
    Queue.STALLED: (CANCEL,),
    Queue.MISFITS: (BulkAction(OrderAction.SETTLE_UNMATCHED, "Resolve", "Resolve the unmatched events of"),),
    Queue.CANCEL_REQUESTS: (
        BulkAction(OrderAction.CONFIRM_CANCELLED, "Cancellation confirmed", "Record as canceled:"),
        BulkAction(OrderAction.REFUSE_CANCEL, "Cancellation declined", "Record as declined:"),
    ),
    Queue.RETURNED: (
        BulkAction(
            OrderAction.REFUND,
            "No refund",
            "Record no refund for",
            "Nothing is refunded; the lines can be resubmitted.",
        ),
        BulkAction(
            OrderAction.REFUND,
            "Full refund",
            "Refund in full:",
            "Everything captured for each line is refunded; the lines can be resubmitted.",
            refund_all=True,
        ),
    ),
}
"""What may be done to many lines of a queue at once."""


def bulk(session: Session, queue: Queue, references: Sequence[str], context: Context) -> None:
    """What may be done to the selected lines; nothing is done before the button that says how many."""
    choices = BULK_ACTIONS[queue]
    if not references:
        names = " or ".join(choice.name.lower() for choice in choices)
        st.caption(f"Select lines to act on several at once: {names}.")
        return
    with st.container(border=True):
        chosen = _chosen(queue, choices)
        st.markdown(chosen.does or LINE_ACTIONS[chosen.press].does)
        with st.form(f"orders_bulk_{queue}_{chosen.name}", border=False):
            pharmacy = None
            if chosen.press is OrderAction.RESUBMIT:
                pharmacy = pharmacy_choice("Send to", context, SAME, key="orders_bulk_to", width=320)
            reason = _reason(queue, chosen) if chosen.reason else ""
            if st.form_submit_button(f"{chosen.button} {count(len(references), 'line')}", type="primary"):
                _do(chosen, references, partial(_press, session, chosen, reason, pharmacy))
                st.rerun()


def _chosen(queue: Queue, choices: Sequence[BulkAction]) -> BulkAction:
    if len(choices) == 1:
        return choices[0]
    names = [choice.name for choice in choices]
    name = st.pills("Action", names, default=names[0], key=f"orders_bulk_choice_{queue}", required=True)
    return choices[names.index(name)] if name in names else choices[0]


def _reason(queue: Queue, chosen: BulkAction) -> str:
    key = f"orders_bulk_reason_{queue}_{chosen.name}"
    return st.text_input("Reason", key=key, max_chars=500, placeholder="Kept in each line's history") or ""


def _do(chosen: BulkAction, references: Sequence[str], press: Callable[[str], str]) -> None:
    outcomes: list[Row] = []
    st.session_state[RESULTS] = outcomes
    progress = st.progress(0.0, chosen.name)
    for number, reference in enumerate(references, 1):
        outcomes.append({"Line": reference, **_result(press, reference)})
        progress.progress(number / len(references), f"{number} of {count(len(references), 'line')}")


def _result(press: Callable[[str], str], reference: str) -> dict[str, str]:
    try:
        return {"Result": "Done", "Details": press(reference)}
    except Blocked as refusal:
        blocking = [finding.message for finding in refusal.findings if finding.severity is Severity.BLOCKING]
        return {"Result": "Not done", "Details": " ".join(blocking) or str(refusal)}
    except Differs as refusal:
        return {"Result": "Not done", "Details": f"{refusal} Open the line to do so."}
    except RefillDayError as refusal:
        return {"Result": "Not done", "Details": str(refusal)}


def _press(session: Session, chosen: BulkAction, reason: str, pharmacy: str | None, reference: str) -> str:
    """One line's press; what came of it."""
    match chosen.press:
        case OrderAction.RESUBMIT:
            session.call(resubmit, reference, pharmacy=pharmacy)
            return "Resubmitted as a new attempt."
        case OrderAction.ASK_TO_CANCEL:
            return CANCELLATIONS[CancelOutcome(session.call(cancel, reference, reason))].capitalize()
        case OrderAction.REFUND:
            cents = session.call(line_detail, reference).refundable_cents if chosen.refund_all else 0
            session.call(refund, reference, cents, reason)
            return f"{money(cents)} refunded."
        case OrderAction.SETTLE_UNMATCHED:
            events = session.call(line_detail, reference).unmatched
            for event in events:
                session.call(settle_unmatched, event.event, reason)
            return f"{count(len(events), 'event')} resolved."
        case _:
            session.call(resolve, reference, RESOLUTIONS[chosen.press], reason)
            return f"Recorded: {chosen.name.lower()}."


def results(session: Session) -> None:
    """What became of the lines of the last press, until it is dismissed."""
    outcomes: list[Row] = st.session_state.get(RESULTS, [])
    if not outcomes:
        return
    done = sum(row["Result"] == "Done" for row in outcomes)
    with st.container(border=True):
        st.markdown(f"**{done} of {count(len(outcomes), 'line')} done**")
        table(outcomes, name="bulk_results", alt="Result for each line", session=session)
        st.button("Dismiss", key="orders_bulk_done", on_click=st.session_state.pop, args=(RESULTS, None))
