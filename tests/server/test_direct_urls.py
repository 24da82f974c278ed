"""A page opened by its own address on a server that nobody has visited: app.py has not run, so the page must refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store import open_store
from tests.pages.clinics import a_small_clinic
from tests.server.client import ROOT, dashboard, opened

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
def database(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'refill.db'}"
    store = open_store(url)
    a_small_clinic(store)
    store.close()
    return url


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
            assert [word for word in DATA if word in run.text] == []


def test_the_local_demo_comes_back_to_the_page_that_was_asked_for(database: str) -> None:
    with dashboard(database) as server:
        first, *others = opened(server, "costs", "costs_units=3")
        assert [word for word in DATA if word in first.text] == []
        assert [heading.body for kind, heading in others[-1].elements if kind == "heading"] == ["SKU costs"]
        units = [number for kind, number in others[-1].elements if kind == "number_input"][0]
        assert (units.label, units.default) == ("Packs in a shipment", 1)
        assert "Semaglutide" in others[-1].text
