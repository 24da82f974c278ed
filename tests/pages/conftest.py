"""Pages under AppTest, on a store of their own, behind a frame that has been opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store, open_store
from core.domain.model import Role
from pages.shared.screens import SCREENS
from tests.stores import Clock

FRAME = Path(__file__).parents[2] / "pages" / "shared" / "frame.py"
SCRIPTS = {screen.path: str(screen.script) for screen in SCREENS}
Opens = Callable[..., AppTest]


@pytest.fixture
def store(sqlite_url: str, clock: Clock) -> Iterator[Store]:
    """An empty store, the one that pages show."""
    opened = open_store(sqlite_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _served(sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("REFILL_DEMO", "off")
    monkeypatch.setenv("REFILL_WORKER", "off")
    monkeypatch.setattr("pages.shared.sign_in._HAS_HAD_SIGN_IN", Event())
    monkeypatch.setattr("pages.shared.sign_in.cookie_secret", lambda: "kept by the test, 0123456789 and on")
    monkeypatch.chdir(FRAME.parents[2])
    monkeypatch.setattr("pages.shared.startup.open_store", partial(open_store, clock=clock))
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def opens() -> Opens:
    """``opens("costs", Role.MANAGER)``: the page as that role sees it, with query parameters by name."""

    def opened(page: str, role: Role = Role.MANAGER, **query: str) -> AppTest:
        shown = AppTest.from_file(str(FRAME), default_timeout=30)
        shown.session_state["acting_as"] = role
        for name, value in query.items():
            shown.query_params[name] = value
        shown.run()
        return shown.switch_page(SCRIPTS[page]).run()

    return opened
