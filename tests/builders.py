"""One of everything, consistent and clean; a test changes just what it is about."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from core.domain.context import Context
from core.domain.model import (
    CartLine,
    Clinic,
    Days,
    LadderStep,
    LicenceKind,
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

FRIDAY = date(2026, 12, 4)
DAYS = Days(refill_day=FRIDAY, placing_day=FRIDAY)
SIG = "Inject 0.25 mg (10 units) subcutaneously once weekly."


def a_clinic(**over: Any) -> Clinic:
    return Clinic(**{"clinic": "demo", "name": "Juniper Clinic", "address1": "12 Elm St", "city": "Austin", "state": "TX",
                     "zip": "78701", "time_zone": "America/Chicago", "program": ("FREE",)} | over)  # fmt: skip


def a_sku(**over: Any) -> Sku:
    return Sku(**{"sku": "SEMA", "name": "Semaglutide 2.5 mg/mL, 2 mL", "category": "GLP-1", "form": "vial",
                  "concentration_mg_per_ml": Decimal("2.5"), "volume_ml": Decimal(2), "units_per_pack": 1,
                  "route": "subcutaneous", "sterile": True, "cold_chain": True, "actives": ("semaglutide",),
                  "therapy_class": "GLP-1", "ingredients": ("semaglutide", "water"), "usual_sig": SIG} | over)  # fmt: skip


def a_pharmacy(**over: Any) -> Pharmacy:
    return Pharmacy(**{"pharmacy": "cedar", "name": "Cedar Compounding", "state": "TX", "time_zone": "America/Chicago",
                       "cutoff": time(13), "ship_days": frozenset(range(5)), "cold_ship_days": frozenset(range(3)),
                       "processing_days": 1, "carrier": "FedEx", "transit_days": 2, "cold_transit_days": 1,
                       "ambient_fee_cents": 900, "cold_fee_cents": 2000} | over)  # fmt: skip


def licences(pharmacy: str = "cedar", state: str = "TX", **over: Any) -> tuple[PharmacyLicence, ...]:
    return tuple(PharmacyLicence(**{"pharmacy": pharmacy, "state": state, "kind": kind} | over) for kind in LicenceKind)


def an_offer(**over: Any) -> Offer:
    return Offer(
        **{"pharmacy": "cedar", "sku": "SEMA", "unit_cost_cents": 10_000, "valid_from": date(2026, 1, 1)} | over
    )


def a_program(**over: Any) -> Program:
    return Program(**{"program": "FREE", "kind": ProgramKind.PASS_THROUGH, "monthly_fee_cents": 0,
                      "rate": Decimal("0.15"), "valid_from": date(2026, 1, 1)} | over)  # fmt: skip


def a_prescriber(**over: Any) -> Prescriber:
    licence = PrescriberLicence(
        npi="1234567893", state="TX", number="T1", expires_on=date(2028, 1, 31), dea_number="FJ1234563"
    )
    return Prescriber(**{"npi": "1234567893", "first_name": "Ada", "last_name": "Okafor", "credential": "MD",
                         "licences": {"TX": licence}} | over)  # fmt: skip


def a_patient(**over: Any) -> Patient:
    """Ana Rivera; under another code than P1 another person, with a name, birth date, phone and street of that code."""
    return Patient(**{"patient": "P1", "first_name": "Ana", "last_name": "Rivera", "born_on": date(1980, 5, 6), "sex": "f",
                      "phone": "512-555-0142", "address1": "1 Oak St", "city": "Austin", "state": "TX", "zip": "78704",
                      "allergies": ()} | _somebody_else(over.get("patient", "P1")) | over)  # fmt: skip


def _somebody_else(code: str) -> dict[str, Any]:
    if code == "P1":
        return {}
    number = int("".join(letter for letter in code if letter.isdigit()) or sum(map(ord, code)))
    letters = "".join(chr(ord("a") + number // 26**place % 26) for place in (3, 2, 1, 0))
    born_on = date(1945 + number % 60, 1 + number // 60 % 12, 13 + number // 720 % 15)
    return {"first_name": f"Ana {letters.title()}", "born_on": born_on,
            "phone": f"512-555-{(number + 5_000) % 10_000:04d}", "address1": f"{number} Elm St"}  # fmt: skip


def a_prescription(**over: Any) -> Prescription:
    return Prescription(**{"rx": "RX1", "patient": "P1", "sku": "SEMA", "npi": "1234567893", "sig": SIG, "quantity": 1,
                           "days_supply": 28, "refills": 5, "written_on": date(2026, 9, 1),
                           "last_filled_on": date(2026, 11, 6), "first_filled_on": date(2026, 9, 4), "fills": 3} | over)  # fmt: skip


def a_line(**over: Any) -> CartLine:
    return CartLine(**{"number": 1, "patient": "P1", "sku": "SEMA", "quantity": 1, "rx": "RX1", "sig": SIG,
                       "npi": "1234567893"} | over)  # fmt: skip


def a_context(**over: Any) -> Context:
    """A clinic with one of each, in which a_line() has no finding on FRIDAY."""
    parts: dict[str, Any] = {
        "clinic": a_clinic(),
        "skus": {"SEMA": a_sku()},
        "pharmacies": {"cedar": a_pharmacy()},
        "licences": licences(),
        "offers": (an_offer(),),
        "programs": (a_program(),),
        "prescribers": {"1234567893": a_prescriber()},
        "patients": {"P1": a_patient()},
        "prescriptions": {"RX1": a_prescription()},
        "ladder_steps": tuple(
            LadderStep(active="semaglutide", step=step, weekly_mg=Decimal(mg))
            for step, mg in enumerate(("0.25", "0.5", "1", "1.7", "2.4"), 1)
        ),
    }
    return Context(**parts | over)
