"""What a quote to share is made of: chosen SKUs under chosen programs, and every price, fee and source behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Pharmacy, Program, ProgramKind, Sku
from core.rules.pricing.comparison import ProgramCost, SkuComparison, compare


class QuoteRequest(NamedTuple):
    """What somebody chose: SKUs and programs by code, packs in the shipment, cents of medication a month."""

    skus: tuple[str, ...]
    programs: tuple[str, ...]
    units: int = 1
    spend_cents: int = 0


class QuotedPrice(NamedTuple):
    """A price for one pack, of a pharmacy or an aggregate program; None is no price."""

    sku: Sku
    of: str
    name: str
    cents: int | None
    since: date | None
    source: str


class QuotedProgram(NamedTuple):
    """A SKU under one program: what core makes of it, and who could fill it, in order of code."""

    program: Program
    cost: ProgramCost
    pharmacies: tuple[Pharmacy, ...]

    def price_of(self, pharmacy: str) -> str:
        """Whose price counts: the pharmacy's own, or the program's."""
        return pharmacy if self.program.kind is ProgramKind.PASS_THROUGH else self.program.program


class QuotedSku(NamedTuple):
    """A SKU under the chosen programs, in order of code."""

    sku: Sku
    row: SkuComparison
    under: tuple[QuotedProgram, ...]


class Selection(NamedTuple):
    """One quote: everything on it as of ``day``; ``answer`` says which program is cheapest for the clinic and why, in
    sentences, empty before it has orders."""

    clinic: str
    day: date
    units: int
    spend_cents: int
    programs: tuple[Program, ...]
    skus: tuple[QuotedSku, ...]
    prices: tuple[QuotedPrice, ...]
    answer: tuple[str, ...] = ()

    @property
    def demo(self) -> bool:
        """Whether a price or a program says that it is made up."""
        sources = [*(row.source for row in self.programs), *(row.source for row in self.prices)]
        return any("demo" in source.casefold() for source in sources)

    @property
    def boxes(self) -> tuple[tuple[Pharmacy, bool], ...]:
        """The boxes that are paid for, cold or not, by pharmacy."""
        boxes = {
            (pharmacy.pharmacy, quoted.sku.cold_chain): pharmacy
            for quoted in self.skus
            for under in quoted.under
            for pharmacy in under.pharmacies
        }
        return tuple((boxes[key], key[1]) for key in sorted(boxes))


def quote_selection(context: Context, day: date, request: QuoteRequest) -> Selection:
    """The chosen SKUs and programs that there are on ``day``."""
    programs = tuple(row for row in context.programs_on(day) if row.program in request.programs)
    skus = [code for code in context.skus if code in request.skus]
    rows = compare(context, day, units=request.units, spend_cents=request.spend_cents, only=skus)
    skus_quoted = tuple(_quoted_sku(context, row, programs) for row in rows)
    prices = tuple(price for compared in skus_quoted for price in _prices(context, day, compared))
    return Selection(context.clinic.name, day, request.units, request.spend_cents, programs, skus_quoted, prices)


def _quoted_sku(context: Context, row: SkuComparison, programs: Iterable[Program]) -> QuotedSku:
    costs = {cost.program: cost for cost in row.programs}
    under = (
        QuotedProgram(program, cost, tuple(context.pharmacies[code] for code in cost.houses))
        for program in programs
        for cost in (costs[program.program],)
    )
    return QuotedSku(context.skus[row.sku], row, tuple(under))


def _prices(context: Context, day: date, compared: QuotedSku) -> Iterator[QuotedPrice]:
    """Each price once, those of pharmacies first; a program without one is there, to be filled in."""
    sku, sellers = compared.sku, dict[str, Pharmacy]()
    for under in compared.under:
        if under.program.kind is ProgramKind.PASS_THROUGH:
            sellers |= {pharmacy.pharmacy: pharmacy for pharmacy in under.pharmacies}
    for code, pharmacy in sorted(sellers.items()):
        if offer := context.offer(code, sku.sku, day):
            yield QuotedPrice(sku, code, pharmacy.name, offer.unit_cost_cents, offer.valid_from, offer.source)
    for under in compared.under:
        if under.program.kind is ProgramKind.AGGREGATE:
            code = under.program.program
            pooled = context.aggregate_price(code, sku.sku, day)
            yield (
                QuotedPrice(sku, code, code, pooled.unit_price_cents, pooled.valid_from, pooled.source)
                if pooled
                else QuotedPrice(sku, code, code, None, None, "")
            )
