"""Routing preferences: what staff prefer of a cart's split, kept with the cart, shared by everybody, audited."""

from __future__ import annotations

from datetime import date
from typing import Final

from core.adapters.store import Store, Work, carts
from core.adapters.store.contexts import patients_of, pharmacies_of, skus_of
from core.adapters.store.routing_preferences import add_preference, preferences_of, remove_preference
from core.adapters.store.values import StoredPreference
from core.domain.errors import Refused, Stale
from core.domain.model import PreferenceKind, PreferenceScope
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record

SCOPES: Final = {
    PreferenceKind.USE: tuple(PreferenceScope),
    PreferenceKind.AVOID: tuple(PreferenceScope),
    PreferenceKind.TOGETHER: (PreferenceScope.CART, PreferenceScope.PATIENT),
    PreferenceKind.STAY: tuple(PreferenceScope),
    PreferenceKind.RESERVE: (PreferenceScope.LINE,),
    PreferenceKind.BOXES: (PreferenceScope.CART,),
}
"""Which lines each kind may be about."""

NAMES_A_PHARMACY: Final = frozenset({PreferenceKind.USE, PreferenceKind.AVOID, PreferenceKind.RESERVE})
HAS_AN_AMOUNT: Final = frozenset({PreferenceKind.STAY, PreferenceKind.BOXES})
MOST_CENTS: Final = 10_000_00
MOST_PREFERENCES: Final = 200
"""Routing preferences that one cart holds at most."""


def add_routing_preference(
    store: Store,
    person: Person,
    clinic: str,
    refill_day: date,
    kind: PreferenceKind,
    *,
    patient: str | None = None,
    sku: str | None = None,
    line: str | None = None,
    pharmacy: str | None = None,
    amount_cents: int = 0,
) -> None:
    """Add a routing preference to a refill day's cart; ``line`` is its id.

    Raises Refused for a preference that makes no sense, that is there already, or of a patient, SKU or pharmacy that
    the clinic does not have; Stale for a line that is not in this cart any more.
    """
    require(person, Action.WORK_CART)

    def use_case(work: Work) -> None:
        new = StoredPreference(
            work.new_id(), refill_day, kind, patient, sku, line, pharmacy, amount_cents, person.email, work.now()
        )
        _refuse_nonsense(new)
        _refuse_unknown(work, new)
        there = preferences_of(work, refill_day)
        if any(_subject(row) == _subject(new) for row in there):
            raise Refused("This cart has this routing preference already.")
        if len(there) >= MOST_PREFERENCES:
            raise Refused(f"A cart holds at most {MOST_PREFERENCES} routing preferences; remove one first.")
        add_preference(work, new)
        record(work, person, "ask of split", f"cart {refill_day}", None, _audited(new))

    store.write(clinic, use_case)


def remove_routing_preference(store: Store, person: Person, clinic: str, refill_day: date, preference: str) -> None:
    """Take a routing preference away. Raises Stale where somebody else has taken it away."""
    require(person, Action.WORK_CART)

    def use_case(work: Work) -> None:
        stored = next((row for row in preferences_of(work, refill_day) if row.id == preference), None)
        if stored is None:
            raise Stale("This routing preference is gone: somebody has removed it.")
        remove_preference(work, preference)
        record(work, person, "no longer ask of split", f"cart {refill_day}", _audited(stored), None)

    store.write(clinic, use_case)


def _refuse_nonsense(new: StoredPreference) -> None:
    if sum(code is not None for code in (new.patient, new.sku, new.line)) > 1:
        raise Refused("A routing preference is about the whole cart, or one patient, one SKU or one line.")
    if new.scope not in SCOPES[new.kind]:
        allowed = " or ".join(
            f"a {scope.value}" if scope is not PreferenceScope.CART else "the cart" for scope in SCOPES[new.kind]
        )
        raise Refused(f"“{new.kind.value}” is about {allowed}.")
    if (new.pharmacy is None) == (new.kind in NAMES_A_PHARMACY):
        raise Refused(f"“{new.kind.value}” {'needs a' if new.pharmacy is None else 'takes no'} pharmacy.")
    if not 0 <= new.amount_cents <= (MOST_CENTS if new.kind in HAS_AN_AMOUNT else 0):
        raise Refused("The amount is between $0.00 and $10,000.00, where there is one.")


def _refuse_unknown(work: Work, new: StoredPreference) -> None:
    if new.line is not None:
        line = carts.lines_by_id(work, [new.line]).get(new.line)
        if line is None or line.refill_day != new.refill_day:
            raise Stale("This line is not in the cart any more: somebody has removed or placed it.")
    if new.patient is not None and not patients_of(work, [new.patient]):
        raise Refused(f"This clinic has no patient “{new.patient}”.")
    if new.sku is not None and new.sku not in skus_of(work):
        raise Refused(f"This clinic has no SKU “{new.sku}”.")
    if new.pharmacy is not None and new.pharmacy not in pharmacies_of(work):
        raise Refused(f"This clinic has no pharmacy “{new.pharmacy}”.")


def _subject(row: StoredPreference) -> tuple[object, ...]:
    """Everything but the amount: a cart holds one preference of a kind for the same lines and pharmacy."""
    return row.kind, row.patient, row.sku, row.line, row.pharmacy


def _audited(row: StoredPreference) -> dict[str, object]:
    cells = {name: getattr(row, name) for name in ("patient", "sku", "line", "pharmacy")}
    return {"kind": row.kind.value, "amount_cents": row.amount_cents} | {
        k: v for k, v in cells.items() if v is not None
    }
