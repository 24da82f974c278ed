"""Directions read into a Reading (rules.md, section 4). The text itself stays as written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from core.domain.model import Sku
from core.rules.sig.assembly import Assembly
from core.rules.sig.compatibility import goes_by
from core.rules.sig.contradictions import contradictions
from core.rules.sig.elements import SigAction
from core.rules.sig.interpretations import Interpretation, interpretations_of
from core.rules.sig.scanner import scan
from core.rules.sig.strength import Strength, mg_per_dose, ml_per_dose, strength
from core.rules.sig.values import Certainty, Dose, ParsedSig, RequiredPart, decimal
from core.rules.sig.vocabulary import Unit

_ON_SKIN = frozenset({"apply", "rub", "massage", "place", "use", "spray"})
_CACHED = 65_536


def read(text: str, sku: Sku | None = None) -> ParsedSig:
    """What directions say, for a SKU where it is known: its concentration, drug units and own words help to read.

    Never raises; what was not understood is in ``unread`` and ``missing``. Answers are cached by text and SKU.
    """
    return _read(text, sku)


@lru_cache(maxsize=_CACHED)
def _read(text: str, sku: Sku | None) -> ParsedSig:
    pieces = scan(text, _own_words(sku))
    action = next((piece.item.name for piece in pieces if isinstance(piece.item, SigAction)), None)
    of = strength(sku, action)
    assembly = Assembly(of)
    for piece in pieces:
        assembly.add(piece)
    return _reading(text, assembly, interpretations_of(assembly), of)


@lru_cache(maxsize=4096)
def _own_words(sku: Sku | None) -> frozenset[str]:
    if sku is None:
        return frozenset()
    return frozenset(re.findall(r"[^\W\d_]{3,}", " ".join((sku.name, sku.form, *sku.actives)).casefold()))


def _reading(text: str, assembly: Assembly, alternatives: tuple[Interpretation, ...], of: Strength) -> ParsedSig:
    segments = alternatives[0]
    missing = tuple(_missing(assembly, segments, of))
    unsettled = contradictions(assembly)
    route = _route(assembly, segments)
    first = segments[0] if segments else None
    mg, ml = (mg_per_dose(first, of), ml_per_dose(first, of)) if first else (None, None)
    return ParsedSig(
        text=text,
        certainty=_certainty(alternatives, missing, assembly.doubtful or bool(unsettled)),
        action=assembly.action,
        route=route,
        as_needed=assembly.as_needed,
        segments=segments,
        mg_per_dose=None if mg is None else decimal(mg),
        ml_per_dose=None if ml is None else decimal(ml),
        unread=(*assembly.unread, *unsettled),
        missing=missing,
        readings=_in_words(assembly.action, route, alternatives),
        alternatives=alternatives,
    )


def _route(assembly: Assembly, segments: Interpretation) -> str | None:
    """The route named, else what a place on the body means for what is put on the skin."""
    if assembly.route is not None or not assembly.on_skin or assembly.action not in _ON_SKIN:
        return assembly.route
    patch = any(segment.dose is not None and segment.dose.unit is Unit.PATCH for segment in segments)
    return "transdermal" if patch else "topical"


def _missing(assembly: Assembly, segments: Interpretation, of: Strength) -> Iterable[RequiredPart]:
    doses = [segment.dose for segment in segments]
    if assembly.action is None:
        yield RequiredPart.ACTION
    if not doses or None in doses:
        yield RequiredPart.DOSE
    route = _route(assembly, segments)
    if any(dose is not None and not _unit_is_known(dose, assembly.action, route, of) for dose in doses):
        yield RequiredPart.UNIT
    if route is None:
        yield RequiredPart.ROUTE
    if not segments or any(segment.per_week is None for segment in segments):
        yield RequiredPart.FREQUENCY


def _unit_is_known(dose: Dose, action: str | None, route: str | None, of: Strength) -> bool:
    """Whether its unit was written, can be measured here, and goes with the action and route."""
    if dose.unit is None or (dose.unit is Unit.IU and not of.takes_iu):
        return False
    return goes_by(dose.unit, action, route)


def _certainty(
    alternatives: tuple[Interpretation, ...], missing: tuple[RequiredPart, ...], doubtful: bool
) -> Certainty:
    if RequiredPart.DOSE in missing and RequiredPart.FREQUENCY in missing:
        return Certainty.UNREADABLE
    if len(alternatives) > 1:
        return Certainty.AMBIGUOUS
    return Certainty.PARTLY if missing or doubtful else Certainty.READ


def _in_words(action: str | None, route: str | None, alternatives: tuple[Interpretation, ...]) -> tuple[str, ...]:
    if len(alternatives) < 2:
        return ()
    return tuple(
        " ".join(part for part in (action, _segments_in_words(interpretation), route and f"({route})") if part)
        for interpretation in alternatives
    )


def _segments_in_words(interpretation: Interpretation) -> str:
    text = ""
    for before, segment in zip((None, *interpretation), interpretation, strict=False):
        joiner = "" if before is None else " and " if before.step == segment.step else ", then "
        text += f"{joiner}{segment}"
    return text
