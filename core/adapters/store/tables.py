"""Every table of the store: the clinic's own data, its carts and people, its orders, its partners and payments.

A table is made from the value class that its rows are read as; a mapping stands in where a row is never a value.
Reference rows are keyed by the clinic's codes, orders by the short reference that people say, other rows by a UUIDv7.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, String, UniqueConstraint

from core.adapters.store.base import CENTS, ID, indexed, refers, table_of
from core.adapters.store.values import (
    DailyTotal,
    StoredLine,
    StoredOverride,
    StoredPreference,
    StoredQuestion,
    WorkerRun,
)
from core.domain.model import (
    AggregatePrice,
    CarrierDay,
    Clinic,
    Closure,
    FindingEnd,
    LadderStep,
    Offer,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    Role,
    Setting,
    Sku,
)
from core.domain.orders.daily_totals import DelayBasis
from core.domain.orders.records import (
    Attempt,
    Checkout,
    EventRecord,
    LedgerEntry,
    OrderLine,
    PharmacyOrder,
    Reservation,
    Submission,
)
from core.domain.partners.link import Health, Link
from core.domain.payments.operations import Method, Operation, Setup

HASH: Final = String(64)

CLINIC: Final = table_of(
    "clinic",
    Clinic,
    Column("data_version", BigInteger, nullable=False, default=0),
    Column("cart_writes", BigInteger, nullable=False, default=0),
    key="clinic",
)
"""The tenant. ``data_version`` counts the writes of this clinic: what screens cache by, and what writers lock;
``cart_writes`` those of them that changed carts alone."""

# The clinic's own data: a price, program or setting from a day on; earlier rows are its history.

SKU: Final = table_of("sku", Sku, key="sku")
PHARMACY: Final = table_of("pharmacy", Pharmacy, key="pharmacy")
PHARMACY_LICENCE: Final = table_of(
    "pharmacy_licence", PharmacyLicence, refers(PHARMACY, "pharmacy"), key="pharmacy state kind"
)
OFFER: Final = table_of("offer", Offer, refers(PHARMACY, "pharmacy"), refers(SKU, "sku"), key="pharmacy sku valid_from")
PROGRAM: Final = table_of("program", Program, key="program valid_from")
AGGREGATE_PRICE: Final = table_of("aggregate_price", AggregatePrice, refers(SKU, "sku"), key="program sku valid_from")
PRESCRIBER: Final = table_of("prescriber", Prescriber, key="npi", without="licences")
PRESCRIBER_LICENCE: Final = table_of(
    "prescriber_licence", PrescriberLicence, refers(PRESCRIBER, "npi"), key="npi state"
)
PATIENT: Final = table_of("patient", Patient, key="patient")
"""The only table with a name or an address of a patient."""
PRESCRIPTION: Final = table_of(
    "prescription",
    Prescription,
    refers(PATIENT, "patient"),
    refers(SKU, "sku"),
    refers(PRESCRIBER, "npi"),
    indexed("patient"),
    key="rx",
)
CARRIER_DAY: Final = table_of("carrier_day", CarrierDay, key="carrier date")
CLOSURE: Final = table_of("closure", Closure, refers(PHARMACY, "pharmacy"), key="pharmacy date")
LADDER_STEP: Final = table_of("ladder_step", LadderStep, key="active step")
SETTING: Final = table_of("setting", Setting, key="scope name valid_from")

# Carts, and what people have answered to their findings.

CART_LINE: Final = table_of(
    "cart_line",
    StoredLine,
    refers(PATIENT, "patient"),
    refers(SKU, "sku"),
    refers(PHARMACY, "pharmacy"),
    indexed("refill_day", "position"),
    key="id",
)
"""Its cells are as given: None comes from the prescription. An unknown rx or npi is a finding, so neither refers."""
CART_CHANGE: Final = table_of(
    "cart_change",
    {"id": str, "refill_day": date, "number": int, "by": str, "at": datetime, "what": str, "lines": str},
    indexed("refill_day", "by", "number"),
    key="id",
)
"""What one press did to a cart, so that it can be undone: the changed lines before and after, as JSON."""
ROUTING_PREFERENCE: Final = table_of(
    "routing_preference",
    StoredPreference,
    refers(PATIENT, "patient"),
    refers(SKU, "sku"),
    refers(CART_LINE, "line", cascade=True),
    refers(PHARMACY, "pharmacy"),
    indexed("refill_day"),
    indexed("line"),
    key="id",
)
ACKNOWLEDGEMENT: Final = table_of(
    "acknowledgement",
    {"line": str, "code": str, "by": str, "at": datetime},
    refers(CART_LINE, "line", cascade=True),
    key="line code",
)
"""A warning that somebody has read."""
OVERRIDE: Final = table_of("override", StoredOverride, refers(CART_LINE, "line", cascade=True), key="line code")
QUESTION: Final = table_of("question", StoredQuestion, indexed("line"), key="id", types={"line": ID})
"""Outlives its line, so that an undone removal finds it again; it names no patient."""

# People, and what they did.

PERSON: Final = table_of(
    "person",
    {
        "email": str,
        "name": str,
        "role": Role,
        "active": bool,
        "signed_in": datetime | None,
        "last_seen": datetime | None,
        "signed_out": datetime | None,
    },
    key="email",
)
"""Who may sign in; their newest sign-in, when they were last at work, and when they last signed out."""
AUDIT_ENTRY: Final = table_of(
    "audit_entry",
    {
        "number": int,
        "at": datetime,
        "email": str,
        "role": Role,
        "action": str,
        "subject": str,
        "before": str,
        "after": str,
        "previous": str,
        "hash": str,
    },
    indexed("at"),
    indexed("subject"),
    key="number",
    types={"number": BigInteger(), "previous": HASH, "hash": HASH},
    append_only=True,
)
"""Who did what when; ``hash`` covers the entry and the hash before it."""

# Checkouts and what became of them.

ORDER_COUNTER: Final = table_of("order_counter", {"refill_day": date, "last": int}, key="refill_day")
"""The last checkout number of a refill day."""
CHECKOUT: Final = table_of(
    "checkout",
    Checkout,
    UniqueConstraint("clinic", "key"),
    indexed("refill_day", "number", unique=True),
    key="reference",
)
PHARMACY_ORDER: Final = table_of(
    "pharmacy_order",
    PharmacyOrder,
    refers(CHECKOUT, "checkout"),
    refers(PHARMACY, "pharmacy"),
    indexed("checkout"),
    key="reference",
)
SUBMISSION: Final = table_of(
    "submission",
    Submission,
    refers(CHECKOUT, "checkout"),
    refers(PHARMACY_ORDER, "pharmacy_order"),
    refers(PATIENT, "patient"),
    refers(PRESCRIBER, "npi"),
    indexed("checkout"),
    indexed("state", "next_try_at"),
    indexed("sent_at"),
    indexed("answered_at"),
    key="reference",
    through_others=True,
)
"""The table is the queue: workers claim rows that are queued."""
ORDER_LINE: Final = table_of(
    "order_line",
    OrderLine,
    refers(CHECKOUT, "checkout"),
    refers(PATIENT, "patient"),
    refers(PRESCRIPTION, "rx"),
    refers(SKU, "sku"),
    refers(PRESCRIBER, "npi"),
    refers(PHARMACY, "pharmacy"),
    indexed("checkout", "number", unique=True),
    indexed("patient"),
    indexed("state", "state_at"),
    indexed("placed_on"),
    key="reference",
    through_others=True,
)
ATTEMPT: Final = table_of(
    "attempt",
    Attempt,
    refers(ORDER_LINE, "line"),
    refers(CHECKOUT, "checkout"),
    refers(SUBMISSION, "submission"),
    refers(PHARMACY, "pharmacy"),
    indexed("checkout"),
    indexed("submission"),
    indexed("tracking"),
    key="line number",
    types={"processing_weight": CENTS},
    through_others=True,
)
ORDER_EVENT: Final = table_of(
    "order_event",
    EventRecord,
    UniqueConstraint("clinic", "pharmacy", "partner_event_id"),
    indexed("reference", "at"),
    indexed("outcome", "reference"),
    key="id",
    append_only=True,
)
"""Something said of a line, as it was said; ``reference`` may be unknown to us."""
MISFIT_DECISION: Final = table_of(
    "misfit_decision",
    {"event": str, "reason": str, "by": str, "at": datetime},
    refers(ORDER_EVENT, "event"),
    key="event",
    append_only=True,
)
"""A person's word on an unmatched event: it is settled, and sending may go on."""
RULE_FIRING: Final = table_of(
    "rule_firing",
    {
        "refill_day": date,
        "patient": str,
        "sku": str,
        "code": str,
        "first_seen_at": datetime,
        "ended": FindingEnd,
        "line": str | None,
    },
    refers(PATIENT, "patient"),
    refers(SKU, "sku"),
    refers(ORDER_LINE, "line"),
    indexed("line"),
    key="refill_day patient sku code",
)
"""A rule that fired on a patient's line for a SKU on a refill day, counted once; ``line`` is what that became."""
STOCK_RESERVATION: Final = table_of(
    "stock_reservation",
    Reservation,
    refers(ATTEMPT, "line", "attempt"),
    indexed("pharmacy", "sku", "reserved_at"),
    key="line attempt",
    through_others=True,
)
LEDGER_ENTRY: Final = table_of(
    "ledger_entry",
    LedgerEntry,
    refers(ATTEMPT, "line", "attempt"),
    CheckConstraint(
        "cents = medication_cents + program_fee_cents + encounter_cents + shipping_cents + processing_cents"
        " + processing_fixed_cents + adjustment_cents",
        name="components",
    ),
    indexed("line"),
    key="id",
    types={"posting": ID},
    append_only=True,
    through_others=True,
)
"""The legs of a posting sum to zero."""

# Daily totals, kept by the same transaction that writes what they count.

DAILY_TALLY: Final = table_of("daily_tally", DailyTotal, key="day pharmacy program")
DAILY_REJECTION: Final = table_of(
    "daily_rejection", {"day": date, "pharmacy": str, "code": str, "lines": int}, key="day pharmacy code"
)
"""Attempts rejected on a day by a pharmacy, by canonical code."""
STAGE_HOURS: Final = table_of(
    "stage_hours",
    {"day": date, "pharmacy": str, "stage": str, "hours": int, "lines": int},
    key="day pharmacy stage hours",
)
"""Attempts that finished a stage on a day at a pharmacy, by the whole hours that it took."""
DELIVERY_DELAY: Final = table_of(
    "delivery_delay",
    {"day": date, "pharmacy": str, "cold": bool, "basis": DelayBasis, "delay_days": int, "lines": int},
    key="day pharmacy cold basis delay_days",
)
"""Attempts delivered on a day by a pharmacy, by how many days later than promised (negative: earlier)."""

# Pharmacies as partners, and workers.

PARTNER_LINK: Final = table_of("partner_link", Link, refers(PHARMACY, "pharmacy"), key="pharmacy")
"""Holds no secret."""
PARTNER_PRODUCT: Final = table_of(
    "partner_product",
    {"pharmacy": str, "sku": str, "product": str},
    refers(PHARMACY, "pharmacy"),
    refers(SKU, "sku"),
    key="pharmacy sku",
)
"""A pharmacy's own number of a SKU."""
PARTNER_HEALTH: Final = table_of("partner_health", Health, refers(PHARMACY, "pharmacy"), key="pharmacy")
PARTNER_PUSH: Final = table_of(
    "partner_push",
    {
        "id": str,
        "pharmacy": str,
        "received_at": datetime,
        "content_type": str,
        "encoding": str,
        "body": str,
        "events": int,
        "problem": str,
    },
    refers(PHARMACY, "pharmacy"),
    indexed("pharmacy", "received_at"),
    key="id",
    append_only=True,
)
"""What a pharmacy pushed, byte for byte, and what became of it. ``body`` is the text of the request; bytes that are no
UTF-8 text are written as base64, and ``encoding`` says so."""
PARTNER_CLOCK: Final = table_of("partner_clock", {"ahead_seconds": int})
"""How far the simulated pharmacies of a clinic are ahead of the real time."""
WORKER: Final = table_of("worker", WorkerRun, key="worker")
WORKER_BEAT: Final = table_of("worker_beat", {"worker": str, "started_at": datetime, "beat_at": datetime}, key="worker")
"""That a worker is alive. Written past the clinic's count of writes, since no screen is drawn from it."""

# Payments.

PAYMENT_SETUP: Final = table_of("payment_setup", Setup)
"""How the clinic pays from now on. Keys are named as the environment names them."""
CHECKOUT_PAYMENT: Final = table_of(
    "checkout_payment", {"checkout": str, "method": Method}, refers(CHECKOUT, "checkout"), key="checkout"
)
"""A checkout that a provider is paid through; one without a row is on account, whatever the clinic does now."""
PAYMENT_OPERATION: Final = table_of(
    "payment_operation",
    Operation,
    refers(CHECKOUT, "checkout"),
    refers(PHARMACY_ORDER, "pharmacy_order"),
    indexed("pharmacy_order"),
    indexed("checkout"),
    indexed("state", "next_try_at"),
    indexed("provider_reference"),
    key="id",
    types={"hold": ID},
)
"""One request to the provider. The table is the queue, as ``submission`` is for pharmacies."""
PAYMENT_EVENT: Final = table_of(
    "payment_event",
    {"event": str, "type": str, "about": str, "at": datetime, "received_at": datetime, "outcome": str},
    key="event",
    append_only=True,
)
"""What the provider told of itself, once each."""
