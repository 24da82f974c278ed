"""What people say to a line's findings. An answer stands for the line as it was seen, and goes when that changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from core.adapters.store import Store, Work, carts
from core.adapters.store.values import StoredOverride
from core.domain.errors import Refused, Stale
from core.domain.model import Override
from core.rules.overrides import answered_for
from core.services.cart.changes import current_line, refuse_stale
from core.services.people import Action, Entry, Person, record, record_all, require


class Seen(NamedTuple):
    """A finding that somebody saw: the line's id and version, and the code."""

    line: str
    version: int
    code: str


def acknowledge(store: Store, person: Person, clinic: str, warnings: Collection[Seen]) -> None:
    """Note that the person has read these warnings. Raises Stale where a line is not what they saw any more."""
    require(person, Action.ACKNOWLEDGE)

    def note(work: Work) -> None:
        lines = carts.lines_by_id(work, {seen.line for seen in warnings})
        if any(seen.line not in lines or lines[seen.line].version != seen.version for seen in warnings):
            raise Stale("Some of these lines were changed meanwhile. Look at their findings again.")
        carts.acknowledge(work, person.email, {(seen.line, seen.code) for seen in warnings})
        entries = [Entry("acknowledge", f"cart line {seen.line}", None, {"code": seen.code}) for seen in warnings]
        record_all(work, person, entries)

    store.write(clinic, note)


def override(store: Store, person: Person, clinic: str, line: str, version: int, answer: Override) -> None:
    """Answer for a blocking finding, with a reason; ``answer.line`` is the line's number, for messages.

    Raises Refused where the rules do not allow it as it is: not overridable, no reason, or nobody named who confirmed
    it where one is needed; Stale where the line is not what the person saw any more.
    """
    require(person, Action.OVERRIDE)
    answered_for([answer])

    def note(work: Work) -> None:
        refuse_stale(work, current_line(work, line), version)
        if answer.confirmed_on is not None and answer.confirmed_on > work.today:
            raise Refused("The day of the confirmation cannot be in the future.")
        made = StoredOverride(
            line=line,
            code=answer.code,
            reason=answer.reason.strip(),
            by=person.email,
            at=work.now(),
            confirmed_by=answer.confirmed_by.strip() or None,
            confirmed_on=answer.confirmed_on,
        )
        carts.override(work, made)
        record(work, person, "override", f"cart line {line}", None, made.model_dump(exclude={"line", "by", "at"}))

    store.write(clinic, note)
