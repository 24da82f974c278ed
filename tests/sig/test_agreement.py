"""SIG_DOSE_MISMATCH (rules.md, section 3): do the amounts stated of one dose agree?"""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.rules.sig import Disagreement, disagreements, read
from tests.builders import a_sku


def found(sig: str, mg_per_ml: str | None, drug_units_per_ml: str | None = None) -> tuple[Disagreement, ...]:
    sku = a_sku(
        concentration_mg_per_ml=None if mg_per_ml is None else Decimal(mg_per_ml),
        drug_units_per_ml=None if drug_units_per_ml is None else Decimal(drug_units_per_ml),
    )
    return disagreements(read(sig, sku), sku, tolerance_units=Decimal("0.5"), tolerance_share=Decimal("0.05"))


@pytest.mark.parametrize(
    ("case", "dose", "mg_per_ml", "times"),
    [
        ("agrees", "0.25 mg (10 units)", "2.5", []),
        ("three times", "2.5 mg (25 units)", "30", ["three times the dose"]),
        ("ten times", "0.25 mg (100 units)", "2.5", ["ten times the dose"]),
        ("twice, in mL", "0.25 mg (0.2 mL)", "2.5", ["twice the dose"]),
        ("half", "0.5 mg (10 units)", "2.5", ["half the dose"]),
        ("a third", "7.5 mg (8.3333 units)", "30", ["0.33 times the dose"]),
        ("both brackets", "0.25 mg (0.2 mL / 20 units)", "2.5", ["twice the dose", "twice the dose"]),
        ("rounded to a mark", "2.5 mg (8 units)", "30", []),
        ("17 of 16.67 units", "5 mg (17 units)", "30", []),
        ("exactly half a unit above", "0.1 mg (4.5 units)", "2.5", []),
        ("exactly half a unit below", "0.1 mg (3.5 units)", "2.5", []),
        ("just over half a unit", "0.1 mg (4.5001 units)", "2.5", ["1.13 times the dose"]),
        ("just under half a unit less", "0.1 mg (3.4999 units)", "2.5", ["0.87 times the dose"]),
        ("exactly 5 % above", "1 mg (42 units)", "2.5", []),
        ("exactly 5 % below", "1 mg (38 units)", "2.5", []),
        ("just over 5 %", "1 mg (42.0001 units)", "2.5", ["1.05 times the dose"]),
        ("units first, mg in brackets", "25 units (2.5 mg)", "30", ["three times the dose"]),
        ("no brackets but a slash", "2.5 mg/25 units", "30", ["three times the dose"]),
        ("mL against units", "0.5 mL (60 units)", None, ["1.2 times the dose"]),
        ("mL against units, 5 %", "0.5 mL (52.5 units)", None, []),
        ("mg that nothing converts", "0.25 mg (10 units)", None, []),
        ("mcg", "250 mcg (0.25 mg, 10 units)", "2.5", []),
        ("mcg for mg", "0.25 mg (2500 mcg)", "2.5", ["ten times the dose"]),
        ("ranges, end by end", "0.25-0.5 mg (10-20 units)", "2.5", []),
        ("a range against one number", "0.25-0.5 mg (10 units)", "2.5", ["half the dose"]),
        ("a range whose lower end is off", "0.25-0.5 mg (5-20 units)", "2.5", ["half the dose"]),
        ("one amount", "10 units", "2.5", []),
    ],
)
def test_amounts_of_a_dose(case: str, dose: str, mg_per_ml: str | None, times: list[str]) -> None:
    assert [one.times for one in found(f"Inject {dose} subcutaneously once weekly.", mg_per_ml)] == times


def test_both_readings_are_said_and_neither_chosen() -> None:
    (one,) = found("Inject 2.5 mg (25 units) subcutaneously once weekly.", "30")
    assert (one.readings, one.step) == (
        ("2.5 mg, which is 0.0833 mL or 8.3333 units", "25 units, which is 7.5 mg or 0.25 mL"), 1
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "dose", "times"),
    [("agrees", "500 IU (0.5 mL)", []), ("units are the drug's", "500 units (0.5 mL)", []),
     ("twice", "0.5 mL (1000 IU)", ["twice the dose"])],
)  # fmt: skip
def test_drug_units_convert_through_the_sku(case: str, dose: str, times: list[str]) -> None:
    assert [one.times for one in found(f"Inject {dose} subq weekly", None, "1000")] == times


def test_every_step_of_a_titration_is_compared() -> None:
    sig = "Inject 0.25 mg (10 units) weekly for 4 weeks, then 0.5 mg (50 units) weekly, subq"
    assert [(one.step, one.times) for one in found(sig, "2.5")] == [(2, "2.5 times the dose")]
