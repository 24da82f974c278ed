"""What enumeration leaves open as one integer program, for HiGHS.

A binary column for every choice of a line and for every opening; a line makes one choice, a choice needs its openings,
stock and limits are kept. HiGHS is limited by its own counts (simplex iterations, check points), never by time: the
same program has the same answer on every machine. An answer is read as choices, and whoever asked for it counts them
again in whole cents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from core.rules.split.instance import Choice, FreeLine, Instance

OPTIONS: Final = {"output_flag": False, "threads": 1, "random_seed": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-4}
ROUNDING: Final = 4e-4
"""By how much floating point may put a bound too high, in cents (or lines, or days): four times the gap allowed."""

LEAST_CHECKS: Final = 4
"""With fewer check points branch-and-cut does not get beyond the relaxation."""


class Cap(NamedTuple):
    """What some choices may sum to at most; ``counts`` is by line position and rank."""

    counts: Mapping[tuple[int, int], int]
    most: int


class Goal(NamedTuple):
    """What is minimized, in 1/``unit`` cents (or lines, or days); without ``fee`` openings do not matter."""

    cost: Callable[[Choice], int]
    fee: Callable[[int], int] | None = None
    unit: int = 1


class Relaxation(NamedTuple):
    """The linear relaxation: a bound of every assignment, and its share of each of the model's ``choices``."""

    bound: int
    shares: list[float]


class IntegerModel:
    """The program of some lines. Costs count above each line's least, so that their digits suffice."""

    def __init__(self, instance: Instance, lines: Sequence[FreeLine], goal: Goal, limits: Sequence[Cap] = ()) -> None:
        self.choices = [(line, choice) for line in lines for choice in line.choices]
        self._goal = goal
        self._least = {line.position: min(map(goal.cost, line.choices)) for line in lines}
        opened = {opening for _, choice in self.choices for opening in choice.opens} if goal.fee else set()
        self._column = {opening: len(self.choices) + at for at, opening in enumerate(sorted(opened))}
        self.columns = len(self.choices) + len(self._column)
        self._rows: list[tuple[float, float, Mapping[int, int]]] = []
        self._rows.extend((1, 1, row) for row in self._rows_by(lambda line, _: [(line.position, 1)]).values())
        if opened:
            needed = self._rows_by(lambda line, choice: [((line.position, opening), 1) for opening in choice.opens])
            for (_, opening), row in needed.items():
                self._rows.append((-math.inf, 0, row | {self._column[opening]: -1}))
        for stock, row in self._rows_by(lambda _, choice: choice.takes).items():
            if sum(row.values()) > instance.stock[stock]:
                self._rows.append((-math.inf, instance.stock[stock], row))
        for limit in limits:
            counts = [limit.counts.get((line.position, choice.rank), 0) for line, choice in self.choices]
            self._rows.append((-math.inf, limit.most, {at: count for at, count in enumerate(counts) if count}))

    def _rows_by(
        self, terms: Callable[[FreeLine, Choice], Iterable[tuple[Hashable, int]]]
    ) -> dict[Any, dict[int, int]]:
        rows: dict[Any, dict[int, int]] = {}
        for at, (line, choice) in enumerate(self.choices):
            for key, coefficient in terms(line, choice):
                rows.setdefault(key, {})[at] = coefficient
        return rows

    def relaxed(self, work: int) -> Relaxation | None:
        """The linear relaxation; None where it takes more than ``work``: iterations times rows."""
        solver = self._solver(integer=False)
        solver.setOptionValue("simplex_iteration_limit", work // len(self._rows))
        solver.run()
        bound = self._bound(solver.getInfo().objective_function_value)
        if bound is None or solver.modelStatusToString(solver.getModelStatus()) != "Optimal":
            return None
        return Relaxation(bound, list(solver.getSolution().col_value)[: len(self.choices)])

    def solved(
        self, start: dict[int, Choice], checks: int, goes_on: Callable[[int | None], bool]
    ) -> tuple[dict[int, Choice], int | None]:
        """The best that branch-and-cut finds from ``start``, and what any comes to at least (None: no bound).

        It may pass ``checks`` check points, and asks ``goes_on`` with its bound at each.
        """
        if checks < LEAST_CHECKS:
            return start, None
        solver = self._solver(integer=True)
        solver.setSolution(self._solution(start))

        def checked(event: Any) -> None:
            nonlocal checks
            checks -= 1
            event.data_in.user_interrupt = checks < 0 or not goes_on(self._bound(event.data_out.mip_dual_bound))

        solver.cbMipInterrupt += checked
        solver.run()
        values = zip(self.choices, solver.getSolution().col_value, strict=False)
        chosen = {line.position: choice for (line, choice), value in values if value > 0.5}
        return chosen, self._bound(solver.getInfo().mip_dual_bound)

    def _bound(self, value: float) -> int | None:
        """The least whole amount that is not below a bound of the solver's, in the goal's units."""
        if not math.isfinite(value):
            return None
        return sum(self._least.values()) + math.ceil((value - ROUNDING) * self._goal.unit)

    def _solution(self, chosen: dict[int, Choice]) -> Any:
        import highspy

        opened = {opening for choice in chosen.values() for opening in choice.opens}
        solution = highspy.HighsSolution()
        solution.col_value = [
            *(float(chosen[line.position] == choice) for line, choice in self.choices),
            *(float(opening in opened) for opening in self._column),
        ]
        return solution

    def _solver(self, *, integer: bool) -> Any:
        import highspy  # a tenth of a second that most carts do not need

        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in OPTIONS.items():
            solver.setOptionValue(option, value)
        program = highspy.HighsLp()
        costs = [self._goal.cost(choice) - self._least[line.position] for line, choice in self.choices]
        costs += [self._goal.fee(opening) for opening in self._column if self._goal.fee]
        program.col_cost_ = [cost / self._goal.unit for cost in costs]
        program.num_col_, program.num_row_ = len(program.col_cost_), len(self._rows)
        program.col_lower_, program.col_upper_ = [0.0] * program.num_col_, [1.0] * program.num_col_
        kind = highspy.HighsVarType.kInteger if integer else highspy.HighsVarType.kContinuous
        program.integrality_ = [kind] * program.num_col_
        program.row_lower_ = [lower for lower, _, _ in self._rows]
        program.row_upper_ = [upper for _, upper, _ in self._rows]
        matrix = program.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kRowwise
        matrix.start_ = [0, *accumulate(len(row) for _, _, row in self._rows)]
        matrix.index_ = [at for _, _, row in self._rows for at in row]
        matrix.value_ = [value for _, _, row in self._rows for value in row.values()]
        solver.passModel(program)
        return solver
