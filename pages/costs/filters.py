"""What is compared: the filters in the address, and the comparison that they ask for."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import streamlit as st

from core.domain.context import Context
from core.domain.model import Offer, Program, ProgramKind
from core.rules.pricing.break_even import BreakEven
from core.rules.pricing.comparison import ProgramCost, SkuComparison, compare
from core.rules.pricing.program_choice import ProgramChoice
from pages.shared.session import ReferenceData, Session

EVERY = "Every category"
WITHOUT_ORDERS = 20_000
"""Dollars of medication a month to begin with where nothing was ordered yet."""


class CostView(NamedTuple):
    """One view of the prices: a pass-through and an aggregate program, a shipment's size, and a month's spend."""

    context: Context
    today: date
    pass_through: Program | None
    aggregate: Program | None
    units: int
    spend_cents: int
    category: str


class SkuCosts(NamedTuple):
    """A SKU under the two programs; ``versus`` is None where one of them is missing."""

    row: SkuComparison
    pass_through: ProgramCost | None
    aggregate: ProgramCost | None
    versus: BreakEven | None


def filter_bar(reference: ReferenceData, own: ProgramChoice) -> CostView:
    """The filters on one line, in the address so that a view can be shared; the spend begins as the clinic's own."""
    context, today = reference
    programs = context.programs_on(today)
    categories = sorted({sku.category for sku in context.skus.values() if sku.category})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox("Category", [EVERY, *categories], key="costs_category", bind="query-params")
        pass_through = _program("Pass-through program", "costs_pass_through", programs, ProgramKind.PASS_THROUGH)
        aggregate = _program("Aggregate program", "costs_aggregate", programs, ProgramKind.AGGREGATE)
        units = st.number_input(
            "Packs in a shipment",
            1,
            1000,
            1,
            key="costs_units",
            bind="query-params",
            help="The packs in a box share its fee, so larger shipments cost less per pack.",
        )
        spend = st.number_input(
            "Medication a month ($)",
            0,
            100_000_000,
            own.a_month(own.medication_cents) // 100 if own.lines else WITHOUT_ORDERS,
            step=1_000,
            key="costs_spend",
            bind="query-params",
            help="Monthly medication spend: yours of the last three whole months unless you change it. Monthly fees "
            "weigh less the larger it is.",
        )
    return CostView(context, today, pass_through, aggregate, units, spend * 100, category or EVERY)


def _program(label: str, key: str, programs: tuple[Program, ...], kind: ProgramKind) -> Program | None:
    choices = {row.program: row for row in programs if row.kind is kind}
    if not choices:
        return None
    chosen = st.selectbox(label, list(choices), key=key, bind="query-params")
    return choices[chosen] if chosen else None


def compared(session: Session, view: CostView) -> list[SkuCosts]:
    """The SKUs of the category, each under the two programs."""
    rows = _comparison(session.clinic, session.data_version(), view.today, view.units, view.spend_cents, view.context)
    category = {code for code, sku in view.context.skus.items() if view.category in {EVERY, sku.category}}
    return [_pair(row, view) for row in rows if row.sku in category]


@st.cache_resource(max_entries=32, show_spinner="Comparing prices")
def _comparison(
    clinic: str, version: int, today: date, units: int, spend_cents: int, _context: Context
) -> tuple[SkuComparison, ...]:
    return compare(_context, today, units=units, spend_cents=spend_cents)


def _pair(row: SkuComparison, view: CostView) -> SkuCosts:
    costs = {cost.program: cost for cost in row.programs}
    pass_through = costs.get(view.pass_through.program) if view.pass_through else None
    aggregate = costs.get(view.aggregate.program) if view.aggregate else None
    versus = row.versus(pass_through.program, aggregate.program) if pass_through and aggregate else None
    return SkuCosts(row, pass_through, aggregate, versus)


def offer_of(cost: ProgramCost | None, sku: str, view: CostView) -> Offer | None:
    """The offer behind a program's cheapest cost."""
    if cost is None or cost.pharmacy is None:
        return None
    return view.context.offer(cost.pharmacy, sku, view.today)
