"""Orders over HTTP in any weather: faults drawn from a seed, workers killed, and no order twice or lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from core.adapters.store import Store, open_store
from core.cli.practice_pharmacy import Fault, PracticePharmacy
from core.domain.model import SubmissionState
from core.domain.roles import LOCAL
from core.services.orders.verification import verify_ledger
from core.services.orders.views import track
from core.services.partners import worker
from core.services.partners.connections import connect
from tests.order_books import CHECKOUT
from tests.partners.test_sending import a_queue, linked
from tests.soak import KILLS
from tests.stores import CLINIC, Clock

pytestmark = pytest.mark.slow

Q = SubmissionState
LINES = 24
WEATHER = (*(fault for fault in Fault if fault not in {Fault.SLOW, Fault.HANG}), *[None] * 6)
"""What an order meets; silence is left to other tests, since it takes as long as it is waited for."""


def submissions(store: Store) -> dict[str, SubmissionState]:
    """How the submission of each line stands; every line has one of its own."""
    lines = track(store, LOCAL, CLINIC).lines
    return {f"{CHECKOUT}-S{at:02d}": line.submission_state for at, line in enumerate(lines, 1)}


def arrived(books: PracticePharmacy) -> Counter[str]:
    return Counter(str(order["referenceId"]) for order in books.orders)


def assert_nothing_twice_or_lost(store: Store, books: PracticePharmacy) -> None:
    """What is acknowledged arrived once; what arrived is acknowledged; what is refused or unknown is not there."""
    there = arrived(books)
    assert set(there.values()) <= {1}
    assert {name for name, state in submissions(store).items() if state is Q.ACKNOWLEDGED} == set(there)
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()


@pytest.mark.parametrize("seed", range(max(KILLS // 6, 1)))
def test_orders_in_any_weather_arrive_once_and_what_arrived_is_known(
    sqlite_url: str, clock: Clock, books: PracticePharmacy, address: str, seed: int
) -> None:
    store, dice = a_queue(open_store(sqlite_url, clock=clock), LINES), Random(seed)
    connect(store, LOCAL, CLINIC, linked(address))
    books.faults = [fault for fault in dice.choices(WEATHER, k=3 * LINES) if fault is not None]
    for _ in range(16):
        worker.run_once(store, CLINIC)
        assert set(arrived(books).values()) <= {1}
        clock.forward(minutes=dice.choice((2, 11, 47)))
        dice.shuffle(books.faults)
    books.faults = []
    for _ in range(6):
        clock.forward(hours=2)
        worker.run_once(store, CLINIC)
    assert Q.QUEUED not in submissions(store).values()
    assert_nothing_twice_or_lost(store, books)
    store.close()


def test_a_worker_killed_while_it_sends_over_http_leaves_nothing_twice_or_lost(
    sqlite_url: str, books: PracticePharmacy, address: str
) -> None:
    store = a_queue(open_store(sqlite_url), LINES)
    connect(store, LOCAL, CLINIC, linked(address))
    books.seconds = 0.05
    for number in range(2):
        books.faults = [Fault.SLOW] * LINES
        sending = subprocess.Popen(
            [sys.executable, "-m", "core", "--db", sqlite_url, "worker"], cwd=Path(__file__).parents[2]
        )
        _until(lambda number=number: len(books.orders) > number * 5, sending)
        os.kill(sending.pid, signal.SIGKILL)
        sending.wait()
    time.sleep(0.2)
    later = open_store(sqlite_url, clock=lambda: datetime.now(UTC) + timedelta(minutes=30))
    books.faults = []
    for _ in range(2):
        worker.run_once(later, CLINIC)
    assert set(submissions(later).values()) <= {Q.ACKNOWLEDGED, Q.UNKNOWN}
    assert_nothing_twice_or_lost(later, books)
    store.close()
    later.close()


def _until(happened: object, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if happened() or process.poll() is not None:  # type: ignore[operator]
            return
        time.sleep(0.02)
    raise AssertionError("the worker sent nothing")
