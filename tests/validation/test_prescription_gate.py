"""Prescription gate (rules.md, section 3). The clean prescription: 3 of 6 fills had, written Tue 1 Sep 2026."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import Days, LineState
from tests.builders import DAYS, FRIDAY, SIG, a_line, a_patient, a_prescription, a_sku
from tests.validation.world import codes, findings, our_line, short, world

SECOND = {"RX2": a_prescription(rx="RX2", written_on=date(2026, 8, 1), last_filled_on=None, fills=0)}
OTHERS = {"RX9": a_prescription(rx="RX9", patient="P9", last_filled_on=None, fills=0)}


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("none named", {"prescriptions": {}}, {"rx": None}, ["B RX_MISSING"]),
        ("unknown one named", {}, {"rx": "RX7"}, ["B RX_MISSING"]),
        (
            "none for the SKU, with all else wrong: silenced",
            {"sku": {"clinical_difference_required": True}, "prescriptions": {}},
            {"rx": "RX7", "quantity": 99},
            ["B RX_MISSING"],
        ),
        ("another patient's", {"more_prescriptions": OTHERS}, {"rx": "RX9"}, ["B RX_PATIENT_MISMATCH"]),
        (
            "for another SKU",
            {"more_prescriptions": {"RX1": a_prescription(sku="OTHER")}},
            {},
            ["B RX_SKU_MISMATCH"],
        ),
        (
            "other directions",
            {},
            {"sig": "Inject 0.25 mg (10 units) subcutaneously once every week."},
            ["B RX_SIG_CHANGED"],
        ),
        ("directions with a space at the end", {}, {"sig": SIG + " "}, []),
        ("another capital", {}, {"sig": SIG.replace("Inject", "inject")}, ["B RX_SIG_CHANGED"]),
        (
            "quantity as prescribed",
            {"rx": {"quantity": 2, "days_supply": 56, "last_filled_on": None}},
            {"quantity": 2},
            [],
        ),
        ("quantity below", {"rx": {"quantity": 2, "days_supply": 56, "last_filled_on": None}}, {}, []),
        ("one more than prescribed", {}, {"quantity": 2}, ["B RX_QUANTITY"]),
        ("written 12 months before the ship date", {"rx": {"written_on": date(2025, 12, 7)}}, {}, []),
        ("one day more", {"rx": {"written_on": date(2025, 12, 6)}}, {}, ["B RX_EXPIRED"]),
        ("written on the refill day", {"rx": {"written_on": FRIDAY}}, {}, []),
        ("written after it", {"rx": {"written_on": date(2026, 12, 5)}}, {}, ["B RX_EXPIRED"]),
        ("stopped on the refill day", {"rx": {"stopped_on": FRIDAY}}, {}, ["B RX_EXPIRED"]),
        ("stops before it ships on Monday", {"rx": {"stopped_on": date(2026, 12, 5)}}, {}, ["B RX_EXPIRED"]),
        ("stops on the ship date", {"rx": {"stopped_on": date(2026, 12, 7)}}, {}, ["B RX_EXPIRED"]),
        ("stops after it has shipped", {"rx": {"stopped_on": date(2026, 12, 8)}}, {}, []),
        ("patient inactive", {"patient": {"active": False}}, {}, ["B RX_EXPIRED"]),
        ("the last refill", {"rx": {"fills": 5}}, {}, []),
        ("no refill left", {"rx": {"fills": 6}}, {}, ["B NO_REFILLS"]),
        ("first fill of a prescription without refills", {"rx": {"refills": 0, "fills": 0}}, {}, []),
        ("second fill of one without refills", {"rx": {"refills": 0, "fills": 1}}, {}, ["B NO_REFILLS"]),
        (
            "shipped here",
            {"rx": {"fills": 5}, "our_lines": (our_line(shipped_on=date(2026, 11, 6)),)},
            {},
            ["B NO_REFILLS"],
        ),
        (
            "shipped here and returned",
            {"rx": {"fills": 5}, "our_lines": (our_line(shipped_on=date(2026, 11, 6), state="returned"),)},
            {},
            ["B NO_REFILLS"],
        ),
        ("cancelled here", {"rx": {"fills": 5}, "our_lines": (our_line(state="cancelled"),)}, {}, []),
        (
            "in flight here",
            {"rx": {"fills": 5}, "our_lines": (our_line(state="submitted"),)},
            {},
            ["B NO_REFILLS", "B SUSPECTED_DUPLICATE"],
        ),
        *(
            (
                f"statement needed, and the cell says {said!r}",
                {"sku": {"clinical_difference_required": True}, "rx": {"clinical_difference": said}},
                {},
                ["B CLINICAL_DIFFERENCE_MISSING"],
            )
            for said in (
                "N/A",
                "none",
                " - ",
                "n.a.",
                "Not applicable",
                "TBD",
                "see chart",
                "See notes.",
                "patient preference",
                "per MD",
                "as discussed",
                "yes",
                "Y",
                "medically necessary",
                "clinical difference",
                "per protocol",
                "same as before",
                "doctor's orders",
                "compounded",
                "Wegovy",
                "Ozempic backorder",
                "on file",
                "??",
            )
        ),
        (
            "statement needed and there",
            {"sku": {"clinical_difference_required": True}, "rx": {"clinical_difference": "nausea at 1 mg"}},
            {},
            [],
        ),
        (
            "statement of spaces",
            {"sku": {"clinical_difference_required": True}, "rx": {"clinical_difference": "  "}},
            {},
            ["B CLINICAL_DIFFERENCE_MISSING"],
        ),
        ("statement not needed", {"rx": {"clinical_difference": ""}}, {}, []),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(**change), **line) == expected


SCHEDULED = {"dea_schedule": "III", "actives": ("testosterone",), "ingredients": ("testosterone",)}


@pytest.mark.parametrize(
    ("case", "sku", "rx", "line", "expected"),
    [
        ("within all limits", {}, {}, {}, []),
        ("six months before the ship date", {}, {"written_on": date(2026, 6, 7)}, {}, []),
        ("one day more", {}, {"written_on": date(2026, 6, 6)}, {}, ["B CONTROLLED_LIMIT"]),
        ("not scheduled, one day more", {"dea_schedule": None}, {"written_on": date(2026, 6, 6)}, {}, []),
        ("more than 12 months: alone", {}, {"written_on": date(2025, 1, 1)}, {}, ["B CONTROLLED_LIMIT"]),
        ("stopped, within its limits", {}, {"stopped_on": FRIDAY}, {}, ["B RX_EXPIRED"]),
        ("6 refills prescribed", {}, {"refills": 6}, {}, ["B CONTROLLED_LIMIT"]),
        ("fifth refill", {}, {"fills": 5}, {}, []),
        ("sixth refill: alone", {}, {"fills": 6}, {}, ["B CONTROLLED_LIMIT"]),
        ("2 refills used up", {}, {"refills": 2, "fills": 3}, {}, ["B NO_REFILLS"]),
        ("schedule V, as III", {"dea_schedule": "V"}, {"refills": 6}, {}, ["B CONTROLLED_LIMIT"]),
        ("schedule II, first fill", {"dea_schedule": "II"}, {"refills": 0, "fills": 0, "last_filled_on": None}, {}, []),
        ("schedule II with a refill", {"dea_schedule": "II"}, {"refills": 1, "fills": 0}, {}, ["B CONTROLLED_LIMIT"]),
        ("schedule II, second fill", {"dea_schedule": "II"}, {"refills": 0, "fills": 1}, {}, ["B CONTROLLED_LIMIT"]),
        ("to the clinic", {}, {}, {"ship_to": "clinic"}, ["B CONTROLLED_LIMIT"]),
        ("no pharmacy has it", {}, {"rx_pharmacy": None}, {}, ["B CONTROLLED_LIMIT"]),
        ("telemedicine in 2026", {}, {"telemedicine": True}, {}, []),
    ],
)
def test_controlled_substances(
    case: str, sku: dict[str, Any], rx: dict[str, Any], line: dict[str, Any], expected: list[str]
) -> None:
    context = world(sku=SCHEDULED | sku, rx={"rx_pharmacy": "cedar", "rx_number": "778"} | rx)
    assert codes(context, **line) == expected


@pytest.mark.parametrize(
    ("case", "refill_day", "rx", "expected"),
    [
        ("ships on 31 December", date(2026, 12, 30), {}, []),
        ("ships on 4 January", date(2026, 12, 31), {}, ["B CONTROLLED_LIMIT"]),
        ("ships on 4 January, seen in person", date(2026, 12, 31), {"in_person_on": date(2026, 10, 1)}, []),
        ("a visit that is to come", date(2026, 12, 31), {"in_person_on": date(2027, 2, 1)}, ["B CONTROLLED_LIMIT"]),
        ("ships on 4 January, no telemedicine", date(2026, 12, 31), {"telemedicine": False}, []),
        ("ships on 31 December, nobody said", date(2026, 12, 30), {"telemedicine": None}, []),
        ("ships on 4 January, nobody said", date(2026, 12, 31), {"telemedicine": None}, ["B CONTROLLED_LIMIT"]),
        (
            "ships on 4 January, nobody said, seen in person",
            date(2026, 12, 31),
            {"telemedicine": None, "in_person_on": date(2026, 10, 1)},
            [],
        ),
        (
            "ships on 4 January, nobody said, a visit that is to come",
            date(2026, 12, 31),
            {"telemedicine": None, "in_person_on": date(2027, 2, 1)},
            ["B CONTROLLED_LIMIT"],
        ),
    ],
)
def test_telemedicine_flexibility_ends(case: str, refill_day: date, rx: dict[str, Any], expected: list[str]) -> None:
    ships = {"cold_ship_days": frozenset(range(5))}
    closures = frozenset({("cedar", date(2027, 1, 1))})
    context = world(
        sku=SCHEDULED, pharmacy=ships, closures=closures, rx={"rx_pharmacy": "cedar", "telemedicine": True} | rx
    )
    days = Days(refill_day, refill_day)
    assert [entry[2:] for entry in short(findings(context, days=days))] == expected


def test_controlled_limit_says_everything_that_it_stands_for() -> None:
    context = world(sku=SCHEDULED, rx={"written_on": date(2025, 11, 1), "fills": 6})
    (found,) = findings(context, a_line(ship_to="clinic"))
    assert found.code == "CONTROLLED_LIMIT"
    for part in ("5 refills", "6 months", "12 months", "to the patient", "rx_pharmacy", "has had 6"):
        assert part in found.message
    assert [fix.change for fix in found.fixes] == [{"ship_to": "patient"}, {"hold": "yes"}]


@pytest.mark.parametrize(
    ("case", "statements", "expected"),
    [
        ("two of two", ["same", "same"], []),
        ("three of three", ["same", " SAME ", "same"], [1, 2, 3]),
        ("spaces and case folded", ["a  b", "A b", "a\nB"], [1, 2, 3]),
        ("three of five", ["same", "x", "same", "y", "same"], [1, 3, 5]),
        ("three of six is half", ["same", "x", "same", "y", "same", "z"], []),
        ("four of six", ["same", "x", "same", "y", "same", "same"], [1, 3, 5, 6]),
        ("an empty statement is none", ["", "", ""], []),
        ("who has none needs one too", ["same", "same", "same", "", "", ""], []),
    ],
)
def test_boilerplate_names_every_line_with_the_text(case: str, statements: list[str], expected: list[int]) -> None:
    numbers = range(1, len(statements) + 1)
    context = world(
        sku={"clinical_difference_required": True},
        patients={f"P{number}": a_patient(patient=f"P{number}") for number in numbers},
        prescriptions={
            f"RX{number}": a_prescription(rx=f"RX{number}", patient=f"P{number}", clinical_difference=text)
            for number, text in enumerate(statements, 1)
        },
    )
    lines = [a_line(number=number, patient=f"P{number}", rx=f"RX{number}") for number in numbers]
    found = [one for one in findings(context, *lines) if one.code == "CLINICAL_DIFFERENCE_BOILERPLATE"]
    assert [one.line for one in found] == expected


def test_boilerplate_counts_patients_not_lines() -> None:
    texts = {"clinical_difference": "same", "days_supply": None, "last_filled_on": None}
    context = world(
        sku={"clinical_difference_required": True},
        patients={"P1": a_patient(), "P2": a_patient(patient="P2")},
        prescriptions={
            "RX1": a_prescription(**texts),
            "RX2": a_prescription(rx="RX2", patient="P2", **texts),
        },
    )
    lines = [a_line(), a_line(number=2, patient="P2", rx="RX2"), a_line(number=3)]
    assert "CLINICAL_DIFFERENCE_BOILERPLATE" not in {one.code for one in findings(context, *lines)}


@pytest.mark.parametrize(
    ("case", "change", "line", "fixes"),
    [
        (
            "an unknown prescription where there is one",
            {},
            {"rx": "RX7"},
            [{"rx": "RX1", "quantity": "", "sig": "", "npi": ""}, {"hold": "yes"}],
        ),
        ("none at all", {"prescriptions": {}}, {"rx": "RX7"}, [{"hold": "yes"}]),
        ("directions changed", {}, {"sig": SIG.lower()}, [{"sig": ""}, {"hold": "yes"}]),
        ("too many packs", {}, {"quantity": 5}, [{"quantity": "1"}, {"hold": "yes"}]),
    ],
)
def test_fixes(case: str, change: dict[str, Any], line: dict[str, Any], fixes: list[dict[str, str]]) -> None:
    (found,) = findings(world(**change), a_line(**line))
    assert [dict(fix.change) for fix in found.fixes] == fixes


def test_a_prescription_for_another_sku_can_be_ordered_as_written() -> None:
    stronger = a_sku(sku="SEMA5", concentration_mg_per_ml=Decimal(5))
    context = world(more_skus={"SEMA5": stronger}, rx={"sku": "SEMA5", "last_filled_on": None})
    found = next(one for one in findings(context) if one.code == "RX_SKU_MISMATCH")
    assert [dict(fix.change) for fix in found.fixes] == [{"sku": "SEMA5"}, {"hold": "yes"}]


def test_lines_in_flight_count_whatever_their_state() -> None:
    for state in ("placed", "submitted", "accepted", "on_hold", "compounding"):
        assert LineState(state)
        context = world(rx={"fills": 5}, our_lines=(our_line(state=state),))
        assert "NO_REFILLS" in {one.code for one in findings(context, days=DAYS)}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("Cheaper.", ["B"]),
        ("Lower cost than Wegovy", ["B"]),
        ("The patient cannot afford the brand name drug.", ["B"]),
        ("Not covered by insurance", ["B"]),
        ("Patient's insurance denied the brand", ["B"]),
        ("PA denied", ["B"]),
        ("$199 a month", ["B"]),
        ("Affordability", ["B"]),
        ("cost savings for the patient", ["B"]),
        ("Pt. requests a less expensive option", ["B"]),
        ("High deductible, self-pay", ["B"]),
        ("Financial hardship", ["B"]),
        ("cheaper than Ozempic", ["B"]),
        ("cost - vial instead of pen", ["B"]),
        ("pt can't pay for Zepbound; wants vial", ["B"]),
        ("less expensive than the Wegovy pen", ["B"]),
        ("lower price of vials", ["B"]),
        ("vial costs less, and the pen's preservative gives her a rash", []),
        ("Out-of-pocket cost is too high", ["B"]),
        ("Costs less since the divorce", ["W"]),
        ("Cheaper, and the family moved abroad", ["W"]),
        ("Cheaper; allergic to the preservative of the approved product", []),
        ("Needs a dose between the marketed strengths; also costs less", []),
        ("Cannot use the autoinjector: arthritis of both hands.", []),
        ("Insurance aside: nausea on the fixed dose.", []),
        ("Visual impairment; prefers vials", []),
        ("Lives with a carer who draws it up.", []),
    ],
)
def test_a_price_is_no_clinical_difference(statement: str, expected: list[str]) -> None:
    context = world(sku={"clinical_difference_required": True}, rx={"clinical_difference": statement})
    assert codes(context) == [f"{letter} CLINICAL_DIFFERENCE_MISSING" for letter in expected]


def test_a_price_is_quoted() -> None:
    context = world(sku={"clinical_difference_required": True}, rx={"clinical_difference": "Lower cost."})
    (found,) = findings(context)
    assert found.message == (
        "Prescription RX1 states “Lower cost.”: a price is no clinical difference. Ask the prescriber for what differs "
        "for this patient."
    )
