"""Carts placed at the same time: a confirmation counts once, a pack in stock goes to one, a refill is ordered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

import core.services.checkout
from core.adapters.store import Store
from core.adapters.store.tables import STOCK_RESERVATION
from core.domain.errors import Blocked, Differs, RefillDayError, Stale
from core.domain.model import Objective
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.prescriptions import CartRow
from core.services.audit_trail import verify_audit
from core.services.cart.additions import add_line
from core.services.cart.contents import open_cart
from core.services.cart.edits import edit_line
from core.services.checkout import Receipt, place
from core.services.orders.verification import verify_ledger
from core.services.orders.views import track
from tests.builders import DAYS, FRIDAY, an_offer
from tests.races.turns import at_once, tried, waiting_from
from tests.stores import CLINIC, NOW, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, hash_of, line, patients

Meeting = Callable[[pytest.MonkeyPatch, Callable[[], object], Callable[[], object]], list[object]]


def _together(_: pytest.MonkeyPatch, one: Callable[[], object], other: Callable[[], object]) -> list[object]:
    return at_once([one, other])


def _between(_: pytest.MonkeyPatch, one: Callable[[], object], other: Callable[[], object]) -> list[object]:
    """The other is done after the one has confirmed, and before it presses."""
    done = tried(other)
    return [tried(one), done]


def _within(monkeypatch: pytest.MonkeyPatch, one: Callable[[], object], other: Callable[[], object]) -> list[object]:
    """The other waits while the one, which has found that all is well, writes."""
    came_to = waiting_from(monkeypatch, core.services.checkout, "_write", other)
    return [tried(one), came_to()]


MEETINGS: list[tuple[str, Meeting]] = [("together", _together), ("between", _between), ("within", _within)]
"""How two placings meet."""


@pytest.fixture
def clinic(store: Store) -> Store:
    """Eight patients, and one pack of what they all take."""
    load(store, a_folder(**patients(8), offers=(an_offer(stock=1, stock_at=NOW),)))
    return store


def packs_reserved(store: Store) -> int:
    with store.read(CLINIC) as work:
        return work.connection.scalar(select(func.sum(STOCK_RESERVATION.c.quantity))) or 0


def placing(store: Store, number: int, **over: Any) -> Callable[[], Receipt]:
    """One patient's line confirmed, to be placed."""
    cart = a_cart(line(number))
    confirmed = confirmation(cart, **{"hash": hash_of(store, cart)} | over)
    return lambda: place(store, STAFF, CLINIC, confirmed)


def assert_sound(store: Store) -> None:
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()
    assert verify_audit(store, CLINIC).problem is None


@pytest.mark.parametrize("key", [None, "K1"])
def test_six_presses_of_one_confirmation_are_one_checkout(clinic: Store, key: str | None) -> None:
    receipts = at_once([placing(clinic, 1, key=key)] * 6)
    assert [receipt for receipt in receipts if not isinstance(receipt, Receipt)] == []
    assert len(set(receipts)) == 1
    assert len(track(clinic, LOCAL, CLINIC).lines) == packs_reserved(clinic) == 1
    assert_sound(clinic)


@pytest.mark.parametrize(("case", "meet"), MEETINGS)
def test_the_last_pack_goes_to_one_of_two(
    clinic: Store, monkeypatch: pytest.MonkeyPatch, case: str, meet: Meeting
) -> None:
    outcomes = meet(monkeypatch, placing(clinic, 1), placing(clinic, 2))
    (loser,) = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    assert isinstance(loser, Differs)
    assert str(loser).startswith("The cart is not the one that was confirmed")
    assert [(finding.line, finding.code) for finding in loser.findings] == [(line_of(outcomes), "OUT_OF_STOCK")]
    assert packs_reserved(clinic) == len(track(clinic, LOCAL, CLINIC).lines) == 1
    assert_sound(clinic)


def line_of(outcomes: list[object]) -> int:
    """The number of the loser's line: the first placing's is 1, the other's 2."""
    return 1 + next(at for at, outcome in enumerate(outcomes) if isinstance(outcome, RefillDayError))


def test_the_last_pack_goes_to_one_of_six_who_saw_no_hash(clinic: Store) -> None:
    outcomes = at_once([placing(clinic, number, hash=None) for number in range(1, 7)])
    losers = [outcome for outcome in outcomes if isinstance(outcome, Blocked)]
    assert len(losers) == 5
    assert all("OUT_OF_STOCK on line" in str(loser) for loser in losers)
    assert packs_reserved(clinic) == 1
    assert_sound(clinic)


@pytest.mark.parametrize(("case", "meet"), MEETINGS)
def test_one_refill_in_two_carts_is_ordered_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, case: str, meet: Meeting
) -> None:
    load(store, a_folder(**patients(2)))
    seen = {"hash": None}
    outcomes = meet(monkeypatch, placing(store, 1, key="A", **seen), placing(store, 1, key="B", **seen))
    (loser,) = [outcome for outcome in outcomes if not isinstance(outcome, Receipt)]
    assert isinstance(loser, Blocked)
    assert "SUSPECTED_DUPLICATE on line 1" in str(loser)
    assert len(track(store, LOCAL, CLINIC).lines) == 1


@pytest.mark.parametrize(("case", "meet"), MEETINGS)
def test_a_line_edited_while_its_cart_is_placed_is_placed_as_it_was_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch, case: str, meet: Meeting
) -> None:
    load(store, a_folder(**patients(1)))
    add_line(store, STAFF, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1))
    opened = open_cart(store, STAFF, CLINIC, FRIDAY)
    (stored,) = opened.cart.lines
    seen = plan(opened.cart, opened.context, opened.context.programs[0], Objective.CHEAPEST, DAYS)
    confirmed = confirmation(None, hash=seen.hash)

    def hold() -> object:
        return edit_line(store, STAFF, CLINIC, stored.id, stored.version, {"hold": True})

    placed, edited = meet(monkeypatch, lambda: place(store, STAFF, CLINIC, confirmed), hold)
    left = open_cart(store, STAFF, CLINIC, FRIDAY).cart.lines
    if isinstance(placed, Receipt):
        assert isinstance(edited, Stale)
        assert "not in the cart any more" in str(edited)
        assert left == ()
    else:
        assert isinstance(placed, Differs)
        assert [one.hold for one in left] == [True]
    assert_sound(store)
