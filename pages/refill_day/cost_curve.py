"""What speed costs, as a figure. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from core.domain.model import Objective
from core.rules.split.what_if import Point
from pages.shared.charts import MARGIN
from pages.shared.formats import amount, money


def label(point: Point) -> str:
    """``Cheapest``, ``Fewest shipments``, ``Balanced at $5.00 a day``."""
    if point.fewest:
        return "Fewest shipments"
    if point.objective is Objective.BALANCED:
        return f"Balanced at {money(point.day_price_cents)} a day"
    return point.objective.value.capitalize()


def frontier(points: Sequence[Point]) -> list[Point]:
    """Those that no other point beats in both cost and days, from the slowest to the fastest."""
    ordered = sorted(points, key=lambda point: (point.outcome.delivery_days, point.outcome.total_cents))
    best: list[Point] = []
    for point in ordered:
        if not best or point.outcome.total_cents < best[-1].outcome.total_cents:
            best.append(point)
    return best[::-1]


def cost_against_days(points: Sequence[Point], now: Point | None) -> go.Figure:
    """Each split's checkout total over its average days to delivery; the line joins those that nothing beats.

    A point's place in ``points`` is its custom datum, for picking it.
    """
    best = frontier(points)
    places: dict[tuple[float, float], list[int]] = {}
    for at, point in enumerate(points):
        places.setdefault(_place(point), []).append(at)
    figure = go.Figure(
        go.Scatter(
            x=[_place(point)[0] for point in best],
            y=[_place(point)[1] for point in best],
            mode="lines",
            line={"dash": "dot", "width": 2},
            hoverinfo="skip",
        )
    )
    names = [_names([points[at] for at in group]) for group in places.values()]
    chosen = None if now is None else _place(now)
    figure.add_trace(
        go.Scatter(
            x=[x for x, _ in places],
            y=[y for _, y in places],
            text=[_short([points[at] for at in group]) for group in places.values()],
            hovertext=names,
            customdata=[group[0] for group in places.values()],
            mode="markers+text",
            textposition="top center",
            marker={
                "size": [15 if place == chosen else 10 for place in places],
                "symbol": ["diamond" if place == chosen else "circle" for place in places],
            },
            cliponaxis=False,
            hovertemplate="%{hovertext}<br>%{y:$,.2f}, delivered after %{x:.2f} days on average<extra></extra>",
        )
    )
    figure.update_layout(
        height=300,
        margin=MARGIN,
        showlegend=False,
        clickmode="event+select",
        dragmode=False,
        xaxis={"title": "Average days from refill day to delivery"},
        yaxis={"title": "Checkout total", "tickprefix": "$", "tickformat": ",.0f" if _wide(places) else ",.2f"},
    )
    return figure


def _wide(places: Iterable[tuple[float, float]]) -> bool:
    """Whether whole dollars tell the amounts apart."""
    totals = [total for _, total in places]
    return max(totals, default=0) - min(totals, default=0) > 10


def _place(point: Point) -> tuple[float, float]:
    days = point.outcome.delivery_days / max(point.outcome.lines, 1)
    return round(days, 4), float(amount(point.outcome.total_cents))


def _names(points: Sequence[Point]) -> str:
    return "<br>".join(label(point) for point in points)


def _short(points: Sequence[Point]) -> str:
    """What stands beside a marker: the balanced ones only where nothing else is there."""
    named = [label(point) for point in points if point.fewest or point.objective is not Objective.BALANCED]
    return " and ".join(named)
