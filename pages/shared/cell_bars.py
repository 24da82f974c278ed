"""Bars inside a table's cells, drawn as pictures: a difference is easier to see from a zero line than to read."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pages.shared.tables import Picture

_WIDTH, _HEIGHT, _THICK = 120, 22, 12
_LEFT, _RIGHT, _ZERO = "#0072b2", "#d55e00", "#8a979c"


def from_zero(cents: Sequence[int | None]) -> list[Picture | None]:
    """One picture a row: a bar to the left below zero, to the right above it, all on one scale."""
    widest = max((abs(value) for value in cents if value is not None), default=0) or 1
    return [None if value is None else _picture(_WIDTH // 2 * value // widest) for value in cents]


def _picture(length: int) -> Picture:
    middle = _WIDTH // 2
    left, color = (middle + length, _LEFT) if length < 0 else (middle, _RIGHT)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">'
        f'<rect x="{left}" y="{(_HEIGHT - _THICK) // 2}" width="{abs(length)}" height="{_THICK}" fill="{color}"/>'
        f'<rect x="{middle}" y="0" width="1" height="{_HEIGHT}" fill="{_ZERO}"/></svg>'
    )
    return Picture(f"data:image/svg+xml,{quote(svg)}")
