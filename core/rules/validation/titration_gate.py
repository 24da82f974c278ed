"""Titration gate: the dose goes up the ladder step by step, and the newest prescription is the one that is filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import code_order
from core.domain.model import Days, Fix, Gate, Prescription, Severity
from core.rules.prescriptions import (
    is_other_therapy,
    last_fill,
    next_step,
    stopped,
    supply_ended,
    titration_plan,
    weekly_dose,
)
from core.rules.sig import WeeklyMg, dose_steps
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation, mg
from core.rules.validation.doses import at_dose_since, dose_fills, filled_undated, prescribed_of, step_at
from core.rules.validation.registry import rule


@rule(
    "DOSE_START_HIGH",
    gate=Gate.TITRATION,
    severity=Severity.BLOCKING,
    field="sig",
    example="A first fill of semaglutide at 1 mg a week, two steps above the first; 0.5 mg, one step, is warned of",
    source="Semaglutide and tirzepatide labels; ladders.csv",
    overridable=True,
)
def first_dose_is_the_first_step(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Without an earlier fill of the active, the weekly mg is at most the ladder's first step.

    Fills without a date, or with directions that cannot be read, tell no dose.
    """
    for line, weekly in _on_a_ladder(cart, context):
        active = line.directions.active
        ladder = context.ladder(active)
        fills = dose_fills(line.line.patient, active, cart, context)
        if weekly.first <= ladder[0] or any(fill.step is not None for fill in fills):
            continue
        told = bool(fills) or filled_undated(line.line.patient, active, context)
        known = f"No dose of the fills of {active} is known" if told else f"No earlier fill of {active} is known"
        yield line.problem(
            f"{known} and the directions begin at {mg(weekly.first)} mg a week; the first step is {ladder[0]} mg.",
            *_lower_step(line, context, days),
            severity=_of_start(ladder, weekly),
        )


def _of_start(ladder: Sequence[Decimal], weekly: WeeklyMg) -> Severity:
    """Of a start, or a new one, above the first step: two steps at once stop the line."""
    return Severity.BLOCKING if step_at(ladder, weekly.first) > 1 else Severity.WARNING


def _lower_step(line: CheckedLine, context: Context, days: Days) -> Iterator[Fix]:
    """The step of the same plan that is next, where that is another prescription."""
    if line.prescription is None:
        return
    rows = _plan_from(line.prescription, line, context)
    step = next_step([row for row in rows if not stopped(row, days.refill_day)] or rows, context, days.refill_day)
    if step.rx != line.prescription.rx:
        change = {"rx": step.rx, "sku": step.sku, "quantity": "", "sig": "", "npi": ""}
        yield Fix(label=f"Use prescription {step.rx}, the step that is next", change=change)


@rule(
    "RETITRATION",
    gate=Gate.TITRATION,
    severity=Severity.BLOCKING,
    field="last_filled_on",
    example="Semaglutide at 1.7 mg a week again, three months after the last fill's supply ended",
    source="Semaglutide (Wegovy) label, 2.1; ladders.csv; setting retitration_gap_days",
    overridable=True,
)
def dose_begins_anew_after_a_gap(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """After more than 14 days without supply of the active, the weekly mg is at most the ladder's first step.

    One step above it, or a gap of at most twice as long, is only warned of.
    """
    for line, weekly in _on_a_ladder(cart, context):
        active = line.directions.active
        ladder = context.ladder(active)
        ended = _supply_ended(line, context, days)
        if ended is None or step_at(ladder, weekly.first) < 1:
            continue
        gap, most = (
            (line.ship_day - ended).days,
            int(context.number("retitration_gap_days", line.ship_day, active=active)),
        )
        if gap > most:
            yield line.problem(
                f"The supply of {active} ended on {full_day(ended)}, {gap} days before this ships; after {most} days "
                f"without it, {mg(weekly.first)} mg a week asks for titration anew from {ladder[0]} mg.",
                severity=_of_start(ladder, weekly) if gap > 2 * most else Severity.WARNING,
            )


def _supply_ended(line: CheckedLine, context: Context, days: Days) -> date | None:
    """When the newest fill of the active was used up."""
    fill = last_fill(line.line.patient, line.directions.active, context)
    return supply_ended(fill, context, days.refill_day) if fill else None


@rule(
    "TITRATION_SKIP",
    gate=Gate.TITRATION,
    severity=Severity.BLOCKING,
    field="sig",
    example="From 0.25 to 1 mg of semaglutide; to 0.5 mg after 14 days is warned of",
    source="Semaglutide and tirzepatide labels: four weeks a step; setting titration_step_days",
    overridable=True,
)
def dose_goes_up_one_step_at_a_time(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The weekly dose is at most one step above the last fill's, and that was first filled 28 days ago or more.

    Two steps at once stop the line, from the last fill as within the directions.
    """
    for line, weekly in _on_a_ladder(cart, context):
        for sentence, severity in _within_directions(line, context):
            yield line.problem(sentence, severity=severity)
        if skip := _skip(line, weekly, cart, context):
            yield line.problem(skip[0], severity=skip[1])


def _within_directions(line: CheckedLine, context: Context) -> Iterator[tuple[str, Severity]]:
    """Where the directions themselves leave out a step of the ladder, leave several open, or go up too soon."""
    active = line.directions.active
    ladder = context.ladder(active)
    least = int(context.number("titration_step_days", line.ship_day, state=line.state))
    for steps in dose_steps(line.directions.reading, line.sku, active):
        for step in steps:
            if step_at(ladder, step.high) - max(step_at(ladder, step.low), 0) > 1:
                open_dose = f"anything from {mg(step.low)} to {mg(step.high)} mg a week"
                yield f"The directions allow {open_dose} of {active}, more than one step.", Severity.BLOCKING
        for before, after in pairwise(steps):
            old, new = step_at(ladder, before.high), step_at(ladder, after.high)
            up = f"The directions raise {active} from {mg(before.high)} to {mg(after.high)} mg a week"
            if new - max(old, 0) > 1:
                yield f"{up}, {new - old} steps at once; the next step is {ladder[old + 1]} mg.", Severity.BLOCKING
            elif new > old and before.days is not None and before.days < least:
                yield f"{up} after {before.days} days; expected {least} days or more.", Severity.WARNING


def _skip(line: CheckedLine, weekly: WeeklyMg, cart: CheckedCart, context: Context) -> tuple[str, Severity] | None:
    active = line.directions.active
    ladder = context.ladder(active)
    fills = dose_fills(line.line.patient, active, cart, context)
    old, new = fills[-1].step if fills else None, step_at(ladder, weekly.first)
    if old is None or new <= old:
        return None
    before = f"{ladder[old]} mg" if old >= 0 else f"less than {ladder[0]} mg"
    up = f"{active} goes up from {before} to {mg(weekly.first)} mg a week"
    if new - old > 1:
        return f"{up}, {new - old} steps at once; the next step is {ladder[old + 1]} mg.", Severity.BLOCKING
    since = at_dose_since(fills)
    least = int(context.number("titration_step_days", line.ship_day, state=line.state))
    held = (line.ship_day - since).days
    if held >= least:
        return None
    old_dose = f"the first fill at the old dose ({full_day(since)})"
    return f"{up} {held} days after {old_dose}; expected {least} days or more.", Severity.WARNING


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
    """The newest prescription that replaces this one: neither a step of the same plan nor another therapy."""
    for other, sku in prescribed_of(line.line.patient, line.directions.active, context):
        if (other.written_on, code_order(other.rx)) <= (rx.written_on, code_order(rx.rx)):
            return None
        if other.written_on > days.refill_day or stopped(other, days.refill_day):
            continue
        steps = weekly_dose(rx, context), weekly_dose(other, context)
        in_plan = rx in _plan_from(other, line, context) and (None in steps or steps[0] != steps[1])
        if in_plan or is_other_therapy(rx, other.sig, sku, context, days.refill_day):
            continue
        return other
    return None


def _plan_from(newest: Prescription, line: CheckedLine, context: Context) -> list[Prescription]:
    """The titration plan that a prescription is the newest of; a later step belongs to it as well where it is named."""
    rows = [row for row, _ in prescribed_of(line.line.patient, line.directions.active, context)]
    for at, row in enumerate(rows):
        plan = titration_plan(rows[at:], context)
        if newest in plan:
            return plan
        if row == newest:
            break
    return [newest]


def _on_a_ladder(cart: CheckedCart, context: Context) -> Iterator[tuple[CheckedLine, WeeklyMg]]:
    for line in cart.directed:
        weekly = line.directions.weekly if context.ladder(line.directions.active) else None
        if weekly is not None:
            yield line, weekly
