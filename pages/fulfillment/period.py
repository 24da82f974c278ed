"""The period that is looked at, and the one before it of the same length."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

import streamlit as st

from core.services.measures import Measures, measures
from pages.shared.session import Session

WEEKS: Final = {"4 weeks": 4, "13 weeks": 13, "26 weeks": 26, "39 weeks": 39}


class Compared(NamedTuple):
    """A period and the one before it."""

    now: Measures
    before: Measures
    weeks: int


def ask(session: Session, today: date) -> Compared:
    """The period filter, in the URL, and what it asks for: whole weeks that end yesterday."""
    chosen = st.segmented_control(
        "Period",
        list(WEEKS),
        default="13 weeks",
        required=True,
        key="fulfilment_period",
        bind="query-params",
        help="Whole weeks that end yesterday. Changes are against as many weeks before.",
    )
    weeks = WEEKS[chosen or "13 weeks"]
    first = today - timedelta(weeks=weeks)
    return Compared(
        now=_measured(session, first, today - timedelta(1)),
        before=_measured(session, first - timedelta(weeks=weeks), first - timedelta(1)),
        weeks=weeks,
    )


def _measured(session: Session, first: date, last: date) -> Measures:
    return measures(session.store, session.person, session.clinic, first, last)
