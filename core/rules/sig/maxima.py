"""Maxima: what they make of a rate, and where they contradict it.

A maximum never lowers a dose that was told: below it, it is a contradiction. Between two ends of a range, or under a
dose as needed, it is the upper end. Above the rate it is the upper rate.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from core.rules.sig.elements import MaximumDose
from core.rules.sig.schedule import Schedule
from core.rules.sig.strength import Strength
from core.rules.sig.values import Dose, Rate
from core.rules.sig.vocabulary import MASSES, Unit

_WEEK = Fraction(7)


def amount_in(unit: Unit, amounts: Iterable[Dose], of: Strength) -> tuple[Fraction, Fraction] | None:
    """One dose, its lower and upper end, in the unit of a maximum; None where nothing told converts to it."""
    stated = list(amounts)
    for dose in stated:
        if dose.unit is unit:
            return dose.low, dose.high
    for dose in stated:
        mg = of.mg(dose) if unit in MASSES else None
        if mg is not None and dose.high:
            high = mg / MASSES[unit]
            return high * dose.low / dose.high, high
    return None


def doses_a_week(limit: MaximumDose, amounts: Iterable[Dose], of: Strength) -> Fraction | None:
    """A maximum in doses a week; None where it counts something else than the dose does."""
    stated = list(amounts)
    per_week = limit.most * _WEEK / limit.days
    if limit.unit is None:
        measured = not stated or stated[0].unit is None or not stated[0].unit.is_piece
        counted_alike = not limit.bare if measured else stated[0].high == 1 or not limit.bare
        return per_week if counted_alike else None
    ends = amount_in(limit.unit, stated, of)
    return per_week / ends[1] if ends is not None and ends[1] else None


def day_share(limit: MaximumDose, timing: Schedule) -> Fraction:
    """The part of the week's days that a maximum for one day is of: three sevenths on Monday, Wednesday and Friday."""
    days = timing.days_told if limit.days <= 1 else 0
    return Fraction(days, 7) if days else Fraction(1)


def limited(
    rate: Rate | None, caps: list[tuple[MaximumDose, Fraction]], as_needed: bool, interval: Fraction
) -> Rate | None:
    """A rate under its maxima, each with its doses a week; as needed counts from 0, a maximum alone is a rate up to it.

    ``interval`` is in days: hours between doses bound them anyway, and a maximum for less than the interval none.
    """
    if rate is None:
        return Rate(Fraction(0), min(cap for _, cap in caps)) if caps else None
    lowest = Fraction(0) if as_needed else rate.low
    between = [cap for _, cap in caps if lowest <= cap < rate.high and cap]
    if between:
        return Rate(min(lowest, *between), min(between))
    above = [cap for limit, cap in caps if cap > rate.high and limit.days >= interval >= 1]
    return Rate(lowest, max([rate.high, *above]))
