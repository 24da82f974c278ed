"""How numbers and names are put into sentences, on screens and in files alike."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal


def count(number: int, noun: str, nouns: str | None = None) -> str:
    """``1 line``, ``1,204 lines``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """``Cedar``, ``Cedar and Northwell``, ``Cedar, Lakeside and Northwell``."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def percent(share: Decimal | float) -> str:
    """A fraction with one decimal: ``12.5%``."""
    return f"{share * 100:.1f}%"
