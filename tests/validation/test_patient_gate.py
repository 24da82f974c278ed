"""Patient gate (rules.md, section 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.domain.model import Setting
from core.rules.validation.allergens import matches
from tests.validation.world import codes, findings, world


@pytest.mark.parametrize(
    ("case", "patient", "expected"),
    [
        ("no first name", {"first_name": ""}, ["B PATIENT_INCOMPLETE"]),
        ("no last name", {"last_name": " "}, ["B PATIENT_INCOMPLETE"]),
        ("no date of birth", {"born_on": None}, ["B PATIENT_INCOMPLETE"]),
        ("born today", {"born_on": date(2026, 12, 4)}, ["B BIRTH_DATE_DOUBTFUL", "B UNDER_AGE"]),
        ("born yesterday", {"born_on": date(2026, 12, 3)}, ["B BIRTH_DATE_DOUBTFUL", "B UNDER_AGE"]),
        ("a year old when it ships", {"born_on": date(2025, 12, 7)}, ["B UNDER_AGE"]),
        ("a day younger than that", {"born_on": date(2025, 12, 8)}, ["B BIRTH_DATE_DOUBTFUL", "B UNDER_AGE"]),
        ("17 when it ships", {"born_on": date(2008, 12, 8)}, ["B UNDER_AGE"]),
        ("18 when it ships", {"born_on": date(2008, 12, 7)}, []),
        ("born on a leap day, 17", {"born_on": date(2012, 2, 29)}, ["B UNDER_AGE"]),
        ("109 when it ships", {"born_on": date(1916, 12, 8)}, []),
        ("110 when it ships", {"born_on": date(1916, 12, 7)}, ["B BIRTH_DATE_DOUBTFUL"]),
        ("born in 1900", {"born_on": date(1900, 1, 1)}, ["B BIRTH_DATE_DOUBTFUL"]),
        ("born in 1899", {"born_on": date(1899, 12, 31)}, ["B BIRTH_DATE_DOUBTFUL"]),
        ("born in the year 1", {"born_on": date(1, 1, 1)}, ["B BIRTH_DATE_DOUBTFUL"]),
        ("born tomorrow", {"born_on": date(2026, 12, 5)}, ["B PATIENT_INCOMPLETE"]),
        ("no sex", {"sex": ""}, ["B PATIENT_INCOMPLETE"]),
        ("a sex that nobody knows", {"sex": "?"}, ["B PATIENT_INCOMPLETE"]),
        ("a mark for a name", {"first_name": "-"}, ["B PATIENT_INCOMPLETE"]),
        ("a placeholder for a name", {"last_name": "TBD"}, ["B PATIENT_INCOMPLETE"]),
        ("another placeholder", {"first_name": "Unknown"}, ["B PATIENT_INCOMPLETE"]),
        ("two of them in one cell", {"first_name": "Test Patient"}, ["B PATIENT_INCOMPLETE"]),
        ("numbered", {"first_name": "TEST2"}, ["B PATIENT_INCOMPLETE"]),
        ("a remark in the name", {"last_name": "Rivera - DECEASED"}, ["B PATIENT_INCOMPLETE"]),
        ("a remark in brackets", {"last_name": "Rivera (inactive)"}, ["B PATIENT_INCOMPLETE"]),
        ("a remark before the name", {"first_name": "DO NOT USE Ana"}, ["B PATIENT_INCOMPLETE"]),
        ("a duplicate", {"first_name": "Ana (dup)"}, ["B PATIENT_INCOMPLETE"]),
        ("names with such letters", {"first_name": "Dupree", "last_name": "Demos"}, []),
        ("names that look like placeholders", {"first_name": "Na", "last_name": "Null"}, []),
        ("sex u", {"sex": "u"}, []),
        ("no phone: incomplete, not wrong", {"phone": ""}, ["B PATIENT_INCOMPLETE"]),
        ("no such area code", {"phone": "555-555-5555"}, ["W PHONE_INVALID"]),
        ("a British phone", {"phone": "+44 20 7946 0958"}, ["W PHONE_INVALID"]),
        ("no e-mail", {"email": ""}, []),
        ("nobody asked about allergies", {"allergies": None}, ["W ALLERGIES_UNKNOWN"]),
        ("none", {"allergies": ()}, []),
        ("to something else", {"allergies": ("penicillin",)}, []),
        ("to the drug", {"allergies": ("Semaglutide",)}, ["B ALLERGY"]),
        ("to its brand", {"allergies": ("penicillin", "Ozempic")}, ["B ALLERGY"]),
    ],
)
def test_codes(case: str, patient: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(patient=patient)) == expected


@pytest.mark.parametrize(
    ("allergy", "ingredient", "match"),
    [
        ("sesame", "sesame oil", True),
        ("sesame seeds", "Sesame Oil NF", True),
        ("sesame oil", "sesame", True),
        ("cotton seed", "cottonseed oil", True),
        ("cottonseed oil", "grapeseed oil", False),
        ("grape seed", "grapeseed oil", True),
        ("peanuts", "arachis oil", True),
        ("soy", "soybean oil", True),
        ("coconut", "MCT oil", True),
        ("benzyl alcohol", "benzyl alcohol 0.9 %", True),
        ("benzyl alcohol", "benzyl benzoate", False),
        ("benzyl alcohol", "alcohol", False),
        ("alcohol", "benzyl alcohol", True),
        ("B12", "cyanocobalamin", True),
        ("vitamin B-12", "hydroxocobalamin", True),
        ("cobalamin", "methylcobalamin", True),
        ("cyanocobalamin", "hydroxocobalamin", True),
        ("vitamin a", "vitamin B12", False),
        ("B6", "methylcobalamin", False),
        ("B6", "pyridoxine HCl", True),
        ("sulfa", "magnesium sulfate", False),
        ("sulfa drugs", "zinc sulfate", False),
        ("sulfa", "sodium metabisulfite", False),
        ("sulfa", "sulfamethoxazole", True),
        ("Sulpha", "sulfadiazine", True),
        ("sulfites", "sodium metabisulfite", True),
        ("sulfate", "magnesium sulfate", True),
        ("parabens", "methylparaben", True),
        ("PEG", "polyethylene glycol 400", True),
        ("lidocaine (hives)", "lidocaine HCl", True),
        ("severe allergy to testosterone cypionate", "testosterone cypionate", True),
        ("penicillin and sesame", "sesame oil", True),
        ("Testosterone", "methyltestosterone", False),
        ("rice", "licorice", False),
        ("nut", "coconut oil", False),
        ("egg", "veggie capsule", False),
        ("milk sugar", "lactose", True),
        ("milk", "lactose monohydrate", True),
        ("dairy", "lactose", True),
        ("nuts", "peanut oil", True),
        ("tree nuts", "sweet almond oil", True),
        ("nuts", "coconut oil", False),
        ("nutmeg", "peanut oil", False),
        ("corn", "pregelatinized corn starch", True),
        ("corn", "acorn squash", False),
        ("pork", "gelatin", True),
        ("pork", "thyroid USP", True),
        ("pork", "levothyroxine sodium", False),
        ("alpha-gal syndrome", "gelatin", True),
        ("eggs", "lecithin", True),
        ("soy lecithin", "lecithin", True),
        ("shellfish", "glucosamine sulfate", True),
        ("red dye", "FD&C Red No. 40", True),
        ("FD&C Red 40", "FD&C Yellow No. 5", False),
        ("tartrazine", "FD&C Yellow No. 5", True),
        ("GLP-1", "tirzepatide", True),
        ("Mounjaro", "semaglutide", False),
        ("DHEA", "prasterone", True),
        ("Clomid", "enclomiphene citrate", True),
        ("estrogens", "estriol", True),
        ("glycerine", "glycerin", True),
        ("wool", "lanolin", True),
        ("PKU", "aspartame", True),
        ("NKDA", "semaglutide", False),
        ("no known drug allergies", "benzyl alcohol", False),
        ("", "water", False),
        ("?", "water", False),
        ("allergy", "water", False),
        ("water chestnut", "water", False),
    ],
)
def test_allergies_match_whole_words_and_synonyms(allergy: str, ingredient: str, match: bool) -> None:
    assert bool(matches((allergy,), (ingredient,))) is match


def test_the_base_counts_and_is_named() -> None:
    context = world(
        patient={"allergies": ("cotton seed",)}, sku={"ingredients": ("semaglutide", "cottonseed oil", "water")}
    )
    (found,) = findings(context)
    assert (found.code, found.owner.value, found.field) == ("ALLERGY", "patient", "allergies")
    assert found.message == (
        "Semaglutide 2.5 mg/mL, 2 mL: allergy “cotton seed”, ingredient “cottonseed oil”. Choose another product, or "
        "have the prescriber or pharmacist confirm."
    )


def test_the_missing_columns_are_named() -> None:
    (found,) = findings(world(patient={"last_name": "", "born_on": None, "phone": ""}))
    assert found.message == "Patient P1 lacks: last name, date of birth, telephone number."
    assert found.field == "last_name"


@pytest.mark.parametrize(
    ("case", "rows", "born_on", "expected"),
    [
        ("the SKU's own row", {"sku:SEMA": "12"}, date(2012, 12, 7), []),
        ("a day too young for it", {"sku:SEMA": "12"}, date(2014, 12, 8), ["B UNDER_AGE"]),
        ("another SKU's row", {"sku:TIRZ": "12"}, date(2012, 12, 7), ["B UNDER_AGE"]),
        ("the clinic's row", {"clinic": "21"}, date(2006, 12, 7), ["B UNDER_AGE"]),
        ("the SKU's row before the clinic's", {"clinic": "21", "sku:SEMA": "18"}, date(2006, 12, 7), []),
        ("for adults over 65 alone", {"sku:SEMA": "65"}, date(1980, 5, 6), ["B UNDER_AGE"]),
    ],
)
def test_the_least_age_is_set_for_each_sku(case: str, rows: dict[str, str], born_on: date, expected: list[str]) -> None:
    settings = tuple(
        Setting(scope=scope, name="least_age_years", value=value, valid_from=date(2026, 1, 1))
        for scope, value in rows.items()
    )
    assert codes(world(patient={"born_on": born_on}, settings=settings)) == expected


def test_an_age_is_said() -> None:
    found = {one.code: one for one in findings(world(patient={"born_on": date(2010, 3, 1)}))}
    assert found["UNDER_AGE"].message == (
        "Patient P1 will be 16 on Mon 7 Dec 2026; Semaglutide 2.5 mg/mL, 2 mL is for patients of 18 years or more."
    )
    assert (found["UNDER_AGE"].owner.value, found["UNDER_AGE"].field) == ("prescriber", "born_on")
    found = {one.code: one for one in findings(world(patient={"born_on": date(1900, 1, 1)}))}
    assert found["BIRTH_DATE_DOUBTFUL"].message == (
        "Patient P1, born on Mon 1 Jan 1900, would be 126 years old: check the date of birth."
    )


@pytest.mark.parametrize("state", ["Texas", "texas", "TEXAS ", "tx", "Tex.", "T.X."])
def test_a_stored_state_that_is_written_out_is_its_code(state: str) -> None:
    assert codes(world(patient={"state": state}, clinic={"state": state})) == []
