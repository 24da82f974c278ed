"""The parts that every screen is laid out with: header, key figures, facts, expanders, empty states, the demo badge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.formats import plain
from pages.shared.screens import Screen


class Metric(NamedTuple):
    """One key figure with its definition, its change where there is something to compare with, and a note under it."""

    label: str
    value: str
    help: str
    delta: str | int | None = None
    delta_color: Literal["normal", "inverse", "off"] = "normal"
    delta_description: str | None = None
    trend: Sequence[float | int | Decimal] | None = None
    note: str | None = None


def header(title: str, about: str, *, left: int = 3) -> DeltaGenerator:
    """The page's name and one line about it, ``left`` times as wide as the place at the top right that is returned for
    the next step's primary button."""
    name, right = st.columns([left, 1], vertical_alignment="bottom")
    name.title(title)
    name.caption(about)
    return right.container(horizontal=True, horizontal_alignment="right")


def metrics(cells: Sequence[Metric], across: int = 4) -> None:
    """Key figures in a wall of equal cards."""
    with st.grid(across):
        for cell in cells:
            _metric(cell)


def metric_row(cells: Sequence[Metric]) -> None:
    """Key figures in one row, each with its note."""
    for column, cell in zip(st.columns(len(cells), gap="small"), cells, strict=True):
        with column.container(border=True, height="stretch", gap="xxsmall"):
            _metric(cell, border=False)
            st.caption(plain(cell.note or ""))


def _metric(cell: Metric, *, border: bool = True) -> None:
    st.metric(
        cell.label,
        plain(cell.value),
        cell.delta,
        cell.delta_color,
        help=cell.help,
        delta_description=cell.delta_description,
        chart_data=cell.trend,
        chart_type="area",
        border=border,
        height="stretch" if border else "content",
    )


def facts(values: Mapping[str, object]) -> None:
    """Names and values in two columns; values as they are, whatever is in them."""
    st.table({name: plain(value) for name, value in values.items()}, border="horizontal", hide_header=True)


def open_expander(label: str, *, key: str, icon: str | None = None) -> DeltaGenerator | None:
    """An expander to draw into; None while it is closed, so that its content is made only when somebody looks."""
    expander = st.expander(label, icon=icon, key=key, on_change="rerun")
    return expander if expander.open else None


def open_popover(label: str, *, key: str, icon: str) -> DeltaGenerator | None:
    """A popover to draw into; None while it is closed."""
    popover = st.popover(label, icon=icon, key=key, on_change="rerun")
    return popover if popover.open else None


def draw_tabs(tabs: Mapping[str, Callable[[], None]], *, key: str) -> None:
    """Tabs, of which only the open one is drawn; which one that is stands in the address."""
    for tab, draw in zip(
        st.tabs(list(tabs), key=key, bind="query-params", on_change="rerun"), tabs.values(), strict=True
    ):
        if tab.open:
            with tab:
                draw()


def empty_state(missing: str, next_step: str, screen: Screen | None = None) -> None:
    """What is missing, what to do about it, and a link to the screen where that is done."""
    with st.container(border=True):
        st.markdown(f"**{plain(missing)}**")
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
