"""Licenses by the tick: the states of one kind for one holder, with one last day for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import streamlit as st

from core.adapters.files.cells import STATES
from core.domain.identifiers import state_code
from core.domain.model import LicenceKind
from pages.shared.formats import count, listed, plain

Save = Callable[[str, Sequence[str], Sequence[str], str], None]
"""What saves the licenses: holder, kinds, states, and the last day as a cell ("" for none)."""


def license_form(holders: Mapping[str, str], kinds: Sequence[LicenceKind], *, key: str, save: Save) -> None:
    """Choose the holder by name, tick kinds and states or paste the states, give the last day; one press saves all."""
    holder = st.selectbox("Holder", list(holders), format_func=lambda code: holders[code], key=f"{key}_holder")
    chosen_kinds = (
        st.pills("Kinds", list(kinds), selection_mode="multi", format_func=str.capitalize, key=f"{key}_kinds")
        if kinds
        else []
    )
    ticked = st.pills("States", sorted(STATES), selection_mode="multi", key=f"{key}_states")
    pasted = st.text_input("Or paste the states", key=f"{key}_pasted", placeholder="TX, OK, New Mexico", max_chars=2000)
    states, unknown = pasted_states(pasted)
    if unknown:
        st.warning(plain(f"No state: {listed(unknown)}."), icon=":material/error:")
    ends = st.date_input("Last day in force", None, key=f"{key}_ends", help="Empty where the license has no last day.")
    every = sorted({*(ticked or ()), *states})
    number = len(every) * (len(chosen_kinds) if kinds else 1)
    st.button(
        f"Save {count(number, 'license')}",
        type="primary",
        key=f"{key}_save",
        disabled=not number or bool(unknown) or holder is None,
        on_click=save,
        args=(holder, list(chosen_kinds), every, ends.isoformat() if isinstance(ends, date) else ""),
    )


def pasted_states(text: str) -> tuple[list[str], list[str]]:
    """The states of a pasted list, as codes or names, and what is none; ``all`` is the 50 states and DC."""
    if text.strip().casefold() in {"all", "all states", "all 50", "all 50 states"}:
        return sorted(STATES - _TERRITORIES), []
    codes = {part.strip(): state_code(part) for part in re.split(r"[,;\n\t/]+", text) if part.strip()}
    if len(codes) == 1 and not STATES.intersection(codes.values()):
        codes = {part: state_code(part) for part in text.split()}
    return [code for code in codes.values() if code in STATES], [
        part for part, code in codes.items() if code not in STATES
    ]


_TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
