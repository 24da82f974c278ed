"""What a SKU costs under every program: one shipment of it alone, without an encounter (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Days, ProgramKind, Sku
from core.rules.eligibility import Houses
from core.rules.pricing.break_even import BreakEven, Side, break_even, four_decimals
from core.rules.pricing.market import Market, PharmacyCost, PharmacyOffer
from core.rules.pricing.terms import Terms
from core.rules.pricing.volume import AtVolume, at_volume
from core.rules.sig.reader import read
from core.rules.sig.supply import DaysSupply, supply

MOST_PATIENTS: Final = Fraction(9, 10)
"""A pharmacy that reaches this share of the patients who take a SKU is one that it can be had from."""


class Pack(NamedTuple):
    """What one pack of a SKU gives: how long it lasts under the usual directions, milligrams, and what it sells for.

    None is not known.
    """

    lasts: DaysSupply | None
    mg: Decimal | None
    patient_price_cents: int | None


class ProgramCost(NamedTuple):
    """A SKU under one program at its cheapest pharmacy; None is "no price" or, for a measure, not known. ``houses``
    are the pharmacies that it can be had from, whether or not the program has a price.

    Measures are worked out when asked for; ``per_*`` are dollars to four decimals.
    """

    program: str
    kind: ProgramKind
    pack: Pack
    best: PharmacyCost | None = None
    market: Market | None = None
    houses: tuple[str, ...] = ()

    @property
    def pharmacy(self) -> str | None:
        """The cheapest pharmacy."""
        return self.best and self.best.pharmacy

    @property
    def unit_cost_cents(self) -> int | None:
        """One pack's price there."""
        return self.best and self.best.unit_cost_cents

    @property
    def unit_landed_cents(self) -> int | None:
        """One pack's landed cost there."""
        return self.best and self.best.unit_landed_cents

    @property
    def per_dose(self) -> Decimal | None:
        """Landed cost of a dose."""
        lasts = self.pack.lasts
        return self._per(lasts.doses if lasts else None)

    @property
    def per_day(self) -> Decimal | None:
        """Landed cost of a day of therapy."""
        lasts = self.pack.lasts
        return self._per(lasts.days if lasts else None)

    @property
    def per_week(self) -> Decimal | None:
        """Landed cost of a week of therapy."""
        lasts = self.pack.lasts
        return self._per(lasts.days if lasts else None, times=7)

    @property
    def per_mg(self) -> Decimal | None:
        """Landed cost of a milligram of the first active."""
        return self._per(self.pack.mg)

    def _per(self, amount: Decimal | int | None, times: int = 1) -> Decimal | None:
        if not self.best or not amount:
            return None
        numerator, denominator = amount.as_integer_ratio()
        return four_decimals(times * self.best.unit_landed_cents * denominator, 100 * numerator)

    @property
    def margin_cents(self) -> int | None:
        """What the patient's price leaves over a pack's landed cost."""
        sells_for = self.pack.patient_price_cents
        return None if sells_for is None or not self.best else sells_for - self.best.unit_landed_cents

    @property
    def pharmacies(self) -> tuple[PharmacyCost, ...]:
        """All that can fill it, the cheapest first; worked out when asked for."""
        return self.market.costs() if self.market else ()


class SkuComparison(NamedTuple):
    """A SKU under every program; ``cheapest`` is the program with the least landed cost, spend ignored.

    ``direct`` and ``pooled`` are its pass-through and its aggregate sides.
    """

    sku: str
    name: str
    programs: tuple[ProgramCost, ...]
    cheapest: str | None
    direct: tuple[Side, ...]
    pooled: tuple[Side, ...]
    units: int
    spend_cents: int | None

    @property
    def break_even(self) -> tuple[BreakEven, ...]:
        """Every pass-through program beside every aggregate one."""
        return tuple(break_even(*pair, self.units, self.spend_cents) for pair in product(self.direct, self.pooled))

    def versus(self, pass_through: str, aggregate: str) -> BreakEven | None:
        """One pair of them; None where either program is not in force."""
        pair = self._pair(pass_through, aggregate)
        return break_even(*pair, self.units, self.spend_cents) if pair else None

    def at_volume(self, pass_through: str, aggregate: str, packs: int, days: int) -> AtVolume | None:
        """The pair in a month, at ``packs`` ordered in ``days``; None where one has no price, or without packs."""
        pair = self._pair(pass_through, aggregate)
        return at_volume(*pair, self.units, packs, days) if pair else None

    def _pair(self, pass_through: str, aggregate: str) -> tuple[Side, Side] | None:
        direct = next((side for side in self.direct if side.terms.program == pass_through), None)
        pooled = next((side for side in self.pooled if side.terms.program == aggregate), None)
        return (direct, pooled) if direct and pooled else None


def answer_changes(row: SkuComparison, pass_through: str, aggregate: str) -> bool:
    """Whether which of two programs is cheaper delivered is not the whole answer: monthly fees turn it over at the
    asked spend, or another pass-through program beside another aggregate one says otherwise."""
    pair = row.versus(pass_through, aggregate)
    if pair is None or pair.difference_cents is None:
        return False
    if row.spend_cents is not None and pair.cheaper_at_spend != pair.cheaper:
        return True
    excesses = [other.difference_cents for other in row.break_even if other.difference_cents is not None]
    return len({(cents > 0) - (cents < 0) for cents in excesses}) > 1


class _TypicalOrder(NamedTuple):
    """The typical order that is compared, with what is the same for every SKU: programs and who takes them."""

    context: Context
    day: date
    units: int
    spend_cents: int | None
    terms: tuple[Terms, ...]
    takers: Mapping[str, frozenset[str]]
    houses: Houses
    waste_ml: Decimal
    in_use_days: int


def compare(
    context: Context, day: date, *, units: int = 1, spend_cents: int | None = None, only: Collection[str] | None = None
) -> tuple[SkuComparison, ...]:
    """Every SKU (or ``only`` these), by code, under every program in force on ``day``.

    ``units`` is packs in the shipment, from 1 (ValueError below); ``spend_cents`` is monthly medication spend and
    decides ``cheaper_at_spend`` alone.
    """
    if units < 1:
        raise ValueError(f"a shipment has at least 1 pack, not {units}")
    order = _order(context, day, units, spend_cents)
    codes = sorted(context.skus if only is None else only)
    return tuple(_sku_comparison(context.skus[code], order) for code in codes)


def _order(context: Context, day: date, units: int, spend_cents: int | None) -> _TypicalOrder:
    programs = context.programs_on(day)
    return _TypicalOrder(
        context,
        day,
        units,
        spend_cents,
        terms=tuple(Terms.of(program) for program in programs),
        takers={
            row.program: frozenset(code for code, pharmacy in context.pharmacies.items() if pharmacy.takes(row.program))
            for row in programs
        },
        houses=Houses(context, Days(day, day)),
        waste_ml=context.number("waste_ml_per_draw", day),
        in_use_days=int(context.number("default_in_use_days", day)),
    )


def _sku_comparison(sku: Sku, order: _TypicalOrder) -> SkuComparison:
    lasts = lasts_under(sku.usual_sig, sku, order.waste_ml, order.in_use_days)
    pack = Pack(lasts, sku.mg_per_pack, sku.patient_price_cents)
    offered = _offered(sku, order)
    costs: list[ProgramCost] = []
    direct: list[Side] = []
    pooled: list[Side] = []
    for terms in order.terms:
        taking = _to_be_had(offered, order.takers[terms.program])
        market = _market(sku, terms, taking, order)
        best, houses = market.cheapest() if market else None, tuple([offer.pharmacy for offer in taking])
        cost = ProgramCost(terms.program, terms.kind, pack, best, market, houses)
        costs.append(cost)
        (direct if terms.kind is ProgramKind.PASS_THROUGH else pooled).append(_side(terms, cost, taking))
    priced = [(cost.best.landed_cents, cost.program) for cost in costs if cost.best]
    return SkuComparison(
        sku=sku.sku,
        name=sku.name,
        programs=tuple(costs),
        cheapest=min(priced)[1] if priced else None,
        direct=tuple(direct),
        pooled=tuple(pooled),
        units=order.units,
        spend_cents=order.spend_cents,
    )


def _offered(sku: Sku, order: _TypicalOrder) -> list[PharmacyOffer]:
    """What pharmacies with enough in stock ask for the SKU in force, by code."""
    context, offers = order.context, []
    patients = context.states_taking(sku.sku)
    for code in context.pharmacies_offering(sku.sku):
        offer, house = context.offer(code, sku.sku, order.day), context.pharmacies[code]
        stock = context.stock(code, sku.sku, order.day)
        if offer and (stock is None or stock >= order.units):
            reached = order.houses.reached(house, sku, patients)
            offers.append(PharmacyOffer(code, offer.unit_cost_cents, house.fee_cents(sku.cold_chain), reached))
    return offers


def _to_be_had(offers: Iterable[PharmacyOffer], takers: Collection[str]) -> tuple[PharmacyOffer, ...]:
    """Those that take the program and can ship to nine in ten of the patients who take the SKU; where none can, those
    that reach the most."""
    taking = [offer for offer in offers if offer.pharmacy in takers and offer.reached]
    least = min(MOST_PATIENTS, max((offer.reached for offer in taking), default=MOST_PATIENTS))
    return tuple([offer for offer in taking if offer.reached >= least])


@lru_cache(maxsize=8192)
def lasts_under(directions: str, sku: Sku, waste_ml: Decimal, in_use_days: int) -> DaysSupply | None:
    """How long one pack lasts under some directions, and the doses used in that time; None for no whole day."""
    used = supply(read(directions, sku), sku, 1, waste_ml=waste_ml, default_in_use_days=in_use_days)
    return used if used and used.days > 0 else None


def _market(sku: Sku, terms: Terms, taking: tuple[PharmacyOffer, ...], order: _TypicalOrder) -> Market | None:
    """Who can fill the order; None where nobody can, or where an aggregate program has no price."""
    if not taking:
        return None
    if terms.kind is ProgramKind.PASS_THROUGH:
        return Market(terms, order.units, None, taking)
    row = order.context.aggregate_price(terms.program, sku.sku, order.day)
    return Market(terms, order.units, row.unit_price_cents, taking) if row else None


def _side(terms: Terms, cost: ProgramCost, taking: Sequence[PharmacyOffer]) -> Side:
    fees = (offer.shipping_cents for offer in taking)
    shipping = cost.best.shipping_cents if cost.best else min(fees, default=None)
    return Side(terms, cost.unit_cost_cents, cost.unit_landed_cents, shipping)
