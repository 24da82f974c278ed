"""Timing gate: not before the last fill is used, and not twice."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import Days, Gate, OurLine, Prescription, Severity, Sku
from core.rules.eligibility import earliest_refill
from core.rules.pauses import pause_of
from core.rules.prescriptions import Fill, fills_of, is_other_therapy, last_fill_for, supply_ended
from core.rules.sig import Given, ParsedSig, beyond, most_given
from core.rules.validation.allergens import related_class
from core.rules.validation.checked import REMOVE, CheckedCart, CheckedLine, Violation
from core.rules.validation.doses import filled_undated, highest_step
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
    """The last fill of the active is used as far as the pharmacy asks before the refill day.

    Fills that are counted, of which nobody knows the day, are warned of.
    """
    accused = {line.line.number: pharmacies for line, pharmacies in cart.accused("REFILL_TOO_SOON")}
    for line in cart.lines:
        pharmacies = accused.get(line.line.number, _pharmacy(line, context))
        dates = [earliest_refill(line.line, pharmacy, context, days) for pharmacy in pharmacies]
        earliest = min((day for day in dates if day is not None), default=None)
        if line.line.number in accused or (earliest is not None and earliest > days.refill_day):
            yield line.problem(_too_soon(line, earliest, context, days))
        elif filled_undated(line.line.patient, line.directions.active, context) and not any(
            fills_of(line.line.patient, line.directions.active, context)
        ):
            yield line.problem(
                f"Fills of {line.directions.active} are counted, but no day of one is known: ask for the last.",
                severity=Severity.WARNING,
            )


@rule(
    "PAUSED",
    gate=Gate.TIMING,
    severity=Severity.BLOCKING,
    field="paused_until",
    example="A patient who is paused until January, added by hand in December",
    source="paused_until in patients.csv and prescriptions.csv",
    overridable=True,
)
def nobody_paused_it(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Neither the patient nor the prescription is paused on the refill day."""
    for line in cart.lines:
        if pause := pause_of(line.patient, line.prescription, days.refill_day):
            what = f"Prescription {pause.rx}" if pause.rx else "The patient"
            why = f": {pause.reason}" if pause.reason else ""
            yield line.problem(f"{what} is paused until {full_day(pause.until)}{why}.", REMOVE)


def _pharmacy(line: CheckedLine, context: Context) -> tuple[str, ...]:
    """Who fills it or is to: once overridden, the code refuses nobody, yet what was overridden is still to be said."""
    pharmacy = line.routed.pharmacy or line.pin
    return (pharmacy,) if pharmacy is not None and pharmacy in context.pharmacies else ()


def _too_soon(line: CheckedLine, earliest: date | None, context: Context, days: Days) -> str:
    fill = last_fill_for(line.line.patient, line.directions.text, line.sku, context, days.refill_day)
    filled = (
        f"{line.directions.active} was last filled on {full_day(fill.filled_on)}"
        if fill
        else "The last fill is not used"
    )
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

    Two steps of one titration are no duplicates: the same active with a ladder, at different steps. Where both together
    are more than is taken of a drug, the sentence says so.
    """
    taken: dict[tuple[str, str], dict[tuple[str, int | None], _Taken]] = defaultdict(dict)
    for patient in dict.fromkeys(line.line.patient for line in cart.lines):
        for ours in _in_flight(patient, context):
            if ours.sku in context.skus:
                _take(taken, patient, _ours(ours, cart, context), context)
    for line in cart.lines:
        step = highest_step(line.directions, context)
        place = f"on line {line.line.number} of this cart"
        this = _Taken(line.sku, line.directions.active, step, place, line.directions.reading)
        keys = _therapies(line.sku, context)
        others = (therapy for key in keys for therapy in taken[line.line.patient, key].values())
        other = next((therapy for therapy in others if _duplicates(this, therapy)), None)
        if other is not None:
            yield line.problem(
                f"{line.sku.name} and {other.sku.name} ({other.place}) are the same kind of therapy for patient "
                f"{line.line.patient}{_too_much_together(this, other)}: confirm that both are meant.",
                REMOVE,
            )
        _take(taken, line.line.patient, this, context)


class _Taken(NamedTuple):
    """What a patient takes or is about to, and at which step of its ladder."""

    sku: Sku
    active: str
    step: int | None
    place: str
    reading: ParsedSig | None


def _take(
    taken: dict[tuple[str, str], dict[tuple[str, int | None], _Taken]], patient: str, this: _Taken, context: Context
) -> None:
    for key in _therapies(this.sku, context):
        taken[patient, key].setdefault((this.sku.sku, this.step), this)


def _therapies(sku: Sku, context: Context) -> list[str]:
    """What makes two SKUs the same kind of therapy: their actives, and their class."""
    shared = [f"active {active.strip().casefold()}" for active in sku.actives]
    therapy_class = _class_of(sku, context)
    return [*shared, f"class {therapy_class}"] if therapy_class else shared


def _class_of(sku: Sku, context: Context) -> str:
    """The SKU's class, folded; where the catalog tells none for its active, that of the allergens' table."""
    return context.class_of(sku) or related_class(context.active_of(sku))


def _duplicates(this: _Taken, other: _Taken) -> bool:
    """Two SKUs, unless they are steps of one titration: one active on a ladder, at different steps."""
    if this.sku.sku == other.sku.sku:
        return False
    steps = this.step is not None and other.step is not None and this.step != other.step
    return not (steps and this.active == other.active)


def _too_much_together(this: _Taken, other: _Taken) -> str:
    """What two SKUs give of one drug beyond the most that is taken of it; empty where they do not."""
    if this.reading is None or other.reading is None:
        return ""
    given, beside = most_given(this.reading, this.sku), most_given(other.reading, other.sku)
    both = {row: Given._make(map(sum, zip(given[row], beside[row], strict=True))) for row in given.keys() & beside}
    return "".join(
        sorted(f"; together they are {so_much}" for row, sums in both.items() for so_much in beyond(row, sums))
    )


def _ours(ours: OurLine, cart: CheckedCart, context: Context) -> _Taken:
    sku, rx = context.skus[ours.sku], context.prescriptions.get(ours.rx)
    directions = cart.read(rx.sig, sku) if rx else None
    step = highest_step(directions, context) if directions else None
    reading = directions.reading if directions else None
    return _Taken(sku, context.active_of(sku), step, f"on its way as {ours.reference}", reading)


def _in_flight(patient: str, context: Context) -> list[OurLine]:
    return [ours for ours in context.lines_of(patient) if ours.in_flight]


@rule(
    "THERAPY_SWITCH",
    gate=Gate.TIMING,
    severity=Severity.WARNING,
    field="sku",
    example="A first fill of tirzepatide ten days after 28 days of semaglutide were filled",
    source="rules.md, section 3; setting refill_threshold",
)
def other_supply_is_used_before_a_switch(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No supply of another drug of the class, or of the active for another use, is left at the start of this one.

    What the patient takes beside the other use, filled while this one's supply lasted, is no start.
    """
    for line in cart.lines:
        fills = _other_fills(line, context, days)
        newest = max(fills, key=lambda supplied: supplied.fill.filled_on, default=None)
        if newest is not None:
            sku = context.skus[newest.fill.prescription.sku]
            yield line.problem(
                f"{line.sku.name} begins while the patient has {sku.name}, filled on {full_day(newest.fill.filled_on)} "
                f"for {newest.lasts} days: confirm that the prescriber means the switch now.",
                REMOVE,
            )


class _SuppliedFill(NamedTuple):
    """A fill and the days that it lasts."""

    fill: Fill
    lasts: int


def _other_fills(line: CheckedLine, context: Context, days: Days) -> list[_SuppliedFill]:
    """Fills of the class's other drugs of which too much is left on the refill day, unless both are taken together."""
    supplied = [_supplied(fill, context, days) for fill in _fills_of_class(line, context)]
    others = [entry for entry in supplied if _is_other_drug(entry.fill.prescription, line, context, days)]
    same = (entry for entry in supplied if entry not in others)
    until = max((_day_after(fill.filled_on, lasts) for fill, lasts in same), default=date.min)
    share = context.number("refill_threshold", days.refill_day, state=line.state)
    return [
        entry
        for entry in others
        if (until < entry.fill.filled_on or _of_another_active(entry.fill, line, context))
        and _day_after(entry.fill.filled_on, math.ceil(entry.lasts * share)) > days.refill_day
    ]


def _of_another_active(fill: Fill, line: CheckedLine, context: Context) -> bool:
    """Two drugs of one class are never taken together, however their fills follow one another."""
    return context.active_of(context.skus[fill.prescription.sku]) != line.directions.active


def _is_other_drug(rx: Prescription, line: CheckedLine, context: Context, days: Days) -> bool:
    if context.active_of(context.skus[rx.sku]) != line.directions.active:
        return True
    return is_other_therapy(rx, line.directions.text, line.sku, context, days.refill_day)


def _fills_of_class(line: CheckedLine, context: Context) -> Iterator[Fill]:
    therapy_class = _class_of(line.sku, context)
    actives = {
        context.active_of(sku)
        for row in context.prescriptions_of(line.line.patient)
        if (sku := context.skus.get(row.sku)) is not None
        and (
            context.active_of(sku) == line.directions.active
            or (therapy_class and _class_of(sku, context) == therapy_class)
        )
    }
    for active in sorted(actives):
        yield from fills_of(line.line.patient, active, context)


def _supplied(fill: Fill, context: Context, days: Days) -> _SuppliedFill:
    return _SuppliedFill(fill, (supply_ended(fill, context, days.refill_day) - fill.filled_on).days)


def _day_after(day: date, count: int) -> date:
    return date.fromordinal(min(day.toordinal() + count, date.max.toordinal()))
