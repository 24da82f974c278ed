"""SIG gate: directions that a pharmacy can dispense by, and that agree with themselves and with the vial."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Final

from core.domain.context import Context
from core.domain.model import Days, Fix, Gate, Pharmacy, Severity
from core.rules.days_supply import supply_days
from core.rules.eligibility import sig_limit
from core.rules.prescriptions import last_fill
from core.rules.sig import (
    Certainty,
    Disagreement,
    DoseLimits,
    Unit,
    drug_conflicts,
    form_conflicts,
    implausible,
    over_maximum,
    route_conflicts,
    share_of,
    unmeasurable,
)
from core.rules.validation.checked import HOLD, CheckedCart, CheckedLine, Violation, mg, packs
from core.rules.validation.refusals import refused
from core.rules.validation.registry import rule

INJECTED: Final = frozenset({"subcutaneous", "intramuscular", "intravenous"})
DRAWN: Final = frozenset({Unit.ML, Unit.UNITS})
MOST_PROPOSALS: Final = 2


@rule(
    "SIG_MISSING",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="An empty sig in the cart and in the prescription",
    source="State pharmacy acts: a prescription has directions for use",
    silences_gate=True,
)
def directions_exist(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The line has directions."""
    for line in cart.lines:
        if line.directions.text:
            continue
        written = line.prescription.sig.strip() if line.prescription else ""
        use = Fix(label="Use the prescription's directions", change={"sig": ""})
        yield line.problem(
            "There are no directions: expected action, dose, unit, route and frequency, from the prescriber.",
            *([use] if written else []),
        )


@rule(
    "SIG_INCOMPLETE",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="“Use as directed.”: dose, unit, route and frequency are missing",
    source="NCPDP and Surescripts guidance on directions: action, dose, unit, route, frequency",
    overridable=True,
)
def directions_are_complete(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Action, dose, unit, route and frequency can all be read."""
    for line in cart.directed:
        reading = line.directions.reading
        unsure = reading.certainty in {Certainty.PARTLY, Certainty.UNREADABLE}
        if not (reading.missing or unsure):
            continue
        missing = f"The directions do not tell the {', '.join(reading.missing)}." if reading.missing else ""
        words = ", ".join(f"“{word}”" for word in reading.unread)
        unread = f"Not understood: {words}." if words else ""
        parts = (missing, unread, *reading.conflicts)
        yield line.problem(" ".join(part for part in parts if part), *_asking(line))


def _asking(line: CheckedLine) -> Iterator[Fix]:
    """Directions to ask the prescriber for. The line waits meanwhile: only a new prescription changes a SIG."""
    for proposal in line.directions.proposals[:MOST_PROPOSALS]:
        yield from _ask(line, f"for {proposal.when}: {proposal.text}")


def _ask(line: CheckedLine, question: str) -> Iterator[Fix]:
    """Holding the line while the prescriber is asked; nothing for a line that is held already."""
    if not line.line.hold:
        yield Fix(label=f"Hold, and ask the prescriber {question}", change=HOLD.change)


@rule(
    "SIG_AMBIGUOUS",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="Directions that can be read as 5 mg or as 0.5 mg",
    source="ISMP guidelines for safe communication of medication orders",
    overridable=True,
)
def directions_have_one_reading(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The directions can be read in one way only."""
    for line in cart.directed:
        reading = line.directions.reading
        if reading.certainty is Certainty.AMBIGUOUS:
            readings = "; or ".join(reading.readings)
            yield line.problem(
                f"The directions can be read in {len(reading.readings)} ways: {readings}.",
                *_ask(line, f"which is meant: {readings}"),
            )


@rule(
    "SIG_TOO_LONG",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="620 characters where the pharmacy takes 500",
    source="NCPDP SCRIPT 2017071, SigText: 1,000 characters; sig_max_chars in pharmacies.csv",
)
def directions_fit_the_pharmacy(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The directions are no longer than the pharmacy takes."""

    def say(line: CheckedLine, pharmacy: Pharmacy) -> str:
        limit = sig_limit(pharmacy, line.destination.state, context, days.placing_day)
        return f"takes directions of {limit} characters, these have {len(line.line.sig)}"

    yield from refused(cart, context, "SIG_TOO_LONG", say)


@rule(
    "SIG_DOSE_MISMATCH",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="2.5 mg (25 units) at 30 mg/mL: 25 units are 7.5 mg, three times the dose",
    source="FDA alert on dosing errors with compounded semaglutide, July 2024; settings dose_tolerance_*",
)
def amounts_agree_with_the_concentration(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The mg, mL and units of a dose are the same at the SKU's concentration."""
    for line in cart.directed:
        disagreements = line.directions.disagreements
        if disagreements:
            first, second = disagreements[0].readings
            fixes = _ask(line, f"which is meant: {first}; or {second}")
            yield line.problem(" ".join(_disagreement(line, disagreement) for disagreement in disagreements), *fixes)


def _disagreement(line: CheckedLine, disagreement: Disagreement) -> str:
    first, second = disagreement.readings
    strength = f" at {line.sku.concentration_mg_per_ml} mg/mL" if line.sku.concentration_mg_per_ml else ""
    return f"The amounts do not agree{strength}: {first}; {second} ({disagreement.times})."


@rule(
    "SIG_ROUTE_MISMATCH",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="Semaglutide for injection under the skin, with directions to inject it intravenously",
    source="The SKU's route in skus.csv; ISMP list of error-prone routes",
    overridable=True,
)
def route_is_the_products(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The route, or the action where none is named, is one by which the SKU is given."""
    yield from _conflicts(cart, "which route is meant", lambda line: route_conflicts(line.directions.reading, line.sku))


@rule(
    "SIG_FORM_MISMATCH",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="“Take 1 mL by mouth daily” of capsules",
    source="The SKU's form in skus.csv",
    overridable=True,
)
def dose_is_counted_as_the_product_comes(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The dose is counted in what the SKU comes in."""
    yield from _conflicts(
        cart, "which product is meant", lambda line: form_conflicts(line.directions.reading, line.sku)
    )


@rule(
    "SIG_DRUG_MISMATCH",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="“Inject 0.5 mg tirzepatide …” for semaglutide",
    source="The SKU's actives in skus.csv; ISMP list of confused drug names",
)
def drug_is_the_products(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Every drug that the directions name is one of the SKU's."""
    yield from _conflicts(cart, "which drug is meant", lambda line: drug_conflicts(line.directions.reading, line.sku))


def _conflicts(
    cart: CheckedCart, question: str, sentences: Callable[[CheckedLine], Iterable[str]]
) -> Iterator[Violation]:
    """A problem of every line whose directions have something to say; the same directions are looked at once."""
    messages: dict[int, str] = {}
    for line in cart.directed:
        key = id(line.directions)
        if key not in messages:
            messages[key] = " ".join(sentences(line))
        if messages[key]:
            yield line.problem(messages[key], *_ask(line, question))


@rule(
    "DOSE_NOT_MEASURABLE",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="5 mg of capsules that hold 4.5 mg; 0.01 mg of a vial of 2.5 mg/mL, 0.4 syringe units",
    source="The SKU's strength and pack in skus.csv; syringes by ISO 8537; setting dose_tolerance_share",
    overridable=True,
)
def dose_can_be_given(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Pieces or a syringe make the dose, one container holds it, and the packs last a day."""
    share = Fraction(context.number("dose_tolerance_share", days.refill_day))

    def say(line: CheckedLine) -> Iterable[str]:
        sentences = unmeasurable(line.directions.reading, line.sku, share)
        none_lasts = not sentences and line.directions.days(line.line.quantity) == 0
        return (f"By these directions {packs(line.line.quantity)} last less than a day.",) if none_lasts else sentences

    yield from _conflicts(cart, "which dose is meant", say)


@rule(
    "DOSE_IMPLAUSIBLE",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="45 mg of capsules of 4.5 mg, ten at once; 5 mL under the skin",
    source="Settings max_*_per_dose, max_doses_per_day, max_ml_*, usual_dose_times, usual_week_times",
    overridable=True,
)
def dose_is_plausible(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The dose is no more than people take at once, nor far from the SKU's usual dose, week and times a day."""
    limits = DoseLimits(**{
        name: Fraction(context.number(setting, days.refill_day)) for name, setting in _LIMITS.items()
    })  # fmt: skip

    def say(line: CheckedLine) -> Iterator[str]:
        ladder = context.ladder(line.directions.active)  # it tells more exactly what is too much or too little
        yield from implausible(line.directions.reading, line.sku, limits, against_usual=not ladder)
        weekly = line.directions.weekly if ladder else None
        if weekly is not None and 0 < Fraction(weekly.highest) * limits.times_usual <= Fraction(ladder[0]):
            given = f"{mg(weekly.highest)} mg of {line.directions.active} a week"
            yield f"The directions give {given}; the first step is {ladder[0]} mg."

    yield from _conflicts(cart, "which dose is meant", say)


_LIMITS: Final = {
    "pieces": "max_pieces_per_dose",
    "metered": "max_metered_per_dose",
    "clicks": "max_clicks_per_dose",
    "ml_subcutaneous": "max_ml_subcutaneous",
    "ml_deltoid": "max_ml_deltoid",
    "ml_intramuscular": "max_ml_intramuscular",
    "times_usual": "usual_dose_times",
    "weekly_times": "usual_week_times",
    "a_day": "max_doses_per_day",
}
"""The setting of each limit."""


@rule(
    "SIG_NO_MG",
    gate=Gate.SIG,
    severity=Severity.WARNING,
    field="sig",
    example="“Inject 0.5 mL (50 units) subcutaneously twice weekly”",
    source="FDA alert on dosing errors with compounded semaglutide, July 2024",
)
def injection_states_milligrams(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """An injection in mL or units states its mg, if the SKU tells it; it must if the last fill had another strength."""
    for line in cart.directed:
        now = line.sku.concentration_mg_per_ml
        if now is None or not (_is_injection(line) and _drawn_only(line)):
            continue
        fill = last_fill(line.line.patient, line.directions.active, context)
        before = context.skus[fill.prescription.sku].concentration_mg_per_ml if fill else None
        if before is None or now == before:
            yield line.problem(
                "The directions give mL or units alone: ask the prescriber to state the mg.", *_asking(line)
            )
        else:
            yield line.problem(
                f"The directions give mL or units alone, and the last fill had {before} mg/mL where this one has {now} "
                "mg/mL: the same volume is another dose. The prescriber must state the mg.",
                *_asking(line),
                severity=Severity.BLOCKING,
            )


def _is_injection(line: CheckedLine) -> bool:
    reading = line.directions.reading
    return reading.is_injection or (reading.route is None and line.sku.route.casefold() in INJECTED)


def _drawn_only(line: CheckedLine) -> bool:
    """Whether a dose is a volume alone; units of a drug that is dosed in its own are an amount, as mg are."""
    own_units = line.sku.drug_units_per_ml is not None
    volumes = DRAWN - {Unit.UNITS} if own_units else DRAWN
    doses = [[amount.unit for amount in segment.amounts] for segment in line.directions.reading.segments]
    return any(units and volumes.issuperset(units) for units in doses)


@rule(
    "SIG_SUPPLY_MISMATCH",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="days_supply",
    example="60 days stated for 10 mL at 0.5 mL a week, which last 140; 70 to 126 are warned of",
    source="rules.md, section 4; settings supply_tolerance_*, waste_ml_per_draw, default_in_use_days",
    overridable=True,
)
def stated_supply_is_the_computed(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The stated days' supply is within the larger of 3 days and 10 % of what the directions use.

    Less than half of that is no rounding: it would let the next refill come twice as soon.
    """
    least = context.number("supply_tolerance_days", days.refill_day)
    share = context.number("supply_tolerance_share", days.refill_day)
    for line, rx in cart.prescribed:
        if rx.days_supply is None or not line.directions.text:
            continue
        stated = supply_days(rx, line.sku, line.line.quantity, context, days.refill_day)
        computed = line.directions.days(line.line.quantity)
        if stated is not None and computed is not None and abs(stated - computed) > max(least, share * computed):
            yield line.problem(
                f"Prescription {rx.rx} states {stated} days for {packs(line.line.quantity)}; by the directions that "
                f"lasts {computed} days.",
                *_stating(line, rx.quantity),
                severity=Severity.BLOCKING if 2 * stated < computed else Severity.WARNING,
            )


def _stating(line: CheckedLine, quantity: int) -> Iterator[Fix]:
    """The days' supply that the prescription should state for its own quantity."""
    days = line.directions.days(quantity)
    if days is not None:
        yield from _ask(line, f"to state {days} days for {packs(quantity)}")


@rule(
    "DOSE_OVER_MAX",
    gate=Gate.SIG,
    severity=Severity.BLOCKING,
    field="sig",
    example="3 mg of semaglutide a week, where the ladder ends at 2.4; 300 mg of sildenafil a day",
    source="Product labels; ladders.csv; data/dose_maxima.csv",
    overridable=True,
)
def dose_is_not_above_the_most(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The weekly dose is not above the last step of the active's ladder, nor the dose above the most of its drugs."""

    def say(line: CheckedLine) -> Iterator[str]:
        active = line.directions.active
        ladder = context.ladder(active)
        weekly = line.directions.weekly if ladder else None
        if ladder and share_of(line.sku, active) is None:
            most = f"its most, {ladder[-1]} mg a week, cannot be checked"
            yield f"{line.sku.name} does not tell how many mg of {active} it holds: {most}."
        if weekly is not None and weekly.highest > ladder[-1]:
            given = f"{mg(weekly.highest)} mg of {active} a week"
            yield f"The directions give {given}; the most is {ladder[-1]} mg."
        yield from over_maximum(line.directions.reading, line.sku)

    yield from _conflicts(cart, "which dose is meant", say)
