"""Plans: every program's fee by medication spend, and where the clinic's own months stand. A fee alone is no cost."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.rules.pricing.monthly import Plans, plans
from core.rules.pricing.program_words import answer_sentence
from core.services.clinic_costs import MonthSpend, best_program, monthly_spends
from pages.costs.clinic_charts import with_months
from pages.costs.filters import CostView
from pages.shared.chart_card import chart
from pages.shared.charts import ChartPoint, Series, by_amount
from pages.shared.formats import amount, listed, money, percent, percentage_points, plain
from pages.shared.layout import Metric, badge, empty_state, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row, table

_POINTS = 25


def plans_tab(session: Session, view: CostView) -> None:
    """Every program at the month's spend, and the spends at which the cheapest changes."""
    programs = view.context.programs_on(view.today)
    if not programs:
        empty_state("No program is in force.", "Programs are loaded on Setup, from programs.csv.")
        return
    answer = plans(programs, view.spend_cents)
    st.caption(plain(f"{answer_sentence(session.remembered(best_program))}. Here are the programs' fees alone."))
    metrics(_plan_figures(answer))
    badge(any(is_demo(program.source) for program in programs))
    months = session.remembered(monthly_spends)
    answers_by_month = [plans(programs, month.cents) for month in months]
    answers = [plans(programs, spend) for spend in _spends(answer, months)]
    figure = by_amount(_lines(answers), _marks(answer, answers), "Medication spend a month", "Program fee a month")
    chart(
        with_months(figure, [_own_mark(*each) for each in zip(months, answers_by_month, strict=True)])
        if months
        else figure,
        plans_sentence(answer),
        _spend_rows(answers),
        name="plan_costs",
        session=session,
        columns={"Medication spend": MONEY, **{cost.program: MONEY for cost in answer.costs}},
    )
    _own_months(session, months, answers_by_month)
    table(
        [
            {
                "Program": row.program,
                "Kind": row.kind.value,
                "Monthly fee": amount(row.monthly_fee_cents),
                "Rate": percentage_points(row.rate),
                "Rate applies to": row.rate_base.value,
                "In force since": row.valid_from,
                "Source": row.source,
            }
            for row in programs
        ],
        name="programs_in_force",
        alt="The programs in force, with their fees and where the figures come from",
        session=session,
        columns={"Monthly fee": MONEY, "Rate": PERCENT},
    )


def _own_months(session: Session, months: Sequence[MonthSpend], answers_by_month: Sequence[Plans]) -> None:
    """Every program's fee in the clinic's own months."""
    if not months:
        st.caption("Your own months appear here once orders are placed.")
        return
    st.markdown(f"**{plain(growth_sentence(months, answers_by_month))}**")
    table(
        [
            {
                "Month": _month_name(month),
                "Medication spend": amount(month.cents),
                **{cost.program: amount(cost.cost_cents) for cost in answer.costs},
                "Lowest fee": listed(answer.cheapest),
            }
            for month, answer in zip(months, answers_by_month, strict=True)
        ],
        name="plan_months",
        alt="What every program's fee would have been in the last months",
        session=session,
        columns={"Medication spend": MONEY, **{cost.program: MONEY for cost in answers_by_month[0].costs}},
    )


def growth_sentence(months: Sequence[MonthSpend], answers_by_month: Sequence[Plans]) -> str:
    """The program with the lowest fee in the last whole month (else in this one), and what growth would change."""
    month, answer = [
        each for each in zip(months, answers_by_month, strict=True) if each[0].complete or len(months) == 1
    ][-1]
    sentence = f"In {_month_name(month)}, with {money(month.cents)} of medication, {_least(answer)}"
    later = [crossing for crossing in answer.crossings if crossing.exact_cents > month.cents]
    if not later:
        return f"{sentence}, and growth would not change that"
    grown = later[0].exact_cents / month.cents - 1 if month.cents else None
    by = f", {percent(float(grown))} more" if grown is not None else ""
    return f"{sentence}; {later[0].after} does from {money(later[0].spend_cents)} a month{by}"


def _least(answer: Plans) -> str:
    return f"{listed(answer.cheapest)} {'has the lowest fee' if len(answer.cheapest) == 1 else 'have the lowest fees'}"


def _month_name(month: MonthSpend) -> str:
    return f"{month.month:%B %Y}" + ("" if month.complete else " so far")


def _own_mark(month: MonthSpend, answer: Plans) -> ChartPoint:
    least = min(cost.cost_cents for cost in answer.costs)
    return ChartPoint(amount(month.cents), amount(least), f"{_month_name(month)}: {money(month.cents)}")


def _plan_figures(answer: Plans) -> list[Metric]:
    cheapest = [cost for cost in answer.costs if cost.program in answer.cheapest]
    highest = max(cost.cost_cents for cost in answer.costs)
    at = f"at {money(answer.spend_cents)} a month"
    later = [crossing for crossing in answer.crossings if crossing.spend_cents > answer.spend_cents]
    return [
        Metric(
            "Lowest fee",
            listed(answer.cheapest),
            "Monthly fee plus rate times medication spend; drug prices are another matter.",
            delta_description=at,
        ),
        Metric("Its fee a month", money(cheapest[0].cost_cents), "The fee alone, without the medication."),
        Metric(
            "Below the highest fee",
            money(highest - cheapest[0].cost_cents),
            "The highest fee at this spend, less the lowest.",
        ),
        Metric(
            "Lowest fee changes at",
            money(later[0].spend_cents) if later else "None",
            "The next higher monthly medication spend at which another program has the lower fee.",
            delta_description=f"to {later[0].after}" if later else None,
        ),
    ]


def plans_sentence(answer: Plans) -> str:
    """What the chart shows, in one sentence."""
    best = next(cost for cost in answer.costs if cost.program in answer.cheapest)
    sentence = f"At {money(answer.spend_cents)} a month {_least(answer)}: {money(best.cost_cents)}"
    if not answer.crossings:
        return f"{sentence}, and no other program does at any spend"
    changes = [f"{crossing.after} from {money(crossing.spend_cents)}" for crossing in answer.crossings]
    return f"{sentence}; the lowest fee changes to {listed(changes)}"


def _spends(answer: Plans, months: Sequence[MonthSpend]) -> list[int]:
    """Evenly spaced spends to beyond the crossings, the asked spend and the clinic's own, and all of those exactly."""
    answers_by_month = [month.cents for month in months]
    ends = [answer.spend_cents, *answers_by_month, *(crossing.spend_cents for crossing in answer.crossings)]
    edge = max(max(ends) * 5 // 4, 1_000_000)
    return sorted({*(edge * at // _POINTS for at in range(_POINTS + 1)), *ends})


def _lines(answers: Sequence[Plans]) -> list[Series]:
    spends = [amount(answer.spend_cents) for answer in answers]
    return [
        Series(cost.program, spends, [amount(answer.costs[at].cost_cents) for answer in answers])
        for at, cost in enumerate(answers[0].costs)
    ]


def _marks(answer: Plans, answers: Sequence[Plans]) -> list[ChartPoint]:
    least = {each.spend_cents: min(cost.cost_cents for cost in each.costs) for each in answers}
    return [
        ChartPoint(
            amount(crossing.spend_cents),
            amount(least[crossing.spend_cents]),
            f"{crossing.before} to {crossing.after} at {money(crossing.spend_cents)}",
        )
        for crossing in answer.crossings
    ]


def _spend_rows(answers: Sequence[Plans]) -> list[Row]:
    return [
        {
            "Medication spend": amount(answer.spend_cents),
            **{cost.program: amount(cost.cost_cents) for cost in answer.costs},
            "Lowest fee": listed(answer.cheapest),
        }
        for answer in answers
    ]
