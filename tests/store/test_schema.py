"""The schema: migrated equals declared, every key starts with the clinic, two processes may start at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Table, UniqueConstraint, inspect, text
from sqlalchemy.exc import DBAPIError

from core.adapters.store import Base, Store, open_store
from core.adapters.store.migrate import head, upgrade
from core.domain.errors import Refused
from tests.stores import CLINIC, load

TABLES = Base.metadata.sorted_tables
APPEND_ONLY = {"audit_entry", "order_event", "misfit_decision", "ledger_entry", "partner_push", "payment_event"}


def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    with store.engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": partial(_of_engine, connection)}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def _of_engine(connection: Connection, declared: Any, *_: object) -> bool:
    """Whether this engine is meant to have it: five tables refer to their clinic directly on SQLite alone."""
    only_on = getattr(getattr(declared, "_ddl_if", None), "dialect", None)
    return only_on in {None, connection.dialect.name}


def test_the_migrated_checks_are_the_declared_ones(store: Store) -> None:
    inspector = inspect(store.engine)
    migrated = {
        (table.name, check["name"]) for table in TABLES for check in inspector.get_check_constraints(table.name)
    }
    declared = {
        (table.name, check.name)
        for table in TABLES
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert migrated == declared


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_key_starts_with_the_clinic(table: Table) -> None:
    unique = [list(key.columns) for key in table.constraints if isinstance(key, UniqueConstraint)]
    keys = [list(table.primary_key.columns), *unique, *(list(index.columns) for index in table.indexes)]
    foreign = [list(key.columns) for key in table.foreign_key_constraints]
    assert {columns[0].name for columns in keys + foreign} == {"clinic"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_reference_is_from_clinic_to_clinic(table: Table) -> None:
    firsts = [next(iter(key.elements)) for key in table.foreign_key_constraints]
    assert {(first.parent.name, first.column.name) for first in firsts} <= {("clinic", "clinic")}
    assert table.name == "clinic" or firsts, "a table that belongs to no clinic"


def test_every_key_in_the_database_starts_with_the_clinic(store: Store) -> None:
    inspector = inspect(store.engine)
    for table in TABLES:
        keys: list[Sequence[str | None]] = [inspector.get_pk_constraint(table.name)["constrained_columns"]]
        keys += [unique["column_names"] for unique in inspector.get_unique_constraints(table.name)]
        keys += [index["column_names"] for index in inspector.get_indexes(table.name)]
        for reference in inspector.get_foreign_keys(table.name):
            keys += [reference["constrained_columns"], reference["referred_columns"]]
        assert {key[0] for key in keys} == {"clinic"}, table.name


def test_every_row_of_the_database_belongs_to_a_clinic_that_is_there(store: Store) -> None:
    """Directly, or through a row that it refers to."""
    inspector = inspect(store.engine)
    to = {table.name: {key["referred_table"] for key in inspector.get_foreign_keys(table.name)} for table in TABLES}
    known = {"clinic"}
    while more := {table for table, others in to.items() if others & known} - known:
        known |= more
    assert known == set(to)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_number_comes_from_a_sequence(table: Table) -> None:
    assert table.autoincrement_column is None
    assert [column.name for column in table.columns if column.identity or column.server_default] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_money_is_whole_cents_in_64_bits(table: Table) -> None:
    assert {str(column.type) for column in table.columns if column.name.endswith("cents")} <= {"BIGINT"}


def test_history_can_only_grow(store: Store) -> None:
    with store.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            statement = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        else:
            statement = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        assert set(connection.scalars(text(statement))) == APPEND_ONLY


def test_an_enumeration_is_checked_by_the_database(store: Store) -> None:
    load(store)
    with pytest.raises(DBAPIError, match="ck_program_programkind"):
        store.write(CLINIC, lambda work: work.connection.execute(text("UPDATE program SET kind = 'barter'")))


def test_upgrading_again_changes_nothing(store: Store) -> None:
    load(store)
    upgrade(store.engine)
    assert store.clinics() == (CLINIC,)


def test_a_store_of_a_newer_version_is_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(Refused, match="made by a newer version"):
            open_store(store.engine.url.render_as_string(hide_password=False))
    finally:
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})


def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'refill.db'}"
    _open_in_processes(url)
    assert _version(url) == head()


@pytest.mark.postgres
def test_processes_that_start_together_migrate_once_on_postgres(postgres_url: str) -> None:
    store = open_store(postgres_url)
    with store.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    store.close()
    _open_in_processes(postgres_url)
    assert _version(postgres_url) == head()


def _open_in_processes(url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from core.adapters.store import open_store; open_store(sys.argv[1])",
        url,
    ]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == [b""] * 3
    assert [process.returncode for process in started] == [0, 0, 0]


def _version(url: str) -> str:
    store = open_store(url)
    with store.engine.connect() as connection:
        version = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    store.close()
    return version
