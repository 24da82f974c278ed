"""Findings under the grid: grouped by cause, blocking first, each with what one click can do about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.model import Finding, Owner, Severity
from pages.parts.refill_day.answers import acknowledge_all, buttons, fix_all, hold_all, severity_badge
from pages.parts.refill_day.causes import Accused, Cause, about_patient, causes_of, in_words
from pages.parts.refill_day.desk import Desk
from pages.parts.refill_day.drawer import open_line
from pages.parts.refill_day.views import View
from pages.parts.tables import table
from pages.parts.words import count, full_day, plain

MOST_CARDS = 25
MOST_LINES = 3
OWNERS = {
    Owner.CLINIC: "Clinic puts it right",
    Owner.PRESCRIBER: "Prescriber puts it right",
    Owner.PHARMACY: "Pharmacy puts it right",
    Owner.PATIENT: "Patient's safety",
}


def findings(desk: Desk, views: Sequence[View]) -> None:
    """Every finding that waits for somebody, and behind it those that were answered."""
    causes = causes_of(views, desk.context)
    if causes:
        st.subheader("What to put right", anchor=False)
    warnings = [one for cause in causes if cause.severity is Severity.WARNING for one in cause.accused]
    if len(warnings) > 1:
        st.button(
            f"Acknowledge all {count(len(warnings), 'warning')}",
            key="refill_read_all",
            icon=":material/done_all:",
            on_click=acknowledge_all,
            args=(desk, warnings),
            help="You have read every warning below. Each one is kept with your name.",
        )
    for cause in causes[:MOST_CARDS]:
        _card(desk, cause)
    if len(causes) > MOST_CARDS:
        st.caption(f"And {count(len(causes) - MOST_CARDS, 'more cause')}: they appear as these are dealt with.")
    _answered(desk, views)


def _card(desk: Desk, cause: Cause) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            severity_badge(cause.accused[0].finding)
            st.markdown(f"**{plain(cause.title)}**", width="content")
            st.caption(f"{count(len(cause.accused), 'line')} · {OWNERS[cause.owner]}", width="content")
            if len(cause.accused) > 1:
                _for_all(desk, cause)
        if cause.message:
            st.write(plain(cause.message))
        for accused in cause.accused[:MOST_LINES]:
            _line(desk, cause, accused)
        if len(cause.accused) > MOST_LINES:
            rest = ", ".join(str(one.view.line.number) for one in cause.accused[MOST_LINES:][:40])
            st.caption(f"And {count(len(cause.accused) - MOST_LINES, 'more line')}: {rest}.")


def _for_all(desk: Desk, cause: Cause) -> None:
    lines = count(len(cause.accused), "line")
    for number, fix in enumerate(cause.common_fixes):
        st.button(
            f"{plain(fix.label)}: all {lines}",
            key=f"refill_all{number}_{cause.key}",
            on_click=fix_all,
            args=(desk, cause.accused, fix),
        )
    if cause.severity is Severity.BLOCKING:
        st.button(f"Hold all {lines}", key=f"refill_hold_{cause.key}", on_click=hold_all, args=(desk, cause.accused))
    else:
        st.button(
            f"Acknowledge all {lines}",
            key=f"refill_read_{cause.key}",
            on_click=acknowledge_all,
            args=(desk, cause.accused),
        )


def _line(desk: Desk, cause: Cause, accused: Accused) -> None:
    finding, line = accused.finding, accused.view.line
    said, done = st.columns([3, 2], vertical_alignment="center")
    with said:
        st.button(
            plain(accused.view.title),
            key=f"refill_open_{finding.code}_{line.id}",
            type="tertiary",
            icon=":material/open_in_new:",
            on_click=open_line,
            args=(line.id,),
            help="Open the line: directions as read, price, why this pharmacy, history",
        )
        if cause.message is None:
            st.write(plain(finding.message))
    with done.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if about_patient(finding):
            st.button(
                "Correct the patient's data",
                key=f"refill_correct_{finding.code}_{line.id}",
                on_click=open_line,
                args=(line.id,),
            )
        buttons(desk, accused, "card")


def _answered(desk: Desk, views: Sequence[View]) -> None:
    rows = [
        {"Line": view.line.number, "Patient": view.patient, "SKU": view.sku, **_said(desk, view.line.number, finding)}
        for view in views
        for finding in view.answered
    ]
    if not rows:
        return
    behind = st.expander(f"Acknowledged and overridden ({len(rows)})", key="refill_answered", on_change="rerun")
    if behind.open:
        with behind:
            table(rows, name="answered_findings", alt="Findings that somebody answered", session=desk.session)


def _said(desk: Desk, line: int, finding: Finding) -> dict[str, str]:
    answers = {(made.line, made.code): made for made in desk.opened.overrides}
    made = answers.get((line, finding.code))
    confirmed = (
        f"confirmed by {made.confirmed_by} on {full_day(made.confirmed_on)}" if made and made.confirmed_by else ""
    )
    return {
        "Finding": in_words(finding.code),
        "Message": finding.message,
        "Answer": "Overridden" if made else "Acknowledged",
        "Reason": "; ".join(part for part in (made.reason, confirmed) if part) if made else "",
    }
