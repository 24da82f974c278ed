"""The best choice for every free line, and how near to the best it is proven to be.

First without regard to stock, destination by destination, exactly; that is the answer where no stock is over-drawn.
Otherwise the destinations that scarce stock ties together are decided together: exactly while that is quick, else by
the solver from a good start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from core.domain.model import Objective
from core.rules.split.effort import Effort
from core.rules.split.exact import Budget, Frontier, Outcomes, alone, frontier, near_best
from core.rules.split.hard import Known, worked_out
from core.rules.split.problem import Choice, FreeLine, Problem, Worth, components, reduced, runs_out
from core.rules.split.search import Assignment, greedy

MOVES: Final = 400_000
"""Moves that the exact search may try on destinations alone: one or two seconds."""

MOVES_TOGETHER: Final = 40_000
"""The same for what scarce stock ties together, before bounds are brought in: a tenth of a second."""

MOVES_A_DESTINATION: Final = 150_000
"""The same for lines that share boxes; twenty lines that ten pharmacies may fill take a tenth of it."""

MOVES_BY_SIZE: Final = 60_000_000
"""The same for one part tied together by stock, times the square of its lines: the solver is soon quicker there."""

PLENTY: Final = 10**12
"""Packs, where stock is not looked at."""


class Decision(NamedTuple):
    """The choice of each line by position. ``bound`` is of the checkout total in cents, for ``fastest`` of the free
    lines' sum of days; ``proven`` when nothing can be better."""

    chosen: dict[int, Choice]
    bound: int
    proven: bool


class Destination(NamedTuple):
    """Lines that share boxes, by position; their near-best where stock is not looked at (None: too many to tell)."""

    lines: tuple[int, ...]
    frontier: Frontier | None
    floor: Worth


class Bounds(NamedTuple):
    """What no assignment can be better than: unfilled lines, then days where they come first, then weight."""

    unfilled: int
    first: int
    weight: int


class Part(NamedTuple):
    """Lines that have to be decided together, the destinations that they make up, and a good assignment of them."""

    lines: list[FreeLine]
    destinations: list[Destination]
    start: dict[int, Choice]


def decide(problem: Problem, effort: Effort) -> Decision:
    """The best assignment; ties and cents are exact except where the solver had to be asked."""
    destinations = _destinations(replace(problem, stock=(PLENTY,) * len(problem.stock)))
    found = [place.frontier for place in destinations if place.frontier]
    if len(found) == len(destinations):
        chosen = _best(problem, found)
        if _in_stock(problem, chosen):
            return _proven(problem, chosen)
    return _together(problem, destinations, effort)


def _destinations(relaxed: Problem) -> list[Destination]:
    lines, _ = reduced(relaxed, relaxed.lines)
    budget = Budget(MOVES)
    return [_destination(relaxed, group, budget) for group in components(lines, frozenset())]


def _destination(relaxed: Problem, lines: Sequence[FreeLine], budget: Budget) -> Destination:
    """Every line has a pharmacy here, and what counts before cost is the least for each."""
    positions = tuple(line.position for line in lines)
    if len(lines) == 1:
        only = alone(relaxed, lines[0])
        return Destination(positions, only, only.worth(relaxed))
    floor = Worth(
        sum(line.choices[0].first for line in lines),
        sum(min(map(relaxed.weight, line.choices)) for line in lines),
    )
    ceiling = relaxed.worth(greedy(relaxed, lines).chosen.values())
    budget.begin(MOVES_A_DESTINATION)
    found = frontier(relaxed, [lines], frozenset(), [floor], ceiling, budget)
    return Destination(positions, found, found.worth(relaxed) if found else floor)


def _together(problem: Problem, destinations: Sequence[Destination], effort: Effort) -> Decision:
    lines, scarce = reduced(problem, problem.lines)
    place_of = {position: place for place in destinations for position in place.lines}
    decided: list[Frontier] = []
    hard: list[Part] = []
    budget = Budget(min(MOVES, MOVES_TOGETHER))
    for members in components(lines, scarce):
        places = list({place.lines: place for place in (place_of[line.position] for line in members)}.values())
        known = [place.frontier for place in places if place.frontier]
        if len(known) == len(places) and not any(
            runs_out(choice, scarce) for line in members for choice in line.choices
        ):
            decided.extend(known)
            continue
        start = greedy(problem, members)
        start.improve()
        part = Part(members, places, start.chosen)
        found = _exactly(problem, part, scarce, budget)
        if found:
            decided.append(found)
        else:
            hard.append(part)
    if hard:
        return _solved(problem, lines, decided, hard, effort)
    return _proven(problem, _best(problem, decided))


def _exactly(problem: Problem, part: Part, scarce: frozenset[int], budget: Budget) -> Frontier | None:
    """Destinations that share boxes once stock drives lines out of their best ones are one group."""
    groups = components(part.lines, frozenset())
    floors = []
    for group in groups:
        positions = {line.position for line in group}
        places = [place.floor for place in part.destinations if not positions.isdisjoint(place.lines)]
        floors.append(Worth(sum(floor.first for floor in places), sum(floor.weight for floor in places)))
    budget.begin(MOVES_BY_SIZE // len(part.lines) ** 2)
    return frontier(problem, groups, scarce, floors, problem.worth(part.start.values()), budget)


def _best(problem: Problem, frontiers: Iterable[Frontier]) -> dict[int, Choice]:
    """The best of all combinations, to the cent and in the order of ties."""
    outcomes: Outcomes = {(problem.cost, problem.extra): 0}
    for found in frontiers:
        together: Outcomes = {}
        for (cost, extra), code in outcomes.items():
            for (more_cost, more_extra), more_code in found.outcomes.items():
                outcome, digits = (cost + more_cost, extra + more_extra), code + more_code
                if together.setdefault(outcome, digits) > digits:
                    together[outcome] = digits
        outcomes = near_best(problem, together)
    _, code = min((problem.measure.value_cents(*outcome), code) for outcome, code in outcomes.items())
    return problem.decoded(code)


def _in_stock(problem: Problem, chosen: dict[int, Choice]) -> bool:
    left = list(problem.stock)
    for line in problem.lines:
        for stock, packs in chosen[line.position].takes:
            left[stock] -= packs
    return all(packs >= 0 for packs in left)


def _proven(problem: Problem, chosen: dict[int, Choice]) -> Decision:
    return Decision(chosen, _found(problem, chosen.values()), proven=True)


def _found(problem: Problem, chosen: Collection[Choice]) -> int:
    """What the bound is compared with."""
    if problem.measure.objective is Objective.FASTEST:
        return _days_first(chosen)
    return problem.measure.total_cents(problem.cost + problem.outcome(chosen)[0])


def _days_first(chosen: Iterable[Choice]) -> int:
    return sum(choice.first for choice in chosen if not choice.unfilled)


def _solved(
    problem: Problem, lines: Sequence[FreeLine], decided: Sequence[Frontier], hard: Sequence[Part], effort: Effort
) -> Decision:
    """Works the hard parts out one by one, the others' choices standing as they are."""
    now = problem.decoded(sum(_first_code(found) for found in decided))
    for part in hard:
        now.update(part.start)
    weights = [_floor(problem, part) for part in hard]
    base = problem.measure.weight(problem.cost, problem.extra)
    base += sum(found.worth(problem).weight for found in decided)
    parts: list[Known] = []

    def report(at: int, chosen: dict[int, Choice], weight: int) -> bool:
        now.update(chosen)
        weights[at] = weight
        value, total = _value(problem, now), _found(problem, now.values())
        gap = max(value - problem.measure.least_value_cents(base + sum(weights)), 0)
        return effort.goes_on(total, total - gap)

    for at, part in enumerate(hard):
        parts.append(worked_out(problem, part.lines, part.start, weights[at], effort, partial(report, at)))
    exact = [found for known in parts for found in known.exact]
    polished = Assignment(problem, lines, problem.cost, problem.extra)
    chosen = _best(problem, [*decided, *exact])
    for known in parts:
        if not known.exact:
            chosen.update(known.chosen)
    for position, choice in chosen.items():
        polished.take(problem.lines[position], choice)
    polished.improve()
    bounds = Bounds(
        sum(known.unfilled for known in parts),
        sum(known.first for known in parts),
        base + sum(known.weight for known in parts),
    )
    return _bounded(problem, polished.chosen, [line for part in hard for line in part.lines], bounds)


def _first_code(found: Frontier) -> int:
    return next(iter(found.outcomes.values()))


def _value(problem: Problem, chosen: dict[int, Choice]) -> int:
    cost, extra = problem.outcome(chosen.values())
    return problem.measure.value_cents(problem.cost + cost, problem.extra + extra)


def _floor(problem: Problem, part: Part) -> int:
    """What a part weighs at least: where its start fills every line and cost comes first, each destination's best
    regardless of stock; else only what no choice can be below."""
    unfilled = any(choice.unfilled for choice in part.start.values())
    if unfilled or problem.measure.objective is Objective.FASTEST:
        return sum(min(map(problem.weight, line.choices)) for line in part.lines)
    return sum(place.floor.weight for place in part.destinations)


def _bounded(problem: Problem, chosen: dict[int, Choice], solved: Iterable[FreeLine], bounds: Bounds) -> Decision:
    """The decision with its bound; ``bounds`` has the solved lines' own, but the whole cart's weight."""
    choices = [chosen[line.position] for line in solved]
    unfilled, days = sum(choice.unfilled for choice in choices), _days_first(choices)
    gap = max(_value(problem, chosen) - problem.measure.least_value_cents(bounds.weight), 0)
    proven = unfilled == bounds.unfilled and days == bounds.first and gap == 0
    if problem.measure.objective is Objective.FASTEST:
        gap = days - bounds.first
    return Decision(chosen, max(_found(problem, chosen.values()) - gap, 0), proven)
