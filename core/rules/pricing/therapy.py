"""The same therapy in other packs: a month's supply beside several months', per day (rules.md, section 1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from core.domain.context import Context
from core.domain.model import Sku
from core.rules.pricing.comparison import SkuComparison, compare, lasts_under


def same_therapy(context: Context, day: date, sku: str, *, units: int = 1) -> tuple[SkuComparison, ...]:
    """The SKUs of the same active and strength that can be compared per day, the shortest supply first, this one
    included.

    All are measured under this SKU's usual directions, whatever their own are: how long a pack lasts decides.
    """
    of = context.skus[sku]
    alike = [code for code, other in context.skus.items() if _strength(other) == _strength(of) and _strength(of)]
    rows = (_under(of.usual_sig, row, context, day) for row in compare(context, day, units=units, only=alike))
    lasting = [row for row in rows if any(cost.per_day is not None for cost in row.programs)]
    return tuple(sorted(lasting, key=lambda row: (_days(row), row.sku)))


def _strength(sku: Sku) -> tuple[tuple[str, ...], str, str, Decimal] | None:
    """What two packs must have in common; None where the strength is not known."""
    strength = sku.concentration_mg_per_ml or sku.mg_per_unit
    return (sku.actives, sku.form, sku.route, strength) if strength and sku.actives else None


def _under(directions: str, row: SkuComparison, context: Context, day: date) -> SkuComparison:
    waste_ml = context.number("waste_ml_per_draw", day)
    lasts = lasts_under(directions, context.skus[row.sku], waste_ml, int(context.number("default_in_use_days", day)))
    return row._replace(programs=tuple(cost._replace(pack=cost.pack._replace(lasts=lasts)) for cost in row.programs))


def _days(row: SkuComparison) -> int:
    lasts = row.programs[0].pack.lasts
    return lasts.days if lasts else 0
