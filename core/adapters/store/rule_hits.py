"""Which rules fired on which lines, and what became of them: noted once, counted for the rule book."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select, update

from core.adapters.store.engine import Row, Work, insert_missing, insert_rows
from core.adapters.store.tables import ATTEMPT, ORDER_LINE, RULE_FIRING
from core.domain.model import FindingEnd, LineState


class RuleHit(NamedTuple):
    """A rule that fired on a patient's line for a SKU."""

    patient: str
    sku: str
    code: str


class HitResult(NamedTuple):
    """What became of a rule hit: how it ended, and the order line that it was placed as."""

    hit: RuleHit
    end: FindingEnd
    line: str | None = None


class HitCount(NamedTuple):
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


_KEY = tuple(RULE_FIRING.c[name] for name in RuleHit._fields)


def hits_of(work: Work, refill_day: date, patients: Collection[str] | None = None) -> dict[RuleHit, FindingEnd]:
    """What has been noted of a refill day; of some patients where named."""
    statement = select(*_KEY, RULE_FIRING.c.ended).where(
        work.of_clinic(RULE_FIRING), RULE_FIRING.c.refill_day == refill_day
    )
    hits = {RuleHit(*key): end for *key, end in work.connection.execute(statement)}
    return hits if patients is None else {hit: end for hit, end in hits.items() if hit.patient in patients}


def note_hits(work: Work, refill_day: date, hits: Iterable[RuleHit]) -> None:
    """Count these, each once a refill day."""
    values = {"refill_day": refill_day, "first_seen_at": work.now(), "ended": FindingEnd.OPEN, "line": None}
    insert_missing(work, RULE_FIRING, [values | hit._asdict() for hit in hits])


def end_hits(work: Work, refill_day: date, results: Sequence[HitResult]) -> None:
    """Say what became of hits that have been noted."""
    if not results:
        return
    statement = update(RULE_FIRING).where(
        work.of_clinic(RULE_FIRING),
        RULE_FIRING.c.refill_day == refill_day,
        *(column == bindparam(f"of_{column.key}") for column in _KEY),
    )
    rows = [
        {f"of_{name}": value for name, value in result.hit._asdict().items()}
        | {"to_end": result.end, "to_line": result.line}
        for result in results
    ]
    work.connection.execute(statement.values(ended=bindparam("to_end"), line=bindparam("to_line")), rows)


def insert_history(work: Work, rows: Sequence[Row]) -> None:
    """Rule hits of the past, columns by name."""
    insert_rows(work, RULE_FIRING, rows)


def hit_counts(work: Work, since: date) -> list[HitCount]:
    """Hits of the refill days from ``since`` on, by code and end; one query."""
    rejected = case((ATTEMPT.c.state == LineState.REJECTED, ATTEMPT.c.reason_code))
    statement = (
        select(RULE_FIRING.c.code, RULE_FIRING.c.ended, func.count(), rejected)
        .outerjoin(
            ATTEMPT,
            (ATTEMPT.c.clinic == RULE_FIRING.c.clinic)
            & (ATTEMPT.c.line == RULE_FIRING.c.line)
            & (ATTEMPT.c.number == 1),
        )
        .where(work.of_clinic(RULE_FIRING), RULE_FIRING.c.refill_day >= since)
        .group_by(RULE_FIRING.c.code, RULE_FIRING.c.ended, rejected)
    )
    return [HitCount._make(row) for row in work.connection.execute(statement)]


def rejected_lines(work: Work, since: date) -> list[RejectedLine]:
    """Lines placed from ``since`` on whose first attempt was rejected, once for every rule that had fired on them and
    was not put right."""
    statement = (
        select(ATTEMPT.c.line, ATTEMPT.c.reason_code, RULE_FIRING.c.code)
        .join_from(ATTEMPT, ORDER_LINE)
        .outerjoin(
            RULE_FIRING,
            (RULE_FIRING.c.clinic == ATTEMPT.c.clinic)
            & (RULE_FIRING.c.line == ATTEMPT.c.line)
            & (RULE_FIRING.c.ended != FindingEnd.FIXED),
        )
        .where(work.of_clinic(ATTEMPT), ATTEMPT.c.number == 1, ATTEMPT.c.state == LineState.REJECTED)
        .where(ORDER_LINE.c.placed_on >= since)
    )
    return [RejectedLine._make(row) for row in work.connection.execute(statement)]
