"""What was asked about held lines, as rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select, update

from core.adapters.store.base import columns_of
from core.adapters.store.engine import Work, insert_rows
from core.adapters.store.tables import QUESTION
from core.adapters.store.values import StoredQuestion


def questions_of(work: Work, lines: Collection[str]) -> tuple[StoredQuestion, ...]:
    """What was asked about these lines (ids), oldest first."""
    if not lines:
        return ()
    asked = select(*columns_of(QUESTION, StoredQuestion)).where(work.of_clinic(QUESTION), QUESTION.c.line.in_(lines))
    return tuple(StoredQuestion(*row) for row in work.connection.execute(asked.order_by(QUESTION.c.id)))


def question_of(work: Work, question: str) -> StoredQuestion | None:
    """One question; None where there is none."""
    one = select(*columns_of(QUESTION, StoredQuestion)).where(work.of_clinic(QUESTION), QUESTION.c.id == question)
    row = work.connection.execute(one).first()
    return StoredQuestion(*row) if row else None


def add_questions(work: Work, new: Iterable[StoredQuestion]) -> None:
    """Write them."""
    insert_rows(work, QUESTION, [question._asdict() for question in new])


def keep_answer(work: Work, answered: StoredQuestion) -> None:
    """Write a question's answer."""
    cells = {name: getattr(answered, name) for name in ("answer", "answered_by", "answered_at")}
    work.connection.execute(
        update(QUESTION).where(work.of_clinic(QUESTION), QUESTION.c.id == answered.id).values(cells)
    )
