"""The order sheet: one pharmacy's part of a checkout, for pharmacies that take orders on paper, and its handing over.

A sheet pharmacy's submissions wait until a person says that he has handed the sheet over; no worker sends them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from core.adapters.pharmacies.order_sheet.sheet import OrderSheet
from core.adapters.pharmacies.registry import transmission_of
from core.adapters.store import Store, Work, clinic_of
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.order_books import checkout_of, open_book, save_book
from core.adapters.store.partners import links
from core.adapters.store.queue import WaitingOrder, stopped, submissions_of, waiting_orders
from core.domain.errors import Refused
from core.domain.model import LineState, SubmissionState
from core.domain.orders.transitions import CLOSED
from core.domain.partners.adapter import Transmission
from core.domain.partners.link import Link
from core.domain.roles import Action, Person, require
from core.domain.text_limits import why_not_kept
from core.services.audit_trail import record
from core.services.partners.holds import hold_changed
from core.services.partners.messages import TO_SEND, messages


def order_sheet(store: Store, person: Person, clinic: str, reference: str, *, waiting: bool = False) -> OrderSheet:
    """The lines of a pharmacy order that are not rejected, cancelled or returned; reading it is audited.

    With ``waiting`` only those that have not been sent: what is handed over now. Raises Refused for a reference that is
    no pharmacy order's, and where nothing waits.
    """
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> OrderSheet:
        sheet = _sheet(work, reference, waiting)
        record(work, person, "order sheet", reference, None, {"lines": len(sheet.lines), "waiting": waiting})
        return sheet

    return store.write(clinic, use_case)


def _sheet(work: Work, reference: str, waiting: bool) -> OrderSheet:
    states = (SubmissionState.QUEUED,) if waiting else tuple(SubmissionState)
    submissions = submissions_of(work, reference, states)
    if not submissions:
        raise Refused(f"Nothing of {reference} waits." if waiting else f"There is no pharmacy order {reference}.")
    on_it = TO_SEND if waiting else frozenset(LineState) - CLOSED
    outgoing = [message for message in messages(work, submissions, on_it) if message.lines]
    code = outgoing[0].pharmacy if outgoing else ""
    pharmacy, link = pharmacies_of(work).get(code), links(work).get(code, Link(code))
    name, sent_to = (pharmacy.name, pharmacy.reached_at) if pharmacy else (code, "")
    return OrderSheet(reference, clinic_of(work), name, work.today, link, tuple(outgoing), not waiting, sent_to)


class WaitingSheet(NamedTuple):
    """A pharmacy order that waits for a person: its pharmacy, its lines with their attempts, since when."""

    reference: str
    pharmacy: str
    lines: tuple[str, ...]
    since: datetime


def to_hand_over(store: Store, person: Person, clinic: str) -> tuple[WaitingSheet, ...]:
    """Every pharmacy order whose sheet has not been handed over, the oldest first."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        names = {code: pharmacy.name for code, pharmacy in pharmacies_of(work).items()}
        return tuple(
            WaitingSheet(order.reference, names[order.pharmacy], order.lines, order.since) for order in _waiting(work)
        )


def _waiting(work: Work) -> list[WaitingOrder]:
    on_paper = [code for code, link in links(work).items() if transmission_of(link) is Transmission.PERSON]
    return waiting_orders(work, on_paper)


def mark_sent(store: Store, person: Person, clinic: str, reference: str, lines: Sequence[str], means: str) -> None:
    """A person has handed a pharmacy order's sheet over, with these lines on it, and says how: they become submitted.

    Raises Refused where other lines wait than those on the sheet, or where an unmatched event keeps one of them back.
    """
    require(person, Action.WORK_ORDERS)
    if not means.strip():
        raise Refused("Say how it was handed over: by fax, by mail, and to whom.")
    if problem := why_not_kept(means):
        raise Refused(f"How it was handed over {problem}.")

    def hold(work: Work) -> None:
        hold_changed(
            work, [name for order in _waiting(work) if order.reference == reference for name in order.submissions]
        )

    def use_case(work: Work) -> None:
        order = next((order for order in _waiting(work) if order.reference == reference), None)
        if order is None:
            raise Refused(f"Nothing of {reference} waits to be handed over.")
        if set(order.lines) != set(lines):
            raise Refused(f"The sheet of {reference} has changed since it was shown: take it anew.")
        if kept_back := stopped(work, order.submissions):
            raise Refused(f"An event that did not fit keeps {', '.join(kept_back)} back: settle that first.")
        opened = open_book(work, person.email, [checkout_of(reference)])
        for name in order.submissions:
            submission = opened.book.submissions[name]
            submission.state, submission.sent_at = SubmissionState.SENDING, work.now()
            submission.tries += 1
            opened.book.acknowledge(submission, work.now(), note=f"handed over on a sheet: {means}")
        save_book(work, opened)
        record(work, person, "mark as sent", reference, None, {"lines": len(order.lines), "how": means})

    store.write(clinic, hold)
    store.write(clinic, use_case)
