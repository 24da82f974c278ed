"""Titration ladders: every active's weekly doses, and a form that writes one whole."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import streamlit as st

from core.domain.context import Context
from core.services.thresholds import set_ladder
from pages.shared.notices import attempt
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import Row, table

_ACTIVE = "setup_ladder_active"
_DOSES = "setup_ladder_doses"


def ladders(session: Session, reference: ReferenceData) -> None:
    """The ladders in force, and one to write."""
    context = reference.context
    st.subheader("Titration ladders", anchor=False)
    st.caption("Weekly mg, first step to last. Starting doses, increases and maximum doses are checked against them.")
    table(ladder_rows(context), name="ladders_in_force", alt="Every active's ladder", session=session)
    actives = _actives(context)
    if not actives:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        active = st.selectbox("Active", actives, key=_ACTIVE, width=240)
        current = context.ladder(active) if active else ()
        st.text_input(
            "Weekly mg, first step to last",
            doses_text(current),
            key=f"{_DOSES}_{active}_{doses_text(current)}",
            placeholder="0.25, 0.5, 1, 1.7, 2.4",
            help="Leave it empty to remove the ladder: doses of this active are then not checked.",
        )
        st.button("Save the ladder", type="primary", on_click=partial(_saved, session, active, current))


def doses_text(doses: tuple[Decimal, ...]) -> str:
    """``0.25, 0.5, 1``."""
    return ", ".join(f"{dose.normalize():f}" for dose in doses)


def _actives(context: Context) -> list[str]:
    """Every active of a SKU or a ladder, those with a ladder first."""
    current = list(dict.fromkeys(step.active for step in context.ladder_steps))
    folded = {name.casefold() for name in current}
    return [*current, *sorted({active.casefold() for sku in context.skus.values() for active in sku.actives} - folded)]


def ladder_rows(context: Context) -> list[Row]:
    """One row an active."""
    actives = dict.fromkeys(step.active for step in context.ladder_steps)
    return [
        {"Active": active, "Steps": len(context.ladder(active)), "Weekly mg": doses_text(context.ladder(active))}
        for active in actives
    ]


def _saved(session: Session, active: str | None, current: tuple[Decimal, ...]) -> None:
    typed = st.session_state.get(f"{_DOSES}_{active}_{doses_text(current)}") or ""
    attempt(
        lambda: session.call(set_ladder, active or "", typed, current),
        lambda weekly: (
            f"The ladder of {active} is {doses_text(weekly)} mg." if weekly else f"{active} no longer has a ladder."
        ),
    )
