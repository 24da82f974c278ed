"""Carts that nobody should send, through every command that takes one and through an upload on screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import core.adapters.files.workbook
from core.adapters.files import csv_bytes, read_cart
from core.adapters.store import Store
from core.domain.errors import BadInput, Refused
from core.domain.model import Cart, Objective
from core.domain.roles import LOCAL
from core.rules.plan import plan
from core.rules.prescriptions import CartRow, completed
from core.services.cart.additions import upload
from core.services.cart.contents import open_cart
from tests.builders import DAYS, FRIDAY, SIG, a_context
from tests.hostile.conftest import ODD, Command, reasons, unchanged
from tests.hostile.workbooks import entities_in_entities, understated, with_sheet, workbook, zipped
from tests.soak import EXAMPLES
from tests.stores import CLINIC

HEAD = b"patient,sku,quantity\n"
GOOD = HEAD + b"P1,SEMA,1\n"
SHEET = workbook(["patient", "sku"], ["P1", "SEMA"])
NO_WORKBOOK = "cannot be read as an XLSX workbook; save it again as “Excel Workbook (.xlsx)” or CSV"
NO_ARCHIVE = "is not an XLSX workbook or a ZIP archive, or is protected by a password"
NUL = "holds a NUL character; it is no text file, or is damaged"
UTF8 = "is not UTF-8 text; save it as “CSV UTF-8”"
PACKS = "must be a whole number from 1 to 10,000"
WHOLE = "is not a whole number from 1"
QUOTE = "cannot be read as CSV from here on ({}); a quotation mark may be missing"
COLUMNS = "its first row names the columns patient, sku, quantity, rx, sig, npi, pharmacy, ship_to, hold, note"

REFUSED: list[tuple[str, str, bytes, list[tuple[int | None, str | None, str]]]] = [
    ("nothing", "c.csv", b"", [(None, None, f"is empty; {COLUMNS}")]),
    ("blank rows alone", "c.csv", b"\n,,\n\n", [(None, None, f"is empty; {COLUMNS}")]),
    ("half of UTF-16", "c.csv", GOOD.decode().encode("utf-16")[:-1], [(2, None, UTF8)]),
    ("UTF-16 that does not say so", "c.csv", GOOD.decode().encode("utf-16-le"), [(1, None, NUL)]),
    ("Latin-1", "c.csv", HEAD + "P1,SEMÄ,1\n".encode("latin-1"), [(2, None, UTF8)]),
    ("half a surrogate pair", "c.csv", HEAD + b"P1,\xed\xa0\x80,1\n", [(2, None, UTF8)]),
    ("a NUL", "c.csv", HEAD + b"P1,SE\0MA,1\n", [(2, None, NUL)]),
    ("an open quotation mark", "c.csv", HEAD + b'P1,"SEMA,1\n', [(2, None, QUOTE.format("unexpected end of data"))]),
    ("a cell of 200,000 characters", "c.csv", HEAD + b"P1," + b"x" * 200_000 + b",1\n",
     [(2, None, QUOTE.format("field larger than field limit (131072)"))]),
    ("ragged rows", "c.csv", HEAD + b"P1\nP1,SEMA,1,,\nP1,SEMA,1,x\n",
     [(2, "sku", "is required and empty"),
      (4, None, "has 4 cells, the header 3; a cell with a comma needs quotation marks")]),
    ("a column twice", "c.csv", b"patient,sku,SKU\nP1,SEMA,SEMA\n", [(1, "SKU", "this column stands there twice")]),
    ("no packs", "c.csv", HEAD + b"P1,SEMA,0\n", [(2, "quantity", PACKS)]),
    ("fewer than none", "c.csv", HEAD + b"P1,SEMA,-1\n", [(2, "quantity", "cannot be negative")]),
    ("a billion packs", "c.csv", HEAD + b"P1,SEMA,1000000000\n", [(2, "quantity", PACKS)]),
    ("a billion in short", "c.csv", HEAD + b"P1,SEMA,1e9\n", [(2, "quantity", WHOLE)]),
    ("a pack and a half", "c.csv", HEAD + b"P1,SEMA,1.5\n", [(2, "quantity", WHOLE)]),
    ("a number in words", "c.csv", HEAD + b"P1,SEMA,one\n", [(2, "quantity", WHOLE)]),
    ("digits of another script", "c.csv", HEAD + "P1,SEMA,١\n".encode(), [(2, "quantity", WHOLE)]),
    ("four hundred digits", "c.csv", HEAD + b"P1,SEMA," + b"9" * 400 + b"\n", [(2, "quantity", WHOLE)]),
    ("an unknown SKU", "c.csv", HEAD + b"P1,=cmd,1\n", [(2, "sku", "is not in skus.csv or the store")]),
    ("no workbook", "c.xlsx", b"PK\x03\x04" + b"x" * 99, [(None, None, NO_ARCHIVE)]),
    ("half a workbook", "c.xlsx", SHEET[: len(SHEET) // 2], [(None, None, NO_ARCHIVE)]),
    ("an archive that unpacks to 101 MB", "c.xlsx", zipped(xl=b"0" * (101 << 20)),
     [(None, None, "unpacks to more than 100 MB; it is damaged or no cart")]),
    ("an archive that says it is small", "c.xlsx", understated(SHEET), [(None, None, NO_WORKBOOK)]),
    ("entities in entities", "c.xlsx", with_sheet(SHEET, entities_in_entities), [(None, None, NO_WORKBOOK)]),
    ("a formula never computed", "c.xlsx", workbook(["patient", "sku"], ["P1", '=HYPERLINK("http://x")']),
     [(2, "sku", "is a formula without a stored value; open and save the workbook, or type the value")]),
    ("a date for a SKU", "c.xlsx", workbook(["patient", "sku"], ["P1", FRIDAY]),
     [(2, "sku", "is not in skus.csv or the store")]),
    ("only a hidden sheet's rows", "c.xlsx", workbook(hidden=[["patient", "sku"], ["P1", "SEMA"]]),
     [(None, None, f"is empty; {COLUMNS}")]),
]  # fmt: skip


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """One engine is enough: files are read before the store is asked."""
    return sqlite_url


@pytest.mark.parametrize(("case", "name", "data", "errors"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_hostile_cart_is_bad_input(
    run: Command,
    file: Callable[[str, bytes], str],
    case: str,
    name: str,
    data: bytes,
    errors: list[tuple[int | None, str | None, str]],
) -> None:
    status, answer = run("place", file(name, data))
    assert (status, reasons(answer)) == (2, errors)


def test_a_workbook_is_not_read_beyond_the_last_row_there_can_be(
    run: Command, file: Callable[[str, bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.adapters.files.workbook, "LAST_ROW", 1000)
    far = with_sheet(SHEET, lambda xml: xml.replace('r="2"', 'r="99999999999"'))
    status, answer = run("validate", file("far.xlsx", far))
    assert (status, reasons(answer)) == (2, [(None, None, NO_WORKBOOK)])


@pytest.mark.parametrize("megabytes", [11, 200])
def test_a_large_cart_is_refused_before_it_is_read(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as hole:
        hole.truncate(megabytes << 20)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    status, answer = run("validate", str(large))
    assert (status, reasons(answer)) == (2, [(None, None, f"is {megabytes} MB; a file may have 10 MB, so split it")])


@pytest.mark.parametrize(("command", "status"), [("validate", 1), ("quote", 0), ("split", 0), ("place", 1)])
def test_odd_texts_are_findings_and_stop_only_the_checkout(
    run: Command, file: Callable[[str, bytes], str], command: str, status: int
) -> None:
    rows = [[f"P{1 + at % 3}", "SEMA", text, text[:200], text[:200]] for at, text in enumerate(ODD)]
    cart = file("odd.csv", csv_bytes(["patient", "sku", "sig", "rx", "npi"], rows))
    found, answer = run(command, cart)
    assert found == status
    if command == "validate":
        assert {finding["line"] for finding in answer["findings"]} == set(range(1, len(ODD) + 1))


def test_an_upload_keeps_its_good_rows_and_writes_nothing_of_the_bad_ones(clinic: Store) -> None:
    opened = open_cart(clinic, LOCAL, CLINIC, FRIDAY, everybody=True)
    data = HEAD + b"P1,SEMA,1\nP2,NONE,1\nP3,SEMA,-1\nP3,SEMA,2\n"
    read = read_cart("c.csv", data, opened.context, FRIDAY)
    upload(clinic, LOCAL, CLINIC, FRIDAY, read.rows, replace=False)
    lines = open_cart(clinic, LOCAL, CLINIC, FRIDAY).cart.lines
    assert [(line.patient, line.quantity) for line in lines] == [("P1", 1), ("P3", 2)]
    assert [error.row for error in read.errors] == [3, 4]


def test_an_upload_that_names_somebody_unknown_changes_nothing(clinic: Store) -> None:
    with unchanged(clinic), pytest.raises(Refused, match="no patient “=1\\+1”"):
        upload(clinic, LOCAL, CLINIC, FRIDAY, [CartRow("P1", "SEMA"), CartRow("=1+1", "SEMA")], replace=True)


CONTEXT = a_context()
CELLS = st.sampled_from(
    ["P1", "SEMA", "RX1", "1", SIG, "cedar", "clinic", "yes", "", '"', '""', "\r", "=1", "\x00", "é"]
)
ROWS = st.lists(st.lists(CELLS | st.text(max_size=8), max_size=11).map(",".join), max_size=6).map("\n".join)
HEADS = st.sampled_from(["patient,sku", "patient,sku,quantity,rx,sig,npi,pharmacy,ship_to,hold", "sku,patient,x", ""])
TEXTS = st.builds("{}\n{}".format, HEADS, ROWS).map(lambda text: text.encode(errors="surrogatepass"))
BYTES = TEXTS | st.binary(max_size=60) | st.binary(max_size=20).map(lambda tail: GOOD + tail)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=BYTES, name=st.sampled_from(["c.csv", "c.xlsx", "c"]))
def test_any_bytes_are_bad_input_or_a_cart_that_can_be_validated(data: bytes, name: str) -> None:
    try:
        read = read_cart(name, data, CONTEXT, FRIDAY)
    except BadInput:
        return
    lines = [completed(row, number, CONTEXT, FRIDAY) for number, row in enumerate(read.rows, 1)]
    decision = plan(Cart(refill_day=FRIDAY, lines=tuple(lines)), CONTEXT, CONTEXT.programs[0], Objective.CHEAPEST, DAYS)
    assert len(decision.split.lines) == len(lines)
