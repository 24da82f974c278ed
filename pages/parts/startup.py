"""What happens once in a server's life: the store is opened, an empty one gets the demo clinic, the worker starts."""

from __future__ import annotations

import streamlit as st

from core.store import Store, open_store


@st.cache_resource(show_spinner="Opening the store")
def the_store() -> Store:
    """The one store of this process."""
    return open_store()


def start() -> None:
    """Everything that a first visit has to wait for; later ones find it done."""
    the_store()
