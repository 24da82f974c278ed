"""Texts that get as far as the store, on both engines: arguments, events, names, typed cells."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from core.adapters.files import export_folder, xlsx_bytes
from core.adapters.store import Store
from core.domain.errors import Refused
from core.domain.roles import LOCAL
from core.rules.prescriptions import CartRow
from core.services.cart.additions import add_line
from core.services.cart.edits import edit_line
from core.services.cart.patients import update_patient
from core.services.clinic_export import export
from core.services.clinic_import import load as load_files
from core.services.contexts import load_context
from tests.builders import FRIDAY, a_patient
from tests.hostile.conftest import ODD, Command, reasons, unchanged
from tests.stores import CLINIC, a_folder

NUL = "holds a NUL character"
NO_TEXT = "is not text in UTF-8"
NO_KEY = "is longer than 255 characters"
NO_LINE = "is not LINE:CODE, such as 3:LICENCE_EXPIRING"
LONG = "".join(map(str, range(2000)))

WORDS: list[tuple[str, tuple[str, ...], tuple[str, str]]] = [
    ("a NUL in a file's name", ("place", "a\0b.csv"), ("an argument", NUL)),
    ("a NUL in a reference", ("track", "RD\0"), ("an argument", NUL)),
    ("a NUL in a reason", ("cancel", "RD-20261204-01/01", "--reason", "\0"), ("an argument", NUL)),
    ("a broken byte in a reference", ("track", "\udcff"), ("an argument", NO_TEXT)),
    ("a broken byte in directions", ("sig", "Take \ud83d"), ("an argument", NO_TEXT)),
    ("a key of 7,000 digits", ("place", "CART", "--key", LONG), ("--key", NO_KEY)),
    ("a line's number in superscript", ("place", "CART", "--acknowledge", "²:ALLERGY"), ("--acknowledge", NO_LINE)),
    ("a line's number of 7,000 digits", ("place", "CART", "--override", f"{LONG}:X=y"), ("--override", NO_LINE)),
    ("no override", ("place", "CART", "--override", ""), ("--override", NO_LINE)),
    ("a total beyond all", ("place", "CART", "--expect", "1e400"),
     ("--expect", "is too large for an amount in dollars")),
    ("no number", ("place", "CART", "--expect", "NaN"), ("--expect", "is not an amount in dollars, such as 189.00")),
    ("31 February", ("due", "--on", "2026-02-31"), ("--on", "day is out of range for month")),
    ("the hour 25", ("due", "--at", "25:00"), ("--at", "hour must be in 0..23")),
]  # fmt: skip


@pytest.fixture
def cart(file: Callable[[str, bytes], str]) -> str:
    """A cart with nothing wrong."""
    return file("cart.csv", b"patient,sku\nP1,SEMA\n")


@pytest.mark.parametrize(("case", "words", "error"), WORDS, ids=[row[0] for row in WORDS])
def test_a_hostile_argument_is_bad_input(
    run: Command, cart: str, case: str, words: tuple[str, ...], error: tuple[str, str]
) -> None:
    status, answer = run(*(cart if word == "CART" else word for word in words), **_day(words))
    assert status == 2
    assert [(column, reason) for _, column, reason in reasons(answer)] == [error]


def _day(words: tuple[str, ...]) -> dict[str, str]:
    return {"on": words[words.index("--on") + 1]} if "--on" in words else {}


EVENT: dict[str, Any] = {
    "id": "E1", "reference": "RD-20261204-01/01", "attempt": 1, "status": "accepted", "at": "2026-12-04T16:00:00Z",
}  # fmt: skip
NO_ATTEMPT = "is not a whole number from 1"
NO_INSTANT = "is not an instant such as 2026-12-04T15:30:00Z"

EVENTS: list[tuple[str, bytes | dict[str, Any], list[tuple[str | None, str]]]] = [
    ("nothing", b"", [(None, "is not JSON")]),
    ("half an object", b'{"id": "E1"', [(None, "is not JSON")]),
    ("UTF-16", json.dumps(EVENT).encode("utf-16"), [(None, "is not JSON")]),
    ("a list", b"[]", [(None, "is not a JSON object")]),
    ("a word", b'"accepted"', [(None, "is not a JSON object")]),
    ("nothing said", b"null", [(None, "is not a JSON object")]),
    ("100,000 brackets", b"[" * 100_000, [(None, "is not JSON")]),
    ("a number of 5,000 digits", b'{"id": ' + b"9" * 5000 + b"}", [(None, "is not JSON")]),
    ("an empty object", b"{}", [(name, "is missing") for name in EVENT]),
    ("an id that is a list", {"id": ["E1"]}, [("id", "is not text")]),
    ("an id with a NUL", {"id": "E\0"}, [("id", NUL)]),
    ("an id of 7,000 digits", {"id": LONG}, [("id", NO_KEY)]),
    ("a reference that is half a pair", {"reference": "\ud800"}, [("reference", NO_TEXT)]),
    ("a reference that is an object", {"reference": {"a": 1}}, [("reference", "is not text")]),
    ("a status that is yes", {"status": True}, [("status", "is not text")]),
    ("a reason with a NUL", {"reason": "\0"}, [("reason", NUL)]),
    ("a tracking number with a fraction", {"tracking": 1.5}, [("tracking", "is not text")]),
    ("an attempt in words", {"attempt": "1"}, [("attempt", NO_ATTEMPT)]),
    ("no attempt", {"attempt": 0}, [("attempt", NO_ATTEMPT)]),
    ("an attempt that is yes", {"attempt": True}, [("attempt", NO_ATTEMPT)]),
    ("more attempts than can be counted", {"attempt": 2**31}, [("attempt", NO_ATTEMPT)]),
    ("31 February", {"at": "2026-02-31T00:00:00Z"}, [("at", NO_INSTANT)]),
    ("the first day", {"at": "0001-01-01T00:00:00+14:00"}, [("at", NO_INSTANT)]),
    ("the last day", {"at": "9999-12-31T23:59:59-14:00"}, [("at", NO_INSTANT)]),
    ("a number for a day", {"at": 20261204}, [("at", NO_INSTANT)]),
]  # fmt: skip


@pytest.mark.parametrize(("case", "said", "errors"), EVENTS, ids=[row[0] for row in EVENTS])
def test_a_hostile_event_is_bad_input(
    run: Command,
    file: Callable[[str, bytes], str],
    case: str,
    said: bytes | dict[str, Any],
    errors: list[tuple[str | None, str]],
) -> None:
    data = said if isinstance(said, bytes) else json.dumps(EVENT | said).encode()
    status, answer = run("event", file("event.json", data))
    assert status == 2
    assert [(column, reason) for _, column, reason in reasons(answer)] == errors


def test_events_that_say_odd_things_are_kept_word_for_word(
    run: Command, file: Callable[[str, bytes], str], cart: str
) -> None:
    run("place", cart)
    for number, text in enumerate(ODD):
        said = {"id": number, "status": text, "reason": text, "tracking": text}
        assert run("event", file("event.json", json.dumps(EVENT | said).encode()))[0] == 0
    misfits = run("track")[1]["misfits"]
    assert {(misfit["reason"], misfit["tracking"]) for misfit in misfits} == {(text, text) for text in ODD}
    assert run("ledger", "verify")[1]["problems"] == []
    assert run("audit", "verify")[1]["problem"] is None


def test_odd_names_load_and_come_out_harmless(clinic: Store) -> None:
    names = [text.strip() for text in ODD]
    people = tuple(a_patient(patient=f"P{at}", last_name=name, city=name) for at, name in enumerate(names, 1))
    load_files(clinic, LOCAL, {"patients.csv": export_folder(a_folder(patients=people))["patients.csv"]})
    with clinic.read(CLINIC) as work:
        kept = load_context(work).patients
    assert [kept[f"P{at}"].last_name for at in range(1, len(names) + 1)] == names
    with zipfile.ZipFile(io.BytesIO(export(clinic, LOCAL, CLINIC))) as files:
        cells = [
            cell
            for name in files.namelist()
            for row in csv.reader(io.StringIO(files.read(name).decode("utf-8-sig")))
            for cell in row
        ]
    assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert {f"'{name}" for name in ("+1", "-2", "@cmd", "=1+1")} <= set(cells)


def test_odd_texts_are_text_in_a_workbook() -> None:
    page = openpyxl.load_workbook(io.BytesIO(xlsx_bytes("Odd", ["text"], [[text] for text in ODD]))).active
    cells = [cell for row in page.iter_rows() for cell in row]
    assert ({cell.data_type for cell in cells}, {cell.hyperlink for cell in cells}) == ({"s"}, {None})


@pytest.mark.parametrize(
    ("case", "press"),
    [
        ("a pharmacy", lambda store, line: edit_line(store, LOCAL, CLINIC, line.id, line.version, {"pharmacy": "a\0"})),
        (
            "a prescription",
            lambda store, line: edit_line(store, LOCAL, CLINIC, line.id, line.version, {"rx": "\ud800"}),
        ),
        ("a quantity", lambda store, line: edit_line(store, LOCAL, CLINIC, line.id, line.version, {"quantity": "1e9"})),
        ("a city", lambda store, line: update_patient(store, LOCAL, CLINIC, "P1", {"city": "Aus\0tin"})),
        ("a birthday", lambda store, line: update_patient(store, LOCAL, CLINIC, "P1", {"born_on": "2026-02-31"})),
    ],
)
def test_a_hostile_cell_typed_on_a_screen_is_refused(
    clinic: Store, case: str, press: Callable[[Store, Any], object]
) -> None:
    (line,) = add_line(clinic, LOCAL, CLINIC, FRIDAY, CartRow("P1", "SEMA")).lines
    with unchanged(clinic), pytest.raises(Refused):
        press(clinic, line)


def test_directions_with_a_broken_byte_spoil_only_their_line(
    run: Command, monkeypatch: pytest.MonkeyPatch, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from core.__main__ import main

    lines = b"Take 1 tablet by mouth daily.\nTake \xff 1 tablet\nTake 1 tablet by mouth daily.\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    assert main(["sig", "-", "--db", store_url]) == 0
    read = [json.loads(line)["certainty"] for line in capsys.readouterr().out.splitlines()]
    assert (read[0], read[2], len(read)) == ("read", "read", 3)


def test_a_backup_that_cannot_be_written_is_bad_input(run: Command, cart: str) -> None:
    status, answer = run("backup", f"{cart}/backup.db")
    assert (status, [reason for *_, reason in reasons(answer)]) == (2, ["cannot be written (File exists)"])
