"""What a part of the split would cost if stock had prices instead of limits.

Every scarce stock gets a price a pack (a Lagrange multiplier); then destinations have nothing to do with one another,
and each is decided exactly by trying every set of boxes. Their sum, less what the stock is worth at those prices, is
below every assignment that keeps to the stock: a bound that nobody has to trust a solver for, in whole numbers.
(Geoffrion, Lagrangean relaxation for integer programming, 1974.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.rules.split.problem import Choice, FreeLine, Problem, components, contested

Whole: TypeAlias = NDArray[np.int64]
Real: TypeAlias = NDArray[np.float64]

NEVER: Final = 1 << 50
"""More than any destination may cost."""

LARGEST: Final = 1 << 44
"""The largest sum of weights that is worked with: products and sums of it stay exact."""

MOST_BOXES: Final = 11
"""Boxes of one destination whose every set is tried; a destination with more is decided as if boxes were free."""

FINE: Final = 32
"""Weights are counted at least this finely in a cent, so that rounded prices of stock lose next to nothing."""


class Limit(NamedTuple):
    """At most ``most`` of what choices count, by (position of the line, rank of the choice)."""

    counts: dict[tuple[int, int], int]
    most: int


@dataclass(frozen=True)
class Bucket:
    """Destinations with as many boxes: lines one destination after another, and where each begins.

    ``boxed`` has a line's choice for each box, ``loose`` its choices without one, as positions (or the dummy);
    ``fees`` what every set of boxes costs, by destination.
    """

    boxes: int
    lines: Whole
    starts: Whole
    of: Whole
    boxed: Whole
    loose: Whole
    fees: Whole


class Decided(NamedTuple):
    """At some prices: the bound, each line's choice, what each destination comes to, and the stock that they take."""

    bound: int
    chosen: Whole
    values: Whole
    used: Whole


class Relaxation:
    """A part of the split with its stock and limits as rows that have prices."""

    def __init__(self, problem: Problem, lines: Sequence[FreeLine], limits: Sequence[Limit]) -> None:
        self.problem = problem
        self.lines = lines
        self.scale = -(-FINE // problem.measure.weight_unit)
        self.choices = [(at, choice) for at, line in enumerate(lines) for choice in line.choices]
        self._fold_openings()
        self._lay_rows(limits)
        self.buckets = self._buckets()
        self.destinations = [
            members for bucket in self.buckets for members in np.split(bucket.lines, bucket.starts[1:].tolist())
        ]

    @property
    def exact(self) -> bool:
        """Whether its sums stay exact in the machine's whole numbers."""
        return abs(self.base) + int(np.abs(self.weights[:-1]).sum()) < LARGEST

    def _fold_openings(self) -> None:
        """Openings that are certain, or that one line alone may use, are no openings."""
        weigh = self.problem.fee_weight
        users: dict[int, int] = {}
        certain: set[int] = set()
        for line in self.lines:
            opened = [set(choice.opens) for choice in line.choices]
            certain |= set.intersection(*opened)
            for opening in set.union(*opened):
                users[opening] = users.get(opening, 0) + 1
        self.base = sum(map(weigh, certain)) * self.scale
        self.box: list[int | None] = []
        weights = []
        for _, choice in self.choices:
            own = sum(weigh(opening) for opening in choice.opens if users[opening] == 1 and opening not in certain)
            shared = [opening for opening in choice.opens if users[opening] > 1 and opening not in certain]
            weights.append((self.problem.weight(choice) + own) * self.scale)
            self.box.append(shared[0] if shared else None)
        self.weights: Whole = np.array([*weights, NEVER], dtype=np.int64)

    def _lay_rows(self, limits: Sequence[Limit]) -> None:
        rows = {stock: row for row, stock in enumerate(sorted(contested(self.problem, self.lines)))}
        self.stocks = list(rows)
        taken = [[(rows[stock], packs) for stock, packs in choice.takes if stock in rows] for _, choice in self.choices]
        for number, limit in enumerate(limits, len(rows)):
            for at, (line, choice) in enumerate(self.choices):
                counted = limit.counts.get((self.lines[line].position, choice.rank), 0)
                if counted:
                    taken[at].append((number, counted))
        self.rows = len(rows) + len(limits)
        self.most: Whole = np.array(
            [*(self.problem.stock[stock] for stock in rows), *(limit.most for limit in limits), 0], dtype=np.int64
        )
        width = max(1, *map(len, taken))
        self.row: Whole = np.full((len(taken) + 1, width), self.rows, dtype=np.int64)
        self.taken: Whole = np.zeros((len(taken) + 1, width), dtype=np.int64)
        for at, pairs in enumerate(taken):
            for place, (row, amount) in enumerate(pairs):
                self.row[at, place], self.taken[at, place] = row, amount

    def _buckets(self) -> list[Bucket]:
        """Destinations by how many boxes they can share."""
        at_of = {line.position: at for at, line in enumerate(self.lines)}
        mine: list[list[int]] = [[] for _ in self.lines]
        for at, (line, _) in enumerate(self.choices):
            mine[line].append(at)
        shared = [
            line._replace(
                choices=tuple(
                    self.choices[at][1]._replace(opens=() if (box := self.box[at]) is None else (box,))
                    for at in mine[number]
                )
            )
            for number, line in enumerate(self.lines)
        ]
        sized: dict[int, list[tuple[list[int], list[int]]]] = {}
        for group in components(shared, frozenset()):
            members = [at_of[line.position] for line in group]
            boxes = sorted({box for line in members for at in mine[line] if (box := self.box[at]) is not None})
            if len(boxes) > MOST_BOXES:
                for line in members:
                    for at in mine[line]:
                        self.box[at] = None
                    sized.setdefault(0, []).append(([line], []))
            else:
                sized.setdefault(len(boxes), []).append((members, boxes))
        return [self._bucket(size, found, mine) for size, found in sorted(sized.items())]

    def _bucket(self, size: int, found: list[tuple[list[int], list[int]]], mine: list[list[int]]) -> Bucket:
        dummy, lengths = len(self.choices), [len(members) for members, _ in found]
        boxed: Whole = np.full((sum(lengths), size), dummy, dtype=np.int64)
        loose: list[list[int]] = []
        for members, boxes in found:
            place = {box: at for at, box in enumerate(boxes)}
            for line in members:
                own = []
                for at in mine[line]:
                    box = self.box[at]
                    if box is None:
                        own.append(at)
                    else:
                        boxed[len(loose), place[box]] = at
                loose.append(own)
        width = max(1, *map(len, loose)) if loose else 1
        single = [[self.problem.fee_weight(box) * self.scale for box in boxes] for _, boxes in found]
        return Bucket(
            boxes=size,
            lines=np.array([line for members, _ in found for line in members], dtype=np.int64),
            starts=np.cumsum([0, *lengths[:-1]], dtype=np.int64),
            of=np.repeat(np.arange(len(found)), lengths),
            boxed=boxed,
            loose=np.array([own + [dummy] * (width - len(own)) for own in loose], dtype=np.int64),
            fees=_sums_of_sets(np.array(single, dtype=np.int64).reshape(len(found), size)),
        )

    def decided(self, prices: Real) -> Decided:
        """The best of every destination at these prices of the rows."""
        whole = _rounded(prices)
        cost = self._cost(whole)
        bound = self.base - int((whole * self.most).sum())
        chosen = np.zeros(len(self.lines), dtype=np.int64)
        values = []
        for bucket in self.buckets:
            loose, boxed = cost[bucket.loose], cost[bucket.boxed]
            sums = np.add.reduceat(_least_of_sets(loose, boxed), bucket.starts, axis=0) + bucket.fees
            best = sums.argmin(axis=1)
            values.append(sums[np.arange(len(best)), best])
            bound += int(values[-1].sum())
            open_ = (best[bucket.of][:, None] >> np.arange(bucket.boxes)) & 1
            offered = np.concatenate([loose, np.where(open_ == 1, boxed, NEVER)], axis=1)
            names = np.concatenate([bucket.loose, bucket.boxed], axis=1)
            chosen[bucket.lines] = names[np.arange(len(names)), offered.argmin(axis=1)]
        return Decided(bound, chosen, np.concatenate(values), self.used(chosen))

    def lost(self, prices: Real, chosen: Whole) -> Whole:
        """By destination, by how much an assignment is worse at these prices than the best there."""
        cost, best = self._cost(_rounded(prices)), self.decided(prices).values
        own = [int(cost[chosen[members]].sum()) + self._box_weights(chosen[members]) for members in self.destinations]
        return np.array(own, dtype=np.int64) - best

    def forced(self, prices: Real) -> Whole:
        """By choice, by how much the bound rises at least where a line has to make it."""
        cost = self._cost(_rounded(prices))
        more: Whole = np.zeros(len(self.choices) + 1, dtype=np.int64)
        for bucket in self.buckets:
            loose, boxed = cost[bucket.loose], cost[bucket.boxed]
            least = _least_of_sets(loose, boxed)
            sums = np.add.reduceat(least, bucket.starts, axis=0) + bucket.fees
            others = sums[bucket.of] - least - sums.min(axis=1)[bucket.of][:, None]
            more[bucket.loose] = others.min(axis=1)[:, None] + loose
            for box in range(bucket.boxes):
                with_box = others.reshape(len(others), -1, 2, 1 << box)[:, :, 1, :].min(axis=(1, 2))
                more[bucket.boxed[:, box]] = with_box + boxed[:, box]
        return more[:-1]

    def used(self, chosen: Whole) -> Whole:
        """What some choices take of each row."""
        rows, taken = self.row[chosen].ravel(), self.taken[chosen].ravel()
        used = np.bincount(rows, weights=taken, minlength=self.rows + 1).astype(np.int64)
        used[self.rows] = 0
        return used

    def worth(self, choices: Whole) -> int:
        """What one destination's choices weigh together."""
        return int(self.weights[choices].sum()) + self._box_weights(choices)

    def _box_weights(self, choices: Whole) -> int:
        boxes = {box for at in choices.tolist() if (box := self.box[at]) is not None}
        return sum(map(self.problem.fee_weight, boxes)) * self.scale

    def as_choices(self, chosen: dict[int, Choice]) -> Whole:
        """An assignment of all lines as choices here."""
        known = {(line, choice.rank): at for at, (line, choice) in enumerate(self.choices)}
        return np.array([known[at, chosen[line.position].rank] for at, line in enumerate(self.lines)], dtype=np.int64)

    def _cost(self, prices: Whole) -> Whole:
        cost: Whole = self.weights + (prices[self.row] * self.taken).sum(axis=1)
        cost[-1] = NEVER
        return cost


def _rounded(prices: Real) -> Whole:
    return np.rint(prices).astype(np.int64)


def _sums_of_sets(single: Whole) -> Whole:
    """By row, the sum of every set of its columns; bit k of a set stands for column k."""
    sums: Whole = np.zeros((len(single), 1 << single.shape[1]), dtype=np.int64)
    for bit in range(single.shape[1]):
        np.add(sums[:, : 1 << bit], single[:, bit : bit + 1], out=sums[:, 1 << bit : 2 << bit])
    return sums


def _least_of_sets(loose: Whole, boxed: Whole) -> Whole:
    """By line, the least cost with every set of boxes open."""
    least: Whole = np.empty((len(loose), 1 << boxed.shape[1]), dtype=np.int64)
    least[:, 0] = loose.min(axis=1)
    for bit in range(boxed.shape[1]):
        np.minimum(least[:, : 1 << bit], boxed[:, bit : bit + 1], out=least[:, 1 << bit : 2 << bit])
    return least
