"""What was placed from this tab: the checkout, its pharmacy orders, and their sheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.services.checkout import Receipt
from pages.orders.order_sheets import sheet_downloads
from pages.refill_day.desk import Desk
from pages.refill_day.views import LineView
from pages.shared.formats import amount, count, money, pharmacy_name, plain
from pages.shared.tables import MONEY, Row, table

_RECEIPTS = "refill_receipts"
_GAPS = "refill_receipt_gaps"


def keep_receipt(refill_day: date, placed: Receipt, views: Sequence[LineView]) -> None:
    """Remember the newest checkout of a refill day, and which of its patients run out before delivery."""
    _receipts()[refill_day] = placed
    gaps: dict[date, list[Row]] = st.session_state.setdefault(_GAPS, {})
    gaps[refill_day] = [gap_row(view) for view in views if view.gap_days]


def gap_row(view: LineView) -> Row:
    """A patient whose supply ends before the delivery."""
    promise = view.routed.promise
    return {
        "Patient": view.patient,
        "SKU": view.sku,
        "Supply ends": view.supply_ends,
        "Delivers": promise.delivers_on if promise else None,
        "Days without": view.gap_days,
    }


def placed_here(desk: Desk) -> Receipt | None:
    """What was placed last from this tab for this refill day."""
    return _receipts().get(desk.refill_day)


def _receipts() -> dict[date, Receipt]:
    receipts: dict[date, Receipt] = st.session_state.setdefault(_RECEIPTS, {})
    return receipts


def placed_line(placed: Receipt) -> None:
    """The checkout in one line."""
    lines = sum(len(order.lines) for order in placed.pharmacy_orders)
    st.success(
        f"Placed as **{plain(placed.checkout)}**: {count(lines, 'line')} for {plain(money(placed.total_cents))}.",
        icon=":material/check_circle:",
    )


def receipt(desk: Desk, placed: Receipt) -> None:
    """The checkout with its pharmacy orders."""
    with st.container(border=True):
        placed_line(placed)
        table(
            [
                {
                    "Pharmacy order": order.reference,
                    "Pharmacy": pharmacy_name(order.pharmacy, desk.context),
                    "Lines": len(order.lines),
                    "Total": amount(order.total_cents),
                    "Contact": desk.context.pharmacies[order.pharmacy].reached_at,
                }
                for order in placed.pharmacy_orders
            ],
            name=placed.checkout,
            alt="The pharmacy orders of this checkout",
            session=desk.session,
            columns={"Total": MONEY},
        )
        if gaps := st.session_state.get(_GAPS, {}).get(desk.refill_day):
            st.caption(f"Supply ends before delivery: {count(len(gaps), 'line')}")
            table(gaps, name="checkout_gaps", alt="Lines whose supply ends before delivery", session=desk.session)
        clinic = desk.context.clinic
        if clinic.reached_at:
            st.caption(plain(f"Pharmacies reach {clinic.name} by {clinic.reached_at}."))
        st.caption("Order sheets")
        with st.grid(3):
            for order in placed.pharmacy_orders:
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.caption(plain(pharmacy_name(order.pharmacy, desk.context)), width="content")
                    sheet_downloads(desk.session, order.reference, waiting=False, key=f"refill_sheet_{order.reference}")
