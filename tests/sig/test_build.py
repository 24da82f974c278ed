"""Directions written from their parts: they read back as themselves, and only measurable doses are written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.domain.model import Sku
from core.rules.sig import (
    FREQUENCIES,
    Built,
    Certainty,
    DaysSupply,
    Draft,
    DraftStep,
    SyringeMark,
    TimeOfDay,
    Unbuildable,
    Unit,
    build,
    days_supply,
    disagreements,
    marks,
    read,
)
from tests.builders import a_sku


def a_vial(mg_per_ml: str | None, ml: str = "2", **over: Any) -> Sku:
    return a_sku(concentration_mg_per_ml=mg_per_ml and Decimal(mg_per_ml), volume_ml=Decimal(ml), **over)


SEMAGLUTIDE = a_vial("2.5")
TIRZEPATIDE_30 = a_vial("30", actives=("tirzepatide",))
TESTOSTERONE = a_vial("200", "10", in_use_days=180, actives=("testosterone cypionate",))
DRUG_UNITS = a_vial(None, drug_units_per_ml=Decimal(1000))
NO_STRENGTH = a_vial(None)
TABLETS = a_sku(
    form="tablet", concentration_mg_per_ml=None, volume_ml=None, units_per_pack=30, mg_per_unit=Decimal("0.5"),
    sterile=False, actives=("anastrozole",),
)  # fmt: skip
CREAM = a_vial("20", "30", sterile=False, actives=("testosterone",))
SPRAY = a_sku(volume_ml=None, concentration_mg_per_ml=None, units_per_pack=60, sterile=False)


def a_draft(doses: str, unit: Unit, route: str, frequency: str, **over: Any) -> Draft:
    """``"0.25 for 28, 0.5"``: each dose, and for how many days."""
    steps = []
    for said in doses.split(", "):
        dose, _, days = said.partition(" for ")
        steps.append(DraftStep(Decimal(dose), int(days) if days else None))
    return Draft(tuple(steps), unit, route, frequency, **over)


@pytest.mark.parametrize(
    ("doses", "unit", "route", "frequency", "over", "sku", "text", "lasts"),
    [
        ("0.25", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly.", DaysSupply(28, 4)),
        ("10", Unit.UNITS, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly.", DaysSupply(28, 4)),
        ("0.1", Unit.ML, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly.", DaysSupply(28, 4)),
        ("0.1", Unit.ML, "subcutaneous", "once weekly", {}, NO_STRENGTH,
         "Inject 10 units (0.1 mL) subcutaneously once weekly.", DaysSupply(28, 4)),
        ("250", Unit.MCG, "subcutaneous", "once daily", {"time_of_day": TimeOfDay.BEDTIME}, SEMAGLUTIDE,
         "Inject 250 mcg (10 units = 0.1 mL) subcutaneously once daily at bedtime.", DaysSupply(20, 20)),
        ("0.25 for 28, 0.5 for 28, 1", Unit.MG, "subcutaneous", "once weekly", {}, a_vial("2.5", "4", in_use_days=200),
         ("Inject 0.25 mg (10 units = 0.1 mL) subcutaneously once weekly for 28 days, then 0.5 mg (20 units = 0.2 mL) "
         "once weekly for 28 days, then 1 mg (40 units = 0.4 mL) once weekly."), DaysSupply(105, 15)),
        ("10", Unit.MG, "subcutaneous", "once weekly", {}, TIRZEPATIDE_30,
         "Inject 10 mg (33 units = 0.33 mL) subcutaneously once weekly.", DaysSupply(28, 4)),
        ("100", Unit.MG, "intramuscular", "twice weekly", {"notes": "Rotate sites."}, TESTOSTERONE,
         "Inject 100 mg (0.5 mL) intramuscularly twice weekly. Rotate sites.", DaysSupply(70, 20)),
        ("300", Unit.MG, "intramuscular", "every 2 weeks", {}, TESTOSTERONE,
         "Inject 300 mg (1.5 mL) intramuscularly every 2 weeks.", DaysSupply(84, 6)),
        ("200", Unit.UNITS, "subcutaneous", "once daily", {}, DRUG_UNITS,
         "Inject 200 units (0.2 mL) subcutaneously once daily.", DaysSupply(10, 10)),
        ("1000", Unit.MCG, "intramuscular", "once monthly", {}, a_vial("1", "10"),
         "Inject 1,000 mcg (1 mL) intramuscularly once monthly.", DaysSupply(28, 1)),
        ("0.5", Unit.TABLET, "oral", "twice weekly", {}, TABLETS,
         "Take 1/2 tablet (0.25 mg) by mouth twice weekly.", DaysSupply(210, 60)),
        ("1.5", Unit.TABLET, "oral", "once daily", {}, TABLETS,
         "Take 1 1/2 tablets (0.75 mg) by mouth once daily.", DaysSupply(20, 20)),
        ("1", Unit.TABLET, "oral", "every 8 hours", {"as_needed": True}, TABLETS,
         "Take 1 tablet (0.5 mg) by mouth every 8 hours as needed.", DaysSupply(10, 30)),
        ("0.5", Unit.ML, "topical", "once daily", {}, CREAM,
         "Apply 0.5 mL (10 mg) topically once daily.", DaysSupply(60, 60)),
        ("2", Unit.SPRAY, "nasal", "twice daily", {}, SPRAY, "Use 2 sprays nasally twice daily.", DaysSupply(15, 30)),
    ],
)  # fmt: skip
def test_what_is_written(
    doses: str, unit: Unit, route: str, frequency: str, over: dict[str, Any], sku: Sku, text: str, lasts: DaysSupply
) -> None:
    built = build(a_draft(doses, unit, route, frequency, **over), sku)
    assert isinstance(built, Built), built
    assert (built.text, built.supply, built.reading.certainty) == (text, lasts, Certainty.READ)


@pytest.mark.parametrize(
    ("doses", "unit", "route", "frequency", "over", "sku", "reason"),
    [
        ("0.1", Unit.MG, "subcutaneous", "once weekly", {}, TIRZEPATIDE_30,
         ("0.1 mg is 0.0033 mL (0.3333 syringe units), less than the smallest mark of any syringe (the finest has one "
         "every 0.5 unit). Measurable: 0.15 mg (0.5 syringe units).")),
        ("0.4", Unit.MG, "subcutaneous", "once weekly", {}, TIRZEPATIDE_30,
         ("0.4 mg is 0.0133 mL (1.3333 syringe units), on no mark of any syringe (the finest has one every 0.5 unit). "
         "Measurable: 0.3 mg (1 syringe units) or 0.45 mg (1.5 syringe units).")),
        ("3", Unit.ML, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "3 mL is 3 mL, more than the 2 mL that one container holds."),
        ("12", Unit.ML, "intravenous", "once weekly", {}, a_vial("1", "30"),
         "12 mL is 12 mL (1200 syringe units), more than the largest syringe holds (10 mL)."),
        ("1", Unit.MG, "subcutaneous", "once weekly", {}, NO_STRENGTH,
         "The catalog does not tell the concentration of Semaglutide 2.5 mg/mL, 2 mL: 1 mg is no known volume."),
        ("1e30", Unit.MG, "subcutaneous", "once weekly", {}, a_vial("1"),
         f"1{'0' * 30} mg is 1{'0' * 30} mL, more than the 2 mL that one container holds."),
        ("Infinity", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE, "The dose must be more than 0."),
        ("0", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE, "The dose must be more than 0."),
        ("-1", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE, "The dose must be more than 0."),
        ("NaN", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE, "The dose must be more than 0."),
        ("1", Unit.CAPSULE, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "A dose in capsules cannot be given by the subcutaneous route."),
        ("0.5", Unit.CAPSULE, "oral", "once daily", {}, TABLETS, "A capsule is whole: 0.5 cannot be given."),
        ("0.3", Unit.TABLET, "oral", "once daily", {}, TABLETS, "A tablet can be quartered: 0.3 cannot be given."),
        ("1, 2", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE,
         "Say how many days each dose goes on before the next begins."),
        ("1 for 400", Unit.MG, "subcutaneous", "once weekly", {}, SEMAGLUTIDE, "A step lasts from 1 to 365 days."),
        ("1", Unit.MG, "by the wind", "once weekly", {}, SEMAGLUTIDE, "Choose a route."),
        ("1", Unit.MG, "subcutaneous", "now and then", {}, SEMAGLUTIDE, "Choose a frequency."),
        ("0.25", Unit.MG, "subcutaneous", "twice daily", {"time_of_day": TimeOfDay.BEDTIME}, SEMAGLUTIDE,
         ("These do not go together; they could be read as: inject 0.25 mg twice daily (subcutaneous); or inject "
          "0.25 mg once daily (subcutaneous).")),
        ("0.25", Unit.MG, "subcutaneous", "once weekly", {"notes": "Double the dose if needed."}, SEMAGLUTIDE,
         "Not understood, and it could change the dose: “Double”."),
        ("0.25", Unit.MG, "subcutaneous", "once daily", {"notes": "For 5 days."}, SEMAGLUTIDE,
         "These do not go together: the notes change how often or how long."),
    ],
)  # fmt: skip
def test_what_is_refused_and_what_could_be_given_instead(
    doses: str, unit: Unit, route: str, frequency: str, over: dict[str, Any], sku: Sku, reason: str
) -> None:
    assert build(a_draft(doses, unit, route, frequency, **over), sku) == Unbuildable(reason)


@pytest.mark.parametrize(
    ("ml", "said"),
    [
        ("0.1", ["U-100 syringe, 0.3 mL: draw to 10 units", "U-100 syringe, 0.5 mL: draw to 10 units",
                 "U-100 syringe, 1 mL: draw to 10 units", "U-100 syringe, 0.3 mL, half-unit marks: draw to 10 units",
                 "1 mL syringe: draw to 0.1 mL"]),
        ("0.085", ["U-100 syringe, 0.3 mL, half-unit marks: draw to 8.5 units"]),
        ("0.35", ["U-100 syringe, 0.5 mL: draw to 35 units", "1 mL syringe: draw to 0.35 mL"]),
        ("0.75", ["1 mL syringe: draw to 0.75 mL"]),
        ("0.76", ["U-100 syringe, 1 mL: draw to 76 units", "1 mL syringe: draw to 0.76 mL"]),
        ("1.5", ["3 mL syringe: draw to 1.5 mL"]),
        ("4.4", ["5 mL syringe: draw to 4.4 mL", "10 mL syringe: draw to 4.4 mL"]),
        ("0.001", []),
        ("11", []),
    ],
)  # fmt: skip
def test_which_syringe_measures_a_volume_exactly(ml: str, said: list[str]) -> None:
    assert [str(mark) for mark in marks(Fraction(ml), Fraction(0))] == said


def test_a_muscle_is_not_reached_with_an_insulin_syringe() -> None:
    found = [mark.syringe.name for mark in marks(Fraction(1, 2), Fraction(0), in_units=False)]
    assert found == ["1 mL syringe", "3 mL syringe", "U-100 syringe, 0.5 mL", "U-100 syringe, 1 mL"]


def test_a_mark_near_the_dose_says_how_far_off_it_is_and_a_tie_goes_down() -> None:
    found = [(mark.syringe.name, mark.ml, mark.difference) for mark in marks(Fraction(5, 4), Fraction(1, 20))]
    assert found == [
        ("3 mL syringe", Fraction(6, 5), "4 % less"),
        ("5 mL syringe", Fraction(6, 5), "4 % less"),
        ("10 mL syringe", Fraction(6, 5), "4 % less"),
    ]


EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
HUNDREDTHS = st.integers(1, 100).map(lambda marks: Decimal(marks) / 100)
"""Of a mL: what a syringe has marks for."""
KINDS: tuple[tuple[Sku, Unit, tuple[str, ...], st.SearchStrategy[Decimal]], ...] = (
    (SEMAGLUTIDE, Unit.MG, ("subcutaneous",), HUNDREDTHS.map(lambda ml: ml * Decimal("2.5"))),
    (SEMAGLUTIDE, Unit.MCG, ("subcutaneous",), HUNDREDTHS.map(lambda ml: ml * 2500)),
    (TIRZEPATIDE_30, Unit.MG, ("subcutaneous",), st.sampled_from(list(map(Decimal, ("2.5", "5", "7.5", "10", "15"))))),
    (TESTOSTERONE, Unit.MG, ("intramuscular", "subcutaneous"), st.integers(1, 40).map(lambda tens: Decimal(tens * 10))),
    (TESTOSTERONE, Unit.ML, ("intramuscular", "intravenous"), HUNDREDTHS),
    (NO_STRENGTH, Unit.UNITS, ("subcutaneous",), st.integers(1, 100).map(Decimal)),
    (DRUG_UNITS, Unit.UNITS, ("subcutaneous",), HUNDREDTHS.map(lambda ml: ml * 1000)),
    (DRUG_UNITS, Unit.IU, ("subcutaneous",), HUNDREDTHS.map(lambda ml: ml * 1000)),
    (TABLETS, Unit.TABLET, ("oral", "sublingual", "vaginal"), st.integers(1, 40).map(lambda parts: Decimal(parts) / 4)),
    (TABLETS, Unit.MG, ("oral",), st.integers(1, 40).map(lambda parts: Decimal(parts) / 8)),
    (TABLETS, Unit.CAPSULE, ("oral",), st.integers(1, 9).map(Decimal)),
    (CREAM, Unit.ML, ("topical", "vaginal"), HUNDREDTHS),
    (CREAM, Unit.CLICK, ("topical", "transdermal"), st.integers(1, 8).map(Decimal)),
    (SPRAY, Unit.SPRAY, ("nasal", "sublingual", "topical"), st.integers(1, 4).map(Decimal)),
    (SPRAY, Unit.DROP, ("ophthalmic", "otic", "oral", "sublingual"), st.integers(1, 20).map(Decimal)),
    (SPRAY, Unit.SUPPOSITORY, ("rectal", "vaginal"), st.integers(1, 4).map(lambda halves: Decimal(halves) / 2)),
)
"""What a dose may be, with the routes that it goes by."""


@st.composite
def drafts(draw: st.DrawFn) -> tuple[Draft, Sku]:
    sku, unit, routes, doses = draw(st.sampled_from(KINDS))
    lengths = draw(st.lists(st.integers(1, 365), max_size=3))
    last = draw(st.one_of(st.none(), st.integers(1, 365)))
    steps = tuple(DraftStep(draw(doses), days) for days in (*lengths, last))
    when = draw(st.one_of(st.none(), st.none(), st.sampled_from(list(TimeOfDay))))
    frequency, notes = draw(st.sampled_from(list(FREQUENCIES))), draw(st.sampled_from(("", "Rotate sites.")))
    return Draft(steps, unit, draw(st.sampled_from(routes)), frequency, when, draw(st.booleans()), notes), sku


@EXAMPLES
@given(drafted=drafts())
def test_what_is_built_reads_back_as_itself(drafted: tuple[Draft, Sku]) -> None:
    draft, sku = drafted
    built = build(draft, sku)
    assume(isinstance(built, Built))
    assert isinstance(built, Built)
    reading = read(built.text, sku)
    assert (reading.certainty, reading.missing, reading.unread) == (Certainty.READ, (), ())
    assert (reading.route, reading.as_needed) == (draft.route, draft.as_needed)
    assert [segment.days for segment in reading.segments] == [step.days for step in draft.steps]
    assert {segment.per_week.high for segment in reading.segments if segment.per_week} == {FREQUENCIES[draft.frequency]}
    assert not disagreements(reading, sku, tolerance_units=Decimal("0.5"), tolerance_share=Decimal("0.05"))
    for segment, measured, step in zip(reading.segments, built.steps, draft.steps, strict=True):
        assert segment.dose is not None
        exact = draft.unit.is_piece or draft.unit in {Unit.MG, Unit.MCG, Unit.IU} or not measured.marks
        if segment.dose.unit is draft.unit and exact:
            assert segment.dose.high == Fraction(step.dose)


def test_most_of_what_is_drafted_can_be_built() -> None:
    """Else the properties around here would be about nothing."""
    found = [
        build(Draft((DraftStep(dose),), unit, route, "once weekly"), sku)
        for sku, unit, routes, _ in KINDS
        for route in routes
        for dose in (Decimal(1), Decimal(2))
    ]
    assert sum(isinstance(one, Built) for one in found) > len(found) * 0.7


@EXAMPLES
@given(drafted=drafts())
def test_every_mark_is_within_the_tolerance_of_the_dose(drafted: tuple[Draft, Sku]) -> None:
    built = build(*drafted)
    found: list[SyringeMark] = [mark for one in built.steps for mark in one.marks] if isinstance(built, Built) else []
    assert all(abs(mark.off) <= Fraction(1, 20) and 0 < mark.ml <= mark.syringe.holds_ml for mark in found)


@EXAMPLES
@given(
    units=st.integers(1, 50), factor=st.integers(2, 9), frequency=st.sampled_from(list(FREQUENCIES)),
    packs=st.integers(1, 4),
)  # fmt: skip
def test_a_dose_and_a_vial_times_as_large_last_the_same(units: int, factor: int, frequency: str, packs: int) -> None:
    def days(scale: int) -> int:
        sku = a_vial("2.5", str(10 * scale), in_use_days=365)
        draft = Draft((DraftStep(Decimal(units * scale) / 100),), Unit.ML, "subcutaneous", frequency)
        built = build(draft, sku, packs, share=Decimal(1))
        assume(isinstance(built, Built))
        assert isinstance(built, Built)
        lasts = days_supply(read(f"Inject {units * scale} units subcutaneously {frequency}.", sku), sku, packs)
        assert lasts is not None
        return lasts

    assert days(1) == days(factor)


@EXAMPLES
@given(tablets=st.integers(1, 8), factor=st.integers(2, 6))
def test_scaling_a_dose_scales_the_supply(tablets: int, factor: int) -> None:
    def days(dose: int) -> int:
        sku = TABLETS.model_copy(update={"units_per_pack": tablets * factor * 7})
        built = build(Draft((DraftStep(Decimal(dose)),), Unit.TABLET, "oral", "once daily"), sku)
        assert isinstance(built, Built)
        assert built.supply is not None
        return built.supply.days

    assert (days(tablets), days(tablets * factor)) == (7 * factor, 7)
