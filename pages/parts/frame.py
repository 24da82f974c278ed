"""Navigation by role, sign-in, and the local demo's switch."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import Page

from core.domain.model import Role
from core.domain.roles import Action, may
from pages.parts.guard import WANTED
from pages.parts.session import (
    ACTING,
    CLINIC,
    Session,
    people_by_clinic,
    sign_in_configured,
)
from pages.parts.words import plain


class Screen(NamedTuple):
    """One page: its address and file in ``pages``, what it is called, and what opening it takes."""

    path: str
    title: str
    icon: str
    action: Action
    help: str


SCREENS = (
    Screen(
        "refill_day",
        "Refill day",
        ":material/event_repeat:",
        Action.WORK_CART,
        "Who is due, what is wrong, and one checkout for everybody.",
    ),
    Screen(
        "orders",
        "Orders",
        ":material/local_shipping:",
        Action.WORK_ORDERS,
        "Where every line is now, and what needs somebody.",
    ),
    Screen(
        "costs",
        "SKU costs",
        ":material/payments:",
        Action.SEE_COSTS,
        "What every SKU costs delivered, under pass-through and under aggregate pricing.",
    ),
    Screen(
        "fulfilment",
        "Fulfilment",
        ":material/monitoring:",
        Action.SEE_FULFILLMENT,
        "Acceptance, speed, punctuality and spend. No patient names.",
    ),
    Screen(
        "rule_book",
        "Rule book",
        ":material/rule:",
        Action.SEE_RULES,
        "Every check before payment, and whether it earns its keep.",
    ),
    Screen(
        "setup",
        "Setup",
        ":material/tune:",
        Action.SET_UP,
        "The clinic's own data, rules, people and store.",
    ),
)
OPENS = {
    Role.STAFF: Action.WORK_CART,
    Role.MANAGER: Action.SEE_COSTS,
    Role.LEADERSHIP: Action.SEE_FULFILLMENT,
    Role.ADMIN: Action.SEE_COSTS,
}
_ROLE_CHANGED = "role_changed"
PAGES = Path(__file__).parents[1]


def navigate(session: Session | None) -> Page:
    """The page to run. ``st.navigation`` is called for everybody: until somebody has, pages answer to bare addresses.

    Every address stays the same for everybody, so that a link can be shared: who may not open it is told so.
    """
    pages = {screen.action: _page(screen, session) for screen in SCREENS}
    if session is None:
        first = st.Page(_sign_in, title="Sign in", icon=":material/login:", default=True)
    else:
        opens = st.session_state.get(WANTED, OPENS[session.person.role])
        first = st.Page(partial(_open, pages[opens]), title="Home", url_path="home", default=True, visibility="hidden")
    chosen = st.navigation([first, *pages.values()])
    if st.session_state.pop(_ROLE_CHANGED, False):
        st.switch_page(first)
    return chosen


def _page(screen: Screen, session: Session | None) -> Page:
    if session is None:
        return st.Page(_sign_in, title=screen.title, url_path=screen.path, visibility="hidden")
    if not may(session.person, screen.action):
        told = partial(_refuse, screen, session.person.role)
        return st.Page(told, title=screen.title, url_path=screen.path, visibility="hidden")
    return st.Page(
        PAGES / f"{screen.path}.py", title=screen.title, icon=screen.icon, url_path=screen.path, help=screen.help
    )


def _open(page: Page) -> None:
    """The bare address: on to the page that this role starts with, or that the visitor asked for."""
    st.session_state.pop(WANTED, None)
    st.switch_page(page, query_params=st.query_params.to_dict())


def _refuse(screen: Screen, role: Role) -> None:
    st.info(
        f"{screen.title} is not part of the {role} role. An admin can change roles on Setup.", icon=":material/lock:"
    )


def _sign_in() -> None:
    st.title("Refill Day")
    if not sign_in_configured():
        st.error(
            "Nobody can sign in: this server can be reached from other machines, and no identity provider is set up. "
            "Fill in .streamlit/secrets.toml (see secrets.toml.example), or serve 127.0.0.1 only.",
            icon=":material/lock:",
        )
    elif st.user.get("is_logged_in"):
        _signed_in_but_unknown()
    else:
        st.write("Sign in with your clinic's account.")
        st.button("Sign in", type="primary", on_click=st.login)


def _signed_in_but_unknown() -> None:
    st.warning(
        f"{plain(st.user.get('email') or 'This account')} cannot open Refill Day: the sign-in has ended, the address "
        "is not confirmed, or nobody has added it on Setup under People.",
        icon=":material/lock:",
    )
    with st.container(horizontal=True):
        st.button("Sign in again", type="primary", on_click=st.login)
        st.button("Sign out", on_click=st.logout)


def brand() -> None:
    """The product's name above the menu."""
    st.logo(str(Path(__file__).with_name("logo.svg")), size="large")


def sidebar(session: Session | None) -> None:
    """Who is here, at which clinic; the demo's role switch only where no identity provider is set up."""
    if session is None:
        return
    with st.sidebar:
        clinics = list(people_by_clinic())
        if len(clinics) > 1:
            st.selectbox("Clinic", clinics, key=CLINIC, persist_state="session")
        if sign_in_configured():
            st.caption(f"{plain(session.person.name)}, {session.person.role}")
            st.button("Sign out", on_click=st.logout, icon=":material/logout:", type="tertiary")
        else:
            _role_switch(session.person.role)


def _role_switch(role: Role) -> None:
    st.selectbox(
        "Local demo: you are acting as",
        list(Role),
        index=list(Role).index(role),
        format_func=str.capitalize,
        key=ACTING,
        persist_state="session",
        on_change=partial(st.session_state.update, {_ROLE_CHANGED: True}),
        help="No identity provider is set up, so only this machine is served. With one, roles come from Setup.",
    )
