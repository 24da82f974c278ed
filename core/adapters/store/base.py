"""How a table is made from a value class: the metadata with its naming rule, exact column types, keys of a clinic.

A stored field is declared once, in its class (docs/decisions/0012). Every key starts with the clinic, so that a
distributed PostgreSQL can shard by it. Text is text on both engines; enumerations are text with a CHECK; there are no
sequences and no JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from pydantic import BaseModel
from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Enum,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    event,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

METADATA: Final = MetaData(naming_convention=NAMING)
"""Every table, made by ``table_of``: the one schema of SQLite and PostgreSQL."""

ID: Final = String(36)
"""A UUIDv7 as text."""
CENTS: Final = BigInteger()
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


class WeekdaySet(TypeDecorator[frozenset[int]]):
    """Days of the week, 0 for Monday, as the digits in order."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[int] | None, dialect: Dialect) -> str | None:
        return None if value is None else "".join(str(day) for day in sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[int] | None:
        return None if value is None else frozenset(int(day) for day in value)


def choice(kind: type[StrEnum], column: str) -> Enum:
    """An enumeration as text with a CHECK, named after its column, so that a class is renamed freely."""
    values = [member.value for member in kind]
    return Enum(
        kind,
        name=column,
        native_enum=False,
        create_constraint=True,
        length=max(map(len, values)),
        values_callable=lambda _: values,
    )


class RowReference(NamedTuple):
    """A foreign key to another table of the clinic: ``columns`` are that table's key, the clinic left out, in order."""

    table: Table
    columns: tuple[str, ...]
    cascade: bool

    @property
    def pairs(self) -> Iterator[tuple[str, Column[Any]]]:
        """Each column's name and the column that it refers to."""
        _, *key = self.table.primary_key.columns
        return zip(self.columns, key, strict=True)


def refers(table: Table, *columns: str, cascade: bool = False) -> RowReference:
    """``refers(CHECKOUT, "checkout")`` is (clinic, checkout) -> checkout (clinic, reference).

    With ``cascade`` the row goes when what it refers to is deleted.
    """
    return RowReference(table, columns, cascade)


def indexed(*columns: str, unique: bool = False) -> Index:
    """An index of the clinic's rows by these columns."""
    return Index(None, "clinic", *columns, unique=unique)


Fields = type[Any] | Mapping[str, Any]
_LEFT_OUT: Final = "left out"


def table_of(
    name: str,
    fields: Fields,
    *parts: RowReference | SchemaItem,
    key: str = "",
    types: Mapping[str, TypeEngine[Any]] | None = None,
    without: str = "",
    append_only: bool = False,
    through_others: bool = False,
) -> Table:
    """The table of a value class: a column for each field, in order. A mapping (field: type) stands for a class.

    A field's type says its column's: an enumeration is text with a CHECK, ``id`` is a UUIDv7, cents have 64 bits, what
    refers to another table is as it is there, and ``types`` names the exceptions. What may be None may be NULL;
    defaults are the class's business. ``key`` names the key's fields, between spaces, and ``without`` those that are
    not stored here; the clinic comes first by itself.

    ``append_only``: the database refuses UPDATE and DELETE. ``through_others`` leaves the table's own reference to the
    clinic to SQLite, where it costs nothing; what it refers to refers to the clinic. PostgreSQL would lock the clinic's
    row, which every write has just changed, once for each new row.
    """
    references = [part for part in parts if isinstance(part, RowReference)]
    given = {column: to.type for reference in references for column, to in reference.pairs} | dict(types or {})
    declared, left_out = field_types(fields), without.split()
    kinds = {"clinic": str} | {field: kind for field, kind in declared.items() if field not in left_out}
    table = Table(
        name,
        METADATA,
        *(_column(field, kind, field in ["clinic", *key.split()], given) for field, kind in kinds.items()),
        *(_foreign_key(reference) for reference in references),
        *(part for part in parts if isinstance(part, SchemaItem)),
        info={_LEFT_OUT: left_out},
    )
    if "clinic" not in declared:
        to_clinic = ForeignKeyConstraint(["clinic"], ["clinic.clinic"])
        table.append_constraint(to_clinic.ddl_if(dialect="sqlite") if through_others else to_clinic)
    if append_only:
        _refuse_changes(table)
    return table


def field_types(fields: Fields) -> Mapping[str, Any]:
    """The fields of a pydantic model, a dataclass or a NamedTuple, each with its type."""
    if isinstance(fields, Mapping):
        return fields
    if issubclass(fields, BaseModel):
        return {name: field.annotation for name, field in fields.model_fields.items()}
    return get_type_hints(fields)


@cache
def columns_of(table: Table, fields: type[Any]) -> tuple[Column[Any], ...]:
    """The columns that a value class is made of again, in the order of its fields; a class may be a part of the row.

    Raises KeyError for a field that the table neither has nor leaves out.
    """
    return tuple(table.columns[name] for name in field_types(fields) if name not in table.info[_LEFT_OUT])


_TYPES: Final[Mapping[Any, TypeEngine[Any]]] = {
    str: Text(),
    int: Integer(),
    bool: Boolean(),
    date: Date(),
    time: Time(),
    datetime: UtcDateTime(),
    Decimal: Exact(),
    tuple[str, ...]: Words(),
    frozenset[int]: WeekdaySet(),
}


def _column(field: str, kind: Any, in_key: bool, given: Mapping[str, TypeEngine[Any]]) -> Column[Any]:
    optional = NoneType in get_args(kind)
    if optional:
        (kind,) = (member for member in get_args(kind) if member is not NoneType)
    of_type = given.get(field) or _type_of(field, kind)
    return Column(field, of_type, primary_key=in_key, nullable=optional, autoincrement=False if in_key else "auto")


def _type_of(field: str, kind: Any) -> TypeEngine[Any]:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return choice(kind, field)
    if field == "id":
        return ID
    return CENTS if field.endswith("cents") else _TYPES[kind]


def _foreign_key(reference: RowReference) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["clinic", *reference.columns],
        [f"{reference.table.name}.{column.name}" for column in reference.table.primary_key.columns],
        ondelete="CASCADE" if reference.cascade else None,
    )


def _refuse_changes(table: Table) -> None:
    """Have the table made with triggers that refuse UPDATE and DELETE, and SQLite's INSERT OR REPLACE, which deletes
    without a word."""
    refuses = "CREATE TRIGGER {0}_refuses_{1} BEFORE {1} ON {0} BEGIN SELECT RAISE(ABORT, '{0} is append-only'); END"
    same = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key.columns)
    there = f"INSERT ON {{0}} WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same}) BEGIN"  # noqa: S608
    on_sqlite = [refuses.format(table.name, change) for change in ("UPDATE", "DELETE")]
    on_sqlite.append(refuses.replace("{1} ON {0} BEGIN", there).format(table.name, "REPLACE"))
    refusal = f"RAISE EXCEPTION '{table.name} is append-only' USING ERRCODE = 'integrity_constraint_violation'"
    changes = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name}"
    function = f"{table.name}_refuses()"
    on_postgresql = [
        f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refusal}; END $$",
        f"CREATE TRIGGER {table.name}_refuses {changes} FOR EACH STATEMENT EXECUTE FUNCTION {function}",
    ]
    for dialect, statements in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        for statement in statements:
            made = DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made)
