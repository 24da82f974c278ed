"""Which program costs least a month, and from what spend on (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from core.domain.model import Program
from core.domain.money import rounded


class PlanCost(NamedTuple):
    """A program's cost for a month, to the cent."""

    program: str
    cost_cents: int


class Crossing(NamedTuple):
    """The monthly spend at which the cheapest program changes; ``exact_cents`` is the same unrounded."""

    exact_cents: Fraction
    before: str
    after: str

    @property
    def spend_cents(self) -> int:
        """The spend to the cent."""
        return rounded(self.exact_cents)


class Plans(NamedTuple):
    """Every program at one monthly medication spend; ``cheapest`` holds several where their exact costs are equal."""

    spend_cents: int
    costs: tuple[PlanCost, ...]
    cheapest: tuple[str, ...]
    crossings: tuple[Crossing, ...]


def plans(programs: Iterable[Program], spend_cents: int) -> Plans:
    """Compare programs (one row each, those in force) by monthly fee + rate x spend; crossings are of all spends."""
    rows = sorted(programs, key=lambda row: row.program)
    exact = {row.program: row.monthly_fee_cents + Fraction(row.rate) * spend_cents for row in rows}
    least = min(exact.values(), default=None)
    return Plans(
        spend_cents=spend_cents,
        costs=tuple(PlanCost(program, rounded(cost)) for program, cost in exact.items()),
        cheapest=tuple(program for program, cost in exact.items() if cost == least),
        crossings=tuple(_crossings(rows)),
    )


def _crossings(rows: Sequence[Program]) -> list[Crossing]:
    """Walk along the lowest of the cost lines, from no spend upwards: each next one has a lower rate."""
    if not rows:
        return []
    crossings = []
    lowest = min(rows, key=lambda row: (row.monthly_fee_cents, row.rate, row.program))
    while later := [row for row in rows if row.rate < lowest.rate]:
        after = min(later, key=lambda row: (_meeting(lowest, row), row.rate, row.program))
        crossings.append(Crossing(_meeting(lowest, after), lowest.program, after.program))
        lowest = after
    return crossings


def _meeting(lowest: Program, later: Program) -> Fraction:
    """The spend at which two programs cost the same."""
    return (later.monthly_fee_cents - lowest.monthly_fee_cents) / (Fraction(lowest.rate) - Fraction(later.rate))
