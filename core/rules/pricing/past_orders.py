"""What orders that were really placed would have cost under each program (rules.md, section 1).

Pharmacies and boxes stay as they were, so a box's fee is the same on both sides. A line without a price on its placing
day is left out of both sides; as where a pharmacy refuses one (rules.md, section 8), its shares of the box's fee and of
fixed processing move to the lines that are left.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple, Self

from core.domain.context import Context
from core.domain.model import Encounter, Program, ProgramKind
from core.domain.money import allocate, half_up
from core.rules.pricing.best_routing import BestRouting
from core.rules.pricing.terms import Terms, charged


class PlacedLine(NamedTuple):
    """A line as it was placed, in cents as paid; ``encounter`` is what its prescription's first fill is charged for.

    ``shipment`` numbers the checkout's boxes, ``destination`` where they go (never whose it is) in ``state``, which is
    empty where it is not known; ``processing_cents`` leaves the fixed part out.
    """

    checkout: str
    placed_on: date
    sku: str
    quantity: int
    pharmacy: str
    program: str
    shipment: int
    encounter: Encounter
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    processing_fixed_cents: int
    destination: int = 0
    state: str = ""

    @property
    def fees_cents(self) -> int:
        """Program fee, encounter and processing."""
        return self.program_fee_cents + self.encounter_cents + self.processing_cents + self.processing_fixed_cents


class CostParts(NamedTuple):
    """Cents by what they are for. ``fees_cents`` are program fee, encounters and processing."""

    drug_cents: int = 0
    fees_cents: int = 0
    shipping_cents: int = 0
    monthly_fee_cents: int = 0

    @property
    def total_cents(self) -> int:
        """All of it."""
        return sum(self)

    def plus(self, other: CostParts) -> CostParts:
        """Part by part."""
        return CostParts(*(amount + more for amount, more in zip(self, other, strict=True)))

    def less(self, other: CostParts) -> CostParts:
        """Part by part; negative where the other is more."""
        return CostParts(*(amount - more for amount, more in zip(self, other, strict=True)))


class RepricedTotal(NamedTuple):
    """The same lines as they were paid and under another program."""

    lines: int = 0
    paid: CostParts = CostParts()
    repriced: CostParts = CostParts()

    @property
    def saving(self) -> CostParts:
        """What the other program would have saved, part by part; negative is a loss."""
        return self.paid.less(self.repriced)

    def plus(self, other: RepricedTotal) -> RepricedTotal:
        """Both together."""
        return RepricedTotal(self.lines + other.lines, self.paid.plus(other.paid), self.repriced.plus(other.repriced))


class Repricing(NamedTuple):
    """Placed lines under one program: by month (its first day), by SKU (without monthly fees); ``left_out`` counts the
    lines without a price by SKU; ``rerouted_cents`` is what the best pharmacies of each day would have saved of it."""

    program: str
    kind: ProgramKind
    months: Mapping[date, RepricedTotal]
    skus: Mapping[str, RepricedTotal]
    left_out: Mapping[str, int]
    rerouted_cents: int = 0

    @property
    def total(self) -> RepricedTotal:
        """All months."""
        return added_up(self.months.values())


def added_up(parts: Iterable[RepricedTotal]) -> RepricedTotal:
    """Several comparisons of different lines as one."""
    total = RepricedTotal()
    for part in parts:
        total = total.plus(part)
    return total


def reprice(lines: Iterable[PlacedLine], context: Context, first: date, last: date) -> tuple[Repricing, ...]:
    """Lines placed from ``first`` to ``last`` under every program in force on the last day, by code.

    Prices and rates are those in force on each line's placing day. Monthly fees count by the days of the period in
    each month with orders; those paid are of the programs that the month's orders were placed with.
    """
    orders = [_PlacedOrder.of(tuple(group), context) for _, group in groupby(sorted(lines), key=attrgetter("checkout"))]
    paid = _monthly_fees_paid(orders, context, first, last)
    routing = BestRouting(context)
    return tuple(_repricing(row, orders, paid, routing, first, last) for row in context.programs_on(last))


def _repricing(
    program: Program,
    orders: Iterable[_PlacedOrder],
    fees_paid: Mapping[date, int],
    routing: BestRouting,
    first: date,
    last: date,
) -> Repricing:
    context = routing.context
    sums = _Sums(routing, program.program)
    for order in orders:
        sums.add(order)
    months = {}
    for month, compared in sorted(sums.months.items()):
        ours = _monthly_fee(program.program, month, context, first, last)
        fees = RepricedTotal(0, CostParts(monthly_fee_cents=fees_paid[month]), CostParts(monthly_fee_cents=ours))
        months[month] = compared.plus(fees)
    cells = sorted(sums.skus.items())
    skus = {
        sku: RepricedTotal(cell[0], CostParts(*cell[1:4]), CostParts(cell[4], cell[5], cell[3])) for sku, cell in cells
    }
    return Repricing(
        program.program, program.kind, months, skus, dict(sorted(sums.left_out.items())), sums.rerouted_cents
    )


class _PlacedOrder(NamedTuple):
    """A checkout: its lines with each one's pharmacy and own price in force, its SKUs, and its lines' fees as paid."""

    placed_on: date
    lines: tuple[PlacedLine, ...]
    direct: tuple[tuple[str, int | None], ...]
    skus: frozenset[str]

    @classmethod
    def of(cls, lines: tuple[PlacedLine, ...], context: Context) -> Self:
        """The checkout of these lines."""
        offers = [context.offer(line.pharmacy, line.sku, line.placed_on) for line in lines]
        cents = [offer.unit_cost_cents if offer else None for offer in offers]
        prices = tuple(zip([line.pharmacy for line in lines], cents, strict=True))
        return cls(lines[0].placed_on, lines, prices, frozenset(line.sku for line in lines))

    @property
    def month(self) -> date:
        """The first day of the month that it was placed in."""
        return self.placed_on.replace(day=1)


class _Sums:
    """Adds up orders under one program, by month and by SKU: lines, drug, fees and shipping as paid, drug and fees
    repriced."""

    def __init__(self, routing: BestRouting, program: str) -> None:
        self.routing = routing
        self.context = context = routing.context
        self.rerouted_cents = 0
        self.program = program
        self.takers = frozenset(code for code, house in context.pharmacies.items() if house.takes(program))
        self.months: dict[date, RepricedTotal] = {}
        self.skus: dict[str, list[int]] = {}
        self.left_out: dict[str, int] = {}

    def add(self, order: _PlacedOrder) -> None:
        """Reprice one checkout, without the lines that have no price."""
        program = self.context.program(self.program, order.placed_on)
        prices = self.prices(program, order)
        lines: Sequence[PlacedLine] = order.lines
        if None in prices:
            lines = self.without(order, [price is not None for price in prices])
        if program is None or not lines:
            return
        priced = (price for price in prices if price is not None)
        medication = [line.quantity * price for line, price in zip(lines, priced, strict=True)]
        encounters = [program.encounter_cents(line.encounter) if line.encounter is not _NONE else 0 for line in lines]
        shipping = [line.shipping_cents for line in lines]
        terms = Terms.of(program)
        fees, processing = charged(terms, medication, shipping, encounters)
        self.rerouted_cents += self.rerouted(terms, lines, medication, sum(encounters))
        self.count(
            order.month, lines, medication, [sum(parts) for parts in zip(fees, processing, encounters, strict=True)]
        )

    def rerouted(self, terms: Terms, lines: Sequence[PlacedLine], medication: Sequence[int], encounters: int) -> int:
        """What one checkout would have cost less, its boxes at the best pharmacies; a box that was best stays."""
        before = after = terms.exact(sum(medication), sum(line.shipping_cents for line in lines), encounters)
        pooled = terms.kind is ProgramKind.AGGREGATE
        for inside in self.groups(lines):
            first, packs = lines[inside[0]], [(lines[at].sku, lines[at].quantity) for at in inside]
            drug = sum(medication[at] for at in inside)
            ways = self.routing.ways(self.takers, packs, first.state, first.placed_on)
            if ways:
                least = min(terms.exact(drug if pooled else way[0], way[1], 0) for way in ways)
                after -= max(terms.exact(drug, sum(lines[at].shipping_cents for at in inside), 0) - least, 0)
        return terms.total_cents(before) - terms.total_cents(after)

    def groups(self, lines: Sequence[PlacedLine]) -> Iterable[list[int]]:
        """Positions of the lines that go together: one destination, one temperature."""
        groups: dict[tuple[int, bool], list[int]] = {}
        for at, line in enumerate(lines):
            sku = self.context.skus.get(line.sku)
            if sku and line.state:
                groups.setdefault((line.destination, sku.cold_chain), []).append(at)
        return groups.values()

    def prices(self, program: Program | None, order: _PlacedOrder) -> list[int | None]:
        """Cents for a pack of each line on the placing day; None where there was no price."""
        if program is None:
            return [None] * len(order.lines)
        if program.kind is ProgramKind.PASS_THROUGH:
            return [cents if house in self.takers else None for house, cents in order.direct]
        rows = {sku: self.context.aggregate_price(self.program, sku, order.placed_on) for sku in order.skus}
        pooled = {sku: row.unit_price_cents for sku, row in rows.items() if row}
        return [
            pooled.get(line.sku) if cents is not None and house in self.takers else None
            for line, (house, cents) in zip(order.lines, order.direct, strict=True)
        ]

    def count(self, month: date, lines: Sequence[PlacedLine], medication: Sequence[int], fees: Sequence[int]) -> None:
        """Add a checkout's lines to the sums."""
        paid_fees = [line.fees_cents for line in lines]
        paid = sum(line.medication_cents for line in lines), sum(paid_fees), sum(line.shipping_cents for line in lines)
        order_total = RepricedTotal(len(lines), CostParts(*paid), CostParts(sum(medication), sum(fees), paid[2]))
        self.months[month] = self.months.get(month, RepricedTotal()).plus(order_total)
        cells = self.skus
        for line, paid_fee, drug, fee in zip(lines, paid_fees, medication, fees, strict=True):
            cell = cells.get(line.sku)
            if cell is None:
                cell = cells[line.sku] = [0] * 6
            cell[0] += 1
            cell[1] += line.medication_cents
            cell[2] += paid_fee
            cell[3] += line.shipping_cents
            cell[4] += drug
            cell[5] += fee

    def without(self, order: _PlacedOrder, kept: Sequence[bool]) -> list[PlacedLine]:
        """The lines that are kept, with what the others leave them of box fees and fixed processing."""
        for line, keep in zip(order.lines, kept, strict=True):
            if not keep:
                self.left_out[line.sku] = self.left_out.get(line.sku, 0) + 1
        lines = [line for line, keep in zip(order.lines, kept, strict=True) if keep]
        if not lines:
            return []
        fixed = sum(line.processing_fixed_cents for line in order.lines)
        fixed_shares = allocate(fixed, [line.processing_cents for line in lines])
        shipping = _box_shares(order.lines, lines)
        return [
            line._replace(shipping_cents=fee, processing_fixed_cents=share)
            for line, fee, share in zip(lines, shipping, fixed_shares, strict=True)
        ]


def _box_shares(every: Sequence[PlacedLine], kept: Sequence[PlacedLine]) -> list[int]:
    """Each kept line's part of its box's whole fee, in proportion to its packs."""
    shares = [0] * len(kept)
    for box in {line.shipment for line in kept}:
        inside = [at for at, line in enumerate(kept) if line.shipment == box]
        fee = sum(line.shipping_cents for line in every if line.shipment == box)
        for at, share in zip(inside, allocate(fee, [kept[at].quantity for at in inside]), strict=True):
            shares[at] = share
    return shares


def _monthly_fees_paid(orders: Iterable[_PlacedOrder], context: Context, first: date, last: date) -> dict[date, int]:
    used: dict[date, set[str]] = {}
    for order in orders:
        used.setdefault(order.month, set()).update(line.program for line in order.lines)
    return {
        month: sum(_monthly_fee(program, month, context, first, last) for program in programs)
        for month, programs in used.items()
    }


def _monthly_fee(program: str, month: date, context: Context, first: date, last: date) -> int:
    """A program's fee for the days of a month that are in the period, as it was on the last of them."""
    length = monthrange(month.year, month.month)[1]
    begins, ends = max(first, month), min(last, month.replace(day=length))
    row = context.program(program, ends)
    return half_up(row.monthly_fee_cents * ((ends - begins).days + 1), length) if row else 0


_NONE = Encounter.NONE
