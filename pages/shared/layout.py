"""The parts that every screen is laid out with: header, metrics, charts with their tables, empty states."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

from pages.shared.formats import plain
from pages.shared.screens import Screen
from pages.shared.session import Session
from pages.shared.tables import Columns, Rows, table

configure_streamlit_plotly_theme()  # otherwise done by the first chart drawn, too late for its own colors
_PLOTLY = {"displayModeBar": False, "responsive": True}


class Metric(NamedTuple):
    """One key figure with its definition, and its change where there is something to compare with."""

    label: str
    value: str
    help: str
    delta: str | int | None = None
    delta_color: Literal["normal", "inverse", "off"] = "normal"
    delta_description: str | None = None
    trend: Sequence[float | int | Decimal] | None = None


def header(title: str, about: str) -> DeltaGenerator:
    """The page's name and one line about it; returns the place at the top right for the next step's primary button."""
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    left.title(title)
    left.caption(about)
    return right.container(horizontal=True, horizontal_alignment="right")


def metrics(cells: Sequence[Metric], across: int = 4) -> None:
    """Key figures in a wall of equal cards."""
    with st.grid(across):
        for cell in cells:
            st.metric(
                cell.label,
                plain(cell.value),
                cell.delta,
                cell.delta_color,
                help=cell.help,
                delta_description=cell.delta_description,
                chart_data=cell.trend,
                chart_type="area",
                border=True,
                height="stretch",
            )


def chart(
    figure: go.Figure, says: str, rows: Rows, *, name: str, session: Session, columns: Columns | None = None
) -> None:
    """A card: the sentence that the chart shows, the chart, and its table one click away."""
    with st.container(border=True):
        st.markdown(f"**{plain(says)}**")
        st.plotly_chart(figure, key=f"{name}_chart", config=_PLOTLY, alt=says)
        behind = st.expander("Table", icon=":material/table:", key=f"{name}_behind", on_change="rerun")
        if behind.open:
            with behind:
                table(rows, name=name, alt=f"Table: {says}", session=session, columns=columns)


def empty_state(what: str, next_step: str, screen: Screen | None = None) -> None:
    """What is missing, what to do about it, and a link to the screen where that is done."""
    with st.container(border=True):
        st.markdown(f"**{plain(what)}**")
        st.write(plain(next_step))
        if screen is not None:
            st.page_link(screen.script, label=f"Open {screen.title}", icon=":material/arrow_forward:")


def is_demo(source: object) -> bool:
    """Whether where a value comes from says that it is made up."""
    return "demo" in str(source or "").casefold()


def badge(demo: bool) -> None:
    """The mark that demo values carry wherever they are shown."""
    if demo:
        st.badge("Demo data", icon=":material/science:", color="orange")
