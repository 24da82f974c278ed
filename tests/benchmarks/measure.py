"""What takes how long here. Times are seconds of the best of a few runs; ratios within one run say more than either."""

from __future__ import annotations

import gc
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import event

from core.adapters.store import Store, open_store, save_folder
from core.domain.model import Cart, Days, Objective, Sku
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.prescriptions import completed
from core.rules.pricing.comparison import compare
from core.rules.pricing.past_orders import reprice
from core.rules.pricing.quotes import quote
from core.rules.sig import Draft, DraftStep, Unit, build, read
from core.rules.split.cart_split import split
from core.rules.validation import validate
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from tests.benchmarks.clinic import bench_clinic, with_faults
from tests.benchmarks.draining import draining
from tests.benchmarks.engines import engines
from tests.benchmarks.market import (
    LINES,
    PERIOD_DAYS,
    PHARMACIES,
    PROGRAMS,
    SKUS,
    bench_market,
    bench_orders,
    market_context,
)
from tests.benchmarks.placing import placing_rows
from tests.benchmarks.splits import hard_cart

TODAY = date(2026, 12, 4)
DAYS = Days(TODAY, TODAY)
SMALL = 40


def measured(lines: int, seconds: float, postgres: str | None) -> dict[str, Any]:
    """The machine, a table of measures, and how many statements placing asked for at two sizes.

    ``seconds`` is how long many clinics place at once; ``postgres`` the address of a server to measure on too.
    """
    gc.freeze()  # as the dashboard does once it has started
    with tempfile.TemporaryDirectory() as folder:
        places = [_placed(Path(folder), size, scarce) for size, scarce in ((SMALL, 0.1), (lines, 0.0), (lines, 0.1))]
        rows = [row for place_ in places for row in place_["rows"]]
        rows += placing_rows(Path(folder), lines, seconds, postgres, TODAY)
    return {
        "machine": machine(),
        "measures": [
            *rows,
            *_splits(),
            *_directions(),
            *_market(),
            *_drains(lines * 10, postgres),
            *_pages("on the demo clinic"),
        ],
        "statements": [{"lines": place_["lines"], "statements": place_["statements"]} for place_ in places],
    }


def machine() -> str:
    """Processor, cores, Python: enough to tell two tables apart."""
    import os

    try:
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        model = None
    processor = model.group(1) if model else platform.processor() or platform.machine()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def _placed(folder: Path, lines: int, scarce: float) -> Mapping[str, Any]:
    clinic = bench_clinic(lines, TODAY, scarce=scarce)
    store = open_store(f"sqlite:///{folder / f'{lines}-{scarce}.db'}")
    store.write("bench", lambda work: save_folder(work, clinic.folder), new=True)
    patients = {row.patient for row in clinic.rows}
    with store.read("bench") as work:
        context = load_context(work, patients)
    cart = Cart(
        refill_day=TODAY,
        lines=tuple(completed(row, number, context, TODAY) for number, row in enumerate(clinic.rows, 1)),
    )
    program = context.programs_on(TODAY)[0]
    routed = split(cart, context, program, Objective.CHEAPEST, DAYS)
    decision = plan(cart, context, program, Objective.CHEAPEST, DAYS)
    what = f"{lines} lines, {scarce:.0%} of SKUs scarce"
    times = {
        "load": _best(lambda: _load(store, patients)),
        "split": _best(lambda: split(cart, context, program, Objective.CHEAPEST, DAYS)),
        "validate": _best(lambda: validate(routed, context, program, DAYS)),
        "price": _best(lambda: quote(routed.lines, context, program, DAYS)),
    }
    faulty = with_faults(context, TODAY)
    wrong = split(cart, faulty, program, Objective.CHEAPEST, DAYS)
    times["validate, a third of the lines with a fault"] = _best(lambda: validate(wrong, faulty, program, DAYS))
    confirmation = Confirmation(cart, program.program, Objective.CHEAPEST, DAYS, hash=decision.hash, acknowledged=None)
    with _statements(store) as count:
        began = time.perf_counter()
        place(store, LOCAL, "bench", confirmation)
        times["place, all of it in one transaction"] = time.perf_counter() - began
    store.close()
    rows = [_row(f"{name} ({what})", seconds) for name, seconds in times.items()]
    return {"lines": lines, "statements": len(count), "rows": rows}


def _splits() -> list[dict[str, Any]]:
    """Hard carts: how long the split takes, and how near to the best it is proven to be."""
    rows = []
    for lines, scarce in product((40, 100, 200, 400, 1000), (0.1, 0.3, 1)):
        case = hard_cart(lines, TODAY, scarce=scarce)
        routed = [split(case.cart, case.context, case.program, Objective.CHEAPEST, DAYS) for _ in range(3)]
        gap = (routed[0].total_cents - routed[0].bound) / routed[0].total_cents
        sure = "proven" if routed[0].proven else f"within {gap:.2%} of the best possible"
        what = f"{lines} lines tied by boxes, {scarce:.0%} of SKUs with 1.6 times the packs asked for"
        rows.append(_row(f"split ({what}): {sure}", min(run.seconds for run in routed)))
    return rows


def _load(store: Store, patients: set[str]) -> None:
    with store.read("bench") as work:
        load_context(work, patients)


def _best(run: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return min(taken)


def _row(measure: str, seconds: float) -> dict[str, Any]:
    return {"measure": measure, "seconds": round(seconds, 4)}


@contextmanager
def _statements(store: Store) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(store.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", note)


def _directions() -> list[dict[str, Any]]:
    """Reading, for one SKU: texts that nobody read before, the same ones again from the cache; and building."""
    sku = Sku(
        sku="SEMA", name="Semaglutide 2.5 mg/mL, 2 mL", concentration_mg_per_ml=Decimal("2.5"), volume_ml=Decimal(2),
        sterile=True, cold_chain=True,
    )  # fmt: skip
    first = iter(range(1, 1_000_000, 1_000))
    texts: list[str] = []

    def fresh() -> None:
        start = next(first)
        texts[:] = (_direction(number) for number in range(start, start + 1_000))
        for text in texts:
            read(text, sku)

    drafts = [
        Draft((DraftStep(Decimal(units) / 100),), Unit.ML, "subcutaneous", "once weekly")
        for units in range(1, 101)
        for _ in range(10)
    ]
    return [
        _row("read 1,000 different directions", _best(fresh)),
        _row("read 10,000 directions that were read before", _best(lambda: [read(text, sku) for text in texts * 10])),
        _row("build 1,000 directions", _best(lambda: [build(draft, sku) for draft in drafts])),
    ]


def _direction(number: int) -> str:
    return f"Inject {number / 100} mg ({number} units) subcutaneously once weekly."


def _market() -> list[dict[str, Any]]:
    """Comparing prices and pricing orders again, in the core and on the screen that shows it."""
    folder = bench_market(TODAY)
    context, lines = market_context(folder), bench_orders(folder, TODAY)
    first = TODAY - timedelta(days=PERIOD_DAYS - 1)
    what = f"{SKUS} SKUs at {PHARMACIES} pharmacies under {PROGRAMS} programs"
    with tempfile.TemporaryDirectory() as kept:
        url = f"sqlite:///{Path(kept) / 'market.db'}"
        store = open_store(url)
        store.write("bench", lambda work: save_folder(work, folder), new=True)
        store.close()
        return [
            _row(f"compare {what}", _best(lambda: compare(context, TODAY, units=2, spend_cents=2_000_000))),
            _row(
                f"price {LINES:,} lines of {PERIOD_DAYS} days again under {PROGRAMS} programs",
                _best(lambda: reprice(lines, context, first, TODAY)),
            ),
            *_pages(f"with {what}", url, "costs"),
        ]


def _drains(submissions: int, postgres: str | None) -> list[dict[str, Any]]:
    """A queue drained to a fast partner on each engine: in the process, and over HTTP to one that shares these cores."""
    return [row for over_http in (False, True) for row in _drain(submissions, over_http, postgres)]


def _drain(submissions: int, over_http: bool, postgres: str | None) -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, engines(Path(folder), postgres) as found:
        for engine in found:
            if engine.url is None:
                yield {"measure": engine.name, "seconds": None}
                continue
            store = open_store(engine.url)
            yield draining(store, submissions, over_http)
            store.close()


def _pages(where: str, *asked: str) -> list[dict[str, Any]]:
    """Reruns of screens, measured in a process of their own, as a server starts."""
    script = Path(__file__).with_name("reruns.py")
    done = subprocess.run([sys.executable, str(script), *asked], capture_output=True, text=True, check=False)
    rows = (line.rpartition("\t") for line in done.stdout.splitlines() if "\t" in line)
    return [_row(f"rerun of {page} {where}", float(seconds)) for page, _, seconds in rows]
