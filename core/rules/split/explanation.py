"""Why each line goes where it goes: what every other pharmacy would change, and who may not fill it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from core.domain.model import Alternative, CartLine, Refusal, RoutedLine
from core.rules.split.formulation import Costs
from core.rules.split.options import OUT_OF_STOCK, Candidate, Route
from core.rules.split.preferences import EXCLUDED
from core.rules.split.stock import Stock


class Decided:
    """A cart with every route taken: its total, and what moving one line would change with the rest fixed."""

    def __init__(
        self,
        taken: Collection[tuple[CartLine, Route]],
        stock: Stock,
        costs: Costs,
        together: Mapping[str, int],
    ) -> None:
        """``stock`` is what is left; ``together`` counts the lines of each group that moves as one."""
        self._together = together
        self._stock = stock
        self._costs = costs
        self._users = Counter(route.box for _, route in taken)
        self._cost = costs.all(taken)
        self.total_cents = costs.measure.total_cents(self._cost) if taken else 0

    def explained(self, candidate: Candidate, route: Route | None, pin_codes: tuple[str, ...] | None) -> RoutedLine:
        """The line with its route, or with what stands against it, and every other pharmacy."""
        codes = pin_codes or candidate.failing()
        if route is None and candidate.free and not codes:
            codes = (OUT_OF_STOCK,)
        short: list[Refusal] = []
        alternatives: list[Alternative] = []
        if candidate.free:
            for other in candidate.routes:
                if other is route:
                    continue
                if candidate.asked.together is not None and self._together[candidate.asked.together] > 1:
                    short.append(Refusal(other.pharmacy, (EXCLUDED,)))
                elif not self._stock.suffices(candidate.line, other.pharmacy):
                    short.append(Refusal(other.pharmacy, (OUT_OF_STOCK,)))
                elif route is not None:
                    alternatives.append(self._alternative(route, other))
        return RoutedLine(
            candidate.line,
            route.pharmacy if route else None,
            route.box if route else None,
            route.promise if route else None,
            tuple(sorted(alternatives, key=lambda other: (other.extra_cost_cents, other.extra_days, other.pharmacy))),
            tuple(sorted((*candidate.refused, *short))) if short else candidate.refused,
            codes,
        )

    def _alternative(self, route: Route, other: Route) -> Alternative:
        cost = self._cost + self._costs.measure.medication(other.medication_cents - route.medication_cents)
        if self._users[route.box] == 1:
            cost -= self._costs.box(route.box)
        if not self._users[other.box]:
            cost += self._costs.box(other.box)
        extra = self._costs.measure.total_cents(cost) - self.total_cents
        return Alternative(other.pharmacy, extra, other.days - route.days)
