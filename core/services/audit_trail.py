"""The audit trail: who did what to what, each entry with the hash of the one before, so that a changed or missing one
shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain, pairwise
from typing import Any, Final, NamedTuple

from core.adapters.store import Store, Work, audits
from core.domain.errors import AccessEnded
from core.domain.model import Role
from core.domain.roles import Action, Person, require
from core.services.access import confirm


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
    """Append many entries in one statement; the clinic's row, which every write holds, keeps the chain single.

    Every write is audited, so this is where a person's access is looked up again: AccessEnded undoes the write.
    """
    confirm(work, person)
    _append(work, person, entries)


def record_refusal(store: Store, person: Person, clinic: str, what: str, refusal: AccessEnded) -> None:
    """Append that somebody tried to do ``what`` without being allowed to any more; trying on adds nothing."""
    entry = Entry("refused", what, None, {"because": str(refusal)})

    def append(work: Work) -> None:
        newest = next(iter(audits.newest(work, 1)), None)
        again = {"email": person.email, "action": entry.action, "subject": what, "after": _canonical(entry.after)}
        if newest is None or any(newest[name] != value for name, value in again.items()):
            _append(work, person, [entry])

    store.write(clinic, append)


def _append(work: Work, person: Person, entries: Iterable[Entry]) -> None:
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
    """How many entries hold together, the newest one's hash (to be kept elsewhere), and the first thing wrong."""

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
