"""Routing preferences of a cart, line by line (kind by kind: RoutingPreference in core/domain/model.py)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, CartLine, LineState, PreferenceKind, PreferenceScope, RoutingPreference

EXCLUDED: Final = "EXCLUDED"
"""A pharmacy that could fill the line and that a routing preference leaves out."""

NEVER_FILLED: Final = frozenset({LineState.REJECTED, LineState.CANCELLED})


class LinePreferences(NamedTuple):
    """What holds for one line. ``only`` None is any pharmacy; ``together`` keeps lines of one key at one pharmacy;
    moving away from ``last`` has a price of ``stay_cents``."""

    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    together: str | None = None
    last: str | None = None
    stay_cents: int = 0

    def excludes(self, pharmacy: str) -> bool:
        """Whether the pharmacy may not fill it."""
        return pharmacy in self.never or (self.only is not None and pharmacy not in self.only)


NO_PREFERENCES: Final = LinePreferences()


def covers(preference: RoutingPreference, line: CartLine) -> bool:
    """Whether a routing preference is about a line."""
    scope = PreferenceScope
    keys = {scope.CART: "", scope.PATIENT: line.patient, scope.SKU: line.sku, scope.LINE: str(line.number)}
    return preference.of == keys[preference.scope]


def line_preferences(cart: Cart, context: Context) -> dict[int, LinePreferences]:
    """What holds for each line, by number; lines without a preference are left out."""
    by_line = {line: [item for item in cart.preferences if covers(item, line)] for line in cart.lines}
    return {line.number: _merged(line, preferences, context) for line, preferences in by_line.items() if preferences}


def _merged(line: CartLine, preferences: Iterable[RoutingPreference], context: Context) -> LinePreferences:
    merged = NO_PREFERENCES
    for preference in preferences:
        match preference.kind:
            case PreferenceKind.USE:
                only = frozenset({preference.pharmacy})
                merged = merged._replace(only=only if merged.only is None else merged.only & only)
            case PreferenceKind.AVOID:
                merged = merged._replace(never=merged.never | {preference.pharmacy})
            case PreferenceKind.TOGETHER:
                merged = merged._replace(together=line.patient)
            case PreferenceKind.STAY:
                last = merged.last or last_pharmacy(line, context)
                merged = merged._replace(last=last, stay_cents=max(merged.stay_cents, preference.amount_cents))
    return merged


def last_pharmacy(line: CartLine, context: Context) -> str | None:
    """Who filled the patient's SKU last time, at this clinic; None where nobody did."""
    before = [row for row in context.lines_of(line.patient) if row.sku == line.sku and row.state not in NEVER_FILLED]
    newest = max(before, key=lambda row: (row.placed_on, row.reference), default=None)
    return newest.pharmacy if newest else None


def box_cents(cart: Cart) -> int | None:
    """What a box counts beside its fee; 0 is more than any cost, None is nothing."""
    amounts = [item.amount_cents for item in cart.preferences if item.kind is PreferenceKind.BOXES]
    return None if not amounts else 0 if 0 in amounts else max(amounts)


def priced(cart: Cart) -> bool:
    """Whether something beside the cost has a price."""
    return any(item.kind in {PreferenceKind.STAY, PreferenceKind.BOXES} for item in cart.preferences)


def reserved_for(cart: Cart) -> dict[tuple[int, str], int]:
    """Packs that are kept for a line at a pharmacy, by line number and pharmacy."""
    reserves = [item for item in cart.preferences if item.kind is PreferenceKind.RESERVE]
    return {
        (line.number, item.pharmacy): line.quantity for line in cart.lines for item in reserves if covers(item, line)
    }
