"""A seeded clinic of any size, as typed rows: for measuring, never for showing."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from core.adapters.files import Folder
from core.domain.context import Context
from core.domain.model import (
    Clinic,
    LicenceKind,
    Model,
    Offer,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    ProgramKind,
    Sku,
)
from core.rules.prescriptions import CartRow

STATES = {
    "TX": "78701",
    "CA": "90001",
    "FL": "33101",
    "NY": "10001",
    "OH": "43001",
    "GA": "30301",
    "WA": "98001",
    "CO": "80001",
}
NPI = "1234567893"
SIG = "Inject 0.25 mg (10 units) subcutaneously once weekly."


M = TypeVar("M", bound=Model)


class BenchClinic(NamedTuple):
    """A folder to save, and a cart of its prescriptions."""

    folder: Folder
    rows: tuple[CartRow, ...]


def bench_clinic(lines: int, today: date, *, pharmacies: int = 10, scarce: float = 0.1, seed: int = 1) -> BenchClinic:
    """A clean cart of ``lines`` over 2.5 lines a patient; a share ``scarce`` of the SKUs has too little stock.

    Each SKU has an active of its own, so that no rule on repeated therapy fires; every pharmacy offers about 80 % of
    them and is licensed in about 75 % of the states, and the first in all of both.
    """
    dice = random.Random(seed)
    skus = tuple(_sku(number) for number in range(40))
    houses = tuple(_pharmacy(number, dice) for number in range(pharmacies))
    patients = tuple(_patient(number, dice) for number in range(max(1, lines * 2 // 5)))
    wanted = [(patients[at % len(patients)], skus[(at * 7 + at // len(patients)) % len(skus)]) for at in range(lines)]
    prescriptions = tuple(_prescription(at, patient, sku, today) for at, (patient, sku) in enumerate(wanted))
    demand = {sku.sku: sum(want is sku for _, want in wanted) for sku in skus}
    folder = Folder(
        clinic=Clinic(clinic="bench", name="Bench clinic", state="TX", time_zone="America/Chicago", program=("FREE",)),
        skus=skus,
        pharmacies=houses,
        pharmacy_licences=tuple(
            PharmacyLicence(pharmacy=house.pharmacy, state=state, kind=kind)
            for rank, house in enumerate(houses)
            for state in STATES
            if rank == 0 or dice.random() < 0.75
            for kind in LicenceKind
        ),
        offers=tuple(
            _offer(house, sku, dice, demand[sku.sku] if number < scarce * len(skus) else None, rank == 0)
            for number, sku in enumerate(skus)
            for rank, house in enumerate(houses)
            if rank == 0 or dice.random() < 0.8
        ),
        programs=(
            Program(
                program="FREE", kind=ProgramKind.PASS_THROUGH, monthly_fee_cents=0, rate=Decimal("0.15"),
                processing_rate=Decimal("0.029"), processing_fixed_cents=30, valid_from=date(2020, 1, 1),
            ),
        ),
        prescribers=(Prescriber(npi=NPI, first_name="Ada", last_name="Okafor", credential="MD"),),
        prescriber_licences=tuple(PrescriberLicence(npi=NPI, state=state, number="1") for state in STATES),
        patients=patients,
        prescriptions=prescriptions,
    )  # fmt: skip
    return BenchClinic(folder, tuple(CartRow(patient=rx.patient, sku=rx.sku, rx=rx.rx) for rx in prescriptions))


def with_faults(context: Context, today: date) -> Context:
    """The same clinic gone wrong in about every third line: licences that end, PO boxes, telephones that are none,
    nobody asked about allergies, no refills left, directions that say nothing."""
    prescriber = context.prescribers[NPI]
    ends = {"TX": today, "OH": today + timedelta(days=25)}
    licences = {
        state: row.model_copy(update={"expires_on": ends.get(state)}) for state, row in prescriber.licences.items()
    }
    wrong: Mapping[int, Mapping[str, object]] = {
        40: {"address1": "PO Box 7"},
        33: {"phone": "555"},
        15: {"allergies": None},
    }
    used: Mapping[int, Mapping[str, object]] = {60: {"fills": 12}, 97: {"sig": "Use as directed."}}
    return replace(
        context,
        prescribers={NPI: prescriber.model_copy(update={"licences": licences})},
        patients={code: _gone_wrong(row, at, wrong) for at, (code, row) in enumerate(context.patients.items())},
        prescriptions={rx: _gone_wrong(row, at, used) for at, (rx, row) in enumerate(context.prescriptions.items())},
    )


def _gone_wrong(row: M, at: int, faults: Mapping[int, Mapping[str, object]]) -> M:
    for every, change in faults.items():
        if at % every == 0:
            return row.model_copy(update=dict(change))
    return row


def _sku(number: int) -> Sku:
    active = f"active{number}"
    return Sku(
        sku=f"SKU{number:03}", name=f"Active {number} 2.5 mg/mL, 2 mL", category="Bench", form="vial",
        concentration_mg_per_ml=Decimal("2.5"), volume_ml=Decimal(2), units_per_pack=1, route="subcutaneous",
        sterile=True, cold_chain=number % 2 == 0, actives=(active,), therapy_class=f"class {number}",
        ingredients=(active,), usual_sig=SIG,
    )  # fmt: skip


def _pharmacy(number: int, dice: random.Random) -> Pharmacy:
    return Pharmacy(
        pharmacy=f"ph{number:02}", name=f"Pharmacy {number}", state="TX", time_zone="America/Chicago", cutoff=time(13),
        ship_days=frozenset(range(5)), cold_ship_days=frozenset(range(4)), processing_days=1 + number % 3,
        carrier="UPS", transit_days=2, cold_transit_days=1, ambient_fee_cents=dice.randrange(600, 1400),
        cold_fee_cents=dice.randrange(1400, 2800),
    )  # fmt: skip


def _patient(number: int, dice: random.Random) -> Patient:
    state = dice.choice(sorted(STATES))
    return Patient(
        patient=f"B{number:05}", first_name="Tess", last_name=f"Person {number}", born_on=date(1950, 1, 1) + timedelta(days=number * 37 % 18_000), sex="f",
        phone="512-555-0142", address1=f"{number} Main St", city="Town", state=state, zip=STATES[state], allergies=(),
    )  # fmt: skip


def _offer(house: Pharmacy, sku: Sku, dice: random.Random, scarce_demand: int | None, plenty: bool) -> Offer:
    stock = None if scarce_demand is None or plenty else max(1, scarce_demand // 4)
    return Offer(
        pharmacy=house.pharmacy, sku=sku.sku, unit_cost_cents=round(10_000 * dice.uniform(0.85, 1.2)), stock=stock,
        valid_from=date(2020, 1, 1), source="bench",
    )  # fmt: skip


def _prescription(number: int, patient: Patient, sku: Sku, today: date) -> Prescription:
    return Prescription(
        rx=f"RX{number:06}", patient=patient.patient, sku=sku.sku, npi=NPI, sig=SIG, quantity=1, days_supply=28,
        refills=11, written_on=today - timedelta(days=100), last_filled_on=today - timedelta(days=28), fills=3,
    )  # fmt: skip
