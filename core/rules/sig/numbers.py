"""Numbers as people write them: 10, 0.25, .5, 1,000, 1/2, 1 1/2, ½, one and one-half, 1-2, 0.25 to 0.5, one (1)."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from core.rules.sig.tokens import END, Token
from core.rules.sig.vocabulary import COUNTING, PARTS, TENS, UNIT_WORDS

_PLAIN = re.compile(r"(?:0?|[1-9]\d{0,8})(?:\.\d{1,9})?|[1-9]\d{0,2}(?:,\d{3}){1,2}(?:\.\d{1,9})?")
"""No zero leads but before a point: ``05`` has lost one, and would be ten times the dose."""
_THOUSANDS_OR_TENTHS = re.compile(r"[1-9]\d{0,2}\.\d{2}0")
"""``10.000``: ten in the United States, ten thousand in half of Europe; nobody here writes such zeros."""
_WIDEST = 10
"""A range whose end is more than ten times its beginning has lost or gained a digit."""
_BEFORE_DIGITS = frozenset({"q", "x", *(unit[0] for unit in UNIT_WORDS if len(unit) == 1)})
_BELOW = frozenset({2, 3, 4, 8})
_TO = frozenset({"-", "to", "or"})


class Number(NamedTuple):
    """One number or a range, and the place after it."""

    low: Fraction
    high: Fraction
    end: int


def at(tokens: list[Token], place: int) -> Token:
    """The token at a place, END past the last one."""
    try:  # mostly there is one: asking for the length each time takes longer
        return tokens[place]
    except IndexError:
        return END


def words_at(tokens: list[Token], place: int, words: tuple[str, ...]) -> bool:
    """Whether exactly these words stand at a place."""
    end = place + len(words)
    if end > len(tokens):
        return False
    for token, word in zip(tokens[place:end], words, strict=True):  # noqa: SIM110 - a generator takes twice as long here
        if token.word != word:
            return False
    return True


def a_number(tokens: list[Token], place: int) -> Number | None:
    """The number or rising range at ``place``, a repetition in brackets included; None where there is none.

    A range that falls is no range: nothing of it is read.
    """
    first = _single(tokens, place)
    if first is None:
        return None
    value, end = first
    high, end = _upper(tokens, end, value)
    if not value or (high is not value and not value <= high <= _WIDEST * value):
        return None
    return Number(value, high, _past_repetition(tokens, end, value, high))


def _upper(tokens: list[Token], end: int, low: Fraction) -> tuple[Fraction, int]:
    if at(tokens, end).word not in _TO:
        return low, end
    second = _single(tokens, end + 1)
    return second if second is not None else (low, end)


def _past_repetition(tokens: list[Token], end: int, low: Fraction, high: Fraction) -> int:
    """After ``one (1)`` where the bracket says the same number; else ``end`` unchanged."""
    if at(tokens, end).word != "(":
        return end
    repeated = _single(tokens, end + 1)
    if repeated is None:
        return end
    upper, after = _upper(tokens, repeated[1], repeated[0])
    return after + 1 if (repeated[0], upper) == (low, high) and at(tokens, after).word == ")" else end


def _single(tokens: list[Token], place: int) -> tuple[Fraction, int] | None:
    token = at(tokens, place)
    if token.is_number:
        return None if place and _glued(tokens[place - 1], token) else _from_digits(tokens, place)
    if token.word in COUNTING or token.word in TENS:
        return _from_words(tokens, place)
    if token.word in {"a", "an"} and at(tokens, place + 1).word in PARTS:
        return _fraction_word(Fraction(1), tokens, place + 1)
    if token.word in {"half", "quarter"}:
        return _fraction_word(Fraction(1), tokens, place)
    return None


def _glued(word: Token, digits: Token) -> bool:
    """Whether digits hang on a word that they do not belong to: ``per2``, ``and6``; not ``q12h`` or ``x4``."""
    touching = word.start + len(word.written) == digits.start and word.word.isalpha()
    return touching and word.word not in _BEFORE_DIGITS


def _from_digits(tokens: list[Token], place: int) -> tuple[Fraction, int] | None:
    value = _value(tokens[place].word)
    if value is None:
        return None
    is_whole = value.denominator == 1
    if at(tokens, place + 1).word == "/" and at(tokens, place + 2).is_number:
        return _proper_fraction(tokens, place)
    start = place + 1
    if is_whole and at(tokens, start).word in {"-", "and", "&"}:
        start += 1
    elif at(tokens, start).word in PARTS:  # "1 half tablet" is a half, or one and a half
        return None
    part = _proper_fraction(tokens, start) if is_whole else None
    return (value + part[0], part[1]) if part is not None else (value, place + 1)


def _proper_fraction(tokens: list[Token], place: int) -> tuple[Fraction, int] | None:
    """``1/2``, ``½`` or ``a half`` after a whole number; below one."""
    token = at(tokens, place)
    if token.is_number and "/" in token.written + token.word and (value := _value(token.word)):
        return value, place + 1
    if token.is_number and at(tokens, place + 1).word == "/":
        above, below = _whole(token), _whole(at(tokens, place + 2))
        return (Fraction(above, below), place + 3) if above and above < below in _BELOW else None
    return _part_in_words(tokens, place)


def _part_in_words(tokens: list[Token], place: int) -> tuple[Fraction, int] | None:
    """``half``, ``a half``, ``one half``, ``three quarters``."""
    word = at(tokens, place).word
    if word == "half":
        return Fraction(1, 2), place + 1
    above = Fraction(1) if word == "a" else COUNTING.get(word)
    below = PARTS.get(at(tokens, place + 1).word)
    return (above / below, place + 2) if above and below and above < below else None


def _from_words(tokens: list[Token], place: int) -> tuple[Fraction, int]:
    part = _part_in_words(tokens, place)
    if part is not None:
        return _fraction_word(part[0], tokens, part[1] - 1, done=True)
    value, end = _counted(tokens, place)
    if at(tokens, end).word == "and":
        more = _part_in_words(tokens, end + 1)
        if more is not None:
            return value + more[0], more[1]
    return value, end


def _counted(tokens: list[Token], place: int) -> tuple[Fraction, int]:
    word, after = tokens[place].word, at(tokens, place + 1).word
    if word in TENS:
        unit = COUNTING.get(after, Fraction(0))
        return (TENS[word] + unit, place + 2) if 0 < unit < 10 else (TENS[word], place + 1)
    if after != "hundred":
        return COUNTING[word], place + 1
    hundreds, rest = COUNTING[word] * 100, place + 3 if at(tokens, place + 2).word == "and" else place + 2
    more = at(tokens, rest).word
    if more not in COUNTING and more not in TENS:
        return hundreds, place + 2
    value, end = _counted(tokens, rest)
    return hundreds + value, end


def _fraction_word(above: Fraction, tokens: list[Token], place: int, *, done: bool = False) -> tuple[Fraction, int]:
    """A fraction named at ``place``, "of a" after it included: half of a tablet, half a tablet."""
    value = above if done else above / PARTS[tokens[place].word]
    end = place + 1
    if at(tokens, end).word == "of":
        end += 1
    return value, end + 1 if at(tokens, end).word in {"a", "an", "one", "1"} else end


def _whole(token: Token) -> int:
    return int(token.word) if token.is_number and token.word.isdigit() and len(token.word) <= 4 else 0


@lru_cache(maxsize=4096)
def _value(word: str) -> Fraction | None:
    above, slash, below = word.partition("/")
    if slash:
        return Fraction(int(above), int(below))
    plain = word and _PLAIN.fullmatch(word) and not _THOUSANDS_OR_TENTHS.fullmatch(word)
    return Fraction(word.replace(",", "")) if plain else None
