"""What is compared: the filters in the URL, and the comparison that they ask for."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import streamlit as st

from core.domain.context import Context
from core.domain.model import Offer, Program, ProgramKind
from core.rules.pricing import BreakEven, ProgramCost, SkuComparison, compare
from pages.shared.session import Reference, Session

EVERY = "Every category"


class Asked(NamedTuple):
    """One view of the prices: a pass-through and an aggregate program, a shipment's size, and a month's spend."""

    context: Context
    today: date
    own: Program | None
    pooled: Program | None
    units: int
    spend_cents: int
    category: str


class Pair(NamedTuple):
    """A SKU under the two programs; ``versus`` is None where one of them is missing."""

    row: SkuComparison
    own: ProgramCost | None
    pooled: ProgramCost | None
    versus: BreakEven | None


def ask(reference: Reference) -> Asked:
    """The filters on one line, in the URL so that a view can be shared."""
    context, today = reference
    programs = context.programs_on(today)
    categories = sorted({sku.category for sku in context.skus.values() if sku.category})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox("Category", [EVERY, *categories], key="costs_category", bind="query-params")
        own = _program("Pass-through program", "costs_pass_through", programs, ProgramKind.PASS_THROUGH)
        pooled = _program("Aggregate program", "costs_aggregate", programs, ProgramKind.AGGREGATE)
        units = st.number_input(
            "Packs in a shipment",
            1,
            1000,
            1,
            key="costs_units",
            bind="query-params",
            help="A box's fee is shared by the packs in it, so larger shipments cost less a pack.",
        )
        spend = st.number_input(
            "Medication a month, in dollars",
            0,
            100_000_000,
            20_000,
            step=1_000,
            key="costs_spend",
            bind="query-params",
            help="Monthly medication spend at pass-through prices. Monthly fees weigh less the larger it is.",
        )
    return Asked(context, today, own, pooled, units, spend * 100, category or EVERY)


def _program(label: str, key: str, programs: tuple[Program, ...], kind: ProgramKind) -> Program | None:
    found = {row.program: row for row in programs if row.kind is kind}
    if not found:
        return None
    chosen = st.selectbox(label, list(found), key=key, bind="query-params")
    return found[chosen] if chosen else None


def compared(session: Session, asked: Asked) -> list[Pair]:
    """The SKUs of the category, each under the two programs."""
    rows = _comparison(
        session.clinic, session.data_version(), asked.today, asked.units, asked.spend_cents, asked.context
    )
    category = {code for code, sku in asked.context.skus.items() if asked.category in {EVERY, sku.category}}
    return [_pair(row, asked) for row in rows if row.sku in category]


@st.cache_resource(max_entries=32, show_spinner="Comparing prices")
def _comparison(
    clinic: str, version: int, today: date, units: int, spend_cents: int, _context: Context
) -> tuple[SkuComparison, ...]:
    return compare(_context, today, units=units, spend_cents=spend_cents)


def _pair(row: SkuComparison, asked: Asked) -> Pair:
    costs = {cost.program: cost for cost in row.programs}
    own = costs.get(asked.own.program) if asked.own else None
    pooled = costs.get(asked.pooled.program) if asked.pooled else None
    versus = row.versus(own.program, pooled.program) if own and pooled else None
    return Pair(row, own, pooled, versus)


def offer_of(cost: ProgramCost | None, sku: str, asked: Asked) -> Offer | None:
    """The offer behind a program's cheapest cost."""
    if cost is None or cost.pharmacy is None:
        return None
    return asked.context.offer(cost.pharmacy, sku, asked.today)
