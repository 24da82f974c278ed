"""Navigation by role, sign-in, and the local demo's role switch."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from core.domain.model import Role
from core.domain.roles import may
from core.services.people import sign_out
from pages.shared.formats import plain
from pages.shared.notices import attempt
from pages.shared.screens import FIRST_SCREEN, SCREENS, Screen
from pages.shared.session import ACTING, CLINIC, Session, people_by_clinic
from pages.shared.sign_in import demo_fault, sign_in_configured, sign_in_fault
from pages.shared.startup import the_store

ICON: Final = Path(__file__).with_name("icon.svg")
"""The page's icon: a file of ours, since a named one is fetched from another host."""
_ROLE_CHANGED: Final = "role_changed"


def navigate(session: Session | None) -> Page:
    """The page to run. Every address is the same for everybody, so that a link can be shared; a screen that the
    visitor's role does not include says so."""
    pages = {screen: _page(screen, session) for screen in SCREENS}
    if session is None:
        first = st.Page(_sign_in, title="Sign in", icon=":material/login:", default=True)
    else:
        home = partial(_open, pages[FIRST_SCREEN[session.person.role]])
        first = st.Page(home, title="Home", url_path="home", default=True, visibility="hidden")
    chosen = st.navigation([first, *pages.values()])
    if st.session_state.pop(_ROLE_CHANGED, False):
        st.switch_page(first, query_params={})  # without them it refuses to leave filters that are in the address
    return chosen


def _page(screen: Screen, session: Session | None) -> Page:
    if session is None:
        return st.Page(_sign_in, title=screen.title, url_path=screen.path, visibility="hidden")
    if not may(session.person, screen.action):
        refusal = partial(_refuse, screen, session.person.role)
        return st.Page(refusal, title=screen.title, url_path=screen.path, visibility="hidden")
    return st.Page(screen.script, title=screen.title, icon=screen.icon, url_path=screen.path, help=screen.help)


def _open(page: Page) -> None:
    """The bare address: on to the screen that this role starts on."""
    st.switch_page(page, query_params=st.query_params.to_dict())


def _refuse(screen: Screen, role: Role) -> None:
    st.info(
        f"The {role} role does not include {screen.title}. An admin can change roles on Setup.", icon=":material/lock:"
    )


def _sign_in() -> None:
    st.title("Refill Day")
    fault = sign_in_fault() if sign_in_configured() else demo_fault(the_store())
    if fault:
        st.error(fault, icon=":material/lock:")
    elif st.user.get("is_logged_in"):
        _signed_in_but_unknown()
    else:
        st.write("Sign in with your clinic's account.")
        st.button("Sign in", type="primary", on_click=st.login)


def _signed_in_but_unknown() -> None:
    st.warning(
        f"{plain(st.user.get('email') or 'This account')} cannot open Refill Day: the sign-in has expired, the email "
        "address is not verified, or nobody has added it on Setup under People.",
        icon=":material/lock:",
    )
    with st.container(horizontal=True):
        st.button("Sign in again", type="primary", on_click=st.login)
        st.button("Sign out", on_click=st.logout)


def _sign_out() -> None:
    """At every clinic and in every tab, even where the browser keeps its cookie."""
    for clinic, person in people_by_clinic().items():
        attempt(partial(sign_out, the_store(), person, clinic))
    st.logout()


def brand() -> None:
    """The product's name above the menu."""
    st.logo(str(Path(__file__).with_name("logo.svg")), size="large")


def sidebar(session: Session | None) -> None:
    """The visitor and clinic; the demo's role switch only where no identity provider is set up."""
    if session is None:
        return
    with st.sidebar:
        clinics = list(people_by_clinic())
        if len(clinics) > 1:
            st.selectbox("Clinic", clinics, key=CLINIC, persist_state="session")
        if sign_in_configured():
            st.caption(f"{plain(session.person.name)}, {session.person.role}")
            st.button("Sign out", on_click=_sign_out, icon=":material/logout:", type="tertiary")
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
