"""Questions about lines that cannot go out: the line is held, question and answer are kept, the SIG stays as it is."""

from __future__ import annotations

import re

import pytest

from core.adapters.store import Store
from core.adapters.store.values import StoredQuestion
from core.domain.errors import NotAllowed, Refused, Stale
from core.domain.model import CartLine, Finding, Fix, Owner, Role, Severity
from core.domain.roles import LOCAL, Person
from core.rules.questions import Addressee, Asked, addressee, letter, only_asks, question_in_words, whom_to_ask
from core.rules.validation import RULES
from core.rules.validation.checked import HOLD
from core.services.audit_trail import audit_trail
from core.services.cart.additions import take_over
from core.services.cart.changes import undo
from core.services.cart.edits import edit_line, hold_lines, remove_line
from core.services.cart.questions import Follows, LineQuestion, answer_question, ask
from tests.builders import FRIDAY, SIG, a_clinic, a_context, a_prescriber
from tests.carts import ADA, BO, NEXT_FRIDAY, opened
from tests.stores import CLINIC

WANTED = "Inject 0.5 mg (20 units = 0.2 mL) subcutaneously once weekly."
WORDS = "Is twice a week right?"


def asked(store: Store, line: CartLine, words: str = WORDS, of: Owner = Owner.PRESCRIBER, directions: str = "") -> str:
    """Ask as Ada on the line as it is; the question's id."""
    version = opened(store).cart.lines[0].version
    ask(store, ADA, CLINIC, FRIDAY, [LineQuestion(line.id, version, of, words, directions, SIG)])
    return kept(store)[-1].id


def kept(store: Store) -> tuple[StoredQuestion, ...]:
    return opened(store).questions


def test_the_line_is_held_its_directions_stay_and_the_question_is_kept(clinic: Store, line: CartLine) -> None:
    asked(clinic, line, f" {WORDS} ", directions=f" {WANTED} ")
    (now,) = opened(clinic).cart.lines
    assert (now.hold, now.sig) == (True, SIG)
    (question,) = kept(clinic)
    assert question[1:6] == (line.id, Owner.PRESCRIBER, WORDS, WANTED, ADA.email)
    assert question[7:] == (None, None, None)


def test_question_and_answer_are_in_the_audit_trail(clinic: Store, line: CartLine) -> None:
    answer_question(clinic, BO, CLINIC, asked(clinic, line), "Yes, Dr. Okafor", Follows.HOLD)
    answer, question = audit_trail(clinic, LOCAL, CLINIC, limit=2)
    assert (question.action, question.after) == ("ask", {"of": "prescriber", "question": WORDS})
    assert (answer.action, answer.after) == ("answer", {"answer": "Yes, Dr. Okafor", "follows": "hold"})


@pytest.mark.parametrize(("follows", "now"), [(Follows.RELEASE, [False]), (Follows.HOLD, [True]), (Follows.REMOVE, [])])
def test_what_follows_from_an_answer(clinic: Store, line: CartLine, follows: Follows, now: list[bool]) -> None:
    answer_question(clinic, BO, CLINIC, asked(clinic, line), "Dr. Okafor: as it is", follows)
    assert [one.hold for one in opened(clinic).cart.lines] == now


def test_a_line_is_released_with_the_answer_to_its_last_open_question(clinic: Store, line: CartLine) -> None:
    first, second = asked(clinic, line), asked(clinic, line, "Which address?", Owner.PATIENT)
    changed = answer_question(clinic, BO, CLINIC, first, "As it is", Follows.RELEASE)
    assert (changed.summary, opened(clinic).cart.lines[0].hold) == ("Answered; another question is open.", True)
    answer_question(clinic, BO, CLINIC, second, "1 Oak St", Follows.RELEASE)
    assert opened(clinic).cart.lines[0].hold is False


def test_a_new_prescription_follows(clinic: Store, line: CartLine) -> None:
    answer_question(clinic, BO, CLINIC, asked(clinic, line), "RX1T instead", Follows.RELEASE, rx="RX1T")
    (now,) = opened(clinic).cart.lines
    assert (now.rx, now.sku, now.hold) == ("RX1T", "TIRZ", False)


def test_another_patients_prescription_does_not_follow(clinic: Store, line: CartLine) -> None:
    question = asked(clinic, line)
    with pytest.raises(Refused, match="This patient has no prescription “RX2”"):
        answer_question(clinic, BO, CLINIC, question, "RX2", Follows.RELEASE, rx="RX2")
    assert (kept(clinic)[0].answer, opened(clinic).cart.lines[0].hold) == (None, True)


def test_an_answer_is_given_once_and_in_words(clinic: Store, line: CartLine) -> None:
    question = asked(clinic, line)
    with pytest.raises(Refused, match="Say what was answered"):
        answer_question(clinic, BO, CLINIC, question, "  ", Follows.HOLD)
    answer_question(clinic, BO, CLINIC, question, "As it is", Follows.HOLD)
    with pytest.raises(Stale, match="answered meanwhile"):
        answer_question(clinic, ADA, CLINIC, question, "Stop", Follows.REMOVE)


def test_a_question_moves_on_with_its_line(clinic: Store, line: CartLine) -> None:
    asked(clinic, line)
    assert [question.question for question in opened(clinic, NEXT_FRIDAY).questions] == [WORDS]
    take_over(clinic, BO, CLINIC, NEXT_FRIDAY, [line.id])
    (moved,) = opened(clinic, NEXT_FRIDAY).cart.lines
    assert (moved.hold, [question.line for question in opened(clinic, NEXT_FRIDAY).questions]) == (True, [moved.id])


def test_undo_releases_the_line_and_the_question_is_still_known(clinic: Store, line: CartLine) -> None:
    asked(clinic, line)
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert (opened(clinic).cart.lines[0].hold, len(kept(clinic))) == (False, 1)


def test_an_undone_removal_finds_its_question_again(clinic: Store, line: CartLine) -> None:
    asked(clinic, line)
    remove_line(clinic, BO, CLINIC, line.id, opened(clinic).cart.lines[0].version)
    assert kept(clinic) == ()
    undo(clinic, BO, CLINIC, FRIDAY)
    assert len(kept(clinic)) == 1


@pytest.mark.parametrize(
    ("case", "words", "directions", "message"),
    [
        ("nothing", "  ", "", "There is nothing to ask."),
        ("a NUL", "Why\0?", "", "The question holds a NUL character."),
        ("what it has", WORDS, SIG, "These are the directions that the line has already."),
        ("too long", WORDS, "x" * 1_001, "Directions have at most 1,000 characters; these have 1,001."),
    ],
)
def test_what_is_no_question(
    clinic: Store, line: CartLine, case: str, words: str, directions: str, message: str
) -> None:
    with pytest.raises(Refused, match=re.escape(message)):
        asked(clinic, line, words, directions=directions)
    assert (opened(clinic).cart.lines[0].hold, kept(clinic)) == (False, ())


def test_the_same_is_not_asked_twice_while_it_is_open(clinic: Store, line: CartLine) -> None:
    question = asked(clinic, line)
    with pytest.raises(Refused, match="asked already"):
        asked(clinic, line)
    answer_question(clinic, BO, CLINIC, question, "Wait a week", Follows.HOLD)
    asked(clinic, line)
    assert [one.answer for one in kept(clinic)] == ["Wait a week", None]


def test_a_held_line_can_be_asked_about(clinic: Store, line: CartLine) -> None:
    hold_lines(clinic, BO, CLINIC, FRIDAY, [line.id])
    asked(clinic, line)
    assert opened(clinic).cart.lines[0].hold is True


def test_a_line_that_somebody_changed_is_refused(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    with pytest.raises(Stale):
        ask(clinic, ADA, CLINIC, FRIDAY, [LineQuestion(line.id, line.version, Owner.PATIENT, WORDS)])
    assert (opened(clinic).cart.lines[0].hold, kept(clinic)) == (False, ())


def test_only_who_works_on_carts_may_ask_and_answer(clinic: Store, line: CartLine) -> None:
    leader = Person("lead@example.com", "Lea", Role.LEADERSHIP)
    with pytest.raises(NotAllowed):
        ask(clinic, leader, CLINIC, FRIDAY, [LineQuestion(line.id, line.version, Owner.PATIENT, WORDS)])
    with pytest.raises(NotAllowed):
        answer_question(clinic, leader, CLINIC, asked(clinic, line), "Yes", Follows.RELEASE)


# Ready-made questions


def a_finding(code: str) -> Finding:
    rule = RULES[code]
    return Finding(
        line=1, held=False, code=code, severity=Severity.BLOCKING, field="sig", message="Why?", owner=rule.owner
    )


@pytest.mark.parametrize(
    ("code", "of"),
    [
        ("SIG_AMBIGUOUS", Owner.PRESCRIBER),
        ("OUT_OF_STOCK", Owner.PHARMACY),
        ("ADDRESS_INCOMPLETE", Owner.PATIENT),
        ("PHONE_INVALID", Owner.PATIENT),
        ("ALLERGY", Owner.PRESCRIBER),
        ("REFILL_TOO_SOON", Owner.PRESCRIBER),
    ],
)
def test_whom_a_finding_is_asked_of(code: str, of: Owner) -> None:
    assert whom_to_ask(a_finding(code)) is of


def test_every_finding_can_be_asked_about() -> None:
    assert {question_in_words(a_finding(code))[:5] for code in RULES} == {"Why? "}


def test_a_fix_that_only_asks_says_what_is_asked_for() -> None:
    fix = Fix(label="Hold, and ask the prescriber to state 140 days", change={"hold": "yes"})
    assert question_in_words(a_finding("SIG_SUPPLY_MISMATCH"), fix) == (
        "Why? We ask you to state 140 days. Please send a new prescription, or confirm that it is right as it is."
    )
    assert (only_asks(fix), only_asks(HOLD)) == (True, False)


def test_a_letter_has_all_that_is_needed_to_answer() -> None:
    prescriber = a_prescriber(phone="512-555-0140")
    context = a_context(prescribers={prescriber.npi: prescriber}, clinic=a_clinic(phone="512-555-0100"))
    line = CartLine(number=1, patient="P1", sku="SEMA", rx="RX1", sig=SIG, npi=prescriber.npi)
    to = addressee(Owner.PRESCRIBER, line, None, context)
    assert to == Addressee("Ada Okafor, MD", "phone 512-555-0140")
    text = letter(to, [Asked(line, WORDS, WANTED, FRIDAY)], context, FRIDAY)
    clinic = context.clinic.name
    assert text.splitlines()[:3] == [
        "To Ada Okafor, MD, phone 512-555-0140", f"From {clinic}, phone 512-555-0100", "Fri 4 Dec 2026",
    ]  # fmt: skip
    assert "1. Rivera, Ana, born Tue 6 May 1980" in text
    for said in (f"Directions: {SIG}", "Supply ends: Fri 4 Dec 2026", f"Question: {WORDS}", f"for: {WANTED}"):
        assert said in text


def test_who_is_asked_of_each_owner() -> None:
    context = a_context()
    line = CartLine(number=1, patient="P1", sku="SEMA", npi="0", pharmacy="cedar")
    assert addressee(Owner.PATIENT, line, None, context) == Addressee("Rivera, Ana", "phone 512-555-0142")
    assert addressee(Owner.PHARMACY, line, None, context).name == "Cedar Compounding"
    assert addressee(Owner.PHARMACY, line.model_copy(update={"pharmacy": None}), None, context).name.startswith("Any")
    assert addressee(Owner.PRESCRIBER, line, None, context) == Addressee("0", "")
