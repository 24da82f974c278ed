"""Pinned lines put in their places, and what remains to be chosen written as a instance in whole numbers."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.domain.context import Context
from core.domain.model import Box, CartLine, Program
from core.rules.pricing.quotes import encounter_cents
from core.rules.split.instance import UNFILLED, Choice, FreeLine, Instance, Measure
from core.rules.split.options import OUT_OF_STOCK, Candidate, Route
from core.rules.split.stock import Stock


class Pins(NamedTuple):
    """What became of the pinned lines, by line number: the route taken, or every code that stands against it."""

    routes: dict[int, Route]
    codes: dict[int, tuple[str, ...]]


class Free(NamedTuple):
    """A line to be decided, or several that one pharmacy must fill together, and the pharmacies with enough stock, in
    the order of ties."""

    members: tuple[Candidate, ...]
    pharmacies: tuple[str, ...]


class Costs:
    """What routes cost under a program, in the measure's units."""

    def __init__(self, measure: Measure, context: Context, program: Program) -> None:
        self.measure = measure
        self._context = context
        self._program = program
        self._boxes: dict[tuple[str, bool], int] = {}

    def box(self, box: Box) -> int:
        """A shipment's fee."""
        key = (box.pharmacy, box.cold)
        if key not in self._boxes:
            fee_cents = self._context.pharmacies[box.pharmacy].fee_cents(box.cold)
            self._boxes[key] = self.measure.shipping(fee_cents)
        return self._boxes[key]

    def encounter(self, line: CartLine) -> int:
        """The encounter of a line's prescription, paid once by whichever of its lines are filled."""
        return self.measure.encounter(encounter_cents(line, self._context, self._program))

    def once(self, taken: Iterable[tuple[CartLine, Route]]) -> dict[Hashable, int]:
        """What some filled lines pay once: by box, and by prescription."""
        paid: dict[Hashable, int] = {}
        for line, route in taken:
            paid[route.box] = self.box(route.box)
            paid[line.rx] = self.encounter(line)
        return paid

    def all(self, taken: Collection[tuple[CartLine, Route]]) -> int:
        """What some filled lines come to."""
        medication = sum(route.medication_cents for _, route in taken)
        return self.measure.medication(medication) + sum(self.once(taken).values())


def pinned(found: Iterable[Candidate], stock: Stock) -> Pins:
    """The pinned lines that are not held, in line order; each that is eligible and fits takes its stock."""
    pins = Pins({}, {})
    for candidate in found:
        line, pin = candidate.line, candidate.pin
        if pin is None or line.hold:
            continue
        short = () if stock.suffices(line, pin) else (OUT_OF_STOCK,)
        codes = candidate.failing(short)
        route = candidate.route(pin)
        if codes or route is None:
            pins.codes[line.number] = codes
        else:
            pins.routes[line.number] = route
            stock.take(line, pin)
    return pins


def free_lines(found: Iterable[Candidate], stock: Stock) -> list[Free]:
    """The lines that the split chooses for, where anybody has stock left for them; those kept together as one."""
    groups: dict[Hashable, list[Candidate]] = {}
    for candidate in found:
        if candidate.free:
            key = candidate.asked.together
            groups.setdefault(candidate.line.number if key is None else key, []).append(candidate)
    free = [Free(tuple(members), _common(members, stock)) for members in groups.values()]
    return [one for one in free if one.pharmacies]


def _common(members: Sequence[Candidate], stock: Stock) -> tuple[str, ...]:
    """The pharmacies that may fill all of some lines and have enough for them together."""
    routes = [{route.pharmacy for route in candidate.routes} for candidate in members[1:]]
    everywhere = [route.pharmacy for route in members[0].routes if all(route.pharmacy in some for some in routes)]
    return tuple(pharmacy for pharmacy in everywhere if _enough(members, pharmacy, stock))


def _enough(members: Sequence[Candidate], pharmacy: str, stock: Stock) -> bool:
    wanted: dict[str, int] = {}
    for candidate in members:
        wanted[candidate.line.sku] = wanted.get(candidate.line.sku, 0) + stock.wanted(candidate.line, pharmacy)
    left = {sku: stock.left(pharmacy, sku) for sku in wanted}
    return all(packs is None or wanted[sku] <= packs for sku, packs in left.items())


def laid_out(
    free: Sequence[Free],
    fixed: Collection[tuple[CartLine, Route]],
    stock: Stock,
    costs: Costs,
    box_cents: int | None = None,
) -> Instance:
    """The instance of the free lines, on top of what pinned lines come to.

    ``box_cents`` is what a box counts beside its fee; 0 is more than any cost.
    """
    more = _more_than_any_total(free, fixed, costs) if box_cents == 0 else box_cents or 0
    return _Layout(free, fixed, stock, costs, more).instance()


class _Layout:
    """Openings and stocks numbered as they come, and every choice in their terms."""

    def __init__(
        self,
        free: Sequence[Free],
        fixed: Collection[tuple[CartLine, Route]],
        stock: Stock,
        costs: Costs,
        box_cents: int,
    ) -> None:
        self.free, self.fixed, self.stock, self.costs = free, fixed, stock, costs
        self.paid, self.measure = costs.once(fixed), costs.measure
        self.openings, self.stocks = _Register(), _Register()
        self.box_cents = box_cents

    def instance(self) -> Instance:
        lines = tuple(self._line(position, one) for position, one in enumerate(self.free))
        return Instance(
            measure=self.measure,
            lines=lines,
            fees=tuple(fee for fee, _ in self.openings.amounts),
            extras=tuple(extra for _, extra in self.openings.amounts),
            stock=tuple(self.stocks.amounts),
            cost=self.costs.all(self.fixed),
            extra=sum(self.measure.days_cents(route.days) for _, route in self.fixed),
        )

    def _line(self, position: int, one: Free) -> FreeLine:
        choices = [self._choice(one, rank, pharmacy) for rank, pharmacy in enumerate(one.pharmacies)]
        size = len(one.members)
        choices.append(Choice(None, len(choices), size * UNFILLED, 0, 0, unfilled=size))
        return FreeLine(position, tuple(choices))

    def _choice(self, one: Free, rank: int, pharmacy: str) -> Choice:
        measure, first, cost, extra = self.measure, 0, 0, 0
        opens: dict[int, None] = {}
        takes: dict[int, int] = {}
        for candidate in one.members:
            line, route = candidate.line, candidate.by(pharmacy)
            first += measure.first(route.days)
            cost += measure.medication(route.medication_cents)
            extra += measure.days_cents(route.days) + _leaving_cents(candidate, pharmacy)
            opens.update(dict.fromkeys(self._opens(line, route)))
            packs, wanted = self.stock.left(pharmacy, line.sku), self.stock.wanted(line, pharmacy)
            if packs is not None and wanted:
                stock = self.stocks.position((pharmacy, line.sku), packs)
                takes[stock] = takes.get(stock, 0) + wanted
        return Choice(pharmacy, rank, first, cost, extra, tuple(opens), tuple(takes.items()))

    def _opens(self, line: CartLine, route: Route) -> Iterator[int]:
        amounts: dict[Hashable, tuple[int, int]] = {
            route.box: (self.costs.box(route.box), self.box_cents),
            line.rx: (self.costs.encounter(line), 0),
        }
        for key, amount in amounts.items():
            if key not in self.paid and any(amount):
                yield self.openings.position(key, amount)


def _leaving_cents(candidate: Candidate, pharmacy: str) -> int:
    """The price of a line's leaving the pharmacy of last time, where that one may fill it."""
    asked = candidate.asked
    return asked.stay_cents if candidate.route(asked.last) and pharmacy != asked.last else 0


def _more_than_any_total(free: Sequence[Free], fixed: Collection[tuple[CartLine, Route]], costs: Costs) -> int:
    """Cents that no difference in cost between two splits can reach."""
    most = costs.all(fixed)
    for one in free:
        for candidate in one.members:
            dearest = max(costs.all([(candidate.line, route)]) for route in candidate.routes)
            most += dearest
    return costs.measure.total_cents(most) + 1


def chosen_routes(free: Sequence[Free], chosen: Mapping[int, Choice]) -> dict[int, Route]:
    """The routes that choices stand for, by line number."""
    return {
        candidate.line.number: candidate.by(pharmacy)
        for position, one in enumerate(free)
        if (pharmacy := chosen[position].pharmacy) is not None
        for candidate in one.members
    }


class _Register:
    """Positions given to keys as they come, and an amount for each."""

    def __init__(self) -> None:
        self.amounts: list[Any] = []
        self._positions: dict[Hashable, int] = {}

    def position(self, key: Hashable, amount: Any) -> int:
        if key not in self._positions:
            self._positions[key] = len(self.amounts)
            self.amounts.append(amount)
        return self._positions[key]
