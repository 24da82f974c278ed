"""A pharmacy's order system on this machine, and its books."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from core.cli.practice_pharmacy import PracticePharmacy, serve


@pytest.fixture
def books() -> PracticePharmacy:
    return PracticePharmacy()


@pytest.fixture
def address(books: PracticePharmacy) -> Iterator[str]:
    server = serve(books, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
