"""The Stripe adapter, with Stripe's own library, against a server that answers as Stripe does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.adapters.payments.stripe_provider import StripeProvider
from core.domain.payments.operations import OperationKind
from core.domain.payments.provider import Declined, Done, Impossible, Lapsed, Outcome, Request, TryAgain
from tests.payments.fake_stripe import KEY, FakeStripe, fake_stripe
from tests.stores import NOW

WEEK_LATER = datetime(2026, 12, 11, 15, 0, tzinfo=UTC)


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    with fake_stripe() as account:
        yield account


def provider(stripe: FakeStripe, key: str = KEY) -> StripeProvider:
    return StripeProvider(key, stripe.address, timeout_seconds=0.3)


def request(kind: OperationKind = OperationKind.AUTHORISE, cents: int = 135_00, **over: Any) -> Request:
    parts: dict[str, Any] = {
        "kind": kind, "operation": "op-1", "key": "op-1-1", "cents": cents, "reference": "", "customer": "cus_1",
        "payment_method": "pm_good", "pharmacy_order": "RD-20261204-01-CEDAR", "made_at": NOW, "is_retry": False,
    }  # fmt: skip
    return Request(**parts | over)


def held(stripe: FakeStripe, cents: int = 135_00) -> str:
    """A hold that is there."""
    outcome = provider(stripe).carry_out(request(cents=cents))
    assert isinstance(outcome, Done)
    return outcome.reference


def on_hold(kind: OperationKind, reference: str, cents: int, **over: object) -> Request:
    return request(kind, cents, operation=f"op-{kind}", key=f"op-{kind}-1", reference=reference, **over)


def test_a_hold_is_made_and_runs_out_when_stripe_says(stripe: FakeStripe) -> None:
    assert provider(stripe).carry_out(request()) == Done("pi_1", WEEK_LATER)
    assert (stripe.held_cents, stripe.taken_cents) == (135_00, 0)
    assert stripe.intents["pi_1"]["metadata"] == {"operation": "op-1", "pharmacy_order": "RD-20261204-01-CEDAR"}


def test_part_of_a_hold_is_captured_and_the_rest_given_up(stripe: FakeStripe) -> None:
    assert provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, held(stripe), 100_00)) == Done("pi_1")
    assert (stripe.held_cents, stripe.taken_cents) == (0, 100_00)


def test_a_hold_is_released(stripe: FakeStripe) -> None:
    assert provider(stripe).carry_out(on_hold(OperationKind.RELEASE, held(stripe), 135_00)) == Done("pi_1")
    assert (stripe.held_cents, stripe.taken_cents) == (0, 0)


def test_part_of_a_capture_is_refunded(stripe: FakeStripe) -> None:
    name = held(stripe)
    provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, name, 135_00))
    assert provider(stripe).carry_out(on_hold(OperationKind.REFUND, name, 35_00)) == Done("re_1")
    assert stripe.taken_cents == 100_00


@pytest.mark.parametrize(
    ("case", "over", "outcome"),
    [
        ("a card that is declined", {"payment_method": "pm_declined"},
         Declined("card_declined", "Your card was declined.")),
        ("a bank that wants the cardholder", {"payment_method": "pm_authentication"},
         Declined("authentication_required", "Your card was declined. This transaction requires authentication.")),
        ("no such customer", {"customer": "cus_missing"},
         Impossible("resource_missing", "No such customer: 'cus_missing'")),
        ("too little for a card", {"cents": 49}, Impossible("amount_too_small", "Amount must be at least $0.50 usd")),
    ],
)  # fmt: skip
def test_what_stripe_turns_down(stripe: FakeStripe, case: str, over: dict[str, Any], outcome: Outcome) -> None:
    assert provider(stripe).carry_out(request(**over)) == outcome
    assert (stripe.held_cents, stripe.taken_cents) == (0, 0)


def test_a_key_that_stripe_does_not_accept_is_for_setup(stripe: FakeStripe) -> None:
    assert provider(stripe, "sk_test_wrong").carry_out(request()) == TryAgain(
        "Stripe does not accept the key: look at Setup."
    )


@pytest.mark.parametrize("fault", ["lost", "lost after", "slow", "429", "500", "500 after"])
@pytest.mark.parametrize("kind", list(OperationKind))
def test_an_answer_that_was_lost_is_asked_for_again_and_done_once(
    stripe: FakeStripe, kind: OperationKind, fault: str
) -> None:
    asked = request()
    if kind is not OperationKind.AUTHORISE:
        name = held(stripe)
        if kind is OperationKind.REFUND:
            provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, name, 135_00))
        asked = on_hold(kind, name, 135_00)
    stripe.faults.append(fault)
    first = provider(stripe).carry_out(asked)
    assert isinstance(first, TryAgain)
    assert first.answered is fault.startswith("500")
    again = asked._replace(is_retry=True, key=asked.key if not first.answered else asked.key[:-1] + "2")
    assert isinstance(provider(stripe).carry_out(again), Done)
    done = {
        OperationKind.AUTHORISE: (135_00, 0),
        OperationKind.CAPTURE: (0, 135_00),
        OperationKind.RELEASE: (0, 0),
        OperationKind.REFUND: (0, 0),
    }
    assert (stripe.held_cents, stripe.taken_cents) == done[kind]
    assert (len(stripe.intents), len(stripe.refunds)) == (1, 1 if kind is OperationKind.REFUND else 0)


@pytest.mark.parametrize("kind", list(OperationKind))
def test_what_was_done_is_found_when_the_keys_are_forgotten(stripe: FakeStripe, kind: OperationKind) -> None:
    asked = request()
    if kind is not OperationKind.AUTHORISE:
        name = held(stripe)
        if kind is OperationKind.REFUND:
            provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, name, 135_00))
        asked = on_hold(kind, name, 135_00)
    first = provider(stripe).carry_out(asked)
    stripe.forget_keys()
    assert provider(stripe).carry_out(asked._replace(is_retry=True)) == first
    assert (len(stripe.intents), len(stripe.refunds)) == (1, 1 if kind is OperationKind.REFUND else 0)


@pytest.mark.parametrize("again", [False, True], ids=["asked first", "asked again"])
def test_a_hold_that_ran_out_has_lapsed(stripe: FakeStripe, again: bool) -> None:
    name = held(stripe)
    stripe.lapse(name)
    outcome = provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, name, 135_00, is_retry=again))
    assert outcome == Lapsed("The hold ran out at the bank.")
    assert provider(stripe).carry_out(on_hold(OperationKind.RELEASE, name, 135_00, is_retry=again)) == Done(name)


def test_a_hold_that_somebody_captured_for_another_amount_is_for_a_person(stripe: FakeStripe) -> None:
    name = held(stripe)
    stripe.intents[name].update(status="succeeded", amount_received=1_00)
    outcome = provider(stripe).carry_out(on_hold(OperationKind.CAPTURE, name, 135_00))
    assert outcome == Impossible("captured", "The hold was captured already, for 100 cents.")


def test_the_same_key_for_something_else_is_refused(stripe: FakeStripe) -> None:
    held(stripe)
    outcome = provider(stripe).carry_out(request(cents=200_00))
    assert isinstance(outcome, Impossible)
    assert stripe.held_cents == 135_00
