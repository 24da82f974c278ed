"""Twenty people on one cart and one stock: no edit is lost, no pack sold twice, a stale edit is told what changed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import func, select

from core.adapters.store import Store
from core.adapters.store.tables import ORDER_LINE, STOCK_RESERVATION
from core.domain.errors import Blocked, Differs, Stale
from core.domain.model import Objective
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.plan_differences import shown_plan
from core.rules.prescriptions import CartRow
from core.services.audit_trail import verify_audit
from core.services.cart.additions import add_line
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line
from core.services.checkout import Receipt, place
from core.services.orders.verification import verify_ledger
from tests.builders import DAYS, FRIDAY, an_offer
from tests.races.turns import at_once, tried
from tests.stores import CLINIC, NOW, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

PEOPLE = 20
STOCK = 7


def a_clinic(store: Store, stock: int | None = None) -> None:
    told_at: datetime | None = NOW if stock is not None else None
    load(store, a_folder(**patients(PEOPLE), offers=(an_offer(stock=stock, stock_at=told_at),)))


def reserved(store: Store) -> int:
    with store.read(CLINIC) as work:
        return work.connection.scalar(select(func.sum(STOCK_RESERVATION.c.quantity))) or 0


def assert_sound(store: Store) -> None:
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()
    assert verify_audit(store, CLINIC).problem is None


def test_twenty_people_change_one_line_and_each_change_is_made_of_the_one_before(store: Store) -> None:
    a_clinic(store)
    (added,) = add_line(store, LOCAL, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1)).lines

    def change_to(quantity: int) -> int:
        """The quantity that this person saw, and changed once nobody else had meanwhile."""
        while True:
            (now,) = open_cart(store, LOCAL, CLINIC, FRIDAY).cart.lines
            edit = partial(edit_line, store, LOCAL, CLINIC, now.id, now.version, {"quantity": quantity})
            outcome = tried(edit)
            if not isinstance(outcome, Stale):
                return now.quantity
            assert outcome.now["quantity"] != now.quantity

    wanted = range(2, 2 + PEOPLE)
    before = [int(str(outcome)) for outcome in at_once([partial(change_to, to) for to in wanted])]
    (left,) = open_cart(store, LOCAL, CLINIC, FRIDAY).cart.lines
    assert left.version == added.version + PEOPLE
    assert sorted([*before, left.quantity]) == [1, *wanted]
    assert verify_audit(store, CLINIC).problem is None


def test_twenty_carts_take_no_more_than_the_stock(store: Store) -> None:
    a_clinic(store, STOCK)
    outcomes = at_once(
        [
            partial(place, store, STAFF, CLINIC, confirmation(a_cart(line(number)), key=f"K{number}"))
            for number in range(1, PEOPLE + 1)
        ]
    )
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds == {Receipt: STOCK, Blocked: PEOPLE - STOCK}
    assert all("OUT_OF_STOCK" in str(outcome) for outcome in outcomes if isinstance(outcome, Blocked))
    assert reserved(store) == STOCK
    assert_sound(store)


@pytest.mark.parametrize("stock", [None, STOCK], ids=["enough for all", "scarce"])
def test_thirteen_place_one_cart_while_seven_edit_a_line_each(store: Store, stock: int | None) -> None:
    a_clinic(store, stock)
    for number in range(1, STOCK + 1):
        add_line(store, LOCAL, CLINIC, FRIDAY, CartRow(f"P{number}", "SEMA", 1))
    opened = open_cart(store, STAFF, CLINIC, FRIDAY)
    shown = plan(opened.cart, opened.context, opened.context.programs[0], Objective.CHEAPEST, DAYS)
    confirmed = confirmation(
        None, hash=shown.hash, expected_cents=shown.quote.total_cents, shown_plan=shown_plan(shown), key="K"
    )
    lines = opened.cart.lines

    def edit(number: int) -> object:
        one = lines[number]
        open_cart(store, STAFF, CLINIC, FRIDAY)  # as a screen does, so that some come before the placing, some after
        return edit_line(store, LOCAL, CLINIC, one.id, one.version, {"hold": True})

    acts = [lambda: place(store, STAFF, CLINIC, confirmed)] * (PEOPLE - len(lines))
    outcomes = at_once([*acts, *(lambda number=number: edit(number) for number in range(len(lines)))])
    placed, edits = outcomes[: -len(lines)], outcomes[-len(lines) :]
    left = {one.id: one for one in open_cart(store, STAFF, CLINIC, FRIDAY).cart.lines}
    receipts = {outcome for outcome in placed if isinstance(outcome, Receipt)}
    if receipts:
        assert len(receipts) == 1
        assert left == {}
        assert all(isinstance(outcome, Stale) for outcome in edits)
        assert reserved(store) == len(lines)
    else:
        assert all(isinstance(outcome, Differs) for outcome in placed)
        assert sum(one.hold for one in left.values()) == sum(not isinstance(outcome, Stale) for outcome in edits)
        assert reserved(store) == 0
    with store.read(CLINIC) as work:
        kept = work.connection.scalar(select(func.count()).select_from(ORDER_LINE))
    assert kept == (len(lines) if receipts else 0)
    assert_sound(store)
