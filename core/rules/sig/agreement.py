"""Whether the amounts stated of one dose are the same dose (rules.md, section 3, SIG_DOSE_MISMATCH)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.domain.model import Sku
from core.rules.sig.strength import Strength, strength
from core.rules.sig.values import Dose, ParsedSig, Segment, number
from core.rules.sig.vocabulary import MASSES, Unit

_WORDS = ("", "", "twice", "three times", "four times", "five times", "six times", "seven times", "eight times",
          "nine times", "ten times")  # fmt: skip
_PARTS = {2: "half", 3: "a third of", 4: "a quarter of", 5: "a fifth of", 10: "a tenth of"}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two amounts of one dose that are not the same dose.

    ``readings`` says what each would mean; ``factor`` is the second over the first, ``times`` the same in words
    ("three times the dose"). ``units`` are both in syringe units, or in the drug's own.
    """

    step: int
    stated: tuple[Dose, Dose]
    units: tuple[Fraction, Fraction]
    readings: tuple[str, str]
    factor: Fraction
    times: str


def disagreements(
    reading: ParsedSig, sku: Sku | None, *, tolerance_units: Decimal, tolerance_share: Decimal
) -> tuple[Disagreement, ...]:
    """Stated amounts further from the mg-derived one than the larger of units and share; the boundary is allowed.

    Without a mass that the SKU's concentration converts, mL leads, then units. Ranges are compared end by end.
    """
    of = strength(sku, reading.action)
    units, share = Fraction(tolerance_units), Fraction(tolerance_share)
    return tuple(
        disagreement
        for segment in dict.fromkeys(segment for steps in reading.alternatives for segment in steps)
        for disagreement in _of_dose(segment, of, units, share)
    )


def _of_dose(segment: Segment, of: Strength, units: Fraction, share: Fraction) -> Iterator[Disagreement]:
    measured = sorted((amount for amount in segment.amounts if of.ml(amount) is not None), key=_precedence)
    if not any(amount.unit in MASSES for amount in measured):
        yield from _of_masses(segment, of, share)
    for other in measured[1:]:
        for lead_end, other_end in zip(_ends(measured[0]), _ends(other), strict=True):
            expected, stated_amount = _in_units(lead_end, of), _in_units(other_end, of)
            if abs(stated_amount - expected) > max(units, share * expected):
                yield _disagreement(segment.step, (lead_end, other_end), (expected, stated_amount), of)
                break


def _of_masses(segment: Segment, of: Strength, share: Fraction) -> Iterator[Disagreement]:
    """Masses that no concentration turns into mL still agree or not: 0.25 mg (2.5 mg)."""
    stated = [amount for amount in segment.amounts if amount.unit in MASSES]
    for other in stated[1:]:
        for first, second in zip(_ends(stated[0]), _ends(other), strict=True):
            expected, stated_amount = (end.high * MASSES[end.unit] for end in (first, second) if end.unit)
            if abs(stated_amount - expected) > share * expected:
                yield Disagreement(
                    segment.step, (first, second), (expected, stated_amount), (str(first), str(second)),
                    stated_amount / expected, in_times(stated_amount / expected),
                )  # fmt: skip
                break


def _precedence(amount: Dose) -> int:
    return 0 if amount.unit in MASSES else 1 if amount.unit is Unit.ML else 2


def _ends(amount: Dose) -> tuple[Dose, Dose]:
    """The upper end first: it is the one that is dangerous."""
    low = amount.low or amount.high
    return Dose(amount.high, amount.high, amount.unit), Dose(low, low, amount.unit)


def _in_units(amount: Dose, of: Strength) -> Fraction:
    return (of.ml(amount) or Fraction(0)) * of.units_per_ml


def _disagreement(step: int, stated: tuple[Dose, Dose], units: tuple[Fraction, Fraction], of: Strength) -> Disagreement:
    first, second = stated
    factor = units[1] / units[0]
    return Disagreement(step, stated, units, (_means(first, of), _means(second, of)), factor, in_times(factor))


def _means(amount: Dose, of: Strength) -> str:
    ml, mg = of.ml(amount), of.mg(amount)
    others = [
        Dose(value, value, unit)
        for value, unit in ((mg, Unit.MG), (ml, Unit.ML), (_in_units(amount, of), Unit.UNITS))
        if value is not None and unit is not amount.unit and not (unit is Unit.MG and amount.unit in MASSES)
    ]
    return f"{amount}, which is {' or '.join(str(other) for other in others)}"


def in_times(factor: Fraction) -> str:
    """A factor as people say it: ``three times the dose``, ``half the dose``, ``1.25 times the dose``."""
    if factor.denominator == 1 and 2 <= factor < len(_WORDS):
        return f"{_WORDS[int(factor)]} the dose"
    if factor.numerator == 1 and factor.denominator in _PARTS:
        return f"{_PARTS[factor.denominator]} the dose"
    return f"{number(Fraction(round(factor, 2)) or factor)} times the dose"
