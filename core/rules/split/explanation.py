"""Why each line goes where it goes: what every other pharmacy would change, and who may not fill it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from core.domain.model import Alternative, Refusal, RoutedLine
from core.rules.split.formulation import Costs, Taken
from core.rules.split.options import OUT_OF_STOCK, Candidate, PharmacyOption
from core.rules.split.preferences import EXCLUDED
from core.rules.split.stock import Stock


class RoutedCart:
    """A cart with every option taken: its total, and what moving one line would change with the rest fixed."""

    def __init__(self, taken: Taken, stock: Stock, costs: Costs, together: Mapping[str, int]) -> None:
        """``stock`` is what is left; ``together`` counts the lines of each group that moves as one."""
        self._together, self._stock, self._costs = together, stock, costs
        self._users = Counter(option.box for _, option in taken)
        self._cost = costs.all(taken)
        self.total_cents = costs.measure.total_cents(self._cost) if taken else 0

    def explained(
        self, candidate: Candidate, option: PharmacyOption | None, pin_codes: tuple[str, ...] | None
    ) -> RoutedLine:
        """The line with its option, or with what stands against it, and every other pharmacy."""
        codes = pin_codes or candidate.failing()
        if option is None and candidate.free and not codes:
            codes = (OUT_OF_STOCK,)
        refused = list(candidate.refused)
        alternatives: list[Alternative] = []
        for other in candidate.options if candidate.free else ():
            if other is option:
                continue
            if self._together.get(candidate.preferences.together or "", 0) > 1:
                refused.append(Refusal(other.pharmacy, (EXCLUDED,)))
            elif not self._stock.suffices(candidate.line, other.pharmacy):
                refused.append(Refusal(other.pharmacy, (OUT_OF_STOCK,)))
            elif option is not None:
                alternatives.append(self._alternative(option, other))
        return RoutedLine(
            candidate.line,
            option.pharmacy if option else None,
            option.box if option else None,
            option.promise if option else None,
            tuple(sorted(alternatives, key=lambda other: (other.extra_cost_cents, other.extra_days, other.pharmacy))),
            tuple(sorted(refused)),
            codes,
        )

    def _alternative(self, option: PharmacyOption, other: PharmacyOption) -> Alternative:
        cost = self._cost + self._costs.measure.medication(other.medication_cents - option.medication_cents)
        if self._users[option.box] == 1:
            cost -= self._costs.box(option.box)
        if not self._users[other.box]:
            cost += self._costs.box(other.box)
        extra = self._costs.measure.total_cents(cost) - self.total_cents
        return Alternative(other.pharmacy, extra, other.days - option.days)
