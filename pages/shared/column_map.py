"""The mapping step: which column of somebody's spreadsheet means what. Price lists and the clinic's files share it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import streamlit as st

T = TypeVar("T")


def choose_columns(
    labels: Mapping[T, str],
    width: int,
    guess: Mapping[T, int],
    *,
    heading: Callable[[int], str],
    key: str,
) -> dict[T, int]:
    """A choice for each meaning among the ``width`` columns, first what is guessed; the positions of those chosen."""
    with st.grid(4):
        chosen = {
            meaning: st.selectbox(
                label,
                range(width),
                guess.get(meaning),
                format_func=heading,
                placeholder="Not in the file",
                key=f"{key}_{label}",
            )
            for meaning, label in labels.items()
        }
    return {meaning: position for meaning, position in chosen.items() if position is not None}
