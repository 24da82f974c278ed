"""Use cases: a clinic's files, or one row of them, into the store, whole or not at all (docs/formats.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.adapters.files import FILES, Folder, KnownKeys, Layout, csv_bytes, read_files, read_folder
from core.adapters.files.headings import Headings
from core.adapters.store import Store, Work, audits, save_folder
from core.adapters.store.contexts import clinic_of, patients_of, pharmacies_of
from core.adapters.store.folders import FileDifference, Row, differences, known_keys
from core.domain.errors import BadCell, BadInput, Refused, Stale
from core.domain.model import Patient
from core.domain.roles import Action, Person, require
from core.rules.same_person import likenesses
from core.services.audit_trail import Entry, record_all
from core.services.load_warnings import load_warnings
from core.services.rule_history import RULE_FILES
from core.services.rule_history import load_entries as changed_rules

Files = Path | Mapping[str, bytes]
"""A folder or ZIP file on the disk, or uploaded files by name."""


BY_ROW: Final = frozenset(FILES) - {"settings.csv", "ladders.csv"}
"""Files whose rows are saved one by one here; thresholds and ladders have their own (core/services/thresholds.py)."""


SAFEGUARDS: Final[Mapping[str, frozenset[str]]] = {
    "skus.csv": frozenset({"dea_schedule", "clinical_difference_required"}),
    "pharmacy_licences.csv": frozenset({"expires_on"}),
    "offers.csv": frozenset({"stock", "valid_to", "min_quantity", "max_quantity"}),
    "prescriber_licences.csv": frozenset({"expires_on"}),
    "patients.csv": frozenset({"allergies", "active"}),
    "prescriptions.csv": frozenset({"stopped_on", "last_filled_on", "first_filled_on", "fills", "telemedicine"}),
}
"""Fields whose values keep lines from being ordered: an empty cell clears them only where somebody says so."""


class Loaded(NamedTuple):
    """What was loaded: the clinic, the rows each file gave, what they changed, and what was not read."""

    clinic: str
    counts: Mapping[str, int]
    changes: Mapping[str, FileDifference]
    warnings: tuple[BadCell, ...]


class _Stored(NamedTuple):
    """What rows may refer to beside their own folder, the zone of its days, and what headings meant before."""

    known_keys: KnownKeys | None
    time_zone: str
    today: date
    headings: Mapping[str, Headings]
    pharmacy_zones: Mapping[str, str]


def load(
    store: Store,
    person: Person,
    files: Files,
    clinic: str | None = None,
    on: date | None = None,
    *,
    clear: bool = False,
    layouts: Mapping[str, Layout] | None = None,
) -> Loaded:
    """Save the files' rows by key; nothing is deleted. Every changed row is audited with its values before and after.

    ``clinic`` None takes the folder's own, or the store's only one. ``on`` is what relative dates count from (today in
    the clinic's zone). Raises BadInput with every bad cell, and Refused where empty cells would take away what stops
    lines, unless ``clear`` says that this is meant. What ``layouts`` say of headings is remembered for the next file.
    """
    require(person, Action.SET_UP)
    code, folder, today = _folder(store, files, clinic, on, layouts)

    def save(work: Work) -> Mapping[str, FileDifference]:
        changes = save_folder(work, folder)
        if stopping := safeguards_cleared(changes):
            _refuse_unless(clear, stopping)
        headings = _newly_mapped(work, layouts or {})
        record_all(work, person, [Entry("load files", code, None, folder.counts()), *headings, *_changed(changes)])
        return changes

    changes = store.write(code, save, new=folder.clinic is not None)
    return Loaded(code, folder.counts(), changes, _warnings(store, code, folder, changes, today))


def safeguards_cleared(changes: Mapping[str, FileDifference]) -> Mapping[tuple[str, str], int]:
    """How many rows lose, by file and column, a value that keeps lines from being ordered."""
    return {
        (file, field): rows
        for file, fields in SAFEGUARDS.items()
        if file in changes
        for field, rows in changes[file].cleared.items()
        if field in fields
    }


def _refuse_unless(clear: bool, stopping: Mapping[tuple[str, str], int]) -> None:
    if not clear:
        what = ", ".join(f"{field} of {rows:,} rows in {file}" for (file, field), rows in stopping.items())
        raise Refused(
            f"Empty cells would clear {what}. What stands there keeps lines from being ordered. Leave the columns out "
            "to keep it, or confirm that it is to be cleared (by command: --clear)."
        )


def preview_load(
    store: Store,
    person: Person,
    files: Files,
    clinic: str | None = None,
    on: date | None = None,
    layouts: Mapping[str, Layout] | None = None,
) -> Loaded:
    """What loading the files would change; nothing is written. Raises BadInput with every bad cell."""
    require(person, Action.SET_UP)
    code, folder, today = _folder(store, files, clinic, on, layouts)
    if code not in store.clinics():
        changes = {
            file: FileDifference(tuple(row.model_dump() for row in folder.rows(file)), (), 0, {})
            for file in folder.counts()
        }
        return Loaded(code, folder.counts(), changes, (*folder.warnings, *load_warnings(_written(changes), today)))
    with store.read(code) as work:
        changes = differences(work, folder)
    return Loaded(code, folder.counts(), changes, _warnings(store, code, folder, changes, today))


_MAPPED: Final = "map headings"


def remembered_headings(work: Work) -> dict[str, Headings]:
    """What people said that headings mean, by file, from the audit trail."""
    subjects = [_headings_of(file) for file in FILES]
    newest = reversed(audits.about(work, subjects, limit=_NEWEST_MAPPINGS))
    return {row["subject"].removeprefix(_headings_of("")): json.loads(row["after"]) for row in newest}


_NEWEST_MAPPINGS: Final = 200


def _headings_of(file: str) -> str:
    return f"headings of {file}"


def _newly_mapped(work: Work, layouts: Mapping[str, Layout]) -> Iterator[Entry]:
    known = remembered_headings(work) if layouts else {}
    for layout in layouts.values():
        before = known.get(layout.file, {})
        after = {**before, **layout.headings}
        if after != before:
            yield Entry(_MAPPED, _headings_of(layout.file), before or None, after)


def _warnings(
    store: Store, clinic: str, folder: Folder, changes: Mapping[str, FileDifference], today: date
) -> tuple[BadCell, ...]:
    """What was not read or read with care, what will stop lines, and who may be there twice."""
    likely = load_warnings(_written(changes), today)
    return (*folder.warnings, *likely, *_same_people(store, clinic, changes))


def _written(changes: Mapping[str, FileDifference]) -> dict[str, tuple[Row, ...]]:
    return {file: each.written for file, each in changes.items()}


def _same_people(store: Store, clinic: str, changes: Mapping[str, FileDifference]) -> Iterator[BadCell]:
    """A warning for every new or changed patient who is likely one of the clinic under another code; once a pair."""
    written = (
        [Patient.model_validate(row) for row in changes["patients.csv"].written] if "patients.csv" in changes else []
    )
    if not written:
        return
    with store.read(clinic) as work:
        patients = patients_of(work) | {row.patient: row for row in written}
    warned: set[frozenset[str]] = set()
    for code, alike in likenesses(written, patients.values()).items():
        for likeness in alike:
            pair = frozenset((code, likeness.other))
            if pair not in warned:
                reason = f"has the same {likeness.common} as {likeness.other}: one person under two codes?"
                yield BadCell("patients.csv", None, "patient", code, reason)
            warned.add(pair)


class RowChange(NamedTuple):
    """A row's cells as the file writes them, and as the person saw them (None for a new row)."""

    cells: Mapping[str, str]
    shown: Mapping[str, str] | None


def save_row(
    store: Store, person: Person, clinic: str, file: str, cells: Mapping[str, str], shown: Mapping[str, str] | None
) -> bool:
    """Add or change one row of a file; whether that changed anything. Raises as ``save_rows`` does."""
    try:
        return bool(save_rows(store, person, clinic, file, [RowChange(cells, shown)]))
    except BadInput as error:
        raise BadInput(cell._replace(row=None) for cell in error.errors) from None


def save_rows(store: Store, person: Person, clinic: str, file: str, rows: Sequence[RowChange]) -> int:
    """Add or change rows of a file, all or none of them; how many that changed.

    Raises BadInput with every bad cell (the first row is 2), Refused for a file that is not saved by row, a new row
    that is there already or a row whose key was changed, and Stale, with what the row says now, where somebody changed
    it first.
    """
    require(person, Action.SET_UP)
    if file not in BY_ROW:
        raise Refused(f"{file} is not changed row by row; on Setup, Rules has its values.")
    names = list(rows[0].cells)
    data = csv_bytes(names, [[row.cells[name] for name in names] for row in rows])
    folder = _folder(store, {file: data}, clinic, None)[1]
    seen = {_key_of(file, typed.model_dump()): row.shown for typed, row in zip(folder.rows(file), rows, strict=True)}

    def save(work: Work) -> int:
        change = differences(work, folder)[file]
        added = {_key_of(file, row) for row in change.added}
        if any(shown is None and key not in added for key, shown in seen.items()):
            raise Refused(f"{file} has this row already; choose it to change it.")
        if any(shown is not None and key in added for key, shown in seen.items()):
            raise Refused(f"The {', '.join(FILES[file].key)} of a row of {file} stays as it is; add a new row instead.")
        for before, _ in change.changed:
            _refuse_stale(file, before, seen[_key_of(file, before)] or {})
        save_folder(work, folder)
        entries = [Entry("add row", _subject(file, row), None, _json_values(row)) for row in change.added]
        record_all(work, person, [*(entries if file not in RULE_FILES else ()), *_changed({file: change})])
        return len(change.written)

    return store.write(clinic, save)


def _key_of(file: str, row: Row) -> tuple[object, ...]:
    fields = {column.name: column.field for column in FILES[file].columns}
    return tuple(row[fields[name]] for name in FILES[file].key if name != "clinic")


def _refuse_stale(file: str, stored: Row, shown: Mapping[str, str]) -> None:
    """Raises Stale unless the row still says what was seen of it."""
    columns = [column for column in FILES[file].columns if column.field in stored]
    now = {column.name: column.written(stored[column.field]) for column in columns}
    other = {name: text for name, text in now.items() if text != shown.get(name, text)}
    if other:
        message = f"Somebody changed {', '.join(other)} of this row of {file} first. Look at it, then save again."
        raise Stale(message, other)


def _changed(changes: Mapping[str, FileDifference]) -> Iterator[Entry]:
    """One audit entry for every changed row, with the values that differ; rules say it in their own words."""
    yield from changed_rules(changes)
    for file, difference in changes.items():
        for before, after in difference.changed if file in BY_ROW.difference(RULE_FILES) else ():
            names = [name for name, value in after.items() if value != before[name]]
            old, new = ({name: row[name] for name in names} for row in (before, after))
            yield Entry("change row", _subject(file, after), _json_values(old), _json_values(new))


def _subject(file: str, row: Row) -> str:
    return " ".join((file, *(str(row[name]) for name in FILES[file].key if name in row)))


def _json_values(row: Row) -> dict[str, Any]:
    """Values as JSON holds them, sets in order."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in row.items()}


def _folder(
    store: Store, files: Files, clinic: str | None, on: date | None, layouts: Mapping[str, Layout] | None = None
) -> tuple[str, Folder, date]:
    """The files read for their clinic, with its code before and the day of loading after them."""
    codes = store.clinics()
    expected = clinic or (codes[0] if len(codes) == 1 else None)
    stored = _stored(store, expected, on)
    folder = _read(files, stored, layouts)
    code = folder.clinic.clinic if folder.clinic else expected
    if code is None or (clinic and code != clinic):
        raise BadInput([_wrong_clinic(code, clinic)])
    if folder.clinic and code != expected:
        stored = _stored(store, code, on, folder.clinic.time_zone)
        folder = _read(files, stored, layouts)
    return code, folder, stored.today


def _wrong_clinic(code: str | None, clinic: str | None) -> BadCell:
    if code is None:
        return BadCell("clinic.csv", None, None, None, "is missing: say which clinic these files belong to")
    return BadCell("clinic.csv", 2, "clinic", code, f"is another clinic than {clinic}, which you are working on")


def _stored(store: Store, clinic: str | None, on: date | None, time_zone: str = "UTC") -> _Stored:
    if clinic is None or clinic not in store.clinics():
        return _Stored(None, time_zone, on or store.clock().astimezone(ZoneInfo(time_zone)).date(), {}, {})
    with store.read(clinic) as work:
        zones = {code: pharmacy.time_zone for code, pharmacy in pharmacies_of(work).items()}
        zone, today = clinic_of(work).time_zone, on or work.today
        return _Stored(known_keys(work), zone, today, remembered_headings(work), zones)


def _read(files: Files, stored: _Stored, layouts: Mapping[str, Layout] | None) -> Folder:
    given: dict[str, Any] = {
        "known_keys": stored.known_keys,
        "time_zone": stored.time_zone,
        "remembered": stored.headings,
        "pharmacy_zones": stored.pharmacy_zones,
    }
    if isinstance(files, Path):
        return read_folder(files, stored.today, **given)
    return read_files(files, stored.today, layouts=layouts, **given)
