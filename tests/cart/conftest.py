"""A clinic with three patients, and a line of the first."""

from __future__ import annotations

import pytest

from core.adapters.store import Store
from core.domain.model import CartLine
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_line
from tests.builders import FRIDAY
from tests.carts import ADA, FOLDER, opened
from tests.stores import CLINIC, a_folder, load


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three patients: P1 (two prescriptions) and P2 are due, P3 is not."""
    load(store, a_folder(**FOLDER))
    return store


@pytest.fixture
def line(clinic: Store) -> CartLine:
    """P1's line, two packs."""
    add_line(clinic, ADA, CLINIC, FRIDAY, CartRow("P1", "SEMA", 2))
    return opened(clinic).cart.lines[0]
