"""The vocabulary of Refill Day: frozen values and enumerations, no behavior that needs a store.

A field is named as its column in the files (docs/formats.md), so that reading a file is copying names; money
columns carry ``_cents``. Keys are the clinic's own codes (``sku``, ``pharmacy``, ``patient``, ``rx``, ``npi``).
Days are plain dates in the clinic's zone unless a docstring says otherwise; instants are aware datetimes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value; unknown fields are programming errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProgramKind(StrEnum):
    """How medication is priced: at each pharmacy's own cost, or at the platform's pooled price."""

    PASS_THROUGH = "pass-through"
    AGGREGATE = "aggregate"


class RateBase(StrEnum):
    """The amount that an aggregate program's software rate is taken of."""

    MEDICATION = "medication"
    MEDICATION_AND_SHIPPING = "medication+shipping"


class LicenceKind(StrEnum):
    """What a pharmacy's license in a state allows it to ship there."""

    NONSTERILE = "nonsterile"
    STERILE = "sterile"
    CONTROLLED = "controlled"


class ShipTo(StrEnum):
    """Where a line's box goes."""

    PATIENT = "patient"
    CLINIC = "clinic"


class Encounter(StrEnum):
    """A prescriber's visit that the platform charges for, on the first fill only."""

    NONE = "none"
    HANDS_ON = "hands_on"
    HANDS_OFF = "hands_off"


class Objective(StrEnum):
    """What the split minimizes, after filling the most lines."""

    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    BALANCED = "balanced"


class PreferenceKind(StrEnum):
    """What a routing preference does."""

    USE = "use"
    AVOID = "avoid"
    TOGETHER = "together"
    STAY = "stay"
    RESERVE = "reserve"
    BOXES = "boxes"


class PreferenceScope(StrEnum):
    """Which lines a routing preference is about."""

    CART = "cart"
    PATIENT = "patient"
    SKU = "sku"
    LINE = "line"


class Severity(StrEnum):
    """How much a finding stops."""

    BLOCKING = "blocking"
    WARNING = "warning"
    INFO = "info"


class FindingEnd(StrEnum):
    """What became of a finding: nothing yet, put right before its line was placed, or placed with it, as a warning that
    was acknowledged or a blocking one that was overridden."""

    OPEN = "open"
    FIXED = "fixed"
    ACKNOWLEDGED = "acknowledged"
    OVERRIDDEN = "overridden"


class Owner(StrEnum):
    """Who can put a finding right."""

    CLINIC = "clinic"
    PRESCRIBER = "prescriber"
    PHARMACY = "pharmacy"
    PATIENT = "patient"


class Gate(StrEnum):
    """The part of the check that a rule belongs to (the first column of rules.md, section 3)."""

    SIG = "SIG"
    PRESCRIBER = "Prescriber"
    PRESCRIPTION = "Prescription"
    TIMING = "Timing"
    TITRATION = "Titration"
    PHARMACY = "Pharmacy"
    SHIPPING = "Shipping"
    PATIENT = "Patient"


class LineState(StrEnum):
    """Where one ordered line is; the moves between states are core/domain/lifecycle.py."""

    PLACED = "placed"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    ON_HOLD = "on_hold"
    COMPOUNDING = "compounding"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class SubmissionState(StrEnum):
    """Where one message to a pharmacy is. ``unknown`` is never resent by itself."""

    QUEUED = "queued"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """What a person may do (docs/roles in the README)."""

    ADMIN = "admin"
    MANAGER = "manager"
    STAFF = "staff"
    LEADERSHIP = "leadership"


class Contact(Model):
    """How somebody is reached; an empty text where nobody said."""

    phone: str = ""
    fax: str = ""
    email: str = ""

    @property
    def reached_at(self) -> str:
        """``phone 512-555-0100, fax 512-555-0101``; empty where nothing is known."""
        ways = (("phone", self.phone), ("fax", self.fax), ("email", self.email))
        return ", ".join(f"{way} {at.strip()}" for way, at in ways if at.strip())


class Clinic(Contact):
    """The tenant. ``program`` lists the programs it may place with, the default first."""

    clinic: str
    name: str
    address1: str = ""
    city: str = ""
    state: str
    zip: str = ""
    time_zone: str
    program: tuple[str, ...]


class Sku(Model):
    """One orderable pack. Concentration is of the first active, in mg/mL; volume of one vial, in mL."""

    sku: str
    name: str
    category: str = ""
    form: str = ""
    strength: str = ""
    concentration_mg_per_ml: Decimal | None = None
    drug_units_per_ml: Decimal | None = None
    volume_ml: Decimal | None = None
    units_per_pack: int | None = None
    mg_per_unit: Decimal | None = None
    route: str = ""
    sterile: bool
    cold_chain: bool
    dea_schedule: str | None = None
    clinical_difference_required: bool = False
    in_use_days: int | None = None
    actives: tuple[str, ...] = ()
    therapy_class: str = ""
    ingredients: tuple[str, ...] = ()
    usual_sig: str = ""
    patient_price_cents: int | None = None

    @property
    def active(self) -> str:
        """The first active, folded; a SKU without actives is its own. ``Context.active_of`` is what therapies go by."""
        return self.actives[0].casefold() if self.actives else f"sku {self.sku}"

    @property
    def licence_kind(self) -> LicenceKind:
        """The license that shipping this SKU needs, beside ``controlled`` for a scheduled one."""
        return LicenceKind.STERILE if self.sterile else LicenceKind.NONSTERILE

    @property
    def scheduled(self) -> bool:
        """Whether it is a controlled substance."""
        return self.dea_schedule is not None

    @property
    def pieces(self) -> int:
        """Vials or pieces in one pack."""
        return self.units_per_pack or 1

    @property
    def mg_per_pack(self) -> Decimal | None:
        """Milligrams of the first active in one pack; None where the strength is not known."""
        if self.volume_ml is not None and self.concentration_mg_per_ml is not None:
            return self.concentration_mg_per_ml * self.volume_ml * self.pieces
        if self.mg_per_unit is not None:
            return self.mg_per_unit * self.pieces
        return None


class Pharmacy(Contact):
    """A 503A partner. ``cutoff`` is in its own zone; weekdays are 0 for Monday; transit counts carrier days."""

    pharmacy: str
    name: str
    state: str
    time_zone: str
    cutoff: time
    ship_days: frozenset[int]
    cold_ship_days: frozenset[int]
    processing_days: int
    carrier: str = ""
    transit_days: int
    cold_transit_days: int
    ambient_fee_cents: int
    cold_fee_cents: int
    clinic_consolidates: bool = False
    sig_max_chars: int | None = None
    max_refills: int | None = None
    refill_threshold: Decimal | None = None
    programs: tuple[str, ...] = ()

    def fee_cents(self, cold: bool) -> int:
        """What one box costs."""
        return self.cold_fee_cents if cold else self.ambient_fee_cents

    def takes(self, program: str) -> bool:
        """Whether it fills orders under the program; an empty list takes all."""
        return not self.programs or program in self.programs


class PharmacyLicence(Model):
    """Leave to ship one kind of product to one state, to the end of ``expires_on`` (None: open)."""

    pharmacy: str
    state: str
    kind: LicenceKind
    number: str = ""
    expires_on: date | None = None


class Offer(Model):
    """A pharmacy's price for one pack, in force from ``valid_from`` until the next row or ``valid_to``."""

    pharmacy: str
    sku: str
    unit_cost_cents: int
    stock: int | None = None
    stock_at: datetime | None = None
    min_quantity: int | None = None
    max_quantity: int | None = None
    valid_from: date
    valid_to: date | None = None
    source: str = ""


class Program(Model):
    """A way of paying. Rates are fractions."""

    program: str
    kind: ProgramKind
    monthly_fee_cents: int
    rate: Decimal
    rate_base: RateBase = RateBase.MEDICATION
    processing_rate: Decimal = Decimal(0)
    processing_fixed_cents: int = 0
    encounter_hands_on_cents: int = 0
    encounter_hands_off_cents: int = 0
    valid_from: date
    source: str = ""

    def encounter_cents(self, encounter: Encounter) -> int:
        """The program's charge for one encounter."""
        return {
            Encounter.NONE: 0,
            Encounter.HANDS_ON: self.encounter_hands_on_cents,
            Encounter.HANDS_OFF: self.encounter_hands_off_cents,
        }[encounter]


class AggregatePrice(Model):
    """An aggregate program's pooled price for one pack."""

    program: str
    sku: str
    unit_price_cents: int
    valid_from: date
    source: str = ""


class PrescriberLicence(Model):
    """A prescriber's license in one state and, where there is one, the DEA number for it."""

    npi: str
    state: str
    number: str = ""
    expires_on: date | None = None
    dea_number: str = ""


class Prescriber(Contact):
    """Somebody who signs prescriptions; licenses by state."""

    npi: str
    first_name: str
    last_name: str
    credential: str = ""
    licences: Mapping[str, PrescriberLicence] = {}

    @property
    def name(self) -> str:
        """As people say it: ``Dr Okafor`` is up to the screen; this is ``Ada Okafor, MD``."""
        return f"{self.first_name} {self.last_name}" + (f", {self.credential}" if self.credential else "")


class Patient(Model):
    """One person. ``allergies`` is None when nobody asked, empty when there are none. Nothing is due before
    ``paused_until``."""

    patient: str
    first_name: str = ""
    last_name: str = ""
    born_on: date | None = None
    sex: str = ""
    phone: str = ""
    email: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    state: str = ""
    zip: str = ""
    allergies: tuple[str, ...] | None = None
    active: bool = True
    paused_until: date | None = None
    pause_reason: str = ""

    @property
    def name(self) -> str:
        """``Rivera, Ana``; the patient's code where no name is known."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part) or self.patient


class Prescription(Model):
    """One patient, one SKU, one prescriber. ``quantity`` in packs; ``refills`` leaves the first fill out."""

    rx: str
    patient: str
    sku: str
    npi: str
    sig: str = ""
    quantity: int
    days_supply: int | None = None
    refills: int = 0
    written_on: date
    clinical_difference: str = ""
    last_filled_on: date | None = None
    first_filled_on: date | None = None
    fills: int = 0
    encounter: Encounter = Encounter.NONE
    rx_pharmacy: str | None = None
    rx_number: str = ""
    telemedicine: bool | None = None
    in_person_on: date | None = None
    stopped_on: date | None = None
    stop_reason: str = ""
    paused_until: date | None = None
    pause_reason: str = ""


class CarrierDay(Model):
    """Whether a carrier runs on a day that is not as its weekday says."""

    carrier: str
    date: date
    runs: bool


class Closure(Model):
    """A day on which a pharmacy is closed."""

    pharmacy: str
    date: date


class LadderStep(Model):
    """One step of an active's titration ladder, in mg a week."""

    active: str
    step: int
    weekly_mg: Decimal


class Setting(Model):
    """A threshold in force from a day, for the clinic, one pharmacy or one state (core/domain/settings.py has the names)."""

    scope: str
    name: str
    value: str
    valid_from: date


class OurLine(Model):
    """A line that this clinic has ordered here: what due lists, refill counts and duplicates need of it.

    In flight from placed to compounding; ``shipped_on`` is set for every line that ever shipped.
    """

    reference: str
    patient: str
    rx: str
    sku: str
    quantity: int
    pharmacy: str
    state: LineState
    placed_on: date
    shipped_on: date | None = None

    @property
    def in_flight(self) -> bool:
        """Placed and not yet shipped, unknown included."""
        return self.state in IN_FLIGHT


IN_FLIGHT = frozenset(
    {LineState.PLACED, LineState.SUBMITTED, LineState.ACCEPTED, LineState.ON_HOLD, LineState.COMPOUNDING}
)


class Days(NamedTuple):
    """When this is decided: the refill day, the placing day in the clinic's zone, and the instant, if it matters.

    ``placed_at`` None means before every cut-off of the placing day.
    """

    refill_day: date
    placing_day: date
    placed_at: datetime | None = None


class CartLine(Model):
    """One patient's line, blank cells already completed from its prescription (core/rules/prescriptions.py, ``complete``).

    ``number`` counts from 1 in the cart's order and is what people and commands say. ``rx`` is None when the patient
    has no prescription for the SKU; it may also name one that does not exist. ``pharmacy`` is the pin. ``note`` is what
    the pharmacist is told with the order. ``id`` and ``version`` are the store's; a cart read from a file has none.
    """

    number: int
    patient: str
    sku: str
    quantity: int = 1
    rx: str | None = None
    sig: str = ""
    npi: str = ""
    pharmacy: str | None = None
    ship_to: ShipTo = ShipTo.PATIENT
    hold: bool = False
    note: str = ""
    id: str = ""
    version: int = 0


class RoutingPreference(NamedTuple):
    """A routing preference that staff give, for the lines that it chooses pharmacies for (not held, not pinned).

    ``of`` is the patient, the SKU or the line's number; empty for the whole cart. ``use`` and ``avoid`` name the
    ``pharmacy`` that must or must not fill them; ``together`` sends all of a patient's lines to one pharmacy; ``stay``
    keeps lines at the pharmacy of last time unless moving saves more than ``amount_cents`` a line; ``reserve`` keeps
    the line's packs at ``pharmacy`` for it; ``boxes`` counts every box ``amount_cents`` dearer than it is, and with 0
    sends as few as possible, whatever they cost.
    """

    kind: PreferenceKind
    scope: PreferenceScope
    of: str = ""
    pharmacy: str = ""
    amount_cents: int = 0


MOST_PACKS = 10_000
"""The largest quantity of a cart's line."""


class Cart(Model):
    """A refill day's lines, in order, and its routing preferences."""

    refill_day: date
    lines: tuple[CartLine, ...] = ()
    preferences: tuple[RoutingPreference, ...] = ()


class Fix(Model):
    """A change that one click applies to the line: cart.csv columns and their new cells, or ``{"remove": "yes"}``."""

    label: str
    change: Mapping[str, str]


class Finding(Model):
    """What a rule says of a line. ``field`` is a column of cart.csv or of the file at fault."""

    line: int
    held: bool
    code: str
    severity: Severity
    field: str
    message: str
    owner: Owner
    fixes: tuple[Fix, ...] = ()


class Override(NamedTuple):
    """A person answers for a blocking finding. ``confirmed_by`` and ``confirmed_on`` name the prescriber or pharmacist
    who confirmed it, where the rules ask for one."""

    line: int
    code: str
    reason: str
    confirmed_by: str = ""
    confirmed_on: date | None = None


class Promise(NamedTuple):
    """A pharmacy's dates for a box (rules.md, section 6): days in the pharmacy's zone, the delivery in the patient's, as
    carriers promise it."""

    received: date
    ready: date
    ships_on: date
    delivers_on: date


class Box(NamedTuple):
    """A shipment's key: pharmacy x destination x temperature. Destination is ``patient CODE``, ``clinic`` or
    ``clinic for CODE`` (rules.md, section 1)."""

    pharmacy: str
    destination: str
    cold: bool


class Alternative(NamedTuple):
    """Another eligible pharmacy for a line: what the whole checkout and the line's delivery would change by."""

    pharmacy: str
    extra_cost_cents: int
    extra_days: int


class Refusal(NamedTuple):
    """A pharmacy that may not fill a line, and the finding codes that say why."""

    pharmacy: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoutedLine:
    """A cart line and who fills it. ``pharmacy``, ``box`` and ``promise`` are None for a held or unfilled line;
    an unfilled line's ``codes`` say what emptied its list (the first of them is the finding)."""

    line: CartLine
    pharmacy: str | None = None
    box: Box | None = None
    promise: Promise | None = None
    alternatives: tuple[Alternative, ...] = ()
    refused: tuple[Refusal, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def filled(self) -> bool:
        """Whether a pharmacy takes it."""
        return self.pharmacy is not None


@dataclass(frozen=True, slots=True)
class Split:
    """The assignment of every line. ``bound`` is in cents (a sum of days for ``fastest``); ``proven`` when it is met.

    ``answer`` is what the search decided, for core/rules/split alone: the same question is not searched twice.
    """

    objective: Objective
    program: str
    lines: tuple[RoutedLine, ...]
    total_cents: int
    bound: int
    proven: bool
    seconds: float
    answer: object = field(default=None, compare=False, repr=False)

    @property
    def filled(self) -> tuple[RoutedLine, ...]:
        """The lines that go out."""
        return tuple(routed for routed in self.lines if routed.filled)

    @property
    def unfilled(self) -> tuple[RoutedLine, ...]:
        """Lines that are not held and that nobody can fill."""
        return tuple(routed for routed in self.lines if not routed.filled and not routed.line.hold)


class QuoteLine(NamedTuple):
    """A line's landed cost by component; processing is split into its percentage and its fixed part for the ledger."""

    line: int
    pharmacy: str
    quantity: int
    medication_cents: int
    program_fee_cents: int
    encounter_cents: int
    shipping_cents: int
    processing_cents: int
    processing_fixed_cents: int
    landed_cents: int
    unit_landed_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a checkout costs under one program; its lines sum to it to the cent."""

    program: str
    kind: ProgramKind
    medication_cents: int
    program_fee_cents: int
    encounters_cents: int
    shipping_cents: int
    processing_cents: int
    total_cents: int
    lines: tuple[QuoteLine, ...]


DifferenceValue = int | date | str | None
"""One side of a difference: cents, a day, or words; None was not there."""


class PlanDifference(NamedTuple):
    """One thing of a plan that is not as it was seen; ``line`` None is the whole checkout."""

    line: int | None
    aspect: str
    expected: DifferenceValue
    actual: DifferenceValue
