"""The answer for one SKU at the clinic's own volume, with its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import streamlit as st

from core.domain.model import Program
from core.rules.pricing import MONTH_DAYS, AtVolume, BreakEven, PharmacyCost, ProgramCost
from core.services.clinic_costs import PERIOD_DAYS, packs_placed
from pages.costs.filters import Asked, Pair
from pages.shared.formats import amount, count, money, percent, plain
from pages.shared.session import Session
from pages.shared.tables import MONEY, Row, table


def our_volume(session: Session, asked: Asked, pair: Pair) -> None:
    """Which of the two programs is cheaper at the packs really ordered, by how much, and what would change it."""
    own, pooled = pair.own, pair.pooled
    versus = pair.versus
    if own is None or pooled is None or own.best is None or pooled.best is None or versus is None:
        return
    packs = _packs(session.clinic, session.data_version(), asked.today, session).get(pair.row.sku, 0)
    month = pair.row.at_volume(own.program, pooled.program, packs, PERIOD_DAYS)
    with st.container(border=True):
        st.markdown(f"**{plain(volume_sentence(versus, month, packs))}**")
        st.write(plain(change_sentence(versus, month, pooled)))
        behind = st.expander("The arithmetic", icon=":material/calculate:", key="sku_volume_behind", on_change="rerun")
        if behind.open:
            with behind:
                headings = [_heading(side, asked) for side in (own, pooled)]
                table(
                    [_row(step, headings) for step in _steps(asked, own.best, pooled.best, month, packs)],
                    name="sku_volume",
                    alt=f"How {own.program} and {pooled.program} come to their costs for {pair.row.name}",
                    session=session,
                    columns=dict.fromkeys((*headings, "Difference"), MONEY),
                )


@st.cache_resource(max_entries=8, show_spinner=False)
def _packs(clinic: str, version: int, today: date, _session: Session) -> dict[str, int]:
    return packs_placed(_session.store, _session.person, clinic)


def volume_sentence(versus: BreakEven, month: AtVolume | None, packs: int) -> str:
    """Which program is cheaper at the clinic's volume, without and with the monthly fees on this SKU alone."""
    if month is None:
        return f"None of it was ordered in the last {PERIOD_DAYS} days; the costs of a pack are below."
    says = f"At your volume, {a_month(packs)}, {_cheaper(versus, month.excess_cents)}"
    if month.own_fee_cents == month.pooled_fee_cents:
        return f"{says}; the monthly fees are equal"
    return f"{says}; with the monthly fees on this SKU alone, {_cheaper(versus, month.excess_with_fees_cents)}"


def change_sentence(versus: BreakEven, month: AtVolume | None, pooled: ProgramCost) -> str:
    """Which aggregate price would change the answer."""
    says = (
        f"{versus.aggregate} asks {money(pooled.unit_cost_cents)} a pack now. "
        f"Delivered packs cost the same at {_price(versus.price_cents)}"
    )
    if month is None or month.own_fee_cents == month.pooled_fee_cents:
        return f"{says}."
    return f"{says}, and with the monthly fees on this SKU alone at {_price(month.even_price_cents)}."


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
    return "no price from zero" if cents is None else money(cents)


def _heading(side: ProgramCost, asked: Asked) -> str:
    pharmacy = asked.context.pharmacies[side.pharmacy].name if side.pharmacy else ""
    return f"{side.program}, {pharmacy}"


def _steps(
    asked: Asked, own: PharmacyCost, pooled: PharmacyCost, month: AtVolume | None, packs: int
) -> Iterator[tuple[str, int, int]]:
    """Every step from the price of a pack to the cost of a month, in cents under each program."""
    size = count(asked.units, "pack")
    fees = " and ".join(_rate(program) for program in (asked.own, asked.pooled) if program)
    yield "One pack", own.unit_cost_cents, pooled.unit_cost_cents
    yield f"Medication, {size}", own.medication_cents, pooled.medication_cents
    yield f"Program fee, {fees}", own.program_fee_cents, pooled.program_fee_cents
    yield "Shipping, one box", own.shipping_cents, pooled.shipping_cents
    yield "Processing", own.processing_cents, pooled.processing_cents
    yield f"Delivered, {size}", own.landed_cents, pooled.landed_cents
    yield "Delivered, a pack", own.unit_landed_cents, pooled.unit_landed_cents
    if month is not None:
        yield f"A month, {a_month(packs)}", month.own_cents, month.pooled_cents
        yield "Monthly fee", month.own_fee_cents, month.pooled_fee_cents
        with_fees = month.own_cents + month.own_fee_cents, month.pooled_cents + month.pooled_fee_cents
        yield "A month with the whole monthly fee", *with_fees


def _rate(program: Program) -> str:
    return f"{percent(program.rate)} of {program.rate_base.value.replace('+', ' and ')}"


def _row(step: tuple[str, int, int], headings: list[str]) -> Row:
    name, own, pooled = step
    return {"Step": name, headings[0]: amount(own), headings[1]: amount(pooled), "Difference": amount(pooled - own)}
