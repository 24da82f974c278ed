"""Fixed phrases and the items that they stand for, by their first word."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from core.rules.sig.clinical_terms import DRUGS
from core.rules.sig.elements import (
    AND,
    AS_NEEDED,
    EQUALS,
    EXTRA,
    OR,
    THEN,
    UNSURE,
    Either,
    Food,
    Item,
    Meals,
    NamedDays,
    Often,
    SigAction,
    SigDrug,
    SigRoute,
    Slot,
    UnknownWord,
)
from core.rules.sig.vocabulary import (
    ACTIONS,
    AS_DIRECTED,
    AS_NEEDED_WORDS,
    BEFORE_SITES,
    EQUALS_WORDS,
    FOOD,
    HARMLESS,
    LOST_NUMBER,
    MANNERS,
    MEAL_NAMES,
    MEALS,
    OR_WORDS,
    PER_WEEK,
    ROUTES,
    SITES,
    SLOTS,
    THEN_WORDS,
    TWO_MEANINGS,
    TWO_SITES,
    WHOLE_CONTAINERS,
    Words,
    spellings,
)


def _all() -> Iterator[tuple[str, Item]]:
    yield from ((table, SigAction(name, name * (name == "dissolve"))) for name, table in ACTIONS.items())
    yield from ((table, SigAction("take", manner)) for manner, table in MANNERS.items())
    yield from ((table, SigRoute(name)) for name, table in ROUTES.items())
    yield from _sites()
    for name, table in SLOTS.items():
        yield from ((spelling, Slot(name, _is_daily(spelling), food=_food(spelling))) for spelling in table.split("|"))
    yield from ((table, Meals(Food(fed))) for fed, table in MEALS.items())
    yield from ((table, Food(fed)) for fed, table in FOOD.items())
    yield from ((table, _often(*rate)) for table, rate in PER_WEEK.items())
    yield from ((table, Either(_often(*first), _often(*second))) for table, (first, second) in TWO_MEANINGS.items())
    yield "weekdays|on weekdays|every weekday|each weekday", NamedDays(5, frozenset(range(5)))
    yield "weekends|on weekends|every weekend", NamedDays(2, frozenset({5, 6}))
    yield "and|&|plus", AND
    yield OR_WORDS, OR
    yield THEN_WORDS, THEN
    yield EQUALS_WORDS, EQUALS
    yield AS_NEEDED_WORDS, AS_NEEDED
    yield LOST_NUMBER, UNSURE
    yield WHOLE_CONTAINERS, UNSURE
    yield AS_DIRECTED, UnknownWord(harmless=True)
    yield HARMLESS, EXTRA
    yield from ((" ".join(words), SigDrug(name)) for words, name in DRUGS.items())


def _sites() -> Iterator[tuple[str, Item]]:
    for name, table in TWO_SITES.items():
        for spelling in table.split("|"):
            yield "|".join(f"{before} {spelling}" for before in ("in", "into", "to", "")), SigRoute(name, 2)
    for site in SITES.split("|"):
        yield "|".join(f"{before} {site}" for before in BEFORE_SITES), SigRoute(None, site=site)


def _food(spelling: str) -> Food | None:
    """The meal of a time of day: "before dinner"; None where it tells none, or not when."""
    when, _, meal = spelling.partition(" ")
    return Food(when != "before", MEAL_NAMES[meal]) if meal in MEAL_NAMES else None


def _is_daily(spelling: str) -> bool:
    """Whether a time of day also says every day: "nightly", "qam", "every evening"."""
    return spelling == "nightly" or spelling[0] == "q" or spelling.startswith(("every ", "each "))


def _often(per_week: Fraction | int, interval_days: int) -> Often:
    return Often(Fraction(per_week), Fraction(per_week), Fraction(interval_days))


def _items() -> dict[Words, Item]:
    table_by_words: dict[Words, Item] = {}
    for table, item in _all():
        for spelling in spellings(table):
            table_by_words.setdefault(spelling, item)
    return table_by_words


def _lengths() -> dict[str, tuple[int, ...]]:
    table_by_words: dict[str, set[int]] = {}
    for spelling in PHRASES:
        table_by_words.setdefault(spelling[0], set()).add(len(spelling))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in table_by_words.items()}


PHRASES: Final = _items()
"""The item of every phrase, by its words."""
LENGTHS: Final = _lengths()
"""How many words the phrases have that begin with a word, the longest first."""
