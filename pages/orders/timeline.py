"""What was reported of a line, attempt by attempt: implied steps and unmatched events are marked."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from core.adapters.store.order_views import HistoryRow
from core.domain.context import Context
from core.domain.orders.records import EventOutcome
from core.services.orders.views import LineDetail
from core.services.partners.submissions import BY
from pages.orders.line_states import STATE_BADGES, S, status_words
from pages.shared.formats import listed, moment, pharmacy_name, plain
from pages.shared.layout import open_expander
from pages.shared.session import Session
from pages.shared.tables import Row, table


def timeline(session: Session, detail: LineDetail, context: Context) -> None:
    """Every entry with its time in the clinic's zone; the same as a table one click away."""
    zone = context.clinic.time_zone
    waiting = {misfit.event for misfit in detail.unmatched}
    st.markdown("**Timeline**")
    with st.container(gap="xsmall"):
        attempt = None
        for entry in detail.history:
            if entry.attempt != attempt and len(detail.attempts) > 1:
                attempt = entry.attempt
                st.caption(f"Attempt {attempt} · {plain(pharmacy_name(entry.pharmacy, context))}")
            _entry(entry, zone, entry.event in waiting)
    if expander := open_expander("Timeline as a table", key="orders_timeline", icon=":material/table:"):
        with expander:
            rows = [_row(entry, zone, entry.event in waiting) for entry in detail.history]
            table(rows, name="timeline", alt=f"Timeline of {detail.line.reference}", session=session)


def _entry(entry: HistoryRow, zone: str, waits: bool) -> None:
    badge = STATE_BADGES[S(entry.status)] if entry.status in set(S) else None
    icon = ":material/rule:" if entry.outcome is EventOutcome.UNMATCHED or badge is None else badge.icon
    by = "" if entry.recorded_by == BY else f" · {plain(entry.recorded_by)}"
    parts = [f"{icon} **{plain(status_words(entry.status))}** · {plain(moment(entry.at, zone))}{by}"]
    if mark := _mark(entry, waits):
        parts.append(f":{'orange' if waits else 'gray'}-badge[{mark}]")
    st.markdown(" ".join(parts))
    for text in _details(entry):
        st.caption(plain(text))


def _mark(entry: HistoryRow, waits: bool) -> str:
    if entry.outcome is EventOutcome.UNMATCHED:
        return "unmatched" if waits else "unmatched, resolved"
    return "late: history only" if entry.outcome is EventOutcome.HISTORY else ""


def _details(entry: HistoryRow) -> Iterator[str]:
    if entry.reason:
        yield f"“{entry.reason}”"
    if entry.tracking:
        yield f"Tracking {entry.tracking}"
    if entry.implied:
        yield f"Implies: {listed([status_words(state).lower() for state in entry.implied])}"
    if entry.note:
        yield entry.note


def _row(entry: HistoryRow, zone: str, waits: bool) -> Row:
    return {
        "Time": moment(entry.at, zone),
        "Status": status_words(entry.status),
        "Attempt": entry.attempt,
        "Pharmacy": entry.pharmacy,
        "Message": entry.reason or None,
        "Tracking": entry.tracking or None,
        "Implied": ", ".join(entry.implied) or None,
        "Mark": _mark(entry, waits) or None,
        "Note": entry.note or None,
        "Recorded": moment(entry.recorded_at, zone),
        "By": entry.recorded_by,
    }
