"""Pharmacy gate (rules.md, section 3): codes come with the split; what is tested is who is accused, and of what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import LicenceKind, ProgramKind
from tests.builders import a_line, a_pharmacy, a_program, an_offer, licences
from tests.validation.world import codes, findings, short, world

NO_STERILE = tuple(row for row in licences() if row.kind is not LicenceKind.STERILE)
CONTROLLED = {"sku": {"dea_schedule": "III", "actives": ("x",)}, "rx": {"rx_pharmacy": "cedar"}}


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("no offer", {"offers": ()}, {}, ["B NO_OFFER"]),
        ("no offer, held", {"offers": ()}, {"hold": True}, ["B NO_OFFER"]),
        ("the pharmacy takes other programs", {"pharmacy": {"programs": ("GROWTH",)}}, {}, ["B NO_OFFER"]),
        ("pinned to nobody", {}, {"pharmacy": "oak"}, ["B NO_OFFER"]),
        ("price ended yesterday", {"offer": {"valid_to": date(2026, 12, 3)}}, {}, ["B PRICE_STALE"]),
        ("price ends today", {"offer": {"valid_to": date(2026, 12, 4)}}, {}, []),
        ("price begins tomorrow", {"offer": {"valid_from": date(2026, 12, 5)}}, {}, ["B PRICE_STALE"]),
        ("fewer than it takes", {"offer": {"min_quantity": 2}}, {}, ["B QUANTITY_LIMIT"]),
        ("more than it takes", {"offer": {"max_quantity": 0}}, {}, ["B QUANTITY_LIMIT"]),
        ("more refills than it takes", {"pharmacy": {"max_refills": 4}}, {}, ["B QUANTITY_LIMIT"]),
        ("as many refills as it takes", {"pharmacy": {"max_refills": 5}}, {}, []),
        ("no sterile licence", {"licences": NO_STERILE}, {}, ["B PHARMACY_NOT_LICENSED"]),
        ("nonsterile needs none", {"licences": NO_STERILE, "sku": {"sterile": False, "in_use_days": 28}}, {}, []),
        ("licence ends on the ship date", {"licences": licences(expires_on=date(2026, 12, 7))}, {}, []),
        (
            "licence ended the day before",
            {"licences": licences(expires_on=date(2026, 12, 6))},
            {},
            ["B PHARMACY_NOT_LICENSED"],
        ),
        ("scheduled, all licences", CONTROLLED, {}, []),
        (
            "scheduled, not controlled",
            CONTROLLED | {"licences": tuple(row for row in licences() if row.kind is not LicenceKind.CONTROLLED)},
            {},
            ["B PHARMACY_NOT_LICENSED"],
        ),
        ("none in stock", {"offer": {"stock": 0}}, {}, ["B OUT_OF_STOCK"]),
        ("none in stock, held", {"offer": {"stock": 0}}, {"hold": True}, []),
        ("none in stock, pinned and held", {"offer": {"stock": 0}}, {"hold": True, "pharmacy": "cedar"}, []),
        ("all reserved", {"offer": {"stock": 3}, "reserved": {("cedar", "SEMA"): 3}}, {}, ["B OUT_OF_STOCK"]),
        (
            "pinned: every failing code",
            {"offer": {"min_quantity": 2, "valid_to": None}, "licences": ()},
            {"pharmacy": "cedar"},
            ["B QUANTITY_LIMIT", "B PHARMACY_NOT_LICENSED"],
        ),
        ("not pinned: the first alone", {"offer": {"min_quantity": 2}, "licences": ()}, {}, ["B QUANTITY_LIMIT"]),
        (
            "a prescription's pharmacy is a pin",
            {"offer": {"min_quantity": 2}, "licences": (), "rx": {"rx_pharmacy": "cedar"}},
            {},
            ["B QUANTITY_LIMIT", "B PHARMACY_NOT_LICENSED"],
        ),
        ("pinned where the prescription is", {"rx": {"rx_pharmacy": "cedar"}}, {"pharmacy": "cedar"}, []),
        ("pinned elsewhere", {"rx": {"rx_pharmacy": "oak"}}, {"pharmacy": "cedar"}, ["B RX_AT_OTHER_PHARMACY"]),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(**change), **line) == expected


def test_an_aggregate_program_needs_a_price() -> None:
    program = a_program(program="POOL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.05"))
    found = findings(world(), program=program)
    assert short(found) == ["1 B NO_PRICE"]
    assert found[0].message == (
        "Program POOL has no price for Semaglutide 2.5 mg/mL, 2 mL in force on Fri 4 Dec 2026: enter one."
    )


TWO = {
    "pharmacies": {"cedar": a_pharmacy(), "oak": a_pharmacy(pharmacy="oak", name="Oak Rx")},
    "licences": licences() + licences("oak"),
}


NOBODY = "No pharmacy can fill Semaglutide 2.5 mg/mL, 2 mL: "
LEAST = "takes at least 2 packs, the line has 1"
ENDED = {"valid_to": date(2026, 11, 30)}


@pytest.mark.parametrize(
    ("case", "change", "line", "message"),
    [
        (
            "two refuse for one reason",
            TWO | {"offers": (an_offer(min_quantity=2), an_offer(pharmacy="oak", min_quantity=3, max_quantity=9))},
            {},
            f"{NOBODY}Cedar Compounding: {LEAST}; Oak Rx: takes 3 to 9 packs, the line has 1.",
        ),
        (
            "one refuses for an earlier reason",
            TWO | {"offers": (an_offer(**ENDED), an_offer(pharmacy="oak", stock=0))},
            {},
            f"{NOBODY}Oak Rx: 0 in stock, 1 wanted. Nor: Cedar Compounding (no price in force).",
        ),
        ("nobody offers it", {"offers": ()}, {}, f"{NOBODY}Cedar Compounding: no offer for SEMA."),
        (
            "pinned",
            {"offer": ENDED},
            {"pharmacy": "cedar"},
            "Cedar Compounding: its price ended on Mon 30 Nov 2026; ask for the current one.",
        ),
        ("pinned to nobody", {}, {"pharmacy": "elm"}, "elm is not among the clinic’s pharmacies."),
        (
            "refills",
            {"pharmacy": {"max_refills": 4}},
            {},
            f"{NOBODY}Cedar Compounding: takes prescriptions of at most 4 refills, this one has 5.",
        ),
        (
            "licence",
            {"licences": NO_STERILE},
            {},
            f"{NOBODY}Cedar Compounding: no sterile license for TX in force on Mon 7 Dec 2026.",
        ),
    ],
)
def test_messages_name_pharmacies_limits_and_dates(
    case: str, change: dict[str, Any], line: dict[str, Any], message: str
) -> None:
    (found,) = findings(world(**change), a_line(**line))
    assert found.message == message


@pytest.mark.parametrize(
    ("case", "change", "line", "fixes"),
    [
        ("a pin that fails", {"offer": {"stock": 0}}, {"pharmacy": "cedar"}, [{"pharmacy": ""}, {"hold": "yes"}]),
        (
            "quantity below the least",
            {"offer": {"min_quantity": 2}, "rx": {"quantity": 3, "days_supply": 84, "last_filled_on": None}},
            {},
            [{"quantity": "2"}, {"hold": "yes"}],
        ),
        ("the least is more than prescribed", {"offer": {"min_quantity": 2}}, {}, [{"hold": "yes"}]),
        (
            "a pin beside the prescription's pharmacy",
            {"rx": {"rx_pharmacy": "oak"}},
            {"pharmacy": "cedar"},
            [{"pharmacy": "oak"}, {"hold": "yes"}],
        ),
        ("held already", {"offers": ()}, {"hold": True}, []),
    ],
)
def test_fixes(case: str, change: dict[str, Any], line: dict[str, Any], fixes: list[dict[str, str]]) -> None:
    (found,) = findings(world(**change), a_line(**line))
    assert [dict(fix.change) for fix in found.fixes] == fixes
