"""Where a line is, in words that can be read out on the phone or copied into a message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import streamlit as st

from core.domain.context import Context
from core.domain.model import IN_FLIGHT, LineState
from core.services.orders.views import LineDetail
from pages.shared.formats import day, pharmacy_name, sku_name

S = LineState
TRACKING: Final[Mapping[str, str]] = {
    "fedex": "https://www.fedex.com/fedextrack/?trknbr=",
    "ups": "https://www.ups.com/track?tracknum=",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels=",
}
"""Carriers' pages that take a tracking number at their end."""
_WAITS: Final[Mapping[LineState, str]] = {
    S.ON_HOLD: "is on hold at {pharmacy}, and we are following up",
    S.REJECTED: "was not filled by {pharmacy}, and we are following up",
    S.RETURNED: "came back to {pharmacy}, and we are following up",
    S.CANCELLED: "was canceled",
}


def answer(detail: LineDetail, context: Context) -> None:
    """The sentence with a button to copy it, and the carrier's page of the parcel."""
    st.code(where_it_is(detail, context), language=None, wrap_lines=True)
    if link := carrier_link(detail, context):
        st.link_button("Track the parcel", link, icon=":material/local_shipping:", type="tertiary")


def where_it_is(detail: LineDetail, context: Context) -> str:
    """``Semaglutide 5 mg left Cedar on Thu 3 Dec by FedEx, tracking number 7712; expected Fri 4 Dec. Cedar: phone ...``

    No patient's name, and no reason of a pharmacy: whoever listens may not be the patient.
    """
    line = detail.line
    pharmacy = context.pharmacies.get(line.pharmacy)
    name = pharmacy_name(line.pharmacy, context)
    sentence = f"{sku_name(line.sku, context)} {_progress(detail, name, context)}."
    return f"{sentence} {name}: phone {pharmacy.phone}." if pharmacy and pharmacy.phone else sentence


def _progress(detail: LineDetail, pharmacy: str, context: Context) -> str:
    line, current = detail.line, detail.attempts[-1]
    zone = ZoneInfo(context.clinic.time_zone)
    if line.state in _WAITS:
        return _WAITS[line.state].format(pharmacy=pharmacy)
    if line.state is S.DELIVERED:
        return f"was delivered on {_day(current.delivered_at, zone)}"
    if line.state is S.SHIPPED:
        carrier = context.pharmacies[line.pharmacy].carrier if line.pharmacy in context.pharmacies else ""
        by = f" by {carrier}" if carrier else ""
        number = f", tracking number {current.tracking}" if current.tracking else ""
        return f"left {pharmacy} on {day(line.shipped_on)}{by}{number}; {_expected(detail)}"
    if line.state is S.PLACED:
        return f"is ordered and on its way to {pharmacy}'s desk; {_expected(detail)}"
    return f"is being prepared by {pharmacy}; {_expected(detail)}"


def _expected(detail: LineDetail) -> str:
    """What may be promised: the likely day with its range, or that it is overdue, never a day that is past."""
    current = detail.attempts[-1]
    if (expected := detail.expected) is not None:
        usual = "" if expected.earliest == expected.latest else (
            f" (usually {day(expected.earliest)} to {day(expected.latest)})"
        )  # fmt: skip
        return f"expected {day(expected.likely)}{usual}"
    if detail.stalled:
        due = current.ships_on if detail.line.state in IN_FLIGHT else current.delivers_on
        return f"it is later than planned ({day(due)}), and we are following up"
    return f"planned for {day(current.delivers_on)}"


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    return day(at.astimezone(zone).date() if at else None)


def carrier_link(detail: LineDetail, context: Context) -> str | None:
    """The carrier's page of the parcel; None before there is a tracking number, or for a carrier not in the table."""
    pharmacy, tracking = context.pharmacies.get(detail.line.pharmacy), detail.attempts[-1].tracking
    page = TRACKING.get(pharmacy.carrier.casefold()) if pharmacy else None
    return f"{page}{quote(tracking, safe='')}" if page and tracking else None
