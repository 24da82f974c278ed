"""An order as it leaves for a pharmacy, and what is wrong with it before it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from core.domain.identifiers import state_code
from core.domain.model import Clinic, Patient, Prescriber, Prescription, ShipTo, Sku
from core.domain.partners.link import Link

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


STREET_MOST_CHARS: Final = 35
"""A street line on a carrier's label. UPS's and FedEx's shipping interfaces are known for this limit; neither contract
was at hand to check it. What is longer is cut off, and an apartment's number stands at the end."""


def street_faults(message: Message, link: Link) -> Iterator[OrderFault]:
    """Lines of the shipping address that do not fit a label: for every adapter, since every box has one."""
    for field in ("address1", "address2"):
        text = str(getattr(message.address, field)).strip()
        if len(text) > STREET_MOST_CHARS:
            which = "first" if field == "address1" else "second"
            yield OrderFault(
                field,
                f"the {which} address line has {len(text)} characters, and a carrier's label takes {STREET_MOST_CHARS}",
            )


OrderCheck = Callable[[Message, Link], Iterable[OrderFault]]


class Connection(NamedTuple):
    """What an order to one pharmacy is checked against before payment, by the check that its sender repeats.

    ``products`` are the pharmacy's own numbers of SKUs; None where it has none at all.
    """

    link: Link
    faults: OrderCheck = street_faults
    products: Mapping[str, str] | None = None

    def product(self, sku: str) -> str | None:
        """``MessageLine.product`` of a SKU."""
        return None if self.products is None else self.products.get(sku, "")
