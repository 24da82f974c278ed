"""What people ask of a cart's split: kept with the cart, shared by everybody, audited."""

from __future__ import annotations

from datetime import date
from typing import Final

from core.adapters.store import Store, Work, carts
from core.adapters.store.constraints import StoredConstraint, add_constraint, constraints_of, remove_constraint
from core.adapters.store.contexts import patients_of, pharmacies_of, skus_of
from core.domain.errors import Refused, Stale
from core.domain.model import PreferenceKind, PreferenceScope
from core.services.people import Action, Person, record, require

SCOPES: Final = {
    PreferenceKind.USE: tuple(PreferenceScope),
    PreferenceKind.AVOID: tuple(PreferenceScope),
    PreferenceKind.TOGETHER: (PreferenceScope.CART, PreferenceScope.PATIENT),
    PreferenceKind.STAY: tuple(PreferenceScope),
    PreferenceKind.RESERVE: (PreferenceScope.LINE,),
    PreferenceKind.BOXES: (PreferenceScope.CART,),
}
"""What each kind can be asked of."""

NAMES_A_PHARMACY: Final = frozenset({PreferenceKind.USE, PreferenceKind.AVOID, PreferenceKind.RESERVE})
HAS_AN_AMOUNT: Final = frozenset({PreferenceKind.STAY, PreferenceKind.BOXES})
MOST_CENTS: Final = 10_000_00
MOST_ASKED: Final = 200
"""Wishes that one cart holds at most."""


def ask_of_split(
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
    """Ask something of the split of a refill day's cart; ``line`` is its id.

    Raises Refused for a wish that makes no sense, that is there already, or of a patient, SKU or pharmacy that the
    clinic does not have; Stale for a line that is not in this cart any more.
    """
    require(person, Action.WORK_CART)

    def use_case(work: Work) -> None:
        new = StoredConstraint(
            work.new_id(), refill_day, kind, patient, sku, line, pharmacy, amount_cents, person.email, work.now()
        )
        _refuse_nonsense(new)
        _refuse_unknown(work, new)
        there = constraints_of(work, refill_day)
        if any(_same(one, new) for one in there):
            raise Refused("This is asked of the split already.")
        if len(there) >= MOST_ASKED:
            raise Refused(f"A cart holds at most {MOST_ASKED} wishes; take one away first.")
        add_constraint(work, new)
        record(work, person, "ask of split", f"cart {refill_day}", None, _told(new))

    store.write(clinic, use_case)


def no_longer_ask(store: Store, person: Person, clinic: str, refill_day: date, constraint: str) -> None:
    """Ask it no longer. Raises Stale where somebody else has taken it away."""
    require(person, Action.WORK_CART)

    def use_case(work: Work) -> None:
        found = next((one for one in constraints_of(work, refill_day) if one.id == constraint), None)
        if found is None:
            raise Stale("This is not asked of the split any more: somebody has taken it away.")
        remove_constraint(work, constraint)
        record(work, person, "no longer ask of split", f"cart {refill_day}", _told(found), None)

    store.write(clinic, use_case)


def _refuse_nonsense(new: StoredConstraint) -> None:
    if sum(code is not None for code in (new.patient, new.sku, new.line)) > 1:
        raise Refused("Ask it of the whole cart, or of one patient, one SKU or one line.")
    if new.scope not in SCOPES[new.kind]:
        allowed = " or ".join(
            f"a {scope.value}" if scope is not PreferenceScope.CART else "the cart" for scope in SCOPES[new.kind]
        )
        raise Refused(f"“{new.kind.value}” is asked of {allowed}.")
    if (new.pharmacy is None) == (new.kind in NAMES_A_PHARMACY):
        raise Refused(f"“{new.kind.value}” {'needs a' if new.pharmacy is None else 'takes no'} pharmacy.")
    if not 0 <= new.amount_cents <= (MOST_CENTS if new.kind in HAS_AN_AMOUNT else 0):
        raise Refused("The amount is between $0.00 and $10,000.00, where there is one.")


def _refuse_unknown(work: Work, new: StoredConstraint) -> None:
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


def _same(one: StoredConstraint, other: StoredConstraint) -> bool:
    about = [(row.kind, row.patient, row.sku, row.line, row.pharmacy) for row in (one, other)]
    return about[0] == about[1]


def _told(row: StoredConstraint) -> dict[str, object]:
    told = {name: getattr(row, name) for name in ("patient", "sku", "line", "pharmacy")}
    return {"kind": row.kind.value, "amount_cents": row.amount_cents} | {k: v for k, v in told.items() if v is not None}
