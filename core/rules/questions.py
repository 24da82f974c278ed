"""Ready-made questions about lines that are held: whom to ask, in which words, and the letter that asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import CartLine, Contact, Finding, Fix, Gate, Owner
from core.rules.validation import RULES

ASKED_FOR: Final = {
    Owner.PRESCRIBER: "Please send a new prescription, or confirm that it is right as it is.",
    Owner.PHARMACY: "Can you fill it, and from which day?",
    Owner.PATIENT: "Please tell us what is right.",
}
"""What is wanted of whoever is asked."""
ASK: Final = "Hold, and ask the prescriber "
"""How the label of a fix begins that only asks."""
_PATIENT_DATA: Final = frozenset({Gate.PATIENT, Gate.SHIPPING})


def whom_to_ask(finding: Finding) -> Owner:
    """Who can answer: the patient for what the clinic keeps about the patient, the prescriber where medication may
    do harm."""
    if finding.owner in {Owner.PRESCRIBER, Owner.PHARMACY}:
        return finding.owner
    about_patient = finding.owner is Owner.CLINIC and RULES[finding.code].gate in _PATIENT_DATA
    return Owner.PATIENT if about_patient else Owner.PRESCRIBER


def question_in_words(finding: Finding, fix: Fix | None = None) -> str:
    """What is asked because of a finding; with one of its fixes that only asks, what that one asks for."""
    wanted = f" We ask you {fix.label.removeprefix(ASK)}." if fix else ""
    return f"{finding.message}{wanted} {ASKED_FOR[whom_to_ask(finding)]}"


def only_asks(fix: Fix) -> bool:
    """Whether a fix changes nothing but holds the line while the prescriber is asked."""
    return fix.label.startswith(ASK)


class Addressee(NamedTuple):
    """Who is asked, by name, and how to reach them in words; empty where the clinic does not know."""

    name: str
    reached_at: str


def addressee(asked_of: Owner, line: CartLine, pharmacy: str | None, context: Context) -> Addressee:
    """Who answers for this line; ``pharmacy`` is the one that would fill it, where there is one."""
    if asked_of is Owner.PATIENT:
        patient = context.patients.get(line.patient)
        reach = Contact(phone=patient.phone, email=patient.email).reached_at if patient else ""
        return Addressee(patient.name if patient else line.patient, reach)
    if asked_of is Owner.PHARMACY:
        row = context.pharmacies.get(pharmacy or line.pharmacy or "")
        return Addressee(row.name, row.reached_at) if row else Addressee("Any pharmacy that offers it", "")
    prescriber = context.prescribers.get(line.npi)
    if prescriber is None:
        return Addressee(line.npi or "Prescriber not known", "")
    return Addressee(prescriber.name, prescriber.reached_at)


class Asked(NamedTuple):
    """One question of a letter: the line, the words, directions that are asked for, and when the supply ends."""

    line: CartLine
    question: str
    directions: str
    supply_ends: date | None


def letter(to: Addressee, asked: Sequence[Asked], context: Context, today: date) -> str:
    """The text of a mail or a printed letter to one addressee: every question with its patient and prescription."""
    clinic = context.clinic
    sender = ", ".join(part for part in (clinic.name, clinic.reached_at) if part)
    head = [f"To {', '.join(part for part in to if part)}", f"From {sender}", full_day(today)]
    blocks = [f"{number}. {_asked(each, context)}" for number, each in enumerate(asked, 1)]
    return "\n\n".join(["\n".join(head), *blocks, "Thank you."])


def _asked(asked: Asked, context: Context) -> str:
    line, patient = asked.line, context.patients.get(asked.line.patient)
    sku, prescription = context.skus.get(line.sku), context.prescriptions.get(line.rx or "")
    born = f", born {full_day(patient.born_on)}" if patient and patient.born_on else ""
    written = f", written {full_day(prescription.written_on)}" if prescription else ""
    rows = [
        f"{patient.name if patient else line.patient}{born}",
        f"{sku.name if sku else line.sku}, prescription {line.rx or 'not on file'}{written}",
        f"Directions: {line.sig or 'none'}",
        f"Supply ends: {full_day(asked.supply_ends)}" if asked.supply_ends else "",
        f"Question: {asked.question}",
        f"Directions asked for: {asked.directions}" if asked.directions else "",
    ]
    return "\n   ".join(row for row in rows if row)
