"""A checkout's cost under one program, and each line's part of it (rules.md, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Box, CartLine, Days, Encounter, Pharmacy, Program, Quote, QuoteLine, RoutedLine, ShipTo
from core.domain.money import allocate, half_up
from core.rules.prescriptions import fills_and_in_flight
from core.rules.pricing.terms import Terms, charged


class ProgramQuote(NamedTuple):
    """A cart under one program: its quote or, with ``without_price`` naming the SKUs at fault, the reason for none."""

    program: str
    quote: Quote | None
    without_price: tuple[str, ...] = ()
    reason: str = ""


def box_for(line: CartLine, pharmacy: Pharmacy, cold: bool) -> Box:
    """The shipment that carries a line: two patients share one only on its way to a clinic that consolidates."""
    if line.ship_to is ShipTo.PATIENT:
        destination = f"patient {line.patient}"
    elif pharmacy.clinic_consolidates:
        destination = "clinic"
    else:
        destination = f"clinic for {line.patient}"
    return Box(pharmacy.pharmacy, destination, cold)


def encounter_cents(line: CartLine, context: Context, program: Program) -> int:
    """What the encounter of the line's prescription costs on its first fill: none filled or in flight; else 0."""
    prescription = context.prescriptions.get(line.rx or "")
    if prescription is None or prescription.encounter is Encounter.NONE:
        return 0
    if fills_and_in_flight(prescription, context) > 0:
        return 0
    return program.encounter_cents(prescription.encounter)


def quote(routed: Iterable[RoutedLine], context: Context, program: Program, days: Days) -> Quote:
    """What the filled lines cost in one checkout; without any, nothing.

    Prices are those in force on the placing day. Raises ValueError for a filled line that has no price under the
    program (``unpriced`` names them): the split never makes one.
    """
    filled = sorted((line for line in routed if line.filled), key=attrgetter("line.number"))
    medication = _medication(filled, context, program, days)
    encounters = _encounters([line.line for line in filled], context, program)
    shipping = _shipping(filled, context)
    terms = Terms.of(program)
    fees, processing = charged(terms, medication, shipping, encounters)
    rests = [sum(parts) for parts in zip(medication, fees, encounters, shipping, strict=True)]
    return Quote(
        program=program.program,
        kind=program.kind,
        medication_cents=sum(medication),
        program_fee_cents=sum(fees),
        encounters_cents=sum(encounters),
        shipping_cents=sum(shipping),
        processing_cents=sum(processing),
        total_cents=sum(rests) + sum(processing),
        lines=tuple(
            map(
                _line,
                filled,
                zip(medication, fees, encounters, shipping, processing, strict=True),
                allocate(terms.fixed_cents if filled else 0, processing),
            )
        ),
    )


def under_every_program(routed: Iterable[RoutedLine], context: Context, days: Days) -> tuple[ProgramQuote, ...]:
    """The same assignment under each program: those that the clinic may place with first, then the others by code."""
    lines = tuple(routed)
    programs = {program.program: program for program in context.programs_on(days.placing_day)}
    return tuple(
        _program_quote(code, programs.get(code), lines, context, days)
        for code in dict.fromkeys((*context.clinic.program, *programs))
    )


def _program_quote(
    code: str, program: Program | None, routed: Sequence[RoutedLine], context: Context, days: Days
) -> ProgramQuote:
    if program is None:
        return ProgramQuote(code, None, (), f"{code} is not in force on {days.placing_day}")
    missing = unpriced(routed, context, program, days)
    if missing:
        return ProgramQuote(code, None, missing, f"no price under {code}: {', '.join(missing)}")
    return ProgramQuote(code, quote(routed, context, program, days))


def unpriced(routed: Iterable[RoutedLine], context: Context, program: Program, days: Days) -> tuple[str, ...]:
    """Codes of the filled SKUs that have no price under the program where they are assigned, in order."""
    filled = (line for line in routed if line.filled)
    return tuple(sorted({line.line.sku for line in filled if _price(line, context, program, days) is None}))


def _line(routed: RoutedLine, parts: tuple[int, int, int, int, int], processing_fixed_cents: int) -> QuoteLine:
    quantity, landed = routed.line.quantity, sum(parts)
    return QuoteLine(
        routed.line.number,
        str(routed.pharmacy),
        quantity,
        *parts,
        processing_fixed_cents=processing_fixed_cents,
        landed_cents=landed,
        unit_landed_cents=half_up(landed, quantity),
    )


def _price(routed: RoutedLine, context: Context, program: Program, days: Days) -> int | None:
    """Cents for one pack; None also where the pharmacy does not take the program."""
    pharmacy = context.pharmacies[str(routed.pharmacy)]
    if not pharmacy.takes(program.program):
        return None
    return context.unit_price_cents(program, pharmacy.pharmacy, routed.line.sku, days.placing_day)


def _medication(filled: Sequence[RoutedLine], context: Context, program: Program, days: Days) -> list[int]:
    amounts = []
    for routed in filled:
        price = _price(routed, context, program, days)
        if price is None:
            raise ValueError(f"{routed.line.sku} has no price at {routed.pharmacy} under {program.program}")
        amounts.append(routed.line.quantity * price)
    return amounts


def _encounters(lines: Sequence[CartLine], context: Context, program: Program) -> list[int]:
    """Each line's encounter: once a prescription, at the first of its lines."""
    charged: set[str | None] = set()
    amounts = []
    for line in lines:
        amounts.append(0 if line.rx in charged else encounter_cents(line, context, program))
        charged.add(line.rx)
    return amounts


def _shipping(filled: Sequence[RoutedLine], context: Context) -> list[int]:
    """Each line's part of its box's fee, in proportion to the packs that it puts in."""
    boxes: dict[Box, list[int]] = {}
    for position, routed in enumerate(filled):
        if routed.box is not None:
            boxes.setdefault(routed.box, []).append(position)
    amounts = [0] * len(filled)
    for box, positions in boxes.items():
        fee = context.pharmacies[box.pharmacy].fee_cents(box.cold)
        shares = allocate(fee, [filled[position].line.quantity for position in positions])
        for position, share in zip(positions, shares, strict=True):
            amounts[position] = share
    return amounts
