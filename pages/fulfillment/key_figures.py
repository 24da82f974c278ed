"""The wall of key figures: each with its definition, its weeks, and its change against the period before."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Literal

from core.domain.orders.daily_totals import FulfillmentStage
from core.services.measures import Figures, Measures, Share
from pages.fulfillment.period import PeriodComparison
from pages.shared.formats import amount, money, percent, signed_money
from pages.shared.layout import Metric

Color = Literal["normal", "inverse", "off"]


def fulfillment_figures(compared: PeriodComparison) -> list[Metric]:
    """Seven figures: quality, speed, money."""
    stalled = sum(compared.now.stalled.values())
    return [
        _rate(
            compared,
            "First-pass acceptance",
            lambda figures: figures.first_pass,
            "normal",
            "Lines accepted at their first attempt, of the lines that a pharmacy answered.",
        ),
        _rate(
            compared,
            "On time",
            lambda figures: figures.on_time,
            "normal",
            "Lines delivered by the day promised when they were placed, of the lines whose promised day is past.",
        ),
        _speed(compared),
        Metric(
            "Stalled now",
            f"{stalled:,}",
            "Lines not shipped or not delivered more than stalled_days (a setting) after the promised day. "
            "As of now, whatever the period.",
        ),
        _counted(compared, "Lines rejected", lambda figures: figures.rejected),
        _spend(compared),
        _rate(
            compared,
            "Fees in spend",
            lambda figures: figures.fee_share,
            "inverse",
            "Program fees as a share of everything paid.",
        ),
    ]


def _rate(
    compared: PeriodComparison, label: str, share: Callable[[Figures], Share], color: Color, definition: str
) -> Metric:
    now, before = share(compared.now.total).rate, share(compared.before.total).rate
    change = _points(now, before)
    return Metric(
        label,
        percent(now),
        definition,
        delta=change,
        delta_color=color,
        delta_description=None if change is None else _against(compared),
        trend=[float(rate * 100) for week in compared.now.by_week.values() if (rate := share(week).rate) is not None],
    )


def _points(now: Decimal | None, before: Decimal | None) -> str | int | None:
    if now is None or before is None:
        return None
    points = round((now - before) * 100, 1)
    return f"{points:+} points" if points else 0


def _against(compared: PeriodComparison) -> str:
    return f"vs {compared.weeks} weeks before"


def whole_way(measured: Measures) -> int | None:
    """Median hours from placed to delivered, over all pharmacies."""
    medians = [
        time.median_hours for time in measured.stages if time.stage is FulfillmentStage.TOTAL and time.pharmacy is None
    ]
    return medians[0] if medians else None


def _speed(compared: PeriodComparison) -> Metric:
    now, before = whole_way(compared.now), whole_way(compared.before)
    change = None if now is None or before is None else now - before
    return Metric(
        "Placed to delivered",
        "–" if now is None else f"{now:,} h",
        "Median hours from placing to delivery, over lines delivered in the period.",
        delta=f"{change:+,} h" if change else change,
        delta_color="inverse",
        delta_description=None if change is None else _against(compared),
    )


def _counted(compared: PeriodComparison, label: str, count: Callable[[Figures], int]) -> Metric:
    now, before = count(compared.now.total), count(compared.before.total)
    return Metric(
        label,
        f"{now:,}",
        "Attempts that a pharmacy rejected.",
        delta=f"{now - before:+,}" if now != before else 0,
        delta_color="inverse",
        delta_description=_against(compared),
        trend=[count(week) for week in compared.now.by_week.values()],
    )


def _spend(compared: PeriodComparison) -> Metric:
    now, before = compared.now.total.spend_cents, compared.before.total.spend_cents
    return Metric(
        "Spend",
        money(now),
        "Everything captured less everything refunded: medication, fees, encounters, shipping and processing.",
        delta=signed_money(now - before) if now != before else 0,
        delta_color="off",
        delta_description=_against(compared),
        trend=[float(amount(week.spend_cents)) for week in compared.now.by_week.values()],
    )
