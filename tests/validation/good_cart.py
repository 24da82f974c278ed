"""A cart of six lines, each with its own patient, prescriber and SKU, in which nothing is to be found; and the same
with one thing of one line broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from core.domain.context import Context
from core.domain.model import (
    AggregatePrice,
    Cart,
    LadderStep,
    LicenceKind,
    Objective,
    Offer,
    OurLine,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    ProgramKind,
    Setting,
    Severity,
)
from core.rules.plan import Plan, plan
from core.rules.prescriptions import CartRow, completed
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

Cells = dict[str, Any]
AS_IT_IS: Cells = {}

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


class Break(NamedTuple):
    """What is changed about one line. ``offer`` None takes away what both pharmacies ask for its SKU; ``licence`` is
    its prescriber's in Texas; ``newer_rx`` is written today for the same patient."""

    line: Cells = AS_IT_IS
    rx: Cells = AS_IT_IS
    patient: Cells = AS_IT_IS
    sku: Cells = AS_IT_IS
    prescriber: Cells = AS_IT_IS
    licence: Cells = AS_IT_IS
    offer: Cells | None = AS_IT_IS
    no_price: bool = False
    in_flight: Cells | None = None
    other_cart: bool = False
    no_rx: bool = False
    newer_rx: Cells | None = None


def broken(number: int, *, settings: tuple[Setting, ...] = (), **change: Any) -> Plan:
    """The good cart with line ``number`` changed; with nothing named, the good cart itself."""
    return cart_with({number: Break(**change)}, settings)


def cart_with(breaks: Mapping[int, Break], settings: tuple[Setting, ...] = ()) -> Plan:
    """The good cart with some of its lines changed, planned."""
    lines = {at: breaks.get(at, Break()) for at in range(1, 7)}
    prescribers = [_prescriber(at, one) for at, one in lines.items()]
    context = Context(
        clinic=a_clinic(program=("FREE", "POOL")),
        skus={_code(at): a_sku(**SKUS[at - 1] | one.sku) for at, one in lines.items()},
        pharmacies={"birch": BIRCH, "cedar": a_pharmacy()},
        licences=(
            *(row for code in ("birch", "cedar") for state in ("TX", "NM") for row in licences(code, state)),
            *(row for row in licences("cedar", "OK") if row.kind is LicenceKind.NONSTERILE),
        ),
        offers=tuple(offer for at, one in lines.items() for offer in _offers(at, one)),
        programs=(a_program(), POOL),
        aggregate_prices=tuple(
            AggregatePrice(program="POOL", sku=_code(at), unit_price_cents=12_000, valid_from=YEAR)
            for at, one in lines.items()
            if not one.no_price
        ),
        prescribers={row.npi: row for row in prescribers},
        patients={f"P{at}": a_patient(**_patient(at) | one.patient) for at, one in lines.items()},
        prescriptions={row.rx: row for at, one in lines.items() for row in _prescriptions(at, one)},
        ladder_steps=tuple(_ladders()),
        settings=settings,
        our_lines=tuple(_on_its_way(at, one.in_flight) for at, one in lines.items() if one.in_flight is not None),
        other_carts=frozenset((f"P{at}", _code(at)) for at, one in lines.items() if one.other_cart),
    )
    cart = tuple(completed(CartRow(f"P{at}", _code(at), **one.line), at, context, FRIDAY) for at, one in lines.items())
    program = POOL if any(one.no_price for one in lines.values()) else a_program()
    return plan(Cart(refill_day=FRIDAY, lines=cart), context, program, Objective.CHEAPEST, DAYS)


YEAR = date(2026, 1, 1)
POOL: Program = a_program(program="POOL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.05"))
BIRCH = a_pharmacy(pharmacy="birch", name="Birch Pharmacy", cold_ship_days=frozenset({4}), sig_max_chars=100,
                   refill_threshold=Decimal(1), max_refills=5)  # fmt: skip
"""Dearer than Cedar, and stricter: it sends cold boxes on Fridays alone, takes 100 characters, waits out a supply."""


def _code(at: int) -> str:
    return str(SKUS[at - 1]["sku"])


def _prescriptions(at: int, one: Break) -> Iterable[Prescription]:
    usual = {"rx": f"RX{at}", "patient": f"P{at}", "sku": _code(at), "npi": NPIS[at - 1]} | RXS[at - 1]
    if not one.no_rx:
        yield a_prescription(**usual | one.rx)
    if one.newer_rx is not None:
        fresh = {"rx": f"RX9{at}", "written_on": FRIDAY, "fills": 0, "last_filled_on": None, "first_filled_on": None}
        yield a_prescription(**usual | fresh | one.newer_rx)


def _patient(at: int) -> Cells:
    return {"patient": f"P{at}", "address1": ADDRESSES[at - 1], "phone": f"512-555-01{at:02d}"}


def _prescriber(at: int, one: Break) -> Prescriber:
    npi = NPIS[at - 1]
    states = {
        state: PrescriberLicence(
            npi=npi, state=state, number=f"{state}{at}", expires_on=date(2028, 1, 31), dea_number="FJ1234563"
        )
        for state in ("TX", "OK")
    }
    states["TX"] = states["TX"].model_copy(update=dict(one.licence))
    return a_prescriber(**{"npi": npi, "last_name": f"Okafor {at}", "licences": states} | one.prescriber)


def _offers(at: int, one: Break) -> Iterable[Offer]:
    if one.offer is None:
        return
    for pharmacy, cents in (("cedar", 10_000), ("birch", 15_000)):
        yield Offer(
            **{"pharmacy": pharmacy, "sku": _code(at), "unit_cost_cents": cents, "valid_from": YEAR} | one.offer
        )


def _ladders() -> Iterable[LadderStep]:
    for active, doses in (("semaglutide", "0.25 0.5 1 1.7 2.4"), ("tirzepatide", "2.5 5 7.5 10 12.5 15")):
        for step, dose in enumerate(doses.split(), 1):
            yield LadderStep(active=active, step=step, weekly_mg=Decimal(dose))


def _on_its_way(at: int, change: Cells) -> OurLine:
    return OurLine(
        **{"reference": f"RD-20261127-01/{at:02d}", "patient": f"P{at}", "rx": f"RX{at}", "sku": _code(at),
           "quantity": 1, "pharmacy": "cedar", "state": "accepted", "placed_on": date(2026, 11, 27)} | change
    )  # fmt: skip


def caught(found: Plan) -> list[str]:
    """``1 B SIG_MISSING``: line, severity, code."""
    letters = {Severity.BLOCKING: "B", Severity.WARNING: "W", Severity.INFO: "I"}
    return [f"{one.line} {letters[one.severity]} {one.code}" for one in found.findings]
