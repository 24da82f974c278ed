"""The most of a drug that is taken, whoever prescribes it: data/dose_maxima.csv, which a pharmacist edits.

An active with a titration ladder has its most there (ladders.csv); here is how often it may be given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.blends import blend_strengths
from core.rules.sig.product import drug_names
from core.rules.sig.strength import Strength, mg_per_dose, ml_per_dose, strength
from core.rules.sig.values import ParsedSig, Segment, number

TABLE: Final = Path(__file__).parents[3] / "data" / "dose_maxima.csv"
_WEEK: Final = Fraction(7)
_ROUNDING: Final = Fraction(1001, 1000)
"""What a maximum may be exceeded by where a dose was rounded to a syringe's mark."""


class DoseMaximum(NamedTuple):
    """One row: of a drug, by a route or (empty) any, with the source of its figures; None where there is none."""

    drug: str
    route: str
    mg_a_day: Fraction | None
    mg_a_week: Fraction | None
    ml_a_day: Fraction | None
    days_apart: Fraction | None
    source: str


class Given(NamedTuple):
    """What directions give of one drug, on the fullest day and in a week."""

    mg_a_day: Fraction
    mg_a_week: Fraction
    ml_a_day: Fraction


def read_maxima(text: str) -> tuple[DoseMaximum, ...]:
    """The rows of data/dose_maxima.csv. Raises ValueError with the row that cannot be used."""
    rows = []
    for place, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            day, week, ml, apart = (_figure(row[name]) for name in _FIGURES)
            drug, route, source = (row[name].strip() for name in ("drug", "route", "source"))
        except (KeyError, AttributeError, TypeError, InvalidOperation):
            raise ValueError(f"data/dose_maxima.csv, row {place}: write a drug, figures above 0, a source") from None
        if not drug or not source or not any((day, week, ml, apart)):
            raise ValueError(f"data/dose_maxima.csv, row {place}: write a drug, figures above 0, a source")
        rows.append(DoseMaximum(drug, route, day, week, ml, apart, source))
    return tuple(rows)


_FIGURES: Final = ("most_mg_a_day", "most_mg_a_week", "most_ml_a_day", "least_days_apart")


def _figure(cell: str) -> Fraction | None:
    if not cell.strip():
        return None
    value = Decimal(cell.strip())
    if not value.is_finite() or value <= 0:
        raise InvalidOperation
    return Fraction(value)


MAXIMA: Final = read_maxima(TABLE.read_text(encoding="utf-8"))


@lru_cache(maxsize=4096)
def maxima_of(sku: Sku) -> tuple[tuple[DoseMaximum, Fraction], ...]:
    """The rows that a SKU is under, each with the active's mg in one mg that the SKU's strength counts."""
    blend, route = blend_strengths(sku), sku.route.casefold()
    rows = []
    for place, active in enumerate(sku.actives):
        part = blend.actives[place] / blend.counted if blend else Fraction(place == 0)
        names = set(drug_names(active))
        rows += [(row, part) for row in MAXIMA if row.drug in names and row.route in route]
    return tuple(rows)


def over_maximum(reading: ParsedSig, sku: Sku) -> tuple[str, ...]:
    """Sentences that say where directions give more, or more often, than the SKU's drugs are taken.

    How often is not judged where it can be read in two ways.
    """
    of = strength(sku, reading.action)
    steps = [list(step) for segments in reading.alternatives for _, step in groupby(segments, key=lambda one: one.step)]
    sentences = [
        f"The directions give {so_much}."
        for row, part in maxima_of(sku)
        for step in steps
        for so_much in beyond(row, _given(part, step, of))
    ]
    if len(reading.alternatives) == 1:
        sentences += [sentence for row, _ in maxima_of(sku) for step in steps for sentence in _too_often(row, step)]
    return tuple(dict.fromkeys(sentences))


def most_given(reading: ParsedSig, sku: Sku) -> dict[DoseMaximum, Given]:
    """The most that directions give of each drug of the SKU that has a row, whatever the step."""
    of = strength(sku, reading.action)
    steps = [list(step) for segments in reading.alternatives for _, step in groupby(segments, key=lambda one: one.step)]
    return {
        row: Given._make(map(max, zip(*(_given(part, step, of) for step in steps), strict=True)))
        for row, part in maxima_of(sku)
        if steps
    }


def beyond(row: DoseMaximum, given: Given) -> Iterator[str]:
    """What is given beside the most, for each of the row's figures that it exceeds."""
    most = (row.mg_a_day, row.mg_a_week, row.ml_a_day)
    for amount, limit, unit, period in zip(given, most, ("mg", "mg", "mL"), ("a day", "a week", "a day"), strict=True):
        if limit is not None and amount > limit * _ROUNDING:
            so_much = f"{number(amount)} {unit} of {row.drug} {period}; the most is {number(limit)} {unit}"
            yield f"{so_much} ({row.source})"


def _given(part: Fraction, step: list[Segment], of: Strength) -> Given:
    mg = [((mg_per_dose(segment, of) or Fraction(0)) * part, _rate(segment)) for segment in step]
    ml = [(ml_per_dose(segment, of) or Fraction(0), _rate(segment)) for segment in step]
    return Given(_in_a_day(mg), sum((dose * rate for dose, rate in mg), Fraction(0)), _in_a_day(ml))


def _too_often(row: DoseMaximum, step: list[Segment]) -> Iterator[str]:
    times = sum(map(_rate, step), Fraction(0))
    if row.days_apart is not None and times > _WEEK / row.days_apart * _ROUNDING:
        apart = "once a day" if row.days_apart == 1 else f"once in {number(row.days_apart)} days"
        yield f"The directions give {row.drug} {number(times)} times a week; it is given {apart} ({row.source})."


def _rate(segment: Segment) -> Fraction:
    return segment.per_week.high if segment.per_week else Fraction(0)


def _in_a_day(doses: Iterable[tuple[Fraction, Fraction]]) -> Fraction:
    """On the fullest day: all doses in step with their rates, or one dose of the largest."""
    amounts = list(doses)
    together = sum((dose * rate / _WEEK for dose, rate in amounts), Fraction(0))
    return max([together, *(dose * max(Fraction(1), rate / _WEEK) for dose, rate in amounts)], default=Fraction(0))
