"""A refill day's cart as rows: read, changed in bulk, and what people have answered to its findings."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from pydantic import Field
from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update

from core.adapters.files.columns import MOST_PACKS
from core.adapters.store.engine import Work, inserting
from core.adapters.store.orders import CheckoutRow, OrderLineRow
from core.adapters.store.tables import AcknowledgementRow, CartChangeRow, CartLineRow, OverrideRow
from core.domain.errors import Stale
from core.domain.model import CartLine, LineState, Model, ShipTo
from core.rules.prescriptions import CartRow

PRESSES_KEPT: Final = 200
"""How many presses on a cart can be told apart when an edit comes late, and undone one by one."""


class StoredLine(Model):
    """A cart line as given: a cell that is None comes from the prescription. ``version`` rises with every change."""

    id: str
    refill_day: date
    position: int
    version: int = 1
    created_by: str
    patient: str
    sku: str
    quantity: int | None = Field(default=None, ge=1, le=MOST_PACKS)
    rx: str | None = None
    sig: str | None = None
    npi: str | None = None
    pharmacy: str | None = None
    ship_to: ShipTo = ShipTo.PATIENT
    hold: bool = False

    @property
    def row(self) -> CartRow:
        """Its cells, as somebody typed them."""
        return CartRow(*(getattr(self, name) for name in CartRow._fields))


class LineChange(NamedTuple):
    """One line before and after: None before is a new line, None after a removed one."""

    before: StoredLine | None
    after: StoredLine | None


class Override(Model):
    """A finding of a line that somebody answers for, and who confirmed it when."""

    line: str
    code: str
    reason: str
    by: str
    at: datetime
    confirmed_by: str | None = None
    confirmed_on: date | None = None


_LINE: Final = [CartLineRow.__table__.c[name] for name in StoredLine.model_fields]
_OVERRIDE: Final = [OverrideRow.__table__.c[name] for name in Override.model_fields]
_SAME_ANSWERS: Final = ("version", "position", "hold")
"""What may change of a line while its acknowledgements and overrides stand."""


def lines_of(work: Work, refill_day: date) -> list[StoredLine]:
    """The lines of one refill day's cart, in order."""
    return _lines(work, CartLineRow.refill_day == refill_day)


def earlier_lines(work: Work, refill_day: date) -> list[StoredLine]:
    """What the carts of earlier refill days still hold."""
    return _lines(work, CartLineRow.refill_day < refill_day)


def lines_by_id(work: Work, ids: Collection[str]) -> dict[str, StoredLine]:
    """Those of these lines that exist."""
    return {line.id: line for line in _lines(work, CartLineRow.id.in_(ids))}


def _lines(work: Work, where: ColumnElement[bool]) -> list[StoredLine]:
    rows = work.connection.execute(select(*_LINE).where(CartLineRow.clinic == work.clinic, where)).mappings()
    return sorted((StoredLine(**row) for row in rows), key=lambda line: (line.refill_day, line.position, line.id))


def refill_days(work: Work) -> list[date]:
    """The days whose carts hold lines, in order."""
    statement = select(CartLineRow.refill_day).where(CartLineRow.clinic == work.clinic).distinct()
    return sorted(work.connection.scalars(statement))


def next_position(work: Work, refill_day: date) -> int:
    """Where the next line of a cart goes."""
    here = (CartLineRow.clinic == work.clinic, CartLineRow.refill_day == refill_day)
    return (work.connection.scalar(select(func.max(CartLineRow.position)).where(*here)) or 0) + 1


def write_changes(work: Work, changes: Sequence[LineChange]) -> None:
    """Insert, update and delete in three statements; a line that says something else loses its answers."""
    added = [change.after for change in changes if change.before is None and change.after]
    edited = [(change.before, change.after) for change in changes if change.before and change.after]
    removed = [change.before.id for change in changes if change.before and change.after is None]
    if added:
        rows = [{"clinic": work.clinic} | line.model_dump() for line in added]
        work.connection.execute(insert(CartLineRow), rows)
    if edited:
        cells: dict[str, Any] = {name: bindparam(f"new_{name}") for name in StoredLine.model_fields if name != "id"}
        rows = [{f"new_{name}": value for name, value in after.model_dump().items()} for _, after in edited]
        work.connection.execute(
            update(CartLineRow).where(*_line_of(work, CartLineRow.id, "new_id")).values(cells), rows
        )
    withdraw(work, [before.id for before, after in edited if _says_something_else(before, after)])
    remove_lines(work, removed)


def remove_lines(work: Work, ids: Iterable[str]) -> None:
    """Delete lines, and their answers with them."""
    _delete_each(work, CartLineRow, CartLineRow.id, ids)


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
    overrides: tuple[Override, ...]


def answers(work: Work, refill_day: date) -> Answers:
    """The acknowledgements and overrides of a refill day's lines."""
    lines = select(CartLineRow.id).where(CartLineRow.clinic == work.clinic, CartLineRow.refill_day == refill_day)
    read = select(AcknowledgementRow.line, AcknowledgementRow.code).where(
        AcknowledgementRow.clinic == work.clinic, AcknowledgementRow.line.in_(lines)
    )
    overridden = select(*_OVERRIDE).where(OverrideRow.clinic == work.clinic, OverrideRow.line.in_(lines))
    return Answers(
        acknowledged=frozenset((line, code) for line, code in work.connection.execute(read)),
        overrides=tuple(Override(**row) for row in work.connection.execute(overridden).mappings()),
    )


def acknowledge(work: Work, by: str, read: Collection[tuple[str, str]]) -> None:
    """Note that somebody has read these (line id, code)."""
    values = {"clinic": work.clinic, "by": by, "at": work.now()}
    rows = [values | {"line": line, "code": code} for line, code in read]
    if rows:
        work.connection.execute(inserting(work.connection, AcknowledgementRow).on_conflict_do_nothing(), rows)


def override(work: Work, answered: Override) -> None:
    """Note that somebody answers for a finding; a second answer replaces the first."""
    here = (OverrideRow.clinic == work.clinic, OverrideRow.line == answered.line, OverrideRow.code == answered.code)
    work.connection.execute(delete(OverrideRow).where(*here))
    work.connection.execute(insert(OverrideRow), {"clinic": work.clinic} | answered.model_dump())


def withdraw(work: Work, lines: Iterable[str]) -> None:
    """Delete the acknowledgements and overrides of these lines."""
    lines = list(lines)
    _delete_each(work, AcknowledgementRow, AcknowledgementRow.line, lines)
    _delete_each(work, OverrideRow, OverrideRow.line, lines)


def withdraw_of_patients(work: Work, patients: Collection[str]) -> None:
    """Delete the answers to findings of these patients' lines, which were given for what was known before."""
    statement = select(CartLineRow.id, CartLineRow.patient).where(CartLineRow.clinic == work.clinic)
    if patients:
        withdraw(work, [line for line, patient in work.connection.execute(statement) if patient in patients])


def _delete_each(work: Work, table: Any, column: Any, ids: Iterable[str]) -> None:
    rows = [{"of": one} for one in ids]
    if rows:
        work.connection.execute(delete(table).where(*_line_of(work, column, "of")), rows)


def _line_of(work: Work, column: Any, parameter: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column.table.c.clinic == work.clinic, column == bindparam(parameter)


class Press(NamedTuple):
    """One press on a cart, kept so that it can be undone."""

    id: str
    what: str
    changes: tuple[LineChange, ...]


def keep_press(work: Work, refill_day: date, by: str, what: str, changes: Sequence[LineChange]) -> None:
    """Remember what one press changed."""
    here = (CartChangeRow.clinic == work.clinic, CartChangeRow.refill_day == refill_day)
    number = (work.connection.scalar(select(func.max(CartChangeRow.number)).where(*here)) or 0) + 1
    cells = [[line and line.model_dump(mode="json") for line in change] for change in changes]
    values = {"refill_day": refill_day, "number": number, "by": by, "at": work.now(), "what": what}
    new = {"clinic": work.clinic, "id": work.new_id(), "lines": json.dumps(cells)}
    work.connection.execute(insert(CartChangeRow), values | new)
    work.connection.execute(delete(CartChangeRow).where(*here, CartChangeRow.number <= number - PRESSES_KEPT))


def presses(work: Work, refill_day: date, by: str | None = None, limit: int | None = None) -> list[Press]:
    """What was done to a cart, newest first; by one person where named."""
    statement = select(CartChangeRow.id, CartChangeRow.what, CartChangeRow.lines).where(
        CartChangeRow.clinic == work.clinic, CartChangeRow.refill_day == refill_day
    )
    if by is not None:
        statement = statement.where(CartChangeRow.by == by)
    rows = work.connection.execute(statement.order_by(CartChangeRow.number.desc()).limit(limit))
    return [Press(row.id, row.what, tuple(_change(pair) for pair in json.loads(row.lines))) for row in rows]


def forget_press(work: Work, press: str) -> None:
    """It has been undone."""
    work.connection.execute(delete(CartChangeRow).where(CartChangeRow.clinic == work.clinic, CartChangeRow.id == press))


def _change(pair: list[dict[str, Any] | None]) -> LineChange:
    before, after = (None if cells is None else StoredLine.model_validate(cells) for cells in pair)
    return LineChange(before, after)


def last_placed(work: Work, refill_day: date) -> list[CartRow]:
    """What was ordered on the newest refill day before this one and not cancelled: patient, SKU, packs, destination."""
    earlier = (CheckoutRow.clinic == work.clinic, CheckoutRow.refill_day < refill_day)
    newest = select(func.max(CheckoutRow.refill_day)).where(*earlier).scalar_subquery()
    statement = (
        select(OrderLineRow.patient, OrderLineRow.sku, OrderLineRow.quantity, OrderLineRow.ship_to)
        .join(
            CheckoutRow, (CheckoutRow.clinic == OrderLineRow.clinic) & (CheckoutRow.reference == OrderLineRow.checkout)
        )
        .where(OrderLineRow.clinic == work.clinic, OrderLineRow.state != LineState.CANCELLED)
        .where(CheckoutRow.refill_day == newest)
        .order_by(CheckoutRow.number, OrderLineRow.number)
    )
    rows = work.connection.execute(statement)
    return [CartRow(row.patient, row.sku, row.quantity, ship_to=row.ship_to) for row in rows]
