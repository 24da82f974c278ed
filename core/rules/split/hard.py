"""A part of the split that the exact search could not do: bound first, then a good assignment, then what is left.

The bound comes from prices of stock, a good assignment from diving; every choice that would lift the bound above that
assignment is in no better one and is left out, which mostly leaves so little that it can be decided exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from core.rules.split.columns import Columns
from core.rules.split.effort import Effort
from core.rules.split.exact import Budget, Frontier, frontier
from core.rules.split.mending import mended
from core.rules.split.problem import Choice, FreeLine, Problem, Worth, components, contested
from core.rules.split.relaxation import Limit, Relaxation
from core.rules.split.search import Assignment
from core.rules.split.shelves import Settled, settled
from core.rules.split.solver import Solved, Stage, solved

SHARES: Final = (0.1, 0.05)
"""How much of a part is settled at a time while diving: the second dive is slower and often better."""

MORE_SHARES: Final = (0.03, 0.2)
"""Two dives more where the gap is still wide and every line can be filled."""

GOOD_ENOUGH: Final = 1e-4
"""Relative gap at which diving ends."""

MOVES: Final = 60_000
"""Moves of the exact search on what is left of a part: a tenth of a second or two."""

CHECKS: Final = 25
"""Check points of the solver on what is left of a part: those that it can close take it five to twenty."""

WORK: Final = 160_000_000
"""More check points are worth it where little is left: so many, over the square of the choices."""

MOST_SCARCE: Final = 200
"""Scarce stocks that a part may be tied by for the solver to be asked: it gets nowhere with more, nor with half of them
where the gap is wide."""

HOPELESS: Final = 5e-4
"""Relative gap that is wide: the solver closes few of those in the time that people wait."""

FEW_CHOICES: Final = 400
"""Choices that it is given whatever the gap."""

MOST_CHOICES: Final = 3_000
"""Choices that the solver is given at most; above, it finds nothing in the time that people wait."""


class Known(NamedTuple):
    """What is known of a part: an assignment, what none can be better than (lines unfilled, days where they come first,
    weight), and its near-best outcomes where they were found exactly."""

    chosen: dict[int, Choice]
    unfilled: int
    first: int
    weight: int
    exact: list[Frontier]


Report = Callable[[dict[int, Choice], int], bool]
"""Told of a part's assignment and the bound of its weight; False stops."""


def worked_out(
    problem: Problem,
    lines: Sequence[FreeLine],
    start: dict[int, Choice],
    floor: int,
    effort: Effort,
    report: Report,
) -> Known:
    """The best assignment of a part, never worse than ``start``; ``floor`` is a known bound of its weight."""
    if not report(start, floor):
        return Known(start, 0, sum(min(choice.first for choice in line.choices) for line in lines), floor, [])
    shelf = settled(problem, lines, start, effort)
    return _Part(problem, lines, shelf, floor, effort, report).known()


class _Part:
    def __init__(
        self,
        problem: Problem,
        lines: Sequence[FreeLine],
        shelf: Settled,
        floor: int,
        effort: Effort,
        report: Report,
    ) -> None:
        self.problem, self.lines, self.shelf = problem, lines, shelf
        self.effort, self.report = effort, report
        self.chosen = shelf.chosen
        self.bound = max(floor, sum(min(map(problem.weight, line.choices)) for line in shelf.lines))
        self.exact: list[Frontier] = []

    def known(self) -> Known:
        relaxed = Relaxation(self.problem, self.shelf.lines, self.shelf.limits)
        left = self._dived(relaxed) if relaxed.exact and self.effort.goes_on() else self.shelf.lines
        if not self._closed() or not self.shelf.limits:
            self._finish(left)
        return Known(self.chosen, self.shelf.unfilled, self.shelf.first, self.bound, self.exact)

    def _weight(self, chosen: dict[int, Choice] | None = None) -> int:
        return self.problem.worth((chosen or self.chosen).values()).weight

    def _gap(self) -> float:
        """How far the assignment may be from the best, relative to the bound."""
        return (self._weight() - self.bound) / max(abs(self.bound), 1)

    def _closed(self) -> bool:
        return self._weight() <= self.bound

    def _note(self, bound: int) -> bool:
        self.bound = max(self.bound, bound)
        return self.report(self.chosen, self.bound)

    def _dived(self, relaxed: Relaxation) -> list[FreeLine]:
        """Finds the bound and a good assignment; returns the lines with the choices that can still be better."""
        columns = Columns(relaxed, relaxed.as_choices(self.chosen), self._weight() * relaxed.scale)
        columns.bounded(self.effort)
        goes_on = self._note(-(-columns.bound // relaxed.scale))
        for share in (*SHARES, *MORE_SHARES):
            enough = HOPELESS if share in MORE_SHARES else GOOD_ENOUGH
            if not goes_on or self._gap() <= enough or (share in MORE_SHARES and self.shelf.limits):
                break
            self._take(relaxed, columns, share)
            goes_on = self._note(self.bound)
        if goes_on and self._gap() > GOOD_ENOUGH:
            self.chosen = mended(self.problem, relaxed, columns.prices, self.shelf.limits, self.chosen, self._step)
        most = (self._weight() + self.problem.measure.slack) * relaxed.scale
        open_ = (relaxed.forced(columns.prices) + columns.bound <= most).tolist()
        kept: list[list[Choice]] = [[] for _ in relaxed.lines]
        for (line, choice), still in zip(relaxed.choices, open_, strict=True):
            if still or self.chosen[relaxed.lines[line].position] == choice:
                kept[line].append(choice)
        return [line._replace(choices=tuple(some)) for line, some in zip(relaxed.lines, kept, strict=True)]

    def _step(self, chosen: dict[int, Choice]) -> bool:
        """A better assignment while mending; whether to go on."""
        self.chosen = chosen
        return self._note(self.bound) and self._gap() > GOOD_ENOUGH

    def _take(self, relaxed: Relaxation, columns: Columns, share: float) -> None:
        """Dives, gives the lines that are left over their best choices, and improves all."""
        found = Assignment(self.problem, self.lines)
        by_position = {line.position: line for line in self.lines}
        for choices in columns.dived(share, self.effort):
            for at in [] if choices is None else choices.tolist():
                line, choice = relaxed.choices[at]
                found.take(by_position[relaxed.lines[line].position], choice)
        rest = [line for line in self.lines if line.position not in found.chosen]
        for line in sorted(rest, key=lambda line: (len(line.choices), line.position)):
            if not found.take_best(line):
                return
        found.improve()
        before = Assignment(self.problem, self.lines)
        for line in self.lines:
            before.take(line, self.chosen[line.position])
        if found.value < before.value and _keeps(self.shelf.limits, found.chosen):
            self.chosen = found.chosen

    def _finish(self, lines: Sequence[FreeLine]) -> None:
        """Decides what is left part by part: exactly, else by the solver; else the bound stays as it is."""
        bound: int | None = 0
        chosen = dict(self.chosen)
        budget = Budget(MOVES)
        limits = self.shelf.limits
        for members in [list(lines)] if limits else components(lines, contested(self.problem, lines)):
            here = {line.position: chosen[line.position] for line in members}
            found = None if limits else self._exactly(members, here, budget)
            if found is not None:
                self.exact.append(found)
                bound = None if bound is None else bound + found.worth(self.problem).weight
                continue
            answer = self._solved(members, here)
            chosen.update(answer.chosen)
            self.exact.append(self._as_found(members, answer.chosen))
            bound = None if bound is None or answer.bound is None else bound + answer.bound
        self.chosen = chosen
        if bound is not None:
            self._note(bound)

    def _exactly(self, lines: list[FreeLine], here: dict[int, Choice], budget: Budget) -> Frontier | None:
        groups = components(lines, frozenset())
        floors = [
            Worth(
                sum(min(choice.first for choice in line.choices) for line in group),
                sum(min(map(self.problem.weight, line.choices)) for line in group),
            )
            for group in groups
        ]
        scarce = contested(self.problem, lines)
        return frontier(self.problem, groups, scarce, floors, self.problem.worth(here.values()), budget)

    def _solved(self, lines: list[FreeLine], here: dict[int, Choice]) -> Solved:
        size = sum(len(line.choices) for line in lines)
        scarce = len(contested(self.problem, lines))
        tangled = scarce > (MOST_SCARCE if self._gap() <= HOPELESS else MOST_SCARCE // 2)
        if size > (FEW_CHOICES if tangled else MOST_CHOICES):
            return Solved(here, None)
        weight = Stage(self.problem.weight, self.problem.fee_weight, self.problem.measure.weight_unit)
        checks = max(CHECKS, WORK // size**2)
        return solved(self.problem, lines, self.shelf.limits, weight, here, checks, self.effort)

    def _as_found(self, lines: list[FreeLine], chosen: dict[int, Choice]) -> Frontier:
        code = sum(self.problem.code(line, chosen[line.position]) for line in lines)
        return Frontier(sum(choice.first for choice in chosen.values()), {self.problem.outcome(chosen.values()): code})


def _keeps(limits: Sequence[Limit], chosen: dict[int, Choice]) -> bool:
    """Whether an assignment keeps to limits."""
    return all(
        sum(limit.counts.get((position, choice.rank), 0) for position, choice in chosen.items()) <= limit.most
        for limit in limits
    )
