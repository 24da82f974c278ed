"""What speed costs, as a figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.split import Outcome
from pages.parts.words import amount


def cost_against_days(outcomes: Sequence[Outcome]) -> go.Figure:
    """Each objective's checkout total over its days to delivery, from the slowest to the fastest."""
    ordered = sorted(outcomes, key=lambda one: (one.delivery_days, one.total_cents))
    labels: dict[tuple[int, int], list[str]] = {}
    for one in ordered:
        labels.setdefault((one.delivery_days, one.total_cents), []).append(one.objective.value.capitalize())
    figure = go.Figure(
        go.Scatter(
            x=[days for days, _ in labels],
            y=[float(amount(cents)) for _, cents in labels],
            text=[" and ".join(names) for names in labels.values()],
            mode="lines+markers+text",
            textposition="top center",
            line={"shape": "spline", "width": 2},
            marker={"size": 11},
            cliponaxis=False,
            hovertemplate="%{text}<br>%{y:$,.2f}, %{x:,d} days over all lines<extra></extra>",
        )
    )
    figure.update_layout(
        height=280,
        margin={"l": 8, "r": 24, "t": 36, "b": 8},
        showlegend=False,
        xaxis={"title": "Days from the refill day to delivery, over all lines", "tickformat": ",d"},
        yaxis={"title": "Checkout total", "tickprefix": "$", "tickformat": ",.0f"},
    )
    return figure
