"""How the pharmacies do and what it costs, from rollups alone (rules.md, section 9, Measures). No patient data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple, TypeVar

from core.adapters.store import Store
from core.adapters.store.daily_totals import (
    HourCount,
    RejectionCount,
    daily_totals,
    delay_counts,
    hour_counts,
    rejection_counts,
)
from core.adapters.store.order_views import stalled_lines
from core.adapters.store.values import DailyTotal
from core.domain.orders.daily_totals import FulfillmentStage
from core.domain.periods import Period, monday_of
from core.domain.roles import Action, Person, require
from core.rules.delivery_estimate import LEAD_DAYS, PERIOD_DAYS, PERIODS, Calibration, calibration
from core.services.orders.views import stalled_before

K = TypeVar("K", date, str)
FEWEST_LINES: Final = 20
"""A rate of fewer lines is shown with its count and never called the lowest: one line more would turn it."""


class Share(NamedTuple):
    """A part of a whole, counted."""

    part: int
    total: int

    @property
    def rate(self) -> Decimal | None:
        """The fraction; None of nothing."""
        return Decimal(self.part) / self.total if self.total else None


def lowest(shares: Mapping[K, Share]) -> list[K]:
    """Whose rate is the lowest, ties all named; of those with ``FEWEST_LINES``, and none where nobody is higher."""
    rates = {key: share.rate or Decimal(0) for key, share in shares.items() if share.total >= FEWEST_LINES}
    least = min(rates.values(), default=Decimal(0))
    names = [key for key, rate in rates.items() if rate == least]
    return names if len(names) < len(rates) else []


class StageTime(NamedTuple):
    """How long a stage took, in whole hours; ``pharmacy`` None is all of them."""

    stage: FulfillmentStage
    pharmacy: str | None
    lines: int
    median_hours: int
    p90_hours: int


class Figures(NamedTuple):
    """The measures of some days at some pharmacies; money in cents.

    ``on_time`` is of the lines whose promised day is past, delivered or not. ``spend`` is what was captured less what
    was refunded.
    """

    placed: int
    shipped: int
    delivered: int
    returned: int
    cancelled: int
    rejected: int
    first_pass: Share
    on_time: Share
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    adjustment_cents: int

    @property
    def spend_cents(self) -> int:
        """Everything paid, less what was given back."""
        taken = self.medication_cents + self.program_fee_cents + self.encounter_cents
        return taken + self.shipping_cents + self.processing_cents + self.adjustment_cents

    @property
    def fee_share(self) -> Share:
        """Program fees as a share of spend."""
        return Share(self.program_fee_cents, self.spend_cents)


class Measures(NamedTuple):
    """A period's figures: all together, by day, by week (under its Monday), by pharmacy; refusals; stage times; what
    stalls now, by pharmacy."""

    period: Period
    total: Figures
    by_day: Mapping[date, Figures]
    by_week: Mapping[date, Figures]
    by_pharmacy: Mapping[str, Figures]
    rejections: tuple[RejectionCount, ...]
    stages: tuple[StageTime, ...]
    stalled: Mapping[str, int]

    @property
    def whole_weeks(self) -> Mapping[date, Figures]:
        """The weeks of which all seven days are in the period: what may be compared with one another."""
        return {monday: week for monday, week in self.by_week.items() if self.period.holds_week(monday)}

    @property
    def rejections_by_code(self) -> Mapping[str, int]:
        """Refused lines by code, the most first."""
        sums: Counter[str] = Counter()
        for count in self.rejections:
            sums[count.code] += count.lines
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def measures(store: Store, person: Person, clinic: str, first: date, last: date) -> Measures:
    """The figures of the days from ``first`` to ``last``, both included, in the clinic's zone."""
    require(person, Action.SEE_FULFILLMENT)
    with store.read(clinic) as work:
        days = [_without_open_promises(day, work.today) for day in daily_totals(work, first, last)]
        return Measures(
            period=Period(first, last),
            total=figures(days),
            by_day=_by(days, lambda tally: tally.day),
            by_week=_by(days, lambda tally: monday_of(tally.day)),
            by_pharmacy=_by(days, lambda tally: tally.pharmacy),
            rejections=tuple(rejection_counts(work, first, last)),
            stages=stage_times(hour_counts(work, first, last)),
            stalled=stalled_lines(work, stalled_before(work)),
        )


def delivery_calibration(store: Store, person: Person, clinic: str, first: date, last: date) -> Calibration:
    """How many of the lines delivered on some days came within the range that was known two weeks before."""
    require(person, Action.SEE_FULFILLMENT)
    known_from = monday_of(first) - timedelta(LEAD_DAYS + PERIODS * PERIOD_DAYS)
    with store.read(clinic) as work:
        return calibration(delay_counts(work, known_from, last), first, last)


def _without_open_promises(total: DailyTotal, today: date) -> DailyTotal:
    """A promise is kept or broken once its day is past."""
    return total if total.day < today else total._replace(promised=0, promised_on_time=0)


def turnarounds(store: Store, person: Person, clinic: str, first: date, last: date) -> Mapping[str, StageTime]:
    """By pharmacy, how long lines delivered on some days took from placing to delivery; one statement.

    What was observed stands beside promised dates and changes none of them.
    """
    require(person, Action.WORK_CART)
    with store.read(clinic) as work:
        counts = [count for count in hour_counts(work, first, last) if count.stage == FulfillmentStage.TOTAL]
    return {time.pharmacy: time for time in stage_times(counts) if time.pharmacy is not None}


def figures(days: Sequence[DailyTotal]) -> Figures:
    """Counts and cents added up."""
    sums = {name: sum(getattr(tally, name) for tally in days) for name in DailyTotal._fields[3:]}
    first_pass = Share(sums.pop("accepted_first"), sums.pop("answered_first"))
    on_time = Share(sums.pop("promised_on_time"), sums.pop("promised"))
    return Figures(first_pass=first_pass, on_time=on_time, **sums)


def _by(days: Iterable[DailyTotal], key: Callable[[DailyTotal], K]) -> Mapping[K, Figures]:
    groups: dict[K, list[DailyTotal]] = {}
    for tally in days:
        groups.setdefault(key(tally), []).append(tally)
    return {name: figures(groups[name]) for name in sorted(groups)}


def stage_times(counts: Iterable[HourCount]) -> tuple[StageTime, ...]:
    """Median and 90th percentile of every stage, over all pharmacies and for each."""
    hours: dict[tuple[FulfillmentStage, str | None], dict[int, int]] = {}
    for count in counts:
        for pharmacy in (None, count.pharmacy):
            spread = hours.setdefault((FulfillmentStage(count.stage), pharmacy), {})
            spread[count.hours] = spread.get(count.hours, 0) + count.lines
    order = list(FulfillmentStage)
    keys = sorted(hours, key=lambda key: (order.index(key[0]), key[1] is not None, key[1] or ""))
    return tuple(_stage_time(*key, hours[key]) for key in keys)


def _stage_time(stage: FulfillmentStage, pharmacy: str | None, spread: Mapping[int, int]) -> StageTime:
    return StageTime(stage, pharmacy, sum(spread.values()), percentile(spread, 50), percentile(spread, 90))


def percentile(spread: Mapping[int, int], percent: int) -> int:
    """The smallest value that at least ``percent`` of the counted do not exceed (nearest rank)."""
    rank, counted = sum(spread.values()) * percent, 0
    for value in sorted(spread):
        counted += spread[value]
        if counted * 100 >= rank:
            return value
    raise ValueError("nothing was counted")
