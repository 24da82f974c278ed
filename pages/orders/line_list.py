"""The list itself: one page of lines, each of which opens with a click on its status."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, DatetimeColumn, NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from core.adapters.store.order_views import OrderRow
from core.services.orders.views import Page, search
from pages.orders.filters import QUEUES, OrderListView
from pages.orders.line_states import state_sign, state_words
from pages.shared.formats import NOTHING, amount, count
from pages.shared.layout import empty_state
from pages.shared.open_line import ORDER_LINE
from pages.shared.screens import REFILL_DAY
from pages.shared.session import Session
from pages.shared.tables import DAY, MONEY, Row, downloads

ON_A_PAGE: Final = 100
RENDERED = "orders_rendered"
CLICKED = "orders_clicked"
PAGE = "orders_page"
_ASKED = "orders_asked"
_BESIDE = ("Status", "Patient", "SKU", "Since", "Line")
_WAITING = ("Status", "Line", "Patient", "SKU", "Reason", "Since", "Pharmacy")
"""Columns that come first beside an open line, and where lines wait for somebody."""
_TEXTS = ("Tracking", "Reason")
"""Columns that may be empty throughout: their type must not depend on it."""
_ROW_PIXELS, _MOST_ROWS, _BESIDE_ROWS = 35, 12, 20


def line_list(session: Session, view: OrderListView, *, narrow: bool, selectable: bool) -> list[str] | None:
    """The page of lines that the address names, with its downloads; returns what is selected, None without lines."""
    place, number = st.container(), _page_asked(view)
    lines = _search(session, view, number)
    if not lines.total:
        if not view.strays_shown:
            _empty(view)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        lines = _paged(session, view, lines, number)
        downloads(lambda: _every_row(session, view, lines.total), name="orders", session=session)
    first = _BESIDE if narrow else _WAITING if view.needs_action else ()
    height = _ROW_PIXELS * (min(len(lines.rows), _BESIDE_ROWS if narrow else _MOST_ROWS) + 1) + 2
    with place:
        return _table(session, lines.rows, first, height, selectable=selectable)


def _page_asked(view: OrderListView) -> int:
    """The page that the URL names, the first one after another filter."""
    if st.session_state.get(_ASKED, view.order_filter) != view.order_filter and st.session_state.get(PAGE, 1) != 1:
        st.session_state[PAGE] = 1
    st.session_state[_ASKED] = view.order_filter
    named = str(st.session_state.get(PAGE) or st.query_params.get(PAGE, "1"))
    return int(named) if re.fullmatch("[1-9][0-9]{0,5}", named) else 1


def _paged(session: Session, view: OrderListView, lines: Page, named: int) -> Page:
    """How much there is and the way to the other pages; the widget has the last word on which page it is."""
    extent = st.empty()
    if lines.total <= ON_A_PAGE:
        extent.caption(count(lines.total, "line"), width="content")
        return lines if lines.rows else _search(session, view, 1)
    number = st.pagination(-(-lines.total // ON_A_PAGE), key=PAGE, bind="query-params", max_visible_pages=5)
    lines = lines if number == named else _search(session, view, number)
    first = (number - 1) * ON_A_PAGE + 1
    extent.caption(f"Lines {first:,} to {first + len(lines.rows) - 1:,} of {lines.total:,}", width="content")
    return lines


def _search(session: Session, view: OrderListView, number: int) -> Page:
    offset = (number - 1) * ON_A_PAGE
    return session.call(search, view.order_filter, limit=ON_A_PAGE, offset=offset)


def _every_row(session: Session, view: OrderListView, total: int) -> list[Row]:
    page = session.call(search, view.order_filter, limit=total)
    return [_row(row) for row in page.rows]


def _row(row: OrderRow) -> dict[str, object]:
    return {
        "Status": state_words(row),
        "Line": row.reference,
        "Patient": ", ".join(part for part in (row.last_name, row.first_name) if part) or row.patient,
        "SKU": row.sku_name,
        "Qty": row.quantity,
        "Pharmacy": row.pharmacy_name,
        "Since": row.state_at,
        "Promised": row.delivers_on,
        "Tracking": row.tracking or None,
        "Reason": row.reason or None,
        "Landed": amount(row.authorised_cents),
        "Checkout": row.checkout,
        "Placed": row.placed_on,
        "Attempt": row.attempt,
    }


def _table(
    session: Session, rows: Sequence[OrderRow], first: Sequence[str], height: int, *, selectable: bool
) -> list[str]:
    """The grid, and which lines are selected. Positions are no identities: what was rendered is kept, and other lines
    give it a new key."""
    references = [row.reference for row in rows]
    st.session_state[RENDERED] = references
    shown = pd.DataFrame.from_records([{**_row(row), "Status": state_sign(row)} for row in rows])
    state = st.dataframe(
        shown.astype(dict.fromkeys(_TEXTS, "string")),
        key=f"orders_table_{selectable}_{hash(tuple(references))}",
        hide_index=True,
        column_order=list(dict.fromkeys([*first, *shown.columns])),
        column_config=_columns(session),
        height=height,
        row_height=_ROW_PIXELS,
        placeholder=NOTHING,
        on_select="rerun",
        selection_mode=["multi-row"] if selectable else [],
        alt="Lines, newest checkout first. A click on a status opens its line.",
    )
    return [references[at] for at in state.selection.rows if at < len(references)]


def _columns(session: Session) -> dict[str, ColumnConfig | ButtonColumnResult]:
    zone = session.reference().context.clinic.time_zone
    return {
        "Status": ButtonColumn(
            type="tertiary",
            alignment="left",
            pinned=True,
            on_click=_open_clicked,
            key=CLICKED,
            help="Click to open the line: timeline, money, pharmacy messages and actions.",
        ),
        "Line": TextColumn(width=140),
        "Checkout": TextColumn(width=130, help="Shared by all lines of one checkout; click the heading to sort by it."),
        "Patient": TextColumn(width=130),
        "SKU": TextColumn(width=190),
        "Qty": NumberColumn(format="%d", width=44, help="Packs."),
        "Pharmacy": TextColumn(width=150),
        "Since": DatetimeColumn(format="distance", timezone=zone, width=95, help="Time in this status."),
        "Promised": {**DAY, "help": "Promised delivery day."},
        "Tracking": TextColumn(width=120),
        "Reason": TextColumn(width=260, help="The pharmacy's message."),
        "Landed": {**MONEY, "help": "Delivered cost: the amount authorized for the newest attempt."},
        "Placed": DAY,
        "Attempt": NumberColumn(format="%d", width=70, help="Number of times the line was sent."),
    }


def _open_clicked() -> None:
    rendered: list[str] = st.session_state[RENDERED]
    click = st.session_state.get(CLICKED)
    if click is not None and click["row"] < len(rendered):
        ORDER_LINE.open(rendered[click["row"]])


def _empty(view: OrderListView) -> None:
    around = view.order_filter._replace(states=frozenset(), queue=None, needs_action=False)
    if around != type(around)():
        empty_state("No line matches these filters.", "Shorten the search, or choose another pharmacy or period.")
    elif not any(view.counts.states.values()):
        empty_state("No orders yet.", "Lines appear here once a refill day's cart is placed.", REFILL_DAY)
    elif view.needs_action:
        missing = f"No lines: {QUEUES[view.queue].lower()}." if view.queue else "Nothing needs action."
        empty_state(missing, "Lines that a pharmacy rejects or puts on hold, or that stall, appear here automatically.")
    else:
        empty_state("No lines have this status.", "Choose another status, or All.")
