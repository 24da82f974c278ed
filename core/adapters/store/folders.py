"""A read folder saved: rows are added or changed by key and never deleted; a price's new day is a new row.

What a folder changes can be asked before it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import select

from core.adapters.store.carts import withdraw_of_patients
from core.adapters.store.engine import Work, inserting
from core.adapters.store.tables import (
    AggregatePriceRow,
    CarrierDayRow,
    ClinicRow,
    ClosureRow,
    LadderStepRow,
    OfferRow,
    PatientRow,
    PharmacyLicenceRow,
    PharmacyRow,
    PrescriberLicenceRow,
    PrescriberRow,
    PrescriptionRow,
    ProgramRow,
    SettingRow,
    SkuRow,
)

TABLES: Final[Mapping[str, Any]] = {
    "clinic.csv": ClinicRow,
    "programs.csv": ProgramRow,
    "skus.csv": SkuRow,
    "pharmacies.csv": PharmacyRow,
    "pharmacy_licences.csv": PharmacyLicenceRow,
    "offers.csv": OfferRow,
    "aggregate_prices.csv": AggregatePriceRow,
    "prescribers.csv": PrescriberRow,
    "prescriber_licences.csv": PrescriberLicenceRow,
    "patients.csv": PatientRow,
    "prescriptions.csv": PrescriptionRow,
    "carrier_days.csv": CarrierDayRow,
    "closures.csv": ClosureRow,
    "ladders.csv": LadderStepRow,
    "settings.csv": SettingRow,
}
"""Each file's table, in an order in which rows refer only to rows before them."""


class Rows(Protocol):
    """A read folder: the rows of each file by the file's name (core/adapters/files has it)."""

    def rows(self, file: str, /) -> tuple[Any, ...]: ...


Row = dict[str, Any]


class Difference(NamedTuple):
    """What one file's rows would do: new rows, (before, after) of changed ones, and how many say nothing new."""

    added: tuple[Row, ...]
    changed: tuple[tuple[Row, Row], ...]
    same: int

    @property
    def written(self) -> tuple[Row, ...]:
        """The rows that saving writes."""
        return self.added + tuple(after for _, after in self.changed)


def differences(work: Work, folder: Rows) -> dict[str, Difference]:
    """What saving the folder would change, by file; one query a file, files without rows left out."""
    return {file: _difference(work, file, rows) for file in TABLES if (rows := folder.rows(file))}


def save_folder(work: Work, folder: Rows) -> dict[str, Difference]:
    """Add and change the folder's rows, and tell what that changed.

    Acknowledgements and overrides of cart lines whose patient or prescription changed are withdrawn: they were given
    for what it said before. Stock told without a time was told now, unless the number is the one we had.
    """
    changes = differences(work, folder)
    for file, difference in changes.items():
        if difference.written:
            rows = [{"clinic": work.clinic} | row for row in difference.written]
            work.connection.execute(_upsert(work, TABLES[file]), rows)
    files = [changes[file] for file in ("patients.csv", "prescriptions.csv") if file in changes]
    withdraw_of_patients(work, {after["patient"] for change in files for _, after in change.changed})
    return changes


def known_keys(work: Work) -> dict[str, set[str]]:
    """The keys already stored that a folder's rows may refer to, by file."""
    columns = {
        "programs.csv": ProgramRow.program,
        "skus.csv": SkuRow.sku,
        "pharmacies.csv": PharmacyRow.pharmacy,
        "prescribers.csv": PrescriberRow.npi,
        "patients.csv": PatientRow.patient,
    }
    return {
        file: set(work.connection.scalars(select(column).where(TABLES[file].clinic == work.clinic)))
        for file, column in columns.items()
    }


def _difference(work: Work, file: str, rows: tuple[Any, ...]) -> Difference:
    columns = [column for column in TABLES[file].__table__.columns if column.name not in _OUR_OWN]
    key = [column.name for column in columns if column.primary_key]
    stored = work.connection.execute(select(*columns).where(TABLES[file].clinic == work.clinic)).mappings()
    before = {tuple(row[name] for name in key): dict(row) for row in stored}
    added, changed = [], []
    for row in rows:
        known = before.get(tuple(getattr(row, name) for name in key))
        after = {column.name: getattr(row, column.name) for column in columns}
        if file == "offers.csv":
            after = _told(after, known, work.now())
        if known is None:
            added.append(after)
        elif known != after:
            changed.append((known, after))
    return Difference(tuple(added), tuple(changed), len(rows) - len(added) - len(changed))


_OUR_OWN: Final = frozenset({"clinic", "data_version"})


def _told(offer: Row, known: Row | None, now: datetime) -> Row:
    if offer["stock"] is None or offer["stock_at"] is not None:
        return offer
    unchanged = known is not None and known["stock"] == offer["stock"]
    return offer | {"stock_at": known["stock_at"] if known and unchanged else now}


def _upsert(work: Work, table: Any) -> Any:
    statement = inserting(work.connection, table)
    columns = [column for column in table.__table__.columns if column.name not in _OUR_OWN and not column.primary_key]
    if not columns:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.__table__.primary_key],
        set_={column.name: statement.excluded[column.name] for column in columns},
    )
