"""Pause, skip, stop (rules.md, section 2). Ana's 28 days end on Friday 4 December 2026, the refill day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.adapters.store import Store
from core.domain.context import Context
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Role
from core.domain.roles import Person
from core.rules.due_list import due_list
from core.rules.pauses import Pause, pauses, skipped_until
from core.services.contexts import load_context
from core.services.pauses import pause, resume, stop
from tests.builders import FRIDAY, a_patient, a_prescription
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF
from tests.validation.world import world

JANUARY = date(2027, 1, 4)


def due(context: Context, day: date = FRIDAY, days: int | None = None) -> list[tuple[str, date]]:
    return [(line.rx, line.due_on) for line in due_list(context, day, days)]


@pytest.mark.parametrize("paused", [{"patient": {"paused_until": JANUARY}}, {"rx": {"paused_until": JANUARY}}])
def test_who_is_paused_is_not_due_and_returns_by_itself(paused: dict[str, Any]) -> None:
    assert due(world()) == [("RX1", FRIDAY)]
    assert due(world(**paused)) == []
    assert due(world(**paused), JANUARY - timedelta(days=1)) == []
    assert due(world(**paused), JANUARY) == [("RX1", FRIDAY)]


def test_reminders_look_ahead_and_name_who_returns() -> None:
    later = world(rx={"last_filled_on": date(2026, 11, 27)})
    assert (due(later), due(later, days=20)) == ([], [])
    assert due(later, days=21) == [("RX1", date(2026, 12, 25))]
    returning = world(patient={"paused_until": JANUARY})
    assert due(returning, days=30) == []
    assert due(returning, days=31) == [("RX1", JANUARY)]


def test_the_longer_pause_counts_and_every_pause_is_listed() -> None:
    context = world(patient={"paused_until": JANUARY}, rx={"paused_until": date(2026, 12, 10), "pause_reason": "ill"})
    assert pauses(context, FRIDAY) == [
        Pause("P1", "RX1", date(2026, 12, 10), "ill"),
        Pause("P1", None, JANUARY, ""),
    ]
    assert due(context, date(2026, 12, 10)) == []
    assert pauses(context, JANUARY) == []


def test_a_skipped_refill_is_due_when_it_would_have_run_out() -> None:
    context = world()
    assert skipped_until(a_prescription(), FRIDAY, context, FRIDAY) == date(2027, 1, 1)
    assert skipped_until(a_prescription(), date(2026, 11, 20), context, FRIDAY) == date(2027, 1, 1)


@pytest.fixture
def clinic(store: Store) -> Store:
    """One patient with one prescription, due on Friday."""
    load(store, a_folder(patients=(a_patient(),), prescriptions=(a_prescription(),)))
    return store


def now(store: Store) -> list[tuple[str, date]]:
    with store.read(CLINIC) as work:
        return due(load_context(work))


@pytest.mark.parametrize("rx", [None, "RX1"])
def test_pause_and_resume_are_kept(clinic: Store, rx: str | None) -> None:
    pause(clinic, STAFF, CLINIC, "P1", rx, until=JANUARY, reason=" travels ")
    with clinic.read(CLINIC) as work:
        assert pauses(load_context(work), FRIDAY) == [Pause("P1", rx, JANUARY, "travels")]
    assert now(clinic) == []
    resume(clinic, STAFF, CLINIC, "P1", rx)
    assert now(clinic) == [("RX1", FRIDAY)]


def test_what_is_stopped_is_never_due_again(clinic: Store) -> None:
    stop(clinic, STAFF, CLINIC, "P1", "RX1", reason="switched")
    with clinic.read(CLINIC) as work:
        row = load_context(work).prescriptions["RX1"]
    assert (row.stopped_on, row.stop_reason, now(clinic)) == (FRIDAY, "switched", [])


def test_a_patient_who_is_stopped_is_inactive(clinic: Store) -> None:
    stop(clinic, STAFF, CLINIC, "P1", None, reason="moved away")
    with clinic.read(CLINIC) as work:
        assert load_context(work).patients["P1"].active is False


@pytest.mark.parametrize(
    ("case", "over", "said"),
    [
        ("no reason", {"reason": " "}, "Say why"),
        ("today", {"until": FRIDAY}, "A pause ends on a day to come"),
        ("nobody", {"patient": "P9"}, "No patient “P9”"),
        ("another's prescription", {"rx": "RX9"}, "no prescription “RX9” of “P1”"),
    ],
)
def test_what_is_no_pause(clinic: Store, case: str, over: dict[str, Any], said: str) -> None:
    given = {"patient": "P1", "rx": None, "until": JANUARY, "reason": "travels"} | over
    with pytest.raises(Refused, match=said):
        pause(clinic, STAFF, CLINIC, given.pop("patient"), given.pop("rx"), **given)
    assert now(clinic) == [("RX1", FRIDAY)]


def test_leadership_pauses_nobody(clinic: Store) -> None:
    with pytest.raises(NotAllowed):
        pause(clinic, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC, "P1", None, until=JANUARY, reason="x")
