"""Which rules fired on which lines, and what became of them: noted once, counted for the rule book."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, insert, select, update

from core.adapters.store.engine import Work, inserting
from core.adapters.store.orders import AttemptRow, OrderLineRow, RuleFiringRow
from core.domain.model import FindingEnd, LineState


class Fired(NamedTuple):
    """A rule that fired on a patient's line for a SKU."""

    patient: str
    sku: str
    code: str


class Ended(NamedTuple):
    """What became of a firing: how it ended, and the order line that it was placed as."""

    fired: Fired
    end: FindingEnd
    line: str | None = None


class Tally(NamedTuple):
    """So many lines on which a rule fired and ended so; of them so many whose first attempt a pharmacy rejected, for
    the canonical reason."""

    code: str
    end: FindingEnd
    lines: int
    rejected_for: str | None


class RejectedLine(NamedTuple):
    """A line whose first attempt was rejected, and one rule that had fired on it (None where none had)."""

    line: str
    reason: str
    code: str | None


_KEY = (RuleFiringRow.patient, RuleFiringRow.sku, RuleFiringRow.code)


def fired_on(work: Work, refill_day: date, patients: Collection[str] | None = None) -> dict[Fired, FindingEnd]:
    """What has been noted of a refill day; of some patients where named."""
    here = (RuleFiringRow.clinic == work.clinic, RuleFiringRow.refill_day == refill_day)
    rows = work.connection.execute(select(*_KEY, RuleFiringRow.ended).where(*here))
    found = {Fired(row.patient, row.sku, row.code): row.ended for row in rows}
    return found if patients is None else {fired: end for fired, end in found.items() if fired.patient in patients}


def note(work: Work, refill_day: date, fired: Iterable[Fired]) -> None:
    """Count these, each once a refill day."""
    values = {"clinic": work.clinic, "refill_day": refill_day, "first_seen_at": work.now(), "ended": FindingEnd.OPEN}
    rows = [values | one._asdict() | {"line": None} for one in fired]
    if rows:
        work.connection.execute(inserting(work.connection, RuleFiringRow).on_conflict_do_nothing(), rows)


def end(work: Work, refill_day: date, ended: Sequence[Ended]) -> None:
    """Say what became of firings that have been noted."""
    if not ended:
        return
    statement = update(RuleFiringRow).where(
        RuleFiringRow.clinic == work.clinic,
        RuleFiringRow.refill_day == refill_day,
        *(column == bindparam(f"of_{column.key}") for column in _KEY),
    )
    rows = [
        {f"of_{name}": value for name, value in one.fired._asdict().items()} | {"to_end": one.end, "to_line": one.line}
        for one in ended
    ]
    work.connection.execute(statement.values(ended=bindparam("to_end"), line=bindparam("to_line")), rows)


def insert_history(work: Work, rows: Sequence[dict[str, object]]) -> None:
    """Firings of the past, columns by name."""
    if rows:
        work.connection.execute(insert(RuleFiringRow), [{"clinic": work.clinic} | row for row in rows])


def tallies(work: Work, since: date) -> list[Tally]:
    """Firings of the refill days from ``since`` on, by code and end; one query."""
    rejected = case((AttemptRow.state == LineState.REJECTED, AttemptRow.reason_code))
    statement = (
        select(RuleFiringRow.code, RuleFiringRow.ended, rejected.label("reason"), func.count().label("lines"))
        .outerjoin(
            AttemptRow,
            (AttemptRow.clinic == RuleFiringRow.clinic)
            & (AttemptRow.line == RuleFiringRow.line)
            & (AttemptRow.number == 1),
        )
        .where(RuleFiringRow.clinic == work.clinic, RuleFiringRow.refill_day >= since)
        .group_by(RuleFiringRow.code, RuleFiringRow.ended, rejected)
    )
    return [Tally(row.code, row.ended, row.lines, row.reason) for row in work.connection.execute(statement)]


def rejected_lines(work: Work, since: date) -> list[RejectedLine]:
    """Lines placed from ``since`` on whose first attempt was rejected, once for every rule that had fired on them and
    was not put right."""
    statement = (
        select(AttemptRow.line, AttemptRow.reason_code, RuleFiringRow.code)
        .join(OrderLineRow, (OrderLineRow.clinic == AttemptRow.clinic) & (OrderLineRow.reference == AttemptRow.line))
        .outerjoin(
            RuleFiringRow,
            (RuleFiringRow.clinic == AttemptRow.clinic)
            & (RuleFiringRow.line == AttemptRow.line)
            & (RuleFiringRow.ended != FindingEnd.FIXED),
        )
        .where(AttemptRow.clinic == work.clinic, AttemptRow.number == 1, AttemptRow.state == LineState.REJECTED)
        .where(OrderLineRow.placed_on >= since)
    )
    rows = work.connection.execute(statement)
    return [RejectedLine(row.line, row.reason_code, row.code) for row in rows]
