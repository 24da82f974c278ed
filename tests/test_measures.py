"""Measures from rollups, equal to a recount of every attempt, event and ledger entry (rules.md, section 9)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.adapters.files import read_folder
from core.adapters.store import METADATA, Store, save_folder
from core.adapters.store.daily_totals import HourCount
from core.domain.errors import NotAllowed
from core.domain.model import LineState, ProgramKind, Role
from core.domain.orders.daily_totals import FulfillmentStage
from core.domain.periods import whole_weeks
from core.domain.roles import LOCAL, Person
from core.rules.ship_dates import promise
from core.services.checkout import place
from core.services.contexts import load_context
from core.services.demo.history import seed_history
from core.services.measures import (
    Figures,
    Share,
    StageTime,
    lowest,
    measures,
    percentile,
    stage_times,
    turnarounds,
)
from core.services.orders.events import apply_events
from core.services.orders.recovery import refund, resubmit
from tests.builders import DAYS, FRIDAY, a_clinic, a_pharmacy, a_program
from tests.order_books import CHECKOUT, said
from tests.stores import CLINIC, Clock, a_folder, load, statements
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients
from tests.test_demo_history import DEMO, TODAY
from tests.test_tracking import send

LEA = Person("lea@clinic.test", "Lea", Role.LEADERSHIP)
S = LineState


@pytest.mark.parametrize(
    ("case", "hours", "median", "p90"),
    [
        ("one", {7: 1}, 7, 7),
        ("two: the lower is the median", {1: 1, 9: 1}, 1, 9),
        ("ten", {1: 5, 2: 4, 30: 1}, 1, 2),
        ("nine tenths exactly", {1: 9, 50: 1}, 1, 1),
        ("unsorted", {40: 1, 3: 3}, 3, 40),
    ],
)
def test_percentiles(case: str, hours: dict[int, int], median: int, p90: int) -> None:
    assert (percentile(hours, 50), percentile(hours, 90)) == (median, p90)


@pytest.mark.parametrize(
    ("case", "shares", "least"),
    [
        ("one is lower", {"a": Share(18, 20), "b": Share(19, 20)}, ["a"]),
        ("too few lines to say so", {"a": Share(0, 2), "b": Share(18, 20), "c": Share(19, 20)}, ["b"]),
        ("ties are ties", {"a": Share(18, 20), "b": Share(36, 40), "c": Share(20, 20)}, ["a", "b"]),
        ("all alike", {"a": Share(20, 20), "b": Share(40, 40)}, []),
        ("one alone is neither best nor worst", {"a": Share(10, 20)}, []),
        ("none", {}, []),
    ],
)
def test_the_lowest_of_rates(case: str, shares: dict[str, Share], least: list[str]) -> None:
    assert lowest(shares) == least


def test_stage_times_are_of_all_and_of_each() -> None:
    counts = [HourCount("cedar", "submitted to accepted", 2, 3), HourCount("birch", "submitted to accepted", 8, 1)]
    assert stage_times(counts) == (
        StageTime(FulfillmentStage.ANSWER, None, 4, 2, 8),
        StageTime(FulfillmentStage.ANSWER, "birch", 1, 8, 8),
        StageTime(FulfillmentStage.ANSWER, "cedar", 3, 2, 2),
    )


def a_busy_week(store: Store) -> None:
    """Line 1 delivered in time, line 2 late and partly refunded, line 3 refused, sent again, accepted."""
    other = a_program(program="POOL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.05"))
    programs = (a_program(), other)
    clinic = (a_clinic(program=("FREE", "POOL")),)
    folder = a_folder(**patients(3), programs=programs, clinic=clinic[0], aggregate_prices=(a_pooled_price(),))
    load(store, folder)
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    send(store)
    told = [
        said(1, "accepted", hours=3),
        said(1, "shipped", hours=75),
        said(1, "delivered", hours=99),
        said(2, "delivered", hours=150),
        said(3, "rejected", hours=5, reason="Item out of stock"),
    ]
    store.write(CLINIC, lambda work: apply_events(work, told, "partner"))
    refund(store, STAFF, CLINIC, f"{CHECKOUT}/02", 20_00, "late")
    resubmit(store, STAFF, CLINIC, f"{CHECKOUT}/03")
    send(store)
    store.write(CLINIC, lambda work: apply_events(work, [said(3, "accepted", attempt=2, hours=30)], "partner"))


def test_what_was_observed_of_a_pharmacy_is_read_in_one_statement_and_promises_nothing(store: Store) -> None:
    a_busy_week(store)
    last = FRIDAY + timedelta(days=14)
    with statements(store) as ran:
        found = turnarounds(store, STAFF, CLINIC, FRIDAY, last)
    assert found == {"cedar": StageTime(FulfillmentStage.TOTAL, "cedar", 2, 99, 150)}
    assert sum("stage_hours" in one for one in ran) == 1
    with store.read(CLINIC) as work:
        context = load_context(work)
    assert promise(context.pharmacies["cedar"], True, context, DAYS) == promise(a_pharmacy(), True, context, DAYS)
    assert turnarounds(store, STAFF, CLINIC, last, last) == {}


def a_pooled_price() -> object:
    from core.domain.model import AggregatePrice

    return AggregatePrice(program="POOL", sku="SEMA", unit_price_cents=120_00, valid_from=date(2026, 1, 1))


def test_a_busy_week(store: Store, clock: Clock) -> None:
    a_busy_week(store)
    assert measures(store, LEA, CLINIC, FRIDAY, FRIDAY + timedelta(10)).total.on_time == Share(0, 0)
    clock.forward(days=11)
    found = measures(store, LEA, CLINIC, FRIDAY, FRIDAY + timedelta(10))
    assert found.total == Figures(
        placed=3,
        shipped=2,
        delivered=2,
        returned=0,
        cancelled=0,
        rejected=1,
        first_pass=Share(2, 3),
        on_time=Share(1, 3),
        medication_cents=300_00,
        program_fee_cents=45_00,
        encounter_cents=0,
        shipping_cents=60_00,
        processing_cents=0,
        adjustment_cents=-20_00,
    )
    assert found.total.spend_cents == 385_00
    assert found.total.fee_share == Share(45_00, 385_00)
    assert found.rejections_by_code == {"OUT_OF_STOCK": 1}
    assert [(time.stage, time.median_hours, time.lines) for time in found.stages if time.pharmacy is None] == [
        (FulfillmentStage.SENDING, 0, 4),
        (FulfillmentStage.ANSWER, 3, 2),
        (FulfillmentStage.COMPOUNDING, 72, 1),
        (FulfillmentStage.TRANSIT, 24, 1),
        (FulfillmentStage.TOTAL, 99, 2),
    ]
    assert list(found.by_day) == [FRIDAY + timedelta(days) for days in (0, 1, 3, 4, 6)]


def test_a_period_ends_with_its_last_day(store: Store) -> None:
    a_busy_week(store)
    assert measures(store, LEA, CLINIC, FRIDAY, FRIDAY).total.delivered == 0
    assert measures(store, LEA, CLINIC, FRIDAY + timedelta(6), FRIDAY + timedelta(6)).total.delivered == 1
    assert measures(store, LEA, CLINIC, date(2026, 1, 1), date(2026, 1, 31)).total.spend_cents == 0


def test_staff_have_no_measures(store: Store) -> None:
    load(store)
    with pytest.raises(NotAllowed):
        measures(store, STAFF, CLINIC, FRIDAY, FRIDAY)


def test_rollups_equal_a_recount(sqlite_url: str) -> None:
    from core.adapters.store import open_store

    store = open_store(sqlite_url, clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    load(store)
    folder = read_folder(DEMO, TODAY)
    store.write("juniper", lambda work: save_folder(work, folder), new=True)
    seed_history(store, "juniper", TODAY)
    period = whole_weeks(TODAY, 13)
    for first, last, _ in (period, period.before):
        found = measures(store, LOCAL, "juniper", first, last)
        assert found.total.placed > 100
        assert found.total == recounted(store, first, last)
        assert found.rejections_by_code == dict(recounted_codes(store, first, last))
        for share in ("first_pass", "on_time"):
            weeks = [getattr(week, share) for week in found.whole_weeks.values()]
            assert sum(week.total for week in weeks) == getattr(found.total, share).total
    store.close()


def recounted(store: Store, first: date, last: date) -> Figures:
    """The same figures from every attempt and ledger entry."""
    zone = ZoneInfo("America/Chicago")
    count: Counter[str] = Counter()
    for one in rows(store, "attempt"):
        days = {
            name: one[f"{name}_at"].astimezone(zone).date() if one[f"{name}_at"] else None
            for name in ("placed", "captured", "ended", "shipped", "delivered")
        }
        within = {name for name, day in days.items() if day and first <= day <= last}
        new, refused = one["number"] == 1, one["state"] is S.REJECTED
        count["placed"] += new and "placed" in within
        count["shipped"] += "shipped" in within
        count["delivered"] += "delivered" in within
        if first <= one["delivers_on"] <= last and one["state"] not in {S.REJECTED, S.CANCELLED}:
            count["promised"] += 1
            count["on_time"] += days["delivered"] is not None and days["delivered"] <= one["delivers_on"]
        count["rejected"] += refused and "ended" in within
        count["returned"] += one["state"] is S.RETURNED and "ended" in within
        count["accepted_first"] += new and "captured" in within
        count["answered_first"] += new and (
            "captured" in within or (refused and not one["captured_at"] and "ended" in within)
        )
    for entry in rows(store, "ledger_entry"):
        if entry["account"] == "payable" and first <= entry["day"] <= last:
            for name in ("medication", "program_fee", "encounter", "shipping", "processing", "adjustment"):
                count[f"{name}_cents"] += entry[f"{name}_cents"]
            count["processing_cents"] += entry["processing_fixed_cents"]
    names = (name for name in Figures._fields if name not in {"first_pass", "on_time"})
    return Figures(
        first_pass=Share(count["accepted_first"], count["answered_first"]),
        on_time=Share(count["on_time"], count["promised"]),
        **{name: count[name] for name in names},
    )


def recounted_codes(store: Store, first: date, last: date) -> Counter[str]:
    zone = ZoneInfo("America/Chicago")
    refused = (one for one in rows(store, "attempt") if one["state"] is S.REJECTED)
    return Counter(one["reason_code"] for one in refused if first <= one["ended_at"].astimezone(zone).date() <= last)


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.read("juniper") as work:
        return [dict(row) for row in work.connection.execute(select(METADATA.tables[table])).mappings()]
