"""A pharmacy's order system on this machine, and its books."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.cli.practice_pharmacy import PracticePharmacy
from core.cli.practice_pharmacy_server import serve
from tests.http_servers import serving


@pytest.fixture
def books() -> PracticePharmacy:
    return PracticePharmacy()


@pytest.fixture
def address(books: PracticePharmacy) -> Iterator[str]:
    with serving(serve(books, "127.0.0.1", 0)) as opened:
        yield opened
