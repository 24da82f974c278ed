"""A price list's rows: added and taken back, never written over; which orders have used them since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from core.adapters.store.engine import Work
from core.adapters.store.orders import AttemptRow, OrderLineRow
from core.adapters.store.tables import AggregatePriceRow, OfferRow

Rows = Sequence[dict[str, Any]]


def add_offers(work: Work, rows: Rows) -> None:
    """New offers, columns by name."""
    _add(work, OfferRow, rows)


def add_aggregate_prices(work: Work, rows: Rows) -> None:
    """New pooled prices, columns by name."""
    _add(work, AggregatePriceRow, rows)


def _add(work: Work, table: Any, rows: Rows) -> None:
    if rows:
        work.connection.execute(insert(table), [{"clinic": work.clinic} | row for row in rows])


def remove_offers(work: Work, pharmacy: str, skus: Collection[str], valid_from: date) -> None:
    """Take offers of one first day back."""
    _remove(work, OfferRow, OfferRow.pharmacy == pharmacy, skus, valid_from)


def remove_aggregate_prices(work: Work, program: str, skus: Collection[str], valid_from: date) -> None:
    """Take pooled prices of one first day back."""
    _remove(work, AggregatePriceRow, AggregatePriceRow.program == program, skus, valid_from)


def _remove(work: Work, table: Any, issued: Any, skus: Collection[str], valid_from: date) -> None:
    here = (table.clinic == work.clinic, issued, table.sku.in_(skus), table.valid_from == valid_from)
    work.connection.execute(table.__table__.delete().where(*here))


def end_offers(work: Work, pharmacy: str, ends: Mapping[tuple[str, date], date | None]) -> None:
    """Another last day (None: open) for the pharmacy's offers, by SKU and first day."""
    for (sku, valid_from), last in ends.items():
        here = (OfferRow.clinic == work.clinic, OfferRow.pharmacy == pharmacy, OfferRow.sku == sku)
        work.connection.execute(update(OfferRow).where(*here, OfferRow.valid_from == valid_from).values(valid_to=last))


def ordered_since(work: Work, issuer: str, skus: Collection[str], since: datetime) -> str | None:
    """A line of one of the SKUs placed since with this pharmacy or under this program; None where there is none."""
    placed = (
        select(AttemptRow.line)
        .join(OrderLineRow, (OrderLineRow.clinic == AttemptRow.clinic) & (OrderLineRow.reference == AttemptRow.line))
        .where(AttemptRow.clinic == work.clinic, AttemptRow.placed_at >= since, OrderLineRow.sku.in_(skus))
        .where(or_(AttemptRow.pharmacy == issuer, AttemptRow.program == issuer))
        .order_by(AttemptRow.placed_at, AttemptRow.line)
        .limit(1)
    )
    line: str | None = work.connection.scalar(placed)
    return line
