"""When lines come, from how late others came (rules.md, section 9, Measures)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core.adapters.files import read_folder
from core.adapters.store import open_store, save_folder
from core.adapters.store.order_views import OrderFilter
from core.domain.model import LineState
from core.domain.orders.daily_totals import DelayBasis
from core.domain.roles import LOCAL
from core.rules.delivery_estimate import (
    BORROWED_LINES,
    FEWEST_LINES,
    PERIODS,
    Calibration,
    DelayCount,
    DeliveryEstimate,
    calibration,
    delay_history,
    delivery_estimate,
    expected_delivery,
    period_starts,
)
from core.services.demo.history import seed_history
from core.services.orders.views import line_detail, search
from pages.orders.line_detail import expected_in_words
from tests.stores import Clock
from tests.test_demo_history import DEMO

TODAY = date(2026, 11, 26)
PROMISE, SHIPMENT = DelayBasis.PROMISE, DelayBasis.SHIPMENT


def delayed(days: dict[int, int], *, ago: int = 5, pharmacy: str = "cedar", cold: bool = True,
            basis: DelayBasis = PROMISE) -> list[DelayCount]:  # fmt: skip
    """So many lines with each delay, delivered so many days ago."""
    return [DelayCount(TODAY - timedelta(ago), pharmacy, cold, basis, delay, lines) for delay, lines in days.items()]


def expected(counts: list[DelayCount], promised: date, today: date = TODAY, pharmacy: str = "cedar") -> object:
    delays = delay_history(counts, TODAY).delays(pharmacy, True, PROMISE)
    given = delivery_estimate(delays, promised, today) if delays else None
    return given and tuple((day - promised).days for day in given[:3])


@pytest.mark.parametrize(
    ("case", "days", "range_"),
    [
        ("always as promised", {0: 30}, (0, 0, 0)),
        ("nine of ten as promised", {0: 27, 3: 3}, (0, 0, 0)),
        ("seven of ten as promised: the nearest late ones are in", {0: 21, 1: 4, 5: 5}, (0, 0, 1)),
        ("early and late", {-1: 10, 0: 10, 1: 10}, (-1, 0, 1)),
        ("one very late line widens nothing", {0: 29, 40: 1}, (0, 0, 0)),
        ("ties: the earlier range", {0: 8, 1: 32, 2: 8}, (0, 1, 1)),
        ("too few to say anything", {0: FEWEST_LINES - 1}, None),
    ],
)
def test_the_shortest_range_that_holds_four_fifths(case: str, days: dict[int, int], range_: object) -> None:
    assert expected(delayed(days), TODAY + timedelta(3)) == range_


def test_what_is_overdue_comes_when_the_late_ones_came() -> None:
    counts = delayed({0: 80, 2: 12, 4: 8})
    promised = TODAY - timedelta(1)
    assert expected(counts, promised) == (2, 2, 4)
    assert expected(counts, TODAY - timedelta(4)) == (4, 4, 4)
    assert expected(counts, TODAY - timedelta(5)) is None


def test_recent_deliveries_weigh_more_and_old_ones_nothing() -> None:
    older, newer = delayed({0: 30}, ago=150), delayed({2: 30}, ago=3)
    assert expected(older + newer, TODAY) == (2, 2, 2)
    assert expected(delayed({0: 30}, ago=PERIODS * 30), TODAY) is None
    assert expected(delayed({0: 30}, ago=-1), TODAY) is None


def test_a_pharmacy_with_few_deliveries_is_as_all_are() -> None:
    crowd = delayed({1: 200}, pharmacy="birch")
    assert expected(crowd, TODAY) == (1, 1, 1)
    assert expected([*crowd, *delayed({4: 2})], TODAY) == (1, 1, 4)
    assert expected([*crowd, *delayed({4: 20 * BORROWED_LINES})], TODAY) == (4, 4, 4)
    history = delay_history([*crowd, *delayed({4: 1})], TODAY)
    for pharmacy, lines in (("cedar", 1), ("birch", 200), ("alder", 0)):
        delays = history.delays(pharmacy, True, PROMISE)
        assert delays is not None
        assert delays.lines == lines


def test_cold_boxes_and_others_are_told_apart() -> None:
    history = delay_history(delayed({3: 30}) + delayed({0: 30}, cold=False), TODAY)
    for cold, late in ((True, 3), (False, 0)):
        days = TODAY, TODAY + timedelta(1)
        given = expected_delivery(history, "cedar", cold, *days, None, TODAY)
        come = days[1] + timedelta(late)
        assert given == DeliveryEstimate(come, come, come, 30)


def test_once_shipped_the_transit_counts_from_that_day() -> None:
    history = delay_history(delayed({0: 30}) + delayed({1: 30}, basis=SHIPMENT), TODAY)
    shipped = TODAY - timedelta(1)
    given = expected_delivery(history, "cedar", True, TODAY - timedelta(4), TODAY - timedelta(2), shipped, TODAY)
    assert given is not None
    assert given.likely == shipped + timedelta(2 + 1)
    assert expected_delivery(history, "cedar", True, TODAY, TODAY, TODAY - timedelta(9), TODAY) is None


def test_periods_end_with_the_day() -> None:
    assert list(period_starts(TODAY))[:2] == [TODAY - timedelta(29), TODAY - timedelta(59)]


def test_on_steady_history_the_range_holds_what_it_says() -> None:
    draws = random.Random(4)
    counts = [
        DelayCount(TODAY - timedelta(ago), pharmacy, True, PROMISE, draws.choice(delays), 1)
        for ago in range(200)
        for pharmacy, delays in (("cedar", [0, 0, 0, 1, 2]), ("birch", [-1, 0, 1, 2, 3, 4, 5, 6]))
        for _ in range(3)
    ]
    given = calibration(counts, TODAY - timedelta(90), TODAY)
    assert given.lines == 3 * 2 * 91
    assert 0.76 <= given.inside / given.lines <= 0.95


def test_a_pharmacy_that_changes_is_caught_by_its_calibration() -> None:
    counts = [DelayCount(TODAY - timedelta(ago), "cedar", True, PROMISE, 6 if ago < 14 else 0, 5) for ago in range(120)]
    given = calibration(counts, TODAY - timedelta(13), TODAY)
    assert given == Calibration(0, 5 * 14)


def test_an_estimate_in_words() -> None:
    given = DeliveryEstimate(date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 7), 143)
    assert expected_in_words(given) == (
        "Fri 4 Dec 2026 (80% of such lines: Thu 3 Dec to Mon 7 Dec; from 143 deliveries by this pharmacy)"
    )
    certain = DeliveryEstimate(date(2026, 12, 3), date(2026, 12, 3), date(2026, 12, 3), 0)
    assert expected_in_words(certain) == "Thu 3 Dec 2026 (80% of such lines: Thu 3 Dec; from all pharmacies)"
    assert expected_in_words(None) == "no estimate"


def test_a_line_under_way_has_an_estimate_and_a_delivered_one_none(sqlite_url: str) -> None:
    store = open_store(sqlite_url, clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    folder = read_folder(DEMO, TODAY)
    store.write("juniper", lambda work: save_folder(work, folder), new=True)
    seed_history(store, "juniper", TODAY)
    rows = search(store, LOCAL, "juniper", OrderFilter()).rows
    shipped = next(row for row in rows if row.state is LineState.SHIPPED)
    given = line_detail(store, LOCAL, "juniper", shipped.reference).expected
    assert given is None or TODAY <= given.earliest <= given.likely <= given.latest
    assert any(line_detail(store, LOCAL, "juniper", row.reference).expected for row in rows[:40])
    delivered = next(row for row in rows if row.state is LineState.DELIVERED)
    assert line_detail(store, LOCAL, "juniper", delivered.reference).expected is None
    store.close()
