"""Use cases: the clinic's people, who may sign in, and under which role."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from core.adapters.store import Store, Work, persons
from core.domain.errors import AccessEnded, Refused
from core.domain.model import Role
from core.domain.roles import Action, Person, require
from core.services.access import SEEN_EVERY, ended, seen
from core.services.audit_trail import record


class Member(NamedTuple):
    """Somebody in the clinic's list, whether or not they may still sign in."""

    email: str
    name: str
    role: Role
    active: bool


def members(store: Store, person: Person, clinic: str) -> list[Member]:
    """Everybody of the clinic, by email."""
    require(person, Action.MANAGE_PEOPLE)
    with store.read(clinic) as work:
        return _members(work)


def named(store: Store, clinic: str, email: str) -> Person | None:
    """The active member with this email, who need not have signed in: somebody at the machine itself vouches."""
    with store.read(clinic) as work:
        row = persons.of_email(work, _folded(email))
    return None if row is None or not row["active"] else Person(row["email"], row["name"], row["role"], clinic)


def signed_in(store: Store, clinic: str, email: str, *, since: datetime, until: datetime) -> Person | None:
    """The active member for whom the sign-in service vouches from ``since`` to ``until``; None lets nobody in.

    A sign-in is audited when it is first seen; that somebody is at work is kept by the minute.
    """
    with store.read(clinic) as work:
        row = persons.of_email(work, _folded(email))
        if row is None:
            return None
        person = Person(row["email"], row["name"], row["role"], clinic, since, until)
        now = work.now()
        if ended(work, person):
            return None
    if row["signed_in"] is None or row["signed_in"] < since:
        try:
            store.write(clinic, lambda work: _first_seen(work, person, since))
        except AccessEnded:
            return None
    elif row["last_seen"] is None or now - row["last_seen"] > SEEN_EVERY:
        store.note(clinic, lambda work: seen(work, row))
    return person


def _first_seen(work: Work, person: Person, since: datetime) -> None:
    record(work, person, "sign in", person.email, None, {"since": since})
    persons.change(work, person.email, {"signed_in": since, "last_seen": work.now()})


def anybody_signed_in(store: Store) -> bool:
    """Whether anybody of any clinic has ever signed in: such a store is no demo's."""
    for clinic in store.clinics():
        with store.read(clinic) as work:
            if persons.anybody_signed_in(work):
                return True
    return False


def sign_out(store: Store, person: Person, clinic: str) -> None:
    """End every sign-in of the person until now, wherever it is in use: other tabs, browsers and copies."""

    def end(work: Work) -> None:
        record(work, person, "sign out", person.email)
        persons.change(work, person.email, {"signed_out": work.now()})

    store.write(clinic, end)


def add_person(store: Store, person: Person, clinic: str, email: str, name: str, role: Role) -> None:
    """A new member, who may sign in at once. Raises Refused for an email that is there already or is none."""
    require(person, Action.MANAGE_PEOPLE)
    email = _folded(email)
    if "@" not in email or not email.isascii():
        raise Refused("A person needs an email address in plain letters, as the sign-in service gives it.")

    def add(work: Work) -> None:
        if any(member.email == email for member in _members(work)):
            raise Refused("That email address is in the list already; change its role there.")
        values = {"name": name, "role": role, "active": True}
        persons.add(work, email, values)
        record(work, person, "add person", email, None, values)

    store.write(clinic, add)


def change_person(
    store: Store, person: Person, clinic: str, email: str, *, role: Role | None = None, active: bool | None = None
) -> None:
    """Another role, or no more signing in (or again). Raises Refused where it would leave no active admin."""
    require(person, Action.MANAGE_PEOPLE)

    def change(work: Work) -> None:
        everybody = {member.email: member for member in _members(work)}
        before = everybody.get(_folded(email))
        if before is None:
            raise Refused("Nobody with that email address is in the list.")
        after = before._replace(
            role=before.role if role is None else role, active=before.active if active is None else active
        )
        if _is_admin(before) and not any(map(_is_admin, (everybody | {before.email: after}).values())):
            raise Refused("This is the last admin; make somebody else an admin first.")
        values = {"role": after.role, "active": after.active}
        # recorded first: an admin may end their own access, and what is recorded is done by somebody who may do it
        record(work, person, "change person", before.email, {"role": before.role, "active": before.active}, values)
        persons.change(work, before.email, values)

    store.write(clinic, change)


def _members(work: Work) -> list[Member]:
    return [Member(**row) for row in persons.rows(work)]


def _is_admin(member: Member) -> bool:
    return member.active and member.role is Role.ADMIN


def _folded(email: str) -> str:
    """Small letters where they are plain ones: folding others would make “ſ” an “s”, and one person another."""
    email = email.strip()
    return email.lower() if email.isascii() else email
