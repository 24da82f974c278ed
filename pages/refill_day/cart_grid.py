"""The cart as a grid: quantity, pin and hold are written through as one types.

Streamlit tells edits by position, so what was rendered is kept: the position's line, its version and its cells. A
refused edit and another set of lines give the grid a new key, which forgets what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, CheckboxColumn, NumberColumn, SelectboxColumn, TextColumn
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from core.domain.context import Context
from pages.refill_day.cart_actions import edit
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView, grid_row
from pages.shared.formats import NOTHING
from pages.shared.open_line import CART_LINE
from pages.shared.session import Session
from pages.shared.tables import DAY, MONEY

RENDERED = "refill_rendered"
CLICKED = "refill_grid_clicked"
CELLS: Final[Mapping[str, str]] = {"Quantity": "quantity", "Pin": "pharmacy", "Hold": "hold"}
"""The editable columns, and the columns of cart.csv that they write."""
_TEXTS = ("Pin", "Pharmacy", "Finding")
"""Columns that may be empty throughout: their type must not depend on it, or the grid would start anew."""
_ROUND = "refill_grid_round"
_ROW_PIXELS, _MOST_ROWS = 35, 12


class GridLine(NamedTuple):
    """A line as it stands in the grid."""

    id: str
    number: int
    version: int
    cells: Mapping[str, object]


class Rendered(NamedTuple):
    """What the grid with this key shows, position by position."""

    key: str
    lines: tuple[GridLine, ...]


def grid(desk: Desk, views: Sequence[LineView]) -> None:
    """The lines, each with its status, which opens it."""
    rows = [grid_row(view, desk.context, desk.days.placing_day, desk.refill_day) for view in views]
    lines = tuple(
        GridLine(view.line.id, view.line.number, view.line.version, {name: row[name] for name in CELLS})
        for view, row in zip(views, rows, strict=True)
    )
    rendered = Rendered(_key(lines), lines)
    st.session_state[RENDERED] = rendered
    st.data_editor(
        pd.DataFrame.from_records(rows).astype(dict.fromkeys(_TEXTS, "string")),
        key=rendered.key,
        num_rows="fixed",
        hide_index=True,
        disabled=[name for name in rows[0] if name not in CELLS],
        column_config=_columns(desk.context),
        height=_ROW_PIXELS * (min(len(rows), _MOST_ROWS) + 1) + 2,
        placeholder=NOTHING,
        on_change=_save,
        args=(desk.session, desk, rendered.key),
        alt="The lines of the cart. Quantity, pin and hold can be edited; the status opens a line.",
    )


def _key(lines: Sequence[GridLine]) -> str:
    return f"refill_grid_{st.session_state.get(_ROUND, 0)}_{hash(tuple(line.id for line in lines))}"


def _columns(context: Context) -> dict[str, ColumnConfig | ButtonColumnResult]:
    names = {code: pharmacy.name for code, pharmacy in sorted(context.pharmacies.items())}
    return {
        "Status": ButtonColumn(
            type="tertiary",
            alignment="left",
            width=112,
            pinned=True,
            on_click=_open_clicked,
            key=CLICKED,
            help="Click to open the line: findings, directions as read, price, why this pharmacy, history.",
        ),
        "Line": NumberColumn("#", width=44, pinned=True, help="The line's number in this cart."),
        "Patient": TextColumn(width=190, help="With the date of birth."),
        "SKU": TextColumn(width=190),
        "Quantity": NumberColumn(
            "Qty", min_value=1, step=1, format="%d", width=56, help="Packs. Clear it for the prescribed quantity."
        ),
        "Directions": TextColumn(width=300, help="As prescribed; never edited here."),
        "Pin": SelectboxColumn(
            options=list(names),
            format_func=lambda code: names.get(str(code), str(code)),
            width=130,
            help="The pharmacy that must fill the line. Leave empty to let the split choose.",
        ),
        "Pharmacy": TextColumn(width=150, help="The pharmacy that fills the line in the current split."),
        "Delivers": DAY,
        "Supply ends": DAY,
        "Gap": NumberColumn(width=52, help="Days without medication between the end of the supply and the delivery."),
        "Landed": {**MONEY, "help": "Delivered cost: medication and the line's share of every fee."},
        "Hold": CheckboxColumn(width=60, help="Held lines are checked, but not ordered; they take no stock."),
        "Finding": TextColumn(width=300, help="The first finding; open the line to see all of them."),
    }


def _open_clicked() -> None:
    rendered: Rendered = st.session_state[RENDERED]
    click = st.session_state.get(CLICKED)
    if click is not None and click["row"] < len(rendered.lines):
        CART_LINE.open(rendered.lines[click["row"]].id)


def _save(session: Session, desk: Desk, key: str) -> None:
    rendered: Rendered = st.session_state[RENDERED]
    if rendered.key != key:
        return
    edited: Mapping[int, Mapping[str, Any]] = st.session_state[key]["edited_rows"]
    lines = list(rendered.lines)
    for position, cells in edited.items():
        lines[position] = _saved(session, desk, lines[position], cells)
    st.session_state[RENDERED] = Rendered(key, tuple(lines))


def _saved(session: Session, desk: Desk, line: GridLine, cells: Mapping[str, Any]) -> GridLine:
    """The line after the edit; an edit that says what stands there already writes nothing."""
    new = {name: value for name, value in cells.items() if name in CELLS and value != line.cells[name]}
    if not new:
        return line
    words = ", ".join(_said(desk.context, name, value) for name, value in new.items())
    changes = {CELLS[name]: value for name, value in new.items()}
    changed = edit(session, desk.refill_day, line.id, line.version, changes, f"Line {line.number}: {words}")
    if changed is None:
        st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
        return line
    return line._replace(version=changed.lines[0].version, cells={**line.cells, **new})


def _said(context: Context, name: str, value: Any) -> str:
    if name == "Hold":
        return "held" if value else "released"
    if name == "Quantity":
        return f"quantity {value}" if value else "the prescribed quantity"
    return f"pinned to {context.pharmacies[value].name}" if value in context.pharmacies else "not pinned"
