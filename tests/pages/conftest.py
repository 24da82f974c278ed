"""Pages under AppTest, on a store of their own, behind a frame that has been opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store, open_store
from core.domain.model import Role
from pages.shared.navigation import SCREENS
from tests.stores import Clock

APP = Path(__file__).parents[2] / "app.py"
SCRIPTS = {screen.path: screen.script for screen in SCREENS}
Opens = Callable[..., AppTest]


class AfterTheFrame(PagesManager):
    """AppTest starts every run as a fresh server, which runs a page without app.py; this one has had a visitor."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        PagesManager.uses_pages_directory = False


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
    monkeypatch.chdir(APP.parent)
    monkeypatch.setattr("pages.shared.startup.open_store", partial(open_store, clock=clock))
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", AfterTheFrame)
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def opens() -> Opens:
    """``opens("costs", Role.MANAGER)``: the page as that role sees it, with query parameters by name."""

    def opened(page: str, role: Role = Role.MANAGER, **query: str) -> AppTest:
        shown = AppTest.from_file(str(APP), default_timeout=30)
        shown.session_state["acting_as"] = role
        for name, value in query.items():
            shown.query_params[name] = value
        shown.run()
        return shown.switch_page(SCRIPTS[page]).run()

    return opened
