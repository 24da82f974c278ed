"""A read folder saved: rows are added or changed by key and never deleted; a price's new day is a new row. A column
that a file does not have leaves what is stored as it is.

What a folder changes can be asked before it is saved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import Table, func, select

from core.adapters.store.carts import withdraw_of_patients
from core.adapters.store.engine import Work, upsert
from core.adapters.store.tables import (
    AGGREGATE_PRICE,
    CARRIER_DAY,
    CLINIC,
    CLOSURE,
    LADDER_STEP,
    OFFER,
    PATIENT,
    PHARMACY,
    PHARMACY_LICENCE,
    PRESCRIBER,
    PRESCRIBER_LICENCE,
    PRESCRIPTION,
    PROGRAM,
    SETTING,
    SKU,
)

TABLES: Final[Mapping[str, Table]] = {
    "clinic.csv": CLINIC,
    "programs.csv": PROGRAM,
    "skus.csv": SKU,
    "pharmacies.csv": PHARMACY,
    "pharmacy_licences.csv": PHARMACY_LICENCE,
    "offers.csv": OFFER,
    "aggregate_prices.csv": AGGREGATE_PRICE,
    "prescribers.csv": PRESCRIBER,
    "prescriber_licences.csv": PRESCRIBER_LICENCE,
    "patients.csv": PATIENT,
    "prescriptions.csv": PRESCRIPTION,
    "carrier_days.csv": CARRIER_DAY,
    "closures.csv": CLOSURE,
    "ladders.csv": LADDER_STEP,
    "settings.csv": SETTING,
}
"""Each file's table, in an order in which rows refer only to rows before them."""


class Rows(Protocol):
    """A read folder: the rows of each file by the file's name (core/adapters/files has it)."""

    def rows(self, file: str, /) -> tuple[Any, ...]: ...

    def given(self, file: str, /) -> tuple[frozenset[str], Sequence[frozenset[str]]] | None: ...


Row = dict[str, Any]


class FileDifference(NamedTuple):
    """What one file's rows would do: new rows, (before, after) of changed ones, and how many say nothing new.

    ``cleared`` counts, by field, the rows of which an empty cell takes a value away.
    """

    added: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    same: int
    cleared: Mapping[str, int]

    @property
    def written(self) -> tuple[Row, ...]:
        """The rows that saving writes."""
        return self.added + tuple(after for _, after in self.changed)


def differences(work: Work, folder: Rows) -> dict[str, FileDifference]:
    """What saving the folder would change, by file; one query a file, files without rows left out."""
    return {file: _difference(work, file, folder) for file in TABLES if folder.rows(file)}


def save_folder(work: Work, folder: Rows) -> dict[str, FileDifference]:
    """Add and change the folder's rows, and tell what that changed.

    Acknowledgements and overrides of cart lines whose patient or prescription changed are withdrawn: they were given
    for what it said before. Stock told without a time was told now, unless the number is the one we had.
    """
    changes = differences(work, folder)
    for file, difference in changes.items():
        upsert(work, TABLES[file], difference.written)
    files = [changes[file] for file in ("patients.csv", "prescriptions.csv") if file in changes]
    withdraw_of_patients(work, {after["patient"] for change in files for _, after in change.changed})
    return changes


def row_counts(work: Work) -> dict[str, int]:
    """How many rows the clinic has of each file."""
    return {
        file: work.connection.scalar(select(func.count()).select_from(table).where(work.of_clinic(table))) or 0
        for file, table in TABLES.items()
    }


def known_keys(work: Work) -> dict[str, set[str]]:
    """The keys already stored that a folder's rows may refer to, by file."""
    columns = {
        "programs.csv": PROGRAM.c.program,
        "skus.csv": SKU.c.sku,
        "pharmacies.csv": PHARMACY.c.pharmacy,
        "prescribers.csv": PRESCRIBER.c.npi,
        "patients.csv": PATIENT.c.patient,
    }
    return {
        file: set(work.connection.scalars(select(column).where(work.of_clinic(column.table))))
        for file, column in columns.items()
    }


def _difference(work: Work, file: str, folder: Rows) -> FileDifference:
    rows = folder.rows(file)
    columns = [column for column in TABLES[file].columns if column.name not in _OUR_OWN]
    key = [column.name for column in columns if column.primary_key]
    stored = work.connection.execute(select(*columns).where(work.of_clinic(TABLES[file]))).mappings()
    before_by_key = {tuple(row[name] for name in key): dict(row) for row in stored}
    given, blanks = folder.given(file) or (None, [frozenset[str]()] * len(rows))
    added, changed, cleared = [], [], Counter[str]()
    for row, blank in zip(rows, blanks, strict=True):
        before = before_by_key.get(tuple(getattr(row, name) for name in key))
        after = {column.name: getattr(row, column.name) for column in columns}
        if before is not None and given is not None:
            after = {name: value if name in given else before[name] for name, value in after.items()}
        if file == "offers.csv":
            after = _with_stock_time(after, before, work.now(), told=given is None or "stock_at" in given)
        if before is None:
            added.append(after)
        elif before != after:
            changed.append((before, after))
            cleared.update(name for name in blank if before.get(name) != after.get(name))
    return FileDifference(tuple(added), tuple(changed), len(rows) - len(added) - len(changed), cleared)


_OUR_OWN: Final = frozenset({"clinic", "data_version", "cart_writes"})


def _with_stock_time(offer: Row, before: Row | None, now: datetime, *, told: bool) -> Row:
    """The offer with the time of its stock: as ``told``, as before where the number is the same, else now.
    Never later than now: what is sold meanwhile would not be taken from it."""
    if offer["stock"] is None or (told and offer["stock_at"] is not None):
        return offer if offer["stock_at"] is None else offer | {"stock_at": min(offer["stock_at"], now)}
    unchanged = before is not None and before["stock"] == offer["stock"]
    return offer | {"stock_at": before["stock_at"] if before and unchanged else now}
