"""Directions read into a Reading (rules.md, section 4). The text itself stays as written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from core.domain.model import Sku
from core.rules.sig.assemble import Assembly
from core.rules.sig.convert import Strength, mg_per_dose, ml_per_dose, strength
from core.rules.sig.doubts import doubts
from core.rules.sig.forms import goes_by
from core.rules.sig.items import Action
from core.rules.sig.scan import scan
from core.rules.sig.values import Certainty, Dose, Part, Reading, Unit, decimal
from core.rules.sig.ways import Way, ways

_ON_SKIN = frozenset({"apply", "rub", "massage", "place", "use", "spray"})
_CACHED = 65_536


def read(text: str, sku: Sku | None = None) -> Reading:
    """What directions say, for a SKU where it is known: its concentration, drug units and own words help to read.

    Never raises; what was not understood is in ``unread`` and ``missing``. Answers are cached by text and SKU.
    """
    return _read(text, sku)


@lru_cache(maxsize=_CACHED)
def _read(text: str, sku: Sku | None) -> Reading:
    pieces = scan(text, _own_words(sku))
    action = next((piece.item.name for piece in pieces if isinstance(piece.item, Action)), None)
    of = strength(sku, action)
    assembly = Assembly(of)
    for piece in pieces:
        assembly.add(piece)
    return _reading(text, assembly, ways(assembly), of)


@lru_cache(maxsize=4096)
def _own_words(sku: Sku | None) -> frozenset[str]:
    if sku is None:
        return frozenset()
    return frozenset(re.findall(r"[^\W\d_]{3,}", " ".join((sku.name, sku.form, *sku.actives)).casefold()))


def _reading(text: str, told: Assembly, alternatives: tuple[Way, ...], of: Strength) -> Reading:
    segments = alternatives[0]
    missing = tuple(_missing(told, segments, of))
    unsettled = doubts(told)
    route = _route(told, segments)
    first = segments[0] if segments else None
    mg, ml = (mg_per_dose(first, of), ml_per_dose(first, of)) if first else (None, None)
    return Reading(
        text=text,
        certainty=_certainty(alternatives, missing, told.doubtful or bool(unsettled)),
        action=told.action,
        route=route,
        as_needed=told.as_needed,
        segments=segments,
        mg_per_dose=None if mg is None else decimal(mg),
        ml_per_dose=None if ml is None else decimal(ml),
        unread=(*told.unread, *unsettled),
        missing=missing,
        readings=_in_words(told.action, route, alternatives),
        alternatives=alternatives,
    )


def _route(told: Assembly, segments: Way) -> str | None:
    """The route named, else what a place on the body means for what is put on the skin."""
    if told.route is not None or not told.on_skin or told.action not in _ON_SKIN:
        return told.route
    patch = any(segment.dose is not None and segment.dose.unit is Unit.PATCH for segment in segments)
    return "transdermal" if patch else "topical"


def _missing(told: Assembly, segments: Way, of: Strength) -> Iterable[Part]:
    doses = [segment.dose for segment in segments]
    if told.action is None:
        yield Part.ACTION
    if not doses or None in doses:
        yield Part.DOSE
    route = _route(told, segments)
    if any(dose is not None and not _unit_is_known(dose, told.action, route, of) for dose in doses):
        yield Part.UNIT
    if route is None:
        yield Part.ROUTE
    if not segments or any(segment.per_week is None for segment in segments):
        yield Part.FREQUENCY


def _unit_is_known(dose: Dose, action: str | None, route: str | None, of: Strength) -> bool:
    """Whether its unit was written, can be measured here, and goes with the action and route."""
    if dose.unit is None or (dose.unit is Unit.IU and not of.takes_iu):
        return False
    return goes_by(dose.unit, action, route)


def _certainty(alternatives: tuple[Way, ...], missing: tuple[Part, ...], doubtful: bool) -> Certainty:
    if Part.DOSE in missing and Part.FREQUENCY in missing:
        return Certainty.UNREADABLE
    if len(alternatives) > 1:
        return Certainty.AMBIGUOUS
    return Certainty.PARTLY if missing or doubtful else Certainty.READ


def _in_words(action: str | None, route: str | None, alternatives: tuple[Way, ...]) -> tuple[str, ...]:
    if len(alternatives) < 2:
        return ()
    return tuple(
        " ".join(part for part in (action, _segments_in_words(way), route and f"({route})") if part)
        for way in alternatives
    )


def _segments_in_words(way: Way) -> str:
    text = ""
    for before, segment in zip((None, *way), way, strict=False):
        joiner = "" if before is None else " and " if before.step == segment.step else ", then "
        text += f"{joiner}{segment}"
    return text
