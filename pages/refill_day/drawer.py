"""Which line is open beside the cart."""

from __future__ import annotations

import streamlit as st

OPEN = "refill_line"


def open_line(line: str) -> None:
    """Open a line by id."""
    st.session_state[OPEN] = line


def close_line() -> None:
    """Close the line that is open."""
    st.session_state.pop(OPEN, None)


def line_open() -> str | None:
    """The id of the line that is open."""
    line: str | None = st.session_state.get(OPEN)
    return line
