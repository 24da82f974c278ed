"""Periods that figures are of: whole weeks and whole calendar months, and what they are compared with."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

WEEK: Final = timedelta(weeks=1)


class Period(NamedTuple):
    """The days from ``first`` to ``last``, both included; ``months`` is 0 where they are not whole months."""

    first: date
    last: date
    months: int = 0

    @property
    def before(self) -> Period:
        """The period of the same length that ends on the day before it."""
        length = self.last - self.first + timedelta(1)
        first = months_before(self.first, self.months) if self.months else self.first - length
        return Period(first, self.first - timedelta(1), self.months)

    def holds_week(self, monday: date) -> bool:
        """Whether all seven days of a week are in it."""
        return self.first <= monday and monday + WEEK <= self.last + timedelta(1)


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(day.weekday())


def months_before(day: date, months: int) -> date:
    """The first day of the month so many months earlier."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)


def whole_weeks(today: date, weeks: int) -> Period:
    """The last so many weeks, Monday to Sunday, that are over."""
    return Period(monday_of(today) - weeks * WEEK, monday_of(today) - timedelta(1))


def whole_months(today: date, months: int) -> Period:
    """The last so many calendar months that are over."""
    return Period(months_before(today, months), today.replace(day=1) - timedelta(1), months)


def last_quarter(today: date) -> Period:
    """The last calendar quarter that is over."""
    return whole_months(months_before(today, (today.month - 1) % 3), 3)
