"""A page opened by its own address on a server that nobody has visited: nothing answers before the frame has run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.adapters.store import open_store
from pages.shared.screens import SCREENS
from tests.server.client import dashboard, opened
from tests.stores import load

PAGES = [screen.path for screen in SCREENS]
NO_PAGES = ["__init__", "page", "frame", "shared", "costs/page"]
"""What stands in the folder and is nobody's address."""
SIGN_IN = """
[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "only for this test, 0123456789 and on"
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


@pytest.fixture
def signed_out(database: str, tmp_path: Path) -> Iterator[str]:
    """A fresh server with sign-in."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SIGN_IN)
    with dashboard(database, STREAMLIT_SECRETS_FILES=str(secrets)) as server:
        yield server


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_gets_the_sign_in_and_nothing_of_the_page(page: str, signed_out: str) -> None:
    for _ in range(2):
        (run,) = opened(signed_out, page)
        assert [heading.body for kind, heading in run.elements if kind == "heading"] == ["Refill Day"]
        assert [text.body for kind, text in run.elements if kind == "markdown"] == [
            "Sign in with your clinic's account."
        ]
        assert run.carried(DATA) == []


def test_files_that_are_no_pages_have_no_address(signed_out: str) -> None:
    for name in NO_PAGES:
        for run in opened(signed_out, name):
            assert [heading.body for kind, heading in run.elements if kind == "heading"] == ["Refill Day"]
            assert run.carried(DATA) == []


def test_the_first_visit_by_address_opens_that_page_without_a_word_of_a_missing_one(database: str) -> None:
    with dashboard(database) as server:
        (run,) = opened(server, "costs", "costs_units=3")
        assert [heading.body for kind, heading in run.elements if kind == "heading"] == ["SKU costs"]
        assert "page_not_found" not in {message.WhichOneof("type") for message in run.messages}
        units = next(number for kind, number in run.elements if kind == "number_input")
        assert (units.label, units.value) == ("Packs in a shipment", 3)
        assert run.carried(DATA) == ["Semaglutide", "Cedar Compounding", "FREE"]


def heading(server: str, **connection: Any) -> list[str]:
    (*_, run) = opened(server, "orders", **connection)
    return [heading.body for kind, heading in run.elements if kind == "heading"]


def test_the_demo_is_refused_through_a_proxy_on_the_same_machine(database: str) -> None:
    with dashboard(database) as server:
        assert heading(server)[:1] == ["Orders"]
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
            assert heading(server, additional_headers={header: "203.0.113.9"}) == ["Refill Day"]


def test_a_server_started_without_asking_for_the_demo_lets_nobody_in(database: str) -> None:
    with dashboard(database, REFILL_DEMO_SIGNIN="") as server:
        assert heading(server) == ["Refill Day"]


@pytest.mark.parametrize("saved", ["[auht]\ncookie_secret = 'x'", "[auth\n", ""])
def test_a_typo_saved_while_the_server_runs_does_not_open_it(saved: str, signed_out: str, tmp_path: Path) -> None:
    assert heading(signed_out) == ["Refill Day"]
    (tmp_path / "secrets.toml").write_text(saved)
    for _ in range(2):
        assert heading(signed_out) == ["Refill Day"]
