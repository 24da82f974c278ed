"""Findings under the grid: grouped by cause, blocking first, each with what one click can do about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.model import Finding, Owner, Severity
from pages.refill_day.answers import acknowledge_all, buttons, fix_all, hold_all, severity_badge
from pages.refill_day.causes import Accused, Cause, about_patient, causes_of, in_words, owed_by
from pages.refill_day.desk import Desk
from pages.refill_day.drawer import open_line
from pages.refill_day.views import View
from pages.shared.formats import count, full_day, plain
from pages.shared.tables import Row, downloads, pick, table

MOST_CARDS = 25
MOST_LINES = 3
OWNER = "refill_owner"
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
        _causes(desk, _of_an_owner(desk, causes))
    _answered(desk, views)


def _of_an_owner(desk: Desk, causes: Sequence[Cause]) -> list[Cause]:
    """The causes of the chosen owner, all without one; and what can be done with them together."""
    st.caption(plain(_owed_in_words(causes)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.segmented_control(
            "Who puts it right",
            list(Owner),
            format_func=str.capitalize,
            key=OWNER,
            bind="query-params",
            help="Findings by who can put them right; choose one to see theirs alone.",
        )
        shown = [cause for cause in causes if chosen is None or cause.owner is Owner(chosen)]
        warnings = [one for cause in shown if cause.severity is Severity.WARNING for one in cause.accused]
        if len(warnings) > 1:
            st.button(
                f"Acknowledge all {count(len(warnings), 'warning')}",
                key="refill_read_all",
                icon=":material/done_all:",
                on_click=acknowledge_all,
                args=(desk, warnings),
                help="You have read every warning below. Each one is kept with your name.",
            )
    if shown:
        downloads(lambda: _rows(desk, shown), name="findings_to_put_right", session=desk.session)
    else:
        st.caption("Nothing waits for them.")
    return shown


def _owed_in_words(causes: Sequence[Cause]) -> str:
    """``Prescriber: 273 findings on 241 lines. Clinic: 1 finding on 1 line.``"""
    owed = sorted(owed_by(causes).items(), key=lambda one: -one[1].findings)
    said = (
        f"{owner.value.capitalize()}: {count(due.findings, 'finding')} on {count(due.lines, 'line')}."
        for owner, due in owed
        if due.findings
    )
    return " ".join(said)


def _causes(desk: Desk, causes: Sequence[Cause]) -> None:
    for cause in causes[:MOST_CARDS]:
        _card(desk, cause)
    if len(causes) > MOST_CARDS:
        st.caption(f"And {count(len(causes) - MOST_CARDS, 'more cause')}: they appear as these are dealt with.")


def _rows(desk: Desk, causes: Sequence[Cause]) -> list[Row]:
    return [row for cause in causes for row in _rows_of(desk, cause)]


def _rows_of(desk: Desk, cause: Cause) -> list[Row]:
    return [
        {
            "Line": accused.view.line.number,
            "Patient": accused.view.patient,
            "SKU": accused.view.sku,
            "Prescriber": _prescriber(desk, accused),
            "Finding": in_words(cause.code),
            "Severity": cause.severity.value.capitalize(),
            "Who puts it right": cause.owner.value.capitalize(),
            "Message": accused.finding.message,
        }
        for accused in cause.accused
    ]


def _prescriber(desk: Desk, accused: Accused) -> str:
    npi = accused.view.line.npi
    prescriber = desk.context.prescribers.get(npi)
    return prescriber.name if prescriber else npi


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
        if len(cause.accused) > MOST_LINES:
            _many(desk, cause)
            return
        for accused in cause.accused:
            _line(desk, cause, accused)


def _many(desk: Desk, cause: Cause) -> None:
    """The lines of a wide cause as a table behind an expander; the selected one with its own buttons."""
    if cause.message is None:
        first = cause.accused[0]
        st.write(plain(f"For example, line {first.view.line.number}: {first.finding.message}"))
    lines = count(len(cause.accused), "line")
    behind = st.expander(f"The {lines}, to deal with one by one", key=f"refill_lines_{cause.key}", on_change="rerun")
    if not behind.open:
        return
    rows = _rows_of(desk, cause)
    with behind:
        chosen = pick(
            [{head: row[head] for head in ("Line", "Patient", "SKU", "Prescriber", "Message")} for row in rows],
            name=f"lines_{cause.code}_{cause.severity}_{cause.accused[0].view.line.number}",
            alt=f"{lines} with this finding; select one to deal with it",
            session=desk.session,
        )
        if chosen is not None:
            _line(desk, cause, cause.accused[chosen])


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
