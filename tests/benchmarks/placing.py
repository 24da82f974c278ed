"""How long placing takes once it is known who fills what, and how many checkouts a minute many clinics place at once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import text

import core.rules.plan
from core.adapters.store import Store, open_store, save_folder
from core.domain.context import Context
from core.domain.model import Cart, Days, Objective
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.prescriptions import CartRow, completed
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from tests.benchmarks.clinic import BenchClinic, bench_clinic
from tests.benchmarks.engines import engines

CLINICS: Final = 20
LINES: Final = 20
"""Of each checkout of the sustained measure."""
PER_MINUTE: Final = 100
"""Checkouts of all clinics together that are promised."""
CARTS: Final = 40
"""Carts that each clinic has ready."""
WARM_UP, RUNS = 1, 3


class Ready(NamedTuple):
    """A clinic of its own in a store, and what it can place."""

    code: str
    context: Context
    carts: list[Cart]


def placing_rows(folder: Path, lines: int, seconds: float, postgres: str | None, today: date) -> list[dict[str, Any]]:
    """Rows of both measures on each engine; an engine that is not there says so."""
    rows: list[dict[str, Any]] = []
    with engines(folder, postgres) as found:
        for engine in found:
            if engine.url is None:
                rows.append({"measure": engine.name, "seconds": None})
                continue
            store = open_store(engine.url)
            rows += _after_the_split(store, engine.name, lines, today)
            rows += _sustained(store, engine.name, seconds, today)
            store.close()
    return rows


def _ready(store: Store, code: str, lines: int, each: int, today: date) -> Ready:
    clinic = _renamed(bench_clinic(lines, today, scarce=0), code)
    store.write(code, lambda work: save_folder(work, clinic.folder), new=True)
    with store.read(code) as work:
        context = load_context(work)
    rows = clinic.rows
    carts = [_cart(rows[at : at + each], context, today) for at in range(0, len(rows), each)]
    return Ready(code, context, carts)


def _renamed(clinic: BenchClinic, code: str) -> BenchClinic:
    folder = clinic.folder
    if folder.clinic is None:
        raise ValueError("a bench clinic has a name")
    named = folder.clinic.model_copy(update={"clinic": code})
    by_patient = sorted(clinic.rows, key=lambda row: row.patient)
    return BenchClinic(replace(folder, clinic=named), tuple(by_patient))


def _cart(rows: Sequence[CartRow], context: Context, today: date) -> Cart:
    lines = tuple(completed(row, number, context, today) for number, row in enumerate(rows, 1))
    return Cart(refill_day=today, lines=lines)


def _after_the_split(store: Store, engine: str, lines: int, today: date) -> list[dict[str, Any]]:
    """The best of a few clinics' one checkout each: a cart can be placed once."""
    taken = []
    for number in range(WARM_UP + RUNS):
        ready = _ready(store, f"one{number}", lines, lines, today)
        confirmed, clock = _confirmed(ready.carts[0], ready.context, today, str(number)), _own_clock(store)
        with _timed(core.rules.plan, "split", clock) as asked:
            began, began_own = time.perf_counter(), clock()
            place(store, LOCAL, ready.code, confirmed)
            taken.append((clock() - began_own - sum(asked), sum(asked), time.perf_counter() - began))
    after, asking, _ = min(taken[WARM_UP:])
    whole = min(wall for _, _, wall in taken[WARM_UP:])
    return [
        _row(f"place {lines} lines after the split, in one transaction on {engine} *", after),
        _row(f"before that, asking whether the split that was seen still holds, on {engine} *", asking),
        _row(f"both together on {engine}, with whatever else the machine was doing", whole),
    ]


def _own_clock(store: Store) -> Callable[[], float]:
    """Seconds that go by, less those that this thread and its PostgreSQL process wait for a processor that others use,
    where the system tells (Linux; a server on this machine): what it would take on a machine of its own."""
    processes = ["thread-self"]
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            processes.append(str(connection.scalar(text("SELECT pg_backend_pid()"))))

    def waited(process: str) -> float:
        try:
            return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            return 0.0

    return lambda: time.perf_counter() - sum(map(waited, processes))


@contextmanager
def _timed(module: Any, name: str, clock: Callable[[], float]) -> Iterator[list[float]]:
    """The seconds of each call of a module's function meanwhile."""
    function, seconds = getattr(module, name), list[float]()

    def timed(*given: Any, **named: Any) -> Any:
        began = clock()
        try:
            return function(*given, **named)
        finally:
            seconds.append(clock() - began)

    setattr(module, name, timed)
    try:
        yield seconds
    finally:
        setattr(module, name, function)


def _confirmed(cart: Cart, context: Context, today: date, key: str) -> Confirmation:
    """As a screen confirms it: with the split and the hash that were shown."""
    days, program = Days(today, today), context.programs_on(today)[0]
    shown = plan(cart, context, program, Objective.CHEAPEST, days)
    return Confirmation(
        cart, program.program, Objective.CHEAPEST, days,
        expected_cents=shown.quote.total_cents, hash=shown.hash, acknowledged=None, key=key, split=shown.split,
    )  # fmt: skip


def _sustained(store: Store, engine: str, seconds: float, today: date) -> list[dict[str, Any]]:
    """Every clinic in a thread of its own: first at the pace that is promised, then one cart right after another."""
    clinics = [_ready(store, f"c{number:02}", CARTS * LINES, LINES, today) for number in range(CLINICS)]
    paced = _together(store, clinics, seconds, today, CLINICS * 60 / PER_MINUTE)
    flat_out = _together(store, clinics, seconds / 3, today, 0)
    what = f"{CLINICS} clinics placing {LINES} lines each on {engine}"
    return [
        _row(
            f"{what}, {paced.a_minute:,} checkouts a minute for {paced.seconds:.0f} s: half of them within", paced.half
        ),
        _row(f"{what}, {paced.a_minute:,} checkouts a minute: nineteen in twenty within", paced.nineteen_in_twenty),
        _row(f"{what}, as many as can be, {flat_out.a_minute:,} a minute: half of them within", flat_out.half),
        _row(f"{what}, as many as can be: nineteen in twenty within", flat_out.nineteen_in_twenty),
    ]


class _Placed(NamedTuple):
    """How long each checkout took, the search for its split included, and how long all of them."""

    taken: Sequence[float]
    seconds: float

    @property
    def a_minute(self) -> int:
        return round(len(self.taken) * 60 / self.seconds)

    @property
    def half(self) -> float:
        return statistics.median(self.taken)

    @property
    def nineteen_in_twenty(self) -> float:
        return sorted(self.taken)[int(len(self.taken) * 0.95)]


def _together(store: Store, clinics: Sequence[Ready], seconds: float, today: date, pause: float) -> _Placed:
    """Every clinic places carts that are left, one each ``pause`` seconds, until the time or one's carts are over."""
    taken, ran_out = list[float](), threading.Event()
    start = time.perf_counter()

    def work(at: int, ready: Ready) -> None:
        due = start + at * pause / len(clinics)
        while not ran_out.is_set():
            if max(due, time.perf_counter()) > start + seconds:
                return
            time.sleep(max(due - time.perf_counter(), 0))
            began = max(due, start) if pause else time.perf_counter()
            _place_one(store, ready, today)
            taken.append(time.perf_counter() - began)
            due += pause
            if not ready.carts:
                ran_out.set()

    threads = [threading.Thread(target=work, args=(at, ready)) for at, ready in enumerate(clinics)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _Placed(taken, time.perf_counter() - start)


def _place_one(store: Store, ready: Ready, today: date) -> None:
    cart, program = ready.carts.pop(), ready.context.programs_on(today)[0].program
    key = f"K{len(ready.carts)}"
    place(store, LOCAL, ready.code, Confirmation(cart, program, Objective.CHEAPEST, Days(today, today), key=key))


def _row(measure: str, seconds: float) -> dict[str, Any]:
    return {"measure": measure, "seconds": round(seconds, 4)}
