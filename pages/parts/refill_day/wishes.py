"""What people ask of the split: each wish in words with its price, and one more asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from core.adapters.store.constraints import StoredConstraint
from core.domain.model import PreferenceKind, PreferenceScope
from core.domain.money import cents_from
from core.services.cart import ask_of_split, no_longer_ask
from core.services.cart.routing_preferences import HAS_AN_AMOUNT, NAMES_A_PHARMACY, SCOPES
from pages.parts.refill_day.compare import FIRST_SECONDS, answers, prices_of
from pages.parts.refill_day.desk import Desk
from pages.parts.refill_day.pressing import answer
from pages.parts.refill_day.views import View, pharmacy_name
from pages.parts.words import money, plain

K = PreferenceKind
KINDS: Final = {
    K.USE: "Use a pharmacy",
    K.AVOID: "Avoid a pharmacy",
    K.TOGETHER: "Keep a patient's lines together",
    K.STAY: "Stay with last time's pharmacy",
    K.RESERVE: "Keep packs for a line",
    K.BOXES: "Send fewer boxes",
}
SCOPE_NAMES: Final = {
    PreferenceScope.CART: "The whole cart",
    PreferenceScope.PATIENT: "A patient",
    PreferenceScope.SKU: "A SKU",
    PreferenceScope.LINE: "A line",
}
AMOUNTS: Final = {
    K.STAY: ("Unless moving saves more than", "Dollars a line that moving has to save."),
    K.BOXES: ("A box counts dearer by", "Dollars that a box saved is worth; 0.00 sends as few boxes as possible."),
}


def wishes(desk: Desk, views: Sequence[View]) -> None:
    """The wishes with what each costs, and a place to ask one more."""
    asked = desk.opened.asked
    with st.container(border=True):
        left, right = st.columns([3, 1], vertical_alignment="center")
        left.markdown("**What is asked of this split**" if asked else "**Nothing is asked of this split**")
        with right.popover("Ask something", icon=":material/tune:", width="stretch"):
            _ask(desk, views)
        costs = prices_of(answers(desk).wait(FIRST_SECONDS)) if asked and desk.search.finished else {}
        for at, one in enumerate(asked):
            words, button = st.columns([5, 1], vertical_alignment="center")
            price = costs.get(at if len(asked) > 1 else None, "being worked out")
            words.markdown(plain(f"{in_words(one, desk, views)}: {price}. Asked by {one.by.partition('@')[0]}."))
            button.button(
                "Take back",
                key=f"refill_wish_{one.id}",
                icon=":material/close:",
                on_click=_take_back,
                args=(desk, one),
                width="stretch",
            )
        if len(asked) > 1:
            st.caption(plain(f"All together, against the split that nobody asked anything of: {costs.get(None, '…')}"))


def in_words(one: StoredConstraint, desk: Desk, views: Sequence[View]) -> str:
    """``Avoid Cedar Compounding for Tirzepatide 10 mg/mL``."""
    who = f" for {_about(one, desk, views)}"
    where = pharmacy_name(one.pharmacy or "", desk.context)
    match one.kind:
        case K.USE:
            return f"Use {where}{who}"
        case K.AVOID:
            return f"Avoid {where}{who}"
        case K.TOGETHER:
            return (
                "Keep each patient's lines together"
                if one.scope is PreferenceScope.CART
                else f"Keep all lines together{who}"
            )
        case K.STAY:
            return f"Stay with last time's pharmacy{who} unless moving saves more than {money(one.amount_cents)} a line"
        case K.RESERVE:
            return f"Keep its packs at {where}{who}"
        case K.BOXES:
            return (
                f"Count every box {money(one.amount_cents)} dearer"
                if one.amount_cents
                else "Send as few boxes as can be"
            )


def _about(one: StoredConstraint, desk: Desk, views: Sequence[View]) -> str:
    context = desk.context
    match one.scope:
        case PreferenceScope.PATIENT:
            patient = context.patients.get(one.patient or "")
            return patient.name if patient else str(one.patient)
        case PreferenceScope.SKU:
            sku = context.skus.get(one.sku or "")
            return sku.name if sku else str(one.sku)
        case PreferenceScope.LINE:
            return next((view.title for view in views if view.line.id == one.line), "a line")
        case _:
            return "the whole cart"


def _ask(desk: Desk, views: Sequence[View]) -> None:
    kind = st.selectbox("What", list(KINDS), format_func=KINDS.__getitem__, key="refill_wish_kind")
    given: dict[str, Any] = {}
    if len(SCOPES[kind]) > 1:
        scope = st.selectbox("For", SCOPES[kind], format_func=SCOPE_NAMES.__getitem__, key=f"refill_wish_for_{kind}")
    else:
        scope = SCOPES[kind][0]
    if scope is not PreferenceScope.CART:
        given[scope.value] = _one_of(scope, desk, views)
    if kind in NAMES_A_PHARMACY:
        given["pharmacy"] = st.selectbox(
            "Pharmacy",
            sorted(desk.context.pharmacies),
            format_func=lambda code: pharmacy_name(code, desk.context),
            key="refill_wish_pharmacy",
        )
    if kind in HAS_AN_AMOUNT:
        label, help_ = AMOUNTS[kind]
        dollars = st.number_input(
            label, 0.0, 10_000.0, 5.0, step=1.0, format="%.2f", key=f"refill_wish_amount_{kind}", help=help_
        )
        given["amount_cents"] = cents_from(f"{dollars:.2f}")
    st.button(
        "Ask it", key="refill_wish_ask", type="primary", on_click=_asked, args=(desk, kind, given), width="stretch"
    )


def _one_of(scope: PreferenceScope, desk: Desk, views: Sequence[View]) -> str:
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
            key=f"refill_wish_{scope}",
        )
    )


def _asked(desk: Desk, kind: PreferenceKind, given: dict[str, Any]) -> None:
    session = desk.session
    answer(
        lambda: ask_of_split(session.store, session.person, session.clinic, desk.refill_day, kind, **given),
        f"Asked: {KINDS[kind].lower()}.",
    )


def _take_back(desk: Desk, one: StoredConstraint) -> None:
    session = desk.session
    answer(
        lambda: no_longer_ask(session.store, session.person, session.clinic, desk.refill_day, one.id),
        "This is not asked any more.",
    )
