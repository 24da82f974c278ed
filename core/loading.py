"""Use case: a clinic's files into the store, whole or not at all (docs/formats.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from core.errors import BadCell, BadInput
from core.files import Folder, Known, read_files, read_folder
from core.people import Action, Entry, Person, record_all, require
from core.store import Store, Work, save_folder
from core.store.contexts import clinic_of
from core.store.folders import Difference, known_keys
from core.thresholds import loaded as changed_rules

Files = Path | Mapping[str, bytes]
"""A folder or ZIP file on the disk, or uploaded files by name."""


class Loaded(NamedTuple):
    """What was loaded: the clinic, the rows each file gave, what they changed, and what was not read."""

    clinic: str
    counts: Mapping[str, int]
    changes: Mapping[str, Difference]
    warnings: tuple[BadCell, ...]


class _Stored(NamedTuple):
    """What rows may refer to beside their own folder, and the zone that days are read in."""

    known: Known | None
    time_zone: str
    today: date


def load(store: Store, person: Person, files: Files, clinic: str | None = None, on: date | None = None) -> Loaded:
    """Save the files' rows by key; nothing is deleted.

    ``clinic`` None takes the folder's own, or the store's only one. ``on`` is what relative dates count from (today in
    the clinic's zone). Raises BadInput with every bad cell.
    """
    require(person, Action.SET_UP)
    codes = store.clinics()
    expected = clinic or (codes[0] if len(codes) == 1 else None)
    folder = _read(files, _stored(store, expected, on))
    code = folder.clinic.clinic if folder.clinic else expected
    if code is None or (clinic and code != clinic):
        raise BadInput([_wrong_clinic(code, clinic)])
    if folder.clinic and code != expected:
        folder = _read(files, _stored(store, code, on, folder.clinic.time_zone))

    def save(work: Work) -> Mapping[str, Difference]:
        changes = save_folder(work, folder)
        entries = [Entry("load files", code, None, folder.counts()), *changed_rules(changes)]
        record_all(work, person, entries)
        return changes

    return Loaded(code, folder.counts(), store.write(code, save, new=folder.clinic is not None), folder.warnings)


def _wrong_clinic(code: str | None, clinic: str | None) -> BadCell:
    if code is None:
        return BadCell("clinic.csv", None, None, None, "is missing: say which clinic these files belong to")
    return BadCell("clinic.csv", 2, "clinic", code, f"is another clinic than {clinic}, which you are working on")


def _stored(store: Store, clinic: str | None, on: date | None, time_zone: str = "UTC") -> _Stored:
    if clinic is None or clinic not in store.clinics():
        return _Stored(None, time_zone, on or store.clock().astimezone(ZoneInfo(time_zone)).date())
    with store.read(clinic) as work:
        return _Stored(known_keys(work), clinic_of(work).time_zone, on or work.today)


def _read(files: Files, stored: _Stored) -> Folder:
    if isinstance(files, Path):
        return read_folder(files, stored.today, known=stored.known, time_zone=stored.time_zone)
    return read_files(files, stored.today, known=stored.known, time_zone=stored.time_zone)
