"""How amounts, days and names are written for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import overload
from zoneinfo import ZoneInfo

from core.domain import date_words
from core.domain.money import dollars, shown

NOTHING = "–"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:&^])")


def plain(text: object) -> str:
    """Any text as it is, in places that read Markdown: a SKU's name is not ours, and two dollar signs are a formula."""
    return _MARKDOWN.sub(r"\\\1", str(text))


def money(cents: int | None) -> str:
    """``$5,812.40``; a dash where the amount is not known."""
    return NOTHING if cents is None else shown(cents)


def signed_money(cents: int) -> str:
    """A difference: ``+$9.20``."""
    return f"+{shown(cents)}" if cents > 0 else shown(cents)


@overload
def amount(cents: int) -> Decimal: ...
@overload
def amount(cents: int | None) -> Decimal | None: ...
def amount(cents: int | None) -> Decimal | None:
    """Dollars as a number for a table's cell or a chart's axis, exactly."""
    return None if cents is None else Decimal(dollars(cents))


def percentage_points(share: Decimal | None) -> Decimal | None:
    """A fraction as the number that stands before the percent sign in a table's cell."""
    return None if share is None else share * 100


def percent(share: Decimal | float | None) -> str:
    """A fraction with one decimal: ``12.5%``."""
    if share is None:
        return NOTHING
    return f"{share * 100:.1f}%"


def day(value: date | None) -> str:
    """``Fri 4 Dec``."""
    return NOTHING if value is None else date_words.day(value)


def full_day(value: date | None) -> str:
    """``Fri 4 Dec 2026``."""
    return NOTHING if value is None else date_words.full_day(value)


def moment(value: datetime | None, zone: str) -> str:
    """``Fri 4 Dec, 14:05 CST``, in the clinic's zone."""
    if value is None:
        return NOTHING
    here = value.astimezone(ZoneInfo(zone))
    return f"{day(here.date())}, {here:%H:%M %Z}"


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 line``, ``1,204 lines``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """``Cedar``, ``Cedar and Northwell``, ``Cedar, Lakeside and Northwell``."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)
