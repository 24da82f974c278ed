"""Whether an allergy as people write it names an ingredient as pharmacies write it: whole words and synonyms."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

SYNONYMS: Final = (
    "b12, b 12, cobalamin, cyanocobalamin, hydroxocobalamin, methylcobalamin, mecobalamin, adenosylcobalamin, cobalt",
    "b6, b 6, vitamin b6, pyridoxine, pyridoxal, pyridoxamine",
    "b1, b 1, vitamin b1, thiamine, thiamin",
    "b2, b 2, vitamin b2, riboflavin",
    "b3, b 3, vitamin b3, niacin, niacinamide, nicotinamide, nicotinic acid",
    "b5, b 5, vitamin b5, pantothenic acid, panthenol, dexpanthenol, pantothenate",
    "b7, b 7, vitamin b7, biotin",
    "b9, b 9, vitamin b9, folic acid, folate, methylfolate, levomefolate",
    "vitamin c, ascorbic acid, ascorbate",
    "vitamin d, vitamin d3, cholecalciferol, ergocalciferol",
    "vitamin e, tocopherol, tocopheryl",
    "vitamin k, phytonadione, phytomenadione",
    "cottonseed, cotton seed, cottonseed oil, cotton seed oil",
    "grapeseed, grape seed, grapeseed oil, grape seed oil",
    "sesame, sesame seed, sesame oil, tahini",
    "peanut, groundnut, arachis, nut",
    "tree nut, nut, almond, walnut, hazelnut, macadamia, cashew, pistachio, pecan, shea",
    "soy, soya, soybean, soy lecithin, lecithin",
    "castor, castor oil, castor bean, ricinus",
    "coconut, mct, mct oil, medium chain triglyceride, caprylic triglyceride",
    "egg, egg lecithin, lecithin",
    "milk, dairy, casein, caseinate, whey, milk sugar, lactose",
    "gluten, wheat",
    "corn, maize, cornstarch, corn starch, maize starch, corn syrup",
    "pork, porcine, pig, gelatin, gelatine, thyroid usp, desiccated thyroid, armour thyroid",
    "beef, bovine, cow, gelatin, gelatine",
    "alpha gal, red meat, mammalian meat, gelatin, gelatine, porcine, bovine, thyroid usp",
    "shellfish, crustacean, shrimp, crab, lobster, glucosamine, chitosan",
    "fish, fish oil, cod liver oil, omega 3",
    "lanolin, wool, wool fat, wool alcohol",
    "beeswax, white wax, yellow wax, cera alba",
    "glycerin, glycerine, glycerol",
    "aspartame, phenylalanine, pku, phenylketonuria",
    "thimerosal, thiomersal, mercury",
    "bht, butylated hydroxytoluene",
    "bha, butylated hydroxyanisole",
    "red dye, allura red, red 40, red no 40",
    "yellow dye, tartrazine, yellow 5, yellow no 5",
    "blue dye, brilliant blue, blue 1, blue no 1",
    "benzyl alcohol, phenylmethanol, phenylcarbinol",
    "benzyl benzoate, ascabin",
    "paraben, methylparaben, ethylparaben, propylparaben, butylparaben",
    "polyethylene glycol, peg, macrogol",
    "propylene glycol, propanediol",
    "polysorbate, polysorbate 80, polysorbate 20, tween",
    "edta, edetate, edetic acid",
    "sulfa, sulfonamide, sulfamethoxazole, sulfadiazine, sulfacetamide, sulfanilamide",
    "sulfite, metabisulfite, bisulfite",
    "semaglutide, ozempic, wegovy, rybelsus, glp 1",
    "tirzepatide, mounjaro, zepbound, glp 1",
    "liraglutide, saxenda, victoza, glp 1",
    "testosterone, depo testosterone, androgel, aveed, xyosted",
    "estradiol, oestradiol, estriol, estrone, estrogen, oestrogen",
    "prasterone, dhea, dehydroepiandrosterone",
    "clomiphene, enclomiphene, clomid",
    "anastrozole, arimidex",
    "levothyroxine, synthroid, t4",
    "liothyronine, cytomel, t3",
    "tretinoin, retin a, retinoid",
    "oxytocin, pitocin",
    "bremelanotide, pt 141, vyleesi",
    "metformin, glucophage",
    "spironolactone, aldactone",
    "phentermine, adipex",
    "ketamine, ketalar",
    "progesterone, prometrium",
    "human chorionic gonadotropin, chorionic gonadotropin, hcg",
    "lidocaine, lignocaine, xylocaine",
    "epinephrine, adrenaline, epipen",
    "acetaminophen, paracetamol, tylenol",
    "aspirin, acetylsalicylic acid",
    "carnitine, l carnitine, levocarnitine",
    "glutathione, l glutathione",
    "nad, nicotinamide adenine dinucleotide",
    "sildenafil, viagra, revatio",
    "tadalafil, cialis, adcirca",
    "finasteride, propecia, proscar",
    "minoxidil, rogaine, loniten",
    "naltrexone, ldn, revia, vivitrol",
)
"""Names of the same thing, or of things that somebody allergic to one must not get; a name may stand in several groups.
Sulfa is neither sulfate nor sulfite; benzyl alcohol is not benzyl benzoate."""

Words = tuple[str, ...]


def _words(text: str) -> Words:
    """Small letters, British spelling made American, plurals made singular."""
    words = re.findall(r"[^\W_]+", text.casefold().replace("sulph", "sulf"))
    return tuple(
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words
    )


def _groups_of() -> dict[Words, frozenset[int]]:
    groups: dict[Words, frozenset[int]] = {}
    for number, names in enumerate(SYNONYMS):
        for name in map(_words, names.split(", ")):
            groups[name] = groups.get(name, frozenset()) | {number}
    return groups


GROUPS_OF: Final = _groups_of()
LONGEST: Final = max(map(len, GROUPS_OF))

NOISE: Final = frozenset(
    _words(
        "allergy allergies allergic to the an of mild moderate severe anaphylaxis anaphylactic intolerance "
        "intolerant sensitivity sensitive hypersensitivity reaction causes rash hives swelling itching nausea products "
        "containing contains any all"
    )
)
"""Words around an allergen that do not name it."""

GENERIC: Final = frozenset(
    {"acid", "alcohol", "base", "cream", "gel", "oil", "powder", "salt", "seed", "vitamin", "water"}
)
"""Ingredients too plain to be found inside a longer allergy: an allergy to benzyl alcohol is not one to alcohol."""


@lru_cache(maxsize=65_536)
def matches(allergies: tuple[str, ...], ingredients: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each allergy with the ingredient that it matches, as they were written; each ingredient once an allergy."""
    return tuple(
        (allergy, ingredient)
        for allergy in allergies
        for ingredient in dict.fromkeys(ingredients)
        if any(_same(named, _words(ingredient)) for named in _named(allergy))
    )


def _named(allergy: str) -> list[Words]:
    """The things that an allergy cell names, each in words: brackets, commas and ``and`` separate them."""
    parts = re.split(r"[()\[\],;/&+]|\band\b|\bor\b", allergy.casefold().replace("fd&c", ""))
    named = (tuple(word for word in _words(part) if word not in NOISE) for part in parts)
    return [words for words in named if words]


def _same(allergy: Words, ingredient: Words) -> bool:
    if not ingredient:
        return False
    if _within(allergy, ingredient) or (_within(ingredient, allergy) and not GENERIC.issuperset(ingredient)):
        return True
    return not _groups(allergy).isdisjoint(_groups(ingredient))


@lru_cache(maxsize=65_536)
def _groups(words: Words) -> frozenset[int]:
    """The synonym groups that any part of the words belongs to."""
    spans = (words[first:last] for first in range(len(words)) for last in range(first + 1, first + 1 + LONGEST))
    return frozenset(group for span in spans for group in GROUPS_OF.get(span, ()))


def _within(part: Words, whole: Words) -> bool:
    return any(whole[first : first + len(part)] == part for first in range(len(whole) - len(part) + 1))
