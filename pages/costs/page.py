"""SKU costs: what every SKU costs delivered, under pass-through and under aggregate pricing."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.domain.roles import Action
from core.services.clinic_costs import best_program
from pages.costs.clinic import clinic_tab
from pages.costs.comparison import comparison_tab
from pages.costs.filters import compared, filter_bar
from pages.costs.plans import plans_tab
from pages.costs.price_lists import price_lists_tab
from pages.costs.program_answer import program_answer
from pages.costs.quote_export import quote_tab
from pages.costs.sku_detail import sku_detail, sku_tab
from pages.shared.guard import opened_by
from pages.shared.layout import draw_tabs, empty_state, header

session = opened_by(Action.SEE_COSTS)
header("SKU costs", "Delivered cost of a pack under pass-through and aggregate pricing.")

reference = session.reference()
if not reference.context.skus:
    empty_state("There are no SKUs yet.", "Load skus.csv, offers.csv and programs.csv on Setup.")
    st.stop()

answer = session.remembered(best_program)
program_answer(session, reference.context, answer)
view = filter_bar(reference, answer)


def _compare() -> None:
    if selected := comparison_tab(session, view, compared(session, view)):
        sku_detail(session, view, selected)


TABS: dict[str, Callable[[], None]] = {
    "Compare": _compare,
    "One SKU": lambda: sku_tab(session, view, compared(session, view)),
    "The clinic": lambda: clinic_tab(session, view),
    "Plans": lambda: plans_tab(session, view),
    "Price lists": lambda: price_lists_tab(session, view),
    "Quote": lambda: quote_tab(session, view, compared(session, view)),
}
draw_tabs(TABS, key="costs_tab")
