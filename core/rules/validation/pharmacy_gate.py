"""Pharmacy gate: whether anybody may and can fill the line (core/rules/eligibility.py decides, this says why)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import state_code
from core.domain.model import Days, Fix, Gate, LicenceKind, Offer, Owner, Pharmacy, Severity
from core.domain.partners.message import STREET_MOST_CHARS
from core.rules.eligibility import order_faults, refills_limit
from core.rules.ship_dates import promise
from core.rules.validation.addresses import shorter_street, to_clinic
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation
from core.rules.validation.refusals import refused
from core.rules.validation.registry import rule


@rule(
    "NO_OFFER",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="sku",
    example="A SKU that nobody prices, or whose only pharmacy does not take the chosen program",
    source="offers.csv; programs in pharmacies.csv",
)
def somebody_offers_it(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A pharmacy offers the SKU and takes the chosen program."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        if not context.has_offer_row(pharmacy.pharmacy, line.sku.sku):
            return f"no offer for {line.sku.sku}"
        return f"takes the programs {', '.join(pharmacy.programs)}, not {cart.program.program}"

    yield from refused(cart, context, "NO_OFFER", reason)


@rule(
    "PRICE_STALE",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="valid_to",
    example="The only price ended last month",
    source="valid_from and valid_to in offers.csv",
)
def its_price_is_in_force(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The pharmacy's price for the SKU is in force on the placing day."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        rows = context.offer_rows(pharmacy.pharmacy, line.sku.sku)
        ended = [row.valid_to for row in rows if row.valid_from <= days.placing_day and row.valid_to is not None]
        if ended:
            return f"its price ended on {full_day(ended[-1])}; ask for the current one"
        begins = rows[0].valid_from if rows else None
        return f"its price begins on {full_day(begins)}, after {full_day(days.placing_day)}" if begins else "no price"

    yield from refused(cart, context, "PRICE_STALE", reason)


@rule(
    "NO_PRICE",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="unit_price",
    example="An aggregate program without a price for the SKU",
    source="aggregate_prices.csv",
)
def the_program_prices_it(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """An aggregate program has a price for the SKU in force on the placing day."""
    program, day = cart.program.program, days.placing_day
    for line, _ in cart.accused("NO_PRICE"):
        yield line.problem(
            f"Program {program} has no price for {line.sku.name} in force on {full_day(day)}: enter one."
        )


@rule(
    "QUANTITY_LIMIT",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="quantity",
    example="1 pack where the pharmacy takes 2 at least; 11 refills where it takes 5 at most",
    source="min_quantity and max_quantity in offers.csv, max_refills in pharmacies.csv and settings.csv",
)
def quantity_is_within_its_limits(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The line's quantity and its prescription's refills are within the pharmacy's limits."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        most = refills_limit(pharmacy, context, days.placing_day)
        if _refills(line) > most:
            return f"takes prescriptions of at most {most} refills, this one has {_refills(line)}"
        offer = context.offer(pharmacy.pharmacy, line.sku.sku, days.placing_day)
        limits = _limits(offer) if offer else "other quantities"
        return f"takes {limits} packs, the line has {line.line.quantity}"

    def fixes(line: CheckedLine, pharmacies: tuple[Pharmacy, ...]) -> Iterator[Fix]:
        quantity = _nearest(line, pharmacies, context, days)
        if quantity is not None:
            yield Fix(label=f"Order {quantity}", change={"quantity": str(quantity)})

    yield from refused(cart, context, "QUANTITY_LIMIT", reason, fixes)


def _refills(line: CheckedLine) -> int:
    return line.prescription.refills if line.prescription else 0


def _limits(offer: Offer) -> str:
    least, most = offer.min_quantity, offer.max_quantity
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}"


def _nearest(line: CheckedLine, pharmacies: tuple[Pharmacy, ...], context: Context, days: Days) -> int | None:
    """The nearest quantity that one of the pharmacies takes and the prescription allows."""
    quantity, most = line.line.quantity, line.prescription.quantity if line.prescription else 0
    taken = set()
    for pharmacy in pharmacies:
        offer = context.offer(pharmacy.pharmacy, line.sku.sku, days.placing_day)
        if offer is not None and _refills(line) <= refills_limit(pharmacy, context, days.placing_day):
            least, cap = offer.min_quantity or 1, most if offer.max_quantity is None else offer.max_quantity
            taken.add(max(min(quantity, cap), least))
    return min(
        (quantity for quantity in taken if 1 <= quantity <= most), key=lambda q: (abs(q - quantity), q), default=None
    )


@rule(
    "PHARMACY_NOT_LICENSED",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="state",
    example="A sterile vial to Oklahoma from a pharmacy with a nonsterile license there",
    source="State boards of pharmacy: non-resident and sterile permits; pharmacy_licences.csv",
)
def it_is_licensed_where_the_box_goes(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The pharmacy holds the licenses for the SKU in the destination's state, in force on the ship date."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        dates = promise(pharmacy, line.sku.cold_chain, context, days)
        day, state = dates.ships_on if dates else days.refill_day, line.destination.state
        kinds = [line.sku.licence_kind, *([LicenceKind.CONTROLLED] if line.sku.scheduled else [])]
        lacking = [kind for kind in kinds if not context.pharmacy_licensed(pharmacy.pharmacy, state, kind, day)]
        where = state or "a destination without a state"
        return f"no {' and no '.join(lacking or kinds)} license for {where} in force on {full_day(day)}"

    def fixes(line: CheckedLine, pharmacies: tuple[Pharmacy, ...]) -> tuple[Fix, ...]:
        elsewhere = line.destination.state != state_code(context.clinic.state)
        return to_clinic(line, context) if elsewhere else ()

    yield from refused(cart, context, "PHARMACY_NOT_LICENSED", reason, fixes)


STREETS: Final = frozenset({"address1", "address2"})


def _shorten(street: str) -> str:
    """What to do about a street line that is too long for a label."""
    if len(street) <= STREET_MOST_CHARS:
        return ""
    shorter = shorter_street(street)
    if len(shorter) <= STREET_MOST_CHARS:
        return f" Shorten it, to “{shorter}” for example."
    return f" Shorten “{street}”, or move its end to the other address line."


@rule(
    "ORDER_NOT_TAKEN",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="pharmacy",
    owner=Owner.CLINIC,
    example="A street line of 41 characters; a connected pharmacy whose number of the SKU is not entered",
    source=(
        "Field lengths and forms of the JSON order API as its public clients write them; 35 characters a street line "
        "as carriers' labels are known for, not checked against a contract"
    ),
)
def its_system_takes_the_order(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The pharmacy's system and the carrier's label take every field of the order, as it would be sent."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        return "; ".join(fault.problem for fault in order_faults(line.line, pharmacy.pharmacy, context))

    def fixes(line: CheckedLine, pharmacies: tuple[Pharmacy, ...]) -> tuple[Fix, ...]:
        return to_clinic(line, context) if _fields(line, pharmacies) & STREETS else ()

    def _fields(line: CheckedLine, pharmacies: Iterable[Pharmacy]) -> set[str]:
        return {fault.field for each in pharmacies for fault in order_faults(line.line, each.pharmacy, context)}

    for problem in refused(cart, context, "ORDER_NOT_TAKEN", reason, fixes):
        line = problem.line
        fields = _fields(line, context.pharmacies.values())
        streets = [getattr(line.destination, field) for field in sorted(fields & STREETS)]
        yield problem._replace(
            message="".join([problem.message, *map(_shorten, streets)]), field=min(fields, default=None)
        )


@rule(
    "OUT_OF_STOCK",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="quantity",
    example="5 packs in stock, 3 of them for the line before, 3 wanted",
    source="stock in offers.csv, less what the clinic has reserved since",
)
def it_has_enough_in_stock(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The pharmacy has the quantity left, after the other lines of the cart; a held line takes none."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        stock = context.stock(pharmacy.pharmacy, line.sku.sku, days.placing_day) or 0
        if stock < line.line.quantity:
            return f"{stock} in stock, {line.line.quantity} wanted"
        return f"{stock} in stock, taken by other lines of the cart; {line.line.quantity} wanted"

    for problem in refused(cart, context, "OUT_OF_STOCK", reason):
        if not problem.line.line.hold:
            yield problem


@rule(
    "EXCLUDED",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="pharmacy",
    owner=Owner.CLINIC,
    example="The only pharmacy with the SKU is one that somebody told the split to avoid",
    source="What people ask of the split of this cart",
)
def somebody_left_a_pharmacy(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A pharmacy that may fill the line is left after what people ask of the split."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        return "could fill it, and is left out by what is asked of the split"

    yield from refused(cart, context, "EXCLUDED", reason)


@rule(
    "RX_AT_OTHER_PHARMACY",
    gate=Gate.PHARMACY,
    severity=Severity.BLOCKING,
    field="pharmacy",
    example="A pin on Oak for a prescription that Cedar holds",
    source="rx_pharmacy in prescriptions.csv: moving it needs a new prescription",
)
def pin_is_where_the_prescription_is(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """A prescription that a pharmacy holds is filled there, whatever the line's pin."""
    for line, rx in cart.prescribed:
        pin = line.line.pharmacy
        if pin and rx.rx_pharmacy and pin != rx.rx_pharmacy:
            yield line.problem(
                f"Prescription {rx.rx} is at {rx.rx_pharmacy}, the line is pinned to {pin}: moving it needs a new "
                "prescription.",
                Fix(label=f"Send it to {rx.rx_pharmacy}", change={"pharmacy": rx.rx_pharmacy}),
            )
