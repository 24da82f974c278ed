"""What placed lines would have cost at the best pharmacies of their day (rules.md, section 1).

Lines of one checkout to one destination at one temperature are routed together; groups do not depend on each other, so
the best total is the sum of their optima. A box to the clinic counts by patient. Past stock is not known and not asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from itertools import combinations
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Days
from core.rules.eligibility import Houses
from core.rules.pricing.terms import Terms

_MOST_HOUSES = 12
"""Of more pharmacies for one group, those with the cheapest boxes and packs are tried."""


class Routed(NamedTuple):
    """A line to route: its SKU and packs, and cents for a pack of an aggregate program (None: the pharmacy's own)."""

    sku: str
    quantity: int
    pooled_cents: int | None


class BestRouting:
    """The cheapest pharmacies for groups of lines, for one context, remembered."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._houses: dict[date, Houses] = {}
        self._prices: dict[tuple[str, int, str, date], dict[str, int]] = {}
        self._least: dict[tuple[object, ...], int | None] = {}

    def least_exact(
        self, terms: Terms, takers: Collection[str], lines: Sequence[Routed], state: str, day: date
    ) -> int | None:
        """The least cost of lines to one destination in ``state`` at one temperature, placed on ``day``, in
        1/``terms.unit`` cents without encounters and processing; None where a line could go nowhere."""
        group = tuple(sorted(lines))
        key = (terms, group, state, day)
        if key not in self._least:
            self._least[key] = self._least_of(terms, takers, group, state, day)
        return self._least[key]

    def _least_of(
        self, terms: Terms, takers: Collection[str], lines: Sequence[Routed], state: str, day: date
    ) -> int | None:
        cold = self.context.skus[lines[0].sku].cold_chain
        prices = [self._by_pharmacy(line, state, day, takers) for line in lines]
        fees = {code: self.context.pharmacies[code].fee_cents(cold) for row in prices for code in row}
        codes = sorted(fees, key=lambda code: (fees[code] + sum(row.get(code, 0) for row in prices), code))
        costs = []
        for many in range(1, len(prices) + 1):
            for used in combinations(codes[:_MOST_HOUSES], many):
                cheapest = [min((row[code] for code in used if code in row), default=None) for row in prices]
                if None not in cheapest:
                    medication = sum(cents for cents in cheapest if cents is not None)
                    costs.append(terms.exact(medication, sum(fees[code] for code in used), 0))
        return min(costs, default=None)

    def _by_pharmacy(self, line: Routed, state: str, day: date, takers: Collection[str]) -> dict[str, int]:
        """Cents for the line at every pharmacy that may and can ship it."""
        key = (line.sku, line.quantity, state, day)
        if key not in self._prices:
            self._prices[key] = self._offers(line, state, day)
        own = self._prices[key]
        if line.pooled_cents is None:
            return {code: cents for code, cents in own.items() if code in takers}
        return {code: line.quantity * line.pooled_cents for code in own if code in takers}

    def _offers(self, line: Routed, state: str, day: date) -> dict[str, int]:
        context, sku = self.context, self.context.skus[line.sku]
        houses = self._houses.setdefault(day, Houses(context, Days(day, day)))
        offers = {}
        for code in context.pharmacies_offering(line.sku):
            offer = context.offer(code, line.sku, day)
            if offer is None or not (offer.min_quantity or 0) <= line.quantity <= (offer.max_quantity or line.quantity):
                continue
            if not houses.of(context.pharmacies[code], sku, state).closed:
                offers[code] = line.quantity * offer.unit_cost_cents
        return offers
