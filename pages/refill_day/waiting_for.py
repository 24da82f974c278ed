"""Waiting for: held lines by who is to answer, each with its question, when the supply ends, the answer, and what
follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final, NamedTuple

import streamlit as st

from core.adapters.files.letter import letter_pdf
from core.adapters.store.values import StoredQuestion
from core.domain.context import Context
from core.domain.model import Owner, Prescription
from core.rules.prescriptions import stopped
from core.rules.questions import Addressee, Asked, addressee, letter
from core.services.cart.questions import Follows, answer_question
from pages.refill_day.answers import ask_button, set_hold
from pages.refill_day.cart_actions import press
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView, held_reason
from pages.shared.formats import count, full_day, moment, plain
from pages.shared.layout import open_popover
from pages.shared.open_line import CART_LINE
from pages.shared.tables import Row, downloads

MOST_CARDS: Final = 25
FOLLOWS: Final = {
    Follows.RELEASE: "Release the line",
    Follows.HOLD: "Leave it held",
    Follows.REMOVE: "Remove the line",
}
_AS_IT_IS: Final = "As the line is"


class Waiting(NamedTuple):
    """A held line and the question that it waits for; None where nobody was asked."""

    view: LineView
    question: StoredQuestion | None


Group = tuple[Owner | None, Addressee]


def waiting_for(desk: Desk, views: Sequence[LineView]) -> None:
    """Every held line of the cart, by who is to answer; who runs out first comes first."""
    groups = groups_of(desk.context, views)
    if not groups:
        return
    st.subheader("Waiting for", anchor=False)
    st.caption(plain(_in_words(groups)))
    downloads(lambda: _rows(desk, groups), name="waiting_for", session=desk.session)
    for number, (group, waiting) in enumerate(list(groups.items())[:MOST_CARDS]):
        _card(desk, group, waiting, number)
    if len(groups) > MOST_CARDS:
        st.caption(f"{len(groups) - MOST_CARDS:,} more to ask: shown as these are answered, and in the file.")


def groups_of(context: Context, views: Sequence[LineView]) -> dict[Group, list[Waiting]]:
    """The held lines by owner and addressee: prescribers, pharmacies, patients, then those without a question."""
    groups: dict[Group, list[Waiting]] = {}
    for view in sorted(views, key=lambda view: (view.supply_ends or date.max, view.line.number)):
        if not view.line.hold:
            continue
        for question in view.waiting_for or (None,):
            to = Addressee("Nobody was asked", "")
            if question is not None:
                to = addressee(question.asked_of, view.line, view.line.pharmacy, context)
            groups.setdefault((question and question.asked_of, to), []).append(Waiting(view, question))
    order = (Owner.PRESCRIBER, Owner.PHARMACY, Owner.PATIENT, Owner.CLINIC, None)
    return dict(sorted(groups.items(), key=lambda each: (order.index(each[0][0]), each[0][1])))


def _in_words(groups: dict[Group, list[Waiting]]) -> str:
    """``Prescriber: 4 lines. Patient: 1 line. Nobody was asked: 2 lines.``"""
    lines: dict[str, set[str]] = {}
    for (owner, to), waiting in groups.items():
        lines.setdefault(owner.value.capitalize() if owner else to.name, set()).update(
            each.view.line.id for each in waiting
        )
    return " ".join(f"{name}: {count(len(ids), 'line')}." for name, ids in lines.items())


def _rows(desk: Desk, groups: dict[Group, list[Waiting]]) -> list[Row]:
    zone = desk.context.clinic.time_zone
    return [
        {
            "Waiting for": to.name,
            "Contact": to.reached_at,
            "Line": view.line.number,
            "Patient": view.patient,
            "SKU": view.sku,
            "Supply ends": view.supply_ends,
            "Question": question.question if question else held_reason(view),
            "Directions asked for": question.directions if question else "",
            "Asked": moment(question.at, zone) if question else None,
            "By": question.by if question else None,
        }
        for (_, to), waiting in groups.items()
        for view, question in waiting
    ]


def _card(desk: Desk, group: Group, waiting: Sequence[Waiting], number: int) -> None:
    owner, to = group
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(to.name)}**", width="content")
            about = " · ".join(part for part in (owner.value.capitalize() if owner else "", to.reached_at) if part)
            st.caption(plain(about or "Ask, or release the line."), width="content")
            if owner is not None:
                _letter(desk, to, waiting, f"refill_letter_{number}")
        for each in waiting:
            _line(desk, each)


def _letter(desk: Desk, to: Addressee, waiting: Sequence[Waiting], key: str) -> None:
    asked = [Asked(view.line, one.question, one.directions, view.supply_ends) for view, one in waiting if one]
    text = letter(to, asked, desk.context, desk.days.placing_day)
    popover = open_popover("Mail text", key=f"{key}_text", icon=":material/mail:")
    if popover is not None:
        with popover.container(width=560):
            st.code(text, language=None, wrap_lines=True)
    st.download_button(
        "Letter",
        partial(letter_pdf, text, f"Questions to {to.name}", desk.days.placing_day),
        f"questions_{desk.days.placing_day}.pdf",
        "application/pdf",
        key=f"{key}_pdf",
        on_click="ignore",
        type="tertiary",
        icon=":material/print:",
        help="Every question to this addressee, to print, fax or mail. It holds patients' data.",
    )


def _line(desk: Desk, waiting: Waiting) -> None:
    view, question = waiting
    key = f"refill_wait_{question.id if question else view.line.id}"
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.button(
            plain(view.title),
            key=f"{key}_open",
            type="tertiary",
            icon=":material/open_in_new:",
            on_click=CART_LINE.open,
            args=(view.line.id,),
        )
        st.write(plain(question.question if question else held_reason(view)))
        if question and question.directions:
            st.code(question.directions, language=None, wrap_lines=True)
        st.caption(plain(_when(desk, waiting)))
    with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if question is not None:
            _answer(desk, view, question, key)
            return
        ask_button(desk, view, key)
        st.button(
            "Release", key=f"{key}_release", on_click=set_hold, args=(desk, [view.line.id]), kwargs={"hold": False}
        )


def _when(desk: Desk, waiting: Waiting) -> str:
    view, question = waiting
    supply = f"Supply ends {full_day(view.supply_ends)}" if view.supply_ends else "No earlier supply known"
    if question is None:
        return f"{supply}."
    return f"{supply}. Asked on {moment(question.at, desk.context.clinic.time_zone)} by {question.by}."


def _answer(desk: Desk, view: LineView, question: StoredQuestion, key: str) -> None:
    popover = open_popover("Answer", key=f"{key}_popover", icon=":material/reply:")
    if popover is None:
        return
    with popover.container(width=420):
        st.text_area(
            "What was answered",
            key=f"{key}_answer",
            max_chars=1_000,
            placeholder="Who answered, how, and what",
            height=80,
        )
        st.radio("What follows", list(Follows), format_func=lambda each: FOLLOWS[Follows(each)], key=f"{key}_follows")
        others = other_prescriptions(desk, view)
        if others:
            st.selectbox(
                "Released with prescription",
                [_AS_IT_IS, *others],
                format_func=lambda rx: _prescribed(others[rx]) if rx in others else str(rx),
                key=f"{key}_rx",
            )
        st.button(
            "Save the answer",
            key=f"{key}_save",
            type="primary",
            on_click=_save,
            args=(desk, view, question, key),
            help="Kept with the question, your name and the time.",
        )


def other_prescriptions(desk: Desk, view: LineView) -> dict[str, Prescription]:
    """The patient's other prescriptions of the line's active that may be filled, newest first."""
    context, sku = desk.context, desk.context.skus.get(view.line.sku)
    return {
        row.rx: row
        for row in context.prescriptions_of(view.line.patient)
        if sku is not None
        and row.rx != view.line.rx
        and row.sku in context.skus
        and context.skus[row.sku].active == sku.active
        and row.written_on <= desk.refill_day
        and not stopped(row, desk.refill_day)
    }


def _prescribed(row: Prescription) -> str:
    return f"{row.rx}, written {full_day(row.written_on)}: {row.sig}"


def _save(desk: Desk, view: LineView, question: StoredQuestion, key: str) -> None:
    typed, session = st.session_state, desk.session
    rx = typed.get(f"{key}_rx")
    follows = Follows(typed.get(f"{key}_follows") or Follows.RELEASE)
    press(
        desk.refill_day,
        lambda: session.call(
            answer_question,
            question.id,
            str(typed.get(f"{key}_answer") or ""),
            follows,
            rx=None if rx in (None, _AS_IT_IS) else str(rx),
        ),
    )


def question_history(desk: Desk, view: LineView) -> None:
    """Every question about one line with its answer, oldest first."""
    for question in view.questions:
        icon = ":material/outgoing_mail:" if question.answer is None else ":material/mark_email_read:"
        st.info(plain(asked_in_words(question, desk.context)), icon=icon)


def asked_in_words(question: StoredQuestion, context: Context) -> str:
    """Who asked whom when, what, and the answer."""
    zone = context.clinic.time_zone
    wanted = f" Directions asked for: {question.directions}" if question.directions else ""
    answer = ""
    if question.answer is not None:
        answer = f" Answer, noted by {question.answered_by} on {moment(question.answered_at, zone)}: {question.answer}"
    asked = f"Asked of the {question.asked_of.value} on {moment(question.at, zone)} by {question.by}"
    return f"{asked}: {question.question}{wanted}{answer}"
