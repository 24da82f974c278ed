"""Many rows of a clinic's file at once, in a grid that takes rows from a spreadsheet's clipboard: saved whole or not at
all, each as a row of the file would be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st
from streamlit.column_config import TextColumn

from core.adapters.files import File
from core.domain.errors import BadInput
from core.services.clinic_import import RowChange, save_rows
from pages.setup.row_editor import label_of
from pages.shared.formats import count, plain
from pages.shared.layout import open_expander
from pages.shared.notices import attempt
from pages.shared.session import Session

GRIDS: Final = frozenset({
    "skus.csv", "pharmacy_licences.csv", "offers.csv", "aggregate_prices.csv", "prescriber_licences.csv",
    "prescriptions.csv", "carrier_days.csv", "closures.csv",
})  # fmt: skip
"""Files with many rows."""


def grid_editor(session: Session, file: File, rows: Sequence[Any]) -> None:
    """The rows as the file writes them, to change and to add to; a row's key stays as it is."""
    name = file.name.removesuffix(".csv")
    expander = open_expander("Edit many rows, or paste them", key=f"{name}_grid_open", icon=":material/grid_on:")
    if expander is None:
        return
    with expander:
        st.caption("Rows copied from a spreadsheet are pasted into the last, empty line. No row is deleted here.")
        stored = [{column.name: column.written(getattr(row, column.field)) for column in file.columns} for row in rows]
        columns = {
            column.name: TextColumn(
                f"{label_of(column)}{' *' if column.required else ''}",
                help=plain(". ".join(part for part in (column.meaning, f"Format: {column.kind.words}") if part)),
            )
            for column in file.columns
        }
        key = f"{name}_grid_{session.data_version()}_{len(rows)}"
        blank = {column.name: "" for column in file.columns}
        edited = st.data_editor(
            stored or [blank], num_rows="add", hide_index=True, key=key, column_config=columns, width="stretch"
        )
        changes = changed_rows(stored, edited)
        st.button(
            f"Save {count(len(changes), 'row')}",
            type="primary",
            key=f"{key}_save",
            disabled=not changes,
            on_click=_save,
            args=(session, file.name, changes),
        )


def changed_rows(stored: Sequence[Mapping[str, str]], edited: Sequence[Mapping[str, Any]]) -> dict[int, RowChange]:
    """By its number in the grid (from 1) each row that was changed or added; blank rows say nothing."""
    changes = {}
    for at, row in enumerate(edited):
        cells = {name: str(value or "") for name, value in row.items()}
        before = stored[at] if at < len(stored) else None
        if cells != before and any(cells.values()):
            changes[at + 1] = RowChange(cells, before)
    return changes


def _save(session: Session, file: str, changes: Mapping[int, RowChange]) -> None:
    numbers = list(changes)

    def saves() -> int:
        try:
            return session.call(save_rows, file, list(changes.values()))
        except BadInput as bad:
            raise BadInput(
                cell._replace(row=numbers[cell.row - 2] if cell.row else None, file=f"{file}, in the grid")
                for cell in bad.errors
            ) from None

    attempt(saves, lambda saved: f"Saved {count(saved, 'row')} in {file}.")
