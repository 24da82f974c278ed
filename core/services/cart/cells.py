"""Cells that somebody types on a screen, read as the same column of a file is."""

from __future__ import annotations

from collections.abc import Mapping

from core.adapters.files import File
from core.adapters.files.cells import CellContext
from core.adapters.store import Work
from core.domain.errors import Refused
from core.domain.text_limits import why_not_kept


def typed_cells(work: Work, file: File, cells: Mapping[str, object]) -> dict[str, object]:
    """The cells by field: text read by the file's columns, values as they are. Raises Refused for unreadable text."""
    columns = {column.name: column for column in file.columns}
    typed: dict[str, object] = {}
    row = {name: value for name, value in cells.items() if isinstance(value, str)}
    for name, value in cells.items():
        column = columns[name]
        if not isinstance(value, str):
            typed[column.field] = value
            continue
        text = value.strip()
        reading = CellContext(work.today, work.zone, row)
        if reason := why_not_kept(text):
            raise Refused(f"{name} {reason}.")
        try:
            typed[column.field] = column.kind.read(text, reading) if text else column.empty({})
        except ValueError as error:
            raise Refused(f"{name} “{text}” {error}.") from None
    return typed
