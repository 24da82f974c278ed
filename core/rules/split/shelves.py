"""What counts before cost, settled SKU by SKU: the most lines filled, then the fewest days where they come first.

Stock ties lines together only through a pharmacy's packs of one SKU, so both are decided apart for each group of lines
that scarce stock joins. What a group comes to at best is then a limit for the rest of the search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.rules.split.effort import Effort
from core.rules.split.problem import Choice, FreeLine, Problem, components, contested
from core.rules.split.relaxation import Limit
from core.rules.split.search import Assignment
from core.rules.split.solver import Stage, nothing, solved

CHECKS: Final = 400
"""Check points of the solver for one group: a few lines that compete for the same packs."""


class Settled(NamedTuple):
    """Lines left with the choices that can still be best, the limits that remain, an assignment that keeps them, and
    what no assignment can be better than in lines unfilled and in days."""

    lines: list[FreeLine]
    limits: list[Limit]
    chosen: dict[int, Choice]
    unfilled: int
    first: int


def settled(problem: Problem, lines: Sequence[FreeLine], start: dict[int, Choice], effort: Effort) -> Settled:
    """Settles every group; ``start`` is an assignment of the lines within the stock."""
    found = Settled([], [], {}, 0, 0)
    unfilled = first = 0
    for group in components(lines, contested(problem, lines), through_openings=False):
        one = _group(problem, group, {line.position: start[line.position] for line in group}, effort)
        found.lines.extend(one.lines)
        found.limits.extend(one.limits)
        found.chosen.update(one.chosen)
        unfilled, first = unfilled + one.unfilled, first + one.first
    found.lines.sort(key=lambda line: line.position)
    if found.chosen != start:
        better = Assignment(problem, lines)
        for line in lines:
            better.take(line, found.chosen[line.position])
        better.improve()
        found.chosen.update(better.chosen)
    return found._replace(unfilled=unfilled, first=first)


def _group(problem: Problem, lines: list[FreeLine], start: dict[int, Choice], effort: Effort) -> Settled:
    least = sum(min(choice.first for choice in line.choices) for line in lines)
    chosen, bound = start, least
    if _first(start) > least:
        smaller = _smaller(lines)
        answer = solved(problem, lines, [], Stage(smaller.of, nothing), start, CHECKS, effort)
        chosen = answer.chosen
        reached = sum(map(smaller.of, chosen.values()))
        bound = _first(chosen) if answer.bound is not None and answer.bound >= reached else least
    proven = bound == _first(chosen)
    unfilled = sum(choice.unfilled for choice in chosen.values())
    days = sum(choice.first for choice in chosen.values() if not choice.unfilled)
    if not proven:
        return Settled(lines, _limits(lines, unfilled, days), chosen, 0, least)
    if unfilled:
        return Settled(lines, _limits(lines, unfilled, days), chosen, unfilled, days)
    if days == least:
        kept = [_only(line, min(choice.first for choice in line.choices)) for line in lines]
        return Settled(kept, [], chosen, 0, days)
    kept = [_only(line, max(choice.first for choice in line.choices if not choice.unfilled)) for line in lines]
    return Settled(kept, _limits(kept, 0, days), chosen, 0, days)


class _Smaller(NamedTuple):
    """``first`` in smaller numbers with the same order: an unfilled line counts more than all days of the group."""

    unfilled: int

    def of(self, choice: Choice) -> int:
        """The same for one choice."""
        return choice.unfilled * self.unfilled if choice.unfilled else choice.first


def _smaller(lines: Sequence[FreeLine]) -> _Smaller:
    days = [[choice.first for choice in line.choices if not choice.unfilled] for line in lines]
    return _Smaller(1 + sum(max(0, *some) - min(0, *some) for some in days))


def _only(line: FreeLine, most: int) -> FreeLine:
    return line._replace(choices=tuple(choice for choice in line.choices if choice.first <= most))


def _limits(lines: Sequence[FreeLine], unfilled: int, days: int) -> list[Limit]:
    counted = [(line.position, choice) for line in lines for choice in line.choices]
    left_out = {(at, choice.rank): choice.unfilled for at, choice in counted if choice.unfilled}
    travelled = {(at, choice.rank): choice.first for at, choice in counted if not choice.unfilled and choice.first}
    limits = [Limit(left_out, unfilled)] if left_out else []
    return [*limits, Limit(travelled, days)] if travelled else limits


def _first(chosen: dict[int, Choice]) -> int:
    return sum(choice.first for choice in chosen.values())
