"""What Stripe tells of itself: believed only with its signature, taken in once, in whatever order it comes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stripe as library

from core.adapters.store import Store, open_store
from core.cli.webhook_server import webhook as receiver
from core.domain.errors import Refused
from core.domain.model import LineState
from core.domain.payments.operations import OperationKind, OperationState
from core.domain.roles import LOCAL
from core.services.orders.recovery import refund
from core.services.partners.worker import run_once
from core.services.payments.decisions import change_setup, open_payments, payments_of
from core.services.payments.execution import carry_out_payments
from core.services.payments.webhook import apply_event, verify
from tests.http_servers import serving
from tests.payments.fake_stripe import FakeStripe
from tests.payments.test_paying import SETUP, clinic, operations, placed, said, sound, stripe
from tests.stores import CLINIC, NOW, Clock, a_folder, load
from tests.test_checkout import STAFF, patients

__all__ = ["clinic", "stripe"]
SECRET = "whsec_local"
EVENT = {"id": "evt_1", "type": "payment_intent.canceled", "created": 1, "data": {"object": {"id": "pi_1"}}}
BODY = json.dumps(EVENT).encode()


def header(body: bytes = BODY, secret: str = SECRET, seconds: int = 0) -> str:
    """As Stripe's own library signs."""
    at = int(NOW.timestamp()) + seconds
    return str(library.WebhookSignature.generate_signature_header(body.decode(), secret, at))


def test_what_stripe_signed_is_believed() -> None:
    assert verify(BODY, header(), SECRET, NOW) == EVENT
    assert verify(BODY, header(seconds=-300), SECRET, NOW) == EVENT


def test_while_a_secret_is_replaced_either_signature_will_do() -> None:
    at, _, new = header().partition(",")
    old = header(secret="whsec_before").partition(",")[2]
    assert verify(BODY, f"{at},{old},{new}", SECRET, NOW) == EVENT


@pytest.mark.parametrize(
    ("case", "body", "signature", "secret", "says"),
    [
        ("another body", BODY + b" ", header(), SECRET, "not the one of this clinic's secret"),
        ("another secret", BODY, header(secret="whsec_other"), SECRET, "not the one of this clinic's secret"),
        ("no secret here", BODY, header(secret=""), "", "no signature that can be checked"),
        ("signed long ago", BODY, header(seconds=-301), SECRET, "more than five minutes ago"),
        ("signed ahead of time", BODY, header(seconds=301), SECRET, "ahead of time"),
        ("no header", BODY, "", SECRET, "no signature that can be checked"),
        ("no time", BODY, "v1=00", SECRET, "no signature that can be checked"),
        ("two times", BODY, f"t=1,{header()}", SECRET, "no signature that can be checked"),
        ("a time that is none", BODY, "t=now,v1=00", SECRET, "no signature that can be checked"),
        ("a time beyond all times", BODY, f"t={'9' * 40},v1=00", SECRET, "no signature that can be checked"),
        ("another scheme", BODY, header().replace("v1=", "v0="), SECRET, "not the one of this clinic's secret"),
        ("letters beyond ASCII", BODY, "t=1,v1=é", SECRET, "not the one of this clinic's secret"),
        ("no JSON", b"{", header(b"{"), SECRET, "not JSON"),
        ("no event", b"[]", header(b"[]"), SECRET, "not an event"),
    ],
)
def test_anything_else_is_refused(case: str, body: bytes, signature: str, secret: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        verify(body, signature, secret, NOW)


def told(type_: str, about: dict[str, Any], name: str = "evt_1") -> dict[str, Any]:
    return {"id": name, "type": type_, "created": int(NOW.timestamp()), "data": {"object": about}}


def test_a_hold_whose_answer_was_lost_is_known_from_its_event(clinic: Store, stripe: FakeStripe) -> None:
    placed(clinic)
    stripe.faults.append("lost after")
    carry_out_payments(clinic, CLINIC)
    event = told("payment_intent.amount_capturable_updated", stripe.intents["pi_1"])
    assert apply_event(clinic, CLINIC, event) == "done"
    assert apply_event(clinic, CLINIC, event) == "duplicate"
    assert apply_event(clinic, CLINIC, event | {"id": "evt_2"}) == "known"
    (hold,) = payments_of(clinic, LOCAL, CLINIC, "RD-20261204-01")
    assert (hold.provider_reference, hold.lapses_at) == ("pi_1", NOW + timedelta(days=5))
    assert run_once(clinic, CLINIC).acknowledged == 2
    assert len(stripe.intents) == 1


def test_a_capture_whose_answer_was_lost_is_known_from_its_event(
    clinic: Store, stripe: FakeStripe, clock: Clock
) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    said(clinic, 1, LineState.SHIPPED, clock)
    stripe.faults.append("lost after")
    carry_out_payments(clinic, CLINIC)
    assert apply_event(clinic, CLINIC, told("payment_intent.succeeded", stripe.intents["pi_1"])) == "done"
    assert operations(clinic) == [
        (OperationKind.AUTHORISE, 135_00, OperationState.DONE),
        (OperationKind.CAPTURE, 135_00, OperationState.DONE),
    ]
    sound(clinic)


def test_a_hold_that_the_bank_gives_up_is_made_anew(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    stripe.lapse("pi_1")
    assert apply_event(clinic, CLINIC, told("payment_intent.canceled", stripe.intents["pi_1"])) == "lapsed"
    assert operations(clinic) == [
        (OperationKind.AUTHORISE, 135_00, OperationState.LAPSED),
        (OperationKind.AUTHORISE, 135_00, OperationState.WAITING),
    ]
    clock.forward(seconds=1)
    carry_out_payments(clinic, CLINIC)
    assert stripe.held_cents == 135_00
    sound(clinic)


def test_a_refund_that_comes_back_waits_for_a_person(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    said(clinic, 1, LineState.SHIPPED, clock)
    refund(clinic, STAFF, CLINIC, "RD-20261204-01/01", 35_00, "broken vial")
    carry_out_payments(clinic, CLINIC)
    assert operations(clinic)[-1] == (OperationKind.REFUND, 35_00, OperationState.DONE)
    event = told("refund.failed", stripe.refunds["re_1"] | {"failure_reason": "expired_or_canceled_card"})
    assert apply_event(clinic, CLINIC, event) == "failed"
    (waits,) = open_payments(clinic, STAFF, CLINIC).operations
    assert (waits.kind, waits.code) == (OperationKind.REFUND, "expired_or_canceled_card")


@pytest.mark.parametrize(
    ("type_", "about", "outcome"),
    [
        ("payment_intent.canceled", {"id": "pi_other"}, "misfit"),
        ("payment_intent.succeeded", {"id": "pi_other", "amount_received": 1}, "misfit"),
        ("payment_intent.amount_capturable_updated", {"id": "pi_other", "metadata": {}}, "misfit"),
        ("refund.failed", {"id": "re_other"}, "misfit"),
        ("charge.dispute.created", {"id": "dp_1"}, "misfit"),
        ("customer.updated", {"id": "cus_1"}, "ignored"),
    ],
)
def test_what_nobody_here_asked_for_is_kept(clinic: Store, type_: str, about: dict[str, Any], outcome: str) -> None:
    assert apply_event(clinic, CLINIC, told(type_, about)) == outcome
    assert apply_event(clinic, CLINIC, told(type_, about)) == "duplicate"


def test_an_old_event_changes_nothing(clinic: Store, stripe: FakeStripe, clock: Clock) -> None:
    placed(clinic, 1)
    run_once(clinic, CLINIC)
    created = dict(stripe.intents["pi_1"])
    said(clinic, 1, LineState.SHIPPED, clock)
    carry_out_payments(clinic, CLINIC)
    before = operations(clinic)
    clock.now += timedelta(days=1)
    assert apply_event(clinic, CLINIC, told("payment_intent.amount_capturable_updated", created)) == "known"
    assert operations(clinic) == before


@pytest.mark.parametrize(
    ("case", "path", "signature", "status"),
    [
        ("Stripe's own", "/payments/demo", header(), 200),
        ("somebody else's", "/payments/demo", header(secret="whsec_other"), 401),
        ("unsigned", "/payments/demo", "", 401),
        ("a clinic that is not there", "/payments/nobody", header(), 401),
        ("no clinic", "/payments/", header(), 404),
        ("too much of a path", "/payments/demo/more", header(), 404),
    ],
)
def test_the_receiver_takes_the_providers_events(
    sqlite_url: str, clock: Clock, case: str, path: str, signature: str, status: int
) -> None:
    store = open_store(sqlite_url, clock=clock)
    load(store, a_folder(**patients(1)))
    change_setup(store, LOCAL, CLINIC, SETUP._replace(webhook_key_name="STRIPE_HOOK"))
    with serving(receiver(store, "127.0.0.1", 0, {"STRIPE_HOOK": SECRET}.get)) as address:
        answer = httpx.post(f"{address}{path}", content=BODY, headers={"Stripe-Signature": signature}, trust_env=False)
    store.close()
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"outcome": "misfit"}
