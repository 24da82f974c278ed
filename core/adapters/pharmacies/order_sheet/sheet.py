"""What is on an order sheet, for pharmacies that take orders on paper, and the sheet as a CSV file."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from core.adapters.files import csv_bytes
from core.domain.identifiers import state_code
from core.domain.model import Clinic
from core.domain.partners.link import Link, dispense_quantity
from core.domain.partners.message import Message, MessageLine

COLUMNS: Final = (
    "order", "line", "patient", "born_on", "sex", "phone", "allergies", "drug", "quantity", "amount", "directions",
    "prescriber", "npi", "dea", "prescription", "written_on", "clinical_difference", "ship_to", "address1", "address2",
    "city", "state", "zip", "temperature", "note", "override",
    "prescriber_phone", "prescriber_fax", "clinic", "clinic_phone", "clinic_fax",
)  # fmt: skip


class OrderSheet(NamedTuple):
    """An order sheet: its pharmacy order, both sides, the day it was made, what is on it."""

    reference: str
    clinic: Clinic
    pharmacy: str
    made_on: date
    link: Link
    messages: tuple[Message, ...]
    copy: bool = False
    """Whether it may hold lines that the pharmacy has already."""
    sent_to: str = ""
    """How the pharmacy is reached."""

    @property
    def rows(self) -> tuple[tuple[object, ...], ...]:
        """One row a line, under COLUMNS."""
        return tuple(self._row(message, line) for message in self.messages for line in message.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line with its attempt: what somebody who hands the sheet over has handed over."""
        return tuple(f"{line.reference}/{line.attempt}" for message in self.messages for line in message.lines)

    def _row(self, message: Message, line: MessageLine) -> tuple[object, ...]:
        patient, prescriber, prescription, to = message.patient, message.prescriber, line.prescription, message.address
        return (
            self.reference, line.reference, patient.name, patient.born_on, patient.sex, patient.phone,
            message.allergies, line.sku.name, line.quantity,
            str(dispense_quantity(line.sku, line.quantity, self.link.quantity_unit)), line.sig, prescriber.name,
            prescriber.npi, dea_number(message, line), prescription_words(line), prescription.written_on,
            prescription.clinical_difference, message.ship_to.value, to.address1, to.address2, to.city, to.state,
            to.zip, "cold" if message.cold else "ambient",
            line.note, line.override_note, prescriber.phone, prescriber.fax, self.clinic.name,
            self.clinic.phone, self.clinic.fax,
        )  # fmt: skip


def as_csv(sheet: OrderSheet) -> bytes:
    """The sheet as a CSV file."""
    return csv_bytes(COLUMNS, sheet.rows)


def dea_number(message: Message, line: MessageLine) -> str | None:
    """The prescriber's DEA number, where the line needs one."""
    license_held = message.prescriber.licences.get(state_code(message.patient.state))
    return license_held.dea_number if license_held and line.sku.scheduled else None


def prescription_words(line: MessageLine) -> str:
    """Whether the pharmacy has the prescription, and under which number."""
    return f"refill of {line.prescription.rx_number}" if line.is_refill else "new, 0 refills"
