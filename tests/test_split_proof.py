"""The split's claims, checked by a module that shares nothing with the search; the same cart, the same split; placing
without searching again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adapters.store import Store
from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import Cart, Days, Objective, Offer, Program
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.pricing.quotes import box_for
from core.rules.ship_dates import promise
from core.rules.split import enumeration
from core.rules.split.cart_split import split
from core.rules.split.proof import faults
from core.rules.split.search import Progress
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from tests.benchmarks.splits import hard_cart
from tests.builders import DAYS, a_program
from tests.soak import EXAMPLES
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import a_cart, line, patients
from tests.test_split import a_clinic_of, clinics, lines_of, objectives, scarce_everywhere, small_clinics, value

pytestmark = pytest.mark.slow

DAY = date(2026, 12, 4)
HARD = Days(DAY, DAY)


@settings(small_clinics, max_examples=EXAMPLES)
@given(clinics(), objectives)
def test_no_split_of_a_small_cart_has_a_fault(clinic: tuple[Cart, Context, Program], objective: Objective) -> None:
    cart, context, program = clinic
    found = split(cart, context, program, objective, DAYS, day_price_cents=100)
    assert faults(found, cart, context, program, DAYS) == []


@settings(small_clinics, max_examples=EXAMPLES)
@given(clinics(most_lines=5, pharmacies=4), objectives, st.integers(0, 3))
def test_the_integer_model_finds_what_enumeration_finds(
    clinic: tuple[Cart, Context, Program], objective: Objective, scarcity: int
) -> None:
    cart, context, program = clinic
    context = scarce_everywhere(context, scarcity)
    exact = split(cart, context, program, objective, DAYS, day_price_cents=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "MOVES", 0)
        hard = split(cart, context, program, objective, DAYS, day_price_cents=100)
        hasty = split(cart, context, program, objective, DAYS, day_price_cents=100, work=0)
    assert value(hard, 100) == value(exact, 100)
    assert faults(hard, cart, context, program, DAYS) == []
    assert not hasty.proven or value(hasty, 100) == value(exact, 100)
    assert faults(hasty, cart, context, program, DAYS) == []


@pytest.mark.parametrize(("lines", "scarce", "packs"), [(60, 1.0, 1.6), (60, 1.0, 0.9), (150, 0.5, 1.2)])
def test_a_hard_cart_has_one_split_however_fast_the_clock_runs(lines: int, scarce: float, packs: float) -> None:
    cart, context, program = hard_cart(lines, DAY, scarce=scarce, packs=packs)
    ticks = iter(range(10**9))
    slow = split(cart, context, program, Objective.CHEAPEST, HARD, clock=lambda: next(ticks) / 1e6)
    quick = split(cart, context, program, Objective.CHEAPEST, HARD, clock=lambda: 0.0)
    assert (slow.lines, slow.total_cents, slow.bound, slow.proven) == (
        quick.lines,
        quick.total_cents,
        quick.bound,
        quick.proven,
    )
    assert faults(quick, cart, context, program, HARD) == []
    assert quick.bound <= quick.total_cents


def test_whoever_watches_is_told_ever_better_splits_and_may_take_the_best_so_far() -> None:
    cart, context, program = hard_cart(150, DAY, scarce=1.0)
    told: list[Progress] = []

    def watch(progress: Progress) -> bool:
        told.append(progress)
        return len(told) < 2

    taken = split(cart, context, program, Objective.CHEAPEST, HARD, watch=watch)
    finished = split(cart, context, program, Objective.CHEAPEST, HARD)
    best = [progress.best_cents for progress in told if progress.best_cents is not None]
    assert best == sorted(best, reverse=True)
    assert faults(taken, cart, context, program, HARD) == []
    assert taken.total_cents >= finished.total_cents
    assert taken.bound <= finished.total_cents
    assert len(taken.unfilled) == len(finished.unfilled) == 0


TAMPERED = [
    ("beyond stock", 2, "alder", "alder has 1 packs of SEMA; 2 are taken, 0 are kept for other lines."),
    ("where nobody offers it", 3, "alder", "Line 3 goes to alder, which may not fill it: NO_OFFER."),
    ("dearer than it says", 1, "birch", "The split says 27025 cents and comes to 27600."),
]


@pytest.mark.parametrize(("case", "number", "pharmacy", "fault"), TAMPERED)
def test_a_split_that_was_tampered_with_is_found_out(case: str, number: int, pharmacy: str, fault: str) -> None:
    lines = lines_of("P1 SEMA; P2 SEMA; P3 NAD")
    context = a_clinic_of(lines, "alder SEMA 90 stock 1; birch SEMA 95; birch NAD 50")
    cart, program = Cart(refill_day=DAY, lines=lines), a_program()
    found = split(cart, context, program, Objective.CHEAPEST, DAYS)
    assert faults(found, cart, context, program, DAYS) == []
    partner = context.pharmacies[pharmacy]
    moved = tuple(
        replace(
            routed,
            pharmacy=pharmacy,
            box=box_for(routed.line, partner, False),
            promise=promise(partner, False, context, DAYS),
        )
        if routed.line.number == number
        else routed
        for routed in found.lines
    )
    assert faults(replace(found, lines=moved), cart, context, program, DAYS)[0] == fault


def test_placing_takes_the_split_that_was_confirmed_and_searches_nothing_under_the_lock(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(store, a_folder(**patients(3)))
    cart = a_cart(line(1), line(2), line(3))
    with store.read(CLINIC) as work:
        context = load_context(work)
    seen = plan(cart, context, context.programs_on(DAYS.placing_day)[0], Objective.CHEAPEST, DAYS)

    def searched(*_: object) -> None:
        raise AssertionError("searched again")

    monkeypatch.setattr("core.rules.split.cart_split.best_assignment", searched)
    confirmation = Confirmation(cart, "FREE", Objective.CHEAPEST, DAYS, hash=seen.hash, split=seen.split)
    assert place(store, LOCAL, CLINIC, confirmation).total_cents == seen.quote.total_cents


def test_a_split_of_other_prices_is_not_placed_but_searched_again(store: Store) -> None:
    load(store, a_folder(**patients(2)))
    cart = a_cart(line(1), line(2))
    with store.read(CLINIC) as work:
        context = load_context(work)
    program = context.programs_on(DAYS.placing_day)[0]
    cheaper = tuple(
        Offer(**offer.model_dump() | {"unit_cost_cents": offer.unit_cost_cents // 2}) for offer in context.offers
    )
    other = plan(cart, replace(context, offers=cheaper), program, Objective.CHEAPEST, DAYS)
    confirmation = Confirmation(cart, "FREE", Objective.CHEAPEST, DAYS, split=other.split)
    real = plan(cart, context, program, Objective.CHEAPEST, DAYS)
    assert place(store, LOCAL, CLINIC, confirmation).total_cents == real.quote.total_cents != other.quote.total_cents


def test_what_does_not_stand_up_to_its_check_is_not_placed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    load(store, a_folder(**patients(1)))
    monkeypatch.setattr("core.services.checkout.faults", lambda *_: ["Line 1 goes to elm."])
    with pytest.raises(Refused, match=r"not stand up to its check and was not placed\. Line 1 goes to elm\."):
        place(store, LOCAL, CLINIC, Confirmation(a_cart(line(1)), "FREE", Objective.CHEAPEST, DAYS))
