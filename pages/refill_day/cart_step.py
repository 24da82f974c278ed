"""Cart: key figures, the ways in, the grid, and what to put right."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.model import Severity
from pages.refill_day.cart_actions import Again, drop_edit, edit, waiting_edit
from pages.refill_day.cart_grid import grid
from pages.refill_day.causes import remaining
from pages.refill_day.desk import SHOW, Desk
from pages.refill_day.findings import findings
from pages.refill_day.line_entry import actions
from pages.refill_day.receipt import placed_here, placed_line
from pages.refill_day.views import Show, State, View, shown
from pages.shared.formats import NOTHING, count, day, full_day, money, plain
from pages.shared.layout import Metric, empty_state, metrics


def cart_step(desk: Desk, views: Sequence[View], due: int) -> None:
    """The cart as it is."""
    if placed := placed_here(desk):
        placed_line(placed)
    _apply_again(desk, views)
    if views:
        metrics(figures(desk, views))
        left = remaining(views)
        st.progress(left.share, plain(left.words))
    actions(desk, due)
    if not views:
        empty_state(f"The cart of {full_day(desk.refill_day)} is empty.", _how_to_begin(due))
        return
    chosen = _filtered(views)
    if chosen:
        grid(desk, chosen)
    else:
        st.info("No line is shown: change the search or the filter.", icon=":material/filter_alt:")
    findings(desk, views)


def _how_to_begin(due: int) -> str:
    if due:
        return f"{count(due, 'line is', 'lines are')} due: add everyone, or upload a cart file."
    return "Nobody is due. Add one patient, upload a cart file, or choose another refill day."


def figures(desk: Desk, views: Sequence[View]) -> list[Metric]:
    """The four figures above the grid."""
    held = sum(view.state is State.HELD for view in views)
    warnings = sum(finding.severity is Severity.WARNING for view in views for finding in view.open)
    unread = f"{count(warnings, 'warning')} to acknowledge" if warnings else "every warning acknowledged"
    promises = [line.promise for line in desk.plan.split.filled if line.promise]
    ships = min((promise.ships_on for promise in promises), default=None)
    delivers = max((promise.delivers_on for promise in promises), default=None)
    return [
        Metric(
            "Lines",
            f"{len(views):,}",
            "Lines in the cart. A held line stays in it, is checked, and is not paid for.",
            delta_description=f"{held} held" if held else "none held",
        ),
        Metric(
            "To fix",
            f"{sum(view.state is State.TO_FIX for view in views):,}",
            "Lines that something stops: a blocking finding that nobody has overridden, or no pharmacy that can fill "
            "them.",
            delta_description=unread,
        ),
        Metric(
            "Total",
            money(desk.plan.quote.total_cents),
            f"What the checkout would cost under {desk.program.program}: every line that a pharmacy can fill and that "
            "is not held, with fees, shipping and processing.",
            delta_description=f"{count(len(desk.plan.split.filled), 'line')} to pay for",
        ),
        Metric(
            "Ships",
            day(ships),
            "The first day a box leaves, and the day the last one is delivered, if placed now.",
            delta_description=f"all there by {day(delivers)}" if delivers else NOTHING,
        ),
    ]


def _filtered(views: Sequence[View]) -> list[View]:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        show = st.segmented_control(
            "Show",
            list(Show),
            default=Show.ALL,
            required=True,
            key=SHOW,
            bind="query-params",
            label_visibility="collapsed",
        )
        search = st.text_input(
            "Search",
            key="refill_search",
            placeholder="Search patient, SKU, prescription",
            label_visibility="collapsed",
            icon=":material/search:",
            live=True,
            width=320,
        )
        chosen = shown(views, show or Show.ALL, search or "")
        if len(chosen) < len(views):
            st.caption(f"{len(chosen):,} of {count(len(views), 'line')}", width="content")
    return chosen


def _apply_again(desk: Desk, views: Sequence[View]) -> None:
    """An edit that was refused because somebody else was first: apply it to the line as it is now, or leave it."""
    again = waiting_edit()
    if again is None:
        return
    view = next((view for view in views if view.line.id == again.line), None)
    if view is None:
        drop_edit()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(plain(f"Not saved: {again.words}."))
        st.button(
            "Apply it again",
            key="refill_again",
            on_click=_again,
            args=(desk, view, again),
        )
        st.button("Leave the line as it is", key="refill_drop", on_click=drop_edit)


def _again(desk: Desk, view: View, again: Again) -> None:
    drop_edit()
    edit(desk.session, desk.refill_day, view.line.id, view.line.version, again.cells, again.words)
