"""Titration gate: the dose goes up the ladder step by step, and the newest prescription is the one that is filled."""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import Days, Fix, Gate, Prescription, Severity
from core.rules.prescriptions import stopped
from core.rules.sig import WeeklyMg
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation, mg
from core.rules.validation.doses import at_dose_since, dose_fills, filled_before, prescribed_of, step_at
from core.rules.validation.registry import rule


@rule(
    "DOSE_START_HIGH",
    gate=Gate.TITRATION,
    severity=Severity.WARNING,
    field="sig",
    example="A first fill of semaglutide at 1 mg a week",
    source="Semaglutide and tirzepatide labels; ladders.csv",
)
def first_dose_is_the_first_step(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Without an earlier fill of the active, the weekly mg is at most the ladder's first step."""
    for line, weekly in _on_a_ladder(cart, context):
        active = line.sku.active
        first = context.ladder(active)[0]
        if weekly.first > first and not filled_before(line.line.patient, active, cart, context):
            yield line.problem(
                f"No earlier fill of {active} is known and the directions begin at {mg(weekly.first)} mg a week; the "
                f"first step is {first} mg."
            )


@rule(
    "TITRATION_SKIP",
    gate=Gate.TITRATION,
    severity=Severity.WARNING,
    field="sig",
    example="From 0.25 to 1 mg of semaglutide; or to 0.5 mg after 14 days",
    source="Semaglutide and tirzepatide labels: four weeks a step; setting titration_step_days",
)
def dose_goes_up_one_step_at_a_time(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The weekly dose is at most one step above the last fill's, and that was first filled 28 days ago or more."""
    for line, weekly in _on_a_ladder(cart, context):
        message = _skip(line, weekly, cart, context)
        if message:
            yield line.problem(message)


def _skip(line: CheckedLine, weekly: WeeklyMg, cart: CheckedCart, context: Context) -> str | None:
    active = line.sku.active
    ladder = context.ladder(active)
    fills = dose_fills(line.line.patient, active, cart, context)
    old, new = fills[-1].step if fills else None, step_at(ladder, weekly.first)
    if old is None or new <= old:
        return None
    before = f"{ladder[old]} mg" if old >= 0 else f"less than {ladder[0]} mg"
    up = f"{active} goes up from {before} to {mg(weekly.first)} mg a week"
    if new - old > 1:
        return f"{up}, {new - old} steps at once; the next step is {ladder[old + 1]} mg."
    since = at_dose_since(fills)
    least = int(context.number("titration_step_days", line.ship_day, state=line.state))
    held = (line.ship_day - since).days
    if held >= least:
        return None
    return f"{up} {held} days after the first fill at the old dose ({full_day(since)}); expected {least} days or more."


@rule(
    "TITRATION_STALE",
    gate=Gate.TITRATION,
    severity=Severity.WARNING,
    field="rx",
    example="A refill of 0.25 mg where the prescriber has written 0.5 mg since",
    source="rules.md, section 2: the newest prescription not stopped",
)
def prescription_is_the_newest(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No newer prescription of the active, not stopped, exists for the patient."""
    for line, rx in cart.prescribed:
        newer = _newer(line, rx, context, days)
        if newer is not None:
            yield line.problem(
                f"Prescription {newer.rx} for {newer.sku}, written on {full_day(newer.written_on)}, is newer than "
                f"{rx.rx} of {full_day(rx.written_on)}.",
                Fix(
                    label=f"Use the newer prescription {newer.rx}",
                    change={"rx": newer.rx, "sku": newer.sku, "quantity": "", "sig": "", "npi": ""},
                ),
            )


def _newer(line: CheckedLine, rx: Prescription, context: Context, days: Days) -> Prescription | None:
    for other, _ in prescribed_of(line.line.patient, line.sku.active, context):
        if (other.written_on, other.rx) <= (rx.written_on, rx.rx):
            return None
        if other.written_on <= days.refill_day and not stopped(other, days.refill_day):
            return other
    return None


def _on_a_ladder(cart: CheckedCart, context: Context) -> Iterator[tuple[CheckedLine, WeeklyMg]]:
    for line in cart.directed:
        weekly = line.directions.weekly if context.ladder(line.sku.active) else None
        if weekly is not None:
            yield line, weekly
