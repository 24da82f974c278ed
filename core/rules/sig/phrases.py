"""Fixed phrases and the items that they stand for, by their first word."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from core.rules.sig import words
from core.rules.sig.items import (
    AND,
    AS_NEEDED,
    EQUALS,
    EXTRA,
    OR,
    THEN,
    UNSURE,
    Action,
    Either,
    Item,
    Meals,
    Often,
    Route,
    Slot,
    Unread,
    Weekdays,
)


def _all() -> Iterator[tuple[str, Item]]:
    yield from ((table, Action(name)) for name, table in words.ACTIONS.items())
    yield from ((table, Route(name)) for name, table in words.ROUTES.items())
    yield from _sites()
    for name, table in words.SLOTS.items():
        yield from ((spelling, Slot(name, _is_daily(spelling))) for spelling in table.split("|"))
    yield words.MEALS, Meals()
    yield from ((table, _often(*rate)) for table, rate in words.PER_WEEK.items())
    yield from ((table, Either(_often(*one), _often(*two))) for table, (one, two) in words.TWO_MEANINGS.items())
    yield "weekdays|on weekdays|every weekday|each weekday", Weekdays(5, frozenset(range(5)))
    yield "weekends|on weekends|every weekend", Weekdays(2, frozenset({5, 6}))
    yield "and|&|plus", AND
    yield words.OR_WORDS, OR
    yield words.THEN_WORDS, THEN
    yield words.EQUALS_WORDS, EQUALS
    yield words.AS_NEEDED_WORDS, AS_NEEDED
    yield words.LOST_NUMBER, UNSURE
    yield words.AS_DIRECTED, Unread(harmless=True)
    yield words.HARMLESS, EXTRA


def _sites() -> Iterator[tuple[str, Item]]:
    for name, table in words.TWO_SITES.items():
        for spelling in table.split("|"):
            yield "|".join(f"{before} {spelling}" for before in ("in", "into", "to", "")), Route(name, 2)
    for site in words.SITES.split("|"):
        yield "|".join(f"{before} {site}" for before in words.BEFORE_SITES), Route(None)


def _is_daily(spelling: str) -> bool:
    """Whether a time of day also says every day: "nightly", "qam", "every evening"."""
    return spelling == "nightly" or spelling[0] == "q" or spelling.startswith(("every ", "each "))


def _often(per_week: Fraction | int, interval_days: int) -> Often:
    return Often(Fraction(per_week), Fraction(per_week), Fraction(interval_days))


def _items() -> dict[words.Words, Item]:
    found: dict[words.Words, Item] = {}
    for table, item in _all():
        for spelling in words.spellings(table):
            found.setdefault(spelling, item)
    return found


def _lengths() -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for spelling in PHRASES:
        found.setdefault(spelling[0], set()).add(len(spelling))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}


PHRASES: Final = _items()
"""The item of every phrase, by its words."""
LENGTHS: Final = _lengths()
"""How many words the phrases have that begin with a word, the longest first."""
