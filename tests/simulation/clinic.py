"""The clinic of a simulated week: small enough that a week takes a tenth of a second, scarce enough to fight over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from core.adapters.files import Folder
from core.domain.model import AggregatePrice, Encounter, Offer, ProgramKind, Role
from core.domain.roles import Person
from tests.builders import (
    a_clinic,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)
from tests.stores import a_folder

START: Final = datetime(2026, 12, 3, 14, 0, tzinfo=UTC)
"""Thursday morning, 8:00 in the clinic."""
END: Final = START + timedelta(days=7)
REFILL_DAYS: Final = (date(2026, 12, 4), date(2026, 12, 8), date(2026, 12, 11))
PHARMACIES: Final = ("cedar", "birch", "oak")
TELLS: Final = frozenset({"cedar"})
"""Pharmacies that can say what became of a submission."""
PUSH_KEY: Final = "what pharmacies sign their pushes with"
PATIENTS: Final = tuple(f"P{number}" for number in range(1, 7))
SKUS: Final = ("SEMA", "LIPO")
STAFF: Final = tuple(Person(f"{name.lower()}@clinic.test", name, Role.STAFF) for name in ("Ada", "Bo"))


def the_folder() -> Folder:
    """Six patients with a prescription or two, three pharmacies of which two run short, two programs."""
    lipo = a_sku(
        sku="LIPO", name="Lipo-C 2.5 mg/mL, 2 mL", category="Vitamins", cold_chain=False, actives=("methionine",),
        therapy_class="Vitamin", ingredients=("methionine", "water"),
    )  # fmt: skip
    return a_folder(
        clinic=a_clinic(program=("FREE", "POOL")),
        skus=(a_sku(), lipo),
        pharmacies=(
            a_pharmacy(clinic_consolidates=True),
            a_pharmacy(pharmacy="birch", name="Birch Lab", processing_days=2, cold_fee_cents=1500),
            a_pharmacy(pharmacy="oak", name="Oak Apothecary", ambient_fee_cents=1200, cold_fee_cents=2600),
        ),
        pharmacy_licences=tuple(row for code in PHARMACIES for row in licences(code)),
        offers=tuple(offer(code, sku) for code in PHARMACIES for sku in SKUS),
        programs=(
            a_program(
                processing_rate=Decimal("0.03"), processing_fixed_cents=100, encounter_hands_on_cents=30_00
            ),
            a_program(program="POOL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.05")),
        ),
        aggregate_prices=(
            AggregatePrice(program="POOL", sku="SEMA", unit_price_cents=109_99, valid_from=date(2026, 1, 1)),
        ),
        patients=tuple(a_patient(patient=code, first_name="Tess", last_name=f"Person {code}") for code in PATIENTS),
        prescriptions=tuple(
            a_prescription(rx=f"{sku}-{code}", patient=code, sku=sku)
            if sku == "SEMA"
            else a_prescription(
                rx=f"{sku}-{code}", patient=code, sku=sku, fills=0, last_filled_on=None, first_filled_on=None,
                encounter=Encounter.HANDS_ON,
            )
            for sku in SKUS
            for code in (PATIENTS if sku == "SEMA" else PATIENTS[:4])
        ),
    )  # fmt: skip


def offer(pharmacy: str, sku: str, cents: int | None = None) -> Offer:
    """What a pharmacy asks for a pack; at cedar and birch there are few of one of them."""
    usual = {"cedar": 100_00, "birch": 96_50, "oak": 131_00}[pharmacy]
    few = {("cedar", "SEMA"): 3, ("birch", "SEMA"): 2, ("birch", "LIPO"): 1}.get((pharmacy, sku))
    return an_offer(
        pharmacy=pharmacy, sku=sku, unit_cost_cents=usual if cents is None else cents, stock=few,
        stock_at=None if few is None else START - timedelta(days=1),
    )  # fmt: skip
