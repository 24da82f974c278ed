"""A cart that somebody uploads or names on the command line: its good rows, and what is wrong with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from core.adapters.files.columns import CART
from core.adapters.files.records import dangling, read_records
from core.adapters.files.tables import too_large
from core.domain.context import Context
from core.domain.errors import BadCell, BadInput
from core.rules.prescriptions import CartRow


@dataclass(frozen=True)
class CartUpload:
    """The rows that can be loaded, as typed, with their row numbers in the file; the bad cells of all others."""

    rows: tuple[CartRow, ...]
    row_numbers: tuple[int, ...]
    errors: tuple[BadCell, ...]
    warnings: tuple[BadCell, ...]


def read_cart(name: str, data: bytes | Path, context: Context, refill_day: date) -> CartUpload:
    """The rows of a cart file (CSV or XLSX, columns in any order) and its bad ones.

    An unknown patient, SKU or pharmacy makes a row bad; an unknown prescription or prescriber is for validation to
    find. Raises BadInput where the file as a whole cannot be read.
    """
    file = CART._replace(name=name)
    records = read_records(file, _bytes(name, data), refill_day, ZoneInfo(context.clinic.time_zone))
    known_keys = {"patients.csv": context.patients, "skus.csv": context.skus, "pharmacies.csv": context.pharmacies}
    unknown = tuple(dangling(file, records, known_keys))
    bad = {error.row for error in unknown}
    good = [record for record in records.good if record.number not in bad]
    return CartUpload(
        rows=tuple(record.row for record in good),
        row_numbers=tuple(record.number for record in good),
        errors=tuple(sorted((*records.errors, *unknown), key=lambda error: error.row or 0)),
        warnings=records.warnings,
    )


def _bytes(name: str, data: bytes | Path) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        if error := too_large(name, data.stat().st_size):
            raise BadInput([error])
        return data.read_bytes()
    except OSError as error:
        raise BadInput([BadCell(name, None, None, None, f"cannot be opened ({error.strerror})")]) from None
