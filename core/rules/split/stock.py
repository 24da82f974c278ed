"""Packs left at each pharmacy while a cart is being filled."""

from __future__ import annotations

from collections.abc import Mapping

from core.domain.context import Context
from core.domain.model import Cart, CartLine, Days


class Stock:
    """What pharmacies last reported, less our reservations, less what lines of this cart have taken. ``reserved`` are
    packs that only one line may take, by line number and pharmacy: no other line sees them."""

    def __init__(self, context: Context, days: Days, cart: Cart, reserved: Mapping[tuple[int, str], int]) -> None:
        self._context, self._day = context, days.placing_day
        self._left: dict[tuple[str, str], int | None] = {}
        self._reserved: dict[tuple[int, str], int] = {}
        skus = {line.number: line.sku for line in cart.lines}
        for (number, pharmacy), packs in sorted(reserved.items()):
            left = self.left(pharmacy, skus[number])
            if left is not None:
                self._reserved[number, pharmacy] = min(left, packs)
                self._left[pharmacy, skus[number]] = left - self._reserved[number, pharmacy]

    def left(self, pharmacy: str, sku: str) -> int | None:
        """Packs that any line may still take; None is not limited."""
        key = (pharmacy, sku)
        if key not in self._left:
            self._left[key] = self._context.stock(pharmacy, sku, self._day)
        return self._left[key]

    def needs(self, line: CartLine, pharmacy: str) -> int:
        """What the line would take of what any line may take."""
        return line.quantity - self._reserved.get((line.number, pharmacy), 0)

    def suffices(self, line: CartLine, pharmacy: str) -> bool:
        """Whether the line fits what is left."""
        left = self.left(pharmacy, line.sku)
        return left is None or self.needs(line, pharmacy) <= left

    def take(self, line: CartLine, pharmacy: str) -> None:
        """Takes the line's packs."""
        left = self.left(pharmacy, line.sku)
        if left is not None:
            self._left[pharmacy, line.sku] = left - self.needs(line, pharmacy)
