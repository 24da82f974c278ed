"""The grammar of doses: amounts with their units, concentrations, numbers that are none."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from core.rules.sig.items import Amount, Concentration, Item, Unread
from core.rules.sig.numbers import Number, a_number, at, words_at
from core.rules.sig.tokens import Token
from core.rules.sig.values import MASSES, Unit
from core.rules.sig.words import UNIT_WORDS

Found = tuple[Item, int] | None
Rule = Callable[[list[Token], int], Found]

_TORN_FRACTION = 10
_ONE_PIECE = frozenset({"tablet", "capsule", "troche", "suppository", "patch", "spray", "drop", "click", "pump"})
"""``12 tablet`` was ``1/2 tablet``; ``2 tablet`` is only badly written."""
_BODY = frozenset({"kg", "kilogram", "lb", "pound"})


def a_unit(found: list[Token], place: int) -> tuple[Unit, int] | None:
    """A unit, "(s)" after it included; not one that is per another (mg/mL, mg/kg)."""
    for length in (2, 1):
        words = tuple(token.word for token in found[place : place + length])
        if len(words) == length and words in UNIT_WORDS:
            end = place + length
            return UNIT_WORDS[words], end + 3 if words_at(found, end, ("(", "s", ")")) else end
    return None


def an_amount(found: list[Token], place: int) -> tuple[Amount, int] | None:
    """``0.25 mg``, ``1-2 tablets``, ``0.25 mg to 0.5 mg``, ``a tablet``, ``one 5 mg tablet``; not ``5 mg/mL``."""
    count = a_number(found, place) or _article(found, place)
    if count is None:
        return None
    start = count.end + 1 if at(found, count.end).word == "x" else count.end
    if at(found, start).word in {"whole", "full"}:
        start += 1
    each, start = _strength_of_piece(found, start)
    unit = a_unit(found, start)
    if unit is None:
        return None
    kind, end = unit
    if count.high >= _TORN_FRACTION and found[end - 1].word in _ONE_PIECE:
        return None
    if at(found, end).word in {"/", "per"} and (a_unit(found, end + 1) or at(found, end + 1).word in _BODY):
        return None
    upper = _second_end(found, end, kind) if count.low == count.high else None
    if upper is not None and upper.high > count.low:
        return Amount(count.low, upper.high, kind), upper.end
    return Amount(count.low, count.high, kind, each), end


def _strength_of_piece(found: list[Token], place: int) -> tuple[tuple[Fraction, Unit] | None, int]:
    """The ``5 mg`` of "5 mg tablet" after a count, and the place of the piece."""
    strength = a_number(found, place) if at(found, place).is_number else None
    mass = a_unit(found, strength.end) if strength and strength.low == strength.high else None
    piece = a_unit(found, mass[1]) if mass and mass[0] in MASSES else None
    if strength and mass and piece and piece[0].is_piece:
        return (strength.high, mass[0]), mass[1]
    return None, place


def _article(found: list[Token], place: int) -> Number | None:
    if at(found, place).word not in {"a", "an"}:
        return None
    unit = a_unit(found, place + 1)
    return Number(Fraction(1), Fraction(1), place + 1) if unit and unit[0].is_piece else None


def _second_end(found: list[Token], end: int, kind: Unit) -> Number | None:
    if at(found, end).word not in {"-", "to"}:
        return None
    second = a_number(found, end + 1)
    unit = a_unit(found, second.end) if second and second.low == second.high else None
    return Number(second.low, second.high, unit[1]) if second and unit and unit[0] is kind else None


def a_strength(found: list[Token], place: int) -> Found:
    """A concentration or a percentage: ``2.5 mg/mL``, ``10 mg per mL``, ``5 %``; the product's, not the dose's."""
    count = a_number(found, place)
    if count is None:
        return None
    if at(found, count.end).word == "%":
        return Concentration(None), count.end + 1
    unit = a_unit(found, count.end)
    if unit is None or at(found, unit[1]).word not in {"/", "per"} or at(found, unit[1] + 1).is_number:
        return None
    per = a_unit(found, unit[1] + 1)
    if per is None:
        return None
    mg = MASSES.get(unit[0]) if per[0] is Unit.ML else None
    return Concentration(count.high * mg if mg else None), per[1]


def up_to_amount(found: list[Token], place: int) -> Found:
    """``up to 2 tablets``: a dose from nothing to that."""
    if not words_at(found, place, ("up", "to")):
        return None
    amount = an_amount(found, place + 2)
    return (Amount(Fraction(0), amount[0].high, amount[0].unit), amount[1]) if amount else None


def no_number(found: list[Token], place: int) -> Found:
    """``10/20``, ``20-10``: numbers that are neither a fraction nor a range; nothing of them is read."""
    joined = at(found, place + 1).word in {"/", "-", "to"} and at(found, place + 2).is_number
    return (Unread(harmless=False), place + 3) if joined and a_number(found, place) is None else None
