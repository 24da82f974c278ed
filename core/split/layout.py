"""Pinned lines put in their places, and what remains to be chosen written as a problem in whole numbers."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from core.context import Context
from core.model import Box, CartLine, Program
from core.pricing.quotes import encounter_cents
from core.split.measure import Measure
from core.split.problem import UNFILLED, Choice, FreeLine, Problem
from core.split.routes import OUT_OF_STOCK, Candidate, Route
from core.split.stock import Stock


class Pins(NamedTuple):
    """What became of the pinned lines, by line number: the route taken, or every code that stands against it."""

    routes: dict[int, Route]
    codes: dict[int, tuple[str, ...]]


class Free(NamedTuple):
    """A line to be decided and its routes with enough stock, in the order of ties."""

    candidate: Candidate
    routes: tuple[Route, ...]


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
    """The lines that the split chooses for, where anybody has stock left for them."""
    free = [
        Free(candidate, tuple(route for route in candidate.routes if stock.suffices(candidate.line, route.pharmacy)))
        for candidate in found
        if candidate.free
    ]
    return [line for line in free if line.routes]


def laid_out(free: Sequence[Free], fixed: Collection[tuple[CartLine, Route]], stock: Stock, costs: Costs) -> Problem:
    """The problem of the free lines, on top of what pinned lines come to."""
    openings, stocks = _Register(), _Register()
    paid, measure = costs.once(fixed), costs.measure

    def choice(line: CartLine, rank: int, route: Route) -> Choice:
        fee = 0 if route.box in paid else costs.box(route.box)
        visit = 0 if line.rx in paid else visits[line.number]
        packs = stock.left(route.pharmacy, line.sku)
        return Choice(
            route.pharmacy,
            rank,
            measure.first(route.days),
            measure.medication(route.medication_cents),
            measure.priced(route.days),
            fee,
            tuple(openings.position(key, amount) for key, amount in ((route.box, fee), (line.rx, visit)) if amount),
            None if packs is None else stocks.position((route.pharmacy, line.sku), packs),
        )

    visits = {candidate.line.number: costs.encounter(candidate.line) for candidate, _ in free}
    lines = []
    for position, (candidate, routes) in enumerate(free):
        choices = [choice(candidate.line, rank, route) for rank, route in enumerate(routes)]
        choices.append(Choice(None, len(choices), UNFILLED, 0, 0))
        lines.append(FreeLine(position, candidate.line.quantity, tuple(choices)))
    days = sum(measure.priced(route.days) for _, route in fixed)
    return Problem(measure, tuple(lines), tuple(openings.amounts), tuple(stocks.amounts), costs.all(fixed), days)


def chosen_routes(free: Sequence[Free], chosen: Mapping[int, Choice]) -> dict[int, Route]:
    """The routes that choices stand for, by line number."""
    return {
        candidate.line.number: routes[chosen[position].rank]
        for position, (candidate, routes) in enumerate(free)
        if chosen[position].pharmacy is not None
    }


class _Register:
    """Positions given to keys as they come, and an amount for each."""

    def __init__(self) -> None:
        self.amounts: list[int] = []
        self._positions: dict[Hashable, int] = {}

    def position(self, key: Hashable, amount: int) -> int:
        if key not in self._positions:
            self._positions[key] = len(self.amounts)
            self.amounts.append(amount)
        return self._positions[key]
