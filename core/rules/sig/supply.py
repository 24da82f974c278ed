"""How long a quantity lasts and how much a week that is (rules.md, section 4). Exact, by the upper dose and rate.

A quantity is a row of containers emptied one after another: vials, each with its in-use life, or all pieces together.
Each dose covers the time to the next; a container ends when it cannot hold the next dose or its in-use days are over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import ceil, floor
from typing import NamedTuple

from core.domain.model import Sku
from core.rules.sig.blends import share_of
from core.rules.sig.strength import Strength, mg_per_dose, ml_per_dose, pieces_per_dose, strength
from core.rules.sig.values import Dose, ParsedSig, Segment, decimal

HORIZON_DAYS = 20 * 365
"""Where dose-by-dose counting stops; no pack is used longer."""


class DaysSupply(NamedTuple):
    """Whole days that a quantity lasts, and the doses used in them."""

    days: int
    doses: int


class WeeklyMg(NamedTuple):
    """Milligrams a week: at the first titration step, and at the highest."""

    first: Decimal
    highest: Decimal


class _Stream(NamedTuple):
    """One dose (in mL or pieces) every so many days."""

    amount: Fraction
    every_days: Fraction


class _Step(NamedTuple):
    streams: tuple[_Stream, ...]
    days: int | None


@dataclass(slots=True)
class _Stock:
    """Containers left to use. The one in use was opened at ``opened`` and holds ``left``."""

    capacity: Fraction
    closed: int
    in_use_days: Fraction | None
    left: Fraction = Fraction(0)
    opened: Fraction = Fraction(0)
    doses: int = field(default=0)

    def open_next(self, at: Fraction) -> bool:
        """Opens a container; False when none is left."""
        if self.closed <= 0:
            return False
        self.closed -= 1
        self.left, self.opened = self.capacity, at
        return True

    @property
    def expires(self) -> Fraction | None:
        """When the open container's in-use life is over."""
        return None if self.in_use_days is None else self.opened + self.in_use_days


def days_supply(
    reading: ParsedSig, sku: Sku, quantity: int, *, waste_ml: Decimal = Decimal(0), default_in_use_days: int = 28
) -> int | None:
    """Days that ``quantity`` packs last, rounded down; None where dose, frequency or contents are not known."""
    lasts = supply(reading, sku, quantity, waste_ml=waste_ml, default_in_use_days=default_in_use_days)
    return None if lasts is None else lasts.days


def supply(
    reading: ParsedSig, sku: Sku, quantity: int, *, waste_ml: Decimal = Decimal(0), default_in_use_days: int = 28
) -> DaysSupply | None:
    """Days and doses of ``quantity`` packs; 0 days where no container holds one dose, None where it is not known.

    Ambiguous directions count at the reading that uses the pack up first (rules.md, section 3).
    """
    of = strength(sku, reading.action)
    lasts = [
        _lasts(segments, of, sku, max(quantity, 0), Fraction(waste_ml), default_in_use_days)
        for segments in reading.alternatives
    ]
    complete = [supply_of_reading for supply_of_reading in lasts if supply_of_reading is not None]
    return min(complete) if complete and len(complete) == len(lasts) else None


def weekly_mg(reading: ParsedSig, sku: Sku | None, active: str = "") -> WeeklyMg | None:
    """Milligrams a week of an active, or of what the SKU's strength counts; the highest of ambiguous readings.

    None where any step, or the active's share of a blend, is not known.
    """
    of, share = strength(sku, reading.action), share_of(sku, active) if sku and active else 1
    weekly = [[_weekly(step, of) for step in _steps(segments)] for segments in reading.alternatives]
    complete = [[mg * (share or 0) for mg in steps if mg is not None] for steps in weekly]
    if not complete or list(map(len, complete)) != list(map(len, weekly)) or not all(complete) or share is None:
        return None
    return WeeklyMg(
        decimal(max(segments[0] for segments in complete)), decimal(max(max(segments) for segments in complete))
    )


class DoseStep(NamedTuple):
    """Milligrams a week in one step, from ``low`` to ``high``, and its days; None: it goes on."""

    low: Decimal
    high: Decimal
    days: int | None


def dose_steps(reading: ParsedSig, sku: Sku, active: str) -> list[list[DoseStep]]:
    """The steps of every reading of the directions, in order, those left out whose mg of the active is not known."""
    of, share = strength(sku, reading.action), share_of(sku, active)
    if share is None:
        return []
    return [
        [
            DoseStep(decimal(low * share), decimal(high * share), step[0].days)
            for step in _steps(segments)
            if (high := _weekly(step, of)) is not None and (low := _weekly(map(_lower, step), of)) is not None
        ]
        for segments in reading.alternatives
    ]


def _lower(segment: Segment) -> Segment:
    """The segment at the lower end of its dose."""
    dose = segment.dose
    lowest = None if dose is None else Dose(dose.low, dose.low, dose.unit)
    return Segment(segment.step, lowest, segment.per_week, segment.days)


def _steps(segments: Iterable[Segment]) -> list[list[Segment]]:
    return [list(step) for _, step in groupby(segments, key=lambda segment: segment.step)]


def _weekly(step: Iterable[Segment], of: Strength) -> Fraction | None:
    total = Fraction(0)
    for segment in step:
        mg = mg_per_dose(segment, of)
        if mg is None or segment.per_week is None:
            return None
        total += mg * segment.per_week.high
    return total


def _lasts(
    segments: tuple[Segment, ...], of: Strength, sku: Sku, quantity: int, waste_ml: Fraction, default_in_use_days: int
) -> DaysSupply | None:
    vials = sku.volume_ml is not None and sku.volume_ml > 0
    waste = waste_ml if vials and sku.sterile else Fraction(0)
    steps = [_step(step, of, waste, vials) for step in _steps(segments)]
    complete = [step for step in steps if step is not None]
    if not complete or len(complete) < len(steps) or not (vials or sku.units_per_pack):
        return None
    return _use_up(complete, _stock(sku, quantity, complete[0], vials, default_in_use_days))


def _step(segments: list[Segment], of: Strength, waste: Fraction, vials: bool) -> _Step | None:
    streams = []
    for segment in segments:
        amount = ml_per_dose(segment, of) if vials else pieces_per_dose(segment, of)
        if amount is None or segment.per_week is None:
            return None
        streams.append(_Stream(amount + waste, 7 / segment.per_week.high))
    return _Step(tuple(streams), segments[0].days)


def _stock(sku: Sku, quantity: int, first: _Step, vials: bool, default_in_use_days: int) -> _Stock:
    stated = None if sku.in_use_days is None else Fraction(sku.in_use_days)
    if not vials:
        return _Stock(Fraction(sku.pieces * quantity), 1, None if stated is None else stated * quantity)
    volume = Fraction(sku.volume_ml or 0)
    multi_dose = volume >= 2 * min(stream.amount for stream in first.streams)
    default = Fraction(default_in_use_days) if sku.sterile and multi_dose else None
    return _Stock(volume, sku.pieces * quantity, default if stated is None else stated)


def _use_up(steps: list[_Step], stock: _Stock) -> DaysSupply:
    now = Fraction(0)
    if stock.in_use_days is not None and stock.in_use_days <= 0:
        return DaysSupply(0, 0)
    stock.open_next(now)
    for step in steps:
        end = None if step.days is None else now + step.days
        now = _one_dose(step.streams[0], now, end, stock) if len(step.streams) == 1 else _several(step, now, end, stock)
        if end is None or now < end:
            break
    return DaysSupply(floor(now), stock.doses)


def _one_dose(stream: _Stream, now: Fraction, end: Fraction | None, stock: _Stock) -> Fraction:
    """Uses one dose at one rate until the step or the stock ends; answers when that is."""
    while end is None or now < end:
        held = floor(stock.left / stream.amount)
        if not held or (stock.expires is not None and now >= stock.expires):
            now = _skip_whole(stream, now, end, stock)
            if (end is not None and now >= end) or not stock.open_next(now):
                return now
            if stock.capacity < stream.amount:
                return now
            continue
        until = min((limit for limit in (stock.expires, end) if limit is not None), default=None)
        used = held if until is None else min(held, ceil((until - now) / stream.every_days))
        stock.left -= used * stream.amount
        stock.doses += used
        now = now + used * stream.every_days if until is None else min(until, now + used * stream.every_days)
    return now


def _skip_whole(stream: _Stream, now: Fraction, end: Fraction | None, stock: _Stock) -> Fraction:
    """Uses up at once all closed containers but the last that this step certainly empties."""
    held = floor(stock.capacity / stream.amount)
    if not held:
        return now
    span = held * stream.every_days
    doses = held
    if stock.in_use_days is not None and stock.in_use_days < span:
        span, doses = stock.in_use_days, ceil(stock.in_use_days / stream.every_days)
    containers = stock.closed - 1 if end is None else min(stock.closed - 1, floor((end - now) / span) - 1)
    if containers <= 0 or not span:
        return now
    stock.closed -= containers
    stock.doses += containers * doses
    return now + containers * span


def _several(step: _Step, start: Fraction, end: Fraction | None, stock: _Stock) -> Fraction:
    """Uses doses side by side, each when it is due; answers when the step or the stock ends."""
    due = [start] * len(step.streams)
    while True:
        turn = min(range(len(due)), key=due.__getitem__)
        now = due[turn]
        if end is not None and now >= end:
            return end
        while stock.expires is not None and stock.expires <= now and stock.open_next(max(stock.expires, start)):
            pass
        if not _draw(step.streams[turn].amount, now, stock):
            return now if stock.expires is None else min(now, max(stock.expires, start))
        due[turn] += step.streams[turn].every_days


def _draw(amount: Fraction, now: Fraction, stock: _Stock) -> bool:
    expired = stock.expires is not None and now >= stock.expires
    if (stock.left < amount or expired) and not (amount <= stock.capacity and stock.open_next(now)):
        return False
    if now > HORIZON_DAYS:
        return False
    stock.left -= amount
    stock.doses += 1
    return True
