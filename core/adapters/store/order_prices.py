"""Orders as repricing reads them: what was placed and paid, never whose it is."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, and_, case, exists, extract, func, literal, or_, select

from core.adapters.store.conditions import AUTHORIZED
from core.adapters.store.engine import Work
from core.adapters.store.tables import ATTEMPT, CLINIC, ORDER_LINE, PATIENT, PRESCRIPTION
from core.domain.identifiers import state_code
from core.domain.model import Encounter, LineState, ShipTo
from core.rules.pricing.past_orders import PlacedLine

_NOT_FILLED: Final = (LineState.REJECTED, LineState.CANCELLED)


def placed_lines(work: Work, first: date, last: date) -> list[PlacedLine]:
    """The attempts of lines placed from ``first`` to ``last`` that were neither rejected nor cancelled."""
    of_line: dict[str, Any] = {name: ORDER_LINE.c[name] for name in ("checkout", "placed_on", "sku")} | {
        "encounter": _encounter(),
        "destination": ORDER_LINE.c.patient,
        "state": case((ORDER_LINE.c.ship_to == ShipTo.PATIENT, PATIENT.c.state), else_=_clinics_state(work)),
    }
    columns = [of_line[name] if name in of_line else ATTEMPT.c[name] for name in PlacedLine._fields]
    statement = _filled(work, first, last, *columns, ORDER_LINE.c.ship_to).join(PRESCRIPTION)
    rows = work.connection.execute(statement.join(PATIENT, _of_line(PATIENT)))
    numbers: dict[tuple[str, str], int] = {}
    return [
        PlacedLine._make(
            (*row[:7], Encounter(row[7]), *row[8:-3], numbers.setdefault((row[-3], row[-1]), len(numbers)),
             state_code(row[-2]))
        )
        for row in rows
    ]  # fmt: skip


def _of_line(patient: Table) -> ColumnElement[bool]:
    return and_(patient.c.clinic == ORDER_LINE.c.clinic, patient.c.patient == ORDER_LINE.c.patient)


def _clinics_state(work: Work) -> Any:
    return select(CLINIC.c.state).where(CLINIC.c.clinic == work.clinic).scalar_subquery()


def medication_by_day(work: Work, first: date, last: date) -> dict[date, int]:
    """Cents of medication in the same attempts, by placing day."""
    statement = _filled(work, first, last, ORDER_LINE.c.placed_on, func.sum(ATTEMPT.c.medication_cents))
    rows = work.connection.execute(statement.group_by(ORDER_LINE.c.placed_on).order_by(ORDER_LINE.c.placed_on))
    return {day: int(cents) for day, cents in rows}


def packs_by_sku(work: Work, first: date, last: date) -> dict[str, int]:
    """Packs in the same attempts, by SKU."""
    statement = _filled(work, first, last, ORDER_LINE.c.sku, func.sum(ATTEMPT.c.quantity))
    return {sku: int(packs) for sku, packs in work.connection.execute(statement.group_by(ORDER_LINE.c.sku))}


class MonthCost(NamedTuple):
    """What the lines placed in a month cost, in cents, and for how many patients; the month by its first day."""

    month: date
    patients: int
    lines: int
    cents: int


def costs_by_month(work: Work, first: date, last: date) -> list[MonthCost]:
    """The same attempts with everything that they carry, by calendar month, oldest first."""
    month = [extract(part, ORDER_LINE.c.placed_on) for part in ("year", "month")]
    sums = func.count(ORDER_LINE.c.patient.distinct()), func.count(), func.sum(AUTHORIZED)
    statement = _filled(work, first, last, *month, *sums).group_by(*month).order_by(*month)
    rows = work.connection.execute(statement)
    return [MonthCost(date(int(row[0]), int(row[1]), 1), *map(int, row[2:])) for row in rows]


class SkuCost(NamedTuple):
    """What a pharmacy's lines of a SKU cost over some days, in cents, refunds left aside."""

    pharmacy: str
    sku: str
    lines: int
    packs: int
    medication_cents: int
    cents: int


def costs_by_pharmacy(work: Work, first: date, last: date) -> list[SkuCost]:
    """The same attempts by pharmacy and SKU."""
    key = (ATTEMPT.c.pharmacy, ORDER_LINE.c.sku)
    sums = (func.sum(ATTEMPT.c.quantity), func.sum(ATTEMPT.c.medication_cents), func.sum(AUTHORIZED))
    rows = work.connection.execute(_filled(work, first, last, *key, func.count(), *sums).group_by(*key).order_by(*key))
    return [SkuCost(*row[:2], *map(int, row[2:])) for row in rows]


class PromisedDays(NamedTuple):
    """Lines that a pharmacy promised to deliver so many days after they were placed."""

    pharmacy: str
    days: int
    lines: int


def promised_days(work: Work, first: date, last: date) -> list[PromisedDays]:
    """The same attempts by the days that were promised from placing to delivery."""
    key = (ATTEMPT.c.pharmacy, ORDER_LINE.c.placed_on, ATTEMPT.c.delivers_on)
    rows = work.connection.execute(_filled(work, first, last, *key, func.count()).group_by(*key).order_by(*key))
    return [PromisedDays(pharmacy, (due - placed).days, lines) for pharmacy, placed, due, lines in rows]


def _filled(work: Work, first: date, last: date, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(ORDER_LINE.join(ATTEMPT))
        .where(work.of_clinic(ORDER_LINE), ORDER_LINE.c.placed_on.between(first, last))
        .where(ATTEMPT.c.state.not_in(_NOT_FILLED))
    )


def _encounter() -> ColumnElement[str]:
    """The prescription's encounter where the line is its first fill, else none."""
    first_fill = and_(PRESCRIPTION.c.encounter != Encounter.NONE, PRESCRIPTION.c.fills == 0, ~_filled_before())
    return case((first_fill, PRESCRIPTION.c.encounter), else_=literal(Encounter.NONE.value))


def _filled_before() -> ColumnElement[bool]:
    """Whether an earlier line of the same prescription was neither rejected nor cancelled."""
    other, line = ORDER_LINE.alias().c, ORDER_LINE.c
    same_day = and_(other.placed_on == line.placed_on, other.checkout == line.checkout, other.number < line.number)
    earlier_today = and_(other.placed_on == line.placed_on, other.checkout < line.checkout)
    return exists().where(
        other.clinic == line.clinic,
        other.patient == line.patient,
        other.rx == line.rx,
        other.state.not_in(_NOT_FILLED),
        or_(other.placed_on < line.placed_on, earlier_today, same_day),
    )
