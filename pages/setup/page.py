"""Setup: the clinic's own data, the rules, people, and the store."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.domain.roles import Action, may
from pages.setup.clinic_files import clinic_tab, pharmacies_tab, prescribers_tab, skus_tab
from pages.setup.first_steps import first_step, first_steps_tab, is_unfinished
from pages.setup.licenses import license_warnings
from pages.setup.patients import patients_tab
from pages.setup.people import audit_tab, people_tab
from pages.setup.rules import rules_tab
from pages.setup.store import store_tab
from pages.shared.guard import opened_by
from pages.shared.layout import draw_tabs, empty_state, header

session = opened_by(Action.SET_UP)
header("Setup", "Clinic data, rules, people and store. Everything loads from files and downloads as files.")

if not session.clinic:
    empty_state(
        "There is no clinic yet.",
        "Begin it here, or load its folder below: clinic.csv and the files that go with it, or a ZIP of them.",
    )
    first_step(session)
    st.stop()

reference = session.reference()
license_warnings(reference)
GETTING_STARTED = {"Getting started": lambda: first_steps_tab(session, reference)}
TABS: dict[str, Callable[[], None]] = {
    **(GETTING_STARTED if is_unfinished(session) else {}),
    "Clinic and programs": lambda: clinic_tab(session, reference),
    "Pharmacies": lambda: pharmacies_tab(session, reference),
    "SKUs and prices": lambda: skus_tab(session, reference),
    "Prescribers": lambda: prescribers_tab(session, reference),
    "Patients and prescriptions": lambda: patients_tab(session),
    "Rules": lambda: rules_tab(session, reference),
}
if may(session.person, Action.MANAGE_PEOPLE):
    TABS["People"] = lambda: people_tab(session)
if may(session.person, Action.SEE_AUDIT):
    TABS["Audit"] = lambda: audit_tab(session)
TABS["Store and worker"] = lambda: store_tab(session)

draw_tabs(TABS, key="setup_tab")
