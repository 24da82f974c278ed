"""Findings under the grid: grouped by cause, blocking first, each with what one click can do about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.domain.model import Finding, Owner, Severity
from core.rules.questions import whom_to_ask
from pages.refill_day.answers import acknowledge_all, ask_about, finding_buttons, fix_all, hold_all, severity_badge
from pages.refill_day.causes import Cause, LineFinding, about_patient, causes_of, owed_by
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import OWNERS, code_words, count, full_day, plain, prescriber_name
from pages.shared.layout import open_expander
from pages.shared.open_line import CART_LINE
from pages.shared.tables import Row, downloads, pick, table

MOST_CARDS = 25
MOST_LINES = 3
OWNER = "refill_owner"


def findings(desk: Desk, views: Sequence[LineView]) -> None:
    """Every open finding, and behind it those that were acknowledged or overridden."""
    causes = causes_of(views, desk.context)
    if causes:
        st.subheader("Findings to resolve", anchor=False)
        _causes(desk, _of_an_owner(desk, causes))
    _answered(desk, views)


def _of_an_owner(desk: Desk, causes: Sequence[Cause]) -> list[Cause]:
    """The causes of the chosen owner, all without one; and what can be done with them together."""
    st.caption(plain(_owed_in_words(causes)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.segmented_control(
            "Owner",
            list(Owner),
            format_func=str.capitalize,
            key=OWNER,
            bind="query-params",
            help="Shows only the findings that one owner can resolve.",
        )
        shown = [cause for cause in causes if chosen is None or cause.owner is Owner(chosen)]
        warnings = [each for cause in shown if cause.severity is Severity.WARNING for each in cause.line_findings]
        if len(warnings) > 1:
            st.button(
                f"Acknowledge all {count(len(warnings), 'warning')}",
                key="refill_read_all",
                icon=":material/done_all:",
                on_click=acknowledge_all,
                args=(desk, warnings),
                help="Confirms that you have reviewed every warning below. Each is recorded with your name.",
            )
    if shown:
        downloads(lambda: _rows(desk, shown), name="findings_to_resolve", session=desk.session)
    else:
        st.caption("No open findings.")
    return shown


def _owed_in_words(causes: Sequence[Cause]) -> str:
    """``Prescriber: 273 findings on 241 lines. Clinic: 1 finding on 1 line.``"""
    owed = sorted(owed_by(causes).items(), key=lambda each: -each[1].findings)
    sentences = (
        f"{owner.value.capitalize()}: {count(due.findings, 'finding')} on {count(due.lines, 'line')}."
        for owner, due in owed
        if due.findings
    )
    return " ".join(sentences)


def _causes(desk: Desk, causes: Sequence[Cause]) -> None:
    for cause in causes[:MOST_CARDS]:
        _card(desk, cause)
    if len(causes) > MOST_CARDS:
        st.caption(f"{count(len(causes) - MOST_CARDS, 'more cause')}: shown as these are resolved.")


def _rows(desk: Desk, causes: Sequence[Cause]) -> list[Row]:
    return [row for cause in causes for row in _rows_of(desk, cause)]


def _rows_of(desk: Desk, cause: Cause) -> list[Row]:
    return [
        {
            "Line": line_finding.view.line.number,
            "Patient": line_finding.view.patient,
            "SKU": line_finding.view.sku,
            "Prescriber": prescriber_name(line_finding.view.line.npi, desk.context),
            "Finding": code_words(cause.code),
            "Severity": cause.severity.value.capitalize(),
            "Owner": cause.owner.value.capitalize(),
            "Message": line_finding.finding.message,
        }
        for line_finding in cause.line_findings
    ]


def _card(desk: Desk, cause: Cause) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            severity_badge(cause.line_findings[0].finding)
            st.markdown(f"**{plain(cause.title)}**", width="content")
            st.caption(f"{count(len(cause.line_findings), 'line')} · {OWNERS[cause.owner]}", width="content")
            if len(cause.line_findings) > 1:
                _for_all(desk, cause)
        if cause.message:
            st.write(plain(cause.message))
        if len(cause.line_findings) > MOST_LINES:
            _many(desk, cause)
            return
        for line_finding in cause.line_findings:
            _line(desk, cause, line_finding)


def _many(desk: Desk, cause: Cause) -> None:
    """The lines of a wide cause as a table behind an expander; the selected one with its own buttons."""
    if cause.message is None:
        first = cause.line_findings[0]
        st.write(plain(f"For example, line {first.view.line.number}: {first.finding.message}"))
    lines = count(len(cause.line_findings), "line")
    expander = open_expander(f"Resolve the {lines} one by one", key=f"refill_lines_{cause.key}")
    if expander is None:
        return
    rows = _rows_of(desk, cause)
    with expander:
        chosen = pick(
            [{head: row[head] for head in ("Line", "Patient", "SKU", "Prescriber", "Message")} for row in rows],
            name=f"lines_{cause.code}_{cause.severity}_{cause.line_findings[0].view.line.number}",
            alt=f"{lines} with this finding; select one to resolve it",
            session=desk.session,
        )
        if chosen is not None:
            _line(desk, cause, cause.line_findings[chosen])


def _for_all(desk: Desk, cause: Cause) -> None:
    lines = count(len(cause.line_findings), "line")
    for number, fix in enumerate(cause.common_fixes):
        st.button(
            f"{plain(fix.label)}: all {lines}",
            key=f"refill_all{number}_{cause.key}",
            on_click=fix_all,
            args=(desk, cause.line_findings, fix),
        )
    whom = whom_to_ask(cause.line_findings[0].finding).value
    st.button(
        f"Ask the {whom}: all {lines}",
        key=f"refill_ask_{cause.key}",
        icon=":material/outgoing_mail:",
        on_click=ask_about,
        args=(desk, cause.line_findings),
        help="Holds the lines and puts the questions under Waiting for, as text and as a letter.",
    )
    if cause.severity is Severity.BLOCKING:
        st.button(
            f"Hold all {lines}", key=f"refill_hold_{cause.key}", on_click=hold_all, args=(desk, cause.line_findings)
        )
    else:
        st.button(
            f"Acknowledge all {lines}",
            key=f"refill_read_{cause.key}",
            on_click=acknowledge_all,
            args=(desk, cause.line_findings),
        )


def _line(desk: Desk, cause: Cause, line_finding: LineFinding) -> None:
    finding, line = line_finding.finding, line_finding.view.line
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.button(
            plain(line_finding.view.title),
            key=f"refill_open_{finding.code}_{line.id}",
            type="tertiary",
            icon=":material/open_in_new:",
            on_click=CART_LINE.open,
            args=(line.id,),
            help="Open the line: directions as read, price, why this pharmacy, history",
        )
        if cause.message is None:
            st.write(plain(finding.message))
    with right.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if about_patient(finding):
            st.button(
                "Correct the patient's data",
                key=f"refill_correct_{finding.code}_{line.id}",
                on_click=CART_LINE.open,
                args=(line.id,),
            )
        finding_buttons(desk, line_finding, "card")


def _answered(desk: Desk, views: Sequence[LineView]) -> None:
    rows = [
        {"Line": view.line.number, "Patient": view.patient, "SKU": view.sku, **_said(desk, view.line.number, finding)}
        for view in views
        for finding in view.answered
    ]
    if not rows:
        return
    if expander := open_expander(f"Acknowledged and overridden ({len(rows)})", key="refill_answered"):
        with expander:
            table(rows, name="answered_findings", alt="Findings that somebody answered", session=desk.session)


def _said(desk: Desk, line: int, finding: Finding) -> dict[str, str]:
    answers = {(made.line, made.code): made for made in desk.opened.overrides}
    made = answers.get((line, finding.code))
    confirmed = (
        f"confirmed by {made.confirmed_by} on {full_day(made.confirmed_on)}" if made and made.confirmed_by else ""
    )
    return {
        "Finding": code_words(finding.code),
        "Message": finding.message,
        "Answer": "Overridden" if made else "Acknowledged",
        "Reason": "; ".join(part for part in (made.reason, confirmed) if part) if made else "",
    }
