"""The period that is looked at, the one before it, and the week that still runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Final, NamedTuple

import streamlit as st

from core.domain.periods import Period, last_quarter, monday_of, whole_months, whole_weeks
from core.services.measures import Figures, Measures, measures
from pages.shared.filters import choose
from pages.shared.session import Session

OWN: Final = "Own dates"
PERIODS: Final[Mapping[str, Callable[[date], Period]]] = {
    "4 weeks": partial(whole_weeks, weeks=4),
    "13 weeks": partial(whole_weeks, weeks=13),
    "26 weeks": partial(whole_weeks, weeks=26),
    "Last month": partial(whole_months, months=1),
    "Last quarter": last_quarter,
    "12 months": partial(whole_months, months=12),
}


class PeriodComparison(NamedTuple):
    """A period, the one before it, and the running week, which nothing is judged by."""

    now: Measures
    before: Measures
    running: Measures

    @property
    def weeks(self) -> Mapping[date, Figures]:
        """Every week to draw, under its Monday: those of the period, and the running one."""
        return {**self.now.by_week, **self.running.by_week} if self._goes_on else self.now.by_week

    @property
    def partial_weeks(self) -> frozenset[date]:
        """The weeks of which not all days are counted."""
        return frozenset(self.weeks) - frozenset(self.now.whole_weeks)

    @property
    def _goes_on(self) -> bool:
        return self.now.period.last + timedelta(1) == self.running.period.first


def period_choice(session: Session, today: date) -> PeriodComparison:
    """The period filter, in the address, and what it asks for."""
    about = "Weeks run from Monday to Sunday, and only whole ones count. Changes are against the period before."
    name = choose("Period", [*PERIODS, OWN], "13 weeks", key="fulfilment_period", tooltip=about)
    period = PERIODS[name](today) if name in PERIODS else _own_dates(today)
    return PeriodComparison(
        now=_measured(session, period),
        before=_measured(session, period.before),
        running=_measured(session, Period(monday_of(today), today)),
    )


def _own_dates(today: date) -> Period:
    usual = whole_weeks(today, 13)
    days = st.date_input("From and to", usual[:2], max_value=today, key="fulfilment_days", format="MM/DD/YYYY")
    first, last = days if isinstance(days, tuple) and len(days) == 2 else usual[:2]
    return Period(first, last)


def _measured(session: Session, period: Period) -> Measures:
    return session.call(measures, period.first, period.last)
