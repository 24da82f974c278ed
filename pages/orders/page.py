"""Orders: where every line is now, and what needs somebody."""

from __future__ import annotations

import streamlit as st

from core.services.people import Action
from pages.orders.actions import stray_events
from pages.orders.filters import ask
from pages.orders.line_detail import one_line
from pages.orders.line_list import listing, sheets_shown, strays_shown
from pages.orders.open_line import line_open
from pages.orders.order_sheets import hand_over
from pages.orders.payments import payments_waiting
from pages.orders.queue_panel import live
from pages.shared.guard import opened_by
from pages.shared.layout import header

session = opened_by(Action.WORK_ORDERS)
header("Orders", "Where every line is now, and what needs somebody.")

reference = session.reference()
live(session, reference.context.clinic.time_zone)
payments_waiting(session, reference.context.clinic.time_zone)
asked = ask(session, reference)
opened = line_open()
left, right = st.columns([2, 3], gap="medium") if opened else (st.container(), None)
with left:
    listing(session, asked, narrow=right is not None)
    if sheets_shown(asked):
        hand_over(session, reference.context.clinic.time_zone)
    if strays_shown(asked):
        stray_events(session, reference.context.clinic.time_zone)
if opened and right is not None:
    with right, st.container(gap="small"):
        one_line(session, opened, reference.context)
