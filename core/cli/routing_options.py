"""Routing preferences of a cart file, one ``--ask`` each: ``avoid cedar``, ``use cedar for sku=SEMA``, ``together``,
``stay 5.00 for patient=P1``, ``reserve cedar for line=3``, ``boxes 0``."""

from __future__ import annotations

from core.cli.errors import bad_argument
from core.domain.context import Context
from core.domain.model import Cart, PreferenceKind, PreferenceScope, RoutingPreference
from core.domain.money import cents_from
from core.services.cart.routing_preferences import HAS_AN_AMOUNT, NAMES_A_PHARMACY, SCOPES


def routing_preference(text: str, cart: Cart, context: Context) -> RoutingPreference:
    """One routing preference. Raises BadInput, which says what is wrong with it."""
    preference, _, about = text.strip().partition(" for ")
    words = preference.split()
    if not words or words[0] not in list(PreferenceKind):
        raise bad_argument("--ask", text, f"does not begin with one of {', '.join(PreferenceKind)}")
    kind = PreferenceKind(words[0])
    scope, of = _scope(text, about.strip(), kind, cart)
    return RoutingPreference(kind, scope, of, _pharmacy(text, kind, words[1:], context), _amount(text, kind, words[1:]))


def _scope(text: str, about: str, kind: PreferenceKind, cart: Cart) -> tuple[PreferenceScope, str]:
    name, _, of = about.partition("=")
    if name not in ("", *PreferenceScope) or (name == "") != (of == ""):
        raise bad_argument("--ask", text, "names neither patient=, sku= nor line= after “for”")
    scope = PreferenceScope(name or PreferenceScope.CART)
    if scope not in SCOPES[kind]:
        raise bad_argument("--ask", text, f"{kind} is about {' or '.join(SCOPES[kind])}")
    codes = {
        PreferenceScope.CART: {""},
        PreferenceScope.PATIENT: {line.patient for line in cart.lines},
        PreferenceScope.SKU: {line.sku for line in cart.lines},
        PreferenceScope.LINE: {str(line.number) for line in cart.lines},
    }
    if of not in codes[scope]:
        raise bad_argument("--ask", text, f"{about} is not in the cart")
    return scope, of


def _pharmacy(text: str, kind: PreferenceKind, rest: list[str], context: Context) -> str:
    if kind not in NAMES_A_PHARMACY:
        return ""
    if len(rest) != 1 or rest[0] not in context.pharmacies:
        raise bad_argument("--ask", text, f"names no pharmacy of this clinic; it has {', '.join(context.pharmacies)}")
    return rest[0]


def _amount(text: str, kind: PreferenceKind, rest: list[str]) -> int:
    if kind not in HAS_AN_AMOUNT:
        if kind not in NAMES_A_PHARMACY and rest:
            raise bad_argument("--ask", text, f"{kind} takes neither a pharmacy nor an amount")
        return 0
    try:
        cents = cents_from(rest[0] if len(rest) == 1 else "")
    except ValueError as error:
        raise bad_argument("--ask", text, str(error)) from None
    if cents < 0:
        raise bad_argument("--ask", text, "is a negative amount")
    return cents
