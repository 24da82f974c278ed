"""A quote to share: chosen SKUs and programs, out as a workbook of live formulas or as pages to print."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

import streamlit as st

from core.services.quotes import Kind, Wanted, quote_out
from pages.costs.filters import EVERY, Asked, Pair
from pages.shared.formats import count, full_day, money, plain
from pages.shared.layout import badge, empty_state, is_demo
from pages.shared.session import Session
from pages.shared.tables import FILES

_MOST_PROGRAMS: Final = 6
"""More columns do not fit on a page."""


def quotes_out_tab(session: Session, asked: Asked, pairs: Sequence[Pair]) -> None:
    """What goes on it, what it will say, and the two downloads."""
    st.caption(
        plain(
            f"Prices in force on {full_day(asked.today)}, {count(asked.units, 'pack')} in a shipment and "
            f"{money(asked.spend_cents)} of medication a month, as chosen above. In the workbook, changing a price, a "
            "fee or a rate changes every total."
        )
    )
    wanted = _chosen(asked, [pair.row.sku for pair in pairs])
    if not wanted.skus or not wanted.programs:
        empty_state("Nothing is chosen yet.", "A quote needs at least one SKU and one program.")
        return
    badge(_demo(asked, set(wanted.skus)))
    with st.container(horizontal=True):
        _download(session, wanted, "xlsx", "Workbook with live formulas", FILES["xlsx"])
        _download(session, wanted, "pdf", "Pages to print", "application/pdf")


def _demo(asked: Asked, skus: Collection[str]) -> bool:
    offers = (row.source for row in asked.context.offers if row.sku in skus)
    pooled = (row.source for row in asked.context.aggregate_prices if row.sku in skus)
    return any(map(is_demo, (*offers, *pooled)))


def _chosen(asked: Asked, skus: Sequence[str]) -> Wanted:
    names = asked.context.skus
    picked = st.multiselect(
        "SKUs",
        skus,
        format_func=lambda code: f"{names[code].name} ({code})",
        placeholder="Every SKU" if asked.category == EVERY else f"Every SKU of {asked.category}",
        key="costs_quote_skus",
    )
    programs = [program.program for program in asked.context.programs_on(asked.today)]
    compared = [program.program for program in (asked.own, asked.pooled) if program]
    under = st.multiselect("Programs", programs, compared, max_selections=_MOST_PROGRAMS, key="costs_quote_programs")
    return Wanted(tuple(picked or skus), tuple(under), asked.units, asked.spend_cents)


def _download(session: Session, wanted: Wanted, kind: Kind, label: str, mime: str) -> None:
    holds = f"{count(len(wanted.skus), 'SKU')} under {count(len(wanted.programs), 'program')}"
    st.download_button(
        label,
        partial(quote_out, session.store, session.person, session.clinic, wanted, kind),
        f"sku_costs.{kind}",
        mime,
        key=f"costs_quote_{kind}",
        on_click="ignore",
        type="primary" if kind == "xlsx" else "secondary",
        icon=":material/table:" if kind == "xlsx" else ":material/print:",
        help=f"{holds}. The download is audited.",
    )
