"""Three PostgreSQL clusters, two of them nodes under a coordinator: every table hash-partitioned by clinic.

    python -m tests.scaling.coordinator "$(pg_config --bindir)"

It needs a PostgreSQL with the extension postgres_fdw, starts three clusters in a folder of its own, and prints what
goes through the coordinator and what PostgreSQL says to the rest. What came of it: docs/scaling.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, make_url, text

from core.adapters.store import METADATA, Store, open_store, save_folder
from core.adapters.store.migrate import head
from core.adapters.store.order_views import OrderFilter
from core.domain.model import Days, Objective
from core.domain.roles import LOCAL
from core.services.audit_trail import verify_audit
from core.services.cart.additions import add_everyone_due, upload
from core.services.cart.contents import open_cart
from core.services.checkout import Confirmation, place
from core.services.measures import measures
from core.services.orders.recovery import cancel
from core.services.orders.verification import verify_ledger
from core.services.orders.views import queues, search, track
from core.services.partners.worker import run_once
from tests.crash.killing import BENCH, DAY, the_folder
from tests.stores import NOW, Clock

TABLES: Final = tuple(METADATA.tables)
CONFIRMED: Final = Confirmation(None, "FREE", Objective.CHEAPEST, Days(DAY, DAY), acknowledged=None)


@contextmanager
def cluster(programs: Path, folder: Path, port: int) -> Iterator[str]:
    """A cluster of its own; its address."""
    user = "postgres" if os.geteuid() == 0 else None
    data, options = folder / str(port), f"-p {port} -h '' -k {folder}"

    def run(program: str, *given: str) -> None:
        subprocess.run([programs / program, "-D", data, *given], check=True, stdout=subprocess.DEVNULL, user=user)

    run("initdb", "-U", "postgres", "--auth=trust", "-E", "utf8")
    run("pg_ctl", "-w", "-l", f"{data}.log", "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}&port={port}"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


def coordinate(coordinator: str, nodes: Sequence[str]) -> None:
    """Give every node the schema, with its keys and triggers, and the coordinator tables whose partitions they hold.

    A partitioned table over foreign tables can have no unique key of its own: those of the nodes hold.
    """
    for node in nodes:
        open_store(node).close()
    store = Store(coordinator)
    with store.engine.begin() as connection:
        _run(connection, "CREATE EXTENSION postgres_fdw")
        for number, node in enumerate(nodes):
            _foreign_schema(connection, number, node)
        for table in TABLES:
            made = f"CREATE TABLE public.{table} (LIKE node0.{table} INCLUDING ALL) PARTITION BY HASH (clinic)"
            _run(connection, made)
            for number in range(len(nodes)):
                attached = f"ALTER TABLE public.{table} ATTACH PARTITION node{number}.{table}"
                _run(connection, f"{attached} FOR VALUES WITH (MODULUS {len(nodes)}, REMAINDER {number})")
        _run(connection, f"CREATE TABLE alembic_version AS SELECT '{head()}' AS version_num")
    store.close()


def _foreign_schema(connection: Connection, number: int, node: str) -> None:
    query = make_url(node).query
    server = f"host '{query['host']}', port '{query['port']}', dbname 'postgres', batch_size '500'"
    _run(connection, f"CREATE SERVER node{number} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({server})")
    _run(connection, f"CREATE USER MAPPING FOR CURRENT_USER SERVER node{number} OPTIONS (user 'postgres')")
    _run(connection, f"CREATE SCHEMA node{number}")
    wanted = f"LIMIT TO ({', '.join(TABLES)}) FROM SERVER node{number} INTO node{number}"
    _run(connection, f"IMPORT FOREIGN SCHEMA public {wanted}")


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))


def home(coordinator: Store, clinic: str, nodes: int) -> int:
    """The node that PostgreSQL's own hash puts a clinic on."""
    asked = text("SELECT satisfies_hash_partition('clinic'::regclass, :nodes, :number, CAST(:clinic AS text))")
    with coordinator.snapshot() as connection:
        return next(
            number
            for number in range(nodes)
            if connection.scalar(asked, {"nodes": nodes, "number": number, "clinic": clinic})
        )


def _reads_alike(read: Callable[[Store], Any], through: Store, node: Store) -> bool:
    return bool(read(through) == read(node))


def tell(what: str, act: Callable[[], Any]) -> Any:
    """Do it, and print how it went."""
    began = time.perf_counter()
    try:
        result = act()
    except Exception as error:  # noqa: BLE001  (whatever is said is what is asked for)
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        print(f"  no   {what}: {reason}")
        return None
    print(f"  yes  {what}, {1000 * (time.perf_counter() - began):.0f} ms: {str(result)[:90]}")
    return result


def try_clinic(through: Store, node: Store, clock: Clock, clinic: str) -> None:
    """A refill day through the coordinator; what does not go through is done at the clinic's node, to go on."""
    folder = the_folder(clinic)
    tell("load a folder", lambda: through.write(clinic, lambda work: save_folder(work, folder), new=True))
    node.write(clinic, lambda work: save_folder(work, folder), new=True)
    tell("add everybody due", lambda: add_everyone_due(through, LOCAL, clinic, DAY).summary)
    tell("upload a cart", lambda: upload(through, LOCAL, clinic, DAY, BENCH.rows, replace=True).summary)
    tell("place", lambda: place(through, LOCAL, clinic, CONFIRMED).checkout)
    place(node, LOCAL, clinic, CONFIRMED)
    first = track(node, LOCAL, clinic).lines[0].reference
    tell("cancel", lambda: cancel(through, LOCAL, clinic, first, "asked").value)
    run_once(node, clinic)
    clock.forward(days=9)
    run_once(node, clinic)
    tell("a worker's round", lambda: run_once(through, clinic))
    tell("verify the ledger", lambda: verify_ledger(through, LOCAL, clinic).problems)
    reads: dict[str, Callable[[Store], object]] = {
        "the cart": lambda store: open_cart(store, LOCAL, clinic, DAY),
        "tracking": lambda store: track(store, LOCAL, clinic),
        "queues": lambda store: queues(store, LOCAL, clinic),
        "search": lambda store: search(store, LOCAL, clinic, OrderFilter(text="test")),
        "measures": lambda store: measures(store, LOCAL, clinic, DAY, DAY),
        "the audit trail": lambda store: verify_audit(store, clinic),
    }
    for what, read in reads.items():
        tell(f"{what} as at the node", partial(_reads_alike, read, through, node))
    tell("fifty writes of two people", lambda: fifty_writes(through, clinic))


def fifty_writes(store: Store, clinic: str) -> int:
    """Both take the clinic's row; how often it was counted."""
    before = store.data_version(clinic)

    def writes() -> None:
        for _ in range(25):
            store.write(clinic, lambda _: None)

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(writes) for _ in range(2)]:
            done.result()
    return store.data_version(clinic) - before


def main() -> None:
    """Start the clusters, and tell."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("programs", type=Path, help="where initdb and pg_ctl are")
    programs = parser.parse_args().programs
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o777)
        addresses = [stack.enter_context(cluster(programs, folder, port)) for port in (5551, 5552, 5553)]
        coordinate(addresses[0], addresses[1:])
        clock = Clock(NOW)
        through, *nodes = (Store(address, clock=clock) for address in addresses)
        homes = {home(through, clinic, len(nodes)): clinic for clinic in ("ash", "elm", "fir", "oak", "yew", "ivy")}
        for at, clinic in sorted(homes.items()):
            print(f"{clinic}, on node {at}:")
            try_clinic(through, nodes[at], clock, clinic)
        print("all clinics:", through.clinics())
        for store in (through, *nodes):
            store.close()


if __name__ == "__main__":
    main()
