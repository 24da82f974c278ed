"""What a process does until it is killed: the product's own code, over a store's address."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import event

from core.__main__ import main
from core.adapters.payments.stripe_provider import StripeProvider
from core.adapters.store import Store, open_store
from core.adapters.store.backup import backup
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged
from core.domain.roles import LOCAL
from core.services.checkout import Confirmation, place
from core.services.partners.worker import run_once
from core.services.payments.execution import carry_out_payments


class RecordingPartner:
    """Takes every message, and has noted it on the disk before it answers."""

    def __init__(self, notes: Path, seconds: float = 0) -> None:
        self._notes = notes
        self._seconds = seconds

    def send(self, message: Message, now: datetime) -> Acknowledged:
        """A message arrives; its answer takes a while."""
        with self._notes.open("a") as notes:
            notes.write(f"{message.reference}\n")
            notes.flush()
            os.fsync(notes.fileno())
        time.sleep(self._seconds)
        return Acknowledged(f"OK-{message.reference}")

    def look_up(self, reference: str) -> None:
        """It cannot say."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """It has no news."""
        return ()

    @property
    def received(self) -> Counter[str]:
        """How often each submission arrived."""
        return Counter(self._notes.read_text().split() if self._notes.exists() else ())


def run_command(words: list[str]) -> None:
    """A command of the command line."""
    main(words)


def place_until(url: str, clinic: str, confirmation: Confirmation, point: int) -> None:
    """Place, and die before the statement with this number; the last ones are the commit and the answer."""
    store = open_store(url)
    _die_at(store, point)
    place(store, LOCAL, clinic, confirmation)
    _die()


def send_queued(url: str, clinic: str, now: datetime, notes: Path, seconds: float) -> None:
    """One round of a worker."""
    run_once(open_store(url, clock=lambda: now), clinic, lambda _: RecordingPartner(notes, seconds))


def send_until(url: str, clinic: str, now: datetime, notes: Path, point: int) -> None:
    """One round of a worker that dies before the statement with this number."""
    store = open_store(url, clock=lambda: now)
    _die_at(store, point)
    run_once(store, clinic, lambda _: RecordingPartner(notes))
    _die()


def pay(url: str, clinic: str, now: datetime, address: str, key: str) -> None:
    """Everything that is due at the payment provider."""
    carry_out_payments(open_store(url, clock=lambda: now), clinic, lambda _: StripeProvider(key, address))


def pay_until(url: str, clinic: str, now: datetime, address: str, key: str, point: int) -> None:
    """The same, dying before the statement with this number."""
    store = open_store(url, clock=lambda: now)
    _die_at(store, point)
    carry_out_payments(store, clinic, lambda _: StripeProvider(key, address))
    _die()


def open_new(url: str) -> None:
    """The first start on an empty store."""
    open_store(url)


def back_up(url: str, file: Path) -> None:
    """A backup into a new file."""
    backup(open_store(url), file)


def _die_at(store: Store, point: int) -> None:
    ran = 0

    def count(*_: Any) -> None:
        nonlocal ran
        ran += 1
        if ran == point:
            _die()

    event.listen(store.engine, "before_cursor_execute", count)
    event.listen(store.engine, "commit", count)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")
