"""The buttons that a finding brings: its fixes, hold, override, acknowledge."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import streamlit as st

from core.domain.model import Finding, Fix, Override, Severity
from core.rules.overrides import goes_to_pharmacy, needs_confirmation
from core.rules.questions import only_asks, question_in_words, whom_to_ask
from core.rules.validation import RULES
from core.services.cart.answers import ShownFinding, acknowledge, override
from core.services.cart.edits import apply_fix, apply_fix_to_all, hold_lines
from core.services.cart.questions import LineQuestion, ask
from pages.refill_day.cart_actions import answer, press
from pages.refill_day.causes import HOLD, LineFinding
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import count, plain
from pages.shared.layout import open_popover


def finding_buttons(desk: Desk, line_finding: LineFinding, place: str) -> None:
    """What one click can do about a finding of one line. ``place`` keeps keys apart where it is shown twice."""
    finding, line = line_finding.finding, line_finding.view.line
    key = f"refill_{place}_{finding.code}_{line.id}"
    for number, fix in enumerate(finding.fixes):
        st.button(
            plain(fix.label), key=f"{key}_fix{number}", on_click=_fix, args=(desk, line_finding, fix), help=_effect(fix)
        )
    if not any(only_asks(fix) for fix in finding.fixes):
        ask_button(desk, line_finding.view, key, finding)
    if finding.severity is Severity.WARNING:
        st.button("Acknowledge", key=f"{key}_read", on_click=acknowledge_all, args=(desk, [line_finding]))
    if finding.severity is Severity.BLOCKING and RULES[finding.code].overridable:
        _override(desk, line_finding, key)


def _effect(fix: Fix) -> str:
    cells = ", ".join(f"{name} becomes {value or 'empty'}" for name, value in fix.change.items())
    return plain(f"Changes the line: {cells}")


def _fix(desk: Desk, line_finding: LineFinding, fix: Fix) -> None:
    session, line = desk.session, line_finding.view.line
    if only_asks(fix):
        ask_about(desk, [line_finding], fix)
        return
    press(
        desk.refill_day,
        lambda: session.call(apply_fix, line.id, line.version, fix),
        f"Line {line.number}: {'held' if fix.change == HOLD else fix.label}.",
    )


def fix_all(desk: Desk, line_finding: Sequence[LineFinding], fix: Fix) -> None:
    """The same change to every one of these lines."""
    session, lines = desk.session, {each.view.line.id: each.view.line.version for each in line_finding}
    press(
        desk.refill_day,
        lambda: session.call(apply_fix_to_all, desk.refill_day, lines, fix),
        f"{count(len(lines), 'line')}: {fix.label}.",
    )


def ask_button(desk: Desk, view: LineView, key: str, finding: Finding | None = None) -> None:
    """Ask who can answer the finding (the line's first by default), and hold the line until they do."""
    finding = finding or next(iter(view.findings), None)
    if finding is None or any(asked.question == question_in_words(finding) for asked in view.waiting_for):
        return
    whom = whom_to_ask(finding).value
    st.button(
        f"Ask the {whom}",
        key=f"{key}_ask",
        icon=":material/outgoing_mail:",
        on_click=ask_about,
        args=(desk, [LineFinding(view, finding)]),
        help=f"Holds the line and puts the question under Waiting for, as text and as a letter to the {whom}.",
    )


def ask_about(desk: Desk, line_findings: Sequence[LineFinding], fix: Fix | None = None) -> None:
    """Hold these lines, and keep the ready-made question about each finding, or what one of its fixes asks for."""
    session = desk.session
    questions = [
        LineQuestion(view.line.id, view.line.version, whom_to_ask(finding), question_in_words(finding, fix))
        for view, finding in line_findings
    ]
    press(desk.refill_day, lambda: session.call(ask, desk.refill_day, questions))


def hold_all(desk: Desk, line_finding: Sequence[LineFinding]) -> None:
    """Hold every one of these lines, in one press."""
    set_hold(desk, {each.view.line.id for each in line_finding})


def set_hold(desk: Desk, lines: Collection[str], *, hold: bool = True) -> None:
    """Hold or release lines."""
    session, words = desk.session, "held" if hold else "released"
    press(
        desk.refill_day,
        lambda: session.call(hold_lines, desk.refill_day, lines, hold=hold),
        f"{count(len(lines), 'line')} {words}.",
    )


def acknowledge_all(desk: Desk, line_finding: Sequence[LineFinding]) -> None:
    """Note that these warnings were read."""
    session = desk.session
    warnings = [ShownFinding(each.view.line.id, each.view.line.version, each.finding.code) for each in line_finding]
    answer(lambda: session.call(acknowledge, warnings), f"{count(len(warnings), 'warning')} acknowledged.")


def _override(desk: Desk, line_finding: LineFinding, key: str) -> None:
    """A small form behind a button: the reason and, where the rules ask for it, who confirmed it and when."""
    popover = open_popover("Override", key=f"{key}_override", icon=":material/gavel:")
    if popover is None:
        return
    finding = line_finding.finding
    with popover:
        st.write("The line is ordered as it is. Your name, the reason and the time are kept in the audit trail.")
        if goes_to_pharmacy(finding.code):
            st.caption("The pharmacist is told the reason and who confirmed it.")
        if needs_confirmation(finding.code):
            today = desk.days.placing_day
            st.date_input("Confirmed on", today, max_value=today, format="YYYY-MM-DD", key=f"{key}_on", width=180)
            st.text_input("Confirmed by", key=f"{key}_by", max_chars=200, placeholder="Prescriber or pharmacist")
        st.text_input("Reason", key=f"{key}_reason", max_chars=500, placeholder="Why this is right for the patient")
        st.button(
            "Override this finding",
            key=f"{key}_answer",
            type="primary",
            on_click=_answer,
            args=(desk, line_finding, key),
        )


def _answer(desk: Desk, line_finding: LineFinding, key: str) -> None:
    session, line, code = desk.session, line_finding.view.line, line_finding.finding.code
    typed = st.session_state
    confirmed_on = typed.get(f"{key}_on")
    made = Override(
        line.number,
        code,
        str(typed.get(f"{key}_reason") or ""),
        str(typed.get(f"{key}_by") or ""),
        confirmed_on if isinstance(confirmed_on, date) else None,
    )
    answer(lambda: session.call(override, line.id, line.version, made), f"Line {line.number}: {code} overridden.")


def severity_badge(finding: Finding) -> None:
    """What the finding stops, in words, color and sign."""
    if finding.severity is Severity.BLOCKING:
        st.badge("Blocking", icon=":material/error:", color="red")
    else:
        st.badge("Warning", icon=":material/warning:", color="orange")
