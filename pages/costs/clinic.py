"""The clinic as a whole: the orders that were really placed, as they were paid and under every program."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import streamlit as st

from core.domain.model import Program, ProgramKind
from core.rules.pricing import Compared, Cost, Repricing, sensitivity
from core.services.clinic_costs import PERIOD_DAYS, Repriced, repriced
from pages.costs.clinic_charts import by_month, heat_map, waterfall
from pages.costs.filters import Asked
from pages.shared.charts import Series
from pages.shared.formats import amount, count, full_day, listed, money, percent, percentage_points, signed_money
from pages.shared.layout import Metric, badge, chart, empty_state, is_demo, metrics
from pages.shared.session import Session
from pages.shared.tables import MONEY, PERCENT, Row

_MOST_STEPS = 8
_MONEY = ("Paid", "Under it", "Saving", "Drug price", "Fees", "Shipping", "Monthly fees")


def clinic_tab(session: Session, asked: Asked) -> None:
    """Key figures of one program beside what was paid; every program by month; what drives it; how sure it is."""
    answer = _repriced(session.clinic, session.data_version(), asked.today, session)
    if not answer.lines or not answer.programs:
        empty_state(
            f"No orders were placed in the last {PERIOD_DAYS} days.", "What is placed on Refill day is compared here."
        )
        return
    found = _chosen(answer, asked)
    program = asked.context.program(found.program, answer.last)
    metrics(key_figures(answer, found))
    st.caption(_left_out(answer, found, asked))
    badge(_any_demo(asked))
    if not found.total.lines or program is None:
        return
    _months(session, answer, found)
    _drivers(session, asked, found)
    if program.kind is ProgramKind.AGGREGATE:
        _sensitivity(session, found, program)
    else:
        st.caption("Choose an aggregate program above to see what its unpublished prices and rates would change.")


@st.cache_resource(max_entries=8, show_spinner="Pricing the last orders again")
def _repriced(clinic: str, version: int, today: date, _session: Session) -> Repriced:
    return repriced(_session.store, _session.person, clinic)


def _chosen(answer: Repriced, asked: Asked) -> Repricing:
    programs = {found.program: found for found in answer.programs}
    default = list(programs).index(asked.pooled.program) if asked.pooled else 0
    chosen = st.selectbox(
        "Program beside what was paid", list(programs), index=default, key="costs_against", bind="query-params"
    )
    return programs[chosen or next(iter(programs))]


def key_figures(answer: Repriced, found: Repricing) -> list[Metric]:
    """One program's figures."""
    total = found.total
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
            f"Under {found.program}",
            money(total.repriced.total_cents),
            "The same lines at the same pharmacies and in the same boxes, at prices in force on each placing day.",
        ),
        Metric(
            "It would have saved" if saving >= 0 else "It would have lost",
            money(abs(saving)),
            "What was paid less what the program would have cost, monthly fees included.",
            delta_description=f"{percent(abs(saving) / paid)} of what was paid" if paid else None,
        ),
        Metric(
            "Lines compared",
            f"{total.lines:,} of {answer.lines:,}",
            "Attempts of the period that were neither rejected nor cancelled, and that have a price under the program.",
        ),
    ]


def _left_out(answer: Repriced, found: Repricing, asked: Asked) -> str:
    missing = [asked.context.skus[sku].name if sku in asked.context.skus else sku for sku in found.left_out]
    if not missing:
        return f"Every line has a price under {found.program}."
    lines = answer.lines - found.total.lines
    named = [*missing[:_MOST_STEPS], *([f"{len(missing) - _MOST_STEPS} more"] if len(missing) > _MOST_STEPS else [])]
    have = "has" if lines == 1 else "have"
    return (
        f"{count(lines, 'line')} {have} no price under {found.program} and "
        f"{'is' if lines == 1 else 'are'} left out of both sides: {listed(named)}."
    )


def _any_demo(asked: Asked) -> bool:
    sources = {row.source for row in asked.context.offers} | {row.source for row in asked.context.aggregate_prices}
    return any(map(is_demo, sources))


def _months(session: Session, answer: Repriced, found: Repricing) -> None:
    """Saving or loss of every program, month by month."""
    months = sorted({month for each in answer.programs for month in each.months})
    names = [f"{month:%b %Y}" for month in months]
    lines = [
        Series(each.program, names, [_saved(each.months[month]) if month in each.months else None for month in months])
        for each in answer.programs
    ]
    best = max(answer.programs, key=lambda each: each.total.saving.total_cents)
    chart(
        by_month(lines),
        f"{_says(found)}; the best of all programs is {best.program}, {signed_money(best.total.saving.total_cents)}",
        [
            *(_row(each, "All", each.total) for each in answer.programs),
            *(_row(each, f"{month:%b %Y}", of) for each in answer.programs for month, of in each.months.items()),
        ],
        name="clinic_months",
        session=session,
        columns={**dict.fromkeys(_MONEY, MONEY), "Percent": PERCENT},
    )


def _saved(of: Compared) -> Decimal:
    return amount(of.saving.total_cents)


def _says(found: Repricing) -> str:
    saving = found.total.saving
    parts = [
        f"{signed_money(cents)} {what}"
        for cents, what in (
            (saving.drug_cents, "by drug prices"),
            (saving.fees_cents, "by fees"),
            (saving.shipping_cents, "by shipping"),
            (saving.monthly_fee_cents, "by monthly fees"),
        )
        if cents
    ]
    verb = "saved" if saving.total_cents >= 0 else "lost"
    split = f" ({listed(parts)})" if parts else ""
    return f"{found.program} would have {verb} {money(abs(saving.total_cents))}{split}"


def _row(found: Repricing, month: str, of: Compared) -> Row:
    saving = of.saving
    return {
        "Program": found.program,
        "Month": month,
        "Lines": of.lines,
        "Left out": sum(found.left_out.values()) if month == "All" else None,
        "Paid": amount(of.paid.total_cents),
        "Under it": amount(of.repriced.total_cents),
        "Saving": amount(saving.total_cents),
        "Drug price": amount(saving.drug_cents),
        "Fees": amount(saving.fees_cents),
        "Shipping": amount(saving.shipping_cents),
        "Monthly fees": amount(saving.monthly_fee_cents),
        "Percent": percentage_points(_share(saving, of.paid)),
    }


def _drivers(session: Session, asked: Asked, found: Repricing) -> None:
    """The SKUs that the saving or loss comes from."""
    skus = sorted(found.skus.items(), key=lambda item: (-abs(item[1].saving.total_cents), item[0]))
    steps = [(_name(sku, asked), of.saving.total_cents) for sku, of in skus[:_MOST_STEPS]]
    rest = skus[_MOST_STEPS:]
    if rest:
        steps.append((f"{count(len(rest), 'other SKU')}", sum(of.saving.total_cents for _, of in rest)))
    steps.append(("Monthly fees", found.total.saving.monthly_fee_cents))
    sku, first = skus[0]
    verb = "saves" if first.saving.total_cents >= 0 else "loses"
    chart(
        waterfall([(label, amount(cents)) for label, cents in steps], f"{found.program} in all"),
        f"{_name(sku, asked)} weighs most: over {count(first.lines, 'line')} it {verb} "
        f"{money(abs(first.saving.total_cents))} under {found.program}",
        [_sku_row(_name(sku, asked), of) for sku, of in skus],
        name="clinic_drivers",
        session=session,
        columns=dict.fromkeys(_MONEY, MONEY),
    )


def _name(sku: str, asked: Asked) -> str:
    return asked.context.skus[sku].name if sku in asked.context.skus else sku


def _sku_row(name: str, of: Compared) -> Row:
    return {
        "SKU": name,
        "Lines": of.lines,
        "Paid": amount(of.paid.total_cents),
        "Under it": amount(of.repriced.total_cents),
        "Saving": amount(of.saving.total_cents),
        "Drug price": amount(of.saving.drug_cents),
        "Fees": amount(of.saving.fees_cents),
        "Shipping": amount(of.saving.shipping_cents),
    }


def _sensitivity(session: Session, found: Repricing, program: Program) -> None:
    """What other prices and another rate would make of it."""
    grid = sensitivity(found, program)
    even = dict(zip(grid.rates, grid.break_even, strict=True))
    chart(
        heat_map(
            grid.changes,
            grid.rates,
            [[amount(cents) for cents in row] for row in grid.saving_cents],
            grid.rate,
            [(change, rate) for rate, change in even.items() if change is not None],
        ),
        _how_sure(found, even[grid.rate]),
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


def _how_sure(found: Repricing, even: Fraction | None) -> str:
    if even is None:
        return f"At no price would {found.program} cost what was paid"
    change = percent(abs(float(even)))
    if even >= 0:
        return f"{found.program} saves something until its prices are {change} higher, at its rate of today"
    return f"{found.program} saves nothing until its prices are {change} lower, at its rate of today"


def _share(saving: Cost, paid: Cost) -> Decimal | None:
    return Decimal(saving.total_cents) / paid.total_cents if paid.total_cents else None
