"""What an allergy as people write it means, and whether it names an ingredient as pharmacies write it.

Names of the same thing stand together in data/allergens.csv, which a pharmacist edits: whole words, in any case.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from core.rules.spelling import edit_distance

TABLE: Final = Path(__file__).parents[3] / "data" / "allergens.csv"

Words = tuple[str, ...]


def _words(text: str) -> Words:
    """Small letters, British spelling made American, plurals made singular, letters and digits apart: ``B12``, ``B-12``
    and ``b 12`` are the same."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    spelled = plain.replace("sulph", "sulf").replace("anaesth", "anesth")
    return tuple(map(_singular, re.findall(r"[a-z]+|\d+", spelled)))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


class AllergenGroup(NamedTuple):
    """A row of data/allergens.csv: names of one allergen, and the class of which an allergy to another one is asked
    about; empty where there is none."""

    names: tuple[str, ...]
    related: str = ""


def read_table(text: str) -> tuple[AllergenGroup, ...]:
    """The rows of data/allergens.csv. Raises ValueError with the row that cannot be used."""
    rows = csv.DictReader(text.splitlines())
    if rows.fieldnames is None or "names" not in rows.fieldnames:
        raise ValueError("data/allergens.csv needs a column “names”: names of one allergen with ; between")
    groups = []
    for number, row in enumerate(rows, 2):
        names = tuple(name.strip() for name in (row["names"] or "").split(";") if name.strip())
        if not names or not all(map(_words, names)):
            raise ValueError(f"data/allergens.csv, row {number}: write at least one name, with ; between several")
        groups.append(AllergenGroup(names, (row.get("class") or "").strip()))
    return tuple(groups)


GROUPS: Final = read_table(TABLE.read_text(encoding="utf-8"))
"""Names of the same thing, or of things that somebody allergic to one must not get; a name may stand in several rows.
Sulfa is neither sulfate nor sulfite; benzyl alcohol is not benzyl benzoate."""


def _groups_of() -> dict[Words, frozenset[int]]:
    groups: dict[Words, frozenset[int]] = {}
    for number, group in enumerate(GROUPS):
        for name in map(_words, group.names):
            groups[name] = groups.get(name, frozenset()) | {number}
    return groups


GROUPS_OF: Final = _groups_of()
LONGEST: Final = max(map(len, GROUPS_OF))

NOISE: Final = frozenset(
    _words(
        "allergy allergies allergic allergen to the an of in on as by with from for mild moderate severe anaphylaxis "
        "anaphylactic anaphylactoid intolerance intolerant sensitivity sensitive hypersensitivity reaction reactions "
        "causes caused rash hives swelling itching itchy nausea vomiting diarrhea shock breathing short breath "
        "angioedema products product containing contains any all drug drugs medication medications medicine food foods "
        "patient pt reported reports history hx childhood child class family type derivatives"
    )
)
"""Words around an allergen that do not name it."""

GENERIC: Final = frozenset(
    {"acid", "alcohol", "base", "cream", "gel", "oil", "powder", "salt", "seed", "vitamin", "water"}
)
"""Ingredients too plain to be found inside a longer allergy: an allergy to benzyl alcohol is not one to alcohol."""

_NONE: Final = re.compile(
    r"""n\.?\s?k\.?\s?d?\.?\s?a\.? | nkfda | nkdfa
    | (none|nil) (\s (known|reported|stated|listed|to \s date|so \s far))?
    | nothing (\s known)? | n | no | neg(ative)? | no \s knowns?
    | no \s (known \s)? ((drug|food|medication|med|environmental|latex|other)s? (\s|/|,|and\b|or\b|&)*)*
      al+erg(y|ies|ys) (\s (known|reported|stated))?
    | denies (\s (any|all))? (\s known)? (\s drug)? (\s allergies)? | not \s allergic (\s to \s anything)?
    | no \s (history \s of \s)? allergic \s reactions?""",
    re.VERBOSE,
)
"""What somebody writes who asked, and was told of none."""

_UNKNOWN: Final = re.compile(
    r"""unk(n|nown)? | n/?k | (un)?certain | unsure | unclear | unverified | unobtainable | unavailable | undocumented
    | unspecified | pending | awaiting | tbd | tba | tbc | to-?\s?do
    | (to \s be | not | un | never | (was|were) (nt|\snot)) \s? (yet \s)? (asked | assessed | confirmed | determined |
      documented | disclosed | entered | filled | given | known | listed | obtained | on \s file | provided | recorded |
      reported | reviewed | stated | sure | verified | available | done | added | updated | answered | applicable)
    | (refused | declined | maybe | perhaps | probably | possibly | could \s? nt | could \s not | unable) \b .*
    | (not \s sure | no \s allerg(y|ies) | none) \b .* (on \s file | chart | maybe | documented | recorded | entered) .*
    | (see | per | ask | check | refer | consult | call | review | in | on | as \s (per|in|on) | will \s ask | needs? |
      unable) \b .*
    | n[/.]?a | nan | null | missing | blank | error | ref | value | empty
    | no \s (info\w* | data | answer | response | record\w* | entry | reply) | did (nt|\snot) \s (ask|say|answer)
    | do(es)? (nt|\snot) \s (know|remember|recall) | can (t|not) \s (recall|remember|say)
    | yes | y | other | various | multiple | several | many | some | same | true | false | chart | emr | ehr | x+
    | 0 | 1""",
    re.VERBOSE,
)
"""What somebody writes who did not, or who did and left the answer elsewhere."""

_TOLERATED: Final = re.compile(
    r"\btolerates\b|(?<!not )(?<!nt )(?<!never )(?<!poorly )(?<!well )\btolerated\b"
    r"|\bno (known )?(allergy|reaction|issues?|problems?) (to|with)\b|\bnot allergic to\b"
)
"""Words of what somebody is *not* allergic to: it matches nothing, and a person looks."""

_TELLTALES: Final = frozenset({"unknown", "unk", "unsure", "pending", "tbd", "chart", "emr", "ehr"})
"""Words that say so beside others."""


@lru_cache(maxsize=4096)
def related_class(ingredient: str) -> str:
    """The class of drugs that an ingredient belongs to, folded; empty where the table knows none."""
    return next((found for number in _groups(_words(ingredient)) if (found := GROUPS[number].related.casefold())), "")


class AllergyKind(StrEnum):
    """What a written allergy is: a statement that there is none, one that nobody knows, a name that the table or the
    clinic's catalog has, or one that neither has."""

    NONE = "none"
    UNKNOWN = "unknown"
    RECOGNIZED = "recognized"
    UNRECOGNIZED = "unrecognized"


class WrittenAllergy(NamedTuple):
    """An allergy as written, what it is, and known names near to the words that nobody recognizes."""

    text: str
    kind: AllergyKind
    similar: tuple[str, ...] = ()


@lru_cache(maxsize=16)
def catalog_words(ingredients: frozenset[str]) -> frozenset[Words]:
    """The catalog's ingredients and actives as words, for ``read_allergy``."""
    return frozenset(words for words in map(_words, ingredients) if words)


@lru_cache(maxsize=16_384)
def read_allergy(text: str, catalog: frozenset[Words] = frozenset()) -> WrittenAllergy:
    """What an allergy of a patient means. ``catalog`` are the words of every ingredient that the clinic orders."""
    plain = _plain(text)
    pieces = [piece for piece in map(_plain, re.split(r"[()\[\]]", plain)) if piece]
    none = [_NONE.fullmatch(piece) is not None for piece in pieces]
    if pieces and all(none) and "?" not in text:
        return WrittenAllergy(text, AllergyKind.NONE)
    if any(none) and all(said or _UNKNOWN.fullmatch(piece) for said, piece in zip(none, pieces, strict=True)):
        return WrittenAllergy(text, AllergyKind.UNKNOWN)
    if _TOLERATED.search(plain):
        return WrittenAllergy(text, AllergyKind.UNRECOGNIZED)
    parts = _named(text)
    left = {words: _unrecognized(words, catalog) for words in parts}
    recognized = any(rest != words for words, rest in left.items())
    words_named = frozenset(word for words in parts for word in words)
    unknown = not parts or _UNKNOWN.fullmatch(plain) or words_named & _TELLTALES
    if unknown and not recognized:
        return WrittenAllergy(text, AllergyKind.UNKNOWN)
    strange = [words for words, rest in left.items() if rest == words and not _TELLTALES.issuperset(words)]
    similar = tuple(dict.fromkeys(name for rest in left.values() for name in _near(rest, catalog)))
    return WrittenAllergy(text, AllergyKind.UNRECOGNIZED if strange or similar else AllergyKind.RECOGNIZED, similar)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "").replace("'", "").strip(" .,:;!?#*-–—_/").split())


@lru_cache(maxsize=65_536)
def matches(allergies: tuple[str, ...], ingredients: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each allergy with the ingredient that it matches, as they were written; each ingredient once an allergy."""
    return tuple(
        (allergy, ingredient)
        for allergy in allergies
        if not _TOLERATED.search(_plain(allergy))
        for ingredient in dict.fromkeys(ingredients)
        if any(_same(named, _words(ingredient)) for named in _named(allergy))
    )


def _named(allergy: str) -> list[Words]:
    """The things that an allergy cell names, each in words: brackets, commas and ``and`` separate them."""
    parts = re.split(r"[()\[\],;/&+|\n]|\band\b|\bor\b", allergy.casefold().replace("fd&c", ""))
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
    """The rows of the table that any part of the words belongs to."""
    return frozenset(group for span in _spans(words) for group in GROUPS_OF.get(span, ()))


def _spans(words: Words) -> Iterator[Words]:
    return (words[first:last] for first in range(len(words)) for last in range(first + 1, first + 1 + LONGEST))


def _within(part: Words, words: Words) -> bool:
    return any(words[first : first + len(part)] == part for first in range(len(words) - len(part) + 1))


def _unrecognized(words: Words, catalog: frozenset[Words]) -> Words:
    """The words that belong to no known name."""
    if any(_within(words, ingredient) for ingredient in catalog):
        return ()
    covered = {
        place
        for first in range(len(words))
        for last in range(first + 1, len(words) + 1)
        if words[first:last] in GROUPS_OF or words[first:last] in catalog
        for place in range(first, last)
    }
    return tuple(word for place, word in enumerate(words) if place not in covered)


def _near(words: Words, catalog: frozenset[Words]) -> Iterator[str]:
    """Known names that differ from a word, or from all words run together, by a letter or two."""
    for written in dict.fromkeys((*words, "".join(words))):
        names = _single_names(catalog)
        if len(written) >= _SHORTEST and written not in names:
            yield from (name for name in names if _is_near(written, name))


_SHORTEST: Final = 5


@lru_cache(maxsize=16)
def _single_names(catalog: frozenset[Words]) -> tuple[str, ...]:
    """Every known name run together, and every long word of one."""
    names = {"".join(name) for name in (*GROUPS_OF, *catalog)}
    names |= {word for name in (*GROUPS_OF, *catalog) for word in name}
    return tuple(sorted(name for name in names if len(name) >= _SHORTEST))


def _is_near(written: str, name: str) -> bool:
    """Whether one is a misspelling of the other: one letter in five to seven, two in eight to eleven, else three."""
    length = min(len(written), len(name))
    most = 1 if length < 8 else 2 if length < 12 else 3
    return abs(len(written) - len(name)) <= most and edit_distance(written, name, most) <= most


def related_ingredients(allergy: WrittenAllergy, ingredients: Iterable[str]) -> list[str]:
    """The ingredients of the same class as an allergy, as they are written: Trulicity and semaglutide."""
    named = () if _TOLERATED.search(_plain(allergy.text)) else _named(allergy.text)
    classes = {GROUPS[number].related for words in named for number in _groups(words)} - {""}
    return [
        ingredient
        for ingredient in dict.fromkeys(ingredients)
        if any(GROUPS[number].related in classes for number in _groups(_words(ingredient)))
    ]


def near_ingredients(allergy: WrittenAllergy, ingredients: Iterable[str]) -> list[str]:
    """The ingredients that a misspelled allergy may mean, as they are written."""
    return [ingredient for ingredient in dict.fromkeys(ingredients) if _may_mean(allergy, _words(ingredient))]


def _may_mean(allergy: WrittenAllergy, ingredient: Words) -> bool:
    if any(name in ("".join(ingredient), *ingredient) for name in allergy.similar):
        return True
    meant = [name for name in GROUPS_OF if "".join(name) in allergy.similar or set(name) & set(allergy.similar)]
    return any(_same(name, ingredient) for name in meant)
