"""The due list (rules.md, section 2): which prescription is next, plan by plan and therapy by therapy.

One patient. Doses are weekly mg of semaglutide in one 2.5 mg/mL vial unless a SKU is named; Friday 4 December 2026.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.context import Context
from core.domain.model import Prescription
from core.rules.due_list import due_list
from core.rules.eligibility import earliest_refill
from core.rules.prescriptions import CartRow, completed
from tests.builders import DAYS, FRIDAY, a_prescription, a_sku
from tests.validation.world import codes, our_line, world

NOT_FILLED = {"last_filled_on": None, "first_filled_on": None, "fills": 0}
VISIT = date(2026, 9, 1)
LONG_AGO, LAST_MONTH = date(2026, 10, 9), date(2026, 11, 6)
"""28 days filled last month end on Friday."""

CAPSULE = {"form": "capsule", "route": "oral", "sterile": False, "concentration_mg_per_ml": None, "volume_ml": None,
           "units_per_pack": 30, "cold_chain": False}  # fmt: skip
CREAM = {"form": "cream", "route": "topical", "sterile": False, "cold_chain": False, "actives": ("progesterone",),
         "volume_ml": Decimal(28)}  # fmt: skip
SKUS = {
    "LDN-1.5": a_sku(sku="LDN-1.5", **CAPSULE, mg_per_unit=Decimal("1.5"), actives=("naltrexone",)),
    "LDN-3": a_sku(sku="LDN-3", **CAPSULE, mg_per_unit=Decimal(3), actives=("naltrexone",)),
    "LDN-4.5": a_sku(sku="LDN-4.5", **CAPSULE, mg_per_unit=Decimal("4.5"), actives=("naltrexone",)),
    "PROG-100": a_sku(sku="PROG-100", **CAPSULE, mg_per_unit=Decimal(100), actives=("progesterone",)),
    "PROG-CR": a_sku(sku="PROG-CR", **CREAM),
    "PROG-GEL": a_sku(sku="PROG-GEL", **CREAM | {"form": "gel"}),
    "TADA-5": a_sku(sku="TADA-5", **CAPSULE, mg_per_unit=Decimal(5), actives=("tadalafil",)),
    "TADA-20": a_sku(sku="TADA-20", **CAPSULE, mg_per_unit=Decimal(20), actives=("tadalafil",)),
    "SEMA-5": a_sku(sku="SEMA-5", concentration_mg_per_ml=Decimal(5)),
    "SEMA": a_sku(),
}
DAILY, AS_NEEDED = "Take 1 capsule by mouth once daily.", "Take 1 capsule by mouth once daily as needed."
APPLY = "Apply 1 gram topically once daily."


def weekly(mg: str) -> str:
    return f"Inject {mg} mg subcutaneously once weekly."


def rx(code: str, sig: str, sku: str = "SEMA", **over: Any) -> Prescription:
    """A prescription of the visit, never filled unless it says when; a dose alone is weekly semaglutide."""
    text = weekly(sig) if sig[0].isdigit() else sig
    if over.get("last_filled_on"):
        over = {"fills": 1, "first_filled_on": over["last_filled_on"]} | over
    return a_prescription(**NOT_FILLED | {"rx": code, "sig": text, "sku": sku, "written_on": VISIT} | over)


def clinic(*rows: Prescription, **parts: Any) -> Context:
    return world(skus=SKUS, prescriptions={row.rx: row for row in rows}, **parts)


def due(*rows: Prescription, **parts: Any) -> list[str]:
    return [line.rx for line in due_list(clinic(*rows, **parts), FRIDAY)]


PLAN = (rx("A", "0.25"), rx("B", "0.5"), rx("C", "1"))
FILLED = (rx("A", "0.25", last_filled_on=LAST_MONTH), *PLAN[1:])


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("nothing filled: the first", PLAN, ["A"]),
        ("in whatever order they were written down", PLAN[::-1], ["A"]),
        ("whatever their codes", (rx("Z", "0.25"), rx("M", "0.5"), rx("A", "1")), ["Z"]),
        ("the first filled: the second", FILLED, ["B"]),
        ("the second filled: the third",
         (rx("A", "0.25", last_filled_on=LONG_AGO), rx("B", "0.5", last_filled_on=LAST_MONTH), PLAN[2]), ["C"]),
        ("the last filled: the last again",
         (rx("A", "0.25", last_filled_on=date(2026, 9, 11)), rx("B", "0.5", last_filled_on=LONG_AGO),
          rx("C", "1", last_filled_on=LAST_MONTH)), ["C"]),
        ("the first stopped: the second", (rx("A", "0.25", stopped_on=date(2026, 9, 20)), *PLAN[1:]), ["B"]),
        ("a first step filled under an older prescription",
         (rx("OLD", "0.25", written_on=date(2026, 6, 1), last_filled_on=LAST_MONTH), *PLAN), ["B"]),
        ("a dose between two steps was filled",
         (rx("OLD", "0.4", written_on=date(2026, 6, 1), last_filled_on=LAST_MONTH), *PLAN), ["B"]),
        ("other strengths for the steps",
         (rx("A", "0.25"), rx("B", "0.5", sku="SEMA-5"), rx("C", "1", sku="SEMA-5")), ["A"]),
        ("the next step is another SKU", (FILLED[0], rx("B", "0.5", sku="SEMA-5")), ["B"]),
        ("units beside mg", (rx("A", "Inject 10 units (0.25 mg) subcutaneously weekly."), rx("B", "0.5")), ["A"]),
        ("titration in one text counts by where it leads",
         (rx("A", "Inject 0.25 mg subcutaneously weekly for 4 weeks, then 0.5 mg weekly."), rx("B", "1")), ["A"]),
        ("a later visit for one dose replaces the plan",
         (*FILLED, rx("D", "0.5", written_on=date(2026, 11, 20))), ["D"]),
        ("a later visit for a new plan begins above the last fill",
         (*FILLED, rx("D", "0.25", written_on=date(2026, 11, 20)), rx("E", "0.5", written_on=date(2026, 11, 20))),
         ["E"]),
        ("a plan below the dose taken before begins anew",
         (rx("OLD", "2.4", written_on=date(2026, 6, 1), last_filled_on=date(2026, 11, 6), days_supply=28), *PLAN),
         ["A"]),
        ("a plan after a long gap begins anew",
         (rx("OLD", "0.25", written_on=date(2026, 1, 5), last_filled_on=date(2026, 4, 1), days_supply=28), *PLAN),
         ["A"]),
        ("999 with a space is older than 1000", (rx("RX 999", "0.25"), rx("1000", "0.25")), ["1000"]),
        ("a step dated later is not there yet", (PLAN[0], rx("B", "0.5", written_on=date(2026, 12, 20))), ["A"]),
        ("the same dose twice: the higher code", (rx("RX-999", "0.25"), rx("RX-1000", "0.25")), ["RX-1000"]),
        ("999 is not newer than 1000", (rx("999", "Use as directed."), rx("1000", "0.25")), ["1000"]),
        ("written day after day",
         (rx("A", "0.25"), rx("B", "0.5", written_on=VISIT + timedelta(1)),
          rx("C", "1", written_on=VISIT + timedelta(2))), ["A"]),
        ("the next written two weeks later",
         (rx("A", "0.25", last_filled_on=LAST_MONTH), rx("B", "0.5", written_on=VISIT + timedelta(14))), ["B"]),
        ("step by step over three weeks",
         (rx("A", "0.25"), rx("B", "0.5", written_on=VISIT + timedelta(10)),
          rx("C", "1", written_on=VISIT + timedelta(20))), ["A"]),
        ("a month later it is a new decision",
         (rx("A", "0.25"), rx("B", "0.5", written_on=VISIT + timedelta(30))), ["B"]),
        ("a step that cannot be read is not passed over",
         (rx("A", "0.25", last_filled_on=LAST_MONTH), rx("B", "Use as directed."), rx("C", "1")), ["B"]),
        ("once filled, nobody knows what was taken: the first",
         (rx("A", "0.25", last_filled_on=LONG_AGO), rx("B", "Use as directed.", last_filled_on=LAST_MONTH),
          rx("C", "1")), ["A"]),
        ("an injection as needed is a step as well",
         (rx("A", "0.25", last_filled_on=LAST_MONTH),
          rx("B", "Inject 0.5 mg subcutaneously once weekly as needed."), rx("C", "1")), ["B"]),
        ("without a ladder too: the lowest first",
         (rx("1", DAILY, "LDN-1.5"), rx("2", DAILY, "LDN-3"), rx("3", DAILY, "LDN-4.5")), ["1"]),
        ("without a ladder: the step after the last fill",
         (rx("1", DAILY, "LDN-1.5", last_filled_on=LAST_MONTH), rx("2", DAILY, "LDN-3"), rx("3", DAILY, "LDN-4.5")),
         ["2"]),
    ],
)  # fmt: skip
def test_the_step_that_is_due(case: str, rows: tuple[Prescription, ...], expected: list[str]) -> None:
    assert due(*rows) == expected


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("cream and capsule", (rx("CAP", DAILY, "PROG-100"), rx("CR", APPLY, "PROG-CR")), ["CAP", "CR"]),
        ("cream and gel reach the skin alike: the newer", (rx("1", APPLY, "PROG-CR"), rx("2", APPLY, "PROG-GEL")),
         ["2"]),
        ("daily and as needed", (rx("1", DAILY, "TADA-5"), rx("2", AS_NEEDED, "TADA-20")), ["2", "1"]),
        ("one of them filled, the other due alone",
         (rx("CAP", DAILY, "PROG-100", last_filled_on=date(2026, 12, 1)), rx("CR", APPLY, "PROG-CR")), ["CR"]),
        ("both filled lately", (rx("CAP", DAILY, "PROG-100", last_filled_on=date(2026, 12, 1)),
                                rx("CR", APPLY, "PROG-CR", last_filled_on=date(2026, 12, 1))), []),
        ("both run out", (rx("CAP", DAILY, "PROG-100", last_filled_on=LAST_MONTH),
                          rx("CR", APPLY, "PROG-CR", last_filled_on=LAST_MONTH)), ["CAP", "CR"]),
        ("the capsule stopped, its supply counts against the cream",
         (rx("CAP", DAILY, "PROG-100", last_filled_on=date(2026, 12, 1), stopped_on=date(2026, 12, 2)),
          rx("CR", APPLY, "PROG-CR")), []),
        ("a new capsule for an old one beside the cream",
         (rx("CAP", DAILY, "PROG-100"), rx("CAP2", DAILY, "PROG-100", written_on=date(2026, 11, 1)),
          rx("CR", APPLY, "PROG-CR")), ["CR", "CAP2"]),
        ("daily became as needed, and the daily one was stopped",
         (rx("1", DAILY, "TADA-5", stopped_on=date(2026, 11, 1)), rx("2", AS_NEEDED, "TADA-5")), ["2"]),
        ("advice about calling as needed is no other use",
         (rx("1", DAILY, "TADA-5"), rx("2", f"{DAILY} Call the clinic as needed.", "TADA-5")), ["2"]),
    ],
)  # fmt: skip
def test_each_therapy_is_due_by_itself(case: str, rows: tuple[Prescription, ...], expected: list[str]) -> None:
    assert due(*rows) == expected


def test_a_line_on_its_way_stops_its_own_therapy_alone() -> None:
    rows = (rx("CAP", DAILY, "PROG-100"), rx("CR", APPLY, "PROG-CR"))
    assert due(*rows, our_lines=(our_line(sku="PROG-CR", rx="CR", state="accepted"),)) == ["CAP"]
    assert due(*rows, our_lines=(our_line(sku="PROG-CR", rx="gone", state="accepted"),)) == []
    assert due(*PLAN, our_lines=(our_line(rx="A", state="accepted"),)) == []


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [("nothing filled", PLAN, "A"), ("the first filled", FILLED, "B"), ("one alone", PLAN[2:], "C")],
)
def test_a_line_that_names_no_prescription_takes_the_step_that_is_next(
    case: str, rows: tuple[Prescription, ...], expected: str
) -> None:
    assert completed(CartRow("P1", "SEMA"), 1, clinic(*rows), FRIDAY).rx == expected


@pytest.mark.parametrize(
    ("case", "rows", "line", "expected"),
    [
        ("the first step of a plan", FILLED[:1] + PLAN[1:], "A", []),
        ("the second step of a plan", FILLED, "B", []),
        ("two steps at once", FILLED, "C", ["B TITRATION_SKIP"]),
        ("a first fill at the second step", PLAN, "B", ["W DOSE_START_HIGH"]),
        ("a first fill at the third step", PLAN, "C", ["B DOSE_START_HIGH"]),
        ("a first fill at the first step", PLAN, "A", []),
        ("a plan that a later visit replaced", (*FILLED, rx("D", "0.5", written_on=date(2026, 11, 20))), "A",
         ["W TITRATION_STALE"]),
        ("the same dose twice in one visit", (rx("RX-999", "0.25"), rx("RX-1000", "0.25")), "RX-999",
         ["W TITRATION_STALE"]),
        ("1000 is newer than 999", (rx("RX-999", "0.25"), rx("RX-1000", "0.25")), "RX-1000", []),
        ("cream beside a newer capsule",
         (rx("CR", APPLY, "PROG-CR"), rx("CAP", DAILY, "PROG-100", written_on=date(2026, 11, 1))), "CR", []),
        ("daily beside a newer one as needed",
         (rx("1", DAILY, "TADA-5"), rx("2", AS_NEEDED, "TADA-20", written_on=date(2026, 11, 1))), "1", []),
        ("daily beside a newer daily one",
         (rx("1", DAILY, "TADA-5"), rx("2", DAILY, "TADA-20", written_on=date(2026, 11, 1))), "1",
         ["W TITRATION_STALE"]),
    ],
)  # fmt: skip
def test_what_is_stale(case: str, rows: tuple[Prescription, ...], line: str, expected: list[str]) -> None:
    gate = {"DOSE_START_HIGH", "TITRATION_SKIP", "TITRATION_STALE"}
    row = clinic(*rows).prescriptions[line]
    context = clinic(*(other.model_copy(update={"days_supply": 28}) for other in rows))
    found = codes(context, rx=line, sku=row.sku, sig=row.sig)
    assert [code for code in found if code[2:] in gate] == expected


@pytest.mark.parametrize(
    ("case", "rows", "line", "earliest"),
    [
        ("the cream's fill is not the capsule's",
         (rx("CAP", DAILY, "PROG-100"), rx("CR", APPLY, "PROG-CR", last_filled_on=date(2026, 12, 1))), "CAP", None),
        ("its own fill is",
         (rx("CAP", DAILY, "PROG-100", last_filled_on=date(2026, 12, 1)), rx("CR", APPLY, "PROG-CR")),
         "CAP", date(2026, 12, 22)),
        ("of a cream that was stopped it is",
         (rx("CAP", DAILY, "PROG-100"),
          rx("CR", APPLY, "PROG-CR", last_filled_on=date(2026, 12, 1), stopped_on=date(2026, 12, 2))),
         "CAP", date(2026, 12, 22)),
        ("of a prescription that is a year old it is",
         (rx("CAP", DAILY, "PROG-100"),
          rx("CR", APPLY, "PROG-CR", last_filled_on=date(2026, 12, 1), written_on=date(2025, 11, 1))),
         "CAP", date(2026, 12, 22)),
        ("daily and as needed", (rx("1", DAILY, "TADA-5", last_filled_on=date(2026, 12, 1)),
                                 rx("2", AS_NEEDED, "TADA-20")), "2", None),
        ("a weekly injection and the same as needed",
         (rx("1", "0.25", last_filled_on=date(2026, 12, 1)),
          rx("2", "Inject 0.25 mg subcutaneously once weekly as needed.")), "2", date(2026, 12, 22)),
        ("two daily ones", (rx("1", DAILY, "TADA-5", last_filled_on=date(2026, 12, 1)), rx("2", DAILY, "TADA-20")),
         "2", date(2026, 12, 7)),
    ],
)  # fmt: skip
def test_what_is_too_soon(case: str, rows: tuple[Prescription, ...], line: str, earliest: date | None) -> None:
    context = clinic(*(row.model_copy(update={"days_supply": 28}) for row in rows))
    row = completed(CartRow("P1", context.prescriptions[line].sku, rx=line), 1, context, FRIDAY)
    assert earliest_refill(row, None, context, DAYS) == earliest
