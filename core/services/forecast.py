"""What the next four weeks bring, and how well the same forecast did in the past. No patient data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.order_prices import SkuCost, costs_by_pharmacy
from core.domain.context import Context
from core.domain.roles import Action, Person, require
from core.rules.due_forecast import FORECAST_WEEKS, ForecastWeek, forecast, known_on, lines_due
from core.services.contexts import load_context

PRICED_DAYS: Final = 90
"""What a pack costs is taken from the lines placed in so many days before."""
TESTS: Final = 3
_SPAN: Final = timedelta(weeks=FORECAST_WEEKS)


class PastForecast(NamedTuple):
    """What would have been forecast on ``first`` for four weeks, and what was then placed and filled; in cents."""

    first: date
    lines: int
    cents: int
    placed_lines: int
    placed_cents: int


class Forecast(NamedTuple):
    """The next four weeks, and the last ones as they would have been forecast, newest first."""

    weeks: tuple[ForecastWeek, ...]
    past: tuple[PastForecast, ...]

    @property
    def lines(self) -> int:
        """Lines due in all weeks."""
        return sum(week.lines for week in self.weeks)

    @property
    def cents(self) -> int:
        """What they are expected to cost."""
        return sum(week.cents for week in self.weeks)

    @property
    def error(self) -> Decimal | None:
        """By what share of what was spent the past forecasts were off, on average; None without orders then."""
        spent = sum(past.placed_cents for past in self.past)
        return Decimal(sum(abs(past.cents - past.placed_cents) for past in self.past)) / spent if spent else None


def next_weeks(store: Store, person: Person, clinic: str) -> Forecast:
    """Due lines and dollars of the four weeks from today, with their error on the last three times four weeks."""
    require(person, Action.SEE_FULFILLMENT)
    with store.read(clinic) as work:
        context, today = load_context(work), work.today
        starts = [today - number * _SPAN for number in range(1, TESTS + 1)]
        past = [_tested(work, known_on(context, start), start) for start in starts]
        weeks = _weeks(work, context, today)
    return Forecast(weeks, tuple(test for test in past if test.placed_lines))


def _weeks(work: Work, context: Context, day: date) -> tuple[ForecastWeek, ...]:
    paid = costs_by_pharmacy(work, day - timedelta(PRICED_DAYS), day - timedelta(1))
    packs, cents = _sums(paid)
    lines = sum(row.lines for row in paid)
    a_line = Decimal(cents.total()) / lines if lines else Decimal(0)
    return forecast(lines_due(context, day), {sku: Decimal(cents[sku]) / packs[sku] for sku in packs}, a_line, day)


def _sums(paid: Iterable[SkuCost]) -> tuple[Counter[str], Counter[str]]:
    packs, cents = Counter[str](), Counter[str]()
    for row in paid:
        packs[row.sku] += row.packs
        cents[row.sku] += row.cents
    return packs, cents


def _tested(work: Work, context: Context, day: date) -> PastForecast:
    weeks = _weeks(work, context, day)
    placed = costs_by_pharmacy(work, day, day + _SPAN - timedelta(1))
    return PastForecast(
        day,
        sum(week.lines for week in weeks),
        sum(week.cents for week in weeks),
        sum(row.lines for row in placed),
        sum(row.cents for row in placed),
    )
