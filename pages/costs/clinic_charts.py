"""The figures of the clinic's own orders: what drives a saving, where it ends, and its months among the plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import plotly.graph_objects as go

from pages.shared.charts import DOLLARS, LEGEND, MARGIN, WHOLE_DOLLARS, ChartPoint, Series

_SAVES, _LOSES, _WHOLE, _EVEN, _LINE = "#0072b2", "#d55e00", "#5b6b70", "#f4f6f7", "#7b4f9d"


def by_month(series: Sequence[Series]) -> go.Figure:
    """Columns side by side, one trace a program, from a zero line."""
    figure = go.Figure(
        [
            go.Bar(
                name=line.name,
                x=line.x,
                y=[None if value is None else float(value) for value in line.y],
                hovertemplate=f"{line.name}, %{{x}}<br>%{{y:{DOLLARS}}}<extra></extra>",
            )
            for line in series
        ]
    )
    figure.update_layout(
        barmode="group",
        height=320,
        margin=MARGIN,
        legend=LEGEND,
        xaxis={"type": "category"},
        yaxis={"title": "Dollars saved (below zero: lost)", "tickformat": WHOLE_DOLLARS, "zeroline": True},
    )
    return figure


def waterfall(steps: Sequence[tuple[str, Decimal]], total: str) -> go.Figure:
    """From nothing to the total, a bar a step, from the top down; amounts stand beside them with their sign."""
    total_saved = sum((value for _, value in steps), Decimal(0))
    values = [*(value for _, value in steps), total_saved]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            measure=[*("relative" for _ in steps), "total"],
            y=[*(label for label, _ in steps), total],
            x=[float(value) for value in values],
            text=[_signed(value) for value in values],
            textposition="auto",
            cliponaxis=False,
            increasing={"marker": {"color": _SAVES}},
            decreasing={"marker": {"color": _LOSES}},
            totals={"marker": {"color": _WHOLE}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=110 + 30 * len(values),
        margin={**MARGIN, "r": 88},
        showlegend=False,
        xaxis={"title": "Dollars saved, running total", "tickformat": WHOLE_DOLLARS, "zeroline": True},
        yaxis={"autorange": "reversed", "automargin": True},
    )
    return figure


def heat_map(
    changes: Sequence[Decimal],
    rates: Sequence[Decimal],
    saved: Sequence[Sequence[Decimal]],
    today: Decimal,
    even: Sequence[tuple[Fraction, Decimal]],
) -> go.Figure:
    """Dollars saved by change of prices (across) and software rate (up), both fractions; ``today`` is the rate now, at
    unchanged prices, and ``even`` are the points at which nothing is saved or lost, as far as they are on the map."""
    within = [(change, rate) for change, rate in even if changes[0] <= change <= changes[-1]]
    figure = go.Figure(
        [
            go.Heatmap(
                x=[float(change * 100) for change in changes],
                y=[float(rate * 100) for rate in rates],
                z=[[float(cell) for cell in row] for row in saved],
                zmid=0,
                colorscale=[[0, _LOSES], [0.5, _EVEN], [1, _SAVES]],
                texttemplate=f"%{{z:{WHOLE_DOLLARS}}}",
                xgap=1,
                ygap=1,
                showscale=False,
                hovertemplate=f"Prices %{{x:+.0f}} %, rate %{{y:.1f}} %<br>%{{z:{DOLLARS}}}<extra></extra>",
            ),
            go.Scatter(
                name="Break-even",
                x=[float(change * 100) for change, _ in within],
                y=[float(rate * 100) for _, rate in within],
                mode="lines",
                line={"width": 3, "dash": "dash", "color": _LINE},
                hovertemplate="Break-even at prices %{x:+.1f} %<extra></extra>",
            ),
            go.Scatter(
                name="Today",
                x=[0],
                y=[float(today * 100)],
                mode="markers",
                marker={
                    "size": 34, "symbol": "square-open", "color": _LINE, "line": {"width": 3, "color": _LINE}
                },
                hovertemplate="Today<extra></extra>",
            ),
        ]
    )  # fmt: skip
    figure.update_layout(
        height=360,
        margin=MARGIN,
        legend=LEGEND,
        xaxis={"title": "Change of the aggregate prices", "ticksuffix": " %", "zeroline": False, "showgrid": False},
        yaxis={"title": "Software rate", "ticksuffix": " %", "zeroline": False, "showgrid": False},
    )
    return figure


def with_months(figure: go.Figure, months: Sequence[ChartPoint]) -> go.Figure:
    """The same chart with the clinic's own months on it."""
    figure.add_trace(
        go.Scatter(
            name="Your months",
            x=[float(mark.x) for mark in months],
            y=[float(mark.y) for mark in months],
            text=[mark.text for mark in months],
            mode="markers",
            cliponaxis=False,
            marker={"size": 11, "symbol": "circle-open", "line": {"width": 3}},
            hovertemplate="%{text}<extra></extra>",
        )
    )
    return figure


def _signed(value: Decimal) -> str:
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return f"{sign}${abs(value):,.2f}"
