"""The people of a clinic, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from core.adapters.store.engine import Work
from core.adapters.store.tables import PersonRow


def rows(work: Work) -> Sequence[RowMapping]:
    """Everybody of the clinic: email, name, role, active; by email."""
    statement = select(PersonRow.email, PersonRow.name, PersonRow.role, PersonRow.active)
    found = work.connection.execute(statement.where(PersonRow.clinic == work.clinic)).mappings().all()
    return sorted(found, key=lambda row: str(row["email"]))


def add(work: Work, email: str, values: dict[str, Any]) -> None:
    """A new person."""
    work.connection.execute(insert(PersonRow), {"clinic": work.clinic, "email": email} | values)


def change(work: Work, email: str, values: dict[str, Any]) -> None:
    """New values for somebody."""
    here = (PersonRow.clinic == work.clinic) & (PersonRow.email == email)
    work.connection.execute(update(PersonRow).where(here).values(values))
