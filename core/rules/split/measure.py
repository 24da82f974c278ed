"""What a split is judged by, in whole numbers.

Medication, its program fee, shipping and encounters come to ``round(cost / unit)`` cents, where
``cost = (unit + rate) * medication + unit * (shipping + encounters)`` (shipping like medication where the fee covers
it); processing is rounded of that. Both roundings keep order, so the least cost has the least total.
"""

from __future__ import annotations

from typing import NamedTuple, Self

from core.domain.model import Objective, Program
from core.rules.pricing.terms import fee_covers_shipping


class Measure(NamedTuple):
    """An objective under a program. ``cost`` is in 1/``unit`` cents; ``rate``, ``processing`` are numerators, over
    ``unit`` and ``processing_unit``."""

    objective: Objective
    rate: int
    unit: int
    processing: int
    processing_unit: int
    fixed_cents: int
    covers_shipping: bool
    day_price_cents: int
    priced: bool

    @classmethod
    def of(cls, objective: Objective, program: Program, day_price_cents: int, *, priced: bool = False) -> Self:
        """The measure of an objective under a program; the price of a day counts only where it is balanced.

        ``priced`` says that something else beside the cost has a price: leaving a pharmacy, or a shipment.
        """
        price = day_price_cents if objective is Objective.BALANCED else 0
        return cls(
            objective,
            *program.rate.as_integer_ratio(),
            *program.processing_rate.as_integer_ratio(),
            program.processing_fixed_cents,
            fee_covers_shipping(program),
            price,
            priced or bool(price),
        )

    def medication(self, cents: int) -> int:
        """The cost of medication and its program fee."""
        return cents * (self.unit + self.rate)

    def shipping(self, cents: int) -> int:
        """The cost of a box, with its program fee where there is one."""
        return self.medication(cents) if self.covers_shipping else cents * self.unit

    def encounter(self, cents: int) -> int:
        """The cost of an encounter; no program fee is taken of it."""
        return cents * self.unit

    def total_cents(self, cost: int) -> int:
        """The checkout total, as core/rules/pricing quotes it."""
        subtotal = _nearest(cost, self.unit)
        return subtotal + _nearest(self.processing * subtotal, self.processing_unit) + self.fixed_cents

    def first(self, days: int) -> int:
        """What of a line's delivery days counts before any cost."""
        return days if self.objective is Objective.FASTEST else 0

    def days_cents(self, days: int) -> int:
        """The price of a line's delivery days."""
        return self.day_price_cents * days

    def value_cents(self, cost: int, extra_cents: int) -> int:
        """What is minimised, to the cent, once the most lines are filled (and for ``fastest`` the days are least)."""
        return self.total_cents(cost) + extra_cents

    def weight(self, cost: int, extra_cents: int) -> int:
        """The same without rounding, linear in both: what bounds and searches go by, in 1/``weight_unit`` cents."""
        if not self.priced:
            return cost
        return (self.processing_unit + self.processing) * cost + self.processing_unit * self.unit * extra_cents

    @property
    def weight_unit(self) -> int:
        """Weights are counted in this part of a cent."""
        return self.unit * self.processing_unit if self.priced else self.unit

    @property
    def slack(self) -> int:
        """A weight larger by this is a larger value, however both are rounded: a cent, or 2 and processing's rate."""
        if not self.priced:
            return self.unit
        return self.unit * (2 * self.processing_unit + self.processing)

    def least_value_cents(self, weight: int) -> int:
        """The least value that anything of at least this weight can have."""
        if not self.priced:
            return self.total_cents(weight)
        if not self.processing:
            return _nearest(weight, self.weight_unit) + self.fixed_cents
        return (2 * weight - self.slack) // (2 * self.weight_unit) + 1 + self.fixed_cents


def _nearest(amount: int, unit: int) -> int:
    """``amount / unit``, rounded half-up."""
    return (2 * amount + unit) // (2 * unit)
