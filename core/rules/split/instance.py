"""The split in whole numbers: its measure, lines that may move, what each pharmacy would cost, boxes paid once, stock.

Medication, its program fee, shipping and encounters cost the exact amount of the program's terms
(core/rules/pricing/terms.py), which rounds them and their processing. Both roundings keep order, so the least cost has
the least total.

Boxes and encounters are both ``openings``: an amount that is paid once, by whichever lines use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple, Self

from core.domain.model import Objective, Program
from core.domain.money import half_up
from core.rules.pricing.terms import Terms

UNFILLED: Final = 10**9
"""What an unfilled line counts before cost: more than any sum of delivery days."""


class Measure(NamedTuple):
    """An objective under a program. A ``cost`` is the exact amount of its terms: in 1/``terms.unit`` cents."""

    objective: Objective
    terms: Terms
    day_price_cents: int
    priced: bool

    @classmethod
    def of(cls, objective: Objective, program: Program, day_price_cents: int, *, priced: bool = False) -> Self:
        """The measure of an objective under a program; the price of a day counts only where it is balanced.

        ``priced`` says that something else beside the cost has a price: leaving a pharmacy, or a shipment.
        """
        price = day_price_cents if objective is Objective.BALANCED else 0
        return cls(objective, Terms.of(program), price, priced or bool(price))

    def medication(self, cents: int) -> int:
        """The cost of medication and its program fee."""
        return self.terms.exact(cents, 0, 0)

    def shipping(self, cents: int) -> int:
        """The cost of a box, with its program fee where there is one."""
        return self.terms.exact(0, cents, 0)

    def encounter(self, cents: int) -> int:
        """The cost of an encounter."""
        return self.terms.exact(0, 0, cents)

    def total_cents(self, cost: int) -> int:
        """The checkout total, as core/rules/pricing quotes it."""
        return self.terms.total_cents(cost)

    def first(self, days: int) -> int:
        """What of a line's delivery days counts before any cost."""
        return days if self.objective is Objective.FASTEST else 0

    def value_cents(self, cost: int, extra_cents: int) -> int:
        """What is minimised, to the cent, once the most lines are filled (and for ``fastest`` the days are least)."""
        return self.total_cents(cost) + extra_cents

    def weight(self, cost: int, extra_cents: int) -> int:
        """The same without rounding, linear in both: what bounds and searches go by, in 1/``weight_unit`` cents."""
        if not self.priced:
            return cost
        terms = self.terms
        return (terms.processing_unit + terms.processing) * cost + terms.processing_unit * terms.unit * extra_cents

    @property
    def weight_unit(self) -> int:
        """Weights are counted in this part of a cent."""
        return self.terms.unit * (self.terms.processing_unit if self.priced else 1)

    @property
    def slack(self) -> int:
        """A weight larger by this is a larger value, however both are rounded: a cent, or 2 and processing's rate."""
        if not self.priced:
            return self.terms.unit
        return self.terms.unit * (2 * self.terms.processing_unit + self.terms.processing)

    def least_value_cents(self, weight: int) -> int:
        """The least value that anything of at least this weight can have."""
        if not self.priced:
            return self.total_cents(weight)
        if not self.terms.processing:
            return half_up(weight, self.weight_unit) + self.terms.fixed_cents
        return (2 * weight - self.slack) // (2 * self.weight_unit) + 1 + self.terms.fixed_cents


class Choice(NamedTuple):
    """A pharmacy for a line, or none. ``rank`` is its place in the line's order of ties.

    ``first`` counts before cost (delivery days where they come first, UNFILLED a line for none); ``extra`` is what is
    minimised beside the cost, in cents, without being paid (the price of its days, of leaving a pharmacy). ``opens``
    are openings and ``takes`` (limited stock, packs) by their positions in the instance; ``unfilled`` counts lines.
    """

    pharmacy: str | None
    rank: int
    first: int
    cost: int
    extra: int
    opens: tuple[int, ...] = ()
    takes: tuple[tuple[int, int], ...] = ()
    unfilled: int = 0


class FreeLine(NamedTuple):
    """A line that may move, or several that move together: its position among such, its choices (the last is none)."""

    position: int
    choices: tuple[Choice, ...]

    @property
    def least_first(self) -> int:
        """What it counts before cost at least."""
        return min(choice.first for choice in self.choices)


class Worth(NamedTuple):
    """How good a part of an assignment is, lower being better: what counts before cost, then weight."""

    first: int
    weight: int


@dataclass(frozen=True)
class Instance:
    """Everything to be decided. ``fees`` are the openings' costs and ``extras`` what else they count, in cents;
    ``stock`` the packs left; ``cost`` and ``extra`` are what pinned lines already come to; ``digit_bits`` is the room
    that a line's rank takes in a code of ties."""

    measure: Measure
    lines: tuple[FreeLine, ...]
    fees: tuple[int, ...]
    extras: tuple[int, ...]
    stock: tuple[int, ...]
    cost: int
    extra: int

    @cached_property
    def digit_bits(self) -> int:
        """Bits for one line's rank."""
        return max((len(line.choices) for line in self.lines), default=1).bit_length()

    def code(self, line: FreeLine, choice: Choice) -> int:
        """A choice as a digit of the code of ties: of equally good assignments the one with the least sum wins."""
        return choice.rank << self.digit_bits * (len(self.lines) - 1 - line.position)

    def decoded(self, code: int) -> dict[int, Choice]:
        """The choice of each line, by position, that a sum of digits stands for."""
        bits, chosen = self.digit_bits, {}
        for line in reversed(self.lines):
            chosen[line.position] = line.choices[code & (1 << bits) - 1]
            code >>= bits
        return chosen

    def weight(self, choice: Choice) -> int:
        """A choice's weight, its openings aside."""
        return self.measure.weight(choice.cost, choice.extra)

    def fee_weight(self, opening: int) -> int:
        """An opening's weight."""
        return self.measure.weight(self.fees[opening], self.extras[opening])

    def totals(self, chosen: Collection[Choice]) -> tuple[int, int]:
        """The cost and the extra cents of some lines' choices together, each opening paid once."""
        opened = {opening for choice in chosen for opening in choice.opens}
        cost = sum(choice.cost for choice in chosen) + sum(self.fees[opening] for opening in opened)
        extra = sum(choice.extra for choice in chosen) + sum(self.extras[opening] for opening in opened)
        return cost, extra

    def worth(self, chosen: Collection[Choice]) -> Worth:
        """How good some lines' choices are together."""
        return Worth(sum(choice.first for choice in chosen), self.measure.weight(*self.totals(chosen)))


def most_packs(line: FreeLine) -> dict[int, int]:
    """The packs that a line could take of each stock at most."""
    most: dict[int, int] = {}
    for choice in line.choices:
        for stock, packs in choice.takes:
            most[stock] = max(most.get(stock, 0), packs)
    return most


def contested(instance: Instance, lines: Iterable[FreeLine]) -> frozenset[int]:
    """Stocks that lines could take more of than there is."""
    demand = Counter[int]()
    for line in lines:
        demand.update(most_packs(line))
    return frozenset(stock for stock, packs in demand.items() if packs > instance.stock[stock])


def runs_out(choice: Choice, scarce: frozenset[int]) -> bool:
    """Whether a choice takes of a stock that could run out."""
    return any(stock in scarce for stock, _ in choice.takes)


def preprocessed(instance: Instance) -> tuple[list[FreeLine], frozenset[int]]:
    """The lines without dominated choices, and the stocks still contested among what is left."""
    kept, scarce = list(instance.lines), contested(instance, instance.lines)
    while True:
        kept = [_undominated(instance, line, scarce) for line in kept]
        before, scarce = scarce, contested(instance, kept)
        if scarce == before:
            return kept, scarce


def _undominated(instance: Instance, line: FreeLine, scarce: frozenset[int]) -> FreeLine:
    """The line without choices that are always worse than moving it to another one whose stock cannot run out.

    Such a move at most opens the other's box, so a choice dearer by more than that is in no best assignment.
    """
    filled = [choice for choice in line.choices if choice.pharmacy is not None]
    safe = [choice for choice in filled if not runs_out(choice, scarce)]
    if not safe:
        return line
    always = set.intersection(*(set(choice.opens) for choice in filled))
    first = min(choice.first for choice in safe)
    most = instance.measure.slack + min(
        instance.weight(choice) + sum(instance.fee_weight(opening) for opening in choice.opens if opening not in always)
        for choice in safe
        if choice.first == first
    )
    kept = (
        choice
        for choice in line.choices
        if choice.first < first or (choice.first == first and instance.weight(choice) <= most)
    )
    return FreeLine(line.position, tuple(kept))


def components(
    lines: Sequence[FreeLine], scarce: frozenset[int], *, through_openings: bool = True
) -> list[list[FreeLine]]:
    """Lines that have to do with one another through an opening or a scarce stock, apart from those that do not."""
    parent = list(range(len(lines)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first_user: dict[tuple[str, int], int] = {}
    for at, line in enumerate(lines):
        for choice in line.choices:
            links = [("opening", opening) for opening in choice.opens] if through_openings else []
            links.extend(("stock", stock) for stock, _ in choice.takes if stock in scarce)
            for link in links:
                parent[root(at)] = root(first_user.setdefault(link, at))
    parts: dict[int, list[FreeLine]] = {}
    for at, line in enumerate(lines):
        parts.setdefault(root(at), []).append(line)
    return list(parts.values())
