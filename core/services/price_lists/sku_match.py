"""Which SKU a row of a price list means: by code, else by exact name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.domain.model import Sku


class Match(NamedTuple):
    """The SKU that a row means, or why none; ``doubt`` where its code and its name say different SKUs."""

    sku: Sku | None
    reason: str = ""
    doubt: str = ""


class Catalog:
    """A clinic's SKUs by code and by name, whatever the case and the spaces."""

    def __init__(self, skus: Iterable[Sku]) -> None:
        self._by_code: dict[str, list[Sku]] = {}
        self._by_name: dict[str, list[Sku]] = {}
        for sku in skus:
            self._by_code.setdefault(_folded(sku.sku), []).append(sku)
            self._by_name.setdefault(_folded(sku.name), []).append(sku)

    def match(self, code: str, name: str) -> Match:
        """The one SKU with this code; else the one with this name."""
        coded, named = self._coded(code), _lookup(self._by_name, name)
        if len(coded) == 1:
            other = named and coded[0] not in named
            return Match(coded[0], doubt=f"the name in the list is that of {named[0].sku}" if other else "")
        if len(coded) > 1 or len(named) > 1:
            codes = " and ".join(sku.sku for sku in coded or named)
            return Match(None, f"could be {codes}; give the code exactly")
        return Match(named[0]) if named else Match(None, "no SKU has this code or exactly this name")

    def _coded(self, code: str) -> list[Sku]:
        same = _lookup(self._by_code, code)
        return [sku for sku in same if sku.sku == code] or same


def _lookup(skus: Mapping[str, list[Sku]], text: str) -> list[Sku]:
    return skus.get(_folded(text), []) if text else []


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
