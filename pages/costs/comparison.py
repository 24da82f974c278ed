"""Compare: every SKU under a pass-through and an aggregate program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import streamlit as st
from streamlit.column_config import ImageColumn, NumberColumn, TextColumn

from core.rules.pricing.comparison import ProgramCost, answer_changes
from pages.costs.filters import CostView, SkuCosts, offer_of
from pages.shared.cell_bars import from_zero
from pages.shared.chart_card import chart
from pages.shared.charts import differences
from pages.shared.formats import NOTHING, amount, count, listed, money, percentage_points
from pages.shared.layout import Metric, badge, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import FINE_MONEY, MONEY, Columns, Picture, Row, pick

_MOST_BARS = 15
_MEASURES: Mapping[str, Callable[[ProgramCost], Decimal | None]] = {
    "Pack": lambda cost: amount(cost.unit_landed_cents),
    "Dose": lambda cost: cost.per_dose,
    "Week": lambda cost: cost.per_week,
    "Milligram": lambda cost: cost.per_mg,
}


class GridOptions(NamedTuple):
    """Which SKUs the grid lists, and what it says of every program."""

    text: str
    changing: bool
    measures: tuple[str, ...]

    def lists(self, pair: SkuCosts, view: CostView) -> bool:
        """Whether a SKU is wanted."""
        words = f"{pair.row.name} {pair.row.sku}".casefold()
        if not all(word in words for word in self.text.casefold().split()):
            return False
        return not self.changing or bool(
            pair.pass_through
            and pair.aggregate
            and answer_changes(pair.row, pair.pass_through.program, pair.aggregate.program)
        )


def comparison_tab(session: Session, view: CostView, every: Sequence[SkuCosts]) -> SkuCosts | None:
    """Key figures of what is listed, and the grid; returns the SKU that is selected in it."""
    figures = st.container()
    options = _grid_options()
    pairs = [pair for pair in every if options.lists(pair, view)]
    with figures:
        metrics(comparison_figures(view, pairs or every))
    if not pairs:
        st.caption(f"No match among {count(len(every), 'SKU')}.")
        return None
    pictures = from_zero([pair.versus and pair.versus.difference_cents for pair in pairs])
    rows = [_row(pair, view, options, picture) for pair, picture in zip(pairs, pictures, strict=True)]
    badge(any(is_demo(row["Source"]) for row in rows))
    position = pick(
        rows,
        name="sku_costs",
        alt="Every SKU's landed cost under both programs; select a row to see what it is made of",
        session=session,
        columns=_columns(view, options),
    )
    if position is not None:
        return pairs[position]
    st.caption("Select a row to see its cost breakdown.")
    _difference_chart(session, view, pairs)
    return None


def _grid_options() -> GridOptions:
    """What the grid shows, in the URL like the filters above it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", key="costs_search", bind="query-params", placeholder="Name or code", icon=":material/search:"
        )
        measures = st.pills(
            "Landed cost of every program, per",
            list(_MEASURES),
            selection_mode="multi",
            default=["Pack", "Week"],
            key="costs_measures",
            bind="query-params",
            help="Dose and week follow each SKU's usual directions.",
        )
        changing = st.toggle(
            "Only where the cheaper program changes",
            key="costs_changing",
            bind="query-params",
            help="SKUs whose cheaper program changes once monthly fees count at this spend, or under another pair of "
            "programs.",
        )
    return GridOptions(text or "", changing, tuple(measures))


def comparison_figures(view: CostView, pairs: Sequence[SkuCosts]) -> list[Metric]:
    """The three figures at the top."""
    both = [pair.versus for pair in pairs if pair.versus and pair.versus.difference_cents is not None]
    sides = [side.program for side in (view.pass_through, view.aggregate) if side]
    dates = [day for pair in pairs for day, _ in price_dates(pair, view)]
    oldest = min(dates, default=None)
    return [
        _majority(
            "Cheaper delivered",
            [pair.cheaper for pair in both],
            sides,
            "The program with the lower landed cost per pack for more of the SKUs that both price. Monthly fees are "
            "left out.",
        ),
        _majority(
            f"Cheaper at {money(view.spend_cents).removesuffix('.00')} a month",
            [pair.cheaper_at_spend for pair in both],
            sides,
            "The same with the monthly fees counted, as if the month's whole medication spend went to that SKU.",
        ),
        Metric(
            "Oldest price",
            NOTHING if oldest is None else count((view.today - oldest).days, "day"),
            "Days since the oldest price compared here took effect.",
        ),
    ]


def _majority(label: str, cheaper: Sequence[str | None], sides: Sequence[str], definition: str) -> Metric:
    counts = {side: cheaper.count(side) for side in sides}
    best = max(counts.values(), default=0)
    leaders = [side for side, number in counts.items() if number == best]
    if not cheaper:
        return Metric(label, NOTHING, definition)
    leader = f"{leaders[0]} is cheaper" if len(leaders) == 1 else "tied"
    return Metric(label, f"{best} of {count(len(cheaper), 'SKU')}", definition, delta_description=leader)


def price_dates(pair: SkuCosts, view: CostView) -> list[tuple[date, str]]:
    """When the prices in use came into force, and where they come from."""
    pass_through = offer_of(pair.pass_through, pair.row.sku, view)
    aggregate = view.aggregate and view.context.aggregate_price(view.aggregate.program, pair.row.sku, view.today)
    return [(row.valid_from, row.source) for row in (pass_through, aggregate) if row]


def _row(pair: SkuCosts, view: CostView, options: GridOptions, picture: Picture | None) -> Row:
    dates = price_dates(pair, view)
    versus = pair.versus
    difference = versus.difference_cents if versus else None
    return {
        "SKU": pair.row.name,
        "Pass-through": amount(pair.pass_through.unit_landed_cents) if pair.pass_through else None,
        "Aggregate": amount(pair.aggregate.unit_landed_cents) if pair.aggregate else None,
        "Difference": amount(difference),
        "From zero": picture,
        "Cheaper": _cheaper(pair, view, versus.cheaper if versus else None),
        "At this spend": _cheaper(pair, view, versus.cheaper_at_spend if versus else None),
        "Percent": percentage_points(versus.difference) if versus else None,
        "Break-even": amount(versus.price_cents) if versus else None,
        "Flips at spend": amount(versus.flips_at_spend_cents) if versus else None,
        "Pharmacy": _pharmacy(pair, view),
        "Category": view.context.skus[pair.row.sku].category,
        "Price age": (view.today - min(day for day, _ in dates)).days if dates else None,
        "Source": "; ".join(dict.fromkeys(source for _, source in dates if source)) or None,
        **{
            _heading(cost.program, measure): _MEASURES[measure](cost)
            for measure in options.measures
            for cost in pair.row.programs
        },
    }


def _heading(program: str, measure: str) -> str:
    return f"{program}, a {measure.lower()}"


def _pharmacy(pair: SkuCosts, view: CostView) -> str | None:
    """The pharmacy of each side, once where it is the same; how many patients it reaches where that is not all."""
    best = [cost.best for cost in (pair.pass_through, pair.aggregate) if cost and cost.best]
    names = {
        cost.pharmacy: view.context.pharmacies[cost.pharmacy].name
        + ("" if cost.reached == 1 else f" ({float(cost.reached):.0%} of patients)")
        for cost in best
    }
    return " / ".join(names.values()) or None


def _cheaper(pair: SkuCosts, view: CostView, program: str | None) -> str:
    if pair.versus is None:
        return "No other program"
    if pair.versus.difference_cents is None:
        return f"No price: {_unpriced(pair)}"
    if program is None:
        return "Equal"
    return "Pass-through" if view.pass_through and program == view.pass_through.program else "Aggregate"


def _unpriced(pair: SkuCosts) -> str:
    return listed([cost.program for cost in (pair.pass_through, pair.aggregate) if cost and cost.best is None])


def _columns(view: CostView, options: GridOptions) -> Columns:
    pass_through = view.pass_through.program if view.pass_through else "pass-through"
    aggregate = view.aggregate.program if view.aggregate else "aggregate"
    return {
        "SKU": TextColumn(pinned=True),
        "Category": TextColumn(),
        "Pharmacy": TextColumn(
            "Best pharmacy",
            help=f"The cheapest that can ship it to the patients who take it: under {pass_through}, then under "
            f"{aggregate} where it is another.",
        ),
        "Pass-through": NumberColumn(
            f"{pass_through}, landed",
            format="dollar",
            help="Landed cost of a pack at the cheapest pharmacy, pass-through.",
        ),
        "Aggregate": NumberColumn(
            f"{aggregate}, landed", format="dollar", help="The same under the aggregate program."
        ),
        "Difference": NumberColumn(
            format="dollar", help=f"{aggregate} less {pass_through}: above zero, {pass_through} is cheaper."
        ),
        "From zero": ImageColumn(
            width=150, help=f"Left: {aggregate} is cheaper. Right: {pass_through} is cheaper. Same scale in every row."
        ),
        "Percent": NumberColumn(format="%.1f%%", help="The difference as a share of the pass-through cost."),
        "Cheaper": TextColumn("Cheaper delivered", help="Monthly fees are left out here."),
        "At this spend": TextColumn(
            "Cheaper at this spend", help="With the monthly fees, as if the month's whole medication went to this SKU."
        ),
        "Break-even": NumberColumn(format="dollar", help="The aggregate unit price at which both cost the same."),
        "Flips at spend": NumberColumn(
            "Switches at spend",
            format="dollar",
            help="Monthly medication spend at which the monthly fees offset the difference.",
        ),
        "Price age": NumberColumn(format="%d days", help="Days since the older of the two prices took effect."),
        **{
            _heading(program.program, measure): MONEY if measure == "Pack" else FINE_MONEY
            for measure in options.measures
            for program in view.context.programs_on(view.today)
        },
    }


def _difference_chart(session: Session, view: CostView, pairs: Sequence[SkuCosts]) -> None:
    if view.pass_through is None or view.aggregate is None:
        return
    differing = [
        (pair.versus.difference_cents, pair.row.name) for pair in pairs if pair.versus and pair.versus.difference_cents
    ]
    largest = sorted(differing, key=lambda row: abs(row[0]), reverse=True)[:_MOST_BARS]
    if not largest:
        return
    cents, name = largest[0]
    cheaper = view.pass_through if cents > 0 else view.aggregate
    chart(
        differences(
            [row[1] for row in largest],
            [amount(row[0]) for row in largest],
            (view.aggregate.program, view.pass_through.program),
        ),
        f"{name} differs most: {cheaper.program} is cheaper by {money(abs(cents))} a pack",
        [{"SKU": row[1], "Difference": amount(row[0])} for row in largest],
        name="sku_differences",
        session=session,
        columns={"Difference": MONEY},
    )
