"""What a split is judged by, in whole numbers.

With rates a/q (program fee) and c/s (processing), a checkout's total is
``subtotal + round(c/s * subtotal) + fixed``, where ``subtotal = round(cost / q)`` and
``cost = (q + a) * medication + q * (shipping + encounters)`` (shipping like medication where the fee covers it).
Rounding to whole cents keeps order, so the least cost has the least total.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from core.model import Objective, Program
from core.pricing import fee_covers_shipping


@dataclass(frozen=True, slots=True)
class Measure:
    """An objective under a program. ``cost`` is in 1/``unit`` cents, ``weight`` in 1/``weight_unit`` cents."""

    objective: Objective
    rate: Fraction
    processing: Fraction
    fixed_cents: int
    covers_shipping: bool
    day_price_cents: int

    @classmethod
    def of(cls, objective: Objective, program: Program, day_price_cents: int) -> Self:
        """The measure of an objective under a program; the price of a day counts only where it is balanced."""
        return cls(
            objective,
            Fraction(program.rate),
            Fraction(program.processing_rate),
            program.processing_fixed_cents,
            fee_covers_shipping(program),
            day_price_cents,
        )

    @property
    def unit(self) -> int:
        """Costs are counted in this part of a cent."""
        return self.rate.denominator

    def medication(self, cents: int) -> int:
        """The cost of medication and its program fee."""
        return cents * (self.rate.denominator + self.rate.numerator)

    def shipping(self, cents: int) -> int:
        """The cost of a box, with its program fee where there is one."""
        return self.medication(cents) if self.covers_shipping else cents * self.rate.denominator

    def encounter(self, cents: int) -> int:
        """The cost of an encounter; no program fee is taken of it."""
        return cents * self.rate.denominator

    def total_cents(self, cost: int) -> int:
        """The checkout total, as core/pricing quotes it."""
        subtotal = (2 * cost + self.rate.denominator) // (2 * self.rate.denominator)
        numerator, denominator = self.processing.as_integer_ratio()
        return subtotal + (2 * numerator * subtotal + denominator) // (2 * denominator) + self.fixed_cents

    def first(self, days: int) -> int:
        """What of a line's delivery days counts before any cost."""
        return days if self.objective is Objective.FASTEST else 0

    def priced(self, days: int) -> int:
        """What of a line's delivery days has a price."""
        return days if self.objective is Objective.BALANCED else 0

    def value_cents(self, cost: int, priced_days: int) -> int:
        """What is minimised, to the cent, once the most lines are filled (and for ``fastest`` the days are least)."""
        return self.total_cents(cost) + self.day_price_cents * priced_days

    def weight(self, cost: int, priced_days: int) -> int:
        """The same without rounding, linear in both: what bounds and searches go by."""
        if self.objective is not Objective.BALANCED:
            return cost
        numerator, denominator = self.processing.as_integer_ratio()
        return (denominator + numerator) * cost + denominator * self.unit * self.day_price_cents * priced_days

    @property
    def weight_unit(self) -> int:
        """Weights are counted in this part of a cent."""
        return self.unit * (self.processing.denominator if self.objective is Objective.BALANCED else 1)

    @property
    def slack(self) -> int:
        """A weight larger by more than this is a larger value, whatever the rounding: 1 cent, or 2 + c/s balanced."""
        if self.objective is not Objective.BALANCED:
            return self.unit
        numerator, denominator = self.processing.as_integer_ratio()
        return self.unit * (2 * denominator + numerator)

    def least_value_cents(self, weight: int) -> int:
        """The least value that anything of at least this weight can have."""
        if self.objective is not Objective.BALANCED:
            return self.total_cents(weight)
        numerator, denominator = self.processing.as_integer_ratio()
        if numerator == 0:
            return (2 * weight + self.weight_unit) // (2 * self.weight_unit) + self.fixed_cents
        rounding = self.unit * (2 * denominator + numerator)
        return (2 * weight - rounding) // (2 * self.weight_unit) + 1 + self.fixed_cents
