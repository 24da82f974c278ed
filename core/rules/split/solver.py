"""A part of the split as an integer program, for HiGHS: what searching and diving leave open.

A column for every choice and every opening; a line makes one choice, a choice needs its openings, stock and limits are
kept. How hard HiGHS tries is limited by its own check points, never by time: the same program has the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.rules.split.effort import Effort
from core.rules.split.problem import Choice, FreeLine, Problem
from core.rules.split.relaxation import Limit

SEED = 1
ROUNDING = 1e-3
"""By how much floating point may put the solver's bound too high, in cents or lines."""


class Stage(NamedTuple):
    """What a run minimises, in 1/``unit`` cents (or lines, or days)."""

    of_choice: Callable[[Choice], int]
    of_opening: Callable[[int], int]
    unit: int = 1

    def sum(self, chosen: Sequence[Choice]) -> int:
        """What an assignment comes to."""
        opened = {opening for choice in chosen for opening in choice.opens}
        return sum(map(self.of_choice, chosen)) + sum(map(self.of_opening, opened))


class Solved(NamedTuple):
    """The best choices found and the least that any can come to, in the stage's units (None: not known)."""

    chosen: dict[int, Choice]
    bound: int | None


def solved(
    problem: Problem,
    lines: Sequence[FreeLine],
    limits: Sequence[Limit],
    stage: Stage,
    start: dict[int, Choice],
    checks: int,
    effort: Effort,
) -> Solved:
    """The best choices that HiGHS finds within ``checks`` of its check points, never worse than ``start``."""
    if not effort.goes_on():
        return Solved(start, None)
    return _Model(problem, lines, limits).solved(stage, start, checks, effort)


def nothing(_opening: int) -> int:
    """An opening that does not count."""
    return 0


class _Model:
    """The rows and columns."""

    def __init__(self, problem: Problem, lines: Sequence[FreeLine], limits: Sequence[Limit]) -> None:
        self.columns = [(line, choice) for line in lines for choice in line.choices]
        self.openings = sorted({opening for _, choice in self.columns for opening in choice.opens})
        self.rows: list[tuple[float, float, dict[int, float]]] = []
        self._one_choice()
        self._openings_needed()
        self._stock_kept(problem)
        for limit in limits:
            row = {
                at: float(counted)
                for at, (line, choice) in enumerate(self.columns)
                if (counted := limit.counts.get((line.position, choice.rank), 0))
            }
            self.rows.append((-math.inf, limit.most, row))

    def _one_choice(self) -> None:
        rows: dict[int, dict[int, float]] = {}
        for at, (line, _) in enumerate(self.columns):
            rows.setdefault(line.position, {})[at] = 1
        self.rows.extend((1, 1, row) for row in rows.values())

    def _openings_needed(self) -> None:
        column = {opening: len(self.columns) + at for at, opening in enumerate(self.openings)}
        rows: dict[tuple[int, int], dict[int, float]] = {}
        for at, (line, choice) in enumerate(self.columns):
            for opening in choice.opens:
                rows.setdefault((line.position, opening), {column[opening]: -1})[at] = 1
        self.rows.extend((-math.inf, 0, row) for row in rows.values())

    def _stock_kept(self, problem: Problem) -> None:
        rows: dict[int, dict[int, float]] = {}
        for at, (_, choice) in enumerate(self.columns):
            for stock, packs in choice.takes:
                rows.setdefault(stock, {})[at] = packs
        self.rows.extend(
            (-math.inf, problem.stock[stock], row)
            for stock, row in rows.items()
            if sum(row.values()) > problem.stock[stock]
        )

    def solved(self, stage: Stage, start: dict[int, Choice], checks: int, effort: Effort) -> Solved:
        """Runs HiGHS once."""
        solver = self._solver(stage, start)
        seen = 0

        def stop_when_due(event: Any) -> None:
            nonlocal seen
            seen += 1
            if seen > checks or not effort.goes_on():
                event.data_in.user_interrupt = True

        solver.cbMipInterrupt += stop_when_due
        solver.run()
        dual = solver.getInfo().mip_dual_bound
        bound = math.ceil((dual - ROUNDING) * stage.unit) if math.isfinite(dual) else None
        found = self._chosen(solver.getSolution().col_value)
        if len(found) == len(start) and stage.sum([*found.values()]) < stage.sum([*start.values()]):
            return Solved(found, bound)
        return Solved(start, bound)

    def _costs(self, stage: Stage) -> list[float]:
        choices = [stage.of_choice(choice) / stage.unit for _, choice in self.columns]
        return choices + [stage.of_opening(opening) / stage.unit for opening in self.openings]

    def _chosen(self, values: Sequence[float]) -> dict[int, Choice]:
        return {
            line.position: choice for (line, choice), value in zip(self.columns, values, strict=False) if value > 0.5
        }

    def _solver(self, stage: Stage, start: dict[int, Choice]) -> Any:
        import highspy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": SEED,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": max(0.4 / stage.unit, 1e-4),
        }.items():
            solver.setOptionValue(option, value)
        solver.passModel(self._program(highspy, self._costs(stage)))
        solution = highspy.HighsSolution()
        solution.col_value = self._values(start)
        solver.setSolution(solution)
        return solver

    def _values(self, chosen: dict[int, Choice]) -> list[float]:
        opened = {opening for choice in chosen.values() for opening in choice.opens}
        choices = [float(chosen[line.position] == choice) for line, choice in self.columns]
        return choices + [float(opening in opened) for opening in self.openings]

    def _program(self, highspy: Any, costs: list[float]) -> Any:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(costs), len(self.rows)
        program.col_cost_ = costs
        program.col_lower_, program.col_upper_ = [0.0] * len(costs), [1.0] * len(costs)
        program.integrality_ = [highspy.HighsVarType.kInteger] * len(costs)
        program.row_lower_ = [max(lower, -highspy.kHighsInf) for lower, _, _ in self.rows]
        program.row_upper_ = [float(upper) for _, upper, _ in self.rows]
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        starts = [0]
        for _, _, row in self.rows:
            starts.append(starts[-1] + len(row))
        matrix.start_ = starts
        matrix.index_ = [at for _, _, row in self.rows for at in row]
        matrix.value_ = [float(value) for _, _, row in self.rows for value in row.values()]
        return program
