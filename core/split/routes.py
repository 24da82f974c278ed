"""What each line may choose from: eligible pharmacies with their boxes, dates and prices, and who is refused, why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from core.context import Context
from core.eligibility import FILTERS, Eligibility
from core.model import Box, Cart, CartLine, Days, Program, Promise, Refusal
from core.pricing import box_for

OUT_OF_STOCK = "OUT_OF_STOCK"
RX_AT_OTHER_PHARMACY = "RX_AT_OTHER_PHARMACY"


class Route(NamedTuple):
    """An eligible pharmacy for a line. ``days`` run from the refill day to delivery."""

    pharmacy: str
    box: Box
    promise: Promise
    medication_cents: int
    days: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line, its pin, the routes open to it in the order of ties, and who is refused. ``elsewhere`` is set where
    the pin is not the pharmacy that has the prescription."""

    line: CartLine
    pin: str | None
    elsewhere: bool
    routes: tuple[Route, ...]
    refused: tuple[Refusal, ...]

    @property
    def free(self) -> bool:
        """Whether the split chooses its pharmacy."""
        return self.pin is None and not self.line.hold

    def route(self, pharmacy: str | None) -> Route | None:
        """The route by a pharmacy, if it is eligible."""
        return next((route for route in self.routes if route.pharmacy == pharmacy), None)

    def failing(self, short: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Why nobody may fill it: everything against its pin, else the filter that emptied its list.

        ``short`` is OUT_OF_STOCK where the pin has not enough left for it after lines before it.
        """
        if self.pin is None:
            return () if self.routes else (_emptied([refusal.codes for refusal in self.refused]),)
        known = {refusal.pharmacy: refusal.codes for refusal in self.refused}
        codes = known.get(self.pin, ()) if self.pin in known or self.route(self.pin) else FILTERS[:1]
        elsewhere = (RX_AT_OTHER_PHARMACY,) if self.elsewhere else ()
        return tuple(dict.fromkeys((*codes, *short, *elsewhere)))


def candidates(
    cart: Cart, context: Context, program: Program, days: Days, overrides: frozenset[tuple[int, str]]
) -> list[Candidate]:
    """Every line of the cart, in order of line number."""
    eligibility = Eligibility(context, program, days)
    overridden: dict[int, frozenset[str]] = {}
    for number, code in overrides:
        overridden[number] = overridden.get(number, frozenset()) | {code}
    return [
        _candidate(line, eligibility, overridden.get(line.number, frozenset()))
        for line in sorted(cart.lines, key=lambda line: line.number)
    ]


def _candidate(line: CartLine, eligibility: Eligibility, overridden: frozenset[str]) -> Candidate:
    subject, context = eligibility.subject(line), eligibility.context
    routes, refused = [], []
    for pharmacy in sorted(context.pharmacies):
        codes = eligibility.codes(subject, pharmacy, overridden)
        if line.hold:
            codes = tuple(code for code in codes if code != OUT_OF_STOCK)
        if codes:
            refused.append(Refusal(pharmacy, codes))
        else:
            routes.append(_route(line, pharmacy, eligibility))
    prescription = context.prescriptions.get(line.rx or "")
    filled_at = prescription.rx_pharmacy if prescription else None
    return Candidate(
        line,
        line.pharmacy or filled_at,
        bool(line.pharmacy and filled_at and line.pharmacy != filled_at),
        tuple(sorted(routes, key=lambda route: (route.promise.delivers_on, route.pharmacy))),
        tuple(refused),
    )


def _route(line: CartLine, pharmacy: str, eligibility: Eligibility) -> Route:
    context, days = eligibility.context, eligibility.days
    cold = context.skus[line.sku].cold_chain
    dates = eligibility.promise(pharmacy, cold)
    price = context.unit_price_cents(eligibility.program, pharmacy, line.sku, days.placing_day)
    if dates is None or price is None:
        raise AssertionError("an eligible pharmacy has dates and a price")
    return Route(
        pharmacy,
        box_for(line, context.pharmacies[pharmacy], cold),
        dates,
        line.quantity * price,
        (dates.delivers_on - days.refill_day).days,
    )


def _emptied(refusals: Iterable[tuple[str, ...]]) -> str:
    """The filter that leaves no pharmacy, in the order of FILTERS."""
    left = list(refusals)
    for code in FILTERS:
        left = [codes for codes in left if code not in codes]
        if not left:
            return code
    raise AssertionError("every refusal has a code")
