"""Which program is cheapest for the clinic, from its own orders, and what it spends a month. No patient data."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from core.adapters.store import Store
from core.adapters.store.order_prices import medication_by_day, packs_by_sku, placed_lines
from core.domain.periods import months_before
from core.domain.roles import Action, Person, require
from core.rules.pricing.program_choice import ProgramChoice, program_choice
from core.services.contexts import load_context

PERIOD_DAYS: Final = 90
WHOLE_MONTHS: Final = 3
"""What is looked at: the last whole months."""
_MONTH_DAYS: Final = 30


class MonthSpend(NamedTuple):
    """Cents of medication placed in a month, by its first day; not ``complete`` while the month goes on."""

    month: date
    cents: int
    complete: bool


def best_program(store: Store, person: Person, clinic: str) -> ProgramChoice:
    """The programs ranked for the orders of the last three whole months, without what was rejected or canceled.

    A clinic that began later is judged by what there is until today.
    """
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        first = months_before(work.today, WHOLE_MONTHS)
        last = work.today.replace(day=1) - timedelta(1)
        months, lines = Fraction(WHOLE_MONTHS), placed_lines(work, first, last)
        if not lines:
            first, last = work.today.replace(day=1), work.today
            months, lines = Fraction(last.day, _MONTH_DAYS), placed_lines(work, first, last)
        context = load_context(work, patients=())
    return program_choice(lines, context, first, last, months)


def packs_placed(store: Store, person: Person, clinic: str, days: int = PERIOD_DAYS) -> dict[str, int]:
    """Packs of every SKU ordered in the last ``days`` days, without what was rejected or cancelled."""
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        return packs_by_sku(work, *_period(work.today, days))


def monthly_spends(store: Store, person: Person, clinic: str, months: int = 6) -> tuple[MonthSpend, ...]:
    """The last whole ``months`` with orders and the current one, oldest first."""
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        today = work.today
        first = months_before(today, months)
        by_day = medication_by_day(work, first, today)
    sums: dict[date, int] = {}
    for day, cents in by_day.items():
        sums[day.replace(day=1)] = sums.get(day.replace(day=1), 0) + cents
    return tuple(MonthSpend(month, cents, month < today.replace(day=1)) for month, cents in sorted(sums.items()))


def _period(last: date, days: int) -> tuple[date, date]:
    return last - timedelta(days=days - 1), last
