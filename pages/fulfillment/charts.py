"""The charts under the wall: acceptance and rejections, stage times, punctuality, money. Each with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import streamlit as st

from core.domain.orders.daily_totals import FulfillmentStage
from core.domain.rejections import REJECTIONS
from core.services.measures import Measures, StageTime
from pages.shared.chart_card import chart
from pages.shared.charts import Series, Span, bars, over_time, spans, stacked_over_time
from pages.shared.filters import choose
from pages.shared.formats import amount, code_phrase, code_words, count, money, percent, percentage_points
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, table

COMPONENTS = {
    "Medication": "medication_cents",
    "Program fee": "program_fee_cents",
    "Encounters": "encounter_cents",
    "Shipping": "shipping_cents",
    "Processing": "processing_cents",
    "Refunds": "adjustment_cents",
}
Names = Mapping[str, str]


def acceptance(session: Session, now: Measures) -> None:
    """First-pass acceptance week by week."""
    weeks = {week: figures.first_pass for week, figures in now.by_week.items() if figures.first_pass.total}
    if not weeks:
        return
    worst = min(weeks, key=lambda week: (weeks[week].rate or 0, week))
    chart(
        over_time(
            [Series("First-pass acceptance", list(weeks), [share.rate for share in weeks.values()])],
            "Accepted at the first attempt",
            ".0%",
        ),
        f"{percent(now.total.first_pass.rate)} of lines were accepted at the first attempt; the week of "
        f"{worst:%e %b} had the least, {percent(weeks[worst].rate)}",
        [
            {"Week of": week, "Accepted": share.part, "Answered": share.total, "Rate": percentage_points(share.rate)}
            for week, share in weeks.items()
        ],
        name="acceptance",
        session=session,
        columns={"Rate": PERCENT},
    )


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
    slowest = times[0]
    chart(
        spans(
            [Span(names[time.pharmacy or ""], time.median_hours, time.p90_hours) for time in times],
            f"Hours, {stage.value}",
        ),
        f"{names[slowest.pharmacy or '']} is slowest: one line in ten takes more than {slowest.p90_hours:,} hours, "
        f"half take more than {slowest.median_hours:,}",
        stage_rows(now.stages, names),
        name="stages",
        session=session,
    )


def stage_rows(times: Sequence[StageTime], names: Names) -> list[Row]:
    """Every stage at every pharmacy."""
    return [
        {
            "Stage": time.stage.value.capitalize(),
            "Pharmacy": names[time.pharmacy] if time.pharmacy else "All pharmacies",
            "Lines": time.lines,
            "Median hours": time.median_hours,
            "90th percentile hours": time.p90_hours,
        }
        for time in times
    ]


def punctuality(session: Session, now: Measures, names: Names) -> None:
    """On-time rate by pharmacy."""
    on_time = {code: row.on_time for code, row in now.by_pharmacy.items() if row.on_time.total}
    if not on_time:
        return
    ordered = sorted(on_time, key=lambda code: (on_time[code].rate or Decimal(0), code))
    worst = ordered[0]
    chart(
        bars(
            [names[code] for code in ordered], [on_time[code].rate or 0 for code in ordered], "Delivered on time", ".1%"
        ),
        f"{percent(now.total.on_time.rate)} arrived by the promised day; {names[worst]} has the lowest rate, "
        f"{percent(on_time[worst].rate)}",
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


def spend(session: Session, now: Measures) -> None:
    """What was paid, week by week and part by part."""
    weeks = now.by_week
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
        stacked_over_time(parts, "Dollars a week"),
        f"{money(now.total.spend_cents)} was paid; program fees are {percent(now.total.fee_share.rate)} of it, "
        f"{money(now.total.program_fee_cents)}",
        rows,
        name="spend",
        session=session,
        columns=dict.fromkeys([*COMPONENTS, "Spend"], MONEY),
    )


def by_pharmacy(session: Session, now: Measures, names: Names) -> None:
    """Every pharmacy's figures in one table."""
    st.subheader("By pharmacy", anchor=False)
    codes = sorted({*now.by_pharmacy, *now.stalled}, key=lambda code: names[code])
    rows: list[Row] = []
    for code in codes:
        row = now.by_pharmacy.get(code)
        rows.append(
            {
                "Pharmacy": names[code],
                "Placed": row.placed if row else 0,
                "Delivered": row.delivered if row else 0,
                "Rejected": row.rejected if row else 0,
                "First pass": percentage_points(row.first_pass.rate) if row else None,
                "On time": percentage_points(row.on_time.rate) if row else None,
                "Stalled now": now.stalled.get(code, 0),
                "Spend": amount(row.spend_cents) if row else None,
                "Fees": percentage_points(row.fee_share.rate) if row else None,
            }
        )
    table(
        rows,
        name="by_pharmacy",
        alt="Every pharmacy's counts, rates and spend in the period",
        session=session,
        columns={"First pass": PERCENT, "On time": PERCENT, "Fees": PERCENT, "Spend": MONEY},
    )
