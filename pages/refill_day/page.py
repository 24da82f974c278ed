"""Refill day: who is due, today's batch, and one checkout for everyone."""

from __future__ import annotations

import streamlit as st

from core.domain.roles import Action
from pages.refill_day.cart_step import cart_step
from pages.refill_day.confirm_step import confirm_step
from pages.refill_day.desk import due_count, opened_desk
from pages.refill_day.findings import findings
from pages.refill_day.line_drawer import line_drawer
from pages.refill_day.progress import chosen_step, demo_prices, next_step, progress_in_words
from pages.refill_day.receipt import placed_here
from pages.refill_day.search_progress import search_progress
from pages.refill_day.split_step import split_step
from pages.refill_day.views import views_of
from pages.refill_day.waiting_for import waiting_for
from pages.shared.formats import full_day, plain
from pages.shared.guard import opened_by
from pages.shared.layout import badge, empty_state, header

session = opened_by(Action.WORK_CART)
top = st.container()

if not session.reference().context.skus:
    with top:
        header("Refill day", "Everyone who is due, checked and ordered in one checkout.")
    empty_state("There are no SKUs yet.", "A manager loads the clinic's files on Setup.")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
    step = chosen_step()
    desk = opened_desk(session)
if desk is None:
    st.stop()

views = views_of(desk.opened, desk.plan)
due = due_count(desk)
with top:
    action = header(f"Refill day {full_day(desk.refill_day)}", plain(progress_in_words(desk, views, due)), left=1)
with action:
    badge(demo_prices(desk))
    next_step(desk, views, due, step)

search_progress(desk)
if step == "Cart":
    cart_step(desk, views, due)
    findings(desk, views)
    waiting_for(desk, views)
elif not desk.opened.cart.lines and not placed_here(desk):
    empty_state(f"The cart of {full_day(desk.refill_day)} is empty.", "Add lines on the Cart step.")
elif step == "Split" and not desk.plan.split.filled:
    empty_state("No line can be ordered yet.", "Every line is held or cannot be filled. See the Cart step.")
elif step == "Split":
    split_step(desk, views)
else:
    confirm_step(desk, views)
line_drawer(desk, views)
