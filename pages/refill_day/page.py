"""Refill day: who is due, today's batch, and one checkout for everybody."""

from __future__ import annotations

import streamlit as st

from core.services.people import Action
from pages.refill_day.cart_step import cart_step
from pages.refill_day.confirm_step import confirm_step
from pages.refill_day.desk import due_count, opened_desk
from pages.refill_day.line_drawer import one_line
from pages.refill_day.progress import chosen_step, demo_prices, next_step, progress_in_words
from pages.refill_day.receipt import placed_here
from pages.refill_day.search_progress import waiting
from pages.refill_day.split_step import split_step
from pages.refill_day.views import views_of
from pages.shared.formats import full_day, plain
from pages.shared.guard import opened_by
from pages.shared.layout import badge, empty_state, header

session = opened_by(Action.WORK_CART)
top = st.container()

if not session.reference().context.skus:
    with top:
        header("Refill day", "Everybody who is due, checked and placed at once.")
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
    action = header(f"Refill day {full_day(desk.refill_day)}", plain(progress_in_words(desk, views, due)))
with action:
    badge(demo_prices(desk))
    next_step(desk, views, due, step)

waiting(desk)
if step == "Cart":
    cart_step(desk, views, due)
elif not desk.opened.cart.lines and not placed_here(desk):
    empty_state(f"The cart of {full_day(desk.refill_day)} is empty.", "Add who is due on the first step, Cart.")
elif step == "Split" and not desk.plan.split.filled:
    empty_state(
        "No line goes out as things stand.", "Every line is held or cannot be filled: see the first step, Cart."
    )
elif step == "Split":
    split_step(desk, views)
else:
    confirm_step(desk, views)
one_line(desk, views)
