"""How often a dose is taken, from everything that was told of it: rates, named days, times of day, cycles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from core.rules.sig.elements import AND, COMMA, EQUALS, OR, Cycle, Either, Item, Meals, NamedDays, Often, Slot
from core.rules.sig.values import Rate

_WEEK = Fraction(7)
_MONTH = Fraction(30)
_EACH: Final = frozenset({"every", "each"})
_JOINERS: Final = frozenset({AND, COMMA, OR, EQUALS})
_HOURS: Final = {
    "morning": range(3, 12),
    "noon": range(10, 15),
    "afternoon": range(12, 19),
    "evening": range(15, 24),
    "night": (*range(18, 24), *range(5)),
}
"""The hours that may be meant by a part of the day."""


@dataclass(slots=True)
class Schedule:
    """What was told of one dose's frequency; ``choice`` where times of day are joined by "or".

    ``meals`` where it goes with meals, however many; ``every_meal`` where with each of them.
    ``every_day`` where a time of day says so ("nightly").
    ``lost`` where a count could not be read ("twice", "x 4"): any rate without it would be wrong.
    ``clash`` are the words of times of day that cannot both be ("every evening before breakfast").
    ``each_week`` where a weekday says every one of them ("every Friday"), ``plural_day`` where it may ("Fridays").
    ``loose`` where two times of day have but a comma between them: each counts, or one explains the other.
    """

    often: list[Often] = field(default_factory=list)
    weekdays: list[NamedDays] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    cycle: Cycle | None = None
    meals: bool = False
    every_meal: bool = False
    choice: bool = False
    every_day: bool = False
    lost: bool = False
    clash: tuple[str, ...] = ()
    loose: bool = False
    each_week: bool = False
    plural_day: bool = False

    def __bool__(self) -> bool:
        return bool(self.often or self.weekdays or self.slots or self.cycle)

    def add(
        self, item: Often | Either | NamedDays | Slot | Meals | Cycle, last: Item | None, words: tuple[str, ...] = ()
    ) -> None:
        """Takes one more statement in; ``last`` is what stood before it, ``words`` its own."""
        match item:
            case Often():
                if words != ("daily",) or len(self.slots) < 2:  # "at 8 am and 8 pm daily" is every day
                    self.often.append(item)
            case Either():
                self.often += (item.first, item.second)
            case NamedDays():
                if item.named and last not in _JOINERS and not self._names_again(item):
                    self.clash = words
                if item.named and words:
                    self.each_week = self.each_week or words[0].casefold() in _EACH
                    self.plural_day = self.plural_day or words[-1].casefold().endswith("days")
                self.weekdays.append(item)
            case Slot():
                self._slot(item, last, words)
                self.every_day = self.every_day or item.daily
            case Meals():
                self.meals = True
                self.every_meal = self.every_meal or "each" in words
            case Cycle():
                self.cycle = item

    def _slot(self, slot: Slot, last: Item | None, words: tuple[str, ...]) -> None:
        """One more time of day: joined to those before it, or saying one of them more exactly."""
        before = self.slots[-1] if self.slots else None
        if before is None:
            self.slots.append(slot)
        elif last in _JOINERS and slot.name != before.name:
            self.choice = self.choice or last == OR
            self.loose = last == COMMA and len(self.slots) == 1 and None in {slot.clock, before.clock}
            self.slots.append(slot)
        elif last in _JOINERS and slot.clock is not None and before.clock is not None:
            self.choice = self.choice or last == OR
            self.slots.append(slot)
        elif (merged_slot := _as_one(before, slot)) is not None and last != AND:
            self.slots[-1] = merged_slot
        else:
            if {before.name, slot.name} != {"evening", "night"}:
                self.clash = words
            self.slots.append(slot)

    def _names_again(self, days: NamedDays) -> bool:
        """Whether every earlier statement of weekdays names some of the same."""
        return all(not before.named or before.named & days.named for before in self.weekdays)

    @property
    def off_calendar(self) -> bool:
        """Whether an interval keeps no weekday ("every 10 days on Mondays"), or every week's day stands in it."""
        interval = self.interval_days
        if interval <= _WEEK or not self.named_days:
            return False
        return self.each_week or (interval % _WEEK != 0 and (self.plural_day or interval % _MONTH != 0))

    @property
    def slot_keys(self) -> frozenset[str | int]:
        """The times of day, each once."""
        return frozenset(slot.key for slot in self.slots)

    @property
    def named_days(self) -> frozenset[int]:
        """The days of the week that were named."""
        return frozenset().union(*(days.named for days in self.weekdays))

    @property
    def days_told(self) -> int:
        """How many days of the week it is for; 0 where they are not told, or in two ways."""
        counts = self._day_counts() if self.weekdays else []
        return counts[0] if len(counts) == 1 else 0

    @property
    def longest_interval(self) -> Fraction:
        """The longest interval told, 1 where none was."""
        return max((often.interval_days for often in self.often), default=Fraction(1))

    @property
    def interval_days(self) -> Fraction:
        """The shortest interval told, 1 where none was."""
        return min((often.interval_days for often in self.often), default=Fraction(1))

    def rates(self) -> list[Rate]:
        """Every rate that fits what was told; several are an ambiguity, none is no frequency."""
        if self.lost or self._crossed or (self.meals and not self.often):
            return []
        if len(self.often) == 1 and not (self.weekdays or self.slots or self.cycle):  # nothing to put together
            return [Rate(self.often[0].low, self.often[0].high)]
        often_told = self._narrowest() or (None,)
        rates = [
            rate
            for often in often_told
            for days in self._day_counts() or (None,)
            for slots in self._slot_counts(often_told[0])
            for rate in self._combined(often, days, slots)
        ]
        return rates if len(rates) < 2 else list(dict.fromkeys(rates))

    @property
    def _crossed(self) -> bool:
        """Whether a rarer time stands beside a usual one: "every morning and every other evening"."""
        return any(
            often.when
            and (self.weekdays if often.when == "weekday" else {slot.name for slot in self.slots} - {often.when})
            for often in self.often
        )

    def _narrowest(self) -> list[Often]:
        """The rates told, without those that only say another less exactly: "twice weekly (every 3-4 days)".

        A rate that is an end of another's range is not said more exactly by it: "once daily, 1 to 2 times daily".
        """
        if len(self.often) < 2:
            return self.often
        rates = list(dict.fromkeys((often.low, often.high) for often in self.often))
        exact = [rate for rate in rates if not any(_between(other, rate) for other in rates)]
        return [next(often for often in self.often if (often.low, often.high) == rate) for rate in exact]

    def _day_counts(self) -> list[int]:
        rates = {days.per_week for days in self.weekdays if not days.named}
        named = [days for days in self.weekdays if days.named]
        if named:
            rates.add(named[0].per_week if len(named) == 1 else len(self.named_days))
            in_all = frozenset.intersection(*(days.named for days in named))
            if in_all and in_all != self.named_days:  # "Monday to Friday, except Tuesday": which of them count?
                rates.add(len(in_all))
        return sorted(rates)

    def _slot_counts(self, often: Often | None) -> tuple[int, ...]:
        """How many times of day there are; of two counts the one that the rate tells, where it tells one."""
        keys = self.slot_keys
        count = 1 if self.choice else len(keys)
        if self.choice or count < 2 or not (self.loose or {"evening", "night"} <= keys):
            return (count,)
        rate = often.low if often is not None and often.low == often.high else None
        fits = [fitting for fitting in (count, count - 1) if rate == fitting * _WEEK]
        return (fits[0],) if fits else (count, count - 1)

    def _share(self) -> Fraction:
        return self.cycle.on_days / (self.cycle.on_days + self.cycle.off_days) if self.cycle else Fraction(1)

    def _combined(self, often: Often | None, days: int | None, slots: int) -> Iterator[Rate]:
        per_day = max(1, slots)
        if days and self.cycle and days != 7 * self._share():  # "5 on 3 off, 6 days a week"
            yield _exactly(Fraction(per_day * days))
            days = None
        of_week = Fraction(days) if days else 7 * self._share()
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
            if self.cycle is not None and often.interval_days > self.cycle.on_days:
                yield _exactly(per_day * of_week)
            yield from _beside(often, days, slots)
            if self.every_day:
                yield _exactly(per_day * _WEEK)


def _as_one(before: Slot, after: Slot) -> Slot | None:
    """Two times of day as one that both say, by the hour where one tells it; None where they differ."""
    if before.clock is not None and after.clock is not None:
        return before if before.clock == after.clock else None
    if before.name == after.name:
        return before if before.clock is not None else after
    exact, part = (before, after.name) if before.clock is not None else (after, before.name)
    if exact.clock is None:
        return after if {before.name, after.name} == {"noon", "afternoon"} else None
    return exact if exact.clock // 60 in _HOURS[part] else None


def _between(rate: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> bool:
    return other[0] < rate[0] and rate[1] < other[1]


def _beside(often: Often, days: int | None, slots: int) -> Iterator[Rate]:
    """Other readings of a weekly or rarer rate, from named days or times of day that do not go with it."""
    rarely_on_one_day = days == 1 and often.high < 1
    if days is not None and not rarely_on_one_day and not often.low <= days <= often.high:
        yield _exactly(Fraction(days * max(1, slots)))
    elif slots > 1:
        yield Rate(often.low * slots, often.high * slots)


def _exactly(per_week: Fraction) -> Rate:
    return Rate(per_week, per_week)
