"""Prescriber gate: who signed, and whether that person may, for this patient, on the day it ships."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import is_dea, is_npi
from core.domain.model import Days, Fix, Gate, Severity
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation
from core.rules.validation.registry import rule


@rule(
    "NPI_INVALID",
    gate=Gate.PRESCRIBER,
    severity=Severity.BLOCKING,
    field="npi",
    example="1234567890: the check digit of 123456789 is 3",
    source="45 CFR 162.406; ISO 7812 check digit over 80840 + NPI",
    silences_gate=True,
)
def npi_is_a_known_prescriber(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The prescriber's NPI is ten digits, the first 1 or 2, with the right check digit, and is in the clinic's list."""
    for line in cart.lines:
        npi = line.line.npi.strip()
        if not npi:
            yield line.problem("No prescriber is named; expected an NPI of ten digits.", *_prescribed(line))
        elif not is_npi(npi):
            message = f"{npi} is not an NPI: expected ten digits, the first 1 or 2, with the right check digit."
            yield line.problem(message, *_prescribed(line))
        elif line.prescriber is None:
            message = f"{npi} is not among the clinic's prescribers: add the prescriber, or correct the NPI."
            yield line.problem(message, *_prescribed(line))


def _prescribed(line: CheckedLine) -> tuple[Fix, ...]:
    written = line.prescription.npi if line.prescription else ""
    if not is_npi(written) or written == line.line.npi:
        return ()
    return (Fix(label=f"Use the prescription's prescriber, {written}", change={"npi": ""}),)


@rule(
    "PRESCRIBER_NOT_LICENSED",
    gate=Gate.PRESCRIBER,
    severity=Severity.BLOCKING,
    field="npi",
    example="A patient in Oklahoma, a prescriber with a Texas license alone",
    source="State medical practice acts: a prescriber is licensed where the patient is",
)
def prescriber_is_licensed_in_the_patients_state(
    cart: CheckedCart, context: Context, days: Days
) -> Iterator[Violation]:
    """The prescriber holds a license in the state of the patient's address, in force on the ship date."""
    for line in cart.lines:
        if line.prescriber is None:
            continue
        name, licence = line.prescriber.name, line.licence
        if not line.state:
            yield line.problem(f"The patient's address names no state, so no license of {name} can be matched.")
        elif licence is None:
            held = ", ".join(sorted(line.prescriber.licences)) or "no state"
            yield line.problem(f"{name} has no license in {line.state}, the patient's state (has: {held}).")
        elif licence.expires_on is not None and licence.expires_on < line.ship_day:
            yield line.problem(
                f"{name}'s {line.state} license ended on {full_day(licence.expires_on)}; it must be in force on "
                f"{full_day(line.ship_day)}, the ship date."
            )


@rule(
    "LICENCE_EXPIRING",
    gate=Gate.PRESCRIBER,
    severity=Severity.WARNING,
    field="expires_on",
    example="A license that ends on 20 December for a line that ships on 7 December",
    source="Setting licence_expiring_days",
)
def licence_outlives_the_ship_date(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The prescriber's license in the patient's state does not end within 30 days after the ship date."""
    for line in cart.lines:
        ends = line.licence.expires_on if line.licence else None
        if line.prescriber is None or ends is None or ends < line.ship_day:
            continue
        margin = timedelta(days=int(context.number("licence_expiring_days", line.ship_day, state=line.state)))
        if ends - line.ship_day <= margin:
            yield line.problem(
                f"{line.prescriber.name}'s {line.state} license ends on {full_day(ends)}, "
                f"{_after((ends - line.ship_day).days)} the ship date: ask for the renewal."
            )


def _after(number: int) -> str:
    if number == 0:
        return "on"
    return f"{number} day{'' if number == 1 else 's'} after"


@rule(
    "DEA_MISSING",
    gate=Gate.PRESCRIBER,
    severity=Severity.BLOCKING,
    field="dea_number",
    example="Testosterone for a patient in Oklahoma, a DEA number for Texas alone",
    source="21 CFR 1301.11 and 1306.05: a registration in each state",
)
def scheduled_line_has_a_dea_number(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A scheduled SKU's prescriber has a DEA number for the patient's state."""
    for line in cart.scheduled:
        if line.prescriber is not None and not _dea(line):
            yield line.problem(
                f"{line.sku.name} is schedule {line.sku.dea_schedule}; {line.prescriber.name} has no DEA number for "
                f"{line.state or 'the patient’s state, which is empty'}."
            )


@rule(
    "DEA_INVALID",
    gate=Gate.PRESCRIBER,
    severity=Severity.BLOCKING,
    field="dea_number",
    example="GQ9999999: the check digit would be 1",
    source="DEA registration number check digit",
)
def dea_number_is_valid(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The DEA number is two letters (the second may be 9) and seven digits with the right check digit."""
    for line in cart.scheduled:
        number = _dea(line)
        if number and not is_dea(number):
            yield line.problem(
                f"{number} is not a DEA number: expected two letters and seven digits with the right check digit."
            )


def _dea(line: CheckedLine) -> str:
    return line.licence.dea_number.strip().upper() if line.licence else ""
