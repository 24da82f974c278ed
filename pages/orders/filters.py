"""Which lines are listed: tabs with counts, a queue or state, a pharmacy and a period in the URL; the search not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

import streamlit as st

from core.adapters.store.order_views import Counts, OrderFilter, Queue
from core.domain.lifecycle import ORDER
from core.domain.model import LineState
from core.services.orders.views import counts, strays
from pages.orders.line_states import LOOKS
from pages.shared.session import Reference, Session

S = LineState
T = TypeVar("T", bound=str)
EVERY = "Every pharmacy"
ALWAYS = "Any day"
PERIODS: Final = {ALWAYS: None, "Last 7 days": 7, "Last 4 weeks": 28, "Last 13 weeks": 91}
"""How many days back a line may have been placed."""


class Tab(StrEnum):
    """The parts of the list."""

    NEEDS_ACTION = "Needs action"
    IN_PROGRESS = "In progress"
    DELIVERED = "Delivered"
    ALL = "All"


STATES: Final[Mapping[Tab, tuple[LineState, ...]]] = {
    Tab.NEEDS_ACTION: (),
    Tab.IN_PROGRESS: (S.PLACED, S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING, S.SHIPPED),
    Tab.DELIVERED: (S.DELIVERED,),
    Tab.ALL: (*ORDER, S.ON_HOLD, S.REJECTED, S.RETURNED, S.CANCELLED),
}
QUEUES: Final = {
    Queue.REJECTED: "Rejected",
    Queue.HAND_OVER: "To hand over",
    Queue.UNKNOWN: "Answer lost",
    Queue.ON_HOLD: "On hold",
    Queue.STALLED: "Stalled",
    Queue.MISFITS: "Did not fit",
    Queue.CANCEL_REQUESTS: "Cancel asked",
    Queue.RETURNED: "Returned",
}


class Asked(NamedTuple):
    """One view of the list. ``strays`` are how many events name no line at all."""

    wanted: OrderFilter
    tab: Tab
    queue: Queue | None
    counts: Counts
    strays: int


def ask(session: Session, reference: Reference) -> Asked:
    """The filters, and how many lines each tab, queue and state has."""
    around = _around(reference)
    sizes = counts(session.store, session.person, session.clinic, around)
    unnamed = len(strays(session.store, session.person, session.clinic))
    tab = _tab(sizes, unnamed)
    queue = _queue(sizes, unnamed) if tab is Tab.NEEDS_ACTION else None
    state = _state(sizes, tab) if len(STATES[tab]) > 1 else None
    _in_url({"orders_tab": None if tab is Tab.NEEDS_ACTION else tab, "orders_queue": queue, "orders_state": state})
    wanted = around._replace(
        states=frozenset([state] if state else STATES[tab] if tab is not Tab.ALL else ()),
        queue=queue,
        needs_action=tab is Tab.NEEDS_ACTION,
    )
    return Asked(wanted, tab, queue, sizes, unnamed)


def _around(reference: Reference) -> OrderFilter:
    context, today = reference
    names = {code: pharmacy.name for code, pharmacy in sorted(context.pharmacies.items())}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search",
            key="orders_search",
            type="search",
            live=True,
            max_chars=100,
            placeholder="Patient, reference or tracking number",
            icon=":material/search:",
            help="Parts of a name, or the start of a patient code, reference or tracking number. Never in the URL.",
        )
        pharmacy = st.selectbox(
            "Pharmacy",
            [EVERY, *names],
            format_func=lambda code: names.get(code, code),
            key="orders_pharmacy",
            bind="query-params",
            width=220,
        )
        period = st.selectbox("Placed", list(PERIODS), key="orders_period", bind="query-params", width=150)
    return OrderFilter(
        text=text or "", pharmacy=pharmacy if pharmacy in names else None, placed_from=_since(period, today)
    )


def _since(period: str | None, today: date) -> date | None:
    days = PERIODS[period or ALWAYS]
    return None if days is None else today - timedelta(days)


def _tab(sizes: Counts, unnamed: int) -> Tab:
    found = {tab: sum(sizes.states[state] for state in states) for tab, states in STATES.items()}
    found[Tab.NEEDS_ACTION] = sizes.needs_action + unnamed
    names = {tab: tab.value for tab in Tab}
    return _counted("orders_tab", "Lines", list(Tab), names, found, Tab.NEEDS_ACTION) or Tab.NEEDS_ACTION


def _queue(sizes: Counts, unnamed: int) -> Queue | None:
    found = {**sizes.queues, Queue.MISFITS: sizes.queues[Queue.MISFITS] + unnamed}
    return _counted("orders_queue", "What they wait for", list(Queue), QUEUES, found, None)


def _state(sizes: Counts, tab: Tab) -> LineState | None:
    names = {state: LOOKS[state].words for state in STATES[tab]}
    return _counted("orders_state", "State", STATES[tab], names, sizes.states, None)


def _counted(
    name: str, label: str, options: Sequence[T], words: Mapping[T, str], sizes: Mapping[T, int], usual: T | None
) -> T | None:
    """One choice among options that show how many lines each has; without a ``usual`` one nothing may be chosen.

    A bound widget would put its label into the URL, and the count with it: a link would break with the next order.
    """
    key = f"{name}_chosen"
    if st.session_state.get(key, "") not in {*options, None}:
        named = st.query_params.get(name)
        st.session_state[key] = next((option for option in options if option == named), usual)
    draw = st.segmented_control if usual else st.pills
    return draw(
        label,
        options,
        format_func=lambda option: f"{words[option]} ({sizes[option]:,})",
        key=key,
        required=usual is not None,
        label_visibility="collapsed",
    )


def _in_url(choices: Mapping[str, str | None]) -> None:
    for name, chosen in choices.items():
        if chosen is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != chosen:
            st.query_params[name] = str(chosen)
