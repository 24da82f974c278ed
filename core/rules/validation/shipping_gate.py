"""Shipping gate: whether a carrier can find the door, and the box gets there cold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from core.domain.context import Context
from core.domain.date_words import full_day
from core.domain.identifiers import STATES, is_zip, straddles
from core.domain.model import Days, Fix, Gate, Owner, Pharmacy, Severity
from core.domain.money import shown
from core.rules.due_list import supply_ends
from core.rules.ship_dates import longest_wait
from core.rules.validation.addresses import to_clinic, unreachable, zip_mismatch
from core.rules.validation.checked import CheckedCart, CheckedLine, Violation, in_words
from core.rules.validation.refusals import refused
from core.rules.validation.registry import rule


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
        fault = unreachable(line.destination)
        if fault is None:
            continue
        cold = line.sku.cold_chain
        advice = "a cold box needs a street address" if cold else "not every carrier goes there"
        yield line.problem(
            f"{fault}: {advice}.",
            *to_clinic(line, context),
            severity=Severity.BLOCKING if cold else Severity.WARNING,
        )


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
        if state and code and (fault := zip_mismatch(state, code)) is not None:
            shared = is_zip(code) and state in STATES and straddles(code)
            yield line.problem(
                fault, *to_clinic(line, context), severity=Severity.WARNING if shared else Severity.BLOCKING
            )


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


@rule(
    "ARRIVES_LATE",
    gate=Gate.SHIPPING,
    severity=Severity.WARNING,
    owner=Owner.CLINIC,
    field="pharmacy",
    example="The supply ends on the 11th; the cheapest pharmacy, closed, delivers on the 29th, another on the 10th",
    source="The last fill's days' supply beside the promised delivery; setting late_delivery_days",
)
def box_arrives_before_the_supply_ends(cart: CheckedCart, context: Context, days: Days) -> Iterator[Violation]:
    """The box arrives before the patient has been without medication for long."""
    most = int(context.number("late_delivery_days", days.refill_day))
    for line in cart.lines:
        ends, dates = supply_ends(line.line, context, days.refill_day), line.routed.promise
        if ends is None or dates is None:
            continue
        if dates.delivers_on > max(ends, days.refill_day) + timedelta(days=most):
            yield _late(line, dates.delivers_on, ends, _soonest(line, dates.delivers_on, ends), context)


Sooner = tuple[str, date, int]
"""A pharmacy, when it would deliver, and what the checkout would cost more, in cents."""


def _soonest(line: CheckedLine, delivers_on: date, ends: date) -> Sooner | None:
    """The cheapest pharmacy that delivers while the supply lasts, else the one that delivers first; None is sooner."""
    others = [
        (each.pharmacy, delivers_on + timedelta(days=each.extra_days), each.extra_cost_cents)
        for each in line.routed.alternatives
        if each.extra_days < 0
    ]
    return min(others, key=lambda other: (max(other[1], ends), other[2], other[0]), default=None)


def _late(line: CheckedLine, delivers_on: date, ends: date, sooner: Sooner | None, context: Context) -> Violation:
    gap = (delivers_on - ends).days
    message = (
        f"It arrives on {full_day(delivers_on)}, {gap} day{'' if gap == 1 else 's'} after the supply ends on "
        f"{full_day(ends)}."
    )
    if sooner is None:
        return line.problem(f"{message} No pharmacy that may fill it delivers sooner.")
    code, day, cents = sooner
    name = context.pharmacies[code].name
    price = f"{shown(abs(cents))} {'more' if cents > 0 else 'less'}" if cents else "the same cost"
    fix = Fix(label=f"Send it to {name}", change={"pharmacy": code})
    return line.problem(f"{message} {name} delivers on {full_day(day)}, for {price}.", fix)
