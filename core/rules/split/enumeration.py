"""Every assignment that could be the best of a few lines, line by line without trying them all.

After each line, only what later lines can notice is told apart: which boxes are open and what is left of scarce
stock. Among assignments that agree on that, those worse than the best by more than rounding can hide are dropped, and
of equal ones the first in the order of ties is kept. What remains at the end holds the optimum to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from core.rules.split.instance import Choice, FreeLine, Instance, Worth, components, contested, most_packs

Totals: TypeAlias = dict[tuple[int, int], int]
"""(cost, extra cents) -> the least code of ties that comes to it."""

State: TypeAlias = tuple[int, tuple[int, ...]]
"""What later lines notice: open boxes as bits, packs left of each scarce stock."""


class Frontier(NamedTuple):
    """The near-best of some lines: what counts before cost, and what they may come to."""

    first: int
    totals: Totals

    def worth(self, instance: Instance) -> Worth:
        """The best of it."""
        return Worth(self.first, min(instance.measure.weight(*total) for total in self.totals))


MOVES: Final = 160_000
"""Moves that one component may take, times the stocks that each carries along and four: a tenth of a second."""


def frontier(instance: Instance, lines: Sequence[FreeLine], start: Mapping[int, Choice]) -> Frontier | None:
    """The near-best of a component; None where it takes more moves than are worth it.

    ``start`` is an assignment of the lines: nothing worse is followed. Lines that can share a box follow each other.
    """
    scarce, ceiling = contested(instance, lines), instance.worth([start[line.position] for line in lines])
    ordered = [line for group in components(lines, frozenset()) for line in group] if scarce else lines
    choices = [choice for line in ordered for choice in line.choices]
    stocks = sorted({stock for choice in choices for stock, _ in choice.takes if stock in scarce})
    numbers = _StateNumbers(
        {opening: 1 << at for at, opening in enumerate(sorted({at for choice in choices for at in choice.opens}))},
        {stock: at for at, stock in enumerate(stocks)},
    )
    states: dict[State, Frontier] = {(0, tuple(instance.stock[stock] for stock in stocks)): Frontier(0, {(0, 0): 0})}
    spent = 0
    for line, later in zip(ordered, _later(instance, ordered, numbers), strict=True):
        moves = [_move(instance, line, choice, numbers) for choice in line.choices]
        spent += len(moves) * len(states) * (4 + len(stocks))
        if spent > MOVES:
            return None
        states = _pruned(instance, _moved(moves, states, later), later.worth, ceiling)
    (near_optimal,) = states.values()
    return near_optimal


class _StateNumbers(NamedTuple):
    """A component's boxes as bits and its scarce stocks as places in the state."""

    bits: Mapping[int, int]
    places: Mapping[int, int]


class _Move(NamedTuple):
    """A choice in a component's numbers; ``fees`` are (bit, cost, extra)."""

    choice: Choice
    code: int
    opens: int
    fees: tuple[tuple[int, int, int], ...]
    takes: tuple[tuple[int, int], ...]


class _Later(NamedTuple):
    """What the lines after one can notice (boxes, packs that they could take), and what they come to at the least."""

    opens: int
    packs: tuple[int, ...]
    worth: Worth


def _move(instance: Instance, line: FreeLine, choice: Choice, numbers: _StateNumbers) -> _Move:
    fees = tuple((numbers.bits[at], instance.fees[at], instance.extras[at]) for at in choice.opens)
    takes = tuple((numbers.places[at], packs) for at, packs in choice.takes if at in numbers.places)
    return _Move(choice, instance.code(line, choice), sum(bit for bit, _, _ in fees), fees, takes)


def _later(instance: Instance, lines: Sequence[FreeLine], numbers: _StateNumbers) -> list[_Later]:
    """By line, in their order."""
    opens, packs, worth = 0, [0] * len(numbers.places), Worth(0, 0)
    later = []
    for line in reversed(lines):
        later.append(_Later(opens, tuple(packs), worth))
        for choice in line.choices:
            for opening in choice.opens:
                opens |= numbers.bits[opening]
        for stock, most in most_packs(line).items():
            if stock in numbers.places:
                packs[numbers.places[stock]] += most
        weight = min(instance.weight(choice) for choice in line.choices if choice.first == line.least_first)
        worth = Worth(worth.first + line.least_first, worth.weight + weight)
    return later[::-1]


def _moved(moves: Iterable[_Move], states: Mapping[State, Frontier], later: _Later) -> dict[State, Frontier]:
    """Every state that one more line leads to."""
    reached: dict[State, Frontier] = {}
    for (opened, left), before in states.items():
        for move in moves:
            if any(left[place] < packs for place, packs in move.takes):
                continue
            after = list(left)
            for place, packs in move.takes:
                after[place] -= packs
            cost, extra = move.choice.cost, move.choice.extra
            for bit, fee, more in move.fees:
                if not opened & bit:
                    cost, extra = cost + fee, extra + more
            state = ((opened | move.opens) & later.opens, tuple(map(min, after, later.packs)))
            first = before.first + move.choice.first
            front = reached.get(state)
            if front is None or first < front.first:
                front = reached[state] = Frontier(first, {})
            if first == front.first:
                _merge(front.totals, before.totals, (cost, extra), move.code)
    return reached


def _merge(into: Totals, totals: Totals, more: tuple[int, int], code: int) -> None:
    for (cost, extra), before in totals.items():
        total = (cost + more[0], extra + more[1])
        if into.setdefault(total, before + code) > before + code:
            into[total] = before + code


def _pruned(instance: Instance, states: Mapping[State, Frontier], rest: Worth, ceiling: Worth) -> dict[State, Frontier]:
    """States that can still end within rounding of the ceiling, with their near-best totals."""
    most = Worth(ceiling.first, ceiling.weight + instance.measure.slack)
    kept = {}
    for state, front in states.items():
        best = front.worth(instance)
        if Worth(best.first + rest.first, best.weight + rest.weight) <= most:
            kept[state] = Frontier(front.first, near_best(instance, front.totals))
    return kept


def best_totals(instance: Instance, frontiers: Iterable[Frontier]) -> Totals:
    """The near-best combinations of several components, on top of what pinned lines come to."""
    best: Totals = {(instance.cost, instance.extra): 0}
    for front in frontiers:
        together: Totals = {}
        for total, code in front.totals.items():
            _merge(together, best, total, code)
        best = near_best(instance, together)
    return best


def near_best(instance: Instance, totals: Totals) -> Totals:
    """Totals that rounding to cents could still make the best."""
    if len(totals) == 1:
        return totals
    weigh = instance.measure.weight
    most = min(weigh(*total) for total in totals) + instance.measure.slack
    return {total: code for total, code in totals.items() if weigh(*total) <= most}
