"""What placed lines would have cost at the best pharmacies of their day (rules.md, section 1).

Lines of one checkout to one destination at one temperature are routed together; groups do not depend on each other, so
the best total is the sum of their optima. A box to the clinic counts by patient. Past stock is not known and not asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Days, Sku
from core.rules.eligibility import Houses

_MOST_HOUSES: Final = 12
"""Of more pharmacies for one group, those with the cheapest boxes and packs are tried."""


class Way(NamedTuple):
    """One way to fill a group of lines, in cents: medication at the pharmacies' own prices, and shipping."""

    medication_cents: int
    shipping_cents: int


class BestRouting:
    """The ways to fill groups of lines that can be the cheapest, for one context, remembered for every program."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._houses: dict[date, Houses] = {}
        self._offered: dict[tuple[str, int, date], dict[str, int]] = {}
        self._able: dict[tuple[bool, bool, bool, str, date], frozenset[str]] = {}
        self._ways: dict[tuple[object, ...], tuple[Way, ...]] = {}

    def ways(self, takers: frozenset[str], lines: Sequence[tuple[str, int]], state: str, day: date) -> tuple[Way, ...]:
        """The ways, none of which another undercuts in medication and shipping alike, to fill lines (SKU and packs) for
        one destination in ``state`` at one temperature on ``day`` at pharmacies among ``takers``. Empty where a line
        could go nowhere."""
        key = (takers, *sorted(lines), state, day)
        if key not in self._ways:
            self._ways[key] = self._ways_of(takers, lines, state, day)
        return self._ways[key]

    def _ways_of(
        self, takers: frozenset[str], lines: Sequence[tuple[str, int]], state: str, day: date
    ) -> tuple[Way, ...]:
        skus = [self.context.skus[sku] for sku, _ in lines]
        rows = []
        for sku, (code, packs) in zip(skus, lines, strict=True):
            able, offers = takers & self._able_to(sku, state, day), self._offers(code, packs, day)
            rows.append({house: cents for house, cents in offers.items() if house in able})
        cold = skus[0].cold_chain
        fees = {code: self.context.pharmacies[code].fee_cents(cold) for row in rows for code in row}
        codes = sorted(fees, key=lambda code: (fees[code] + sum(row.get(code, 0) for row in rows), code))
        found = {
            Way(medication, sum(fees[code] for code in used))
            for many in range(1, len(rows) + 1)
            for used in combinations(codes[:_MOST_HOUSES], many)
            if (medication := _cheapest_packs(rows, used)) is not None
        }
        best: list[Way] = []
        for way in sorted(found):
            if not best or way.shipping_cents < best[-1].shipping_cents:
                best.append(way)
        return tuple(best)

    def _able_to(self, sku: Sku, state: str, day: date) -> frozenset[str]:
        """Pharmacies that may and can ship a SKU of this class to the state."""
        key = (sku.sterile, sku.scheduled, sku.cold_chain, state, day)
        if key not in self._able:
            houses = self._houses.setdefault(day, Houses(self.context, Days(day, day)))
            every = self.context.pharmacies.items()
            self._able[key] = frozenset(code for code, house in every if not houses.of(house, sku, state).closed)
        return self._able[key]

    def _offers(self, sku: str, packs: int, day: date) -> dict[str, int]:
        """Cents for so many packs at every pharmacy with a price and limits that allow them."""
        key = (sku, packs, day)
        if key not in self._offered:
            offers = {code: self.context.offer(code, sku, day) for code in self.context.pharmacies_offering(sku)}
            self._offered[key] = {
                code: packs * offer.unit_cost_cents
                for code, offer in offers.items()
                if offer and (offer.min_quantity or 0) <= packs <= (offer.max_quantity or packs)
            }
        return self._offered[key]


def _cheapest_packs(rows: Sequence[Mapping[str, int]], used: Sequence[str]) -> int | None:
    """Medication with each line at the cheapest of the used pharmacies; None where one has none of them."""
    total = 0
    for row in rows:
        prices = [row[code] for code in used if code in row]
        if not prices:
            return None
        total += min(prices)
    return total
