"""Titration gate (rules.md, section 3). The ladder: 0.25, 0.5, 1, 1.7, 2.4 mg of semaglutide a week."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import Setting
from tests.builders import a_line, a_prescription, a_sku
from tests.validation.world import findings, our_line, world

TITRATION = {"DOSE_START_HIGH", "TITRATION_SKIP", "TITRATION_STALE"}
NEW = {"last_filled_on": None, "first_filled_on": None, "fills": 0, "days_supply": None}


def weekly(mg: str) -> str:
    return f"Inject {mg} mg subcutaneously once weekly."


def titration(context: Any, **line: Any) -> list[str]:
    return [found.code for found in findings(context, a_line(**line)) if found.code in TITRATION]


@pytest.mark.parametrize(
    ("case", "sig", "rx", "expected"),
    [
        ("first step", weekly("0.25"), {}, []),
        ("below it", weekly("0.1"), {}, []),
        ("second step", weekly("0.5"), {}, ["DOSE_START_HIGH"]),
        ("third step", weekly("1"), {}, ["DOSE_START_HIGH"]),
        ("just above the first", weekly("0.26"), {}, ["DOSE_START_HIGH"]),
        ("first step, then up", "Inject 0.25 mg subcutaneously weekly for 4 weeks, then 0.5 mg weekly.", {}, []),
        ("first step twice a week", weekly("0.25").replace("once", "twice"), {}, ["DOSE_START_HIGH"]),
        ("filled elsewhere, no one knows when", weekly("0.5"), {"fills": 1}, ["DOSE_START_HIGH"]),
        ("the same, far above the first step", weekly("1.7"), {"fills": 3}, ["DOSE_START_HIGH"]),
        ("unreadable", "Use as directed.", {}, []),
    ],
)
def test_first_fill(case: str, sig: str, rx: dict[str, Any], expected: list[str]) -> None:
    assert titration(world(rx=NEW | {"sig": sig} | rx), sig=sig) == expected


def test_a_line_that_shipped_is_an_earlier_fill() -> None:
    sig = weekly("0.5")
    ours = our_line(shipped_on=date(2026, 10, 1))
    assert titration(world(rx=NEW | {"sig": sig}, our_lines=(ours,)), sig=sig) == []
    ours = our_line(state="submitted")
    assert titration(world(rx=NEW | {"sig": sig}, our_lines=(ours,)), sig=sig) == ["DOSE_START_HIGH"]


@pytest.mark.parametrize(
    ("case", "old", "new", "first_filled_on", "expected"),
    [
        ("one step after 28 days (ships 12-07)", "0.25", "0.5", date(2026, 11, 9), []),
        ("one step after 27 days", "0.25", "0.5", date(2026, 11, 10), ["TITRATION_SKIP"]),
        ("one step after a year", "0.25", "0.5", date(2025, 12, 1), []),
        ("two steps", "0.25", "1", date(2026, 1, 5), ["TITRATION_SKIP"]),
        ("last but one to last", "1.7", "2.4", date(2026, 1, 5), []),
        ("between two steps counts as the lower", "0.25", "0.9", date(2026, 1, 5), []),
        ("the same step, soon", "0.25", "0.3", date(2026, 11, 20), []),
        ("down two steps, soon", "1.7", "0.5", date(2026, 11, 20), []),
        ("from below the ladder to its first step", "0.1", "0.25", date(2026, 1, 5), []),
        ("from below the ladder to its second", "0.1", "0.5", date(2026, 1, 5), ["TITRATION_SKIP"]),
        ("the old dose is unreadable", "some", "2.4", date(2026, 11, 20), ["DOSE_START_HIGH"]),
    ],
)
def test_steps(case: str, old: str, new: str, first_filled_on: date, expected: list[str]) -> None:
    filled = a_prescription(
        rx="RX0",
        sig=weekly(old),
        written_on=date(2025, 11, 1),
        first_filled_on=first_filled_on,
        last_filled_on=first_filled_on,
        days_supply=14,
    )
    context = world(rx=NEW | {"sig": weekly(new)}, more_prescriptions={"RX0": filled})
    assert titration(context, sig=weekly(new)) == expected


def test_time_at_a_dose_counts_from_its_last_return() -> None:
    def filled(rx: str, mg: str, on: date) -> dict[str, Any]:
        row = a_prescription(
            rx=rx, sig=weekly(mg), written_on=on, first_filled_on=on, last_filled_on=on, days_supply=14
        )
        return {rx: row}

    history = (
        filled("A", "0.25", date(2026, 7, 1))
        | filled("B", "0.5", date(2026, 9, 1))
        | filled("C", "0.25", date(2026, 11, 16))
    )
    context = world(rx=NEW | {"sig": weekly("0.5"), "written_on": date(2026, 12, 1)}, more_prescriptions=history)
    (found,) = (one for one in findings(context, a_line(sig=weekly("0.5"))) if one.code == "TITRATION_SKIP")
    assert found.message == (
        "semaglutide goes up from 0.25 mg to 0.5 mg a week 21 days after the first fill at the old dose "
        "(Mon 16 Nov 2026); expected 28 days or more."
    )


def test_our_own_shipments_are_fills() -> None:
    old = a_prescription(
        rx="RX0", sig=weekly("0.25"), written_on=date(2026, 8, 1), last_filled_on=None, first_filled_on=None
    )
    ours = our_line(rx="RX0", shipped_on=date(2026, 11, 12))
    context = world(rx=NEW | {"sig": weekly("0.5")}, more_prescriptions={"RX0": old}, our_lines=(ours,))
    assert titration(context, sig=weekly("0.5")) == ["TITRATION_SKIP"]


@pytest.mark.parametrize(
    ("case", "other", "expected"),
    [
        ("newer", {"written_on": date(2026, 10, 1)}, ["TITRATION_STALE"]),
        ("older", {"written_on": date(2026, 8, 1)}, []),
        ("the same day, higher number", {"rx": "RX2"}, ["TITRATION_STALE"]),
        ("the same day, lower number", {"rx": "RX0"}, []),
        ("newer, stopped", {"written_on": date(2026, 10, 1), "stopped_on": date(2026, 12, 4)}, []),
        (
            "newer, to be stopped",
            {"written_on": date(2026, 10, 1), "stopped_on": date(2026, 12, 5)},
            ["TITRATION_STALE"],
        ),
        ("dated after the refill day", {"written_on": date(2026, 12, 5)}, []),
        ("newer, of another active", {"written_on": date(2026, 10, 1), "sku": "OTHER"}, []),
        ("newer, another patient's", {"written_on": date(2026, 10, 1), "patient": "P2"}, []),
    ],
)
def test_newer_prescriptions(case: str, other: dict[str, Any], expected: list[str]) -> None:
    rx = a_prescription(
        **{"rx": "RX5", "written_on": date(2026, 9, 1), "last_filled_on": None, "first_filled_on": None} | other
    )
    assert titration(world(more_prescriptions={rx.rx: rx})) == expected


def test_the_newer_prescription_is_one_click_away() -> None:
    newer = a_prescription(rx="RX2", written_on=date(2026, 11, 1), last_filled_on=None, first_filled_on=None)
    (found,) = findings(world(more_prescriptions={"RX2": newer}))
    assert found.message == "Prescription RX2 for SEMA, written on Sun 1 Nov 2026, is newer than RX1 of Tue 1 Sep 2026."
    assert [dict(fix.change) for fix in found.fixes] == [
        {"rx": "RX2", "sku": "SEMA", "quantity": "", "sig": "", "npi": ""}
    ]


@pytest.mark.parametrize(
    ("case", "mg", "filled_on", "expected"),
    [
        # 28 days' supply; the line ships on 7 December.
        ("no gap", "1", date(2026, 11, 9), []),
        ("14 days without it", "1", date(2026, 10, 26), []),
        ("15 days, two steps up", "1", date(2026, 10, 25), ["warning"]),
        ("15 days, one step up", "0.5", date(2026, 10, 25), ["warning"]),
        ("15 days, the first step", "0.25", date(2026, 10, 25), []),
        ("28 days, the last step", "2.4", date(2026, 10, 12), ["warning"]),
        ("29 days, the last step", "2.4", date(2026, 10, 11), ["blocking"]),
        ("29 days, one step up", "0.5", date(2026, 10, 11), ["warning"]),
        ("29 days, between the second step and the third", "0.9", date(2026, 10, 11), ["warning"]),
        ("half a year, two steps up", "1", date(2026, 5, 8), ["blocking"]),
        ("half a year, the first step", "0.25", date(2026, 5, 8), []),
        ("half a year, below the first step", "0.1", date(2026, 5, 8), []),
        ("never filled: a start, no return", "1", None, []),
    ],
)
def test_coming_back_after_a_gap(case: str, mg: str, filled_on: date | None, expected: list[str]) -> None:
    """The old prescription at the same dose, once more; written lately, so that it is in force."""
    context = world(rx={"sig": weekly(mg), "last_filled_on": filled_on, "first_filled_on": filled_on})
    found = [one for one in findings(context, a_line(sig=weekly(mg))) if one.code == "RETITRATION"]
    assert [one.severity.value for one in found] == expected


@pytest.mark.parametrize(
    ("case", "row", "expected"),
    [
        ("the active's own row", ("active:semaglutide", "60"), 0),
        ("another active's row", ("active:tirzepatide", "60"), 1),
        ("the clinic's row", ("clinic", "60"), 0),
    ],
)
def test_the_gap_is_set_for_each_active(case: str, row: tuple[str, str], expected: int) -> None:
    scope, days = row
    setting = Setting(scope=scope, name="retitration_gap_days", value=days, valid_from=date(2026, 1, 1))
    context = world(rx={"sig": weekly("1"), "last_filled_on": date(2026, 10, 1)}, settings=(setting,))
    assert [one.code for one in findings(context, a_line(sig=weekly("1")))].count("RETITRATION") == expected


def test_a_gap_counts_from_the_newest_fill_of_any_prescription_of_the_active() -> None:
    newer = a_prescription(rx="RX0", sku="OTHER", last_filled_on=date(2026, 11, 9), written_on=date(2026, 8, 1))
    parts = {"more_prescriptions": {"RX0": newer}, "more_skus": {"OTHER": a_sku(sku="OTHER")}}
    context = world(rx={"sig": weekly("1"), "last_filled_on": date(2026, 7, 1)}, **parts)
    assert "RETITRATION" not in {one.code for one in findings(context, a_line(sig=weekly("1")))}


def test_the_return_is_said_in_days() -> None:
    context = world(rx={"sig": weekly("1.7"), "last_filled_on": date(2026, 8, 1), "first_filled_on": None})
    (found,) = (one for one in findings(context, a_line(sig=weekly("1.7"))) if one.code == "RETITRATION")
    assert found.message == (
        "The supply of semaglutide ended on Sat 29 Aug 2026, 100 days before this ships; after 14 days without it, "
        "1.7 mg a week asks for titration anew from 0.25 mg."
    )
    assert (found.owner.value, found.severity.value) == ("prescriber", "blocking")


def test_a_start_at_a_higher_step_of_a_plan_offers_the_step_that_is_next() -> None:
    lower = a_prescription(rx="RX2", sig=weekly("0.25"), **NEW)
    context = world(rx=NEW | {"sig": weekly("1")}, more_prescriptions={"RX2": lower})
    (found,) = (one for one in findings(context, a_line(sig=weekly("1"))) if one.code == "DOSE_START_HIGH")
    assert [fix.label for fix in found.fixes] == ["Use prescription RX2, the step that is next", "Hold this line"]
    assert dict(found.fixes[0].change) == {"rx": "RX2", "sku": "SEMA", "quantity": "", "sig": "", "npi": ""}


SECOND = {
    "actives": ("cyanocobalamin", "semaglutide"), "name": "B12 / semaglutide", "strength": "0.5/2.5 mg/mL",
    "concentration_mg_per_ml": Decimal("0.5"),
}  # fmt: skip
"""Semaglutide, which has the ladder, is not the first active: 10 units are 0.25 mg of it."""


@pytest.mark.parametrize(
    ("case", "sig", "expected"),
    [
        ("the first step", "Inject 10 units subcutaneously once weekly.", set()),
        ("the second", "Inject 20 units subcutaneously once weekly.", {"W DOSE_START_HIGH"}),
        ("the third", "Inject 40 units subcutaneously once weekly.", {"B DOSE_START_HIGH"}),
        ("both told", "Inject 0.1 mg B12 / 0.5 mg semaglutide subcutaneously once weekly.", {"W DOSE_START_HIGH"}),
        ("mg of the first alone", "Inject 0.25 mg subcutaneously once weekly.", {"B DOSE_START_HIGH"}),
        ("above the last step", "Inject 98 units subcutaneously weekly.", {"B DOSE_START_HIGH", "B DOSE_OVER_MAX"}),
        ("twice a week", "Inject 10 units subcutaneously twice weekly.", {"W DOSE_START_HIGH", "B DOSE_OVER_MAX"}),
        (
            "two steps at once, within", "Inject 10 units subcutaneously weekly for 4 weeks, then 40 units weekly.",
            {"B TITRATION_SKIP"},
        ),
        (
            "a range of steps", "Inject 10 to 68 units subcutaneously once weekly.",
            {"B TITRATION_SKIP", "B DOSE_START_HIGH"},
        ),
    ],
)  # fmt: skip
def test_a_blend_whose_ladder_is_of_its_second_active(case: str, sig: str, expected: set[str]) -> None:
    context = world(sku=SECOND, rx=NEW | {"sig": sig})
    assert ladder_codes(context, sig=sig) == expected


def ladder_codes(context: Any, **line: Any) -> set[str]:
    shown = findings(context, a_line(**line))
    return {f"{one.severity[0].upper()} {one.code}" for one in shown if one.code in TITRATION | {"DOSE_OVER_MAX"}}


def test_a_blend_that_does_not_tell_how_much_it_holds_is_not_waved_through() -> None:
    sig = "Inject 10 units subcutaneously once weekly."
    context = world(sku=SECOND | {"strength": "0.5 mg/mL"}, rx=NEW | {"sig": sig})
    assert ladder_codes(context, sig=sig) == {"B DOSE_OVER_MAX"}


def test_fills_of_the_drug_alone_count_for_its_blend() -> None:
    sig = "Inject 20 units subcutaneously once weekly."
    alone = a_sku(sku="ALONE")
    filled = a_prescription(
        rx="RX0", sku="ALONE", sig=weekly("0.25"), written_on=date(2026, 8, 1), first_filled_on=date(2026, 8, 1),
        last_filled_on=date(2026, 11, 5), days_supply=28,
    )  # fmt: skip
    context = world(sku=SECOND, rx=NEW | {"sig": sig}, more_prescriptions={"RX0": filled}, more_skus={"ALONE": alone})
    assert ladder_codes(context, sig=sig) == set()
