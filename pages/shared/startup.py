"""What happens once in a server's life: the store is opened, an empty one gets the demo clinic, the worker starts."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path
from typing import Final

import streamlit as st

from core.adapters.store import Store, open_store
from core.domain.roles import LOCAL
from core.services.clinic_import import load
from core.services.demo.history import seed_history
from core.services.partners.worker import start_in_background

DEMO: Final = Path(__file__).parents[2] / "data" / "demo"
_starting: Final = threading.Lock()


@st.cache_resource(show_spinner="Opening the store")
def the_store() -> Store:
    """The one store of this process. What it has imported by now stays, so the collector need not look at it again."""
    store = open_store()
    gc.freeze()
    return store


def start() -> None:
    """Everything that a first visit has to wait for, and everybody who comes meanwhile; later ones find it done.

    ``REFILL_DEMO=off`` leaves an empty store empty, ``REFILL_WORKER=off`` leaves sending to other processes.
    """
    store = the_store()
    with _starting:
        if os.environ.get("REFILL_DEMO") != "off" and not store.clinics():
            _seed(store)
    if os.environ.get("REFILL_WORKER") != "off":
        start_in_background(store)


def _seed(store: Store) -> None:
    """The demo clinic with its history. A click could end this run at any ``st.`` call, so none stands between them."""
    box = st.empty()
    with box.status("Preparing the demo clinic: its files and nine months of orders. This takes about ten seconds."):
        clinic = load(store, LOCAL, DEMO).clinic
        with store.read(clinic) as work:
            today = work.today
        seed_history(store, clinic, today)
    box.empty()
