"""The order sheet: one pharmacy's part of a checkout as a table, for pharmacies that take orders on paper."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from core.errors import Refused
from core.files import csv_bytes
from core.model import LineState, Sku
from core.orders.moves import GONE
from core.partners.messages import messages
from core.partners.protocol import Message, MessageLine
from core.people import Action, Person, record, require
from core.store import Store, Work
from core.store.queue import submissions_of

COLUMNS: Final = (
    "order", "line", "patient", "born_on", "sex", "phone", "allergies", "drug", "quantity", "amount", "directions",
    "prescriber", "npi", "dea", "prescription", "written_on", "clinical_difference", "ship_to", "address1", "address2",
    "city", "state", "zip", "temperature",
)  # fmt: skip


class Sheet(NamedTuple):
    """An order sheet's rows, under COLUMNS."""

    reference: str
    rows: tuple[tuple[object, ...], ...]


def order_sheet(store: Store, person: Person, clinic: str, reference: str) -> Sheet:
    """The lines of a pharmacy order that are not rejected, cancelled or returned; reading it is audited.

    Raises Refused for a reference that is no pharmacy order's.
    """
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> Sheet:
        submissions = submissions_of(work, reference)
        if not submissions:
            raise Refused(f"There is no pharmacy order {reference}.")
        found = messages(work, submissions, frozenset(LineState) - GONE)
        rows = tuple(_row(reference, message, line) for message in found for line in message.lines)
        record(work, person, "order sheet", reference, None, {"lines": len(rows)})
        return Sheet(reference, rows)

    return store.write(clinic, use_case)


def as_csv(sheet: Sheet) -> bytes:
    """The sheet as a CSV file."""
    return csv_bytes(COLUMNS, sheet.rows)


def amount(sku: Sku, quantity: int) -> str:
    """Packs as a pharmacy counts them: millilitres of a liquid, pieces of everything else."""
    if sku.volume_ml is not None:
        millilitres = (sku.volume_ml * sku.pieces * quantity).normalize()
        return f"{millilitres:f} mL"
    return f"{Decimal(sku.pieces * quantity):f} pieces"


def _row(order: str, message: Message, line: MessageLine) -> tuple[object, ...]:
    patient, prescriber, prescription = message.patient, message.prescriber, line.prescription
    licence = prescriber.licences.get(patient.state)
    allergies = "unknown" if patient.allergies is None else "; ".join(patient.allergies) or "none"
    return (
        order,
        line.reference,
        patient.name,
        patient.born_on,
        patient.sex,
        patient.phone,
        allergies,
        line.sku.name,
        line.quantity,
        amount(line.sku, line.quantity),
        line.sig,
        prescriber.name,
        prescriber.npi,
        licence.dea_number if licence and line.sku.scheduled else None,
        f"refill of {prescription.rx_number}" if line.is_refill else "new, 0 refills",
        prescription.written_on,
        prescription.clinical_difference,
        message.ship_to.value,
        message.address.address1,
        message.address.address2,
        message.address.city,
        message.address.state,
        message.address.zip,
        "cold" if message.cold else "ambient",
    )
