"""What people say to findings, and patients put right at the source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from core.adapters.store import Store
from core.domain.errors import Refused, Stale
from core.domain.model import CartLine, Override, Patient
from core.domain.roles import LOCAL
from core.rules.prescriptions import CartRow
from core.services.audit_trail import audit_trail
from core.services.cart.additions import add_everyone_due, add_line
from core.services.cart.answers import ShownFinding, acknowledge, override
from core.services.cart.edits import edit_line, hold_lines, remove_line
from core.services.cart.patients import update_patient
from tests.builders import FRIDAY, a_patient, a_prescription
from tests.carts import ADA, BO, SAID, everything, opened
from tests.stores import CLINIC, a_folder, load


def _answered(store: Store) -> tuple[frozenset[tuple[int, str]], tuple[Override, ...]]:
    found = opened(store)
    return found.acknowledged, found.overrides


@pytest.fixture
def answered(clinic: Store, line: CartLine) -> CartLine:
    """P1's line with one warning acknowledged and one finding overridden, after a line of P2."""
    acknowledge(clinic, ADA, CLINIC, [ShownFinding(line.id, line.version, "PHONE_INVALID")])
    override(clinic, ADA, CLINIC, line.id, line.version, SAID)
    assert _answered(clinic) == (frozenset({(1, "PHONE_INVALID")}), (SAID,))
    return line


@pytest.mark.parametrize(
    ("case", "act", "stands"),
    [
        ("hold", lambda store, line: hold_lines(store, BO, CLINIC, FRIDAY, [line.id]), True),
        ("nothing", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"quantity": 2}), True),
        ("another line", lambda store, line: add_line(store, BO, CLINIC, FRIDAY, CartRow("P2", "SEMA")), True),
        ("another patient", lambda store, line: update_patient(store, BO, CLINIC, "P2", {"city": "Waco"}), True),
        ("quantity", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"quantity": 1}), False),
        ("pin", lambda store, line: edit_line(store, BO, CLINIC, line.id, 1, {"pharmacy": "lake"}), False),
        ("merge", lambda store, line: add_line(store, BO, CLINIC, FRIDAY, CartRow("P1", "SEMA", 1)), False),
        ("the patient", lambda store, line: update_patient(store, BO, CLINIC, "P1", {"allergies": "sulfa"}), False),
        ("removal", lambda store, line: remove_line(store, BO, CLINIC, line.id, 1), False),
        (
            "the prescription",
            lambda store, line: load(store, a_folder(prescriptions=(a_prescription(quantity=3, refills=1),))),
            False,
        ),
    ],
)
def test_an_answer_stands_for_what_was_seen(
    clinic: Store, answered: CartLine, case: str, act: Callable[[Store, CartLine], object], stands: bool
) -> None:
    act(clinic, answered)
    assert _answered(clinic) == ((frozenset({(1, "PHONE_INVALID")}), (SAID,)) if stands else (frozenset(), ()))


def test_answers_follow_the_line_to_its_new_number(clinic: Store) -> None:
    add_everyone_due(clinic, ADA, CLINIC, FRIDAY)
    first, second, _ = opened(clinic).cart.lines
    acknowledge(clinic, ADA, CLINIC, [ShownFinding(second.id, 1, "PHONE_INVALID")])
    remove_line(clinic, ADA, CLINIC, first.id, 1)
    assert opened(clinic).acknowledged == {(1, "PHONE_INVALID")}


def test_an_answer_to_a_line_that_changed_is_refused(clinic: Store, line: CartLine) -> None:
    edit_line(clinic, BO, CLINIC, line.id, line.version, {"quantity": 1})
    before = everything(clinic)
    with pytest.raises(Stale):
        acknowledge(clinic, ADA, CLINIC, [ShownFinding(line.id, line.version, "PHONE_INVALID")])
    with pytest.raises(Stale):
        override(clinic, ADA, CLINIC, line.id, line.version, SAID)
    assert everything(clinic) == before


@pytest.mark.parametrize(
    ("case", "answer", "refusal"),
    [
        ("timing", SAID, None),
        ("allergy, confirmed", Override(1, "ALLERGY", "Tolerated", "Ada Okafor, MD", FRIDAY), None),
        ("dose, confirmed", Override(1, "DOSE_OVER_MAX", "Intended", "Ada Okafor, MD", FRIDAY), None),
        ("allergy, nobody named", Override(1, "ALLERGY", "Tolerated"), "who confirmed it"),
        ("dose, no day", Override(1, "DOSE_OVER_MAX", "Intended", "Ada Okafor, MD"), "who confirmed it"),
        ("confirmed tomorrow", Override(1, "ALLERGY", "Tolerated", "Ada Okafor, MD", date(2026, 12, 5)), "the future"),
        ("no reason", Override(1, "REFILL_TOO_SOON", "  "), "needs a reason"),
        ("not overridable", Override(1, "RX_EXPIRED", "Please"), "cannot be overridden"),
        ("no such finding", Override(1, "NONSENSE", "Please"), "cannot be overridden"),
    ],
)
def test_an_override_is_as_the_rules_ask(
    clinic: Store, line: CartLine, case: str, answer: Override, refusal: str | None
) -> None:
    if refusal is None:
        override(clinic, ADA, CLINIC, line.id, line.version, answer)
        assert opened(clinic).overrides == (answer,)
        return
    with pytest.raises(Refused, match=refusal):
        override(clinic, ADA, CLINIC, line.id, line.version, answer)
    assert opened(clinic).overrides == ()


def test_a_second_override_replaces_the_first(clinic: Store, answered: CartLine) -> None:
    better = SAID._replace(reason="Travels from 6 December, back in February")
    override(clinic, BO, CLINIC, answered.id, answered.version, better)
    assert opened(clinic).overrides == (better,)


def test_a_patient_is_put_right_at_the_source(clinic: Store) -> None:
    cells = {"zip": "78705", "allergies": "sulfa; egg", "born_on": "1980-05-07"}
    after = update_patient(clinic, ADA, CLINIC, "P1", cells)
    assert (after.zip, after.allergies, after.born_on) == ("78705", ("sulfa", "egg"), date(1980, 5, 7))
    assert opened(clinic).context.patients["P1"] == after
    newest = audit_trail(clinic, LOCAL, CLINIC)[0]
    assert (newest.action, newest.subject, newest.before, newest.after) == (
        "correct patient",
        "patient P1",
        {"zip": "78704", "allergies": [], "born_on": "1980-05-06"},
        {"zip": "78705", "allergies": ["sulfa", "egg"], "born_on": "1980-05-07"},
    )


@pytest.mark.parametrize(
    ("case", "patient", "cells", "seen", "refusal"),
    [
        ("unknown", "P9", {"zip": "78705"}, None, "no patient “P9”"),
        ("unreadable", "P1", {"born_on": "yesterday"}, None, "born_on “yesterday” is not a date"),
        ("not staff's to change", "P1", {"active": "no"}, None, "changed on Setup"),
        ("changed meanwhile", "P1", {"zip": "78705"}, a_patient(zip="78700"), "Somebody has changed this patient"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    clinic: Store, case: str, patient: str, cells: dict[str, object], seen: Patient | None, refusal: str
) -> None:
    before = everything(clinic)
    with pytest.raises(Refused, match=refusal):
        update_patient(clinic, ADA, CLINIC, patient, cells, shown=seen)
    assert everything(clinic) == before
