"""Cart: key figures, the ways to add lines, and the grid."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.model import Severity
from pages.refill_day.cart_actions import RefusedEdit, drop_edit, edit, waiting_edit
from pages.refill_day.cart_grid import grid
from pages.refill_day.desk import SHOW, Desk
from pages.refill_day.due_table import due_table
from pages.refill_day.line_entry import entry_bar
from pages.refill_day.receipt import placed_here, placed_line
from pages.refill_day.views import CartLineState, LineFilter, LineView, filtered
from pages.shared.filters import choose, search_box
from pages.shared.formats import NOTHING, count, day, full_day, money, plain
from pages.shared.layout import Metric, empty_state, metrics


def cart_step(desk: Desk, views: Sequence[LineView], due: int) -> None:
    """The cart as it is."""
    if placed := placed_here(desk):
        placed_line(placed)
    _apply_again(desk, views)
    if views:
        metrics(figures(desk, views))
    entry_bar(desk, due)
    due_table(desk)
    if not views:
        empty_state(f"The cart of {full_day(desk.refill_day)} is empty.", _how_to_begin(due))
        return
    chosen = _filtered(views)
    if chosen:
        grid(desk, chosen)
    else:
        st.info("No lines match: change the search or the filter.", icon=":material/filter_alt:")


def _how_to_begin(due: int) -> str:
    if due:
        return f"{count(due, 'line is', 'lines are')} due: add everyone, or upload a cart file."
    return "No one is due. Add a patient, upload a cart file, or choose another refill day."


def figures(desk: Desk, views: Sequence[LineView]) -> list[Metric]:
    """The four figures above the grid."""
    held = sum(view.state is CartLineState.HELD for view in views)
    warnings = sum(finding.severity is Severity.WARNING for view in views for finding in view.open)
    answered = any(view.answered for view in views)
    unread = (
        f"{count(warnings, 'warning')} to acknowledge" if warnings else ("all answered" if answered else "none open")
    )
    waiting = sum(bool(view.waiting_for) for view in views if view.line.hold)
    promises = [line.promise for line in desk.plan.split.filled if line.promise]
    ships = min((promise.ships_on for promise in promises), default=None)
    delivers = max((promise.delivers_on for promise in promises), default=None)
    return [
        Metric(
            "Lines",
            f"{len(views):,}",
            "Lines in the cart. A held line stays in the cart and is checked, but is not ordered.",
            delta_description=f"{held} held, {waiting} waiting for an answer" if held else "none held",
        ),
        Metric(
            "To fix",
            f"{sum(view.state is CartLineState.TO_FIX for view in views):,}",
            "Lines with a blocking finding that is not overridden, or that no pharmacy can fill.",
            delta_description=unread,
        ),
        Metric(
            "Total",
            money(desk.plan.quote.total_cents),
            f"Checkout total under {desk.program.program}: every line that a pharmacy can fill and that "
            "is not held, with fees, shipping and processing.",
            delta_description=f"{count(len(desk.plan.split.filled), 'line')} to order",
        ),
        Metric(
            "Ships",
            day(ships),
            "First ship date and last delivery date, if ordered now.",
            delta_description=f"all delivered by {day(delivers)}" if delivers else NOTHING,
        ),
    ]


def _filtered(views: Sequence[LineView]) -> list[LineView]:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        filter_ = choose("Show", list(LineFilter), LineFilter.ALL, key=SHOW, collapsed=True)
        search = search_box("Search", "Patient, SKU or prescription", key="refill_search", width=320, collapsed=True)
        chosen = filtered(views, filter_, search)
        if len(chosen) < len(views):
            st.caption(f"{len(chosen):,} of {count(len(views), 'line')}", width="content")
    return chosen


def _apply_again(desk: Desk, views: Sequence[LineView]) -> None:
    """An edit that was refused because somebody else was first: apply it to the line as it is now, or leave it."""
    refused = waiting_edit()
    if refused is None:
        return
    view = next((view for view in views if view.line.id == refused.line), None)
    if view is None:
        drop_edit()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write(plain(f"Not saved: {refused.words}."))
        st.button("Apply again", key="refill_again", on_click=_again, args=(desk, view, refused))
        st.button("Discard", key="refill_drop", on_click=drop_edit)


def _again(desk: Desk, view: LineView, refused: RefusedEdit) -> None:
    drop_edit()
    edit(desk.session, desk.refill_day, view.line.id, view.line.version, refused.cells, refused.words)
