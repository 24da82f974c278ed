"""How each pharmacy is connected: the table, and the form of one connection. Secrets are named here, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import cycle, groupby
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.column_config import DatetimeColumn

from core.adapters.pharmacies.registry import ADAPTERS
from core.domain.partners.adapter import ConnectionField, Transmission
from core.domain.partners.link import NUMBERS, Authentication, Link
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
from pages.setup.settings_form import missing_secrets, settings_form
from pages.shared.formats import plain
from pages.shared.layout import open_expander
from pages.shared.notices import attempt
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import table

_UPDATES: Final = {Transmission.SIMULATED: "by script", Transmission.PERSON: "recorded by a person"}


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
                "Orders sent by": connection.adapter.label,
                "Base URL": connection.link.base_url or None,
                "Limit per minute": connection.link.per_minute,
                "Updates": _UPDATES.get(connection.adapter.transmission) or _updates(connection.link),
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
        {name: adapter.label for name, adapter in ADAPTERS.items()},
        {name: adapter.summary for name, adapter in ADAPTERS.items()},
        key=key,
        fields=partial(_fields, link, key),
        button=f"Save the connection of {plain(connection.name)}",
        save=partial(_save, session, link, key),
    )
    if connection.adapter.transmission is Transmission.WORKER:
        _products(session, code)


def _fields(link: Link, key: str, adapter: str) -> None:
    """The form's fields: runs of two columns, filled row by row, between those that take the whole width."""
    for full_width, run in groupby(ADAPTERS[adapter].fields, lambda field: field.full_width):
        columns = [st.container()] if full_width else st.columns(2)
        for field, column in zip(run, cycle(columns), strict=False):
            with column:
                _field(field, getattr(link, field.name), f"{key}_{field.name}")


def _field(field: ConnectionField, value: Any, key: str) -> None:
    if field.options:
        options = list(field.options)
        words = field.options.__getitem__
        st.selectbox(field.label, options, index=options.index(value), format_func=words, key=key, help=field.help)
    elif field.name in NUMBERS:
        least, most = NUMBERS[field.name]
        st.number_input(field.label, least, most, value, step=1, key=key, placeholder="none", help=field.help)
    elif isinstance(value, bool):
        st.checkbox(field.label, value, key=key, help=field.help)
    else:
        st.text_input(field.label, value, key=key, placeholder=field.placeholder, help=field.help)


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


def _save(session: Session, link: Link, key: str, adapter: str) -> None:
    typed = {
        name.removeprefix(f"{key}_"): value
        for name, value in st.session_state.items()
        if isinstance(name, str) and name.startswith(f"{key}_")
    }
    fields = {name: _cell(typed[name]) for name in Link._fields if name in typed and name != "adapter"}
    changed = link._replace(adapter=adapter, **fields)
    attempt(
        lambda: session.call(connect, changed),
        f"{link.pharmacy}: orders are sent by {ADAPTERS[adapter].label.lower()}.",
    )


def _cell(value: Any) -> Any:
    return value.strip() if isinstance(value, str) and type(value) is str else value
