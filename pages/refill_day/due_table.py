"""Who is due and not in the cart, who is paused, and who will be due: lists to work through, call from and export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import streamlit as st

from core.domain.context import Context
from core.rules.due_list import DueKind, DueLine, due_list
from core.rules.pauses import pauses, skipped_until
from core.services.cart.contents import not_in_carts
from core.services.pauses import pause, resume, stop
from pages.refill_day.cart_actions import answer
from pages.refill_day.desk import Desk, everybody
from pages.shared.filters import choose
from pages.shared.formats import day, plain, sku_name
from pages.shared.layout import open_expander
from pages.shared.tables import Row, pick, table

_WEEKS: Final = 4


class _View(StrEnum):
    DUE = "Due"
    PAUSED = "Paused"
    COMING = "Due in the next weeks"


class _Choice(StrEnum):
    PAUSE_PATIENT = "Pause the patient"
    PAUSE_RX = "Pause this prescription"
    SKIP = "Skip this refill"
    STOP_RX = "Stop this prescription"
    STOP_PATIENT = "Make the patient inactive"


def due_table(desk: Desk) -> None:
    """The three lists, behind an expander: everybody's data is loaded when it is opened."""
    expander = open_expander("Due, paused and reminders", key="refill_due_lists", icon=":material/event_upcoming:")
    if expander is None:
        return
    with expander:
        view = choose("List", list(_View), _View.DUE, key="refill_due_view", collapsed=True)
        context = everybody(desk)
        if view is _View.DUE:
            _due(desk, context)
        elif view is _View.PAUSED:
            _paused(desk, context)
        else:
            _coming(desk, context)


def _due(desk: Desk, context: Context) -> None:
    lines = not_in_carts(due_list(context, desk.refill_day), desk.opened)
    chosen = pick(_rows(desk, lines, context), name="due", alt="Who is due and not in the cart", session=desk.session)
    if chosen is None:
        st.caption("Select a line to pause, skip or stop it.")
        return
    _form(desk, context, lines[chosen])


def _form(desk: Desk, context: Context, line: DueLine) -> None:
    key = f"refill_pause_{line.rx}"
    what = st.selectbox("What", list(_Choice), key=f"{key}_what") or _Choice.PAUSE_PATIENT
    until = skipped_until(context.prescriptions[line.rx], line.due_on, context, desk.refill_day)
    if what in {_Choice.PAUSE_PATIENT, _Choice.PAUSE_RX}:
        tomorrow = desk.days.placing_day + timedelta(days=1)
        typed = st.date_input(
            "Due again on", max(until, tomorrow), min_value=tomorrow, format="YYYY-MM-DD", key=f"{key}_until"
        )
        until = typed if isinstance(typed, date) else until
    elif what is _Choice.SKIP:
        st.caption(plain(f"Due again on {day(until)}, when the skipped refill would have run out."))
    st.text_input("Reason", key=f"{key}_reason", max_chars=300, placeholder="Kept with the patient, not sent on")
    st.button(what, key=f"{key}_save", type="primary", on_click=_save, args=(desk, line, what, until, key))


def _save(desk: Desk, line: DueLine, what: _Choice, until: date, key: str) -> None:
    reason, session = str(st.session_state.get(f"{key}_reason") or ""), desk.session
    rx = None if what in {_Choice.PAUSE_PATIENT, _Choice.STOP_PATIENT} else line.rx
    if what in {_Choice.STOP_RX, _Choice.STOP_PATIENT}:
        answer(lambda: session.call(stop, line.patient, rx, reason=reason), f"{line.patient}: {what.lower()}.")
    else:
        answer(
            lambda: session.call(pause, line.patient, rx, until=until, reason=reason),
            f"{line.patient}: due again on {day(until)}.",
        )


def _paused(desk: Desk, context: Context) -> None:
    rows = pauses(context, desk.refill_day)
    shown: list[Row] = [
        {
            "Patient": _name(each.patient, context),
            "Prescription": each.rx or "all",
            "Due again on": each.until,
            "Reason": each.reason,
        }
        for each in rows
    ]
    chosen = pick(shown, name="paused", alt="Patients and prescriptions that are paused", session=desk.session)
    if chosen is not None:
        each = rows[chosen]
        st.button("Resume now", key="refill_resume", on_click=_resume, args=(desk, each.patient, each.rx))


def _resume(desk: Desk, patient: str, rx: str | None) -> None:
    answer(lambda: desk.session.call(resume, patient, rx), f"{patient}: no longer paused.")


def _coming(desk: Desk, context: Context) -> None:
    weeks = st.number_input("Weeks", 1, 26, _WEEKS, key="refill_weeks", width=120)
    lines = due_list(context, desk.refill_day, int(weeks) * 7)
    table(
        _rows(desk, lines, context),
        name="reminders",
        alt="Who will be due in the next weeks, with telephone numbers",
        session=desk.session,
    )


def _rows(desk: Desk, lines: Sequence[DueLine], context: Context) -> list[Row]:
    return [
        {
            "Patient": _name(line.patient, context),
            "Code": line.patient,
            "SKU": sku_name(line.sku, context),
            "Prescription": line.rx,
            "Qty": line.quantity,
            "Why": line.kind.value.capitalize(),
            "Due on": line.due_on,
            "Days left": None if line.kind is DueKind.NEW else (line.due_on - desk.days.placing_day).days,
            "Phone": context.patients[line.patient].phone,
            "Email": context.patients[line.patient].email,
        }
        for line in lines
    ]


def _name(patient: str, context: Context) -> str:
    return context.patients[patient].name
