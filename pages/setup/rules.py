"""Rules: every threshold and ladder with its value in force, and what pharmacies' rejections mean."""

from __future__ import annotations

import streamlit as st

from core.domain.rejections import REJECTIONS
from core.services.clinic_export import folder_of
from pages.setup.file_tables import file_table
from pages.setup.ladders import ladders
from pages.setup.thresholds import history, thresholds
from pages.shared.screens import RULE_BOOK
from pages.shared.session import ReferenceData, Session
from pages.shared.tables import Row, table


def rules_tab(session: Session, reference: ReferenceData) -> None:
    """Thresholds and ladders, to read and to change; who changed them; the rejection codes."""
    thresholds(session, reference)
    ladders(session, reference)
    file_table(session, "settings.csv", folder_of(reference.context).settings, "This clinic's rows")
    history(session, reference)
    st.page_link(RULE_BOOK.script, label="Rule book: every check before payment", icon=":material/rule:")
    st.subheader("Pharmacy rejection codes", anchor=False)
    table(rejection_rows(), name="rejection_codes", alt="Every canonical rejection code", session=session)


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
