"""Names and values, two columns."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.shared.formats import plain


def facts(values: Mapping[str, object]) -> None:
    """Values as they are, whatever is in them."""
    st.table({name: plain(value) for name, value in values.items()}, border="horizontal", hide_header=True)
