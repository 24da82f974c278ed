"""A refill day's cart as rows: read, changed in bulk, and what people have answered to its findings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, bindparam, delete, func, select, update

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, insert_missing, insert_rows
from core.adapters.store.tables import ACKNOWLEDGEMENT, CART_CHANGE, CART_LINE, CHECKOUT, CLINIC, ORDER_LINE, OVERRIDE
from core.adapters.store.values import StoredLine, StoredOverride
from core.domain.errors import Stale
from core.domain.model import CartLine, LineState, ShipTo

CHANGES_KEPT: Final = 200
"""How many changes of a cart can be told apart when an edit comes late, and undone one by one."""


class LineChange(NamedTuple):
    """One line before and after: None before is a new line, None after a removed one."""

    before: StoredLine | None
    after: StoredLine | None


_SAME_ANSWERS: Final = ("version", "position", "hold", "note")
"""What may change of a line while its acknowledgements and overrides stand."""


def lines_of(work: Work, refill_day: date) -> list[StoredLine]:
    """The lines of one refill day's cart, in order."""
    return _lines(work, CART_LINE.c.refill_day == refill_day)


def earlier_lines(work: Work, refill_day: date) -> list[StoredLine]:
    """What the carts of earlier refill days still hold."""
    return _lines(work, CART_LINE.c.refill_day < refill_day)


def lines_by_id(work: Work, ids: Collection[str]) -> dict[str, StoredLine]:
    """Those of these lines that exist."""
    return {line.id: line for line in _lines(work, CART_LINE.c.id.in_(ids))}


def _lines(work: Work, where: ColumnElement[bool]) -> list[StoredLine]:
    rows = work.connection.execute(
        select(*columns_of(CART_LINE, StoredLine)).where(work.of_clinic(CART_LINE), where)
    ).mappings()
    return sorted((StoredLine(**row) for row in rows), key=lambda line: (line.refill_day, line.position, line.id))


def refill_days(work: Work) -> list[date]:
    """The days whose carts hold lines, in order."""
    statement = select(CART_LINE.c.refill_day).where(work.of_clinic(CART_LINE)).distinct()
    return sorted(work.connection.scalars(statement))


def next_position(work: Work, refill_day: date) -> int:
    """Where the next line of a cart goes."""
    last = select(func.max(CART_LINE.c.position)).where(work.of_clinic(CART_LINE), CART_LINE.c.refill_day == refill_day)
    return (work.connection.scalar(last) or 0) + 1


def count_write(work: Work) -> None:
    """This transaction changes carts alone."""
    counted = update(CLINIC).where(CLINIC.c.clinic == work.clinic).values(cart_writes=CLINIC.c.cart_writes + 1)
    work.connection.execute(counted)


def write_changes(work: Work, changes: Sequence[LineChange]) -> None:
    """Insert, update and delete in three statements; a line that says something else loses its answers."""
    added = [change.after for change in changes if change.before is None and change.after]
    edited = [(change.before, change.after) for change in changes if change.before and change.after]
    removed = [change.before.id for change in changes if change.before and change.after is None]
    insert_rows(work, CART_LINE, [line.model_dump() for line in added])
    if edited:
        cells: dict[str, Any] = {name: bindparam(f"new_{name}") for name in StoredLine.model_fields if name != "id"}
        rows = [{f"new_{name}": value for name, value in after.model_dump().items()} for _, after in edited]
        work.connection.execute(update(CART_LINE).where(*_line_of(work, CART_LINE.c.id, "new_id")).values(cells), rows)
    withdraw(work, [before.id for before, after in edited if _says_something_else(before, after)])
    remove_lines(work, removed)


def remove_lines(work: Work, ids: Iterable[str]) -> None:
    """Delete lines, and their answers with them."""
    _delete_each(work, CART_LINE.c.id, ids)


def take_out(work: Work, lines: Iterable[CartLine]) -> None:
    """What a checkout does to the cart that it places: its lines leave it.

    Raises Stale where one of them is no longer what was confirmed. Lines that came from a file are in no cart.
    """
    confirmed = {line.id: line for line in lines if line.id}
    stored = lines_by_id(work, confirmed)
    versions = {line.id: line.version for line in stored.values()}
    changed = sorted(line.number for line in confirmed.values() if versions.get(line.id) != line.version)
    if changed:
        numbers = ", ".join(map(str, changed))
        raise Stale(f"Line {numbers} was changed, removed or placed meanwhile. Look at the cart again, then confirm.")
    remove_lines(work, confirmed)


def _says_something_else(before: StoredLine, after: StoredLine) -> bool:
    same = {name: getattr(before, name) for name in _SAME_ANSWERS}
    return before != after.model_copy(update=same)


class Answers(NamedTuple):
    """What people have said to findings: (line id, code) acknowledged, and the overrides."""

    acknowledged: frozenset[tuple[str, str]]
    overrides: tuple[StoredOverride, ...]


def answers(work: Work, refill_day: date) -> Answers:
    """The acknowledgements and overrides of a refill day's lines."""
    lines = select(CART_LINE.c.id).where(work.of_clinic(CART_LINE), CART_LINE.c.refill_day == refill_day)
    read = select(ACKNOWLEDGEMENT.c.line, ACKNOWLEDGEMENT.c.code).where(
        work.of_clinic(ACKNOWLEDGEMENT), ACKNOWLEDGEMENT.c.line.in_(lines)
    )
    overridden = select(*columns_of(OVERRIDE, StoredOverride)).where(
        work.of_clinic(OVERRIDE), OVERRIDE.c.line.in_(lines)
    )
    return Answers(
        acknowledged=frozenset((line, code) for line, code in work.connection.execute(read)),
        overrides=tuple(StoredOverride(**row) for row in work.connection.execute(overridden).mappings()),
    )


def acknowledge(work: Work, by: str, read: Collection[tuple[str, str]]) -> None:
    """Note that somebody has read these (line id, code)."""
    answer = {"by": by, "at": work.now()}
    insert_missing(work, ACKNOWLEDGEMENT, [{"line": line, "code": code} | answer for line, code in read])


def override(work: Work, answered: StoredOverride) -> None:
    """Note that somebody answers for a finding; a second answer replaces the first."""
    finding = (OVERRIDE.c.line == answered.line, OVERRIDE.c.code == answered.code)
    work.connection.execute(delete(OVERRIDE).where(work.of_clinic(OVERRIDE), *finding))
    insert_rows(work, OVERRIDE, [answered.model_dump()])


def withdraw(work: Work, lines: Iterable[str]) -> None:
    """Delete the acknowledgements and overrides of these lines."""
    lines = list(lines)
    _delete_each(work, ACKNOWLEDGEMENT.c.line, lines)
    _delete_each(work, OVERRIDE.c.line, lines)


def withdraw_of_patients(work: Work, patients: Collection[str]) -> None:
    """Delete the answers to findings of these patients' lines, which were given for what was known before."""
    statement = select(CART_LINE.c.id, CART_LINE.c.patient).where(work.of_clinic(CART_LINE))
    if patients:
        withdraw(work, [line for line, patient in work.connection.execute(statement) if patient in patients])


def _delete_each(work: Work, column: Column[Any], ids: Iterable[str]) -> None:
    rows = [{"of": line} for line in ids]
    if rows:
        work.connection.execute(delete(column.table).where(*_line_of(work, column, "of")), rows)


def _line_of(work: Work, column: Column[Any], parameter: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return work.of_clinic(column.table), column == bindparam(parameter)


class CartChange(NamedTuple):
    """What one press did to a cart, in words and line by line, kept so that it can be undone."""

    id: str
    description: str
    lines: tuple[LineChange, ...]


def keep_change(work: Work, refill_day: date, by: str, description: str, lines: Sequence[LineChange]) -> None:
    """Remember what one press changed."""
    of_cart = (work.of_clinic(CART_CHANGE), CART_CHANGE.c.refill_day == refill_day)
    number = (work.connection.scalar(select(func.max(CART_CHANGE.c.number)).where(*of_cart)) or 0) + 1
    cells = [[line and line.model_dump(mode="json") for line in change] for change in lines]
    change = {"refill_day": refill_day, "number": number, "by": by, "at": work.now(), "what": description}
    insert_rows(work, CART_CHANGE, [change | {"id": work.new_id(), "lines": json.dumps(cells)}])
    work.connection.execute(delete(CART_CHANGE).where(*of_cart, CART_CHANGE.c.number <= number - CHANGES_KEPT))


def changes(work: Work, refill_day: date, by: str | None = None, limit: int | None = None) -> list[CartChange]:
    """What was done to a cart, newest first; by one person where named."""
    statement = select(CART_CHANGE.c.id, CART_CHANGE.c.what, CART_CHANGE.c.lines).where(
        work.of_clinic(CART_CHANGE), CART_CHANGE.c.refill_day == refill_day
    )
    if by is not None:
        statement = statement.where(CART_CHANGE.c.by == by)
    rows = work.connection.execute(statement.order_by(CART_CHANGE.c.number.desc()).limit(limit))
    return [CartChange(row.id, row.what, tuple(_change(pair) for pair in json.loads(row.lines))) for row in rows]


def forget_change(work: Work, change: str) -> None:
    """It has been undone."""
    work.connection.execute(delete(CART_CHANGE).where(work.of_clinic(CART_CHANGE), CART_CHANGE.c.id == change))


def _change(pair: list[dict[str, Any] | None]) -> LineChange:
    before, after = (None if cells is None else StoredLine.model_validate(cells) for cells in pair)
    return LineChange(before, after)


class PlacedItem(NamedTuple):
    """What was ordered for a patient: packs of a SKU, and where they went."""

    patient: str
    sku: str
    quantity: int
    ship_to: ShipTo


def last_placed(work: Work, refill_day: date) -> list[PlacedItem]:
    """What was ordered on the newest refill day before this one and not cancelled."""
    earlier = (work.of_clinic(CHECKOUT), CHECKOUT.c.refill_day < refill_day)
    newest = select(func.max(CHECKOUT.c.refill_day)).where(*earlier).scalar_subquery()
    statement = (
        select(*(ORDER_LINE.c[name] for name in PlacedItem._fields))
        .join(CHECKOUT)
        .where(work.of_clinic(ORDER_LINE), ORDER_LINE.c.state != LineState.CANCELLED)
        .where(CHECKOUT.c.refill_day == newest)
        .order_by(CHECKOUT.c.number, ORDER_LINE.c.number)
    )
    return [PlacedItem._make(row) for row in work.connection.execute(statement)]
