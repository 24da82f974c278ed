"""Who can fill one SKU under one program, and what its order costs at each of them (rules.md, section 1)."""

from __future__ import annotations

from fractions import Fraction
from operator import attrgetter
from typing import NamedTuple

from core.domain.money import half_up
from core.rules.pricing.terms import Terms


class PharmacyCost(NamedTuple):
    """One pharmacy's order under one program: what it is made of, the landed cost of one pack, and the share of the
    patients who take it that the pharmacy can ship to."""

    pharmacy: str
    unit_cost_cents: int
    medication_cents: int
    program_fee_cents: int
    shipping_cents: int
    processing_cents: int
    landed_cents: int
    unit_landed_cents: int
    reached: Fraction = Fraction(1)


class PharmacyOffer(NamedTuple):
    """A pharmacy's own price in force for one pack, and its fee for the box, in cents; ``reached`` is the share of the
    patients who take it that it can ship to."""

    pharmacy: str
    unit_cost_cents: int
    shipping_cents: int
    reached: Fraction = Fraction(1)


class Market(NamedTuple):
    """The pharmacies that can fill ``units`` packs under a program, in order of code; ``pooled_cents`` is an aggregate
    program's price of a pack."""

    terms: Terms
    units: int
    pooled_cents: int | None
    offers: tuple[PharmacyOffer, ...]

    def cheapest(self) -> PharmacyCost:
        """The order with the least landed cost, ties to the first code; there is at least one offer."""
        if self.pooled_cents is not None:  # one price for all: the box decides
            return self.cost(min(self.offers, key=_SHIPPING))
        landed = self.terms.landed_cents
        totals = [landed(self.units * offer.unit_cost_cents, offer.shipping_cents) for offer in self.offers]
        return self.cost(self.offers[totals.index(min(totals))])

    def costs(self) -> tuple[PharmacyCost, ...]:
        """Every pharmacy's order, the cheapest first."""
        return tuple(sorted(map(self.cost, self.offers), key=_LANDED))

    def cost(self, offer: PharmacyOffer) -> PharmacyCost:
        """One pharmacy's order."""
        price = offer.unit_cost_cents if self.pooled_cents is None else self.pooled_cents
        medication, shipping = self.units * price, offer.shipping_cents
        fee, processing = self.terms.charges(medication, shipping, 0)
        landed = medication + fee + shipping + processing
        unit_landed = half_up(landed, self.units)
        return PharmacyCost(
            offer.pharmacy, price, medication, fee, shipping, processing, landed, unit_landed, offer.reached
        )


_SHIPPING = attrgetter("shipping_cents")
_LANDED = attrgetter("landed_cents")
