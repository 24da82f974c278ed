"""What people say to a line's findings. An answer stands for the line as it was seen, and goes when that changes."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from core.adapters.store import Store, Work, carts
from core.adapters.store.values import StoredOverride
from core.domain.errors import Refused, Stale
from core.domain.model import Override
from core.domain.roles import Action, Person, require
from core.rules.overrides import answered_for
from core.services.audit_trail import Entry, record, record_all
from core.services.cart.changes import current_line, refuse_stale


class ShownFinding(NamedTuple):
    """A finding as it was shown: the line's id and version, and the code."""

    line: str
    version: int
    code: str


def acknowledge(store: Store, person: Person, clinic: str, warnings: Collection[ShownFinding]) -> None:
    """Note that the person has read these warnings. Raises Stale where a line is not what they saw any more."""
    require(person, Action.ACKNOWLEDGE)

    def note(work: Work) -> None:
        lines = carts.lines_by_id(work, {warning.line for warning in warnings})
        if any(warning.line not in lines or lines[warning.line].version != warning.version for warning in warnings):
            raise Stale("Some of these lines were changed meanwhile. Look at their findings again.")
        carts.count_write(work)
        carts.acknowledge(work, person.email, {(warning.line, warning.code) for warning in warnings})
        record_all(
            work,
            person,
            [Entry("acknowledge", f"cart line {line}", None, {"code": code}) for line, _, code in warnings],
        )

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
        carts.count_write(work)
        carts.override(work, made)
        record(work, person, "override", f"cart line {line}", None, made.model_dump(exclude={"line", "by", "at"}))

    store.write(clinic, note)
