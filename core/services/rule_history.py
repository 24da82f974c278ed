"""Who changed what rules go by, and when: thresholds, ladders, licenses, pharmacies, closures and carrier days.

The history is the audit trail's own entries, found by their subjects.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from core.adapters.files import FILES, Column
from core.adapters.store import Store, audits
from core.domain.model import Setting
from core.domain.roles import Action, Person, require
from core.domain.settings import SETTINGS
from core.services.audit_trail import Entry

MOST_ENTRIES: Final = 200
MOST_NAMED: Final = 20
RULE_FILES: Final = (
    "pharmacies.csv",
    "pharmacy_licences.csv",
    "prescriber_licences.csv",
    "carrier_days.csv",
    "closures.csv",
)
"""Files beside settings.csv and ladders.csv that rules go by."""

UNSAID: Final = frozenset({"dea_number"})
"""Columns whose change is noted without what they say."""


class FileChange(Protocol):
    """What loading one file changed (core/adapters/store/folders.py)."""

    @property
    def added(self) -> tuple[dict[str, Any], ...]: ...
    @property
    def changed(self) -> tuple[tuple[dict[str, Any], dict[str, Any]], ...]: ...


class RuleChange(NamedTuple):
    """One change: ``subject`` is a setting, an active or a file; values as text, None where there was nothing."""

    at: datetime
    email: str
    subject: str
    scope: str
    valid_from: str
    before: str | None
    after: str | None


def changes(store: Store, person: Person, clinic: str, ladders: Iterable[str] = ()) -> list[RuleChange]:
    """Who changed what when, the newest first; ``ladders`` are the actives to look for."""
    require(person, Action.SET_UP)
    subjects = [
        *(_subject(name) for name in SETTINGS),
        *(_ladder_subject(active) for active in ladders),
        *(_file_subject(file) for file in RULE_FILES),
    ]
    with store.read(clinic) as work:
        rows = audits.about(work, subjects, MOST_ENTRIES)
    return [_readable(row) for row in rows]


def threshold_entry(name: str, before: Setting | None, after: Setting | None) -> Entry:
    """What the audit trail says of a threshold that was put, written over or taken back."""
    done = "set threshold" if after else "take back threshold"
    return Entry(done, _subject(name), _row_values(before), _row_values(after))


def ladder_entry(active: str, before: str, after: str) -> Entry:
    """What the audit trail says of a ladder, its doses as text."""
    values = [{"value": doses} if doses else None for doses in (before, after)]
    return Entry("set ladder", _ladder_subject(active), *values)


def doses_in_words(doses: Iterable[Decimal]) -> str:
    """``0.25, 0.5, 1``."""
    return ", ".join(f"{dose.normalize():f}" for dose in doses)


def load_entries(files: Mapping[str, FileChange]) -> Iterator[Entry]:
    """What the audit trail says of what files changed that rules go by: added rows in one entry a file, changed ones
    each with what they said."""
    if "settings.csv" in files:
        for before, after in _written(files["settings.csv"]):
            yield threshold_entry(after["name"], Setting(**before) if before else None, Setting(**after))
    if "ladders.csv" in files:
        steps: dict[str, tuple[list[str], list[str]]] = {}
        for before, after in _written(files["ladders.csv"]):
            old, new = steps.setdefault(after["active"], ([], []))
            old.extend([_step(before)] if before else [])
            new.append(_step(after))
        yield from (ladder_entry(active, *map(", ".join, both)) for active, both in steps.items())
    for file in RULE_FILES:
        if file in files:
            yield from _file_entries(file, files[file])


def _written(difference: FileChange) -> list[tuple[dict[str, Any] | None, dict[str, Any]]]:
    return [*((None, row) for row in difference.added), *difference.changed]


def _step(row: Mapping[str, Any]) -> str:
    return f"step {row['step']}: {doses_in_words([row['weekly_mg']])}"


def _file_entries(file: str, difference: FileChange) -> Iterator[Entry]:
    """``2 added: cedar OK sterile; oak TX sterile``; ``cedar TX sterile: expires_on 2026-11-30``, then the new day."""
    if keys := [_key(file, row) for row in difference.added[:MOST_NAMED]]:
        more = len(difference.added) - len(keys)
        listed = "; ".join([*keys, *([f"{more} more"] if more else [])])
        yield Entry("add rows", _file_subject(file), None, {"value": f"{len(difference.added)} added: {listed}"})
    for before, after in difference.changed:
        old, new = (_changed_in_words(file, row, before, after) for row in (before, after))
        yield Entry("change row", _file_subject(file), {"value": f"{_key(file, after)}: {old}"}, {"value": new})


def _key(file: str, row: Mapping[str, Any]) -> str:
    return " ".join(_cell(column, row) for column in FILES[file].columns if column.name in FILES[file].key)


def _changed_in_words(file: str, row: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    columns = [column for column in FILES[file].columns if before[column.field] != after[column.field]]
    return ", ".join(
        f"{column.name} {'not said' if column.field in UNSAID else _cell(column, row)}" for column in columns
    )


def _cell(column: Column, row: Mapping[str, Any]) -> str:
    value = row[column.field]
    return "empty" if value is None else column.kind.write(value)


def _subject(name: str) -> str:
    return f"threshold {name}"


def _ladder_subject(active: str) -> str:
    return f"ladder {active}"


def _file_subject(file: str) -> str:
    return f"file {file}"


def _row_values(row: Setting | None) -> dict[str, Any] | None:
    return None if row is None else row.model_dump(mode="json", exclude={"name"})


def _readable(row: Mapping[Any, Any]) -> RuleChange:
    before, after = (json.loads(row[name]) or {} for name in ("before", "after"))
    values = after or before
    subject = str(row["subject"]).partition(" ")[2]
    return RuleChange(
        row["at"],
        row["email"],
        subject,
        str(values.get("scope", "")),
        str(values.get("valid_from", "")),
        before.get("value"),
        after.get("value"),
    )
