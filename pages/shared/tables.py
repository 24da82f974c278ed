"""Tables: how they look, what selecting does, and how every one of them downloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final, Literal, Protocol, TypedDict

import pandas as pd
import streamlit as st
from streamlit.column_config import DateColumn, NumberColumn
from streamlit.elements.lib.column_types import ColumnConfig

from pages.shared.formats import NOTHING

Row = Mapping[str, object]
Rows = Sequence[Row]
Columns = Mapping[str, ColumnConfig]


class Picture(str):
    """A drawn cell: an image's address. It is seen and not downloaded."""

    __slots__ = ()


class Export(Protocol):
    """Whoever makes the files of a table's downloads, and audits that they were taken: a session."""

    def export(self, name: str, rows: Sequence[Mapping[str, object]], kind: Literal["csv", "xlsx"]) -> bytes:
        """The rows as a file."""


class TableStyle(TypedDict):
    """What every table has in common."""

    hide_index: bool
    column_config: dict[str, ColumnConfig]
    placeholder: str


MONEY = NumberColumn(format="dollar")
FINE_MONEY = NumberColumn(format="$%.4f")
PERCENT = NumberColumn(format="%.1f%%")
DAY = DateColumn(format="ddd D MMM YYYY")
FILES: Final[Mapping[Literal["csv", "xlsx"], str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table(rows: Rows, *, name: str, alt: str, session: Export, columns: Columns | None = None) -> None:
    """A table with its downloads under it. ``name`` is its key and its file's name; headings are the rows' own keys."""
    if not rows:
        st.caption("Nothing to show yet.")
        return
    st.dataframe(_frame(rows), key=f"{name}_table", alt=alt, **_look(rows, columns))
    downloads(rows, name=name, session=session)


def pick(rows: Rows, *, name: str, alt: str, session: Export, columns: Columns | None = None) -> int | None:
    """The same, and the position of the row that is selected in it."""
    if not rows:
        st.caption("Nothing to show yet.")
        return None
    state = st.dataframe(
        _frame(rows),
        key=f"{name}_table",
        alt=alt,
        on_select="rerun",
        selection_mode="single-row",
        **_look(rows, columns),
    )
    downloads(rows, name=name, session=session)
    chosen: list[int] = state.selection.rows
    return chosen[0] if chosen and chosen[0] < len(rows) else None


def _frame(rows: Rows) -> pd.DataFrame:
    return pd.DataFrame.from_records(list(rows))


def _look(rows: Rows, columns: Columns | None) -> TableStyle:
    return {"hide_index": True, "column_config": {**_days(rows), **(columns or {})}, "placeholder": NOTHING}


def _days(rows: Rows) -> dict[str, ColumnConfig]:
    return {
        heading: DAY
        for heading in rows[0]
        if any(isinstance(row[heading], date) and not isinstance(row[heading], datetime) for row in rows)
    }


def downloads(rows: Rows | Callable[[], Rows], *, name: str, session: Export) -> None:
    """The rows, or those that a call gives, as CSV and XLSX. Files are made when somebody asks, so that none waits in
    public media storage."""
    with st.container(horizontal=True, gap="small"):
        for kind, mime in FILES.items():
            st.download_button(
                kind.upper(),
                partial(_file, session, name, rows, kind),
                f"{name}.{kind}",
                mime,
                key=f"{name}_{kind}",
                on_click="ignore",
                type="tertiary",
                icon=":material/download:",
                help=f"Download this table as {kind.upper()}",
            )


def _file(session: Export, name: str, rows: Rows | Callable[[], Rows], kind: Literal["csv", "xlsx"]) -> bytes:
    rows = rows() if callable(rows) else rows
    drawn = {heading for row in rows for heading, value in row.items() if isinstance(value, Picture)}
    written = [{heading: value for heading, value in row.items() if heading not in drawn} for row in rows]
    return session.export(name, written, kind)
