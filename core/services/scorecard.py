"""Each pharmacy for the quarterly talk, what waits for somebody, and what a patient costs: counts only, no patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from core.adapters.store import Store
from core.adapters.store.order_prices import (
    MonthCost,
    SkuCost,
    costs_by_month,
    costs_by_pharmacy,
    promised_days,
)
from core.adapters.store.order_views import Queue, queue_sizes
from core.domain.context import Context
from core.domain.orders.daily_totals import FulfillmentStage
from core.domain.periods import Period, months_before
from core.domain.roles import Action, Person, require
from core.services.contexts import load_context
from core.services.measures import Figures, figures, measures, percentile
from core.services.orders.views import stalled_before


class PharmacyScore(NamedTuple):
    """A pharmacy over a period.

    ``promised_days`` and ``observed_hours`` are medians from placing to delivery, of the lines placed and delivered in
    it. ``price_change`` is what this period's packs cost more than at the unit prices of the period before, as a
    fraction; None where no SKU was bought in both. ``cents_a_line`` is everything a filled line carries, on average.
    """

    pharmacy: str
    figures: Figures
    promised_days: int | None
    observed_hours: int | None
    stalled: int
    price_change: Decimal | None
    cents_a_line: int | None


def scorecard(store: Store, person: Person, clinic: str, period: Period) -> tuple[PharmacyScore, ...]:
    """Every pharmacy with lines in the period, or with lines that stall now, by code."""
    measured = measures(store, person, clinic, period.first, period.last)
    with store.read(clinic) as work:
        costs = costs_by_pharmacy(work, period.first, period.last)
        before = costs_by_pharmacy(work, *period.before[:2])
        promised: dict[str, Counter[int]] = {}
        for row in promised_days(work, period.first, period.last):
            promised.setdefault(row.pharmacy, Counter())[row.days] += row.lines
    observed = {time.pharmacy: time.median_hours for time in measured.stages if time.stage is FulfillmentStage.TOTAL}
    return tuple(
        PharmacyScore(
            pharmacy=pharmacy,
            figures=measured.by_pharmacy.get(pharmacy, figures([])),
            promised_days=percentile(promised[pharmacy], 50) if pharmacy in promised else None,
            observed_hours=observed.get(pharmacy),
            stalled=measured.stalled.get(pharmacy, 0),
            price_change=price_change(_of(costs, pharmacy), _of(before, pharmacy)),
            cents_a_line=_a_line(_of(costs, pharmacy)),
        )
        for pharmacy in sorted({*measured.by_pharmacy, *measured.stalled})
    )


def _of(costs: Iterable[SkuCost], pharmacy: str) -> list[SkuCost]:
    return [row for row in costs if row.pharmacy == pharmacy]


def price_change(now: Iterable[SkuCost], before: Iterable[SkuCost]) -> Decimal | None:
    """What today's packs cost more than at the earlier unit prices, as a fraction, over the SKUs bought in both."""
    earlier = {row.sku: Decimal(row.medication_cents) / row.packs for row in before}
    both = [row for row in now if row.sku in earlier]
    at_old_prices = sum((earlier[row.sku] * row.packs for row in both), Decimal(0))
    return sum(row.medication_cents for row in both) / at_old_prices - 1 if at_old_prices else None


def _a_line(costs: Iterable[SkuCost]) -> int | None:
    rows = list(costs)
    lines = sum(row.lines for row in rows)
    return round(Decimal(sum(row.cents for row in rows)) / lines) if lines else None


class Attention(NamedTuple):
    """What waits for somebody now: lines by queue, licenses that end soon or have ended, pharmacies whose newest price
    is old."""

    queues: Mapping[Queue, int]
    licences: int
    old_prices: int


def attention(store: Store, person: Person, clinic: str) -> Attention:
    """Counts only, so that leadership may see them."""
    require(person, Action.SEE_FULFILLMENT)
    with store.read(clinic) as work:
        context, today = load_context(work, patients=()), work.today
        sizes = queue_sizes(work, stalled_before(work))
    return Attention(sizes, _licences_ending(context, today), _old_price_lists(context, today))


def _licences_ending(context: Context, today: date) -> int:
    """Licenses of pharmacies and prescribers that are over on the last of the days that are looked ahead."""
    held = [(row.state, row.expires_on) for row in context.licences]
    held += [
        (row.state, row.expires_on) for prescriber in context.prescribers.values()
        for row in prescriber.licences.values()
    ]  # fmt: skip
    ahead = {
        state: today + timedelta(int(context.number("licence_expiring_days", today, state=state))) for state, _ in held
    }
    return sum(ends is not None and ends <= ahead[state] for state, ends in held)


def _old_price_lists(context: Context, today: date) -> int:
    oldest = today - timedelta(int(context.number("old_price_days", today)))
    newest: dict[str, date] = {}
    for offer in context.offers:
        if offer.valid_from <= today:
            newest[offer.pharmacy] = max(newest.get(offer.pharmacy, offer.valid_from), offer.valid_from)
    return sum(day < oldest for day in newest.values())


def patient_costs(store: Store, person: Person, clinic: str, months: int = 12) -> tuple[MonthCost, ...]:
    """What a month's lines cost and for how many patients: the last whole months with orders, oldest first."""
    require(person, Action.SEE_FULFILLMENT)
    with store.read(clinic) as work:
        this_month = work.today.replace(day=1)
        return tuple(costs_by_month(work, months_before(work.today, months), this_month - timedelta(1)))


class Targets(NamedTuple):
    """What the clinic aims at, as fractions."""

    first_pass: Decimal
    on_time: Decimal


def targets(context: Context, today: date) -> Targets:
    """The targets in force on a day."""
    return Targets(context.number("target_first_pass", today), context.number("target_on_time", today))
