"""The first screen: what changed in a sentence, each pharmacy in a row, what waits, and what a patient costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

import streamlit as st

from core.adapters.store.order_prices import MonthCost
from core.adapters.store.order_views import Queue
from core.domain.roles import may
from core.services.forecast import Forecast, next_weeks
from core.services.measures import FEWEST_LINES, Share, lowest
from core.services.scorecard import Attention, PharmacyScore, attention, patient_costs, scorecard
from pages.fulfillment.key_figures import in_days
from pages.fulfillment.period import PeriodComparison
from pages.shared.chart_card import chart
from pages.shared.charts import Series, over_time, stacked_over_time
from pages.shared.formats import amount, count, listed, money, percent, percentage_points
from pages.shared.screens import COSTS, ORDERS, SETUP, Screen
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, table


class _Waiting(NamedTuple):
    """How many wait, that in words, and the screen with its part of the address where their list is."""

    number: int
    label: str
    screen: Screen
    name: str
    value: str


_QUEUES: Final[Mapping[Queue, str]] = {
    Queue.STALLED: "late now",
    Queue.REJECTED: "rejected and not fixed",
    Queue.UNKNOWN: "unconfirmed",
    Queue.ON_HOLD: "on hold",
    Queue.MISFITS: "unmatched",
    Queue.RETURNED: "returned, not refunded",
    Queue.CANCEL_REQUESTS: "cancellation requested",
    Queue.HAND_OVER: "order sheets to send",
}


def opening_sentence(compared: PeriodComparison, names: Mapping[str, str]) -> str:
    """``On time fell from 95.1% to 90.2% of 412 lines; Cedar has the lowest rate, 88.0% of 120. Spend rose ...``"""
    now, before = compared.now, compared.before
    on_time = _moved("On time", now.total.on_time, before.total.on_time)
    least = lowest({code: row.on_time for code, row in now.by_pharmacy.items()})
    if least:
        who = listed([names[code] for code in least])
        share = now.by_pharmacy[least[0]].on_time
        lines = sum(now.by_pharmacy[code].on_time.total for code in least)
        verb = "has" if len(least) == 1 else "have"
        on_time += f"; {who} {verb} the lowest rate, {percent(share.rate)} of {lines}"
    accepted = _moved("First-pass acceptance", now.total.first_pass, before.total.first_pass)
    spend = f"{money(now.total.spend_cents)} was spent"
    if before.total.placed:
        change = now.total.spend_cents - before.total.spend_cents
        than_before = f"{money(abs(change))} {'more' if change > 0 else 'less'} than in" if change else "as in"
        spend += f", {than_before} the period before"
    return f"{on_time}. {accepted}. {spend}."


def _moved(what: str, now: Share, before: Share) -> str:
    """How a rate moved; only where both periods have enough lines to say so."""
    if now.rate is None:
        return f"{what}: no lines yet"
    current = f"{percent(now.rate)} of {count(now.total, 'line')}"
    if before.rate is None or min(now.total, before.total) < FEWEST_LINES or percent(now.rate) == percent(before.rate):
        return f"{what} is {current}"
    return f"{what} {'rose' if now.rate > before.rate else 'fell'} from {percent(before.rate)} to {current}"


def overview(session: Session, compared: PeriodComparison, names: Mapping[str, str]) -> None:
    """Pharmacies at the left, what waits at the right, the cost of a patient under them."""
    left, right = st.columns([9, 2])
    with left:
        _scorecard(session, session.remembered(scorecard, compared.now.period), names)
    with right:
        _needs_you(session, session.call(attention))
    left, right = st.columns(2)
    with left:
        _patient_costs(session, session.remembered(patient_costs))
    with right:
        _next_weeks(session, session.remembered(next_weeks))


def _scorecard(session: Session, scores: Sequence[PharmacyScore], names: Mapping[str, str]) -> None:
    rows: list[Row] = [
        {
            "Pharmacy": names.get(score.pharmacy, score.pharmacy),
            "Lines": score.figures.placed,
            "First pass": percentage_points(score.figures.first_pass.rate),
            "Answered": score.figures.first_pass.total,
            "On time": percentage_points(score.figures.on_time.rate),
            "Due": score.figures.on_time.total,
            "Promised": score.promised_days,
            "Observed": None if score.observed_hours is None else in_days(score.observed_hours),
            "Rejected": score.figures.rejected,
            "Late now": score.stalled,
            "Prices": percentage_points(score.price_change),
            "Cost a line": amount(score.cents_a_line),
            "Spend": amount(score.figures.spend_cents),
        }
        for score in scores
    ]
    table(
        rows,
        name="scorecard",
        alt="Every pharmacy's counts, rates, days, prices and cost in the period",
        session=session,
        columns={
            "First pass": PERCENT,
            "On time": PERCENT,
            "Promised": {"help": "Days from placing to the promised day, of half of the lines."},
            "Observed": {"help": "Days of 24 hours from placing to delivery, of half of the lines delivered."},
            "Prices": {**PERCENT, "help": "This period's packs against the unit prices of the period before."},
            "Cost a line": {**MONEY, "help": "Everything that a filled line carries, before refunds."},
            "Spend": MONEY,
        },
    )


def _needs_you(session: Session, waiting: Attention) -> None:
    """Counts that open their lists for those who may see them."""
    parts = [
        _Waiting(number, f"{number:,} {words}", ORDERS, "orders_queue", queue)
        for queue, words in _QUEUES.items()
        for number in [waiting.queues[queue]]
    ]
    licenses = count(waiting.licences, "license ending", "licenses ending")
    lists = count(waiting.old_prices, "old price list")
    parts += [
        _Waiting(waiting.licences, licenses, SETUP, "setup_tab", "Prescribers"),
        _Waiting(waiting.old_prices, lists, COSTS, "costs_tab", "Price lists"),
    ]
    with st.container(border=True, gap="xsmall"):
        st.markdown("**Needs you**")
        if not any(part.number for part in parts):
            st.caption("Nothing waits for anybody.")
        for number, label, screen, name, value in parts:
            if number and may(session.person, screen.action):
                st.page_link(screen.script, label=label, query_params={name: value})
            elif number:
                st.caption(label)


def _patient_costs(session: Session, months: Sequence[MonthCost]) -> None:
    """What a patient with an order costs a month."""
    if not months:
        return
    costs = [Decimal(month.cents) / 100 / month.patients for month in months]
    chart(
        over_time([Series("Cost a patient", [month.month for month in months], costs)], "Dollars a patient and month"),
        costs_sentence(months),
        [
            {
                "Month": f"{month.month:%b %Y}",
                "Patients": month.patients,
                "Lines": month.lines,
                "Cost": amount(month.cents),
                "Cost a patient": round(cost, 2),
            }
            for month, cost in zip(months, costs, strict=True)
        ],
        name="patient_costs",
        session=session,
        hint="Lines that were filled, with everything that they carry, by the month in which they were placed. Monthly "
        "program fees are not in it.",
        columns={"Cost": MONEY, "Cost a patient": MONEY},
    )


def costs_sentence(months: Sequence[MonthCost]) -> str:
    """``A patient cost $183.20 in Nov 2026, of 96 patients; $125.10 in Mar 2026``; one month alone has no past."""
    first, last = months[0], months[-1]
    now = f"A patient cost {_a_patient(last)} in {last.month:%b %Y}, of {count(last.patients, 'patient')}"
    if first == last:
        return now
    return f"{now}; {_a_patient(first)} in {first.month:%b %Y}, of {count(first.patients, 'patient')}"


def _a_patient(month: MonthCost) -> str:
    return money(round(Decimal(month.cents) / month.patients))


def _next_weeks(session: Session, coming: Forecast) -> None:
    """What is due in the next four weeks, week by week, and how far such forecasts were off."""
    if not coming.lines:
        return
    weeks = coming.weeks
    chart(
        stacked_over_time(
            [Series("Due", [week.first for week in weeks], [amount(week.cents) for week in weeks])],
            "Dollars due, by week",
        ),
        forecast_sentence(coming),
        [
            {"From": week.first, "What": "due", "Lines": week.lines, "Cost": amount(week.cents)} for week in weeks
        ] + [
            row
            for past in coming.past
            for row in (
                {"From": past.first, "What": "forecast then", "Lines": past.lines, "Cost": amount(past.cents)},
                {"From": past.first, "What": "placed then", "Lines": past.placed_lines,
                 "Cost": amount(past.placed_cents)},
            )
        ],
        name="forecast",
        session=session,
        hint="From the prescriptions in force and their supply, at what a pack cost in the last 90 days. Without new "
        "patients; who has had nothing for four weeks is left out.",
        columns={"Cost": MONEY},
    )  # fmt: skip


def forecast_sentence(coming: Forecast) -> str:
    """``96 lines are due in the next four weeks, about $11,204.00; the last 3 such forecasts were off by 12%``."""
    due = (
        f"{count(coming.lines, 'line is', 'lines are')} due in the next four weeks, about "
        f"{money(round(coming.cents, -4))}"
    )
    if coming.error is None:
        return due
    tested = len(coming.past)
    times = f"the last {tested} such forecasts were" if tested > 1 else "the last such forecast was"
    signs = {past.cents > past.placed_cents for past in coming.past}
    way = "" if len(signs) > 1 else ", too high" if signs == {True} else ", too low"
    return f"{due}; {times} off by {coming.error:.0%}{way}"
