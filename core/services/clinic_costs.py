"""What the clinic's own orders cost and would have cost under each program, and its monthly spend. No patient data."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from core.adapters.store import Store, load_context
from core.adapters.store.order_prices import medication_by_day, packs_by_sku, placed_lines
from core.domain.roles import Action, Person, require
from core.rules.pricing.past_orders import Repricing, reprice

PERIOD_DAYS: Final = 90


class Repriced(NamedTuple):
    """A period's lines (both days included) under every program of the clinic's data."""

    first: date
    last: date
    lines: int
    programs: tuple[Repricing, ...]


class MonthSpend(NamedTuple):
    """Cents of medication placed in a month, by its first day; not ``complete`` while the month goes on."""

    month: date
    cents: int
    complete: bool


def repriced(store: Store, person: Person, clinic: str, days: int = PERIOD_DAYS) -> Repriced:
    """The last ``days`` days of orders, today's included, without what was rejected or cancelled."""
    require(person, Action.SEE_COSTS)
    with store.read(clinic) as work:
        first, last = _period(work.today, days)
        lines = placed_lines(work, first, last)
        context = load_context(work, patients=())
    return Repriced(first, last, len(lines), reprice(lines, context, first, last))


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
        first = _months_before(today, months)
        by_day = medication_by_day(work, first, today)
    sums: dict[date, int] = {}
    for day, cents in by_day.items():
        sums[day.replace(day=1)] = sums.get(day.replace(day=1), 0) + cents
    return tuple(MonthSpend(month, cents, month < today.replace(day=1)) for month, cents in sorted(sums.items()))


def _period(last: date, days: int) -> tuple[date, date]:
    return last - timedelta(days=days - 1), last


def _months_before(day: date, months: int) -> date:
    """The first day of the month so many months earlier."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)
