"""Patients and prescriptions, found by what somebody remembers. What is typed never stands in the URL."""

from __future__ import annotations

import streamlit as st

from core.services.patients import find_patients
from pages.setup.file_tables import file_table
from pages.shared.formats import count
from pages.shared.session import Session

PAGE = 200


def patients_tab(session: Session) -> None:
    """Search, the patients found, and their prescriptions."""
    text = st.text_input(
        "Find patients",
        key="setup_patient_search",
        placeholder="Part of a name, code, phone, email or city",
        icon=":material/search:",
        live=True,
    )
    found = find_patients(session.store, session.person, session.clinic, text or "", limit=PAGE)
    more = f"; the first {PAGE} are shown, search to narrow down" if found.total > len(found.patients) else ""
    st.caption(f"{count(found.total, 'patient')}{more}.")
    file_table(session, "patients.csv", found.patients, "Patients")
    file_table(session, "prescriptions.csv", found.prescriptions, "Their prescriptions")
