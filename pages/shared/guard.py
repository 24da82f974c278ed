"""The first statement of every page.

A server that has not run app.py yet serves ``/costs`` by running pages/costs.py alone, so the frame's own check is no
check: each page asks here before it reads anything, and core asks again before it writes. The frame leaves a mark in
every run, which the guard takes away.
"""

from __future__ import annotations

import streamlit as st

from core.domain.errors import NotAllowed
from core.services.people import Action, may, require
from pages.shared.formats import plain
from pages.shared.layout import nothing_yet
from pages.shared.session import Session, current_session

FRAMED = "framed"
WANTED = "wanted"


def opened_by(action: Action) -> Session:
    """The visitor's session if their role includes ``action``; anybody else gets one sentence and nothing more."""
    if not st.session_state.pop(FRAMED, False):
        _go_through_the_frame(action)
    session = current_session()
    if session is None:
        st.info("Sign in to open this page.", icon=":material/lock:")
        st.stop()
    try:
        require(session.person, action)
    except NotAllowed as refusal:
        st.error(plain(refusal), icon=":material/lock:")
        st.stop()
    if not session.clinic and action is not Action.SET_UP:
        nothing_yet(
            "There is no clinic yet.",
            "A manager loads one on Setup: a folder of CSV files, or a zip of it.",
            "pages/setup/page.py" if may(session.person, Action.SET_UP) else None,
        )
        st.stop()
    return session


def _go_through_the_frame(action: Action) -> None:
    st.write("Opening Refill Day.")
    st.session_state[WANTED] = action
    st.switch_page("app.py", query_params=st.query_params.to_dict())
