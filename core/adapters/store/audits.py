"""The audit trail's rows: appended in number order, read back in it, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import RowMapping, select

from core.adapters.store.bulk import insert_all
from core.adapters.store.engine import Work
from core.adapters.store.tables import AuditEntryRow


def last_entry(work: Work) -> tuple[int, str] | None:
    """The number and hash of the clinic's newest entry."""
    statement = (
        select(AuditEntryRow.number, AuditEntryRow.hash)
        .where(AuditEntryRow.clinic == work.clinic)
        .order_by(AuditEntryRow.number.desc())
        .limit(1)
    )
    row = work.connection.execute(statement).first()
    return None if row is None else (row.number, row.hash)


def append(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the entries in one statement."""
    if rows:
        insert_all(work.connection, AuditEntryRow, {name: [row[name] for row in rows] for name in rows[0]})


def entries(work: Work) -> Iterator[RowMapping]:
    """Every entry of the clinic, oldest first, a thousand at a time."""
    statement = (
        select(*AuditEntryRow.__table__.columns)
        .where(AuditEntryRow.clinic == work.clinic)
        .order_by(AuditEntryRow.number)
        .execution_options(yield_per=1_000)
    )
    yield from work.connection.execute(statement).mappings()


def newest(work: Work, limit: int, subject: str | None = None) -> Sequence[RowMapping]:
    """The newest entries first, of one subject where given."""
    statement = select(*AuditEntryRow.__table__.columns).where(AuditEntryRow.clinic == work.clinic)
    if subject is not None:
        statement = statement.where(AuditEntryRow.subject == subject)
    return work.connection.execute(statement.order_by(AuditEntryRow.number.desc()).limit(limit)).mappings().all()


def about(work: Work, subjects: Sequence[str], limit: int) -> Sequence[RowMapping]:
    """The newest entries first of any of these subjects."""
    statement = select(*AuditEntryRow.__table__.columns).where(AuditEntryRow.clinic == work.clinic)
    chosen = statement.where(AuditEntryRow.subject.in_(subjects)).order_by(AuditEntryRow.number.desc())
    return work.connection.execute(chosen.limit(limit)).mappings().all()
