"""Nine months of orders for the demo clinic, made from its stored prescriptions: the same seed makes the same history.

Fills are counted back from each prescription's last one by its days' supply, placed on weekly refill days at the prices
then in force, split and priced by the pure core, and answered by the simulated pharmacies. A prescription's ``fills``
become fewer by those that are now ours, so that who is due and how many refills are left stay as they were.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from core.adapters.store import Store, Work
from core.adapters.store.contexts import load_context
from core.adapters.store.order_books import new_book, save_book, take_over_fills
from core.adapters.store.rule_hits import insert_history
from core.domain.model import IN_FLIGHT
from core.domain.orders.book import Book
from core.domain.roles import LOCAL
from core.services.audit_trail import record
from core.services.demo.batches import PastOrders
from core.services.demo.fills import past_fills
from core.services.demo.rule_hits import past_rule_hits


class Seeded(NamedTuple):
    """What was made."""

    checkouts: int
    lines: int


def seed_history(store: Store, clinic: str, today: date, seed: str = "demo") -> Seeded:
    """Write the history that ends yesterday into a clinic without orders."""
    return store.write(clinic, lambda work: _seed(work, today, seed))


def _seed(work: Work, today: date, seed: str) -> Seeded:
    context = load_context(work)
    opened = new_book(work, LOCAL.email)
    maker = PastOrders(work, context, opened.book, today, seed)
    maker.past(past_fills(context, today))
    maker.under_way()
    _keep_stock_of_open_lines(opened.book)
    save_book(work, opened)
    insert_history(work, past_rule_hits(opened.book, seed))
    take_over_fills(work, maker.ours)
    made = Seeded(len(opened.book.checkouts), len(opened.book.lines))
    record(work, LOCAL, "seed demo history", work.clinic, None, made._asdict())
    return made


def _keep_stock_of_open_lines(book: Book) -> None:
    """What has shipped left the shelves before the pharmacies last told their stock."""
    book.reservations = [
        reservation for reservation in book.reservations if book.lines[reservation.line].state in IN_FLIGHT
    ]
    book.released = []
