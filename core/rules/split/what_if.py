"""The same cart split under other objectives, without a preference, or with one more pack: what each thing costs.

Every figure comes of splitting again, so that it is the whole checkout's; a search that was not finished says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Cart, Days, Objective, PreferenceKind, PreferenceScope, Program, RoutingPreference, Split
from core.rules.split.cart_split import split
from core.rules.split.search import WORK, Watch

DAY_PRICES_CENTS: Final = (50, 1_00, 2_00, 3_50, 5_00, 7_50, 10_00, 15_00, 25_00, 50_00)
"""Prices of a day at which the curve looks for points between the cheapest and the fastest split."""

MOST_SHORTAGES: Final = 12
"""Offers that are asked for one more pack, those first that most lines would rather go to."""

FEWEST: Final = RoutingPreference(PreferenceKind.BOXES, PreferenceScope.CART)


@dataclass(frozen=True)
class SplitRequest:
    """What is split, and how."""

    cart: Cart
    context: Context
    program: Program
    objective: Objective
    days: Days
    overrides: frozenset[tuple[int, str]]
    day_price_cents: int

    def split(self, watch: Watch | None = None, previous: Split | None = None) -> Split:
        """Its split, searched with a quarter of the usual work: there are two dozen of them."""
        return split(**vars(self), work=WORK // 4, watch=watch, previous=previous)

    def with_only(self, preferences: Sequence[RoutingPreference]) -> SplitRequest:
        """The same with these preferences alone."""
        return replace(self, cart=self.cart.model_copy(update={"preferences": tuple(preferences)}))


class SplitDifference(NamedTuple):
    """What one split costs more than another, and its average days to delivery more."""

    cents: int
    days_a_line: Decimal


class SplitSummary(NamedTuple):
    """A split in figures. ``delivery_days`` is the sum over lines of days from the refill day to delivery."""

    objective: Objective
    total_cents: int
    lines: int
    boxes: int
    pharmacies: int
    delivery_days: int
    last_delivery: date | None
    proven: bool

    @property
    def days_a_line(self) -> Decimal:
        """Days to delivery on average, to one decimal; 0 for no line."""
        return (Decimal(self.delivery_days) / max(self.lines, 1)).quantize(Decimal("0.1"), ROUND_HALF_UP)

    def against(self, other: SplitSummary) -> SplitDifference:
        """This split less the other one."""
        return SplitDifference(self.total_cents - other.total_cents, self.days_a_line - other.days_a_line)


def summarized(split: Split, refill_day: date) -> SplitSummary:
    """The figures of a split of ``refill_day``'s cart."""
    deliveries = [line.promise.delivers_on for line in split.filled if line.promise]
    return SplitSummary(
        objective=split.objective,
        total_cents=split.total_cents,
        lines=len(split.filled),
        boxes=len({line.box for line in split.filled}),
        pharmacies=len({line.pharmacy for line in split.filled}),
        delivery_days=sum((day - refill_day).days for day in deliveries),
        last_delivery=max(deliveries, default=None),
        proven=split.proven,
    )


class Point(NamedTuple):
    """One split that a person may pick: how it is asked for, and what it comes to."""

    objective: Objective
    day_price_cents: int
    fewest: bool
    outcome: SplitSummary


class PreferenceCost(NamedTuple):
    """What a routing preference costs: the total with all of them, less the total without it. ``preference`` is its
    place among the cart's; None is all of them together."""

    preference: int | None
    cents: int
    lines: int
    proven: bool


class Shortage(NamedTuple):
    """What one more pack at a pharmacy would save, and how many more lines it would fill."""

    pharmacy: str
    sku: str
    saves_cents: int
    fills: int
    proven: bool


def points(request: SplitRequest, now: Split, watch: Watch | None = None) -> Iterator[Point]:
    """The cheapest, the fastest and the fewest shipments, then what lies between them, each split once."""
    price, refill_day = request.day_price_cents, request.days.refill_day
    for objective in Objective:
        routed = now if objective is now.objective else replace(request, objective=objective).split(watch, now)
        yield Point(objective, price, False, summarized(routed, refill_day))
    preferences = request.cart.preferences
    if FEWEST not in preferences:
        fewest = replace(request.with_only((*preferences, FEWEST)), objective=Objective.CHEAPEST).split(watch)
        yield Point(Objective.CHEAPEST, price, True, summarized(fewest, refill_day))
    for cents in DAY_PRICES_CENTS:
        if cents != price:
            balanced = replace(request, objective=Objective.BALANCED, day_price_cents=cents).split(watch)
            yield Point(Objective.BALANCED, cents, False, summarized(balanced, refill_day))


def preference_costs(request: SplitRequest, now: Split, watch: Watch | None = None) -> Iterator[PreferenceCost]:
    """What all routing preferences cost together, then each alone while the others stand."""
    preferences = request.cart.preferences
    if not preferences:
        return
    yield _cost(None, now, request.with_only(()).split(watch))
    for at in range(len(preferences) if len(preferences) > 1 else 0):
        rest = (*preferences[:at], *preferences[at + 1 :])
        yield _cost(at, now, request.with_only(rest).split(watch))


def _cost(preference: int | None, now: Split, free: Split) -> PreferenceCost:
    lines = len(free.filled) - len(now.filled)
    return PreferenceCost(preference, now.total_cents - free.total_cents, lines, now.proven and free.proven)


def shortages(request: SplitRequest, now: Split, watch: Watch | None = None) -> Iterator[Shortage]:
    """One more pack of each offer that has run out for somebody, the most refused first."""
    for pharmacy, sku in short_offers(now)[:MOST_SHORTAGES]:
        more = replace(request, context=_with_one_more(request, pharmacy, sku)).split(watch)
        fills = len(more.filled) - len(now.filled)
        yield Shortage(pharmacy, sku, now.total_cents - more.total_cents, fills, now.proven and more.proven)


def short_offers(now: Split) -> list[tuple[str, str]]:
    """(pharmacy, SKU) that lines were refused for stock, by how many lines; lines that nobody fills count first."""
    refused = [
        ((refusal.pharmacy, routed.line.sku), routed.filled)
        for routed in now.lines
        for refusal in routed.refused
        if refusal.codes == ("OUT_OF_STOCK",) and not routed.line.hold
    ]
    lines, unfilled = Counter(key for key, _ in refused), Counter(key for key, filled in refused if not filled)
    return sorted(lines, key=lambda key: (-unfilled[key], -lines[key], key))


def _with_one_more(request: SplitRequest, pharmacy: str, sku: str) -> Context:
    context, day = request.context, request.days.placing_day
    offer, left = context.offer(pharmacy, sku, day), context.stock(pharmacy, sku, day) or 0
    stock = context.reserved.get((pharmacy, sku), 0) + left + 1
    offers = tuple(row.model_copy(update={"stock": stock}) if row == offer else row for row in context.offers)
    return replace(context, offers=offers)
