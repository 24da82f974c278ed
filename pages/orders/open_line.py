"""Which line is open: its reference stands in the URL, so that a line can be linked to."""

from __future__ import annotations

import streamlit as st

LINE = "line"


def open_line(reference: str) -> None:
    """Open a line beside the list."""
    st.query_params[LINE] = reference


def close_line() -> None:
    """Close the line that is open."""
    st.query_params.pop(LINE, None)


def line_open() -> str | None:
    """The reference of the line that is open, as the URL has it."""
    return st.query_params.get(LINE)
