"""A chart on a card: the sentence that it shows, the figure, and its table one click away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

from pages.shared.formats import plain
from pages.shared.layout import open_expander
from pages.shared.tables import Columns, Export, Rows, table

configure_streamlit_plotly_theme()  # otherwise done by the first chart drawn, too late for its own colors
_CONFIG: Final = {"displayModeBar": False, "responsive": True}


def chart(
    figure: go.Figure,
    sentence: str,
    rows: Rows,
    *,
    name: str,
    session: Export,
    columns: Columns | None = None,
    hint: str | None = None,
    on_select: Callable[[], None] | None = None,
) -> None:
    """``hint`` says what a click on a point does; ``on_select`` does it."""
    picks: dict[str, Any] = {"on_select": on_select, "selection_mode": "points"} if on_select else {}
    with st.container(border=True):
        st.markdown(f"**{plain(sentence)}**")
        if hint:
            st.caption(hint)
        st.plotly_chart(figure, key=f"{name}_chart", config=_CONFIG, alt=sentence, **picks)
        if expander := open_expander("Table", key=f"{name}_behind", icon=":material/table:"):
            with expander:
                table(rows, name=name, alt=f"Table: {sentence}", session=session, columns=columns)
