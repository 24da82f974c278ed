"""A worker dies while it pays: nothing is held or taken twice, and nothing that the ledger says is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from core.adapters.payments.stripe_provider import StripeProvider
from core.adapters.store import Store
from core.adapters.store.payments import paid_orders
from core.domain.model import LineState
from core.domain.orders.book import Event
from core.domain.payments.operations import Method, Setup
from core.domain.roles import LOCAL
from core.services.orders.events import apply_events
from core.services.orders.views import track
from core.services.partners.worker import run_once
from core.services.payments.decisions import change_setup, open_payments
from core.services.payments.execution import LEASE, carry_out_payments
from tests.crash.acts import pay, pay_until
from tests.crash.killing import a_clinic, assert_books_hold, dies, killed_after, moments, points, seconds_of
from tests.crash.test_kill_while_sending import a_queue
from tests.payments.fake_stripe import KEY, FakeStripe, fake_stripe
from tests.soak import KILLS
from tests.stores import Clock, statements

Dying = Callable[[str], None]
SETUP = Setup(Method.STRIPE, "cus_1", "pm_good", "UNUSED")


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with fake_stripe() as account:
        account.seconds = 0.002
        yield account


def a_paying_clinic(store: Store, clinic: str) -> str:
    """A clinic whose 40 lines are placed, to be paid through Stripe."""
    a_clinic(store, clinic)
    change_setup(store, LOCAL, clinic, SETUP._replace(customer=f"cus_{clinic}"))
    return a_queue(store, clinic)


def finished(store: Store, clinic: str, clock: Clock, stripe: FakeStripe) -> None:
    """Another worker comes when the leases of the dead one have run out."""
    clock.now += LEASE + timedelta(seconds=1)
    carry_out_payments(store, clinic, lambda _: StripeProvider(KEY, stripe.address))
    assert open_payments(store, LOCAL, clinic).operations == []


def answered(store: Store, clinic: str, clock: Clock) -> None:
    """The pharmacies ship every third line and refuse the others."""
    clock.forward(seconds=1)
    run_once(store, clinic)
    lines = track(store, LOCAL, clinic).lines
    events = [
        Event(f"{line.reference} answered", line.reference, 1, "rejected" if at % 3 else "shipped", clock.now)
        for at, line in enumerate(lines)
        if line.state is LineState.SUBMITTED
    ]
    store.write(clinic, lambda work: apply_events(work, events, "test"))


def of(stripe: FakeStripe, clinic: str) -> tuple[int, int, int]:
    """Intents that were ever made, cents held, cents taken, for one clinic."""
    mine = [one for one in stripe.intents.values() if one["customer"] == f"cus_{clinic}"]
    held = sum(one["amount"] for one in mine if one["status"] == "requires_capture")
    return len(mine), held, sum(one["amount_received"] for one in mine)


def assert_paid_once(
    store: Store, clinic: str, clock: Clock, stripe: FakeStripe, authorising: Dying, capturing: Dying
) -> None:
    authorising(clinic)
    finished(store, clinic, clock, stripe)
    with store.read(clinic) as work:
        standings = paid_orders(work).standings.values()
    assert of(stripe, clinic) == (len(standings), sum(one.open_cents for one in standings), 0)
    answered(store, clinic, clock)
    capturing(clinic)
    finished(store, clinic, clock, stripe)
    with store.read(clinic) as work:
        standings = paid_orders(work).standings.values()
    assert of(stripe, clinic) == (len(standings), 0, sum(one.paid_cents for one in standings))
    assert_books_hold(store, clinic)


def test_a_worker_killed_at_any_moment_of_paying(
    store: Store, store_url: str, clock: Clock, stripe: FakeStripe
) -> None:
    undisturbed = a_paying_clinic(store, "undisturbed")
    seconds = seconds_of(pay, store_url, undisturbed, clock.now, stripe.address, KEY)
    for number, moment in enumerate(moments(KILLS // 2, seconds, "paying")):
        clinic = a_paying_clinic(store, f"k{number}")

        def killed(clinic: str, moment: float = moment) -> None:
            killed_after(moment, pay, store_url, clinic, clock.now, stripe.address, KEY)

        assert_paid_once(store, clinic, clock, stripe, killed, killed)


def test_a_worker_that_dies_before_any_statement_of_paying(
    store: Store, store_url: str, clock: Clock, stripe: FakeStripe
) -> None:
    counted = a_paying_clinic(store, "counted")
    with statements(store) as ran:
        carry_out_payments(store, counted, lambda _: StripeProvider(KEY, stripe.address))
    for point in points(KILLS // 2, len(ran)):
        clinic = a_paying_clinic(store, f"p{point}")

        def died(clinic: str, point: int = point) -> None:
            dies(pay_until, store_url, clinic, clock.now, stripe.address, KEY, point)

        assert_paid_once(store, clinic, clock, stripe, died, died)
