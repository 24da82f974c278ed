"""A patient's data corrected at the source, beside the finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from core.domain.model import Patient
from core.services.cart.patients import update_patient
from pages.shared.notices import attempt
from pages.shared.session import Session

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
    "allergies": "Allergies (separate with ; or write none)",
}


Press = Callable[[Callable[[], object], str], object]
"""What runs a use case and says what was done, on the page that the form stands on."""


def patient_form(
    session: Session, patient: Patient, *, key: str, expanded: bool, saved: str, press: Press = attempt
) -> None:
    """Columns of patients.csv as they are written there. ``saved`` is said when something changed."""
    key = f"{key}_{patient.patient}"
    behind = st.expander("Correct the patient's data", expanded=expanded, icon=":material/person_edit:")
    with behind, st.form(key, border=False):
        with st.grid(2):
            for name, label in FIELDS.items():
                st.text_input(label, cell(patient, name), key=f"{key}_{name}", max_chars=300)
        st.form_submit_button("Save the patient", on_click=_save, args=(session, patient, key, saved, press))


def cell(patient: Patient, name: str) -> str:
    """The field as a cell of patients.csv."""
    value = getattr(patient, name)
    if name == "allergies":
        return "" if value is None else "; ".join(value) or "none"
    return "" if value is None else str(value)


def _save(session: Session, patient: Patient, key: str, saved: str, press: Press) -> None:
    typed = {name: str(st.session_state[f"{key}_{name}"] or "") for name in FIELDS}
    changed = {name: text for name, text in typed.items() if text.strip() != cell(patient, name)}
    if changed:
        press(lambda: session.call(update_patient, patient.patient, changed, shown=patient), saved)
