"""The scorecard, what waits and the cost of a patient: equal to a recount of the raw tables, and without patients."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any

import pytest
from sqlalchemy import select

from core.adapters.files import read_folder
from core.adapters.store import METADATA, Store, open_store, save_folder
from core.adapters.store.order_prices import MonthCost, SkuCost
from core.domain.errors import NotAllowed
from core.domain.model import LineState, Role
from core.domain.periods import Period, whole_weeks
from core.domain.roles import LOCAL, Person
from core.services.demo.history import seed_history
from core.services.measures import measures
from core.services.orders.views import queues
from core.services.scorecard import attention, patient_costs, price_change, scorecard
from pages.fulfillment.overview import costs_sentence
from tests.stores import Clock
from tests.test_demo_history import DEMO, TODAY

LEA = Person("lea@clinic.test", "Lea", Role.LEADERSHIP)
STAFF = Person("kim@clinic.test", "Kim", Role.STAFF)
CLINIC = "juniper"
CENTS = ("medication", "program_fee", "encounter", "shipping", "processing", "processing_fixed")


@pytest.fixture(scope="module")
def demo_orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demo clinic with nine months of orders; only read here."""
    file: Path = tmp_path_factory.mktemp("scores") / "refill.db"
    store = open_store(f"sqlite:///{file}", clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    folder = read_folder(DEMO, TODAY)
    store.write(CLINIC, lambda work: save_folder(work, folder), new=True)
    seed_history(store, CLINIC, TODAY)
    yield store
    store.close()


def filled(store: Store, first: date, last: date) -> list[dict[str, Any]]:
    """Every attempt of lines placed then that was neither rejected nor canceled, with its line, row by row."""
    with store.read(CLINIC) as work:
        lines, attempts = (
            [dict(row) for row in work.connection.execute(select(METADATA.tables[name])).mappings()]
            for name in ("order_line", "attempt")
        )
    placed = {line["reference"]: line for line in lines if first <= line["placed_on"] <= last}
    return [
        {**placed[row["line"]], **row}
        for row in attempts
        if row["line"] in placed and row["state"] not in {LineState.REJECTED, LineState.CANCELLED}
    ]


def cents(row: dict[str, Any]) -> int:
    return sum(row[f"{part}_cents"] for part in CENTS)


@pytest.mark.parametrize("before", [False, True])
def test_the_scorecard_equals_a_recount(before: bool, demo_orders: Store) -> None:
    period = whole_weeks(TODAY, 13)
    period = period.before if before else period
    rows = filled(demo_orders, period.first, period.last)
    scores = scorecard(demo_orders, LEA, CLINIC, period)
    assert {score.pharmacy for score in scores} >= {row["pharmacy"] for row in rows}
    for score in scores:
        own = [row for row in rows if row["pharmacy"] == score.pharmacy]
        assert own
        assert score.cents_a_line == round(Decimal(sum(map(cents, own))) / len(own))
        assert score.promised_days == median_low((row["delivers_on"] - row["placed_on"]).days for row in own)
    measured = measures(demo_orders, LEA, CLINIC, period.first, period.last)
    assert {score.pharmacy: score.figures for score in scores if score.figures.placed} == {
        code: row for code, row in measured.by_pharmacy.items() if row.placed
    }
    assert sum(score.stalled for score in scores) == sum(measured.stalled.values())


def test_a_patient_s_month_equals_a_recount(demo_orders: Store) -> None:
    months = patient_costs(demo_orders, LEA, CLINIC)
    assert len(months) >= 6
    for month in months:
        following = (month.month + timedelta(32)).replace(day=1)
        rows = filled(demo_orders, month.month, following - timedelta(1))
        patients = {row["patient"] for row in rows}
        assert month == MonthCost(month.month, len(patients), len(rows), sum(map(cents, rows)))
    assert months[-1].month < TODAY.replace(day=1)


def test_what_waits_is_what_orders_lists(demo_orders: Store) -> None:
    assert attention(demo_orders, LEA, CLINIC).queues == queues(demo_orders, LOCAL, CLINIC)


def sku(code: str, packs: int, medication_cents: int) -> SkuCost:
    return SkuCost("cedar", code, 1, packs, medication_cents, medication_cents)


@pytest.mark.parametrize(
    ("case", "now", "before", "change"),
    [
        ("a tenth dearer", [sku("A", 2, 220_00)], [sku("A", 5, 500_00)], Decimal("0.1")),
        ("what is bought more counts more", [sku("A", 1, 110_00), sku("B", 3, 300_00)],
         [sku("A", 1, 100_00), sku("B", 1, 100_00)], Decimal("0.025")),
        ("a new SKU changes nothing", [sku("A", 1, 100_00), sku("B", 1, 900_00)], [sku("A", 1, 100_00)], Decimal(0)),
        ("nothing in both", [sku("A", 1, 100_00)], [sku("B", 1, 100_00)], None),
    ],
)  # fmt: skip
def test_price_change(case: str, now: list[SkuCost], before: list[SkuCost], change: Decimal | None) -> None:
    assert price_change(now, before) == change


def test_one_month_has_no_past() -> None:
    march, november = MonthCost(date(2026, 3, 1), 1, 2, 125_00), MonthCost(date(2026, 11, 1), 3, 9, 549_00)
    assert costs_sentence([november]) == "A patient cost $183.00 in Nov 2026, of 3 patients"
    assert costs_sentence([march, november]).endswith("; $125.00 in Mar 2026, of 1 patient")


def test_staff_see_none_of_it(demo_orders: Store) -> None:
    for call in (
        lambda: scorecard(demo_orders, STAFF, CLINIC, Period(TODAY, TODAY)),
        lambda: attention(demo_orders, STAFF, CLINIC),
        lambda: patient_costs(demo_orders, STAFF, CLINIC),
    ):
        with pytest.raises(NotAllowed):
            call()
