"""The best choice for every free line, and how near to the best it is proven to be.

First without regard to stock, destination by destination, by enumeration; that is the answer where no stock is
overdrawn. Otherwise lines that scarce stock ties together are enumerated while they are few. The rest is one integer
model: its linear relaxation gives a lower bound and a good assignment, and rules out every choice that is in no better
one; enumeration or branch-and-cut decides among what remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from core.domain.model import Objective
from core.rules.split.enumeration import Budget, Frontier, Outcomes, frontier, near_best
from core.rules.split.instance import Choice, FreeLine, Instance, components, contested, reduced, runs_out
from core.rules.split.integer_model import Goal, Incumbent, IntegerModel, Limit, Relaxation
from core.rules.split.local_search import Assignment, greedy
from core.rules.split.progress import Effort

MOVES: Final = 200_000
"""Moves that enumeration may try in all, each time: half a second."""

PLENTY: Final = 10**12
"""Packs, where stock is not looked at."""


class Solution(NamedTuple):
    """The choice of each line by position. ``bound`` is of the checkout total in cents, for ``fastest`` of the free
    lines' sum of days; ``proven`` when nothing can be better."""

    chosen: dict[int, Choice]
    bound: int
    proven: bool


class Destination(NamedTuple):
    """Lines that share boxes, and their near-best where stock is not looked at (None: too many to tell)."""

    lines: Sequence[FreeLine]
    frontier: Frontier | None


def best_assignment(instance: Instance, effort: Effort) -> Solution:
    """The best assignment; ties are broken line by line where enumeration decided, else as the model has them."""
    boundless = replace(instance, stock=(PLENTY,) * len(instance.stock))
    budget, destinations = Budget(MOVES), []
    for lines in components(reduced(boundless, boundless.lines)[0], frozenset()):
        start = greedy(boundless, lines).chosen
        destinations.append(Destination(lines, _enumerated(boundless, lines, start, budget)))
    frontiers = [place.frontier for place in destinations if place.frontier]
    if len(frontiers) == len(destinations):
        chosen = _best(instance, frontiers)
        if _in_stock(instance, chosen.values()):
            return _proven(instance, chosen)
    return _within_stock(instance, destinations, effort)


def _enumerated(
    instance: Instance, lines: Sequence[FreeLine], start: dict[int, Choice], budget: Budget
) -> Frontier | None:
    ceiling = instance.worth([start[line.position] for line in lines])
    return frontier(instance, lines, contested(instance, lines), ceiling, budget)


def _within_stock(instance: Instance, destinations: Sequence[Destination], effort: Effort) -> Solution:
    lines, scarce = reduced(instance, instance.lines)
    place_of = {line.position: at for at, place in enumerate(destinations) for line in place.lines}
    decided: list[Frontier] = []
    remainder = _Remainder(instance, effort)
    budget = Budget(MOVES)
    for members in components(lines, scarce):
        places = [destinations[at] for at in dict.fromkeys(place_of[line.position] for line in members)]
        regardless = [place.frontier for place in places if place.frontier]
        known = len(regardless) == len(places)
        if known and not any(runs_out(choice, scarce) for line in members for choice in line.choices):
            decided.extend(regardless)
            continue
        start = greedy(instance, members)
        start.improve()
        found = _enumerated(instance, members, start.chosen, budget)
        if found:
            decided.append(found)
        else:
            remainder.add(members, start.chosen, regardless if known else [])
    if not remainder.lines:
        return _proven(instance, _best(instance, decided))
    polished = Assignment(instance, lines, instance.cost, instance.extra)
    for position, choice in _best(instance, [*decided, *remainder.modeled(decided)]).items():
        polished.take(instance.lines[position], choice)
    polished.improve()
    return remainder.bounded(polished.chosen)


def _best(instance: Instance, frontiers: Iterable[Frontier]) -> dict[int, Choice]:
    """The best of all combinations, to the cent and in the order of ties."""
    outcomes: Outcomes = {(instance.cost, instance.extra): 0}
    for found in frontiers:
        together: Outcomes = {}
        for (cost, extra), code in outcomes.items():
            for (more_cost, more_extra), more_code in found.outcomes.items():
                outcome, digits = (cost + more_cost, extra + more_extra), code + more_code
                if together.setdefault(outcome, digits) > digits:
                    together[outcome] = digits
        outcomes = near_best(instance, together)
    _, code = min((instance.measure.value_cents(*outcome), code) for outcome, code in outcomes.items())
    return instance.decoded(code)


def _proven(instance: Instance, chosen: dict[int, Choice]) -> Solution:
    return Solution(chosen, _figure(instance, chosen.values()), proven=True)


def _figure(instance: Instance, chosen: Collection[Choice]) -> int:
    """What the bound is compared with: the total, or the sum of days."""
    if instance.measure.objective is Objective.FASTEST:
        return _days(chosen)
    return instance.measure.total_cents(instance.cost + instance.outcome(chosen)[0])


def _in_stock(instance: Instance, chosen: Iterable[Choice]) -> bool:
    left = list(instance.stock)
    for choice in chosen:
        for stock, packs in choice.takes:
            left[stock] -= packs
    return all(packs >= 0 for packs in left)


def _days(chosen: Iterable[Choice]) -> int:
    """Delivery days where they come first."""
    return sum(choice.first for choice in chosen if not choice.unfilled)


def _unfilled(chosen: Iterable[Choice]) -> int:
    return sum(choice.unfilled for choice in chosen)


class _Remainder:
    """The lines that enumeration leaves open: their incumbent, and lower bounds of every assignment that is as good,
    in lines unfilled, in days where they come first, and in weight."""

    def __init__(self, instance: Instance, effort: Effort) -> None:
        self.lines: list[FreeLine] = []
        self._instance, self._effort = instance, effort
        self._chosen: dict[int, Choice] = {}
        self._unfilled = self._days = self._weight = 0
        self._others: dict[int, Choice] = {}
        self._others_weight = 0

    def add(self, lines: Sequence[FreeLine], start: dict[int, Choice], regardless: Sequence[Frontier]) -> None:
        """More lines with an assignment; their destinations' near-best regardless of stock, where all are known."""
        self.lines.extend(lines)
        self._chosen |= start
        self._days += _least_first(lines)
        if self._instance.measure.objective is not Objective.FASTEST and not _unfilled(start.values()):
            self._weight += sum(found.worth(self._instance).weight for found in regardless)

    def modeled(self, decided: Sequence[Frontier]) -> list[Frontier]:
        """The near-best of the lines as far as the work goes; ``decided`` are all others'."""
        instance = self._instance
        self._others = _best(instance, decided)
        self._others_weight = instance.measure.weight(instance.cost, instance.extra)
        self._others_weight += sum(found.worth(instance).weight for found in decided)
        if self._goes_on():
            lines, limits = self._first_settled()
            goal = Goal(instance.weight, instance.fee_weight, instance.measure.weight_unit)
            model = IntegerModel(instance, lines, goal, limits)
            relaxation = model.relaxed(self._effort.work)
            if relaxation:
                self._round(model, relaxation)
                if self._goes_on(relaxation.bound):
                    return self._finished(self._promising(model, relaxation), goal, limits)
        return [self._as_frontier(self.lines)]

    def bounded(self, chosen: dict[int, Choice]) -> Solution:
        """An assignment of the whole cart with what is known of it."""
        choices = [chosen[line.position] for line in self.lines]
        days, gap = _days(choices) - self._days, self._gap_cents(chosen)
        proven = _unfilled(choices) == self._unfilled and days == 0 and gap == 0
        if self._instance.measure.objective is Objective.FASTEST:
            gap = days
        return Solution(chosen, max(_figure(self._instance, chosen.values()) - gap, 0), proven)

    def _gap_cents(self, chosen: dict[int, Choice]) -> int:
        instance, measure = self._instance, self._instance.measure
        cost, extra = instance.outcome(chosen.values())
        value = measure.value_cents(instance.cost + cost, instance.extra + extra)
        return max(value - measure.least_value_cents(self._others_weight + self._weight), 0)

    def _goes_on(self, bound: int | None = None) -> bool:
        """Notes a bound of the lines' weight, and tells the watcher what is known of the whole cart."""
        self._weight = max(self._weight, bound or 0)
        whole = self.bounded(self._others | self._chosen)
        return self._effort.goes_on(_figure(self._instance, whole.chosen.values()), whole.bound)

    def _adopt(self, chosen: Mapping[int, Choice]) -> None:
        """Takes choices over if they are better, counted from scratch in whole numbers, and within the stock."""
        now = [self._chosen[line.position] for line in self.lines]
        new = [chosen.get(line.position, choice) for line, choice in zip(self.lines, now, strict=True)]
        if _in_stock(self._instance, new) and self._instance.worth(new) < self._instance.worth(now):
            self._chosen = {**self._chosen, **chosen}

    def _first_settled(self) -> tuple[list[FreeLine], list[Limit]]:
        """Decides what comes before cost. Only stock ties lines together in that, so each group that shares scarce
        stock keeps to its own best: by the choices left to its lines, else by a limit."""
        instance, lines = self._instance, self.lines
        days = [[choice.first for choice in line.choices if not choice.unfilled] for line in lines]
        more_than_all = 1 + sum(max(0, *some) - min(0, *some) for some in days)

        def count(choice: Choice) -> int:
            return choice.unfilled * more_than_all or choice.first

        proven = _first(self._chosen.values()) == self._days
        if not proven:
            model = IntegerModel(instance, lines, Goal(count))
            answer = model.solved(self._chosen, self._effort.work, lambda _: self._goes_on())
            self._adopt(answer.chosen)
            proven = answer.bound is not None and answer.bound >= sum(map(count, self._chosen.values()))
        if proven:
            self._unfilled, self._days = _unfilled(self._chosen.values()), _days(self._chosen.values())
        kept: list[FreeLine] = []
        limits: list[Limit] = []
        for group in components(lines, contested(instance, lines), through_openings=False) if proven else [lines]:
            chosen = [self._chosen[line.position] for line in group]
            least, filled = _first(chosen) == _least_first(group), not _unfilled(chosen)
            for line in group:
                choices = (
                    choice
                    for choice in line.choices
                    if (choice.first == line.least_first if least else not (filled and choice.unfilled))
                )
                kept.append(FreeLine(line.position, tuple(choices)))
            if not least:
                counts = {(line.position, choice.rank): count(choice) for line in group for choice in line.choices}
                limits.append(Limit(counts, sum(map(count, chosen))))
        return kept, limits

    def _round(self, model: IntegerModel, relaxation: Relaxation) -> None:
        """An assignment from the relaxation's largest shares."""
        found = Assignment(self._instance, self.lines)
        shares = [round(share, 6) for share in relaxation.shares]
        for at in sorted((at for at, share in enumerate(shares) if share), key=lambda at: -shares[at]):
            line, choice = model.choices[at]
            if line.position not in found.chosen and found.fits(choice):
                found.take(line, choice)
        found.complete()
        found.improve()
        self._adopt(found.chosen)

    def _promising(self, model: IntegerModel, relaxation: Relaxation) -> list[FreeLine]:
        """The lines with the choices that an assignment as good as the incumbent can make."""
        most = self._instance.worth(self._chosen.values()).weight + self._instance.measure.slack
        kept: dict[int, list[Choice]] = {}
        for (line, choice), bound in zip(model.choices, relaxation.bounds, strict=True):
            choices = kept.setdefault(line.position, [])
            if bound <= most or choice == self._chosen[line.position]:
                choices.append(choice)
        return [FreeLine(position, tuple(choices)) for position, choices in kept.items()]

    def _finished(self, lines: Sequence[FreeLine], goal: Goal, limits: Sequence[Limit]) -> list[Frontier]:
        """Decides among what is left: by enumeration where that is quick, the rest by branch-and-cut."""
        instance, budget = self._instance, Budget(MOVES)
        exact: list[Frontier] = []
        rest: list[FreeLine] = list(lines) if limits else []
        for members in () if limits else components(lines, contested(instance, lines)):
            found = _enumerated(instance, members, self._chosen, budget)
            if found:
                exact.append(found)
            else:
                rest.extend(members)
        weight = sum(found.worth(instance).weight for found in exact)
        if not rest:
            self._goes_on(weight)
            return exact

        def report(incumbent: Incumbent) -> bool:
            self._adopt(incumbent.chosen)
            return self._goes_on(None if incumbent.bound is None else weight + incumbent.bound)

        start = {line.position: self._chosen[line.position] for line in rest}
        report(IntegerModel(instance, rest, goal, limits).solved(start, self._effort.work, report))
        return [*exact, self._as_frontier(rest)]

    def _as_frontier(self, lines: Sequence[FreeLine]) -> Frontier:
        """The incumbent's choices, as if there were no others."""
        chosen = [(line, self._chosen[line.position]) for line in lines]
        code = sum(self._instance.code(line, choice) for line, choice in chosen)
        choices = [choice for _, choice in chosen]
        return Frontier(_first(choices), {self._instance.outcome(choices): code})


def _first(chosen: Iterable[Choice]) -> int:
    return sum(choice.first for choice in chosen)


def _least_first(lines: Iterable[FreeLine]) -> int:
    return sum(line.least_first for line in lines)
