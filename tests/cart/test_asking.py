"""Asking the prescriber for other directions: the line is held and the question kept; the SIG stays as it is."""

from __future__ import annotations

import re

import pytest

from core.adapters.store import Store
from core.domain.errors import NotAllowed, Refused, Stale
from core.domain.model import CartLine, Role
from core.domain.roles import LOCAL, Person
from core.services.audit_trail import audit_trail
from core.services.cart.changes import undo
from core.services.cart.edits import edit_line, hold_lines
from core.services.cart.prescriber_requests import ask_prescriber, requested_directions
from tests.builders import FRIDAY, SIG
from tests.carts import ADA, BO, opened
from tests.stores import CLINIC

WANTED = "Inject 0.5 mg (20 units = 0.2 mL) subcutaneously once weekly."


def ask(store: Store, person: Person, line: CartLine, directions: str, version: int | None = None) -> None:
    ask_prescriber(store, person, CLINIC, line.id, version or line.version, directions, instead_of=SIG)


def test_the_line_is_held_and_its_directions_stay(clinic: Store, line: CartLine) -> None:
    ask(clinic, ADA, line, f" {WANTED} ")
    (now,) = opened(clinic).cart.lines
    assert (now.hold, now.sig) == (True, SIG)
    assert [(one.by, one.directions) for one in requested_directions(clinic, BO, CLINIC, line.id)] == [
        (ADA.email, WANTED)
    ]


def test_both_directions_are_in_the_audit_trail(clinic: Store, line: CartLine) -> None:
    ask(clinic, ADA, line, WANTED)
    newest = audit_trail(clinic, LOCAL, CLINIC, limit=1)[0]
    assert (newest.action, newest.subject) == ("ask prescriber", f"cart line {line.id}")
    assert (newest.before, newest.after) == ({"sig": SIG}, {"sig": WANTED})


def test_a_held_line_can_be_asked_about_again(clinic: Store, line: CartLine) -> None:
    hold_lines(clinic, BO, CLINIC, FRIDAY, [line.id])
    version = opened(clinic).cart.lines[0].version
    ask(clinic, ADA, line, WANTED, version=version)
    ask(clinic, BO, line, "Inject 1 mg subcutaneously once weekly.", version=version)
    asked = [(one.by, one.directions) for one in requested_directions(clinic, ADA, CLINIC, line.id)]
    assert asked == [(BO.email, "Inject 1 mg subcutaneously once weekly."), (ADA.email, WANTED)]


def test_undo_releases_the_line_and_the_question_is_still_known(clinic: Store, line: CartLine) -> None:
    ask(clinic, ADA, line, WANTED)
    undo(clinic, ADA, CLINIC, FRIDAY)
    assert (opened(clinic).cart.lines[0].hold, len(requested_directions(clinic, ADA, CLINIC, line.id))) == (False, 1)


@pytest.mark.parametrize(
    ("case", "directions", "message"),
    [
        ("nothing", "  ", "There are no directions to ask for."),
        ("what it has", SIG, "These are the directions that the line has already."),
        ("too long", "x" * 1_001, "Directions have at most 1,000 characters; these have 1,001."),
    ],
)
def test_what_is_no_question(clinic: Store, line: CartLine, case: str, directions: str, message: str) -> None:
    with pytest.raises(Refused, match=re.escape(message)):
        ask(clinic, ADA, line, directions)
    assert (opened(clinic).cart.lines[0].hold, requested_directions(clinic, ADA, CLINIC, line.id)) == (False, ())


def test_a_line_that_somebody_changed_is_refused(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    with pytest.raises(Stale):
        ask(clinic, ADA, line, WANTED)
    assert (opened(clinic).cart.lines[0].hold, requested_directions(clinic, ADA, CLINIC, line.id)) == (False, ())


def test_only_who_works_on_carts_may_ask(clinic: Store, line: CartLine) -> None:
    leader = Person("lead@example.com", "Lea", Role.LEADERSHIP)
    with pytest.raises(NotAllowed):
        ask(clinic, leader, line, WANTED)
