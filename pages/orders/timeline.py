"""What was said of a line, attempt by attempt: implied steps and events that did not fit are marked."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from core.adapters.store.order_views import HistoryRow
from core.domain.context import Context
from core.domain.orders.records import Outcome
from core.services.orders.views import LineDetail
from core.services.partners.worker import BY
from pages.orders.line_states import LOOKS, S, status_words
from pages.shared.formats import listed, moment, plain
from pages.shared.session import Session
from pages.shared.tables import Row, table


def timeline(session: Session, detail: LineDetail, context: Context) -> None:
    """Every entry with its time in the clinic's zone; the same as a table one click away."""
    zone = context.clinic.time_zone
    waiting = {misfit.event for misfit in detail.misfits}
    st.markdown("**Timeline**")
    with st.container(gap="xsmall"):
        attempt = None
        for entry in detail.history:
            if entry.attempt != attempt and len(detail.attempts) > 1:
                attempt = entry.attempt
                pharmacy = context.pharmacies.get(entry.pharmacy)
                st.caption(f"Attempt {attempt} · {plain(pharmacy.name if pharmacy else entry.pharmacy)}")
            _entry(entry, zone, entry.event in waiting)
    behind = st.expander("As a table", icon=":material/table:", key="orders_timeline", on_change="rerun")
    if behind.open:
        with behind:
            rows = [_row(entry, zone, entry.event in waiting) for entry in detail.history]
            table(rows, name="timeline", alt=f"Timeline of {detail.line.reference}", session=session)


def _entry(entry: HistoryRow, zone: str, waits: bool) -> None:
    look = LOOKS[S(entry.status)] if entry.status in set(S) else None
    icon = ":material/rule:" if entry.outcome is Outcome.MISFIT or look is None else look.icon
    said = [f"{icon} **{plain(status_words(entry.status))}** · {plain(moment(entry.at, zone))}{_by(entry)}"]
    if mark := _mark(entry, waits):
        color = "orange" if waits else "gray"
        said.append(f":{color}-badge[{mark}]")
    st.markdown(" ".join(said))
    for text in _details(entry):
        st.caption(plain(text))


def _by(entry: HistoryRow) -> str:
    return "" if entry.recorded_by == BY else f" · {plain(entry.recorded_by)}"


def _mark(entry: HistoryRow, waits: bool) -> str:
    if entry.outcome is Outcome.MISFIT:
        return "did not fit" if waits else "did not fit, settled"
    return "came late: history only" if entry.outcome is Outcome.HISTORY else ""


def _details(entry: HistoryRow) -> Iterator[str]:
    if entry.reason:
        yield f"“{entry.reason}”"
    if entry.tracking:
        yield f"Tracking {entry.tracking}"
    if entry.implied:
        yield f"Implied by this: {listed([status_words(state).lower() for state in entry.implied])}"
    if entry.note:
        yield entry.note


def _row(entry: HistoryRow, zone: str, waits: bool) -> Row:
    return {
        "At": moment(entry.at, zone),
        "State": status_words(entry.status),
        "Attempt": entry.attempt,
        "Pharmacy": entry.pharmacy,
        "Reason": entry.reason or None,
        "Tracking": entry.tracking or None,
        "Implied": ", ".join(entry.implied) or None,
        "Mark": _mark(entry, waits) or None,
        "Note": entry.note or None,
        "Recorded": moment(entry.recorded_at, zone),
        "By": entry.recorded_by,
    }
