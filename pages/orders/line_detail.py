"""One line in full: where it is, why, what can be done, what was said of it and what became of its money."""

from __future__ import annotations

import streamlit as st

from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import LineState, ShipTo, SubmissionState
from core.services.orders.views import LineDetail, line_detail
from pages.orders.actions import acting
from pages.orders.line_states import LOOKS
from pages.orders.money import money_state
from pages.orders.open_line import close_line
from pages.orders.order_sheets import sheet_downloads
from pages.orders.timeline import timeline
from pages.shared.facts import facts
from pages.shared.formats import count, day, full_day, moment, plain
from pages.shared.notices import tell
from pages.shared.session import Session

S = LineState
OWNERS = {
    "clinic": "the clinic puts it right",
    "prescriber": "the prescriber puts it right",
    "pharmacy": "the pharmacy puts it right",
    "patient": "the patient's safety: ask the prescriber",
}


def one_line(session: Session, reference: str, context: Context) -> None:
    """The line that is open, or that there is none of this name."""
    try:
        detail = line_detail(session.store, session.person, session.clinic, reference)
    except Refused as refusal:
        tell(refusal)
        _close()
        return
    _heading(detail, context)
    _what_waits(detail, context)
    acting(session, detail, context)
    timeline(session, detail, context)
    money_state(session, detail, context)
    _facts(detail, context)
    _order_sheet(session, detail.submission.pharmacy_order)


def _order_sheet(session: Session, order: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Order sheet", width="content")
        sheet_downloads(session, order, waiting=False, key="orders_sheet")


def _close() -> None:
    st.button("Close", key="orders_close", icon=":material/close:", type="tertiary", on_click=close_line)


def _heading(detail: LineDetail, context: Context) -> None:
    line, look = detail.line, LOOKS[detail.line.state]
    sku = context.skus.get(line.sku)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(line.reference), anchor=False, width="content")
        st.badge(look.words, icon=look.icon, color=look.color)
        if detail.stalled:
            st.badge("Stalled", icon=":material/hourglass_top:", color="orange")
        with st.container(horizontal=True, horizontal_alignment="right"):
            _close()
    since = moment(line.state_at, context.clinic.time_zone)
    st.markdown(
        f"**{plain(detail.patient.name)}** · {plain(sku.name if sku else line.sku)} · {count(line.quantity, 'pack')}"
        f" · {plain(pharmacy_name(context, line.pharmacy))}"
    )
    st.caption(f"{look.words} since {plain(since)}.")


def pharmacy_name(context: Context, code: str) -> str:
    """A pharmacy as people call it."""
    pharmacy = context.pharmacies.get(code)
    return pharmacy.name if pharmacy else code


def _what_waits(detail: LineDetail, context: Context) -> None:
    """Everything that waits for a person, in the order in which it should be looked at."""
    line, current = detail.line, detail.attempts[-1]
    for misfit in detail.misfits:
        said = f"“{misfit.status}”" + (f": {misfit.reason}" if misfit.reason else "")
        st.warning(
            plain(f"The pharmacy said {said}. That does not fit: {misfit.note}. Nothing is sent until it is settled."),
            icon=":material/rule:",
        )
    if line.state is S.PLACED and detail.submission.state is SubmissionState.UNKNOWN:
        st.warning(
            f"Nobody knows whether the pharmacy has it. {plain(detail.submission.message)} It is never sent again by "
            "itself: ask the pharmacy, then record here what it says.",
            icon=":material/help:",
        )
    if line.cancel_requested_at is not None and line.state not in {S.CANCELLED, S.DELIVERED, S.SHIPPED}:
        asked = moment(line.cancel_requested_at, context.clinic.time_zone)
        st.warning(plain(f"The pharmacy was asked to cancel on {asked}: {line.cancel_reason}"), icon=":material/block:")
    if current.reason and line.state in {S.REJECTED, S.ON_HOLD, S.RETURNED, S.CANCELLED}:
        _reason(detail, current.reason)
    elif detail.stalled:
        shipped = line.state is S.SHIPPED
        late = f"arrived on {day(current.delivers_on)}" if shipped else f"shipped on {day(current.ships_on)}"
        st.warning(f"It should have {late}: ask the pharmacy.", icon=":material/schedule:")


def _reason(detail: LineDetail, said: str) -> None:
    rejection = detail.rejection if detail.line.state is S.REJECTED else None
    with st.container(border=True):
        if rejection is not None:
            title = rejection.code.replace("_", " ").capitalize()
            st.markdown(f"**{plain(title)}** · {OWNERS[rejection.owner]}")
        st.caption("As it was said")
        st.text(said)
        if detail.submission.message and detail.submission.message != said:
            st.caption("The answer to the whole submission")
            st.text(detail.submission.message)
        if rejection is not None:
            st.markdown(f":material/build: {plain(rejection.remedy)}")
            st.markdown(f":material/payments: Money: {plain(rejection.money)}.")


def _facts(detail: LineDetail, context: Context) -> None:
    line, current, submission = detail.line, detail.attempts[-1], detail.submission
    prescriber = context.prescribers.get(line.npi)
    behind = st.expander("Everything about it", icon=":material/info:", key="orders_facts", on_change="rerun")
    if not behind.open:
        return
    with behind:
        facts(
            {
                "Checkout": line.checkout,
                "Patient": f"{detail.patient.name} ({line.patient})",
                "Prescription": line.rx,
                "Prescriber": prescriber.name if prescriber else line.npi,
                "Directions": line.sig,
                "Goes to": "the patient" if line.ship_to is ShipTo.PATIENT else "the clinic",
                "Placed": full_day(line.placed_on),
                "Ships, as promised": full_day(current.ships_on),
                "Delivers, as promised": full_day(current.delivers_on),
                "Tracking": current.tracking or "none yet",
                "Submission": f"{submission.reference}, {submission.state}",
                "Pharmacy's reference": submission.partner_reference or "none yet",
                "Program": current.program,
                "Attempt": current.number,
            }
        )
