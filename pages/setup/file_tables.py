"""A clinic's own files as tables: headings, meanings and downloads are those of the file that loads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import streamlit as st
from streamlit.column_config import Column as PlainColumn
from streamlit.column_config import DateColumn, NumberColumn
from streamlit.elements.lib.column_types import ColumnConfig

from core.adapters.files import FILES, Column, File, templates
from core.adapters.files.cells import DAY
from core.services.clinic_import import BY_ROW
from pages.setup.grid_editor import GRIDS, grid_editor
from pages.setup.row_editor import label_of, row_editor
from pages.shared.formats import amount
from pages.shared.session import Session
from pages.shared.tables import Row, table


def file_table(session: Session, name: str, rows: Sequence[Any], title: str) -> None:
    """The rows of one file, downloadable as that file, with its empty template and a form for one of them."""
    file = FILES[name]
    shown = file_rows(file, rows)
    st.subheader(title, anchor=False)
    st.caption(f"{file.meaning}. Loaded from {name}.")
    table(
        shown,
        name=name.removesuffix(".csv"),
        alt=f"{title}: {file.meaning}",
        session=session,
        columns={column.name: _heading(column) for column in file.columns},
    )
    if not shown:
        template(name)
    if name in BY_ROW:
        row_editor(session, file, rows)
    if name in GRIDS:
        grid_editor(session, file, rows)


def template(name: str) -> None:
    """The file with its header alone."""
    st.download_button(
        f"Template of {name}",
        lambda: templates()[name],
        name,
        "text/csv",
        key=f"template_{name}",
        on_click="ignore",
        type="tertiary",
        icon=":material/draft:",
    )


def file_rows(file: File, rows: Iterable[Any]) -> list[Row]:
    """Typed rows as a table's cells, under the file's own column names."""
    return [{column.name: _cell(column, getattr(row, column.field)) for column in file.columns} for row in rows]


def _cell(column: Column, value: object) -> object:
    if is_money(column) and isinstance(value, int):
        return amount(value)
    as_it_is = value is None or (isinstance(value, bool | int | Decimal | date) and not isinstance(value, datetime))
    return value if as_it_is else column.kind.write(value)


def is_money(column: Column) -> bool:
    """Whether the column holds an amount."""
    return column.field.endswith("_cents")


def _heading(column: Column) -> ColumnConfig:
    label = label_of(column)
    meaning = column.meaning or None
    if is_money(column):
        return NumberColumn(label, help=meaning, format="dollar")
    if column.kind is DAY:
        return DateColumn(label, help=meaning, format="ddd D MMM YYYY")
    return PlainColumn(label, help=meaning)
