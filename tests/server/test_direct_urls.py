"""A page opened by its own address on a server that nobody has visited: app.py has not run, so the page must refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.adapters.store import open_store
from tests.server.client import ROOT, dashboard, opened
from tests.stores import load

PAGES = sorted(file.stem for file in (ROOT / "pages").glob("*.py") if file.stem != "__init__")
SIGN_IN = """
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "only for this test"
client_id = "refill-day"
client_secret = "only for this test"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""
DATA = ("Semaglutide", "Cedar Compounding", "Rivera", "Okafor", "Juniper", "FREE")

pytestmark = pytest.mark.server


@pytest.fixture
def database(sqlite_url: str) -> str:
    """The address of a store with a clinic in it."""
    store = open_store(sqlite_url)
    load(store)
    store.close()
    return sqlite_url


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_gets_the_sign_in_and_nothing_of_the_page(page: str, database: str, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SIGN_IN)
    with dashboard(database, STREAMLIT_SECRETS_FILES=str(secrets)) as server:
        first, *others = opened(server, page)
        assert [text.body for kind, text in first.elements if kind == "markdown"] == ["Opening Refill Day."]
        assert len(first.elements) == 1
        assert [heading.body for kind, heading in others[-1].elements if kind == "heading"] == ["Refill Day"]
        for run in (first, *others, *opened(server, page)):
            assert run.carried(DATA) == []


def test_the_local_demo_comes_back_to_the_page_that_was_asked_for(database: str) -> None:
    with dashboard(database) as server:
        first, *others = opened(server, "costs", "costs_units=3")
        assert first.carried(DATA) == []
        assert [heading.body for kind, heading in others[-1].elements if kind == "heading"] == ["SKU costs"]
        units = next(number for kind, number in others[-1].elements if kind == "number_input")
        assert (units.label, units.value) == ("Packs in a shipment", 3)
        assert others[-1].carried(DATA) == ["Semaglutide", "Cedar Compounding", "FREE"]
