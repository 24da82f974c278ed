"""Servers of this machine in a thread of the tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core.cli.http_server import HttpServer


@contextmanager
def serving(server: HttpServer) -> Iterator[str]:
    """Its address, while it answers; what it still does afterwards is not waited for."""
    threading.Thread(target=server.run_here, daemon=True).start()
    try:
        yield server.address
    finally:
        server.should_exit = server.force_exit = True
