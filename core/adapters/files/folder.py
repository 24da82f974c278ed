"""A clinic's folder: read whole or not at all, and written again as the same files (docs/formats.md)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from core.adapters.files.columns import CART, FILES, File
from core.adapters.files.export import csv_bytes
from core.adapters.files.headings import Headings, columns_of, known_headings
from core.adapters.files.records import KnownKeys, Records, dangling, look_alikes, read_records, with_code_zeros
from core.adapters.files.tables import HEADER_WITHIN, SPREADSHEETS, filled_rows, header_at, too_large
from core.adapters.files.workbook import MOST_UNPACKED, UNREADABLE, sheet_names, unpacked_bytes
from core.domain.errors import BadCell, BadInput
from core.domain.model import (
    AggregatePrice,
    CarrierDay,
    Clinic,
    Closure,
    LadderStep,
    Offer,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    Setting,
    Sku,
)

CARTS = frozenset({CART.name, "faults.csv"})
"""Files that may lie in a clinic's folder and are carts, not data of the clinic."""


ONE_CODE_EACH = frozenset({"skus.csv", "pharmacies.csv", "patients.csv"})
"""Files in which a code that differs from another in its writing alone is a slip, not a second one."""


class GivenCells(NamedTuple):
    """What a file says of its rows: the fields of its columns, and each row's fields whose cells are empty."""

    fields: frozenset[str]
    blank: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Folder:
    """A clinic's files, typed. ``clinic`` is None where the folder has no clinic.csv; ``prescribers`` come without
    their licenses, which are rows of their own. ``warnings`` name what was not read. ``cells`` tells what each file
    gave; of one that is not there every field counts as given.
    """

    clinic: Clinic | None = None
    programs: tuple[Program, ...] = ()
    skus: tuple[Sku, ...] = ()
    pharmacies: tuple[Pharmacy, ...] = ()
    pharmacy_licences: tuple[PharmacyLicence, ...] = ()
    offers: tuple[Offer, ...] = ()
    aggregate_prices: tuple[AggregatePrice, ...] = ()
    prescribers: tuple[Prescriber, ...] = ()
    prescriber_licences: tuple[PrescriberLicence, ...] = ()
    patients: tuple[Patient, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    carrier_days: tuple[CarrierDay, ...] = ()
    closures: tuple[Closure, ...] = ()
    ladders: tuple[LadderStep, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[BadCell, ...] = ()
    cells: Mapping[str, GivenCells] = field(default_factory=dict, compare=False)

    @property
    def clinics(self) -> tuple[Clinic, ...]:
        """The rows of clinic.csv."""
        return (self.clinic,) if self.clinic else ()

    def rows(self, file: str) -> tuple[Any, ...]:
        """The rows of one file by its name."""
        rows: tuple[Any, ...] = getattr(self, FILES[file].part)
        return rows

    def given(self, file: str) -> GivenCells | None:
        """What the file gave of its rows; None where it gave every field."""
        return self.cells.get(file)

    def counts(self) -> dict[str, int]:
        """How many rows each file gave: ``{"skus.csv": 40}``; files without rows are left out."""
        return {file: len(self.rows(file)) for file in FILES if self.rows(file)}


class Layout(NamedTuple):
    """What a person says of an uploaded file: which of a clinic's files it is, and what its headings mean."""

    file: str
    headings: Headings


class Shape(NamedTuple):
    """An upload as it came: which file it is taken for (None: not known), its headings, and the column of each."""

    file: str | None
    headings: tuple[str, ...]
    columns: tuple[str | None, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The required columns that no heading means."""
        columns = FILES[self.file].columns if self.file else ()
        return tuple(column.name for column in columns if column.required and column.name not in self.columns)


def read_folder(
    path: Path,
    today: date,
    *,
    known_keys: KnownKeys | None = None,
    time_zone: str = "UTC",
    remembered: Mapping[str, Headings] | None = None,
    pharmacy_zones: Mapping[str, str] | None = None,
) -> Folder:
    """The folder (or ZIP file) at ``path``; raises BadInput with every bad cell, and then nothing was read.

    ``today`` is what ``D-28`` counts from. ``known_keys`` holds keys already stored, by file, that rows may refer to
    too; ``time_zone`` is the stored clinic's, used where the folder has no clinic.csv.
    """
    files = dict(_files_at(path))
    return read_files(
        files, today, known_keys=known_keys, time_zone=time_zone, remembered=remembered, pharmacy_zones=pharmacy_zones
    )


def read_files(
    files: Mapping[str, bytes],
    today: date,
    *,
    known_keys: KnownKeys | None = None,
    time_zone: str = "UTC",
    remembered: Mapping[str, Headings] | None = None,
    layouts: Mapping[str, Layout] | None = None,
    pharmacy_zones: Mapping[str, str] | None = None,
) -> Folder:
    """The same from uploaded files by name: CSV, XLSX with the same name, or ZIP files that hold them.

    ``remembered`` is what headings meant before, by file; ``layouts`` what a person says of an upload, by its name;
    ``pharmacy_zones`` are those of stored pharmacies, in which they tell the time of their stock.
    """
    named, warnings = _recognised(_unpacked(files), remembered or {}, layouts or {})
    read, errors = _read_all(named, today, time_zone, pharmacy_zones or {})
    keys = _keys(named, read, known_keys or {})
    for name, given in list(read.items()):
        records = read[name] = with_code_zeros(name, named[name].file, given, known_keys or {}, keys)
        keys[name] = {*(known_keys or {}).get(name, ()), *records.keys}
        errors += [*records.errors, *dangling(named[name].file, records, keys)]
        if name in ONE_CODE_EACH:
            errors += look_alikes(named[name].file, records, (known_keys or {}).get(name, ()))
        warnings += records.warnings
    if errors:
        raise BadInput(errors)
    parts = {FILES[name].part: tuple(record.row for record in records.good) for name, records in read.items()}
    cells = {
        name: GivenCells(records.fields, tuple(record.blank for record in records.good))
        for name, records in read.items()
    }
    clinic = next(iter(parts.pop("clinics", ())), None)
    return Folder(clinic=clinic, warnings=tuple(warnings), cells=cells, **parts)


def export_folder(folder: Folder) -> dict[str, bytes]:
    """Every file that has rows, as CSV; loading them again gives the same folder."""
    return {name: _exported(FILES[name], folder.rows(name)) for name in folder.counts()}


def templates() -> dict[str, bytes]:
    """Every file with its header alone, for people to fill in."""
    return {file.name: csv_bytes([column.name for column in file.columns], []) for file in (*FILES.values(), CART)}


class _FolderFile(NamedTuple):
    """A file that belongs to a folder, under the name it came with, and its sheet of a workbook of several files."""

    file: File
    data: bytes
    sheet: str | None = None
    headings: Headings = MappingProxyType({})


def _exported(file: File, rows: Iterable[Any]) -> bytes:
    cells = ([column.written(getattr(row, column.field)) for column in file.columns] for row in rows)
    return csv_bytes([column.name for column in file.columns], cells)


def _files_at(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        entries = sorted(entry for entry in path.iterdir() if _is_table(entry)) if path.is_dir() else [path]
        if errors := [error for entry in entries if (error := too_large(entry.name, entry.stat().st_size))]:
            raise BadInput(errors)
        for entry in entries:
            yield entry.name, entry.read_bytes()
    except OSError as error:
        raise BadInput([BadCell(str(path), None, None, None, f"cannot be opened ({error.strerror})")]) from None


def _is_table(entry: Path) -> bool:
    return entry.is_file() and entry.suffix.casefold()[1:] in SPREADSHEETS


def _unpacked(files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, data in files.items():
        if not name.casefold().endswith(".zip"):
            yield PurePosixPath(name).name, data
            continue
        if unpacked_bytes(name, data) > MOST_UNPACKED:
            raise BadInput([BadCell(name, None, None, None, "unpacks to more than 100 MB; split it")])
        yield from _members(name, data)


def _members(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))  # as Windows writes it
            if member.is_dir() or path.name.startswith(".") or path.parts[0] == "__MACOSX":
                continue
            if error := too_large(path.name, member.file_size):
                raise BadInput([error])
            try:
                yield path.name, archive.read(member)
            except UNREADABLE:
                raise BadInput([BadCell(name, None, None, path.name, "cannot be unpacked")]) from None


def shape_of(called: str, data: bytes, remembered: Mapping[str, Headings], file: str | None = None) -> Shape | None:
    """How an upload is laid out, as ``file`` where that is said; None where it is no single table that can be read."""
    if called.casefold().endswith(".zip") or len(_sheets_of_files(called, data)) > 1:
        return None
    file = file or (_file_name(called) if _file_name(called) in FILES else None)
    names = [column.name for each in FILES.values() for column in each.columns]
    given = remembered.get(file, {}) if file else {}
    try:
        known = known_headings(_names(file) if file else names, given)
        top = [cells for _, cells in islice(filled_rows(called, data, known).rows, HEADER_WITHIN)]
    except BadInput:
        return None
    if not top:
        return None
    headings = tuple(cell.strip() for cell in top[header_at(top, known)])
    file = file or _likely_file(headings, remembered)
    meant = columns_of(headings, _names(file), remembered.get(file, {})) if file else [None] * len(headings)
    return Shape(file, headings, tuple(meant))


def _names(file: str) -> list[str]:
    return [column.name for column in FILES[file].columns]


def _likely_file(headings: Sequence[str], remembered: Mapping[str, Headings]) -> str | None:
    """The one file whose required columns all stand there, of several the one with the most columns."""
    shapes = (
        Shape(file, tuple(headings), tuple(columns_of(headings, _names(file), remembered.get(file, {}))))
        for file in FILES
    )
    fits = {
        shape.file: sum(map(bool, shape.columns)) for shape in shapes
        if not shape.missing and sum(map(bool, shape.columns)) >= _FEWEST_COLUMNS
    }  # fmt: skip
    best = [file for file, number in fits.items() if number == max(fits.values())]
    return best[0] if len(best) == 1 else None


_FEWEST_COLUMNS: Final = 3
"""Fewer known headings make no file by themselves."""


def _recognised(
    files: Iterable[tuple[str, bytes]], remembered: Mapping[str, Headings], layouts: Mapping[str, Layout]
) -> tuple[dict[str, _FolderFile], list[BadCell]]:
    files_by_name: dict[str, _FolderFile] = {}
    warnings = []
    for called, data, sheet in _each_sheet(files):
        layout = layouts.get(called)
        name = layout.file if layout else _file_name(sheet or called)
        if name not in FILES and name not in CARTS and (shape := shape_of(called, data, remembered)) and shape.file:
            name = shape.file
            warnings.append(BadCell(called, None, None, None, f"was read as {name}, by its headings"))
        if name in files_by_name:
            raise BadInput(
                [BadCell(called, None, None, None, f"stands there twice, as {files_by_name[name].file.name} too")]
            )
        if name in FILES:
            shown = f"{called}, sheet {sheet}" if sheet else called
            headings = {**remembered.get(name, {}), **(layout.headings if layout else {})}
            files_by_name[name] = _FolderFile(FILES[name]._replace(name=shown), data, sheet, headings)
        elif name not in CARTS:
            warnings.append(BadCell(called, None, None, None, "is not a file of a clinic's folder; it was not read"))
    if not files_by_name:
        raise BadInput([BadCell("folder", None, None, None, f"holds none of {', '.join(FILES)}")])
    return {name: files_by_name[name] for name in FILES if name in files_by_name}, warnings


def _each_sheet(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes, str | None]]:
    """Each file, and of a workbook whose sheets are called as files each of these sheets."""
    for called, data in files:
        sheets = _sheets_of_files(called, data)
        for sheet in sheets:
            yield called, data, sheet
        if not sheets:
            yield called, data, None


def _sheets_of_files(called: str, data: bytes) -> list[str]:
    """The sheets that are called as a clinic's files are; none where the workbook itself is called so and one is."""
    sheets = [name for name in sheet_names(called, data) if _file_name(name) in FILES]
    return sheets if len(sheets) > 1 or _file_name(called) not in FILES else []


def _file_name(called: str) -> str:
    """A clinic's file that an upload or a sheet is named for, whatever its kind."""
    return f"{PurePosixPath(called).stem.strip().casefold()}.csv"


def _read(
    files: Mapping[str, _FolderFile], today: date, time_zone: str, pharmacy_zones: Mapping[str, str]
) -> tuple[dict[str, Records], list[BadCell]]:
    read = {}
    errors: list[BadCell] = []
    for name, (file, data, sheet, headings) in files.items():
        try:
            read[name] = read_records(file, data, today, ZoneInfo(time_zone), sheet, headings, pharmacy_zones)
        except BadInput as bad:
            errors += bad.errors
    return read, errors


def _read_all(
    files: Mapping[str, _FolderFile], today: date, time_zone: str, pharmacy_zones: Mapping[str, str]
) -> tuple[dict[str, Records], list[BadCell]]:
    """Every file's rows; clinic.csv and pharmacies.csv go first, since their zones are what the others' instants are
    read in."""
    read: dict[str, Records] = {}
    errors: list[BadCell] = []
    for turn in ({"clinic.csv"}, {"pharmacies.csv"}, files.keys() - {"clinic.csv", "pharmacies.csv"}):
        given = {name: file for name, file in files.items() if name in turn}
        more, bad = _read(given, today, time_zone, pharmacy_zones)
        read |= more
        errors += bad
        for record in more["clinic.csv"].good if "clinic.csv" in more else ():
            time_zone = record.row.time_zone
        for record in more["pharmacies.csv"].good if "pharmacies.csv" in more else ():
            pharmacy_zones = {**pharmacy_zones, record.row.pharmacy: record.row.time_zone}
    in_order = {name: read[name] for name in files if name in read}
    return in_order, [*errors, *_several_clinics({name: each for name, each in read.items() if name == "clinic.csv"})]


def _several_clinics(read: Mapping[str, Records]) -> Iterator[BadCell]:
    for records in read.values():
        for record in records.good[1:]:
            yield BadCell("clinic.csv", record.number, "clinic", record.row.clinic, "one folder loads one clinic")


def _keys(
    files: Mapping[str, _FolderFile], read: Mapping[str, Records], known_keys: KnownKeys
) -> dict[str, Collection[str]]:
    """What rows may refer to; nothing is said of a file that could not be read at all."""
    return {
        name: {*known_keys.get(name, ()), *(read[name].keys if name in read else ())}
        for name in FILES
        if name in read or name not in files
    }
