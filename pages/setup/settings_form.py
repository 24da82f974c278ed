"""A form whose fields depend on one choice: how the clinic pays, how a pharmacy is connected. Secrets are named in it,
never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import streamlit as st

from pages.shared.formats import plain

T = TypeVar("T", bound=str)
SECRET_NAME: Final = (
    "The name of an environment variable, or of an entry of [pharmacies] in .streamlit/secrets.toml, with "
)


def missing_secrets(names: Sequence[str]) -> None:
    """Which secrets this process does not have."""
    if names:
        st.warning(
            plain(f"Not set where this dashboard runs: {', '.join(names)}. Workers elsewhere may have it."),
            icon=":material/key_off:",
        )


def settings_form(
    label: str,
    current: T,
    words: Mapping[T, str],
    does: Mapping[T, str],
    *,
    key: str,
    fields: Callable[[T], None],
    button: str,
    save: Callable[[T], None],
) -> None:
    """The choice, what it does, its fields, and the button that saves them."""
    options = list(words)
    chosen = st.segmented_control(
        label, options, default=current, format_func=lambda option: words[option], key=f"{key}_choice", required=True
    )
    option = next((option for option in options if option == chosen), current)
    st.caption(does[option])
    with st.form(f"{key}_form", border=False):
        fields(option)
        st.form_submit_button(button, type="primary", on_click=save, args=(option,))
