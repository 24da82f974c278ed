"""Patients by what somebody remembers of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, String, and_, func, or_, select

from core.adapters.store.engine import Work
from core.adapters.store.tables import PatientRow, PrescriptionRow
from core.domain.model import Patient, Prescription


class FoundPatients(NamedTuple):
    """One page of patients, their prescriptions newest first, and how many there are on all pages."""

    patients: tuple[Patient, ...]
    prescriptions: tuple[Prescription, ...]
    total: int


def search_patients(work: Work, text: str, limit: int) -> FoundPatients:
    """Patients each of whose words stands somewhere in name, code, phone, email or city; in order of name."""
    wanted = and_(PatientRow.clinic == work.clinic, *(_somewhere(word) for word in text.split()))
    total = work.connection.scalar(select(func.count()).select_from(PatientRow).where(wanted)) or 0
    columns = [column for column in PatientRow.__table__.columns if column.name in Patient.model_fields]
    page = (
        select(*columns).where(wanted).order_by(PatientRow.last_name, PatientRow.first_name, PatientRow.patient)
    ).limit(limit)
    patients = tuple(Patient(**row) for row in work.connection.execute(page).mappings())
    return FoundPatients(patients, _prescriptions(work, [row.patient for row in patients]), total)


def _somewhere(word: str) -> ColumnElement[bool]:
    places = (
        PatientRow.last_name,
        PatientRow.first_name,
        PatientRow.patient,
        PatientRow.phone,
        PatientRow.email,
        PatientRow.city,
    )
    return or_(*(place.cast(String).icontains(word, autoescape=True) for place in places))


def _prescriptions(work: Work, patients: list[str]) -> tuple[Prescription, ...]:
    columns = [column for column in PrescriptionRow.__table__.columns if column.name in Prescription.model_fields]
    statement = (
        select(*columns)
        .where(PrescriptionRow.clinic == work.clinic, PrescriptionRow.patient.in_(patients))
        .order_by(PrescriptionRow.written_on.desc(), PrescriptionRow.rx.desc())
    )
    return tuple(Prescription(**row) for row in work.connection.execute(statement).mappings())
