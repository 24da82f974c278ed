"""Allergies as people write them (rules.md, section 3): unknown, none, misspelled, and in no table."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from core.rules.validation.allergens import GROUPS, AllergenGroup, AllergyKind, catalog_words, read_allergy, read_table
from tests.builders import a_sku
from tests.validation.world import codes, findings, world

CATALOG = catalog_words(frozenset({"semaglutide", "water for injection", "sermorelin acetate", "troche base"}))


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (AllergyKind.UNKNOWN, (
            "unknown|Unknown|UNK|unkn|?|??|-|--|...|()|not asked|Not yet asked|wasn't asked|didn't ask|see chart|"
            "See notes.|per EMR|refer to chart|ask patient|will ask|pending|Pending review of chart|awaiting|TBD|"
            "to be determined|#N/A|N/A|n.a|#REF!|null|nan|blank|not on file|not recorded|undocumented|unsure|"
            "patient unsure|does not know|can't recall|unable to obtain|no information|yes|other|various|multiple|"
            "0|x|unknown antibiotic|unknown (see chart)|n/k|allergies|hives|NKDA?|none??|none listed?|"
            "no allergies on file|none on file|refused|declined to answer|couldn't reach|maybe none|"
            "none (not confirmed)|not sure, maybe none"
        )),
        (AllergyKind.NONE, (
            "none|None|NONE.|NKDA|nkda|N.K.D.A.|NKA|n.k.a|none known|None reported|nil|Nil known|no|"
            "no known drug allergies|No known allergies|no known food or drug allergies|"
            "No Known Drug Allergies (NKDA)|no allergies|denies|denies allergies|denies any known drug allergies|"
            "nothing|not allergic to anything|none to date|N|NKFDA|negative|no alergies|nothing known"
        )),
        (AllergyKind.RECOGNIZED, (
            "penicillin|PCN|Amoxicillin|latex|latex gloves|sulfa drugs|Sulfa|shellfish|codeine|codeine - hives|"
            "peanuts|bees|bee stings|cats|dust mites|pollen|seasonal allergies|strawberries|eggs|iodine|"
            "IV contrast dye|red dye #40|nickel|adhesive tape|ibuprofen (rash)|NSAIDs|Z-Pak|GLP1|GLP-1|"
            "glp 1 agonists|local anesthetics|local anaesthetics|Vit B12|B-12|vitamin b 12|semaglutide|sermorelin|"
            "penicillin and sulfa|penicillin (reaction unknown)|severe allergy to testosterone cypionate"
        )),
        (AllergyKind.UNRECOGNIZED, (
            "semaglutde|tirzepitide|semiglutide|Ozempik|wegovey|testosteron|lidocane|amoxicilin|penicilin|"
            "benzyl alchohol|blorfen|blue pills|mountain cedar|penicillin semaglutde|penicillin and blorfen|"
            "tolerates semaglutide|semaglutide (tolerated)|no allergy to semaglutide|PCN, sulfa; nkda|"
            "heart medicine of my mother|see chart - penicillin and blorfen|glutide"
        )),
    ],
)  # fmt: skip
def test_what_an_allergy_is(kind: AllergyKind, texts: str) -> None:
    assert {text: read_allergy(text, CATALOG).kind for text in texts.split("|")} == dict.fromkeys(
        texts.split("|"), kind
    )


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("semaglutde", ("semaglutide",)),
        ("semaglutied", ("semaglutide",)),
        ("tirzepitide", ("tirzepatide",)),
        ("tirzapatid", ("tirzepatide",)),
        ("ozempik", ("ozempic",)),
        ("lidocane", ("lidocaine",)),
        ("cobalamine", ("cobalamin",)),
        ("gluten", ()),
        ("kiwis", ()),
        ("blorfen", ()),
        ("iodeine", ("iodine",)),
        ("a", ()),
    ],
)
def test_near_spellings(text: str, near: tuple[str, ...]) -> None:
    assert set(read_allergy(text, CATALOG).similar) >= set(near)
    assert bool(read_allergy(text, CATALOG).similar) == bool(near)


@pytest.mark.parametrize(
    ("case", "allergies", "expected"),
    [
        ("unknown", ("unknown",), ["W ALLERGIES_UNKNOWN"]),
        ("a question mark", ("?",), ["W ALLERGIES_UNKNOWN"]),
        ("a spreadsheet's error", ("#N/A",), ["W ALLERGIES_UNKNOWN"]),
        ("one known, one pending", ("latex", "pending"), ["W ALLERGIES_UNKNOWN"]),
        ("where to look, and the drug", ("see chart: semaglutide",), ["B ALLERGY"]),
        ("none in other words", ("NKDA",), []),
        ("none, and latex", ("NKDA", "latex"), []),
        ("misspelled, as in the vial", ("semaglutde",), ["W ALLERGY_POSSIBLE"]),
        ("a misspelled brand of it", ("ozempik",), ["W ALLERGY_POSSIBLE"]),
        ("misspelled, of something else", ("tirzepitide",), ["W ALLERGY_UNRECOGNIZED"]),
        ("the class without a hyphen", ("GLP1",), ["B ALLERGY"]),
        ("in no table", ("blorfen",), ["W ALLERGY_UNRECOGNIZED"]),
        ("in no table, beside the drug", ("blorfen", "semaglutide"), ["B ALLERGY", "W ALLERGY_UNRECOGNIZED"]),
        ("misspelled twice", ("semaglutde", "blorfen"), ["W ALLERGY_POSSIBLE", "W ALLERGY_UNRECOGNIZED"]),
        ("in the table, of something else", ("penicillin", "bees"), []),
        ("another drug of the class", ("Trulicity",), ["W ALLERGY_POSSIBLE"]),
        ("its generic name", ("exenatide - rash",), ["W ALLERGY_POSSIBLE"]),
        ("the drug's own brand beside it", ("Victoza", "Wegovy"), ["B ALLERGY", "W ALLERGY_POSSIBLE"]),
        ("what is tolerated", ("tolerates semaglutide",), ["W ALLERGY_UNRECOGNIZED"]),
        ("what is not tolerated", ("can't tolerate semaglutide",), ["B ALLERGY"]),
        ("nor that", ("semaglutide not tolerated",), ["B ALLERGY"]),
        ("nor that, well", ("semaglutide was not well tolerated",), ["B ALLERGY"]),
        ("no allergy to it", ("no allergy to semaglutide",), ["W ALLERGY_UNRECOGNIZED"]),
    ],
)
def test_codes(case: str, allergies: tuple[str, ...], expected: list[str]) -> None:
    assert codes(world(patient={"allergies": allergies})) == expected


def test_another_skus_ingredient_is_recognized() -> None:
    other = {"OTHER": a_sku(sku="OTHER", ingredients=("zorbium",))}
    assert codes(world(patient={"allergies": ("Zorbium",)}, more_skus=other)) == []
    assert codes(world(patient={"allergies": ("zorbiun",)}, more_skus=other)) == ["W ALLERGY_UNRECOGNIZED"]


def test_a_near_spelling_of_a_local_anesthetic_is_asked_about() -> None:
    context = world(patient={"allergies": ("local anasthetics",)}, sku={"ingredients": ("semaglutide", "lidocaine")})
    assert codes(context) == ["W ALLERGY_POSSIBLE"]
    context = world(patient={"allergies": ("local anesthetics",)}, sku={"ingredients": ("semaglutide", "lidocaine")})
    assert codes(context) == ["B ALLERGY"]


def test_an_allergy_to_another_kind_of_local_anesthetic_is_asked_about() -> None:
    context = world(patient={"allergies": ("Novocain",)}, sku={"ingredients": ("semaglutide", "lidocaine")})
    (found,) = findings(context)
    assert found.code == "ALLERGY_POSSIBLE"
    assert "allergy “Novocain” is to a drug of the same class as “lidocaine”. Ask the patient" in found.message


def test_the_words_are_named() -> None:
    by_code = {one.code: one for one in findings(world(patient={"allergies": ("semaglutde", "blorfen", "pending")}))}
    assert by_code["ALLERGY_POSSIBLE"].message == (
        "Semaglutide 2.5 mg/mL, 2 mL: allergy “semaglutde” may mean “semaglutide”. Ask the patient, and correct the "
        "spelling."
    )
    assert by_code["ALLERGY_UNRECOGNIZED"].message == (
        "Not recognized among the allergies of patient P1: “blorfen”. Compare them with the ingredients of Semaglutide "
        "2.5 mg/mL, 2 mL yourself."
    )
    assert by_code["ALLERGIES_UNKNOWN"].message == (
        "The allergies of patient P1 say “pending”: ask, and enter them or “none”."
    )
    (found,) = findings(world(patient={"allergies": ("tirzepitide",)}))
    assert "“tirzepitide” (near: tirzepatide)" in found.message


def test_the_table_says_which_row_cannot_be_used() -> None:
    assert read_table("names,about\nb12; cobalt,vitamin\n") == (AllergenGroup(("b12", "cobalt")),)
    with pytest.raises(ValueError, match="needs a column “names”"):
        read_table("allergen\nb12\n")
    with pytest.raises(ValueError, match="row 3: write at least one name"):
        read_table("names,about\nb12,\n ; ,vitamin\n")


def test_no_row_of_the_table_names_something_twice() -> None:
    assert [group.names for group in GROUPS if len(set(group.names)) < len(group.names)] == []
    assert len(GROUPS) > 200


def test_a_thousand_strange_allergies_are_read_in_seconds() -> None:
    begun = process_time()
    for number in range(200):
        read_allergy(f"strange substance of the year {number} from {date(2026, 12, 4)}", CATALOG)
    assert process_time() - begun < 4
