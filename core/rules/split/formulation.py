"""Pinned lines put in their places, and what remains to be chosen written as an instance in whole numbers."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from core.domain.context import Context
from core.domain.model import Box, CartLine, Program
from core.rules.pricing.quotes import encounter_cents
from core.rules.split.instance import UNFILLED, Choice, FreeLine, Instance, Measure
from core.rules.split.options import OUT_OF_STOCK, Candidate, PharmacyOption
from core.rules.split.stock import Stock

Taken: TypeAlias = Collection[tuple[CartLine, PharmacyOption]]
"""Filled lines, each with its option."""


class Pins(NamedTuple):
    """What became of the pinned lines, by line number: the option taken, or every code that stands against it."""

    options: dict[int, PharmacyOption]
    codes: dict[int, tuple[str, ...]]


class FreeGroup(NamedTuple):
    """A line to be decided, or several that one pharmacy must fill together. ``choices`` are what each of them would
    take at one pharmacy after another that has enough stock, in the order of ties."""

    members: tuple[Candidate, ...]
    choices: tuple[tuple[PharmacyOption, ...], ...]


class Costs:
    """What options cost under a program, in the measure's units."""

    def __init__(self, measure: Measure, context: Context, program: Program) -> None:
        self.measure, self._context, self._program = measure, context, program

    def box(self, box: Box) -> int:
        """A shipment's fee."""
        return self.measure.shipping(self._context.pharmacies[box.pharmacy].fee_cents(box.cold))

    def encounter(self, line: CartLine) -> int:
        """The encounter of a line's prescription, paid once by whichever of its lines are filled."""
        return self.measure.encounter(encounter_cents(line, self._context, self._program))

    def once(self, taken: Taken) -> dict[Hashable, int]:
        """What some filled lines pay once: by box, and by prescription."""
        paid: dict[Hashable, int] = {}
        for line, option in taken:
            paid[option.box] = self.box(option.box)
            paid[line.rx] = self.encounter(line)
        return paid

    def all(self, taken: Taken) -> int:
        """What some filled lines come to."""
        medication = sum(option.medication_cents for _, option in taken)
        return self.measure.medication(medication) + sum(self.once(taken).values())


def pinned(lines: Iterable[Candidate], stock: Stock) -> Pins:
    """The pinned lines that are not held, in line order; each that is eligible and fits takes its stock."""
    pins = Pins({}, {})
    for candidate in lines:
        line, pin = candidate.line, candidate.pin
        if pin is None or line.hold:
            continue
        codes = candidate.failing(() if stock.suffices(line, pin) else (OUT_OF_STOCK,))
        option = candidate.option(pin)
        if codes or option is None:
            pins.codes[line.number] = codes
        else:
            pins.options[line.number] = option
            stock.take(line, pin)
    return pins


def free_groups(lines: Iterable[Candidate], stock: Stock) -> list[FreeGroup]:
    """The lines that the split chooses for, where anybody has stock left for them; those kept together as one."""
    groups: dict[Hashable, list[Candidate]] = {}
    for candidate in lines:
        if candidate.free:
            key = candidate.preferences.together
            groups.setdefault(candidate.line.number if key is None else key, []).append(candidate)
    free = (FreeGroup(tuple(members), tuple(_common(members, stock))) for members in groups.values())
    return [group for group in free if group.choices]


def _common(members: Sequence[Candidate], stock: Stock) -> Iterator[tuple[PharmacyOption, ...]]:
    """The options at each pharmacy that may fill all of some lines and has enough for them together."""
    for pharmacy in (option.pharmacy for option in members[0].options):
        options = tuple(option for candidate in members if (option := candidate.option(pharmacy)))
        packs: dict[str, int] = {}
        for candidate in members:
            packs[candidate.line.sku] = packs.get(candidate.line.sku, 0) + stock.needs(candidate.line, pharmacy)
        left = {sku: stock.left(pharmacy, sku) for sku in packs}
        if len(options) == len(members) and all(some is None or packs[sku] <= some for sku, some in left.items()):
            yield options


def formulated(free: Sequence[FreeGroup], fixed: Taken, stock: Stock, costs: Costs, box_cents: int | None) -> Instance:
    """The instance of the free lines, on top of what pinned lines come to.

    ``box_cents`` is what a box counts beside its fee; 0 is more than any cost.
    """
    measure, numbers = costs.measure, _Numbering(costs, stock, costs.once(fixed))
    numbers.box_cents = _more_than_any_total(free, fixed, costs) if box_cents == 0 else box_cents or 0
    lines = []
    for position, group in enumerate(free):
        choices = [numbers.choice(group, rank) for rank in range(len(group.choices))]
        size = len(group.members)
        choices.append(Choice(None, len(choices), size * UNFILLED, 0, 0, unfilled=size))
        lines.append(FreeLine(position, tuple(choices)))
    return Instance(
        measure=measure,
        lines=tuple(lines),
        fees=tuple(fee for _, (fee, _) in numbers.openings.values()),
        extras=tuple(extra for _, (_, extra) in numbers.openings.values()),
        stock=tuple(packs for _, packs in numbers.stocks.values()),
        cost=costs.all(fixed),
        extra=sum(measure.day_price_cents * option.days for _, option in fixed),
    )


class _Numbering:
    """Openings and stocks numbered as they come, each with its amount, and choices in their terms."""

    def __init__(self, costs: Costs, stock: Stock, paid: Mapping[Hashable, int]) -> None:
        self.openings: dict[Hashable, tuple[int, tuple[int, int]]] = {}
        self.stocks: dict[Hashable, tuple[int, int]] = {}
        self.box_cents = 0
        self._costs, self._stock, self._paid = costs, stock, paid

    def choice(self, group: FreeGroup, rank: int) -> Choice:
        """One of a group's choices."""
        measure, first, cost, extra = self._costs.measure, 0, 0, 0
        opens: dict[int, None] = {}
        takes: dict[int, int] = {}
        for candidate, option in zip(group.members, group.choices[rank], strict=True):
            line, pharmacy = candidate.line, option.pharmacy
            first += measure.first(option.days)
            cost += measure.medication(option.medication_cents)
            extra += measure.day_price_cents * option.days + _leaving_cents(candidate, pharmacy)
            opens.update(dict.fromkeys(self._opens(line, option)))
            left, packs = self._stock.left(pharmacy, line.sku), self._stock.needs(line, pharmacy)
            if left is not None and packs:
                at, _ = self.stocks.setdefault((pharmacy, line.sku), (len(self.stocks), left))
                takes[at] = takes.get(at, 0) + packs
        return Choice(group.choices[rank][0].pharmacy, rank, first, cost, extra, tuple(opens), tuple(takes.items()))

    def _opens(self, line: CartLine, option: PharmacyOption) -> Iterator[int]:
        amounts: dict[Hashable, tuple[int, int]] = {
            option.box: (self._costs.box(option.box), self.box_cents),
            line.rx: (self._costs.encounter(line), 0),
        }
        for key, amount in amounts.items():
            if key not in self._paid and any(amount):
                yield self.openings.setdefault(key, (len(self.openings), amount))[0]


def _leaving_cents(candidate: Candidate, pharmacy: str) -> int:
    """The price of a line's leaving the pharmacy of last time, where that one may fill it."""
    preferences = candidate.preferences
    return preferences.stay_cents if candidate.option(preferences.last) and pharmacy != preferences.last else 0


def _more_than_any_total(free: Sequence[FreeGroup], fixed: Taken, costs: Costs) -> int:
    """Cents that no difference in cost between two splits can reach."""
    lines = [candidate for group in free for candidate in group.members]
    dearest = (max(costs.all([(line.line, option)]) for option in line.options) for line in lines)
    return costs.measure.total_cents(costs.all(fixed) + sum(dearest)) + 1


def chosen_options(free: Sequence[FreeGroup], chosen: Mapping[int, Choice]) -> dict[int, PharmacyOption]:
    """The options that choices stand for, by line number."""
    return {
        candidate.line.number: option
        for position, group in enumerate(free)
        if not chosen[position].unfilled
        for candidate, option in zip(group.members, group.choices[chosen[position].rank], strict=True)
    }
