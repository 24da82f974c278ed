"""A patient put right at the source, from beside the finding that shows what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.adapters.files import FILES, Folder
from core.adapters.files.typed_cells import typed_cells
from core.adapters.store import Store, Work, save_folder
from core.adapters.store.contexts import patients_of
from core.domain.errors import Refused, Stale
from core.domain.model import Patient
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record


def update_patient(
    store: Store,
    person: Person,
    clinic: str,
    patient: str,
    cells: Mapping[str, object],
    *,
    shown: Patient | None = None,
) -> Patient:
    """Change cells of a patient: columns of patients.csv, as text or typed values; answers to findings of the
    patient's cart lines go, for they were given for what stood there before.

    Raises Refused for an unknown patient or a cell that cannot be read, Stale where one of the cells is no longer as
    ``shown``.
    """
    require(person, Action.FIX_PATIENT)
    columns = {column.name for column in FILES["patients.csv"].columns} - {"patient", "active"}
    if wrong := sorted(set(cells) - columns):
        raise Refused(f"{', '.join(wrong)} of a patient is changed on Setup.")

    def change(work: Work) -> Patient:
        before = patients_of(work, [patient]).get(patient)
        if before is None:
            raise Refused(f"This clinic has no patient “{patient}”.")
        values = typed_cells(FILES["patients.csv"], cells, work.today, work.zone)
        _refuse_stale(before, values, shown)
        after = Patient.model_validate(before.model_dump() | values)
        changed = [name for name in values if getattr(before, name) != getattr(after, name)]
        if changed:
            save_folder(work, Folder(patients=(after,)))
            record(work, person, "correct patient", f"patient {patient}", _part(before, changed), _part(after, changed))
        return after

    return store.write(clinic, change)


def _refuse_stale(before: Patient, values: Mapping[str, Any], shown: Patient | None) -> None:
    now = {name: getattr(before, name) for name in values}
    if shown is not None and any(getattr(shown, name) != value for name, value in now.items()):
        raise Stale("Somebody has changed this patient meanwhile. Look at it again, then save.", now)


def _part(patient: Patient, names: list[str]) -> dict[str, Any]:
    return patient.model_dump(mode="json", include=set(names))
