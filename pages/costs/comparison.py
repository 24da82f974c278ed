"""Compare: every SKU under a pass-through and an aggregate program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import streamlit as st
from streamlit.column_config import ImageColumn, NumberColumn, TextColumn

from core.rules.pricing import ProgramCost, answer_changes, monthly_difference
from pages.costs.filters import Asked, Pair, offer_of
from pages.costs.sku_detail import one_sku
from pages.shared.cell_bars import from_zero
from pages.shared.charts import differences
from pages.shared.formats import NOTHING, amount, count, listed, money, percentage_points
from pages.shared.layout import Metric, badge, chart, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import FINE_MONEY, MONEY, Columns, Picture, Row, pick

_MOST_BARS = 15
_MEASURES: Mapping[str, Callable[[ProgramCost], Decimal | None]] = {
    "Pack": lambda cost: amount(cost.unit_landed_cents),
    "Dose": lambda cost: cost.per_dose,
    "Week": lambda cost: cost.per_week,
    "Milligram": lambda cost: cost.per_mg,
}


class Shown(NamedTuple):
    """Which SKUs the grid lists, and what it says of every program."""

    text: str
    changing: bool
    measures: tuple[str, ...]

    def lists(self, pair: Pair, asked: Asked) -> bool:
        """Whether a SKU is wanted."""
        words = f"{pair.row.name} {pair.row.sku}".casefold()
        if not all(word in words for word in self.text.casefold().split()):
            return False
        return not self.changing or bool(
            pair.own and pair.pooled and answer_changes(pair.row, pair.own.program, pair.pooled.program)
        )


def compare_tab(session: Session, asked: Asked, every: Sequence[Pair]) -> None:
    """Key figures of what is listed, the grid, and the SKU that is selected in it."""
    figures = st.container()
    shown = _ask()
    pairs = [pair for pair in every if shown.lists(pair, asked)]
    with figures:
        metrics(key_figures(asked, pairs or every))
    if not pairs:
        st.caption(f"None of {count(len(every), 'SKU')} is like that.")
        return
    pictures = from_zero([pair.versus and pair.versus.difference_cents for pair in pairs])
    rows = [_row(pair, asked, shown, picture) for pair, picture in zip(pairs, pictures, strict=True)]
    badge(any(is_demo(row["Source"]) for row in rows))
    position = pick(
        rows,
        name="sku_costs",
        alt="Every SKU's landed cost under both programs; select a row to see what it is made of",
        session=session,
        columns=_columns(asked, shown),
    )
    if position is not None:
        one_sku(session, asked, pairs[position])
    else:
        st.caption("Select a row to see what its cost is made of.")
        _difference_chart(session, asked, pairs)


def _ask() -> Shown:
    """What the grid shows, in the URL like the filters above it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", key="costs_search", bind="query-params", placeholder="Name or code", icon=":material/search:"
        )
        measures = st.pills(
            "Landed cost under every program, by",
            list(_MEASURES),
            selection_mode="multi",
            default=["Pack", "Week"],
            key="costs_measures",
            bind="query-params",
            help="Dose and week go by each SKU's usual directions.",
        )
        changing = st.toggle(
            "Only where the answer changes",
            key="costs_changing",
            bind="query-params",
            help="SKUs whose cheaper side delivered is not the cheaper one with monthly fees at this spend, or is "
            "another one between other programs.",
        )
    return Shown(text or "", changing, tuple(measures))


def key_figures(asked: Asked, pairs: Sequence[Pair]) -> list[Metric]:
    """The four figures at the top."""
    both = [pair.versus for pair in pairs if pair.versus and pair.versus.difference_cents is not None]
    sides = [side.program for side in (asked.own, asked.pooled) if side]
    dates = [day for pair in pairs for day, _ in price_dates(pair, asked)]
    oldest = min(dates, default=None)
    return [
        _majority(
            "Cheaper delivered",
            [pair.cheaper for pair in both],
            sides,
            "The program with the lower landed cost a pack for more of the SKUs that both price. Monthly fees are "
            "left out.",
        ),
        _majority(
            f"Cheaper at {money(asked.spend_cents).removesuffix('.00')} a month",
            [pair.cheaper_at_spend for pair in both],
            sides,
            "The same with the monthly fees counted, as if the month's whole medication spend went to that SKU.",
        ),
        _saving(asked, pairs),
        Metric(
            "Oldest price",
            NOTHING if oldest is None else count((asked.today - oldest).days, "day"),
            "Days since the oldest of the prices compared here came into force.",
        ),
    ]


def _majority(label: str, cheaper: Sequence[str | None], sides: Sequence[str], definition: str) -> Metric:
    counts = {side: cheaper.count(side) for side in sides}
    best = max(counts.values(), default=0)
    leaders = [side for side, number in counts.items() if number == best]
    if not cheaper:
        return Metric(label, NOTHING, definition)
    told = f"{leaders[0]} is cheaper" if len(leaders) == 1 else "each, even"
    return Metric(label, f"{best} of {count(len(cheaper), 'SKU')}", definition, delta_description=told)


def _saving(asked: Asked, pairs: Sequence[Pair]) -> Metric:
    found = None
    if asked.own and asked.pooled:
        found = monthly_difference([pair.row for pair in pairs], asked.own, asked.pooled, asked.spend_cents)
    help_text = (
        "The month's spend in equal parts over the SKUs that both programs price: what the cheaper program saves "
        "against the other, monthly fees included."
    )
    if found is None or asked.own is None or asked.pooled is None:
        return Metric("Saving a month", NOTHING, help_text)
    cheaper = asked.own if found.cents > 0 else asked.pooled
    with_words = f"with {cheaper.program}" if found.cents else "no difference"
    return Metric("Saving a month", money(abs(found.cents)), help_text, delta_description=with_words)


def price_dates(pair: Pair, asked: Asked) -> list[tuple[date, str]]:
    """When the prices in use came into force, and where they come from."""
    own = offer_of(pair.own, pair.row.sku, asked)
    pooled = asked.pooled and asked.context.aggregate_price(asked.pooled.program, pair.row.sku, asked.today)
    return [(row.valid_from, row.source) for row in (own, pooled) if row]


def _row(pair: Pair, asked: Asked, shown: Shown, picture: Picture | None) -> Row:
    dates = price_dates(pair, asked)
    versus = pair.versus
    difference = versus.difference_cents if versus else None
    return {
        "SKU": pair.row.name,
        "Pass-through": amount(pair.own.unit_landed_cents) if pair.own else None,
        "Aggregate": amount(pair.pooled.unit_landed_cents) if pair.pooled else None,
        "Difference": amount(difference),
        "From zero": picture,
        "Cheaper": _cheaper(pair, asked, versus.cheaper if versus else None),
        "At this spend": _cheaper(pair, asked, versus.cheaper_at_spend if versus else None),
        "Percent": percentage_points(versus.difference) if versus else None,
        "Break-even": amount(versus.price_cents) if versus else None,
        "Flips at spend": amount(versus.flips_at_spend_cents) if versus else None,
        "Pharmacy": _pharmacy(pair, asked),
        "Category": asked.context.skus[pair.row.sku].category,
        "Price age": (asked.today - min(day for day, _ in dates)).days if dates else None,
        "Source": "; ".join(dict.fromkeys(source for _, source in dates if source)) or None,
        **{
            _heading(cost.program, measure): _MEASURES[measure](cost)
            for measure in shown.measures
            for cost in pair.row.programs
        },
    }


def _heading(program: str, measure: str) -> str:
    return f"{program}, a {measure.lower()}"


def _pharmacy(pair: Pair, asked: Asked) -> str | None:
    code = next((cost.pharmacy for cost in (pair.own, pair.pooled) if cost and cost.pharmacy), None)
    return asked.context.pharmacies[code].name if code else None


def _cheaper(pair: Pair, asked: Asked, program: str | None) -> str:
    if pair.versus is None:
        return "Nothing beside it"
    if pair.versus.difference_cents is None:
        return f"No price: {_unpriced(pair)}"
    if program is None:
        return "Equal"
    return "Pass-through" if asked.own and program == asked.own.program else "Aggregate"


def _unpriced(pair: Pair) -> str:
    return listed([cost.program for cost in (pair.own, pair.pooled) if cost and cost.best is None])


def _columns(asked: Asked, shown: Shown) -> Columns:
    own = asked.own.program if asked.own else "pass-through"
    pooled = asked.pooled.program if asked.pooled else "aggregate"
    return {
        "SKU": TextColumn(pinned=True),
        "Category": TextColumn(),
        "Pharmacy": TextColumn("Best pharmacy", help=f"The pharmacy with the lowest landed cost under {own}."),
        "Pass-through": NumberColumn(
            f"{own}, landed", format="dollar", help="Landed cost of a pack at the cheapest pharmacy, pass-through."
        ),
        "Aggregate": NumberColumn(f"{pooled}, landed", format="dollar", help="The same under the aggregate program."),
        "Difference": NumberColumn(format="dollar", help=f"{pooled} less {own}: above zero, {own} is cheaper."),
        "From zero": ImageColumn(
            width=150, help=f"To the left {pooled} is cheaper, to the right {own}; one scale for all."
        ),
        "Percent": NumberColumn(format="%.1f%%", help="The difference as a share of the pass-through cost."),
        "Cheaper": TextColumn("Cheaper delivered", help="Monthly fees are left out here."),
        "At this spend": TextColumn(
            "Cheaper at this spend", help="With the monthly fees, as if the month's whole medication went to this SKU."
        ),
        "Break-even": NumberColumn(format="dollar", help="The aggregate unit price at which both cost the same."),
        "Flips at spend": NumberColumn(
            format="dollar", help="The monthly medication spend at which the monthly fees even the difference out."
        ),
        "Price age": NumberColumn(format="%d days", help="Days since the older of the two prices came into force."),
        **{
            _heading(program.program, measure): MONEY if measure == "Pack" else FINE_MONEY
            for measure in shown.measures
            for program in asked.context.programs_on(asked.today)
        },
    }


def _difference_chart(session: Session, asked: Asked, pairs: Sequence[Pair]) -> None:
    if asked.own is None or asked.pooled is None:
        return
    found = [
        (pair.versus.difference_cents, pair.row.name) for pair in pairs if pair.versus and pair.versus.difference_cents
    ]
    largest = sorted(found, key=lambda row: abs(row[0]), reverse=True)[:_MOST_BARS]
    if not largest:
        return
    cents, name = largest[0]
    cheaper = asked.own if cents > 0 else asked.pooled
    chart(
        differences(
            [row[1] for row in largest], [amount(row[0]) for row in largest], (asked.pooled.program, asked.own.program)
        ),
        f"{name} differs most: {cheaper.program} is cheaper by {money(abs(cents))} a pack",
        [{"SKU": row[1], "Difference": amount(row[0])} for row in largest],
        name="sku_differences",
        session=session,
        columns={"Difference": MONEY},
    )
