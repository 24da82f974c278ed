"""The demo's history: months of orders that change nothing about today, and a few lines that need somebody."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from core.adapters.files import read_folder
from core.adapters.store import Store, save_folder
from core.adapters.store.order_views import Queue
from core.domain.model import Days, LineState, Objective
from core.domain.roles import LOCAL
from core.rules.due_list import due_list
from core.rules.plan import plan
from core.rules.prescriptions import CartRow, completed, fills_and_in_flight
from core.services.contexts import load_context
from core.services.demo.fills import refill_day_before
from core.services.demo.history import Seeded, seed_history
from core.services.orders import views
from core.services.orders.recovery import resubmission_options
from core.services.orders.verification import verify_ledger
from tests.stores import Clock

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[1] / "data" / "demo"
TODAY = date(2026, 12, 4)
JUNIPER = "juniper"
FINAL = {LineState.DELIVERED}


@pytest.fixture
def demo(store: Store) -> Store:
    """The demo clinic, loaded on TODAY."""
    folder = read_folder(DEMO, TODAY)
    store.write(JUNIPER, lambda work: save_folder(work, folder), new=True)
    return store


def test_what_was_rejected_yesterday_can_be_sent_again_without_an_override(demo: Store) -> None:
    seed_history(demo, JUNIPER, TODAY)
    rejected = [line for line in views.track(demo, LOCAL, JUNIPER).lines if line.state is LineState.REJECTED]
    assert len(rejected) == 2
    for line in rejected:
        offers = resubmission_options(demo, LOCAL, JUNIPER, line.reference).by_pharmacy
        assert any(not offer.findings for offer in offers.values()), line.reference


def states(store: Store) -> Counter[LineState]:
    return Counter(one.state for one in views.track(store, LOCAL, JUNIPER).lines)


def test_it_changes_nothing_about_today(demo: Store) -> None:
    with demo.read(JUNIPER) as work:
        before = load_context(work)
    seed_history(demo, JUNIPER, TODAY)
    with demo.read(JUNIPER) as work:
        after = load_context(work)
    due = due_list(before, TODAY)
    assert due_list(after, TODAY) == due
    cart = [
        completed(CartRow(one.patient, one.sku, rx=one.rx), number, before, TODAY) for number, one in enumerate(due, 1)
    ]
    assert findings(cart, after) == findings(cart, before)
    for rx, prescription in before.prescriptions.items():
        fills = fills_and_in_flight(after.prescriptions[rx], after)
        assert fills >= prescription.fills
        assert fills <= max(prescription.fills, prescription.refills)


def findings(lines: list, context) -> list[tuple[int, str]]:  # type: ignore[no-untyped-def,type-arg]
    from core.domain.model import Cart

    cart = Cart(refill_day=TODAY, lines=tuple(lines))
    decided = plan(cart, context, context.programs_on(TODAY)[0], Objective.CHEAPEST, Days(TODAY, TODAY))
    return [(finding.line, finding.code) for finding in decided.findings]


def test_its_books_are_sound_and_nearly_all_is_delivered(demo: Store) -> None:
    made = seed_history(demo, JUNIPER, TODAY)
    assert verify_ledger(demo, LOCAL, JUNIPER).problems == ()
    found = states(demo)
    assert sum(found.values()) == made.lines
    assert found[LineState.DELIVERED] > made.lines * 0.95
    assert {state: found[state] for state in (LineState.ACCEPTED, LineState.COMPOUNDING, LineState.REJECTED)} == {
        LineState.ACCEPTED: 3,
        LineState.COMPOUNDING: 3,
        LineState.REJECTED: 2,
    }
    waiting = views.queues(demo, LOCAL, JUNIPER)
    assert {queue: waiting[queue] for queue in (Queue.REJECTED, Queue.UNKNOWN, Queue.ON_HOLD)} == {
        Queue.REJECTED: 2,
        Queue.UNKNOWN: 1,
        Queue.ON_HOLD: 1,
    }
    assert (waiting[Queue.STALLED], waiting[Queue.MISFITS], waiting[Queue.RETURNED]) == (0, 0, 0)


def test_the_same_seed_makes_the_same_history(demo: Store, sqlite_template: Path, tmp_path: Path) -> None:
    import shutil

    from core.adapters.store import open_store

    made = seed_history(demo, JUNIPER, TODAY)
    shutil.copy(sqlite_template, tmp_path / "again.db")
    again = open_store(f"sqlite:///{tmp_path / 'again.db'}", clock=Clock())
    folder = read_folder(DEMO, TODAY)
    again.write(JUNIPER, lambda work: save_folder(work, folder), new=True)
    assert seed_history(again, JUNIPER, TODAY) == made
    assert timeline(again) == timeline(demo)
    again.close()


def timeline(store: Store) -> list[tuple[object, ...]]:
    return [
        (one.reference, one.authorised_cents, [(entry.status, entry.at) for entry in one.history])
        for one in views.track(store, LOCAL, JUNIPER).lines
    ]


@pytest.mark.parametrize(
    "today",
    [
        date(2026, 11, 23),
        date(2026, 11, 27),
        date(2026, 11, 28),
        date(2026, 11, 29),
        date(2026, 12, 25),
        date(2027, 3, 1),
    ],
)
def test_it_holds_on_any_day(sqlite_url: str, today: date) -> None:
    from core.adapters.store import open_store

    store = open_store(sqlite_url, clock=Clock(datetime.combine(today, datetime.min.time(), UTC).replace(hour=18)))
    folder = read_folder(DEMO, today)
    store.write(JUNIPER, lambda work: save_folder(work, folder), new=True)
    with store.read(JUNIPER) as work:
        due = due_list(load_context(work), today)
    made = seed_history(store, JUNIPER, today)
    with store.read(JUNIPER) as work:
        assert due_list(load_context(work), today) == due
    assert verify_ledger(store, LOCAL, JUNIPER).problems == ()
    assert made.lines > 400
    assert views.queues(store, LOCAL, JUNIPER)[Queue.REJECTED] == 2
    store.close()


def test_an_empty_clinic_has_no_history(demo: Store) -> None:
    from tests.stores import CLINIC, a_folder, load

    load(demo, a_folder(patients=(), prescriptions=()))
    assert seed_history(demo, CLINIC, TODAY) == Seeded(0, 0)


@pytest.mark.parametrize(
    ("case", "shipped", "placed"),
    [
        ("two days are the least", date(2026, 12, 3), date(2026, 12, 1)),
        ("the weekly day", date(2026, 11, 29), date(2026, 11, 27)),
        ("the day in between", date(2026, 11, 28), date(2026, 11, 24)),
    ],
)
def test_refill_days_before_a_fill(case: str, shipped: date, placed: date) -> None:
    assert refill_day_before(shipped, TODAY) == placed
