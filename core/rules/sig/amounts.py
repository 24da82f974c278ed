"""The grammar of doses: amounts with their units, concentrations, numbers that are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from core.rules.sig.elements import EQUALS, EXTRA, Concentration, DoseAmount, Item, UnknownWord
from core.rules.sig.numbers import Number, a_number, at, words_at
from core.rules.sig.tokens import Token
from core.rules.sig.vocabulary import MASSES, UNIT_WORDS, Unit

Found = tuple[Item, int] | None
Rule = Callable[[list[Token], int], Found]

_TORN_FRACTION = 10
_ONE_PIECE = frozenset({"tablet", "capsule", "troche", "suppository", "patch", "spray", "drop", "click", "pump"})
"""``12 tablet`` was ``1/2 tablet``; ``2 tablet`` is only badly written."""
_STRENGTH = re.compile(r"[1-9]\d{0,3}(?:\.\d{1,3})?|0\.\d{1,3}")
_BODY = frozenset({"kg", "kilogram", "lb", "pound"})


def a_unit(tokens: list[Token], place: int) -> tuple[Unit, int] | None:
    """A unit, "(s)" after it included; not one that is per another (mg/mL, mg/kg)."""
    for length in (2, 1):
        words = tuple(token.word for token in tokens[place : place + length])
        if len(words) == length and words in UNIT_WORDS:
            end = place + length
            return UNIT_WORDS[words], end + 3 if words_at(tokens, end, ("(", "s", ")")) else end
    return None


def an_amount(tokens: list[Token], place: int) -> tuple[DoseAmount, int] | None:
    """``0.25 mg``, ``1-2 tablets``, ``0.25 mg to 0.5 mg``, ``a tablet``, ``one 5 mg tablet``; not ``5 mg/mL``."""
    count = a_number(tokens, place) or _article(tokens, place)
    if count is None:
        return None
    start = count.end + 1 if at(tokens, count.end).word == "x" else count.end
    if at(tokens, start).word in {"whole", "full"}:
        start += 1
    each, start = _strength_of_piece(tokens, start)
    unit = a_unit(tokens, start)
    if unit is None:
        return None
    kind, end = unit
    if count.high >= _TORN_FRACTION and tokens[end - 1].word in _ONE_PIECE:
        return None
    if at(tokens, end).word in {"/", "per"} and (a_unit(tokens, end + 1) or at(tokens, end + 1).word in _BODY):
        return None
    piece = a_unit(tokens, end) if kind in MASSES and count.low != count.high else None
    if piece is not None and piece[0].is_piece:  # "1-5 mg tablet": one tablet of 5 mg, or 1 to 5 mg
        return DoseAmount(count.low, count.high, kind, or_pieces=(count.low, piece[0])), piece[1]
    if kind.is_piece and each is None:
        each, end = _each_holds(tokens, end)
    upper = _second_end(tokens, end, kind) if count.low == count.high else None
    if upper is not None and upper.high > count.low:
        return DoseAmount(count.low, upper.high, kind), upper.end
    return DoseAmount(count.low, count.high, kind, each), end


def _strength_of_piece(tokens: list[Token], place: int) -> tuple[tuple[Fraction, Unit] | None, int]:
    """The ``5 mg`` of "5 mg tablet" after a count, and the place of the piece."""
    strength = a_number(tokens, place) if at(tokens, place).is_number else None
    mass = a_unit(tokens, strength.end) if strength and strength.low == strength.high else None
    piece = a_unit(tokens, mass[1]) if mass and mass[0] in MASSES else None
    if strength and mass and piece and piece[0].is_piece:
        return (strength.high, mass[0]), mass[1]
    return None, place


def _each_holds(tokens: list[Token], place: int) -> tuple[tuple[Fraction, Unit] | None, int]:
    """The ``of 50 mg`` of "2 capsules of 50 mg", the ``(500 mcg each)`` of "2 capsules (500 mcg each)"."""
    opened = at(tokens, place).word
    if opened not in {"of", "("}:
        return None, place
    strength = a_number(tokens, place + 1) if at(tokens, place + 1).is_number else None
    mass = a_unit(tokens, strength.end) if strength and strength.low == strength.high else None
    if strength is None or mass is None or mass[0] not in MASSES or at(tokens, mass[1]).word in {"/", "per", "total"}:
        return None, place
    each = at(tokens, mass[1]).word == "each"
    closed = mass[1] + each
    if opened == "(" and not (each and at(tokens, closed).word == ")"):
        return None, place
    return (strength.high, mass[0]), closed + (opened == "(")


def _article(tokens: list[Token], place: int) -> Number | None:
    if at(tokens, place).word not in {"a", "an"}:
        return None
    unit = a_unit(tokens, place + 1)
    return Number(Fraction(1), Fraction(1), place + 1) if unit and unit[0].is_piece else None


def _second_end(tokens: list[Token], end: int, kind: Unit) -> Number | None:
    if at(tokens, end).word not in {"-", "to"}:
        return None
    second = a_number(tokens, end + 1)
    unit = a_unit(tokens, second.end) if second and second.low == second.high else None
    return Number(second.low, second.high, unit[1]) if second and unit and unit[0] is kind else None


def equal_amount(tokens: list[Token], place: int) -> Found:
    """The ``as`` of "20 units, as 0.2 mL": what follows is the same dose."""
    return (EQUALS, place + 1) if an_amount(tokens, place + 1) is not None else None


def syringe_scale(tokens: list[Token], place: int) -> Found:
    """``1 mL = 100 units``, as a sentence: how a U-100 syringe is marked, no dose."""
    if place and tokens[place - 1].word not in {".", ";", "("}:
        return None
    scale = tuple(token.word for token in tokens[place : place + 5])
    return (EXTRA, place + 5) if scale in _SCALES else None


_SCALES = frozenset({("1", "ml", "=", "100", "units"), ("100", "units", "=", "1", "ml")})


def a_strength(tokens: list[Token], place: int) -> Found:
    """A concentration or a percentage: ``2.5 mg/mL``, ``10 mg per g``, ``5 %``; the product's, not the dose's.

    1 % is 10 mg in a mL or gram: creams and gels weigh about a gram a mL.
    """
    count = a_number(tokens, place)
    if count is None:
        return None
    if at(tokens, count.end).word == "%":
        return Concentration(count.high * 10), count.end + 1
    unit = a_unit(tokens, count.end)
    if unit is None or at(tokens, unit[1]).word not in {"/", "per"} or at(tokens, unit[1] + 1).is_number:
        return None
    per = a_unit(tokens, unit[1] + 1)
    if per is None:
        return None
    mg = MASSES.get(unit[0])
    if mg is None:
        in_ml = per[0] is Unit.ML and unit[0] in {Unit.UNITS, Unit.IU}
        return Concentration(count.high if in_ml else None, per="units_per_ml"), per[1]
    if per[0].is_piece:
        return Concentration(count.high * mg, per="mg_per_piece"), per[1]
    return Concentration(count.high * mg if per[0] in {Unit.ML, Unit.G} else None), per[1]


def blend_strength(tokens: list[Token], place: int) -> Found:
    """The concentration of a blend: ``17/2 mg/mL``, ``17 mg/2 mg per mL``."""
    masses: list[Fraction] = []
    end, unit = place, None
    while at(tokens, end).is_number and _STRENGTH.fullmatch(at(tokens, end).word):
        masses.append(Fraction(tokens[end].word))
        named = a_unit(tokens, end + 1)
        unit, end = (named[0], named[1]) if named else (None, end + 1)
        if at(tokens, end).word not in {"/", "per"}:
            return None
        end += 1
    per = a_unit(tokens, end)
    if len(masses) < 2 or unit not in MASSES or per is None or per[0] is not Unit.ML:
        return None
    first, *others = (mass * MASSES[unit] for mass in masses)
    return Concentration(first, tuple(others)), per[1]


def up_to_amount(tokens: list[Token], place: int) -> Found:
    """``up to 2 tablets``: a dose from nothing to that."""
    if not words_at(tokens, place, ("up", "to")):
        return None
    amount = an_amount(tokens, place + 2)
    return (DoseAmount(Fraction(0), amount[0].high, amount[0].unit), amount[1]) if amount else None


def no_number(tokens: list[Token], place: int) -> Found:
    """``10/20``, ``20-10``: numbers that are neither a fraction nor a range; nothing of them is read."""
    joined = at(tokens, place + 1).word in {"/", "-", "to"} and at(tokens, place + 2).is_number
    return (UnknownWord(harmless=False), place + 3) if joined and a_number(tokens, place) is None else None
