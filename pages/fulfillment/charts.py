"""The charts under the wall: acceptance and rejections, stage times, punctuality, money. Each with its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

import streamlit as st

from core.domain.orders.daily_totals import FulfillmentStage
from core.domain.rejections import REJECTIONS
from core.rules.delivery_estimate import COVERAGE_PERCENT, Calibration
from core.services.measures import FEWEST_LINES, Measures, Share, StageTime, lowest
from pages.fulfillment.key_figures import in_days
from pages.fulfillment.period import PeriodComparison
from pages.shared.chart_card import chart
from pages.shared.charts import Series, Span, bars, over_time, spans, stacked_over_time
from pages.shared.filters import choose
from pages.shared.formats import amount, code_phrase, code_words, count, day, listed, money, percent, percentage_points
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row

COMPONENTS = {
    "Medication": "medication_cents",
    "Program fee": "program_fee_cents",
    "Encounters": "encounter_cents",
    "Shipping": "shipping_cents",
    "Processing": "processing_cents",
    "Refunds": "adjustment_cents",
}
Names = Mapping[str, str]
K = TypeVar("K", date, str)


PARTIAL = "A week of which not all days are counted, such as the running one, is hatched or an open ring."


def acceptance(session: Session, compared: PeriodComparison) -> None:
    """First-pass acceptance week by week."""
    weeks = {week: figures.first_pass for week, figures in compared.weeks.items() if figures.first_pass.total}
    if not weeks:
        return
    total = compared.now.total.first_pass
    least = lowest({week: figures.first_pass for week, figures in compared.now.whole_weeks.items()})
    chart(
        over_time(
            [Series("First-pass acceptance", list(weeks), [share.rate for share in weeks.values()])],
            "Accepted at the first attempt",
            ".0%",
            partial=compared.partial_weeks,
        ),
        f"{percent(total.rate)} of {count(total.total, 'line')} were accepted at the first attempt"
        + _least("week of", least, day, weeks),
        [
            {
                "Week of": week,
                "Accepted": share.part,
                "Answered": share.total,
                "Rate": percentage_points(share.rate),
                "Whole week": week not in compared.partial_weeks,
            }
            for week, share in weeks.items()
        ],
        name="acceptance",
        session=session,
        hint=PARTIAL,
        columns={"Rate": PERCENT},
    )


def _least(kind: str, least: Sequence[K], words: Callable[[K], str], shares: Mapping[K, Share]) -> str:
    """Who has the lowest rate, with its count; nothing where too few lines say so."""
    if not least:
        return ""
    rate, lines = shares[least[0]].rate, sum(shares[key].total for key in least)
    verb = "has" if len(least) == 1 else "have"
    named = " ".join(part for part in (kind, listed([words(key) for key in least])) if part)
    return f"; {'the ' if kind else ''}{named} {verb} the lowest rate, {percent(rate)} of {lines:,}"


def rejections(session: Session, now: Measures, names: Names) -> None:
    """Refused attempts by reason."""
    codes = now.rejections_by_code
    if not codes:
        st.caption("No pharmacy rejected a line in this period.")
        return
    first = next(iter(codes))
    total = count(sum(codes.values()), "attempt was", "attempts were")
    chart(
        bars([code_words(code) for code in codes], list(codes.values()), "Attempts rejected"),
        f"{total} rejected; most often for {code_phrase(first)}, {codes[first]}",
        [
            {
                "Pharmacy": names[row.pharmacy],
                "Reason": code_words(row.code),
                "Attempts": row.lines,
                "What to do": REJECTIONS[row.code].remedy if row.code in REJECTIONS else None,
            }
            for row in now.rejections
        ],
        name="refusals",
        session=session,
    )


def stages(session: Session, now: Measures, names: Names) -> None:
    """Median and 90th percentile of one stage at every pharmacy."""
    if not now.stages:
        return
    stage = choose(
        "Stage", list(FulfillmentStage), FulfillmentStage.TOTAL, key="fulfilment_stage", words=str.capitalize
    )
    times = [time for time in now.stages if time.stage is stage and time.pharmacy]
    if not times:
        st.caption("No line went through this stage in this period.")
        return
    times.sort(key=lambda time: (-time.p90_hours, time.pharmacy or ""))
    chart(
        spans(
            [Span(names[time.pharmacy or ""], *map(float, _days(time))) for time in times],
            f"Days of 24 hours, {stage.value}",
        ),
        _slowest(times, names),
        stage_rows(now.stages, names),
        name="stages",
        session=session,
    )


def _days(time: StageTime) -> tuple[Decimal, Decimal]:
    return in_days(time.median_hours), in_days(time.p90_hours)


def _slowest(times: Sequence[StageTime], names: Names) -> str:
    judged = [time for time in times if time.lines >= FEWEST_LINES]
    worst = [time for time in judged if time.p90_hours == judged[0].p90_hours]
    if not judged or len(worst) == len(judged):
        total = sum(time.lines for time in times)
        return f"No pharmacy is slower than the others on {count(total, 'line')}"
    _, ninetieth = _days(worst[0])
    who = listed([names[time.pharmacy or ""] for time in worst])
    lines = count(sum(time.lines for time in worst), "line")
    return f"{who} {'is' if len(worst) == 1 else 'are'} slowest: one in ten of {lines} took {ninetieth} days or more"


def stage_rows(times: Sequence[StageTime], names: Names) -> list[Row]:
    """Every stage at every pharmacy."""
    return [
        {
            "Stage": time.stage.value.capitalize(),
            "Pharmacy": names[time.pharmacy] if time.pharmacy else "All pharmacies",
            "Lines": time.lines,
            "Median days": _days(time)[0],
            "90th percentile days": _days(time)[1],
        }
        for time in times
    ]


def punctuality(session: Session, now: Measures, names: Names) -> None:
    """On-time rate by pharmacy."""
    on_time = {code: row.on_time for code, row in now.by_pharmacy.items() if row.on_time.total}
    if not on_time:
        return
    ordered = sorted(on_time, key=lambda code: (on_time[code].rate or Decimal(0), code))
    total = now.total.on_time
    chart(
        bars(
            [names[code] for code in ordered], [on_time[code].rate or 0 for code in ordered], "Delivered on time", ".1%"
        ),
        f"{percent(total.rate)} of {count(total.total, 'line')} arrived by the promised day"
        + _least("", lowest(on_time), lambda code: names[code], on_time),
        [
            {
                "Pharmacy": names[code],
                "On time": on_time[code].part,
                "Promised": on_time[code].total,
                "Rate": percentage_points(on_time[code].rate),
            }
            for code in ordered
        ],
        name="punctuality",
        session=session,
        columns={"Rate": PERCENT},
    )


def spend(session: Session, compared: PeriodComparison) -> None:
    """What was paid, week by week and part by part."""
    now, weeks = compared.now, compared.weeks
    if not weeks:
        return
    parts = [
        Series(name, list(weeks), [amount(getattr(week, field)) for week in weeks.values()])
        for name, field in COMPONENTS.items()
        if any(getattr(week, field) for week in weeks.values())
    ]
    rows: list[Row] = [
        {
            "Week of": monday,
            **{name: amount(getattr(week, field)) for name, field in COMPONENTS.items()},
            "Spend": amount(week.spend_cents),
        }
        for monday, week in weeks.items()
    ]
    chart(
        stacked_over_time(parts, "Dollars a week", partial=compared.partial_weeks),
        f"{money(now.total.spend_cents)} was paid; program fees are {percent(now.total.fee_share.rate)} of it, "
        f"{money(now.total.program_fee_cents)}",
        rows,
        name="spend",
        session=session,
        hint=PARTIAL,
        columns=dict.fromkeys([*COMPONENTS, "Spend"], MONEY),
    )


def calibrated(known: Calibration) -> None:
    """How far the expected delivery of Orders may be believed."""
    if known.lines:
        share = Share(known.inside, known.lines).rate
        st.caption(
            f"Expected delivery on Orders gives a range for {COVERAGE_PERCENT}% of lines. "
            f"Of {count(known.lines, 'line')} delivered in this period, {percent(share)} "
            "came within the range known two weeks before."
        )
