"""A clinic's Context in a number of queries that does not depend on its size (see core/domain/context.py)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, or_, select

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, no_clinic
from core.adapters.store.partners import links, products
from core.adapters.store.tables import (
    AGGREGATE_PRICE,
    CARRIER_DAY,
    CART_LINE,
    CLINIC,
    CLOSURE,
    LADDER_STEP,
    OFFER,
    ORDER_LINE,
    PATIENT,
    PHARMACY,
    PHARMACY_LICENCE,
    PRESCRIBER,
    PRESCRIBER_LICENCE,
    PRESCRIPTION,
    PROGRAM,
    SETTING,
    SKU,
    STOCK_RESERVATION,
)
from core.domain.context import Context
from core.domain.identifiers import state_code
from core.domain.model import (
    AggregatePrice,
    Clinic,
    LadderStep,
    Model,
    Offer,
    OurLine,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    Setting,
    Sku,
)
from core.domain.partners.message import Connection, OrderCheck

M = TypeVar("M", bound=Model)
MOST_NAMED: Final = 10_000
"""Above so many patients a statement does not name them but reads everybody (drivers limit its parameters)."""


def stored_context(
    order_checks: Mapping[str, OrderCheck],
    work: Work,
    patients: Collection[str] | None = None,
    *,
    named: Collection[str] = (),
    refill_day: date | None = None,
    placing_day: date | None = None,
) -> Context:
    """Everything that decisions need, with these patients (None: every patient), those who may be one of them under
    another code, and their own rows.

    ``order_checks`` are the adapters' by name (core/services/contexts.py has them). ``named`` are prescriptions that
    lines name, whoever they belong to. ``other_carts`` are the lines of every open cart but that of ``refill_day``; a
    cart is open until its day is over. Stock is told by the offers in force on ``placing_day`` (None: today). Raises
    Refused for an unknown clinic.
    """
    if patients is not None and len(patients) > MOST_NAMED:
        patients = None
    people = _people(work, patients)
    if patients is not None:
        patients = {*patients, *people}
    return Context(
        clinic=clinic_of(work),
        skus={row.sku: row for row in _stored(work, SKU, Sku)},
        pharmacies=pharmacies_of(work),
        licences=_stored(work, PHARMACY_LICENCE, PharmacyLicence),
        offers=_stored(work, OFFER, Offer),
        programs=_stored(work, PROGRAM, Program),
        aggregate_prices=_stored(work, AGGREGATE_PRICE, AggregatePrice),
        prescribers=_prescribers(work),
        patients=people,
        prescriptions={row.rx: row for row in _stored(work, PRESCRIPTION, Prescription, patients, named)},
        carrier_days=_carrier_days(work),
        closures=_closures(work),
        ladder_steps=_stored(work, LADDER_STEP, LadderStep),
        settings=settings_of(work),
        our_lines=_stored(work, ORDER_LINE, OurLine, patients),
        reserved=_reserved(work, placing_day or work.today),
        other_carts=_other_carts(work, refill_day),
        connections=_connections(work, order_checks),
        takers=None if patients is None or patients else _takers(work),
    )


def _connections(work: Work, order_checks: Mapping[str, OrderCheck]) -> dict[str, Connection]:
    numbers, linked = products(work), links(work)
    return {
        code: Connection(link, order_checks[link.adapter], numbers.get(code))
        for code, link in linked.items()
        if link.adapter in order_checks
    }


def _takers(work: Work) -> dict[str, Counter[str]]:
    """How many active patients have a prescription of each SKU that is not stopped, by state."""
    pairs = (
        select(PRESCRIPTION.c.sku, PATIENT.c.state, func.count(func.distinct(PATIENT.c.patient)))
        .select_from(PRESCRIPTION.join(PATIENT))
        .where(
            work.of_clinic(PRESCRIPTION), PATIENT.c.active, PATIENT.c.state != "", PRESCRIPTION.c.stopped_on.is_(None)
        )
        .group_by(PRESCRIPTION.c.sku, PATIENT.c.state)
    )
    takers: dict[str, Counter[str]] = {}
    for sku, state, patients in work.connection.execute(pairs):
        takers.setdefault(sku, Counter())[state_code(state)] += patients
    return takers


def _people(work: Work, patients: Collection[str] | None) -> dict[str, Patient]:
    """These patients, and whoever has the date of birth, telephone number or street of one of them."""
    if not patients:
        return {row.patient: row for row in _stored(work, PATIENT, Patient, patients)}
    found = work.connection.execute(_alike(), {"clinic": work.clinic, "patients": list(patients)}).mappings()
    rows = sorted((dict(row) for row in found), key=lambda row: str(row["patient"]))
    return {row.patient: row for row in _reader(Patient).validate_python(rows)}


@cache
def _alike() -> Select[Any]:
    columns = [column for column in PATIENT.c if column.name in Patient.model_fields]
    named = PATIENT.c.patient.in_(bindparam("patients", expanding=True))
    given = select(*columns).where(PATIENT.c.clinic == bindparam("clinic"), named).cte("given")
    facts = [
        PATIENT.c[name].in_(select(given.c[name]).where(given.c[name].is_not(None), given.c[name] != ""))
        for name in ("phone", "address1")
    ]
    born_on = PATIENT.c.born_on.in_(select(given.c.born_on).where(given.c.born_on.is_not(None)))
    same = or_(PATIENT.c.patient.in_(select(given.c.patient)), born_on, *facts)
    return select(*columns).where(PATIENT.c.clinic == bindparam("clinic"), same)


def load_for_messages(work: Work, patients: Collection[str]) -> Context:
    """What messages to pharmacies say of these patients; nothing that decisions need: no price, licence or stock."""
    return Context(
        clinic=clinic_of(work),
        skus={row.sku: row for row in _stored(work, SKU, Sku)},
        prescribers=_prescribers(work),
        patients=patients_of(work, patients),
        prescriptions={row.rx: row for row in _stored(work, PRESCRIPTION, Prescription, patients)},
        settings=settings_of(work),
    )


def _prescribers(work: Work) -> dict[str, Prescriber]:
    licences: dict[str, dict[str, PrescriberLicence]] = {}
    for licence in _stored(work, PRESCRIBER_LICENCE, PrescriberLicence):
        licences.setdefault(licence.npi, {})[licence.state] = licence
    prescribers = _stored(work, PRESCRIBER, Prescriber)
    return {row.npi: row.model_copy(update={"licences": licences.get(row.npi, {})}) for row in prescribers}


def clinic_of(work: Work) -> Clinic:
    """The clinic itself. Raises Refused for an unknown one."""
    clinics = _stored(work, CLINIC, Clinic)
    if not clinics:
        raise no_clinic(work.clinic)
    return clinics[0]


def patients_of(work: Work, patients: Collection[str] | None = None) -> dict[str, Patient]:
    """Those of these patients (None: of all) that the clinic has, by code."""
    return {row.patient: row for row in _stored(work, PATIENT, Patient, patients)}


def prescriptions_of(work: Work, patient: str) -> dict[str, Prescription]:
    """One patient's prescriptions, by code."""
    return {row.rx: row for row in _stored(work, PRESCRIPTION, Prescription, [patient])}


def pharmacies_of(work: Work) -> dict[str, Pharmacy]:
    """The clinic's pharmacies, by code."""
    return {row.pharmacy: row for row in _stored(work, PHARMACY, Pharmacy)}


def skus_of(work: Work) -> dict[str, Sku]:
    """The clinic's catalog, by code."""
    return {row.sku: row for row in _stored(work, SKU, Sku)}


def settings_of(work: Work) -> tuple[Setting, ...]:
    """The clinic's thresholds, every row."""
    return _stored(work, SETTING, Setting)


def _stored(
    work: Work, table: Table, model: type[M], patients: Collection[str] | None = None, named: Collection[str] = ()
) -> tuple[M, ...]:
    """The clinic's rows of a table as models, in order of key: all, or these patients' and those prescriptions."""
    reading = _reading(table, model, patients is not None, bool(named))
    given = {"clinic": work.clinic, "patients": list(patients or ()), "named": list(named)}
    rows = work.connection.execute(reading.statement, {name: given[name] for name in reading.parameters})
    by_key = sorted(rows, key=lambda row: [row[at] for at in reading.keys])
    return _reader(model).validate_python([dict(zip(reading.names, row, strict=True)) for row in by_key])


class _Reading(NamedTuple):
    """A statement that reads a table's rows, its parameters and columns, and which of them are the key."""

    statement: Select[Any]
    parameters: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[int, ...]


@cache
def _reading(table: Table, model: type[Model], of_patients: bool, or_named: bool) -> _Reading:
    """Built once: writing a statement down takes longer than running it on a small clinic."""
    columns = columns_of(table, model)
    statement = select(*columns).where(table.c.clinic == bindparam("clinic"))
    parameters = ["clinic"]
    if of_patients:
        theirs = table.c.patient.in_(bindparam("patients", expanding=True))
        by_name = table.c.rx.in_(bindparam("named", expanding=True)) if or_named else None
        statement = statement.where(theirs if by_name is None else or_(theirs, by_name))
        parameters += ["patients", "named"] if or_named else ["patients"]
    names = tuple(column.name for column in columns)
    keys = tuple(at for at, column in enumerate(columns) if column.primary_key)
    return _Reading(statement, tuple(parameters), names, keys)


@cache
def _reader(model: type[M]) -> TypeAdapter[tuple[M, ...]]:
    """All rows at once: twice as fast as one model after another."""
    return TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]


def _carrier_days(work: Work) -> dict[tuple[str, date], bool]:
    statement = select(CARRIER_DAY.c.carrier, CARRIER_DAY.c.date, CARRIER_DAY.c.runs)
    rows = work.connection.execute(statement.where(work.of_clinic(CARRIER_DAY)))
    return {(carrier, day): runs for carrier, day, runs in rows}


def _closures(work: Work) -> frozenset[tuple[str, date]]:
    statement = select(CLOSURE.c.pharmacy, CLOSURE.c.date).where(work.of_clinic(CLOSURE))
    return frozenset((pharmacy, day) for pharmacy, day in work.connection.execute(statement))


def _reserved(work: Work, day: date) -> dict[tuple[str, str], int]:
    """Packs reserved since the offer in force on ``day`` was told, and not released."""
    rows = work.connection.execute(_reservations(), {"clinic": work.clinic, "day": day})
    return {(pharmacy, sku): int(quantity) for pharmacy, sku, quantity in rows}


@cache
def _reservations() -> Select[str, str, int]:
    reservation = STOCK_RESERVATION.c
    return (
        select(reservation.pharmacy, reservation.sku, func.sum(reservation.quantity))
        .join(OFFER, and_(*_same_offer(OFFER.c, reservation)))
        .where(
            reservation.clinic == bindparam("clinic"), reservation.released_at.is_(None), _in_force(bindparam("day"))
        )
        .where(or_(OFFER.c.stock_at.is_(None), reservation.reserved_at >= OFFER.c.stock_at))
        .group_by(reservation.pharmacy, reservation.sku)
    )


def _in_force(day: Any) -> ColumnElement[bool]:
    """Of the offers joined, the one whose ``valid_from`` is the latest on or before ``day``."""
    row = OFFER.alias().c
    latest = select(func.max(row.valid_from)).where(*_same_offer(row, OFFER.c), row.valid_from <= day)
    return OFFER.c.valid_from == latest.scalar_subquery()


def _same_offer(row: Any, other: Any) -> Iterable[ColumnElement[bool]]:
    return row.clinic == other.clinic, row.pharmacy == other.pharmacy, row.sku == other.sku


def _other_carts(work: Work, refill_day: date | None) -> frozenset[tuple[str, str]]:
    statement = select(CART_LINE.c.patient, CART_LINE.c.sku).where(
        work.of_clinic(CART_LINE), CART_LINE.c.refill_day >= work.today
    )
    if refill_day is not None:
        statement = statement.where(CART_LINE.c.refill_day != refill_day)
    return frozenset((patient, sku) for patient, sku in work.connection.execute(statement))
