"""Checkouts and what became of them, as tables: columns are named as the fields of core/domain/orders/records.py.

Keyed by clinic and the short reference that people say. ``order_event`` and ``ledger_entry`` are append-only; the
``daily_*`` and ``stage_hours`` tables are rollups, kept by the same transaction that writes what they count.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.adapters.store.base import Base, Cents, Made, OfClinic, choice, refers, through_others
from core.domain.ledger import Account, PostingKind
from core.domain.model import FindingEnd, LineState, Objective, ShipTo, SubmissionState
from core.domain.orders.records import EventOutcome


class OrderCounterRow(OfClinic, Base):
    """The last checkout number of a refill day."""

    __tablename__ = "order_counter"
    refill_day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class CheckoutRow(OfClinic, Base):
    """One authorisation of a batch."""

    __tablename__ = "checkout"
    reference: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    refill_day: Mapped[date]
    key: Mapped[str]
    hash: Mapped[str]
    program: Mapped[str]
    objective: Mapped[Objective] = mapped_column(choice(Objective))
    placed_at: Mapped[datetime]
    placed_on: Mapped[date]
    placed_by: Mapped[str]
    medication_cents: Mapped[int] = mapped_column(Cents)
    program_fee_cents: Mapped[int] = mapped_column(Cents)
    encounters_cents: Mapped[int] = mapped_column(Cents)
    shipping_cents: Mapped[int] = mapped_column(Cents)
    processing_cents: Mapped[int] = mapped_column(Cents)
    total_cents: Mapped[int] = mapped_column(Cents)
    shipments: Mapped[int]
    submissions: Mapped[int]
    __table_args__ = (
        UniqueConstraint("clinic", "key"),
        Index(None, "clinic", "refill_day", "number", unique=True),
    )


class PharmacyOrderRow(OfClinic, Base):
    """One pharmacy's part of a checkout."""

    __tablename__ = "pharmacy_order"
    reference: Mapped[str] = mapped_column(primary_key=True)
    checkout: Mapped[str]
    pharmacy: Mapped[str]
    total_cents: Mapped[int] = mapped_column(Cents)
    __table_args__ = (
        refers("checkout", checkout="reference"),
        refers("pharmacy", pharmacy="pharmacy"),
        Index(None, "clinic", "checkout"),
    )


class SubmissionRow(OfClinic, Base):
    """One message to a pharmacy. The table is the queue: workers claim rows that are queued."""

    __tablename__ = "submission"
    reference: Mapped[str] = mapped_column(primary_key=True)
    checkout: Mapped[str]
    pharmacy_order: Mapped[str]
    pharmacy: Mapped[str]
    patient: Mapped[str]
    npi: Mapped[str]
    ship_to: Mapped[ShipTo] = mapped_column(choice(ShipTo))
    destination: Mapped[str]
    cold: Mapped[bool]
    state: Mapped[SubmissionState] = mapped_column(choice(SubmissionState))
    queued_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int]
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    partner_reference: Mapped[str]
    message: Mapped[str]
    __table_args__ = (
        refers("checkout", checkout="reference"),
        refers("pharmacy_order", pharmacy_order="reference"),
        refers("patient", patient="patient"),
        refers("prescriber", npi="npi"),
        Index(None, "clinic", "checkout"),
        Index(None, "clinic", "state", "next_try_at"),
        Index(None, "clinic", "sent_at"),
        Index(None, "clinic", "answered_at"),
    )


class OrderLineRow(OfClinic, Base):
    """One line of a checkout, with the state of its newest attempt."""

    __tablename__ = "order_line"
    reference: Mapped[str] = mapped_column(primary_key=True)
    checkout: Mapped[str]
    number: Mapped[int]
    patient: Mapped[str]
    rx: Mapped[str]
    sku: Mapped[str]
    npi: Mapped[str]
    quantity: Mapped[int]
    sig: Mapped[str]
    ship_to: Mapped[ShipTo] = mapped_column(choice(ShipTo))
    placed_on: Mapped[date]
    state: Mapped[LineState] = mapped_column(choice(LineState))
    state_at: Mapped[datetime]
    attempt: Mapped[int]
    pharmacy: Mapped[str]
    shipped_on: Mapped[date | None]
    cancel_requested_at: Mapped[datetime | None]
    cancel_requested_by: Mapped[str]
    cancel_reason: Mapped[str]
    __table_args__ = (
        refers("checkout", checkout="reference"),
        refers("patient", patient="patient"),
        refers("prescription", rx="rx"),
        refers("sku", sku="sku"),
        refers("prescriber", npi="npi"),
        refers("pharmacy", pharmacy="pharmacy"),
        Index(None, "clinic", "checkout", "number", unique=True),
        Index(None, "clinic", "patient"),
        Index(None, "clinic", "state", "state_at"),
        Index(None, "clinic", "placed_on"),
    )


class AttemptRow(OfClinic, Base):
    """One try to have a line filled: its pharmacy, its promise, its money, what came of it."""

    __tablename__ = "attempt"
    line: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checkout: Mapped[str]
    submission: Mapped[str]
    pharmacy: Mapped[str]
    program: Mapped[str]
    shipment: Mapped[int]
    state: Mapped[LineState] = mapped_column(choice(LineState))
    before: Mapped[LineState | None] = mapped_column(choice(LineState, "before"))
    received_on: Mapped[date]
    ready_on: Mapped[date]
    ships_on: Mapped[date]
    delivers_on: Mapped[date]
    quantity: Mapped[int]
    processing_weight: Mapped[int] = mapped_column(Cents)
    landed_cents: Mapped[int] = mapped_column(Cents)
    medication_cents: Mapped[int] = mapped_column(Cents)
    program_fee_cents: Mapped[int] = mapped_column(Cents)
    encounter_cents: Mapped[int] = mapped_column(Cents)
    shipping_cents: Mapped[int] = mapped_column(Cents)
    processing_cents: Mapped[int] = mapped_column(Cents)
    processing_fixed_cents: Mapped[int] = mapped_column(Cents)
    alternative_cents: Mapped[int | None] = mapped_column(Cents)
    placed_at: Mapped[datetime]
    captured_at: Mapped[datetime | None]
    released_cents: Mapped[int] = mapped_column(Cents)
    refunded_cents: Mapped[int] = mapped_column(Cents)
    refund_recorded_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    compounding_at: Mapped[datetime | None]
    shipped_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason_code: Mapped[str]
    reason: Mapped[str]
    tracking: Mapped[str]
    __table_args__ = (
        refers("order_line", line="reference"),
        refers("checkout", checkout="reference"),
        refers("submission", submission="reference"),
        refers("pharmacy", pharmacy="pharmacy"),
        Index(None, "clinic", "checkout"),
        Index(None, "clinic", "submission"),
        Index(None, "clinic", "tracking"),
    )


AUTHORISED: Final = (
    AttemptRow.medication_cents
    + AttemptRow.program_fee_cents
    + AttemptRow.encounter_cents
    + AttemptRow.shipping_cents
    + AttemptRow.processing_cents
    + AttemptRow.processing_fixed_cents
)
"""What an attempt carries, moved shares included."""


class OrderEventRow(Made, Base):
    """Something said of a line, as it was said. Append-only; ``reference`` may be unknown to us."""

    __tablename__ = "order_event"
    reference: Mapped[str]
    attempt: Mapped[int | None]
    pharmacy: Mapped[str]
    partner_event_id: Mapped[str | None]
    status: Mapped[str]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    outcome: Mapped[EventOutcome] = mapped_column(choice(EventOutcome))
    implied: Mapped[tuple[str, ...]]
    note: Mapped[str]
    tracking: Mapped[str]
    reason: Mapped[str]
    __table_args__ = (
        UniqueConstraint("clinic", "pharmacy", "partner_event_id"),
        Index(None, "clinic", "reference", "at"),
        Index(None, "clinic", "outcome", "reference"),
    )


class MisfitDecisionRow(OfClinic, Base):
    """A person's word on an event that did not fit: it is settled, and sending may go on. Append-only."""

    __tablename__ = "misfit_decision"
    event: Mapped[str] = mapped_column(String(36), primary_key=True)
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (refers("order_event", event="id"),)


class RuleFiringRow(OfClinic, Base):
    """A rule that fired on a patient's line for a SKU on a refill day, counted once; ``line`` is what that became."""

    __tablename__ = "rule_firing"
    refill_day: Mapped[date] = mapped_column(primary_key=True)
    patient: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    ended: Mapped[FindingEnd] = mapped_column(choice(FindingEnd))
    line: Mapped[str | None]
    __table_args__ = (
        refers("patient", patient="patient"),
        refers("sku", sku="sku"),
        refers("order_line", line="reference"),
        Index(None, "clinic", "line"),
    )


class StockReservationRow(OfClinic, Base):
    """Packs of a pharmacy's stock that an attempt holds."""

    __tablename__ = "stock_reservation"
    line: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pharmacy: Mapped[str]
    sku: Mapped[str]
    quantity: Mapped[int]
    reserved_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    __table_args__ = (
        refers("attempt", line="line", attempt="number"),
        Index(None, "clinic", "pharmacy", "sku", "reserved_at"),
    )


class LedgerEntryRow(Made, Base):
    """One leg of a posting. Append-only; the legs of a posting sum to zero."""

    __tablename__ = "ledger_entry"
    posting: Mapped[str] = mapped_column(String(36))
    kind: Mapped[PostingKind] = mapped_column(choice(PostingKind))
    at: Mapped[datetime]
    day: Mapped[date]
    line: Mapped[str]
    attempt: Mapped[int]
    account: Mapped[Account] = mapped_column(choice(Account))
    cents: Mapped[int] = mapped_column(Cents)
    medication_cents: Mapped[int] = mapped_column(Cents)
    program_fee_cents: Mapped[int] = mapped_column(Cents)
    encounter_cents: Mapped[int] = mapped_column(Cents)
    shipping_cents: Mapped[int] = mapped_column(Cents)
    processing_cents: Mapped[int] = mapped_column(Cents)
    processing_fixed_cents: Mapped[int] = mapped_column(Cents)
    adjustment_cents: Mapped[int] = mapped_column(Cents)
    recorded_by: Mapped[str]
    reason: Mapped[str]
    __table_args__ = (
        refers("attempt", line="line", attempt="number"),
        CheckConstraint(
            "cents = medication_cents + program_fee_cents + encounter_cents + shipping_cents + processing_cents"
            " + processing_fixed_cents + adjustment_cents",
            name="components",
        ),
        Index(None, "clinic", "line"),
    )


class DailyTallyRow(OfClinic, Base):
    """What happened on a day (clinic's zone) at a pharmacy under a program: lines counted, cents taken."""

    __tablename__ = "daily_tally"
    day: Mapped[date] = mapped_column(primary_key=True)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    program: Mapped[str] = mapped_column(primary_key=True)
    placed: Mapped[int]
    answered_first: Mapped[int]
    accepted_first: Mapped[int]
    rejected: Mapped[int]
    cancelled: Mapped[int]
    shipped: Mapped[int]
    delivered: Mapped[int]
    delivered_on_time: Mapped[int]
    returned: Mapped[int]
    medication_cents: Mapped[int] = mapped_column(Cents)
    program_fee_cents: Mapped[int] = mapped_column(Cents)
    encounter_cents: Mapped[int] = mapped_column(Cents)
    shipping_cents: Mapped[int] = mapped_column(Cents)
    processing_cents: Mapped[int] = mapped_column(Cents)
    adjustment_cents: Mapped[int] = mapped_column(Cents)
    compared_cents: Mapped[int] = mapped_column(Cents)
    alternative_cents: Mapped[int] = mapped_column(Cents)


class DailyRejectionRow(OfClinic, Base):
    """Attempts rejected on a day by a pharmacy, by canonical code."""

    __tablename__ = "daily_rejection"
    day: Mapped[date] = mapped_column(primary_key=True)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int]


class StageHoursRow(OfClinic, Base):
    """Attempts that finished a stage on a day at a pharmacy, by the whole hours that it took."""

    __tablename__ = "stage_hours"
    day: Mapped[date] = mapped_column(primary_key=True)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    hours: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lines: Mapped[int]


class PartnerClockRow(OfClinic, Base):
    """How far the simulated pharmacies of a clinic are ahead of the real time."""

    __tablename__ = "partner_clock"
    ahead_seconds: Mapped[int]


class WorkerRow(OfClinic, Base):
    """When a worker last had something to do for the clinic, and what came of it."""

    __tablename__ = "worker"
    worker: Mapped[str] = mapped_column(primary_key=True)
    last_run_at: Mapped[datetime]
    sent: Mapped[int]
    failed: Mapped[int]
    message: Mapped[str]


for _row in (SubmissionRow, OrderLineRow, AttemptRow, StockReservationRow, LedgerEntryRow):
    through_others(_row)
