"""What a person may do to a line: exactly what core allows as it stands, each with what it will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import streamlit as st

from core.adapters.store.order_views import HistoryRow
from core.domain.context import Context
from core.domain.model import LineState
from core.domain.money import cents_from
from core.domain.orders.book import Event
from core.domain.orders.records import Outcome
from core.domain.partners.adapter import Transmission
from core.services.orders.events import record_event
from core.services.orders.recovery import Cancelling, Resolution, cancel, refund, resolve, settle_misfit
from core.services.orders.views import LineDetail, Press, strays
from core.services.partners.connections import connections
from pages.parts.notices import attempt
from pages.parts.orders.resubmitting import fix_and_resubmit
from pages.parts.orders.states import LOOKS
from pages.parts.session import Session
from pages.parts.words import amount, moment, money, plain

EVENT: Final = "record an event"
SAID: Final = tuple(state for state in LineState if state is not LineState.PLACED)
"""What a pharmacy may say of a line."""


class Act(NamedTuple):
    """A press as people see it: its name, what it will do, and its button."""

    name: str
    does: str
    button: str


ACTS: Final[Mapping[str, Act]] = {
    Press.CANCEL: Act(
        "Cancel",
        "It has not been sent yet: it is cancelled at once, and what it was authorised for is released.",
        "Cancel the line",
    ),
    Press.ASK_TO_CANCEL: Act(
        "Ask to cancel",
        "The pharmacy is asked. State and money change only when it confirms, or when somebody records here that it "
        "did.",
        "Ask the pharmacy to cancel",
    ),
    Press.CONFIRM_CANCELLED: Act(
        "It is cancelled",
        "The pharmacy has confirmed: the line ends as cancelled, and its money is released, or refunded where it was "
        "captured.",
        "Record that it is cancelled",
    ),
    Press.REFUSE_CANCEL: Act(
        "They go on with it",
        "The pharmacy does not cancel: the request is closed, and the line goes on as it is.",
        "Record that they go on with it",
    ),
    Press.ACKNOWLEDGED: Act(
        "They have it",
        "The whole submission counts as received: its lines become submitted. Nothing is sent again.",
        "Record that the pharmacy has it",
    ),
    Press.NOT_RECEIVED: Act(
        "They do not have it",
        "The whole submission counts as refused: its lines are rejected, their money is released, and they can be "
        "resubmitted.",
        "Record that the pharmacy does not have it",
    ),
    Press.RESUBMIT: Act("Fix and resubmit", "", ""),
    Press.REFUND: Act(
        "Refund",
        "What you enter is given back to the clinic, at most what was captured. 0 records that nothing is.",
        "Record the refund",
    ),
    Press.SETTLE_MISFIT: Act(
        "Settle what did not fit",
        "You have dealt with it. The event stays in the timeline, nothing else changes, and what it held back is sent.",
        "Settle it",
    ),
    EVENT: Act(
        "Record an event",
        "For what a pharmacy says by phone, fax or mail. It counts as if the pharmacy had sent it; money follows.",
        "Record the event",
    ),
}
FIRST: Final = (Press.RESUBMIT, Press.SETTLE_MISFIT)
"""What opens by itself where it is allowed."""


def acting(session: Session, detail: LineDetail, context: Context) -> None:
    """The choice of what to do, and the form of what was chosen."""
    allowed: list[str] = [*detail.presses, EVENT]
    key = f"orders_act_{detail.line.reference}_{detail.line.attempt}_{detail.line.state}"
    chosen = st.pills(
        "What can be done",
        allowed,
        default=next((press for press in FIRST if press in detail.presses), None),
        format_func=lambda press: ACTS[press].name,
        key=key,
    )
    if chosen is None:
        return
    with st.container(border=True):
        if chosen == Press.RESUBMIT:
            fix_and_resubmit(session, detail, context)
            return
        st.markdown(ACTS[chosen].does)
        if chosen == Press.ASK_TO_CANCEL:
            _who_asks(session, detail)
        if chosen == Press.SETTLE_MISFIT:
            for misfit in detail.misfits:
                settle_form(session, misfit)
        else:
            with st.form(f"orders_form_{chosen}_{detail.line.reference}", border=False):
                _form(session, detail, context, chosen)


def _who_asks(session: Session, detail: LineDetail) -> None:
    """Only a simulated pharmacy learns of a request by itself: order APIs have no way to cancel."""
    connection = connections(session.store, session.person, session.clinic).get(detail.line.pharmacy)
    if connection is not None and connection.adapter.transmission is not Transmission.SIMULATED:
        st.warning(
            plain(f"Phone {connection.name}: nothing tells them by itself. Then record here what they say."),
            icon=":material/call:",
        )


def _form(session: Session, detail: LineDetail, context: Context, press: str) -> None:
    key = f"orders_{press}_{detail.line.reference}"
    if press == Press.REFUND:
        most = float(amount(detail.refundable_cents))
        label = f"Amount in dollars, at most {money(detail.refundable_cents)}"
        st.number_input(plain(label), 0.0, most, most, step=0.01, format="%.2f", key=f"{key}_amount", width=240)
    if press == EVENT:
        _event_fields(detail, context, key)
        does: Callable[[], None] = lambda: _record(session, detail, context, key)  # noqa: E731
    else:
        st.text_input("Reason", key=f"{key}_reason", max_chars=500, placeholder="Kept with it, for the next person")
        does = lambda: _press(session, detail, press, key)  # noqa: E731
    st.form_submit_button(ACTS[press].button, type="primary", on_click=does)


def _press(session: Session, detail: LineDetail, press: str, key: str) -> None:
    where = (session.store, session.person, session.clinic)
    line, reason = detail.line.reference, str(st.session_state[f"{key}_reason"] or "")
    match press:
        case Press.CANCEL | Press.ASK_TO_CANCEL:
            attempt(lambda: cancel(*where, line, reason), lambda outcome: f"{line}: {CANCELLING[outcome]}")
        case Press.REFUND:
            cents = cents_from(f"{st.session_state[f'{key}_amount']:.2f}")
            attempt(lambda: refund(*where, line, cents, reason), f"{line}: {money(cents)} refunded.")
        case _:
            done = ACTS[press].name.lower()
            attempt(lambda: resolve(*where, line, RESOLUTIONS[press], reason), f"{line}: recorded, {done}.")


CANCELLING: Final = {
    Cancelling.CANCELLED: "cancelled before it was sent.",
    Cancelling.REQUESTED: "the pharmacy is asked to cancel it.",
}
RESOLUTIONS: Final[Mapping[str, Resolution]] = {
    Press.ACKNOWLEDGED: Resolution.ACKNOWLEDGED,
    Press.NOT_RECEIVED: Resolution.REJECTED,
    Press.CONFIRM_CANCELLED: Resolution.CANCELLED,
    Press.REFUSE_CANCEL: Resolution.REJECTED,
}


def settle_form(session: Session, misfit: HistoryRow) -> None:
    """One event that did not fit, and the word of the person who dealt with it."""
    key = f"orders_settle_{misfit.event}"
    with st.form(f"{key}_form", border=False):
        st.text_input(plain(f"What was done about “{misfit.status}” of {misfit.reference}"), key=key, max_chars=500)
        st.form_submit_button(
            ACTS[Press.SETTLE_MISFIT].button, type="primary", on_click=_settle, args=(session, misfit)
        )


def stray_events(session: Session, zone: str) -> None:
    """Events that name no line of the clinic, each to be settled."""
    for stray in strays(session.store, session.person, session.clinic):
        with st.container(border=True):
            words = ", ".join(part for part in (stray.reason, stray.tracking) if part)
            st.markdown(f"**A pharmacy said “{plain(stray.status)}” of {plain(stray.reference)}**, {plain(stray.note)}")
            st.caption(plain(f"{moment(stray.at, zone)}. {words}"))
            settle_form(session, stray)


def _settle(session: Session, misfit: HistoryRow) -> None:
    reason = str(st.session_state[f"orders_settle_{misfit.event}"] or "")
    attempt(
        lambda: settle_misfit(session.store, session.person, session.clinic, misfit.event, reason),
        f"{misfit.reference}: settled.",
    )


def _event_fields(detail: LineDetail, context: Context, key: str) -> None:
    here = detail.asked_at.astimezone(ZoneInfo(context.clinic.time_zone))
    left, right = st.columns(2)
    left.selectbox("State", SAID, index=None, format_func=lambda state: LOOKS[state].words, key=f"{key}_status")
    right.text_input("Tracking number", key=f"{key}_tracking", max_chars=100)
    left.date_input("On", here.date(), max_value=here.date(), key=f"{key}_day", format="YYYY-MM-DD")
    right.time_input(f"At ({here:%Z})", here.time().replace(second=0, microsecond=0), key=f"{key}_time", step=60)
    st.text_input("Their words", key=f"{key}_reason", max_chars=500, placeholder="Why, in the pharmacy's own words")


def _record(session: Session, detail: LineDetail, context: Context, key: str) -> None:
    event = _event(detail, ZoneInfo(context.clinic.time_zone), key)
    if event is not None:
        attempt(
            lambda: record_event(session.store, session.person, session.clinic, event),
            lambda outcome: f"{event.reference}: {OUTCOMES[outcome]}",
        )


OUTCOMES: Final = {
    Outcome.MOVED: "the line has moved.",
    Outcome.HISTORY: "kept in its history; the line was past that already.",
    Outcome.MISFIT: "kept, but it does not fit where the line is: settle it below.",
    Outcome.DUPLICATE: "that was recorded already.",
}


def _event(detail: LineDetail, zone: ZoneInfo, key: str) -> Event | None:
    """What was typed. Its id follows from what it says, so that a second press of the same form changes nothing."""
    typed = st.session_state
    status, day, clock = (typed[f"{key}_{name}"] for name in ("status", "day", "time"))
    if status is None or not isinstance(day, date) or not isinstance(clock, time):
        st.toast("Choose the state, the day and the time first.", icon=":material/error:")
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
