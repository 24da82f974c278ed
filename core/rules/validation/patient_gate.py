"""Patient gate: who it is for, how to reach them, and what they must not be given."""

from __future__ import annotations

from collections.abc import Iterator

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import us_phone
from core.domain.model import Days, Gate, Owner, Patient, Severity
from core.rules.validation.allergens import matches
from core.rules.validation.checked import CheckedCart, Violation, in_words
from core.rules.validation.registry import rule


@rule(
    "PATIENT_INCOMPLETE",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="patient",
    example="No date of birth, or one in the future",
    source="What every pharmacy's order form asks",
)
def patient_is_complete(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient has a first and last name, a date of birth that is not in the future, a sex and a phone number."""
    for line in cart.lines:
        missing, born = _missing(line.patient), line.patient.born_on
        if missing:
            message = f"Patient {line.line.patient} lacks: {in_words(missing)}."
            yield line.problem(message, field=missing[0])
        elif born is not None and born > days.placing_day:
            yield line.problem(
                f"Patient {line.line.patient} would be born on {full_day(born)}, in the future: correct the date of "
                "birth.",
                field="born_on",
            )


def _missing(patient: Patient) -> list[str]:
    columns = ("first_name", "last_name", "born_on", "sex", "phone")
    return [column for column in columns if not str(getattr(patient, column) or "").strip()]


@rule(
    "PHONE_INVALID",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="phone",
    example="555-555-5555: no such area code",
    source="North American numbering plan, through the phonenumbers package",
)
def phone_is_a_us_number(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient's phone number is a US number."""
    for line in cart.lines:
        phone = line.patient.phone.strip()
        if phone and us_phone(phone) is None:
            yield line.problem(f"“{phone}” is not a US telephone number: expected ten digits with a real area code.")


@rule(
    "ALLERGY",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="allergies",
    example="An allergy to B12 and hydroxocobalamin; an allergy to sulfa is not one to sulfate",
    source="Synonym table in core/rules/validation/allergens.py",
    overridable=True,
    owner=Owner.PATIENT,
)
def patient_tolerates_every_ingredient(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No allergy of the patient matches an ingredient of the SKU, its base included."""
    for line in cart.lines:
        if not line.patient.allergies:
            continue
        found = matches(line.patient.allergies, (*line.sku.actives, *line.sku.ingredients))
        if found:
            pairs = "; ".join(f"allergy “{allergy}”, ingredient “{ingredient}”" for allergy, ingredient in found)
            yield line.problem(
                f"{line.sku.name}: {pairs}. Choose another product, or have the prescriber or pharmacist confirm."
            )


@rule(
    "ALLERGIES_UNKNOWN",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="allergies",
    example="An empty cell; “none” means no known allergies",
    source="What every pharmacy's order form asks",
)
def allergies_are_known(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Somebody asked the patient about allergies."""
    for line in cart.lines:
        if line.patient.allergies is None:
            yield line.problem(
                f"Nobody recorded whether patient {line.line.patient} has allergies: ask, and enter them or “none”."
            )
