"""What comes due in the next weeks, from the prescriptions in force (rules.md, section 9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.model import Prescription
from core.rules.days_supply import supply_days
from core.rules.due_list import DueLine, due_list

FORECAST_WEEKS: Final = 4
LAPSED_DAYS: Final = 28
"""Who has had nothing for longer than this is taken to have stopped: the due list still shows them."""


class ForecastWeek(NamedTuple):
    """The lines that come due in the seven days from ``first`` on, and what they are expected to cost, in cents."""

    first: date
    lines: int
    cents: int


def lines_due(context: Context, day: date, weeks: int = FORECAST_WEEKS) -> Iterator[DueLine]:
    """Every line due from ``day`` on for so many weeks; a supply that runs out again within them is due again."""
    days = weeks * 7 - 1
    for line in due_list(context, day, days):
        if (day - line.due_on).days > LAPSED_DAYS:
            continue
        due = max(line.due_on, day)
        row, sku = context.prescriptions[line.rx], context.skus[line.sku]
        lasts = supply_days(row, sku, line.quantity, context, day) or days + 1
        while due <= day + timedelta(days):
            yield line._replace(due_on=due)
            due += timedelta(max(lasts, 1))


def forecast(
    lines: Iterable[DueLine],
    pack_cents: Mapping[str, Decimal],
    line_cents: Decimal,
    day: date,
    weeks: int = FORECAST_WEEKS,
) -> tuple[ForecastWeek, ...]:
    """Lines by week at what a pack of their SKU cost lately, ``line_cents`` where none was bought."""
    lines_in = Counter[int]()
    costs: dict[int, Decimal] = {}
    for line in lines:
        week, price = (line.due_on - day).days // 7, pack_cents.get(line.sku)
        lines_in[week] += 1
        costs[week] = costs.get(week, Decimal(0)) + (line_cents if price is None else price * line.quantity)
    return tuple(
        ForecastWeek(day + timedelta(weeks=week), lines_in[week], round(costs.get(week, Decimal(0))))
        for week in range(weeks)
    )


def known_on(context: Context, day: date) -> Context:
    """The clinic as it was known on a day: without the lines, prescriptions, fills and ends that came later."""
    return replace(
        context,
        our_lines=tuple(line for line in context.our_lines if line.placed_on <= day),
        prescriptions={rx: _known(row, day) for rx, row in context.prescriptions.items() if row.written_on <= day},
    )


def _known(row: Prescription, day: date) -> Prescription:
    later = [name for name in ("stopped_on", "last_filled_on") if (at := getattr(row, name)) is not None and at > day]
    return row.model_copy(update=dict.fromkeys(later)) if later else row
