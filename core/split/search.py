"""A good assignment fast: the cheapest pharmacy line by line, then repairs, until no single change helps.

The start of the solver, the ceiling of the exact search, and the last word on ties where the solver decided.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.split.problem import Choice, FreeLine, Problem

PASSES = 20
"""Rounds of improvement at most; a few are usual."""


class Assignment:
    """A choice for each of some lines, with what is left of stock and who uses each opening."""

    def __init__(self, problem: Problem, lines: Sequence[FreeLine], cost: int = 0, days: int = 0) -> None:
        """Starts with no choice made, from the ``cost`` and priced ``days`` of everything outside these lines."""
        self.problem = problem
        self.lines = lines
        self.chosen: dict[int, Choice] = {}
        self.left = list(problem.stock)
        self._users = [0] * len(problem.fees)
        self._first, self._cost, self._days, self._code = 0, cost, days, 0

    @property
    def value(self) -> tuple[int, int, int]:
        """What is compared: what counts before cost, cents, ties."""
        return self._first, self.problem.measure.value_cents(self._cost, self._days), self._code

    def fits(self, line: FreeLine, choice: Choice) -> bool:
        """Whether there is stock for the line there."""
        return choice.stock is None or self.left[choice.stock] >= line.quantity

    def take(self, line: FreeLine, choice: Choice) -> None:
        """Gives the line, which has no choice, this one."""
        self.chosen[line.position] = choice
        self._count(line, choice, 1)
        for opening in choice.opens:
            self._users[opening] += 1
            if self._users[opening] == 1:
                self._cost += self.problem.fees[opening]

    def leave(self, line: FreeLine) -> Choice:
        """Takes the line's choice away and says which it was."""
        choice = self.chosen.pop(line.position)
        self._count(line, choice, -1)
        for opening in choice.opens:
            self._users[opening] -= 1
            if self._users[opening] == 0:
                self._cost -= self.problem.fees[opening]
        return choice

    def _count(self, line: FreeLine, choice: Choice, sign: int) -> None:
        self._first += sign * choice.first
        self._cost += sign * choice.cost
        self._days += sign * choice.days
        self._code += sign * self.problem.code(line, choice)
        if choice.stock is not None:
            self.left[choice.stock] -= sign * line.quantity

    def take_best(self, line: FreeLine) -> None:
        """Gives the line the choice that adds least, boxes already open being free."""
        self.take(line, min((choice for choice in line.choices if self.fits(line, choice)), key=self._added))

    def _added(self, choice: Choice) -> tuple[int, int, int]:
        fees = sum(self.problem.fees[opening] for opening in choice.opens if not self._users[opening])
        return choice.first, self.problem.measure.weight(choice.cost + fees, choice.days), choice.rank

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
            for other in self.lines:
                if self.chosen[other.position].stock == choice.stock and self._exchange(line, choice, other):
                    return

    def _exchange(self, line: FreeLine, choice: Choice, other: FreeLine) -> bool:
        before = self.value
        mine, theirs = self.leave(line), self.leave(other)
        if self.fits(line, choice):
            self.take(line, choice)
            self.take_best(other)
            if self.value < before:
                return True
            self.leave(line)
            self.leave(other)
        self.take(line, mine)
        self.take(other, theirs)
        return False


def greedy(problem: Problem, lines: Sequence[FreeLine], cost: int = 0, days: int = 0) -> Assignment:
    """Every line given its best choice in turn, those with the fewest choices first; not yet improved."""
    assignment = Assignment(problem, lines, cost, days)
    for line in sorted(lines, key=lambda line: (len(line.choices), line.position)):
        assignment.take_best(line)
    return assignment
