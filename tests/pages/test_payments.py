"""Payments on screen: how the clinic pays, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.model import Role
from core.domain.payments.operations import Method, OperationKind, OperationState, Setup
from core.domain.payments.provider import Declined, Impossible, Outcome
from core.domain.roles import LOCAL
from core.services.checkout import place
from core.services.payments.decisions import change_setup, open_payments, setup_of
from core.services.payments.execution import carry_out_payments
from tests.pages.conftest import Opens
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients

LABELS = {"customer": "Customer", "payment_method": "Card", "key_name": "Secret key name"}
SETUP = Setup(Method.STRIPE, "cus_1", "pm_1", "STRIPE_KEY", "")


@pytest.fixture
def clinic(store: Store) -> Store:
    load(store, a_folder(**patients(1)))
    return store


def said(shown: AppTest) -> str:
    kinds = (shown.error, shown.markdown, shown.caption, shown.toast)
    return " ".join(str(one.value).replace("\\", "") for kind in kinds for one in kind)


def press(shown: AppTest, label: str) -> AppTest:
    next(one for one in shown.button if one.label == label).click()
    return shown.run()


def setup_with(shown: AppTest, **fields: str) -> AppTest:
    groups: Sequence[Any] = shown.get("button_group")
    (method,) = (one for one in groups if one.label == "Payment method")
    method.set_value(Method.STRIPE)
    shown.run()
    for one in shown.text_input:
        for field, value in fields.items():
            if one.label == LABELS[field]:
                one.set_value(value)
    return press(shown, "Save payment settings")


def test_a_clinic_is_set_up_to_pay_through_stripe(clinic: Store, opens: Opens) -> None:
    shown = opens("setup", Role.ADMIN, setup_tab="Clinic and programs")
    shown = setup_with(shown, customer="cus_1", payment_method="pm_1", key_name="STRIPE_KEY")
    assert setup_of(clinic, LOCAL, CLINIC) == SETUP
    assert any("Not set where this dashboard runs: STRIPE_KEY." in one.value.replace("\\", "") for one in shown.warning)


def test_the_key_itself_is_refused_and_not_kept(clinic: Store, opens: Opens) -> None:
    shown = opens("setup", Role.ADMIN, setup_tab="Clinic and programs")
    shown = setup_with(shown, customer="cus_1", payment_method="pm_1", key_name="sk_live_abc")
    assert "The key itself never goes in here" in said(shown)
    assert setup_of(clinic, LOCAL, CLINIC) == Setup()


class Bank:
    """A provider with one answer."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def carry_out(self, _: object) -> Outcome:
        return self.outcome


def turned_down(clinic: Store, outcome: Outcome) -> None:
    change_setup(clinic, LOCAL, CLINIC, SETUP)
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1))))
    carry_out_payments(clinic, CLINIC, lambda _: Bank(outcome))


def test_a_declined_card_is_said_on_orders_and_tried_again(clinic: Store, opens: Opens) -> None:
    turned_down(clinic, Declined("card_declined", "Your card was declined."))
    shown = opens("orders", Role.STAFF)
    assert "1 payment needs attention." in said(shown)
    assert "$135.00 could not be authorized. This order is not sent until it is." in said(shown)
    assert "Your card was declined." in said(shown)
    assert [one.label for one in shown.button if one.label == "Mark as settled"] == []
    press(shown, "Try again")
    (waits,) = open_payments(clinic, STAFF, CLINIC).operations
    assert (waits.kind, waits.state) == (OperationKind.AUTHORISE, OperationState.WAITING)


def test_what_is_settled_otherwise_is_said_how(clinic: Store, opens: Opens) -> None:
    turned_down(clinic, Impossible("refused", "No."))
    with clinic.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE payment_operation SET kind = 'refund'")
    shown = opens("orders", Role.STAFF)
    shown = press(shown, "Mark as settled")
    assert "Say how it was settled" in said(shown)
    next(one for one in shown.text_input if one.label == "How it was settled").set_value("by check 1204")
    press(shown, "Mark as settled")
    assert open_payments(clinic, STAFF, CLINIC).operations == []


def test_nothing_is_said_where_nothing_waits(clinic: Store, opens: Opens) -> None:
    place(clinic, STAFF, CLINIC, confirmation(a_cart(line(1))))
    assert "payment" not in said(opens("orders", Role.STAFF)).lower()


def test_a_line_tells_what_the_provider_was_asked_for(clinic: Store, opens: Opens) -> None:
    turned_down(clinic, Declined("card_declined", "Your card was declined."))
    shown = opens("orders", Role.STAFF, line="RD-20261204-01/01", orders_payments="true")
    shown.session_state["orders_payments"] = True
    shown.run()
    (asked,) = (one.value for one in shown.dataframe if "Pharmacy order" in one.value.columns)
    assert asked[["Kind", "Status", "Message"]].values.tolist() == [
        ["authorise", "declined", "Your card was declined."]
    ]
