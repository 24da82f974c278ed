"""Who fills what (rules.md, section 5), checked against trying everything on small carts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.context import Context
from core.eligibility import codes_against
from core.model import (
    AggregatePrice,
    Cart,
    CartLine,
    Days,
    Encounter,
    Objective,
    PharmacyLicence,
    Program,
    ProgramKind,
    RateBase,
    RoutedLine,
    ShipTo,
    Split,
)
from core.pricing import box_for, quote
from core.ship_dates import promise
from core.split import split
from tests.builders import (
    DAYS,
    FRIDAY,
    a_context,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)

CODES = ("alder", "birch", "cedar", "dogwood")


def routed(line: CartLine, pharmacy: str | None, context: Context, days: Days) -> RoutedLine:
    if pharmacy is None:
        return RoutedLine(line)
    cold = context.skus[line.sku].cold_chain
    partner = context.pharmacies[pharmacy]
    return RoutedLine(line, pharmacy, box_for(line, partner, cold), promise(partner, cold, context, days))


class Trial:
    """Every assignment of a small cart, judged by nothing but the quote, the promises and the stock."""

    def __init__(self, cart: Cart, context: Context, program: Program, objective: Objective, day_price: int) -> None:
        self.context, self.program, self.objective, self.day_price = context, program, objective, day_price
        self.lines = cart.lines
        self.options = [self._options(line) for line in cart.lines]

    def _options(self, line: CartLine) -> list[str | None]:
        if line.hold:
            return [None]
        wanted = [line.pharmacy] if line.pharmacy else sorted(self.context.pharmacies)
        return [
            *(code for code in wanted if not codes_against(line, code, self.context, self.program, DAYS)),
            None,
        ]

    def pins(self) -> dict[int, str | None]:
        """Each pinned line's pharmacy, given stock in line order."""
        left: dict[tuple[str, str], int | None] = {}
        places: dict[int, str | None] = {}
        for at, line in enumerate(self.lines):
            if line.pharmacy is None or line.hold:
                continue
            key = (line.pharmacy, line.sku)
            packs = left.setdefault(key, self.context.stock(*key, DAYS.placing_day))
            fits = self.options[at][0] is not None and (packs is None or packs >= line.quantity)
            places[at] = line.pharmacy if fits else None
            if fits and packs is not None:
                left[key] = packs - line.quantity
        return places

    def in_stock(self, pharmacies: tuple[str | None, ...]) -> bool:
        taken: dict[tuple[str, str], int] = {}
        for line, pharmacy in zip(self.lines, pharmacies, strict=True):
            if pharmacy:
                taken[pharmacy, line.sku] = taken.get((pharmacy, line.sku), 0) + line.quantity
        stock = {key: self.context.stock(*key, DAYS.placing_day) for key in taken}
        return all(packs is None or taken[key] <= packs for key, packs in stock.items())

    def judged(self, pharmacies: tuple[str | None, ...]) -> tuple[Any, ...]:
        lines = [routed(line, place, self.context, DAYS) for line, place in zip(self.lines, pharmacies, strict=True)]
        total = quote(lines, self.context, self.program, DAYS).total_cents
        days = sum((line.promise.delivers_on - FRIDAY).days for line in lines if line.promise)
        unfilled = pharmacies.count(None)
        ties = tuple(
            (line.promise is None, line.promise.delivers_on if line.promise else date.max, line.pharmacy or "")
            for line in lines
        )
        match self.objective:
            case Objective.CHEAPEST:
                return unfilled, total, ties
            case Objective.FASTEST:
                return unfilled, days, total, ties
            case Objective.BALANCED:
                return unfilled, total + self.day_price * days, ties

    def best(self) -> tuple[str | None, ...]:
        pins = self.pins()
        options = [[pins[at]] if at in pins else found for at, found in enumerate(self.options)]
        return min((found for found in product(*options) if self.in_stock(found)), key=self.judged)


def chosen(found: Split) -> tuple[str | None, ...]:
    return tuple(line.pharmacy for line in found.lines)


@st.composite
def clinics(draw: st.DrawFn, most_lines: int = 5, pharmacies: int = 3) -> tuple[Cart, Context, Program]:
    codes = CODES[:pharmacies]
    partners = {
        code: a_pharmacy(
            pharmacy=code,
            transit_days=draw(st.integers(1, 3)),
            ambient_fee_cents=draw(st.sampled_from([0, 500, 750, 751])),
            cold_fee_cents=draw(st.sampled_from([0, 2000, 2001])),
            clinic_consolidates=draw(st.booleans()),
        )
        for code in codes
    }
    skus = {code: a_sku(sku=code, cold_chain=code == "COLD", actives=(code,)) for code in ("COLD", "WARM", "TEPID")}
    price = st.sampled_from([1000, 1001, 1003, 1500, 1750, 2250])
    offers = [
        an_offer(
            pharmacy=code, sku=sku, unit_cost_cents=draw(price), stock=draw(st.sampled_from([None, 0, 1, 2, 3, 4]))
        )
        for code in codes
        for sku in skus
        if draw(st.integers(0, 9))
    ]
    prescriptions = {
        f"{patient}-{sku}": a_prescription(
            rx=f"{patient}-{sku}",
            patient=patient,
            sku=sku,
            fills=0,
            last_filled_on=None,
            first_filled_on=None,
            encounter=draw(st.sampled_from(list(Encounter))),
        )
        for patient in ("P1", "P2", "P3")
        for sku in skus
    }
    aggregate = draw(st.booleans())
    program = a_program(
        kind=ProgramKind.AGGREGATE if aggregate else ProgramKind.PASS_THROUGH,
        rate=draw(st.sampled_from([Decimal(0), Decimal("0.05"), Decimal("0.15"), Decimal("0.333")])),
        rate_base=draw(st.sampled_from(list(RateBase))),
        processing_rate=draw(st.sampled_from([Decimal(0), Decimal("0.029")])),
        processing_fixed_cents=draw(st.sampled_from([0, 30])),
        encounter_hands_on_cents=30,
        encounter_hands_off_cents=50,
    )
    lines = tuple(
        a_line(
            number=number,
            patient=(patient := draw(st.sampled_from(["P1", "P2", "P3"]))),
            sku=(sku := draw(st.sampled_from(sorted(skus)))),
            rx=f"{patient}-{sku}",
            quantity=draw(st.integers(1, 3)),
            ship_to=draw(st.sampled_from(list(ShipTo))),
            pharmacy=draw(st.sampled_from([None, None, None, *codes])),
            hold=draw(st.integers(0, 9)) == 0,
        )
        for number in range(1, draw(st.integers(1, most_lines)) + 1)
    )
    context = a_context(
        skus=skus,
        pharmacies=partners,
        licences=sum((licences(code) for code in codes), ()),
        offers=tuple(offers),
        programs=(program,),
        aggregate_prices=tuple(
            AggregatePrice(program="FREE", sku=sku, unit_price_cents=draw(price), valid_from=date(2026, 1, 1))
            for sku in skus
        ),
        patients={code: a_patient(patient=code) for code in ("P1", "P2", "P3")},
        prescriptions=prescriptions,
    )
    return Cart(refill_day=FRIDAY, lines=lines), context, program


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clinics(), st.sampled_from(list(Objective)), st.sampled_from([0, 1, 100, 500]))
def test_the_split_is_what_trying_everything_finds(
    clinic: tuple[Cart, Context, Program], objective: Objective, day_price: int
) -> None:
    cart, context, program = clinic
    found = split(cart, context, program, objective, DAYS, day_price_cents=day_price)
    trial = Trial(cart, context, program, objective, day_price)
    assert chosen(found) == trial.best()
    assert found.total_cents == quote(found.lines, context, program, DAYS).total_cents
    days = sum((line.promise.delivers_on - FRIDAY).days for line in found.filled if line.promise)
    assert (found.proven, found.bound) == (True, days if objective is Objective.FASTEST else found.total_cents)
