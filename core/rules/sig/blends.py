"""Directions that state each active of a blend: checked active by active, and read as the first active's mg.

``44 units (7.5 mg tirzepatide / 0.88 mg niacinamide)`` at 17/2 mg/mL states one dose; of other proportions it states
none, and is left unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.clinical_terms import ALSO_NAMED
from core.rules.sig.elements import (
    AND,
    COMMA,
    EQUALS,
    EXTRA,
    UNSURE,
    Concentration,
    DoseAmount,
    Piece,
    SigDrug,
    UnknownWord,
)
from core.rules.sig.product import drug_names
from core.rules.sig.strength import same_share
from core.rules.sig.vocabulary import MASSES, Unit

_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_SHARES: Final = re.compile(r"\b\d+(?::\d+)+\b")
"""The shares of a total in a name: ``80:20``."""
_FACTORS: Final = (("mcg", Fraction(1, 1000)), ("%", Fraction(10)), ("mg", Fraction(1)))
"""Milligrams in a mL or piece, of one in the unit that a strength is told in."""


class BlendStrength(NamedTuple):
    """Milligrams in a mL or piece: of each active, in their order, and what the catalog's own strength counts, which is
    the first active's, or all of them together where the name tells shares (estriol/estradiol 80:20, 2.5 mg/mL)."""

    actives: tuple[Fraction, ...]
    counted: Fraction


class _Stated(NamedTuple):
    """Masses in a row, with the drug named beside each; ``slashed`` where slashes or plus signs alone join them."""

    masses: tuple[Fraction, ...]
    names: tuple[str | None, ...]
    slashed: bool
    end: int


@lru_cache(maxsize=4096)
def blend_strengths(sku: Sku) -> BlendStrength | None:
    """What a mL or piece of a blend holds; None for one active, or where it is not told."""
    numbers = [Fraction(number) for number in _NUMBER.findall(sku.strength)]
    factor = next((factor for unit, factor in _FACTORS if unit in sku.strength), None)
    first = sku.concentration_mg_per_ml if sku.concentration_mg_per_ml is not None else sku.mg_per_unit
    if len(sku.actives) < 2 or factor is None or first is None:
        return None
    counted = Fraction(first)
    if len(numbers) == len(sku.actives):
        strengths = tuple(number * factor for number in numbers)
        return BlendStrength(strengths, counted) if strengths[0] == counted and all(strengths) else None
    shares = [Fraction(share) for told in _SHARES.findall(sku.name)[:1] for share in told.split(":")]
    if len(shares) != len(sku.actives) or not all(shares):
        return None
    return BlendStrength(tuple(counted * share / sum(shares) for share in shares), counted)


def share_of(sku: Sku, active: str) -> Fraction | None:
    """Milligrams of an active (folded) in one mg that the SKU's strength counts; None where nobody knows."""
    place = next((place for place, name in enumerate(sku.actives) if name.casefold() == active), 0)
    strengths = blend_strengths(sku)
    if strengths is None:
        return None if place else Fraction(1)
    return strengths.actives[place] / strengths.counted


def merged(pieces: list[Piece], sku: Sku) -> list[Piece]:
    """The pieces with each row of a blend's masses as what its strength counts; unread where they do not agree."""
    strengths = blend_strengths(sku)
    if strengths is None:
        return pieces
    result: list[Piece] = []
    place = 0
    while place < len(pieces):
        item = pieces[place].item
        if isinstance(item, Concentration):
            agrees = _is_strength(item, _name_beside(pieces, place), sku, strengths)
            result.append(pieces[place]._replace(item=Concentration(None) if agrees else UNSURE))
            place += 1
            continue
        stated = _stated(pieces, place)
        dose = _counted(stated, sku, strengths) if stated else None
        if stated is None or dose is None:
            result.append(pieces[place])
            place += 1
            continue
        words = tuple(word for piece in pieces[place : stated.end] for word in piece.words)
        result.append(Piece(dose, words))
        place = stated.end
    return result


def _is_strength(told: Concentration, name: str | None, sku: Sku, strengths: BlendStrength) -> bool:
    """Whether a concentration is the blend's: all of it, its total, or that of the active named beside it."""
    if told.others:
        return (told.told, *told.others) == strengths.actives
    place = _place(name, sku)
    known = strengths.actives if place is None else strengths.actives[place : place + 1]
    return told.told in (*known, *([strengths.counted] if place is None else []))


def _counted(stated: _Stated, sku: Sku, strengths: BlendStrength) -> DoseAmount | UnknownWord | None:
    """The dose in what the catalog's strength counts; UNSURE where the masses disagree, or where the first active's is
    not among them (another dose may be of it); None where they are not a blend's."""
    places = _places(stated, sku)
    if places is None:
        return None
    if 0 not in places:
        return UNSURE
    actives, counted = strengths
    doses = [mass * counted / actives[place] for mass, place in zip(stated.masses, places, strict=True)]
    lead = doses[places.index(0)]
    agreed = len(set(places)) == len(places) and all(same_share(lead, dose) for dose in doses)
    return DoseAmount(lead, lead, Unit.MG) if agreed else UNSURE


def _places(stated: _Stated, sku: Sku) -> list[int] | None:
    """Which active each mass is of: by the name beside it, or in order where all are told and none is named."""
    if all(name is None for name in stated.names):
        every = stated.slashed and len(stated.masses) == len(sku.actives)
        return list(range(len(stated.masses))) if every else None
    of = [_place(name, sku) for name in stated.names]
    return None if None in of else [place for place in of if place is not None]


def _place(name: str | None, sku: Sku) -> int | None:
    for place, active in enumerate(sku.actives):
        active_names = set(drug_names(active))
        if name in active_names or any(name in ALSO_NAMED.get(active_name, ()) for active_name in active_names):
            return place
    return None


def _stated(pieces: list[Piece], place: int) -> _Stated | None:
    masses: list[Fraction] = []
    names: list[str | None] = []
    slashed, end = True, place
    for at, mark in _row(pieces, place):
        item = pieces[at].item
        if isinstance(item, DoseAmount):
            masses.append(item.high * MASSES[item.unit or Unit.MG])
            names.append(_name_beside(pieces, at))
            slashed = slashed and mark
            end = at + 1
        elif isinstance(item, SigDrug):
            end = at + 1
    return _Stated(tuple(masses), tuple(names), slashed, end) if masses else None


def _row(pieces: list[Piece], place: int) -> Iterator[tuple[int, bool]]:
    """The pieces of one row, each with whether only a slash or a plus sign came since the mass before."""
    marks: list[bool] = []
    begun = False
    for at in range(place, len(pieces)):
        item, words = pieces[at]
        if isinstance(item, DoseAmount):
            if item.unit not in MASSES or item.low != item.high or item.each or (begun and not marks):
                return
            yield at, all(marks)
            begun, marks = True, []
        elif not begun:
            return
        elif isinstance(item, SigDrug):
            yield at, False
        elif item == EQUALS or words == ("+",):
            marks.append(True)
        elif item in {AND, COMMA}:
            marks.append(False)
        elif item != EXTRA or words != ("of",):
            return


def _name_beside(pieces: list[Piece], place: int) -> str | None:
    """The drug named right after a mass, else right before it."""
    after = place + 1
    if after < len(pieces) and pieces[after].words == ("of",):
        after += 1
    for beside in (after, place - 1):
        item = pieces[beside].item if 0 <= beside < len(pieces) else None
        if isinstance(item, SigDrug):
            return item.name
    return None
