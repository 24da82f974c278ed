"""The wall of key figures: each with its definition, its weeks, and its change against the period before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Literal, TypeVar

from core.domain.orders.daily_totals import FulfillmentStage
from core.services.measures import Figures, Measures, Share
from core.services.scorecard import Targets
from pages.fulfillment.period import PeriodComparison
from pages.shared.formats import amount, money, percent, signed_money
from pages.shared.layout import Metric

Color = Literal["normal", "inverse", "off"]
T = TypeVar("T")


def fulfillment_figures(compared: PeriodComparison, aims: Targets) -> list[Metric]:
    """Six figures: quality, speed, money."""
    stalled = sum(compared.now.stalled.values())
    return [
        _rate(
            compared,
            "First-pass acceptance",
            lambda figures: figures.first_pass,
            "normal",
            "Lines accepted at their first attempt, of the lines that a pharmacy answered.",
            aims.first_pass,
        ),
        _rate(
            compared,
            "On time",
            lambda figures: figures.on_time,
            "normal",
            "Lines delivered by the day promised when they were placed, of the lines whose promised day is past.",
            aims.on_time,
        ),
        _speed(compared),
        Metric(
            "Stalled now",
            f"{stalled:,}",
            "Lines not shipped or not delivered more than stalled_days (a setting) after the promised day. "
            "As of now, whatever the period.",
            note="as of now; target 0",
        ),
        _counted(compared, "Lines rejected", lambda figures: figures.rejected),
        _spend(compared),
    ]


def _rate(
    compared: PeriodComparison,
    label: str,
    share: Callable[[Figures], Share],
    color: Color,
    definition: str,
    target: Decimal,
) -> Metric:
    now, before = share(compared.now.total), share(compared.before.total)
    change = _points(now.rate, before.rate)
    return Metric(
        label,
        percent(now.rate),
        f"{definition} The target is a setting.",
        delta=change,
        delta_color=color,
        note=f"of {now.total:,}; target {target:.0%}",
        trend=[float(rate * 100) for week in _weeks(compared) if (rate := share(week).rate) is not None],
    )


def _weeks(compared: PeriodComparison) -> Collection[Figures]:
    return compared.now.whole_weeks.values()


def _points(now: Decimal | None, before: Decimal | None) -> str | int | None:
    if now is None or before is None:
        return None
    points = round((now - before) * 100, 1)
    return f"{points:+} points" if points else 0


def whole_way(measured: Measures) -> int | None:
    """Median hours from placed to delivered, over all pharmacies."""
    medians = [
        time.median_hours for time in measured.stages if time.stage is FulfillmentStage.TOTAL and time.pharmacy is None
    ]
    return medians[0] if medians else None


def _speed(compared: PeriodComparison) -> Metric:
    now, before = whole_way(compared.now), whole_way(compared.before)
    change = None if now is None or before is None else in_days(now) - in_days(before)
    return Metric(
        "Placed to delivered",
        "–" if now is None else f"{in_days(now)} days",
        "Days within which half of the lines delivered in the period had come, weekends included.",
        delta=None if change is None else f"{change:+} days" if change else 0,
        delta_color="inverse",
        note=f"half of {compared.now.total.delivered:,}",
    )


def in_days(hours: int) -> Decimal:
    """Hours as days of 24 hours, to one decimal."""
    return (Decimal(hours) / 24).quantize(Decimal("0.1"))


def _counted(compared: PeriodComparison, label: str, counted: Callable[[Figures], int]) -> Metric:
    now, before = counted(compared.now.total), counted(compared.before.total)
    return Metric(
        label,
        f"{now:,}",
        "Attempts that a pharmacy rejected.",
        delta=_change(compared, f"{now - before:+,}" if now != before else 0),
        delta_color="inverse",
        note=f"of {compared.now.total.placed:,} placed",
        trend=[counted(week) for week in _weeks(compared)],
    )


def _change(compared: PeriodComparison, words: T) -> T | None:
    """Nothing is compared with a period in which nothing was placed."""
    return words if compared.before.total.placed else None


def _spend(compared: PeriodComparison) -> Metric:
    now, before = compared.now.total.spend_cents, compared.before.total.spend_cents
    return Metric(
        "Spend",
        money(now),
        "Everything captured less everything refunded: medication, fees, encounters, shipping and processing.",
        delta=_change(compared, signed_money(now - before) if now != before else 0),
        delta_color="off",
        note=f"of {compared.now.total.placed:,} placed",
        trend=[float(amount(week.spend_cents)) for week in _weeks(compared)],
    )
