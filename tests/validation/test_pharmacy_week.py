"""Scenes from a pharmacy's week: what is prescribed and was filled, the line that staff add, and every finding of it.

One patient; Friday 4 December 2026. A dose alone is weekly semaglutide of 2.5 mg/mL; ``ago`` counts days.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import Prescription
from tests.builders import FRIDAY, a_line, a_sku, an_offer
from tests.test_due_list import SKUS as PLAIN_SKUS
from tests.test_due_list import rx
from tests.validation.world import findings, our_line, short, world

SUPPLY = "SIG_SUPPLY_MISMATCH"
"""Stated supplies are the builder's and not the scene's."""


def ago(days: int) -> date:
    return FRIDAY - timedelta(days=days)


def filled(code: str, sig: str, days: int, sku: str = "SEMA", **over: Any) -> Prescription:
    """A prescription written 70 days ago and filled so many days ago for 28 days."""
    return rx(code, sig, sku, **{"written_on": ago(max(days, 70)), "last_filled_on": ago(days)} | over)


def new(code: str, sig: str, sku: str = "SEMA", **over: Any) -> Prescription:
    return rx(code, sig, sku, **{"written_on": ago(3)} | over)


def _vial(code: str, active: str, mg_per_ml: str, **over: Any) -> dict[str, Any]:
    return {code: a_sku(sku=code, name=code, actives=(active,), concentration_mg_per_ml=Decimal(mg_per_ml), **over)}


SKUS = (
    PLAIN_SKUS
    | _vial("TIRZ", "tirzepatide", "10")
    | _vial("TIRZ-NC", "tirzepatide", "10", therapy_class="")
    | _vial("SEMA-NC", "semaglutide", "2.5", therapy_class="")
    | _vial("LIRA-NC", "liraglutide", "6", therapy_class="")
    | _vial("SERM-NC", "sermorelin acetate", "3", therapy_class="")
    | _vial("TESTO", "testosterone cypionate", "200", route="intramuscular", therapy_class="androgen")
    | _vial("T-CREAM", "testosterone", "20", route="topical", form="cream", sterile=False, cold_chain=False,
            therapy_class="androgen")
    | {"B12-SEMA": a_sku(sku="B12-SEMA", name="B12 / semaglutide", actives=("cyanocobalamin", "semaglutide"),
                         strength="0.5/2.5 mg/mL", concentration_mg_per_ml=Decimal("0.5")),
       "TADA-10": PLAIN_SKUS["TADA-5"].model_copy(update={"sku": "TADA-10", "mg_per_unit": Decimal(10)}),
       "SILD": a_sku(sku="SILD", name="Sildenafil", form="troche", route="sublingual", sterile=False, cold_chain=False,
                     concentration_mg_per_ml=None, volume_ml=None, units_per_pack=30, mg_per_unit=Decimal(50),
                     actives=("sildenafil",), therapy_class="PDE5")}
)  # fmt: skip
TIRZ = "Inject 2.5 mg subcutaneously once weekly."
DAILY, AS_NEEDED = (
    "Dissolve 1 troche under the tongue once daily.",
    "Dissolve 1 troche under the tongue as needed, at most once daily.",
)
CAPSULE, CAPSULE_AS_NEEDED = "Take 1 capsule by mouth once daily.", "Take 1 capsule by mouth as needed, max once daily."
MUSCLE, CREAM = "Inject 100 mg intramuscularly once weekly.", "Apply 0.5 mL topically once daily."

Scene = tuple[str, tuple[Prescription, ...], str, set[str]]
TITRATION: tuple[Scene, ...] = (
    ("a step up", (filled("A", "0.25", 30, first_filled_on=ago(60)), new("B", "0.5")), "B", set()),
    ("two steps", (filled("A", "0.25", 30), new("B", "1")), "B", {"B TITRATION_SKIP"}),
    ("to the last step", (filled("A", "0.25", 30), new("B", "2.4")), "B", {"B TITRATION_SKIP"}),
    ("within directions", (filled("A", "0.25", 30), new("B", "Inject 0.25 mg subcutaneously weekly for 4 weeks, then "
     "increase to 2.4 mg weekly.", days_supply=None)), "B", {"B TITRATION_SKIP"}),
    ("a range of every step", (filled("A", "0.25", 30), new("B", "0.25-2.4")), "B", {"B TITRATION_SKIP"}),
    ("up to the last step", (filled("A", "0.25", 30), new("B", "Inject up to 2.4 mg subcutaneously weekly.")), "B",
     {"B TITRATION_SKIP"}),
    ("three steps in one visit, the last one first", (new("A", "0.25"), new("B", "0.5"), new("C", "1")), "C",
     {"B DOSE_START_HIGH"}),
    ("the plan's first step", (new("A", "0.25"), new("B", "0.5"), new("C", "1")), "A", set()),
    ("the vial's dose in its blend", (filled("A", "0.25", 30, first_filled_on=ago(60)), new("B", "Inject 0.05 mg B12 / "
     "0.25 mg semaglutide subcutaneously once weekly.", "B12-SEMA")), "B", set()),
    ("four times the vial's dose in a blend", (filled("A", "0.25", 30), new("B", "Inject 0.2 mg B12 / 1 mg semaglutide "
     "subcutaneously once weekly.", "B12-SEMA")), "B", {"B TITRATION_SKIP"}),
    ("the blend beside the vial's supply", (filled("A", "0.25", 10), new("B", "Inject 0.05 mg B12 / 0.25 mg semaglutide"
     " subcutaneously once weekly.", "B12-SEMA")), "B", {"B REFILL_TOO_SOON"}),
)  # fmt: skip
GAPS: tuple[Scene, ...] = (
    ("17 days without, first step", (filled("A", "0.25", 45),), "A", set()),
    ("17 days without, third step", (filled("A", "1", 45),), "A", {"W RETITRATION"}),
    ("32 days without, second step", (filled("A", "0.5", 60),), "A", {"W RETITRATION"}),
    ("32 days without, third step", (filled("A", "1", 60),), "A", {"B RETITRATION"}),
    ("four months without, by a new prescription", (filled("A", "1.7", 150), new("B", "1.7")), "B", {"B RETITRATION"}),
    ("four months without, by a blend", (filled("A", "1.7", 150), new("B", "Inject 0.34 mg B12 / 1.7 mg semaglutide "
     "subcutaneously once weekly.", "B12-SEMA")), "B", {"B RETITRATION"}),
    ("a long gap, then a low fill, then the old dose",
     (filled("A", "1.7", 150), filled("B", "0.25", 30, written_on=ago(40)), new("C", "1.7")), "C",
     {"B TITRATION_SKIP"}),
    ("back from another drug at a high dose", (filled("A", TIRZ, 40, "TIRZ"), new("B", "2.4")), "B",
     {"B DOSE_START_HIGH"}),
    ("the old dose is not readable", (filled("A", "Use as directed.", 150), new("B", "1.7")), "B",
     {"B DOSE_START_HIGH", "B RETITRATION"}),
)  # fmt: skip
TOGETHER: tuple[Scene, ...] = (
    ("as needed beside daily of one SKU", (filled("A", DAILY, 5, "SILD"), new("B", AS_NEEDED, "SILD")), "B",
     {"W THERAPY_SWITCH"}),
    ("a second one as needed", (filled("A", AS_NEEDED, 5, "SILD"), new("B", AS_NEEDED, "SILD")), "B",
     {"B REFILL_TOO_SOON"}),
    ("as needed of another strength", (filled("A", CAPSULE, 5, "TADA-5"), new("B", CAPSULE_AS_NEEDED, "TADA-20")), "B",
     {"W THERAPY_SWITCH"}),
    ("an injection as needed beside the weekly one", (filled("A", "0.25", 5), new("B", "Inject 0.25 mg subcutaneously "
     "as needed, at most once weekly.")), "B", {"B REFILL_TOO_SOON"}),
    ("cream begun beside the injection", (filled("A", MUSCLE, 5, "TESTO"), new("B", CREAM, "T-CREAM")), "B",
     {"W THERAPY_SWITCH"}),
    ("another drug of the class", (filled("A", TIRZ, 5, "TIRZ"), new("B", "0.25")), "B", {"W THERAPY_SWITCH"}),
    ("the catalog tells neither's class", (filled("A", TIRZ, 5, "TIRZ-NC"), new("B", "0.25", "SEMA-NC")), "B",
     {"W THERAPY_SWITCH"}),
    ("the catalog tells the class of one", (filled("A", TIRZ, 5, "TIRZ"), new("B", "0.25", "SEMA-NC")), "B",
     {"W THERAPY_SWITCH"}),
    ("a class that no SKU of the catalog has",
     (filled("A", "Inject 0.6 mg subcutaneously daily.", 5, "LIRA-NC"), new("B", "0.25")), "B", {"W THERAPY_SWITCH"}),
    ("no class anybody knows", (filled("A", "Inject 0.3 mg subcutaneously nightly.", 5, "SERM-NC"), new("B", "0.25")),
     "B", set()),
)  # fmt: skip
SUPPLIES: tuple[tuple[str, dict[str, Any], set[str]], ...] = (
    ("28 days stated and computed", {"days_supply": 28, "last_filled_on": ago(28)}, set()),
    ("no days stated: it states nothing", {"days_supply": 0, "last_filled_on": ago(8)}, {"B REFILL_TOO_SOON"}),
    ("a day stated for four weeks", {"days_supply": 1, "last_filled_on": ago(8)}, {f"B {SUPPLY}"}),
    ("a week stated for four", {"days_supply": 7, "last_filled_on": ago(8)}, {f"B {SUPPLY}"}),
    ("half stated", {"days_supply": 14, "last_filled_on": ago(15)}, {f"W {SUPPLY}"}),
    ("filled once, and only the first day told",
     {"last_filled_on": None, "first_filled_on": ago(3), "fills": 1}, {"B REFILL_TOO_SOON"}),
    ("the first fill after the last", {"last_filled_on": ago(40), "first_filled_on": ago(3)}, {"B REFILL_TOO_SOON"}),
    ("fills of which nobody knows the day", {"last_filled_on": None, "first_filled_on": None, "fills": 3},
     {"W REFILL_TOO_SOON"}),
    ("a last fill in the future", {"last_filled_on": date(2062, 1, 1)}, {"B REFILL_TOO_SOON"}),
    ("a last fill in another century", {"last_filled_on": date(1926, 11, 6)}, set()),
    ("written in the future", {"written_on": date(2062, 1, 1)}, {"B RX_EXPIRED"}),
    ("stopped before it ships", {"stopped_on": date(2026, 12, 7)}, {"B RX_EXPIRED"}),
    ("refills used up", {"refills": 2, "fills": 3}, {"B NO_REFILLS"}),
)  # fmt: skip
"""The clean prescription of 0.25 mg a week, with other dates and supplies."""


@pytest.mark.parametrize(("case", "told", "expected"), SUPPLIES)
def test_what_a_prescription_says_of_its_fills(case: str, told: dict[str, Any], expected: set[str]) -> None:
    assert {found.partition(" ")[2] for found in short(findings(world(rx=told)))} == expected


PEOPLE: tuple[tuple[str, dict[str, Any], set[str]], ...] = (
    ("18 on the day it ships", {"born_on": date(2008, 12, 7)}, set()),
    ("18 the day after", {"born_on": date(2008, 12, 8)}, {"B UNDER_AGE"}),
    ("born this week", {"born_on": date(2026, 12, 1)}, {"B BIRTH_DATE_DOUBTFUL", "B UNDER_AGE"}),
    ("born in 1900", {"born_on": date(1900, 1, 1)}, {"B BIRTH_DATE_DOUBTFUL"}),
    ("born tomorrow", {"born_on": date(2026, 12, 5)}, {"B PATIENT_INCOMPLETE"}),
    ("a state written out", {"state": "Texas"}, set()),
    ("another state's ZIP code", {"zip": "90001"}, {"B STATE_ZIP_MISMATCH"}),
    ("a cold box to a post office box", {"address1": "PO Box 12"}, {"B PO_BOX"}),
    ("deceased, by the name", {"last_name": "Rivera (deceased)"}, {"B PATIENT_INCOMPLETE"}),
    ("pregnant, by the name", {"first_name": "Ana - pregnant"}, {"B PATIENT_INCOMPLETE"}),
    ("inactive", {"active": False}, {"B RX_EXPIRED"}),
    ("allergic to none but this", {"allergies": ("NKDA except semaglutide",)}, {"B ALLERGY"}),
    ("allergic to its short name", {"allergies": ("sema",)}, {"B ALLERGY"}),
    ("allergic to another of the class", {"allergies": ("Victoza",)}, {"W ALLERGY_POSSIBLE"}),
    ("allergies refused", {"allergies": ("refused",)}, {"W ALLERGIES_UNKNOWN"}),
    ("an allergy that nobody knows", {"allergies": ("blorfen",)}, {"W ALLERGY_UNRECOGNIZED"}),
)


@pytest.mark.parametrize(("case", "patient", "expected"), PEOPLE)
def test_who_it_is_for(case: str, patient: dict[str, Any], expected: set[str]) -> None:
    assert {found.partition(" ")[2] for found in short(findings(world(patient=patient)))} == expected


def codes_of(rows: tuple[Prescription, ...], *codes: str, **parts: Any) -> set[str]:
    """``B RX_EXPIRED`` of every line: of a prescription each, in this order."""
    by_code = {row.rx: row for row in rows}
    context = world(skus=SKUS, prescriptions=by_code, offers=tuple(an_offer(sku=sku) for sku in SKUS), **parts)
    lines = [
        a_line(number=number, rx=code, sku=by_code[code].sku, sig=by_code[code].sig)
        for number, code in enumerate(codes, 1)
    ]
    return {found.partition(" ")[2] for found in short(findings(context, *lines)) if SUPPLY not in found}


@pytest.mark.parametrize(("case", "rows", "line", "expected"), [*TITRATION, *GAPS, *TOGETHER])
def test_a_line_of_the_week(case: str, rows: tuple[Prescription, ...], line: str, expected: set[str]) -> None:
    assert codes_of(rows, line) == expected


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("two steps of a plan", (new("A", "0.25"), new("B", "0.5")), {"B SUSPECTED_DUPLICATE", "W DOSE_START_HIGH"}),
        ("daily and as needed", (new("A", DAILY, "SILD"), new("B", AS_NEEDED, "SILD")), {"B SUSPECTED_DUPLICATE"}),
        (
            "daily and as needed, two strengths", (new("A", CAPSULE, "TADA-5"), new("B", CAPSULE_AS_NEEDED, "TADA-20")),
            {"W DUPLICATE_THERAPY"},
        ),
        ("injection and cream", (new("A", MUSCLE, "TESTO"), new("B", CREAM, "T-CREAM")), {"W DUPLICATE_THERAPY"}),
        ("two of no class", (new("A", TIRZ, "TIRZ-NC"), new("B", "0.25", "SEMA-NC")), {"W DUPLICATE_THERAPY"}),
        ("a blend and its vial", (new("B", "Inject 10 units subcutaneously weekly.", "B12-SEMA"), new("A", "0.25")),
         {"W DUPLICATE_THERAPY", "W SIG_NO_MG", "W TITRATION_STALE"}),
    ],
)  # fmt: skip
def test_two_lines_of_one_cart(case: str, rows: tuple[Prescription, ...], expected: set[str]) -> None:
    assert codes_of(rows, *(row.rx for row in rows)) == expected


@pytest.mark.parametrize(
    ("case", "state", "shipped", "expected"),
    [
        ("the first step is on its way", "submitted", None, {"B SUSPECTED_DUPLICATE", "W DOSE_START_HIGH"}),
        ("it shipped three days ago", "shipped", ago(3), {"B REFILL_TOO_SOON", "W TITRATION_SKIP"}),
    ],
)
def test_the_next_step_too_soon(case: str, state: str, shipped: date | None, expected: set[str]) -> None:
    ours = our_line(rx="A", state=state, placed_on=ago(4), shipped_on=shipped)
    assert codes_of((new("A", "0.25"), new("B", "0.5")), "B", our_lines=(ours,)) == expected


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        ("more than is taken", (new("A", CAPSULE, "TADA-5"), new("B", CAPSULE_AS_NEEDED, "TADA-20")),
         "; together they are 25 mg of tadalafil a day; the most is 20 mg (Cialis label, 2.1: 20 mg, once a day)"),
        ("no more than is taken", (new("A", CAPSULE, "TADA-5"), new("B", CAPSULE_AS_NEEDED, "TADA-10")), ""),
        ("a drug that no table has", (new("A", TIRZ, "TIRZ"), new("B", "0.25")), ""),
    ],
)  # fmt: skip
def test_two_lines_together(case: str, rows: tuple[Prescription, ...], expected: str) -> None:
    cart = [a_line(number=place, rx=row.rx, sku=row.sku, sig=row.sig) for place, row in enumerate(rows, 1)]
    context = world(
        skus=SKUS, prescriptions={row.rx: row for row in rows}, offers=tuple(an_offer(sku=code) for code in SKUS)
    )
    said = [one.message for one in findings(context, *cart) if one.code == "DUPLICATE_THERAPY"]
    assert [message.partition("patient P1")[2] for message in said] == [f"{expected}: confirm that both are meant."]
