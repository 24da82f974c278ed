"""What each line may choose from: eligible pharmacies with their boxes, dates and prices, and who is refused, why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from core.domain.context import Context
from core.domain.model import Box, Cart, CartLine, Days, Program, Promise, Refusal
from core.rules.eligibility import FILTERS, Eligibility, Subject
from core.rules.pricing import box_for
from core.rules.split.preferences import EXCLUDED, NOTHING, Asked, asked_of

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
    the pin is not the pharmacy that has the prescription; ``asked`` is what people ask of a line without a pin."""

    line: CartLine
    pin: str | None
    elsewhere: bool
    routes: tuple[Route, ...]
    refused: tuple[Refusal, ...]
    asked: Asked = NOTHING

    @property
    def free(self) -> bool:
        """Whether the split chooses its pharmacy."""
        return self.pin is None and not self.line.hold

    def route(self, pharmacy: str | None) -> Route | None:
        """The route by a pharmacy, if it is eligible."""
        return next((route for route in self.routes if route.pharmacy == pharmacy), None)

    def by(self, pharmacy: str) -> Route:
        """The route by a pharmacy that is eligible."""
        found = self.route(pharmacy)
        if found is None:
            raise KeyError(pharmacy)
        return found

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
    asked = asked_of(cart, context)
    overridden: dict[int, frozenset[str]] = {}
    for number, code in overrides:
        overridden[number] = overridden.get(number, frozenset()) | {code}
    found = [
        _candidate(line, eligibility, overridden.get(line.number, frozenset()), asked.get(line.number, NOTHING))
        for line in sorted(cart.lines, key=lambda line: line.number)
    ]
    return _kept_together(found) if asked else found


def _kept_together(found: list[Candidate]) -> list[Candidate]:
    """Lines that go together only have the pharmacies that may fill all of them."""
    common: dict[str, set[str]] = {}
    for one in found:
        if one.free and one.asked.together is not None:
            routes = {route.pharmacy for route in one.routes}
            common.setdefault(one.asked.together, set(routes)).intersection_update(routes)
    return [one if one.asked.together is None else _only(one, common.get(one.asked.together, set())) for one in found]


def _only(one: Candidate, pharmacies: Collection[str]) -> Candidate:
    if not one.free:
        return one
    left_out = tuple(Refusal(route.pharmacy, (EXCLUDED,)) for route in one.routes if route.pharmacy not in pharmacies)
    routes = tuple(route for route in one.routes if route.pharmacy in pharmacies)
    return replace(one, routes=routes, refused=tuple(sorted((*one.refused, *left_out))))


def _candidate(line: CartLine, eligibility: Eligibility, overridden: frozenset[str], asked: Asked) -> Candidate:
    context, subject = eligibility.context, eligibility.subject(line)
    prescription = context.prescriptions.get(line.rx or "")
    filled_at = prescription.rx_pharmacy if prescription else None
    routes: list[Route] = []
    refused: list[Refusal] = []
    if subject is None:
        refused.extend(Refusal(pharmacy, FILTERS[:1]) for pharmacy in context.pharmacies)
    else:
        _sort_out(subject, eligibility, overridden, routes, refused)
    if line.pharmacy or filled_at:
        asked = NOTHING
    refused.extend(Refusal(route.pharmacy, (EXCLUDED,)) for route in routes if asked.excludes(route.pharmacy))
    return Candidate(
        line,
        line.pharmacy or filled_at,
        bool(line.pharmacy and filled_at and line.pharmacy != filled_at),
        tuple(route for route in routes if not asked.excludes(route.pharmacy)),
        tuple(sorted(refused)),
        asked,
    )


def _sort_out(
    subject: Subject,
    eligibility: Eligibility,
    overridden: frozenset[str],
    routes: list[Route],
    refused: list[Refusal],
) -> None:
    line, cold, refill_day = subject.line, subject.sku.cold_chain, eligibility.days.refill_day
    pharmacies = eligibility.context.pharmacies
    for terms in eligibility.terms(subject):
        pharmacy, dates, price = terms.house.pharmacy, terms.house.promise, terms.offered.unit_price_cents
        codes = eligibility.codes(subject, terms, overridden)
        if line.hold:
            codes = tuple(code for code in codes if code != OUT_OF_STOCK)
        if codes or dates is None or price is None:
            refused.append(Refusal(pharmacy, codes))
        else:
            box, days = box_for(line, pharmacies[pharmacy], cold), (dates.delivers_on - refill_day).days
            routes.append(Route(pharmacy, box, dates, line.quantity * price, days))


def _emptied(refusals: Iterable[tuple[str, ...]]) -> str:
    """The filter that leaves no pharmacy, in the order of FILTERS; what people exclude comes last."""
    left = list(refusals)
    for code in (*FILTERS, EXCLUDED):
        left = [codes for codes in left if code not in codes]
        if not left:
            return code
    raise AssertionError("every refusal has a code")
