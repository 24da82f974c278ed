"""The clinic's own data, its carts and its people, as tables: a column is named as the model's field.

Reference rows are keyed by the clinic's codes, rows that the app makes by a UUIDv7. Orders are in orders.py.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.adapters.store.base import Base, Cents, Made, OfClinic, choice, refers
from core.domain.model import Encounter, LicenceKind, PreferenceKind, ProgramKind, RateBase, Role, ShipTo


class ClinicRow(Base):
    """The tenant. ``data_version`` counts the writes of this clinic: what screens cache by, and what writers lock."""

    __tablename__ = "clinic"
    clinic: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    address1: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    state: Mapped[str]
    zip: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str]
    program: Mapped[tuple[str, ...]]
    data_version: Mapped[int] = mapped_column(BigInteger, default=0)


class SkuRow(OfClinic, Base):
    """One orderable pack."""

    __tablename__ = "sku"
    sku: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    category: Mapped[str]
    form: Mapped[str]
    strength: Mapped[str]
    concentration_mg_per_ml: Mapped[Decimal | None]
    drug_units_per_ml: Mapped[Decimal | None]
    volume_ml: Mapped[Decimal | None]
    units_per_pack: Mapped[int | None]
    mg_per_unit: Mapped[Decimal | None]
    route: Mapped[str]
    sterile: Mapped[bool]
    cold_chain: Mapped[bool]
    dea_schedule: Mapped[str | None]
    clinical_difference_required: Mapped[bool]
    in_use_days: Mapped[int | None]
    actives: Mapped[tuple[str, ...]]
    therapy_class: Mapped[str]
    ingredients: Mapped[tuple[str, ...]]
    usual_sig: Mapped[str]
    patient_price_cents: Mapped[int | None] = mapped_column(Cents)


class PharmacyRow(OfClinic, Base):
    """A 503A partner."""

    __tablename__ = "pharmacy"
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    state: Mapped[str]
    time_zone: Mapped[str]
    cutoff: Mapped[time]
    ship_days: Mapped[frozenset[int]]
    cold_ship_days: Mapped[frozenset[int]]
    processing_days: Mapped[int]
    carrier: Mapped[str]
    transit_days: Mapped[int]
    cold_transit_days: Mapped[int]
    ambient_fee_cents: Mapped[int] = mapped_column(Cents)
    cold_fee_cents: Mapped[int] = mapped_column(Cents)
    clinic_consolidates: Mapped[bool]
    sig_max_chars: Mapped[int | None]
    max_refills: Mapped[int | None]
    refill_threshold: Mapped[Decimal | None]
    programs: Mapped[tuple[str, ...]]


class PharmacyLicenceRow(OfClinic, Base):
    """Leave to ship one kind of product to one state."""

    __tablename__ = "pharmacy_licence"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"),)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[LicenceKind] = mapped_column(choice(LicenceKind), primary_key=True)
    number: Mapped[str]
    expires_on: Mapped[date | None]


class OfferRow(OfClinic, Base):
    """A pharmacy's price and stock from a day on; earlier rows are its history."""

    __tablename__ = "offer"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"), refers("sku", sku="sku"))
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    unit_cost_cents: Mapped[int] = mapped_column(Cents)
    stock: Mapped[int | None]
    stock_at: Mapped[datetime | None]
    min_quantity: Mapped[int | None]
    max_quantity: Mapped[int | None]
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    source: Mapped[str]


class ProgramRow(OfClinic, Base):
    """A way of paying from a day on; earlier rows are its history."""

    __tablename__ = "program"
    program: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[ProgramKind] = mapped_column(choice(ProgramKind))
    monthly_fee_cents: Mapped[int] = mapped_column(Cents)
    rate: Mapped[Decimal]
    rate_base: Mapped[RateBase] = mapped_column(choice(RateBase))
    processing_rate: Mapped[Decimal]
    processing_fixed_cents: Mapped[int] = mapped_column(Cents)
    encounter_hands_on_cents: Mapped[int] = mapped_column(Cents)
    encounter_hands_off_cents: Mapped[int] = mapped_column(Cents)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str]


class AggregatePriceRow(OfClinic, Base):
    """A pooled price from a day on; earlier rows are its history."""

    __tablename__ = "aggregate_price"
    __table_args__ = (refers("sku", sku="sku"),)
    program: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    unit_price_cents: Mapped[int] = mapped_column(Cents)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[str]


class PrescriberRow(OfClinic, Base):
    """Somebody who signs prescriptions."""

    __tablename__ = "prescriber"
    npi: Mapped[str] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    credential: Mapped[str]


class PrescriberLicenceRow(OfClinic, Base):
    """A prescriber's licence, and DEA number, in one state."""

    __tablename__ = "prescriber_licence"
    __table_args__ = (refers("prescriber", npi="npi"),)
    npi: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str]
    expires_on: Mapped[date | None]
    dea_number: Mapped[str]


class PatientRow(OfClinic, Base):
    """One person: the only table with a name or an address of a patient."""

    __tablename__ = "patient"
    patient: Mapped[str] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    born_on: Mapped[date | None]
    sex: Mapped[str]
    phone: Mapped[str]
    email: Mapped[str]
    address1: Mapped[str]
    address2: Mapped[str]
    city: Mapped[str]
    state: Mapped[str]
    zip: Mapped[str]
    allergies: Mapped[tuple[str, ...] | None]
    active: Mapped[bool]


class PrescriptionRow(OfClinic, Base):
    """One patient, one SKU, one prescriber."""

    __tablename__ = "prescription"
    rx: Mapped[str] = mapped_column(primary_key=True)
    patient: Mapped[str]
    sku: Mapped[str]
    npi: Mapped[str]
    sig: Mapped[str]
    quantity: Mapped[int]
    days_supply: Mapped[int | None]
    refills: Mapped[int]
    written_on: Mapped[date]
    clinical_difference: Mapped[str]
    last_filled_on: Mapped[date | None]
    first_filled_on: Mapped[date | None]
    fills: Mapped[int]
    encounter: Mapped[Encounter] = mapped_column(choice(Encounter))
    rx_pharmacy: Mapped[str | None]
    rx_number: Mapped[str]
    telemedicine: Mapped[bool]
    in_person_on: Mapped[date | None]
    stopped_on: Mapped[date | None]
    stop_reason: Mapped[str]
    __table_args__ = (
        refers("patient", patient="patient"),
        refers("sku", sku="sku"),
        refers("prescriber", npi="npi"),
        Index(None, "clinic", "patient"),
    )


class CarrierDayRow(OfClinic, Base):
    """Whether a carrier runs on a day that is not as its weekday says."""

    __tablename__ = "carrier_day"
    carrier: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    runs: Mapped[bool]


class ClosureRow(OfClinic, Base):
    """A day on which a pharmacy is closed."""

    __tablename__ = "closure"
    __table_args__ = (refers("pharmacy", pharmacy="pharmacy"),)
    pharmacy: Mapped[str] = mapped_column(primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)


class LadderStepRow(OfClinic, Base):
    """One step of an active's titration ladder."""

    __tablename__ = "ladder_step"
    active: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    weekly_mg: Mapped[Decimal]


class SettingRow(OfClinic, Base):
    """A threshold from a day on."""

    __tablename__ = "setting"
    scope: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    valid_from: Mapped[date] = mapped_column(primary_key=True)


class CartLineRow(Made, Base):
    """One line of a refill day's cart, in order of position; ``version`` rises with every edit.

    Its cells are as given: None comes from the prescription. An unknown rx or npi is a finding, so neither refers.
    """

    __tablename__ = "cart_line"
    refill_day: Mapped[date]
    position: Mapped[int]
    version: Mapped[int]
    created_by: Mapped[str]
    patient: Mapped[str]
    sku: Mapped[str]
    quantity: Mapped[int | None]
    rx: Mapped[str | None]
    sig: Mapped[str | None]
    npi: Mapped[str | None]
    pharmacy: Mapped[str | None]
    ship_to: Mapped[ShipTo] = mapped_column(choice(ShipTo))
    hold: Mapped[bool]
    __table_args__ = (
        refers("patient", patient="patient"),
        refers("sku", sku="sku"),
        refers("pharmacy", pharmacy="pharmacy"),
        Index(None, "clinic", "refill_day", "position"),
    )


class CartChangeRow(Made, Base):
    """What one press did to a cart, so that it can be undone: the changed lines before and after."""

    __tablename__ = "cart_change"
    refill_day: Mapped[date]
    number: Mapped[int]
    by: Mapped[str]
    at: Mapped[datetime]
    what: Mapped[str]
    lines: Mapped[str]
    __table_args__ = (Index(None, "clinic", "refill_day", "by", "number"),)


class CartConstraintRow(Made, Base):
    """What somebody asks of the split of a refill day's cart: of all of it, or of one patient, SKU or line."""

    __tablename__ = "cart_constraint"
    refill_day: Mapped[date]
    kind: Mapped[PreferenceKind] = mapped_column(choice(PreferenceKind, "constraintkind"))
    patient: Mapped[str | None]
    sku: Mapped[str | None]
    line: Mapped[str | None] = mapped_column(String(36))
    pharmacy: Mapped[str | None]
    amount_cents: Mapped[int] = mapped_column(Cents)
    by: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        refers("patient", patient="patient"),
        refers("sku", sku="sku"),
        refers("cart_line", line="id", cascade=True),
        refers("pharmacy", pharmacy="pharmacy"),
        Index(None, "clinic", "refill_day"),
        Index(None, "clinic", "line"),
    )


class AcknowledgementRow(OfClinic, Base):
    """A warning that somebody has read."""

    __tablename__ = "acknowledgement"
    __table_args__ = (refers("cart_line", line="id", cascade=True),)
    line: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str]
    at: Mapped[datetime]


class OverrideRow(OfClinic, Base):
    """A blocking finding that somebody answers for; who confirmed it, and when, where the rules ask for that."""

    __tablename__ = "override"
    __table_args__ = (refers("cart_line", line="id", cascade=True),)
    line: Mapped[str] = mapped_column(String(36), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_on: Mapped[date | None]


class PersonRow(OfClinic, Base):
    """Somebody who may sign in."""

    __tablename__ = "person"
    email: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(choice(Role))
    active: Mapped[bool]


class AuditEntryRow(OfClinic, Base):
    """Who did what when. Append-only; ``hash`` covers the entry and the hash before it."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    email: Mapped[str]
    role: Mapped[Role] = mapped_column(choice(Role))
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index(None, "clinic", "at"), Index(None, "clinic", "subject"))
