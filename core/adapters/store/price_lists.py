"""A price list's rows: added and taken back, never written over; which orders have used them since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, delete, or_, select, update

from core.adapters.store.engine import Row, Work, insert_rows
from core.adapters.store.tables import AGGREGATE_PRICE, ATTEMPT, OFFER, ORDER_LINE


def add_offers(work: Work, rows: Sequence[Row]) -> None:
    """New offers, columns by name."""
    insert_rows(work, OFFER, rows)


def add_aggregate_prices(work: Work, rows: Sequence[Row]) -> None:
    """New pooled prices, columns by name."""
    insert_rows(work, AGGREGATE_PRICE, rows)


def remove_offers(work: Work, pharmacy: str, skus: Collection[str], valid_from: date) -> None:
    """Take offers of one first day back."""
    _remove(work, OFFER.c.pharmacy, pharmacy, skus, valid_from)


def remove_aggregate_prices(work: Work, program: str, skus: Collection[str], valid_from: date) -> None:
    """Take pooled prices of one first day back."""
    _remove(work, AGGREGATE_PRICE.c.program, program, skus, valid_from)


def _remove(work: Work, issued_by: Column[Any], issuer: str, skus: Collection[str], valid_from: date) -> None:
    table = issued_by.table
    issued = (work.of_clinic(table), issued_by == issuer, table.c.sku.in_(skus), table.c.valid_from == valid_from)
    work.connection.execute(delete(table).where(*issued))


def end_offers(work: Work, pharmacy: str, ends: Mapping[tuple[str, date], date | None]) -> None:
    """Another last day (None: open) for the pharmacy's offers, by SKU and first day."""
    for (sku, valid_from), last in ends.items():
        offer = (OFFER.c.pharmacy == pharmacy, OFFER.c.sku == sku, OFFER.c.valid_from == valid_from)
        work.connection.execute(update(OFFER).where(work.of_clinic(OFFER), *offer).values(valid_to=last))


def ordered_since(work: Work, issuer: str, skus: Collection[str], since: datetime) -> str | None:
    """A line of one of the SKUs placed since with this pharmacy or under this program; None where there is none."""
    placed = (
        select(ATTEMPT.c.line)
        .join(ORDER_LINE)
        .where(work.of_clinic(ATTEMPT), ATTEMPT.c.placed_at >= since, ORDER_LINE.c.sku.in_(skus))
        .where(or_(ATTEMPT.c.pharmacy == issuer, ATTEMPT.c.program == issuer))
        .order_by(ATTEMPT.c.placed_at, ATTEMPT.c.line)
        .limit(1)
    )
    line: str | None = work.connection.scalar(placed)
    return line
