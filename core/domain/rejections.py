"""Why a pharmacy refuses a line: canonical codes, who can put each right, and a partner's words mapped to one.

Source: rules.md, section 9. A partner's text is always kept and shown beside the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from core.domain.model import Owner

RETURNED: Final = "released, or refunded where it was captured; resubmitting authorizes a fresh quote"
UNPAID: Final = "released, or refunded where it was captured; settle the account with the pharmacy before resubmitting"


class Rejection(NamedTuple):
    """A canonical code: who owns it, whether the clinic can fix it itself, what happens to the money, what to do."""

    code: str
    owner: Owner
    clinic_can_fix: bool
    money: str
    remedy: str


REJECTIONS: Final[Mapping[str, Rejection]] = {
    row.code: row
    for row in (
        Rejection("ADDRESS_INVALID", Owner.CLINIC, True, RETURNED, "Correct the patient's address, then resubmit."),
        Rejection("SIG_REJECTED", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for corrected directions."),
        Rejection("ALLERGY", Owner.PATIENT, False, RETURNED, "Ask the prescriber whether to change the medication."),
        Rejection("DUPLICATE_THERAPY", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber which therapy stays."),
        Rejection("REFILL_TOO_SOON", Owner.CLINIC, True, RETURNED, "Resubmit on the first day the pharmacy allows."),
        Rejection("NO_REFILLS", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for a new prescription."),
        Rejection("RX_EXPIRED", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber for a new prescription."),
        Rejection("RX_NOT_FOUND", Owner.CLINIC, True, RETURNED, "Correct the pharmacy's prescription number."),
        Rejection("DEMOGRAPHIC_MISMATCH", Owner.CLINIC, True, RETURNED, "Correct the patient's name, birth day, sex."),
        Rejection("SUSPECTED_DUPLICATE", Owner.CLINIC, True, RETURNED, "Check for an earlier order of the same SKU."),
        Rejection("OUT_OF_STOCK", Owner.PHARMACY, True, RETURNED, "Resubmit to another pharmacy, or later."),
        Rejection("PAYMENT_NOT_RECEIVED", Owner.CLINIC, True, UNPAID, "Settle the account, then resubmit."),
        Rejection("PRESCRIBER_NOT_LICENSED", Owner.PRESCRIBER, False, RETURNED, "Ask a prescriber licensed there."),
        Rejection("PRODUCT_NOT_MAPPED", Owner.PHARMACY, True, RETURNED, "Ask the pharmacy, or use another one."),
        Rejection("CLINICAL_DIFFERENCE_MISSING", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber to state it."),
        Rejection("CONTROLLED_RULE", Owner.PRESCRIBER, False, RETURNED, "Ask the prescriber; the law limits this one."),
        Rejection("PHARMACY_UNREACHABLE", Owner.PHARMACY, True, RETURNED, "Resubmit later, or to another pharmacy."),
        Rejection("OTHER", Owner.CLINIC, True, RETURNED, "Read the pharmacy's words, then resubmit or ask them."),
    )
}  # fmt: skip
"""Every canonical code, in the order of rules.md."""

REJECTED_AS: Final[Mapping[str, str]] = {
    code: reason
    for reason, codes in (
        ("SIG_REJECTED", "SIG_MISSING SIG_INCOMPLETE SIG_AMBIGUOUS SIG_TOO_LONG SIG_DOSE_MISMATCH SIG_NO_MG"),
        ("SIG_REJECTED", "SIG_SUPPLY_MISMATCH DOSE_OVER_MAX RX_SIG_CHANGED DOSE_START_HIGH TITRATION_SKIP"),
        ("PRESCRIBER_NOT_LICENSED", "NPI_INVALID PRESCRIBER_NOT_LICENSED LICENCE_EXPIRING RX_PRESCRIBER_MISMATCH"),
        ("CONTROLLED_RULE", "DEA_MISSING DEA_INVALID CONTROLLED_LIMIT"),
        ("RX_NOT_FOUND", "RX_MISSING RX_PATIENT_MISMATCH RX_SKU_MISMATCH RX_QUANTITY RX_AT_OTHER_PHARMACY"),
        ("RX_EXPIRED", "RX_EXPIRED TITRATION_STALE"),
        ("NO_REFILLS", "NO_REFILLS"),
        ("CLINICAL_DIFFERENCE_MISSING", "CLINICAL_DIFFERENCE_MISSING CLINICAL_DIFFERENCE_BOILERPLATE"),
        ("REFILL_TOO_SOON", "REFILL_TOO_SOON"),
        ("SUSPECTED_DUPLICATE", "SUSPECTED_DUPLICATE"),
        ("DUPLICATE_THERAPY", "DUPLICATE_THERAPY"),
        ("PRODUCT_NOT_MAPPED", "NO_OFFER PRICE_STALE NO_PRICE QUANTITY_LIMIT"),
        ("OUT_OF_STOCK", "OUT_OF_STOCK"),
        ("OTHER", "PHARMACY_NOT_LICENSED COLD_CHAIN_WINDOW EXCLUDED"),
        ("ADDRESS_INVALID", "ADDRESS_INCOMPLETE PO_BOX STATE_ZIP_MISMATCH"),
        ("DEMOGRAPHIC_MISMATCH", "PATIENT_INCOMPLETE PHONE_INVALID"),
        ("ALLERGY", "ALLERGY ALLERGIES_UNKNOWN"),
    )
    for code in codes.split()
}  # fmt: skip
"""For which reason a pharmacy would reject a line that a rule speaks of: whether it did is the rule's record."""

_WORDS: Final = tuple(
    (code, re.compile("|".join(patterns), re.IGNORECASE))
    for code, *patterns in (
        ("CLINICAL_DIFFERENCE_MISSING", r"clinical(ly)?[ _-]?(significant )?(difference|statement)"),
        ("CONTROLLED_RULE", r"\bdea\b", "epcs", r"controlled[ _-]?(rule|substance)", r"schedule (ii|iii|iv|v|[2-5])\b"),
        ("PRESCRIBER_NOT_LICENSED", r"(prescriber|provider|doctor|practitioner|npi).*(licen|state)", "supervis",
         r"licen[cs]e.*(prescriber|provider)"),
        ("OUT_OF_STOCK", r"out[ _-]?of[ _-]?stock", "back[ -]?order", "inventory", "no stock", "not in stock"),
        ("PRODUCT_NOT_MAPPED", r"product.*(not |un)(mapped|found|known|recogni)", "unknown (product|drug)",
         "(lfproductid|drugname).*invalid", "not (carried|compounded)"),
        ("PAYMENT_NOT_RECEIVED", "payment", "credit limit", "billing", "past due", "card (was )?declined"),
        ("SUSPECTED_DUPLICATE", "duplicate[ _-]?(order|id|prescription|rx)", "suspected[ _-]?duplicate",
         "already (on file|received|exists)"),
        ("DUPLICATE_THERAPY", r"duplicat\w*[ _-]?therap", "therapeutic duplication"),
        ("ALLERGY", "allerg"),
        ("REFILL_TOO_SOON", "too[ _-]?(soon|early)", "early refill", r"\ber\b", "not due"),
        ("NO_REFILLS", "no[ _-](more )?refills", "refills? exhausted", "fills? denied", "depleted"),
        ("RX_EXPIRED", "expired", "older than", "out of date"),
        ("RX_NOT_FOUND", "(rx|prescription).*(not found|unknown|no record)", "no such (rx|prescription)"),
        ("ADDRESS_INVALID", "address", r"\bzip", "postal", "undeliverable", r"shipping\.(city|state)",
         r"p\.? ?o\.? box"),
        ("SIG_REJECTED", r"\bsig\b", "sig[ _-]rejected", "direction", "dose", "dosing", "instructions"),
        ("DEMOGRAPHIC_MISMATCH", "demographic", "date ?of ?birth", r"\bdob\b", "gender", r"\bsex\b",
         "patient.*(name|mismatch|identity)", "(first|last)name"),
        ("PHARMACY_UNREACHABLE", "unreachable", "timed? ?out", "pharmacy (is )?closed", "service unavailable"),
    )
)  # fmt: skip
"""What partners write, most telling first: the first pattern found names the code."""


def code_for(text: str) -> str:
    """The canonical code of a partner's words: a code itself, what its words tell, or OTHER."""
    word = text.strip().upper()
    if word in REJECTIONS:
        return word
    return next((code for code, pattern in _WORDS if pattern.search(text)), "OTHER")


def refused_with(lines: tuple[int, ...]) -> str:
    """What a line says that was refused only because others of its submission were."""
    named = f"line {lines[0]}" if len(lines) == 1 else "lines " + ", ".join(map(str, lines))
    return f"refused together with {named}"
