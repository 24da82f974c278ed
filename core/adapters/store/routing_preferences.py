"""What people ask of the split of a refill day's cart, as rows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, insert_rows
from core.adapters.store.tables import ROUTING_PREFERENCE
from core.adapters.store.values import StoredPreference


def preferences_of(work: Work, refill_day: date) -> list[StoredPreference]:
    """What is asked of one refill day's cart, oldest first."""
    statement = select(*columns_of(ROUTING_PREFERENCE, StoredPreference)).where(
        work.of_clinic(ROUTING_PREFERENCE), ROUTING_PREFERENCE.c.refill_day == refill_day
    )
    return [StoredPreference(*row) for row in work.connection.execute(statement.order_by(ROUTING_PREFERENCE.c.id))]


def add_preference(work: Work, new: StoredPreference) -> None:
    """Write one."""
    insert_rows(work, ROUTING_PREFERENCE, [new._asdict()])


def remove_preference(work: Work, preference: str) -> None:
    """Delete one."""
    work.connection.execute(
        delete(ROUTING_PREFERENCE).where(work.of_clinic(ROUTING_PREFERENCE), ROUTING_PREFERENCE.c.id == preference)
    )
