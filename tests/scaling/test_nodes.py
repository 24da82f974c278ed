"""Four clinics on two databases: everything of a clinic happens on its node, and nothing anywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, make_url, select, text

from core.adapters.store import METADATA, Store, save_folder
from core.domain.model import Days, Objective
from core.domain.roles import LOCAL
from core.services.cart.additions import upload
from core.services.checkout import Confirmation, place
from core.services.orders.views import track
from core.services.partners.worker import run_once
from tests.conftest import _admin
from tests.crash.killing import BENCH, DAY, LINES, assert_books_hold, the_folder
from tests.scaling.routed import RoutedStore
from tests.stores import Clock

pytestmark = pytest.mark.postgres
CLINICS = ("ash", "elm", "fir", "oak")
NODES = 2


@pytest.fixture
def routed(postgres_server: str, worker: str, clock: Clock) -> Iterator[RoutedStore]:
    """Two databases; in life they are two machines."""
    names = [f"node{number}_{worker}" for number in range(NODES)]
    with _admin(postgres_server) as admin:
        for name in names:
            admin.execute(text(f"CREATE DATABASE {name}"))
        urls = [make_url(postgres_server).set(database=name).render_as_string(hide_password=False) for name in names]
        store = RoutedStore(urls, clock)
        yield store
        store.close()
        for name in names:
            admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def refill_day(store: Store, clock: Clock, clinic: str) -> Counter[str]:
    """A clinic loaded, its cart placed and sent, and what pharmacies say taken in."""
    store.write(clinic, lambda work: save_folder(work, the_folder(clinic)), new=True)
    upload(store, LOCAL, clinic, DAY, BENCH.rows, replace=False)
    place(store, LOCAL, clinic, Confirmation(None, "FREE", Objective.CHEAPEST, Days(DAY, DAY), acknowledged=None))
    run_once(store, clinic)
    return Counter(line.state.value for line in track(store, LOCAL, clinic).lines)


def rows_by_clinic(store: Store) -> Counter[str]:
    """How many rows a node has of each clinic, over all tables."""
    found: Counter[str] = Counter()
    with store.snapshot() as connection:
        for table in METADATA.tables.values():
            for clinic, rows in connection.execute(select(table.c.clinic, func.count()).group_by(table.c.clinic)):
                found[clinic] += rows
    return found


def test_a_clinic_lives_on_its_node(routed: RoutedStore, clock: Clock) -> None:
    with ThreadPoolExecutor(NODES) as threads:
        ended = list(threads.map(lambda clinic: refill_day(routed, clock, clinic), CLINICS))
    assert [states.total() for states in ended] == [LINES] * len(CLINICS)
    clock.now += timedelta(days=9)
    for clinic in CLINICS:
        assert run_once(routed, clinic).events > 0
        assert_books_hold(routed, clinic)
    assert routed.clinics() == CLINICS
    homes = {clinic: [node for node in routed.nodes if rows_by_clinic(node)[clinic]] for clinic in CLINICS}
    assert homes == {clinic: [routed.node_of(clinic)] for clinic in CLINICS}
    assert len({id(node) for (node,) in homes.values()}) == NODES
