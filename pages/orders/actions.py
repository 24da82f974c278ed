"""What a person may do to a line: exactly what core allows in its status, each with its form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from core.adapters.store.order_views import HistoryRow
from core.domain.context import Context
from core.domain.model import LineState
from core.domain.money import cents_from
from core.domain.orders.book import Event
from core.domain.orders.records import EventOutcome
from core.domain.partners.adapter import Transmission
from core.services.orders.events import record_event
from core.services.orders.recovery import cancel, refund, resolve, settle_unmatched
from core.services.orders.views import LineDetail, OrderAction, strays
from core.services.partners.connections import connections
from pages.orders.line_actions import CANCELLATIONS, EVENT, LINE_ACTIONS, RESOLUTIONS
from pages.orders.line_states import STATE_BADGES
from pages.shared.formats import amount, moment, money, plain
from pages.shared.notices import attempt
from pages.shared.session import Session

REPORTABLE: Final = tuple(state for state in LineState if state is not LineState.PLACED)
"""What a pharmacy may report of a line."""
FIRST: Final = (OrderAction.RESUBMIT, OrderAction.SETTLE_UNMATCHED)
"""What opens by itself where it is allowed."""
OUTCOMES: Final = {
    EventOutcome.MOVED: "status updated.",
    EventOutcome.HISTORY: "kept in the history; the line was already past that.",
    EventOutcome.UNMATCHED: "kept, but it does not match the line's status: resolve it below.",
    EventOutcome.DUPLICATE: "already recorded.",
}


def action_choice(detail: LineDetail) -> str | None:
    """What somebody wants to do with the line."""
    allowed: list[str] = [*detail.actions, EVENT]
    return st.pills(
        "Actions",
        allowed,
        default=next((press for press in FIRST if press in detail.actions), None),
        format_func=lambda press: LINE_ACTIONS[press].name,
        key=f"orders_act_{detail.line.reference}_{detail.line.attempt}_{detail.line.state}",
    )


def action_form(session: Session, detail: LineDetail, context: Context, chosen: str) -> None:
    """What the action will do, and its form."""
    st.markdown(LINE_ACTIONS[chosen].does)
    if chosen == OrderAction.SETTLE_UNMATCHED:
        for misfit in detail.unmatched:
            resolve_form(session, misfit)
        return
    if chosen == OrderAction.ASK_TO_CANCEL:
        _phone_first(session, detail)
    with st.form(f"orders_form_{chosen}_{detail.line.reference}", border=False):
        _form(session, detail, context, chosen)


def _phone_first(session: Session, detail: LineDetail) -> None:
    """Only a simulated pharmacy learns of a request by itself: order APIs have no way to cancel."""
    connection = session.call(connections).get(detail.line.pharmacy)
    if connection is not None and connection.adapter.transmission is not Transmission.SIMULATED:
        st.warning(
            plain(f"Call {connection.name}: it is not notified automatically. Then record its answer here."),
            icon=":material/call:",
        )


def _form(session: Session, detail: LineDetail, context: Context, press: str) -> None:
    key = f"orders_{press}_{detail.line.reference}"
    if press == OrderAction.REFUND:
        most = float(amount(detail.refundable_cents))
        label = f"Amount in dollars, at most {money(detail.refundable_cents)}"
        st.number_input(plain(label), 0.0, most, most, step=0.01, format="%.2f", key=f"{key}_amount", width=240)
    if press == EVENT:
        _event_fields(detail, context, key)
        does: Callable[[], None] = lambda: _record(session, detail, context, key)  # noqa: E731
    else:
        st.text_input("Reason", key=f"{key}_reason", max_chars=500, placeholder="Kept in the line's history")
        does = lambda: _press(session, detail, press, key)  # noqa: E731
    st.form_submit_button(LINE_ACTIONS[press].button, type="primary", on_click=does)


def _press(session: Session, detail: LineDetail, press: str, key: str) -> None:
    line, reason = detail.line.reference, str(st.session_state[f"{key}_reason"] or "")
    match press:
        case OrderAction.CANCEL | OrderAction.ASK_TO_CANCEL:
            attempt(lambda: session.call(cancel, line, reason), lambda outcome: f"{line}: {CANCELLATIONS[outcome]}")
        case OrderAction.REFUND:
            cents = cents_from(f"{st.session_state[f'{key}_amount']:.2f}")
            attempt(lambda: session.call(refund, line, cents, reason), f"{line}: {money(cents)} refunded.")
        case _:
            name = LINE_ACTIONS[press].name.lower()
            attempt(lambda: session.call(resolve, line, RESOLUTIONS[press], reason), f"{line}: recorded, {name}.")


def resolve_form(session: Session, misfit: HistoryRow) -> None:
    """One unmatched event, and how the person who dealt with it resolved it."""
    key = f"orders_settle_{misfit.event}"
    with st.form(f"{key}_form", border=False):
        st.text_input(plain(f"How “{misfit.status}” of {misfit.reference} was resolved"), key=key, max_chars=500)
        st.form_submit_button(
            LINE_ACTIONS[OrderAction.SETTLE_UNMATCHED].button, type="primary", on_click=_resolve, args=(session, misfit)
        )


def _resolve(session: Session, misfit: HistoryRow) -> None:
    reason = str(st.session_state[f"orders_settle_{misfit.event}"] or "")
    attempt(lambda: session.call(settle_unmatched, misfit.event, reason), f"{misfit.reference}: resolved.")


def stray_events(session: Session, zone: str) -> None:
    """Events that name no line of the clinic, each to be resolved."""
    for stray in session.call(strays):
        with st.container(border=True):
            st.markdown(f"**Unmatched event “{plain(stray.status)}” of {plain(stray.reference)}**: {plain(stray.note)}")
            words = ", ".join(part for part in (stray.reason, stray.tracking) if part)
            st.caption(plain(f"{moment(stray.at, zone)}. {words}"))
            resolve_form(session, stray)


def _event_fields(detail: LineDetail, context: Context, key: str) -> None:
    local = detail.asked_at.astimezone(ZoneInfo(context.clinic.time_zone))
    left, right = st.columns(2)
    left.selectbox(
        "Status", REPORTABLE, index=None, format_func=lambda state: STATE_BADGES[state].words, key=f"{key}_status"
    )
    right.text_input("Tracking number", key=f"{key}_tracking", max_chars=100)
    left.date_input("Date", local.date(), max_value=local.date(), key=f"{key}_day", format="YYYY-MM-DD")
    right.time_input(f"Time ({local:%Z})", local.time().replace(second=0, microsecond=0), key=f"{key}_time", step=60)
    st.text_input("Message", key=f"{key}_reason", max_chars=500, placeholder="The pharmacy's own words")


def _record(session: Session, detail: LineDetail, context: Context, key: str) -> None:
    event = _event(detail, ZoneInfo(context.clinic.time_zone), key)
    if event is not None:
        attempt(lambda: session.call(record_event, event), lambda outcome: f"{event.reference}: {OUTCOMES[outcome]}")


def _event(detail: LineDetail, zone: ZoneInfo, key: str) -> Event | None:
    """What was typed. Its id follows from what it says, so that a second press of the same form changes nothing."""
    typed = st.session_state
    status, day, clock = (typed[f"{key}_{name}"] for name in ("status", "day", "time"))
    if status is None or not isinstance(day, date) or not isinstance(clock, time):
        st.toast("Choose the status, the date and the time first.", icon=":material/error:")
        return None
    line, at = detail.line, datetime.combine(day, clock, zone)
    return Event(
        id=f"by hand {line.reference} {line.attempt} {status} {at:%Y-%m-%dT%H:%M}",
        reference=line.reference,
        attempt=line.attempt,
        status=LineState(status).value,
        at=at,
        tracking=str(typed[f"{key}_tracking"] or "").strip(),
        reason=str(typed[f"{key}_reason"] or "").strip(),
    )
