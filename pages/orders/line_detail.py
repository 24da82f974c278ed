"""One line in full: its status, why, what can be done, its timeline and its money."""

from __future__ import annotations

import streamlit as st

from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import LineState, ShipTo, SubmissionState
from core.rules.delivery_estimate import DeliveryEstimate
from core.services.orders.views import LineDetail, OrderAction, line_detail
from pages.orders.actions import action_choice, action_form
from pages.orders.answer import answer
from pages.orders.line_states import STATE_BADGES
from pages.orders.money import money_state
from pages.orders.order_sheets import sheet_downloads
from pages.orders.resubmission import fix_and_resubmit
from pages.orders.timeline import timeline
from pages.shared.formats import (
    OWNERS,
    code_words,
    count,
    day,
    full_day,
    moment,
    pharmacy_name,
    plain,
    prescriber_name,
    sku_name,
)
from pages.shared.layout import facts, open_expander
from pages.shared.notices import show_error
from pages.shared.open_line import ORDER_LINE
from pages.shared.session import Session

S = LineState


def order_line(session: Session, reference: str, context: Context) -> None:
    """The line that is open, or that there is none of this name."""
    try:
        detail = session.call(line_detail, reference)
    except Refused as refusal:
        show_error(refusal)
        _close()
        return
    _heading(detail, context)
    answer(detail, context)
    _alerts(detail, context)
    if chosen := action_choice(detail):
        with st.container(border=True):
            if chosen == OrderAction.RESUBMIT:
                fix_and_resubmit(session, detail, context)
            else:
                action_form(session, detail, context, chosen)
    timeline(session, detail, context)
    money_state(session, detail, context)
    _facts(detail, context)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Order sheet", width="content")
        sheet_downloads(session, detail.submission.pharmacy_order, waiting=False, key="orders_sheet")


def _close() -> None:
    st.button("Close", key="orders_close", icon=":material/close:", type="tertiary", on_click=ORDER_LINE.close)


def _heading(detail: LineDetail, context: Context) -> None:
    line, badge = detail.line, STATE_BADGES[detail.line.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(line.reference), anchor=False, width="content")
        st.badge(badge.words, icon=badge.icon, color=badge.color)
        if detail.stalled:
            st.badge("Stalled", icon=":material/hourglass_top:", color="orange")
        with st.container(horizontal=True, horizontal_alignment="right"):
            _close()
    since = moment(line.state_at, context.clinic.time_zone)
    st.markdown(
        f"**{plain(detail.patient.name)}** · {plain(sku_name(line.sku, context))} · {count(line.quantity, 'pack')}"
        f" · {plain(pharmacy_name(line.pharmacy, context))}"
    )
    st.caption(f"{badge.words} since {plain(since)}.")


def _alerts(detail: LineDetail, context: Context) -> None:
    """Everything that waits for a person, in the order in which it should be looked at."""
    line, current = detail.line, detail.attempts[-1]
    for misfit in detail.unmatched:
        message = f"“{misfit.status}”" + (f": {misfit.reason}" if misfit.reason else "")
        st.warning(
            plain(f"Unmatched event {message}. Why: {misfit.note}. Nothing is sent until it is resolved."),
            icon=":material/rule:",
        )
    if line.state is S.PLACED and detail.submission.state is SubmissionState.UNKNOWN:
        st.warning(
            f"Unconfirmed: the pharmacy may or may not have it. {plain(detail.submission.message)} It is never sent "
            "again automatically: ask the pharmacy, then record its answer here.",
            icon=":material/help:",
        )
    if line.cancel_requested_at is not None and line.state not in {S.CANCELLED, S.DELIVERED, S.SHIPPED}:
        requested_at = moment(line.cancel_requested_at, context.clinic.time_zone)
        st.warning(plain(f"Cancellation requested on {requested_at}: {line.cancel_reason}"), icon=":material/block:")
    if current.reason and line.state in {S.REJECTED, S.ON_HOLD, S.RETURNED, S.CANCELLED}:
        _reason(detail, current.reason)
    elif detail.stalled:
        shipped = line.state is S.SHIPPED
        late = f"arrived on {day(current.delivers_on)}" if shipped else f"shipped on {day(current.ships_on)}"
        st.warning(f"Overdue: it should have {late}. Ask the pharmacy.", icon=":material/schedule:")


def _reason(detail: LineDetail, message: str) -> None:
    rejection = detail.rejection if detail.line.state is S.REJECTED else None
    with st.container(border=True):
        if rejection is not None:
            st.markdown(f"**{plain(code_words(rejection.code))}** · {OWNERS[rejection.owner]}")
        st.caption("The pharmacy's message")
        st.text(message)
        if detail.submission.message and detail.submission.message != message:
            st.caption("Response to the whole submission")
            st.text(detail.submission.message)
        if rejection is not None:
            st.markdown(f":material/build: {plain(rejection.remedy)}")
            st.markdown(f":material/payments: Money: {plain(rejection.money)}.")


def expected_in_words(expected: DeliveryEstimate | None) -> str:
    """``Fri 4 Dec 2026 (80% of such lines: Thu 3 Dec to Mon 7 Dec; from 143 deliveries by this pharmacy)``."""
    if expected is None:
        return "no estimate"
    whose = (
        f"{count(expected.lines, 'delivery', 'deliveries')} by this pharmacy" if expected.lines else "all pharmacies"
    )
    days = " to ".join(dict.fromkeys(map(day, (expected.earliest, expected.latest))))
    return f"{full_day(expected.likely)} (80% of such lines: {days}; from {whose})"


def _facts(detail: LineDetail, context: Context) -> None:
    line, current, submission = detail.line, detail.attempts[-1], detail.submission
    if expander := open_expander("Details", key="orders_facts", icon=":material/info:"):
        with expander:
            facts(
                {
                    "Checkout": line.checkout,
                    "Patient": f"{detail.patient.name} ({line.patient})",
                    "Prescription": line.rx,
                    "Prescriber": prescriber_name(line.npi, context),
                    "Directions": line.sig,
                    "Note to the pharmacy": "; ".join(filter(None, (line.note, line.override_note))) or "none",
                    "Ships to": "the patient" if line.ship_to is ShipTo.PATIENT else "the clinic",
                    "Placed": full_day(line.placed_on),
                    "Promised ship date": full_day(current.ships_on),
                    "Promised delivery": full_day(current.delivers_on),
                    "Expected delivery": expected_in_words(detail.expected),
                    "Tracking": current.tracking or "none yet",
                    "Submission": f"{submission.reference}, {submission.state}",
                    "Pharmacy's reference": submission.partner_reference or "none yet",
                    "Program": current.program,
                    "Attempt": current.number,
                }
            )
