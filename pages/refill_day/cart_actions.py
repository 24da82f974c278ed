"""What callbacks do on the cart: one use case each, a toast that says what was done, and Undo beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

import streamlit as st

from core.domain.errors import Stale
from core.services.cart.changes import Changed, undo
from core.services.cart.edits import edit_line
from pages.shared.notices import attempt
from pages.shared.session import Session

_DONE = "refill_done"
_AGAIN = "refill_refused_edit"


class RefusedEdit(NamedTuple):
    """An edit that was refused because the line had changed, in words, to be applied again."""

    line: str
    cells: Mapping[str, object]
    words: str


def press(refill_day: date, does: Callable[[], Changed], message: str | None = None) -> Changed | None:
    """Run one use case on the cart; None after a refusal, which is told."""
    results: list[Changed] = []

    def run() -> Changed:
        results.append(does())
        return results[0]

    if not attempt(run, lambda changed: message or changed.summary):
        return None
    if results[0].summary != "Nothing changed.":
        done_here(refill_day).append(message or results[0].summary)
    return results[0]


def done_here(refill_day: date) -> list[str]:
    """What this person did to this cart in this tab and can undo, oldest first."""
    by_day: dict[date, list[str]] = st.session_state.setdefault(_DONE, {})
    return by_day.setdefault(refill_day, [])


def undo_last(session: Session, refill_day: date) -> None:
    """Take back the last press."""
    done = done_here(refill_day)
    if attempt(lambda: session.call(undo, refill_day), lambda changed: changed.summary):
        done.pop()
    else:
        done.clear()


def edit(
    session: Session, refill_day: date, line: str, version: int, cells: Mapping[str, object], words: str
) -> Changed | None:
    """Write one edit through. A stale one is kept, so that it can be applied again."""

    def save() -> Changed:
        try:
            return session.call(edit_line, line, version, cells)
        except Stale:
            st.session_state[_AGAIN] = RefusedEdit(line, cells, words)
            raise

    return press(refill_day, save, f"Saved. {words}.")


def waiting_edit() -> RefusedEdit | None:
    """The edit that was refused as stale, until it is applied or dropped."""
    refused: RefusedEdit | None = st.session_state.get(_AGAIN)
    return refused


def drop_edit() -> None:
    """Leave the line as somebody else made it."""
    st.session_state.pop(_AGAIN, None)


def answer(does: Callable[[], object], message: str) -> None:
    """Run one use case that cannot be undone by the button: an answer to a finding, a patient put right."""
    attempt(does, message)
