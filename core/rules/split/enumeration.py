"""Every assignment that could be the best of a few lines, found line by line without trying them all.

After each line, only what later lines can notice is told apart: which boxes are open and what is left of scarce
stock. Among assignments that agree on that, those worse than the best by more than rounding can hide are dropped, and
of equal ones the first in the order of ties is kept. What remains at the end holds the optimum to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from core.rules.split.instance import Choice, FreeLine, Instance, Worth, components

Outcomes: TypeAlias = dict[tuple[int, int], int]
"""(cost, extra cents) -> the least code of ties that comes to it."""

State: TypeAlias = tuple[int, tuple[int, ...]]
"""What later lines notice: open boxes as bits, packs left of each scarce stock."""


class Frontier(NamedTuple):
    """The near-best of some lines: what counts before cost, and what they may come to."""

    first: int
    outcomes: Outcomes

    def worth(self, instance: Instance) -> Worth:
        """The best of it."""
        return Worth(self.first, min(instance.measure.weight(*outcome) for outcome in self.outcomes))


class Move(NamedTuple):
    """A choice of one line in the terms of one component: its boxes as bits, its stock as a place in the state."""

    first: int
    cost: int
    extra: int
    code: int
    opens: int
    fees: tuple[tuple[int, int, int], ...]
    takes: tuple[tuple[int, int], ...]


class Budget:
    """How many moves may still be tried, in all and for the component at hand: a fifth of all."""

    def __init__(self, moves: int) -> None:
        self._moves, self._share = moves, moves // 5
        self._own = 0

    def begin(self) -> None:
        """Another component."""
        self._own = self._share

    def spend(self, moves: int) -> bool:
        """Takes moves off; whether there were enough."""
        if moves > min(self._moves, self._own):
            return False
        self._moves -= moves
        self._own -= moves
        return True


def frontier(
    instance: Instance, lines: Sequence[FreeLine], scarce: frozenset[int], ceiling: Worth, budget: Budget
) -> Frontier | None:
    """The near-best of a component; None when it takes more than the budget.

    ``ceiling`` is what a known assignment of the lines comes to. Lines that can share a box follow each other.
    """
    ordered = [line for group in components(lines, frozenset()) for line in group]
    stages, rest = _Stages(instance, ordered, scarce), _rest(instance, ordered)
    budget.begin()
    states: dict[State, Frontier] = {stages.start: Frontier(0, {(0, 0): 0})}
    for stage, line in enumerate(ordered):
        moves = stages.moves(line)
        if not budget.spend(len(moves) * len(states)):
            return None
        states = _pruned(instance, stages.after(stage, moves, states), rest[stage + 1], ceiling)
    (found,) = states.values()
    return found


class _Stages:
    """A component's boxes and stocks numbered locally, and which of them later lines can still notice."""

    def __init__(self, instance: Instance, lines: Sequence[FreeLine], scarce: frozenset[int]) -> None:
        self.instance = instance
        choices = [choice for line in lines for choice in line.choices]
        self.bits = {at: 1 << bit for bit, at in enumerate(sorted({at for choice in choices for at in choice.opens}))}
        stocks = sorted({stock for choice in choices for stock, _ in choice.takes if stock in scarce})
        self.places = {stock: place for place, stock in enumerate(stocks)}
        self.noticed, self.wanted = self._noticed_after(lines)
        self.start: State = (0, tuple(instance.stock[stock] for stock in stocks))

    def _noticed_after(self, lines: Sequence[FreeLine]) -> tuple[list[int], list[list[int]]]:
        noticed, wanted = [0], [[0] * len(self.places)]
        for line in reversed(lines[1:]):
            bits, packs = noticed[-1], list(wanted[-1])
            most: dict[int, int] = {}
            for choice in line.choices:
                bits |= self._bits(choice.opens)
                for place, taken in self._taken(choice):
                    most[place] = max(most.get(place, 0), taken)
            for place, taken in most.items():
                packs[place] += taken
            noticed.append(bits)
            wanted.append(packs)
        return noticed[::-1], wanted[::-1]

    def _bits(self, opens: Iterable[int]) -> int:
        return sum(self.bits[opening] for opening in opens)

    def _taken(self, choice: Choice) -> tuple[tuple[int, int], ...]:
        return tuple((self.places[stock], packs) for stock, packs in choice.takes if stock in self.places)

    def moves(self, line: FreeLine) -> list[Move]:
        """The line's choices, as this component counts them."""
        return [
            Move(
                choice.first,
                choice.cost,
                choice.extra,
                self.instance.code(line, choice),
                self._bits(choice.opens),
                tuple(
                    (self.bits[opening], self.instance.fees[opening], self.instance.extras[opening])
                    for opening in choice.opens
                ),
                self._taken(choice),
            )
            for choice in line.choices
        ]

    def after(self, stage: int, moves: Sequence[Move], states: dict[State, Frontier]) -> dict[State, Frontier]:
        """Every state that one more line leads to."""
        noticed, wanted = self.noticed[stage], self.wanted[stage]
        reached: dict[State, Frontier] = {}
        for (opened, left), found in states.items():
            for move in moves:
                after = _left_after(left, move)
                if after is None:
                    continue
                cost, extra = move.cost, move.extra
                for bit, fee, more in move.fees:
                    if not opened & bit:
                        cost, extra = cost + fee, extra + more
                state = ((opened | move.opens) & noticed, tuple(map(min, after, wanted)))
                _add(reached, state, found, move, (cost, extra))
        return reached


def _left_after(left: tuple[int, ...], move: Move) -> tuple[int, ...] | None:
    """Packs left after a move; None where there are not enough."""
    for place, packs in move.takes:
        if left[place] < packs:
            return None
        left = (*left[:place], left[place] - packs, *left[place + 1 :])
    return left


def _add(reached: dict[State, Frontier], state: State, found: Frontier, move: Move, more: tuple[int, int]) -> None:
    first = found.first + move.first
    known = reached.get(state)
    if known is None or first < known.first:
        known = reached[state] = Frontier(first, {})
    if first > known.first:
        return
    for (spent, extra), code in found.outcomes.items():
        outcome, digits = (spent + more[0], extra + more[1]), code + move.code
        if known.outcomes.setdefault(outcome, digits) > digits:
            known.outcomes[outcome] = digits


def _pruned(instance: Instance, states: dict[State, Frontier], rest: Worth, ceiling: Worth) -> dict[State, Frontier]:
    """States that can still end within rounding of the ceiling, with their near-best outcomes."""
    kept = {}
    for state, found in states.items():
        best = found.worth(instance).weight
        first = found.first + rest.first
        if first > ceiling.first:
            continue
        if first == ceiling.first and best + rest.weight > ceiling.weight + instance.measure.slack:
            continue
        kept[state] = Frontier(found.first, near_best(instance, found.outcomes))
    return kept


def near_best(instance: Instance, outcomes: Outcomes) -> Outcomes:
    """Outcomes that rounding to cents could still make the best."""
    if len(outcomes) == 1:
        return outcomes
    weigh = instance.measure.weight
    most = min(weigh(*outcome) for outcome in outcomes) + instance.measure.slack
    return {outcome: code for outcome, code in outcomes.items() if weigh(*outcome) <= most}


def _rest(instance: Instance, lines: Sequence[FreeLine]) -> list[Worth]:
    """What the lines from each one on come to at the least, without boxes."""
    rest = [Worth(0, 0)]
    for line in reversed(lines):
        first = line.least_first
        weight = min(instance.weight(choice) for choice in line.choices if choice.first == first)
        rest.append(Worth(rest[-1].first + first, rest[-1].weight + weight))
    return rest[::-1]
