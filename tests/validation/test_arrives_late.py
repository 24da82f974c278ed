"""ARRIVES_LATE. Ana's supply ends on the day that each case says; cedar delivers on Tue 8 December 2026 at $10 a pack
less than birch, which is dearer and, where a case says so, sooner."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.context import Context
from core.domain.model import Cart, Objective, Setting
from core.rules.plan import Plan, plan
from tests.builders import (
    DAYS,
    FRIDAY,
    a_context,
    a_line,
    a_pharmacy,
    a_prescription,
    a_program,
    an_offer,
    licences,
)
from tests.validation.world import codes, world

CLOSED = {("cedar", FRIDAY + timedelta(days=at)) for at in range(21)}


def two_pharmacies(supply_ends: date, **over: Any) -> Context:
    birch = a_pharmacy(pharmacy="birch", name="Birch Pharmacy", processing_days=0)
    filled = a_prescription(last_filled_on=supply_ends - timedelta(days=28))
    return a_context(
        pharmacies={"cedar": a_pharmacy(), "birch": birch},
        licences=(*licences(), *licences("birch")),
        offers=(an_offer(), an_offer(pharmacy="birch", unit_cost_cents=10_653)),
        prescriptions={"RX1": filled},
        **over,
    )


def planned(context: Context, **line: Any) -> Plan:
    return plan(Cart(refill_day=FRIDAY, lines=(a_line(**line),)), context, a_program(), Objective.CHEAPEST, DAYS)


def test_a_closed_pharmacy_is_not_chosen_to_save_a_little_without_being_asked() -> None:
    context = two_pharmacies(date(2026, 12, 9), closures=frozenset(CLOSED))
    decided = planned(context)
    assert decided.split.lines[0].pharmacy == "cedar"
    [finding] = [each for each in decided.findings if each.code == "ARRIVES_LATE"]
    assert finding.message == (
        "It arrives on Tue 29 Dec 2026, 20 days after the supply ends on Wed 9 Dec 2026. Birch Pharmacy delivers on "
        "Tue 8 Dec 2026, for $7.51 more."
    )
    assert [(fix.label, fix.change) for fix in finding.fixes] == [("Send it to Birch Pharmacy", {"pharmacy": "birch"})]
    assert planned(context, pharmacy="birch").findings == ()


def test_what_arrives_in_time_is_not_asked_about() -> None:
    assert planned(two_pharmacies(date(2026, 12, 9))).findings == ()


@pytest.mark.parametrize(
    ("case", "most", "expected"), [("as many days as may be", "7", []), ("one more", "6", ["W ARRIVES_LATE"])]
)
def test_a_long_gap_is_asked_about_even_where_nobody_delivers_sooner(case: str, most: str, expected: list[str]) -> None:
    """Shipped on Thursday, delivered a week after the supply ended."""
    setting = Setting(scope="clinic", name="late_delivery_days", value=most, valid_from=date(2026, 1, 1))
    slow = {"ship_days": frozenset({3}), "transit_days": 1}
    assert codes(world(sku={"cold_chain": False}, pharmacy=slow, settings=(setting,))) == expected


def test_a_first_fill_is_never_late() -> None:
    new = {"last_filled_on": None, "first_filled_on": None, "fills": 0}
    assert "W ARRIVES_LATE" not in codes(world(rx=new, pharmacy={"processing_days": 9}))
