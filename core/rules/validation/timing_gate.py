"""Timing gate: not before the last fill is used, and not twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import Days, Gate, OurLine, Severity, Sku
from core.rules.eligibility import earliest_refill
from core.rules.prescriptions import last_fill
from core.rules.validation.checked import REMOVE, CheckedCart, CheckedLine, Violation
from core.rules.validation.doses import highest_step
from core.rules.validation.registry import rule


@rule(
    "REFILL_TOO_SOON",
    gate=Gate.TIMING,
    severity=Severity.BLOCKING,
    field="last_filled_on",
    example="28 days filled on 20 November, refilled on 4 December: the earliest is 11 December",
    source="Usual retail policy, 75 % of the supply; settings refill_threshold and scheduled_days_early",
    overridable=True,
)
def last_fill_is_used(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The last fill of the active is used as far as the pharmacy asks before the refill day."""
    accused = {line.line.number: pharmacies for line, pharmacies in cart.accused("REFILL_TOO_SOON")}
    for line in cart.lines:
        pharmacies = accused.get(line.line.number, _pharmacy(line, context))
        dates = [earliest_refill(line.line, pharmacy, context, days) for pharmacy in pharmacies]
        earliest = min((day for day in dates if day is not None), default=None)
        if line.line.number in accused or (earliest is not None and earliest > days.refill_day):
            yield line.problem(_too_soon(line, earliest, context, days))


def _pharmacy(line: CheckedLine, context: Context) -> tuple[str, ...]:
    """Who fills it or is to: once overridden, the code refuses nobody, yet what was overridden is still to be said."""
    pharmacy = line.routed.pharmacy or line.pin
    return (pharmacy,) if pharmacy is not None and pharmacy in context.pharmacies else ()


def _too_soon(line: CheckedLine, earliest: date | None, context: Context, days: Days) -> str:
    fill = last_fill(line.line.patient, line.sku.active, context)
    filled = f"{line.sku.active} was last filled on {full_day(fill.filled_on)}" if fill else "The last fill is not used"
    sentence = f"{filled[:1].upper()}{filled[1:]}"
    if earliest is None:
        return f"{sentence}."
    return f"{sentence}; the earliest refill is on {full_day(earliest)}, the refill day is {full_day(days.refill_day)}."


@rule(
    "SUSPECTED_DUPLICATE",
    gate=Gate.TIMING,
    severity=Severity.BLOCKING,
    field="sku",
    example="The same vial for the same patient on lines 3 and 9; line 9 is named",
    source="rules.md, section 3",
    overridable=True,
)
def line_is_the_only_one(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient gets the SKU on no earlier line, in no other open cart, and has none in flight."""
    first: dict[tuple[str, str], int] = {}
    for line in cart.lines:
        key = (line.line.patient, line.line.sku)
        places = [f"on line {first[key]} of this cart"] if key in first else []
        places += ["in another open cart"] if key in context.other_carts else []
        places += [f"on its way as {ours.reference}" for ours in _in_flight(key[0], context) if ours.sku == key[1]]
        first.setdefault(key, line.line.number)
        if places:
            yield line.problem(f"Patient {key[0]} gets {line.sku.name} already: {', '.join(places)}.", REMOVE)


@rule(
    "DUPLICATE_THERAPY",
    gate=Gate.TIMING,
    severity=Severity.WARNING,
    field="sku",
    example="Semaglutide and tirzepatide for one patient",
    source="rules.md, section 3",
)
def therapy_is_the_only_one(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No other SKU of the patient, earlier in the cart or in flight, shares an active or a therapy class.

    Two steps of one titration are no duplicates: the same active with a ladder, at different steps.
    """
    taken: dict[tuple[str, str], dict[tuple[str, int | None], _Taken]] = defaultdict(dict)
    for patient in dict.fromkeys(line.line.patient for line in cart.lines):
        for ours in _in_flight(patient, context):
            if ours.sku in context.skus:
                _take(taken, patient, _ours(ours, cart, context))
    for line in cart.lines:
        step = highest_step(line.directions, context)
        this = _Taken(line.sku, step, f"on line {line.line.number} of this cart")
        others = (therapy for key in _therapies(line.sku) for therapy in taken[line.line.patient, key].values())
        other = next((therapy for therapy in others if _duplicates(this, therapy)), None)
        if other is not None:
            yield line.problem(
                f"{line.sku.name} and {other.sku.name} ({other.place}) are the same kind of therapy for patient "
                f"{line.line.patient}: confirm that both are meant.",
                REMOVE,
            )
        _take(taken, line.line.patient, this)


class _Taken(NamedTuple):
    """What a patient takes or is about to, and at which step of its ladder."""

    sku: Sku
    step: int | None
    place: str


def _take(taken: dict[tuple[str, str], dict[tuple[str, int | None], _Taken]], patient: str, this: _Taken) -> None:
    for key in _therapies(this.sku):
        taken[patient, key].setdefault((this.sku.sku, this.step), this)


def _therapies(sku: Sku) -> list[str]:
    """What makes two SKUs the same kind of therapy: their actives, and their class."""
    shared = [f"active {active.strip().casefold()}" for active in sku.actives]
    return [*shared, f"class {sku.therapy_class.strip().casefold()}"] if sku.therapy_class.strip() else shared


def _duplicates(this: _Taken, other: _Taken) -> bool:
    """Two SKUs, unless they are steps of one titration: one active on a ladder, at different steps."""
    if this.sku.sku == other.sku.sku:
        return False
    steps = this.step is not None and other.step is not None and this.step != other.step
    return not (steps and this.sku.active == other.sku.active)


def _ours(ours: OurLine, cart: CheckedCart, context: Context) -> _Taken:
    sku, rx = context.skus[ours.sku], context.prescriptions.get(ours.rx)
    step = highest_step(cart.read(rx.sig, sku), context) if rx else None
    return _Taken(sku, step, f"on its way as {ours.reference}")


def _in_flight(patient: str, context: Context) -> list[OurLine]:
    return [ours for ours in context.lines_of(patient) if ours.in_flight]
