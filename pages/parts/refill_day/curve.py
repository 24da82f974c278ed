"""What speed costs, as a figure. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.split import Outcome
from pages.parts.words import amount


def cost_against_days(outcomes: Sequence[Outcome]) -> go.Figure:
    """Each objective's checkout total over its average days to delivery, from the slowest to the fastest."""
    labels: dict[tuple[float, int], list[str]] = {}
    for one in sorted(outcomes, key=lambda one: (one.days_a_line, one.total_cents)):
        labels.setdefault((float(one.days_a_line), one.total_cents), []).append(one.objective.value.capitalize())
    figure = go.Figure(
        go.Scatter(
            x=[days for days, _ in labels],
            y=[float(amount(cents)) for _, cents in labels],
            text=[" and ".join(names) for names in labels.values()],
            mode="lines+markers+text",
            textposition="top center",
            line={"dash": "dot", "width": 2},
            marker={"size": 11},
            cliponaxis=False,
            hovertemplate="%{text}<br>%{y:$,.2f}, delivered after %{x:.1f} days on average<extra></extra>",
        )
    )
    figure.update_layout(
        height=280,
        margin={"l": 8, "r": 24, "t": 36, "b": 8},
        showlegend=False,
        xaxis={"title": "Days from the refill day to delivery, average of the lines"},
        yaxis={"title": "Checkout total", "tickprefix": "$", "tickformat": ",.0f"},
    )
    return figure
