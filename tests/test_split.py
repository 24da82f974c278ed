"""Who fills what (rules.md, section 5), checked against trying everything on small carts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import (
    AggregatePrice,
    Alternative,
    Cart,
    CartLine,
    Days,
    Encounter,
    Objective,
    Program,
    ProgramKind,
    RateBase,
    Refusal,
    RoutedLine,
    ShipTo,
    Split,
)
from core.rules.pricing.quotes import box_for, quote
from core.rules.ship_dates import promise
from core.rules.split import enumeration
from core.rules.split.cart_split import split
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
from tests.eligible import codes_against
from tests.soak import EXAMPLES

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
    people = ["P1", "P2", "P3"][: draw(st.integers(1, 3))]
    wanted = ["COLD", "WARM", "TEPID"][: draw(st.integers(1, 3))]
    lines = tuple(
        a_line(
            number=number,
            patient=(patient := draw(st.sampled_from(people))),
            sku=(sku := draw(st.sampled_from(wanted))),
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


def scarce_everywhere(context: Context, packs: int) -> Context:
    """The same clinic, every pharmacy with so many packs of everything."""
    return replace(context, offers=tuple(offer.model_copy(update={"stock": packs}) for offer in context.offers))


small_clinics = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
objectives = st.sampled_from(list(Objective))


def days_of(found: Split) -> int:
    return sum((line.promise.delivers_on - FRIDAY).days for line in found.filled if line.promise)


def value(found: Split, day_price: int) -> tuple[int, int, int]:
    """What is minimised, in the order of rules.md, ties aside."""
    unfilled = sum(not line.filled for line in found.lines)
    match found.objective:
        case Objective.CHEAPEST:
            return unfilled, 0, found.total_cents
        case Objective.FASTEST:
            return unfilled, days_of(found), found.total_cents
        case Objective.BALANCED:
            return unfilled, 0, found.total_cents + day_price * days_of(found)


@settings(small_clinics, max_examples=3 * EXAMPLES)
@given(clinics(), objectives, st.sampled_from([0, 1, 100, 500]))
def test_the_split_is_what_trying_everything_finds(
    clinic: tuple[Cart, Context, Program], objective: Objective, day_price: int
) -> None:
    cart, context, program = clinic
    found = split(cart, context, program, objective, DAYS, day_price_cents=day_price)
    trial = Trial(cart, context, program, objective, day_price)
    assert chosen(found) == trial.best()
    assert found.total_cents == quote(found.lines, context, program, DAYS).total_cents
    assert (found.proven, found.bound) == (
        True,
        days_of(found) if objective is Objective.FASTEST else found.total_cents,
    )


@settings(small_clinics, max_examples=6)
@given(clinics(most_lines=6, pharmacies=4), objectives)
def test_a_larger_cart_is_what_trying_everything_finds(
    clinic: tuple[Cart, Context, Program], objective: Objective
) -> None:
    cart, context, program = clinic
    found = split(cart, context, program, objective, DAYS, day_price_cents=100)
    assert chosen(found) == Trial(cart, context, program, objective, 100).best()


@settings(small_clinics, max_examples=60)
@given(clinics(), objectives)
def test_the_solver_finds_the_same_value_and_an_honest_bound(
    clinic: tuple[Cart, Context, Program], objective: Objective
) -> None:
    cart, context, program = clinic
    exact = split(cart, context, program, objective, DAYS, day_price_cents=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MOVES", 0)
        solved = split(cart, context, program, objective, DAYS, day_price_cents=100)
    assert value(solved, 100) == value(exact, 100)
    assert Trial(cart, context, program, objective, 100).in_stock(chosen(solved))
    if objective is Objective.FASTEST:
        assert solved.bound <= days_of(exact)
    elif objective is Objective.CHEAPEST or not program.processing_rate:
        assert (solved.proven, solved.bound) == (True, solved.total_cents)
    else:
        assert solved.total_cents - solved.bound in (0, 1, 2)
        assert solved.proven == (solved.bound == solved.total_cents)


@settings(small_clinics, max_examples=60)
@given(clinics(most_lines=5, pharmacies=4), objectives, st.integers(0, 3))
def test_the_solver_agrees_with_trying_everything_where_every_pack_counts(
    clinic: tuple[Cart, Context, Program], objective: Objective, packs: int
) -> None:
    cart, context, program = clinic
    context = scarce_everywhere(context, packs)
    trial = Trial(cart, context, program, objective, 100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MOVES", 0)
        solved = split(cart, context, program, objective, DAYS, day_price_cents=100)
    assert trial.judged(chosen(solved))[:-1] == trial.judged(trial.best())[:-1]
    assert trial.in_stock(chosen(solved))


@settings(small_clinics, max_examples=60)
@given(clinics(), objectives)
def test_without_work_the_best_found_keeps_to_stock_and_never_claims_too_much(
    clinic: tuple[Cart, Context, Program], objective: Objective
) -> None:
    cart, context, program = clinic
    exact = split(cart, context, program, objective, DAYS, day_price_cents=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MOVES", 0)
        hasty = split(cart, context, program, objective, DAYS, day_price_cents=100, work=0)
    assert Trial(cart, context, program, objective, 100).in_stock(chosen(hasty))
    assert value(hasty, 100) >= value(exact, 100)
    if hasty.proven:
        assert value(hasty, 100) == value(exact, 100)
    if objective is not Objective.FASTEST and len(hasty.unfilled) == len(exact.unfilled):
        day_price = 100 if objective is Objective.BALANCED else 0
        assert hasty.bound + day_price * days_of(hasty) <= exact.total_cents + day_price * days_of(exact)


@settings(small_clinics, max_examples=80)
@given(clinics(), objectives)
def test_an_alternative_costs_what_quoting_the_moved_line_says(
    clinic: tuple[Cart, Context, Program], objective: Objective
) -> None:
    cart, context, program = clinic
    found = split(cart, context, program, objective, DAYS)
    trial = Trial(cart, context, program, objective, 0)
    for at, line in enumerate(found.lines):
        pinned = line.line.pharmacy is not None
        alternatives, short = [], []
        for code in trial.options[at]:
            moved = (*chosen(found)[:at], code, *chosen(found)[at + 1 :])
            if pinned or line.line.hold or code in (None, line.pharmacy):
                continue
            if not trial.in_stock(moved):
                short.append(Refusal(str(code), ("OUT_OF_STOCK",)))
            elif line.promise:
                there = routed(line.line, code, context, DAYS)
                lines = [*found.lines[:at], there, *found.lines[at + 1 :]]
                extra = quote(lines, context, program, DAYS).total_cents - found.total_cents
                later = (there.promise.delivers_on - line.promise.delivers_on).days if there.promise else 0
                alternatives.append(Alternative(str(code), extra, later))
        refused = [
            Refusal(code, codes)
            for code in sorted(context.pharmacies)
            if (codes := codes_against(line.line, code, context, program, DAYS))
        ]
        if not line.line.hold:
            assert list(line.refused) == sorted(refused + short)
        assert sorted(line.alternatives) == sorted(alternatives)


@settings(small_clinics, max_examples=30)
@given(clinics(), objectives, st.randoms())
def test_the_order_in_which_a_clinic_was_loaded_changes_nothing(
    clinic: tuple[Cart, Context, Program], objective: Objective, dice: Random
) -> None:
    cart, context, program = clinic
    offers, pharmacies = list(context.offers), list(context.pharmacies.items())
    dice.shuffle(offers)
    dice.shuffle(pharmacies)
    shuffled = replace(context, offers=tuple(offers), pharmacies=dict(pharmacies))
    first, second = (split(cart, one, program, objective, DAYS, clock=lambda: 0.0) for one in (context, shuffled))
    assert first == second


def a_clinic_of(lines: Sequence[CartLine], prices: str, *, fees: str = "", **over: Any) -> Context:
    """Pharmacies and what they ask, in a line a pharmacist can read: ``"alder SEMA 100 stock 2; birch SEMA 90"``.

    ``fees`` are dollars a box, ``"alder 20; birch 15"``, and with ``in 3`` the days that a box travels. Every SKU is
    ambient, every pharmacy takes every line unless ``over`` says otherwise.
    """
    offers = []
    for offer in prices.split("; "):
        pharmacy, sku, dollars, *stock = offer.split()
        packs = int(stock[1]) if stock else None
        offers.append(an_offer(pharmacy=pharmacy, sku=sku, unit_cost_cents=int(dollars) * 100, stock=packs))
    fee = {words[0]: words[1:] for words in (part.split() for part in fees.split("; ")) if words}
    codes = sorted({offer.pharmacy for offer in offers})
    skus = sorted({offer.sku for offer in offers} | {line.sku for line in lines})
    partners = {}
    for code in codes:
        dollars, *transit = fee.get(code, ["0"])
        days = int(transit[1]) if transit else 2
        partners[code] = a_pharmacy(pharmacy=code, ambient_fee_cents=int(dollars) * 100, transit_days=days)
    parts: dict[str, Any] = {
        "skus": {sku: a_sku(sku=sku, cold_chain=False, actives=(sku,)) for sku in skus},
        "pharmacies": partners,
        "offers": tuple(offers),
        "licences": sum((licences(code) for code in codes), ()),
        "patients": {line.patient: a_patient(patient=line.patient) for line in lines},
        "prescriptions": {},
    }
    return a_context(**parts | over)


def lines_of(text: str) -> tuple[CartLine, ...]:
    """Lines as ``"P1 SEMA"``, ``"P1 SEMA x2"``, ``"P2 NAD at birch"``, ``"P2 NAD held"``, ``"P2 NAD clinic"``."""
    lines = []
    for number, part in enumerate(text.split("; "), 1):
        patient, sku, *words = part.split()
        quantity = next((int(word[1:]) for word in words if word[1:].isdigit()), 1)
        pin = words[words.index("at") + 1] if "at" in words else None
        ship_to = ShipTo.CLINIC if "clinic" in words else ShipTo.PATIENT
        lines.append(
            a_line(
                number=number, patient=patient, sku=sku, rx=None, quantity=quantity, pharmacy=pin, ship_to=ship_to,
                hold="held" in words,
            )
        )  # fmt: skip
    return tuple(lines)


def found_for(
    text: str, prices: str, *, fees: str = "", objective: Objective = Objective.CHEAPEST, **over: Any
) -> Split:
    lines = lines_of(text)
    day_price = over.pop("day_price", 500)
    context = a_clinic_of(lines, prices, fees=fees, **over)
    cart = Cart(refill_day=FRIDAY, lines=lines)
    return split(cart, context, a_program(rate=Decimal(0)), objective, DAYS, day_price_cents=day_price)


def shown(found: Split) -> str:
    return " ".join(line.pharmacy or "-" for line in found.lines)


TWO = "alder SEMA 100; birch SEMA 95; alder NAD 50; birch NAD 60"


@pytest.mark.parametrize(
    ("case", "cart", "prices", "fees", "places", "total_cents"),
    [
        ("the cheaper pharmacy", "P1 SEMA", "alder SEMA 100; birch SEMA 95", "", "birch", 95_00),
        ("its fee turns it", "P1 SEMA", "alder SEMA 100; birch SEMA 95", "birch 6", "alder", 100_00),
        ("no fees: each line its own best", "P1 SEMA; P1 NAD", TWO, "", "birch alder", 145_00),
        ("a fee counted once: one box wins", "P1 SEMA; P1 NAD", TWO, "alder 20; birch 20", "alder alder", 170_00),
        ("two patients are two boxes", "P1 SEMA; P2 NAD", TWO, "alder 20; birch 20", "birch alder", 185_00),
        ("the price counts by pack", "P1 SEMA x3", "alder SEMA 100; birch SEMA 95", "birch 14", "birch", 299_00),
        ("a pinned line's box is paid already", "P1 NAD at birch; P1 SEMA", TWO, "alder 1; birch 9", "birch birch",
         164_00),
        ("a pin is kept though dearer", "P1 SEMA at alder", TWO, "", "alder", 100_00),
        ("a held line takes and costs nothing", "P1 SEMA held; P2 SEMA", "alder SEMA 100 stock 1", "", "- alder",
         100_00),
        ("nobody is left with the cheapest", "P1 SEMA; P2 SEMA", "alder SEMA 90 stock 1; birch SEMA 95", "",
         "alder birch", 185_00),
        ("the most lines first, then the price", "P1 SEMA x2; P2 SEMA; P3 SEMA", "alder SEMA 10 stock 2", "",
         "- alder alder", 20_00),
        ("whose loss is least takes the dearer", "P1 SEMA; P1 NAD; P2 SEMA",
         "alder SEMA 90 stock 1; birch SEMA 95; birch NAD 50", "alder 10; birch 10", "birch birch alder", 255_00),
    ],
)  # fmt: skip
def test_cheapest(case: str, cart: str, prices: str, fees: str, places: str, total_cents: int) -> None:
    found = found_for(cart, prices, fees=fees)
    assert (shown(found), found.total_cents, found.proven) == (places, total_cents, True)


@pytest.mark.parametrize(
    ("case", "objective", "day_price", "places", "bound"),
    [
        ("cheapest waits", Objective.CHEAPEST, 500, "birch", 90_00),
        ("fastest pays; its bound is in days", Objective.FASTEST, 500, "alder", 5),
        ("a day under its price is not bought", Objective.BALANCED, 499, "birch", 90_00),
        ("a day at its price: earlier wins the tie", Objective.BALANCED, 500, "alder", 100_00),
        ("no price a day is cheapest", Objective.BALANCED, 0, "birch", 90_00),
    ],
)
def test_objectives(case: str, objective: Objective, day_price: int, places: str, bound: int) -> None:
    """Ready on Monday 7 December; alder delivers on Wednesday 9, birch on Friday 11."""
    found = found_for(
        "P1 SEMA",
        "alder SEMA 100; birch SEMA 90",
        fees="alder 0 in 2; birch 0 in 4",
        objective=objective,
        day_price=day_price,
    )
    assert (shown(found), found.bound, found.proven) == (places, bound, True)


@pytest.mark.parametrize(
    ("case", "cart", "prices", "fees", "places"),
    [
        ("all equal: the first code", "P1 SEMA", "birch SEMA 100; alder SEMA 100", "", "alder"),
        ("earlier before code", "P1 SEMA", "birch SEMA 100; alder SEMA 100", "alder 0 in 3", "birch"),
        ("the first line is served first", "P1 SEMA; P2 SEMA", "alder SEMA 100 stock 1; birch SEMA 100", "",
         "alder birch"),
        ("the first line is filled first", "P1 SEMA; P2 SEMA", "alder SEMA 100 stock 1", "", "alder -"),
        ("one box at either: the first code", "P1 SEMA; P1 NAD", TWO.replace("95", "90"), "alder 20; birch 20",
         "alder alder"),
    ],
)  # fmt: skip
def test_ties(case: str, cart: str, prices: str, fees: str, places: str) -> None:
    assert shown(found_for(cart, prices, fees=fees)) == places


def test_lines_driven_out_of_their_fastest_box_share_the_next_ones_fee() -> None:
    """The third line has only birch from the start; the second joins it because alder has one pack."""
    found = found_for(
        "P1 SEMA; P1 SEMA; P1 SEMA x2",
        "alder SEMA 100 stock 1; birch SEMA 100 stock 3",
        fees="alder 18 in 1; birch 10 in 2",
        objective=Objective.FASTEST,
    )
    assert (shown(found), found.total_cents, found.proven) == ("alder birch birch", 428_00, True)


def test_pins_take_stock_in_line_order_and_a_later_one_that_fits_is_not_accused() -> None:
    found = found_for(
        "P1 SEMA; P2 SEMA x2 at alder; P3 SEMA x2 at alder; P4 SEMA at alder", "alder SEMA 90 stock 3; birch SEMA 95"
    )
    assert shown(found) == "birch alder - alder"
    assert [line.codes for line in found.lines] == [(), (), ("OUT_OF_STOCK",), ()]
    assert found.lines[0].refused == (Refusal("alder", ("OUT_OF_STOCK",)),)


def test_a_pin_has_every_code_that_stands_against_it_and_takes_no_stock() -> None:
    found = found_for(
        "P1 SEMA x3 at alder; P2 SEMA at alder",
        "alder SEMA 90 stock 1",
        licences=(),
    )
    assert [line.codes for line in found.lines] == [
        ("PHARMACY_NOT_LICENSED", "OUT_OF_STOCK"),
        ("PHARMACY_NOT_LICENSED",),
    ]
    assert (found.total_cents, found.bound, found.proven) == (0, 0, True)


@pytest.mark.parametrize(
    ("case", "pin", "pharmacy", "codes"),
    [
        ("rx_pharmacy without a pin is a pin", None, "birch", ()),
        ("pinned where the prescription is", "birch", "birch", ()),
        ("pinned elsewhere", "alder", None, ("RX_AT_OTHER_PHARMACY",)),
        ("pinned where nobody offers it", "cedar", None, ("NO_OFFER", "RX_AT_OTHER_PHARMACY")),
    ],
)
def test_a_prescription_at_a_pharmacy_stays_there(
    case: str, pin: str | None, pharmacy: str | None, codes: tuple[str, ...]
) -> None:
    line = a_line(pharmacy=pin)
    context = a_clinic_of(
        [line],
        "alder SEMA 90; birch SEMA 95; cedar NAD 10",
        prescriptions={"RX1": a_prescription(rx_pharmacy="birch", last_filled_on=None)},
    )
    found = split(Cart(refill_day=FRIDAY, lines=(line,)), context, a_program(), Objective.CHEAPEST, DAYS)
    assert (found.lines[0].pharmacy, found.lines[0].codes, found.lines[0].alternatives) == (pharmacy, codes, ())


@pytest.mark.parametrize(
    ("case", "prices", "code"),
    [
        ("nobody offers it", "alder NAD 10", "NO_OFFER"),
        ("too much for everybody's stock", "alder SEMA 90 stock 1; birch SEMA 90 stock 0", "OUT_OF_STOCK"),
    ],
)
def test_an_unfilled_line_has_the_code_that_emptied_its_list(case: str, prices: str, code: str) -> None:
    found = found_for("P1 SEMA x2", prices)
    assert [line.codes for line in found.unfilled] == [(code,)]


@pytest.mark.parametrize(
    ("case", "stale", "unlicensed", "code"),
    [
        ("the last filter empties it", (), ("alder", "birch"), "PHARMACY_NOT_LICENSED"),
        ("one by price, one by licence: the later filter", ("alder",), ("birch",), "PHARMACY_NOT_LICENSED"),
        ("both by price, one by licence too", ("alder", "birch"), ("birch",), "PRICE_STALE"),
    ],
)
def test_filters_empty_a_list_in_their_order(
    case: str, stale: tuple[str, ...], unlicensed: tuple[str, ...], code: str
) -> None:
    offers = tuple(
        an_offer(pharmacy=pharmacy, valid_to=date(2026, 12, 3) if pharmacy in stale else None)
        for pharmacy in ("alder", "birch")
    )
    allowed = sum((licences(pharmacy) for pharmacy in ("alder", "birch") if pharmacy not in unlicensed), ())
    found = found_for("P1 SEMA", "alder SEMA 90; birch SEMA 90", offers=offers, licences=allowed)
    assert [line.codes for line in found.unfilled] == [(code,)]


@pytest.mark.parametrize(
    ("case", "consolidates", "boxes", "shipping_cents"),
    [
        ("one box for the clinic", True, {"clinic"}, 20_00),
        ("one each", False, {"clinic for P1", "clinic for P2"}, 40_00),
    ],
)
def test_boxes_to_the_clinic(case: str, consolidates: bool, boxes: set[str], shipping_cents: int) -> None:
    lines = lines_of("P1 SEMA clinic; P2 SEMA clinic")
    context = a_clinic_of(
        lines,
        "alder SEMA 100",
        pharmacies={"alder": a_pharmacy(pharmacy="alder", ambient_fee_cents=20_00, clinic_consolidates=consolidates)},
    )
    found = split(Cart(refill_day=FRIDAY, lines=lines), context, a_program(), Objective.CHEAPEST, DAYS)
    assert {line.box.destination for line in found.filled if line.box} == boxes
    assert found.total_cents == 230_00 + shipping_cents


def test_a_held_line_is_judged_by_everything_but_stock() -> None:
    found = found_for("P1 SEMA x9 held; P1 NAD held; P2 SEMA x9 held at alder", "alder SEMA 90 stock 1")
    assert [line.codes for line in found.lines] == [(), ("NO_OFFER",), ()]
    assert [line.refused for line in found.lines] == [(), (Refusal("alder", ("NO_OFFER",)),), ()]
    assert found.unfilled == ()


def test_an_overridden_refill_too_soon_no_longer_refuses() -> None:
    line, context = a_line(), a_context(prescriptions={"RX1": a_prescription(last_filled_on=date(2026, 12, 1))})
    cart = Cart(refill_day=FRIDAY, lines=(line,))
    plain = split(cart, context, a_program(), Objective.CHEAPEST, DAYS)
    assert plain.lines[0].codes == ("REFILL_TOO_SOON",)
    for overrides, pharmacy in (
        ({(1, "REFILL_TOO_SOON")}, "cedar"),
        ({(2, "REFILL_TOO_SOON")}, None),
        ({(1, "PHARMACY_NOT_LICENSED")}, None),
    ):
        found = split(cart, context, a_program(), Objective.CHEAPEST, DAYS, overrides=frozenset(overrides))
        assert found.lines[0].pharmacy == pharmacy


def test_an_empty_cart_costs_nothing() -> None:
    program = a_program(processing_fixed_cents=30)
    found = split(Cart(refill_day=FRIDAY), a_context(), program, Objective.CHEAPEST, DAYS)
    assert (found.lines, found.total_cents, found.bound, found.proven) == ((), 0, 0, True)


@pytest.mark.parametrize("objective", list(Objective))
def test_a_large_cart_short_of_everything_is_filled_within_stock_and_proven(objective: Objective) -> None:
    dice = Random(7)
    codes, skus = [f"ph{number}" for number in range(6)], [f"S{number}" for number in range(12)]
    cart = "; ".join(f"P{at % 60} {skus[at * 5 % 12]}" for at in range(120))
    prices = "; ".join(
        f"{code} {sku} {dice.randint(85, 120)} stock {dice.randint(1, 3)}" for code in codes for sku in skus
    )
    fees = "; ".join(f"{code} {dice.randint(6, 14)} in {dice.randint(1, 3)}" for code in codes)
    found, again = (found_for(cart, prices, fees=fees, objective=objective) for _ in range(2))
    taken = Counter((line.pharmacy, line.line.sku) for line in found.filled)
    stock = {(pharmacy, sku): int(packs) for pharmacy, sku, _, _, packs in map(str.split, prices.split("; "))}
    assert all(packs <= stock[str(pharmacy), sku] for (pharmacy, sku), packs in taken.items())
    assert (len(found.unfilled), found.proven) == (2, True)
    assert found.bound == (days_of(found) if objective is Objective.FASTEST else found.total_cents)
    assert found.lines == again.lines
