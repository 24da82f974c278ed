"""The period that is looked at, and the one before it of the same length."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from core.services.measures import Measures, measures
from pages.shared.filters import choose
from pages.shared.session import Session

WEEKS: Final = {"4 weeks": 4, "13 weeks": 13, "26 weeks": 26, "39 weeks": 39}


class PeriodComparison(NamedTuple):
    """A period and the one before it."""

    now: Measures
    before: Measures
    weeks: int


def period_choice(session: Session, today: date) -> PeriodComparison:
    """The period filter, in the address, and what it asks for: whole weeks that end yesterday."""
    about = "Whole weeks that end yesterday. Changes compare with the same number of weeks before."
    weeks = WEEKS[choose("Period", list(WEEKS), "13 weeks", key="fulfilment_period", tooltip=about)]
    first = today - timedelta(weeks=weeks)
    return PeriodComparison(
        now=_measured(session, first, today - timedelta(1)),
        before=_measured(session, first - timedelta(weeks=weeks), first - timedelta(1)),
        weeks=weeks,
    )


def _measured(session: Session, first: date, last: date) -> Measures:
    return session.call(measures, first, last)
