"""Many rows into a table in one statement: COPY on PostgreSQL, one prepared INSERT on SQLite.

An ``insert()`` of SQLAlchemy works out every row's parameters one by one; here a column is worked out at a time, and
each of its values once: few of a thousand lines' dates, states and names differ. Figures: docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Table, event

_COPY: Final = "COPY "


def insert_all(connection: Connection, table: Table, cells: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns, by name and all of one length; none is no statement."""
    columns = [table.columns[name] for name in cells]
    values = [_bound(column, cells[column.name], connection) for column in columns]
    rows = list(zip(*values, strict=True))
    if rows:
        connection.exec_driver_sql(_statement(columns, connection.dialect.name, len(rows)), rows)


def _bound(column: Column[Any], values: Sequence[Any], connection: Connection) -> Sequence[Any]:
    """A column's values as the driver takes them."""
    bind = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if bind is None:
        return values
    bound = {value: bind(value) for value in set(values)}
    return [bound[value] for value in values]


def _statement(columns: Sequence[Column[Any]], engine: str, rows: int) -> str:
    names = ", ".join(f'"{column.name}"' for column in columns)
    target = f"{columns[0].table.name} ({names})"
    if engine == "postgresql" and rows > 1:
        return f"{_COPY}{target} FROM STDIN"
    place = "%s" if engine == "postgresql" else "?"
    return f"INSERT INTO {target} VALUES ({', '.join([place] * len(columns))})"  # noqa: S608 (names of the schema)


def copies(engine: Engine) -> None:
    """Let ``insert_all`` COPY on a PostgreSQL engine; its errors and events are those of any other statement."""

    @event.listens_for(engine, "do_executemany")
    def copy(cursor: Any, statement: str, parameters: Sequence[Sequence[Any]], _: object) -> bool:
        if not statement.startswith(_COPY):
            return False
        with cursor.copy(statement) as target:
            for row in parameters:
                target.write_row(row)
        return True
