"""Directions that were mutated, 100,000 of them in chunks: never an exception, and never read with something lost.

Every chunk has its seed, so that what fails once fails again.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from core.rules.sig import Certainty, Unit, days_supply, proposals, read, weekly_mg
from core.rules.sig.vocabulary import COUNT_WORDS, COUNTING, TENS, UNIT_WORDS
from tests.builders import a_sku
from tests.sig.labelled import Label, disagreeing, labels, told

pytestmark = pytest.mark.slow

ROWS = labels()
TO_BE_READ = [row for row in ROWS if row.must_be_read]
CHUNKS = 20
A_CHUNK = 5_000
SEMAGLUTIDE = a_sku()
ODD = " .,;:-–—/()[]{}=~<>+%#*'\"½¼\t\n\r\x00\x07\x1b\x7f\u00a0\u200b\u202e\ufeff٣五éñ😀\ud800"
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFUIM0123456789" + ODD
WORDS = sorted({word for row in ROWS for word in row.text.split()})
"""Of the whole corpus: what a mutation puts in is often a word of other directions."""

Mutation = Callable[[random.Random, str], str]


def without_a_character(by: random.Random, text: str) -> str:
    at = by.randrange(len(text) + 1)
    return text[:at] + text[at + 1 :]


def with_a_character(by: random.Random, text: str) -> str:
    at = by.randrange(len(text) + 1)
    return text[:at] + by.choice(ALPHABET) + text[at:]


def with_another_character(by: random.Random, text: str) -> str:
    at = by.randrange(len(text) + 1)
    return text[:at] + by.choice(ALPHABET) + text[at + 1 :]


def without_a_word(by: random.Random, text: str) -> str:
    words = text.split(" ")
    del words[by.randrange(len(words))]
    return " ".join(words)


def with_a_word(by: random.Random, text: str) -> str:
    words = text.split(" ")
    words.insert(by.randrange(len(words) + 1), by.choice(WORDS))
    return " ".join(words)


def with_two_words_exchanged(by: random.Random, text: str) -> str:
    words = text.split(" ")
    one, other = by.randrange(len(words)), by.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    return " ".join(words)


def with_the_end_of_another(by: random.Random, text: str) -> str:
    other = by.choice(ROWS).text
    return text[: by.randrange(len(text) + 1)] + other[by.randrange(len(other)) :]


def in_other_case(by: random.Random, text: str) -> str:
    return by.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


MUTATIONS: tuple[Mutation, ...] = (
    without_a_character, with_a_character, with_another_character, without_a_word, with_a_word,
    with_two_words_exchanged, with_the_end_of_another, in_other_case,
)  # fmt: skip
COUNTED = frozenset(COUNTING) | frozenset(TENS) | COUNT_WORDS | {unit for words in UNIT_WORDS for unit in words}


def says_something_wrong(text: str) -> str | None:
    """What a reading promises and this one does not keep; None where it keeps all."""
    reading = read(text)
    if reading.text != text:
        return "the text was changed"
    if any(word not in text for word in reading.unread):
        return f"unread words that are not in the text: {reading.unread}"
    if (reading.certainty is Certainty.AMBIGUOUS) > (len(reading.alternatives) > 1):
        return "ambiguous with one reading"
    if reading.certainty is not Certainty.READ:
        return None
    if reading.missing or any(segment.dose is None or segment.per_week is None for segment in reading.segments):
        return "read, with something missing"
    lost = [word for word in reading.unread if re.search(r"\d", word) or word.casefold() in COUNTED]
    return f"read, with a number or a unit lost: {lost}" if lost else None


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_mutated_directions_never_raise_and_lose_nothing(chunk: int) -> None:
    by = random.Random(chunk)
    for number in range(A_CHUNK):
        text = by.choice(ROWS).text
        for _ in range(by.choice((1, 1, 1, 2, 3))):
            text = by.choice(MUTATIONS)(by, text)
        wrong = says_something_wrong(text)
        assert wrong is None, (text, wrong)
        if not number % 20:  # the arithmetic behind it, on a few
            reading = read(text, SEMAGLUTIDE)
            assert (days_supply(reading, SEMAGLUTIDE, 1) or 0) >= 0
            assert len(disagreeing(reading, SEMAGLUTIDE)) >= 0
            weekly_mg(reading, SEMAGLUTIDE)
            assert all(read(one.text, SEMAGLUTIDE).missing == () for one in proposals(reading, SEMAGLUTIDE))


def passes_as(text: str, row: Label) -> str | None:
    """What a text passes as, unflagged; None where it is flagged."""
    reading = read(text, row.sku)
    return told(reading) if reading.certainty is Certainty.READ and not disagreeing(reading, row.sku) else None


UNITS = "|".join(words[0] for words in UNIT_WORDS if len(words) == 1)
DOSED = re.compile(rf"(?<![\d./,])(\d[\d.,]*) ?({UNITS})\b(?! ?/|s? per)", re.IGNORECASE)
"""A number and its unit, concentrations aside."""


def spots(pattern: re.Pattern[str]) -> list[tuple[Label, re.Match[str]]]:
    return [(row, found) for row in TO_BE_READ for found in pattern.finditer(row.text)]


def test_a_lost_decimal_point_never_gives_the_old_dose() -> None:
    cases = [(row, found.start(1) + found.group(1).index(".")) for row, found in spots(DOSED) if "." in found.group(1)]
    kept = []
    for row, at in cases:
        text = row.text[:at] + row.text[at + 1 :]
        if passes_as(text, row) == row.says:
            kept.append(text)
    assert (len(cases) > 100, kept) == (True, [])


def test_a_point_lost_after_a_zero_is_no_other_dose() -> None:
    """``05`` is no number at all."""
    cases = [(row, found) for row, found in spots(re.compile(r"(?<![\d.,])0\.(?=\d)"))]
    passed = [row.text[: found.end() - 1] + row.text[found.end() :] for row, found in cases]
    unflagged = [text for text, (row, _) in zip(passed, cases, strict=True) if passes_as(text, row) is not None]
    assert (len(cases) > 100, unflagged) == (True, [])


def test_a_lost_unit_never_gives_the_old_dose() -> None:
    """Pieces aside, which go on being counted ("2 capsules in the morning and 1 at bedtime")."""
    cases = [
        (row, found)
        for row, found in spots(DOSED)
        if not UNIT_WORDS[(found.group(2).casefold(),)].is_piece and row.text[found.end() :].split()[:1] != ["to"]
    ]
    kept = []
    for row, found in cases:
        text = row.text[: found.start(2)] + row.text[found.end(2) :]
        if passes_as(text, row) == row.says:
            kept.append(text)
    assert (len(cases) > 300, kept) == (True, [])


def test_another_digit_in_a_dose_never_gives_the_old_one() -> None:
    kept = []
    for row, found in spots(DOSED):
        for at in range(found.start(1), found.end(1)):
            if not row.text[at].isdigit():
                continue
            text = row.text[:at] + str((int(row.text[at]) + 3) % 10) + row.text[at + 1 :]
            if passes_as(text, row) == row.says:
                kept.append(text)
    assert kept == []


@pytest.mark.parametrize("unit", [Unit.MG, Unit.MCG, Unit.G])
def test_another_mass_never_gives_the_old_dose(unit: Unit) -> None:
    others = {Unit.MG: "mcg", Unit.MCG: "mg", Unit.G: "mg"}
    kept = []
    for row, found in spots(DOSED):
        if UNIT_WORDS.get((found.group(2).casefold(),)) is unit:
            text = row.text[: found.start(2)] + others[unit] + row.text[found.end(2) :]
            if passes_as(text, row) == row.says:
                kept.append(text)
    assert kept == []
