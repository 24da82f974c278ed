"""From the ledger to the provider: held before anything is sent, taken once, given back, whatever happens between."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from core.__main__ import main
from core.adapters.payments.stripe_provider import StripeProvider
from core.adapters.store import METADATA, Store, open_store
from core.domain.errors import Refused
from core.domain.model import LineState
from core.domain.orders.book import Event
from core.domain.payments.operations import Method, OperationKind, OperationState, Setup
from core.domain.payments.provider import PaymentProvider, Request, TryAgain
from core.domain.roles import LOCAL
from core.services.audit_trail import audit_trail
from core.services.checkout import place
from core.services.orders.events import record_event
from core.services.orders.recovery import cancel, refund, resubmit
from core.services.orders.verification import verify_ledger
from core.services.orders.views import track
from core.services.partners.worker import run_forever, run_once
from core.services.payments.decisions import change_setup, open_payments, pay_again, payments_of, settle_by_hand
from core.services.payments.execution import LEASE, Paid, carry_out_payments
from tests.payments.fake_stripe import KEY, FakeStripe, fake_stripe
from tests.stores import CLINIC, Clock, a_folder, load, statements
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

CHECKOUT = "RD-20261204-01"
SETUP = Setup(Method.STRIPE, "cus_1", "pm_good", "REFILL_TEST_KEY", "")
DONE, WAITING, DECLINED = OperationState.DONE, OperationState.WAITING, OperationState.DECLINED


@pytest.fixture
def stripe(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStripe]:
    """Stripe as the worker finds it."""
    with fake_stripe() as account:
        monkeypatch.setenv("REFILL_TEST_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_ADDRESS", account.address)
        yield account


@pytest.fixture
def clinic(store: Store) -> Store:
    """A clinic of three patients that pays through Stripe: a line is $135.00, of which $20.00 is its box."""
    load(store, a_folder(**patients(3)))
    change_setup(store, LOCAL, CLINIC, SETUP)
    return store


def placed(store: Store, lines: int = 2) -> None:
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in range(1, lines + 1)))))


def said(store: Store, number: int, status: LineState, at: Clock) -> None:
    event = Event(f"{number} {status} {at.now}", f"{CHECKOUT}/{number:02d}", 1, status.value, at.now)
    record_event(store, LOCAL, CLINIC, event)


def operations(store: Store) -> list[tuple[OperationKind, int, OperationState]]:
    return [(one.kind, one.cents, one.state) for one in payments_of(store, LOCAL, CLINIC, CHECKOUT)]


def sound(store: Store) -> None:
    assert verify_ledger(store, LOCAL, CLINIC).problems == ()


def test_on_account_nothing_leaves(store: Store, stripe: FakeStripe, clock: Clock) -> None:
    load(store, a_folder(**patients(2)))
    placed(store)
    run_once(store, CLINIC)
    said(store, 1, LineState.SHIPPED, clock)
    assert operations(store) == []
    assert stripe.requests == []
    assert carry_out_payments(store, CLINIC) == Paid()


def test_a_checkout_stays_as_it_was_placed(store: Store, stripe: FakeStripe, clock: Clock) -> None:
    load(store, a_folder(**patients(2)))
    placed(store)
    change_setup(store, LOCAL, CLINIC, SETUP)
    run_once(store, CLINIC)
    said(store, 1, LineState.SHIPPED, clock)
    assert operations(store) == []
    sound(store)


def test_an_order_is_held_before_it_is_sent_and_taken_when_its_last_line_is_answered(
    clinic: Store, stripe: FakeStripe, clock: Clock
) -> None:
    placed(clinic)
    assert operations(clinic) == [(OperationKind.AUTHORISE, 270_00, WAITING)]
    assert stripe.requests == []
    assert run_once(clinic, CLINIC).acknowledged == 2
    assert (stripe.held_cents, stripe.taken_cents) == (270_00, 0)
    said(clinic, 1, LineState.ACCEPTED, clock)
    assert carry_out_payments(clinic, CLINIC) == Paid()
    said(clinic, 2, LineState.ACCEPTED, clock)
    assert carry_out_payments(clinic, CLINIC) == Paid(done=1)
    assert (stripe.held_cents, stripe.taken_cents) == (0, 270_00)
    sound(clinic)


def test_a_rejected_line_is_not_taken(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic)
    run_once(clinic, CLINIC)
    said(clinic, 1, LineState.ACCEPTED, clock)
    said(clinic, 2, LineState.REJECTED, clock)
    carry_out_payments(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (0, 135_00)
    assert operations(clinic) == [(OperationKind.AUTHORISE, 270_00, DONE), (OperationKind.CAPTURE, 135_00, DONE)]
    sound(clinic)


def test_a_refund_is_given_back_and_a_line_sent_again_is_held_anew(
    clinic: Store, stripe: FakeStripe, clock: Clock
) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    said(clinic, 1, LineState.SHIPPED, clock)
    carry_out_payments(clinic, CLINIC)
    refund(clinic, STAFF, CLINIC, f"{CHECKOUT}/01", 35_00, "broken vial")
    carry_out_payments(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (0, 100_00)
    said(clinic, 1, LineState.RETURNED, clock)
    resubmit(clinic, STAFF, CLINIC, f"{CHECKOUT}/01", expected_cents=135_00)
    sound(clinic)
    run_once(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (135_00, 100_00)
    sound(clinic)


def test_what_is_cancelled_before_it_was_asked_for_is_never_asked_for(clinic: Store, stripe: FakeStripe) -> None:
    placed(clinic, 1)
    cancel(clinic, STAFF, CLINIC, f"{CHECKOUT}/01", "changed her mind")
    assert carry_out_payments(clinic, CLINIC) == Paid()
    assert operations(clinic) == [(OperationKind.AUTHORISE, 135_00, OperationState.WITHDRAWN)]
    assert stripe.requests == []
    sound(clinic)


def test_a_declined_card_holds_the_order_back_until_a_person_acts(clinic: Store, stripe: FakeStripe) -> None:
    change_setup(clinic, LOCAL, CLINIC, SETUP._replace(payment_method="pm_declined"))
    placed(clinic)
    assert run_once(clinic, CLINIC).acknowledged == 0
    assert run_once(clinic, CLINIC).acknowledged == 0
    (waits,) = open_payments(clinic, STAFF, CLINIC).operations
    assert (waits.state, waits.code, waits.message) == (DECLINED, "card_declined", "Your card was declined.")
    assert open_payments(clinic, STAFF, CLINIC).counts == (0, 1)
    assert len(stripe.intents) == 1
    sound(clinic)
    cancel(clinic, STAFF, CLINIC, f"{CHECKOUT}/02", "not needed")
    change_setup(clinic, LOCAL, CLINIC, SETUP)
    pay_again(clinic, STAFF, CLINIC, waits.id)
    assert run_once(clinic, CLINIC).acknowledged == 1
    assert operations(clinic) == [
        (OperationKind.AUTHORISE, 270_00, OperationState.WITHDRAWN),
        (OperationKind.AUTHORISE, 135_00, DONE),
    ]
    assert stripe.held_cents == 135_00
    assert audit_trail(clinic, LOCAL, CLINIC)[0].action == "pay again"
    sound(clinic)


def test_the_command_lists_what_waits_and_asks_afresh(
    clinic: Store, stripe: FakeStripe, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change_setup(clinic, LOCAL, CLINIC, SETUP._replace(payment_method="pm_declined"))
    placed(clinic, 1)
    carry_out_payments(clinic, CLINIC)
    assert main(["payments", "--json", "--db", store_url]) == 1
    told = json.loads(capsys.readouterr().out)
    (waits,) = told["payments"]
    assert (told["for_a_person"], waits["amount"], waits["code"]) == (1, "135.00", "card_declined")
    assert main(["payments", "--again", waits["id"], "--json", "--db", store_url]) == 0
    assert json.loads(capsys.readouterr().out)["waiting"] == 1


def test_without_the_key_nothing_is_sent_and_nothing_is_lost(
    clinic: Store, stripe: FakeStripe, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REFILL_TEST_KEY")
    placed(clinic)
    assert run_once(clinic, CLINIC).acknowledged == 0
    (waits,) = open_payments(clinic, STAFF, CLINIC).operations
    assert waits.message == "The worker has no key of the name that Setup gives."
    monkeypatch.setenv("REFILL_TEST_KEY", KEY)
    clock.forward(seconds=15)
    assert run_once(clinic, CLINIC).acknowledged == 2


class Dies(Exception):
    """The process ends here."""


class Dying:
    """A provider that is asked, and a worker that is gone before or after the answer."""

    def __init__(self, port: PaymentProvider, after: bool) -> None:
        self.port, self.after = port, after

    def carry_out(self, request: Request) -> TryAgain:
        if self.after:
            self.port.carry_out(request)
        raise KeyboardInterrupt


@pytest.mark.parametrize("after", [False, True], ids=["before it was asked", "after it answered"])
def test_a_worker_that_dies_loses_and_doubles_nothing(
    clinic: Store, stripe: FakeStripe, clock: Clock, after: bool
) -> None:
    port = StripeProvider(KEY, stripe.address)
    placed(clinic)

    def dies() -> None:
        with pytest.raises(KeyboardInterrupt):
            carry_out_payments(clinic, CLINIC, lambda _: Dying(port, after))

    dies()
    assert operations(clinic) == [(OperationKind.AUTHORISE, 270_00, OperationState.SENDING)]
    assert run_once(clinic, CLINIC).acknowledged == 0
    clock.now += LEASE + timedelta(seconds=1)
    dies()
    clock.now += LEASE + timedelta(seconds=1)
    assert run_once(clinic, CLINIC).acknowledged == 2
    said(clinic, 1, LineState.SHIPPED, clock)
    said(clinic, 2, LineState.REJECTED, clock)
    dies()
    clock.now += LEASE + timedelta(seconds=1)
    carry_out_payments(clinic, CLINIC)
    assert (len(stripe.intents), stripe.held_cents, stripe.taken_cents) == (1, 0, 135_00)
    sound(clinic)


@pytest.mark.parametrize("fault", ["500", "500 after", "lost", "lost after", "429"])
def test_an_answer_that_was_lost_is_no_second_payment(
    clinic: Store, stripe: FakeStripe, clock: Clock, fault: str
) -> None:
    placed(clinic)
    stripe.faults.extend([fault] * 3)
    for _ in range(6):
        run_once(clinic, CLINIC)
        clock.forward(minutes=5)
    assert (len(stripe.intents), stripe.held_cents) == (1, 270_00)
    assert operations(clinic) == [(OperationKind.AUTHORISE, 270_00, DONE)]
    sound(clinic)


def test_a_hold_that_ran_out_is_made_anew_and_taken(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    stripe.lapse("pi_1")
    said(clinic, 1, LineState.SHIPPED, clock)
    carry_out_payments(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (0, 135_00)
    assert operations(clinic) == [
        (OperationKind.AUTHORISE, 135_00, OperationState.LAPSED),
        (OperationKind.CAPTURE, 135_00, OperationState.WITHDRAWN),
        (OperationKind.AUTHORISE, 135_00, DONE),
        (OperationKind.CAPTURE, 135_00, DONE),
    ]
    sound(clinic)


def test_a_day_before_a_hold_runs_out_what_is_due_is_taken(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic)
    run_once(clinic, CLINIC)
    said(clinic, 1, LineState.SHIPPED, clock)
    clock.forward(days=5, hours=23)
    assert carry_out_payments(clinic, CLINIC) == Paid()
    clock.forward(hours=2)
    stripe.now = int(clock.now.timestamp())
    carry_out_payments(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (135_00, 135_00)
    assert carry_out_payments(clinic, CLINIC) == Paid()
    said(clinic, 2, LineState.SHIPPED, clock)
    carry_out_payments(clinic, CLINIC)
    assert (stripe.held_cents, stripe.taken_cents) == (0, 270_00)
    sound(clinic)


def test_what_stripe_will_never_do_waits_for_a_person(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    stripe.intents["pi_1"].update(status="succeeded", amount_received=1_00)
    said(clinic, 1, LineState.SHIPPED, clock)
    assert carry_out_payments(clinic, CLINIC) == Paid(refused=1)
    (waits,) = open_payments(clinic, STAFF, CLINIC).operations
    assert (waits.kind, waits.state) == (OperationKind.CAPTURE, OperationState.FAILED)
    with pytest.raises(Refused, match="Say how it was settled"):
        settle_by_hand(clinic, STAFF, CLINIC, waits.id, " ")
    settle_by_hand(clinic, STAFF, CLINIC, waits.id, "captured the rest by invoice 7")
    assert open_payments(clinic, STAFF, CLINIC).operations == []
    with pytest.raises(Refused, match="does not wait for anybody"):
        pay_again(clinic, STAFF, CLINIC, waits.id)
    sound(clinic)


def test_a_worker_that_runs_on_pays_first_and_sends_then(
    clinic: Store, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.services.partners.worker.IDLE_SECONDS", 0.05)
    placed(clinic)
    stop = threading.Event()
    worker = threading.Thread(target=run_forever, args=(clinic,), kwargs={"stop": stop})
    worker.start()
    patience_ends = time.monotonic() + 30
    while {one.state for one in track(clinic, LOCAL, CLINIC).lines} == {LineState.PLACED}:
        assert time.monotonic() < patience_ends
        time.sleep(0.05)
    stop.set()
    worker.join()
    assert stripe.held_cents == 270_00
    assert operations(clinic) == [(OperationKind.AUTHORISE, 270_00, DONE)]


def test_two_workers_ask_once(clinic: Store, stripe: FakeStripe) -> None:
    from tests.races.turns import at_once

    placed(clinic)
    at_once([lambda: carry_out_payments(clinic, CLINIC)] * 4)
    assert [path for method, path, _ in stripe.requests if method == "POST"] == ["/v1/payment_intents"]


def test_many_lines_take_as_many_statements_as_few(sqlite_url: str, clock: Clock, stripe: FakeStripe) -> None:
    store, counts = open_store(sqlite_url, clock=clock), []
    load(store, a_folder(**patients(202)))
    change_setup(store, LOCAL, CLINIC, SETUP)
    for first, last in ((1, 2), (3, 202)):
        with statements(store) as ran:
            place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in range(first, last + 1)))))
            carry_out_payments(store, CLINIC)
        counts.append(len(ran))
    store.close()
    assert counts[0] == counts[1]
    assert (len(stripe.intents), stripe.held_cents) == (2, 202 * 135_00)


@pytest.mark.parametrize(
    ("case", "over", "says"),
    [
        ("the key itself", {"key_name": "sk_live_4eC39HqLyjWDarjtT1zdp7dc"}, "The key itself never goes in here"),
        ("the webhook's own secret", {"webhook_key_name": "whsec_abc"}, "The key itself never goes in here"),
        ("no key", {"key_name": ""}, "under which name"),
        ("no customer", {"customer": ""}, "starts with cus_"),
        ("a card's number", {"payment_method": "4242424242424242"}, "starts with pm_"),
    ],
)
def test_a_setup_that_cannot_be_is_refused(store: Store, case: str, over: dict[str, Any], says: str) -> None:
    load(store)
    with pytest.raises(Refused, match=says):
        change_setup(store, LOCAL, CLINIC, SETUP._replace(**over))
    with store.read(CLINIC) as work:
        assert work.connection.scalar(select(func.count()).select_from(METADATA.tables["payment_setup"])) == 0
