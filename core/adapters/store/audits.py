"""The audit trail's rows: appended in number order, read back in it, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select

from core.adapters.store.bulk import insert_all
from core.adapters.store.engine import Work
from core.adapters.store.tables import AUDIT_ENTRY


def last_entry(work: Work) -> tuple[int, str] | None:
    """The number and hash of the clinic's newest entry."""
    row = next(iter(newest(work, 1)), None)
    return None if row is None else (row["number"], row["hash"])


def append(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the entries in one statement."""
    if rows:
        insert_all(work.connection, AUDIT_ENTRY, {name: [row[name] for row in rows] for name in rows[0]})


def entries(work: Work) -> Iterator[RowMapping]:
    """Every entry of the clinic, oldest first, a thousand at a time."""
    statement = select(AUDIT_ENTRY).where(work.of_clinic(AUDIT_ENTRY)).order_by(AUDIT_ENTRY.c.number)
    yield from work.connection.execute(statement.execution_options(yield_per=1_000)).mappings()


def hashes(work: Work, numbers: Collection[int]) -> dict[int, str]:
    """The hash of each of these entries that is there."""
    columns = AUDIT_ENTRY.c.number, AUDIT_ENTRY.c.hash
    statement = select(*columns).where(work.of_clinic(AUDIT_ENTRY), AUDIT_ENTRY.c.number.in_(numbers))
    return {row.number: row.hash for row in work.connection.execute(statement)}


def newest(work: Work, limit: int, subject: str | None = None) -> Sequence[RowMapping]:
    """The newest entries first, of one subject where given."""
    return _newest(work, limit, *([AUDIT_ENTRY.c.subject == subject] if subject is not None else []))


def about(work: Work, subjects: Sequence[str], limit: int) -> Sequence[RowMapping]:
    """The newest entries first of any of these subjects."""
    return _newest(work, limit, AUDIT_ENTRY.c.subject.in_(subjects))


def _newest(work: Work, limit: int, *conditions: ColumnElement[bool]) -> Sequence[RowMapping]:
    statement = select(AUDIT_ENTRY).where(work.of_clinic(AUDIT_ENTRY), *conditions)
    return work.connection.execute(statement.order_by(AUDIT_ENTRY.c.number.desc()).limit(limit)).mappings().all()
