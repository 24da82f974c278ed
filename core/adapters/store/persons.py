"""The people of a clinic, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, select, update

from core.adapters.store.engine import Work, insert_rows
from core.adapters.store.tables import PERSON


def rows(work: Work) -> Sequence[RowMapping]:
    """Everybody of the clinic: email, name, role, active; by email."""
    statement = select(PERSON.c.email, PERSON.c.name, PERSON.c.role, PERSON.c.active).where(work.of_clinic(PERSON))
    return sorted(work.connection.execute(statement).mappings(), key=lambda row: str(row["email"]))


def of_email(work: Work, email: str) -> RowMapping | None:
    """Everything of one person of the clinic, sign-in times included."""
    statement = select(PERSON).where(work.of_clinic(PERSON), PERSON.c.email == email)
    return work.connection.execute(statement).mappings().first()


def anybody_signed_in(work: Work) -> bool:
    """Whether anybody of the clinic has ever signed in."""
    statement = select(PERSON.c.email).where(work.of_clinic(PERSON), PERSON.c.signed_in.is_not(None)).limit(1)
    return work.connection.scalar(statement) is not None


def add(work: Work, email: str, values: dict[str, Any]) -> None:
    """A new person."""
    insert_rows(work, PERSON, [{"email": email} | values])


def change(work: Work, email: str, values: dict[str, Any]) -> None:
    """New values for somebody."""
    work.connection.execute(update(PERSON).where(work.of_clinic(PERSON), PERSON.c.email == email).values(values))
