"""Questions about lines that cannot go out: the line is held, what was asked is kept with it, and so is the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from core.adapters.store import Store, Work, carts
from core.adapters.store.carts import LineChange
from core.adapters.store.questions import add_questions, keep_answer, question_of, questions_of
from core.adapters.store.values import StoredLine, StoredQuestion
from core.domain.errors import Refused, Stale
from core.domain.model import Owner
from core.domain.roles import Action, Person, require
from core.domain.text_limits import why_not_kept
from core.services.audit_trail import Entry, record, record_all
from core.services.cart.changes import Changed, current_line, press, refuse_stale
from core.services.cart.edits import with_prescription

MOST_CHARS: Final = 1_000
"""As many as directions may have (NCPDP SCRIPT 2017071, SigText)."""


class Follows(StrEnum):
    """What follows from an answer for the line."""

    RELEASE = "release"
    HOLD = "hold"
    REMOVE = "remove"


class LineQuestion(NamedTuple):
    """What is asked about a line (id, and the version that the person saw): of whom, and which directions are wanted
    instead of ``sig``, where it is about them."""

    line: str
    version: int
    asked_of: Owner
    question: str
    directions: str = ""
    sig: str = ""


def ask(store: Store, person: Person, clinic: str, refill_day: date, questions: Sequence[LineQuestion]) -> Changed:
    """Hold these lines of one cart and keep what is asked about them, as one press; directions stay as they are.

    Raises Stale where somebody changed a line since its ``version``, Refused where there is nothing to ask, and then
    keeps nothing.
    """
    require(person, Action.WORK_CART)
    for question in questions:
        _refuse_nonsense(question)

    def use_case(work: Work) -> Changed:
        stored = carts.lines_by_id(work, [question.line for question in questions])
        for question in questions:
            refuse_stale(work, stored.get(question.line) or current_line(work, question.line), question.version)
        there = questions_of(work, list(stored))
        if any(_same(question, other) for question in questions for other in there):
            raise Refused("This was asked already, and nobody has answered yet.")
        held = [_with_hold(line, True) for line in stored.values() if not line.hold]
        changed = press(work, person, refill_day, _summary(questions), held)
        add_questions(work, [_stored(work, person, question) for question in questions])
        record_all(work, person, [_asked(question) for question in questions])
        return changed

    return store.write(clinic, use_case)


def _refuse_nonsense(question: LineQuestion) -> None:
    directions = question.directions.strip()
    if not question.question.strip():
        raise Refused("There is nothing to ask.")
    if problem := why_not_kept(question.question):
        raise Refused(f"The question {problem}.")
    if len(directions) > MOST_CHARS:
        raise Refused(f"Directions have at most {MOST_CHARS:,} characters; these have {len(directions):,}.")
    if directions and directions == question.sig.strip():
        raise Refused("These are the directions that the line has already.")


def _same(new: LineQuestion, there: StoredQuestion) -> bool:
    asked = (there.line, there.asked_of, there.question, there.directions)
    return there.answer is None and asked == (new.line, new.asked_of, new.question.strip(), new.directions.strip())


def _with_hold(line: StoredLine, hold: bool) -> LineChange:
    return LineChange(line, line.model_copy(update={"hold": hold, "version": line.version + 1}))


def _summary(questions: Sequence[LineQuestion]) -> str:
    lines = len({question.line for question in questions})
    whom = " and ".join(sorted({f"the {question.asked_of.value}" for question in questions}))
    return f"{'1 line' if lines == 1 else f'{lines:,} lines'} held; {whom} to be asked."


def _stored(work: Work, person: Person, question: LineQuestion) -> StoredQuestion:
    line, _, asked_of, words, directions, _ = question
    return StoredQuestion(
        work.new_id(), line, asked_of, words.strip(), directions.strip(), person.email, work.now(), None, None, None
    )


def _asked(question: LineQuestion) -> Entry:
    after = {"of": question.asked_of.value, "question": question.question.strip()}
    directions = {"directions": question.directions.strip()} if question.directions.strip() else {}
    return Entry("ask", _subject(question.line), {"sig": question.sig} if directions else None, after | directions)


def answer_question(
    store: Store, person: Person, clinic: str, question: str, answer: str, follows: Follows, *, rx: str | None = None
) -> Changed:
    """Keep what was answered, and do what follows for the line: release it (``rx``: to be filled from that prescription
    of the patient), leave it held, or remove it. A line is released with the answer to its last open question.

    Raises Refused for an empty answer or another patient's prescription; Stale where somebody has answered already, or
    the line is in no cart any more.
    """
    require(person, Action.WORK_CART)
    if not answer.strip():
        raise Refused("Say what was answered, and by whom.")
    if problem := why_not_kept(answer):
        raise Refused(f"The answer {problem}.")

    def use_case(work: Work) -> Changed:
        asked = question_of(work, question)
        if asked is None or asked.answer is not None:
            raise Stale("This question was answered meanwhile.")
        line = current_line(work, asked.line)
        keep_answer(work, asked._replace(answer=answer.strip(), answered_by=person.email, answered_at=work.now()))
        record(work, person, "answer", _subject(line.id), None, {"answer": answer.strip(), "follows": follows.value})
        others = any(other.answer is None for other in questions_of(work, [line.id]))
        return _followed(work, person, line, follows, rx, others)

    return store.write(clinic, use_case)


def _followed(work: Work, person: Person, line: StoredLine, follows: Follows, rx: str | None, others: bool) -> Changed:
    if follows is Follows.REMOVE:
        return press(work, person, line.refill_day, "Answered; line removed.", [LineChange(line, None)])
    after = with_prescription(work, line, rx) if rx and follows is Follows.RELEASE else line
    releases = follows is Follows.RELEASE and not others
    after = after.model_copy(update={"hold": line.hold and not releases, "version": line.version + 1})
    changes = [] if after.model_copy(update={"version": line.version}) == line else [LineChange(line, after)]
    words = "line released" if releases else "another question is open" if others else "the line stays held"
    return press(work, person, line.refill_day, f"Answered; {words}.", changes)


def open_questions(questions: Collection[StoredQuestion], line: str) -> list[StoredQuestion]:
    """Those about a line (its id) that nobody has answered, oldest first."""
    return [question for question in questions if question.line == line and question.answer is None]


def _subject(line: str) -> str:
    return f"cart line {line}"
