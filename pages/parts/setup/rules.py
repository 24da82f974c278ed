"""Rules: every finding code of the rule book, and every threshold with its value in force."""

from __future__ import annotations

import streamlit as st

from core.exporting import folder_of
from core.rejections import REJECTIONS
from core.validation import RULES
from pages.parts.session import Reference, Session
from pages.parts.setup.ladders import ladders
from pages.parts.setup.reference import file_table
from pages.parts.setup.thresholds import history, thresholds
from pages.parts.tables import Row, table


def rules_tab(session: Session, reference: Reference) -> None:
    """Settings with meaning, default and value; the clinic's rows; the rule list; the rejection codes."""
    thresholds(session, reference)
    ladders(session, reference)
    file_table(session, "settings.csv", folder_of(reference.context).settings, "This clinic's own rows")
    history(session, reference)
    st.subheader("Checks before payment", anchor=False)
    table(rule_rows(), name="rules", alt="Every finding code with its gate, severity and owner", session=session)
    st.subheader("Rejection codes of pharmacies", anchor=False)
    table(rejection_rows(), name="rejection_codes", alt="Every canonical rejection code", session=session)


def rule_rows() -> list[Row]:
    """The rule book, from the code that applies it."""
    return [
        {
            "Code": rule.code,
            "Gate": rule.gate.value,
            "Severity": rule.severity.value.capitalize(),
            "Override": rule.overridable,
            "Owner": rule.owner.value.capitalize(),
            "Rule": rule.summary,
        }
        for rule in RULES.values()
    ]


def rejection_rows() -> list[Row]:
    """What pharmacies may answer, and what to do then."""
    return [
        {
            "Code": row.code,
            "Owner": row.owner.value.capitalize(),
            "Clinic can fix": row.clinic_can_fix,
            "Money": row.money,
            "What to do": row.remedy,
        }
        for row in REJECTIONS.values()
    ]
