"""A hard search goes on while people work: how far it is, and the button that stops at the best so far."""

from __future__ import annotations

import streamlit as st

from core.rules.split.search import Progress
from pages.refill_day.desk import Desk
from pages.shared.formats import money, plain
from pages.shared.open_line import draw_page

_EVERY_SECONDS = 0.7


def search_progress(desk: Desk) -> None:
    """Nothing once the search has finished."""
    if not desk.search.finished:
        st.fragment(_drawn, run_every=_EVERY_SECONDS)(desk)


def _drawn(desk: Desk) -> None:
    if desk.search.finished:
        draw_page()
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="refill_waiting"):
        st.markdown(f":material/progress_activity: {plain(progress_words(desk.search.progress, desk.search.seconds))}")
        st.button(
            "Use the best so far",
            key="refill_take_best",
            icon=":material/done:",
            on_click=desk.search.take,
            help="Stops the search. The result can be ordered like any other split; how far it may be from the best is "
            "shown.",
        )


def progress_words(progress: Progress | None, seconds: float) -> str:
    """``Improving the split shown: $118,858.23 so far, within 0.05% of the best possible, 2 seconds``."""
    if progress is None or progress.best_cents is None:
        return "Finding the best split"
    gap = gap_in_words(progress.best_cents, progress.bound_cents)
    within = f", {gap} of the best possible" if gap else ""
    so_far = f"{money(progress.best_cents)} so far{within}"
    return f"Improving the split shown: {so_far}, {seconds:.0f} seconds"


def gap_in_words(total_cents: int, bound_cents: int | None) -> str:
    """``within 0.03%``; nothing where no bound is known that says anything."""
    if bound_cents is None or not 0 < bound_cents <= total_cents:
        return ""
    percent = 100 * (total_cents - bound_cents) / total_cents
    return "within 0.01%" if percent <= 0.01 else f"within {percent + 0.004999:.2f}%"
