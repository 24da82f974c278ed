"""Everything that pure decisions need of a clinic, loaded in a fixed number of queries and never changed.

The store fills it (core/adapters/store/contexts.py); pricing, split, validation and dates read it. Look-ups that
several of them need stand here, each answering one question about data in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Self

from core.domain.identifiers import CodeOrder, code_order, state_code
from core.domain.model import (
    AggregatePrice,
    Clinic,
    Days,
    LadderStep,
    LicenceKind,
    Offer,
    OurLine,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    Prescription,
    Program,
    ProgramKind,
    Promise,
    Setting,
    Sku,
)
from core.domain.partners.message import Connection
from core.domain.settings import pharmacys_own, setting_in_force


@dataclass(frozen=True)
class Context:
    """A clinic's reference data, the patients at hand, and what is already on its way.

    Lists of dated rows hold the history that the store gave, in order of ``valid_from``. ``reserved`` is what this
    clinic has reserved since the pharmacy last told its stock, in packs, by (pharmacy, sku). ``other_carts`` holds
    (patient, sku) of lines in other open carts. ``connections`` are those of pharmacies that somebody has connected.
    ``takers`` counts, by SKU and state, the patients who take it where they are not loaded (None: count those at hand).
    """

    clinic: Clinic
    skus: Mapping[str, Sku] = field(default_factory=dict)
    pharmacies: Mapping[str, Pharmacy] = field(default_factory=dict)
    licences: tuple[PharmacyLicence, ...] = ()
    offers: tuple[Offer, ...] = ()
    programs: tuple[Program, ...] = ()
    aggregate_prices: tuple[AggregatePrice, ...] = ()
    prescribers: Mapping[str, Prescriber] = field(default_factory=dict)
    patients: Mapping[str, Patient] = field(default_factory=dict)
    prescriptions: Mapping[str, Prescription] = field(default_factory=dict)
    carrier_days: Mapping[tuple[str, date], bool] = field(default_factory=dict)
    closures: frozenset[tuple[str, date]] = frozenset()
    ladder_steps: tuple[LadderStep, ...] = ()
    settings: tuple[Setting, ...] = ()
    our_lines: tuple[OurLine, ...] = ()
    reserved: Mapping[tuple[str, str], int] = field(default_factory=dict)
    other_carts: frozenset[tuple[str, str]] = frozenset()
    connections: Mapping[str, Connection] = field(default_factory=dict)
    takers: Mapping[str, Mapping[str, int]] | None = None

    def setting(self, name: str, day: date, **scope: str | None) -> object:
        """A threshold in force on ``day`` for a pharmacy, state, active or SKU (core/domain/settings.py)."""
        key = (name, day, *scope.items())
        if key not in self._settings_read:
            self._settings_read[key] = setting_in_force(self.settings, name, day, **scope)
        return self._settings_read[key]

    def number(self, name: str, day: date, **scope: str | None) -> Decimal:
        """A numeric threshold in force on ``day``."""
        return Decimal(str(self.setting(name, day, **scope)))

    def pharmacy_number(
        self, name: str, day: date, pharmacy: str, column: Decimal | int | None, state: str | None = None
    ) -> Decimal:
        """A numeric threshold of one pharmacy: its own dated row, else its ``column`` of pharmacies.csv, else the rows
        of the state and the clinic."""
        row_value = pharmacys_own(self.settings, name, day, pharmacy)
        value = column if row_value is None else row_value
        return self.number(name, day, state=state) if value is None else Decimal(str(value))

    @cached_property
    def _settings_read(self) -> dict[tuple[object, ...], object]:
        return {}

    def offer(self, pharmacy: str, sku: str, day: date) -> Offer | None:
        """The offer in force: the latest ``valid_from`` on or before ``day``, unless it has ended."""
        for offer in reversed(self._offers.get((pharmacy, sku), ())):
            if offer.valid_from <= day:
                return offer if offer.valid_to is None or day <= offer.valid_to else None
        return None

    def offer_ends(self, pharmacy: str, sku: str, day: date) -> date | None:
        """The last day of the offer in force on ``day``, by its own end or the next row's start; None while open."""
        offer = self.offer(pharmacy, sku, day)
        if offer is None:
            return None
        later = (row.valid_from for row in self._offers[pharmacy, sku] if row.valid_from > offer.valid_from)
        ends = [starts - timedelta(days=1) for starts in later]
        return min((end for end in (*ends, offer.valid_to) if end is not None), default=None)

    def has_offer_row(self, pharmacy: str, sku: str) -> bool:
        """Whether the pharmacy ever priced the SKU, in force or not."""
        return (pharmacy, sku) in self._offers

    def offer_rows(self, pharmacy: str, sku: str) -> tuple[Offer, ...]:
        """Every price that the pharmacy gave for the SKU, in force or not, oldest first."""
        return tuple(self._offers.get((pharmacy, sku), ()))

    def pharmacies_offering(self, sku: str) -> tuple[str, ...]:
        """Codes of the pharmacies with any offer row for the SKU, in order."""
        return self._offering.get(sku, ())

    def program(self, program: str, day: date) -> Program | None:
        """The program's row in force on ``day``."""
        return self._programs_on(day).get(program)

    def programs_on(self, day: date) -> tuple[Program, ...]:
        """Every program of the clinic's data in force on ``day``, in order of code."""
        return tuple(self._programs_on(day).values())

    def _programs_on(self, day: date) -> dict[str, Program]:
        newest: dict[str, Program] = {}
        for row in sorted(self.programs, key=lambda row: (row.program, row.valid_from)):
            if row.valid_from <= day:
                newest[row.program] = row
        return newest

    def aggregate_price(self, program: str, sku: str, day: date) -> AggregatePrice | None:
        """The pooled price in force on ``day``."""
        for price in reversed(self._aggregate_prices.get((program, sku), ())):
            if price.valid_from <= day:
                return price
        return None

    def unit_price_cents(self, program: Program, pharmacy: str, sku: str, day: date) -> int | None:
        """What one pack costs under ``program`` if ``pharmacy`` fills it; None where there is no price."""
        offer = self.offer(pharmacy, sku, day)
        if offer is None:
            return None
        if program.kind is ProgramKind.PASS_THROUGH:
            return offer.unit_cost_cents
        price = self.aggregate_price(program.program, sku, day)
        return price.unit_price_cents if price else None

    def stock(self, pharmacy: str, sku: str, day: date) -> int | None:
        """Packs left: what the pharmacy last told, less our reservations since; None is not limited."""
        offer = self.offer(pharmacy, sku, day)
        if offer is None or offer.stock is None:
            return None
        return max(offer.stock - self.reserved.get((pharmacy, sku), 0), 0)

    @cached_property
    def _offers(self) -> dict[tuple[str, str], list[Offer]]:
        rows: dict[tuple[str, str], list[Offer]] = {}
        for offer in sorted(self.offers, key=lambda row: row.valid_from):
            rows.setdefault((offer.pharmacy, offer.sku), []).append(offer)
        return rows

    @cached_property
    def _offering(self) -> dict[str, tuple[str, ...]]:
        rows: dict[str, list[str]] = {}
        for pharmacy, sku in sorted(self._offers):
            rows.setdefault(sku, []).append(pharmacy)
        return {sku: tuple(pharmacies) for sku, pharmacies in rows.items()}

    @cached_property
    def _aggregate_prices(self) -> dict[tuple[str, str], list[AggregatePrice]]:
        rows: dict[tuple[str, str], list[AggregatePrice]] = {}
        for price in sorted(self.aggregate_prices, key=lambda row: row.valid_from):
            rows.setdefault((price.program, price.sku), []).append(price)
        return rows

    def pharmacy_licensed(self, pharmacy: str, state: str, kind: LicenceKind, day: date) -> bool:
        """Whether the pharmacy may ship ``kind`` to ``state`` on ``day``; the last day counts."""
        expires = self._licences.get((pharmacy, state, kind), _NO_LICENCE)
        return expires is None or expires >= day

    @cached_property
    def _licences(self) -> dict[tuple[str, str, LicenceKind], date | None]:
        return {(row.pharmacy, row.state, row.kind): row.expires_on for row in self.licences}

    def carrier_runs(self, carrier: str, day: date) -> bool:
        """Monday to Friday unless carrier_days.csv says otherwise."""
        return self.carrier_days.get((carrier, day), day.weekday() < 5)

    def closed(self, pharmacy: str, day: date) -> bool:
        """Whether closures.csv closes the pharmacy that day."""
        return (pharmacy, day) in self.closures

    @cached_property
    def promises(self) -> dict[tuple[Pharmacy, bool, Days], Promise | None]:
        """What core/rules/ship_dates.py has worked out so far: a thousand lines ask for the same few dates."""
        return {}

    def ladder(self, active: str) -> tuple[Decimal, ...]:
        """An active's weekly doses in mg, step by step; empty where there is no ladder."""
        return self._ladders.get(active.casefold(), ())

    def active_of(self, sku: Sku) -> str:
        """What due lists, last fills and titration of a SKU go by: its first active with a ladder, else its first."""
        if len(sku.actives) < 2:
            return sku.active
        return next((active for active in map(str.casefold, sku.actives) if active in self._ladders), sku.active)

    def class_of(self, sku: Sku) -> str:
        """A SKU's therapy class, folded; where its cell is empty, that of another SKU of its active, if any has one."""
        return sku.therapy_class.strip().casefold() or self._classes.get(self.active_of(sku), "")

    @cached_property
    def _classes(self) -> dict[str, str]:
        named = (sku for sku in self.skus.values() if sku.therapy_class.strip())
        return {self.active_of(sku): sku.therapy_class.strip().casefold() for sku in named}

    @cached_property
    def _ladders(self) -> dict[str, tuple[Decimal, ...]]:
        ladders: dict[str, list[Decimal]] = {}
        for step in sorted(self.ladder_steps, key=lambda row: (row.active, row.step)):
            ladders.setdefault(step.active.casefold(), []).append(step.weekly_mg)
        return {active: tuple(steps) for active, steps in ladders.items()}

    def prescriptions_of(self, patient: str) -> tuple[Prescription, ...]:
        """A patient's prescriptions, newest first (latest ``written_on``, then the ``rx`` last by ``code_order``)."""
        return self._prescriptions_of.get(patient, ())

    @cached_property
    def _prescriptions_of(self) -> dict[str, tuple[Prescription, ...]]:
        rows: dict[str, list[Prescription]] = {}
        for row in sorted(self.prescriptions.values(), key=_written_order, reverse=True):
            rows.setdefault(row.patient, []).append(row)
        return {patient: tuple(newest_first) for patient, newest_first in rows.items()}

    def lines_of(self, patient: str) -> tuple[OurLine, ...]:
        """What this clinic has ordered here for a patient, any state."""
        return self._lines_of.get(patient, ())

    @cached_property
    def _lines_of(self) -> dict[str, tuple[OurLine, ...]]:
        rows: dict[str, list[OurLine]] = {}
        for row in self.our_lines:
            rows.setdefault(row.patient, []).append(row)
        return {patient: tuple(lines) for patient, lines in rows.items()}

    def states_taking(self, sku: str) -> Mapping[str, int]:
        """How many patients take a SKU, by state: where its boxes go. Of a SKU that nobody takes, those of every SKU;
        before there is any, the clinic's own state."""
        return self._takers.get(sku) or self._takers[""]

    @cached_property
    def _takers(self) -> dict[str, Mapping[str, int]]:
        rows = self._takers_at_hand() if self.takers is None else self.takers
        every = Counter[str]()
        for by_state in rows.values():
            every.update(by_state)
        return {**rows, "": every or {state_code(self.clinic.state): 1}}

    def _takers_at_hand(self) -> Mapping[str, Mapping[str, int]]:
        pairs = {(row.sku, row.patient) for row in self.prescriptions.values() if row.stopped_on is None}
        rows: dict[str, Counter[str]] = {}
        for sku, patient in pairs:
            person = self.patients.get(patient)
            if person and person.active and person.state:
                rows.setdefault(sku, Counter())[state_code(person.state)] += 1
        return rows

    def without(self, references: Iterable[str]) -> Self:
        """The same without some of our own lines: a line is never counted against itself."""
        left_out = frozenset(references)
        return replace(self, our_lines=tuple(row for row in self.our_lines if row.reference not in left_out))

    def day_price_cents(self, days: Days) -> int:
        """What a day of earlier delivery is worth per line when the split is balanced."""
        return int(self.number("day_price", days.placing_day) * 100)


_NO_LICENCE = date.min


def _written_order(row: Prescription) -> tuple[date, CodeOrder]:
    return row.written_on, code_order(row.rx)
