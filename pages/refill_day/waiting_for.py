"""Waiting for: what was asked about held lines, of whom, and what was answered."""

from __future__ import annotations

import streamlit as st

from core.adapters.store.values import StoredQuestion
from core.domain.context import Context
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import moment, plain


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
