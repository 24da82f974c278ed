"""How often a dose is taken, from everything that was told of it: rates, named days, times of day, cycles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from core.rules.sig.elements import Cycle, Either, MaximumDose, Meals, NamedDays, Often, Slot
from core.rules.sig.values import Dose, Rate

_WEEK = Fraction(7)


@dataclass(slots=True)
class Schedule:
    """What was told of one dose's frequency; ``choice`` where times of day are joined by "or".

    ``meals`` where it goes with meals, however many.
    ``every_day`` where a time of day says so ("nightly").
    ``lost`` where a count could not be read ("twice", "x 4"): any rate without it would be wrong.
    """

    often: list[Often] = field(default_factory=list)
    weekdays: list[NamedDays] = field(default_factory=list)
    slots: list[str] = field(default_factory=list)
    cycle: Cycle | None = None
    meals: bool = False
    choice: bool = False
    every_day: bool = False
    lost: bool = False

    def __bool__(self) -> bool:
        return bool(self.often or self.weekdays or self.slots or self.cycle)

    def add(self, item: Often | Either | NamedDays | Slot | Meals | Cycle, *, after_or: bool) -> None:
        """Takes one more statement in."""
        match item:
            case Often():
                self.often.append(item)
            case Either():
                self.often += (item.first, item.second)
            case NamedDays():
                self.weekdays.append(item)
            case Slot():
                self.choice = self.choice or (after_or and bool(self.slots))
                self.slots.append(item.name)
                self.every_day = self.every_day or item.daily
            case Meals():
                self.meals = True
            case Cycle():
                self.cycle = item

    @property
    def named_days(self) -> frozenset[int]:
        """The days of the week that were named."""
        return frozenset().union(*(days.named for days in self.weekdays))

    def rates(self) -> list[Rate]:
        """Every rate that fits what was told; several are an ambiguity, none is no frequency."""
        if self.lost or self._crossed or (self.meals and not self.often):
            return []
        if len(self.often) == 1 and not (self.weekdays or self.slots or self.cycle):  # nothing to put together
            return [Rate(self.often[0].low, self.often[0].high)]
        rates = [
            rate
            for often in self._narrowest() or (None,)
            for days in self._day_counts() or (None,)
            for slots in self._slot_counts()
            for rate in self._combined(often, days, slots)
        ]
        return rates if len(rates) < 2 else list(dict.fromkeys(rates))

    @property
    def _crossed(self) -> bool:
        """Whether a rarer time stands beside a usual one: "every morning and every other evening"."""
        return any(
            often.when and (self.weekdays if often.when == "weekday" else set(self.slots) - {often.when})
            for often in self.often
        )

    def _narrowest(self) -> list[Often]:
        """The rates told, without those that only say another less exactly: "twice weekly (every 3-4 days)"."""
        if len(self.often) < 2:
            return self.often
        rates = list(dict.fromkeys((often.low, often.high) for often in self.often))
        exact = [rate for rate in rates if not any(_within(other, rate) for other in rates)]
        return [next(often for often in self.often if (often.low, often.high) == rate) for rate in exact]

    def _day_counts(self) -> list[int]:
        rates = {days.per_week for days in self.weekdays if not days.named}
        named = [days for days in self.weekdays if days.named]
        if named:
            rates.add(named[0].per_week if len(named) == 1 else len(self.named_days))
        return sorted(rates)

    def _slot_counts(self) -> tuple[int, ...]:
        count = 1 if self.choice else len(set(self.slots))
        return (count, count - 1) if {"evening", "night"} <= set(self.slots) and not self.choice else (count,)

    def _share(self) -> Fraction:
        return self.cycle.on_days / (self.cycle.on_days + self.cycle.off_days) if self.cycle else Fraction(1)

    def _combined(self, often: Often | None, days: int | None, slots: int) -> Iterator[Rate]:
        per_day = max(1, slots)
        of_week = (days or 7) * self._share()
        if often is None:
            if days or slots or self.cycle:
                yield _exactly(per_day * of_week)
        elif often.interval_days <= 1:
            yield Rate(often.low * of_week / _WEEK, often.high * of_week / _WEEK)
            if slots and not often.low <= slots * _WEEK <= often.high:
                yield _exactly(slots * of_week)
            if days == 1:  # "every day Sunday" has lost an "except", or more days
                yield Rate(often.low, often.high)
        else:
            yield Rate(often.low * self._share(), often.high * self._share())
            yield from _beside(often, days, slots)
            if self.every_day:
                yield _exactly(per_day * _WEEK)


def _within(rate: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> bool:
    return rate != other and other[0] <= rate[0] and rate[1] <= other[1]


def _beside(often: Often, days: int | None, slots: int) -> Iterator[Rate]:
    """Other readings of a weekly or rarer rate, from named days or times of day that do not go with it."""
    rarely_on_one_day = days == 1 and often.high < 1
    if days is not None and not rarely_on_one_day and not often.low <= days <= often.high:
        yield _exactly(Fraction(days * max(1, slots)))
    elif slots > 1:
        yield Rate(often.low * slots, often.high * slots)


def _exactly(per_week: Fraction) -> Rate:
    return Rate(per_week, per_week)


def limited(rate: Rate | None, limits: list[MaximumDose], dose: Dose | None, as_needed: bool) -> Rate | None:
    """A rate under its maximum; as needed counts from 0, and a maximum alone is a rate up to it."""
    if not (limits or as_needed):
        return rate
    caps = [cap for limit in limits if (cap := doses_a_week(limit, dose)) is not None]
    if rate is None:
        return Rate(Fraction(0), min(caps)) if caps else None
    high = min([rate.high, *caps])
    return Rate(Fraction(0) if as_needed else min(rate.low, high), high)


def doses_a_week(limit: MaximumDose, dose: Dose | None) -> Fraction | None:
    """A maximum in doses a week; None where it counts something else than the dose does."""
    per_week = limit.most * _WEEK / limit.days
    if limit.unit is None:
        measured = dose is None or dose.unit is None or not dose.unit.is_piece
        counted_alike = not limit.bare if measured else dose is not None and dose.high == 1
        return per_week if counted_alike else None
    if dose is None or dose.unit is not limit.unit:
        return None
    return per_week / dose.high
