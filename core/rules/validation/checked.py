"""A routed cart with everything that rules ask of a line looked up once, and what a rule answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.identifiers import state_code
from core.domain.model import (
    CartLine,
    Clinic,
    Days,
    Fix,
    Patient,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    RoutedLine,
    Severity,
    ShipTo,
    Sku,
    Split,
)
from core.rules.days_supply import computed_days
from core.rules.sig.agreement import Disagreement, disagreements
from core.rules.sig.proposals import Proposal, proposals
from core.rules.sig.reader import read
from core.rules.sig.supply import WeeklyMg, weekly_mg
from core.rules.sig.values import ParsedSig, number

HOLD = Fix(label="Hold this line", change={"hold": "yes"})
REMOVE = Fix(label="Remove this line", change={"remove": "yes"})
UNPIN = Fix(label="Let the split choose the pharmacy", change={"pharmacy": ""})


class DeliveryAddress(NamedTuple):
    """Where a line's box goes; ``owner`` says whose address it is."""

    owner: str
    address1: str
    address2: str
    city: str
    state: str
    zip: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns without which nothing can be delivered."""
        columns = ("address1", "city", "state", "zip")
        return tuple(column for column in columns if not says_something(getattr(self, column)))


class Violation(NamedTuple):
    """What a rule found wrong with a line; severity and field are the rule's own where None."""

    line: CheckedLine
    message: str
    fixes: tuple[Fix, ...] = ()
    severity: Severity | None = None
    field: str | None = None


class Directions:
    """One text for one SKU, read once for all the lines that have it."""

    def __init__(self, text: str, sku: Sku, context: Context, day: date) -> None:
        self.text = text
        self.sku = sku
        self._context = context
        self._day = day
        self._days: dict[int, int | None] = {}

    @cached_property
    def reading(self) -> ParsedSig:
        """The text, read for the SKU."""
        return read(self.text, self.sku)

    @cached_property
    def weekly(self) -> WeeklyMg | None:
        """Milligrams of the active a week; None where the text, or the strength of a blend, does not tell."""
        return weekly_mg(self.reading, self.sku, self.active)

    @cached_property
    def active(self) -> str:
        """The active that titration goes by."""
        return self._context.active_of(self.sku)

    @cached_property
    def disagreements(self) -> tuple[Disagreement, ...]:
        """Amounts stated of one dose that are not the same dose."""
        return disagreements(
            self.reading,
            self.sku,
            tolerance_units=self._context.number("dose_tolerance_units", self._day),
            tolerance_share=self._context.number("dose_tolerance_share", self._day),
        )

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        """Directions that the prescriber could be asked for instead."""
        return proposals(
            self.reading,
            self.sku,
            tolerance_units=self._context.number("dose_tolerance_units", self._day),
            share=self._context.number("dose_tolerance_share", self._day),
        )

    def days(self, quantity: int) -> int | None:
        """How long so many packs last by the text alone; None where it does not tell."""
        if quantity not in self._days:
            self._days[quantity] = computed_days(self.text, self.sku, quantity, self._context, self._day)
        return self._days[quantity]


class Reader:
    """Reads each text once for each SKU."""

    def __init__(self, context: Context, day: date) -> None:
        self._context = context
        self._day = day
        self._read: dict[tuple[str, str], Directions] = {}

    def __call__(self, sig: str, sku: Sku) -> Directions:
        key = (sig.strip(), sku.sku)
        if key not in self._read:
            self._read[key] = Directions(key[0], sku, self._context, self._day)
        return self._read[key]


@dataclass(frozen=True)
class CheckedLine:
    """A routed line beside its patient, SKU, prescription, prescriber and destination.

    An unknown patient or SKU is stood in for by an empty one, so that rules say what is missing and none raises.
    """

    routed: RoutedLine
    sku: Sku
    patient: Patient
    prescription: Prescription | None
    prescriber: Prescriber | None
    destination: DeliveryAddress
    ship_day: date
    directions: Directions

    @property
    def line(self) -> CartLine:
        """The cart's line itself."""
        return self.routed.line

    @property
    def state(self) -> str:
        """The state of the patient's address, where a prescriber must be licensed."""
        return state_code(self.patient.state)

    @property
    def licence(self) -> PrescriberLicence | None:
        """The prescriber's licence in the patient's state, in force or not."""
        return self.prescriber.licences.get(self.state) if self.prescriber else None

    @property
    def pin(self) -> str | None:
        """The one pharmacy that may fill it: the line's own pin, else the one that has the prescription."""
        return self.line.pharmacy or (self.prescription.rx_pharmacy if self.prescription else None)

    def problem(
        self, message: str, *fixes: Fix, severity: Severity | None = None, field: str | None = None
    ) -> Violation:
        """What is wrong with this line, in words, and what would put it right."""
        return Violation(self, message, fixes, severity, field)


@dataclass(frozen=True)
class CheckedCart:
    """All lines in the cart's order, held ones too, and the program that they are to be bought under."""

    lines: tuple[CheckedLine, ...]
    program: Program
    read: Reader

    @cached_property
    def prescribed(self) -> tuple[tuple[CheckedLine, Prescription], ...]:
        """The lines whose prescription exists, each with it."""
        return tuple((line, line.prescription) for line in self.lines if line.prescription is not None)

    @cached_property
    def directed(self) -> tuple[CheckedLine, ...]:
        """The lines that have directions."""
        return tuple(line for line in self.lines if line.directions.text)

    @cached_property
    def scheduled(self) -> tuple[CheckedLine, ...]:
        """The lines of controlled substances."""
        return tuple(line for line in self.lines if line.sku.scheduled)

    def accused(self, code: str) -> Iterator[tuple[CheckedLine, tuple[str, ...]]]:
        """Lines that no pharmacy, or not the pinned one, may fill because of ``code``; and the pharmacies that fail it.

        A pinned line is accused of every code that its pin fails, any other of the one that emptied its list.
        """
        for line in self.lines:
            codes = line.routed.codes if line.pin else line.routed.codes[:1]
            if code not in codes:
                continue
            failing = tuple(refusal.pharmacy for refusal in line.routed.refused if code in refusal.codes)
            yield line, (line.pin,) if line.pin else failing


def checked(split: Split, context: Context, program: Program, days: Days) -> CheckedCart:
    """The split's lines in the cart's order, with what rules ask of them."""
    reader = Reader(context, days.refill_day)
    clinic = clinic_address(context.clinic)
    ordered = sorted(split.lines, key=lambda routed: routed.line.number)
    return CheckedCart(tuple(_checked(routed, context, days, reader, clinic) for routed in ordered), program, reader)


def _checked(routed: RoutedLine, context: Context, days: Days, reader: Reader, clinic: DeliveryAddress) -> CheckedLine:
    line = routed.line
    sku = context.skus.get(line.sku) or Sku(sku=line.sku, name=line.sku, sterile=False, cold_chain=False)
    patient = context.patients.get(line.patient) or Patient(patient=line.patient)
    return CheckedLine(
        routed=routed,
        sku=sku,
        patient=patient,
        prescription=context.prescriptions.get(line.rx) if line.rx else None,
        prescriber=context.prescribers.get(line.npi.strip()),
        destination=clinic if line.ship_to is ShipTo.CLINIC else _patient_address(patient),
        ship_day=routed.promise.ships_on if routed.promise else days.refill_day,
        directions=reader(line.sig, sku),
    )


def clinic_address(clinic: Clinic) -> DeliveryAddress:
    """Where boxes to the clinic go."""
    return DeliveryAddress(
        "the clinic", clinic.address1.strip(), "", clinic.city.strip(), state_code(clinic.state), clinic.zip.strip()
    )


def _patient_address(patient: Patient) -> DeliveryAddress:
    return DeliveryAddress(
        "the patient",
        patient.address1.strip(),
        patient.address2.strip(),
        patient.city.strip(),
        state_code(patient.state),
        patient.zip.strip(),
    )


COLUMNS: Final = {
    "first_name": "first name",
    "last_name": "last name",
    "born_on": "date of birth",
    "phone": "telephone number",
    "address1": "street",
    "zip": "ZIP code",
}
"""Columns of patients.csv and clinic.csv as people call them; the others say it themselves."""


NOTHING_SAID: Final = frozenset({"", "na", "nil", "no", "none", "not applicable", "tbd", "unknown"})
"""What stands in a cell that somebody had to fill in, and says nothing."""


def says_something(text: str) -> bool:
    """Whether a cell has content: ``N/A``, ``-`` and ``none`` have not."""
    words = " ".join("".join(letter if letter.isalnum() or letter.isspace() else "" for letter in text).split())
    return words.casefold() not in NOTHING_SAID


def in_words(columns: Iterable[str]) -> str:
    """``street, ZIP code``."""
    return ", ".join(COLUMNS.get(column, column) for column in columns)


def mg(amount: Decimal) -> str:
    """Milligrams as people write them: at most four decimals, none that say nothing."""
    return number(Fraction(amount))


def packs(number_of: int) -> str:
    """``1 pack``, ``3 packs``."""
    return f"{number_of} pack{'' if number_of == 1 else 's'}"
