"""Shipping gate: whether a carrier can find the door, and the box gets there cold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from core.domain.context import Context
from core.domain.identifiers import MILITARY, STATES, is_zip, state_of_zip, straddles
from core.domain.model import Days, Fix, Gate, Pharmacy, Severity, ShipTo
from core.rules.ship_dates import longest_wait
from core.rules.validation.checked import CheckedCart, CheckedLine, DeliveryAddress, Violation, clinic_address, in_words
from core.rules.validation.refusals import refused
from core.rules.validation.registry import rule

TO_CLINIC: Final = Fix(label="Ship it to the clinic", change={"ship_to": "clinic"})

GAP: Final = r"[\W_]*"
BOX: Final = r"(?:b[o0]x|bx|drawer|dwr)(?![a-z])"
PO_BOX: Final = re.compile(
    rf"(?<![a-z])(?:p{GAP}[o0]{GAP}{BOX}"  # PO Box, P.O. Box, P O Box, POBox, P0 Box
    rf"|p{GAP}[o0]{GAP}b{GAP}(?:n[o0]{GAP})?\d"  # POB 12
    rf"|post(?:al)?{GAP}(?:[o0]f(?:fice|c|f)?)?{GAP}{BOX}"  # Post Office Box, Post Box, Postal Box
    rf"|(?:apartado|apdo|casilla)(?![a-z]){GAP}(?:postal|de{GAP}correos)?{GAP}(?:n[uo]m?{GAP})?\d)"
)
BARE_BOX: Final = re.compile(
    rf"{GAP}(?:p{GAP}[o0]|box|bx|bin|lock{GAP}box|(?:firm{GAP})?caller|drawer){GAP}(?:n[o0]{GAP})?\d\w*{GAP}"
)
"""An address line that is a box and nothing else (USPS Publication 28, section 283)."""

MILITARY_POST: Final = re.compile(
    rf"{GAP}[afd]{GAP}p{GAP}[o0](?:{GAP}a[aep])?{GAP}"  # a city: APO, F.P.O., DPO AE
)
MILITARY_LINE: Final = re.compile(
    rf"(?<![a-z])[afd]{GAP}p{GAP}[o0]{GAP}a[aep](?![a-z])"  # APO AE 09012
    rf"|^{GAP}(?:psc|cmr){GAP}\d+"  # PSC 802 Box 74, CMR 489 Box 12
)
AT_THE_COUNTER: Final = re.compile(rf"(?<![a-z])(?:general{GAP}delivery|poste{GAP}restante)(?![a-z])")
"""Mail that waits at a post office to be asked for; a private mailbox (PMB) is at a street door, and no box."""


@rule(
    "ADDRESS_INCOMPLETE",
    gate=Gate.SHIPPING,
    severity=Severity.BLOCKING,
    field="address1",
    example="No ZIP code",
    source="Every carrier's label",
)
def address_is_complete(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The destination has a street, a city, a state and a ZIP code."""
    for line in cart.lines:
        missing = line.destination.missing
        if missing:
            yield line.problem(
                f"The address of {line.destination.owner} lacks: {in_words(missing)}.",
                *to_clinic(line, context),
                field=missing[0],
            )


@rule(
    "PO_BOX",
    gate=Gate.SHIPPING,
    severity=Severity.BLOCKING,
    field="address1",
    example="P. O. Box 12, POB 12, Post Office Box 12, General Delivery, APO AE 09012",
    source="FedEx and UPS service guides; USPS Publication 28, section 283",
)
def address_is_no_post_office_box(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The destination is neither a PO box nor a military address; an ambient box is only warned of."""
    for line in cart.lines:
        fault = _unreachable(line.destination)
        if fault is None:
            continue
        cold = line.sku.cold_chain
        advice = "a cold box needs a street address" if cold else "not every carrier goes there"
        yield line.problem(
            f"{fault}: {advice}.",
            *to_clinic(line, context),
            severity=Severity.BLOCKING if cold else Severity.WARNING,
        )


def _unreachable(address: DeliveryAddress) -> str | None:
    first, second = _folded(address.address1), _folded(address.address2)
    if address.state in MILITARY or MILITARY_POST.fullmatch(_folded(address.city)):
        return f"{address.city} {address.state} is a military address"
    for line in (first, second):
        if MILITARY_LINE.search(line):
            return f"“{line}” is a military address"
        if PO_BOX.search(line):
            return f"“{line}” is a PO box"
        if AT_THE_COUNTER.search(line):
            return f"“{line}” waits at a post office"
    return f"“{first}” is a PO box" if BARE_BOX.fullmatch(first) else None


def _folded(text: str) -> str:
    """In small letters, full-width and other look-alike forms made plain, one space for many."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@rule(
    "STATE_ZIP_MISMATCH",
    gate=Gate.SHIPPING,
    severity=Severity.BLOCKING,
    field="zip",
    example="TX 73301 is right, TX 73101 lies in Oklahoma",
    source="Three-digit ZIP prefixes, 933 of them",
    overridable=True,
)
def zip_lies_in_the_state(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The destination's ZIP code lies in its state; only a warning for the eight prefixes that states share."""
    for line in cart.lines:
        state, code = line.destination.state, line.destination.zip
        if state and code and (fault := _mismatch(state, code)) is not None:
            shared = is_zip(code) and state in STATES and straddles(code)
            yield line.problem(
                fault, *to_clinic(line, context), severity=Severity.WARNING if shared else Severity.BLOCKING
            )


def _mismatch(state: str, code: str) -> str | None:
    if state not in STATES:
        return f"“{state}” is not a state: expected two letters, such as TX."
    if not is_zip(code):
        return f"“{code}” is not a ZIP code: expected five digits, or nine."
    lies_in = state_of_zip(code)
    if lies_in == state:
        return None
    if lies_in is None:
        return f"No ZIP code begins with {code[:3]}, as {code} does: expected one of {state}."
    if straddles(code):
        return f"ZIP codes that begin with {code[:3]} lie mostly in {lies_in}, the address says {state}: please check."
    return f"ZIP code {code} lies in {lies_in}, the address says {state}."


@rule(
    "COLD_CHAIN_WINDOW",
    gate=Gate.SHIPPING,
    severity=Severity.BLOCKING,
    field="pharmacy",
    example="A pharmacy that ships cold on Fridays alone, two days away",
    source="rules.md, section 6; setting ship_window_days",
)
def box_ships_and_never_rests(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The box ships within 14 days of being ready, a cold one so that it never rests on its way."""

    def reason(line: CheckedLine, pharmacy: Pharmacy) -> str:
        kind = "a cold box so that it never rests on its way" if line.sku.cold_chain else "a box"
        wait = longest_wait(pharmacy, context, days.refill_day)
        return (
            f"cannot ship {kind} within {wait} days of having it ready; look at its ship days, closures and carrier "
            "days"
        )

    yield from refused(cart, context, "COLD_CHAIN_WINDOW", reason)


def to_clinic(line: CheckedLine, context: Context) -> tuple[Fix, ...]:
    """Shipping to the clinic, where that is another address, a good one, and lawful."""
    if line.line.ship_to is ShipTo.CLINIC or line.sku.scheduled:
        return ()
    clinic = clinic_address(context.clinic)
    good = not clinic.missing and _unreachable(clinic) is None and _mismatch(clinic.state, clinic.zip) is None
    return (TO_CLINIC,) if good else ()
