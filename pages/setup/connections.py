"""How each pharmacy is connected: the table, and the form of one connection. Secrets are named here, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.column_config import DatetimeColumn

from core.domain.partners.link import NUMBERS, Adapter, Authentication, Link, QuantityUnit
from core.domain.partners.rate_limit import breaker
from core.services.partners.connections import (
    Connection,
    connect,
    connections,
    number_products,
    products_of,
    recent_pushes,
    try_again,
)
from pages.setup.settings_form import SECRET_NAME, missing_secrets, settings_form
from pages.shared.formats import plain
from pages.shared.layout import open_expander
from pages.shared.notices import attempt
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import table

ADAPTERS: Final[Mapping[Adapter, str]] = {
    Adapter.SIMULATED: "Simulated",
    Adapter.HTTP: "JSON order API",
    Adapter.SHEET: "Order sheet",
}
DOES: Final[Mapping[Adapter, str]] = {
    Adapter.SIMULATED: "Nothing leaves this machine: a script accepts, rejects, holds, ships and delivers.",
    Adapter.HTTP: "The worker sends orders; updates are polled or pushed.",
    Adapter.SHEET: "Orders wait under Order sheets to send until somebody faxes or mails the sheet and marks it sent.",
}
PROOFS: Final[Mapping[Authentication, str]] = {
    Authentication.NONE: "None",
    Authentication.BASIC: "User and password",
    Authentication.BEARER: "Bearer token",
    Authentication.HMAC: "Signature (HMAC)",
}
UNITS: Final[Mapping[QuantityUnit, str]] = {
    QuantityUnit.MEASURE: "Milliliters for liquids, pieces for everything else",
    QuantityUnit.PIECES: "Vials and pieces",
}


def connection_settings(session: Session, reference: ReferenceData) -> None:
    """Every connection, and the form of the chosen one."""
    by_code = session.call(connections)
    st.subheader("Connections", anchor=False)
    st.caption("How orders reach each pharmacy and how updates come back. A pharmacy not set up here is simulated.")
    zone = reference.context.clinic.time_zone
    now = session.store.clock()
    table(
        [
            {
                "Pharmacy": connection.name,
                "Orders sent by": ADAPTERS[connection.link.adapter],
                "Base URL": connection.link.base_url or None,
                "Limit per minute": connection.link.per_minute,
                "Updates": _updates(connection.link),
                "Circuit breaker": breaker(connection.health, now),
                "Last answer": connection.health.last_ok_at,
                "Last failure": connection.health.last_error or None,
                "Missing secrets": ", ".join(connection.missing) or None,
            }
            for connection in by_code.values()
        ],
        name="connections",
        alt="How every pharmacy is connected",
        session=session,
        columns={"Last answer": DatetimeColumn(format="distance", timezone=zone)},
    )
    _pushes(session, {code: connection.name for code, connection in by_code.items()}, zone)
    chosen = st.selectbox(
        "Connection of",
        list(by_code),
        index=None,
        format_func=lambda code: by_code[code].name,
        key="setup_connection",
        bind="query-params",
        placeholder="Choose a pharmacy",
        width=320,
    )
    if chosen in by_code:
        with st.container(border=True):
            _connection(session, str(chosen), by_code[chosen])


def _pushes(session: Session, names: Mapping[str, str], zone: str) -> None:
    """What pharmacies pushed last, once one has; the store keeps every push byte for byte."""
    rows = [
        {
            "Received": push.received_at,
            "Pharmacy": names.get(push.pharmacy, push.pharmacy),
            "Events": push.events,
            "Problem": push.problem or None,
            "Stored as": push.id,
        }
        for push in session.call(recent_pushes)
    ]
    if rows:
        st.caption("Latest pushes")
        columns = {"Received": DatetimeColumn(format="distance", timezone=zone)}
        table(rows, name="pushes", alt="Latest pushes from pharmacies", session=session, columns=columns)


def _updates(link: Link) -> str:
    if link.adapter is not Adapter.HTTP:
        return "by script" if link.adapter is Adapter.SIMULATED else "recorded by a person"
    polled = f"polled every {link.poll_minutes} min" if link.poll_minutes else ""
    pushed = "pushed" if link.push is not Authentication.NONE else ""
    return " and ".join(part for part in (pushed, polled) if part) or "none"


def _connection(session: Session, code: str, connection: Connection) -> None:
    link, key = connection.link, f"setup_link_{code}_{connection.link.version}"
    missing_secrets(connection.missing)
    if breaker(connection.health, session.store.clock()) != "closed":
        st.warning(plain(f"{connection.name} is paused: {connection.health.last_error}"), icon=":material/pause:")
        st.button(
            "Try again now",
            key=f"{key}_again",
            icon=":material/refresh:",
            on_click=partial(_again, session, code, connection.name),
        )
    settings_form(
        "Orders sent by",
        link.adapter,
        ADAPTERS,
        DOES,
        key=key,
        fields=partial(_fields, link, key),
        button=f"Save the connection of {plain(connection.name)}",
        save=partial(_save, session, link, key),
    )
    if link.adapter is Adapter.HTTP:
        _products(session, code)


def _fields(link: Link, key: str, adapter: Adapter) -> None:
    if adapter is Adapter.HTTP:
        _http_fields(link, key)
    elif adapter is Adapter.SHEET:
        _units(link, key)


def _again(session: Session, code: str, name: str) -> None:
    attempt(lambda: session.call(try_again, code), f"{name}: pending orders go out in the next run.")


def _products(session: Session, code: str) -> None:
    """The pharmacy's own numbers of what it offers."""
    rows = session.call(products_of, code)
    numbered = sum(bool(row.product) for row in rows)
    label = f"Pharmacy product numbers: {numbered} of {len(rows)}"
    expander = open_expander(label, key=f"setup_products_{code}", icon=":material/tag:")
    if expander is None:
        return
    with expander, st.form(f"setup_products_form_{code}", border=False):
        st.caption(
            "For pharmacies that fill by their own product numbers. Once one is set, a SKU without one is not sent."
        )
        edited = st.data_editor(
            pd.DataFrame({"SKU": [row.sku for row in rows], "Name": [row.name for row in rows],
                          "Number": [row.product for row in rows]}).astype("string"),
            num_rows="fixed",
            hide_index=True,
            disabled=["SKU", "Name"],
            key=f"setup_products_grid_{code}",
        )  # fmt: skip
        if st.form_submit_button("Save the numbers"):
            typed = ("" if pd.isna(number) else str(number).strip() for number in edited["Number"])
            numbers = {row.sku: number for row, number in zip(rows, typed, strict=True) if number != row.product}
            attempt(
                lambda: session.call(number_products, code, numbers),
                lambda changed: f"{code}: {changed} product numbers changed.",
            )
            st.rerun()


def _http_fields(link: Link, key: str) -> None:
    st.text_input("Base URL", link.base_url, key=f"{key}_base_url", placeholder="https://orders.example.com/api")
    left, right = st.columns(2)
    with left:
        methods = [Authentication.BASIC, Authentication.BEARER, Authentication.NONE]
        _choice("Authentication", methods, link.authentication, f"{key}_authentication", PROOFS)
        _number("Practice ID", link, "practice_id", key)
        _number("Cold shipping service ID", link, "cold_service", key)
        _units(link, key)
        _number("Submissions per minute, at most", link, "per_minute", key)
        _choice("Push authentication", list(Authentication), link.push, f"{key}_push", PROOFS)
        _number("Poll for updates every, in minutes", link, "poll_minutes", key)
    with right:
        _text("Credentials name", link, "credentials", key, f"{SECRET_NAME}user:password, or the token.", "CEDAR_API")
        _text("Vendor ID", link, "vendor_id", key, "Header X-Vendor-ID, if the pharmacy requires one.")
        _number("Ambient shipping service ID", link, "ambient_service", key)
        _text("Location ID", link, "location_id", key, "Header X-Location-ID.")
        _number("Submissions at the same time, at most", link, "at_once", key)
        push = f"{SECRET_NAME}the push secret. Use a separate one for each clinic and pharmacy."
        _text("Push secret name", link, "push_secret", key, push, "CEDAR_PUSH")
        _text("Network ID", link, "network_id", key, "Header X-API-Network-ID.")
    st.checkbox("Orders can be looked up by our reference", link.looks_up, key=f"{key}_looks_up")


def _text(label: str, link: Link, field: str, key: str, help_: str, example: str = "") -> None:
    st.text_input(label, getattr(link, field), key=f"{key}_{field}", placeholder=example, help=help_)


def _units(link: Link, key: str) -> None:
    _choice("Quantity unit", list(QuantityUnit), link.quantity_unit, f"{key}_quantity_unit", UNITS)


def _choice(label: str, options: list[Any], value: Any, key: str, names: Mapping[Any, str]) -> None:
    st.selectbox(label, options, index=options.index(value), format_func=lambda each: names[each], key=key)


def _number(label: str, link: Link, field: str, key: str) -> None:
    least, most = NUMBERS[field]
    st.number_input(label, least, most, getattr(link, field), step=1, key=f"{key}_{field}", placeholder="none")


def _save(session: Session, link: Link, key: str, adapter: Adapter) -> None:
    typed = {
        name.removeprefix(f"{key}_"): value
        for name, value in st.session_state.items()
        if isinstance(name, str) and name.startswith(f"{key}_")
    }
    fields = {name: _cell(typed[name]) for name in Link._fields if name in typed and name != "adapter"}
    changed = link._replace(adapter=adapter, **fields)
    attempt(lambda: session.call(connect, changed), f"{link.pharmacy}: orders are sent by {ADAPTERS[adapter].lower()}.")


def _cell(value: Any) -> Any:
    return value.strip() if isinstance(value, str) and type(value) is str else value
