"""What a SKU lets directions say: its routes, what its doses are counted in, its drugs; and where directions differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.clinical_terms import ALSO_NAMED, BRANDS, DRUGS
from core.rules.sig.compatibility import routes_of
from core.rules.sig.strength import drug_units_per_piece
from core.rules.sig.tokens import tokenize
from core.rules.sig.values import ParsedSig
from core.rules.sig.vocabulary import MASSES, ROUTES, Unit, spellings

_SPELLINGS: Final = {words: route for route, table in ROUTES.items() for words in spellings(table)}
_ALSO_BY: Final = {
    "intramuscular": frozenset({"subcutaneous"}),
    "topical": frozenset({"transdermal"}),
    "transdermal": frozenset({"topical"}),
    "sublingual": frozenset({"buccal", "oral"}),
    "buccal": frozenset({"sublingual", "oral"}),
}
"""Routes by which a product of another is given as well; what is made for under the skin alone goes nowhere else."""
_VULVAR: Final = frozenset({"labia", "labia majora", "labia minora", "vulva", "clitoris"})

_INJECTED: Final = frozenset({"subcutaneous", "intramuscular"})
_SKIN: Final = frozenset({"topical", "transdermal"})
_FORMS: Final = (
    ("capsule", frozenset({Unit.CAPSULE, Unit.TABLET, Unit.PILL}), frozenset({"oral"})),
    ("tablet", frozenset({Unit.CAPSULE, Unit.TABLET, Unit.PILL}), frozenset({"oral"})),
    ("troche", frozenset({Unit.TROCHE}), frozenset({"sublingual", "buccal", "oral"})),
    ("lozenge", frozenset({Unit.TROCHE}), frozenset({"sublingual", "buccal", "oral"})),
    ("film", frozenset({Unit.FILM}), frozenset({"sublingual", "buccal", "oral"})),
    ("suppository", frozenset({Unit.SUPPOSITORY}), frozenset({"vaginal", "rectal"})),
    ("patch", frozenset({Unit.PATCH}), _SKIN),
    ("pen", frozenset({Unit.PEN, Unit.CLICK}), _INJECTED),
    ("vial", frozenset[Unit](), _INJECTED),
    ("syringe", frozenset[Unit](), _INJECTED),
    ("cream", frozenset({Unit.CLICK, Unit.PUMP, Unit.APPLICATION}), frozenset[str]()),
    ("gel", frozenset({Unit.CLICK, Unit.PUMP, Unit.APPLICATION}), frozenset[str]()),
    ("ointment", frozenset({Unit.CLICK, Unit.PUMP, Unit.APPLICATION}), frozenset[str]()),
    ("lotion", frozenset({Unit.CLICK, Unit.PUMP, Unit.APPLICATION}), frozenset[str]()),
)
"""By a word of the form: what a dose may be counted in, and the routes where the catalog tells none."""


_HANDLED: Final = (
    ("chew", ("capsule",), "which is swallowed whole"),
    ("dissolve", ("capsule",), "which is swallowed whole"),
    ("chew", ("troche", "lozenge", "film"), "which dissolves in the mouth"),
    ("swallow", ("troche", "lozenge", "film"), "which dissolves in the mouth"),
)
"""What is not done with a form; what goes under the tongue or into the cheek is neither chewed nor swallowed."""
_DISSOLVING: Final = frozenset({"sublingual", "buccal"})
_MUSCLE: Final = "muscle"
_MUSCLES: Final = frozenset({
    "deltoid", "deltoids", "glute", "glutes", "gluteus", "gluteal", "vastus lateralis", "upper outer quadrant",
})  # fmt: skip
_FAT: Final = frozenset({
    "abdomen", "stomach", "belly", "belly fat", "abdominal fat", "abdominal area", "fatty tissue", "lower abdomen",
})  # fmt: skip


class SkuProfile(NamedTuple):
    """What is known of a SKU: ``route`` where the catalog has just one, ``routes`` all by which it may be given.

    ``pieces`` is None where the form is not known, ``drugs`` is empty where the actives are not.
    """

    route: str | None
    routes: frozenset[str]
    pieces: frozenset[Unit] | None
    drugs: frozenset[str]


@lru_cache(maxsize=4096)
def product(sku: Sku) -> SkuProfile:
    """What a SKU's catalog row says of how it is given."""
    form = next((entry for entry in _FORMS if entry[0] in sku.form.casefold()), None)
    named = _routes_in(sku.route)
    routes = named.union(*(_ALSO_BY.get(route, frozenset()) for route in named))
    if not sku.route.strip() and form is not None:
        routes = form[2]
    sole = next(iter(named)) if len(named) == 1 else None
    return SkuProfile(sole, routes, form[1] if form else None, _drugs_of(sku))


def _routes_in(text: str) -> frozenset[str]:
    """The routes in a catalog cell, "subcutaneous or intramuscular"; empty where a part of it is none known."""
    if text.strip().casefold() in {"injection", "injectable", "parenteral"}:
        return _INJECTED
    parts = [part.strip() for part in re.split(r"[;,/|&+]|\bor\b|\band\b", text.casefold()) if part.strip()]
    route_names = [_SPELLINGS.get(tuple(part.split())) for part in parts]
    return frozenset(route for route in route_names if route) if None not in route_names else frozenset()


def _drugs_of(sku: Sku) -> frozenset[str]:
    names = {name for text in (sku.name, *sku.actives) for name in drug_names(text)}
    return frozenset(names).union(*(ALSO_NAMED.get(name, ()) for name in names))


def drug_names(text: str) -> Iterator[str]:
    """The drugs that a text names; a longer spelling also counts by the shorter ones in it."""
    words = [token.word for token in tokenize(text)]
    for place in range(len(words)):
        for length in range(1, 5):
            if (spelling := tuple(words[place : place + length])) in DRUGS:
                yield DRUGS[spelling]


def implied_route(sku: Sku | None, action: str | None) -> str | None:
    """The route that follows from the SKU alone: the catalog has one, no other is usual, and the action goes by it."""
    if sku is None:
        return None
    profile = product(sku)
    if profile.route is None or profile.route not in routes_of(action):
        return None
    return None if profile.route == "intramuscular" else profile.route


def route_conflicts(reading: ParsedSig, sku: Sku) -> Iterator[str]:
    """Sentences that say where the route, or the action, is not the SKU's."""
    allowed = product(sku).routes
    if not allowed:
        if sku.route.strip() and reading.route is not None and not reading.route_from_sku:
            yield f"The directions give it by the {reading.route} route; the catalog says “{sku.route.strip()}”."
        return
    on_vulva = "vaginal" in allowed and _VULVAR.intersection(reading.sites)
    if reading.route is None and routes_of(reading.action).isdisjoint(allowed):
        yield f"The directions say to {reading.action} it; {sku.name} is given by the {_listed(sku)} route."
    for site in dict.fromkeys(reading.sites):
        named = site in _MUSCLES or site.endswith(_MUSCLE)
        if named and "subcutaneous" in allowed and "intramuscular" not in allowed:
            yield f"The directions say into the {site}, a muscle; {sku.name} is given by the {_listed(sku)} route."
        elif reading.route == "subcutaneous" and site.endswith(_MUSCLE):
            yield f"The directions say under the skin and into the {site}: it is one or the other."
        if reading.route == "intramuscular" and site in _FAT:
            yield f"The directions say into a muscle and into the {site}, where none is injected."
    for route in dict.fromkeys((reading.route, *reading.other_routes)):
        if route is not None and route not in allowed and not (on_vulva and route == "topical"):
            yield f"The directions give it by the {route} route; {sku.name} is given by the {_listed(sku)} route."


def _listed(sku: Sku) -> str:
    return sku.route.strip() or " or ".join(sorted(product(sku).routes))


def form_conflicts(reading: ParsedSig, sku: Sku) -> Iterator[str]:
    """Sentences that say where a dose is counted in what the SKU does not come in, or handled as its form is not."""
    form = sku.form.casefold()
    for manner, forms, instead in _HANDLED:
        if manner in reading.manners and any(word in form for word in forms):
            yield f"The directions say to {manner} it; {sku.name} comes as {form}, {instead}."
            break
    else:
        if product(sku).route in _DISSOLVING and {"chew", "swallow"}.intersection(reading.manners):
            yield f"The directions say to {reading.manners[0]} it; {sku.name} dissolves in the mouth."
    pieces = product(sku).pieces
    if pieces is None:
        return
    counted = sku.volume_ml is None and sku.mg_per_unit is not None
    in_units = drug_units_per_piece(sku) is not None or (sku.drug_units_per_ml and not sku.concentration_mg_per_ml)
    units = {
        dose.unit for segments in reading.alternatives for segment in segments for dose in segment.amounts if dose.unit
    }
    for unit in sorted(units):
        liquid = counted and unit in {Unit.ML, Unit.UNITS, Unit.G}
        if in_units and (unit in MASSES or (unit is Unit.ML and sku.volume_ml is None)):
            yield f"The directions count in {unit}; {sku.name} is dosed in units."
        if liquid or (unit.is_piece and unit not in pieces):
            yield f"The directions count in {_plural(unit)}; {sku.name} comes as {sku.form.casefold()}."


def _plural(unit: Unit) -> str:
    return {Unit.SUPPOSITORY: "suppositories", Unit.PATCH: "patches"}.get(unit) or f"{unit}{'s' * unit.is_piece}"


def drug_conflicts(reading: ParsedSig, sku: Sku) -> Iterator[str]:
    """Sentences that name a drug which is not the SKU's."""
    drugs = product(sku).drugs
    for name in dict.fromkeys(reading.drugs if sku.actives else ()):
        if name in BRANDS:
            yield f"The directions speak of {name}, a brand; {sku.name} is compounded and is not that product."
        elif name not in drugs:
            yield f"The directions speak of {name}; {sku.name} holds {', '.join(sku.actives)}."
