"""Periods: whole weeks and months, and what came before them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.domain.periods import Period, last_quarter, whole_months, whole_weeks

FRIDAY = date(2026, 12, 4)


@pytest.mark.parametrize(
    ("case", "today", "first", "last"),
    [
        ("Friday", date(2026, 12, 4), date(2026, 11, 16), date(2026, 11, 29)),
        ("Monday: the week before is over", date(2026, 12, 7), date(2026, 11, 23), date(2026, 12, 6)),
        ("Sunday: this week is not over", date(2026, 12, 6), date(2026, 11, 16), date(2026, 11, 29)),
    ],
)
def test_weeks_end_on_the_last_sunday_that_is_over(case: str, today: date, first: date, last: date) -> None:
    assert whole_weeks(today, 2) == Period(first, last)


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 12, 31), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2026, 10, 1), date(2026, 7, 1), date(2026, 9, 30)),
        (date(2027, 1, 1), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_quarters_are_of_the_calendar(today: date, first: date, last: date) -> None:
    assert last_quarter(today) == Period(first, last, 3)


def test_what_a_period_is_held_against() -> None:
    february = whole_months(date(2024, 3, 9), 1)
    assert february == Period(date(2024, 2, 1), date(2024, 2, 29), 1)
    assert february.before == Period(date(2024, 1, 1), date(2024, 1, 31), 1)
    weeks = whole_weeks(FRIDAY, 4)
    assert weeks.before == Period(date(2026, 10, 5), date(2026, 11, 1))
    own = Period(date(2026, 11, 3), date(2026, 11, 3))
    assert own.before == Period(date(2026, 11, 2), date(2026, 11, 2))


def test_only_whole_weeks_are_held() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30), 1)
    mondays = [date(2026, 10, 26) + timedelta(weeks=number) for number in range(6)]
    assert [monday.day for monday in mondays if november.holds_week(monday)] == [2, 9, 16, 23]
