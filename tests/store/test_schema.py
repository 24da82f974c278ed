"""The schema: what a class declares becomes a table, migrated equals declared, two processes may start at once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, MetaData, Table, UniqueConstraint, inspect, text
from sqlalchemy.exc import DBAPIError

from core.adapters.store import METADATA, Store, base, migrate, open_store
from core.adapters.store.migrate import head, upgrade, write_revision
from core.domain.errors import Refused
from tests.stores import CLINIC, load

TABLES = METADATA.sorted_tables
SECOND = '''"""Most packs of an offer"""

import sqlalchemy as sa
from alembic import op

from core.adapters.store import base

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("offer", sa.Column("max_quantity", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_order_line_clinic_placed_on"), "order_line", ["clinic", "placed_on"], unique=False)
'''
"""The revision that an older store needs, as it is written for it."""
APPEND_ONLY = {"audit_entry", "order_event", "misfit_decision", "ledger_entry", "partner_push", "payment_event"}


def test_the_migrated_schema_is_the_declared_one(store: Store) -> None:
    assert _lacking(store) == []


def _lacking(store: Store) -> list[Any]:
    """What the database would have to change to be as declared."""
    with store.engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": partial(_of_engine, connection)}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, METADATA))


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


class Kind(StrEnum):
    """Of a parcel."""

    LETTER = "letter"
    BOX = "parcel box"


class Parcel(NamedTuple):
    """A value with a field of every type that a column can hold."""

    id: str
    sku: str
    kind: Kind
    other_kind: Kind | None
    fee_cents: int
    count: int | None  # type: ignore[assignment]
    weight: Decimal
    cold: bool
    sent_on: date
    sent_at: datetime | None
    opens: time
    tags: tuple[str, ...] | None
    days: frozenset[int]


class ParcelKind(NamedTuple):
    """A value with a field that no column can hold."""

    kind: Kind
    sealed: bool
    parcels: list[Parcel]


@pytest.fixture
def parcel(monkeypatch: pytest.MonkeyPatch) -> Table:
    """A table of parcels, in a schema of its own."""
    monkeypatch.setattr(base, "METADATA", MetaData(naming_convention=base.NAMING))
    sku = base.table_of("sku", {"sku": str}, key="sku")
    return base.table_of("parcel", Parcel, base.refers(sku, "sku"), base.indexed("sent_on"), key="id")


def test_a_value_class_is_a_table(parcel: Table) -> None:
    columns = [(column.name, str(column.type), column.nullable, column.primary_key) for column in parcel.columns]
    assert columns == [
        ("clinic", "TEXT", False, True),
        ("id", "VARCHAR(36)", False, True),
        ("sku", "TEXT", False, False),
        ("kind", "VARCHAR(10)", False, False),
        ("other_kind", "VARCHAR(10)", True, False),
        ("fee_cents", "BIGINT", False, False),
        ("count", "INTEGER", True, False),
        ("weight", "TEXT", False, False),
        ("cold", "BOOLEAN", False, False),
        ("sent_on", "DATE", False, False),
        ("sent_at", "DATETIME", True, False),
        ("opens", "TIME", False, False),
        ("tags", "TEXT", True, False),
        ("days", "TEXT", False, False),
    ]


def test_keys_checks_and_indexes_are_named_by_table_and_column(parcel: Table) -> None:
    assert {(constraint.name, tuple(constraint.columns.keys())) for constraint in parcel.foreign_key_constraints} == {
        ("fk_parcel_clinic_sku_sku", ("clinic", "sku")),
        ("fk_parcel_clinic_clinic", ("clinic",)),
    }
    checks = {check.name for check in parcel.constraints if isinstance(check, CheckConstraint)}
    assert checks == {"ck_parcel_kind", "ck_parcel_other_kind"}
    assert {index.name: index.columns.keys() for index in parcel.indexes} == {
        "ix_parcel_clinic_sent_on": ["clinic", "sent_on"]
    }


@pytest.mark.usefixtures("parcel")
def test_what_refers_to_a_table_has_the_type_of_its_key() -> None:
    table = base.table_of("note", {"parcel": str}, base.refers(base.METADATA.tables["parcel"], "parcel"), key="parcel")
    assert str(table.c.parcel.type) == "VARCHAR(36)"


@pytest.mark.usefixtures("parcel")
def test_a_field_that_no_column_can_hold_is_an_error() -> None:
    with pytest.raises(KeyError, match="list"):
        base.table_of("bag", {"parcels": list[str]})


@pytest.mark.usefixtures("parcel")
def test_a_field_that_is_left_out_is_not_read_either() -> None:
    table = base.table_of("parcel_kind", ParcelKind, key="kind", without="parcels")
    assert table.columns.keys() == ["clinic", "kind", "sealed"]
    assert base.columns_of(table, ParcelKind) == (table.c.kind, table.c.sealed)
    with pytest.raises(KeyError, match="id"):
        base.columns_of(table, Parcel)


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
    with pytest.raises(DBAPIError, match="ck_program_kind"):
        store.write(CLINIC, lambda work: work.connection.execute(text("UPDATE program SET kind = 'barter'")))


def test_upgrading_again_changes_nothing(store: Store) -> None:
    load(store)
    upgrade(store.engine)
    assert store.clinics() == (CLINIC,)


@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("9999", "made by a newer version"),
        ("0009", "early version .* Delete or move its file .* “make run” then makes a new demo store"),
        ("0001", "early version"),
    ],
)
def test_a_store_of_another_history_is_refused(store: Store, revision: str, message: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :other"), {"other": revision})
    try:
        with pytest.raises(Refused, match=message):
            open_store(store.engine.url.render_as_string(hide_password=False))
    finally:
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head()})


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'refill.db'}"
    _open_in_processes(url)
    assert _version(url) == head()


@pytest.mark.postgres
@pytest.mark.slow
def test_processes_that_start_together_migrate_once_on_postgres(postgres_url: str) -> None:
    store = open_store(postgres_url)
    with store.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    store.close()
    _open_in_processes(postgres_url)
    assert _version(postgres_url) == head()


def test_no_table_changes_without_a_revision(sqlite_url: str) -> None:
    """Whoever changes a stored field writes a revision, and this digest anew: docs/decisions/0012."""
    store = open_store(sqlite_url)
    with store.engine.connect() as connection:
        made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version' ORDER BY type, name"
        schema = "\n".join(" ".join(statement.split()) for statement in connection.scalars(text(made)))
    store.close()
    assert {head(): hashlib.sha256(schema.encode()).hexdigest()} == {
        "0011": "06c23e286431373a28c63502afabc8c549626f53b9a12aacfdaacec15fca304b"
    }


def _made_older(store: Store) -> None:
    """As if the store had been made before offers named the most packs, and before an index of order lines."""
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE offer DROP COLUMN max_quantity"))
        connection.execute(text("DROP INDEX ix_order_line_clinic_placed_on"))


def test_a_store_of_the_first_schema_is_brought_up_to_date(store: Store) -> None:
    """Its rows stay; on SQLite the columns that came later have a default, which nothing else has."""
    load(store)
    _made_first(store)
    upgrade(store.engine)
    assert store.clinics() == (CLINIC,)
    assert {type(change) for change in _lacking(store)} <= {list}, "columns, tables or indexes are missing"
    assert {change[0][0] for change in _lacking(store)} <= {"modify_default"}
    load(store)
    test_history_can_only_grow(store)


def _made_first(store: Store) -> None:
    """As if the store had been made by the first schema."""
    added = import_module("core.adapters.store.migrations.versions.0011_contacts_questions_notes_and_pauses")
    with store.engine.begin() as connection:
        for table, column in added.columns():
            connection.execute(text(f'ALTER TABLE "{table}" DROP COLUMN {column.name}'))
        if connection.dialect.name == "sqlite":
            for table in APPEND_ONLY:
                connection.execute(text(f"DROP TRIGGER {table}_refuses_REPLACE"))
        connection.execute(text("DROP TABLE question"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of revisions: for the test a copy, which it may write to."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, copy)
    monkeypatch.setattr(migrate, "FOLDER", copy)
    return copy / "versions"


def test_a_second_revision_brings_an_older_store_up_to_the_declaration(store: Store, versions: Path) -> None:
    load(store)
    _made_older(store)
    assert {change[0] for change in _lacking(store)} == {"add_column", "add_index"}
    (versions / "0012_most_packs_of_an_offer.py").write_text(SECOND)
    try:
        upgrade(store.engine)
        assert _lacking(store) == []
        assert store.clinics() == (CLINIC,)
    finally:
        with store.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0011'"))


def test_a_new_store_runs_no_revision(tmp_path: Path, versions: Path) -> None:
    """It has what they bring: it is made from the declaration, and marked as up to date."""
    (versions / "0012_most_packs_of_an_offer.py").write_text(SECOND)
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    assert _lacking(store) == []
    store.close()
    assert _version(f"sqlite:///{tmp_path / 'new.db'}") == "0012"


def test_a_second_revision_is_written_from_an_older_store(sqlite_url: str, versions: Path) -> None:
    store = open_store(sqlite_url)
    _made_older(store)
    write_revision(store.engine, "Most packs of an offer")
    written = (versions / "0012_most_packs_of_an_offer.py").read_text()
    assert written.replace("'", '"') == SECOND
    with pytest.raises(Refused, match="written from a store of revision 0012"):
        write_revision(store.engine, "Once more")
    store.close()


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
