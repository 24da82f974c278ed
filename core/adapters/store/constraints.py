"""What people ask of the split of a refill day's cart, as rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import delete, insert, select

from core.adapters.store.engine import Work
from core.adapters.store.tables import CartConstraintRow
from core.domain.model import PreferenceKind, PreferenceScope

_COLUMNS: Final = ("id", "refill_day", "kind", "patient", "sku", "line", "pharmacy", "amount_cents", "by", "at")


class StoredConstraint(NamedTuple):
    """One wish, who has it and since when. At most one of ``patient``, ``sku`` and ``line`` (its id) is given."""

    id: str
    refill_day: date
    kind: PreferenceKind
    patient: str | None
    sku: str | None
    line: str | None
    pharmacy: str | None
    amount_cents: int
    by: str
    at: datetime

    @property
    def scope(self) -> PreferenceScope:
        """Which lines it is about."""
        named = (
            (self.patient, PreferenceScope.PATIENT),
            (self.sku, PreferenceScope.SKU),
            (self.line, PreferenceScope.LINE),
        )
        return next((scope for code, scope in named if code is not None), PreferenceScope.CART)


def constraints_of(work: Work, refill_day: date) -> list[StoredConstraint]:
    """What is asked of one refill day's cart, oldest first."""
    table = CartConstraintRow.__table__
    statement = select(*(table.c[name] for name in _COLUMNS)).where(
        CartConstraintRow.clinic == work.clinic, CartConstraintRow.refill_day == refill_day
    )
    return [StoredConstraint(*row) for row in work.connection.execute(statement.order_by(CartConstraintRow.id))]


def add_constraint(work: Work, new: StoredConstraint) -> None:
    """Write one."""
    work.connection.execute(insert(CartConstraintRow), [{"clinic": work.clinic} | new._asdict()])


def remove_constraint(work: Work, constraint: str) -> None:
    """Delete one."""
    here = (CartConstraintRow.clinic == work.clinic, CartConstraintRow.id == constraint)
    work.connection.execute(delete(CartConstraintRow).where(*here))
