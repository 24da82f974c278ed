"""Prescription gate: the line is what was prescribed, and the prescription may still be filled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Final

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.model import Days, Fix, Gate, Prescription, Severity, ShipTo
from core.rules.prescriptions import expired, fills_and_in_flight, months_after, prescription_for
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation, packs
from core.rules.validation.clinical_difference import PriceTalk, price_talk, states_nothing
from core.rules.validation.registry import rule

TO_PATIENT: Final = Fix(label="Ship it to the patient", change={"ship_to": "patient"})


@rule(
    "RX_MISSING",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="rx",
    example="A line for tirzepatide whose patient has no prescription for it",
    source="FD&C Act 503A(a): a valid prescription for an identified patient",
    silences_gate=True,
)
def prescription_exists(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The patient has a prescription for the SKU, and the one that the line names is known."""
    for line in cart.lines:
        if line.prescription is not None:
            continue
        lead = f"Prescription {line.line.rx} is not known" if line.line.rx else "No prescription is named"
        patients_rx = _own_prescription(line, context, days)
        expected = f"the patient has {patients_rx.rx} for" if patients_rx else "the patient has no prescription for"
        yield line.problem(f"{lead}; {expected} {line.sku.name}.", *([_use_own(patients_rx)] if patients_rx else []))


@rule(
    "RX_PATIENT_MISMATCH",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="patient",
    example="A line for P1 with a prescription of P2",
    source="FD&C Act 503A(a)",
)
def prescription_is_the_patients(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The prescription was written for the line's patient."""
    for line, rx in cart.prescribed:
        if rx.patient != line.line.patient:
            patients_rx = _own_prescription(line, context, days)
            message = f"Prescription {rx.rx} is for patient {rx.patient}, the line is for {line.line.patient}."
            yield line.problem(message, *([_use_own(patients_rx)] if patients_rx else []))


@rule(
    "RX_SKU_MISMATCH",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="sku",
    example="A line for SEMA-5 with a prescription for SEMA-2.5",
    source="FD&C Act 503A(a)",
)
def prescription_is_for_the_sku(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The prescription was written for the line's SKU."""
    for line, rx in cart.prescribed:
        if rx.sku == line.line.sku:
            continue
        patients_rx = _own_prescription(line, context, days)
        message = f"Prescription {rx.rx} is for {rx.sku}, the line is for {line.line.sku}."
        order = Fix(label=f"Order {rx.sku}, as prescribed", change={"sku": rx.sku})
        yield line.problem(message, *([_use_own(patients_rx)] if patients_rx else []), order)


@rule(
    "RX_SIG_CHANGED",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="sig",
    example="The cart says twice weekly where the prescription says once weekly",
    source="The prescriber's directions are never edited",
)
def directions_are_the_prescribers(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The directions are those of the prescription, word for word."""
    use = Fix(label="Use the prescription's directions", change={"sig": ""})
    for line, rx in cart.prescribed:
        if _differs(line.line.sig, rx.sig):
            yield line.problem(
                f"The line says “{line.line.sig.strip()}”, prescription {rx.rx} says “{rx.sig.strip()}”: other "
                "directions need a new prescription.",
                use,
            )


@rule(
    "RX_PRESCRIBER_MISMATCH",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="npi",
    example="A line with the NPI of a colleague of the one who signed",
    source="21 CFR 1306.05; state pharmacy acts",
)
def prescriber_is_the_one_who_signed(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The line's prescriber is the one who wrote the prescription."""
    use = Fix(label="Use the prescription's prescriber", change={"npi": ""})
    for line, rx in cart.prescribed:
        if _differs(line.line.npi, rx.npi):
            yield line.problem(f"Prescription {rx.rx} is signed by {rx.npi}, the line names {line.line.npi}.", use)


def _differs(cell: str, written: str) -> bool:
    """Whether a cell says something else than the prescription; a blank one takes the prescription's."""
    return bool(cell.strip()) and cell.strip() != written.strip()


@rule(
    "RX_QUANTITY",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="quantity",
    example="3 packs where 2 are prescribed",
    source="State pharmacy acts: at most the prescribed quantity a fill",
)
def quantity_is_prescribed(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The line's quantity is at most the prescription's."""
    for line, rx in cart.prescribed:
        if line.line.quantity > rx.quantity:
            message = f"{packs(line.line.quantity)}; prescription {rx.rx} allows {rx.quantity} a fill."
            lower = Fix(label=f"Order {rx.quantity}", change={"quantity": str(rx.quantity)})
            yield line.problem(message, *([lower] if rx.quantity >= 1 else []))


@rule(
    "RX_EXPIRED",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="written_on",
    example="Written on 3 December 2025 for a line that ships on 4 December 2026",
    source="State pharmacy acts, usually 12 months; setting rx_valid_months",
)
def prescription_is_in_force(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The prescription is at most 12 months old on the ship date, not dated later, not stopped, its patient active."""
    for line, rx in cart.prescribed:
        reason = _expired(line, rx, context, days)
        if reason and not _limits(line, rx, context):
            yield line.problem(f"Prescription {rx.rx} cannot be filled: {reason}.")


@rule(
    "NO_REFILLS",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="refills",
    example="2 refills, 3 fills so far",
    source="State pharmacy acts; 21 CFR 1306.22",
)
def refills_are_left(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """Fills and lines in flight are fewer than the first fill and its refills."""
    for line, rx in cart.prescribed:
        used = fills_and_in_flight(rx, context)
        if used > rx.refills and not _limits(line, rx, context):
            yield line.problem(_no_refills(rx, used))


def _no_refills(rx: Prescription, used: int) -> str:
    return (
        f"Prescription {rx.rx} allows {rx.refills + 1} fills ({rx.refills} refills) and has had {used}, those in "
        "flight included: ask for a new prescription."
    )


@rule(
    "CONTROLLED_LIMIT",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="rx",
    example="Testosterone (schedule III) written more than 6 months before it ships",
    source="21 CFR 1306.12, 1306.22; settings scheduled_refills_max, scheduled_months, telemedicine_flexibility_ends",
)
def scheduled_line_is_within_limits(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A scheduled line keeps to its schedule's refills, age, destination, pharmacy and in-person rules."""
    for line, rx in cart.prescribed:
        reasons = _limits(line, rx, context)
        if not reasons:
            continue
        if (expiry := _expired(line, rx, context, days)) is not None:
            reasons.append(f"Also, {expiry}.")
        if (used := fills_and_in_flight(rx, context)) > rx.refills:
            reasons.append(_no_refills(rx, used))
        to_patient = line.line.ship_to is ShipTo.CLINIC
        yield line.problem(" ".join(reasons), *([TO_PATIENT] if to_patient else []))


def _limits(line: CheckedLine, rx: Prescription, context: Context) -> list[str]:
    """Which limits of controlled substances the line breaks, in words."""
    if not line.sku.scheduled:
        return []
    reasons = [*_refill_limits(line, rx, context)]
    ends = context.setting("telemedicine_flexibility_ends", line.ship_day, state=line.state)
    visited = rx.in_person_on is not None and rx.in_person_on <= line.ship_day
    if rx.telemedicine is not False and not visited and isinstance(ends, date) and line.ship_day > ends:
        visits = (
            "It was prescribed by telemedicine without a visit in person"
            if rx.telemedicine
            else "Nobody recorded a visit in person, nor that it was not prescribed by telemedicine,"
        )
        reasons.append(f"{visits} and would ship on {full_day(line.ship_day)}; that is allowed until {full_day(ends)}.")
    if line.line.ship_to is ShipTo.CLINIC:
        reasons.append("A controlled substance ships to the patient, not to the clinic.")
    if rx.rx_pharmacy is None:
        reasons.append(
            f"Prescription {rx.rx} names no rx_pharmacy: the prescriber sends a controlled prescription to a pharmacy, "
            "and the line refers to it."
        )
    return reasons


def _refill_limits(line: CheckedLine, rx: Prescription, context: Context) -> Iterator[str]:
    schedule, day = line.sku.dea_schedule, line.ship_day
    most = 0 if schedule == "II" else int(context.number("scheduled_refills_max", day, state=line.state))
    used = fills_and_in_flight(rx, context)
    if rx.refills > most or used > most:
        yield (f"Schedule {schedule} allows {most} refills; prescription {rx.rx} has {rx.refills} and {used} fills.")
    months = int(context.number("scheduled_months", day, state=line.state))
    if schedule != "II" and months_after(rx.written_on, months) < day:
        yield (
            f"Schedule {schedule} may be filled for {months} months; prescription {rx.rx} was written on "
            f"{full_day(rx.written_on)} and would ship on {full_day(day)}."
        )


def _expired(line: CheckedLine, rx: Prescription, context: Context, days: Days) -> str | None:
    return expired(rx, line.patient, context, days.refill_day, line.ship_day)


def _own_prescription(line: CheckedLine, context: Context, days: Days) -> Prescription | None:
    """What the line would take if it named no prescription."""
    return prescription_for(line.line.patient, line.line.sku, context, days.refill_day)


def _use_own(rx: Prescription) -> Fix:
    change = {"rx": rx.rx, "quantity": "", "sig": "", "npi": ""}
    return Fix(label=f"Use the patient's prescription {rx.rx}", change=change)


@rule(
    "CLINICAL_DIFFERENCE_MISSING",
    gate=Gate.PRESCRIPTION,
    severity=Severity.BLOCKING,
    field="clinical_difference",
    example="Compounded semaglutide without a word on why the approved product will not do, or “it is cheaper”",
    source="FDA guidance on essentially a copy (503A), January 2018",
)
def clinical_difference_is_stated(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A SKU marked so has the prescriber's statement of the difference, other than its price, for this patient."""
    for line, rx in cart.prescribed:
        if not line.sku.clinical_difference_required:
            continue
        price = price_talk(rx.clinical_difference)
        if states_nothing(rx.clinical_difference):
            yield line.problem(
                f"Prescription {rx.rx} does not say why {line.sku.name} is clinically different for this patient: ask "
                "the prescriber for the statement."
            )
        elif price is not None:
            yield line.problem(
                f"Prescription {rx.rx} states “{rx.clinical_difference.strip()}”: a price is no clinical difference. "
                "Ask the prescriber for what differs for this patient.",
                severity=Severity.BLOCKING if price is PriceTalk.ALONE else Severity.WARNING,
            )


_BOILERPLATE_PATIENTS: Final = 3  # two patients may well need the same thing


@rule(
    "CLINICAL_DIFFERENCE_BOILERPLATE",
    gate=Gate.PRESCRIPTION,
    severity=Severity.WARNING,
    field="clinical_difference",
    example="The same sentence for 3 of the 5 patients who need one",
    source="FDA guidance on essentially a copy (503A), January 2018; the numbers are this rule book's own",
)
def clinical_difference_is_the_patients_own(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The statement is not the same for more than half, and at least 3, of the cart's patients who need one."""
    needing = {line.line.patient for line in cart.lines if line.sku.clinical_difference_required}
    saying: dict[str, set[str]] = defaultdict(set)
    statements = [
        (line, " ".join(rx.clinical_difference.split()).casefold())
        for line, rx in cart.prescribed
        if line.sku.clinical_difference_required
    ]
    for line, text in statements:
        saying[text].add(line.line.patient)
    for line, text in statements:
        same = len(saying[text])
        if text and same >= _BOILERPLATE_PATIENTS and 2 * same > len(needing):
            yield line.problem(
                f"The statement of clinical difference is word for word that of {same} of the {len(needing)} patients "
                "who need one: it should speak of this patient."
            )
