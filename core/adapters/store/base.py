"""What every table is made of: the metadata with its naming rule, column types that keep values exact, clinic keys.

Every key starts with the clinic, so that a distributed PostgreSQL can shard by it. Text is text on both engines;
enumerations are text with a CHECK; there are no sequences and no JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, ForeignKey, ForeignKeyConstraint, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

Cents = BigInteger
"""Money: whole US cents."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refuses naive values, is written in UTC and read as aware UTC on both engines."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("an instant needs its zone")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal number as text: SQLite has no exact numbers, and none of these is computed with in SQL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Words(TypeDecorator[tuple[str, ...]]):
    """A list as the files write it, separated by semicolons; None stays apart from the empty list."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        return None if value is None else ";".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(word for word in value.split(";") if word)


class Weekdays(TypeDecorator[frozenset[int]]):
    """Days of the week, 0 for Monday, as the digits in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[int] | None, dialect: Dialect) -> str | None:
        return None if value is None else "".join(str(day) for day in sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[int] | None:
        return None if value is None else frozenset(int(day) for day in value)


class Base(DeclarativeBase):
    """The one schema of SQLite and PostgreSQL. Classes name tables; statements are Core statements on them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        Decimal: Exact,
        datetime: UtcDateTime,
        tuple[str, ...]: Words,
        frozenset[int]: Weekdays,
    }


def choice(kind: type[StrEnum], name: str | None = None) -> Enum:
    """An enumeration as text with a CHECK. ``name`` is needed where one table has two columns of the kind."""
    values = [member.value for member in kind]
    return Enum(
        kind,
        name=name or kind.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=max(map(len, values)),
        values_callable=lambda _: values,
    )


class OfClinic:
    """A table of one clinic's rows: its first column, first in every key, is the clinic's code."""

    clinic: Mapped[str] = mapped_column(ForeignKey("clinic.clinic"), primary_key=True, sort_order=-2)


class Made(OfClinic):
    """Rows that the app makes: keyed by clinic and a UUIDv7 of its own, as text."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True, sort_order=-1)


def refers(table: str, *, cascade: bool = False, **columns: str) -> ForeignKeyConstraint:
    """A foreign key within the clinic: ``refers("sku", sku="sku")`` is (clinic, sku) -> sku (clinic, sku).

    With ``cascade`` the row goes when what it refers to is deleted.
    """
    return ForeignKeyConstraint(
        ["clinic", *columns],
        [f"{table}.clinic", *(f"{table}.{column}" for column in columns.values())],
        ondelete="CASCADE" if cascade else None,
    )


def through_others(row: type[OfClinic]) -> None:
    """Leave a table's own reference to the clinic to SQLite, where it costs nothing; what it refers to refers to the
    clinic. PostgreSQL would lock the clinic's row, which every write has just changed, once for each new row."""
    table = Base.metadata.tables[row.__tablename__]  # type: ignore[attr-defined]
    for key in table.foreign_key_constraints:
        if list(key.columns) == [table.c.clinic]:
            key.ddl_if(dialect="sqlite")


def append_only(table: str, dialect: str) -> tuple[str, ...]:
    """The statements with which a revision makes a table refuse UPDATE and DELETE."""
    if dialect == "sqlite":
        trigger = (
            "CREATE TRIGGER {0}_refuses_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END"
        )
        return trigger.format(table, "UPDATE"), trigger.format(table, "DELETE")
    refusal = f"RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation'"
    events = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    return (
        f"CREATE FUNCTION {table}_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refusal}; END $$",
        f"CREATE TRIGGER {table}_refuses {events} FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuses()",
    )
