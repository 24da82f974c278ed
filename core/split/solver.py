"""The split as an integer program, for HiGHS: what the exact search leaves over.

A column for every choice and every opening; a line makes one choice, a choice needs its openings, stock is not
exceeded. Stages follow one another, each under the result of the one before: fill the most lines, then the fewest
days where they come first, then the least weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.split.problem import Choice, FreeLine, Problem

SEED = 1
ROUNDING = 1e-3
"""By how much floating point may put the solver's bound too high, in cents or days."""


class Bounds(NamedTuple):
    """What no assignment can be better than: unfilled lines, then days where they come first, then weight."""

    unfilled: int
    first: int
    weight: int


class Stage(NamedTuple):
    """What one run minimises, in 1/``unit`` cents (or lines, or days)."""

    of_choice: Callable[[Choice], int]
    of_opening: Callable[[int], int]
    unit: int = 1

    def sum(self, chosen: Sequence[Choice]) -> int:
        """What an assignment comes to."""
        opened = {opening for choice in chosen for opening in choice.opens}
        return sum(map(self.of_choice, chosen)) + sum(map(self.of_opening, opened))


def solve(
    problem: Problem,
    lines: Sequence[FreeLine],
    start: dict[int, Choice],
    floor: Bounds,
    seconds: float,
    clock: Callable[[], float],
) -> tuple[dict[int, Choice], Bounds]:
    """The best choices found in ``seconds``, never worse than ``start``, and the bounds; ``floor`` is known before."""
    model, deadline = _Model(problem, lines), clock() + seconds
    chosen, bounds = start, floor
    for name, stage in (
        ("unfilled", Stage(_unfilled, _nothing)),
        ("first", Stage(_days_first, _nothing)),
        ("weight", Stage(problem.weight, problem.fee_weight, problem.measure.weight_unit)),
    ):
        if stage.sum([*chosen.values()]) > getattr(bounds, name):
            chosen, bound = model.minimised(stage, chosen, deadline - clock())
            if bound is not None and bound > getattr(bounds, name):
                bounds = bounds._replace(**{name: bound})
        model.keep(stage, chosen)
    return chosen, bounds


def _unfilled(choice: Choice) -> int:
    return int(choice.pharmacy is None)


def _days_first(choice: Choice) -> int:
    return choice.first if choice.pharmacy is not None else 0


def _nothing(_opening: int) -> int:
    return 0


class _Model:
    """The rows and columns, built once for all stages."""

    def __init__(self, problem: Problem, lines: Sequence[FreeLine]) -> None:
        self.columns = [(line, choice) for line in lines for choice in line.choices]
        self.openings = sorted({opening for _, choice in self.columns for opening in choice.opens})
        self.rows: list[tuple[float, float, dict[int, float]]] = []
        self._one_choice()
        self._openings_needed()
        self._stock_kept(problem)

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
        for at, (line, choice) in enumerate(self.columns):
            if choice.stock is not None:
                rows.setdefault(choice.stock, {})[at] = line.quantity
        self.rows.extend(
            (-math.inf, problem.stock[stock], row)
            for stock, row in rows.items()
            if sum(row.values()) > problem.stock[stock]
        )

    def keep(self, stage: Stage, chosen: dict[int, Choice]) -> None:
        """Lets later stages do no worse than ``chosen`` in this one."""
        costs = self._costs(stage)
        row = {at: cost for at, cost in enumerate(costs) if cost}
        self.rows.append((-math.inf, stage.sum([*chosen.values()]) / stage.unit, row))

    def minimised(self, stage: Stage, start: dict[int, Choice], seconds: float) -> tuple[dict[int, Choice], int | None]:
        """The best choices found and the bound proven, in the stage's units; ``start`` where nothing is better."""
        if seconds <= 0:
            return start, None
        solver = self._solver(stage, start, seconds)
        solver.run()
        info = solver.getInfo()
        dual = info.mip_dual_bound
        bound = math.ceil((dual - ROUNDING) * stage.unit) if math.isfinite(dual) else None
        found = self._chosen(solver.getSolution().col_value)
        if len(found) == len(start) and stage.sum([*found.values()]) < stage.sum([*start.values()]):
            return found, bound
        return start, bound

    def _costs(self, stage: Stage) -> list[float]:
        choices = [stage.of_choice(choice) / stage.unit for _, choice in self.columns]
        return choices + [stage.of_opening(opening) / stage.unit for opening in self.openings]

    def _chosen(self, values: Sequence[float]) -> dict[int, Choice]:
        return {
            line.position: choice for (line, choice), value in zip(self.columns, values, strict=False) if value > 0.5
        }

    def _solver(self, stage: Stage, start: dict[int, Choice], seconds: float) -> Any:
        import highspy

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": SEED,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": max(0.4 / stage.unit, 1e-4),
            "time_limit": seconds,
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
