"""Whether somebody may still act.

A button, an open form and a download keep the person that they were drawn for. So role, ending, sign-out and age of the
sign-in are looked up again in the transaction of every write, and before every export.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from core.adapters.store import Work, persons
from core.domain.errors import AccessEnded
from core.domain.roles import Person

LONGEST_SESSION: Final = timedelta(hours=12)
"""After this somebody signs in again, however long the sign-in service vouches for them."""
LONGEST_IDLE: Final = timedelta(minutes=30)
"""After this without a press or a page somebody signs in again."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly ``last_seen`` is kept: a press within it writes nothing."""


def confirm(work: Work, person: Person) -> None:
    """Raises AccessEnded unless the person may still act, in this transaction. Within a write they are then seen."""
    if person.clinic is None:
        return
    row = persons.of_email(work, person.email)
    if fault := _ended(work, person, row):
        raise AccessEnded(fault)
    if row and person.since is not None:
        seen(work, row)


def still_there(work: Work, person: Person) -> None:
    """The same in a transaction that only reads."""
    if person.clinic is not None and (fault := ended(work, person)):
        raise AccessEnded(fault)


def ended(work: Work, person: Person) -> str | None:
    """Why the person may not act, as a sentence; None for whom nothing has changed."""
    return _ended(work, person, persons.of_email(work, person.email))


def seen(work: Work, row: Mapping[Any, Any]) -> None:
    """Keep that the person is at work."""
    if row["last_seen"] is None or work.now() - row["last_seen"] > SEEN_EVERY:
        persons.change(work, row["email"], {"last_seen": work.now()})


def _ended(work: Work, person: Person, row: Mapping[Any, Any] | None) -> str | None:
    if person.clinic != work.clinic:
        return "You are signed in at another clinic."
    if row is None or not row["active"]:
        return "Your access has ended. An admin can restore it on Setup."
    if row["role"] is not person.role:
        return f"Your role is now {row['role'].value}. Open the page again."
    if person.since is None:
        return None
    now = work.now()
    if now >= person.since + LONGEST_SESSION or (person.until is not None and now >= person.until):
        return "Your sign-in has expired. Sign in again."
    if row["signed_out"] is not None and person.since <= row["signed_out"]:
        return "You have signed out. Sign in again."
    if now - max(person.since, row["last_seen"] or person.since) > LONGEST_IDLE:
        return "You were away for too long. Sign in again."
    return None
