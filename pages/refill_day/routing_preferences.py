"""Routing preferences: what people require of the split, each in words with its price, and one more to add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import streamlit as st

from core.adapters.store.values import StoredPreference
from core.domain.model import PreferenceKind, PreferenceScope
from core.domain.money import cents_from
from core.services.cart.routing_preferences import (
    HAS_AN_AMOUNT,
    NAMES_A_PHARMACY,
    SCOPES,
    add_routing_preference,
    remove_routing_preference,
)
from pages.refill_day.cart_actions import answer
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import money, pharmacy_name, plain, sku_name

K = PreferenceKind
KINDS: Final = {
    K.USE: "Use a pharmacy",
    K.AVOID: "Avoid a pharmacy",
    K.TOGETHER: "Keep a patient's lines together",
    K.STAY: "Stay with the previous pharmacy",
    K.RESERVE: "Reserve packs for a line",
    K.BOXES: "Ship fewer boxes",
}
SCOPE_NAMES: Final = {
    PreferenceScope.CART: "The whole cart",
    PreferenceScope.PATIENT: "A patient",
    PreferenceScope.SKU: "A SKU",
    PreferenceScope.LINE: "A line",
}
AMOUNTS: Final = {
    K.STAY: ("Unless moving saves more than", "Dollars per line that a move has to save."),
    K.BOXES: ("Penalty per box", "Dollars that one box less is worth; 0.00 ships as few boxes as possible."),
}


def routing_preferences(desk: Desk, views: Sequence[LineView], prices: Mapping[int | None, str]) -> None:
    """The preferences with what each costs, and a place to add one more."""
    preferences = desk.opened.preferences
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown("**Routing preferences**" if preferences else "**No routing preferences**")
        with right.popover("Add a preference", icon=":material/tune:", width="stretch"):
            _preference_form(desk, views)
        for at, preference in enumerate(preferences):
            words, button = st.columns([5, 1], vertical_alignment="center")
            price = prices.get(at if len(preferences) > 1 else None, "computing")
            by = preference.by.partition("@")[0]
            words.markdown(plain(f"{preference_words(preference, desk, views)}: {price}. Added by {by}."))
            button.button(
                "Remove",
                key=f"preference_{preference.id}",
                icon=":material/close:",
                on_click=_remove,
                args=(desk, preference),
                width="stretch",
            )
        if len(preferences) > 1:
            st.caption(plain(f"All together, compared with no preferences: {prices.get(None, 'computing')}"))


def preference_words(preference: StoredPreference, desk: Desk, views: Sequence[LineView]) -> str:
    """``Avoid Cedar Compounding for Tirzepatide 10 mg/mL``."""
    who = f" for {_about(preference, desk, views)}"
    where = pharmacy_name(preference.pharmacy or "", desk.context)
    match preference.kind:
        case K.USE:
            return f"Use {where}{who}"
        case K.AVOID:
            return f"Avoid {where}{who}"
        case K.TOGETHER:
            whole_cart = preference.scope is PreferenceScope.CART
            return "Keep each patient's lines together" if whole_cart else f"Keep all lines together{who}"
        case K.STAY:
            limit = money(preference.amount_cents)
            return f"Stay with the previous pharmacy{who} unless moving saves more than {limit} a line"
        case K.RESERVE:
            return f"Reserve its packs at {where}{who}"
        case K.BOXES:
            penalty = preference.amount_cents
            return f"Penalty of {money(penalty)} per box" if penalty else "Ship as few boxes as possible"


def _about(preference: StoredPreference, desk: Desk, views: Sequence[LineView]) -> str:
    context = desk.context
    match preference.scope:
        case PreferenceScope.PATIENT:
            patient = context.patients.get(preference.patient or "")
            return patient.name if patient else str(preference.patient)
        case PreferenceScope.SKU:
            return sku_name(preference.sku or "", context)
        case PreferenceScope.LINE:
            return next((view.title for view in views if view.line.id == preference.line), "a line")
        case _:
            return "the whole cart"


def _preference_form(desk: Desk, views: Sequence[LineView]) -> None:
    kind = st.selectbox("Preference", list(KINDS), format_func=KINDS.__getitem__, key="preference_kind")
    given: dict[str, Any] = {}
    if len(SCOPES[kind]) > 1:
        scope = st.selectbox("For", SCOPES[kind], format_func=SCOPE_NAMES.__getitem__, key=f"preference_for_{kind}")
    else:
        scope = SCOPES[kind][0]
    if scope is not PreferenceScope.CART:
        given[scope.value] = _one_of(scope, desk, views)
    if kind in NAMES_A_PHARMACY:
        given["pharmacy"] = st.selectbox(
            "Pharmacy",
            sorted(desk.context.pharmacies),
            format_func=lambda code: pharmacy_name(code, desk.context),
            key="preference_pharmacy",
        )
    if kind in HAS_AN_AMOUNT:
        label, help_ = AMOUNTS[kind]
        dollars = st.number_input(
            label, 0.0, 10_000.0, 5.0, step=1.0, format="%.2f", key=f"preference_amount_{kind}", help=help_
        )
        given["amount_cents"] = cents_from(f"{dollars:.2f}")
    st.button("Add", key="preference_add", type="primary", on_click=_add, args=(desk, kind, given), width="stretch")


def _one_of(scope: PreferenceScope, desk: Desk, views: Sequence[LineView]) -> str:
    options = {
        PreferenceScope.PATIENT: {view.line.patient: view.patient for view in views},
        PreferenceScope.SKU: {view.line.sku: view.sku for view in views},
        PreferenceScope.LINE: {view.line.id: view.title for view in views},
    }[scope]
    return str(
        st.selectbox(
            SCOPE_NAMES[scope].removeprefix("A ").capitalize() if scope is not PreferenceScope.SKU else "SKU",
            sorted(options, key=lambda code: options[code]) if scope is not PreferenceScope.LINE else list(options),
            format_func=options.__getitem__,
            key=f"preference_{scope}",
        )
    )


def _add(desk: Desk, kind: PreferenceKind, given: dict[str, Any]) -> None:
    session = desk.session
    answer(
        lambda: session.call(add_routing_preference, desk.refill_day, kind, **given),
        f"Preference added: {KINDS[kind].lower()}.",
    )


def _remove(desk: Desk, preference: StoredPreference) -> None:
    session = desk.session
    answer(lambda: session.call(remove_routing_preference, desk.refill_day, preference.id), "Preference removed.")
