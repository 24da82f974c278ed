"""The list itself: one page of lines, each of which opens with a click on its state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, DatetimeColumn, NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from core.adapters.store.order_views import OrderRow, Queue
from core.services.orders.views import Page, search
from pages.orders.bulk_actions import BULK, bulk, results
from pages.orders.filters import QUEUES, Asked, Tab
from pages.orders.line_states import sign, words
from pages.orders.open_line import open_line
from pages.shared.formats import NOTHING, amount, count
from pages.shared.layout import empty_state
from pages.shared.screens import REFILL_DAY
from pages.shared.session import Session
from pages.shared.tables import DAY, MONEY, Row, downloads

ON_A_PAGE: Final = 100
RENDERED = "orders_rendered"
CLICKED = "orders_clicked"
PAGE = "orders_page"
_ASKED = "orders_asked"
_BESIDE = ("State", "Patient", "SKU", "Since", "Line")
_WAITING = ("State", "Line", "Patient", "SKU", "Reason", "Since", "Pharmacy")
"""Columns that come first beside an open line, and where lines wait for somebody."""
_TEXTS = ("Tracking", "Reason")
"""Columns that may be empty throughout: their type must not depend on it."""
_ROW_PIXELS, _MOST_ROWS, _BESIDE_ROWS = 35, 12, 20


def listing(session: Session, asked: Asked, *, narrow: bool) -> None:
    """The page of lines that the URL names, with its downloads."""
    place, number = st.container(), _page_asked(asked)
    found = _search(session, asked, number)
    if asked.tab is Tab.NEEDS_ACTION:
        results(session)
    if not found.total:
        if not strays_shown(asked):
            _empty(asked)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        found = _paged(session, asked, found, number)
        downloads(lambda: _every_row(session, asked, found.total), name="orders", session=session)
    first = _BESIDE if narrow else _WAITING if asked.tab is Tab.NEEDS_ACTION else ()
    height = _ROW_PIXELS * (min(len(found.rows), _BESIDE_ROWS if narrow else _MOST_ROWS) + 1) + 2
    with place:
        chosen = _table(session, found.rows, first, height, several=asked.queue in BULK)
    if asked.queue is not None and asked.queue in BULK:
        bulk(session, asked.queue, chosen, session.reference().context)


def strays_shown(asked: Asked) -> bool:
    """Whether events that name no line belong to what is listed."""
    return asked.tab is Tab.NEEDS_ACTION and asked.queue in {None, Queue.MISFITS} and asked.strays > 0


def sheets_shown(asked: Asked) -> bool:
    """Whether sheets that wait for a person belong to what is listed."""
    waits = asked.counts.queues[Queue.HAND_OVER] > 0
    return asked.tab is Tab.NEEDS_ACTION and asked.queue in {None, Queue.HAND_OVER} and waits


def _page_asked(asked: Asked) -> int:
    """The page that the URL names, the first one after another filter."""
    if st.session_state.get(_ASKED, asked.wanted) != asked.wanted and st.session_state.get(PAGE, 1) != 1:
        st.session_state[PAGE] = 1
    st.session_state[_ASKED] = asked.wanted
    named = str(st.session_state.get(PAGE) or st.query_params.get(PAGE, "1"))
    return int(named) if re.fullmatch("[1-9][0-9]{0,5}", named) else 1


def _paged(session: Session, asked: Asked, found: Page, named: int) -> Page:
    """How much there is and the way to the other pages; the widget has the last word on which page it is."""
    told = st.empty()
    if found.total <= ON_A_PAGE:
        told.caption(count(found.total, "line"), width="content")
        return found if found.rows else _search(session, asked, 1)
    number = st.pagination(-(-found.total // ON_A_PAGE), key=PAGE, bind="query-params", max_visible_pages=5)
    found = found if number == named else _search(session, asked, number)
    first = (number - 1) * ON_A_PAGE + 1
    told.caption(f"Lines {first:,} to {first + len(found.rows) - 1:,} of {found.total:,}", width="content")
    return found


def _search(session: Session, asked: Asked, number: int) -> Page:
    offset = (number - 1) * ON_A_PAGE
    return search(session.store, session.person, session.clinic, asked.wanted, limit=ON_A_PAGE, offset=offset)


def _every_row(session: Session, asked: Asked, total: int) -> list[Row]:
    page = search(session.store, session.person, session.clinic, asked.wanted, limit=total)
    return [_row(row) for row in page.rows]


def _row(row: OrderRow) -> dict[str, object]:
    return {
        "State": words(row),
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
    session: Session, rows: Sequence[OrderRow], first: Sequence[str], height: int, *, several: bool
) -> list[str]:
    """The grid, and which lines are ticked. Positions are no identities: what was rendered is kept, and other lines
    give it a new key."""
    references = [row.reference for row in rows]
    st.session_state[RENDERED] = references
    shown = pd.DataFrame.from_records([{**_row(row), "State": sign(row)} for row in rows])
    state = st.dataframe(
        shown.astype(dict.fromkeys(_TEXTS, "string")),
        key=f"orders_table_{several}_{hash(tuple(references))}",
        hide_index=True,
        column_order=list(dict.fromkeys([*first, *shown.columns])),
        column_config=_columns(session),
        height=height,
        row_height=_ROW_PIXELS,
        placeholder=NOTHING,
        on_select="rerun",
        selection_mode=["multi-row"] if several else [],
        alt="Lines, newest checkout first. A click on a state opens its line.",
    )
    return [references[at] for at in state.selection.rows if at < len(references)]


def _columns(session: Session) -> dict[str, ColumnConfig | ButtonColumnResult]:
    zone = session.reference().context.clinic.time_zone
    return {
        "State": ButtonColumn(
            type="tertiary",
            alignment="left",
            pinned=True,
            on_click=_open_clicked,
            key=CLICKED,
            help="Click a state to open its line: timeline, money, what the pharmacy says, what can be done.",
        ),
        "Line": TextColumn(width=140),
        "Checkout": TextColumn(width=130, help="Lines of one checkout share it; click the heading to group by it."),
        "Patient": TextColumn(width=130),
        "SKU": TextColumn(width=190),
        "Qty": NumberColumn(format="%d", width=44, help="Packs."),
        "Pharmacy": TextColumn(width=150),
        "Since": DatetimeColumn(format="distance", timezone=zone, width=95, help="How long it is in this state."),
        "Promised": {**DAY, "help": "The day on which it should be delivered."},
        "Tracking": TextColumn(width=120),
        "Reason": TextColumn(width=260, help="The pharmacy's own words."),
        "Landed": {**MONEY, "help": "What the line costs delivered: what its newest attempt is authorised for."},
        "Placed": DAY,
        "Attempt": NumberColumn(format="%d", width=70, help="How often the line was sent."),
    }


def _open_clicked() -> None:
    rendered: list[str] = st.session_state[RENDERED]
    click = st.session_state.get(CLICKED)
    if click is not None and click["row"] < len(rendered):
        open_line(rendered[click["row"]])


def _empty(asked: Asked) -> None:
    around = asked.wanted._replace(states=frozenset(), queue=None, needs_action=False)
    if around != type(around)():
        empty_state("No line matches these filters.", "Shorten the search, or choose another pharmacy or period.")
    elif not any(asked.counts.states.values()):
        empty_state(
            "Nothing has been ordered yet.",
            "Place a refill day's cart; its lines then show here.",
            REFILL_DAY,
        )
    elif asked.tab is Tab.NEEDS_ACTION:
        waits = f"No line waits here: {QUEUES[asked.queue].lower()}." if asked.queue else "Nothing needs anybody."
        empty_state(waits, "Lines that a pharmacy refuses or holds, or that stall, come here by themselves.")
    else:
        empty_state("There are no such lines.", "Choose another state, or All.")
