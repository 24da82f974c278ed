"""One SKU: what its landed cost is made of, at every pharmacy and under every program, and how its prices moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import streamlit as st

from core.pricing import PharmacyCost, ProgramCost, compare
from pages.parts.charts import Segments, Series, by_amount, over_time, stacked
from pages.parts.costs.filters import Asked, Pair
from pages.parts.page import badge, chart, is_demo
from pages.parts.session import Session
from pages.parts.tables import FINE_MONEY, MONEY, Row, table
from pages.parts.words import amount, count, money, plain

SHIPMENTS = (1, 2, 3, 4, 6, 8, 12)
PARTS = ("Medication", "Program fee", "Shipping", "Processing")


def one_sku_tab(session: Session, asked: Asked, pairs: Sequence[Pair]) -> None:
    """A SKU by name, which stands in the URL."""
    named = {f"{pair.row.name} ({pair.row.sku})": pair for pair in pairs}
    chosen = st.selectbox("SKU", list(named), key="costs_sku", bind="query-params")
    if chosen:
        one_sku(session, asked, named[chosen])


def one_sku(session: Session, asked: Asked, pair: Pair) -> None:
    """Everything about one SKU's cost."""
    row = pair.row
    prices = price_rows(asked, row.sku)
    st.subheader(plain(row.name), anchor=False)
    badge(any(is_demo(price["Source"]) for price in prices))
    table(
        [_program_row(cost, asked) for cost in row.programs],
        name="sku_programs",
        alt=f"{row.name} under every program, at its cheapest pharmacy",
        session=session,
        columns={
            **dict.fromkeys(("Unit cost", "Landed", "Margin"), MONEY),
            **dict.fromkeys(("Per dose", "Per day", "Per week", "Per mg"), FINE_MONEY),
        },
    )
    if not any(cost.pharmacies for cost in row.programs):
        st.caption("No pharmacy has a price in force for it. Prices are loaded on Setup, from offers.csv.")
        return
    _components(session, asked, row.programs)
    left, right = st.columns(2)
    with left:
        _shipments(session, asked, row.sku)
    with right:
        _history(session, asked, row.sku, prices)


def _program_row(cost: ProgramCost, asked: Asked) -> Row:
    return {
        "Program": cost.program,
        "Kind": cost.kind.value,
        "Best pharmacy": asked.context.pharmacies[cost.pharmacy].name if cost.pharmacy else "No price",
        "Unit cost": amount(cost.unit_cost_cents),
        "Landed": amount(cost.unit_landed_cents),
        "Per dose": cost.per_dose,
        "Per day": cost.per_day,
        "Per week": cost.per_week,
        "Per mg": cost.per_mg,
        "Margin": amount(cost.margin_cents),
    }


def _components(session: Session, asked: Asked, programs: tuple[ProgramCost, ...]) -> None:
    costs = [(program, cost) for program in programs for cost in program.pharmacies]
    best_program, best = min(costs, key=lambda found: found[1].landed_cents)
    packs = count(asked.units, "pack")
    bars = [Segments(f"{_name(cost, asked)} · {program.program}", _parts(cost)) for program, cost in costs]
    chart(
        stacked(bars, f"Dollars for {packs}, delivered"),
        f"{_name(best, asked)} under {best_program.program} is cheapest: {packs} delivered for "
        f"{money(best.landed_cents)}",
        [{"Pharmacy": bar.label, **bar.parts, "Landed": sum(bar.parts.values(), Decimal(0))} for bar in bars],
        name="sku_components",
        session=session,
        columns=dict.fromkeys((*PARTS, "Landed"), MONEY),
    )


def _name(cost: PharmacyCost, asked: Asked) -> str:
    return asked.context.pharmacies[cost.pharmacy].name


def _parts(cost: PharmacyCost) -> dict[str, Decimal]:
    cents = (cost.medication_cents, cost.program_fee_cents, cost.shipping_cents, cost.processing_cents)
    return {part: amount(value) for part, value in zip(PARTS, cents, strict=True)}


def _shipments(session: Session, asked: Asked, sku: str) -> None:
    """What a pack costs as the shipment grows."""
    alone = replace(asked.context, skus={sku: asked.context.skus[sku]})
    costs: dict[str, list[Decimal | None]] = {}
    for units in SHIPMENTS:
        for cost in compare(alone, asked.today, units=units)[0].programs:
            costs.setdefault(cost.program, []).append(amount(cost.unit_landed_cents))
    lines = [Series(program, SHIPMENTS, values) for program, values in costs.items() if any(values)]
    cheapest = min(lines, key=lambda line: line.y[-1] or Decimal("Infinity"))
    chart(
        by_amount(lines, (), "Packs in the shipment", "Dollars a pack, delivered", dollars_across=False),
        f"A pack under {cheapest.name} costs ${cheapest.y[0]:,.2f} alone and ${cheapest.y[-1]:,.2f} in a shipment of "
        f"{SHIPMENTS[-1]}",
        [{"Packs": units, **{line.name: line.y[at] for line in lines}} for at, units in enumerate(SHIPMENTS)],
        name="sku_shipments",
        session=session,
        columns={line.name: MONEY for line in lines},
    )


def price_rows(asked: Asked, sku: str) -> list[Row]:
    """Every price that the SKU ever had, newest first."""
    names = asked.context.pharmacies
    offers = [
        (offer.valid_from, names[offer.pharmacy].name, offer.unit_cost_cents, offer.valid_to, offer.source)
        for offer in asked.context.offers
        if offer.sku == sku
    ]
    pooled = [
        (price.valid_from, f"{price.program} (aggregate)", price.unit_price_cents, None, price.source)
        for price in asked.context.aggregate_prices
        if price.sku == sku
    ]
    return [
        {"From": since, "Price of": name, "Unit price": amount(cents), "To": until, "Source": source}
        for since, name, cents, until, source in sorted(
            [*offers, *pooled], key=lambda row: (row[0], row[1]), reverse=True
        )
    ]


def _history(session: Session, asked: Asked, sku: str, prices: list[Row]) -> None:
    lines = list(_steps(prices, asked.today))
    moved = [line for line in lines if len(set(line.y)) > 1]
    says = (
        f"{count(len(moved), 'price')} of {len(lines)} moved since they were first recorded"
        if moved
        else f"{count(len(lines), 'price')} recorded, not moved since"
    )
    chart(
        over_time(lines, "Dollars a pack", steps=True),
        says,
        prices,
        name="sku_prices",
        session=session,
        columns={"Unit price": MONEY},
    )


def _steps(prices: list[Row], today: date) -> Iterator[Series]:
    names = sorted({str(row["Price of"]) for row in prices})
    for name in names:
        rows = [row for row in reversed(prices) if row["Price of"] == name]
        days = [row["From"] for row in rows]
        values = [row["Unit price"] for row in rows]
        if isinstance(days[-1], date) and days[-1] < today:
            days, values = [*days, today], [*values, values[-1]]
        yield Series(name, days, values)  # type: ignore[arg-type]
