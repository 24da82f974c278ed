"""A cart of six lines, each with its own patient, prescriber and SKU, in which nothing is to be found; and the same
with one thing of one line broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from core.context import Context
from core.model import (
    AggregatePrice,
    Cart,
    LadderStep,
    LicenceKind,
    Objective,
    Offer,
    OurLine,
    PrescriberLicence,
    Program,
    ProgramKind,
    Setting,
    Severity,
)
from core.plan import Plan, plan
from core.prescribing import CartRow, completed
from tests.builders import (
    DAYS,
    FRIDAY,
    a_clinic,
    a_patient,
    a_pharmacy,
    a_prescriber,
    a_prescription,
    a_program,
    a_sku,
    licences,
)

Cells = Mapping[str, Any]

NPIS = ("1234567893", "1111111112", "1222222220", "1333333338", "1444444446", "1555555550")

VIAL = {"form": "vial", "route": "subcutaneous", "sterile": True, "cold_chain": True, "units_per_pack": 1}
CAPSULES = {"form": "capsules", "route": "oral", "sterile": False, "cold_chain": False, "volume_ml": None,
            "concentration_mg_per_ml": None, "drug_units_per_ml": None}  # fmt: skip

SKUS: tuple[Cells, ...] = (
    VIAL | {"sku": "SEMA", "name": "Semaglutide 2.5 mg/mL, 2 mL", "concentration_mg_per_ml": Decimal("2.5"),
            "volume_ml": Decimal(2), "actives": ("semaglutide",), "therapy_class": "GLP-1",
            "ingredients": ("semaglutide", "cyanocobalamin", "benzyl alcohol", "water"),
            "clinical_difference_required": True},
    VIAL | {"sku": "TIRZ", "name": "Tirzepatide 10 mg/mL, 1 mL", "concentration_mg_per_ml": Decimal(10),
            "volume_ml": Decimal(1), "actives": ("tirzepatide",), "therapy_class": "GLP-1",
            "ingredients": ("tirzepatide", "glycine", "water"), "clinical_difference_required": True},
    VIAL | {"sku": "TESTO", "name": "Testosterone cypionate 200 mg/mL, 4 mL", "concentration_mg_per_ml": Decimal(200),
            "volume_ml": Decimal(4), "in_use_days": 180, "route": "intramuscular", "cold_chain": False,
            "dea_schedule": "III", "actives": ("testosterone cypionate",), "therapy_class": "androgens",
            "ingredients": ("testosterone cypionate", "grapeseed oil", "benzyl alcohol")},
    CAPSULES | {"sku": "LDN", "name": "Naltrexone 4.5 mg, 30 capsules", "units_per_pack": 30,
                "mg_per_unit": Decimal("4.5"), "actives": ("naltrexone",), "therapy_class": "opioid antagonists",
                "ingredients": ("naltrexone", "lactose")},
    VIAL | {"sku": "B12", "name": "Methylcobalamin 1 mg/mL, 4 mL", "concentration_mg_per_ml": Decimal(1),
            "volume_ml": Decimal(4), "cold_chain": False, "route": "intramuscular", "actives": ("methylcobalamin",),
            "therapy_class": "vitamins", "ingredients": ("methylcobalamin", "sodium chloride"),
            "clinical_difference_required": True},
    VIAL | {"sku": "SERMO", "name": "Sermorelin 1 mg/mL, 6 mL", "concentration_mg_per_ml": Decimal(1),
            "volume_ml": Decimal(6), "actives": ("sermorelin",), "therapy_class": "secretagogues",
            "ingredients": ("sermorelin", "mannitol"), "clinical_difference_required": True},
)  # fmt: skip

RXS: tuple[Cells, ...] = (
    {"sig": "Inject 0.25 mg (10 units) subcutaneously once weekly.", "days_supply": 28,
     "clinical_difference": "Cannot use the autoinjector: arthritis of both hands."},
    {"sig": "Inject 2.5 mg (25 units) subcutaneously once weekly.", "days_supply": 28,
     "clinical_difference": "Cannot use the autoinjector: arthritis of both hands."},
    {"sig": "Inject 100 mg (50 units) intramuscularly once weekly.", "days_supply": 56, "refills": 3, "fills": 1,
     "written_on": date(2026, 10, 6), "first_filled_on": date(2026, 10, 8), "last_filled_on": date(2026, 10, 8),
     "rx_pharmacy": "cedar", "rx_number": "C-771"},
    {"sig": "Take 1 capsule by mouth once daily.", "days_supply": 30, "last_filled_on": date(2026, 11, 4)},
    {"sig": "Inject 1 mg (100 units) intramuscularly once weekly.", "days_supply": 28,
     "clinical_difference": "Allergic to the preservative of the approved product."},
    {"sig": "Inject 0.2 mg (20 units) subcutaneously once daily.", "days_supply": 28,
     "clinical_difference": "No approved product is marketed any more."},
)  # fmt: skip
"""Line 3 is controlled, line 4 is not sterile, lines 1, 2 and 6 travel cold; 1 and 2 have one statement."""

ADDRESSES = ("1 Oak St", "22 Elm Ave", "3 Cedar Ln", "400 Birch Rd", "55 Ash Ct", "6 Holly Way")


def broken(
    number: int,
    *,
    line: Cells = {},  # noqa: B006
    rx: Cells = {},  # noqa: B006
    patient: Cells = {},  # noqa: B006
    sku: Cells = {},  # noqa: B006
    prescriber: Cells = {},  # noqa: B006
    licence: Cells = {},  # noqa: B006
    offer: Cells | None = {},  # noqa: B006
    no_price: bool = False,
    in_flight: Cells | None = None,
    other_cart: bool = False,
    no_rx: bool = False,
    newer_rx: Cells | None = None,
    settings: tuple[Setting, ...] = (),
) -> Plan:
    """The good cart with line ``number`` changed in one of these; with nothing named, the good cart itself.

    ``offer`` None takes away what both pharmacies ask for the SKU; ``licence`` is the prescriber's in Texas.
    """

    def of(at: int, change: Cells | None) -> Cells:
        return change or {} if at == number else {}

    numbers = range(1, 7)
    skus = {cells["sku"]: a_sku(**cells | of(at, sku)) for at, cells in enumerate(SKUS, 1)}
    prescribers = [_prescriber(at, of(at, prescriber), of(at, licence)) for at in numbers]
    prescriptions = {
        f"RX{at}": a_prescription(**_rx(at) | of(at, rx)) for at in numbers if not (no_rx and at == number)
    }
    if newer_rx is not None:
        fresh = {"rx": "RX9", "written_on": FRIDAY, "fills": 0, "last_filled_on": None, "first_filled_on": None}
        prescriptions["RX9"] = a_prescription(**_rx(number) | fresh | newer_rx)
    context = Context(
        clinic=a_clinic(program=("FREE", "POOL")),
        skus=skus,
        pharmacies={"birch": BIRCH, "cedar": a_pharmacy()},
        licences=(
            *(row for code in ("birch", "cedar") for state in ("TX", "NM") for row in licences(code, state)),
            *(row for row in licences("cedar", "OK") if row.kind is LicenceKind.NONSTERILE),
        ),
        offers=tuple(_offers(number, offer)),
        programs=(a_program(), POOL),
        aggregate_prices=tuple(
            AggregatePrice(program="POOL", sku=SKUS[at - 1]["sku"], unit_price_cents=12_000, valid_from=YEAR)
            for at in numbers
            if not (no_price and at == number)
        ),
        prescribers={row.npi: row for row in prescribers},
        patients={f"P{at}": a_patient(**_patient(at) | of(at, patient)) for at in numbers},
        prescriptions=prescriptions,
        ladder_steps=tuple(_ladders()),
        settings=settings,
        our_lines=() if in_flight is None else (_on_its_way(number, in_flight),),
        other_carts=frozenset({(f"P{number}", SKUS[number - 1]["sku"])}) if other_cart else frozenset(),
    )
    lines = tuple(
        completed(CartRow(f"P{at}", SKUS[at - 1]["sku"], **of(at, line)), at, context, FRIDAY) for at in numbers
    )
    program = POOL if no_price else a_program()
    return plan(Cart(refill_day=FRIDAY, lines=lines), context, program, Objective.CHEAPEST, DAYS)


YEAR = date(2026, 1, 1)
POOL: Program = a_program(program="POOL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.05"))
BIRCH = a_pharmacy(pharmacy="birch", name="Birch Pharmacy", cold_ship_days=frozenset({4}), sig_max_chars=100,
                   refill_threshold=Decimal(1), max_refills=5)  # fmt: skip
"""Dearer than Cedar, and stricter: it sends cold boxes on Fridays alone, takes 100 characters, waits out a supply."""


def _rx(at: int) -> Cells:
    return {"rx": f"RX{at}", "patient": f"P{at}", "sku": SKUS[at - 1]["sku"], "npi": NPIS[at - 1]} | RXS[at - 1]


def _patient(at: int) -> Cells:
    return {"patient": f"P{at}", "address1": ADDRESSES[at - 1], "phone": f"512-555-01{at:02d}"}


def _prescriber(at: int, change: Cells, in_texas: Cells) -> Any:
    npi = NPIS[at - 1]
    states = {
        state: PrescriberLicence(
            npi=npi, state=state, number=f"{state}{at}", expires_on=date(2028, 1, 31), dea_number="FJ1234563"
        )
        for state in ("TX", "OK")
    }
    states["TX"] = states["TX"].model_copy(update=dict(in_texas))
    return a_prescriber(**{"npi": npi, "last_name": f"Okafor {at}", "licences": states} | change)


def _offers(number: int, change: Cells | None) -> Iterable[Offer]:
    for at, cells in enumerate(SKUS, 1):
        if at == number and change is None:
            continue
        own = change or {} if at == number else {}
        for pharmacy, cents in (("cedar", 10_000), ("birch", 15_000)):
            asked = {"pharmacy": pharmacy, "sku": cells["sku"], "unit_cost_cents": cents, "valid_from": YEAR}
            yield Offer(**asked | own)


def _ladders() -> Iterable[LadderStep]:
    for active, doses in (("semaglutide", "0.25 0.5 1 1.7 2.4"), ("tirzepatide", "2.5 5 7.5 10 12.5 15")):
        for step, dose in enumerate(doses.split(), 1):
            yield LadderStep(active=active, step=step, weekly_mg=Decimal(dose))


def _on_its_way(number: int, change: Cells) -> OurLine:
    return OurLine(
        **{"reference": "RD-20261127-01/01", "patient": f"P{number}", "rx": f"RX{number}",
           "sku": SKUS[number - 1]["sku"], "quantity": 1, "pharmacy": "cedar", "state": "accepted",
           "placed_on": date(2026, 11, 27)} | change
    )  # fmt: skip


def caught(found: Plan) -> list[str]:
    """``1 B SIG_MISSING``: line, severity, code."""
    letters = {Severity.BLOCKING: "B", Severity.WARNING: "W", Severity.INFO: "I"}
    return [f"{one.line} {letters[one.severity]} {one.code}" for one in found.findings]
