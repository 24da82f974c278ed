"""Several refused lines sent again in one press: each that nothing stops, with a result for every line."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import Blocked, Differs, RefillDayError
from core.model import Severity
from core.tracking.recovery import resubmit
from pages.parts.session import Session
from pages.parts.tables import Row, table
from pages.parts.words import count

RESULTS = "orders_bulk_results"
SENT = "Resubmitted"


def resubmit_selected(session: Session, references: Sequence[str]) -> None:
    """The button, once lines are selected. What costs more than before is left for a person to confirm."""
    if not references:
        st.caption("Tick lines to resubmit several at once.")
        return
    pressed = st.button(
        f"Resubmit what can go of {count(len(references), 'line')}",
        key="orders_bulk",
        type="primary",
        icon=":material/send:",
        help="Each line goes to the pharmacy it was at, as a new attempt, unless a finding stops it or it would cost "
        "more than before. Those refused together with another line usually go as they are.",
    )
    if pressed:
        _resubmit(session, references)
        st.rerun()


def _resubmit(session: Session, references: Sequence[str]) -> None:
    said: list[Row] = []
    st.session_state[RESULTS] = said
    progress = st.progress(0.0, "Resubmitting")
    for number, reference in enumerate(references, 1):
        said.append({"Line": reference, **_result(session, reference)})
        progress.progress(number / len(references), f"{number} of {count(len(references), 'line')}")


def _result(session: Session, reference: str) -> dict[str, str]:
    try:
        resubmit(session.store, session.person, session.clinic, reference)
    except Blocked as refusal:
        stopping = [finding.message for finding in refusal.findings if finding.severity is Severity.BLOCKING]
        return {"Result": "Not sent", "Why": " ".join(stopping) or str(refusal)}
    except Differs as refusal:
        return {"Result": "Not sent", "Why": f"{refusal} Open the line to do so."}
    except RefillDayError as refusal:
        return {"Result": "Not sent", "Why": str(refusal)}
    return {"Result": SENT, "Why": "A new attempt is on its way to the pharmacy."}


def results(session: Session) -> None:
    """What became of the lines of the last press, until it is put away."""
    said: list[Row] = st.session_state.get(RESULTS, [])
    if not said:
        return
    sent = sum(row["Result"] == SENT for row in said)
    with st.container(border=True):
        st.markdown(f"**{sent} of {count(len(said), 'line')} resubmitted**")
        table(said, name="resubmitted", alt="What became of each line", session=session)
        st.button("Put away", key="orders_bulk_done", on_click=st.session_state.pop, args=(RESULTS, None))
