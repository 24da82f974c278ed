"""How the clinic pays: on account, or through a provider whose keys are named here and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import streamlit as st

from core.adapters.secrets import secret
from core.adapters.store.payments import Setup
from core.domain.payments.operations import Method
from core.services.payments.decisions import change_setup, setup_of
from pages.shared.formats import plain
from pages.shared.notices import attempt
from pages.shared.session import Session

METHODS: Final[Mapping[Method, str]] = {Method.ON_ACCOUNT: "On account", Method.STRIPE: "Stripe"}
DOES: Final[Mapping[Method, str]] = {
    Method.ON_ACCOUNT: "The ledger says what is owed to whom; nothing is charged from here.",
    Method.STRIPE: "Every pharmacy order is held on the clinic's card before it is sent, and taken when its last line "
    "is answered. What is placed already stays as it was placed.",
}
_A_NAME: Final = (
    "The name of an environment variable, or of an entry of [pharmacies] in .streamlit/secrets.toml, where "
)
_FIELDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "customer": ("Customer", "cus_...", "The clinic as Stripe knows it."),
    "payment_method": ("Card", "pm_...", "The saved card that is charged, as Stripe names it; never a card's number."),
    "key_name": ("Name of the secret key", "STRIPE_KEY", f"{_A_NAME}where the worker finds the key."),
    "webhook_key_name": (
        "Name of the webhook's secret",
        "STRIPE_WEBHOOK_SECRET",
        f"{_A_NAME}where the receiver finds the secret that Stripe signs with. Empty: nothing is taken in.",
    ),
}


def payments_of(session: Session) -> None:
    """How the clinic pays now, and the form that changes it."""
    setup = setup_of(session.store, session.person, session.clinic)
    st.subheader("Payment", anchor=False)
    missing = [name for name in (setup.key_name, setup.webhook_key_name) if name and secret(name) is None]
    if missing and setup.method is not Method.ON_ACCOUNT:
        st.warning(
            plain(f"Not set where this dashboard runs: {', '.join(missing)}. Workers elsewhere may have them."),
            icon=":material/key_off:",
        )
    with st.container(border=True):
        key = f"setup_payment_{abs(hash(setup))}"
        method = Method(
            st.segmented_control(
                "Checkouts are paid",
                list(Method),
                default=setup.method,
                format_func=lambda one: METHODS[one],
                key=f"{key}_method",
                required=True,
            )
            or setup.method
        )
        st.caption(DOES[method])
        with st.form(f"{key}_form", border=False):
            if method is Method.STRIPE:
                _fields(setup, key)
            st.form_submit_button(
                "Save how the clinic pays", type="primary", on_click=partial(_save, session, setup, method, key)
            )


def _fields(setup: Setup, key: str) -> None:
    left, right = st.columns(2)
    for at, (field, (label, example, help_)) in enumerate(_FIELDS.items()):
        with (left, right)[at % 2]:
            st.text_input(label, getattr(setup, field), key=f"{key}_{field}", placeholder=example, help=help_)


def _save(session: Session, setup: Setup, method: Method, key: str) -> None:
    typed = {field: str(st.session_state.get(f"{key}_{field}", getattr(setup, field))).strip() for field in _FIELDS}
    changed = Setup(method, **typed)
    attempt(
        lambda: change_setup(session.store, session.person, session.clinic, changed),
        f"New checkouts are paid {METHODS[method].lower() if method is Method.ON_ACCOUNT else 'through Stripe'}.",
    )
