"""When a line will really arrive, from how late this pharmacy's deliveries were (rules.md, section 9, Measures)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from core.domain.orders.daily_totals import DelayBasis
from core.domain.periods import monday_of

PERIOD_DAYS: Final = 30
PERIODS: Final = 6
"""What is looked back on. A delivery counts half as much as one a period later: pharmacies and carriers change."""
BORROWED_LINES: Final = 5
"""A pharmacy is taken to be as all are, at the weight of so many recent lines: they fade as its own come."""
FEWEST_LINES: Final = 20
"""Fewer deliveries, of all pharmacies together, say nothing: then the promised day stands alone."""
COVERAGE_PERCENT: Final = 80
LEAD_DAYS: Final = 14
"""Past deliveries are held against what was known so long before: about a line's whole way."""


class DelayCount(NamedTuple):
    """Lines that a pharmacy delivered on ``day``, so many days later than promised (negative: earlier)."""

    day: date
    pharmacy: str
    cold: bool
    basis: DelayBasis
    delay_days: int
    lines: int


class Delays(NamedTuple):
    """How much each delay in days weighs, and how many of the pharmacy's own deliveries it is from."""

    lines: int
    weights: Sequence[tuple[int, int]]


class DeliveryEstimate(NamedTuple):
    """The day by which half of such lines had come, and the shortest range of days in which 80 % had; ``lines`` are the
    pharmacy's deliveries that it is from."""

    earliest: date
    likely: date
    latest: date
    lines: int


class Calibration(NamedTuple):
    """How many of some past deliveries fell into the range that would have been given beforehand."""

    inside: int
    lines: int


class DelayHistory(NamedTuple):
    """What was known on a day of every pharmacy's delays, and of all together."""

    of_pharmacy: Mapping[tuple[str, bool, DelayBasis], Delays]
    of_all: Mapping[tuple[bool, DelayBasis], Delays]

    def delays(self, pharmacy: str, cold: bool, basis: DelayBasis) -> Delays | None:
        """A pharmacy's, or, where it has none, those of all; None where nobody has enough."""
        return self.of_pharmacy.get((pharmacy, cold, basis)) or self.of_all.get((cold, basis))


def period_starts(as_of: date) -> Iterator[date]:
    """The first days of the periods up to a day, the newest first."""
    return (as_of - timedelta((number + 1) * PERIOD_DAYS - 1) for number in range(PERIODS))


def delay_history(counts: Iterable[DelayCount], as_of: date) -> DelayHistory:
    """What the deliveries up to a day say: recent ones weigh more, and pharmacies with few borrow from all."""
    own: dict[tuple[str, bool, DelayBasis], Counter[int]] = defaultdict(Counter)
    every: dict[tuple[bool, DelayBasis], Counter[int]] = defaultdict(Counter)
    lines: Counter[object] = Counter()
    for count in counts:
        period = (as_of - count.day).days // PERIOD_DAYS
        if 0 <= period < PERIODS:
            key, kind = (count.pharmacy, count.cold, count.basis), (count.cold, count.basis)
            weight = count.lines << (PERIODS - 1 - period)
            own[key][count.delay_days] += weight
            every[kind][count.delay_days] += weight
            lines.update({key: count.lines, kind: count.lines})
    enough = {kind: sorted(weights.items()) for kind, weights in every.items() if lines[kind] >= FEWEST_LINES}
    return DelayHistory(
        {key: Delays(lines[key], _blended(own[key], enough[key[1:]])) for key in own if key[1:] in enough},
        {kind: Delays(0, weights) for kind, weights in enough.items()},
    )


def _blended(own: Counter[int], every: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Both in whole numbers, at the weight of ``BORROWED_LINES`` of the newest period for all pharmacies."""
    total, borrowed = sum(weight for _, weight in every), BORROWED_LINES << (PERIODS - 1)
    return [(delay, own[delay] * total + weight * borrowed) for delay, weight in every]


def expected_delivery(
    known: DelayHistory,
    pharmacy: str,
    cold: bool,
    ships_on: date,
    delivers_on: date,
    shipped_on: date | None,
    today: date,
) -> DeliveryEstimate | None:
    """When a line that is under way comes: from what was promised of it, and, once it has shipped, of its transit.

    None where nothing is known, or where no delivery was ever as late as this one already is.
    """
    basis = DelayBasis.PROMISE if shipped_on is None else DelayBasis.SHIPMENT
    promised = delivers_on if shipped_on is None else shipped_on + (delivers_on - ships_on)
    delays = known.delays(pharmacy, cold, basis)
    return delivery_estimate(delays, promised, today) if delays else None


def delivery_estimate(delays: Delays, promised: date, not_before: date) -> DeliveryEstimate | None:
    """When a line comes that is promised for a day and is not there before another.

    None where no delivery was ever as late as this line already is.
    """
    left = [(delay, weight) for delay, weight in delays.weights if promised + timedelta(delay) >= not_before]
    if not left:
        return None
    first, last = _shortest_range(left)
    earliest, likely, latest = (promised + timedelta(delay) for delay in (first, _middle(left), last))
    return DeliveryEstimate(earliest, likely, latest, delays.lines)


def _middle(left: Sequence[tuple[int, int]]) -> int:
    """The first delay at which half has come."""
    total, come = sum(weight for _, weight in left), 0
    for delay, weight in left:
        come += weight
        if 2 * come >= total:
            return delay
    raise ValueError("nothing is left")


def _shortest_range(left: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The fewest days that hold 80 % of the weight, the earliest of equals."""
    enough = sum(weight for _, weight in left) * COVERAGE_PERCENT
    first, last, start, inside = left[0][0], left[-1][0], 0, 0
    for delay, weight in left:
        inside += weight
        while (inside - left[start][1]) * 100 >= enough:
            inside -= left[start][1]
            start += 1
        if inside * 100 >= enough and delay - left[start][0] < last - first:
            first, last = left[start][0], delay
    return first, last


def calibration(counts: Iterable[DelayCount], first: date, last: date) -> Calibration:
    """The deliveries of some days against the range that was known ``LEAD_DAYS`` before each one's week."""
    promises = [count for count in counts if count.basis is DelayBasis.PROMISE]
    weeks: dict[date, list[DelayCount]] = defaultdict(list)
    for count in promises:
        if first <= count.day <= last:
            weeks[monday_of(count.day)].append(count)
    inside = lines = 0
    for monday, delivered in weeks.items():
        known = delay_history(promises, monday - timedelta(LEAD_DAYS))
        for count in delivered:
            delays = known.delays(count.pharmacy, count.cold, count.basis)
            if delays is not None:
                earliest, latest = _shortest_range(delays.weights)
                lines += count.lines
                inside += count.lines * (earliest <= count.delay_days <= latest)
    return Calibration(inside, lines)
