"""Checkouts read into a Book and written back: a fixed number of statements, whatever the number of lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, case, select, update

from core.adapters.store.base import columns_of
from core.adapters.store.bulk import insert_all
from core.adapters.store.engine import Work, conflict_insert
from core.adapters.store.payments import pay_through, settle
from core.adapters.store.tables import (
    ATTEMPT,
    CHECKOUT,
    DAILY_REJECTION,
    DAILY_TALLY,
    DELIVERY_DELAY,
    LEDGER_ENTRY,
    ORDER_COUNTER,
    ORDER_EVENT,
    ORDER_LINE,
    PHARMACY_ORDER,
    PRESCRIPTION,
    STAGE_HOURS,
    STOCK_RESERVATION,
    SUBMISSION,
)
from core.domain.orders.book import Book
from core.domain.orders.records import Attempt, Checkout, OrderLine, PharmacyOrder, Reservation, Submission

Values = dict[str, Any]


class _Kept(NamedTuple):
    """A table whose rows a book changes: its record class, its key beside the clinic, and where a book has them."""

    table: Table
    record: Callable[..., Any]
    key: tuple[str, ...]
    records: Callable[[Book], Iterable[Any]]


_KEPT: Final = (
    _Kept(CHECKOUT, Checkout, ("reference",), lambda book: book.checkouts.values()),
    _Kept(PHARMACY_ORDER, PharmacyOrder, ("reference",), lambda book: book.orders.values()),
    _Kept(SUBMISSION, Submission, ("reference",), lambda book: book.submissions.values()),
    _Kept(ORDER_LINE, OrderLine, ("reference",), lambda book: book.lines.values()),
    _Kept(ATTEMPT, Attempt, ("line", "number"), lambda book: book.attempts.values()),
)


class OpenBook(NamedTuple):
    """A book, and its rows as they were when it was opened."""

    book: Book
    as_loaded: Mapping[tuple[str, ...], Values]


def new_book(work: Work, by: str) -> OpenBook:
    """A book without a checkout in it."""
    return OpenBook(Book(work.zone, work.now(), by, work.new_id), {})


def open_book(work: Work, by: str, checkouts: Iterable[str], partner_events: Iterable[str] = ()) -> OpenBook:
    """The named checkouts with all their lines; names that the clinic does not have are left out.

    ``partner_events`` are the ids of events to come, so that duplicates are known.
    """
    book, loaded = Book(work.zone, work.now(), by, work.new_id), dict[tuple[str, ...], Values]()
    named = sorted(set(checkouts))
    for kept in _KEPT:
        _load(work, kept, _checkout_column(kept.table).in_(named), book, loaded)
    book.known_events |= _stored_events(work, partner_events)
    return OpenBook(book, loaded)


def open_submissions(work: Work, by: str, references: Collection[str]) -> OpenBook:
    """Submissions with the attempts that they carry and those attempts' lines, without the rest of their checkouts.

    Enough for what moves no money: an acknowledgement, a lost answer. What a checkout shares is not in it.
    """
    book, loaded = Book(work.zone, work.now(), by, work.new_id), dict[tuple[str, ...], Values]()
    named = sorted(references)
    carried = select(ATTEMPT.c.line).where(work.of_clinic(ATTEMPT), ATTEMPT.c.submission.in_(named))
    carried_rows: dict[Table, ColumnElement[bool]] = {
        SUBMISSION: SUBMISSION.c.reference.in_(named),
        ORDER_LINE: ORDER_LINE.c.reference.in_(carried),
        ATTEMPT: ATTEMPT.c.submission.in_(named),
    }
    for kept in _KEPT:
        if kept.table in carried_rows:
            _load(work, kept, carried_rows[kept.table], book, loaded)
    return OpenBook(book, loaded)


def checkout_of(reference: str) -> str:
    """The checkout that a reference of anything in it starts with: ``RD-20261122-03`` of ``RD-20261122-03/07``."""
    return "-".join(reference.split("/", maxsplit=1)[0].split("-")[:3])


def _checkout_column(table: Table) -> Column[Any]:
    return table.c.reference if table is CHECKOUT else table.c.checkout


def _load(
    work: Work, kept: _Kept, condition: ColumnElement[bool], book: Book, loaded: dict[tuple[str, ...], Values]
) -> None:
    """Put the rows for which a condition holds into the book, by checkout, and remember them as they are."""
    rows = select(*columns_of(kept.table, kept.record)).where(work.of_clinic(kept.table), condition)
    for row in work.connection.execute(rows.order_by(_checkout_column(kept.table))).mappings():
        values = dict(row)
        loaded[kept.table.name, *(str(values[name]) for name in kept.key)] = values
        _put(book, kept.record(**values))


def _put(book: Book, record: Checkout | PharmacyOrder | Submission | OrderLine | Attempt) -> None:
    match record:
        case Checkout():
            book.checkouts[record.reference] = record
        case PharmacyOrder():
            book.orders[record.reference] = record
        case Submission():
            book.submissions[record.reference] = record
        case OrderLine():
            book.add_line(record)
        case Attempt():
            book.add_attempt(record)


def _stored_events(work: Work, partner_events: Iterable[str]) -> set[tuple[str, str]]:
    ids = sorted(set(partner_events))
    if not ids:
        return set()
    statement = select(ORDER_EVENT.c.pharmacy, ORDER_EVENT.c.partner_event_id).where(
        work.of_clinic(ORDER_EVENT), ORDER_EVENT.c.partner_event_id.in_(ids)
    )
    return {(row.pharmacy, str(row.partner_event_id)) for row in work.connection.execute(statement)}


def save_book(work: Work, opened: OpenBook) -> None:
    """Write what is new or changed in the book: rows, history, ledger, stock, rollups, and what a provider is to do."""
    book = opened.book
    for kept in _KEPT:
        _save_rows(work, kept, book, opened.as_loaded)
    _insert(work, STOCK_RESERVATION, sorted(book.reservations, key=_stock_key))
    _insert(work, ORDER_EVENT, book.events)
    _insert(work, LEDGER_ENTRY, book.entries)
    _release(work, book)
    _save_daily_totals(work, book)
    pay_through(work, [name for name in book.checkouts if (CHECKOUT.name, name) not in opened.as_loaded])
    settle(work, book.checkouts)


def _stock_key(reservation: Reservation) -> tuple[str, str, str, int]:
    """Stock is taken in the order of its key, whatever the order of the cart."""
    return reservation.pharmacy, reservation.sku, reservation.line, reservation.attempt


def _save_rows(work: Work, kept: _Kept, book: Book, as_loaded: Mapping[tuple[str, ...], Values]) -> None:
    new, changed = [], []
    for record in kept.records(book):
        before = as_loaded.get((kept.table.name, *(str(getattr(record, name)) for name in kept.key)))
        if before is None:
            new.append(record)
        elif before != vars(record):
            changed.append(vars(record))
    _insert(work, kept.table, new)
    if changed:
        same_key = (kept.table.c[name] == bindparam(f"old_{name}") for name in kept.key)
        same = and_(work.of_clinic(kept.table), *same_key)
        rows = [values | {f"old_{name}": values[name] for name in kept.key} for values in changed]
        work.connection.execute(update(kept.table).where(same), rows)


def _insert(work: Work, table: Table, records: Sequence[Any]) -> None:
    if records:
        cells = {name: [getattr(record, name) for record in records] for name in vars(records[0])}
        insert_all(work.connection, table, {"clinic": [work.clinic] * len(records)} | cells)


def _release(work: Work, book: Book) -> None:
    if book.released:
        held = and_(
            work.of_clinic(STOCK_RESERVATION),
            STOCK_RESERVATION.c.line == bindparam("of_line"),
            STOCK_RESERVATION.c.attempt == bindparam("of_attempt"),
        )
        rows = [{"of_line": line, "of_attempt": attempt, "released_at": at} for line, attempt, at in book.released]
        work.connection.execute(update(STOCK_RESERVATION).where(held), rows)


def _save_daily_totals(work: Work, book: Book) -> None:
    tallies = book.totals
    counted = [column.name for column in DAILY_TALLY.columns if not column.primary_key]
    daily = [
        {"day": day, "pharmacy": pharmacy, "program": program, **{name: amounts[name] for name in counted}}
        for (day, pharmacy, program), amounts in sorted(tallies.daily.items(), key=_first)
    ]
    rejections = [
        {"day": day, "pharmacy": pharmacy, "code": code, "lines": lines}
        for (day, pharmacy, code), lines in sorted(tallies.rejections.items(), key=_first)
    ]
    hours = [
        {"day": day, "pharmacy": pharmacy, "stage": stage.value, "hours": taken, "lines": lines}
        for (day, pharmacy, stage, taken), lines in sorted(tallies.hours.items(), key=_first)
    ]
    delays = [
        {"day": day, "pharmacy": pharmacy, "cold": cold, "basis": basis, "delay_days": days, "lines": lines}
        for (day, pharmacy, cold, basis, days), lines in sorted(tallies.delays.items(), key=_first)
    ]
    _add_up(work, DAILY_TALLY, daily)
    _add_up(work, DAILY_REJECTION, rejections)
    _add_up(work, STAGE_HOURS, hours)
    _add_up(work, DELIVERY_DELAY, delays)


_first: Final = itemgetter(0)


def _add_up(work: Work, table: Table, rows: Sequence[Values]) -> None:
    """Insert counts, or add them to those that the day has."""
    if rows:
        keys = [column.name for column in table.primary_key]
        new = conflict_insert(work.connection, table)
        sums = {column.name: column + new.excluded[column.name] for column in table.columns if not column.primary_key}
        statement = new.on_conflict_do_update(index_elements=keys, set_=sums)
        work.connection.execute(statement, [{"clinic": work.clinic, **row} for row in rows])


def next_number(work: Work, refill_day: date) -> int:
    """The next checkout number of a refill day, from 1."""
    _add_up(work, ORDER_COUNTER, [{"refill_day": refill_day, "last": 1}])
    statement = select(ORDER_COUNTER.c.last).where(
        work.of_clinic(ORDER_COUNTER), ORDER_COUNTER.c.refill_day == refill_day
    )
    number: int = work.connection.execute(statement).scalar_one()
    return number


def checkout_by_key(work: Work, key: str) -> str | None:
    """The reference of the checkout that was placed with this key."""
    statement = select(CHECKOUT.c.reference).where(work.of_clinic(CHECKOUT), CHECKOUT.c.key == key)
    reference: str | None = work.connection.scalar(statement)
    return reference


def take_over_fills(work: Work, ours: Mapping[str, int]) -> None:
    """Prescriptions' fills outside become fewer by those that are now this store's own lines, by rx."""
    if ours:
        fewer = case((PRESCRIPTION.c.fills > bindparam("lines"), PRESCRIPTION.c.fills - bindparam("lines")), else_=0)
        named = and_(work.of_clinic(PRESCRIPTION), PRESCRIPTION.c.rx == bindparam("of_rx"))
        rows = [{"of_rx": rx, "lines": lines} for rx, lines in ours.items()]
        work.connection.execute(update(PRESCRIPTION).where(named).values(fills=fewer), rows)
