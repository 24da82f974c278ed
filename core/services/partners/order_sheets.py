"""The order sheet: one pharmacy's part of a checkout, for pharmacies that take orders on paper, and its handing over.

A sheet pharmacy's submissions wait until a person says that he has handed the sheet over; no worker sends them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from core.adapters.files import csv_bytes
from core.adapters.store import Store, Work, clinic_of
from core.adapters.store.contexts import pharmacies_of
from core.adapters.store.order_books import checkout_of, open_book, save_book
from core.adapters.store.partners import links
from core.adapters.store.queue import WaitingOrder, stopped, submissions_of, waiting_orders
from core.domain.errors import Refused
from core.domain.model import Clinic, LineState, SubmissionState
from core.domain.orders.transitions import CLOSED
from core.domain.partners.link import Adapter, Link, amount
from core.domain.partners.protocol import Message, MessageLine
from core.domain.roles import Action, Person, require
from core.domain.text_limits import why_not_kept
from core.services.audit_trail import record
from core.services.partners.holds import hold_changed
from core.services.partners.messages import TO_SEND, messages

COLUMNS: Final = (
    "order", "line", "patient", "born_on", "sex", "phone", "allergies", "drug", "quantity", "amount", "directions",
    "prescriber", "npi", "dea", "prescription", "written_on", "clinical_difference", "ship_to", "address1", "address2",
    "city", "state", "zip", "temperature",
)  # fmt: skip


class Sheet(NamedTuple):
    """An order sheet: its pharmacy order, both sides, the day it was made, what is on it."""

    reference: str
    clinic: Clinic
    pharmacy: str
    made_on: date
    link: Link
    messages: tuple[Message, ...]
    copy: bool = False
    """Whether it may hold lines that the pharmacy has already."""

    @property
    def rows(self) -> tuple[tuple[object, ...], ...]:
        """One row a line, under COLUMNS."""
        return tuple(self._row(message, line) for message in self.messages for line in message.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line with its attempt: what somebody who hands the sheet over has handed over."""
        return tuple(f"{line.reference}/{line.attempt}" for message in self.messages for line in message.lines)

    def _row(self, message: Message, line: MessageLine) -> tuple[object, ...]:
        patient, prescriber, prescription = message.patient, message.prescriber, line.prescription
        return (
            self.reference,
            line.reference,
            patient.name,
            patient.born_on,
            patient.sex,
            patient.phone,
            allergies(message),
            line.sku.name,
            line.quantity,
            str(amount(line.sku, line.quantity, self.link.quantity_unit)),
            line.sig,
            prescriber.name,
            prescriber.npi,
            dea_number(message, line),
            prescription_words(line),
            prescription.written_on,
            prescription.clinical_difference,
            message.ship_to.value,
            message.address.address1,
            message.address.address2,
            message.address.city,
            message.address.state,
            message.address.zip,
            "cold" if message.cold else "ambient",
        )


def order_sheet(store: Store, person: Person, clinic: str, reference: str, *, waiting: bool = False) -> Sheet:
    """The lines of a pharmacy order that are not rejected, cancelled or returned; reading it is audited.

    With ``waiting`` only those that have not been sent: what is handed over now. Raises Refused for a reference that is
    no pharmacy order's, and where nothing waits.
    """
    require(person, Action.WORK_ORDERS)

    def use_case(work: Work) -> Sheet:
        sheet = _sheet(work, reference, waiting)
        record(work, person, "order sheet", reference, None, {"lines": len(sheet.lines), "waiting": waiting})
        return sheet

    return store.write(clinic, use_case)


def _sheet(work: Work, reference: str, waiting: bool) -> Sheet:
    states = (SubmissionState.QUEUED,) if waiting else tuple(SubmissionState)
    submissions = submissions_of(work, reference, states)
    if not submissions:
        raise Refused(f"Nothing of {reference} waits." if waiting else f"There is no pharmacy order {reference}.")
    on_it = TO_SEND if waiting else frozenset(LineState) - CLOSED
    found = [message for message in messages(work, submissions, on_it) if message.lines]
    code = found[0].pharmacy if found else ""
    pharmacy, link = pharmacies_of(work).get(code), links(work).get(code, Link(code))
    name = pharmacy.name if pharmacy else code
    return Sheet(reference, clinic_of(work), name, work.today, link, tuple(found), not waiting)


def as_csv(sheet: Sheet) -> bytes:
    """The sheet as a CSV file."""
    return csv_bytes(COLUMNS, sheet.rows)


class ToHandOver(NamedTuple):
    """A pharmacy order that waits for a person: its pharmacy, its lines with their attempts, since when."""

    reference: str
    pharmacy: str
    lines: tuple[str, ...]
    since: datetime


def to_hand_over(store: Store, person: Person, clinic: str) -> tuple[ToHandOver, ...]:
    """Every pharmacy order whose sheet has not been handed over, the oldest first."""
    require(person, Action.WORK_ORDERS)
    with store.read(clinic) as work:
        names = {code: pharmacy.name for code, pharmacy in pharmacies_of(work).items()}
        return tuple(
            ToHandOver(order.reference, names[order.pharmacy], order.lines, order.since) for order in _waiting(work)
        )


def _waiting(work: Work) -> list[WaitingOrder]:
    sheets = [code for code, link in links(work).items() if link.adapter is Adapter.SHEET]
    return waiting_orders(work, sheets)


def mark_sent(store: Store, person: Person, clinic: str, reference: str, lines: Sequence[str], how: str) -> None:
    """A person has handed a pharmacy order's sheet over, with these lines on it, and says how: they become submitted.

    Raises Refused where other lines wait than those on the sheet, or where what did not fit keeps one of them back.
    """
    require(person, Action.WORK_ORDERS)
    if not how.strip():
        raise Refused("Say how it was handed over: by fax, by mail, and to whom.")
    if wrong := why_not_kept(how):
        raise Refused(f"How it was handed over {wrong}.")

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
            opened.book.acknowledge(submission, work.now(), note=f"handed over on a sheet: {how}")
        save_book(work, opened)
        record(work, person, "mark as sent", reference, None, {"lines": len(order.lines), "how": how})

    store.write(clinic, hold)
    store.write(clinic, use_case)


def allergies(message: Message) -> str:
    """What the patient is allergic to, in words."""
    known = message.patient.allergies
    return "unknown" if known is None else "; ".join(known) or "none"


def dea_number(message: Message, line: MessageLine) -> str | None:
    """The prescriber's DEA number, where the line needs one."""
    licence = message.prescriber.licences.get(message.patient.state)
    return licence.dea_number if licence and line.sku.scheduled else None


def prescription_words(line: MessageLine) -> str:
    """Whether the pharmacy has the prescription, and under which number."""
    return f"refill of {line.prescription.rx_number}" if line.is_refill else "new, 0 refills"
