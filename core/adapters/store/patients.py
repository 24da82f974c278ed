"""Patients by what somebody remembers of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, String, and_, func, or_, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work
from core.adapters.store.tables import PATIENT, PRESCRIPTION
from core.domain.model import Patient, Prescription


class FoundPatients(NamedTuple):
    """One page of patients, their prescriptions newest first, and how many there are on all pages."""

    patients: tuple[Patient, ...]
    prescriptions: tuple[Prescription, ...]
    total: int


def search_patients(work: Work, text: str, limit: int) -> FoundPatients:
    """Patients each of whose words stands somewhere in name, code, phone, email or city; in order of name."""
    matches = and_(work.of_clinic(PATIENT), *(_somewhere(word) for word in text.split()))
    total = work.connection.scalar(select(func.count()).select_from(PATIENT).where(matches)) or 0
    by_name = (PATIENT.c.last_name, PATIENT.c.first_name, PATIENT.c.patient)
    page = select(*columns_of(PATIENT, Patient)).where(matches).order_by(*by_name).limit(limit)
    patients = tuple(Patient(**row) for row in work.connection.execute(page).mappings())
    return FoundPatients(patients, _prescriptions(work, [row.patient for row in patients]), total)


def _somewhere(word: str) -> ColumnElement[bool]:
    names = ("last_name", "first_name", "patient", "phone", "email", "city")
    return or_(*(PATIENT.c[name].cast(String).icontains(word, autoescape=True) for name in names))


def _prescriptions(work: Work, patients: list[str]) -> tuple[Prescription, ...]:
    statement = (
        select(*columns_of(PRESCRIPTION, Prescription))
        .where(work.of_clinic(PRESCRIPTION), PRESCRIPTION.c.patient.in_(patients))
        .order_by(PRESCRIPTION.c.written_on.desc(), PRESCRIPTION.c.rx.desc())
    )
    return tuple(Prescription(**row) for row in work.connection.execute(statement).mappings())
