"""What the prescriber can be asked for: never the directions as they are, never a dose that nobody stated."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from core.rules.sig import proposals, read, usual
from tests.builders import a_sku

TIRZEPATIDE_30 = a_sku(
    name="Tirzepatide 30 mg/mL, 2 mL", concentration_mg_per_ml=Decimal(30), actives=("tirzepatide",),
    usual_sig="Inject 10 mg (33 units) subcutaneously once weekly.",
)  # fmt: skip
SEMAGLUTIDE = a_sku()
EITHER_ROUTE = a_sku(route="subcutaneous or intramuscular")
NOTHING_USUAL = a_sku(usual_sig="")


@pytest.mark.parametrize(
    ("sku", "sig", "asked_for"),
    [
        (TIRZEPATIDE_30, "Inject 2.5 mg (25 units) subcutaneously once weekly.",
         {"if the mg are meant": "Inject 2.5 mg (8.5 units = 0.085 mL) subcutaneously once weekly.",
          "if the units are meant": "Inject 7.5 mg (25 units = 0.25 mL) subcutaneously once weekly."}),
        (SEMAGLUTIDE, "Inject 0.25 mg (10 units) weekly for 4 weeks, then 0.5 mg (50 units) weekly, SC",
         {"if the mg are meant": "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly for 28 days, then "
          "0.5 mg (20 units = 0.2 mL) once weekly.",
          "if the units are meant": "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly for 28 days, then "
          "1.25 mg (50 units = 0.5 mL) once weekly."}),
        (SEMAGLUTIDE, "Inject 10 units subq nightly at bedtime",
         {"the same dose, with its mg": "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once daily at bedtime."}),
        (SEMAGLUTIDE, "Use as directed.", {"the usual directions of this SKU": SEMAGLUTIDE.usual_sig}),
        (SEMAGLUTIDE, "Inject 0.25 mg weekly", {}),
        (EITHER_ROUTE, "Inject 0.25 mg weekly", {"the usual directions at 0.25 mg": SEMAGLUTIDE.usual_sig}),
        (SEMAGLUTIDE, "Inject 1 mg subq biweekly",
         {"the usual directions at 1 mg": "Inject 1 mg (40 units = 0.4 mL) subcutaneously once weekly."}),
        (NOTHING_USUAL, "Use as directed.", {}),
        (SEMAGLUTIDE, "Inject 0.25 mg (10 units) subcutaneously once weekly.", {}),
        (SEMAGLUTIDE, "Inject 5 to 10 units subq weekly", {}),
        (SEMAGLUTIDE, "Inject 10 subq weekly", {}),
    ],
)  # fmt: skip
def test_what_is_proposed(sku: object, sig: str, asked_for: dict[str, str]) -> None:
    found = proposals(read(sig, sku), sku)  # type: ignore[arg-type]
    assert {proposal.when: proposal.text for proposal in found} == asked_for


@pytest.mark.parametrize(
    ("mg", "text"),
    [
        ("0.25", "Inject 0.25 mg (10 units) subcutaneously once weekly."),
        ("2", "Inject 2 mg (80 units = 0.8 mL) subcutaneously once weekly."),
        ("0.001", None),
    ],
)
def test_the_usual_directions_at_a_dose(mg: str, text: str | None) -> None:
    assert usual(Fraction(mg), SEMAGLUTIDE) == text
