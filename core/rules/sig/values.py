"""What directions say, once read: frozen values. Numbers are exact fractions; ``decimal`` turns one into a Decimal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.rules.sig.vocabulary import Unit


class Certainty(StrEnum):
    """How far directions could be read (formats.md, ``sig``)."""

    READ = "read"
    PARTLY = "partly"
    AMBIGUOUS = "ambiguous"
    UNREADABLE = "unreadable"


class RequiredPart(StrEnum):
    """What directions must tell; SIG_INCOMPLETE names those that are missing."""

    ACTION = "action"
    DOSE = "dose"
    UNIT = "unit"
    ROUTE = "route"
    FREQUENCY = "frequency"


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount as written, one number or a range; ``unit`` is None where none was written."""

    low: Fraction
    high: Fraction
    unit: Unit | None

    def __str__(self) -> str:
        amount = number(self.high) if self.low == self.high else f"{number(self.low)} to {number(self.high)}"
        if self.unit is None:
            return amount
        plural = "s" if self.unit.is_piece and self.high > 1 else ""
        word = "suppositories" if plural and self.unit is Unit.SUPPOSITORY else f"{self.unit}{plural}"
        return f"{amount} {'unit' if self.unit is Unit.UNITS and self.high == 1 else word}"


@dataclass(frozen=True, slots=True)
class Rate:
    """Doses a week, from ``low`` to ``high``."""

    low: Fraction
    high: Fraction

    def __str__(self) -> str:
        if self.low == self.high:
            return _rate_in_words(self.high)
        if self.low == 0:
            return f"up to {_rate_in_words(self.high)}"
        return f"{number(self.low)} to {number(self.high)} times a week"


@dataclass(frozen=True, slots=True)
class Segment:
    """One dose at one rate. Equal ``step``: side by side (morning and night); steps follow one another.

    ``days`` is the step's length, None for an open one. ``equivalents`` are the same dose's other amounts, from
    brackets or after a slash or an equals sign.
    """

    step: int
    dose: Dose | None
    per_week: Rate | None
    days: int | None = None
    equivalents: tuple[Dose, ...] = ()

    @property
    def amounts(self) -> Iterator[Dose]:
        """Everything stated of this one dose, the first as written first."""
        if self.dose is not None:
            yield self.dose
        yield from self.equivalents

    def __str__(self) -> str:
        parts = [str(part) for part in (self.dose, self.per_week) if part is not None]
        return " ".join(parts) + (f" for {self.days} day{'s' * (self.days != 1)}" if self.days is not None else "")


@dataclass(frozen=True, slots=True)
class ParsedSig:
    """Directions as they were understood.

    ``segments`` is the reading itself; ``alternatives`` holds every reading that fits, that one first, and ``readings``
    says each in words when there are several. ``conflicts`` says what does not go together, in sentences.
    ``mg_per_dose`` and ``ml_per_dose`` are of the first step, upper end. ``unread`` are words of the text, as written.
    ``missing`` is in the order of RequiredPart. ``manners``, ``drugs`` and ``sites`` are all that were named,
    ``other_routes`` all but the first; ``route_from_sku`` where none was named and the SKU has but one.
    """

    text: str
    certainty: Certainty
    action: str | None
    route: str | None
    as_needed: bool
    segments: tuple[Segment, ...]
    mg_per_dose: Decimal | None
    ml_per_dose: Decimal | None
    unread: tuple[str, ...]
    missing: tuple[RequiredPart, ...]
    readings: tuple[str, ...]
    alternatives: tuple[tuple[Segment, ...], ...]
    conflicts: tuple[str, ...] = ()
    manners: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    other_routes: tuple[str, ...] = ()
    route_from_sku: bool = False

    @property
    def is_injection(self) -> bool:
        """Whether it tells to inject, by its action or its route."""
        return self.action == "inject" or self.route in {"subcutaneous", "intramuscular", "intravenous"}


def decimal(value: Fraction) -> Decimal:
    """A fraction as a Decimal: exact where it ends within 28 digits."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def number(value: Fraction) -> str:
    """A fraction for people, with at most four decimals: ``8.3333``, ``0.25``, ``10``."""
    return f"{decimal(round(value, 4)).normalize():f}"


_TIMES = {1: "once", 2: "twice"}


def _rate_in_words(per_week: Fraction) -> str:
    if per_week % 7 == 0 and per_week:
        return f"{_times(per_week / 7)} daily"
    if per_week.denominator == 1:
        return f"{_times(per_week)} weekly"
    every = 7 / per_week
    return f"every {number(every)} days" if every.denominator == 1 else f"{number(per_week)} times a week"


def _times(count: Fraction) -> str:
    return _TIMES.get(int(count), f"{number(count)} times")
