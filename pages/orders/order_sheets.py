"""Order sheets: downloaded as PDF and CSV, and marked as sent by the person who sent them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.adapters.pharmacies.order_sheet.sheet import as_csv
from core.services.partners.order_sheets import WaitingSheet, mark_sent, order_sheet, to_hand_over
from pages.shared.formats import count, moment, plain
from pages.shared.notices import attempt
from pages.shared.session import Session


def sheet_downloads(session: Session, order: str, *, waiting: bool, key: str) -> None:
    """A pharmacy order's sheet as PDF and CSV, made when somebody asks for it; the download is audited."""
    for kind, mime in (("pdf", "application/pdf"), ("csv", "text/csv")):
        st.download_button(
            kind.upper(),
            partial(_file, session, order, waiting, kind),
            f"{order}.{kind}",
            mime,
            key=f"{key}_{kind}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help=f"Download the order sheet of {order} as {kind.upper()}, for a pharmacy that takes orders on paper. "
            "The download is audited.",
        )


def _file(session: Session, order: str, waiting: bool, kind: str) -> bytes:
    from core.adapters.pharmacies.order_sheet.pdf import as_pdf

    sheet = session.call(order_sheet, order, waiting=waiting)
    return as_pdf(sheet) if kind == "pdf" else as_csv(sheet)


def sheets_to_send(session: Session, zone: str) -> None:
    """Every order sheet to send."""
    for order in session.call(to_hand_over):
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{plain(order.pharmacy)}** · {plain(order.reference)}", width="content")
                lines = count(len(order.lines), "line")
                st.caption(f"{lines}, waiting since {plain(moment(order.since, zone))}", width="content")
                sheet_downloads(session, order.reference, waiting=True, key=f"orders_hand_{order.reference}")
            _mark(session, order)


def _mark(session: Session, order: WaitingSheet) -> None:
    key = f"orders_handed_{order.reference}"
    with st.form(f"{key}_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "How it was sent",
            key=key,
            max_chars=200,
            placeholder="By fax to 512-555-0100, confirmed",
            help="Kept in the history of every line on the sheet, with who and when.",
        )
        st.form_submit_button(
            "Mark as sent",
            type="primary",
            icon=":material/outgoing_mail:",
            on_click=partial(_marked, session, order, key),
            help="The lines become submitted. Nothing else is sent.",
        )


def _marked(session: Session, order: WaitingSheet, key: str) -> None:
    channel = str(st.session_state[key] or "")
    attempt(
        lambda: session.call(mark_sent, order.reference, order.lines, channel),
        f"{order.reference}: marked as sent, {count(len(order.lines), 'line')}.",
    )
