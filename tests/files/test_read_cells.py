"""What a cell may say, column by column (docs/formats.md): read, or refused with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from core.adapters.files import FILES, read_files
from core.domain.errors import BadInput
from core.domain.model import Encounter, LicenceKind, ProgramKind, RateBase

TODAY = date(2026, 12, 4)
SOUND = {
    "clinic.csv": {"clinic": "j", "name": "J", "state": "TX", "time_zone": "America/Chicago", "program": "FREE"},
    "programs.csv": {
        "program": "FREE", "kind": "pass-through", "monthly_fee": "0", "rate": "0.15", "valid_from": "2026-01-01",
    },
    "skus.csv": {"sku": "S", "name": "Sema", "sterile": "yes", "cold_chain": "no", "actives": ""},
    "pharmacies.csv": {
        "pharmacy": "cedar", "name": "Cedar", "state": "TX", "time_zone": "America/Chicago", "cutoff": "13:00",
        "ship_days": "Mon;Tue", "cold_ship_days": "Mon", "processing_days": "1", "transit_days": "2",
        "cold_transit_days": "1", "ambient_fee": "9.50", "cold_fee": "20",
    },
    "pharmacy_licences.csv": {"pharmacy": "cedar", "state": "TX", "kind": "sterile"},
    "offers.csv": {"pharmacy": "cedar", "sku": "S", "unit_cost": "100", "valid_from": "D-400"},
    "prescribers.csv": {"npi": "1234567893", "first_name": "Ada", "last_name": "Okafor"},
    "patients.csv": {"patient": "P1"},
    "prescriptions.csv": {
        "rx": "RX1", "patient": "P1", "sku": "S", "npi": "1234567893", "quantity": "1", "written_on": "2026-09-01",
    },
    "settings.csv": {"scope": "clinic", "name": "due_window_days", "value": "7", "valid_from": "2026-01-01"},
}  # fmt: skip


def files(file: str, **cells: str) -> dict[str, bytes]:
    """A folder of one row a file, with some cells of one file changed."""
    return {name: _csv(row | cells if name == file else row) for name, row in SOUND.items()}


def _csv(row: dict[str, str]) -> bytes:
    lines = (",".join(row), ",".join(f'"{cell}"' for cell in row.values()))
    return "\n".join(lines).encode()


def read(file: str, column: str, cell: str) -> Any:
    """The typed value of one cell."""
    field = next(known.field for known in FILES[file].columns if known.name == column)
    return getattr(read_files(files(file, **{column: cell}), TODAY).rows(file)[0], field)


READ = [
    ("money with cents", "offers.csv", "unit_cost", "189.05", 189_05),
    ("money in whole dollars", "offers.csv", "unit_cost", "189", 189_00),
    ("money with one decimal", "offers.csv", "unit_cost", "189.5", 189_50),
    ("money with a currency sign", "offers.csv", "unit_cost", "$189.00", 189_00),
    ("money with a thousands separator", "offers.csv", "unit_cost", "$1,890.50", 1890_50),
    ("money as a spreadsheet keeps it", "offers.csv", "unit_cost", "69.30000000000001", 69_30),
    ("money as it keeps less", "offers.csv", "unit_cost", "69.29999999999999", 69_30),
    ("a percentage", "programs.csv", "rate", "15%", Decimal("0.15")),
    ("a percentage apart", "programs.csv", "rate", "7.5 %", Decimal("0.075")),
    ("a time in the afternoon", "pharmacies.csv", "cutoff", "1:00 PM", time(13)),
    ("noon", "pharmacies.csv", "cutoff", "12:30 pm", time(12, 30)),
    ("after midnight", "pharmacies.csv", "cutoff", "12:05 AM", time(0, 5)),
    ("a time with seconds", "pharmacies.csv", "cutoff", "13:00:00", time(13)),
    ("a span of weekdays", "pharmacies.csv", "ship_days", "Mon-Fri", frozenset(range(5))),
    ("weekdays in words", "pharmacies.csv", "ship_days", "Monday, Wednesday - Friday", frozenset({0, 2, 3, 4})),
    ("Y", "skus.csv", "cold_chain", "Y", True),
    ("FALSE", "skus.csv", "cold_chain", "FALSE", False),
    ("a date that can be read one way", "patients.csv", "born_on", "11/25/1980", date(1980, 11, 25)),
    ("a date that can be read the other way", "patients.csv", "born_on", "25/11/1980", date(1980, 11, 25)),
    ("a date with its midnight", "patients.csv", "born_on", "1980-11-25 00:00:00", date(1980, 11, 25)),
    ("a US date with its midnight", "patients.csv", "born_on", "11/25/1980 12:00:00 AM", date(1980, 11, 25)),
    ("a month by its name", "patients.csv", "born_on", "25-Nov-1980", date(1980, 11, 25)),
    ("a month by its name, first", "patients.csv", "born_on", "November 5, 1980", date(1980, 11, 5)),
    ("a code with a character that nobody sees", "patients.csv", "patient", "P\u200b1", "P1"),
    ("no money", "skus.csv", "patient_price", "", None),
    ("nothing costs nothing", "programs.csv", "processing_fixed", "", 0),
    ("a rate", "programs.csv", "rate", "0.15", Decimal("0.15")),
    ("a rate of all", "programs.csv", "rate", "1", Decimal(1)),
    ("no processing rate", "programs.csv", "processing_rate", "", Decimal(0)),
    ("no refill threshold", "pharmacies.csv", "refill_threshold", "", None),
    ("an ISO date", "patients.csv", "born_on", "1980-05-06", date(1980, 5, 6)),
    ("the first year", "patients.csv", "born_on", "0001-01-01", date(1, 1, 1)),
    ("the last year", "patients.csv", "born_on", "9999-12-31", date(9999, 12, 31)),
    ("days ago", "prescriptions.csv", "written_on", "D-28", date(2026, 11, 6)),
    ("days ahead", "offers.csv", "valid_to", "d+7", date(2026, 12, 11)),
    ("the loading day", "prescriptions.csv", "written_on", "D-0", date(2026, 12, 4)),
    ("an instant in the clinic's zone", "offers.csv", "stock_at",
     "2026-12-01 09:30", datetime(2026, 12, 1, 15, 30, tzinfo=UTC)),
    ("an instant with its zone", "offers.csv", "stock_at",
     "2026-12-01T09:30:00Z", datetime(2026, 12, 1, 9, 30, tzinfo=UTC)),
    ("a day as an instant", "offers.csv", "stock_at", "D-1", datetime(2026, 12, 3, 6, tzinfo=UTC)),
    ("a time of day", "pharmacies.csv", "cutoff", "09:05", time(9, 5)),
    ("weekdays in any order and case", "pharmacies.csv", "ship_days", "fri; MON;mon", frozenset({0, 4})),
    ("yes in capitals", "skus.csv", "cold_chain", "YES", True),
    ("an empty yes or no is no", "skus.csv", "clinical_difference_required", "", False),
    ("an empty active is yes", "patients.csv", "active", "", True),
    ("an inactive patient", "patients.csv", "active", "No", False),
    ("an enumeration in any case", "programs.csv", "kind", "Pass-Through", ProgramKind.PASS_THROUGH),
    ("an empty base is medication", "programs.csv", "rate_base", "", RateBase.MEDICATION),
    ("the other base", "programs.csv", "rate_base", "Medication+Shipping", RateBase.MEDICATION_AND_SHIPPING),
    ("a licence's kind", "pharmacy_licences.csv", "kind", "STERILE", LicenceKind.STERILE),
    ("an encounter", "prescriptions.csv", "encounter", "Hands_On", Encounter.HANDS_ON),
    ("no encounter", "prescriptions.csv", "encounter", "", Encounter.NONE),
    ("a schedule", "skus.csv", "dea_schedule", "iii", "III"),
    ("no schedule", "skus.csv", "dea_schedule", "", None),
    ("sex", "patients.csv", "sex", "F", "f"),
    ("no sex", "patients.csv", "sex", "", ""),
    ("a list", "skus.csv", "actives", " a ;b; ;c", ("a", "b", "c")),
    ("no list", "skus.csv", "actives", "", ()),
    ("allergies", "patients.csv", "allergies", "penicillin;latex", ("penicillin", "latex")),
    ("no known allergies", "patients.csv", "allergies", "None", ()),
    ("allergies not known", "patients.csv", "allergies", "", None),
    ("a state in any case", "pharmacies.csv", "state", "tx", "TX"),
    ("a patient's wrong state loads", "patients.csv", "state", "Texass", "Texass"),
    ("a state written out", "patients.csv", "state", "Texas", "TX"),
    ("a state of two words, in small letters", "patients.csv", "state", "new  mexico", "NM"),
    ("a state with full stops", "patients.csv", "state", "N.Y.", "NY"),
    ("a state as the press shortens it", "patients.csv", "state", "Calif.", "CA"),
    ("the capital, not the state", "patients.csv", "state", "Washington, D.C.", "DC"),
    ("the state, not the capital", "patients.csv", "state", "Washington", "WA"),
    ("a pharmacy's state written out", "pharmacies.csv", "state", "West Virginia", "WV"),
    ("a licence's state written out", "pharmacy_licences.csv", "state", "Oklahoma", "OK"),
    ("a military post stays", "patients.csv", "state", "ae", "AE"),
    ("telemedicine not told", "prescriptions.csv", "telemedicine", "", None),
    ("no telemedicine", "prescriptions.csv", "telemedicine", "no", False),
    ("an NPI with a wrong check digit loads", "prescribers.csv", "npi", "1234567893", "1234567893"),
    ("stock of none", "offers.csv", "stock", "0", 0),
    ("stock not limited", "offers.csv", "stock", "", None),
    ("a whole number as a spreadsheet writes it", "prescriptions.csv", "days_supply", "28.0", 28),
    ("no refills", "prescriptions.csv", "refills", "", 0),
    ("no fills", "prescriptions.csv", "fills", "", 0),
    ("directions as typed", "prescriptions.csv", "sig", "Take 1, nightly", "Take 1, nightly"),
    ("a phone number behind an apostrophe", "patients.csv", "phone", "'+1 512 555 0142", "+1 512 555 0142"),
    ("an apostrophe that belongs there", "patients.csv", "last_name", "'t Hooft", "'t Hooft"),
    ("a volume", "skus.csv", "volume_ml", "2.5", Decimal("2.5")),
    ("a setting in days", "settings.csv", "value", "14", "14"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "file", "column", "cell", "value"), READ, ids=[row[0] for row in READ])
def test_a_cell_that_can_be_read(case: str, file: str, column: str, cell: str, value: object) -> None:
    assert read(file, column, cell) == value


NUMBER = "is not a number; write digits and a decimal point only, such as 2.5"
DOLLARS = "is not an amount in dollars; write digits and at most two decimals only, such as 189.00"
DATE = "is not a date; write it as 2026-12-04"
NO_DAY = "is not a day in the calendar; write a date as 2026-12-04"
REFUSED = [
    ("money in scientific notation", "offers.csv", "unit_cost", "1e3", DOLLARS),
    ("money that is no number", "offers.csv", "unit_cost", "NaN", DOLLARS),
    ("money with three decimals", "offers.csv", "unit_cost", "189.005", "has more than two decimals"),
    ("negative money", "offers.csv", "unit_cost", "-1.00", "cannot be negative"),
    ("money beyond any order", "offers.csv", "unit_cost", "99999999999999999", "is too large for an amount in dollars"),
    ("a percentage", "programs.csv", "rate", "15", "is not a rate between 0 and 1; for 15 % write 0.15"),
    ("more than all", "programs.csv", "rate", "1.5", "is not a rate between 0 and 1; for 1.5 % write 0.015"),
    ("a rate beyond a percentage", "programs.csv", "rate", "150", "is not a rate between 0 and 1"),
    ("a negative rate", "programs.csv", "rate", "-0.1", "cannot be negative"),
    ("31 February", "patients.csv", "born_on", "2026-02-31", NO_DAY),
    ("the year before the first", "patients.csv", "born_on", "0000-01-01", NO_DAY),
    ("a date that may be two", "patients.csv", "born_on", "05/06/1980",
     "may be 1980-05-06 or 1980-06-05; write which"),
    ("a currency sign alone", "offers.csv", "unit_cost", "$", DOLLARS),
    ("a comma for a point", "offers.csv", "unit_cost", "189,5", DOLLARS),
    ("a percentage of letters", "programs.csv", "rate", "fifteen%", NUMBER),
    ("an error of the spreadsheet", "patients.csv", "born_on", "#N/A",
     "is an error of the spreadsheet; correct its formula, or empty the cell"),
    ("another error", "patients.csv", "first_name", "#REF!",
     "is an error of the spreadsheet; correct its formula, or empty the cell"),
    ("a zone without daylight saving time", "clinic.csv", "time_zone", "EST",
     "has no daylight saving time; write the place's zone, such as America/New_York"),
    ("an offset for a zone", "pharmacies.csv", "time_zone", "Etc/GMT+6",
     "has no daylight saving time; write the place's zone, such as America/Chicago"),
    ("the last day before the first", "offers.csv", "valid_to", "2001-01-01", "is before valid_from, D-400"),
    ("stock of tomorrow", "offers.csv", "stock_at", "2027-11-25 23:30",
     "is in the future; leave the cell empty for the time of loading"),
    ("a thirteenth hour in the afternoon", "pharmacies.csv", "cutoff", "13:00 PM",
     "is not a time of day; write it as 13:00"),
    ("weekdays to nowhere", "pharmacies.csv", "ship_days", "Mon-",
     "is not a list of weekdays; write it as Mon;Tue;Wed"),
    ("a month that there is not", "patients.csv", "born_on", "25-Mai-1980", NO_DAY),
    ("a code that a spreadsheet shortened", "patients.csv", "patient", "1.00021E+09",
     "was shortened by a spreadsheet; format its column as text there, and type the code again"),
    ("a date without its zeros", "patients.csv", "born_on", "1980-5-6", DATE),
    ("a date without its hyphens", "patients.csv", "born_on", "19800506", DATE),
    ("digits of another script", "patients.csv", "born_on", "١٩٨٠-٠٥-٠٦", DATE),
    ("a relative date without a sign", "patients.csv", "born_on", "D28", DATE),
    ("a relative date beyond five digits", "offers.csv", "valid_to", "D-999999", DATE),
    ("25 o'clock", "pharmacies.csv", "cutoff", "25:00", "is not a time of day; write it as 13:00"),
    ("one in the afternoon", "pharmacies.csv", "cutoff", "1 pm", "is not a time of day; write it as 13:00"),
    ("a zone nobody knows", "clinic.csv", "time_zone", "Austin",
     "is not a time zone; write a name such as America/Chicago"),
    ("a zone that is a path", "clinic.csv", "time_zone", "../etc",
     "is not a time zone; write a name such as America/Chicago"),
    ("a weekday nobody knows", "pharmacies.csv", "ship_days", "Mon;Dienstag",
     "is not a list of weekdays; write it as Mon;Tue;Wed"),
    ("weekdays without one", "pharmacies.csv", "ship_days", ";", "is not a list of weekdays; write it as Mon;Tue;Wed"),
    ("neither yes nor no", "skus.csv", "sterile", "maybe", "must be yes or no"),
    ("no such kind", "programs.csv", "kind", "pooled", "must be one of pass-through, aggregate"),
    ("no such schedule", "skus.csv", "dea_schedule", "VI", "must be one of II, III, IV, V"),
    ("no such sex", "patients.csv", "sex", "x", "must be one of f, m, u"),
    ("no such state", "pharmacies.csv", "state", "Texass", "is not a state; write two letters, such as TX"),
    ("half a pack", "prescriptions.csv", "quantity", "0.5", "is not a whole number from 1"),
    ("no packs", "prescriptions.csv", "quantity", "0", "must be a whole number from 1 to 2,147,483,647"),
    ("negative refills", "prescriptions.csv", "refills", "-1", "cannot be negative"),
    ("more than can be counted", "prescriptions.csv", "refills", "3000000000",
     "must be a whole number from 0 to 2,147,483,647"),
    ("a volume of nothing", "skus.csv", "volume_ml", "0",
     "must be more than 0; leave the cell empty if it is not known"),
    ("an instant in words", "offers.csv", "stock_at", "this morning",
     "is not a date and time; write it as 2026-12-04 13:30"),
    ("an instant outside the calendar", "offers.csv", "stock_at", "0001-01-01T00:00+10:00",
     "is not a date and time; write it as 2026-12-04 13:30"),
    ("a key that is missing", "settings.csv", "scope", "", "is required and empty"),
    ("a typed cell that is missing", "skus.csv", "sterile", "", "is required and empty"),
    ("no program", "clinic.csv", "program", ";", "is required and empty"),
    ("a scope nobody knows", "settings.csv", "scope", "region:X",
     "is not a scope; write clinic, pharmacy:CODE, state:TX, active:NAME or sku:CODE"),
    ("a setting's value", "settings.csv", "value", "soon", "is not a whole number from 0"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "file", "column", "cell", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_cell_that_is_refused(case: str, file: str, column: str, cell: str, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_files(files(file, **{column: cell}), TODAY)
    assert [(bad.file, bad.row, bad.column, bad.value or "", bad.reason) for bad in refused.value.errors][:1] == [
        (file, 2, column, cell, reason)
    ]


@pytest.mark.parametrize(
    ("case", "name", "value", "kept"),
    [
        ("a share", "refill_threshold", "0.80", "0.8"),
        ("dollars", "day_price", "7.50", "7.5"),
        ("a day", "telemedicine_flexibility_ends", "2027-06-30", "2027-06-30"),
        ("a relative day", "telemedicine_flexibility_ends", "D+7", "2026-12-11"),
    ],
)
def test_a_setting_is_read_by_its_kind(case: str, name: str, value: str, kept: str) -> None:
    folder = read_files(files("settings.csv", name=name, value=value), TODAY)
    assert [(row.name, row.value) for row in folder.settings] == [(name, kept)]


@pytest.mark.parametrize(
    ("case", "cells", "fills"),
    [
        ("filled before, fills not told", {"last_filled_on": "2026-11-06"}, 1),
        ("filled before, fills told", {"last_filled_on": "2026-11-06", "fills": "4"}, 4),
        ("filled before, but not outside", {"last_filled_on": "2026-11-06", "fills": "0"}, 0),
        ("never filled", {"fills": ""}, 0),
    ],
)
def test_empty_fills_follow_the_last_fill(case: str, cells: dict[str, str], fills: int) -> None:
    assert read_files(files("prescriptions.csv", **cells), TODAY).prescriptions[0].fills == fills
