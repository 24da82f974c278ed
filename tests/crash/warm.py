"""Imported once by the server that processes are forked from: one checkout sent, so that nothing is left to import, and
a process that is killed early is killed at work."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core.adapters.store import open_store
from core.domain.model import Days, Objective
from core.domain.roles import LOCAL
from core.services.cart.additions import upload
from core.services.checkout import Confirmation, place
from tests.crash.acts import send_queued
from tests.crash.killing import BENCH, DAY, a_clinic

with tempfile.TemporaryDirectory() as folder:
    url = f"sqlite:///{folder}/warm.db"
    store = open_store(url)
    upload(store, LOCAL, a_clinic(store, "warm"), DAY, BENCH.rows, replace=False)
    place(store, LOCAL, "warm", Confirmation(None, "FREE", Objective.CHEAPEST, Days(DAY, DAY), acknowledged=None))
    store.close()
    send_queued(url, "warm", datetime.now(UTC), Path(folder) / "notes", 0)
