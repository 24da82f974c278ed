"""A clinic whose cart is worked on, and the cart as a small table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from core.adapters.store import Store
from core.domain.model import CartLine, Override, Role, ShipTo
from core.domain.roles import Person
from core.services.audit_trail import verify_audit
from core.services.cart.contents import OpenCart, open_cart
from tests.builders import FRIDAY, a_patient, a_pharmacy, a_prescription, a_sku
from tests.stores import CLINIC

ADA = Person("ada@example.com", "Ada", Role.STAFF)
BO = Person("bo@example.com", "Bo", Role.STAFF)
NEXT_FRIDAY = date(2026, 12, 11)
TIRZ = a_sku(
    sku="TIRZ", name="Tirzepatide 10 mg/mL, 2 mL", concentration_mg_per_ml=Decimal(10), actives=("tirzepatide",)
)
SAID = Override(1, "REFILL_TOO_SOON", "Travels for two months")
FOLDER: dict[str, Any] = {
    "skus": (a_sku(), TIRZ),
    "pharmacies": (a_pharmacy(), a_pharmacy(pharmacy="lake", name="Lakeside")),
    "patients": tuple(a_patient(patient=code) for code in ("P1", "P2", "P3")),
    "prescriptions": (
        a_prescription(quantity=3, days_supply=84, last_filled_on=date(2026, 9, 4)),
        a_prescription(rx="RX1T", sku="TIRZ", sig="Inject 2.5 mg (25 units) subcutaneously once weekly."),
        a_prescription(rx="RX2", patient="P2"),
        a_prescription(rx="RX3", patient="P3", last_filled_on=date(2026, 12, 1)),
    ),
}


def opened(store: Store, day: date = FRIDAY) -> OpenCart:
    return open_cart(store, ADA, CLINIC, day, everybody=True)


def shown(store: Store, day: date = FRIDAY) -> list[str]:
    """The cart as a small table: patient, SKU, packs, and what is not as usual."""
    return [as_text(line) for line in opened(store, day).cart.lines]


def as_text(line: CartLine) -> str:
    destination = "" if line.ship_to is ShipTo.PATIENT else " to clinic"
    pin = f" at {line.pharmacy}" if line.pharmacy else ""
    return f"{line.patient} {line.sku} {line.quantity}{destination}{pin}{' held' if line.hold else ''}"


def everything(store: Store) -> tuple[OpenCart, int]:
    """What a refusal must leave as it was."""
    return opened(store), verify_audit(store, CLINIC).entries
