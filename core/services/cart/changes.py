"""One press on a cart: written in bulk, audited line by line, kept so that its author can undo it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from core.adapters.store import Store, Work, carts
from core.adapters.store.carts import LineChange
from core.adapters.store.values import StoredLine
from core.domain.errors import Refused, Stale
from core.domain.roles import Action, Person, require
from core.services.audit_trail import Entry, record_all

CELLS: Final = (
    "refill_day", "patient", "sku", "quantity", "rx", "sig", "npi", "pharmacy", "ship_to", "hold", "note",
)  # fmt: skip
"""What people see of a line."""


class Changed(NamedTuple):
    """What a press did, in words for a toast, the lines as they are now, and how many were there already."""

    summary: str
    lines: tuple[StoredLine, ...]
    skipped: int = 0


def press(
    work: Work, person: Person, refill_day: date, summary: str, changes: Sequence[LineChange], skipped: int = 0
) -> Changed:
    """Write the changes of one press; nothing is written where there are none."""
    if changes:
        carts.count_write(work)
        carts.write_changes(work, changes)
        carts.keep_change(work, refill_day, person.email, summary, changes)
        record_all(work, person, [_entry(change) for change in changes])
    return Changed(summary, tuple(change.after for change in changes if change.after), skipped)


def undo(store: Store, person: Person, clinic: str, refill_day: date) -> Changed:
    """Take back the person's last press on this cart.

    Raises Stale where somebody has changed its lines since, Refused where there is nothing to undo.
    """
    require(person, Action.WORK_CART)
    return store.write(clinic, lambda work: _undo(work, person, refill_day))


def _undo(work: Work, person: Person, refill_day: date) -> Changed:
    last = next(iter(carts.changes(work, refill_day, person.email, limit=1)), None)
    if last is None:
        raise Refused("There is nothing of yours to undo on this cart.")
    ids = [line.id for change in last.lines for line in change if line]
    now = carts.lines_by_id(work, ids)
    changes = [_reversed(change, now) for change in last.lines]
    carts.count_write(work)
    carts.write_changes(work, changes)
    carts.forget_change(work, last.id)
    record_all(work, person, [_entry(change) for change in changes])
    return Changed(f"Undone: {last.description}", tuple(change.after for change in changes if change.after))


def _reversed(change: LineChange, now: Mapping[str, StoredLine]) -> LineChange:
    before, after = change
    current = next((now[line.id] for line in change if line and line.id in now), None)
    if (current is None) != (after is None) or (current and cells_changed(after, current)):
        raise Stale("Somebody has changed these lines since; what you did cannot be undone in one step any more.")
    version = 1 + max(line.version for line in (before, current) if line)
    return LineChange(current, before and before.model_copy(update={"version": version}))


def current_line(work: Work, line: str) -> StoredLine:
    """The line as it is. Raises Stale where it is in no cart any more."""
    stored = carts.lines_by_id(work, [line]).get(line)
    if stored is None:
        raise Stale("This line is not in the cart any more: somebody has removed or placed it.")
    return stored


def refuse_stale(work: Work, line: StoredLine, version: int) -> None:
    """Raises Stale, with what changed since ``version``, where that is not the line's version."""
    if line.version == version:
        return
    changed = _changed_since(work, line, version)
    words = ", ".join(f"{name} is now {_cell_words(value)}" for name, value in changed.items())
    message = f"Somebody has changed this line meanwhile: {words}. Your change was not saved; you can apply it again."
    raise Stale(message, changed | {"version": line.version})


def _changed_since(work: Work, line: StoredLine, version: int) -> dict[str, Any]:
    states = (state for made in carts.changes(work, line.refill_day) for change in made.lines for state in change)
    earlier = next((state for state in states if state and state.id == line.id and state.version == version), None)
    return cells_changed(earlier, line)


def cells_changed(before: StoredLine | None, after: StoredLine) -> dict[str, Any]:
    """The cells of ``after`` that are not as ``before``; all of them without it."""
    return {
        name: getattr(after, name) for name in CELLS if before is None or getattr(before, name) != getattr(after, name)
    }


def _cell_words(value: object) -> str:
    if value is None:
        return "not given"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def _entry(change: LineChange) -> Entry:
    before, after = change
    subject = f"cart line {next(line.id for line in change if line)}"
    if before is None:
        return Entry("add to cart", subject, None, cells_changed(None, after) if after else None)
    if after is None:
        return Entry("remove from cart", subject, cells_changed(None, before), None)
    return Entry("change cart", subject, cells_changed(after, before), cells_changed(before, after))
