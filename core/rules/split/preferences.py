"""What people ask of a cart's split, line by line (item by item in core/domain/model.py, Constraint)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, CartLine, Constraint, ConstraintKind, LineState, Scope

EXCLUDED: Final = "EXCLUDED"
"""A pharmacy that could fill the line and that a constraint leaves out."""

NEVER_FILLED: Final = frozenset({LineState.REJECTED, LineState.CANCELLED})


class Asked(NamedTuple):
    """What is asked of one line. ``only`` None is any pharmacy; ``together`` keeps lines of one key at one pharmacy;
    moving away from ``last`` has a price of ``stay_cents``."""

    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    together: str | None = None
    last: str | None = None
    stay_cents: int = 0

    def excludes(self, pharmacy: str) -> bool:
        """Whether the pharmacy may not fill it."""
        return pharmacy in self.never or (self.only is not None and pharmacy not in self.only)


NOTHING: Final = Asked()
"""What is asked of most lines."""


def covers(constraint: Constraint, line: CartLine) -> bool:
    """Whether a constraint is about a line."""
    key = {Scope.CART: "", Scope.PATIENT: line.patient, Scope.SKU: line.sku, Scope.LINE: str(line.number)}
    return constraint.of == key[constraint.scope]


def asked_of(cart: Cart, context: Context) -> dict[int, Asked]:
    """What is asked of each line, by number; lines of which nothing is asked are left out."""
    if not cart.constraints:
        return {}
    asked = {}
    for line in cart.lines:
        here = [constraint for constraint in cart.constraints if covers(constraint, line)]
        if here:
            asked[line.number] = _asked(line, here, context)
    return asked


def _asked(line: CartLine, here: Iterable[Constraint], context: Context) -> Asked:
    asked = Asked()
    for constraint in here:
        match constraint.kind:
            case ConstraintKind.USE:
                only = frozenset({constraint.pharmacy})
                asked = asked._replace(only=only if asked.only is None else asked.only & only)
            case ConstraintKind.AVOID:
                asked = asked._replace(never=asked.never | {constraint.pharmacy})
            case ConstraintKind.TOGETHER:
                asked = asked._replace(together=line.patient)
            case ConstraintKind.STAY:
                last = asked.last or last_pharmacy(line, context)
                asked = asked._replace(last=last, stay_cents=max(asked.stay_cents, constraint.amount_cents))
            case _:
                continue
    return asked


def last_pharmacy(line: CartLine, context: Context) -> str | None:
    """Who filled the patient's SKU last time, here; None where nobody did."""
    before = [row for row in context.lines_of(line.patient) if row.sku == line.sku and row.state not in NEVER_FILLED]
    newest = max(before, key=lambda row: (row.placed_on, row.reference), default=None)
    return newest.pharmacy if newest else None


def box_cents(cart: Cart) -> int | None:
    """What a box counts beside its fee; 0 is more than any cost, None is nothing."""
    amounts = [one.amount_cents for one in cart.constraints if one.kind is ConstraintKind.BOXES]
    return None if not amounts else 0 if 0 in amounts else max(amounts)


def priced(cart: Cart) -> bool:
    """Whether something beside the cost has a price."""
    return any(one.kind in {ConstraintKind.STAY, ConstraintKind.BOXES} for one in cart.constraints)


def reserved_for(cart: Cart) -> dict[tuple[int, str], int]:
    """Packs that are kept for a line at a pharmacy, by line number and pharmacy."""
    kept = [constraint for constraint in cart.constraints if constraint.kind is ConstraintKind.RESERVE]
    return {
        (line.number, constraint.pharmacy): line.quantity
        for line in cart.lines
        for constraint in kept
        if covers(constraint, line)
    }
