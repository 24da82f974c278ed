"""Which line is open beside a list."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Final, NamedTuple

import streamlit as st


class OpenLine(NamedTuple):
    """The id of the open line under ``key``, in the address where a line can be linked to, else in the session."""

    key: str
    kept_in: MutableMapping[Any, Any]

    def get(self) -> str | None:
        """The id of the line that is open."""
        line: str | None = self.kept_in.get(self.key)
        return line

    def open(self, line: str) -> None:
        """Open a line by its id."""
        self.kept_in[self.key] = line

    def close(self) -> None:
        """Close the line that is open."""
        self.kept_in.pop(self.key, None)


ORDER_LINE: Final = OpenLine("line", st.query_params)
CART_LINE: Final = OpenLine("refill_line", st.session_state)


def draw_page() -> None:
    """Draw the whole page anew from a fragment, unless a cart line is open: closing it does that.

    Streamlit takes a dialog off the screen when a run of the whole page begins and puts it back when that run reaches
    it: whoever pressed Escape in between would have closed nothing, and the drawer would come back over a page that
    looked free. So while the drawer is open the page behind it is not drawn anew.
    """
    if CART_LINE.get() is None:
        st.rerun()
