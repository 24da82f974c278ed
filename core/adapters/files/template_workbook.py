"""A workbook to fill in: a sheet for each file, made from the same table that reads it (columns.py)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from core.adapters.files.cells import (
    COUNT,
    DAY,
    MONEY,
    NUMBER,
    PATIENT_STATE,
    RATE,
    STATE,
    STATES,
    WHOLE,
    ZONE,
    CellKind,
)
from core.adapters.files.columns import CART, FILES, Column, File
from core.adapters.files.tables import EXAMPLE

LAST_ROW: Final = 5_000
"""Drop-downs reach down to it."""
ZONES: Final = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
)  # fmt: skip
EXAMPLES: Final[Mapping[str, str]] = {
    "clinic": "alder", "name": "Alder Clinic", "address1": "18 Alder Ct", "address2": "Apt 4", "city": "Austin",
    "state": "TX", "zip": "78704", "time_zone": "America/Chicago", "program": "STANDARD", "phone": "512-555-0142",
    "fax": "512-555-0143", "email": "office@alder.example", "kind": "pass-through", "monthly_fee": "99.00",
    "rate": "0.15", "rate_base": "medication", "processing_rate": "0.029", "processing_fixed": "0.30",
    "encounter_hands_on": "60.00", "encounter_hands_off": "35.00", "valid_from": "2026-01-01",
    "source": "agreement of 2026-01-01", "sku": "SEMA-2.5-2", "category": "GLP-1", "form": "vial",
    "strength": "2.5 mg/mL", "concentration_mg_per_ml": "2.5", "drug_units_per_ml": "100", "volume_ml": "2",
    "units_per_pack": "1", "mg_per_unit": "5", "route": "subcutaneous", "sterile": "yes", "cold_chain": "yes",
    "dea_schedule": "III", "clinical_difference_required": "yes", "in_use_days": "28", "actives": "semaglutide",
    "therapy_class": "GLP-1", "ingredients": "semaglutide;water for injection",
    "usual_sig": "Inject 0.25 mg (10 units) subcutaneously once weekly.", "patient_price": "199.00",
    "pharmacy": "cedar", "cutoff": "13:00", "ship_days": "Mon;Tue;Wed;Thu;Fri", "cold_ship_days": "Mon;Tue;Wed",
    "processing_days": "2", "carrier": "FedEx", "transit_days": "2", "cold_transit_days": "1", "ambient_fee": "9.50",
    "cold_fee": "22.00", "clinic_consolidates": "no", "sig_max_chars": "250", "max_refills": "11",
    "refill_threshold": "0.75", "programs": "STANDARD", "number": "NRP-10001", "expires_on": "2027-06-30",
    "unit_cost": "101.50", "unit_price": "96.00", "stock": "40", "stock_at": "2026-01-02 09:30", "min_quantity": "1",
    "max_quantity": "10", "valid_to": "2026-12-31", "npi": "1234567893", "first_name": "Ada", "last_name": "Lowe",
    "credential": "MD", "dea_number": "AB1234563", "patient": "P-1001", "born_on": "1980-11-25", "sex": "f",
    "allergies": "none", "active": "yes", "rx": "RX-1001",
    "sig": "Inject 0.5 mg (20 units) subcutaneously once weekly.",
    "quantity": "1", "days_supply": "28", "refills": "5", "written_on": "2026-10-01",
    "clinical_difference": "needs a dose that no pen gives", "last_filled_on": "2026-11-01",
    "first_filled_on": "2026-10-02", "fills": "2", "encounter": "none", "rx_pharmacy": "cedar", "rx_number": "700123",
    "telemedicine": "yes", "in_person_on": "2026-09-15", "stopped_on": "2026-12-31",
    "stop_reason": "stopped by the prescriber",
    "paused_until": "2027-01-15", "pause_reason": "travels",
    "date": "2026-12-25", "runs": "no", "step": "1", "weekly_mg": "0.25",
    "scope": "clinic", "value": "7", "ship_to": "patient", "hold": "no",
    "note": "left-handed: no autoinjector",
}  # fmt: skip
"""What the example row says, by column; nobody's data."""
OTHER_EXAMPLES: Final[Mapping[tuple[str, str], str]] = {
    ("pharmacies.csv", "name"): "Cedar Compounding", ("skus.csv", "name"): "Semaglutide 2.5 mg/mL, 2 mL",
    ("settings.csv", "name"): "due_window_days", ("pharmacy_licences.csv", "kind"): "sterile",
    ("ladders.csv", "active"): "semaglutide", ("prescriber_licences.csv", "number"): "TX-MD-10001",
}  # fmt: skip
"""Where one column says another thing in another file."""


def example(file: File, column: Column) -> str:
    """The example row's cell, as a CSV file would write it."""
    return OTHER_EXAMPLES.get((file.name, column.name), EXAMPLES[column.name])


def template_workbook() -> bytes:
    """Every file as a sheet of its name: headings with their meaning in a note, an example row that never loads,
    drop-downs, days as days, and text where a number would lose its zeros."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        for file in (*FILES.values(), CART):
            page = book.add_worksheet(_sheet(file))
            page.freeze_panes(1, 0)
            for at, column in enumerate(file.columns):
                _column(book, page, file, at, column)
    return out.getvalue()


def _sheet(file: File) -> str:
    return file.name.removesuffix(".csv")


def _column(book: Any, page: Any, file: File, at: int, column: Column) -> None:
    number_format = _NUMBER_FORMATS.get(column.kind, "General" if column.kind in _NUMBERS else "@")
    cells = book.add_format({"num_format": number_format})
    head = book.add_format({"bold": column.required, "bottom": 1, "bg_color": "#EEF2F6"})
    page.set_column(at, at, max(len(column.name), 14) + 2, cells)
    page.write_string(0, at, column.name, head)
    page.write_comment(0, at, _note(column), {"x_scale": 2})
    shown = book.add_format({"num_format": number_format, "italic": True, "font_color": "#7A7A7A"})
    _write(page, at, example(file, column) if at else f"{EXAMPLE} {example(file, column)}", column, shown)
    if source := _choices(column):
        page.data_validation(1, at, LAST_ROW, at, {"validate": "list", "source": source, "show_error": False})


def _note(column: Column) -> str:
    need = "Required" if column.required else "May be empty"
    return ". ".join(part for part in (need, column.meaning, f"Format: {column.kind.words}") if part)


def _write(page: Any, at: int, text: str, column: Column, shown: Any) -> None:
    if at and column.kind is DAY:
        value = date.fromisoformat(text)
        page.write_datetime(1, at, datetime(value.year, value.month, value.day), shown)  # noqa: DTZ001 a cell has no zone
    elif at and column.kind in _NUMBERS:
        page.write_number(1, at, float(text), shown)
    else:
        page.write_string(1, at, text, shown)


def _choices(column: Column) -> list[str] | str:
    """The words of a drop-down, or the cells that hold the codes a column refers to."""
    if column.refers_to in FILES and column.kind.words == "code":
        return f"={_sheet(FILES[column.refers_to])}!$A$3:$A${LAST_ROW}"
    if column.kind in {STATE, PATIENT_STATE}:
        return sorted(STATES)
    return list(ZONES if column.kind is ZONE else column.kind.choices)


_NUMBER_FORMATS: Final[Mapping[CellKind, str]] = {DAY: "yyyy-mm-dd", MONEY: "0.00", RATE: "0.0##%"}
_NUMBERS: Final = frozenset({MONEY, RATE, NUMBER, COUNT, WHOLE})
