"""Payments that wait: for a person, who tries again or says how it was settled, or for the worker."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import streamlit as st

from core.domain.payments.operations import FOR_A_PERSON, Operation, OperationKind
from core.services.payments.decisions import open_payments, pay_again, settle_by_hand
from pages.shared.formats import count, moment, money, plain
from pages.shared.notices import attempt
from pages.shared.session import Session

SHOWN: Final = 20
WAITS: Final[Mapping[OperationKind, str]] = {
    OperationKind.AUTHORISE: "could not be authorized. This order is not sent until it is.",
    OperationKind.CAPTURE: "could not be captured.",
    OperationKind.RELEASE: "could not be released.",
    OperationKind.REFUND: "could not be refunded.",
}


def open_payments_list(session: Session, zone: str) -> None:
    """What a provider has turned down, each with what can be done about it; nothing where all is well."""
    counts, operations = session.call(open_payments)
    if not operations:
        return
    theirs = [operation for operation in operations if operation.state in FOR_A_PERSON]
    stuck = sorted({operation.message for operation in operations if operation.message and operation not in theirs})
    if theirs:
        need = "needs" if counts.for_a_person == 1 else "need"
        st.error(f"{count(counts.for_a_person, 'payment')} {need} attention.", icon=":material/credit_card_off:")
    for operation in theirs[:SHOWN]:
        _card(session, operation, zone)
    if counts.waiting:
        why = f" {' '.join(stuck)}" if stuck else ""
        st.caption(plain(f"{count(counts.waiting, 'payment')} pending, processed by the worker.{why}"))


def _card(session: Session, operation: Operation, zone: str) -> None:
    key = f"orders_payment_{operation.id}"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(gap=None, width="stretch"):
                st.markdown(
                    f"**{plain(operation.pharmacy_order)}** · {plain(money(operation.cents))} {WAITS[operation.kind]}"
                )
                st.caption(plain(f"{operation.message} Requested {moment(operation.made_at, zone)}."))
            st.button(
                "Try again",
                key=f"{key}_again",
                icon=":material/refresh:",
                on_click=partial(_again, session, operation),
                help="Requests the amount due now from the card that is set up now.",
            )
        if operation.kind is not OperationKind.AUTHORISE:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                st.text_input("How it was settled", key=f"{key}_how", max_chars=200, placeholder="By check 1204")
                st.button(
                    "Mark as settled",
                    key=f"{key}_settled",
                    on_click=partial(_settled, session, operation, f"{key}_how"),
                )


def _again(session: Session, operation: Operation) -> None:
    attempt(
        lambda: session.call(pay_again, operation.id),
        f"{operation.pharmacy_order} is charged again in the worker's next run.",
    )


def _settled(session: Session, operation: Operation, key: str) -> None:
    reason = str(st.session_state.get(key, ""))
    attempt(lambda: session.call(settle_by_hand, operation.id, reason), f"{operation.pharmacy_order}: settled.")
