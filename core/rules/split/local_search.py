"""A good assignment fast: the cheapest pharmacy line by line, then moves and exchanges until none helps.

The ceiling of the enumeration, the start of the integer model, and the last word on ties where that one decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.rules.split.instance import Choice, FreeLine, Instance

TRIES: Final = 5_000
"""Exchanges that one improvement may try: a quarter of a second."""


class Assignment:
    """A choice for each of some lines, with what is left of stock and who uses each opening."""

    def __init__(self, instance: Instance, lines: Sequence[FreeLine], cost: int = 0, extra: int = 0) -> None:
        """Starts with no choice made, from the ``cost`` and ``extra`` cents of everything outside these lines."""
        self.instance, self.lines = instance, lines
        self.chosen: dict[int, Choice] = {}
        self.left = list(instance.stock)
        self._users = [0] * len(instance.fees)
        self._first, self._cost, self._extra, self._code = 0, cost, extra, 0

    @property
    def value(self) -> tuple[int, int, int]:
        """What is compared: what counts before cost, cents, ties."""
        return self._first, self.instance.measure.value_cents(self._cost, self._extra), self._code

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
                self._cost += self.instance.fees[opening]
                self._extra += self.instance.extras[opening]

    def leave(self, line: FreeLine) -> Choice:
        """Takes the line's choice away and says which it was."""
        choice = self.chosen.pop(line.position)
        self._count(line, choice, -1)
        for opening in choice.opens:
            self._users[opening] -= 1
            if self._users[opening] == 0:
                self._cost -= self.instance.fees[opening]
                self._extra -= self.instance.extras[opening]
        return choice

    def _count(self, line: FreeLine, choice: Choice, sign: int) -> None:
        self._first += sign * choice.first
        self._cost += sign * choice.cost
        self._extra += sign * choice.extra
        self._code += sign * self.instance.code(line, choice)
        for stock, packs in choice.takes:
            self.left[stock] -= sign * packs

    def take_best(self, line: FreeLine) -> bool:
        """Gives the line the choice that adds least, boxes already open being free; False where none fits."""
        best = min(filter(self.fits, line.choices), key=self._added, default=None)
        if best is not None:
            self.take(line, best)
        return best is not None

    def complete(self) -> None:
        """Gives every line that has no choice its best one in turn, those with the fewest choices first."""
        for line in sorted(self.lines, key=lambda line: (len(line.choices), line.position)):
            if line.position not in self.chosen:
                self.take_best(line)

    def _added(self, choice: Choice) -> tuple[int, int, int]:
        opened = sum(self.instance.fee_weight(opening) for opening in choice.opens if not self._users[opening])
        return choice.first, self.instance.weight(choice) + opened, choice.rank

    def improve(self) -> None:
        """Makes single moves and exchanges while they help, and tries last."""
        tries = TRIES
        while tries > 0:
            before = self.value
            for line in self.lines:
                self._move(line)
            users: dict[int, list[FreeLine]] = {}
            for line in self.lines:
                for stock, _ in self.chosen[line.position].takes:
                    users.setdefault(stock, []).append(line)
            for line in self.lines:
                tries -= self._exchange(line, users, tries)
            if self.value == before:
                return

    def _move(self, line: FreeLine) -> None:
        before, old = self.value, self.leave(line)
        self.take_best(line)
        if self.value >= before:
            self.leave(line)
            self.take(line, old)

    def _exchange(self, line: FreeLine, users: dict[int, list[FreeLine]], most: int) -> int:
        """Moves the line where it would rather be and makes room there by moving another; how many it tried.

        ``users`` are the lines that took of each stock before this round: who has left it since is no help.
        """
        tries = 0
        before, old = self.value, self.leave(line)
        added = self._added(old)
        for choice in line.choices:
            if self.fits(choice) or self._added(choice) >= added:
                continue
            for other in dict.fromkeys(user for stock, _ in choice.takes for user in users.get(stock, ())):
                if other is line or tries == most:
                    continue
                tries += 1
                if self._gives_way(line, choice, other, before):
                    return tries
        self.take(line, old)
        return tries

    def _gives_way(self, line: FreeLine, choice: Choice, other: FreeLine, before: tuple[int, int, int]) -> bool:
        theirs = self.leave(other)
        if self.fits(choice):
            self.take(line, choice)
            if self.take_best(other):
                if self.value < before:
                    return True
                self.leave(other)
            self.leave(line)
        self.take(other, theirs)
        return False


def greedy(instance: Instance, lines: Sequence[FreeLine]) -> Assignment:
    """Every line given its best choice in turn; not yet improved."""
    assignment = Assignment(instance, lines)
    assignment.complete()
    return assignment
