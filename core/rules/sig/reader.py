"""Directions read into a Reading (rules.md, section 4). The text itself stays as written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from core.domain.model import Sku
from core.rules.sig.assembly import Assembly
from core.rules.sig.blends import merged
from core.rules.sig.compatibility import action_of, goes_by
from core.rules.sig.contradictions import Contradiction, contradictions
from core.rules.sig.elements import DoseAmount, Piece, SigAction, SigRoute
from core.rules.sig.interpretations import Interpretation, interpretations_of
from core.rules.sig.product import implied_route, product
from core.rules.sig.scanner import scan
from core.rules.sig.strength import Strength, mg_per_dose, ml_per_dose, strength
from core.rules.sig.values import Certainty, Dose, ParsedSig, RequiredPart, decimal
from core.rules.sig.vocabulary import Unit

_ON_SKIN = frozenset({"apply", "rub", "massage", "place", "use", "spray"})
_ON_SKIN_ALONE = frozenset({Unit.CLICK, Unit.PUMP, Unit.PATCH, Unit.G})
_CACHED = 65_536


def read(text: str, sku: Sku | None = None) -> ParsedSig:
    """What directions say, for a SKU where it is known: its concentration, drug units and own words help to read.

    Never raises; what was not understood is in ``unread`` and ``missing``. Answers are cached by text and SKU.
    """
    return _read(text, sku)


@lru_cache(maxsize=_CACHED)
def _read(text: str, sku: Sku | None) -> ParsedSig:
    pieces = scan(text, _own_words(sku))
    if sku is not None and len(sku.actives) > 1:
        pieces = merged(pieces, sku)
    action = next((piece.item.name for piece in pieces if isinstance(piece.item, SigAction)), None)
    action = action or _unsaid_action(pieces, sku)
    of = strength(sku, action)
    assembly = Assembly(of)
    for piece in pieces:
        assembly.add(piece)
    assembly.action = assembly.action or action
    return _reading(text, assembly, interpretations_of(assembly), of, sku)


def _unsaid_action(pieces: list[Piece], sku: Sku | None) -> str | None:
    """What is done where no verb says it: by the route, by what only goes on the skin, or as the SKU's pieces are."""
    routes = [piece.item for piece in pieces if isinstance(piece.item, SigRoute)]
    named = next((route.name for route in routes if route.name is not None), None)
    if named is not None:
        return action_of(named)
    units = {piece.item.unit for piece in pieces if isinstance(piece.item, DoseAmount)}
    if routes and units & _ON_SKIN_ALONE:
        return "apply"
    counted = sku is not None and sku.volume_ml is None and units & (product(sku).pieces or frozenset())
    return action_of(implied_route(sku, None)) if counted else None


@lru_cache(maxsize=4096)
def _own_words(sku: Sku | None) -> frozenset[str]:
    if sku is None:
        return frozenset()
    return frozenset(re.findall(r"[^\W\d_]{3,}", " ".join((sku.name, sku.form, *sku.actives)).casefold()))


def _reading(
    text: str, assembly: Assembly, alternatives: tuple[Interpretation, ...], of: Strength, sku: Sku | None
) -> ParsedSig:
    segments = alternatives[0]
    unsettled = contradictions(assembly)
    unsettled_words = [word for contradiction in unsettled for word in contradiction.words] if unsettled else ()
    named = _route(assembly, segments)
    dosed = any(segment.dose is not None for segment in segments)
    route = named or (implied_route(sku, assembly.action) if assembly.action and dosed else None)
    missing = tuple(_missing(assembly.action, route, segments, of))
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
        unread=(*assembly.unread, *unsettled_words),
        missing=missing,
        readings=_in_words(assembly.action, route, alternatives),
        alternatives=alternatives,
        manners=tuple(assembly.manners),
        drugs=tuple(assembly.drugs),
        sites=tuple(assembly.sites),
        other_routes=tuple(assembly.other_routes),
        route_from_sku=route is not None and named is None,
        conflicts=_sentences(unsettled) if unsettled else (),
    )


def _sentences(unsettled: tuple[Contradiction, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([conflict.sentence for conflict in unsettled if conflict.sentence]))


def _route(assembly: Assembly, segments: Interpretation) -> str | None:
    """The route named, else what a place on the body means: a muscle, or the skin for what is put on it."""
    if assembly.route is None and any(site.endswith("muscle") for site in assembly.sites):
        return "intramuscular"
    if assembly.route is not None or not assembly.on_skin or assembly.action not in _ON_SKIN:
        return assembly.route
    patch = any(segment.dose is not None and segment.dose.unit is Unit.PATCH for segment in segments)
    return "transdermal" if patch else "topical"


def _missing(action: str | None, route: str | None, segments: Interpretation, of: Strength) -> Iterable[RequiredPart]:
    doses = [segment.dose for segment in segments]
    if action is None:
        yield RequiredPart.ACTION
    if not doses or None in doses:
        yield RequiredPart.DOSE
    if any(dose is not None and not _unit_is_known(dose, action, route, of) for dose in doses):
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
