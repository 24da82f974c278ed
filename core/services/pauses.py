"""A patient or a prescription paused until a day, resumed, or stopped, with a reason."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.adapters.files import Folder
from core.adapters.store import Store, Work, save_folder
from core.adapters.store.contexts import patients_of, prescriptions_of
from core.domain.errors import Refused
from core.domain.model import Patient, Prescription
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record
from core.services.orders.recovery import need_reason


def pause(store: Store, person: Person, clinic: str, patient: str, rx: str | None, *, until: date, reason: str) -> None:
    """Nothing of the patient, or of one prescription, is due before ``until``.

    Raises Refused for an unknown code, a day that is not to come, or no reason.
    """
    need_reason(reason)

    def change(work: Work) -> None:
        if until <= work.today:
            raise Refused(f"A pause ends on a day to come, not on {until}.")
        _change(work, person, patient, rx, "pause", {"paused_until": until, "pause_reason": reason.strip()})

    require(person, Action.FIX_PATIENT)
    store.write(clinic, change)


def resume(store: Store, person: Person, clinic: str, patient: str, rx: str | None) -> None:
    """End a pause now. Raises Refused for an unknown code."""
    require(person, Action.FIX_PATIENT)
    cells = {"paused_until": None, "pause_reason": ""}
    store.write(clinic, lambda work: _change(work, person, patient, rx, "resume", cells))


def stop(store: Store, person: Person, clinic: str, patient: str, rx: str | None, *, reason: str) -> None:
    """Nothing more is filled of a prescription from today on, or for a patient, who is made inactive.

    Raises Refused for an unknown code, or no reason.
    """
    need_reason(reason)
    require(person, Action.FIX_PATIENT)

    def change(work: Work) -> None:
        of_rx = {"stopped_on": work.today, "stop_reason": reason.strip()}
        _change(work, person, patient, rx, "stop", of_rx if rx else {"active": False, "pause_reason": reason.strip()})

    store.write(clinic, change)


def _change(work: Work, person: Person, patient: str, rx: str | None, action: str, cells: dict[str, Any]) -> None:
    rows = patients_of(work, [patient]) if rx is None else prescriptions_of(work, patient)
    before = rows.get(patient if rx is None else rx)
    if before is None:
        raise Refused(f"This clinic has no prescription “{rx}” of “{patient}”." if rx else f"No patient “{patient}”.")
    after = before.model_copy(update=cells)
    save_folder(work, Folder(patients=(after,)) if isinstance(after, Patient) else Folder(prescriptions=(after,)))
    subject = f"prescription {rx}" if rx else f"patient {patient}"
    record(work, person, action, subject, _part(before, cells), _part(after, cells))


def _part(row: Patient | Prescription, cells: dict[str, Any]) -> dict[str, Any]:
    return row.model_dump(mode="json", include=set(cells))
