"""How each pharmacy is connected: the table, and the form of one connection. Secrets are named here, never shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, groupby
from typing import Any, Final

import pandas as pd
import streamlit as st
from streamlit.column_config import DatetimeColumn

from core.adapters.pharmacies.registry import ADAPTERS
from core.domain.partners.adapter import ConnectionField, PharmacyAdapter, Transmission
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
from pages.parts.notices import attempt
from pages.parts.session import Reference, Session
from pages.parts.tables import table
from pages.parts.words import plain

_NEWS: Final = {Transmission.SIMULATED: "by script", Transmission.PERSON: "recorded by a person"}


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
                "Orders leave by": one.adapter.label,
                "Address": one.link.base_url or None,
                "Limit a minute": one.link.per_minute,
                "News": _NEWS.get(one.adapter.transmission) or _news(one.link),
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
    adapter = ADAPTERS[
        st.segmented_control(
            "Orders leave by",
            list(ADAPTERS),
            default=link.adapter,
            format_func=lambda each: ADAPTERS[each].label,
            key=f"{key}_adapter",
            required=True,
        )
        or link.adapter
    ]
    st.caption(adapter.summary)
    with st.form(f"{key}_form", border=False):
        _fields(adapter.fields, link, key)
        st.form_submit_button(
            f"Save the connection of {plain(connection.name)}",
            type="primary",
            on_click=partial(_save, session, link, adapter, key),
        )
    if connection.adapter.transmission is Transmission.WORKER:
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


def _fields(fields: Sequence[ConnectionField], link: Link, key: str) -> None:
    """The form's fields: runs of two columns, filled row by row, between those that take the whole width."""
    for wide, run in groupby(fields, lambda field: field.full_width):
        columns = [st.container()] if wide else st.columns(2)
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


def _save(session: Session, link: Link, adapter: PharmacyAdapter, key: str) -> None:
    typed = {
        name.removeprefix(f"{key}_"): value
        for name, value in st.session_state.items()
        if isinstance(name, str) and name.startswith(f"{key}_")
    }
    fields = {name: _cell(typed[name]) for name in Link._fields if name in typed and name != "adapter"}
    changed = link._replace(adapter=adapter.name, **fields)
    attempt(
        lambda: connect(session.store, session.person, session.clinic, changed),
        f"{link.pharmacy}: orders leave by {adapter.label.lower()}.",
    )


def _cell(value: Any) -> Any:
    return value.strip() if isinstance(value, str) and type(value) is str else value
