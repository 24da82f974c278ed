"""Ended access ends: what somebody holds in hand is worth nothing once access, role or sign-in is not what it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import perf_counter

import pytest

from core.adapters.store import Store
from core.domain.errors import AccessEnded
from core.domain.model import Role
from core.domain.roles import LOCAL, Person
from core.services.access import LONGEST_IDLE, LONGEST_SESSION, still_there
from core.services.audit_trail import audit_trail, record, record_refusal, verify_audit
from core.services.people import add_person, change_person, members, sign_out, signed_in
from tests.stores import CLINIC, NOW, Clock, load

EMAIL = "ada@example.com"
A_DAY = timedelta(days=1)
MOST_SECONDS = 0.002
"""What looking somebody up again may cost a press."""


@pytest.fixture
def ada(store: Store) -> Person:
    """An admin who has signed in just now, beside another one."""
    load(store)
    add_person(store, LOCAL, CLINIC, "bo@example.com", "Bo", Role.ADMIN)
    add_person(store, LOCAL, CLINIC, EMAIL, "Ada", Role.ADMIN)
    return signing_in(store)


def signing_in(store: Store, **times: object) -> Person:
    person = signed_in(store, CLINIC, EMAIL, **({"since": NOW, "until": NOW + A_DAY} | times))  # type: ignore[arg-type]
    assert person is not None
    return person


def press(store: Store, person: Person) -> None:
    """Some write, audited as every write is."""
    store.write(CLINIC, lambda work: record(work, person, "press", "x"))


def download(store: Store, person: Person) -> None:
    with store.read(CLINIC) as work:
        still_there(work, person)


def ended(store: Store, clock: Clock) -> None:
    change_person(store, LOCAL, CLINIC, EMAIL, active=False)


def demoted(store: Store, clock: Clock) -> None:
    change_person(store, LOCAL, CLINIC, EMAIL, role=Role.LEADERSHIP)


def signed_out_elsewhere(store: Store, clock: Clock) -> None:
    clock.now += timedelta(minutes=1)
    sign_out(store, signing_in(store, since=clock.now - timedelta(seconds=30)), CLINIC)


def idle(store: Store, clock: Clock) -> None:
    clock.now += LONGEST_IDLE + timedelta(seconds=1)


def expired(store: Store, clock: Clock) -> None:
    """The sign-in service's own end; Ada was at work all along."""
    for _ in range(3):
        clock.now += timedelta(minutes=20)
        press(store, signing_in(store, until=NOW + timedelta(minutes=61)))
    clock.now += timedelta(minutes=2)


ENDS: list[tuple[Callable[[Store, Clock], None], str]] = [
    (ended, "Your access has ended"),
    (demoted, "Your role is now leadership"),
    (signed_out_elsewhere, "You have signed out"),
    (idle, "You were away for too long"),
]


@pytest.mark.parametrize("act", [press, download])
@pytest.mark.parametrize(("ends", "because"), ENDS)
def test_what_was_drawn_before_is_refused(
    store: Store, clock: Clock, ada: Person, ends: Callable[[Store, Clock], None], because: str,
    act: Callable[[Store, Person], None],
) -> None:  # fmt: skip
    act(store, ada)
    ends(store, clock)
    before = verify_audit(store, CLINIC)
    with pytest.raises(AccessEnded, match=because):
        act(store, ada)
    assert verify_audit(store, CLINIC) == before


def test_an_expired_sign_in_writes_nothing(store: Store, clock: Clock, ada: Person) -> None:
    person = ada._replace(until=NOW + timedelta(minutes=61))
    expired(store, clock)
    for act in (press, download):
        with pytest.raises(AccessEnded, match="sign-in has expired"):
            act(store, person)


def test_no_sign_in_lasts_longer_than_ours(store: Store, clock: Clock, ada: Person) -> None:
    while clock.now < NOW + LONGEST_SESSION - timedelta(minutes=20):
        clock.now += timedelta(minutes=20)
        press(store, ada)
    clock.now = NOW + LONGEST_SESSION
    with pytest.raises(AccessEnded, match="sign-in has expired"):
        press(store, ada)


def test_a_person_of_one_clinic_writes_nothing_at_another(store: Store, ada: Person) -> None:
    with pytest.raises(AccessEnded, match="signed in at another clinic"):
        store.write("other", lambda work: record(work, ada, "press", "x"), new=True)
    assert store.clinics() == (CLINIC,)


def test_nobody_makes_an_admin_through_a_form_opened_before(store: Store, clock: Clock, ada: Person) -> None:
    ended(store, clock)
    with pytest.raises(AccessEnded):
        add_person(store, ada, CLINIC, "eve@example.com", "Eve", Role.ADMIN)
    assert "eve@example.com" not in {member.email for member in members(store, LOCAL, CLINIC)}


def test_an_admin_may_end_their_own_access(store: Store, ada: Person) -> None:
    change_person(store, ada, CLINIC, EMAIL, active=False)
    with pytest.raises(AccessEnded):
        change_person(store, ada, CLINIC, EMAIL, active=True)


def test_signing_in_again_helps_after_going_idle_or_signing_out(store: Store, clock: Clock, ada: Person) -> None:
    idle(store, clock)
    assert signed_in(store, CLINIC, EMAIL, since=NOW, until=NOW + A_DAY) is None
    press(store, signing_in(store, since=clock.now))
    sign_out(store, signing_in(store, since=clock.now), CLINIC)
    assert signed_in(store, CLINIC, EMAIL, since=clock.now, until=NOW + A_DAY) is None
    clock.now += timedelta(seconds=1)
    press(store, signing_in(store, since=clock.now))


def test_a_sign_in_is_audited_once(store: Store, clock: Clock, ada: Person) -> None:
    for _ in range(5):
        clock.now += timedelta(minutes=2)
        signing_in(store)
    trail = audit_trail(store, LOCAL, CLINIC, subject=EMAIL)
    assert [entry.action for entry in trail] == ["sign in", "add person"]


def test_a_refusal_is_audited_once_however_often_somebody_tries(store: Store, ada: Person) -> None:
    for what in ("place", "place", "export"):
        record_refusal(store, ada, CLINIC, what, AccessEnded("Your access has ended."))
    newest = audit_trail(store, LOCAL, CLINIC, limit=3)
    assert [(entry.action, entry.subject) for entry in newest] == [
        ("refused", "export"), ("refused", "place"), ("sign in", EMAIL),
    ]  # fmt: skip
    assert newest[0].after == {"because": "Your access has ended."}


@pytest.mark.parametrize("email", ["ſtaff@example.com", "ſTAFF@example.com", "ｓtaff@example.com"])
def test_an_address_that_looks_alike_is_somebody_else(store: Store, email: str) -> None:
    load(store)
    add_person(store, LOCAL, CLINIC, "staff@example.com", "Sam", Role.STAFF)
    assert signed_in(store, CLINIC, email, since=NOW, until=NOW + A_DAY) is None
    assert signed_in(store, CLINIC, "STAFF@example.com", since=NOW, until=NOW + A_DAY)


def test_looking_somebody_up_again_costs_little(store: Store, ada: Person) -> None:
    times = []
    for _ in range(200):
        before = perf_counter()
        download(store, ada)
        times.append(perf_counter() - before)
    assert sorted(times)[100] < MOST_SECONDS
