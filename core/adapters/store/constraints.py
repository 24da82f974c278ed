"""What people ask of the split of a refill day's cart, as rows."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, insert_rows
from core.adapters.store.tables import CART_CONSTRAINT
from core.adapters.store.values import StoredConstraint


def constraints_of(work: Work, refill_day: date) -> list[StoredConstraint]:
    """What is asked of one refill day's cart, oldest first."""
    statement = select(*columns_of(CART_CONSTRAINT, StoredConstraint)).where(
        work.of_clinic(CART_CONSTRAINT), CART_CONSTRAINT.c.refill_day == refill_day
    )
    return [StoredConstraint(*row) for row in work.connection.execute(statement.order_by(CART_CONSTRAINT.c.id))]


def add_constraint(work: Work, new: StoredConstraint) -> None:
    """Write one."""
    insert_rows(work, CART_CONSTRAINT, [new._asdict()])


def remove_constraint(work: Work, constraint: str) -> None:
    """Delete one."""
    work.connection.execute(
        delete(CART_CONSTRAINT).where(work.of_clinic(CART_CONSTRAINT), CART_CONSTRAINT.c.id == constraint)
    )
