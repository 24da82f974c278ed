"""The first statement of every page: who may see it is asked before anything is read, and core asks again.

The frame leaves a mark in every run, which the guard takes away: a page that was not opened through it shows nothing.
"""

from __future__ import annotations

from typing import Final, NoReturn

import streamlit as st

from core.domain.errors import NotAllowed
from core.domain.roles import Action, may, require
from pages.shared.formats import plain
from pages.shared.layout import empty_state
from pages.shared.screens import SETUP
from pages.shared.session import Session, current_session

FRAMED: Final = "framed"


def opened_by(action: Action) -> Session:
    """The visitor's session if their role includes ``action``; anybody else gets one sentence and nothing more."""
    if not st.session_state.pop(FRAMED, False):
        _lock("Open Refill Day at its own address.")
    session = current_session()
    if session is None:
        _lock("Sign in to open this page.")
    try:
        require(session.person, action)
    except NotAllowed as refusal:
        st.error(plain(refusal), icon=":material/lock:")
        st.stop()
    if not session.clinic and action is not Action.SET_UP:
        empty_state(
            "There is no clinic yet.",
            "A manager loads one on Setup: a folder of CSV files, or a ZIP of it.",
            SETUP if may(session.person, Action.SET_UP) else None,
        )
        st.stop()
    return session


def _lock(sentence: str) -> NoReturn:
    st.info(sentence, icon=":material/lock:")
    st.stop()
