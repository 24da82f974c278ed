"""Cells that somebody types on a screen, read as the same column of a file is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo

from core.adapters.files.cells import CellContext
from core.adapters.files.columns import Column, File
from core.domain.errors import Refused
from core.domain.text_limits import why_not_kept


def typed_cells(file: File, cells: Mapping[str, object], today: date, zone: tzinfo) -> dict[str, object]:
    """The cells by field: text read by the file's columns, values as they are. Raises Refused for unreadable text."""
    columns = {column.name: column for column in file.columns}
    context = CellContext(today, zone, {name: value for name, value in cells.items() if isinstance(value, str)})
    return {columns[name].field: _typed(columns[name], value, context) for name, value in cells.items()}


def _typed(column: Column, value: object, context: CellContext) -> object:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if reason := why_not_kept(text):
        raise Refused(f"{column.name} {reason}.")
    try:
        return column.kind.read(text, context) if text else column.empty({})
    except ValueError as error:
        raise Refused(f"{column.name} “{text}” {error}.") from None
