"""Which syringe measures a volume, and on which mark.

U-100 syringes are graduated in units of 1/100 mL: 0.3 mL by one unit or by half a unit, 0.5 mL by one, 1 mL by two.
Syringes in mL: 1 mL by 0.01, 3 mL by 0.1, 5 and 10 mL by 0.2. (The makers' usual scales; ISO 8537 and ISO 7886-1.)
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Final, NamedTuple

from core.rules.sig.strength import SYRINGE_UNITS_PER_ML
from core.rules.sig.values import number


class Syringe(NamedTuple):
    """A syringe: what it holds and the distance of its marks, both in mL; ``in_units`` for a U-100 scale."""

    name: str
    holds_ml: Fraction
    step_ml: Fraction
    in_units: bool

    @property
    def least_ml(self) -> Fraction:
        """The least that it measures well: its first mark, a tenth of what it holds where that is in mL."""
        return self.step_ml if self.in_units else max(self.step_ml, self.holds_ml / 10)


class SyringeMark(NamedTuple):
    """A syringe drawn to a mark: ``ml`` is what that measures, ``off`` the share of the dose by which it is more."""

    syringe: Syringe
    ml: Fraction
    off: Fraction

    @property
    def difference(self) -> str:
        """``4 % less`` than the dose; empty where the mark is exact."""
        return f"{number(round(abs(self.off) * 100, 1))} % {'more' if self.off > 0 else 'less'}" if self.off else ""

    def __str__(self) -> str:
        at = f"{number(self.ml * SYRINGE_UNITS_PER_ML)} units" if self.syringe.in_units else f"{number(self.ml)} mL"
        return f"{self.syringe.name}: draw to {at}"


SYRINGES: Final = (
    Syringe("U-100 syringe, 0.3 mL", Fraction(3, 10), Fraction(1, 100), in_units=True),
    Syringe("U-100 syringe, 0.5 mL", Fraction(1, 2), Fraction(1, 100), in_units=True),
    Syringe("U-100 syringe, 1 mL", Fraction(1), Fraction(2, 100), in_units=True),
    Syringe("U-100 syringe, 0.3 mL, half-unit marks", Fraction(3, 10), Fraction(1, 200), in_units=True),
    Syringe("1 mL syringe", Fraction(1), Fraction(1, 100), in_units=False),
    Syringe("3 mL syringe", Fraction(3), Fraction(1, 10), in_units=False),
    Syringe("5 mL syringe", Fraction(5), Fraction(1, 5), in_units=False),
    Syringe("10 mL syringe", Fraction(10), Fraction(1, 5), in_units=False),
)
"""In the order in which they are proposed where several measure a dose equally well."""

LARGEST: Final = max(SYRINGES, key=lambda syringe: syringe.holds_ml)
FINEST: Final = min(SYRINGES, key=lambda syringe: syringe.step_ml)


def marks(ml: Fraction, share: Fraction, *, in_units: bool = True) -> tuple[SyringeMark, ...]:
    """Every syringe that measures ``ml`` within ``share`` of it, the exact ones first; empty where none does.

    Of those that measure it equally well U-100 syringes come first, or those in mL where not ``in_units``: an insulin
    syringe's needle does not reach a muscle.
    """
    return tuple(
        sorted(
            (mark for mark in _nearest(ml) if abs(mark.off) <= share),
            key=lambda mark: (abs(mark.off), mark.syringe.in_units != in_units, SYRINGES.index(mark.syringe)),
        )
    )


def nearest_volumes(ml: Fraction) -> tuple[Fraction, ...]:
    """The volumes next below and next above ``ml`` that some syringe measures; for saying what could be given."""
    below = [volume for each in SYRINGES if _measures(each, volume := floor(ml / each.step_ml) * each.step_ml)]
    above = [volume for each in SYRINGES if _measures(each, volume := ceil(ml / each.step_ml) * each.step_ml)]
    return (*([max(below)] if below else ()), *([min(above)] if above else ()))


def _measures(syringe: Syringe, ml: Fraction) -> bool:
    return syringe.least_ml <= ml <= syringe.holds_ml


def _nearest(ml: Fraction) -> Iterator[SyringeMark]:
    for syringe in SYRINGES:
        at = ceil(ml / syringe.step_ml - Fraction(1, 2)) * syringe.step_ml  # a tie goes to the smaller dose
        if syringe.least_ml <= at <= syringe.holds_ml:
            yield SyringeMark(syringe, at, (at - ml) / ml)
