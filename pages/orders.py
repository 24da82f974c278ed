"""Orders: where every line is now, and what needs somebody."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action
from pages.parts.guard import opened_by
from pages.parts.orders.acting import stray_events
from pages.parts.orders.filters import ask
from pages.parts.orders.listing import listing, sheets_shown, strays_shown
from pages.parts.orders.live import live
from pages.parts.orders.one_line import one_line
from pages.parts.orders.opening import line_open
from pages.parts.orders.payments import payments_waiting
from pages.parts.orders.sheets import hand_over
from pages.parts.page import header

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
