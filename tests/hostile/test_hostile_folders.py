"""Folders, archives and exports: a hostile one loads nothing, and what loads is harmless wherever it comes out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from core.adapters.files import FILES as ALL_FILES
from core.adapters.files import export_folder
from tests.hostile.conftest import Command, reasons
from tests.hostile.workbooks import archive, understated
from tests.stores import a_folder
from tests.test_checkout import patients

FILES = export_folder(a_folder(**patients(3)))
NUMBER = "write digits and at most two decimals only, such as 189.00"
DAY = "is not a day in the calendar; write a date as 2026-12-04"


def changed(file: str, column: str, cell: str) -> dict[str, bytes]:
    """The clinic's files with another cell in the first row of one."""
    rows = list(csv.reader(io.StringIO(FILES[file].decode("utf-8-sig"))))
    rows[1][rows[0].index(column)] = cell
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return FILES | {file: out.getvalue().encode()}


def twice(file: str) -> dict[str, bytes]:
    """The clinic's files with the first row of one once more."""
    lines = FILES[file].splitlines(keepends=True)
    return FILES | {file: b"".join([*lines, lines[1]])}


REFUSED: list[tuple[str, dict[str, bytes], list[tuple[int | None, str | None, str]]]] = [
    ("another currency", changed("offers.csv", "unit_cost", "€189"),
     [(2, "unit_cost", f"is not an amount in dollars; {NUMBER}")]),
    ("a thousands separator in the wrong place", changed("offers.csv", "unit_cost", "18,90.00"),
     [(2, "unit_cost", f"is not an amount in dollars; {NUMBER}")]),
    ("a fee below nothing", changed("pharmacies.csv", "cold_fee", "-1"), [(2, "cold_fee", "cannot be negative")]),
    ("a rate in percent", changed("programs.csv", "rate", "15"),
     [(2, "rate", "is not a rate between 0 and 1; for 15 % write 0.15")]),
    ("two prices of one day", twice("offers.csv"), [(3, "pharmacy, sku, valid_from", "repeats row 2")]),
    ("31 February", changed("patients.csv", "born_on", "2026-02-31"), [(2, "born_on", DAY)]),
    ("the year 0", changed("patients.csv", "born_on", "0000-01-01"), [(2, "born_on", DAY)]),
    ("the end of time, east of here", changed("offers.csv", "stock_at", "9999-12-31T23:59:59-12:00"),
     [(2, "stock_at", "is not a date and time; write it as 2026-12-04 13:30")]),
    ("a code of 5,000 characters", changed("clinic.csv", "clinic", "".join(map(str, range(1300)))),
     [(2, "clinic", "is longer than 255 characters")]),
    ("a zone that is a path", changed("clinic.csv", "time_zone", "../../etc/passwd"),
     [(2, "time_zone", "is not a time zone; write a name such as America/Chicago")]),
]  # fmt: skip


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One engine is enough: files are read before the store is asked."""
    return sqlite_url


@pytest.mark.parametrize(("case", "files", "errors"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_folder_with_a_bad_cell_loads_nothing(
    run: Command,
    file: Callable[[str, bytes], str],
    case: str,
    files: dict[str, bytes],
    errors: list[tuple[int | None, str | None, str]],
) -> None:
    status, answer = run("load", file("clinic.zip", archive(files)))
    assert (status, reasons(answer)) == (2, errors)


LAST = [
    ("patients.csv", "born_on", "0001-01-01"),
    ("patients.csv", "born_on", "9999-12-31"),
    ("prescriptions.csv", "written_on", "9999-12-31"),
    ("prescriptions.csv", "last_filled_on", "9999-12-31"),
    ("prescriptions.csv", "last_filled_on", "0001-01-01"),
    ("prescriptions.csv", "days_supply", "2147483647"),
    ("prescriptions.csv", "fills", "2147483647"),
    ("prescriptions.csv", "sig", "Inject 99999999999999999 mg weekly."),
    ("skus.csv", "volume_ml", "0.000000000001"),
    ("skus.csv", "concentration_mg_per_ml", "999999999999999999.999999999999"),
    ("skus.csv", "units_per_pack", "2147483647"),
    ("pharmacies.csv", "processing_days", "2147483647"),
    ("pharmacies.csv", "transit_days", "2147483647"),
    ("offers.csv", "unit_cost", "9999999999999.99"),
    ("offers.csv", "stock_at", "0001-01-01"),
    ("offers.csv", "valid_to", "9999-12-31"),
    ("programs.csv", "valid_from", "0001-01-01"),
]


@pytest.mark.parametrize(("name", "column", "cell"), LAST)
def test_the_last_values_there_are_load_and_are_worked_with(
    run: Command, file: Callable[[str, bytes], str], name: str, column: str, cell: str
) -> None:
    assert run("load", file("clinic.zip", archive(changed(name, column, cell))))[0] == 0
    cart = file("cart.csv", b"patient,sku\nP1,SEMA\nP2,SEMA\n")
    for words in (["due"], ["split", cart, "--objective", "balanced"], ["compare"], ["place", cart]):
        assert run(*words)[0] in {0, 1}
    for words in (["worker", "--once"], ["partner", "--step"], ["ledger", "verify"]):
        assert run(*words)[0] == 0


@pytest.mark.parametrize("on", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("at", [(), ("--at", "23:59")])
def test_the_first_and_the_last_day_can_be_asked_for(
    run: Command, file: Callable[[str, bytes], str], on: str, at: tuple[str, ...]
) -> None:
    cart = file("cart.csv", b"patient,sku\nP1,SEMA\n")
    for words in (["due"], ["validate", cart], ["quote", cart], ["split", cart], ["place", cart], ["compare"]):
        assert run(*words, *at, on=on)[0] in {0, 1, 2}


ZIPS = [
    ("no archive", b"PK\x03\x04...", "is not an XLSX workbook or a ZIP archive, or is protected by a password"),
    ("a member of 11 MB", archive({"skus.csv": b"0" * (11 << 20)}), "is 11 MB; a file may have 10 MB, so split it"),
    ("members of 101 MB", archive({f"{at}.txt": b"0" * (1 << 20) for at in range(101)}),
     "unpacks to more than 100 MB; split it"),
    ("a member larger than it says", understated(archive({"skus.csv": b"0" * (20 << 20)})), "cannot be unpacked"),
    ("the same file twice", archive(FILES | {"more/skus.csv": FILES["skus.csv"]}),
     "stands there twice, as skus.csv too"),
    ("nothing of a clinic", archive({"readme.txt": b"hello"}), f"holds none of {', '.join(ALL_FILES)}"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "data", "reason"), ZIPS, ids=[row[0] for row in ZIPS])
def test_a_hostile_archive_loads_nothing(
    run: Command, file: Callable[[str, bytes], str], case: str, data: bytes, reason: str
) -> None:
    status, answer = run("load", file("clinic.zip", data))
    assert status == 2
    assert [error["reason"] for error in answer["errors"]] == [reason]


def test_a_path_in_an_archive_leads_nowhere(run: Command, file: Callable[[str, bytes], str], tmp_path: Path) -> None:
    names = {"../../evil.csv": b"x", "/etc/evil2.csv": b"x", "..\\evil3.csv": b"x", "C:\\evil4.csv": b"x"}
    data = file("clinic.zip", archive({f"../../{name}": text for name, text in FILES.items()} | names))
    before = sorted(path for path in tmp_path.parent.rglob("*") if "refill.db" not in path.name)
    status, answer = run("load", data)
    assert (status, answer["loaded"]["patients.csv"], len(answer["warnings"])) == (0, 3, 4)
    assert sorted(path for path in tmp_path.parent.rglob("*") if "refill.db" not in path.name) == before


def test_a_folder_of_200_mb_is_refused_before_it_is_read(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    with (folder / "skus.csv").open("wb") as hole:
        hole.truncate(200 << 20)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    status, answer = run("load", str(folder))
    assert (status, reasons(answer)) == (2, [(None, None, "is 200 MB; a file may have 10 MB, so split it")])
