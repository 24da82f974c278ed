"""A queue of many submissions drained: how many a second reach a fast partner, in the process and over the network."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Final

from core.adapters.store import Store, Work, save_folder
from core.adapters.store.order_books import new_book, next_number, save_book
from core.adapters.store.queue import queue_counts
from core.domain.context import Context
from core.domain.model import CartLine, Days, Objective, Promise, RoutedLine, ShipTo
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.link import Authentication, Link
from core.domain.partners.message import Message
from core.domain.partners.protocol import Acknowledged
from core.domain.roles import LOCAL
from core.rules.pricing.quotes import box_for, quote
from core.services.contexts import load_context
from core.services.orders.placement import Confirmed, record_checkout
from core.services.partners.connections import Partners, connect
from core.services.partners.worker import run_once
from tests.benchmarks.clinic import bench_clinic

CLINIC: Final = "bench"
PORT: Final = 8699
"""Where the bench's own pharmacy listens."""
A_CHECKOUT: Final = 100
"""Lines of one checkout."""


class FastPartner:
    """Takes everything at once."""

    def send(self, message: Message, now: datetime) -> Acknowledged:
        """It has it."""
        return Acknowledged(message.reference)

    def look_up(self, reference: str) -> None:
        """It cannot say."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """It has no news."""
        return ()


def drained(store: Store, submissions: int, partners: Partners | None = None) -> float:
    """Seconds in which one worker drains so many submissions. Raises ValueError where some are left."""
    began = time.perf_counter()
    done = run_once(store, CLINIC, partners, worker="bench")
    took = time.perf_counter() - began
    with store.read(CLINIC) as work:
        left = queue_counts(work)
    if done.acknowledged != submissions or left.queued or left.unknown:
        raise ValueError(f"{done} of {submissions}; {left}")
    return took


def fill_queue(store: Store, submissions: int, today: date) -> None:
    """A clinic whose queue holds so many submissions of one line each, in checkouts of 100 lines over ten pharmacies."""
    folder = bench_clinic(submissions * 5 // 2, today, scarce=0).folder
    first = {rx.patient: rx for rx in reversed(folder.prescriptions)}
    lean = replace(folder, prescriptions=tuple(first.values()))
    store.write(CLINIC, lambda work: save_folder(work, lean), new=True)
    with store.read(CLINIC) as work:
        context = load_context(work)
    sells: dict[str, list[str]] = {}
    for offer in context.offers:
        sells.setdefault(offer.sku, []).append(offer.pharmacy)
    lines = [
        _routed(number, rx.rx, context, sells[rx.sku][number % len(sells[rx.sku])], today)
        for number, rx in enumerate(first.values())
    ]
    for start in range(0, len(lines), A_CHECKOUT):
        store.write(CLINIC, partial(_place, lines[start : start + A_CHECKOUT], context, today))


def _routed(at: int, rx: str, context: Context, pharmacy: str, today: date) -> RoutedLine:
    prescription = context.prescriptions[rx]
    line = CartLine(
        number=at % A_CHECKOUT + 1, patient=prescription.patient, sku=prescription.sku, quantity=1, rx=rx,
        sig=prescription.sig, npi=prescription.npi, ship_to=ShipTo.PATIENT,
    )  # fmt: skip
    cold = context.skus[line.sku].cold_chain
    promise = Promise(today, today, today, today + timedelta(days=1))
    return RoutedLine(line, pharmacy, box_for(line, context.pharmacies[pharmacy], cold), promise)


def _place(lines: Sequence[RoutedLine], context: Context, today: date, work: Work) -> None:
    program, opened = context.programs_on(today)[0], new_book(work, "bench")
    cost = quote(lines, context, program, Days(today, today))
    number = next_number(work, today)
    confirmed = Confirmed(
        lines, cost, program, Objective.CHEAPEST, "h", f"k{number}", today, today, work.now(), "bench"
    )
    record_checkout(opened.book, number, confirmed)
    save_book(work, opened)


def connect_all(store: Store, address: str, at_once: int) -> None:
    """Every pharmacy of the clinic reached at one address."""
    with store.read(CLINIC) as work:
        codes = sorted(load_context(work, ()).pharmacies)
    for code in codes:
        link = Link(
            code, "http", address, Authentication.NONE, practice_id=1, cold_service=2, ambient_service=3,
            at_once=at_once, poll_minutes=None,
        )  # fmt: skip
        connect(store, LOCAL, CLINIC, link)


def draining(store: Store, submissions: int, over_http: bool) -> dict[str, Any]:
    """Fill, drain, and say how fast."""
    fill_queue(store, submissions, datetime.now(UTC).date())
    where = "over HTTP on this machine" if over_http else "in the process"
    if over_http:
        command = [sys.executable, "-m", "core", "partner", "--port", str(PORT)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            if server.stderr is not None:
                server.stderr.readline()
            try:
                connect_all(store, f"http://127.0.0.1:{PORT}", 4)
                took = drained(store, submissions)
            finally:
                server.terminate()
    else:
        fast = FastPartner()
        took = drained(store, submissions, lambda _: fast)
    engine = store.engine.dialect.name
    return {
        "measure": f"drain {submissions:,} submissions to a fast partner {where}, {engine}",
        "seconds": round(took, 2),
    }
