"""Orders: the status of every line, and which lines need action."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action
from pages.orders.actions import stray_events
from pages.orders.bulk_actions import BULK_ACTIONS, bulk, results
from pages.orders.filters import filter_bar
from pages.orders.invoices import invoice_check
from pages.orders.line_detail import order_line
from pages.orders.line_list import line_list
from pages.orders.order_sheets import sheets_to_send
from pages.orders.payments import open_payments_list
from pages.orders.queue_panel import queue_panel
from pages.shared.guard import opened_by
from pages.shared.layout import header
from pages.shared.open_line import ORDER_LINE

session = opened_by(Action.WORK_ORDERS)
header("Orders", "The status of every line, and which lines need action.")

reference = session.reference()
zone = reference.context.clinic.time_zone
queue_panel(session, zone)
open_payments_list(session, zone)
invoice_check(session, reference.context, reference.today)
view = filter_bar(session, reference)
opened = ORDER_LINE.get()
left, right = st.columns([2, 3], gap="medium") if opened else (st.container(), None)
with left:
    if view.needs_action:
        results(session)
    selected = line_list(session, view, narrow=right is not None, selectable=view.queue in BULK_ACTIONS)
    if selected is not None and view.queue is not None and view.queue in BULK_ACTIONS:
        bulk(session, view.queue, selected, reference.context)
    if view.sheets_shown:
        sheets_to_send(session, zone)
    if view.strays_shown:
        stray_events(session, zone)
if opened and right is not None:
    with right, st.container(gap="small"):
        order_line(session, opened, reference.context)
