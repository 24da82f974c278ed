"""Transactions: nothing is lost, nothing half written, and what goes wrong is said in words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from traceback import format_exception
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from core.adapters.store import Store, Work, open_store, tables
from core.adapters.store.backup import backup
from core.adapters.store.base import UtcDateTime
from core.adapters.store.bulk import insert_all
from core.adapters.store.engine import journal_mode, worth_retrying
from core.domain.errors import BadInput, Refused, Unavailable
from core.domain.model import Role
from tests.builders import a_clinic
from tests.stores import CLINIC, NOW, Clock, a_folder, load


def _zip(work: Work) -> str:
    return str(work.connection.scalar(select(tables.CLINIC.c.zip).where(work.of_clinic(tables.CLINIC))))


def _count_up(work: Work) -> None:
    """Read, then write what was read and one more."""
    number = int(_zip(work))
    work.connection.execute(update(tables.CLINIC).where(work.of_clinic(tables.CLINIC)).values(zip=str(number + 1)))


def test_four_threads_that_read_and_write_lose_nothing(store: Store) -> None:
    load(store, a_folder(clinic=a_clinic(zip="0")))
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(lambda: [store.write(CLINIC, _count_up) for _ in range(50)]) for _ in range(4)]:
            done.result()
    with store.read(CLINIC) as work:
        assert _zip(work) == "200"
    assert store.data_version(CLINIC) == 201


def _count_to_fifty(store: Store) -> None:
    for _ in range(50):
        store.write(CLINIC, _count_up)


def test_two_stores_on_one_database_lose_nothing(store: Store, store_url: str) -> None:
    load(store, a_folder(clinic=a_clinic(zip="0")))
    other = open_store(store_url)
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(_count_to_fifty, one) for one in (store, other)]:
            done.result()
    other.close()
    with store.read(CLINIC) as work:
        assert _zip(work) == "100"


def test_a_use_case_that_raises_leaves_nothing(store: Store) -> None:
    load(store)

    def half(work: Work) -> None:
        work.connection.execute(update(tables.CLINIC).values(name="half"))
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        store.write(CLINIC, half)
    with store.read(CLINIC) as work:
        assert work.connection.scalar(select(tables.CLINIC.c.name)) == "Juniper Clinic"
    assert store.data_version(CLINIC) == 1


def test_a_reader_sees_one_moment(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.store.engine.journal_mode", lambda version: "wal")
    store = open_store(store_url)
    load(store)
    with store.read(CLINIC) as work:
        before = _zip(work)
        store.write(CLINIC, lambda other: other.connection.execute(update(tables.CLINIC).values(zip="99999")) and None)
        after = _zip(work)
    store.close()
    assert (before, after) == ("78701", "78701")


def test_a_reader_cannot_write(store: Store) -> None:
    load(store)
    with pytest.raises((DBAPIError, Unavailable)), store.read(CLINIC) as work:
        work.connection.execute(update(tables.CLINIC).values(name="written by a reader"))
    with store.read(CLINIC) as work:
        assert work.connection.scalar(select(tables.CLINIC.c.name)) == "Juniper Clinic"


def test_clinics_are_told_apart(store: Store) -> None:
    for code in ("b", "a"):
        load(store, a_folder(clinic=a_clinic(clinic=code)), code)
    assert store.clinics() == ("a", "b")
    assert store.data_version("a") == 1
    assert store.data_version("nobody") == 0


@pytest.mark.parametrize("use", ["write", "zone"])
def test_an_unknown_clinic_is_refused(store: Store, use: str) -> None:
    uses: dict[str, Callable[[], object]] = {
        "write": lambda: store.write("nobody", lambda work: work),
        "zone": lambda: _today(store, "nobody"),
    }
    with pytest.raises(Refused, match=r"^There is no clinic “nobody” in this store; load its folder first\.$"):
        uses[use]()
    assert store.clinics() == ()


def _today(store: Store, clinic: str) -> date:
    with store.read(clinic) as work:
        return work.today


def test_today_is_the_clinics_day(store: Store, clock: Clock) -> None:
    load(store)
    clock.now = datetime(2026, 12, 5, 5, 30, tzinfo=UTC)
    with store.read(CLINIC) as work:
        assert (work.now(), work.today) == (clock.now, date(2026, 12, 4))


def test_ids_are_in_the_order_of_making(store: Store) -> None:
    load(store)
    with store.read(CLINIC) as work:
        made = [work.new_id() for _ in range(1_000)]
    assert made == sorted(set(made))
    assert {len(one) for one in made} == {36}


@pytest.mark.parametrize(
    ("case", "instant"),
    [("UTC", NOW), ("another zone", NOW.astimezone(timezone(timedelta(hours=-6))))],
)
def test_an_instant_comes_back_as_aware_utc(store: Store, case: str, instant: datetime) -> None:
    statement = text("SELECT :at AS at").bindparams().columns(at=UtcDateTime())
    with store.engine.connect() as connection:
        typed = statement.bindparams(at=UtcDateTime().process_bind_param(instant, connection.dialect))
        if connection.dialect.name == "sqlite":
            assert (
                UtcDateTime().process_result_value(instant.astimezone(UTC).replace(tzinfo=None), connection.dialect)
                == NOW
            )
        else:
            assert connection.scalar(typed) == NOW


def test_a_naive_instant_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="an instant needs its zone"):
        UtcDateTime().process_bind_param(datetime(2026, 12, 4), store.engine.dialect)  # noqa: DTZ001


class _Failing:
    """A use case that fails so many times first."""

    def __init__(self, failures: int, error: DBAPIError) -> None:
        self.failures, self.error, self.runs = failures, error, 0

    def __call__(self, work: Work) -> str:
        self.runs += 1
        if self.runs <= self.failures:
            raise self.error
        return "done"


def _failed(state: str) -> DBAPIError:
    return OperationalError("SELECT 1", {}, SimpleNamespace(sqlstate=state))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "state", "retried"),
    [("serialisation failure", "40001", True), ("deadlock", "40P01", True), ("a unique key", "23505", False)],
)
def test_only_what_may_succeed_is_run_again(case: str, state: str, retried: bool) -> None:
    assert worth_retrying(_failed(state)) is retried


def test_a_transaction_is_run_again_as_a_whole(store: Store) -> None:
    load(store)
    use_case = _Failing(3, _failed("40001"))
    assert store.write(CLINIC, use_case) == "done"
    assert use_case.runs == 4
    assert store.data_version(CLINIC) == 2


class _Crossing:
    """Two clinics' transactions that take two locks in turn, each in the other's order: PostgreSQL ends one of them."""

    def __init__(self) -> None:
        self.both_hold_one, self.runs = threading.Barrier(2), Counter[str]()

    def __call__(self, work: Work) -> str:
        first, second = (1, 2) if work.clinic == CLINIC else (2, 1)
        self.runs[work.clinic] += 1
        work.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": first})
        if sum(self.runs.values()) <= 2:
            self.both_hold_one.wait(10)
        work.connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": second})
        work.connection.execute(update(tables.CLINIC).where(work.of_clinic(tables.CLINIC)).values(city="done"))
        return work.clinic


@pytest.mark.postgres
def test_a_deadlock_is_run_again_and_both_end_well(postgres_url: str) -> None:
    store, crossing = open_store(postgres_url), _Crossing()
    for code in (CLINIC, "other"):
        load(store, a_folder(clinic=a_clinic(clinic=code)), code)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda code: store.write(code, crossing), [CLINIC, "other"])) == [CLINIC, "other"]
    assert sorted(crossing.runs.values()) == [1, 2]
    assert [store.data_version(code) for code in (CLINIC, "other")] == [2, 2]
    store.close()


@pytest.mark.postgres
@pytest.mark.parametrize("state", ["40001", "40P01"])
@pytest.mark.parametrize("where", ["in a statement", "in a COPY"])
def test_what_postgres_itself_raises_is_run_again(postgres_url: str, state: str, where: str) -> None:
    store, runs = open_store(postgres_url), count(1)
    load(store, a_folder(clinic=a_clinic(zip="0")))
    failing = f"BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '{state}'; END"

    def fails_twice(work: Work) -> str:
        _count_up(work)
        if next(runs) <= 2:
            if where == "in a COPY":
                function = f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${failing}$$"
                work.connection.execute(text(function))
                work.connection.execute(
                    text("CREATE TRIGGER refuses BEFORE INSERT ON closure EXECUTE FUNCTION refuse()")
                )
            else:
                work.connection.execute(text(f"DO $${failing}$$"))
        days = [date(2026, 12, 24), date(2026, 12, 25)]
        cells: dict[str, Sequence[Any]] = {"clinic": [CLINIC] * 2, "pharmacy": ["cedar"] * 2, "date": days}
        insert_all(work.connection, tables.CLOSURE, cells)
        return "done"

    assert store.write(CLINIC, fails_twice) == "done"
    assert next(runs) == 4
    assert store.data_version(CLINIC) == 2
    with store.read(CLINIC) as work:
        assert _zip(work) == "1"
    store.close()


def test_a_store_that_stays_busy_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.store.engine.PATIENCE_SECONDS", 0)
    load(store)
    use_case = _Failing(100, _failed("40P01"))
    with pytest.raises(Unavailable, match="busy with other work"):
        store.write(CLINIC, use_case)
    assert store.data_version(CLINIC) == 1


@pytest.mark.parametrize(
    ("case", "version", "mode"),
    [("Debian 12's", (3, 40, 1), "delete"), ("just before", (3, 51, 2), "delete"), ("sound", (3, 51, 3), "wal")],
)
def test_the_journal_mode_goes_by_the_librarys_version(case: str, version: tuple[int, ...], mode: str) -> None:
    assert journal_mode(version) == mode


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_sqlite_is_set_up_in_either_mode(sqlite_url: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.store.engine.journal_mode", lambda version: mode)
    store = open_store(sqlite_url)
    load(store, a_folder(clinic=a_clinic(zip="0")))
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(store.write, CLINIC, _count_up) for _ in range(20)]:
            done.result()
    with store.read(CLINIC) as work:
        found = [work.connection.scalar(text(f"pragma {name}")) for name in _PRAGMAS]
        assert (_zip(work), found) == ("20", [mode, 2, 1, 10_000])
    store.close()


_PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")


@pytest.mark.parametrize(
    ("case", "url", "error"),
    [
        ("no such folder", "sqlite:////no/such/folder/refill.db", Unavailable),
        ("no server", "postgresql://nobody@127.0.0.1:1/nothing", Unavailable),
        ("another kind", "mysql://localhost/refill", BadInput),
        ("in memory", "sqlite://", BadInput),
        ("no address", "refill.db", BadInput),
    ],
)
def test_an_address_that_leads_nowhere_is_said_in_words(case: str, url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        open_store(url)


def test_a_file_that_is_no_database_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database " * 100)
    with pytest.raises(Unavailable):
        open_store(f"sqlite:///{tmp_path / 'notes.db'}")


def test_the_address_is_the_environments_else_the_file_beside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("core.adapters.store.engine.DEFAULT_FILE", tmp_path / "data" / "refill.db")
    stores: list[Any] = [open_store()]
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    stores.append(open_store())
    assert [store.engine.url.database for store in stores] == [
        str(tmp_path / "data" / "refill.db"),
        str(tmp_path / "other.db"),
    ]
    for store in stores:
        store.close()


def test_whoever_asks_for_the_clinics_of_a_database_out_of_reach_is_told_in_words(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/nowhere/refill.db")
    with pytest.raises(Unavailable, match="cannot be reached or opened"):
        store.clinics()


def test_an_error_of_the_database_quotes_nobody_s_data(store: Store) -> None:
    load(store)
    nobody = {"clinic": CLINIC, "email": "quoted@example.com", "name": "Quoted", "role": Role.STAFF, "active": None}
    with pytest.raises(IntegrityError) as error:
        store.write(CLINIC, lambda work: work.connection.execute(insert(tables.PERSON), nobody))
    assert "quoted" not in "".join(format_exception(error.value)).casefold()


def test_a_store_is_its_owner_s_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.adapters.store.engine.journal_mode", lambda version: "wal")
    wide = tmp_path / "wide.db"
    wide.touch(mode=0o644)
    store = open_store(f"sqlite:///{wide}")
    load(store)
    backup(store, tmp_path / "kept" / "backup.db")
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.rglob("*")}
    store.close()
    assert modes.pop("kept") == "0o700"
    assert set(modes) >= {"wide.db", "wide.db-wal", "backup.db"}
    assert set(modes.values()) == {"0o600"}
