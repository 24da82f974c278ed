"""The best choice for every free line, and how near to the best it is proven to be.

First without regard to stock, destination by destination, by enumeration; that is the answer where no stock is
overdrawn. Otherwise lines that scarce stock ties together are enumerated while they are few. The rest is one integer
model: its linear relaxation gives a lower bound and, rounded and improved by local search, a good assignment, from
which branch-and-cut goes on. Every limit is one of work (moves, tries, iterations, check points), never of time:
the same cart has the same split on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from core.domain.model import Objective
from core.rules.split.enumeration import Frontier, best_totals, frontier
from core.rules.split.instance import (
    UNFILLED,
    Choice,
    FreeLine,
    Instance,
    components,
    contested,
    preprocessed,
    runs_out,
)
from core.rules.split.integer_model import Cap, Goal, IntegerModel, Relaxation
from core.rules.split.local_search import Assignment, greedy

WORK: Final = 200_000_000
"""How hard the integer model is tried: simplex iterations of its relaxation times its rows, then check points of
branch-and-cut, each worth ten times the columns times the relaxation's fractional shares. Measured: 1,000 lines with
30 % of the SKUs scarce are proven within two thirds of it."""

PLENTY: Final = 10**12
"""Packs, where stock is not looked at."""


class Progress(NamedTuple):
    """The total of the best split so far and the least that any can have, in cents (``fastest``: sums of days)."""

    best_cents: int | None
    bound_cents: int | None


Watch: TypeAlias = Callable[[Progress], bool]
"""Told now and then how far a search is; False stops it, and the best so far is taken."""


class Solution(NamedTuple):
    """The choice of each line by position. ``bound`` is of the checkout total in cents, for ``fastest`` of the free
    lines' sum of days; ``proven`` when nothing can be better."""

    chosen: dict[int, Choice]
    bound: int
    proven: bool


Destination: TypeAlias = tuple[Sequence[FreeLine], Frontier | None]
"""Lines that share boxes, and their near-best where stock is not looked at (None: too many to tell)."""


def best_assignment(instance: Instance, work: int, watch: Watch | None = None) -> Solution:
    """The best assignment, decided by the instance and ``work`` alone unless ``watch`` stops it. Ties are broken line
    by line where enumeration decided, else as HiGHS and local search leave them."""
    boundless = replace(instance, stock=(PLENTY,) * len(instance.stock))
    destinations = [
        (lines, frontier(boundless, lines, greedy(boundless, lines).chosen))
        for lines in components(preprocessed(boundless)[0], frozenset())
    ]
    complete = [near_best for _, near_best in destinations if near_best]
    chosen = _best(instance, complete) if len(complete) == len(destinations) else None
    if chosen and _in_stock(instance, chosen.values()):
        return _proven(instance, chosen)
    return _within_stock(instance, destinations, _Remainder(instance, work, watch))


def _within_stock(instance: Instance, destinations: Sequence[Destination], remainder: _Remainder) -> Solution:
    lines, scarce = preprocessed(instance)
    place_of = {line.position: at for at, (members, _) in enumerate(destinations) for line in members}
    decided: list[Frontier] = []
    for members in components(lines, scarce):
        places = dict.fromkeys(place_of[line.position] for line in members)
        regardless = [near_best for _, near_best in (destinations[at] for at in places) if near_best]
        complete = len(regardless) == len(places)
        if complete and not any(runs_out(choice, scarce) for line in members for choice in line.choices):
            decided.extend(regardless)
            continue
        start = greedy(instance, members).chosen
        near_best = frontier(instance, members, start)
        if near_best:
            decided.append(near_best)
        else:
            remainder.add(members, start, regardless if complete else [])
    if not remainder.lines:
        return _proven(instance, _best(instance, decided))
    polished = Assignment(instance, remainder.lines, instance.cost, instance.extra)
    for position, choice in _best(instance, [*decided, remainder.decided(decided)]).items():
        polished.take(instance.lines[position], choice)
    polished.improve()
    return remainder.bounded(polished.chosen)


def _best(instance: Instance, frontiers: Iterable[Frontier]) -> dict[int, Choice]:
    """The best of all combinations, to the cent and in the order of ties."""
    totals = best_totals(instance, frontiers)
    _, code = min((instance.measure.value_cents(*total), code) for total, code in totals.items())
    return instance.decoded(code)


def _proven(instance: Instance, chosen: dict[int, Choice]) -> Solution:
    return Solution(chosen, _figure(instance, chosen.values()), proven=True)


def _figure(instance: Instance, chosen: Collection[Choice]) -> int:
    """What the bound is compared with: the total, or the sum of days."""
    if instance.measure.objective is Objective.FASTEST:
        return _days(chosen)
    return instance.measure.total_cents(instance.cost + instance.totals(chosen)[0])


def _in_stock(instance: Instance, chosen: Iterable[Choice]) -> bool:
    left = list(instance.stock)
    for choice in chosen:
        for stock, packs in choice.takes:
            left[stock] -= packs
    return all(packs >= 0 for packs in left)


def _days(chosen: Iterable[Choice]) -> int:
    """Delivery days where they come first."""
    return sum(choice.first for choice in chosen if not choice.unfilled)


def _first(chosen: Iterable[Choice]) -> int:
    return sum(choice.first for choice in chosen)


def _unfilled(chosen: Iterable[Choice]) -> int:
    return sum(choice.unfilled for choice in chosen)


class _Remainder:
    """The lines that enumeration leaves open: their incumbent, and lower bounds of every assignment that is as good,
    in lines unfilled, in days where they come first, and in weight."""

    def __init__(self, instance: Instance, work: int, watch: Watch | None) -> None:
        self.lines: list[FreeLine] = []
        self._instance, self._work, self._watch = instance, work, watch
        self._goal = Goal(instance.weight, instance.fee_weight, instance.measure.weight_unit)
        self._chosen: dict[int, Choice] = {}
        self._unfilled = self._days = self._weight = 0
        self._others: dict[int, Choice] = {}
        self._others_weight = 0

    def add(self, lines: Sequence[FreeLine], start: Mapping[int, Choice], regardless: Sequence[Frontier]) -> None:
        """More lines with an assignment; their destinations' near-best regardless of stock, where all are there."""
        self.lines.extend(lines)
        self._chosen.update(start)
        self._days += sum(line.least_first for line in lines)
        if self._instance.measure.objective is not Objective.FASTEST and not _unfilled(start.values()):
            self._weight += sum(near_best.worth(self._instance).weight for near_best in regardless)

    def decided(self, others: Sequence[Frontier]) -> Frontier:
        """The best of the lines that the work allows; ``others`` are the near-best of all other lines."""
        instance = self._instance
        self._others = _best(instance, others)
        self._others_weight = instance.measure.weight(instance.cost, instance.extra)
        self._others_weight += sum(near_best.worth(instance).weight for near_best in others)
        if self._goes_on():
            lines, limits = self._first_settled()
            model = IntegerModel(instance, lines, self._goal, limits)
            relaxation = model.relaxed(self._work)
            if relaxation:
                self._round(model, relaxation)
                if self._goes_on(relaxation.bound):
                    fractional = sum(1e-6 < share < 1 - 1e-6 for share in relaxation.shares)
                    checks = self._work // (10 * model.columns * max(fractional, 1))
                    chosen, bound = model.solved(self._chosen, checks, self._goes_on)
                    self._adopt(chosen)
                    self._goes_on(bound)
        code = sum(instance.code(line, self._chosen[line.position]) for line in self.lines)
        return Frontier(_first(self._chosen.values()), {instance.totals(self._chosen.values()): code})

    def bounded(self, chosen: dict[int, Choice]) -> Solution:
        """An assignment of the whole cart with what is proven of it."""
        instance, measure = self._instance, self._instance.measure
        choices = [chosen[line.position] for line in self.lines]
        cost, extra = instance.totals(chosen.values())
        value = measure.value_cents(instance.cost + cost, instance.extra + extra)
        gap = max(value - measure.least_value_cents(self._others_weight + self._weight), 0)
        days = _days(choices) - self._days
        proven = gap == days == 0 and _unfilled(choices) == self._unfilled
        if measure.objective is Objective.FASTEST:
            gap = days
        return Solution(chosen, max(_figure(instance, chosen.values()) - gap, 0), proven)

    def _goes_on(self, bound: int | None = None) -> bool:
        """Notes a bound of the lines' weight, and tells the watcher what is reached for the whole cart."""
        self._weight = max(self._weight, bound or 0)
        if self._watch is None:
            return True
        cart = self.bounded(self._others | self._chosen)
        return self._watch(Progress(_figure(self._instance, cart.chosen.values()), cart.bound))

    def _adopt(self, chosen: Mapping[int, Choice]) -> None:
        """Takes choices over if they are better, counted from scratch in whole numbers, and within the stock."""
        now = [self._chosen[line.position] for line in self.lines]
        new = [chosen.get(line.position, choice) for line, choice in zip(self.lines, now, strict=True)]
        if _in_stock(self._instance, new) and self._instance.worth(new) < self._instance.worth(now):
            self._chosen.update(chosen)

    def _first_settled(self) -> tuple[list[FreeLine], list[Cap]]:
        """Decides what comes before cost. Only stock ties lines together in that, so each group that shares scarce
        stock keeps to its own best: by the choices left to its lines, else by a limit."""
        lines = self.lines
        days = [[choice.first for choice in line.choices if not choice.unfilled] for line in lines]
        more_than_all = 1 + sum(max(0, *some) - min(0, *some) for some in days)

        def count(choice: Choice) -> int:
            return choice.unfilled * more_than_all or choice.first

        proven = _first(self._chosen.values()) == self._days
        if not proven:
            model = IntegerModel(self._instance, lines, Goal(count))
            checks = self._work // (100 * model.columns)
            chosen, bound = model.solved(self._chosen, checks, lambda _: self._goes_on())
            self._adopt(chosen)
            proven = bound is not None and bound >= sum(map(count, self._chosen.values()))
        if proven:
            self._unfilled, self._days = _unfilled(self._chosen.values()), _days(self._chosen.values())
        scarce = contested(self._instance, lines)
        kept, limits = list[FreeLine](), list[Cap]()
        for group in components(lines, scarce, through_openings=False) if proven else [lines]:
            choices = [self._chosen[line.position] for line in group]
            least, filled = _first(choices) == sum(line.least_first for line in group), not _unfilled(choices)
            for line in group:
                most = line.least_first if least else UNFILLED - 1 if filled else math.inf
                kept.append(FreeLine(line.position, tuple(choice for choice in line.choices if choice.first <= most)))
            if not least:
                counts = {(line.position, choice.rank): count(choice) for line in group for choice in line.choices}
                limits.append(Cap(counts, sum(map(count, choices))))
        return kept, limits

    def _round(self, model: IntegerModel, relaxation: Relaxation) -> None:
        """An assignment from the relaxation's largest shares, made better by local search."""
        rounded = Assignment(self._instance, self.lines)
        shares = [round(share, 6) for share in relaxation.shares]
        for at in sorted((at for at, share in enumerate(shares) if share), key=lambda at: -shares[at]):
            line, choice = model.choices[at]
            if line.position not in rounded.chosen and rounded.fits(choice):
                rounded.take(line, choice)
        rounded.complete()
        rounded.improve()
        self._adopt(rounded.chosen)
