"""Which line is open beside the cart.

While the drawer is open the page behind it is not drawn anew. Streamlit takes a dialog off the screen when a run of
the whole page begins and puts it back when that run reaches it: whoever pressed Escape in between would have closed
nothing, and the drawer would come back over a page that looked free.
"""

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


def draw_page() -> None:
    """Draw the whole page anew from a fragment, unless a line is open: closing it does that."""
    if line_open() is None:
        st.rerun()
