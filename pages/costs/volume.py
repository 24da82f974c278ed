"""The answer for one SKU at the clinic's own volume, with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import streamlit as st

from core.domain.model import Program
from core.rules.pricing.break_even import BreakEven
from core.rules.pricing.comparison import ProgramCost
from core.rules.pricing.market import PharmacyCost
from core.rules.pricing.volume import MONTH_DAYS, AtVolume
from core.services.clinic_costs import PERIOD_DAYS, packs_placed
from pages.costs.filters import CostView, SkuCosts
from pages.shared.formats import amount, count, money, percent, plain
from pages.shared.layout import open_expander
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table


def our_volume(session: Session, view: CostView, pair: SkuCosts) -> None:
    """Which of the two programs is cheaper at the packs really ordered, by how much, and what would change it."""
    pass_through, aggregate = pair.pass_through, pair.aggregate
    versus = pair.versus
    if (
        pass_through is None
        or aggregate is None
        or pass_through.best is None
        or aggregate.best is None
        or versus is None
    ):
        return
    packs = session.remembered(packs_placed).get(pair.row.sku, 0)
    month = pair.row.at_volume(pass_through.program, aggregate.program, packs, PERIOD_DAYS)
    with st.container(border=True):
        st.markdown(f"**{plain(volume_sentence(versus, month, packs))}**")
        st.write(plain(change_sentence(versus, month, aggregate)))
        if expander := open_expander("Calculation", key="sku_volume_behind", icon=":material/calculate:"):
            with expander:
                headings = [_heading(side, view) for side in (pass_through, aggregate)]
                table(
                    [_row(step, headings) for step in _steps(view, pass_through.best, aggregate.best, month, packs)],
                    name="sku_volume",
                    alt=f"How {pass_through.program} and {aggregate.program} come to their costs for {pair.row.name}",
                    session=session,
                    columns=dict.fromkeys((*headings, "Difference"), MONEY),
                )


def volume_sentence(versus: BreakEven, month: AtVolume | None, packs: int) -> str:
    """Which program is cheaper at the clinic's volume, without and with the monthly fees on this SKU alone."""
    if month is None:
        return f"Not ordered in the last {PERIOD_DAYS} days; the costs of a pack are below."
    sentence = f"At your volume, {a_month(packs)}, {_cheaper(versus, month.excess_cents)}"
    if month.own_fee_cents == month.pooled_fee_cents:
        return f"{sentence}; the monthly fees are equal"
    return f"{sentence}; with the monthly fees on this SKU alone, {_cheaper(versus, month.excess_with_fees_cents)}"


def change_sentence(versus: BreakEven, month: AtVolume | None, aggregate: ProgramCost) -> str:
    """Which aggregate price would change the answer."""
    sentence = (
        f"{versus.aggregate} charges {money(aggregate.unit_cost_cents)} a pack now. "
        f"Delivered packs cost the same at {_price(versus.price_cents)}"
    )
    if month is None or month.own_fee_cents == month.pooled_fee_cents:
        return f"{sentence}."
    return f"{sentence}, and with the monthly fees on this SKU alone at {_price(month.even_price_cents)}."


def a_month(packs: int) -> str:
    """Packs ordered in the period, as packs a month."""
    monthly = (Decimal(packs) * MONTH_DAYS / PERIOD_DAYS).quantize(Decimal("0.1"))
    return f"{monthly:,f} packs a month ({count(packs, 'pack')} in {PERIOD_DAYS} days)"


def _cheaper(versus: BreakEven, excess_cents: int) -> str:
    if excess_cents == 0:
        return "both cost the same"
    program = versus.pass_through if excess_cents > 0 else versus.aggregate
    return f"{program} is cheaper by {money(abs(excess_cents))} a month"


def _price(cents: int | None) -> str:
    return "no price" if cents is None else money(cents)


def _heading(side: ProgramCost, view: CostView) -> str:
    pharmacy = view.context.pharmacies[side.pharmacy].name if side.pharmacy else ""
    return f"{side.program}, {pharmacy}"


def _steps(
    view: CostView, pass_through: PharmacyCost, aggregate: PharmacyCost, month: AtVolume | None, packs: int
) -> Iterator[tuple[str, int, int]]:
    """Every step from the price of a pack to the cost of a month, in cents under each program."""
    size = count(view.units, "pack")
    fees = " and ".join(_rate(program) for program in (view.pass_through, view.aggregate) if program)
    yield "One pack", pass_through.unit_cost_cents, aggregate.unit_cost_cents
    yield f"Medication, {size}", pass_through.medication_cents, aggregate.medication_cents
    yield f"Program fee, {fees}", pass_through.program_fee_cents, aggregate.program_fee_cents
    yield "Shipping, one box", pass_through.shipping_cents, aggregate.shipping_cents
    yield "Processing", pass_through.processing_cents, aggregate.processing_cents
    yield f"Delivered, {size}", pass_through.landed_cents, aggregate.landed_cents
    yield "Delivered, a pack", pass_through.unit_landed_cents, aggregate.unit_landed_cents
    if month is not None:
        yield f"A month, {a_month(packs)}", month.own_cents, month.pooled_cents
        yield "Monthly fee", month.own_fee_cents, month.pooled_fee_cents
        with_fees = month.own_cents + month.own_fee_cents, month.pooled_cents + month.pooled_fee_cents
        yield "A month with the whole monthly fee", *with_fees


def _rate(program: Program) -> str:
    return f"{percent(program.rate)} of {program.rate_base.value.replace('+', ' and ')}"


def _row(step: tuple[str, int, int], headings: list[str]) -> Row:
    name, pass_through, aggregate = step
    return {
        "Step": name,
        headings[0]: amount(pass_through),
        headings[1]: amount(aggregate),
        "Difference": amount(aggregate - pass_through),
    }
