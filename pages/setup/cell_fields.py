"""Fields for the cells of a clinic's files: a day is picked, weekdays are ticked, a code is chosen by its name. What
comes out is the text that the file would hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Final

import streamlit as st

from core.adapters.files import Column
from core.adapters.files.cells import (
    CODES,
    DAY,
    MONEY,
    PATIENT_STATE,
    RATE,
    STATE,
    STATES,
    TIME,
    WEEKDAY_LIST,
    WEEKDAYS,
    ZONE,
)
from core.adapters.files.template_workbook import ZONES
from core.domain.context import Context
from pages.shared.formats import plain

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
Names = Mapping[str, Mapping[str, str]]
"""The codes of each file that others refer to, and what they are called."""


def names_of(context: Context) -> Names:
    """What may be chosen by name; patients are too many for it."""
    return {
        "programs.csv": {row.program: row.program for row in context.programs},
        "skus.csv": {code: f"{sku.name} ({code})" for code, sku in context.skus.items()},
        "pharmacies.csv": {code: pharmacy.name for code, pharmacy in context.pharmacies.items()},
        "prescribers.csv": {npi: f"{prescriber.name} ({npi})" for npi, prescriber in context.prescribers.items()},
    }


def cell_field(column: Column, label: str, text: str, names: Names, *, key: str, locked: bool) -> None:
    """The field of one cell with what the file holds in it; ``cell_text`` reads it again."""
    meaning = plain(". ".join(part for part in (column.meaning, f"Format: {column.kind.words}") if part))
    known = names.get(column.refers_to, {})
    kind = column.kind
    if kind is DAY:
        st.date_input(label, date.fromisoformat(text) if text else None, FIRST_DAY, LAST_DAY, key=key, help=meaning,
                      disabled=locked)  # fmt: skip
    elif kind is TIME:
        st.time_input(label, time.fromisoformat(text) if text else None, key=key, help=meaning, disabled=locked)
    elif kind is WEEKDAY_LIST:
        st.pills(label, WEEKDAYS, selection_mode="multi", default=_items(text), key=key, help=meaning, disabled=locked)
    elif kind is RATE:
        percent = float(Decimal(text) * 100) if text else None
        st.number_input(f"{label}, %", 0.0, 100.0, percent, format="%0.4g", key=key, help=meaning, disabled=locked)
    elif kind is MONEY:
        dollars = float(text) if text else None
        st.number_input(f"{label}, $", 0.0, None, dollars, format="%0.2f", key=key, help=meaning, disabled=locked)
    elif kind is CODES:
        options = list(dict.fromkeys((*_items(text), *known)))
        st.multiselect(label, options, _items(text), key=key, help=meaning, disabled=locked)
    elif choices := _choices(column, known):
        options = list(dict.fromkeys((*([text] if text else []), *choices)))
        at = options.index(text) if text else None
        st.selectbox(label, options, at, format_func=lambda code: known.get(code, code), key=key, help=meaning,
                     disabled=locked, placeholder="Empty")  # fmt: skip
    else:
        st.text_input(label, text, key=key, help=meaning, disabled=locked, max_chars=2000)


def _items(text: str) -> list[str]:
    return [item for item in text.split(";") if item]


def _choices(column: Column, known: Mapping[str, str]) -> list[str]:
    if column.kind in {STATE, PATIENT_STATE}:
        return sorted(STATES)
    return list(ZONES if column.kind is ZONE else column.kind.choices or known)


def cell_text(column: Column, value: object) -> str:
    """What a field holds, as the file writes it."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float):
        number = Decimal(str(value))
        return f"{(number / 100).normalize():f}" if column.kind is RATE else f"{number:.2f}"
    return str(value)
