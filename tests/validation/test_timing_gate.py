"""Timing gate (rules.md, section 3). The clean line: 28 days filled on Fri 6 Nov 2026, refill day Fri 4 Dec 2026."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import Objective, RoutedLine, Sku, Split
from core.rules.ship_dates import promise
from core.rules.validation import validate
from tests.builders import (
    DAYS,
    FRIDAY,
    SIG,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)
from tests.validation.world import codes, findings, our_line, short, world


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("21 days ago, three quarters of 28", {"rx": {"last_filled_on": date(2026, 11, 13)}}, {}, []),
        ("20 days ago", {"rx": {"last_filled_on": date(2026, 11, 14)}}, {}, ["B REFILL_TOO_SOON"]),
        ("20 days ago, held", {"rx": {"last_filled_on": date(2026, 11, 14)}}, {"hold": True}, ["B REFILL_TOO_SOON"]),
        (
            "pinned to a pharmacy that waits for 90 %",
            {"pharmacy": {"refill_threshold": Decimal("0.9")}, "rx": {"last_filled_on": date(2026, 11, 9)}},
            {"pharmacy": "cedar"},
            ["B REFILL_TOO_SOON"],
        ),
        ("never filled", {"rx": {"last_filled_on": None}}, {}, []),
        ("in another open cart", {"other_carts": frozenset({("P1", "SEMA")})}, {}, ["B SUSPECTED_DUPLICATE"]),
        ("another SKU in another cart", {"other_carts": frozenset({("P1", "OTHER")})}, {}, []),
        ("another patient's cart line", {"other_carts": frozenset({("P2", "SEMA")})}, {}, []),
        ("placed", {"our_lines": (our_line(state="placed"),)}, {}, ["B SUSPECTED_DUPLICATE"]),
        ("compounding", {"our_lines": (our_line(state="compounding"),)}, {}, ["B SUSPECTED_DUPLICATE"]),
        ("shipped", {"our_lines": (our_line(state="shipped", shipped_on=date(2026, 11, 6)),)}, {}, []),
        ("rejected", {"our_lines": (our_line(state="rejected"),)}, {}, []),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(**change), **line) == expected


def test_the_earliest_day_is_named() -> None:
    (found,) = findings(world(rx={"last_filled_on": date(2026, 11, 20)}))
    assert found.message == (
        "Semaglutide was last filled on Fri 20 Nov 2026; the earliest refill is on Fri 11 Dec 2026, the refill day is "
        "Fri 4 Dec 2026."
    )
    assert (found.owner.value, found.field) == ("clinic", "last_filled_on")


def test_the_earliest_day_is_that_of_the_pharmacy_that_waits_least() -> None:
    pharmacies = {
        "cedar": a_pharmacy(refill_threshold=Decimal("0.9")),
        "oak": a_pharmacy(pharmacy="oak", refill_threshold=Decimal(1)),
    }
    context = world(
        rx={"last_filled_on": date(2026, 11, 13)},
        pharmacies=pharmacies,
        offers=(an_offer(), an_offer(pharmacy="oak")),
        licences=licences() + licences("oak"),
    )
    (found,) = findings(context)
    assert found.message == (
        "Semaglutide was last filled on Fri 13 Nov 2026; the earliest refill is on Wed 9 Dec 2026, the refill day is "
        "Fri 4 Dec 2026."
    )


def test_an_overridden_refill_is_still_found_on_the_line_that_it_lets_through() -> None:
    context = world(rx={"last_filled_on": date(2026, 11, 20)})
    dates = promise(context.pharmacies["cedar"], True, context, DAYS)
    line = RoutedLine(a_line(), pharmacy="cedar", promise=dates)
    split = Split(Objective.CHEAPEST, "FREE", (line,), 0, 0, True, 0.0)
    assert short(validate(split, context, a_program(), DAYS)) == ["1 B REFILL_TOO_SOON"]


def test_the_later_line_is_the_duplicate() -> None:
    lines = [a_line(), a_line(number=2, patient="P2", rx="RX2"), a_line(number=3)]
    context = world(
        more_patients={"P2": a_patient(patient="P2")},
        more_prescriptions={"RX2": a_prescription(rx="RX2", patient="P2")},
    )
    (found,) = findings(context, *lines)
    assert (found.line, found.code) == (3, "SUSPECTED_DUPLICATE")
    assert found.message == "Patient P1 gets Semaglutide 2.5 mg/mL, 2 mL already: on line 1 of this cart."
    assert [dict(fix.change) for fix in found.fixes] == [{"remove": "yes"}, {"hold": "yes"}]


def test_one_finding_says_every_place() -> None:
    context = world(other_carts=frozenset({("P1", "SEMA")}), our_lines=(our_line(state="accepted"),))
    (found,) = findings(context)
    assert found.message.endswith("already: in another open cart, on its way as RD-20261106-01/01.")


TIRZEPATIDE = a_sku(sku="TIRZ", name="Tirzepatide", actives=("tirzepatide",), concentration_mg_per_ml=Decimal(10))
HALF_MG = "Inject 0.5 mg (10 units) subcutaneously once weekly."
STRONGER = a_sku(sku="SEMA5", name="Semaglutide 5 mg/mL", concentration_mg_per_ml=Decimal(5))
OTHER = {"therapy_class": "Vitamin", "actives": ("cyanocobalamin",), "ingredients": ("cyanocobalamin",)}


@pytest.mark.parametrize(
    ("case", "other", "sig", "expected"),
    [
        ("one therapy class", TIRZEPATIDE, "Inject 2.5 mg (25 units) subcutaneously once weekly.", True),
        ("the class in capitals", TIRZEPATIDE.model_copy(update={"therapy_class": "glp-1 "}), SIG, True),
        ("the next step of one titration", STRONGER, HALF_MG, False),
        ("the same step of another strength", STRONGER, "Inject 0.25 mg (5 units) subcutaneously once weekly.", True),
        ("nothing in common", a_sku(sku="B12", **OTHER), "Inject 1 mL subcutaneously once weekly.", False),
        (
            "a shared second active",
            a_sku(sku="MIX", **OTHER | {"actives": ("cyanocobalamin", "Semaglutide")}),
            SIG,
            True,
        ),
        ("no classes at all", a_sku(sku="B12", **OTHER | {"therapy_class": ""}), SIG, False),
    ],
)
def test_duplicate_therapy(case: str, other: Sku, sig: str, expected: bool) -> None:
    rx = a_prescription(rx="RX2", sku=other.sku, sig=sig, days_supply=None, last_filled_on=None, fills=0)
    offers = (an_offer(), an_offer(sku=other.sku))
    second = a_line(number=2, sku=other.sku, rx="RX2", sig=sig)

    context = world(more_skus={other.sku: other}, more_prescriptions={"RX2": rx}, offers=offers)
    found = [one.line for one in findings(context, a_line(), second) if one.code == "DUPLICATE_THERAPY"]
    assert found == ([2] if expected else [])

    going = our_line(sku=other.sku, rx="RX2", state="submitted", placed_on=FRIDAY)
    context = world(more_skus={other.sku: other}, more_prescriptions={"RX2": rx}, offers=offers, our_lines=(going,))
    found = [one.line for one in findings(context) if one.code == "DUPLICATE_THERAPY"]
    assert found == ([1] if expected else [])


def test_two_patients_are_no_duplicate_therapy() -> None:
    context = world(
        more_skus={"TIRZ": TIRZEPATIDE},
        more_patients={"P2": a_patient(patient="P2")},
        more_prescriptions={"RX2": a_prescription(rx="RX2", patient="P2", sku="TIRZ")},
        offers=(an_offer(), an_offer(sku="TIRZ")),
    )
    lines = (a_line(), a_line(number=2, patient="P2", sku="TIRZ", rx="RX2"))
    assert "DUPLICATE_THERAPY" not in {one.code for one in findings(context, *lines)}


TAKEN = {"therapy_class": "GLP-1", "sku": "TIRZ", "name": "Tirzepatide", "actives": ("tirzepatide",)}


@pytest.mark.parametrize(
    ("case", "filled", "own", "expected"),
    [
        # the other drug: 28 days' supply, three quarters of it used after 21; the refill day is 4 December
        ("filled three weeks ago", {"last_filled_on": date(2026, 11, 13)}, None, False),
        ("filled a day less than that ago", {"last_filled_on": date(2026, 11, 14)}, None, True),
        ("filled yesterday", {"last_filled_on": date(2026, 12, 3)}, None, True),
        ("stopped, and the supply is still there",
         {"last_filled_on": date(2026, 12, 3), "stopped_on": date(2026, 12, 4)}, None, True),
        ("never filled", {}, None, False),
        ("three months' supply, two months ago", {"last_filled_on": date(2026, 10, 4), "days_supply": 90}, None, True),
        ("of another class", {"last_filled_on": date(2026, 12, 3), "sku": "B12"}, None, False),
        ("of no class", {"last_filled_on": date(2026, 12, 3), "sku": "NONE"}, None, False),
        ("the class in capitals", {"last_filled_on": date(2026, 12, 3), "sku": "LOUD"}, None, True),
        ("this one's supply had ended before", {"last_filled_on": date(2026, 12, 1)}, date(2026, 10, 20), True),
        ("both taken together: this one's supply lasted", {"last_filled_on": date(2026, 12, 1)}, date(2026, 11, 6),
         True),
        ("this one was filled later", {"last_filled_on": date(2026, 11, 20)}, date(2026, 11, 27), True),
        ("another patient's", {"last_filled_on": date(2026, 12, 3), "patient": "P2"}, None, False),
    ],
)  # fmt: skip
def test_a_switch_while_supply_remains(case: str, filled: dict[str, Any], own: date | None, expected: bool) -> None:
    skus = {
        "TIRZ": a_sku(**TAKEN),
        "LOUD": a_sku(**TAKEN | {"sku": "LOUD", "therapy_class": " glp-1"}),
        "B12": a_sku(sku="B12", **OTHER),
        "NONE": a_sku(sku="NONE", **OTHER | {"therapy_class": ""}),
    }
    row = {"rx": "RX2", "sku": "TIRZ", "last_filled_on": None, "first_filled_on": None, "fills": 1} | filled
    context = world(
        rx={"last_filled_on": own, "first_filled_on": own, "fills": 0},
        more_skus=skus,
        more_prescriptions={"RX2": a_prescription(**row)},
    )
    assert ("THERAPY_SWITCH" in {one.code for one in findings(context)}) is expected


def test_a_switch_says_what_is_left() -> None:
    row = a_prescription(rx="RX2", sku="TIRZ", last_filled_on=date(2026, 12, 1), fills=1)
    context = world(
        rx={"last_filled_on": None, "first_filled_on": None, "fills": 0},
        more_skus={"TIRZ": a_sku(**TAKEN)},
        more_prescriptions={"RX2": row},
    )
    (found,) = (one for one in findings(context) if one.code == "THERAPY_SWITCH")
    assert found.message == (
        "Semaglutide 2.5 mg/mL, 2 mL begins while the patient has Tirzepatide, filled on Tue 1 Dec 2026 for 28 days: "
        "confirm that the prescriber means the switch now."
    )
    assert (found.severity.value, found.owner.value) == ("warning", "clinic")


def test_a_cream_begun_beside_a_capsule_of_the_same_active_is_asked_about_once() -> None:
    """Each is due by itself; at the first fill of the one a person confirms that the other goes on."""
    capsule = a_sku(sku="CAP", route="oral", form="capsule")
    row = a_prescription(rx="RX2", sku="CAP", last_filled_on=date(2026, 12, 1))
    parts = {"more_skus": {"CAP": capsule}, "more_prescriptions": {"RX2": row}}
    never = {"last_filled_on": None, "first_filled_on": None, "fills": 0}
    assert [one.code for one in findings(world(rx=never, **parts))] == ["THERAPY_SWITCH"]
    assert codes(world(**parts)) == []
