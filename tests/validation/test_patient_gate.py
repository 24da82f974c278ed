"""Patient gate (rules.md, section 3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.rules.validation.allergens import matches
from tests.validation.world import codes, findings, world


@pytest.mark.parametrize(
    ("case", "patient", "expected"),
    [
        ("no first name", {"first_name": ""}, ["B PATIENT_INCOMPLETE"]),
        ("no last name", {"last_name": " "}, ["B PATIENT_INCOMPLETE"]),
        ("no date of birth", {"born_on": None}, ["B PATIENT_INCOMPLETE"]),
        ("born today", {"born_on": date(2026, 12, 4)}, []),
        ("born tomorrow", {"born_on": date(2026, 12, 5)}, ["B PATIENT_INCOMPLETE"]),
        ("no sex", {"sex": ""}, ["B PATIENT_INCOMPLETE"]),
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
