"""A real Chromium in front of a really started dashboard with a store of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.server.client import dashboard

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium; without one these tests are skipped by name, and fail in CI."""
    found = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        told = "no Chromium on this machine: install it, or run `make test` where apt can"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A fresh server on an empty store: its first visitor sees the demo clinic come in."""
    with dashboard(f"sqlite:///{tmp_path / 'refill.db'}") as address:
        yield f"http://{address}"


@pytest.fixture
def page(chromium: Browser, server: str) -> Iterator[Page]:
    """A window of one's own. It loads from this machine alone, and its console stays silent. It ends before
    the server, which is why it names it."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page, hosts, errors = context.new_page(), set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert (hosts - {"127.0.0.1", "localhost", None, ""}, errors) == (set(), [])
