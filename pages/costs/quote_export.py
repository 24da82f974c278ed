"""A quote to share: chosen SKUs and programs, out as a workbook of live formulas or as pages to print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

import streamlit as st

from core.services.quotes.export import QuoteFormat, quote_out
from core.services.quotes.selection import QuoteRequest
from pages.costs.filters import EVERY, CostView, SkuCosts
from pages.shared.formats import count, full_day, money, plain
from pages.shared.layout import badge, empty_state, is_demo
from pages.shared.session import Session
from pages.shared.tables import FILES

_MOST_PROGRAMS: Final = 6
"""More columns do not fit on a page."""


def quote_tab(session: Session, view: CostView, pairs: Sequence[SkuCosts]) -> None:
    """What goes on it, what it will say, and the two downloads."""
    st.caption(
        plain(
            f"Prices in force on {full_day(view.today)}, {count(view.units, 'pack')} in a shipment and "
            f"{money(view.spend_cents)} of medication a month, as selected above. In the workbook, changing a price, a "
            "fee or a rate changes every total."
        )
    )
    selection = _chosen(view, [pair.row.sku for pair in pairs])
    if not selection.skus or not selection.programs:
        empty_state("Nothing is selected yet.", "A quote needs at least one SKU and one program.")
        return
    badge(_demo(view, set(selection.skus)))
    with st.container(horizontal=True):
        _download(session, selection, "xlsx", "Workbook with live formulas", FILES["xlsx"])
        _download(session, selection, "pdf", "PDF to print", "application/pdf")


def _demo(view: CostView, skus: Collection[str]) -> bool:
    offers = (row.source for row in view.context.offers if row.sku in skus)
    aggregate = (row.source for row in view.context.aggregate_prices if row.sku in skus)
    return any(map(is_demo, (*offers, *aggregate)))


def _chosen(view: CostView, skus: Sequence[str]) -> QuoteRequest:
    names = view.context.skus
    picked = st.multiselect(
        "SKUs",
        skus,
        format_func=lambda code: f"{names[code].name} ({code})",
        placeholder="Every SKU" if view.category == EVERY else f"Every SKU of {view.category}",
        key="costs_quote_skus",
    )
    programs = [program.program for program in view.context.programs_on(view.today)]
    compared = [program.program for program in (view.pass_through, view.aggregate) if program]
    under = st.multiselect("Programs", programs, compared, max_selections=_MOST_PROGRAMS, key="costs_quote_programs")
    return QuoteRequest(tuple(picked or skus), tuple(under), view.units, view.spend_cents)


def _download(session: Session, selection: QuoteRequest, kind: QuoteFormat, label: str, mime: str) -> None:
    holds = f"{count(len(selection.skus), 'SKU')} under {count(len(selection.programs), 'program')}"
    st.download_button(
        label,
        partial(session.call, quote_out, selection, kind),
        f"sku_costs.{kind}",
        mime,
        key=f"costs_quote_{kind}",
        on_click="ignore",
        type="primary" if kind == "xlsx" else "secondary",
        icon=":material/table:" if kind == "xlsx" else ":material/print:",
        help=f"{holds}. The download is audited.",
    )
