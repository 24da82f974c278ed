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
from pages.shared.formats import plain
from pages.shared.notices import attempt
from pages.shared.session import Reference, Session
from pages.shared.tables import table

ADAPTERS: Final[Mapping[Adapter, str]] = {
    Adapter.SIMULATED: "Simulated",
    Adapter.HTTP: "JSON order API",
    Adapter.SHEET: "Order sheet",
}
DOES: Final[Mapping[Adapter, str]] = {
    Adapter.SIMULATED: "Nothing leaves this machine: a script accepts, refuses, holds, ships and delivers.",
    Adapter.HTTP: "Orders are sent by the worker, and news fetched or pushed.",
    Adapter.SHEET: "Orders wait on Orders, To hand over, until somebody has faxed or mailed their sheet and marks it.",
}
PROOFS: Final[Mapping[Authentication, str]] = {
    Authentication.NONE: "None",
    Authentication.BASIC: "User and password",
    Authentication.BEARER: "Bearer token",
    Authentication.HMAC: "Signature (HMAC)",
}
UNITS: Final[Mapping[QuantityUnit, str]] = {
    QuantityUnit.MEASURE: "Millilitres, and pieces of what is no liquid",
    QuantityUnit.PIECES: "Vials and pieces",
}
_A_NAME = "The name of an environment variable, or of an entry of [pharmacies] in .streamlit/secrets.toml, where the "


def connections_of(session: Session, reference: Reference) -> None:
    """Every connection, and the form of the chosen one."""
    found = connections(session.store, session.person, session.clinic)
    st.subheader("Connections", anchor=False)
    st.caption("How orders reach each pharmacy and how news come back. A pharmacy not set up here is simulated.")
    zone = reference.context.clinic.time_zone
    now = session.store.clock()
    table(
        [
            {
                "Pharmacy": one.name,
                "Orders leave by": ADAPTERS[one.link.adapter],
                "Address": one.link.base_url or None,
                "Limit a minute": one.link.per_minute,
                "News": _news(one.link),
                "Breaker": breaker(one.health, now),
                "Last answer": one.health.last_ok_at,
                "Last failure": one.health.last_error or None,
                "Missing here": ", ".join(one.missing) or None,
            }
            for one in found.values()
        ],
        name="connections",
        alt="How every pharmacy is connected",
        session=session,
        columns={"Last answer": DatetimeColumn(format="distance", timezone=zone)},
    )
    _pushes(session, {code: one.name for code, one in found.items()}, zone)
    chosen = st.selectbox(
        "Set up",
        list(found),
        index=None,
        format_func=lambda code: found[code].name,
        key="setup_connection",
        bind="query-params",
        placeholder="Choose a pharmacy",
        width=320,
    )
    if chosen in found:
        with st.container(border=True):
            _one(session, str(chosen), found[chosen])


def _pushes(session: Session, names: Mapping[str, str], zone: str) -> None:
    """What pharmacies pushed last, once one has; what was said is in the store, byte for byte."""
    rows = [
        {
            "Received": push.received_at,
            "Pharmacy": names.get(push.pharmacy, push.pharmacy),
            "Events": push.events,
            "Problem": push.problem or None,
            "Kept as": push.id,
        }
        for push in recent_pushes(session.store, session.person, session.clinic)
    ]
    if rows:
        st.caption("The newest pushes")
        columns = {"Received": DatetimeColumn(format="distance", timezone=zone)}
        table(rows, name="pushes", alt="What pharmacies pushed last", session=session, columns=columns)


def _news(link: Link) -> str:
    if link.adapter is not Adapter.HTTP:
        return "by script" if link.adapter is Adapter.SIMULATED else "recorded by a person"
    asked = f"asked every {link.poll_minutes} min" if link.poll_minutes else ""
    pushed = "pushed" if link.push is not Authentication.NONE else ""
    return " and ".join(part for part in (pushed, asked) if part) or "none"


def _one(session: Session, code: str, connection: Connection) -> None:
    link, key = connection.link, f"setup_link_{code}_{connection.link.version}"
    if connection.missing:
        st.warning(
            plain(f"Not set where this dashboard runs: {', '.join(connection.missing)}. Workers may have it."),
            icon=":material/key_off:",
        )
    if breaker(connection.health, session.store.clock()) != "closed":
        st.warning(
            plain(f"{connection.name} is left alone for now: {connection.health.last_error}"), icon=":material/pause:"
        )
        st.button(
            "Try again now",
            key=f"{key}_again",
            icon=":material/refresh:",
            on_click=partial(_again, session, code, connection.name),
        )
    adapter = Adapter(
        st.segmented_control(
            "Orders leave by",
            list(Adapter),
            default=link.adapter,
            format_func=lambda each: ADAPTERS[each],
            key=f"{key}_adapter",
            required=True,
        )
        or link.adapter
    )
    st.caption(DOES[adapter])
    with st.form(f"{key}_form", border=False):
        if adapter is Adapter.HTTP:
            _http_fields(link, key)
        elif adapter is Adapter.SHEET:
            _units(link, key)
        st.form_submit_button(
            f"Save the connection of {plain(connection.name)}",
            type="primary",
            on_click=partial(_save, session, link, adapter, key),
        )
    if link.adapter is Adapter.HTTP:
        _products(session, code)


def _again(session: Session, code: str, name: str) -> None:
    attempt(
        lambda: try_again(session.store, session.person, session.clinic, code),
        f"{name}: what waits is sent by the next round.",
    )


def _products(session: Session, code: str) -> None:
    """The pharmacy's own numbers of what it offers."""
    rows = products_of(session.store, session.person, session.clinic, code)
    numbered = sum(bool(row.product) for row in rows)
    behind = st.expander(
        f"Their product numbers: {numbered} of {len(rows)}", icon=":material/tag:", key=f"setup_products_{code}",
        on_change="rerun",
    )  # fmt: skip
    if not behind.open:
        return
    with behind, st.form(f"setup_products_form_{code}", border=False):
        st.caption(
            "Where the pharmacy fills by its own numbers. Once one is set, no order with a SKU that has none is sent."
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
                lambda: number_products(session.store, session.person, session.clinic, code, numbers),
                lambda changed: f"{code}: {changed} product numbers changed.",
            )
            st.rerun()


def _http_fields(link: Link, key: str) -> None:
    st.text_input("Address", link.base_url, key=f"{key}_base_url", placeholder="https://orders.example.com/api")
    left, right = st.columns(2)
    with left:
        how = [Authentication.BASIC, Authentication.BEARER, Authentication.NONE]
        _choice("How we prove who we are", how, link.authentication, f"{key}_authentication", PROOFS)
        _number("Their number of our practice", link, "practice_id", key)
        _number("Their number for cold shipping", link, "cold_service", key)
        _units(link, key)
        _number("Submissions a minute, at most", link, "per_minute", key)
        _choice("How their pushes prove who they are", list(Authentication), link.push, f"{key}_push", PROOFS)
        _number("Ask for news every so many minutes", link, "poll_minutes", key)
    with right:
        st.text_input(
            "Name of the credentials", link.credentials, key=f"{key}_credentials", placeholder="CEDAR_API",
            help=f"{_A_NAME}credentials are: user:password, or the token.",
        )  # fmt: skip
        st.text_input("Vendor", link.vendor_id, key=f"{key}_vendor_id", help="Header X-Vendor-ID, where they want one.")
        _number("Their number for ambient shipping", link, "ambient_service", key)
        st.text_input("Location", link.location_id, key=f"{key}_location_id", help="Header X-Location-ID.")
        _number("At once, at most", link, "at_once", key)
        st.text_input(
            "Name of the secret of pushes", link.push_secret, key=f"{key}_push_secret", placeholder="CEDAR_PUSH",
            help=f"{_A_NAME}secret is. One of its own for each clinic and pharmacy.",
        )  # fmt: skip
        st.text_input("Network", link.network_id, key=f"{key}_network_id", help="Header X-API-Network-ID.")
    st.checkbox("They can look an order up by our reference", link.looks_up, key=f"{key}_looks_up")


def _units(link: Link, key: str) -> None:
    _choice("What they count", list(QuantityUnit), link.quantity_unit, f"{key}_quantity_unit", UNITS)


def _choice(label: str, options: list[Any], value: Any, key: str, names: Mapping[Any, str]) -> None:
    st.selectbox(label, options, index=options.index(value), format_func=lambda each: names[each], key=key)


def _number(label: str, link: Link, field: str, key: str) -> None:
    least, most = NUMBERS[field]
    st.number_input(label, least, most, getattr(link, field), step=1, key=f"{key}_{field}", placeholder="none")


def _save(session: Session, link: Link, adapter: Adapter, key: str) -> None:
    typed = {
        name.removeprefix(f"{key}_"): value
        for name, value in st.session_state.items()
        if isinstance(name, str) and name.startswith(f"{key}_")
    }
    fields = {name: _cell(typed[name]) for name in Link._fields if name in typed and name != "adapter"}
    changed = link._replace(adapter=adapter, **fields)
    attempt(
        lambda: connect(session.store, session.person, session.clinic, changed),
        f"{link.pharmacy}: orders leave by {ADAPTERS[adapter].lower()}.",
    )


def _cell(value: Any) -> Any:
    return value.strip() if isinstance(value, str) and type(value) is str else value
