"""Answers written out: one JSON object, or plain aligned text for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TextIO

from core.domain.money import dollars


def write(data: Mapping[str, Any], as_json: bool, stream: TextIO | None = None) -> None:
    """One answer on standard output (or ``stream``)."""
    out = stream or sys.stdout
    text = json.dumps(data, default=plain, ensure_ascii=False) if as_json else as_text(data)
    out.write(text.encode(errors="backslashreplace").decode() + "\n")  # half a surrogate pair, as JSON escapes it


def plain(value: object) -> Any:
    """What JSON has no word for: days and instants in ISO, numbers with at most four decimals."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        short = round(value, 4)
        return int(short) if short == short.to_integral_value() else float(short)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def known_dollars(cents: int | None) -> str | None:
    """Money in JSON: a string in dollars, null where it is not known."""
    return None if cents is None else dollars(cents)


def as_text(data: Mapping[str, Any]) -> str:
    """Scalars one a line, then every list of rows as a table."""
    scalars = [f"{name}: {_cell(value)}" for name, value in data.items() if not _is_table(value)]
    tables = [f"{name}\n{_table(value)}" for name, value in data.items() if _is_table(value)]
    return "\n\n".join(part for part in ("\n".join(scalars), *tables) if part)


def _is_table(value: object) -> bool:
    return isinstance(value, Sequence) and bool(value) and isinstance(value[0], Mapping)


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    heads = list(rows[0])
    cells = [heads, *([_cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_cell(part) for part in value) or "-"
    return str(plain(value) if isinstance(value, date | Decimal) else value)
