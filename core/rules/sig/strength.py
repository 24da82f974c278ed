"""One dose in mg, mL, syringe units and pieces, through a SKU's strength (rules.md, section 3, SIG_DOSE_MISMATCH)."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.values import Dose, Segment
from core.rules.sig.vocabulary import MASSES, Unit

SYRINGE_UNITS_PER_ML = Fraction(100)
SAME_DOSE = Fraction(1, 20)
"""The share by which two statements of one dose may differ while they are read."""
_DRUG_UNITS: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:units?|iu)\s*")
PRODUCT_BY_WEIGHT = frozenset({"apply", "rub", "massage", "insert"})
"""Actions after which grams are of the cream, not of the drug; a gram of it is taken to be a mL."""


class Strength(NamedTuple):
    """What one mL and one piece hold; None where it is not known.

    ``units_per_ml`` is of the units that people draw: syringe units, or the drug's own where it is dosed in those.
    ``units_per_piece`` is set where a piece holds so many of the drug's own units, and no mg.
    """

    mg_per_ml: Fraction | None
    mg_per_piece: Fraction | None
    units_per_ml: Fraction
    takes_iu: bool
    weighs_drug: bool
    units_per_piece: Fraction | None

    def ml(self, amount: Dose) -> Fraction | None:
        """Millilitres of an amount's upper end."""
        if amount.unit is Unit.ML or (amount.unit is Unit.G and not self.weighs_drug and self.mg_per_ml):
            return amount.high
        if self.units_per_piece:
            return None
        if amount.unit is Unit.UNITS or (amount.unit is Unit.IU and self.takes_iu):
            return amount.high / self.units_per_ml
        mg = self._stated_mg(amount)
        return mg / self.mg_per_ml if mg is not None and self.mg_per_ml else None

    def mg(self, amount: Dose) -> Fraction | None:
        """Milligrams of the first active in an amount's upper end."""
        stated = self._stated_mg(amount)
        if stated is not None:
            return stated
        if amount.unit is not None and amount.unit.is_piece:
            return amount.high * self.mg_per_piece if self.mg_per_piece else None
        ml = self.ml(amount)
        return ml * self.mg_per_ml if ml is not None and self.mg_per_ml else None

    def pieces(self, amount: Dose) -> Fraction | None:
        """Capsules, tablets and the like in an amount's upper end."""
        if amount.unit is not None and amount.unit.is_piece:
            return amount.high
        if amount.unit in {Unit.UNITS, Unit.IU} and self.units_per_piece:
            return amount.high / self.units_per_piece
        mg = self._stated_mg(amount)
        return mg / self.mg_per_piece if mg is not None and self.mg_per_piece else None

    def _stated_mg(self, amount: Dose) -> Fraction | None:
        if amount.unit is None or amount.unit not in MASSES or (amount.unit is Unit.G and not self.weighs_drug):
            return None
        return amount.high * MASSES[amount.unit]


def same_share(expected: Fraction, stated: Fraction) -> bool:
    """Whether two amounts state one dose."""
    return abs(stated - expected) <= SAME_DOSE * expected


@lru_cache(maxsize=4096)
def strength(sku: Sku | None, action: str | None) -> Strength:
    """The strength of a SKU under an action; without a SKU only syringe units convert."""
    drug_units = _fraction(sku.drug_units_per_ml) if sku else None
    per_piece = drug_units_per_piece(sku) if sku else None
    return Strength(
        mg_per_ml=_fraction(sku.concentration_mg_per_ml) if sku else None,
        mg_per_piece=_fraction(sku.mg_per_unit) if sku else None,
        units_per_ml=drug_units or SYRINGE_UNITS_PER_ML,
        takes_iu=drug_units is not None or per_piece is not None,
        weighs_drug=action not in PRODUCT_BY_WEIGHT,
        units_per_piece=per_piece,
    )


def drug_units_per_piece(sku: Sku) -> Fraction | None:
    """The drug's own units in a piece of a SKU whose strength is told in those: oxytocin, 50 units."""
    told = _DRUG_UNITS.fullmatch(sku.strength.casefold())
    counted = sku.volume_ml is None and sku.mg_per_unit is None
    return Fraction(told[1]) or None if told and counted else None


def ml_per_dose(segment: Segment, of: Strength) -> Fraction | None:
    """What is drawn for one dose: the mL or units stated, else the mg through the concentration."""
    drawn = sorted(segment.amounts, key=lambda amount: amount.unit in MASSES)
    return next((ml for amount in drawn if (ml := of.ml(amount)) is not None), None)


def mg_per_dose(segment: Segment, of: Strength) -> Fraction | None:
    """Milligrams in one dose: those stated, else through the strength."""
    stated = sorted(segment.amounts, key=lambda amount: amount.unit not in MASSES)
    return next((mg for amount in stated if (mg := of.mg(amount)) is not None), None)


def pieces_per_dose(segment: Segment, of: Strength) -> Fraction | None:
    """Pieces in one dose: those stated, else the mg through a piece's strength."""
    counted = sorted(segment.amounts, key=lambda amount: amount.unit in MASSES)
    return next((pieces for amount in counted if (pieces := of.pieces(amount)) is not None), None)


def _fraction(value: Decimal | None) -> Fraction | None:
    return Fraction(value) if value is not None and value.is_finite() and value > 0 else None
