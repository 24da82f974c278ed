"""The rows of checkouts as they are worked on: fields are named as the columns of core/adapters/store/tables.py.

Unlike the rest of the vocabulary these change, inside one transaction and nowhere else (core/domain/orders/book.py).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from core.domain.ledger import Account, Amounts, Charge, PostingKind
from core.domain.model import LineState, Objective, ShipTo, SubmissionState


class EventOutcome(StrEnum):
    """What became of an event. A duplicate is recognized and not written again."""

    MOVED = "moved"
    HISTORY = "history"
    UNMATCHED = "misfit"
    DUPLICATE = "duplicate"


@dataclass
class Checkout:
    """One authorization of a batch. ``shipments`` and ``submissions`` count what it has had, for the next number."""

    reference: str
    number: int
    refill_day: date
    key: str
    hash: str
    program: str
    objective: Objective
    placed_at: datetime
    placed_on: date
    placed_by: str
    medication_cents: int
    program_fee_cents: int
    encounters_cents: int
    shipping_cents: int
    processing_cents: int
    total_cents: int
    shipments: int = 0
    submissions: int = 0


@dataclass
class PharmacyOrder:
    """One pharmacy's part of a checkout; ``total_cents`` as first placed."""

    reference: str
    checkout: str
    pharmacy: str
    total_cents: int


@dataclass
class Submission:
    """One message to a pharmacy: one patient, one prescriber, one destination, one temperature class."""

    reference: str
    checkout: str
    pharmacy_order: str
    pharmacy: str
    patient: str
    npi: str
    ship_to: ShipTo
    destination: str
    cold: bool
    state: SubmissionState
    queued_at: datetime
    next_try_at: datetime
    tries: int = 0
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    partner_reference: str = ""
    message: str = ""


@dataclass
class OrderLine:
    """One line of a checkout; ``state``, ``attempt`` and ``pharmacy`` are those of its newest attempt.

    ``note`` is what the clinic tells the pharmacist, ``override_note`` who confirmed which override of the newest
    attempt, and why.
    """

    reference: str
    checkout: str
    number: int
    patient: str
    rx: str
    sku: str
    npi: str
    quantity: int
    sig: str
    ship_to: ShipTo
    placed_on: date
    state: LineState
    state_at: datetime
    attempt: int
    pharmacy: str
    shipped_on: date | None = None
    cancel_requested_at: datetime | None = None
    cancel_requested_by: str = ""
    cancel_reason: str = ""
    note: str = ""
    override_note: str = ""


@dataclass
class Attempt:
    """One try to have a line filled: where, what it costs, what became of it.

    ``before`` is the state that an attempt on hold or at its end came from. Instants of states that were only implied
    stay None.
    """

    line: str
    number: int
    checkout: str
    submission: str
    pharmacy: str
    program: str
    shipment: int
    state: LineState
    before: LineState | None
    received_on: date
    ready_on: date
    ships_on: date
    delivers_on: date
    quantity: int
    processing_weight: int
    landed_cents: int
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    processing_fixed_cents: int
    placed_at: datetime
    captured_at: datetime | None = None
    released_cents: int = 0
    refunded_cents: int = 0
    refund_recorded_at: datetime | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    held_at: datetime | None = None
    compounding_at: datetime | None = None
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    ended_at: datetime | None = None
    reason_code: str = ""
    reason: str = ""
    tracking: str = ""

    @property
    def charge(self) -> Charge:
        """Its money, for core/domain/ledger.py."""
        return Charge(
            line=self.line,
            attempt=self.number,
            shipment=self.shipment,
            quantity=self.quantity,
            processing_weight=self.processing_weight,
            amounts=Amounts(
                self.medication_cents,
                self.program_fee_cents,
                self.encounter_cents,
                self.shipping_cents,
                self.processing_cents,
                self.processing_fixed_cents,
            ),
            captured=self.captured_at is not None,
            released_cents=self.released_cents,
            refunded_cents=self.refunded_cents,
        )

    def settle(self, charge: Charge, at: datetime) -> None:
        """Take over the money as it is now."""
        self.shipping_cents = charge.amounts.shipping_cents
        self.processing_fixed_cents = charge.amounts.processing_fixed_cents
        self.released_cents = charge.released_cents
        self.refunded_cents = charge.refunded_cents
        if charge.captured and self.captured_at is None:
            self.captured_at = at


@dataclass
class EventRecord:
    """Something that was said of a line: by a partner, by a person, or by this app when it placed or sent it."""

    id: str
    reference: str
    attempt: int | None
    pharmacy: str
    partner_event_id: str | None
    status: str
    at: datetime
    recorded_at: datetime
    recorded_by: str
    outcome: EventOutcome
    implied: tuple[str, ...] = ()
    note: str = ""
    tracking: str = ""
    reason: str = ""


@dataclass
class LedgerEntry:
    """One leg of a posting, in cents by component."""

    id: str
    posting: str
    kind: PostingKind
    at: datetime
    day: date
    line: str
    attempt: int
    account: Account
    cents: int
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    processing_fixed_cents: int
    adjustment_cents: int
    recorded_by: str
    reason: str


@dataclass
class Reservation:
    """Packs of a pharmacy's stock that an attempt holds; released when it is rejected or cancelled."""

    line: str
    attempt: int
    pharmacy: str
    sku: str
    quantity: int
    reserved_at: datetime
    released_at: datetime | None = None


class SentLine(NamedTuple):
    """A line that a pharmacy has and that is not finished: what a partner needs to know to tell what is new of it.

    ``known_events`` are the ids of the events that it has told of this attempt already, ``partner_reference`` its own
    number of the order.
    """

    reference: str
    attempt: int
    pharmacy: str
    time_zone: str
    quantity: int
    state: LineState
    sent_at: datetime
    ready_on: date
    ships_on: date
    delivers_on: date
    cancel_requested_at: datetime | None
    known_events: Collection[str] = ()
    partner_reference: str = ""
