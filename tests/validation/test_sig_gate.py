"""SIG gate (rules.md, section 3). The clean vial: semaglutide 2.5 mg/mL, 2 mL; its ladder ends at 2.4 mg."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.rules.sig import read
from tests.builders import SIG, a_line, a_pharmacy, a_prescription, a_sku, an_offer, licences
from tests.validation.world import codes, findings, world

TIRZEPATIDE_30 = {"concentration_mg_per_ml": Decimal(30), "actives": ("tirzepatide",), "ingredients": ("tirzepatide",)}
EITHER_ROUTE = {"route": "subcutaneous or intramuscular"}
TESTOSTERONE = {
    "route": "intramuscular",
    "usual_sig": "",
    "concentration_mg_per_ml": Decimal(200),
    "volume_ml": Decimal(10),
    "in_use_days": 180,
    "actives": ("testosterone",),
    "ingredients": ("testosterone",),
}


def with_sig(sig: str, *, rx: dict[str, Any] | None = None, **change: Any) -> list[str]:
    """The findings of the clean line when both it and its prescription say ``sig``."""
    every = codes(world(rx={"sig": sig, "days_supply": None} | (rx or {}), **change), sig=sig)
    return [code for code in every if not code.endswith("RETITRATION")]  # a high dose used the last fill up long ago


@pytest.mark.parametrize(
    ("case", "sig", "sku", "expected"),
    [
        ("clean", SIG, {}, []),
        ("none", "", {}, ["B SIG_MISSING"]),
        ("spaces", " \t\n", {}, ["B SIG_MISSING"]),
        ("as directed", "Use as directed.", {}, ["B SIG_INCOMPLETE"]),
        ("no route, and the SKU has two", "Inject 0.25 mg once weekly.", EITHER_ROUTE, ["B SIG_INCOMPLETE"]),
        ("no route, and the SKU has one", "Inject 0.25 mg once weekly.", {}, []),
        ("no frequency", "Inject 0.25 mg subcutaneously.", {}, ["B SIG_INCOMPLETE"]),
        ("no unit", "Inject 5 subcutaneously once weekly.", {}, ["B SIG_INCOMPLETE"]),
        ("words that could change it", f"{SIG[:-1]}, then double as tolerated.", {}, ["B SIG_INCOMPLETE"]),
        ("words that do not", f"{SIG} Rotate sites.", {}, []),
        ("IU of a drug without its own units", "Inject 500 IU subcutaneously once weekly.", {}, ["B SIG_INCOMPLETE"]),
        (
            "IU of a drug with them",
            "Inject 500 IU (0.5 mL) subcutaneously once weekly.",
            {"drug_units_per_ml": Decimal(1000), "concentration_mg_per_ml": None},
            [],
        ),
        (
            "IU that do not agree",
            "Inject 500 IU (0.6 mL) subcutaneously once weekly.",
            {"drug_units_per_ml": Decimal(1000), "concentration_mg_per_ml": None},
            ["B SIG_DOSE_MISMATCH"],
        ),
        (
            "twice weekly or every two weeks",
            "Inject 0.25 mg (10 units) subcutaneously biweekly.",
            {},
            ["B SIG_AMBIGUOUS"],
        ),
        (
            "three times the dose",
            "Inject 2.5 mg (25 units) subcutaneously once weekly.",
            TIRZEPATIDE_30,
            ["B SIG_DOSE_MISMATCH"],
        ),
        ("half a unit off", "Inject 0.25 mg (10.5 units) subcutaneously once weekly.", {}, []),
        (
            "more than half a unit off",
            "Inject 0.25 mg (10.6 units) subcutaneously once weekly.",
            {},
            ["B SIG_DOSE_MISMATCH"],
        ),
        ("5 % off", "Inject 1 mg (42 units) subcutaneously once weekly.", {}, []),
        ("more than 5 % off", "Inject 1 mg (42.1 units) subcutaneously once weekly.", {}, ["B SIG_DOSE_MISMATCH"]),
        ("5 % below", "Inject 1 mg (38 units) subcutaneously once weekly.", {}, []),
        ("mL off", "Inject 0.25 mg (1 mL) subcutaneously once weekly.", {}, ["B SIG_DOSE_MISMATCH"]),
        (
            "a tablet that does not hold what is stated",
            "Take 1 tablet (5 mg) by mouth once daily.",
            {
                "mg_per_unit": Decimal("0.5"),
                "form": "tablet",
                "volume_ml": None,
                "concentration_mg_per_ml": None,
                "units_per_pack": 30,
                "route": "oral",
                "actives": ("naltrexone",),
            },
            ["B SIG_AMBIGUOUS", "B DOSE_IMPLAUSIBLE"],
        ),
        (
            "mL and units",
            "Inject 0.5 mL (50 units) subcutaneously twice weekly (Monday and Thursday).",
            TESTOSTERONE,
            ["W SIG_NO_MG"],
        ),
        ("units alone", "Inject 10 units subcutaneously once weekly.", {}, ["W SIG_NO_MG"]),
        ("mL alone", "Inject 0.1 mL subcutaneously once weekly.", {}, ["W SIG_NO_MG"]),
        ("drops are not injected", "Take 1 mL by mouth once daily.", {"route": "oral", "actives": ("x",)}, []),
        ("the last step", "Inject 2.4 mg (96 units) subcutaneously once weekly.", {}, []),
        ("above it", "Inject 2.5 mg (100 units) subcutaneously once weekly.", {}, ["B DOSE_OVER_MAX"]),
        ("above it by twice weekly", "Inject 1.25 mg (50 units) subcutaneously twice weekly.", {}, ["B DOSE_OVER_MAX"]),
        ("above it by volume", "Inject 1 mL subcutaneously once weekly.", {}, ["B DOSE_OVER_MAX", "W SIG_NO_MG"]),
        (
            "ambiguous, above it at its higher dose",
            "Inject 1.5 mg (60 units) subcutaneously biweekly.",
            {},
            ["B SIG_AMBIGUOUS", "B DOSE_OVER_MAX"],
        ),
        (
            "above at the second step",
            "Inject 0.25 mg subcutaneously weekly for 4 weeks, then 3 mg weekly.",
            {},
            ["B DOSE_OVER_MAX", "B TITRATION_SKIP"],
        ),
        ("no ladder", "Inject 300 mg (150 units) intramuscularly once weekly.", TESTOSTERONE, []),
        (
            "above the most of a drug without a ladder",
            "Inject 500 mg (250 units) intramuscularly once weekly.",
            TESTOSTERONE,
            ["B DOSE_OVER_MAX"],
        ),
    ],
)
def test_codes(case: str, sig: str, sku: dict[str, Any], expected: list[str]) -> None:
    first_fill = {"fills": 1, "last_filled_on": date(2026, 6, 1), "first_filled_on": date(2026, 6, 1)}
    assert with_sig(sig, sku=sku, rx=first_fill) == expected


@pytest.mark.parametrize(
    ("case", "stated", "quantity", "expected"),
    [
        ("as computed", 28, 1, []),
        ("3 days more", 31, 1, []),
        ("4 days more", 32, 1, ["W SIG_SUPPLY_MISMATCH"]),
        ("3 days less", 25, 1, []),
        ("4 days less", 24, 1, ["W SIG_SUPPLY_MISMATCH"]),
        ("none stated", None, 1, []),
        ("2 packs, 10 % is 5.6 days: 5 more", 61, 2, []),
        ("2 packs, 10 % is 5.6 days: 6 more", 62, 2, ["W SIG_SUPPLY_MISMATCH"]),
        ("2 packs stated as 1", 28, 2, ["W SIG_SUPPLY_MISMATCH"]),
    ],
)
def test_stated_supply(case: str, stated: int | None, quantity: int, expected: list[str]) -> None:
    context = world(rx={"days_supply": stated, "quantity": quantity, "last_filled_on": None})
    assert codes(context, quantity=quantity) == expected


def test_stated_supply_scales_with_the_line() -> None:
    context = world(rx={"days_supply": 84, "quantity": 3, "last_filled_on": None})
    assert codes(context, quantity=1) == []


@pytest.mark.parametrize(
    ("case", "before", "expected"),
    [
        ("the same concentration", "2.5", ["W SIG_NO_MG"]),
        ("twice the concentration", "5", ["B SIG_NO_MG"]),
        ("not known before", None, ["W SIG_NO_MG"]),
    ],
)
def test_units_without_mg_after_another_concentration(case: str, before: str | None, expected: list[str]) -> None:
    sig = "Inject 10 units subcutaneously once weekly."
    old = a_sku(sku="OLD", concentration_mg_per_ml=before and Decimal(before))
    filled = a_prescription(rx="RX0", sku="OLD", sig=sig, written_on=date(2026, 8, 1), last_filled_on=date(2026, 11, 1))
    context = world(
        rx={"sig": sig, "last_filled_on": None, "first_filled_on": None, "fills": 0},
        more_skus={"OLD": old},
        more_prescriptions={"RX0": filled},
    )
    assert [code for code in codes(context, sig=sig) if code.endswith("SIG_NO_MG")] == expected


LONG = SIG + " Rotate sites." * 70


@pytest.mark.parametrize(
    ("case", "length", "limits", "expected"),
    [
        ("500 where 500 fit", 500, {"sig_max_chars": 500}, []),
        ("501", 501, {"sig_max_chars": 500}, ["B SIG_TOO_LONG"]),
        ("1,000 where nobody says", 1000, {}, []),
        ("1,001", 1001, {}, ["B SIG_TOO_LONG"]),
        ("1,001 where the pharmacy says more", 1001, {"sig_max_chars": 5000}, ["B SIG_TOO_LONG"]),
    ],
)
def test_length(case: str, length: int, limits: dict[str, Any], expected: list[str]) -> None:
    sig = LONG[:length] if length <= len(LONG) else LONG.ljust(length, ".")
    found = [code for code in with_sig(sig, pharmacy=limits) if "TOO_LONG" in code]
    assert found == expected


def test_another_pharmacy_takes_longer_directions() -> None:
    two = {"cedar": a_pharmacy(sig_max_chars=60), "oak": a_pharmacy(pharmacy="oak", name="Oak Rx")}
    context = world(
        rx={"sig": f"{SIG} Rotate sites."},
        pharmacies=two,
        offers=(an_offer(), an_offer(pharmacy="oak")),
        licences=licences() + licences("oak"),
    )
    assert codes(context, sig=f"{SIG} Rotate sites.") == []
    (found,) = findings(context, a_line(sig=f"{SIG} Rotate sites.", pharmacy="cedar"))
    assert (found.code, found.message) == (
        "SIG_TOO_LONG",
        "Cedar Compounding: takes directions of 60 characters, these have 67.",
    )
    assert [dict(fix.change) for fix in found.fixes] == [{"pharmacy": ""}, {"hold": "yes"}]


def test_missing_directions_silence_the_gate_but_not_the_others() -> None:
    never = {"last_filled_on": None, "first_filled_on": None, "fills": 0}
    context = world(rx={"sig": "", "days_supply": 900} | never, patient={"phone": "1"})
    assert codes(context, sig="") == ["B SIG_MISSING", "W PHONE_INVALID"]


def test_a_dose_mismatch_names_both_readings_and_chooses_neither() -> None:
    sig = "Inject 2.5 mg (25 units) subcutaneously once weekly."
    (found,) = findings(world(sku=TIRZEPATIDE_30, rx={"sig": sig, "days_supply": None}), a_line(sig=sig))
    assert found.message == (
        "The amounts do not agree at 30 mg/mL: 2.5 mg, which is 0.0833 mL or 8.3333 units; 25 units, which is 7.5 mg "
        "or 0.25 mL (three times the dose)."
    )
    (fix,) = found.fixes
    assert dict(fix.change) == {"hold": "yes"}
    assert fix.label == (
        "Hold, and ask the prescriber which is meant: 2.5 mg, which is 0.0833 mL or 8.3333 units; or 25 units, which "
        "is 7.5 mg or 0.25 mL"
    )


def test_incomplete_directions_name_what_is_missing_and_what_was_not_understood() -> None:
    (found,) = findings(world(rx={"sig": "Use as directed.", "days_supply": None}), a_line(sig="Use as directed."))
    assert found.message == ("The directions do not tell the dose, route, frequency. Not understood: “as”, “directed”.")


def test_ambiguous_directions_say_both_readings() -> None:
    sig = "Inject 0.25 mg (10 units) subcutaneously biweekly."
    (found,) = findings(world(rx={"sig": sig, "days_supply": None}), a_line(sig=sig))
    first, second = read(sig, a_sku()).readings
    assert found.message == f"The directions can be read in 2 ways: {first}; or {second}."


HELD = {"hold": "yes"}


@pytest.mark.parametrize(
    ("case", "sig", "over", "code", "asked"),
    [
        (
            "no mg", "Inject 10 units subcutaneously once weekly.", {}, "SIG_NO_MG",
            ["the same dose, with its mg: Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly."],
        ),
        (
            "not understood", "Use as directed.", {}, "SIG_INCOMPLETE",
            [f"the usual directions of this SKU: {SIG}"],
        ),
        (
            "a part is missing", "Inject 0.5 mg once weekly.", EITHER_ROUTE, "SIG_INCOMPLETE",
            ["the usual directions at 0.5 mg: Inject 0.5 mg (20 units = 0.2 mL) subcutaneously once weekly."],
        ),
        ("nothing usual", "Use as directed.", {"usual_sig": ""}, "SIG_INCOMPLETE", []),
    ],
)  # fmt: skip
def test_directions_to_ask_for_are_offered_and_the_sig_is_left(
    case: str, sig: str, over: dict[str, Any], code: str, asked: list[str]
) -> None:
    found = findings(world(sku=over, rx={"sig": sig, "days_supply": None}), a_line(sig=sig))
    fixes = next(one for one in found if one.code == code).fixes
    offered = [fix for fix in fixes if fix.label != "Hold this line"]
    assert [fix.label for fix in offered] == [f"Hold, and ask the prescriber for {one}" for one in asked]
    assert all(dict(fix.change) == HELD for fix in fixes)


def test_an_ambiguous_sig_is_asked_about_with_both_readings() -> None:
    sig = "Inject 0.25 mg (10 units) subcutaneously biweekly."
    (found,) = findings(world(rx={"sig": sig, "days_supply": None}), a_line(sig=sig))
    first, second = read(sig, a_sku()).readings
    label = f"Hold, and ask the prescriber which is meant: {first}; or {second}"
    assert [(fix.label, dict(fix.change)) for fix in found.fixes] == [(label, HELD)]


def test_the_days_supply_to_state_is_the_prescriptions_own_quantity() -> None:
    context = world(rx={"sig": SIG, "quantity": 2, "days_supply": 200})
    found = next(one for one in findings(context, a_line(sig=SIG, quantity=1)) if one.code == "SIG_SUPPLY_MISMATCH")
    (fix,) = found.fixes
    assert (fix.label, dict(fix.change)) == ("Hold, and ask the prescriber to state 56 days for 2 packs", HELD)


def test_a_held_line_is_not_offered_to_be_held() -> None:
    sig = "Inject 10 units subcutaneously once weekly."
    found = findings(world(rx={"sig": sig, "days_supply": None}), a_line(sig=sig, hold=True))
    assert [(one.code, one.fixes) for one in found if one.code == "SIG_NO_MG"] == [("SIG_NO_MG", ())]
