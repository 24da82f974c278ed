"""Orders as repricing reads them: what was placed and paid, never whose it is."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from core.adapters.store.engine import Work
from core.adapters.store.orders import AttemptRow, OrderLineRow
from core.adapters.store.tables import PrescriptionRow
from core.domain.model import Encounter, LineState
from core.rules.pricing.past_orders import PlacedLine

_NOT_FILLED: Final = (LineState.REJECTED, LineState.CANCELLED)


def placed_lines(work: Work, first: date, last: date) -> list[PlacedLine]:
    """The attempts of lines placed from ``first`` to ``last`` that were neither rejected nor cancelled."""
    columns = {
        "checkout": OrderLineRow.checkout,
        "placed_on": OrderLineRow.placed_on,
        "sku": OrderLineRow.sku,
        "encounter": _encounter(),
    }
    wanted = [columns[name] if name in columns else AttemptRow.__table__.c[name] for name in PlacedLine._fields]
    statement = _filled(work, first, last, *wanted).join(
        PrescriptionRow,
        and_(PrescriptionRow.clinic == OrderLineRow.clinic, PrescriptionRow.rx == OrderLineRow.rx),
    )
    rows = work.connection.execute(statement)
    return [PlacedLine._make((*row[:7], Encounter(row[7]), *row[8:])) for row in rows]


def medication_by_day(work: Work, first: date, last: date) -> dict[date, int]:
    """Cents of medication in the same attempts, by placing day."""
    statement = _filled(work, first, last, OrderLineRow.placed_on, func.sum(AttemptRow.medication_cents))
    rows = work.connection.execute(statement.group_by(OrderLineRow.placed_on).order_by(OrderLineRow.placed_on))
    return {day: int(cents) for day, cents in rows}


def packs_by_sku(work: Work, first: date, last: date) -> dict[str, int]:
    """Packs in the same attempts, by SKU."""
    statement = _filled(work, first, last, OrderLineRow.sku, func.sum(AttemptRow.quantity))
    return {sku: int(packs) for sku, packs in work.connection.execute(statement.group_by(OrderLineRow.sku))}


def _filled(work: Work, first: date, last: date, *columns: Any) -> Select[Any]:
    same = and_(AttemptRow.clinic == OrderLineRow.clinic, AttemptRow.line == OrderLineRow.reference)
    return (
        select(*columns)
        .select_from(OrderLineRow)
        .join(AttemptRow, same)
        .where(OrderLineRow.clinic == work.clinic, OrderLineRow.placed_on.between(first, last))
        .where(AttemptRow.state.not_in(_NOT_FILLED))
    )


def _encounter() -> ColumnElement[str]:
    """The prescription's encounter where the line is its first fill, else none."""
    first_fill = and_(PrescriptionRow.encounter != Encounter.NONE, PrescriptionRow.fills == 0, ~_filled_before())
    return case((first_fill, PrescriptionRow.encounter), else_=literal(Encounter.NONE.value))


def _filled_before() -> ColumnElement[bool]:
    """Whether an earlier line of the same prescription was neither rejected nor cancelled."""
    other, line = aliased(OrderLineRow), OrderLineRow
    same_day = and_(other.placed_on == line.placed_on, other.checkout == line.checkout, other.number < line.number)
    earlier_today = and_(other.placed_on == line.placed_on, other.checkout < line.checkout)
    return exists().where(
        other.clinic == line.clinic,
        other.patient == line.patient,
        other.rx == line.rx,
        other.state.not_in(_NOT_FILLED),
        or_(other.placed_on < line.placed_on, earlier_today, same_day),
    )
