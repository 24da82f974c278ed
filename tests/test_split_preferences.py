"""Routing preferences: each checked against trying everything, and by cases that a pharmacist can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import (
    Cart,
    Days,
    LineState,
    Objective,
    OurLine,
    PreferenceKind,
    PreferenceScope,
    Program,
    RoutingPreference,
    Severity,
    Split,
)
from core.rules.plan import plan
from core.rules.split import enumeration
from core.rules.split.cart_split import split
from core.rules.split.proof import faults
from core.rules.validation import cart_hash
from tests.builders import DAYS, FRIDAY, a_program
from tests.soak import EXAMPLES
from tests.test_split import CODES, Trial, a_clinic_of, chosen, clinics, lines_of, objectives, shown, small_clinics

K, R, S = PreferenceKind, RoutingPreference, PreferenceScope


class PreferenceTrial(Trial):
    """Every assignment that keeps what is asked, judged as before and by the price of moving and of boxes."""

    def __init__(self, cart: Cart, *rest: Any) -> None:
        super().__init__(cart, *rest)
        self.cart = cart

    def about(self, preference: RoutingPreference) -> list[int]:
        keys = {S.CART: "", S.PATIENT: "patient", S.SKU: "sku", S.LINE: "number"}
        field = keys[preference.scope]
        free = [at for at, line in enumerate(self.lines) if not line.pharmacy and not line.hold]
        return [at for at in free if not field or str(getattr(self.lines[at], field)) == preference.of]

    def keeps(self, places: tuple[str | None, ...]) -> bool:
        return all(self._keeps(preference, places) for preference in self.cart.preferences)

    def _keeps(self, preference: RoutingPreference, places: tuple[str | None, ...]) -> bool:
        lines = self.about(preference)
        match preference.kind:
            case K.USE:
                return all(places[at] in (None, preference.pharmacy) for at in lines)
            case K.AVOID:
                return all(places[at] != preference.pharmacy for at in lines)
            case K.TOGETHER:
                patients = {self.lines[at].patient for at in lines}
                return all(
                    len({places[at] for at in lines if self.lines[at].patient == patient}) == 1 for patient in patients
                )
            case _:
                return True

    def leaving(self, places: tuple[str | None, ...]) -> int:
        stays = [one for one in self.cart.preferences if one.kind is K.STAY]
        cents = 0
        for at, place in enumerate(places):
            asked = max((one.amount_cents for one in stays if at in self.about(one)), default=0)
            last = {row.sku: row.pharmacy for row in self.context.lines_of(self.lines[at].patient)}.get(
                self.lines[at].sku
            )
            could = last in self.options[at] and not any(
                last == one.pharmacy if one.kind is K.AVOID else one.kind is K.USE and last != one.pharmacy
                for one in self.cart.preferences
                if at in self.about(one)
            )
            cents += asked if place not in (None, last) and last and could else 0
        return cents

    def judged(self, places: tuple[str | None, ...]) -> tuple[Any, ...]:
        unfilled, *worth, ties = super().judged(places)
        worth[-1] += self.leaving(places)
        return unfilled, *worth, ties

    def best(self) -> tuple[str | None, ...]:
        pins = self.pins()
        options = [[pins[at]] if at in pins else found for at, found in enumerate(self.options)]
        tried = (found for found in product(*options) if self.in_stock(found) and self.keeps(found))
        return min(tried, key=self.judged)


PATIENTS, SKUS = ("P1", "P2", "P3"), ("COLD", "WARM", "TEPID")
scopes = st.one_of(
    st.just((S.CART, "")),
    st.tuples(st.just(S.PATIENT), st.sampled_from(PATIENTS)),
    st.tuples(st.just(S.SKU), st.sampled_from(SKUS)),
    st.tuples(st.just(S.LINE), st.sampled_from("1234")),
)


@st.composite
def preferences(draw: st.DrawFn) -> RoutingPreference:
    kind = draw(st.sampled_from([K.USE, K.AVOID, K.TOGETHER, K.STAY]))
    scope, of = draw(scopes)
    if kind is K.TOGETHER and scope in (S.SKU, S.LINE):
        scope, of = S.CART, ""
    named = kind in (K.USE, K.AVOID)
    amount = draw(st.sampled_from([0, 100, 500, 2000])) if kind is K.STAY else 0
    return RoutingPreference(kind, scope, of, draw(st.sampled_from(CODES[:3])) if named else "", amount)


def with_history(context: Context, pharmacies: Sequence[str]) -> Context:
    """Every patient had every SKU once, at one of the pharmacies."""
    pairs = [(patient, sku) for patient in PATIENTS for sku in SKUS]
    rows = tuple(
        OurLine(
            reference=f"RD-20261106-01/{at:02}", patient=patient, rx=f"{patient}-{sku}", sku=sku, quantity=1,
            pharmacy=pharmacies[at % len(pharmacies)], state=LineState.DELIVERED, placed_on=FRIDAY,
        )
        for at, (patient, sku) in enumerate(pairs)
    )  # fmt: skip
    return replace(context, our_lines=rows)


@settings(small_clinics, max_examples=3 * EXAMPLES)
@given(clinics(most_lines=4), st.lists(preferences(), min_size=1, max_size=3), objectives, st.permutations(CODES[:3]))
def test_the_split_is_the_best_of_those_that_keep_what_is_asked(
    clinic: tuple[Cart, Context, Program], asked: list[RoutingPreference], objective: Objective, before: list[str]
) -> None:
    cart, context, program = clinic
    cart, context = cart.model_copy(update={"preferences": tuple(asked)}), with_history(context, before)
    found = split(cart, context, program, objective, DAYS, day_price_cents=100)
    trial = PreferenceTrial(cart, context, program, objective, 100)
    assert trial.judged(chosen(found))[:-1] == trial.judged(trial.best())[:-1]
    assert trial.keeps(chosen(found))
    assert faults(found, cart, context, program, DAYS) == []


@settings(small_clinics, max_examples=EXAMPLES)
@given(clinics(most_lines=4), st.lists(preferences(), min_size=1, max_size=3), objectives, st.permutations(CODES[:3]))
def test_a_hard_cart_keeps_what_is_asked_as_well(
    clinic: tuple[Cart, Context, Program], asked: list[RoutingPreference], objective: Objective, before: list[str]
) -> None:
    cart, context, program = clinic
    cart, context = cart.model_copy(update={"preferences": tuple(asked)}), with_history(context, before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MOVES", 0)
        found = split(cart, context, program, objective, DAYS, day_price_cents=100)
    trial = PreferenceTrial(cart, context, program, objective, 100)
    assert trial.judged(chosen(found))[:-1] == trial.judged(trial.best())[:-1]


PRICES = "alder SEMA 100; birch SEMA 95; alder NAD 50; birch NAD 60"


def asked_for(text: str, prices: str, *asked: RoutingPreference, fees: str = "", **over: Any) -> Split:
    lines = lines_of(text)
    context = a_clinic_of(lines, prices, fees=fees, **over)
    cart = Cart(refill_day=FRIDAY, lines=lines, preferences=asked)
    return split(cart, context, a_program(rate=Decimal(0)), Objective.CHEAPEST, DAYS)


BEFORE = OurLine(
    reference="RD-20261106-01/01", patient="P1", rx="RX1", sku="SEMA", quantity=1, pharmacy="alder",
    state=LineState.DELIVERED, placed_on=FRIDAY,
)  # fmt: skip


@pytest.mark.parametrize(
    ("case", "cart", "asked", "places", "total_cents"),
    [
        ("nothing asked", "P1 SEMA; P1 NAD", [], "birch alder", 145_00),
        ("use alder for the cart", "P1 SEMA; P1 NAD", [R(K.USE, S.CART, "", "alder")], "alder alder", 150_00),
        ("use alder for a line", "P1 SEMA; P2 SEMA", [R(K.USE, S.LINE, "2", "alder")], "birch alder", 195_00),
        ("avoid birch for a SKU", "P1 SEMA; P2 NAD", [R(K.AVOID, S.SKU, "SEMA", "birch")], "alder alder",
         150_00),
        ("avoid birch for a patient", "P1 SEMA; P2 SEMA", [R(K.AVOID, S.PATIENT, "P1", "birch")],
         "alder birch", 195_00),
        ("a pin on the line itself stands", "P1 SEMA at birch", [R(K.AVOID, S.CART, "", "birch")], "birch",
         95_00),
        ("together", "P1 SEMA; P1 NAD; P2 SEMA", [R(K.TOGETHER, S.CART)], "alder alder birch", 245_00),
        ("together, one patient", "P1 SEMA; P1 NAD; P2 SEMA; P2 NAD", [R(K.TOGETHER, S.PATIENT, "P2")],
         "birch alder alder alder", 295_00),
        ("stay: 5 dollars are not worth it", "P1 SEMA", [R(K.STAY, S.CART, "", "", 5_00)], "alder", 100_00),
        ("stay: 5 dollars are more than 4.99", "P1 SEMA", [R(K.STAY, S.CART, "", "", 4_99)], "birch", 95_00),
        ("stay: nobody filled it before", "P2 SEMA", [R(K.STAY, S.CART, "", "", 500_00)], "birch", 95_00),
    ],
)  # fmt: skip
def test_what_is_asked_is_kept(
    case: str, cart: str, asked: list[RoutingPreference], places: str, total_cents: int
) -> None:
    found = asked_for(cart, PRICES, *asked, our_lines=(BEFORE,))
    assert (shown(found), found.total_cents, found.proven) == (places, total_cents, True)


def test_packs_kept_for_a_line_are_nobody_elses() -> None:
    prices = "alder SEMA 90 stock 1; birch SEMA 100"
    assert shown(asked_for("P1 SEMA; P2 SEMA", prices)) == "alder birch"
    reserved = R(K.RESERVE, S.LINE, "2", "alder")
    assert shown(asked_for("P1 SEMA; P2 SEMA", prices, reserved)) == "birch alder"
    assert shown(asked_for("P1 SEMA; P2 SEMA held", prices, reserved)) == "birch -"


@pytest.mark.parametrize(
    ("case", "amount_cents", "places", "total_cents"),
    [
        ("a box saved is worth 4 dollars", 4_00, "birch alder", 145_00),
        ("a box saved is worth 6 dollars", 6_00, "alder alder", 150_00),
        ("as few as there can be", 0, "alder alder", 150_00),
    ],
)
def test_few_boxes(case: str, amount_cents: int, places: str, total_cents: int) -> None:
    found = asked_for("P1 SEMA; P1 NAD", PRICES, R(K.BOXES, S.CART, "", "", amount_cents))
    assert (shown(found), found.total_cents, found.proven) == (places, total_cents, True)


def test_a_line_that_nobody_is_left_for_says_so_and_is_a_finding() -> None:
    lines = lines_of("P1 SEMA")
    context = a_clinic_of(lines, "alder SEMA 100; birch SEMA 95")
    asked = (R(K.AVOID, S.CART, "", "birch"), R(K.USE, S.SKU, "SEMA", "birch"))
    cart = Cart(refill_day=FRIDAY, lines=lines, preferences=asked)
    decided = plan(cart, context, a_program(), Objective.CHEAPEST, DAYS)
    assert decided.split.lines[0].codes == ("EXCLUDED",)
    assert "EXCLUDED" in [finding.code for finding in decided.open_findings(Severity.BLOCKING)]


def test_together_without_a_common_pharmacy_is_unfilled_and_says_what_was_asked() -> None:
    found = asked_for("P1 SEMA; P1 NAD", "alder SEMA 100; birch NAD 60", R(K.TOGETHER, S.CART))
    assert [line.codes for line in found.lines] == [("EXCLUDED",), ("EXCLUDED",)]


def test_the_hash_of_a_cart_of_which_nothing_is_asked_is_as_it_was() -> None:
    days = Days(FRIDAY, FRIDAY)
    cart = Cart(refill_day=FRIDAY, lines=lines_of("P1 SEMA"))
    asked = cart.model_copy(update={"preferences": (R(K.AVOID, S.CART, "", "birch"),)})
    other = cart.model_copy(update={"preferences": (R(K.AVOID, S.CART, "", "alder"),)})
    hashes = [cart_hash(one, [], "FREE", Objective.CHEAPEST, 500, days) for one in (cart, asked, other)]
    assert len(set(hashes)) == 3
    assert hashes[0] == cart_hash(
        cart.model_copy(update={"preferences": ()}), [], "FREE", Objective.CHEAPEST, 500, days
    )
