"""Payments that wait: for a person, who tries again or says how it was settled, or for the worker."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import streamlit as st

from core.domain.payments.operations import FOR_A_PERSON, Operation, OperationKind
from core.services.payments.decisions import open_payments, pay_again, settle_by_hand
from pages.parts.notices import attempt
from pages.parts.session import Session
from pages.parts.words import count, moment, money, plain

SHOWN: Final = 20
WAITS: Final[Mapping[OperationKind, str]] = {
    OperationKind.AUTHORISE: "could not be held on the card. Nothing of this order is sent before it is.",
    OperationKind.CAPTURE: "could not be taken from the card.",
    OperationKind.RELEASE: "could not be released.",
    OperationKind.REFUND: "could not be given back.",
}


def payments_waiting(session: Session, zone: str) -> None:
    """What a provider has turned down, each with what can be done about it; nothing where all is well."""
    counts, operations = open_payments(session.store, session.person, session.clinic)
    if not operations:
        return
    theirs = [one for one in operations if one.state in FOR_A_PERSON]
    stuck = sorted({one.message for one in operations if one.message and one not in theirs})
    if theirs:
        wait = "waits" if counts.for_a_person == 1 else "wait"
        st.error(f"{count(counts.for_a_person, 'payment')} {wait} for somebody.", icon=":material/credit_card_off:")
    for one in theirs[:SHOWN]:
        _one(session, one, zone)
    if counts.waiting:
        why = f" {' '.join(stuck)}" if stuck else ""
        st.caption(plain(f"{count(counts.waiting, 'payment')} on the way, carried out by the worker.{why}"))


def _one(session: Session, one: Operation, zone: str) -> None:
    key = f"orders_payment_{one.id}"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(gap=None, width="stretch"):
                st.markdown(f"**{plain(one.pharmacy_order)}** · {plain(money(one.cents))} {WAITS[one.kind]}")
                st.caption(plain(f"{one.message} Asked for {moment(one.made_at, zone)}."))
            st.button(
                "Try again",
                key=f"{key}_again",
                icon=":material/refresh:",
                on_click=partial(_again, session, one),
                help="Asked afresh, for what is needed now, of the card that Setup names now.",
            )
        if one.kind is not OperationKind.AUTHORISE:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input("How it was settled", key=f"{key}_how", max_chars=200, placeholder="By cheque 1204")
                st.button("It is settled", key=f"{key}_settled", on_click=partial(_settled, session, one, f"{key}_how"))


def _again(session: Session, one: Operation) -> None:
    attempt(
        lambda: pay_again(session.store, session.person, session.clinic, one.id),
        f"{one.pharmacy_order} is paid again by the worker's next round.",
    )


def _settled(session: Session, one: Operation, how: str) -> None:
    reason = str(st.session_state.get(how, ""))
    attempt(
        lambda: settle_by_hand(session.store, session.person, session.clinic, one.id, reason),
        f"{one.pharmacy_order}: settled.",
    )
