"""Which pharmacy may fill a line, and why not (rules.md, section 3, "Rules that need a pharmacy").

Every code but OUT_OF_STOCK depends on the line and the pharmacy alone; stock shared across a cart is the split's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from core.context import Context
from core.model import (
    CartLine,
    Days,
    LicenceKind,
    Pharmacy,
    Program,
    ProgramKind,
    Promise,
    ShipTo,
    Sku,
)
from core.prescribing import Fill, computed_days, last_fill, supply_days
from core.ship_dates import promise
from core.sig import read, weekly_mg

FILTERS: Final = (
    "NO_OFFER",
    "PRICE_STALE",
    "NO_PRICE",
    "QUANTITY_LIMIT",
    "PHARMACY_NOT_LICENSED",
    "SIG_TOO_LONG",
    "REFILL_TOO_SOON",
    "COLD_CHAIN_WINDOW",
    "OUT_OF_STOCK",
)
"""The order in which filters empty an unpinned line's list of pharmacies."""

OVERRIDABLE: Final = frozenset({"REFILL_TOO_SOON"})
"""Filters that a person may override with a reason."""

SIG_MOST_CHARS: Final = 1000
"""No pharmacy takes longer directions, whatever its own limit says (NCPDP SCRIPT 2017071, SigText)."""


class Supply(NamedTuple):
    """What a patient still has of a line's active: the last fill, the days it lasts, and how refills are counted."""

    filled_on: date
    days: int
    scheduled: bool


class Subject(NamedTuple):
    """What the filters need of a line, found once for all pharmacies."""

    line: CartLine
    sku: Sku
    state: str
    refills: int
    supply: Supply | None


class Eligibility:
    """Answers for one context, program and days, remembering what lines have in common."""

    def __init__(self, context: Context, program: Program, days: Days) -> None:
        self.context = context
        self.program = program
        self.days = days
        self._price_codes: dict[tuple[str, str], tuple[str, ...]] = {}
        self._licensed: dict[tuple[str, str, str], bool] = {}
        self._promises: dict[tuple[str, bool], Promise | None] = {}

    def subject(self, line: CartLine) -> Subject | None:
        """The line as the filters see it; None where its SKU is not in the catalog."""
        sku = self.context.skus.get(line.sku)
        if sku is None:
            return None
        prescription = self.context.prescriptions.get(line.rx) if line.rx else None
        return Subject(
            line,
            sku,
            destination_state(line, self.context),
            prescription.refills if prescription else 0,
            _supply(line, sku, self.context, self.days),
        )

    def codes(
        self, subject: Subject | None, pharmacy: str, overridden: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """The filters that refuse the pharmacy, in order; of stock, only what a single line can tell."""
        partner = self.context.pharmacies.get(pharmacy)
        if subject is None or partner is None:
            return ("NO_OFFER",)
        return tuple(code for code in self._codes(subject, partner) if code not in overridden & OVERRIDABLE)

    def promise(self, pharmacy: str, cold: bool) -> Promise | None:
        """The dates of a box from a pharmacy of the context."""
        key = (pharmacy, cold)
        if key not in self._promises:
            self._promises[key] = promise(self.context.pharmacies[pharmacy], cold, self.context, self.days)
        return self._promises[key]

    def _codes(self, subject: Subject, pharmacy: Pharmacy) -> Iterator[str]:
        line, sku = subject.line, subject.sku
        yield from self._priced(pharmacy, line.sku)
        if self._outside_limits(subject, pharmacy):
            yield "QUANTITY_LIMIT"
        if not self._licence(pharmacy.pharmacy, sku, subject.state):
            yield "PHARMACY_NOT_LICENSED"
        if len(line.sig) > self._sig_limit(pharmacy, subject.state):
            yield "SIG_TOO_LONG"
        if _too_soon(subject, pharmacy, self.context, self.days):
            yield "REFILL_TOO_SOON"
        if self.promise(pharmacy.pharmacy, sku.cold_chain) is None:
            yield "COLD_CHAIN_WINDOW"
        stock = self.context.stock(pharmacy.pharmacy, line.sku, self.days.placing_day)
        if stock is not None and line.quantity > stock:
            yield "OUT_OF_STOCK"

    def _priced(self, pharmacy: Pharmacy, sku: str) -> tuple[str, ...]:
        key = (pharmacy.pharmacy, sku)
        if key not in self._price_codes:
            self._price_codes[key] = tuple(self._unpriced(pharmacy, sku))
        return self._price_codes[key]

    def _unpriced(self, pharmacy: Pharmacy, sku: str) -> Iterator[str]:
        context, day = self.context, self.days.placing_day
        offered = context.has_offer_row(pharmacy.pharmacy, sku)
        if not offered or not pharmacy.takes(self.program.program):
            yield "NO_OFFER"
        if offered and context.offer(pharmacy.pharmacy, sku, day) is None:
            yield "PRICE_STALE"
        if self.program.kind is ProgramKind.AGGREGATE and not context.aggregate_price(self.program.program, sku, day):
            yield "NO_PRICE"

    def _outside_limits(self, subject: Subject, pharmacy: Pharmacy) -> bool:
        if pharmacy.max_refills is not None and subject.refills > pharmacy.max_refills:
            return True
        offer = self.context.offer(pharmacy.pharmacy, subject.line.sku, self.days.placing_day)
        if offer is None:
            return False
        quantity = subject.line.quantity
        too_few = offer.min_quantity is not None and quantity < offer.min_quantity
        return too_few or (offer.max_quantity is not None and quantity > offer.max_quantity)

    def _licence(self, pharmacy: str, sku: Sku, state: str) -> bool:
        key = (pharmacy, sku.sku, state)
        if key not in self._licensed:
            dates = self.promise(pharmacy, sku.cold_chain)
            ships_on = dates.ships_on if dates else self.days.refill_day
            kinds = (sku.licence_kind, LicenceKind.CONTROLLED) if sku.scheduled else (sku.licence_kind,)
            self._licensed[key] = all(self.context.pharmacy_licensed(pharmacy, state, kind, ships_on) for kind in kinds)
        return self._licensed[key]

    def _sig_limit(self, pharmacy: Pharmacy, state: str) -> int:
        limit = pharmacy.sig_max_chars
        if limit is None:
            day = self.days.placing_day
            limit = int(self.context.number("sig_max_chars", day, pharmacy=pharmacy.pharmacy, state=state))
        return min(limit, SIG_MOST_CHARS)


def codes_against(
    line: CartLine,
    pharmacy: str,
    context: Context,
    program: Program,
    days: Days,
    overridden: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """The filters that refuse a pharmacy for a line, in the order of FILTERS; empty where it may fill it.

    Stock is the pharmacy's whole stock: what other lines of the cart take is the split's to say. ``overridden`` are
    codes that a person has overridden on this line.
    """
    eligibility = Eligibility(context, program, days)
    return eligibility.codes(eligibility.subject(line), pharmacy, overridden)


def earliest_refill(line: CartLine, pharmacy: str | None, context: Context, days: Days) -> date | None:
    """The first day on which the line is not REFILL_TOO_SOON, under a pharmacy's threshold or the clinic's (None).

    None where there is no earlier fill of the active, or nobody can tell how long it lasts.
    """
    sku = context.skus.get(line.sku)
    supply = _supply(line, sku, context, days) if sku else None
    if supply is None:
        return None
    partner = context.pharmacies.get(pharmacy) if pharmacy else None
    return _earliest(supply, partner, destination_state(line, context), context, days)


def destination_state(line: CartLine, context: Context) -> str:
    """The state that the line's box goes to; empty where the patient is not known."""
    if line.ship_to is ShipTo.CLINIC:
        return context.clinic.state
    patient = context.patients.get(line.patient)
    return patient.state if patient else ""


def _too_soon(subject: Subject, pharmacy: Pharmacy, context: Context, days: Days) -> bool:
    if subject.supply is None:
        return False
    return _earliest(subject.supply, pharmacy, subject.state, context, days) > days.refill_day


def _earliest(supply: Supply, pharmacy: Pharmacy | None, state: str, context: Context, days: Days) -> date:
    code, day = pharmacy.pharmacy if pharmacy else None, days.refill_day
    if supply.scheduled:
        wait = supply.days - int(context.number("scheduled_days_early", day, pharmacy=code, state=state))
    else:
        threshold = pharmacy.refill_threshold if pharmacy else None
        if threshold is None:
            threshold = context.number("refill_threshold", day, pharmacy=code, state=state)
        wait = int((supply.days * threshold).to_integral_value(rounding=ROUND_CEILING))
    return date.fromordinal(min(supply.filled_on.toordinal() + max(wait, 0), date.max.toordinal()))


def _supply(line: CartLine, sku: Sku, context: Context, days: Days) -> Supply | None:
    fill = last_fill(line.patient, sku.active, context)
    if fill is None:
        return None
    filled = context.skus[fill.prescription.sku]
    lasts = supply_days(fill.prescription, filled, fill.quantity, context, days.refill_day)
    if lasts is None:
        return None
    return Supply(fill.filled_on, _at_new_dose(line, sku, fill, filled, lasts, context, days), sku.scheduled)


def _at_new_dose(line: CartLine, sku: Sku, fill: Fill, filled: Sku, lasts: int, context: Context, days: Days) -> int:
    """Days that the old packs last when a higher dose is drawn from them; ``lasts`` where the dose does not rise."""
    old, new = _highest_mg(fill.prescription.sig, filled), _highest_mg(line.sig, sku)
    if old is None or new is None or new <= old:
        return lasts
    if _highest_mg(line.sig, filled) == new:
        drawn = computed_days(line.sig, filled, fill.quantity, context, days.refill_day)
        if drawn is not None:
            return min(drawn, lasts)
    return int(lasts * old / new)


def _highest_mg(sig: str, sku: Sku) -> Decimal | None:
    weekly = weekly_mg(read(sig, sku), sku)
    return weekly.highest if weekly else None
