"""Use case: looking patients up."""

from __future__ import annotations

from core.adapters.store import Store
from core.adapters.store.patients import FoundPatients, search_patients
from core.domain.roles import Action, Person, require


def find_patients(store: Store, person: Person, clinic: str, text: str = "", *, limit: int = 200) -> FoundPatients:
    """Patients by words of their name, code, phone, email or city, with their prescriptions; everybody for no words."""
    require(person, Action.SEE_PATIENTS)
    with store.read(clinic) as work:
        return search_patients(work, text, limit)
