"""What is suspicious about a row of a price list, in words. A doubtful price is written only if a person says so."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.domain.money import shown

LARGE_CHANGE: Final = Decimal("0.30")
"""A price that moves by more than this share is looked at."""
SMALL_CHANGE: Final = Decimal("0.10")
"""Within it nobody suspects a price of another unit."""
FAR: Final = 2
"""A first price is looked at beyond this many times what others ask, or below that part of it."""
_NEAR: Final = Decimal("0.15")
_PIECES: Final = frozenset({"each", "ea", "piece", "unit", "vial", "capsule", "cap", "tablet", "tab", "troche"})
_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_PACKS: Final = frozenset({"pack", "package", "box", "kit", "bottle", "bag", "tube", "jar"})


_SEVERAL: Final = re.compile(
    r"\b(?:box|case|carton|pack|package|kit|bag|set)s?\W{0,3}(?:of\W{0,3})?(\d{1,4})\b(?!\s*m[gl])"
    r"|\b(\d{1,4})\W{0,3}(?:vials?|pieces?|units?|pcs|ct|count|pk|packs?|(?:per |/ ?)(?:box|case|carton|pack))\b"
)
"""A price for so many: Box of 10, case 12, 10/box, 10 vials."""


class PackClaims(NamedTuple):
    """What a row says beside its price; None and "" where it does not."""

    unit: str = ""
    mg: Decimal | None = None
    mg_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None


def price_doubts(sku: Sku, price_cents: int, before_cents: int | None, stated: PackClaims) -> Iterator[str]:
    """Every doubt about one price for one pack of the SKU."""
    if price_cents == 0:
        yield "the price is zero"
    if before_cents:
        yield from _doubts_about_change(sku, price_cents, before_cents)
    yield from _doubts_about_unit(sku, stated.unit)
    yield from _doubts_about_strength(sku, stated)


def first_price_doubts(price_cents: int, others_cents: Collection[int]) -> Iterator[str]:
    """Whether a first price is far from what all others ask for the same pack; there is no earlier one to tell."""
    least, most = min(others_cents, default=0), max(others_cents, default=0)
    if 0 < price_cents * FAR < least:
        yield f"a first price, less than half of the {shown(least)} that others ask at least"
    elif price_cents > FAR * most > 0:
        yield f"a first price, more than twice the {shown(most)} that others ask at most"


def _doubts_about_change(sku: Sku, price_cents: int, before_cents: int) -> Iterator[str]:
    change = price_cents - before_cents
    if abs(change) > LARGE_CHANGE * before_cents:
        yield f"more than {LARGE_CHANGE:.0%} {'up' if change > 0 else 'down'} from {shown(before_cents)}"
    if price_cents == 0 or abs(change) <= SMALL_CHANGE * before_cents:
        return
    for unit, in_pack in _parts(sku).items():
        if _near(price_cents * in_pack, price_cents, before_cents):
            yield f"looks like a price per {unit}: times {in_pack:f} it is near the {shown(before_cents)} in force"
        elif _near(price_cents / in_pack, price_cents, before_cents):
            yield f"looks like a price for {in_pack:f} packs: the price in force is {shown(before_cents)} for one"


def _parts(sku: Sku) -> dict[str, Decimal]:
    """How many of each part a pack holds, where that is not one."""
    pieces = Decimal(sku.pieces)
    parts = {"piece": pieces, "mL": (sku.volume_ml or Decimal(0)) * pieces, "mg": sku.mg_per_pack or Decimal(0)}
    return {unit: amount.normalize() for unit, amount in parts.items() if amount not in {0, 1}}


def _near(cents: Decimal, price_cents: int, before_cents: int) -> bool:
    """Near the price in force, and nearer than the price in the list is."""
    away = abs(cents - before_cents)
    return away <= _NEAR * before_cents and away < abs(price_cents - before_cents)


def _doubts_about_unit(sku: Sku, unit: str) -> Iterator[str]:
    """A number in it is a pack's size ("2 mL vial"), which is no doubt."""
    words = _WORD.findall(unit.casefold())
    if several := _SEVERAL.search(unit.casefold()):
        number = int(next(filter(None, several.groups())))
        if number not in {1, sku.pieces}:
            yield f"the list says “{unit}”; prices here are for a pack of {sku.pieces}"
    if any(word.isdigit() for word in words):
        return
    measured = {"ml": "mL", "mg": "mg"}.get(words[-1]) if words else None
    parts = _parts(sku)
    if measured in parts:
        yield f"the list says “{unit}”; prices here are for a pack of {parts[measured]:f} {measured}"
    elif sku.pieces > 1 and not _PACKS.intersection(words) and _PIECES.intersection(word.rstrip("s") for word in words):
        yield f"the list says “{unit}”; prices here are for a pack of {sku.pieces}"


def _doubts_about_strength(sku: Sku, stated: PackClaims) -> Iterator[str]:
    mg, concentration, volume = stated.mg, stated.mg_per_ml, stated.volume_ml
    if mg is not None and concentration is not None and volume is not None and mg != concentration * volume:
        yield f"{mg:f} mg is not {concentration:f} mg/mL x {volume:f} mL"
    if concentration is not None and sku.concentration_mg_per_ml not in {None, concentration}:
        yield f"the list says {concentration:f} mg/mL, the SKU is {sku.concentration_mg_per_ml:f} mg/mL"
    if volume is not None and sku.volume_ml is not None and volume not in {sku.volume_ml, sku.volume_ml * sku.pieces}:
        yield f"the list says {volume:f} mL, the SKU is {sku.volume_ml:f} mL"
    pack = sku.mg_per_pack
    if mg is not None and pack is not None and mg * sku.pieces != pack != mg:
        yield f"the list says {mg:f} mg, the SKU has {(pack / sku.pieces).normalize():f} mg"
