"""What every partner can do: take a message, look one up, tell what has happened to lines, polled or pushed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from core.domain.identifiers import state_code
from core.domain.model import Clinic, Patient, Prescriber, Prescription, ShipTo, Sku
from core.domain.orders.book import Event, RejectionMessage
from core.domain.orders.records import SentLine

MOST_LINES: Final = 50
"""Prescriptions in one submission: more of one patient's for one box go as a second one."""


class MessageLine(NamedTuple):
    """One prescription to fill: ``quantity`` in packs, directions as written.

    ``product`` is the pharmacy's own number of the SKU: empty where it has numbers but none for this one, None where it
    has none at all. A refill names the pharmacy's own ``rx_number``; without one it is a new prescription with 0
    refills, the remaining ones being counted here. ``note`` and ``override_note`` are for the pharmacist.
    """

    reference: str
    attempt: int
    number: int
    sku: Sku
    prescription: Prescription
    quantity: int
    sig: str
    days_supply: int | None = None
    product: str | None = None
    note: str = ""
    override_note: str = ""

    @property
    def is_refill(self) -> bool:
        """Whether the pharmacy has the prescription already."""
        return bool(self.prescription.rx_pharmacy and self.prescription.rx_number)


class ShippingAddress(NamedTuple):
    """Where the box goes."""

    recipient: str
    address1: str
    address2: str
    city: str
    state: str
    zip: str


def shipping_address(patient: Patient, ship_to: ShipTo, clinic: Clinic) -> ShippingAddress:
    """The patient's address, or the clinic's; the state in two letters."""
    if ship_to is ShipTo.CLINIC:
        return ShippingAddress(clinic.name, clinic.address1, "", clinic.city, state_code(clinic.state), clinic.zip)
    name, state = f"{patient.first_name} {patient.last_name}".strip(), state_code(patient.state)
    return ShippingAddress(name, patient.address1, patient.address2, patient.city, state, patient.zip)


class Message(NamedTuple):
    """One submission: one patient, one prescriber, one destination, one temperature class. The clinic pays."""

    reference: str
    pharmacy: str
    patient: Patient
    prescriber: Prescriber
    ship_to: ShipTo
    address: ShippingAddress
    cold: bool
    lines: tuple[MessageLine, ...]

    @property
    def allergies(self) -> str:
        """What the patient is allergic to, in words."""
        listed = self.patient.allergies
        return "unknown" if listed is None else "; ".join(listed) or "none"


class OrderFault(NamedTuple):
    """Why an order is not sent to a pharmacy: ``problem`` in words without a period, ``field`` the column at fault.

    ``line`` is the reference of the line that it concerns, None for all of them. ``of_connection`` are facts that the
    connection lacks: the order is fine, and goes once they are entered on Setup.
    """

    field: str
    problem: str
    line: str | None = None
    of_connection: bool = False


class Acknowledged(NamedTuple):
    """The partner has it, under its own reference if it gives one.

    ``short`` are lines of which it took less than was ordered, in its words: quantity is all or nothing, so each is put
    on hold for a person.
    """

    partner_reference: str = ""
    short: tuple[RejectionMessage, ...] = ()


class Rejected(NamedTuple):
    """The partner takes none of it, in its own words."""

    refusals: tuple[RejectionMessage, ...]


class Lost(NamedTuple):
    """It may or may not have arrived: nobody sends it again by himself."""

    why: str


class NotSent(NamedTuple):
    """It certainly never left, or was turned away unread: it may be sent again, not before ``retry_after``.

    ``tried`` is False where nobody even knocked, because the pharmacy was out of reach for another message.
    """

    why: str
    retry_after: timedelta | None = None
    tried: bool = True


Answer = Acknowledged | Rejected | Lost | NotSent


class UnreadRow(NamedTuple):
    """A row of a push that no event can be made of, by its place from 1, and why."""

    row: int
    why: str


class PushContent(NamedTuple):
    """What a push holds; ``problem`` is why nothing of it can be read, else empty."""

    events: Sequence[Event] = ()
    unread: Sequence[UnreadRow] = ()
    problem: str = ""


class Partner(Protocol):
    """A pharmacy's way of being spoken to. ``send`` may raise: what was sent is then unknown."""

    def send(self, message: Message, now: datetime) -> Answer:
        """Hand a message over."""

    def look_up(self, reference: str) -> Acknowledged | Rejected | None:
        """What became of a submission whose answer was lost; None where the partner cannot say."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """What is new of these lines."""
