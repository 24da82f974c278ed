"""What is sent: a submission as the protocol's message, built from the clinic's data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from core.adapters.store import Work
from core.adapters.store.contexts import load_for_messages
from core.adapters.store.partners import products
from core.adapters.store.queue import Placed, lines_in, submissions_named
from core.domain.context import Context
from core.domain.model import LineState
from core.domain.partners.message import Message, MessageLine, shipping_address
from core.rules.days_supply import supply_days

TO_SEND: Final = frozenset({LineState.PLACED})


def messages(work: Work, references: Sequence[str], states: Collection[LineState] = TO_SEND) -> list[Message]:
    """The messages of these submissions, each with its lines in one of these states: those still to be sent."""
    rows = submissions_named(work, references)
    context, numbered = load_for_messages(work, {row.patient for row in rows}), products(work)
    pharmacy_of = {row.reference: row.pharmacy for row in rows}
    lines: dict[str, list[MessageLine]] = {}
    for placed in lines_in(work, references, states):
        numbers = numbered.get(pharmacy_of[placed.submission])
        product = None if numbers is None else numbers.get(placed.sku, "")
        lines.setdefault(placed.submission, []).append(_line(placed, context, work.today, product))
    return [
        Message(
            reference=row.reference,
            pharmacy=row.pharmacy,
            patient=context.patients[row.patient],
            prescriber=context.prescribers[row.npi],
            ship_to=row.ship_to,
            address=shipping_address(context.patients[row.patient], row.ship_to, context.clinic),
            cold=row.cold,
            lines=tuple(lines.get(row.reference, ())),
        )
        for row in rows
    ]


def _line(placed: Placed, context: Context, today: date, product: str | None) -> MessageLine:
    sku, prescription = context.skus[placed.sku], context.prescriptions[placed.rx]
    return MessageLine(
        reference=placed.reference,
        attempt=placed.attempt,
        number=placed.number,
        sku=sku,
        prescription=prescription,
        quantity=placed.quantity,
        sig=placed.sig,
        days_supply=supply_days(prescription, sku, placed.quantity, context, today),
        product=product,
        note=placed.note,
        override_note=placed.override_note,
    )
