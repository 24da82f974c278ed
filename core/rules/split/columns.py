"""A good assignment and the best prices of stock, from whole assignments of destinations (columns).

A linear program chooses among the columns known so far, one a destination, within the stock; its shadow prices say
which columns to look for next (Dantzig-Wolfe, Gilmore-Gomory). Diving then settles destinations for good, the surest
first, and looks for columns again among what is left. Everything is counted in rounds, so it repeats exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from core.rules.split.effort import Effort
from core.rules.split.relaxation import NEVER, Decided, Real, Relaxation, Whole

STEPS: Final = 120
"""Steps of price adjustment before the linear program takes over."""

ROUNDS: Final = 25
"""Rounds of new columns at most; a handful are usual."""

BLENDS: Final = (1.0, 0.5, 0.15)
"""How much of the newest prices is mixed into the best so far when columns are looked for."""

SURE: Final = 0.999
"""A column with this share of its destination is settled."""

CLOSE: Final = 1e-5
"""Bound and program agree: relative difference at which no more columns are looked for."""


class Columns:
    """The columns of one relaxation, their program, and the best bound with its prices."""

    def __init__(self, relaxed: Relaxation, start: Whole, worth: int) -> None:
        """``start`` is an assignment within the stock, ``worth`` its weight as the relaxation counts."""
        import highspy

        self.relaxed = relaxed
        self.bound, self.prices = -NEVER, np.zeros(relaxed.rows + 1)
        self._worth = worth
        self._unit = float(relaxed.problem.measure.weight_unit * relaxed.scale)
        self._count = len(relaxed.destinations)
        self._columns: list[tuple[int, Whole]] = []
        self._costs: list[int] = []
        self._known: set[tuple[int, bytes]] = set()
        self._settled = np.zeros(self._count, dtype=bool)
        self._highs = highspy
        self._program = self._empty_program()
        self._sent = 0
        self._add(start)

    def bounded(self, effort: Effort) -> None:
        """Finds the best bound, and the columns that go with it."""
        self._adjust_prices()
        self._generate(ROUNDS, BLENDS, effort)

    def dived(self, share: float, effort: Effort) -> list[Whole | None]:
        """Each destination's column, settled ``share`` of the open ones at a time; None where none fitted any more."""
        relaxed, left = self.relaxed, self.relaxed.most.copy()
        picked: list[Whole | None] = [None] * self._count
        self._free()
        while not self._settled.all():
            settled = self._settle(share, left, picked)
            if not settled or not effort.goes_on():
                break
            closed = left <= 0
            closed[relaxed.rows] = False
            self._generate(2, (1.0,), effort, closed)
        return picked

    def _adjust_prices(self) -> None:
        """Prices rise where too much is asked and fall where too little (subgradient steps with momentum)."""
        relaxed, prices, momentum = self.relaxed, self.prices, np.zeros(self.relaxed.rows + 1)
        stride, stalled = 1.0, 0
        for step in range(STEPS):
            now = relaxed.decided(prices)
            if step > STEPS // 4:
                self._add(now.chosen)
            if self._note(now, prices):
                stalled = 0
            else:
                stalled += 1
                if stalled >= 5:
                    stride, stalled = stride / 2, 0
            momentum = (now.used - relaxed.most) + 0.6 * momentum
            momentum[relaxed.rows] = 0
            length = float((momentum * momentum).sum())
            if length == 0:
                self._add(now.chosen)
                return
            prices = np.maximum(prices + stride * max(self._worth - now.bound, 0) / length * momentum, 0)

    def _note(self, now: Decided, prices: Real) -> bool:
        if now.bound <= self.bound:
            return False
        self.bound, self.prices = now.bound, prices.copy()
        return True

    def _generate(self, rounds: int, blends: Sequence[float], effort: Effort, closed: Any = None) -> None:
        """Solves the program and adds the columns that its prices ask for, until there are none.

        ``closed`` are rows with nothing left: choices that take of them are not offered, and no bound is claimed.
        """
        for _ in range(rounds):
            value = self._solve()
            news = 0
            for blend in blends:
                prices = blend * self._shadow_prices() + (1 - blend) * self.prices
                asked = prices if closed is None else np.where(closed, float(NEVER >> 12), prices)
                now = self.relaxed.decided(asked)
                news += self._add(now.chosen)
                if closed is None:
                    self._note(now, prices)
            agreed = closed is None and value - self.bound <= CLOSE * abs(self.bound)
            if not news or agreed or not effort.goes_on():
                return

    def _settle(self, share: float, left: Whole, picked: list[Whole | None]) -> int:
        """Settles the columns that have most of their destination and still fit; says how many."""
        self._solve()
        values = np.asarray(self._program.getSolution().col_value)[self._count :]
        best: dict[int, tuple[float, int]] = {}
        for column, (destination, _) in enumerate(self._columns[: self._sent]):
            if not self._settled[destination] and values[column] > max(best.get(destination, (0, 0))[0], 1e-9):
                best[destination] = (float(values[column]), column)
        surest = sorted(best, key=lambda destination: (-best[destination][0], destination))
        most, unsure, settled = max(1, int(share * int((~self._settled).sum()))), 0, 0
        for destination in surest:
            value, column = best[destination]
            unsure += value < SURE
            if unsure > most:
                break
            used = self.relaxed.used(self._columns[column][1])
            if (used > np.maximum(left, 0)).any():
                continue
            left -= used
            self._settled[destination] = True
            picked[destination] = self._columns[column][1]
            self._program.changeColBounds(self._count + column, 1.0, self._highs.kHighsInf)
            settled += 1
        return settled

    def _free(self) -> None:
        self._settled[:] = False
        self._send()
        for column in range(self._sent):
            self._program.changeColBounds(self._count + column, 0.0, self._highs.kHighsInf)

    def _add(self, chosen: Whole) -> int:
        """Adds the destinations' choices that are not known yet; says how many."""
        before = len(self._columns)
        for destination, members in enumerate(self.relaxed.destinations):
            if self._settled[destination]:
                continue
            choices = chosen[members]
            key = (destination, choices.tobytes())
            if key not in self._known:
                self._known.add(key)
                self._columns.append((destination, choices))
                self._costs.append(self.relaxed.worth(choices))
        return len(self._columns) - before

    def _empty_program(self) -> Any:
        """A row for each destination and each stock, and a dear stand-in column for each destination."""
        highs, relaxed, count = self._highs, self.relaxed, self._count
        program = highs.Highs()
        for option, value in {"output_flag": False, "threads": 1, "random_seed": 1}.items():
            program.setOptionValue(option, value)
        empty = highs.HighsLp()
        empty.num_col_, empty.num_row_ = 0, count + relaxed.rows
        empty.row_lower_ = np.array([1.0] * count + [-highs.kHighsInf] * relaxed.rows)
        empty.row_upper_ = np.array([1.0] * count + relaxed.most[:-1].astype(float).tolist())
        empty.a_matrix_.format_ = highs.MatrixFormat.kColwise
        empty.a_matrix_.start_ = np.array([0], dtype=np.int32)
        program.passModel(empty)
        dear = 40.0 * max(1.0, float(np.abs(relaxed.weights[:-1]).max()) / self._unit)
        own = np.arange(count, dtype=np.int32)
        none, open_ = np.zeros(count), np.full(count, highs.kHighsInf)
        program.addCols(count, np.full(count, dear), none, open_, count, own, own, np.ones(count))
        return program

    def _send(self) -> None:
        """Gives the program the columns that it does not have."""
        fresh = list(zip(self._columns, self._costs, strict=True))[self._sent :]
        if not fresh:
            return
        starts: list[int] = []
        rows: list[int] = []
        amounts: list[float] = []
        for (destination, choices), _ in fresh:
            starts.append(len(rows))
            used = self.relaxed.used(choices)
            taken = np.flatnonzero(used)
            rows.extend([destination, *(taken + self._count).tolist()])
            amounts.extend([1.0, *used[taken].astype(float).tolist()])
        count = len(fresh)
        self._program.addCols(
            count,
            np.array([cost / self._unit for _, cost in fresh]),
            np.zeros(count),
            np.full(count, self._highs.kHighsInf),
            len(rows),
            np.array(starts, dtype=np.int32),
            np.array(rows, dtype=np.int32),
            np.array(amounts),
        )
        self._sent = len(self._columns)

    def _solve(self) -> float:
        """The value of the program over all columns, in weights."""
        self._send()
        self._program.run()
        return float(self._program.getInfo().objective_function_value) * self._unit + self.relaxed.base

    def _shadow_prices(self) -> Real:
        duals = np.asarray(self._program.getSolution().row_dual)[self._count :]
        prices: Real = np.maximum(np.append(-duals * self._unit, 0.0), 0.0)
        return prices
