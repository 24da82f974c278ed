"""The one way in and out of the database: a transaction a press, retried as a whole, on SQLite and PostgreSQL alike.

A write takes its clinic's row first, so the writes of one clinic follow one another and none is lost; other clinics'
writes on PostgreSQL go on beside it. A read sees one moment. Figures and sources: docs/design.md, the store.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import count
from pathlib import Path
from random import SystemRandom
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    ExceptionContext,
    FromClause,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from core.adapters.store.base import METADATA
from core.adapters.store.bulk import copies
from core.adapters.store.migrate import upgrade
from core.adapters.store.tables import CLINIC
from core.domain.errors import BadCell, BadInput, Refused, Unavailable
from core.domain.model import Clinic

T = TypeVar("T")
DEFAULT_FILE: Final = Path(__file__).parents[3] / "data" / "refill.db"
BUSY_SECONDS: Final = 10
PATIENCE_SECONDS: Final = 20
"""How long a write is run again and again before it gives up."""
WAL_IS_SOUND_FROM: Final = (3, 51, 3)
"""Before this SQLite release two processes in WAL mode could lose a checkpoint."""


class Work:
    """One transaction of one clinic: its connection, its clock and its ids. ``now`` stands still meanwhile."""

    def __init__(self, connection: Connection, clinic: str, now: datetime, new_id: Callable[[], str]) -> None:
        self.connection = connection
        self.clinic = clinic
        self.new_id = new_id
        self._now = now

    def now(self) -> datetime:
        """The instant of this transaction, in UTC."""
        return self._now

    def of_clinic(self, table: FromClause) -> ColumnElement[bool]:
        """Whether a row is this clinic's: part of the condition of every statement."""
        return table.c.clinic == self.clinic

    @cached_property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone. Raises Refused where there is no such clinic."""
        name = self.connection.scalar(select(CLINIC.c.time_zone).where(CLINIC.c.clinic == self.clinic))
        if name is None:
            raise no_clinic(self.clinic)
        return ZoneInfo(name)

    @property
    def today(self) -> date:
        """The day of ``now`` in the clinic's zone."""
        return self._now.astimezone(self.zone).date()


class Store:
    """A migrated database. ``clock`` gives aware instants; tests and the demo give their own."""

    def __init__(self, url: str, *, clock: Callable[[], datetime] | None = None) -> None:
        self.engine = engine_for(url)
        self.clock = clock or (lambda: datetime.now(UTC))
        self._readers = self.engine.execution_options(**_READING[self.engine.dialect.name])
        self._turn = threading.RLock() if self.engine.dialect.name == "sqlite" else nullcontext()
        """Whose turn it is to write to the file: SQLite lets a process's threads look for it at growing intervals, in
        which some wait for seconds and the file for everybody."""

    def write(self, clinic: str, use_case: Callable[[Work], T], *, new: bool = False) -> T:
        """What ``use_case`` returns, once everything it wrote is committed; nothing is if it raises.

        It may run several times and must touch nothing outside the store. ``new`` lets it make the clinic. Raises
        Refused for an unknown clinic, Unavailable when the database cannot be reached or stays busy.
        """
        return self._persist(lambda: self._write_once(clinic, use_case, new))

    def note(self, clinic: str, use_case: Callable[[Work], T]) -> T:
        """As ``write``, for what no screen is drawn from and nothing else is decided by: a worker's sign of life.

        It is not counted, and on PostgreSQL it waits for no other write of the clinic.
        """
        return self._persist(lambda: self._note_once(clinic, use_case))

    def _persist(self, once: Callable[[], T]) -> T:
        """Run a whole transaction again while the database says that this may help."""
        patience_ends = time.monotonic() + PATIENCE_SECONDS
        for attempt in count():
            try:
                return once()
            except DBAPIError as error:
                if not worth_retrying(error):
                    raise _as_unavailable(error, wrote=True) from error
                if time.monotonic() > patience_ends:
                    raise Unavailable("The database is busy with other work; try again in a moment.") from error
            time.sleep(SystemRandom().uniform(0, 0.002 * 2 ** min(attempt, 8)))
        raise AssertionError("counting has no end")

    def _write_once(self, clinic: str, use_case: Callable[[Work], T], new: bool) -> T:
        with self._turn, self.engine.begin() as connection:
            if new:
                blank = Clinic(clinic=clinic, name="", state="", time_zone="UTC", program=())
                connection.execute(conflict_insert(connection, CLINIC).on_conflict_do_nothing(), blank.model_dump())
            _take(connection, clinic)
            return use_case(Work(connection, clinic, self.clock(), new_id))

    def _note_once(self, clinic: str, use_case: Callable[[Work], T]) -> T:
        with self._turn, self.engine.begin() as connection:
            return use_case(Work(connection, clinic, self.clock(), new_id))

    @contextmanager
    def read(self, clinic: str) -> Iterator[Work]:
        """A work that sees one moment and can change nothing. Do not write to the store inside it."""
        with self.snapshot() as connection:
            yield Work(connection, clinic, self.clock(), new_id)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees one moment of every clinic and can change nothing. Raises Unavailable."""
        try:
            with self._readers.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _as_unavailable(error) from error

    def clinics(self) -> tuple[str, ...]:
        """The codes of every clinic in the store, in order."""
        with self.snapshot() as connection:
            return tuple(sorted(connection.scalars(select(CLINIC.c.clinic))))

    def data_version(self, clinic: str) -> int:
        """How often the clinic was written to: what a screen caches by; 0 where there is none."""
        with self.read(clinic) as work:
            statement = select(CLINIC.c.data_version).where(CLINIC.c.clinic == clinic)
            return work.connection.scalar(statement) or 0

    def remake(self) -> None:
        """Make every table anew and empty: of all clinics nothing is left, append-only tables included."""
        with self._turn, self.engine.begin() as connection:
            METADATA.drop_all(connection)
            for table in METADATA.sorted_tables if self.engine.dialect.name == "postgresql" else ():
                connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {table.name}_refuses()")
            METADATA.create_all(connection)

    def records_version(self, clinic: str) -> int:
        """How often anything but carts was written to: who is due, for one, changes with nothing else."""
        with self.read(clinic) as work:
            statement = select(CLINIC.c.data_version - CLINIC.c.cart_writes).where(CLINIC.c.clinic == clinic)
            return work.connection.scalar(statement) or 0

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_store(url: str | None = None, *, clock: Callable[[], datetime] | None = None) -> Store:
    """The store at ``url``, else at ``DATABASE_URL``, else in data/refill.db, with its schema up to date.

    Raises BadInput for an address that cannot be read, Unavailable for a database that cannot be opened.
    """
    store = Store(url or os.environ.get("DATABASE_URL") or default_url(), clock=clock)
    try:
        upgrade(store.engine)
    except DBAPIError as error:
        raise _as_unavailable(error) from error
    return store


def default_url() -> str:
    """The file beside the project."""
    DEFAULT_FILE.parent.mkdir(mode=0o700, exist_ok=True)
    return f"sqlite:///{DEFAULT_FILE}"


def engine_for(address: str) -> Engine:
    """An engine whose transactions are safe (see ``_recipe`` for SQLite), and whose errors quote no patient's data."""
    url = _understood(address)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
        _keep_to_its_owner(Path(str(url.database)))
        _recipe(engine)
        return engine
    engine = create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", hide_parameters=True)
    copies(engine)
    event.listen(engine, "handle_error", _without_the_row)
    return engine


def _without_the_row(context: ExceptionContext) -> None:
    """PostgreSQL's detail of a broken constraint quotes the row; what it is called says enough."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            error.args = (str(error.args[0]).partition("\nDETAIL:")[0], *error.args[1:])


def _understood(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        raise _bad_address() from None
    if url.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite" or url.database in {None, "", ":memory:"}:
        raise _bad_address()
    return url


def _bad_address() -> BadInput:
    reason = "is not sqlite:///FILE or postgresql://USER@HOST/NAME"
    return BadInput([BadCell("the store's address", None, None, None, reason)])


def _keep_to_its_owner(file: Path) -> None:
    """A store's file is nobody else's to read, nor are the journals beside it: SQLite gives them the file's mode.

    What cannot be made or changed here is told by the first connection, or belongs to somebody else.
    """
    with suppress(OSError):
        file.touch(mode=0o600)
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)


def _recipe(engine: Engine) -> None:
    """SQLite without lost updates: writers take turns as they begin, commits are on the disk, readers only read."""

    @event.listens_for(engine, "connect")
    def set_up(dbapi: sqlite3.Connection, _: object) -> None:
        dbapi.isolation_level = None
        dbapi.execute(f"pragma busy_timeout={BUSY_SECONDS * 1000}")
        mode = journal_mode(sqlite3.sqlite_version_info)
        if dbapi.execute("pragma journal_mode").fetchone() != (mode,):
            dbapi.execute(f"pragma journal_mode={mode}")
        dbapi.execute("pragma synchronous=full")
        dbapi.execute("pragma foreign_keys=on")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql(f"pragma query_only={reading:d}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def journal_mode(version: tuple[int, ...]) -> str:
    """``wal`` where the library keeps it safe between processes, else ``delete``."""
    return "wal" if version >= WAL_IS_SOUND_FROM else "delete"


_READING: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {"reading": True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


Row = Mapping[str, Any]
"""A row's cells by column."""


def insert_rows(work: Work, table: Table, rows: Sequence[Row]) -> None:
    """New rows of the clinic, which they need not name; none is no statement."""
    if rows:
        work.connection.execute(insert(table), [{"clinic": work.clinic, **row} for row in rows])


def insert_missing(work: Work, table: Table, rows: Sequence[Row]) -> None:
    """As ``insert_rows``, those whose key is there already left as they are."""
    if rows:
        statement = conflict_insert(work.connection, table).on_conflict_do_nothing()
        work.connection.execute(statement, [{"clinic": work.clinic, **row} for row in rows])


def upsert(work: Work, table: Table, rows: Sequence[Row]) -> None:
    """As ``insert_rows``, those whose key is there already written over."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    new = conflict_insert(work.connection, table)
    cells = {name: new.excluded[name] for name in rows[0] if name not in keys}
    if not cells:
        insert_missing(work, table, rows)
        return
    statement = new.on_conflict_do_update(index_elements=keys, set_=cells)
    work.connection.execute(statement, [{"clinic": work.clinic, **row} for row in rows])


def conflict_insert(connection: Connection, table: Table) -> Any:
    """An INSERT of the engine at hand, which can say what to do with a key that is there already."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def _take(connection: Connection, clinic: str) -> None:
    """Lock the clinic for this transaction by counting it."""
    counted = update(CLINIC).where(CLINIC.c.clinic == clinic).values(data_version=CLINIC.c.data_version + 1)
    if connection.execute(counted).rowcount == 0:
        raise no_clinic(clinic)


def no_clinic(clinic: str) -> Refused:
    """The refusal for a clinic that the store does not have."""
    return Refused(f"There is no clinic “{clinic}” in this store; load its folder first.")


def worth_retrying(error: DBAPIError) -> bool:
    """Whether the whole transaction may succeed when run again: serialisation failure, deadlock, busy file."""
    return _sqlite_code(error) in _BUSY or getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}


def _as_unavailable(error: DBAPIError, *, wrote: bool = False) -> Exception:
    """Unavailable where the database is out of reach or full; a programming error stays itself.

    Nobody knows whether a commit whose connection broke went through, so a write is not simply run again.
    """
    code = _sqlite_code(error)
    if code == sqlite3.SQLITE_FULL or getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        return Unavailable("The disk of the database is full, and nothing was saved. Make space there, then try again.")
    if wrote and error.connection_invalidated:
        return Unavailable(
            "The connection to the database was lost: what was being saved may or may not be. Look before you do it"
            " again."
        )
    if code in _BUSY | _OUT_OF_REACH or (code is None and isinstance(error, OperationalError)):
        return Unavailable("The database cannot be reached or opened; check its address and that it is running.")
    return error


def _sqlite_code(error: DBAPIError) -> int | None:
    return error.orig.sqlite_errorcode & 0xFF if isinstance(error.orig, sqlite3.Error) else None


_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_OUT_OF_REACH: Final = frozenset(
    {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTADB}
)
_DISK_FULL: Final = "53100"
"""PostgreSQL's code for it (PostgreSQL documentation, appendix A)."""


def new_id() -> str:
    """A UUIDv7 as text: unique everywhere, in order of making."""
    import uuid_utils

    return str(uuid_utils.uuid7())
