"""What each line may choose from: eligible pharmacies with their boxes, dates and prices, and who is refused, why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from core.domain.context import Context
from core.domain.model import Box, Cart, CartLine, Days, Program, Promise, Refusal
from core.rules.eligibility import FILTERS, Eligibility
from core.rules.pricing.quotes import box_for
from core.rules.split.preferences import EXCLUDED, NO_PREFERENCES, LinePreferences, line_preferences

OUT_OF_STOCK: Final = "OUT_OF_STOCK"
RX_AT_OTHER_PHARMACY: Final = "RX_AT_OTHER_PHARMACY"

Overrides: TypeAlias = frozenset[tuple[int, str]]
"""(line number, code) that a person has overridden."""


class PharmacyOption(NamedTuple):
    """An eligible pharmacy for a line. ``days`` run from the refill day to delivery."""

    pharmacy: str
    box: Box
    promise: Promise
    medication_cents: int
    days: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line, its pin, its options in the order of ties, and who is refused. ``elsewhere`` is set where the pin is not
    the pharmacy that has the prescription; ``preferences`` hold for a line without a pin."""

    line: CartLine
    pin: str | None
    elsewhere: bool
    options: tuple[PharmacyOption, ...]
    refused: tuple[Refusal, ...]
    preferences: LinePreferences = NO_PREFERENCES

    @property
    def free(self) -> bool:
        """Whether the split chooses its pharmacy."""
        return self.pin is None and not self.line.hold

    def option(self, pharmacy: str | None) -> PharmacyOption | None:
        """The option of a pharmacy, if it is eligible."""
        return next((option for option in self.options if option.pharmacy == pharmacy), None)

    def narrowed(self, pharmacies: Iterable[str]) -> Candidate:
        """The same with these pharmacies alone; all others are excluded."""
        kept = tuple(option for option in self.options if option.pharmacy in pharmacies)
        excluded = [Refusal(option.pharmacy, (EXCLUDED,)) for option in self.options if option not in kept]
        return replace(self, options=kept, refused=tuple(sorted((*self.refused, *excluded))))

    def failing(self, short: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Why nobody may fill it: everything against its pin, else the filter that emptied its list.

        ``short`` is OUT_OF_STOCK where the pin has not enough left for it after lines before it.
        """
        if self.pin is None:
            return () if self.options else (_emptied([refusal.codes for refusal in self.refused]),)
        refused = {refusal.pharmacy: refusal.codes for refusal in self.refused}
        codes = refused.get(self.pin, () if self.option(self.pin) else FILTERS[:1])
        elsewhere = (RX_AT_OTHER_PHARMACY,) if self.elsewhere else ()
        return tuple(dict.fromkeys((*codes, *short, *elsewhere)))


def candidates(cart: Cart, context: Context, program: Program, days: Days, overrides: Overrides) -> list[Candidate]:
    """Every line of the cart, in order of line number."""
    eligibility = Eligibility(context, program, days)
    preferences = line_preferences(cart, context)
    return _together(
        _candidate(line, eligibility, overrides, preferences.get(line.number))
        for line in sorted(cart.lines, key=lambda line: line.number)
    )


def _together(lines: Iterable[Candidate]) -> list[Candidate]:
    """Lines that go together only have the pharmacies that may fill all of them."""
    everybody, common = list(lines), dict[str | None, set[str]]()
    for line in everybody:
        if line.free and line.preferences.together:
            pharmacies = {option.pharmacy for option in line.options}
            common.setdefault(line.preferences.together, pharmacies).intersection_update(pharmacies)
    narrowed = ((line, common.get(line.preferences.together) if line.free else None) for line in everybody)
    return [line if pharmacies is None else line.narrowed(pharmacies) for line, pharmacies in narrowed]


def _candidate(
    line: CartLine, eligibility: Eligibility, overrides: Overrides, preferences: LinePreferences | None
) -> Candidate:
    prescription = eligibility.context.prescriptions.get(line.rx or "")
    filled_at = prescription.rx_pharmacy if prescription else None
    judged = list(_judged(line, eligibility, overrides))
    candidate = Candidate(
        line,
        line.pharmacy or filled_at,
        bool(line.pharmacy and filled_at and line.pharmacy != filled_at),
        tuple(option for option in judged if isinstance(option, PharmacyOption)),
        tuple(sorted(refusal for refusal in judged if isinstance(refusal, Refusal))),
    )
    if preferences is None or candidate.pin:
        return candidate
    allowed = [option.pharmacy for option in candidate.options if not preferences.excludes(option.pharmacy)]
    return replace(candidate.narrowed(allowed), preferences=preferences)


def _judged(line: CartLine, eligibility: Eligibility, overrides: Overrides) -> Iterator[PharmacyOption | Refusal]:
    """Every pharmacy, as an option or refused. Stock does not count against a held line."""
    subject, pharmacies = eligibility.subject(line), eligibility.context.pharmacies
    overridden = frozenset(code for number, code in overrides if number == line.number)
    if subject is None:
        yield from (Refusal(pharmacy, FILTERS[:1]) for pharmacy in pharmacies)
        return
    for terms in eligibility.terms(subject):
        pharmacy, dates, price = terms.house.pharmacy, terms.house.promise, terms.offered.unit_price_cents
        codes = eligibility.codes(subject, terms, overridden)
        if line.hold:
            codes = tuple(code for code in codes if code != OUT_OF_STOCK)
        if codes or dates is None or price is None:
            yield Refusal(pharmacy, codes)
        else:
            box = box_for(line, pharmacies[pharmacy], subject.sku.cold_chain)
            days = (dates.delivers_on - eligibility.days.refill_day).days
            yield PharmacyOption(pharmacy, box, dates, line.quantity * price, days)


def _emptied(refusals: Iterable[tuple[str, ...]]) -> str:
    """The filter that leaves no pharmacy, in the order of FILTERS; what people exclude comes last."""
    left = list(refusals)
    for code in (*FILTERS, EXCLUDED):
        left = [codes for codes in left if code not in codes]
        if not left:
            return code
    raise AssertionError("every refusal has a code")
