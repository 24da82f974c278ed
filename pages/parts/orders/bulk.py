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
from pages.parts.orders.acting import ACTS, CANCELLING, RESOLUTIONS
from pages.parts.session import Session
from pages.parts.tables import Row, table
from pages.parts.words import count, money

RESULTS = "orders_bulk_results"
SAME = "The pharmacy each was at"


class Bulk(NamedTuple):
    """What may be done to many lines: the press that each gets, in whose words, and whether it needs a reason."""

    press: OrderAction
    name: str
    button: str
    does: str
    reason: bool = True
    refund_all: bool = False


RESUBMIT: Final = Bulk(
    OrderAction.RESUBMIT,
    "Resubmit",
    "Resubmit what can go of",
    "Each goes as a new attempt, unless a finding stops it or it would cost more than before. Those refused together "
    "with another line usually go as they are.",
    reason=False,
)
CANCEL: Final = Bulk(
    OrderAction.ASK_TO_CANCEL, "Ask to cancel", "Ask the pharmacies to cancel", ACTS[OrderAction.ASK_TO_CANCEL].does
)
BULK: Final[Mapping[Queue, tuple[Bulk, ...]]] = {
    Queue.REJECTED: (RESUBMIT,),
    Queue.UNKNOWN: (
        Bulk(OrderAction.ACKNOWLEDGED, "They have them", "Record as received:", ACTS[OrderAction.ACKNOWLEDGED].does),
        Bulk(
            OrderAction.NOT_RECEIVED,
            "They do not have them",
            "Record as not received:",
            ACTS[OrderAction.NOT_RECEIVED].does,
        ),
    ),
    Queue.ON_HOLD: (CANCEL,),
    Queue.STALLED: (CANCEL,),
    Queue.MISFITS: (
        Bulk(
            OrderAction.SETTLE_UNMATCHED, "Settle", "Settle what did not fit:", ACTS[OrderAction.SETTLE_UNMATCHED].does
        ),
    ),
    Queue.CANCEL_REQUESTS: (
        Bulk(
            OrderAction.CONFIRM_CANCELLED,
            "They are cancelled",
            "Record as cancelled:",
            ACTS[OrderAction.CONFIRM_CANCELLED].does,
        ),
        Bulk(
            OrderAction.REFUSE_CANCEL, "They go on", "Record that they go on with", ACTS[OrderAction.REFUSE_CANCEL].does
        ),
    ),
    Queue.RETURNED: (
        Bulk(
            OrderAction.REFUND,
            "No refund",
            "Record no refund for",
            "Nothing is given back; the lines can be resubmitted.",
        ),
        Bulk(
            OrderAction.REFUND,
            "Full refund",
            "Refund all that was captured for",
            "All that was captured for each line is given back; the lines can be resubmitted.",
            refund_all=True,
        ),
    ),
}
"""What may be done to many lines of a queue at once."""


def bulk(session: Session, queue: Queue, references: Sequence[str], context: Context) -> None:
    """What may be done to the ticked lines; nothing is done before the button that says how many."""
    choices = BULK[queue]
    if not references:
        names = " or ".join(choice.name.lower() for choice in choices)
        st.caption(f"Tick lines to do several at once: {names}.")
        return
    with st.container(border=True):
        chosen = _chosen(queue, choices)
        st.markdown(chosen.does)
        with st.form(f"orders_bulk_{queue}_{chosen.name}", border=False):
            pharmacy = _pharmacy(context) if chosen.press is OrderAction.RESUBMIT else None
            reason = _reason(queue, chosen) if chosen.reason else ""
            if st.form_submit_button(f"{chosen.button} {count(len(references), 'line')}", type="primary"):
                _do(session, chosen, references, partial(_press, session, chosen, reason, pharmacy))
                st.rerun()


def _chosen(queue: Queue, choices: Sequence[Bulk]) -> Bulk:
    if len(choices) == 1:
        return choices[0]
    names = [choice.name for choice in choices]
    name = st.pills("With the ticked lines", names, default=names[0], key=f"orders_bulk_choice_{queue}", required=True)
    return choices[names.index(name)] if name in names else choices[0]


def _pharmacy(context: Context) -> str | None:
    names = {code: pharmacy.name for code, pharmacy in sorted(context.pharmacies.items())}
    to = st.selectbox(
        "To", [SAME, *names], format_func=lambda code: names.get(code, code), key="orders_bulk_to", width=320
    )
    return to if to in names else None


def _reason(queue: Queue, chosen: Bulk) -> str:
    typed = st.text_input(
        "Reason", key=f"orders_bulk_reason_{queue}_{chosen.name}", max_chars=500,
        placeholder="Kept with each of them, for the next person",
    )  # fmt: skip
    return typed or ""


def _do(session: Session, chosen: Bulk, references: Sequence[str], press: Callable[[str], str]) -> None:
    said: list[Row] = []
    st.session_state[RESULTS] = said
    progress = st.progress(0.0, chosen.name)
    for number, reference in enumerate(references, 1):
        said.append({"Line": reference, **_result(press, reference)})
        progress.progress(number / len(references), f"{number} of {count(len(references), 'line')}")


def _result(press: Callable[[str], str], reference: str) -> dict[str, str]:
    try:
        return {"Result": "Done", "What": press(reference)}
    except Blocked as refusal:
        stopping = [finding.message for finding in refusal.findings if finding.severity is Severity.BLOCKING]
        return {"Result": "Not done", "What": " ".join(stopping) or str(refusal)}
    except Differs as refusal:
        return {"Result": "Not done", "What": f"{refusal} Open the line to do so."}
    except RefillDayError as refusal:
        return {"Result": "Not done", "What": str(refusal)}


def _press(session: Session, chosen: Bulk, reason: str, pharmacy: str | None, reference: str) -> str:
    """One line's press; what came of it."""
    where = (session.store, session.person, session.clinic)
    match chosen.press:
        case OrderAction.RESUBMIT:
            resubmit(*where, reference, pharmacy=pharmacy)
            return "A new attempt is on its way to the pharmacy."
        case OrderAction.ASK_TO_CANCEL:
            outcome = cancel(*where, reference, reason)
            return CANCELLING[CancelOutcome(outcome)]
        case OrderAction.REFUND:
            cents = line_detail(*where, reference).refundable_cents if chosen.refund_all else 0
            refund(*where, reference, cents, reason)
            return f"{money(cents)} refunded."
        case OrderAction.SETTLE_UNMATCHED:
            events = line_detail(*where, reference).unmatched
            for event in events:
                settle_unmatched(*where, event.event, reason)
            return f"{count(len(events), 'event')} settled."
        case _:
            resolve(*where, reference, RESOLUTIONS[chosen.press], reason)
            return f"Recorded: {chosen.name.lower()}."


def results(session: Session) -> None:
    """What became of the lines of the last press, until it is put away."""
    said: list[Row] = st.session_state.get(RESULTS, [])
    if not said:
        return
    done = sum(row["Result"] == "Done" for row in said)
    with st.container(border=True):
        st.markdown(f"**{done} of {count(len(said), 'line')} done**")
        table(said, name="bulk_results", alt="What became of each line", session=session)
        st.button("Put away", key="orders_bulk_done", on_click=st.session_state.pop, args=(RESULTS, None))
