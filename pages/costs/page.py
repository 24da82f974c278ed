"""SKU costs: what every SKU costs delivered, under pass-through and under aggregate pricing."""

from __future__ import annotations

import streamlit as st

from core.services.people import Action
from pages.costs.clinic import clinic_tab
from pages.costs.comparison import compare_tab
from pages.costs.filters import ask, compared
from pages.costs.plans import plans_tab
from pages.costs.price_lists import price_lists_tab
from pages.costs.quote_export import quotes_out_tab
from pages.costs.sku_detail import one_sku_tab
from pages.shared.guard import opened_by
from pages.shared.layout import empty_state, header

session = opened_by(Action.SEE_COSTS)
header("SKU costs", "What a pack costs delivered, under pass-through and under aggregate pricing.")

reference = session.reference()
if not reference.context.skus:
    empty_state("There are no SKUs yet.", "Load skus.csv, offers.csv and programs.csv on Setup.")
    st.stop()

asked = ask(reference)
tabs = st.tabs(
    ["Compare", "One SKU", "The clinic", "Plans", "Price lists", "Quote"],
    key="costs_tab",
    bind="query-params",
    on_change="rerun",
)
if tabs[0].open:
    with tabs[0]:
        compare_tab(session, asked, compared(session, asked))
if tabs[1].open:
    with tabs[1]:
        one_sku_tab(session, asked, compared(session, asked))
if tabs[2].open:
    with tabs[2]:
        clinic_tab(session, asked)
if tabs[3].open:
    with tabs[3]:
        plans_tab(session, asked)
if tabs[4].open:
    with tabs[4]:
        price_lists_tab(session, asked)
if tabs[5].open:
    with tabs[5]:
        quotes_out_tab(session, asked, compared(session, asked))
