"""Which actions, routes and units go together. What does not is a contradiction, and is never read as if it did."""

from __future__ import annotations

from typing import Final

from core.rules.sig.vocabulary import MASSES, Unit

_INJECTED: Final = frozenset({"subcutaneous", "intramuscular", "intravenous", "intracavernosal", "intradermal"})
_MOUTH: Final = frozenset({"oral", "sublingual", "buccal"})
_SKIN: Final = frozenset({"topical", "transdermal"})
_CAVITIES: Final = frozenset({"vaginal", "rectal"})
_ORGANS: Final = frozenset({"ophthalmic", "otic", "nasal"})

_ROUTES_OF_ACTION: Final = {
    "inject": _INJECTED,
    "take": _MOUTH,
    "dissolve": _MOUTH,
    "apply": _SKIN | _CAVITIES | _ORGANS,
    "rub": _SKIN,
    "massage": _SKIN,
    "insert": _CAVITIES | _ORGANS,
    "place": _MOUTH | _SKIN | _CAVITIES | _ORGANS,
    "instill": _CAVITIES | _ORGANS,
    "inhale": frozenset({"inhaled", "nasal", "oral"}),
    "spray": _MOUTH | _SKIN | {"nasal"},
}
"""Where a drug goes by each action; ``use`` and ``administer`` are said of all."""

_MEASURED: Final = frozenset({*MASSES, Unit.ML, Unit.UNITS, Unit.IU})
_ON_SKIN: Final = frozenset({Unit.CLICK, Unit.PUMP, Unit.SPRAY, Unit.PATCH, Unit.APPLICATION, Unit.DROP})
_IN_MOUTH: Final = frozenset({
    Unit.CAPSULE, Unit.TABLET, Unit.PILL, Unit.FILM, Unit.TROCHE, Unit.DROP, Unit.SPRAY, Unit.CLICK, Unit.PUMP,
})  # fmt: skip
_IN_CAVITY: Final = frozenset({Unit.SUPPOSITORY, Unit.APPLICATION, Unit.CLICK, Unit.PUMP, Unit.TABLET, Unit.CAPSULE})

_PIECES_OF_ROUTE: Final = {
    **dict.fromkeys(_INJECTED, frozenset({Unit.CLICK})),
    "oral": _IN_MOUTH,
    **dict.fromkeys(("sublingual", "buccal"), _IN_MOUTH),
    **dict.fromkeys(_SKIN, _ON_SKIN),
    "vaginal": _IN_CAVITY | {Unit.TROCHE},
    "rectal": _IN_CAVITY,
    "ophthalmic": frozenset({Unit.DROP, Unit.APPLICATION, Unit.SPRAY}),
    "otic": frozenset({Unit.DROP, Unit.APPLICATION, Unit.SPRAY}),
    "nasal": frozenset({Unit.SPRAY, Unit.PUFF, Unit.DROP, Unit.APPLICATION, Unit.PUMP}),
    "inhaled": frozenset({Unit.SPRAY, Unit.PUFF, Unit.CAPSULE, Unit.DROP}),
}
"""What is counted one by one on each route; the pen's clicks of an injection are one. Anything may be measured."""

_EVERYWHERE: Final = frozenset(_PIECES_OF_ROUTE)


def routes_of(action: str | None) -> frozenset[str]:
    """The routes that an action can be said of."""
    return _ROUTES_OF_ACTION.get(action or "", _EVERYWHERE)


_ACTION_OF_ROUTE: Final = {
    **dict.fromkeys(_INJECTED, "inject"), "oral": "take", "sublingual": "dissolve", "buccal": "dissolve",
    **dict.fromkeys(_SKIN, "apply"), **dict.fromkeys(_CAVITIES, "insert"), "nasal": "use", "inhaled": "inhale",
    "ophthalmic": "instill", "otic": "instill",
}  # fmt: skip


def action_of(route: str | None) -> str | None:
    """What is done by a route where the directions leave the verb out."""
    return _ACTION_OF_ROUTE.get(route or "")


def goes_by(unit: Unit, action: str | None, route: str | None) -> bool:
    """Whether a dose in this unit can be given so: no capsule is injected, no suppository swallowed."""
    if unit in _MEASURED:
        return True
    routes = routes_of(action) if route is None else (route,)
    return any(unit in _PIECES_OF_ROUTE.get(candidate, ()) for candidate in routes)
