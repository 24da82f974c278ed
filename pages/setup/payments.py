"""How the clinic pays: on account, or through a provider whose keys are named here and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import streamlit as st

from core.adapters.secrets import secret
from core.domain.payments.operations import Method, Setup
from core.services.payments.decisions import change_setup, setup_of
from pages.setup.settings_form import SECRET_NAME, missing_secrets, settings_form
from pages.shared.notices import attempt
from pages.shared.session import Session

METHODS: Final[Mapping[Method, str]] = {Method.ON_ACCOUNT: "On account", Method.STRIPE: "Stripe"}
DOES: Final[Mapping[Method, str]] = {
    Method.ON_ACCOUNT: "The ledger records what is owed to whom; nothing is charged from here.",
    Method.STRIPE: "Every pharmacy order is authorized on the clinic's card before it is sent, and captured when the "
    "pharmacy has answered its last line. Orders already placed do not change.",
}
_FIELDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "customer": ("Customer", "cus_...", "The clinic's customer ID at Stripe."),
    "payment_method": ("Card", "pm_...", "The ID of the saved card at Stripe; never a card number."),
    "key_name": ("Secret key name", "STRIPE_KEY", f"{SECRET_NAME}the secret key."),
    "webhook_key_name": (
        "Webhook secret name",
        "STRIPE_WEBHOOK_SECRET",
        f"{SECRET_NAME}the secret that Stripe signs webhooks with. Empty: webhooks are refused.",
    ),
}


def payment_settings(session: Session) -> None:
    """How the clinic pays now, and the form that changes it."""
    setup = session.call(setup_of)
    st.subheader("Payment", anchor=False)
    if setup.method is not Method.ON_ACCOUNT:
        missing_secrets([name for name in (setup.key_name, setup.webhook_key_name) if name and secret(name) is None])
    key = f"setup_payment_{abs(hash(setup))}"
    with st.container(border=True):
        settings_form(
            "Payment method",
            setup.method,
            METHODS,
            DOES,
            key=key,
            fields=partial(_fields, setup, key),
            button="Save payment settings",
            save=partial(_save, session, setup, key),
        )


def _fields(setup: Setup, key: str, method: Method) -> None:
    if method is not Method.STRIPE:
        return
    with st.grid(2):
        for field, (label, example, help_) in _FIELDS.items():
            st.text_input(label, getattr(setup, field), key=f"{key}_{field}", placeholder=example, help=help_)


def _save(session: Session, setup: Setup, key: str, method: Method) -> None:
    typed = {field: str(st.session_state.get(f"{key}_{field}", getattr(setup, field))).strip() for field in _FIELDS}
    attempt(
        lambda: session.call(change_setup, Setup(method, **typed)),
        f"New checkouts are paid {'on account' if method is Method.ON_ACCOUNT else 'through Stripe'}.",
    )
