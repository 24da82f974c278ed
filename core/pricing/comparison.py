"""What a SKU costs under every program: one shipment of it alone, without an encounter (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from operator import attrgetter
from typing import NamedTuple

from core.context import Context
from core.model import Pharmacy, Program, ProgramKind, Sku
from core.money import half_up
from core.pricing.break_even import BreakEven, Side, break_even
from core.pricing.quotes import charges
from core.sig import Supply, read, supply

FOUR_DECIMALS = Decimal("0.0001")


class PharmacyCost(NamedTuple):
    """One pharmacy's order under one program: what it is made of, and the landed cost of one pack."""

    pharmacy: str
    unit_cost_cents: int
    medication_cents: int
    program_fee_cents: int
    shipping_cents: int
    processing_cents: int
    landed_cents: int
    unit_landed_cents: int


class ProgramCost(NamedTuple):
    """A SKU under one program at its cheapest pharmacy; None is "no price" or, for a measure, not known.

    ``per_*`` are dollars to four decimals. ``pharmacies`` holds all that can fill it, the cheapest first.
    """

    program: str
    kind: ProgramKind
    pharmacy: str | None = None
    unit_cost_cents: int | None = None
    unit_landed_cents: int | None = None
    per_dose: Decimal | None = None
    per_day: Decimal | None = None
    per_week: Decimal | None = None
    per_mg: Decimal | None = None
    margin_cents: int | None = None
    pharmacies: tuple[PharmacyCost, ...] = ()


class SkuComparison(NamedTuple):
    """A SKU under every program; ``cheapest`` is the program with the least landed cost, spend ignored."""

    sku: str
    name: str
    programs: tuple[ProgramCost, ...]
    cheapest: str | None
    break_even: tuple[BreakEven, ...]


class _Order(NamedTuple):
    """The typical order that is compared."""

    context: Context
    day: date
    units: int
    spend_cents: int | None


def compare(
    context: Context, day: date, *, units: int = 1, spend_cents: int | None = None
) -> tuple[SkuComparison, ...]:
    """Every SKU, by code, under every program in force on ``day``.

    ``units`` is packs in the shipment, from 1 (ValueError below); ``spend_cents`` is monthly medication spend and
    decides ``cheaper_at_spend`` alone.
    """
    if units < 1:
        raise ValueError(f"a shipment has at least 1 pack, not {units}")
    order = _Order(context, day, units, spend_cents)
    programs = context.programs_on(day)
    return tuple(_compared(sku, programs, order) for _, sku in sorted(context.skus.items()))


def _compared(sku: Sku, programs: Sequence[Program], order: _Order) -> SkuComparison:
    used = _used(sku, order)
    costs = [_program_cost(sku, program, used, order) for program in programs]
    priced = [cost for cost in costs if cost.pharmacies]
    cheapest = min(priced, key=lambda cost: (cost.pharmacies[0].landed_cents, cost.program), default=None)
    sides = [_side(sku, program, cost, order) for program, cost in zip(programs, costs, strict=True)]
    own = [side for side in sides if side.program.kind is ProgramKind.PASS_THROUGH]
    pooled = [side for side in sides if side.program.kind is ProgramKind.AGGREGATE]
    return SkuComparison(
        sku=sku.sku,
        name=sku.name,
        programs=tuple(costs),
        cheapest=cheapest.program if cheapest else None,
        break_even=tuple(break_even(*pair, order.units, order.spend_cents) for pair in product(own, pooled)),
    )


def _side(sku: Sku, program: Program, cost: ProgramCost, order: _Order) -> Side:
    fees = (pharmacy.fee_cents(sku.cold_chain) for pharmacy in _offering(sku, program, order))
    shipping = cost.pharmacies[0].shipping_cents if cost.pharmacies else min(fees, default=None)
    return Side(program, cost.unit_cost_cents, cost.unit_landed_cents, shipping)


def _used(sku: Sku, order: _Order) -> Supply | None:
    """How long one pack lasts under the usual directions, and the doses used in that time."""
    used = supply(
        read(sku.usual_sig, sku),
        sku,
        1,
        waste_ml=order.context.number("waste_ml_per_draw", order.day),
        default_in_use_days=int(order.context.number("default_in_use_days", order.day)),
    )
    return used if used and used.days > 0 else None


def _program_cost(sku: Sku, program: Program, used: Supply | None, order: _Order) -> ProgramCost:
    pharmacies = sorted(_pharmacy_costs(sku, program, order), key=attrgetter("landed_cents", "pharmacy"))
    if not pharmacies:
        return ProgramCost(program.program, program.kind)
    landed = pharmacies[0].unit_landed_cents
    return ProgramCost(
        program=program.program,
        kind=program.kind,
        pharmacy=pharmacies[0].pharmacy,
        unit_cost_cents=pharmacies[0].unit_cost_cents,
        unit_landed_cents=landed,
        per_dose=_per(landed, used.doses if used else None),
        per_day=_per(landed, used.days if used else None),
        per_week=_per(7 * landed, used.days if used else None),
        per_mg=_per(landed, sku.mg_per_pack),
        margin_cents=None if sku.patient_price_cents is None else sku.patient_price_cents - landed,
        pharmacies=tuple(pharmacies),
    )


def _per(cents: int, amount: Decimal | int | None) -> Decimal | None:
    if not amount:
        return None
    return (Decimal(cents) / (100 * amount)).quantize(FOUR_DECIMALS, rounding=ROUND_HALF_UP)


def _pharmacy_costs(sku: Sku, program: Program, order: _Order) -> Iterator[PharmacyCost]:
    for pharmacy in _offering(sku, program, order):
        price = order.context.unit_price_cents(program, pharmacy.pharmacy, sku.sku, order.day)
        if price is None:
            continue
        medication, shipping = order.units * price, pharmacy.fee_cents(sku.cold_chain)
        fee, processing = charges(program, medication, shipping, 0)
        landed = medication + fee + shipping + processing
        unit_landed = half_up(landed, order.units)
        yield PharmacyCost(pharmacy.pharmacy, price, medication, fee, shipping, processing, landed, unit_landed)


def _offering(sku: Sku, program: Program, order: _Order) -> Iterator[Pharmacy]:
    """The pharmacies with an offer in force that take the program."""
    for code in order.context.pharmacies_offering(sku.sku):
        pharmacy = order.context.pharmacies[code]
        if pharmacy.takes(program.program) and order.context.offer(code, sku.sku, order.day):
            yield pharmacy
