"""Who is asking, what they may do, and the trail of what they did (docs/reference.md, roles).

Every use case calls ``require`` before it touches the store. An audit entry carries the hash of the one before it, so a
changed or missing entry shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

from core.adapters.store import Store, Work, audits, persons
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Role


class Person(NamedTuple):
    """Somebody signed in."""

    email: str
    name: str
    role: Role


LOCAL: Final = Person("local console", "Local console", Role.ADMIN)
"""Who works at the machine itself, by command or in the local demo."""


class Action(StrEnum):
    """What a role may allow; the text completes "may not ..."."""

    SEE_COSTS = "see SKU costs"
    SEE_PATIENTS = "see patients"
    WORK_CART = "work on the refill day's cart"
    ACKNOWLEDGE = "acknowledge warnings"
    OVERRIDE = "override findings"
    PLACE = "place orders"
    WORK_ORDERS = "work on placed orders"
    FIX_PATIENT = "correct a patient's data"
    SEE_FULFILMENT = "see fulfilment"
    SEE_RULES = "see the rule book"
    SET_UP = "change the clinic's data"
    MANAGE_PEOPLE = "manage people"
    SEE_AUDIT = "see the audit trail"


_STAFF: Final = frozenset(
    {
        Action.SEE_PATIENTS,
        Action.WORK_CART,
        Action.ACKNOWLEDGE,
        Action.OVERRIDE,
        Action.PLACE,
        Action.WORK_ORDERS,
        Action.FIX_PATIENT,
        Action.SEE_RULES,
    }
)
MAY: Final[Mapping[Role, frozenset[Action]]] = {
    Role.ADMIN: frozenset(Action),
    Role.MANAGER: frozenset(Action) - {Action.MANAGE_PEOPLE, Action.SEE_AUDIT},
    Role.STAFF: _STAFF,
    Role.LEADERSHIP: frozenset({Action.SEE_COSTS, Action.SEE_FULFILMENT, Action.SEE_RULES}),
}


def may(person: Person, action: Action) -> bool:
    """Whether the person's role includes the action."""
    return action in MAY[person.role]


def require(person: Person, action: Action) -> None:
    """Raises NotAllowed unless the person's role includes the action."""
    if not may(person, action):
        raise NotAllowed(f"The role {person.role} may not {action}.")


class Entry(NamedTuple):
    """What one audit entry says: ``action`` done to ``subject``, and the changed values before and after."""

    action: str
    subject: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record(
    work: Work,
    person: Person,
    action: str,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry to the clinic's audit trail."""
    record_all(work, person, [Entry(action, subject, before, after)])


def record_all(work: Work, person: Person, entries: Iterable[Entry]) -> None:
    """Append many entries in one statement; the clinic's row, which every write holds, keeps the chain single."""
    number, previous = audits.last_entry(work) or (0, FIRST)
    rows = []
    for entry in entries:
        number += 1
        row = {
            "clinic": work.clinic,
            "number": number,
            "at": work.now(),
            "email": person.email,
            "role": person.role,
            "action": entry.action,
            "subject": entry.subject,
            "before": _canonical(entry.before),
            "after": _canonical(entry.after),
            "previous": previous,
        }
        previous = row["hash"] = entry_hash(row)
        rows.append(row)
    audits.append(work, rows)


FIRST: Final = "0" * 64
"""What stands before a clinic's first entry."""


def entry_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 of the hash before and of the entry as canonical JSON (sorted keys, no spaces, UTC instants)."""
    names = ("clinic", "number", "email", "role", "action", "subject", "before", "after")
    entry = {name: row[name] for name in names} | {"at": row["at"].isoformat()}
    return hashlib.sha256((row["previous"] + _canonical(entry)).encode()).hexdigest()


def _canonical(values: Mapping[str, Any] | None) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), default=str)


class AuditCheck(NamedTuple):
    """How many entries hold together, the hash of their newest (to be kept elsewhere), and what is wrong after it."""

    entries: int
    head: str
    problem: str | None


def verify_audit(store: Store, clinic: str) -> AuditCheck:
    """Whether every entry is as it was written and none is missing between two others.

    Nothing follows the newest entry: that it was changed and hashed anew, or that the newest ones were deleted, shows
    only where ``head`` was kept.
    """
    with store.read(clinic) as work:
        return _check(audits.entries(work))


NOTHING: Final[Mapping[Any, Any]] = {}
"""What follows the newest entry."""


def _check(rows: Iterable[Mapping[Any, Any]]) -> AuditCheck:
    count, before, head = 0, FIRST, FIRST
    for row, following in pairwise(chain(rows, [NOTHING])):
        number = count + 1
        if row["number"] != number:
            return AuditCheck(count, head, f"Entry {number} is missing.")
        linked = row["previous"] == head
        if count and not linked and row["previous"] == before:
            return AuditCheck(count - 1, before, f"Entry {count} was put in between two others.")
        if row["hash"] != entry_hash(row):
            return AuditCheck(count, head, f"Entry {number} was changed after it was written.")
        if not linked:
            count, head = (count - 1, before) if count and _vouched(row, following) else (count, head)
            return AuditCheck(count, head, f"Entry {count + 1} was changed after it was written, and hashed anew.")
        count, before, head = number, head, row["hash"]
    return AuditCheck(count, head, None)


def _vouched(row: Mapping[Any, Any], following: Mapping[Any, Any]) -> bool:
    """Whether nothing speaks against an entry: where two neighbors disagree, the fault is then the earlier one's."""
    return not following or following["previous"] == row["hash"] or following["hash"] != entry_hash(following)


class AuditEntry(NamedTuple):
    """An entry as people read it."""

    number: int
    at: datetime
    email: str
    role: Role
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def audit_trail(
    store: Store, person: Person, clinic: str, *, limit: int = 500, subject: str | None = None
) -> list[AuditEntry]:
    """The newest entries first, of one subject where given."""
    require(person, Action.SEE_AUDIT)
    with store.read(clinic) as work:
        rows = audits.newest(work, limit, subject)
    return [_readable(row) for row in rows]


def _readable(row: Mapping[Any, Any]) -> AuditEntry:
    values = {"before": json.loads(row["before"]), "after": json.loads(row["after"])}
    return AuditEntry._make((dict(row) | values)[name] for name in AuditEntry._fields)


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
        found = {member.email: member for member in _members(work) if member.active}.get(_folded(email))
    return None if found is None else Person(found.email, found.name, found.role)


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
