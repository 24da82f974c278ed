"""Packs left at each pharmacy while a cart is being filled."""

from __future__ import annotations

from core.context import Context
from core.model import CartLine, Days


class Stock:
    """What pharmacies last told, less our reservations, less what lines of this cart have taken."""

    def __init__(self, context: Context, days: Days) -> None:
        self._context = context
        self._day = days.placing_day
        self._left: dict[tuple[str, str], int | None] = {}

    def left(self, pharmacy: str, sku: str) -> int | None:
        """Packs that may still be taken; None is not limited."""
        key = (pharmacy, sku)
        if key not in self._left:
            self._left[key] = self._context.stock(pharmacy, sku, self._day)
        return self._left[key]

    def suffices(self, line: CartLine, pharmacy: str) -> bool:
        """Whether the line fits what is left."""
        left = self.left(pharmacy, line.sku)
        return left is None or line.quantity <= left

    def take(self, line: CartLine, pharmacy: str) -> None:
        """Takes the line's packs."""
        left = self.left(pharmacy, line.sku)
        if left is not None:
            self._left[pharmacy, line.sku] = left - line.quantity
