"""Every chart as a pure function from values to a figure. Colors come from the theme, in the order of the traces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import plotly.graph_objects as go

Number = Decimal | float | int
DOLLARS = "$,.2f"
WHOLE_DOLLARS = "$,.0f"
_BAR = 34
_PIXELS_AROUND = 96


class Segments(NamedTuple):
    """One stacked bar: what it is of, and its parts in dollars by name."""

    label: str
    parts: Mapping[str, Decimal]


class Series(NamedTuple):
    """One line: its name and its points, over days or over amounts."""

    name: str
    x: Sequence[Any]
    y: Sequence[Number | None]


class Span(NamedTuple):
    """A distribution in three numbers: where half and nine in ten are done."""

    label: str
    median: float
    ninetieth: float


class ChartPoint(NamedTuple):
    """A point worth naming on a chart."""

    x: Decimal
    y: Decimal
    text: str


def stacked(bars: Sequence[Segments], unit: str = "Dollars a pack, delivered") -> go.Figure:
    """Horizontal stacked bars from the top down, one trace a part, the total at each bar's end."""
    names = list(dict.fromkeys(name for bar in bars for name in bar.parts))
    labels = [bar.label for bar in bars]
    hover = f"%{{x:{DOLLARS}}}"
    figure = go.Figure(
        [_part(name, labels, drawn(bar.parts.get(name, 0) for bar in bars), f"{name} {hover}") for name in names]
    )
    for bar in bars:
        total = sum(bar.parts.values(), Decimal(0))
        figure.add_annotation(
            x=float(total), y=bar.label, text=f"${total:,.2f}", showarrow=False, xanchor="left", xshift=6
        )
    figure.update_layout(
        **_bars(len(bars)), barmode="stack", xaxis={"title": unit, "tickprefix": "$", "automargin": True}
    )
    return figure


def differences(labels: Sequence[str], values: Sequence[Decimal], cheaper: tuple[str, str]) -> go.Figure:
    """Bars from a zero line, one trace a side; ``cheaper`` names what is cheaper left and right of zero."""
    figure = go.Figure(
        [
            go.Bar(
                name=f"{side} is cheaper",
                y=labels,
                x=drawn(value if is_drawn(value) else None for value in values),
                orientation="h",
                hovertemplate=f"%{{y}}<br>{side} is cheaper by %{{customdata:{DOLLARS}}}<extra></extra>",
                customdata=drawn(abs(value) for value in values),
            )
            for side, is_drawn in zip(cheaper, (_negative, _positive), strict=True)
        ]
    )
    figure.update_layout(
        **_bars(len(labels)),
        barmode="relative",
        xaxis={
            "title": f"Dollars a pack: {cheaper[0]} cheaper to the left, {cheaper[1]} to the right",
            "zeroline": True,
        },
    )
    return figure


def _part(name: str, labels: Sequence[str], values: Sequence[float | None], hover: str) -> go.Bar:
    return go.Bar(name=name, y=labels, x=values, orientation="h", hovertemplate=f"%{{y}}<br>{hover}<extra></extra>")


def drawn(values: Iterable[Number | None]) -> list[float | None]:
    """Amounts as lengths on a screen: the one place where money may lose its exactness."""
    return [None if value is None else float(value) for value in values]


def _negative(value: Decimal) -> bool:
    return value < 0


def _positive(value: Decimal) -> bool:
    return value > 0


def bars(labels: Sequence[str], values: Sequence[Number], unit: str, form: str = ",d") -> go.Figure:
    """Plain horizontal bars from the top down, the value at each end."""
    figure = go.Figure(
        go.Bar(
            y=labels,
            x=drawn(values),
            orientation="h",
            texttemplate=f"%{{x:{form}}}",
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{x:{form}}}<extra></extra>",
        )
    )
    figure.update_layout(**_bars(len(labels)), showlegend=False, xaxis={"title": unit, "tickformat": form})
    return figure


def stacked_counts(labels: Sequence[str], parts: Mapping[str, Sequence[int]], unit: str) -> go.Figure:
    """Horizontal stacked bars of whole numbers from the top down, one trace a part."""
    figure = go.Figure([_part(name, labels, list(values), f"{name}: %{{x:,d}}") for name, values in parts.items()])
    figure.update_layout(**_bars(len(labels)), barmode="stack", xaxis={"title": unit, "tickformat": ",d"})
    return figure


def stacked_over_time(
    series: Iterable[Series], unit: str, form: str = DOLLARS, *, partial: Collection[Any] = ()
) -> go.Figure:
    """Columns by day or week, stacked; hatched at the points that are ``partial``, such as the running week."""
    figure = go.Figure(
        [
            go.Bar(
                name=line.name,
                x=line.x,
                y=drawn(line.y),
                marker={"pattern": {"shape": ["/" if x in partial else "" for x in line.x]}},
                hovertemplate=f"{line.name}<br>%{{x|%a %e %b}}: %{{y:{form}}}<extra></extra>",
            )
            for line in series
        ]
    )
    figure.update_layout(barmode="stack", **_time(unit, form))
    return figure


def over_time(
    series: Iterable[Series],
    unit: str,
    form: str = DOLLARS,
    *,
    steps: bool = False,
    partial: Collection[Any] = (),
) -> go.Figure:
    """Lines by day; ``steps`` where a value holds until the next one. Points that are ``partial`` are open rings."""
    figure = go.Figure(
        [
            go.Scatter(
                name=line.name,
                x=line.x,
                y=drawn(line.y),
                mode="lines+markers",
                line={"shape": "hv" if steps else "linear", "width": 2},
                marker={"size": 7, "symbol": ["circle-open" if x in partial else "circle" for x in line.x]},
                hovertemplate=f"{line.name}<br>%{{x|%e %b %Y}}: %{{y:{form}}}<extra></extra>",
            )
            for line in series
        ]
    )
    figure.update_layout(**_time(unit, form))
    return figure


def by_amount(
    series: Iterable[Series], marks: Sequence[ChartPoint], across: str, unit: str, *, dollars_across: bool = True
) -> go.Figure:
    """Lines over an amount, with points worth naming on them."""
    at = "%{x:$,.0f}" if dollars_across else "%{x:,d}"
    lines = [
        go.Scatter(
            name=line.name,
            x=drawn(line.x),
            y=drawn(line.y),
            mode="lines",
            line={"width": 2},
            hovertemplate=f"{line.name}<br>at {at}: %{{y:{DOLLARS}}}<extra></extra>",
        )
        for line in series
    ]
    named = go.Scatter(
        name="Cheapest changes",
        x=drawn(mark.x for mark in marks),
        y=drawn(mark.y for mark in marks),
        text=[mark.text for mark in marks],
        mode="markers+text",
        textposition="bottom right",
        cliponaxis=False,
        marker={"size": 9, "symbol": "diamond"},
        hovertemplate="%{text}<extra></extra>",
    )
    figure = go.Figure([*lines, named] if marks else lines)
    figure.update_layout(
        height=320,
        margin=MARGIN,
        legend=LEGEND,
        xaxis={"title": across, "tickprefix": "$" if dollars_across else "", "tickformat": ",d"},
        yaxis={"title": unit, "tickprefix": "$", "tickformat": ",d", "rangemode": "tozero"},
    )
    return figure


def spans(rows: Sequence[Span], unit: str) -> go.Figure:
    """Median and 90th percentile as two dots on a line, from the top down."""
    labels = [row.label for row in rows]
    rails = go.Scatter(
        x=[edge for row in rows for edge in (row.median, row.ninetieth, None)],
        y=[label for label in labels for _ in range(3)],
        mode="lines",
        line={"width": 2},
        showlegend=False,
        hoverinfo="skip",
    )
    medians = _dots("Median", labels, [row.median for row in rows], "circle")
    ninetieths = _dots("90th percentile", labels, [row.ninetieth for row in rows], "diamond")
    figure = go.Figure([rails, medians, ninetieths])
    figure.update_layout(**_bars(len(rows)), xaxis={"title": unit, "rangemode": "tozero"})
    return figure


def _dots(name: str, labels: Sequence[str], values: Sequence[float], symbol: str) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=values,
        y=labels,
        mode="markers",
        marker={"size": 11, "symbol": symbol},
        hovertemplate=f"%{{y}}<br>{name}: %{{x:.1f}} days<extra></extra>",
    )


def states(tiles: Mapping[str, tuple[int, str]], levels: Sequence[str]) -> go.Figure:
    """A map of the states as tiles: each state's level (an index of ``levels``) and what hovering says.

    Tiles give small states the room of large ones, and need no outlines from another server.
    """
    grid: list[list[int | None]] = [[None] * _COLUMNS for _ in range(_ROWS)]
    labels = [[""] * _COLUMNS for _ in range(_ROWS)]
    hover = [[""] * _COLUMNS for _ in range(_ROWS)]
    for code, (row, column) in TILES.items():
        level, text = tiles.get(code, (0, levels[0]))
        grid[row][column] = level
        labels[row][column] = f"{code}<br>{level or '–'}"
        hover[row][column] = f"{code}: {text}"
    figure = go.Figure(
        go.Heatmap(
            z=grid,
            text=labels,
            texttemplate="%{text}",
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            xgap=3,
            ygap=3,
            zmin=0,
            zmax=max(len(levels) - 1, 1),
            showscale=False,
        )
    )
    figure.update_layout(
        height=400,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        xaxis={"visible": False, "scaleanchor": "y"},
        yaxis={"visible": False, "autorange": "reversed"},
    )
    return figure


MARGIN = {"l": 8, "r": 24, "t": 36, "b": 8}
LEGEND = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}


def _bars(rows: int) -> dict[str, object]:
    return {
        "height": _PIXELS_AROUND + _BAR * max(rows, 2),
        "margin": {**MARGIN, "r": 72},
        "legend": {**LEGEND, "traceorder": "normal"},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "bargap": 0.3,
    }


def _time(unit: str, form: str) -> dict[str, object]:
    return {
        "height": 320,
        "margin": MARGIN,
        "legend": LEGEND,
        "xaxis": {"title": None},
        "yaxis": {"title": unit, "tickformat": WHOLE_DOLLARS if form == DOLLARS else form, "rangemode": "tozero"},
    }


_ROWS, _COLUMNS = 8, 11
_LAYOUT = """
AK                   ME
                  VT NH
WA ID MT ND MN IL WI MI NY RI MA
OR NV WY SD IA IN OH PA NJ CT
CA UT CO NE MO KY WV VA MD DE
   AZ NM KS AR TN NC SC DC
         OK LA MS AL GA
HI       TX             FL
"""
TILES: Mapping[str, tuple[int, int]] = {
    line[at : at + 2]: (row, at // 3)
    for row, line in enumerate(_LAYOUT.strip("\n").splitlines())
    for at in range(0, len(line), 3)
    if line[at : at + 2].strip()
}
