"""Patients and prescriptions, found by what somebody remembers. What is typed never stands in the address."""

from __future__ import annotations

import streamlit as st

from core.services.patients import find_patients
from pages.setup.file_tables import file_table
from pages.shared.filters import search_box
from pages.shared.formats import count
from pages.shared.session import Session

PAGE = 200


def patients_tab(session: Session) -> None:
    """Search, the patients found, and their prescriptions."""
    text = search_box("Find patients", "Part of a name, code, phone, email or city", key="setup_patient_search")
    page = session.call(find_patients, text, limit=PAGE)
    more = f"; showing the first {PAGE}, search to narrow down" if page.total > len(page.patients) else ""
    st.caption(f"{count(page.total, 'patient')}{more}.")
    file_table(session, "patients.csv", page.patients, "Patients")
    file_table(session, "prescriptions.csv", page.prescriptions, "Their prescriptions")
