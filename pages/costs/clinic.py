"""The clinic as a whole: the orders that were really placed, as they were paid and under every program."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import streamlit as st

from core.domain.model import Program, ProgramKind
from core.rules.pricing.past_orders import CostParts, RepricedTotal, Repricing
from core.rules.pricing.program_choice import ProgramChoice
from core.rules.pricing.program_words import answer_sentence
from core.rules.pricing.sensitivity import sensitivity
from core.services.clinic_costs import best_program
from pages.costs.clinic_charts import by_month, heat_map, waterfall
from pages.costs.filters import CostView
from pages.shared.chart_card import chart
from pages.shared.charts import Series
from pages.shared.formats import amount, count, full_day, listed, money, percent, percentage_points, signed_money
from pages.shared.layout import Metric, badge, empty_state, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row

_MOST_STEPS = 8
_MONEY = ("Paid", "Under program", "Saving", "Drug price", "Fees", "Shipping", "Monthly fees")


def clinic_tab(session: Session, view: CostView) -> None:
    """Key figures of one program beside what was paid; every program by month; what drives it; how sure it is."""
    answer = session.remembered(best_program)
    if not answer.lines or not answer.ranked:
        empty_state("No orders were placed in the last three months.", "Orders placed on Refill day are compared here.")
        return
    repricing = _chosen(answer, view)
    program = view.context.program(repricing.program, answer.last)
    metrics(clinic_figures(answer, repricing))
    st.caption(_left_out(answer, repricing, view))
    badge(_any_demo(view))
    if not repricing.total.lines or program is None:
        return
    _months(session, answer, repricing)
    _drivers(session, view, repricing)
    if program.kind is ProgramKind.AGGREGATE:
        _sensitivity(session, repricing, program)
    else:
        st.caption("Choose an aggregate program above to see how other prices and rates would change the result.")


def _chosen(answer: ProgramChoice, view: CostView) -> Repricing:
    programs = answer.repricings
    default = list(programs).index(view.aggregate.program) if view.aggregate else 0
    chosen = st.selectbox(
        "Program to compare with what was paid", list(programs), index=default, key="costs_against", bind="query-params"
    )
    return programs[chosen or next(iter(programs))]


def clinic_figures(answer: ProgramChoice, repricing: Repricing) -> list[Metric]:
    """One program's figures."""
    total = repricing.total
    saving, paid = total.saving.total_cents, total.paid.total_cents
    return [
        Metric(
            "Paid",
            money(paid),
            "Drug price, fees and shipping of the compared lines as they were placed, and the monthly fees of the "
            "programs they were placed under.",
            delta_description=f"{full_day(answer.first)} to {full_day(answer.last)}",
        ),
        Metric(
            f"Under {repricing.program}",
            money(total.repriced.total_cents),
            "The same lines at the same pharmacies and in the same boxes, at the prices in force on each order day.",
        ),
        Metric(
            "Would have saved" if saving >= 0 else "Would have cost more",
            money(abs(saving)),
            "What was paid less what the program would have cost, monthly fees included.",
            delta_description=f"{percent(abs(saving) / paid)} of what was paid" if paid else None,
        ),
        Metric(
            "Lines compared",
            f"{total.lines:,} of {answer.lines:,}",
            "Attempts of the period that were neither rejected nor canceled, and that have a price under the program.",
        ),
    ]


def _left_out(answer: ProgramChoice, repricing: Repricing, view: CostView) -> str:
    missing = [view.context.skus[sku].name if sku in view.context.skus else sku for sku in repricing.left_out]
    if not missing:
        return f"Every line has a price under {repricing.program}."
    lines = answer.lines - repricing.total.lines
    named = [*missing[:_MOST_STEPS], *([f"{len(missing) - _MOST_STEPS} more"] if len(missing) > _MOST_STEPS else [])]
    have = "has" if lines == 1 else "have"
    return (
        f"{count(lines, 'line')} {have} no price under {repricing.program} and "
        f"{'is' if lines == 1 else 'are'} left out of both sides: {listed(named)}."
    )


def _any_demo(view: CostView) -> bool:
    sources = {row.source for row in view.context.offers} | {row.source for row in view.context.aggregate_prices}
    return any(map(is_demo, sources))


def _months(session: Session, answer: ProgramChoice, repricing: Repricing) -> None:
    """Saving or loss of every program, month by month."""
    months = sorted({month for each in answer.repricings.values() for month in each.months})
    names = [f"{month:%b %Y}" for month in months]
    lines = [
        Series(each.program, names, [_saved(each.months[month]) if month in each.months else None for month in months])
        for each in answer.repricings.values()
    ]
    chart(
        by_month(lines),
        f"{_sentence(repricing)}. {answer_sentence(answer)}",
        [
            *(_row(each, "All", each.total) for each in answer.repricings.values()),
            *(
                _row(each, f"{month:%b %Y}", of)
                for each in answer.repricings.values()
                for month, of in each.months.items()
            ),
        ],
        name="clinic_months",
        session=session,
        columns={**dict.fromkeys(_MONEY, MONEY), "Percent": PERCENT},
    )


def _saved(of: RepricedTotal) -> Decimal:
    return amount(of.saving.total_cents)


def _sentence(repricing: Repricing) -> str:
    saving = repricing.total.saving
    parts = [
        f"{signed_money(cents)} {cause}"
        for cents, cause in (
            (saving.drug_cents, "by drug prices"),
            (saving.fees_cents, "by fees"),
            (saving.shipping_cents, "by shipping"),
            (saving.monthly_fee_cents, "by monthly fees"),
        )
        if cents
    ]
    verb = "saved" if saving.total_cents >= 0 else "lost"
    split = f" ({listed(parts)})" if parts else ""
    return f"{repricing.program} would have {verb} {money(abs(saving.total_cents))}{split}"


def _row(repricing: Repricing, month: str, of: RepricedTotal) -> Row:
    saving = of.saving
    return {
        "Program": repricing.program,
        "Month": month,
        "Lines": of.lines,
        "Left out": sum(repricing.left_out.values()) if month == "All" else None,
        "Paid": amount(of.paid.total_cents),
        "Under program": amount(of.repriced.total_cents),
        "Saving": amount(saving.total_cents),
        "Drug price": amount(saving.drug_cents),
        "Fees": amount(saving.fees_cents),
        "Shipping": amount(saving.shipping_cents),
        "Monthly fees": amount(saving.monthly_fee_cents),
        "Percent": percentage_points(_share(saving, of.paid)),
    }


def _drivers(session: Session, view: CostView, repricing: Repricing) -> None:
    """The SKUs that the saving or loss comes from."""
    skus = sorted(repricing.skus.items(), key=lambda item: (-abs(item[1].saving.total_cents), item[0]))
    steps = [(_name(sku, view), of.saving.total_cents) for sku, of in skus[:_MOST_STEPS]]
    rest = skus[_MOST_STEPS:]
    if rest:
        steps.append((f"{count(len(rest), 'other SKU')}", sum(of.saving.total_cents for _, of in rest)))
    steps.append(("Monthly fees", repricing.total.saving.monthly_fee_cents))
    chart(
        waterfall([(label, amount(cents)) for label, cents in steps], f"{repricing.program} in all"),
        f"{_largest(repricing, view)} under {repricing.program}",
        [_sku_row(_name(sku, view), of) for sku, of in skus],
        name="clinic_drivers",
        session=session,
        columns=dict.fromkeys(_MONEY, MONEY),
    )


def _largest(repricing: Repricing, view: CostView) -> str:
    """What matters most, a SKU or the monthly fees: ``BPC-157 matters most: over 21 lines it loses $10.10``."""
    fees = repricing.total.saving.monthly_fee_cents
    sku, of = min(repricing.skus.items(), key=lambda item: (-abs(item[1].saving.total_cents), item[0]))
    saving = of.saving.total_cents
    if abs(fees) > abs(saving):
        return f"Monthly fees matter most: they {'save' if fees > 0 else 'cost'} {money(abs(fees))}"
    verb = "saves" if saving >= 0 else "loses"
    return f"{_name(sku, view)} matters most: over {count(of.lines, 'line')} it {verb} {money(abs(saving))}"


def _name(sku: str, view: CostView) -> str:
    return view.context.skus[sku].name if sku in view.context.skus else sku


def _sku_row(name: str, of: RepricedTotal) -> Row:
    return {
        "SKU": name,
        "Lines": of.lines,
        "Paid": amount(of.paid.total_cents),
        "Under program": amount(of.repriced.total_cents),
        "Saving": amount(of.saving.total_cents),
        "Drug price": amount(of.saving.drug_cents),
        "Fees": amount(of.saving.fees_cents),
        "Shipping": amount(of.saving.shipping_cents),
    }


def _sensitivity(session: Session, repricing: Repricing, program: Program) -> None:
    """What other prices and another rate would make of it."""
    grid = sensitivity(repricing, program)
    even = dict(zip(grid.rates, grid.break_even, strict=True))
    chart(
        heat_map(
            grid.changes,
            grid.rates,
            [[amount(cents) for cents in row] for row in grid.saving_cents],
            grid.rate,
            [(change, rate) for rate, change in even.items() if change is not None],
        ),
        _how_sure(repricing, even[grid.rate]),
        [
            {
                "Software rate": percentage_points(rate),
                **{_prices(change): amount(cents) for change, cents in zip(grid.changes, row, strict=True)},
            }
            for rate, row in zip(grid.rates, grid.saving_cents, strict=True)
        ],
        name="clinic_sensitivity",
        session=session,
        columns={"Software rate": PERCENT, **{_prices(change): MONEY for change in grid.changes}},
    )


def _prices(change: Decimal) -> str:
    return f"Prices {change:+.0%}" if change else "Prices as they are"


def _how_sure(repricing: Repricing, even: Fraction | None) -> str:
    if even is None:
        return f"{repricing.program} does not break even at any price"
    change = percent(abs(float(even)))
    if even >= 0:
        return f"{repricing.program} saves money until its prices rise by {change}, at today's rate"
    return f"{repricing.program} saves money only if its prices fall by {change}, at today's rate"


def _share(saving: CostParts, paid: CostParts) -> Decimal | None:
    return Decimal(saving.total_cents) / paid.total_cents if paid.total_cents else None
