"""Dates of December 2026: the 4th, 11th, 18th and 25th are Fridays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.model import Days, Pharmacy, Promise
from core.rules.ship_dates import promise
from tests.builders import DAYS, FRIDAY, a_context, a_pharmacy

EVERY_WEEKDAY = frozenset(range(5))
SATURDAY = frozenset({5})


def december(*days: int) -> tuple[date, ...]:
    return tuple(date(2026, 12, day) for day in days)


def november(*days: int) -> tuple[date, ...]:
    return tuple(date(2026, 11, day) for day in days)


def utc(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def placed(instant: datetime) -> Days:
    return Days(FRIDAY, FRIDAY, instant)


def on(day: date) -> Days:
    return Days(day, day)


def calendar(*, closed: tuple[date, ...] = (), rests: tuple[date, ...] = (), runs: tuple[date, ...] = ()) -> Any:
    """A clinic whose one pharmacy is ``closed``, and whose carrier ``rests`` or ``runs``, on some days."""
    return a_context(
        closures=frozenset(("cedar", day) for day in closed),
        carrier_days={("FedEx", day): False for day in rests} | {("FedEx", day): True for day in runs},
    )


@pytest.mark.parametrize(
    ("case", "zone", "instant", "received"),
    [
        ("a second before the cut-off", "America/Chicago", utc(12, 4, 18, 59, 59), date(2026, 12, 4)),
        ("at the cut-off it is too late", "America/Chicago", utc(12, 4, 19), date(2026, 12, 7)),
        ("the same instant further west", "America/Los_Angeles", utc(12, 4, 19), date(2026, 12, 4)),
        ("the same instant further east", "America/New_York", utc(12, 4, 18, 59, 59), date(2026, 12, 7)),
        ("already tomorrow at the pharmacy", "America/New_York", utc(12, 4, 5, 30), date(2026, 12, 4)),
        ("still yesterday evening there", "America/Los_Angeles", utc(12, 4, 5, 30), date(2026, 12, 4)),
        ("still yesterday, before its cut-off", "Pacific/Honolulu", utc(12, 4, 8, 0), date(2026, 12, 4)),
        ("yesterday noon there", "Pacific/Honolulu", utc(12, 3, 22), date(2026, 12, 3)),
        ("summer time, in time", "America/Chicago", utc(6, 5, 17, 59), date(2026, 6, 5)),
        ("summer time, too late", "America/Chicago", utc(6, 5, 18), date(2026, 6, 8)),
        ("Saturday morning", "America/Chicago", utc(12, 5, 15), date(2026, 12, 7)),
        ("Sunday evening", "America/Chicago", utc(12, 7, 2), date(2026, 12, 7)),
    ],
)
def test_received_by_the_pharmacys_own_clock(case: str, zone: str, instant: datetime, received: date) -> None:
    dates = promise(a_pharmacy(time_zone=zone, cutoff=time(13)), False, a_context(), placed(instant))
    assert dates is not None
    assert dates.received == received


@pytest.mark.parametrize(
    ("case", "day", "closed", "received"),
    [
        ("no instant is before every cut-off", date(2026, 12, 4), (), date(2026, 12, 4)),
        ("a Sunday", date(2026, 12, 6), (), date(2026, 12, 7)),
        ("closed that day", date(2026, 12, 4), december(4), date(2026, 12, 7)),
        ("closed over the weekend and after", date(2026, 12, 4), december(4, 7, 8), date(2026, 12, 9)),
        ("Christmas, where nobody said closed", date(2026, 12, 25), (), date(2026, 12, 25)),
        ("Christmas, closed", date(2026, 12, 25), december(25), date(2026, 12, 28)),
    ],
)
def test_received_without_an_instant(case: str, day: date, closed: tuple[date, ...], received: date) -> None:
    dates = promise(a_pharmacy(cutoff=time(0)), False, calendar(closed=closed), on(day))
    assert dates is not None
    assert dates.received == received


@pytest.mark.parametrize(
    ("case", "processing_days", "closed", "ready"),
    [
        ("none: ready as received", 0, (), date(2026, 12, 4)),
        ("one, over the weekend", 1, (), date(2026, 12, 7)),
        ("a whole week", 5, (), date(2026, 12, 11)),
        ("a closure is no working day", 1, december(7), date(2026, 12, 8)),
    ],
)
def test_ready_after_processing_in_working_days(
    case: str, processing_days: int, closed: tuple[date, ...], ready: date
) -> None:
    dates = promise(a_pharmacy(processing_days=processing_days), False, calendar(closed=closed), DAYS)
    assert dates is not None
    assert dates.ready == ready


SHIPS_AT_ONCE = {"processing_days": 0, "cold_ship_days": EVERY_WEEKDAY}
COLD_TWO_DAYS = SHIPS_AT_ONCE | {"cold_transit_days": 2}
ON_SATURDAYS = {"processing_days": 0, "ship_days": SATURDAY}
CLOSED_SATURDAY = {"runs": december(5, 12), "closed": december(5)}
THANKSGIVING = {"rests": november(26, 27), "closed": november(26, 27)}
WEDNESDAY = date(2026, 11, 25)
TUESDAY = date(2026, 12, 8)
CHRISTMAS = {"rests": december(25), "closed": december(25)}


@pytest.mark.parametrize(
    ("case", "pharmacy", "cold", "parts", "day", "ships_and_delivers"),
    [
        ("an ambient box rests at the weekend", SHIPS_AT_ONCE, False, {}, FRIDAY, december(4, 8)),
        ("a cold box does not", SHIPS_AT_ONCE, True, {}, FRIDAY, december(7, 8)),
        (
            "a cold box, the carrier runs on Saturday",
            SHIPS_AT_ONCE,
            True,
            {"runs": december(5)},
            FRIDAY,
            december(4, 5),
        ),
        ("that Saturday counts as transit", SHIPS_AT_ONCE, False, {"runs": december(5)}, FRIDAY, december(4, 7)),
        ("two cold days from a Thursday", COLD_TWO_DAYS, True, {}, date(2026, 12, 3), december(7, 9)),
        ("cold ship days are their own", {"processing_days": 0}, True, {}, date(2026, 12, 3), december(7, 8)),
        ("delivered the same day", SHIPS_AT_ONCE | {"cold_transit_days": 0}, True, {}, FRIDAY, december(4, 4)),
        ("a Saturday when the carrier runs", ON_SATURDAYS, False, {"runs": december(12)}, FRIDAY, december(12, 15)),
        ("ready on a closed day", SHIPS_AT_ONCE, False, {"closed": december(4)}, FRIDAY, december(7, 9)),
        ("closed on Saturday, its ship day", ON_SATURDAYS, False, CLOSED_SATURDAY, FRIDAY, december(12, 15)),
        ("the carrier rests", SHIPS_AT_ONCE, False, {"rests": december(7)}, date(2026, 12, 7), december(8, 10)),
        ("Thanksgiving, not in any file", SHIPS_AT_ONCE, False, {}, WEDNESDAY, november(25, 27)),
        ("Thanksgiving", SHIPS_AT_ONCE, False, THANKSGIVING, WEDNESDAY, november(25) + december(1)),
        (
            "a cold box would rest on Thanksgiving",
            SHIPS_AT_ONCE,
            True,
            THANKSGIVING,
            WEDNESDAY,
            november(30) + december(1),
        ),
        (
            "a cold box would rest on a Wednesday alone",
            SHIPS_AT_ONCE,
            True,
            {"rests": december(9)},
            TUESDAY,
            december(10, 11),
        ),
        (
            "two cold days with a Wednesday between",
            COLD_TWO_DAYS,
            True,
            {"rests": december(9)},
            TUESDAY,
            december(14, 16),
        ),
        ("an ambient box rests on it", SHIPS_AT_ONCE, False, {"rests": december(9)}, TUESDAY, december(8, 11)),
        ("closed on both days, not ready before", {}, False, THANKSGIVING, WEDNESDAY, november(30) + december(2)),
        ("over Christmas, a Friday", {}, False, CHRISTMAS, date(2026, 12, 23), december(24, 29)),
        ("a refill day on Christmas", {}, True, CHRISTMAS, date(2026, 12, 25), december(29, 30)),
    ],
)
def test_shipping_and_delivery(
    case: str,
    pharmacy: dict[str, Any],
    cold: bool,
    parts: dict[str, Any],
    day: date,
    ships_and_delivers: tuple[date, date],
) -> None:
    dates = promise(a_pharmacy(**pharmacy), cold, calendar(**parts), on(day))
    assert dates is not None
    assert (dates.ships_on, dates.delivers_on) == ships_and_delivers


def test_every_date_of_one_order() -> None:
    """Placed on Friday 4 December; one working day; cold boxes leave Monday to Wednesday and take one day."""
    assert promise(a_pharmacy(), True, a_context(), DAYS) == Promise(
        received=date(2026, 12, 4), ready=date(2026, 12, 7), ships_on=date(2026, 12, 7), delivers_on=date(2026, 12, 8)
    )


@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize(
    ("case", "resting_days", "ships_on"),
    [
        ("the 14th day after ready still counts", 14, date(2026, 12, 21)),
        ("the 15th does not", 15, None),
    ],
)
def test_a_ship_day_within_14_days_of_ready(case: str, resting_days: int, ships_on: date | None, cold: bool) -> None:
    ready = date(2026, 12, 7)
    rests = tuple(ready + timedelta(offset) for offset in range(resting_days))
    dates = promise(a_pharmacy(), cold, calendar(rests=rests), DAYS)
    assert (dates and dates.ships_on) == ships_on


YEARS = tuple(FRIDAY + timedelta(offset) for offset in range(12 * 366))


@pytest.mark.parametrize(
    ("case", "pharmacy", "cold", "parts", "day"),
    [
        ("no ship days", {"ship_days": frozenset()}, False, {}, FRIDAY),
        ("no cold ship days", {"cold_ship_days": frozenset()}, True, {}, FRIDAY),
        ("ships on Saturdays, the carrier never", {"ship_days": SATURDAY}, False, {}, FRIDAY),
        ("a cold box is always over a weekend on its way", {"cold_transit_days": 5}, True, {}, FRIDAY),
        ("the carrier never runs", {}, False, {"rests": YEARS}, FRIDAY),
        ("the carrier takes the box and never arrives", {"processing_days": 0}, False, {"rests": YEARS[1:]}, FRIDAY),
        ("closed for years", {}, False, {"closed": YEARS}, FRIDAY),
        ("processing takes longer than anybody plans", {"processing_days": 10**9}, False, {}, FRIDAY),
        ("transit takes longer than anybody plans", {"transit_days": 10**9}, False, {}, FRIDAY),
        ("the last day of the calendar", {}, False, {}, date.max),
    ],
)
def test_no_promise(case: str, pharmacy: dict[str, Any], cold: bool, parts: dict[str, Any], day: date) -> None:
    assert promise(a_pharmacy(**pharmacy), cold, calendar(**parts), on(day)) is None


def test_a_changed_pharmacy_is_asked_again() -> None:
    context = a_context()
    before = promise(a_pharmacy(), False, context, DAYS)
    after = promise(a_pharmacy(processing_days=0), False, context, DAYS)
    assert (before and before.ready, after and after.ready) == (date(2026, 12, 7), date(2026, 12, 4))


PHARMACIES = st.builds(
    a_pharmacy,
    ship_days=st.frozensets(st.integers(0, 6)),
    cold_ship_days=st.frozensets(st.integers(0, 6)),
    processing_days=st.integers(0, 6),
    transit_days=st.integers(0, 6),
    cold_transit_days=st.integers(0, 4),
)
AT_ANY_TIME = {"ship_days": frozenset(range(7)), "transit_days": 0}
SOME_DAYS = st.frozensets(st.integers(0, 40).map(lambda offset: FRIDAY + timedelta(offset)), max_size=12).map(tuple)


@given(pharmacy=PHARMACIES, cold=st.booleans(), closed=SOME_DAYS, rests=SOME_DAYS, runs=SOME_DAYS)
def test_the_first_day_that_keeps_every_rule(
    pharmacy: Pharmacy, cold: bool, closed: tuple[date, ...], rests: tuple[date, ...], runs: tuple[date, ...]
) -> None:
    context = calendar(closed=closed, rests=rests, runs=runs)
    dates = promise(pharmacy, cold, context, DAYS)
    plain = promise(a_pharmacy(**AT_ANY_TIME, processing_days=pharmacy.processing_days), False, context, DAYS)
    assert dates is None or plain is None or dates.ready == plain.ready
    if plain is None:
        return

    def possible(day: date) -> bool:
        listed = day.weekday() in (pharmacy.cold_ship_days if cold else pharmacy.ship_days)
        way = [day + timedelta(offset) for offset in range(pharmacy.cold_transit_days + 1)]
        unbroken = not cold or all(context.carrier_runs("FedEx", each) for each in way)
        return listed and unbroken and not context.closed("cedar", day) and context.carrier_runs("FedEx", day)

    first = next((day for day in (plain.ready + timedelta(offset) for offset in range(15)) if possible(day)), None)
    assert (dates and dates.ships_on) == first
