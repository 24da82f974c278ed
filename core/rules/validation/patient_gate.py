"""Patient gate: who it is for, how to reach them, and what they must not be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import us_phone
from core.domain.model import Days, Gate, Owner, Patient, Severity, Sku
from core.rules.same_person import likenesses
from core.rules.validation.allergens import (
    AllergyKind,
    WrittenAllergy,
    catalog_words,
    matches,
    near_ingredients,
    read_allergy,
    related_ingredients,
)
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation, in_words
from core.rules.validation.registry import rule

OLDEST_YEARS: Final = 110
_PLACEHOLDERS: Final = frozenset({
    "#n/a", "first", "firstname", "last", "lastname", "missing", "n/a", "nan", "patient", "pending", "tba", "tbd",
    "test", "unk", "unknown", "xx", "xxx", "xxxx",
})  # fmt: skip
"""What stands in a name's cell where nobody knew it. "Na", "No", "Null" and "X" are names of people."""


@rule(
    "PATIENT_INCOMPLETE",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="patient",
    example="No date of birth, or one in the future",
    source="What every pharmacy's order form asks",
)
def patient_is_complete(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient has a first and last name without a remark, a date of birth not in the future, a sex and a phone."""
    for line in cart.lines:
        missing, born = _missing(line.patient), line.patient.born_on
        remark = remark_in_name(line.patient)
        if missing:
            message = f"Patient {line.line.patient} lacks: {in_words(missing)}."
            yield line.problem(message, field=missing[0])
        elif remark:
            yield line.problem(
                f"The name of patient {line.line.patient} says “{remark}”: make the patient inactive, or write the "
                "name alone.",
                field="last_name",
            )
        elif born is not None and born > days.placing_day:
            yield line.problem(
                f"Patient {line.line.patient} would be born on {full_day(born)}, in the future: correct the date of "
                "birth.",
                field="born_on",
            )


def _missing(patient: Patient) -> list[str]:
    columns = ("first_name", "last_name", "born_on", "sex", "phone")
    return [column for column in columns if _says_nothing(str(getattr(patient, column) or ""))]


def _says_nothing(cell: str) -> bool:
    """Whether a cell holds placeholders: no letter or digit, or words that nobody is called ("Test Patient")."""
    words = [word.strip(" .").rstrip("0123456789") for word in cell.casefold().split()]
    return not any(map(str.isalnum, cell)) or _PLACEHOLDERS.issuperset(words) or cell.casefold() in _PLACEHOLDERS


_REMARKS: Final = re.compile(
    r"\b(deceased|inactive|discharged|duplicate|dup|merged|transferred|do not \w+|dnu|test pt|test patient|demo"
    r"|pregnant|allergic|on hold)\b"
)
"""What staff write into a name to say that nothing is to be sent."""


def remark_in_name(patient: Patient) -> str:
    """What a name says beside the name, in small letters: ``deceased``, ``do not use``; empty for nothing."""
    remark = _REMARKS.search(f"{patient.first_name} {patient.last_name}".casefold())
    return remark[0] if remark else ""


@rule(
    "BIRTH_DATE_DOUBTFUL",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="born_on",
    example="Born yesterday, or on 1 January 1900",
    source="Placeholders that systems write, as 1900-01-01; hardly anybody reaches 110",
    overridable=True,
)
def birth_date_is_likely(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient is at least one year old and younger than 110 on the ship date."""
    for line in cart.lines:
        age, born = _age(line, days), line.patient.born_on
        if age is not None and born is not None and not 1 <= age < OLDEST_YEARS:
            years = f"{age} years" if age else "less than a year"
            yield line.problem(
                f"Patient {line.line.patient}, born on {full_day(born)}, would be {years} old: check the date of birth."
            )


@rule(
    "UNDER_AGE",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="born_on",
    example="Semaglutide for a patient of 16, where the least age is 18",
    source="The approved products' labels; setting least_age_years",
    overridable=True,
    owner=Owner.PRESCRIBER,
)
def patient_is_old_enough(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient is as old on the ship date as the SKU asks, 18 years unless a setting says otherwise."""
    for line in cart.lines:
        age = _age(line, days)
        if age is None:
            continue
        least = int(context.number("least_age_years", line.ship_day, sku=line.sku.sku))
        if age < least:
            yield line.problem(
                f"Patient {line.line.patient} will be {age} on {full_day(line.ship_day)}; {line.sku.name} is for "
                f"patients of {least} years or more."
            )


def _age(line: CheckedLine, days: Days) -> int | None:
    """The patient's age in whole years on the ship date; None for no date of birth or one in the future."""
    born, day = line.patient.born_on, line.ship_day
    if born is None or born > days.placing_day:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


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


_MOST_CODES: Final = 6
"""How many codes one sentence names."""


@rule(
    "SAME_PERSON",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="patient",
    example="D-1 and D-2, both Ann Lowe, born on 2 January 1980; Bob and Robert Smith with one telephone number",
    source="Name with date of birth, telephone or street; nicknames in core/rules/same_person.py",
)
def patient_has_one_code(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No other patient of the clinic is likely the same person, in this cart, on the way, or on file."""
    patients = {line.line.patient: line.patient for line in cart.lines}
    alike = likenesses(patients.values(), context.patients.values())
    for line in cart.lines:
        others = [
            (likeness, places)
            for likeness in alike.get(line.line.patient, ())
            if (places := list(_places(likeness.other, cart, context))) or context.patients[likeness.other].active
        ]
        if others:
            likeness, places = others[0]
            where = f" ({', '.join(places)})" if places else ""
            more = ", ".join(other.other for other, _ in others[1:_MOST_CODES])
            yield line.problem(
                f"Patients {line.line.patient} and {likeness.other}{where} have the same {likeness.common}: one "
                f"person under two codes? Whatever one code was given, rules about the other do not see."
                + (f" Look at {more} too." if more else "")
            )


def _places(patient: str, cart: CheckedCart, context: Context) -> Iterator[str]:
    """Where the other code's lines are."""
    numbers = [str(line.line.number) for line in cart.lines if line.line.patient == patient]
    if numbers:
        yield f"on line {', '.join(numbers)} of this cart"
    if any(other == patient for other, _ in context.other_carts):
        yield "in another open cart"
    yield from (f"on its way as {ours.reference}" for ours in context.lines_of(patient) if ours.in_flight)


@rule(
    "ALLERGY",
    gate=Gate.PATIENT,
    severity=Severity.BLOCKING,
    field="allergies",
    example="An allergy to B12 and hydroxocobalamin; an allergy to sulfa is not one to sulfate",
    source="Names of the same allergen in data/allergens.csv",
    overridable=True,
    owner=Owner.PATIENT,
)
def patient_tolerates_every_ingredient(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No allergy of the patient matches an ingredient of the SKU, its base included."""
    for line in cart.lines:
        pairs = matches(_named_allergies(line, context), _contents(line.sku))
        if pairs:
            words = "; ".join(f"allergy “{allergy}”, ingredient “{ingredient}”" for allergy, ingredient in pairs)
            yield line.problem(
                f"{line.sku.name}: {words}. Choose another product, or have the prescriber or pharmacist confirm."
            )


@rule(
    "ALLERGY_POSSIBLE",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="allergies",
    example="“semaglutde”, where the vial has semaglutide",
    source="data/allergens.csv; a letter or two more, less, other or swapped",
    owner=Owner.PATIENT,
)
def no_allergy_is_a_misspelled_ingredient(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """No allergy of the patient is spelled nearly as an ingredient of the SKU, or to another drug of its class."""
    for line in cart.lines:
        contents = _contents(line.sku)
        exact = {allergy for allergy, _ in matches(_named_allergies(line, context), contents)}
        pairs = [
            (allergy.text, ingredient)
            for allergy in _allergies(line, context)
            if allergy.similar and allergy.text not in exact
            for ingredient in near_ingredients(allergy, contents)
        ]
        if pairs:
            words = "; ".join(f"allergy “{allergy}” may mean “{ingredient}”" for allergy, ingredient in pairs)
            yield line.problem(f"{line.sku.name}: {words}. Ask the patient, and correct the spelling.")
        related = [
            f"allergy “{allergy.text}” is to a drug of the same class as “{ingredient}”"
            for allergy in _allergies(line, context)
            if allergy.text not in exact
            for ingredient in related_ingredients(allergy, contents)
        ]
        if related:
            yield line.problem(f"{line.sku.name}: {'; '.join(related)}. Ask the patient what happened then.")


@rule(
    "ALLERGY_UNRECOGNIZED",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="allergies",
    example="“blue pills”: neither the table of allergens nor the catalog has the name",
    source="data/allergens.csv and the ingredients of every SKU",
)
def every_allergy_is_recognized(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Every allergy of the patient is a name that the table of allergens or the catalog has."""
    for line in cart.lines:
        names = [
            row
            for row in _allergies(line, context)
            if row.kind is AllergyKind.UNRECOGNIZED and not near_ingredients(row, _contents(line.sku))
        ]
        if names:
            listed = ", ".join(f"“{row.text}”" for row in names)
            similar = list(dict.fromkeys(name for row in names for name in row.similar))
            hint = f" (near: {', '.join(similar[:MOST_NEAR])})" if similar else ""
            yield line.problem(
                f"Not recognized among the allergies of patient {line.line.patient}: {listed}{hint}. Compare them with "
                f"the ingredients of {line.sku.name} yourself."
            )


@rule(
    "ALLERGIES_UNKNOWN",
    gate=Gate.PATIENT,
    severity=Severity.WARNING,
    field="allergies",
    example="An empty cell, “?”, “pending” or “see chart”; “none” means no known allergies",
    source="What every pharmacy's order form asks",
)
def allergies_are_known(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Somebody asked the patient about allergies."""
    for line in cart.lines:
        unknown = [row.text for row in _allergies(line, context) if row.kind is AllergyKind.UNKNOWN]
        if line.patient.allergies is None:
            yield line.problem(
                f"Nobody recorded whether patient {line.line.patient} has allergies: ask, and enter them or “none”."
            )
        elif unknown:
            yield line.problem(
                f"The allergies of patient {line.line.patient} say “{'; '.join(unknown)}”: ask, and enter them or "
                "“none”."
            )


MOST_NEAR: Final = 3


def _allergies(line: CheckedLine, context: Context) -> list[WrittenAllergy]:
    """The patient's allergies, each read."""
    if not line.patient.allergies:
        return []
    catalog = catalog_words(frozenset(name for sku in context.skus.values() for name in _contents(sku)))
    return [read_allergy(allergy, catalog) for allergy in line.patient.allergies]


def _named_allergies(line: CheckedLine, context: Context) -> tuple[str, ...]:
    """All but those that say that there is none."""
    return tuple(row.text for row in _allergies(line, context) if row.kind is not AllergyKind.NONE)


def _contents(sku: Sku) -> tuple[str, ...]:
    return (*sku.actives, *sku.ingredients)
