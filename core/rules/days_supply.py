"""Days' supply of a prescription's packs, as stated or by arithmetic (rules.md, section 4)."""

from __future__ import annotations

from datetime import date

from core.domain.context import Context
from core.domain.model import Prescription, Sku
from core.rules.sig.reader import read
from core.rules.sig.supply import days_supply


def supply_days(prescription: Prescription, sku: Sku, quantity: int, context: Context, day: date) -> int | None:
    """How long ``quantity`` packs last: the stated days' supply scaled to them, else the computed; None if unknown.

    A stated supply of no days states nothing.
    """
    if prescription.days_supply and prescription.quantity > 0:
        return prescription.days_supply * quantity // prescription.quantity
    return computed_days(prescription.sig, sku, quantity, context, day)


def computed_days(sig: str, sku: Sku, quantity: int, context: Context, day: date) -> int | None:
    """Days' supply by arithmetic alone (rules.md, section 4); None where the directions do not tell."""
    return days_supply(
        read(sig, sku),
        sku,
        quantity,
        waste_ml=context.number("waste_ml_per_draw", day),
        default_in_use_days=int(context.number("default_in_use_days", day)),
    )
