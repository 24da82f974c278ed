"""Refusals and confirmations as sentences: what core raises on purpose is told, never shown as a traceback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from core.domain.errors import BadInput, RefillDayError, Unavailable
from pages.shared.formats import plain

T = TypeVar("T")
_WAITING = "notices"
log = logging.getLogger(__name__)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Show an expected error where it happened, and stop there."""
    try:
        yield
    except RefillDayError as error:
        tell(error)


def tell(error: RefillDayError) -> None:
    """One error in words; bad cells as a table."""
    if isinstance(error, BadInput) and len(error.errors) > 1:
        from pages.shared.tables import bad_cells

        bad_cells(error.errors)
        return
    show = st.warning if isinstance(error, Unavailable) else st.error
    show(plain(error), icon=":material/error:")


def attempt(does: Callable[[], T], done: str | Callable[[T], str] | None = None) -> bool:
    """Run one use case from a callback: ``done``, or what it makes of the result, is toasted after it; a refusal stands
    at the top of the next page."""
    try:
        result = does()
    except RefillDayError as error:
        _waiting().append(error)
        return False
    if done:
        _waiting().append(done if isinstance(done, str) else done(result))
    return True


def show_notices() -> None:
    """What callbacks left to say, once."""
    for notice in _waiting():
        if isinstance(notice, RefillDayError):
            tell(notice)
        else:
            st.toast(plain(notice), icon=":material/check:")
    st.session_state[_WAITING] = []


def _waiting() -> list[RefillDayError | str]:
    waiting: list[RefillDayError | str] = st.session_state.setdefault(_WAITING, [])
    return waiting
