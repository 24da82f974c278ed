"""Pharmacies that take orders on paper: a person hands a sheet over (sheet.py, pdf.py) and records what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from core.adapters.pharmacies.json_order.statuses import read_push
from core.domain.orders.book import Event
from core.domain.orders.records import SentLine
from core.domain.partners.adapter import QUANTITY_UNIT, PharmacyAdapter, Transmission
from core.domain.partners.message import Message
from core.domain.partners.protocol import NotSent


class SheetPartner:
    """A pharmacy that people write to and hear from: nothing is sent to it, and it says nothing by itself."""

    def send(self, message: Message, now: datetime) -> NotSent:
        """A person hands its sheet over."""
        return NotSent("Its orders are handed over by a person.", tried=False)

    def look_up(self, reference: str) -> None:
        """It is asked by phone."""

    def poll(self, lines: Sequence[SentLine], now: datetime) -> Sequence[Event]:
        """A person records what it says."""
        return ()


PARTNER: Final = SheetPartner()

ADAPTER: Final = PharmacyAdapter(
    name="sheet",
    label="Order sheet",
    summary="Orders wait under Order sheets to send until somebody faxes or mails the sheet and marks it sent.",
    transmission=Transmission.PERSON,
    partner=lambda *_: PARTNER,
    read_push=read_push,
    fields=(QUANTITY_UNIT._replace(full_width=True),),
)
