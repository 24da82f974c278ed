"""An order as JSON, and what is wrong with it before it leaves (limits and formats: docs/partners.md). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.domain.identifiers import state_code, us_phone
from core.domain.model import ShipTo
from core.domain.partners.link import Link, dispense_quantity
from core.domain.partners.message import MOST_LINES, Message, MessageLine, OrderFault, street_faults

Json = dict[str, Any]

SCHEDULES: Final = {"II": "2", "III": "3", "IV": "4", "V": "5"}
LEGEND: Final = "L"
"""How the API writes a prescription drug that is not scheduled."""
CLINIC_PAYS: Final = "doc"
"""``payorType`` of an order that the clinic pays; with ``pat`` the pharmacy charges the patient as well."""

CONTROLLED: Final = (
    "a controlled prescription is sent by its prescriber; give the pharmacy's number of it, so that the order "
    "can refer to it"
)

LIMITS: Final[Mapping[str, int]] = {
    "general.memo": 120, "general.referenceId": 200,
    "prescriber.npi": 20, "prescriber.licenseState": 2, "prescriber.licenseNumber": 50, "prescriber.lastName": 30,
    "prescriber.firstName": 30,
    "patient.lastName": 30, "patient.firstName": 30, "patient.address1": 60, "patient.address2": 60,
    "patient.city": 30, "patient.state": 2, "patient.zip": 10, "patient.phoneMobile": 16, "patient.email": 100,
    "shipping.recipientLastName": 30, "shipping.recipientFirstName": 30, "shipping.recipientPhone": 16,
    "shipping.recipientEmail": 100, "shipping.addressLine1": 60, "shipping.addressLine2": 60, "shipping.city": 30,
    "shipping.state": 2, "shipping.zipCode": 10,
    "rxs.rxNumber": 50, "rxs.drugName": 254, "rxs.drugStrength": 254, "rxs.drugForm": 255, "rxs.foreignRxNumber": 50,
    "rxs.lfProductID": 100, "rxs.quantity": 45, "rxs.directions": 1000, "rxs.clinicalDifferenceStatement": 1000,
    "rxs.notes": 500,
}  # fmt: skip
"""The most characters of each field."""

REQUIRED: Final = (
    "prescriber.npi", "prescriber.lastName", "prescriber.firstName", "patient.lastName", "patient.firstName",
    "patient.gender", "patient.dateOfBirth", "patient.address1", "patient.city", "patient.state", "patient.zip",
    "patient.phoneMobile", "shipping.addressLine1", "shipping.city", "shipping.state", "shipping.zipCode",
    "rxs.drugName", "rxs.quantity", "rxs.directions", "rxs.dateWritten",
)  # fmt: skip
"""Fields that a pharmacy cannot fill an order without."""

OUR_COLUMNS: Final[Mapping[str, str]] = {
    "lastName": "last_name", "firstName": "first_name", "gender": "sex", "dateOfBirth": "born_on", "zipCode": "zip",
    "phoneMobile": "phone", "addressLine1": "address1", "addressLine2": "address2", "recipientPhone": "phone",
    "recipientLastName": "last_name", "recipientFirstName": "first_name", "recipientEmail": "email",
    "directions": "sig", "rxNumber": "rx_number", "dateWritten": "written_on",
    "clinicalDifferenceStatement": "clinical_difference", "notes": "note",
}  # fmt: skip
"""The clinic's column that a field is filled from, where it has another name."""

PATTERNS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "patient.gender": (re.compile("[mfu]"), "is not m, f or u"),
    "patient.zip": (re.compile(r"\d{5}(-\d{4})?"), "is not a ZIP code"),
    "shipping.zipCode": (re.compile(r"\d{5}(-\d{4})?"), "is not a ZIP code"),
}


def order(message: Message, link: Link, now: datetime) -> Json:
    """The order: one patient, one prescriber, one box, every line a prescription. The clinic pays."""
    return {
        "message": {"id": message.reference, "sentTime": now.isoformat()},
        "order": content(message, link),
    }


def content(message: Message, link: Link) -> Json:
    """The order itself, without the envelope that says when it was sent."""
    return {
        "general": {"memo": _memo(message), "referenceId": message.reference},
        "prescriber": _prescriber(message),
        "practice": {"id": link.practice_id},
        "patient": _patient(message),
        "shipping": _shipping(message, link),
        "billing": {"payorType": CLINIC_PAYS},
        "rxs": [_rx(line, message, link) for line in message.lines],
    }


def _memo(message: Message) -> str:
    """The box and the allergies; those that the memo has no room for stand in every prescription's notes alone."""
    box, allergies = "cold box. " if message.cold else "", f"Allergies: {message.allergies}"
    whole = box + allergies
    return whole if len(whole) <= LIMITS["general.memo"] else f"{box}Allergies: see the notes"


def _notes(line: MessageLine, message: Message) -> str:
    parts = (line.note, line.override_note, f"Allergies: {message.allergies}")
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())


def _prescriber(message: Message) -> Json:
    prescriber = message.prescriber
    state = state_code(message.patient.state)
    license_held = prescriber.licences.get(state)
    scheduled = any(line.sku.scheduled for line in message.lines)
    return {
        "npi": prescriber.npi,
        "licenseState": state,
        "licenseNumber": license_held.number if license_held else "",
        "dea": license_held.dea_number if license_held and scheduled else "",
        "lastName": prescriber.last_name,
        "firstName": prescriber.first_name,
    }


def _patient(message: Message) -> Json:
    patient = message.patient
    return {
        "lastName": patient.last_name,
        "firstName": patient.first_name,
        "gender": patient.sex.lower(),
        "dateOfBirth": patient.born_on.isoformat() if patient.born_on else "",
        "address1": patient.address1,
        "address2": patient.address2,
        "city": patient.city,
        "state": state_code(patient.state),
        "zip": zip_code(patient.zip),
        "country": "US",
        "phoneMobile": phone(patient.phone),
        "email": patient.email,
    }


def _shipping(message: Message, link: Link) -> Json:
    to, patient = message.address, message.patient
    to_clinic = message.ship_to is ShipTo.CLINIC
    return {
        "recipientType": "clinic" if to_clinic else "patient",
        "recipientLastName": patient.last_name,
        "recipientFirstName": patient.first_name,
        "recipientPhone": phone(patient.phone),
        "recipientEmail": patient.email,
        "addressLine1": to.address1,
        "addressLine2": to.address2,
        "city": to.city,
        "state": to.state,
        "zipCode": zip_code(to.zip),
        "country": "US",
        "service": link.cold_service if message.cold else link.ambient_service,
    }


def _rx(line: MessageLine, message: Message, link: Link) -> Json:
    sku, prescription = line.sku, line.prescription
    counted = dispense_quantity(sku, line.quantity, link.quantity_unit)
    rx = {
        "rxType": "refill" if line.is_refill else "new",
        "rxNumber": prescription.rx_number if line.is_refill else "",
        "drugName": sku.name,
        "drugStrength": sku.strength,
        "drugForm": sku.form,
        "foreignPmsId": sku.sku,
        "lfProductID": line.product,
        "foreignRxNumber": foreign_number(line.reference, line.attempt),
        "quantity": counted.number,
        "quantityUnits": counted.unit,
        "directions": line.sig,
        "refills": 0,
        "dateWritten": prescription.written_on.isoformat(),
        "daysSupply": line.days_supply,
        "scheduleCode": SCHEDULES.get(sku.dea_schedule or "", LEGEND),
        "clinicalDifferenceStatement": prescription.clinical_difference,
        "notes": _notes(line, message),
    }
    return {name: value for name, value in rx.items() if value not in {None, ""} or name in _KEPT_EMPTY}


_KEPT_EMPTY: Final = frozenset(path.partition(".")[2] for path in REQUIRED if path.startswith("rxs."))


def foreign_number(reference: str, attempt: int) -> str:
    """How a line's attempt is called in the pharmacy's books: what it says later names it so."""
    return f"{reference}/{attempt}"


def phone(text: str) -> str:
    """A US number as the API writes it, ``(512) 555-0142``; anything else stays as it is, and is a fault."""
    number = us_phone(text)
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}" if number else text


def zip_code(text: str) -> str:
    """Nine digits with their hyphen."""
    return f"{text[:5]}-{text[5:]}" if re.fullmatch(r"\d{9}", text) else text


def order_faults(message: Message, link: Link) -> Iterator[OrderFault]:
    """What the pharmacy's system would refuse, or could not fill safely: before payment and before sending alike."""
    yield from _of_connection(message, link)
    yield from street_faults(message, link)
    if us_phone(message.patient.phone) is None:
        yield OrderFault("phone", "patient.phoneMobile is not a US number, and the pharmacy takes no other")
    if len(message.lines) > MOST_LINES:
        yield OrderFault("rx", f"an order holds at most {MOST_LINES} prescriptions")
    written = content(message, link)
    for section in ("general", "prescriber", "patient", "shipping"):
        yield from _of_fields(section, written[section])
    for rx, line in zip(written["rxs"], message.lines, strict=True):
        yield from (fault._replace(line=line.reference) for fault in _of_fields("rxs", rx))
        yield from (OrderFault(field, problem, line.reference) for field, problem in _of_line(line, link))


def _of_connection(message: Message, link: Link) -> Iterator[OrderFault]:
    box = "cold" if message.cold else "ambient"
    for value, words in (
        (link.practice_id, "of our practice"),
        (link.cold_service if message.cold else link.ambient_service, f"for {box} shipping"),
    ):
        if value is None:
            problem = f"the pharmacy's number {words} is not set on Setup, Pharmacies"
            yield OrderFault("pharmacy", problem, of_connection=True)


def _of_fields(section: str, fields: Mapping[str, object]) -> Iterator[OrderFault]:
    for name, value in fields.items():
        path, text = f"{section}.{name}", "" if value is None else str(value)
        field = OUR_COLUMNS.get(name, name)
        if path in REQUIRED and not text.strip():
            yield OrderFault(field, f"{path} is empty")
        elif path in PATTERNS and not PATTERNS[path][0].fullmatch(text):
            yield OrderFault(field, f"{path} {PATTERNS[path][1]}")
        elif len(text) > LIMITS.get(path, len(text)):
            yield OrderFault(field, f"{path} has {len(text)} characters, and the pharmacy takes {LIMITS[path]}")


def _of_line(line: MessageLine, link: Link) -> Iterator[tuple[str, str]]:
    """(column, problem): neither a quantity nor a controlled prescription is ever guessed."""
    if line.product == "":
        yield "sku", f"the product is not mapped: the pharmacy's number of {line.sku.sku} is not set on Setup"
    if line.sku.volume_ml is None and line.sku.units_per_pack is None:
        yield "sku", f"{line.sku.sku} says neither volume nor pieces of a pack, so its quantity cannot be told"
    if line.sku.scheduled and not line.is_refill:
        yield "rx_number", CONTROLLED
    if line.is_refill and line.prescription.rx_pharmacy != link.pharmacy:
        yield "rx_pharmacy", f"the prescription {line.prescription.rx_number} is on file at another pharmacy"


def line_named(text: str, lines: Sequence[MessageLine]) -> str | None:
    """The line that a pharmacy's message points at: by its place, ``rxs.0`` or ``rxs[0]``, or by the number it got."""
    place = re.search(r"\brxs?[.\[](\d{1,3})\b", text)
    if place and int(place[1]) < len(lines):
        return lines[int(place[1])].reference
    named = [line.reference for line in lines if re.search(rf"{re.escape(line.reference)}(?!\d)", text)]
    return named[0] if len(named) == 1 else None
