"""The patient's data behind a line, put right at the source."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.cart import update_patient
from core.model import Patient
from pages.parts.refill_day.desk import Desk
from pages.parts.refill_day.pressing import answer
from pages.parts.refill_day.views import View

FIELDS: Final = {
    "first_name": "First name",
    "last_name": "Last name",
    "born_on": "Date of birth (YYYY-MM-DD)",
    "sex": "Sex (f, m or u)",
    "phone": "Phone",
    "address1": "Address",
    "address2": "Address, second line",
    "city": "City",
    "state": "State",
    "zip": "ZIP code",
    "allergies": "Allergies, with ; between, or none",
}


def patient_form(desk: Desk, view: View, *, expanded: bool) -> None:
    """Columns of patients.csv as they are written there; what is saved counts for every line of the patient."""
    patient = desk.context.patients.get(view.line.patient)
    if patient is None:
        return
    key = f"refill_patient_{patient.patient}"
    with st.expander("Patient data", expanded=expanded, icon=":material/person:"), st.form(key, border=False):
        with st.grid(2):
            for name, label in FIELDS.items():
                st.text_input(label, cell(patient, name), key=f"{key}_{name}", max_chars=300)
        st.form_submit_button("Save the patient", on_click=_save, args=(desk, patient, key))


def cell(patient: Patient, name: str) -> str:
    """The field as a cell of patients.csv."""
    value = getattr(patient, name)
    if name == "allergies":
        return "" if value is None else "; ".join(value) or "none"
    return "" if value is None else str(value)


def _save(desk: Desk, patient: Patient, key: str) -> None:
    session = desk.session
    typed = {name: str(st.session_state[f"{key}_{name}"] or "") for name in FIELDS}
    changed = {name: text for name, text in typed.items() if text.strip() != cell(patient, name)}
    if changed:
        answer(
            lambda: update_patient(
                session.store, session.person, session.clinic, patient.patient, changed, seen=patient
            ),
            "Patient saved. The cart was checked again.",
        )
