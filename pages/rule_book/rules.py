"""The rule book's parts: key figures, the rules with their record, one rule in full, and what pharmacies rejected."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.column_config import Column

from core.domain.model import FindingEnd, Gate, Severity
from core.domain.rejections import REJECTED_AS, REJECTIONS
from core.domain.settings import SETTINGS
from core.rules.validation import Rule
from core.services.rule_book import RuleBook, RuleRecord
from pages.shared.chart_card import chart
from pages.shared.charts import stacked_counts
from pages.shared.formats import count, percent, plain
from pages.shared.layout import Metric
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import Row, pick, table

MOST_BARS = 12
ENDS = {
    FindingEnd.FIXED: "Resolved",
    FindingEnd.ACKNOWLEDGED: "Acknowledged",
    FindingEnd.OVERRIDDEN: "Overridden",
    FindingEnd.OPEN: "Not ordered",
}
"""What became of findings, in words."""


def rule_book_figures(book: RuleBook) -> list[Metric]:
    """What the checks found, what was put right before it was paid for, and what came back all the same."""
    fired = sum(entry.fired for entry in book.entries)
    fixed = sum(entry.lines.get(FindingEnd.FIXED, 0) for entry in book.entries)
    placed = sum(entry.placed_with_it for entry in book.entries)
    rejected, predicted = (sum(getattr(row, name) for row in book.rejections) for name in ("lines", "predicted"))
    return [
        Metric(
            "Findings",
            f"{fired:,}",
            "A rule counts once per patient's line and refill day, however often the cart is checked.",
            delta_description=f"{count(sum(entry.fired > 0 for entry in book.entries), 'rule')} of {len(book.entries)}",
        ),
        Metric(
            "Resolved before payment",
            f"{fixed:,}",
            "Findings that were resolved when their line was placed.",
            delta_description=f"{percent(fixed / fired)} of all" if fired else None,
        ),
        Metric(
            "Ordered anyway",
            f"{placed:,}",
            "Findings that somebody acknowledged or overrode; the line was ordered unchanged.",
            delta_description=f"{sum(entry.rejected for entry in book.entries):,} rejected later",
        ),
        Metric(
            "Rejected at first attempt",
            f"{rejected:,}",
            "Lines that a pharmacy rejected. Predicted: a rule for that reason had a finding, which was answered.",
            delta_description=f"{predicted:,} predicted by a rule",
        ),
    ]


def rules(session: Session, book: RuleBook, gate: str | None, reference: ReferenceData) -> None:
    """Every rule of the gate, or of all; the selected one in full."""
    entries = [entry for entry in book.entries if gate is None or entry.rule.gate is Gate(gate)]
    st.subheader("Rules", anchor=False)
    st.caption("Select a rule to read it in full.")
    chosen = pick(
        rule_rows(entries),
        name="rule_book",
        alt="Every rule with its record; select one",
        session=session,
        columns={"Requirement": Column(width="medium")},
    )
    if chosen is not None:
        _in_full(entries[chosen], reference)


def rule_rows(entries: Sequence[RuleRecord]) -> list[Row]:
    """Rules as a table's rows."""
    return [
        {
            "Code": entry.rule.code,
            "Requirement": entry.rule.summary,
            "Hits": entry.fired,
            **{words: entry.lines.get(end, 0) for end, words in ENDS.items()},
            "Rejected later": entry.rejected,
            "For this reason": entry.rejected_for_it,
            "Severity": severity(entry.rule),
            "Owner": entry.rule.owner.value.capitalize(),
            "Gate": entry.rule.gate.value,
            "Source": entry.rule.source,
            "Example": entry.rule.example,
        }
        for entry in entries
    ]


def severity(rule: Rule) -> str:
    """``Blocking``, ``Blocking, can be overridden``, ``Warning``."""
    return rule.severity.value.capitalize() + (", can be overridden" if rule.overridable else "")


def _in_full(entry: RuleRecord, reference: ReferenceData) -> None:
    rule, (context, today) = entry.rule, reference
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(rule.code)}**", width="content")
            blocking = rule.severity is Severity.BLOCKING
            st.badge(
                severity(rule),
                icon=":material/error:" if blocking else ":material/warning:",
                color="red" if blocking else "orange",
            )
        st.write(plain(rule.summary))
        st.write(f"**Example:** {plain(rule.example)}")
        st.write(f"**Source:** {plain(rule.source)}")
        st.write(f"**Owner:** {rule.owner.value}")
        for name in rule.thresholds:
            st.write(f"**{plain(name)}:** {plain(context.setting(name, today))}. {plain(SETTINGS[name].meaning)}.")
        st.write(f"**Record:** {plain(record(entry))}")


def record(entry: RuleRecord) -> str:
    """What the counts of one rule say, in a sentence or two."""
    if not entry.fired:
        return "no hits in this period."
    fixed, left = entry.lines.get(FindingEnd.FIXED, 0), entry.lines.get(FindingEnd.OPEN, 0)
    sentence = (
        f"found on {count(entry.fired, 'line')}: {fixed:,} resolved before payment, {entry.placed_with_it:,} ordered "
        f"anyway, {left:,} not ordered."
    )
    if not entry.placed_with_it:
        return sentence
    reason = REJECTED_AS[entry.rule.code]
    return (
        f"{sentence} Of those ordered anyway, a pharmacy rejected {entry.rejected:,}, {entry.rejected_for_it:,} of "
        f"them as {reason}."
    )


def by_rule(session: Session, book: RuleBook) -> None:
    """The rules that fired most, and what became of what they found."""
    most = sorted((entry for entry in book.entries if entry.fired), key=lambda entry: (-entry.fired, entry.rule.code))
    if not most:
        st.info("No rule has found anything in this period. Findings in a cart count here.")
        return
    shown = most[:MOST_BARS]
    first = shown[0]
    sentence = f"{first.rule.code} has the most hits: {count(first.fired, 'line')}"
    parts = {words: [entry.lines.get(end, 0) for entry in shown] for end, words in ENDS.items()}
    chart(
        stacked_counts([entry.rule.code for entry in shown], parts, "Lines with a finding of the rule"),
        sentence,
        rule_rows(shown),
        name="rule_book_chart",
        session=session,
    )


def rejections(session: Session, book: RuleBook) -> None:
    """What pharmacies rejected, and whether a rule had spoken."""
    st.subheader("Pharmacy rejections", anchor=False)
    st.caption(
        "At the first attempt. Predicted: a rule for that reason had a finding, which was acknowledged or overridden."
    )
    rows: list[Row] = [
        {
            "Reason": row.reason,
            "Lines": row.lines,
            "Predicted": row.predicted,
            "Not predicted": row.lines - row.predicted,
            "What to do": REJECTIONS[row.reason].remedy if row.reason in REJECTIONS else None,
        }
        for row in book.rejections
    ]
    table(rows, name="rule_book_rejections", alt="Rejections by reason, predicted or not", session=session)
