"""What rows say that will stop their lines later: counted by kind when the files come in, not found on the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from core.adapters.files import FILES
from core.domain.errors import BadCell
from core.domain.identifiers import STATES, is_dea, is_npi, is_zip, state_of_zip, straddles, us_phone

Row = Mapping[str, Any]
WARNED_DAYS: Final = 60
"""Days ahead for which a license's end is warned of."""
_MOST_KEYS: Final = 3


class _Check(NamedTuple):
    """A kind of problem of one file; ``problem`` is followed by "in 3 rows"."""

    file: str
    column: str
    problem: str
    fails: Callable[[Row, date], bool]


def _empty(file: str, column: str) -> _Check:
    return _Check(file, column, "empty, which stops every line of theirs,", lambda row, _: not row[column])


def _future(file: str, column: str) -> _Check:
    return _Check(
        file, column, "a day in the future", lambda row, today: row[column] is not None and row[column] > today
    )


def _ended(file: str) -> tuple[_Check, _Check]:
    return (
        _Check(file, "expires_on", "a license that has ended", has_ended),
        _Check(
            file, "expires_on", f"a license that ends within {WARNED_DAYS} days",
            lambda row, today: not has_ended(row, today) and has_ended(row, today + timedelta(days=WARNED_DAYS + 1)),
        ),
    )  # fmt: skip


def _phone(file: str) -> _Check:
    return _Check(
        file,
        "phone",
        "no US telephone number",
        lambda row, _: bool(row["phone"]) and us_phone(row["phone"]) is None,
    )


def has_ended(licence: Row, day: date) -> bool:
    """Whether a license's last day is before the day; one without a last day never ends."""
    ends: date | None = licence["expires_on"]
    return ends is not None and ends < day


def _other_state(row: Row) -> bool:
    code, state = row["zip"], row["state"]
    return is_zip(code) and state in STATES and state_of_zip(code) != state and not straddles(code)


CHECKS: Final = (
    _Check("prescribers.csv", "npi", "a wrong check digit", lambda row, _: not is_npi(row["npi"])),
    _Check("prescriber_licences.csv", "dea_number", "a wrong check digit",
           lambda row, _: bool(row["dea_number"]) and not is_dea(row["dea_number"].strip().upper())),
    *_ended("prescriber_licences.csv"),
    *_ended("pharmacy_licences.csv"),
    *(_empty("patients.csv", column) for column in
      ("first_name", "last_name", "born_on", "sex", "phone", "address1", "city", "state", "zip")),
    _Check("patients.csv", "allergies", "not known (write none where there are none)",
           lambda row, _: row["allergies"] is None),
    _future("patients.csv", "born_on"),
    *(_phone(file) for file in ("clinic.csv", "pharmacies.csv", "prescribers.csv", "patients.csv")),
    _Check("patients.csv", "state", "no state", lambda row, _: bool(row["state"]) and row["state"] not in STATES),
    _Check("patients.csv", "zip", "no ZIP code", lambda row, _: bool(row["zip"]) and not is_zip(row["zip"])),
    _Check("patients.csv", "zip", "a ZIP code of another state", lambda row, _: _other_state(row)),
    *(_future("prescriptions.csv", column) for column in
      ("written_on", "last_filled_on", "first_filled_on", "in_person_on")),
    _Check("prescriptions.csv", "sig", "no directions", lambda row, _: not row["sig"].strip()),
)  # fmt: skip
"""Each is a rule of core/rules/validation as well, where it stops or warns of a line."""


def load_warnings(written: Mapping[str, tuple[Row, ...]], today: date) -> Iterator[BadCell]:
    """One warning for each kind of problem among the rows that are written, by file: how many rows, and the first."""
    for check in CHECKS:
        rows = [row for row in written.get(check.file, ()) if check.fails(row, today)]
        if rows:
            codes = [" ".join(str(row[name]) for name in FILES[check.file].key) for row in rows]
            more = " ..." if len(codes) > _MOST_KEYS else ""
            count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
            yield BadCell(
                check.file,
                None,
                check.column,
                None,
                f"{check.problem} in {count}: {', '.join(codes[:_MOST_KEYS])}{more}",
            )
