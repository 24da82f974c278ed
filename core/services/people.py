"""Use cases: the clinic's people, who may sign in, and under which role."""

from __future__ import annotations

from typing import NamedTuple

from core.adapters.store import Store, Work, persons
from core.domain.errors import Refused
from core.domain.model import Role
from core.domain.roles import Action, Person, require
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


def signed_in(store: Store, clinic: str, email: str) -> Person | None:
    """The active member with this email; None lets nobody in."""
    with store.read(clinic) as work:
        member = {member.email: member for member in _members(work) if member.active}.get(_folded(email))
    return None if member is None else Person(member.email, member.name, member.role)


def add_person(store: Store, person: Person, clinic: str, email: str, name: str, role: Role) -> None:
    """A new member, who may sign in at once. Raises Refused for an email that is there already or is none."""
    require(person, Action.MANAGE_PEOPLE)
    email = _folded(email)
    if "@" not in email:
        raise Refused("A person needs an email address, as the sign-in service gives it.")

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
        persons.change(work, before.email, values)
        record(work, person, "change person", before.email, {"role": before.role, "active": before.active}, values)

    store.write(clinic, change)


def _members(work: Work) -> list[Member]:
    return [Member(**row) for row in persons.rows(work)]


def _is_admin(member: Member) -> bool:
    return member.active and member.role is Role.ADMIN


def _folded(email: str) -> str:
    return email.strip().casefold()
