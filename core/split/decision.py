"""The best choice for every free line, and how near to the best it is proven to be.

First without regard to stock, destination by destination, exactly; that is the answer where no stock is over-drawn.
Otherwise the destinations that scarce stock ties together are decided together: exactly while that is quick, else by
the solver from a good start.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from core.model import Objective
from core.split.exact import Budget, Frontier, Outcomes, alone, frontier, near_best
from core.split.problem import Choice, FreeLine, Problem, Worth, components, reduced
from core.split.search import Assignment, greedy
from core.split.solver import Bounds, solve

MOVES: Final = 400_000
"""Moves that the exact search may try before the solver takes over: one or two seconds."""

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


class Part(NamedTuple):
    """Lines that have to be decided together, the destinations that they make up, and a good assignment of them."""

    lines: list[FreeLine]
    destinations: list[Destination]
    start: dict[int, Choice]


def decide(problem: Problem, time_limit: float, clock: Callable[[], float]) -> Decision:
    """The best assignment; ties and cents are exact except where the solver had to be asked."""
    destinations = _destinations(replace(problem, stock=(PLENTY,) * len(problem.stock)))
    found = [place.frontier for place in destinations if place.frontier]
    if len(found) == len(destinations):
        chosen = _best(problem, found)
        if _in_stock(problem, chosen):
            return _proven(problem, chosen)
    return _together(problem, destinations, time_limit, clock)


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


def _together(
    problem: Problem, destinations: Sequence[Destination], time_limit: float, clock: Callable[[], float]
) -> Decision:
    lines, scarce = reduced(problem, problem.lines)
    place_of = {position: place for place in destinations for position in place.lines}
    decided: list[Frontier] = []
    hard: list[Part] = []
    budget = Budget(MOVES)
    for members in components(lines, scarce):
        places = list({place.lines: place for place in (place_of[line.position] for line in members)}.values())
        known = [place.frontier for place in places if place.frontier]
        if len(known) == len(places) and not any(choice.stock in scarce for line in members for choice in line.choices):
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
        return _solved(problem, lines, decided, hard, time_limit, clock)
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
    outcomes: Outcomes = {(problem.cost, problem.days): 0}
    for found in frontiers:
        together: Outcomes = {}
        for (cost, days), code in outcomes.items():
            for (more_cost, more_days), more_code in found.outcomes.items():
                outcome, digits = (cost + more_cost, days + more_days), code + more_code
                if together.setdefault(outcome, digits) > digits:
                    together[outcome] = digits
        outcomes = near_best(problem, together)
    _, code = min((problem.measure.value_cents(*outcome), code) for outcome, code in outcomes.items())
    return problem.decoded(code)


def _in_stock(problem: Problem, chosen: dict[int, Choice]) -> bool:
    left = list(problem.stock)
    for line in problem.lines:
        stock = chosen[line.position].stock
        if stock is not None:
            left[stock] -= line.quantity
    return all(packs >= 0 for packs in left)


def _proven(problem: Problem, chosen: dict[int, Choice]) -> Decision:
    return Decision(chosen, _found(problem, chosen.values()), proven=True)


def _found(problem: Problem, chosen: Collection[Choice]) -> int:
    """What the bound is compared with."""
    if problem.measure.objective is Objective.FASTEST:
        return _days_first(chosen)
    return problem.measure.total_cents(problem.cost + problem.outcome(chosen)[0])


def _days_first(chosen: Iterable[Choice]) -> int:
    return sum(choice.first for choice in chosen if choice.pharmacy is not None)


def _solved(
    problem: Problem,
    lines: Sequence[FreeLine],
    decided: Sequence[Frontier],
    hard: Sequence[Part],
    time_limit: float,
    clock: Callable[[], float],
) -> Decision:
    left = [line for part in hard for line in part.lines]
    start = {position: choice for part in hard for position, choice in part.start.items()}
    chosen, bounds = solve(problem, left, start, _floor(problem, hard, start.values()), time_limit, clock)
    code = sum(problem.code(line, chosen[line.position]) for line in left)
    solved = Frontier(0, {problem.outcome(chosen.values()): code})
    polished = Assignment(problem, lines, problem.cost, problem.days)
    for position, choice in _best(problem, [*decided, solved]).items():
        polished.take(problem.lines[position], choice)
    polished.improve()
    base = problem.measure.weight(problem.cost, problem.days)
    weight = base + sum(found.worth(problem).weight for found in decided) + bounds.weight
    return _bounded(problem, polished.chosen, left, bounds._replace(weight=weight))


def _floor(problem: Problem, hard: Iterable[Part], start: Collection[Choice]) -> Bounds:
    """What is known before solving: where every line has a pharmacy, each destination's best regardless of stock."""
    floors = [place.floor for part in hard for place in part.destinations]
    if any(choice.pharmacy is None for choice in start):
        return Bounds(0, sum(min(floor.first, 0) for floor in floors), 0)
    fastest = problem.measure.objective is Objective.FASTEST
    weight = 0 if fastest else sum(floor.weight for floor in floors)
    return Bounds(0, sum(floor.first for floor in floors), weight)


def _bounded(problem: Problem, chosen: dict[int, Choice], solved: Iterable[FreeLine], bounds: Bounds) -> Decision:
    """The decision with its bound; ``bounds`` has the solved lines' own, but the whole cart's weight."""
    choices = [chosen[line.position] for line in solved]
    unfilled, days = sum(choice.pharmacy is None for choice in choices), _days_first(choices)
    cost, priced = problem.outcome(chosen.values())
    value = problem.measure.value_cents(problem.cost + cost, problem.days + priced)
    gap = max(value - problem.measure.least_value_cents(bounds.weight), 0)
    proven = unfilled == bounds.unfilled and days == bounds.first and gap == 0
    if problem.measure.objective is Objective.FASTEST:
        gap = days - bounds.first
    return Decision(chosen, _found(problem, chosen.values()) - gap, proven)
