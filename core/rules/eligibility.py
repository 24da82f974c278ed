"""Which pharmacy may fill a line, and why not (rules.md, section 3, "Rules that need a pharmacy").

Every code but OUT_OF_STOCK depends on the line and the pharmacy alone; stock shared across a cart is the split's.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from core.domain.context import Context
from core.domain.identifiers import state_code
from core.domain.model import CartLine, Days, LicenceKind, Pharmacy, Program, ProgramKind, Promise, ShipTo, Sku
from core.domain.partners.link import Link
from core.domain.partners.message import Connection, Message, MessageLine, OrderFault, shipping_address
from core.rules.days_supply import computed_days, supply_days
from core.rules.prescriptions import Fill, last_fill_for
from core.rules.regimens import highest_weekly_mg
from core.rules.ship_dates import promise

FILTERS: Final = (
    "NO_OFFER",
    "PRICE_STALE",
    "NO_PRICE",
    "QUANTITY_LIMIT",
    "PHARMACY_NOT_LICENSED",
    "SIG_TOO_LONG",
    "ORDER_NOT_TAKEN",
    "REFILL_TOO_SOON",
    "COLD_CHAIN_WINDOW",
    "OUT_OF_STOCK",
)
"""The order in which filters empty an unpinned line's list of pharmacies."""


class Obstacle(NamedTuple):
    """Why a pharmacy cannot fill a line, and what would have to change; both may name the ``{state}`` shipped to."""

    reason: str
    change: str


OBSTACLES: Final[Mapping[str, Obstacle]] = {
    "NO_OFFER": Obstacle("no price for this SKU and program", "needs a price for this SKU under this program"),
    "PRICE_STALE": Obstacle("its price has expired", "needs a price in force"),
    "NO_PRICE": Obstacle("the program has no price", "the program needs a price for this SKU"),
    "QUANTITY_LIMIT": Obstacle(
        "outside its limits of quantity or refills", "quantity and refills have to be within its limits"
    ),
    "PHARMACY_NOT_LICENSED": Obstacle("no license for {state}", "needs a license for {state}"),
    "SIG_TOO_LONG": Obstacle("directions longer than it accepts", "the directions have to be shorter"),
    "ORDER_NOT_TAKEN": Obstacle(
        "its system does not take the order", "what its system does not take has to be corrected"
    ),
    "REFILL_TOO_SOON": Obstacle("too soon by its rule", "needs a later refill day, or an override"),
    "COLD_CHAIN_WINDOW": Obstacle("no ship day in time", "has to ship within 14 days of being ready"),
    "OUT_OF_STOCK": Obstacle("not enough stock", "needs more packs in stock"),
    "EXCLUDED": Obstacle("excluded by a routing preference", "the routing preference has to be removed"),
    "RX_AT_OTHER_PHARMACY": Obstacle(
        "another pharmacy holds the prescription", "needs a new prescription, written to it"
    ),
}
"""Every code that a split may give a pharmacy that does not fill a line."""

OVERRIDABLE: Final = frozenset({"REFILL_TOO_SOON"})
"""Filters that a person may override with a reason."""

SIG_MOST_CHARS: Final = 1000
"""No pharmacy takes longer directions, whatever its own limit says (NCPDP SCRIPT 2017071, SigText)."""


class RemainingSupply(NamedTuple):
    """What a patient still has of a line's active: when it was last filled, and the days that it lasts."""

    filled_on: date
    days: int


class Subject(NamedTuple):
    """What the filters need of a line, found once for all pharmacies. ``earliest`` fills up by a pharmacy's rule: the
    share of the supply, and the days before its end."""

    line: CartLine
    sku: Sku
    state: str
    refills: int
    supply: RemainingSupply | None
    earliest: dict[tuple[Decimal | None, int], date]


class OfferTerms(NamedTuple):
    """A pharmacy's offer of a SKU: codes that refuse every line, price, limits, stock (None: not limited)."""

    closed: frozenset[str]
    unit_price_cents: int | None
    least: int | None
    most: int | None
    stock: int | None


class House(NamedTuple):
    """A pharmacy's rules for SKUs of one class shipped to one state: the codes that refuse every line, the longest
    directions, the dates of a box, and the share of the last supply that must be used before a refill (None for a
    controlled substance, which counts ``early`` days before its end)."""

    pharmacy: str
    closed: frozenset[str]
    max_refills: int
    sig_limit: int
    share: Decimal | None
    early: int
    promise: Promise | None


class FillTerms(NamedTuple):
    """On what terms a pharmacy fills a SKU for a state; ``closed`` are the codes that refuse every line, in order."""

    house: House
    offered: OfferTerms
    closed: tuple[str, ...]


class Houses:
    """Pharmacies' rules by class of SKU and state, for one context and days, remembered."""

    def __init__(self, context: Context, days: Days) -> None:
        self.context = context
        self.days = days
        self._houses: dict[tuple[str, str, bool, bool, bool], House] = {}

    def of(self, pharmacy: Pharmacy, sku: Sku, state: str) -> House:
        """One pharmacy's rules for a SKU shipped to a state."""
        key = (pharmacy.pharmacy, state, sku.sterile, sku.scheduled, sku.cold_chain)
        if key not in self._houses:
            dates = promise(pharmacy, sku.cold_chain, self.context, self.days)
            self._houses[key] = House(
                pharmacy.pharmacy,
                frozenset(self._unlawful(pharmacy, sku, state, dates)),
                refills_limit(pharmacy, self.context, self.days.placing_day),
                sig_limit(pharmacy, state, self.context, self.days.placing_day),
                *_threshold(sku, pharmacy, state, self.context, self.days),
                dates,
            )
        return self._houses[key]

    def reached(self, pharmacy: Pharmacy, sku: Sku, patients: Mapping[str, int]) -> Fraction:
        """The share of patients, counted by state, to whom the pharmacy may and can ship a SKU."""
        reached = sum(number for state, number in patients.items() if not self.of(pharmacy, sku, state).closed)
        return Fraction(reached, sum(patients.values()) or 1)

    def _unlawful(self, pharmacy: Pharmacy, sku: Sku, state: str, dates: Promise | None) -> Iterator[str]:
        ships_on = dates.ships_on if dates else self.days.refill_day
        kinds = (sku.licence_kind, LicenceKind.CONTROLLED) if sku.scheduled else (sku.licence_kind,)
        if not all(self.context.pharmacy_licensed(pharmacy.pharmacy, state, kind, ships_on) for kind in kinds):
            yield "PHARMACY_NOT_LICENSED"
        if dates is None:
            yield "COLD_CHAIN_WINDOW"


class Eligibility:
    """Answers for one context, program and days, remembering what lines have in common."""

    def __init__(self, context: Context, program: Program, days: Days) -> None:
        self.context = context
        self.program = program
        self.days = days
        self._offered: dict[tuple[str, str], OfferTerms] = {}
        self._houses = Houses(context, days)
        self._terms: dict[tuple[str, str], tuple[FillTerms, ...]] = {}
        self._order_faults: dict[tuple[str, ...], bool] = {}

    def subject(self, line: CartLine) -> Subject | None:
        """The line as the filters see it; None where its SKU is not in the catalog."""
        sku = self.context.skus.get(line.sku)
        if sku is None:
            return None
        prescription = self.context.prescriptions.get(line.rx or "")
        return Subject(
            line,
            sku,
            destination_state(line, self.context),
            prescription.refills if prescription else 0,
            _supply(line, sku, self.context, self.days),
            {},
        )

    def terms(self, subject: Subject) -> tuple[FillTerms, ...]:
        """Every pharmacy's terms for the line: the earliest delivery first, then by code."""
        key = (subject.sku.sku, subject.state)
        if key not in self._terms:
            terms = [self.terms_of(pharmacy, subject) for pharmacy in self.context.pharmacies.values()]
            self._terms[key] = tuple(sorted(terms, key=_by_delivery))
        return self._terms[key]

    def terms_of(self, pharmacy: Pharmacy, subject: Subject) -> FillTerms:
        """One pharmacy's terms for the line."""
        house, offered = self._houses.of(pharmacy, subject.sku, subject.state), self._offer(pharmacy, subject.sku.sku)
        return FillTerms(house, offered, _ordered(house.closed | offered.closed))

    def codes(self, subject: Subject, terms: FillTerms, overridden: frozenset[str]) -> tuple[str, ...]:
        """The filters that refuse the line, in order; of stock, only what a single line can tell."""
        house, offered, line = terms.house, terms.offered, subject.line
        codes = []
        if (
            (offered.least is not None and line.quantity < offered.least)
            or (offered.most is not None and line.quantity > offered.most)
            or subject.refills > house.max_refills
        ):
            codes.append("QUANTITY_LIMIT")
        if len(line.sig) > house.sig_limit:
            codes.append("SIG_TOO_LONG")
        if self._not_taken(subject, house.pharmacy):
            codes.append("ORDER_NOT_TAKEN")
        if subject.supply is not None and self._too_soon(subject.supply, subject.earliest, house):
            codes.append("REFILL_TOO_SOON")
        if offered.stock is not None and line.quantity > offered.stock:
            codes.append("OUT_OF_STOCK")
        return _ordered({*codes, *terms.closed} - (overridden & OVERRIDABLE)) if codes else terms.closed

    def _not_taken(self, subject: Subject, pharmacy: str) -> bool:
        line = subject.line
        key = (pharmacy, line.patient, line.sku, line.rx or "", line.npi, line.ship_to, line.sig, line.note)
        if key not in self._order_faults:
            self._order_faults[key] = bool(order_faults(line, pharmacy, self.context))
        return self._order_faults[key]

    def _too_soon(
        self, supply: RemainingSupply, earliest: dict[tuple[Decimal | None, int], date], house: House
    ) -> bool:
        rule = (house.share, house.early)
        if rule not in earliest:
            earliest[rule] = _earliest(supply, *rule)
        return earliest[rule] > self.days.refill_day

    def _offer(self, pharmacy: Pharmacy, sku: str) -> OfferTerms:
        key = (pharmacy.pharmacy, sku)
        if key not in self._offered:
            offer = self.context.offer(*key, self.days.placing_day)
            self._offered[key] = OfferTerms(
                frozenset(self._unpriced(pharmacy, sku)),
                self.context.unit_price_cents(self.program, *key, self.days.placing_day),
                offer.min_quantity if offer else None,
                offer.max_quantity if offer else None,
                self.context.stock(*key, self.days.placing_day),
            )
        return self._offered[key]

    def _unpriced(self, pharmacy: Pharmacy, sku: str) -> Iterator[str]:
        context, day, program = self.context, self.days.placing_day, self.program
        offered = context.has_offer_row(pharmacy.pharmacy, sku)
        if not offered or not pharmacy.takes(program.program):
            yield "NO_OFFER"
        if offered and context.offer(pharmacy.pharmacy, sku, day) is None:
            yield "PRICE_STALE"
        if program.kind is ProgramKind.AGGREGATE and not context.aggregate_price(program.program, sku, day):
            yield "NO_PRICE"


def order_faults(line: CartLine, pharmacy: str, context: Context, override_note: str = "") -> tuple[OrderFault, ...]:
    """What the pharmacy's system, or a carrier's label, does not take of the line: the sender's own check, asked before
    payment. Empty too where patient, SKU, prescription or prescriber are unknown, which other rules stop."""
    sku, patient = context.skus.get(line.sku), context.patients.get(line.patient)
    prescription, prescriber = context.prescriptions.get(line.rx or ""), context.prescribers.get(line.npi.strip())
    if sku is None or patient is None or prescription is None or prescriber is None:
        return ()
    connection = context.connections.get(pharmacy) or Connection(Link(pharmacy))
    ordered = MessageLine(
        "", 1, line.number, sku, prescription, line.quantity, line.sig,
        product=connection.product(line.sku), note=line.note, override_note=override_note,
    )  # fmt: skip
    address = shipping_address(patient, line.ship_to, context.clinic)
    message = Message("", pharmacy, patient, prescriber, line.ship_to, address, sku.cold_chain, (ordered,))
    return tuple(connection.faults(message, connection.link))


def sig_limit(pharmacy: Pharmacy, state: str, context: Context, day: date) -> int:
    """The longest directions, in characters, that the pharmacy takes for a box to ``state``."""
    limit = context.pharmacy_number("sig_max_chars", day, pharmacy.pharmacy, pharmacy.sig_max_chars, state)
    return min(int(limit), SIG_MOST_CHARS)


def refills_limit(pharmacy: Pharmacy, context: Context, day: date) -> int:
    """The most refills on a prescription that the pharmacy takes."""
    return int(context.pharmacy_number("max_refills", day, pharmacy.pharmacy, pharmacy.max_refills))


def earliest_refill(line: CartLine, pharmacy: str | None, context: Context, days: Days) -> date | None:
    """The first day on which the line is not REFILL_TOO_SOON, under a pharmacy's threshold or the clinic's (None).

    None where there is no earlier fill of the active, or nobody can tell how long it lasts.
    """
    sku = context.skus.get(line.sku)
    supply = _supply(line, sku, context, days) if sku else None
    if sku is None or supply is None:
        return None
    partner = context.pharmacies.get(pharmacy or "")
    return _earliest(supply, *_threshold(sku, partner, destination_state(line, context), context, days))


def destination_state(line: CartLine, context: Context) -> str:
    """The state that the line's box goes to; empty where the patient is not known."""
    if line.ship_to is ShipTo.CLINIC:
        return state_code(context.clinic.state)
    patient = context.patients.get(line.patient)
    return state_code(patient.state) if patient else ""


def _ordered(codes: Collection[str]) -> tuple[str, ...]:
    return tuple(code for code in FILTERS if code in codes)


def _by_delivery(terms: FillTerms) -> tuple[date, str]:
    dates = terms.house.promise
    return dates.delivers_on if dates else date.max, terms.house.pharmacy


def _threshold(
    sku: Sku, pharmacy: Pharmacy | None, state: str, context: Context, days: Days
) -> tuple[Decimal | None, int]:
    """The share of a supply that must be used, or None and the days before its end for a controlled substance."""
    code, day = pharmacy.pharmacy if pharmacy else None, days.refill_day
    if sku.scheduled:
        return None, int(context.number("scheduled_days_early", day, pharmacy=code, state=state))
    if pharmacy is None:
        return context.number("refill_threshold", day, state=state), 0
    return context.pharmacy_number("refill_threshold", day, pharmacy.pharmacy, pharmacy.refill_threshold, state), 0


def _earliest(supply: RemainingSupply, share: Decimal | None, early: int) -> date:
    wait = supply.days - early if share is None else math.ceil(supply.days * share)
    return date.fromordinal(min(supply.filled_on.toordinal() + max(wait, 0), date.max.toordinal()))


def _supply(line: CartLine, sku: Sku, context: Context, days: Days) -> RemainingSupply | None:
    fill = last_fill_for(line.patient, line.sig, sku, context, days.refill_day)
    if fill is None:
        return None
    filled = context.skus[fill.prescription.sku]
    lasts = supply_days(fill.prescription, filled, fill.quantity, context, days.refill_day)
    if lasts is None:
        return None
    return RemainingSupply(fill.filled_on, min(lasts, _at_new_dose(line, sku, fill, filled, lasts, context, days)))


def _at_new_dose(line: CartLine, sku: Sku, fill: Fill, filled: Sku, lasts: int, context: Context, days: Days) -> int:
    """Days that the old packs last when a higher dose is drawn from them; ``lasts`` where the dose does not rise, or
    goes another way: a mg of a cream is none of a capsule."""
    if (line.sig == fill.prescription.sig and sku is filled) or sku.route != filled.route:
        return lasts
    active = context.active_of(sku)
    old, new = highest_weekly_mg(fill.prescription.sig, filled, active), highest_weekly_mg(line.sig, sku, active)
    if old is None or new is None or new <= old:
        return lasts
    if highest_weekly_mg(line.sig, filled, active) == new:
        drawn = computed_days(line.sig, filled, fill.quantity, context, days.refill_day)
        if drawn is not None:
            return drawn
    return int(lasts * old / new)
