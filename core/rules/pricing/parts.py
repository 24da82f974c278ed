"""Each pharmacy's part of a quoted cart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from core.domain.model import Quote, QuoteLine, RoutedLine


class PharmacyPart(NamedTuple):
    """What one pharmacy fills and what of the checkout falls to it, in cents; ``arrives_on`` is its last delivery."""

    pharmacy: str
    lines: int
    boxes: int
    medication_cents: int
    program_fee_cents: int
    encounters_cents: int
    shipping_cents: int
    processing_cents: int
    landed_cents: int
    ships_on: date | None
    arrives_on: date | None


def parts_by_pharmacy(routed: Iterable[RoutedLine], quote: Quote) -> tuple[PharmacyPart, ...]:
    """The quote by pharmacy, in order of code; the parts sum to it."""
    filled: dict[str, list[RoutedLine]] = {}
    for line in routed:
        if line.pharmacy is not None:
            filled.setdefault(line.pharmacy, []).append(line)
    costs: dict[str, list[QuoteLine]] = {}
    for cost in quote.lines:
        costs.setdefault(cost.pharmacy, []).append(cost)
    return tuple(_part(pharmacy, filled[pharmacy], costs[pharmacy]) for pharmacy in sorted(filled))


def _part(pharmacy: str, filled: list[RoutedLine], costs: list[QuoteLine]) -> PharmacyPart:
    promises = [line.promise for line in filled if line.promise]
    return PharmacyPart(
        pharmacy=pharmacy,
        lines=len(filled),
        boxes=len({line.box for line in filled}),
        medication_cents=sum(cost.medication_cents for cost in costs),
        program_fee_cents=sum(cost.program_fee_cents for cost in costs),
        encounters_cents=sum(cost.encounter_cents for cost in costs),
        shipping_cents=sum(cost.shipping_cents for cost in costs),
        processing_cents=sum(cost.processing_cents for cost in costs),
        landed_cents=sum(cost.landed_cents for cost in costs),
        ships_on=min((promise.ships_on for promise in promises), default=None),
        arrives_on=max((promise.delivers_on for promise in promises), default=None),
    )


def more_than(quote: Quote, other: Quote) -> int:
    """Cents by which a quote of the same lines is above another; negative where it is below."""
    return quote.total_cents - other.total_cents
