"""Which lines are listed: tab, queue, status, pharmacy and period stand in the address; the search does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

import streamlit as st

from core.adapters.store.order_views import Counts, OrderFilter, Queue
from core.domain.lifecycle import ORDER
from core.domain.model import LineState
from core.services.orders.views import counts, strays
from pages.orders.line_states import STATE_BADGES
from pages.shared.filters import pharmacy_choice, search_box
from pages.shared.session import ReferenceData, Session

S = LineState
T = TypeVar("T", bound=str)
ALWAYS: Final = "Any day"
PERIODS: Final = {ALWAYS: None, "Last 7 days": 7, "Last 4 weeks": 28, "Last 13 weeks": 91}
"""How many days back a line may have been placed."""


class OrderTab(StrEnum):
    """The parts of the list."""

    NEEDS_ACTION = "Needs action"
    IN_PROGRESS = "In progress"
    DELIVERED = "Delivered"
    ALL = "All"


STATES: Final[Mapping[OrderTab, tuple[LineState, ...]]] = {
    OrderTab.NEEDS_ACTION: (),
    OrderTab.IN_PROGRESS: (S.PLACED, S.SUBMITTED, S.ACCEPTED, S.ON_HOLD, S.COMPOUNDING, S.SHIPPED),
    OrderTab.DELIVERED: (S.DELIVERED,),
    OrderTab.ALL: (*ORDER, S.ON_HOLD, S.REJECTED, S.RETURNED, S.CANCELLED),
}
QUEUES: Final = {
    Queue.REJECTED: "Rejected",
    Queue.HAND_OVER: "Order sheets to send",
    Queue.UNKNOWN: "Unconfirmed",
    Queue.ON_HOLD: "On hold",
    Queue.STALLED: "Stalled",
    Queue.MISFITS: "Unmatched",
    Queue.CANCEL_REQUESTS: "Cancellation requested",
    Queue.RETURNED: "Returned",
}


class OrderListView(NamedTuple):
    """One view of the list. ``strays`` are how many events name no line at all."""

    order_filter: OrderFilter
    tab: OrderTab
    queue: Queue | None
    counts: Counts
    strays: int

    @property
    def needs_action(self) -> bool:
        """Whether the list shows what needs action."""
        return self.tab is OrderTab.NEEDS_ACTION

    @property
    def strays_shown(self) -> bool:
        """Whether events that name no line belong to what is listed."""
        return self.needs_action and self.queue in {None, Queue.MISFITS} and self.strays > 0

    @property
    def sheets_shown(self) -> bool:
        """Whether order sheets to send belong to what is listed."""
        return self.needs_action and self.queue in {None, Queue.HAND_OVER} and self.counts.queues[Queue.HAND_OVER] > 0


def filter_bar(session: Session, reference: ReferenceData) -> OrderListView:
    """The filters, and how many lines each tab, queue and status has. A search looks at every status at once: who asks
    where a refill is does not know which tab it is on."""
    around = _around(reference)
    sizes = session.call(counts, around)
    if around.text:
        return OrderListView(around, OrderTab.ALL, None, sizes, 0)
    unnamed = len(session.call(strays))
    tab = _tab(sizes, unnamed)
    queue = _queue(sizes, unnamed) if tab is OrderTab.NEEDS_ACTION else None
    state = _state(sizes, tab) if len(STATES[tab]) > 1 else None
    _in_url({"orders_tab": None if tab is OrderTab.NEEDS_ACTION else tab, "orders_queue": queue, "orders_state": state})
    order_filter = around._replace(
        states=frozenset([state] if state else STATES[tab] if tab is not OrderTab.ALL else ()),
        queue=queue,
        needs_action=tab is OrderTab.NEEDS_ACTION,
    )
    return OrderListView(order_filter, tab, queue, sizes, unnamed)


def _around(reference: ReferenceData) -> OrderFilter:
    context, today = reference
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = search_box(
            "Search",
            "Patient, birth date, reference, tracking number, SKU or pharmacy",
            key="orders_search",
            tooltip="Part of a name, a birth date (4/23/1980), or the start of a code, a reference or a tracking "
            "number. Lines of every status are searched.",
        )
        pharmacy = pharmacy_choice("Pharmacy", context, "Every pharmacy", key="orders_pharmacy", width=220, bound=True)
        period = st.selectbox("Placed", list(PERIODS), key="orders_period", bind="query-params", width=150)
    days = PERIODS[period or ALWAYS]
    return OrderFilter(text=text, pharmacy=pharmacy, placed_from=None if days is None else today - timedelta(days))


def _tab(sizes: Counts, unnamed: int) -> OrderTab:
    tab_sizes = {tab: sum(sizes.states[state] for state in states) for tab, states in STATES.items()}
    tab_sizes[OrderTab.NEEDS_ACTION] = sizes.needs_action + unnamed
    names = {tab: tab.value for tab in OrderTab}
    return (
        _counted("orders_tab", "Lines", list(OrderTab), names, tab_sizes, OrderTab.NEEDS_ACTION)
        or OrderTab.NEEDS_ACTION
    )


def _queue(sizes: Counts, unnamed: int) -> Queue | None:
    queue_sizes = {**sizes.queues, Queue.MISFITS: sizes.queues[Queue.MISFITS] + unnamed}
    return _counted("orders_queue", "Reason", list(Queue), QUEUES, queue_sizes, None)


def _state(sizes: Counts, tab: OrderTab) -> LineState | None:
    names = {state: STATE_BADGES[state].words for state in STATES[tab]}
    return _counted("orders_state", "Status", STATES[tab], names, sizes.states, None)


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
