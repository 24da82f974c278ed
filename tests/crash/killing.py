"""Processes that are killed with SIGKILL, and what a clinic's part of the store holds afterwards."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from multiprocessing import connection as pipes
from random import Random
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, func, select

from core.adapters.files import Folder
from core.adapters.store import METADATA, Store, save_folder
from core.adapters.store.tables import ATTEMPT, CHECKOUT, CLINIC, LEDGER_ENTRY, STOCK_RESERVATION
from core.domain.ledger import Account
from core.domain.roles import LOCAL
from core.services.audit_trail import verify_audit
from core.services.orders.verification import verify_ledger
from tests.benchmarks.clinic import bench_clinic

LINES: Final = 40
DAY: Final = date(2026, 12, 4)
BENCH: Final = bench_clinic(LINES, DAY, pharmacies=3)
_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.crash.warm"])


def _begin(ready: pipes.Connection, act: Callable[..., None], given: tuple[Any, ...]) -> None:
    ready.send("ready")
    act(*given)


def seconds_of(act: Callable[..., None], *given: Any) -> float:
    """How long the act takes where nobody disturbs it."""
    started, process = _started(act, given)
    process.join()
    assert process.exitcode == 0
    return time.perf_counter() - started


def killed_after(seconds: float, act: Callable[..., None], *given: Any) -> None:
    """Let a process act, and kill it so many seconds after it began, if it is still there."""
    _, process = _started(act, given)
    process.join(seconds)
    process.kill()
    process.join()


def dies(act: Callable[..., None], *given: Any) -> None:
    """Let a process act that kills itself."""
    _, process = _started(act, given)
    process.join()
    assert process.exitcode == -9


def _started(act: Callable[..., None], given: tuple[Any, ...]) -> tuple[float, Any]:
    ready, told = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_begin, args=(told, act, given))
    process.start()
    ready.recv()
    return time.perf_counter(), process


def moments(kills: int, seconds: float, seed: str) -> list[float]:
    """When to kill: seeded, over the whole time that the act takes and a little longer."""
    dice = Random(seed)
    return [dice.uniform(0, 1.1 * seconds) for _ in range(kills)]


def points(kills: int, last: int) -> list[int]:
    """Statements before which to die: evenly from the first to the last but one, which is the commit; and the last,
    which is the answer."""
    if kills >= last:
        return list(range(1, last + 1))
    return [*(1 + at * (last - 2) // (kills - 2) for at in range(kills - 1)), last]


def the_folder(clinic: str) -> Folder:
    """The files of a clinic with 40 prescriptions to refill."""
    assert BENCH.folder.clinic
    return replace(BENCH.folder, clinic=BENCH.folder.clinic.model_copy(update={"clinic": clinic}))


def a_clinic(store: Store, clinic: str) -> str:
    """A clinic of its own with 40 lines to place, beside the store's others; its code."""
    store.write(clinic, lambda work: save_folder(work, the_folder(clinic)), new=True)
    return clinic


class Holdings(NamedTuple):
    """What a clinic's part of the store holds: rows by table, the cents that must agree, packs reserved."""

    rows: dict[str, int]
    data_version: int
    checked_out_cents: int
    landed_cents: int
    authorised_cents: int
    reserved: dict[tuple[str, str], int]


def holdings(store: Store, clinic: str) -> Holdings:
    """Everything of a clinic, counted once the transaction of a dead process is over."""
    with store.engine.begin() as connection:

        def cents(column: Any, *where: Any) -> int:
            return int(connection.scalar(select(func.sum(column)).where(column.table.c.clinic == clinic, *where)) or 0)

        version = select(CLINIC.c.data_version).where(CLINIC.c.clinic == clinic).with_for_update()
        packs = (STOCK_RESERVATION.c.pharmacy, STOCK_RESERVATION.c.sku, func.sum(STOCK_RESERVATION.c.quantity))
        reserved = select(*packs).where(STOCK_RESERVATION.c.clinic == clinic).group_by(*packs[:2])
        return Holdings(
            data_version=connection.scalar(version) or 0,
            rows={table.name: _count(connection, table, clinic) for table in METADATA.sorted_tables},
            checked_out_cents=cents(CHECKOUT.c.total_cents),
            landed_cents=cents(ATTEMPT.c.landed_cents),
            authorised_cents=cents(LEDGER_ENTRY.c.cents, LEDGER_ENTRY.c.account == Account.AUTHORISED),
            reserved={(pharmacy, sku): int(number) for pharmacy, sku, number in connection.execute(reserved)},
        )


def _count(connection: Connection, table: Table, clinic: str) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(table.c.clinic == clinic)) or 0


def assert_books_hold(store: Store, clinic: str) -> None:
    """Ledger and audit trail are as they were written."""
    assert verify_ledger(store, LOCAL, clinic).problems == ()
    assert verify_audit(store, clinic).problem is None
