"""One row of a clinic's file, added or changed in a form: the same cells, read and refused as in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from core.adapters.files import Column, File
from core.domain.errors import BadInput
from core.services.clinic_import import save_row
from pages.setup.cell_fields import Names, cell_field, cell_text, names_of
from pages.shared.formats import plain
from pages.shared.layout import open_expander
from pages.shared.notices import attempt
from pages.shared.session import Session

NEW: Final = "A new row"


def row_editor(session: Session, file: File, rows: Sequence[Any]) -> None:
    """Choose a row by its key, or a new one, and save its cells. Nothing is deleted: what ends has a day for it."""
    name = file.name.removesuffix(".csv")
    expander = open_expander("Add or change a row", key=f"{name}_editor", icon=":material/edit:")
    if expander is None:
        return
    with expander:
        by_key = {_key(file, row): row for row in rows}
        chosen = st.selectbox("Row", [NEW, *by_key], key=f"{name}_row")
        row = by_key.get(chosen or NEW)
        stored = None if row is None else {each.name: each.written(getattr(row, each.field)) for each in file.columns}
        key = f"{name}_cells_{chosen}_{session.data_version()}"
        names, errors = names_of(session.reference().context), st.session_state.get(f"{key}_errors", {})
        with st.form(key, border=False):
            with st.grid(3):
                for column in file.columns:
                    locked = row is not None and column.name in file.key
                    _cell(column, stored, names, errors, f"{key}_{column.name}", locked=locked)
            st.form_submit_button("Save the row", type="primary", on_click=_save, args=(session, file, stored, key))


def _key(file: File, row: Any) -> str:
    """What a row is called in a list: its key, and its name where it has one."""
    written = [column.written(getattr(row, column.field)) for column in file.columns if column.name in file.key]
    return " · ".join(part for part in (*written, getattr(row, "name", "")) if part)


def _cell(
    column: Column, stored: Mapping[str, str] | None, names: Names, errors: Mapping[str, str], key: str, *, locked: bool
) -> None:
    with st.container():
        label = plain(f"{label_of(column)}{' *' if column.required else ''}")
        cell_field(column, label, stored[column.name] if stored else "", names, key=key, locked=locked)
        if column.name in errors:
            st.caption(f":red[{plain(errors[column.name])}]")


def _save(session: Session, file: File, stored: Mapping[str, str] | None, key: str) -> None:
    cells = {column.name: cell_text(column, st.session_state[f"{key}_{column.name}"]) for column in file.columns}
    st.session_state.pop(f"{key}_errors", None)

    def saves() -> bool:
        try:
            return session.call(save_row, file.name, cells, stored)
        except BadInput as bad:
            st.session_state[f"{key}_errors"] = {cell.column: cell.reason for cell in bad.errors}
            raise

    attempt(saves, lambda changed: f"Saved in {file.name}." if changed else "Nothing was changed.")


def label_of(column: Column) -> str:
    """A column's heading."""
    return LABELS.get(column.name, column.name.replace("_", " ").capitalize())


LABELS: Final[Mapping[str, str]] = {
    "npi": "NPI",
    "sku": "SKU",
    "sig": "Directions",
    "zip": "ZIP",
    "rx": "Prescription",
    "dea_number": "DEA number",
    "dea_schedule": "DEA schedule",
}
