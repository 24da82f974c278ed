"""One SKU: what its landed cost is made of, at every pharmacy and under every program, and how its prices changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import streamlit as st

from core.domain.model import ProgramKind
from core.rules.pricing.comparison import ProgramCost, SkuComparison, compare
from core.rules.pricing.market import PharmacyCost
from core.rules.pricing.therapy import same_therapy
from pages.costs.filters import CostView, SkuCosts
from pages.costs.volume import our_volume
from pages.shared.chart_card import chart
from pages.shared.charts import Segments, Series, bars, by_amount, over_time, stacked
from pages.shared.formats import NOTHING, amount, count, money, plain
from pages.shared.layout import Metric, badge, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import FINE_MONEY, MONEY, Row, table

SHIPMENTS = range(1, 13)
PARTS = ("Medication", "Program fee", "Shipping", "Processing")


def sku_tab(session: Session, view: CostView, pairs: Sequence[SkuCosts]) -> None:
    """A SKU by name, which stands in the URL."""
    named = {f"{pair.row.name} ({pair.row.sku})": pair for pair in pairs}
    chosen = st.selectbox("SKU", list(named), key="costs_sku", bind="query-params")
    if chosen:
        sku_detail(session, view, named[chosen])


def sku_detail(session: Session, view: CostView, pair: SkuCosts) -> None:
    """Everything about one SKU's cost."""
    row = pair.row
    prices = price_rows(view, row.sku)
    st.subheader(plain(row.name), anchor=False)
    badge(any(is_demo(price["Source"]) for price in prices))
    table(
        [_program_row(cost, view) for cost in row.programs],
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
    metrics(sku_figures(view, pair))
    our_volume(session, view, pair)
    _components(session, view, row.programs)
    left, right = st.columns(2)
    with left:
        _shipments(session, view, row.sku)
    with right:
        _history(session, view, row.sku, prices)
    _therapy(session, view, row)


def sku_figures(view: CostView, pair: SkuCosts) -> list[Metric]:
    """What the two chosen programs come to for this SKU."""
    versus, lasts = pair.versus, pair.row.programs[0].pack.lasts
    priced = versus if versus and versus.difference_cents is not None else None
    packs = priced.flips_at_packs if priced else None
    aggregate = pair.aggregate.unit_cost_cents if pair.aggregate else None
    return [
        Metric(
            "Cheaper delivered",
            (priced.cheaper or "Equal") if priced else NOTHING,
            "The chosen program with the lower landed cost of a pack. Monthly fees are left out.",
            delta_description=f"by {money(abs(priced.difference_cents or 0))} a pack" if priced else None,
        ),
        Metric(
            "Switches programs at",
            f"{count(packs, 'pack')} a month" if packs is not None else "No volume" if priced else NOTHING,
            "With fewer packs a month, the lower monthly fee outweighs the lower landed cost.",
            delta_description=f"{money(priced.flips_at_spend_cents)} of medication" if priced and packs else None,
        ),
        Metric(
            "Break-even aggregate price",
            money(versus.price_cents if versus else None),
            "The aggregate unit price at which both programs' packs cost the same delivered.",
            delta_description=f"now {money(aggregate)}" if aggregate is not None else "no price now",
        ),
        Metric(
            "A pack lasts",
            count(lasts.days, "day") if lasts else NOTHING,
            "Under the SKU's usual directions.",
            delta_description=count(lasts.doses, "dose") if lasts else None,
        ),
    ]


def _program_row(cost: ProgramCost, view: CostView) -> Row:
    return {
        "Program": cost.program,
        "Kind": cost.kind.value,
        "Best pharmacy": view.context.pharmacies[cost.pharmacy].name if cost.pharmacy else "No price",
        "Unit cost": amount(cost.unit_cost_cents),
        "Landed": amount(cost.unit_landed_cents),
        "Per dose": cost.per_dose,
        "Per day": cost.per_day,
        "Per week": cost.per_week,
        "Per mg": cost.per_mg,
        "Margin": amount(cost.margin_cents),
    }


def _components(session: Session, view: CostView, programs: tuple[ProgramCost, ...]) -> None:
    """Every pharmacy under the chosen pass-through program, beside each aggregate program at its cheapest pharmacy."""
    costs = [(program, cost) for program in programs for cost in program.pharmacies]
    drawn = [(program, cost) for program, cost in costs if _is_drawn(program, cost, view)] or costs
    best_program, best = min(drawn, key=lambda each: each[1].landed_cents)
    packs = count(view.units, "pack")
    stacks = [Segments(f"{_name(cost, view)} · {program.program}", _parts(cost)) for program, cost in drawn]
    chart(
        stacked(stacks, f"Dollars for {packs}, delivered"),
        f"{_name(best, view)} under {best_program.program} is cheapest: {packs} delivered for "
        f"{money(best.landed_cents)}",
        [_component_row(program, cost, view) for program, cost in costs],
        name="sku_components",
        session=session,
        columns=dict.fromkeys((*PARTS, "Landed"), MONEY),
    )


def _is_drawn(program: ProgramCost, cost: PharmacyCost, view: CostView) -> bool:
    if program.kind is ProgramKind.AGGREGATE:
        return cost == program.best
    return view.pass_through is None or program.program == view.pass_through.program


def _component_row(program: ProgramCost, cost: PharmacyCost, view: CostView) -> Row:
    return {
        "Pharmacy": _name(cost, view),
        "Program": program.program,
        **_parts(cost),
        "Landed": amount(cost.landed_cents),
    }


def _name(cost: PharmacyCost, view: CostView) -> str:
    return view.context.pharmacies[cost.pharmacy].name


def _parts(cost: PharmacyCost) -> dict[str, Decimal]:
    cents = (cost.medication_cents, cost.program_fee_cents, cost.shipping_cents, cost.processing_cents)
    return {part: amount(value) for part, value in zip(PARTS, cents, strict=True)}


def _shipments(session: Session, view: CostView, sku: str) -> None:
    """What a pack costs as the shipment grows."""
    costs: dict[str, list[Decimal | None]] = {}
    for units in SHIPMENTS:
        for cost in compare(view.context, view.today, units=units, only=[sku])[0].programs:
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


def price_rows(view: CostView, sku: str) -> list[Row]:
    """Every price that the SKU ever had, newest first."""
    names = view.context.pharmacies
    offers = [
        (offer.valid_from, names[offer.pharmacy].name, offer.unit_cost_cents, offer.valid_to, offer.source)
        for offer in view.context.offers
        if offer.sku == sku
    ]
    aggregate = [
        (price.valid_from, f"{price.program} (aggregate)", price.unit_price_cents, None, price.source)
        for price in view.context.aggregate_prices
        if price.sku == sku
    ]
    return [
        {"From": since, "Price of": name, "Unit price": amount(cents), "To": until, "Source": source}
        for since, name, cents, until, source in sorted(
            [*offers, *aggregate], key=lambda row: (row[0], row[1]), reverse=True
        )
    ]


def _history(session: Session, view: CostView, sku: str, prices: list[Row]) -> None:
    lines = list(_steps(prices, view.today))
    moved = [line for line in lines if len(set(line.y)) > 1]
    sentence = (
        f"{count(len(moved), 'price')} of {len(lines)} changed since they were first recorded"
        if moved
        else f"{count(len(lines), 'price')} recorded, unchanged since"
    )
    chart(
        over_time(lines, "Dollars a pack", steps=True),
        sentence,
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


def _therapy(session: Session, view: CostView, row: SkuComparison) -> None:
    """This SKU's packs beside others of the same active and strength, per day."""
    alike = same_therapy(view.context, view.today, row.sku, units=view.units)
    packs = [(other, _cheapest(other)) for other in alike]
    if len(packs) < 2:
        return
    least, cost = min(packs, key=lambda each: each[1].per_day or Decimal("Infinity"))
    chart(
        bars(
            [f"{other.name} · {_lasting(best)}" for other, best in packs],
            [best.per_day or 0 for _, best in packs],
            "Dollars a day of therapy, delivered",
            "$,.2f",
        ),
        f"Per day {least.name} costs least: ${cost.per_day:,.2f} over {_lasting(cost)}, under the usual directions of "
        f"{row.name}",
        [_therapy_row(other) for other, _ in packs],
        name="sku_therapy",
        session=session,
        columns={cost.program: FINE_MONEY for cost in row.programs},
    )


def _cheapest(row: SkuComparison) -> ProgramCost:
    return next(cost for cost in row.programs if cost.program == row.cheapest)


def _lasting(cost: ProgramCost) -> str:
    return count(cost.pack.lasts.days if cost.pack.lasts else 0, "day")


def _therapy_row(row: SkuComparison) -> Row:
    best = _cheapest(row)
    days = best.pack.lasts.days if best.pack.lasts else None
    return {
        "SKU": row.name,
        "Days a pack": days,
        "Cheapest program": best.program,
        **{cost.program: cost.per_day for cost in row.programs},
    }
