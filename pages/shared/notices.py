"""Refusals and confirmations as sentences: what core raises on purpose is shown, never as a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import streamlit as st

from core.domain.errors import BadCell, BadInput, RefillDayError, Unavailable
from pages.shared.formats import NOTHING, count, plain

T = TypeVar("T")
_PENDING: Final = "notices"


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an expected error where it happened, and stop there."""
    try:
        yield
    except RefillDayError as error:
        show_error(error)


def show_error(error: RefillDayError) -> None:
    """One error in words; bad cells as a table."""
    if isinstance(error, BadInput) and len(error.errors) > 1:
        show_bad_cells(error.errors)
        return
    show = st.warning if isinstance(error, Unavailable) else st.error
    show(plain(error), icon=":material/error:")


def show_bad_cells(errors: Iterable[BadCell]) -> None:
    """What could not be read, each with its place."""
    rows = [
        {"File": cell.file, "Row": cell.row, "Column": cell.column, "Value": cell.value, "Reason": cell.reason}
        for cell in errors
    ]
    st.error(f"Nothing was loaded: {count(len(rows), 'cell')} cannot be read.", icon=":material/error:")
    st.dataframe(rows, hide_index=True, placeholder=NOTHING, alt="Cells that cannot be read")


def attempt(does: Callable[[], T], done: str | Callable[[T], str] | None = None) -> bool:
    """Run one use case from a callback: ``done``, or what it makes of the result, is toasted after it; a refusal stands
    at the top of the next page."""
    try:
        result = does()
    except RefillDayError as error:
        _pending().append(error)
        return False
    if done:
        _pending().append(done if isinstance(done, str) else done(result))
    return True


def show_notices() -> None:
    """What callbacks left to show, once."""
    for notice in _pending():
        if isinstance(notice, RefillDayError):
            show_error(notice)
        else:
            st.toast(plain(notice), icon=":material/check:")
    st.session_state[_PENDING] = []


def _pending() -> list[RefillDayError | str]:
    pending: list[RefillDayError | str] = st.session_state.setdefault(_PENDING, [])
    return pending
