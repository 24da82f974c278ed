"""A good assignment fast: the cheapest pharmacy line by line, then repairs, until no single change helps.

The start of the solver, the ceiling of the exact search, and the last word on ties where the solver decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.rules.split.problem import Choice, FreeLine, Problem

PASSES = 20
"""Rounds of improvement at most; a few are usual."""


class Assignment:
    """A choice for each of some lines, with what is left of stock and who uses each opening."""

    def __init__(self, problem: Problem, lines: Sequence[FreeLine], cost: int = 0, extra: int = 0) -> None:
        """Starts with no choice made, from the ``cost`` and ``extra`` cents of everything outside these lines."""
        self.problem = problem
        self.lines = lines
        self.chosen: dict[int, Choice] = {}
        self.left = list(problem.stock)
        self._users = [0] * len(problem.fees)
        self._first, self._cost, self._extra, self._code = 0, cost, extra, 0

    @property
    def value(self) -> tuple[int, int, int]:
        """What is compared: what counts before cost, cents, ties."""
        return self._first, self.problem.measure.value_cents(self._cost, self._extra), self._code

    def fits(self, choice: Choice) -> bool:
        """Whether there is stock for it."""
        return all(self.left[stock] >= packs for stock, packs in choice.takes)

    def take(self, line: FreeLine, choice: Choice) -> None:
        """Gives the line, which has no choice, this one."""
        self.chosen[line.position] = choice
        self._count(line, choice, 1)
        for opening in choice.opens:
            self._users[opening] += 1
            if self._users[opening] == 1:
                self._cost += self.problem.fees[opening]
                self._extra += self.problem.extras[opening]

    def leave(self, line: FreeLine) -> Choice:
        """Takes the line's choice away and says which it was."""
        choice = self.chosen.pop(line.position)
        self._count(line, choice, -1)
        for opening in choice.opens:
            self._users[opening] -= 1
            if self._users[opening] == 0:
                self._cost -= self.problem.fees[opening]
                self._extra -= self.problem.extras[opening]
        return choice

    def _count(self, line: FreeLine, choice: Choice, sign: int) -> None:
        self._first += sign * choice.first
        self._cost += sign * choice.cost
        self._extra += sign * choice.extra
        self._code += sign * self.problem.code(line, choice)
        for stock, packs in choice.takes:
            self.left[stock] -= sign * packs

    def take_best(self, line: FreeLine) -> bool:
        """Gives the line the choice that adds least, boxes already open being free; False where none fits."""
        best = min(filter(self.fits, line.choices), key=self._added, default=None)
        if best is not None:
            self.take(line, best)
        return best is not None

    def _added(self, choice: Choice) -> tuple[int, int, int]:
        opened = sum(self.problem.fee_weight(opening) for opening in choice.opens if not self._users[opening])
        return choice.first, self.problem.weight(choice) + opened, choice.rank

    def improve(self) -> None:
        """Makes single moves and one-step repairs while they help."""
        for _ in range(PASSES):
            before = self.value
            for line in self.lines:
                self._move(line)
                if self.chosen[line.position].pharmacy is None:
                    self._repair(line)
            if self.value == before:
                return

    def _move(self, line: FreeLine) -> None:
        before = self.value
        old = self.leave(line)
        self.take_best(line)
        if self.value >= before:
            self.leave(line)
            self.take(line, old)

    def _repair(self, line: FreeLine) -> None:
        """Makes room for an unfilled line by moving one other line, or by leaving a later one out."""
        for choice in line.choices[:-1]:
            wanted = {stock for stock, _ in choice.takes}
            for other in self.lines:
                taken = self.chosen[other.position].takes
                if any(stock in wanted for stock, _ in taken) and self._exchange(line, choice, other):
                    return

    def _exchange(self, line: FreeLine, choice: Choice, other: FreeLine) -> bool:
        before = self.value
        mine, theirs = self.leave(line), self.leave(other)
        if self.fits(choice):
            self.take(line, choice)
            if self.take_best(other):
                if self.value < before:
                    return True
                self.leave(other)
            self.leave(line)
        self.take(line, mine)
        self.take(other, theirs)
        return False


def greedy(problem: Problem, lines: Sequence[FreeLine]) -> Assignment:
    """Every line given its best choice in turn, those with the fewest choices first; not yet improved."""
    assignment = Assignment(problem, lines)
    for line in sorted(lines, key=lambda line: (len(line.choices), line.position)):
        assignment.take_best(line)
    return assignment
