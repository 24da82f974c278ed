"""Titration ladders: every active's weekly doses, and a form that writes one whole."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import streamlit as st

from core.domain.context import Context
from core.services.thresholds import set_ladder
from pages.shared.notices import attempt
from pages.shared.session import Reference, Session
from pages.shared.tables import Row, table

_ACTIVE = "setup_ladder_active"
_DOSES = "setup_ladder_doses"


def ladders(session: Session, reference: Reference) -> None:
    """The ladders in force, and one to write."""
    context = reference.context
    st.subheader("Titration ladders", anchor=False)
    st.caption(
        "Weekly mg from the first step to the last. Starts, steps up and highest doses are checked against them."
    )
    table(ladder_rows(context), name="ladders_in_force", alt="Every active's ladder", session=session)
    actives = _actives(context)
    if not actives:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        active = st.selectbox("Active", actives, key=_ACTIVE, width=240)
        known = context.ladder(active) if active else ()
        st.text_input(
            "Weekly mg, first step to last",
            said(known),
            key=f"{_DOSES}_{active}_{said(known)}",
            placeholder="0.25, 0.5, 1, 1.7, 2.4",
            help="Nothing typed takes the ladder away: doses of this active are then not checked.",
        )
        st.button("Save the ladder", type="primary", on_click=partial(_saved, session, active, known))


def said(doses: tuple[Decimal, ...]) -> str:
    """``0.25, 0.5, 1``."""
    return ", ".join(f"{dose.normalize():f}" for dose in doses)


def _actives(context: Context) -> list[str]:
    """Every active that a SKU begins with or a ladder is of, those with a ladder first."""
    known = list(dict.fromkeys(step.active for step in context.ladder_steps))
    folded = {name.casefold() for name in known}
    return [*known, *sorted({sku.active for sku in context.skus.values() if sku.actives} - folded)]


def ladder_rows(context: Context) -> list[Row]:
    """One row an active."""
    actives = dict.fromkeys(step.active for step in context.ladder_steps)
    return [
        {"Active": active, "Steps": len(context.ladder(active)), "Weekly mg": said(context.ladder(active))}
        for active in actives
    ]


def _saved(session: Session, active: str | None, known: tuple[Decimal, ...]) -> None:
    typed = st.session_state.get(f"{_DOSES}_{active}_{said(known)}") or ""
    attempt(
        lambda: set_ladder(session.store, session.person, session.clinic, active or "", typed, known),
        lambda weekly: f"The ladder of {active} is {said(weekly)} mg." if weekly else f"{active} has no ladder now.",
    )
