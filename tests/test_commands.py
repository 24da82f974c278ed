"""The command line over the demo clinic, loaded on one fixed day: answers, exit statuses, and what they leave."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main

DEMO = Path(__file__).parents[1] / "data" / "demo"
ON = "2026-12-04"
FAULTS = {
    "SIG_DOSE_MISMATCH", "ADDRESS_INCOMPLETE", "ALLERGY", "PRESCRIBER_NOT_LICENSED", "CLINICAL_DIFFERENCE_MISSING",
    "NO_REFILLS",
}  # fmt: skip

Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the demo clinic as it is on 4 December."""
    file = tmp_path_factory.mktemp("commands") / "demo.db"
    assert main(["load", str(DEMO), "--on", ON, "--db", f"sqlite:///{file}", "--json"]) == 0
    return file


@pytest.fixture
def run(loaded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command on a copy of it: exit status and JSON."""
    file = tmp_path / "demo.db"
    shutil.copy(loaded, file)
    capsys.readouterr()

    def command(*words: str, on: str | None = ON) -> tuple[int, dict[str, Any]]:
        days = ["--on", on] if on else []
        status = main([*words, "--db", f"sqlite:///{file}", *days, "--json"])
        return status, json.loads(capsys.readouterr().out)

    return command


@pytest.fixture
def due_cart(run: Command, tmp_path: Path) -> Path:
    """Everybody due, as a cart file."""
    _, answer = run("due")
    return written(tmp_path / "due.csv", [dict(line) for line in answer["lines"]])


def written(file: Path, lines: list[dict[str, Any]]) -> Path:
    columns = [name for name in ("patient", "sku", "rx", "quantity", "pharmacy", "hold") if name in lines[0]]
    with file.open("w", newline="") as out:
        sheet: csv.DictWriter[str] = csv.DictWriter(out, columns, extrasaction="ignore")
        sheet.writeheader()
        sheet.writerows(lines)
    return file


def without(file: Path, numbers: set[int]) -> Path:
    """The cart with these lines held."""
    lines = list(csv.DictReader(file.open()))
    for number, line in enumerate(lines, 1):
        line["hold"] = "yes" if number in numbers else "no"
    return written(file.with_name("held.csv"), lines)


def test_due_is_forty_lines_of_three_kinds(run: Command) -> None:
    status, answer = run("due")
    assert status == 0
    assert len(answer["lines"]) == 40
    assert {line["kind"] for line in answer["lines"]} == {"refill", "new", "titration"}
    assert set(answer["lines"][0]) == {"patient", "sku", "rx", "quantity", "due_on", "kind"}


def test_validate_finds_the_six_faults_of_the_day(run: Command, due_cart: Path) -> None:
    status, answer = run("validate", str(due_cart))
    assert status == 1
    assert (answer["lines"], answer["blocking"], answer["held"]) == (40, 6, 0)
    assert {found["code"] for found in answer["findings"] if found["severity"] == "blocking"} == FAULTS
    assert len(answer["hash"]) == 64


def test_a_quote_s_lines_sum_to_it_in_every_part(run: Command, due_cart: Path) -> None:
    status, answer = run("quote", str(due_cart))
    assert status == 0
    parts = {"medication": "medication", "program_fee": "program_fee", "encounters": "encounter",
             "shipping": "shipping", "processing": "processing", "total": "landed"}  # fmt: skip
    for whole, part in parts.items():
        cents = sum(round(float(line[part]) * 100) for line in answer["lines"])
        assert cents == round(float(answer[whole]) * 100), whole


def test_a_split_says_why(run: Command, due_cart: Path) -> None:
    status, answer = run("split", str(due_cart))
    assert status == 0
    assert answer["proven"] is True
    assert answer["bound"] == answer["total"]
    numbers = [line["line"] for line in answer["lines"]] + [line["line"] for line in answer["unfilled"]]
    assert sorted(numbers) == list(range(1, 41))


def test_a_split_keeps_what_is_asked_of_it(run: Command, due_cart: Path) -> None:
    _, free = run("split", str(due_cart))
    first = free["lines"][0]
    wish = f"avoid {first['pharmacy']} for line={first['line']}"
    _, asked = run("split", str(due_cart), "--ask", wish)
    moved = {line["line"]: line for line in asked["lines"]}.get(first["line"])
    assert moved is None or moved["pharmacy"] != first["pharmacy"]
    hashes = {run("validate", str(due_cart), *options)[1]["hash"] for options in ((), ("--ask", wish))}
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ("please", "does not begin with one of use, avoid, together, stay, reserve, boxes"),
        ("avoid elm", "names no pharmacy of this clinic; it has "),
        ("together for sku=SEMA", "together is about cart or patient"),
        ("together for line", "names neither patient=, sku= nor line= after “for”"),
        ("together for patient=NOBODY", "patient=NOBODY is not in the cart"),
        ("together cedar", "together takes neither a pharmacy nor an amount"),
        ("stay much", "is not an amount in dollars, such as 189.00"),
        ("boxes -1", "is a negative amount"),
    ],
)
def test_a_wish_that_cannot_be_read_is_bad_input(run: Command, due_cart: Path, wish: str, reason: str) -> None:
    status, answer = run("split", str(due_cart), "--ask", wish)
    (error,) = answer["errors"]
    assert (status, error["column"], error["value"]) == (2, "--ask", wish)
    assert error["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("spend", "cheapest"),
    [("1000", ["FIZY_FREE"]), ("19940", ["FIZY_FREE", "FIZY_GROWTH"]), ("40000", ["FIZY_PREMIUM"])],
)
def test_plans_of_the_published_presets(run: Command, spend: str, cheapest: list[str]) -> None:
    _, answer = run("plans", "--spend", spend)
    published = {cost["program"]: float(cost["cost"]) for cost in answer["costs"] if cost["program"].startswith("FIZY")}
    assert [name for name in published if published[name] == min(published.values())] == cheapest


def test_directions_are_read(run: Command) -> None:
    status, answer = run("sig", "Take 1/2 tablet (0.25 mg) by mouth twice weekly.")
    assert status == 0
    assert answer["certainty"] == "read"
    assert answer["segments"] == [
        {
            "step": 1,
            "dose": {"low": 0.5, "high": 0.5, "unit": "tablet"},
            "per_week": {"low": 2, "high": 2},
            "days": None,
        }
    ]


def test_place_refuses_while_a_fault_is_open_and_writes_nothing(run: Command, due_cart: Path) -> None:
    status, answer = run("place", str(due_cart))
    assert status == 1
    assert answer["refused"] == "Blocked"
    assert run("track") == (0, {"lines": [], "misfits": []})


def test_a_refill_day_from_cart_to_delivery(run: Command, due_cart: Path) -> None:
    _, checked = run("validate", str(due_cart))
    faulty = {found["line"] for found in checked["findings"] if found["severity"] == "blocking"}
    cart = str(without(due_cart, faulty))
    _, checked = run("validate", cart)
    _, quoted = run("quote", cart)
    confirmed = ("place", cart, "--expect", quoted["total"], "--hash", checked["hash"], "--acknowledge", "all")
    status, placed = run(*confirmed)
    assert status == 0
    assert placed["total"] == quoted["total"]
    assert placed["held"] == sorted(faulty)
    assert run(*confirmed) == (0, placed)

    assert run("worker", "--once")[0] == 0
    _, health = run("worker", "--status")
    assert {pharmacy["breaker"] for pharmacy in health["pharmacies"]} == {"closed"}
    assert (health["queue"]["queued"], health["queue"]["unknown"]) == (0, 0)
    for _ in range(8):
        run("partner", "--step")
    _, tracked = run("track", placed["checkout"])
    assert len(tracked["lines"]) == 34
    assert {line["state"] for line in tracked["lines"]} <= {"delivered", "rejected", "returned"}
    assert run("ledger", "verify")[1]["problems"] == []
    assert run("audit", "verify")[1]["problem"] is None


def test_an_expected_total_that_differs_stops_the_checkout(run: Command, due_cart: Path) -> None:
    _, checked = run("validate", str(due_cart))
    faulty = {found["line"] for found in checked["findings"] if found["severity"] == "blocking"}
    cart = str(without(due_cart, faulty))
    _, checked = run("validate", cart)
    status, answer = run("place", cart, "--expect", "1.00", "--hash", checked["hash"], "--acknowledge", "all")
    assert status == 1
    assert (answer["refused"], answer["expected"]) == ("Differs", "1.00")
    assert run("track")[1]["lines"] == []


@pytest.mark.parametrize(
    ("case", "words", "column"),
    [
        ("no such option value", ("split", "x.csv", "--objective", "best"), "python -m core split"),
        ("no such date", ("due", "--on", "2026-02-31"), "--on"),
        ("not an amount", ("plans", "--spend", "15 %"), "--spend"),
        ("no such clinic", ("due", "--clinic", "nobody"), "--clinic"),
        ("no such program", ("quote", "CART", "--program", "GOLD"), "--program"),
        ("no such person", ("due", "--as", "nobody@example.com"), "--as"),
        ("no such SKU", ("sig", "Take 1 tablet daily.", "--sku", "NONE"), "--sku"),
        ("acknowledging unseen warnings", ("place", "CART", "--acknowledge", "all"), "--acknowledge"),
        ("no units", ("compare", "--units", "0"), "--units"),
    ],
)
def test_bad_arguments_are_named(run: Command, due_cart: Path, case: str, words: tuple[str, ...], column: str) -> None:
    given = [str(due_cart) if word == "CART" else word for word in words]
    status, answer = run(*given, on=None if "--on" in words else ON)
    assert status == 2
    assert [error["column"] for error in answer["errors"]] == [column]


def test_a_bad_cart_is_refused_whole_with_every_cell(run: Command, tmp_path: Path) -> None:
    cart = tmp_path / "bad.csv"
    cart.write_text("patient,sku,quantity\nNOBODY,SEMA-2.5-2,1\nP-1014,NOTHING,-3\n")
    status, answer = run("validate", str(cart))
    assert status == 2
    assert [(error["row"], error["column"], error["value"]) for error in answer["errors"]] == [
        (2, "patient", "NOBODY"),
        (3, "quantity", "-3"),
        (3, "sku", "NOTHING"),
    ]


def test_a_backup_restores_to_the_same(run: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, kept = run("backup", str(tmp_path / "copy.db"))
    assert status == 0
    again = main(["restore", str(tmp_path / "copy.db"), "--db", f"sqlite:///{tmp_path / 'again.db'}", "--json"])
    assert again == 0
    restored = json.loads(capsys.readouterr().out)
    assert (restored["rows"], restored["problems"]) == (kept["rows"], [])
    assert run("restore", str(tmp_path / "copy.db"))[0] == 1


def test_a_restored_backup_says_what_does_not_hold(
    run: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backup", str(tmp_path / "copy.db"))[0] == 0
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        copy.execute("DROP TRIGGER audit_entry_refuses_UPDATE")
        copy.execute("UPDATE audit_entry SET action = 'nothing' WHERE number = 1")
    copy.close()
    status = main(["restore", str(tmp_path / "copy.db"), "--db", f"sqlite:///{tmp_path / 'again.db'}", "--json"])
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (status, problem.partition(": ")[2]) == (1, "Entry 1 was changed after it was written.")


def test_which_program_is_cheapest(run: Command) -> None:
    """The demo clinic without a history: nothing was ordered."""
    status, answer = run("which")
    assert (status, answer["lines"], answer["now"], answer["cheapest"]) == (0, 0, [], [])
    assert {row["lines"] for row in answer["programs"]} == {0}
    status, answer = run("which", "--drug", "tirzepatide")
    (error,) = answer["errors"]
    assert (status, error["column"], error["reason"]) == (2, "--drug", "was not ordered in the period")


def test_a_dry_run_says_what_would_change_and_writes_nothing(run: Command, tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("patient,phone\nP-1006,555-555-5555\n")
    for _ in range(2):
        status, answer = run("load", str(tmp_path), "--dry-run")
        assert (status, answer["would_load"]) == (0, {"patients.csv": 1})
        assert answer["changes"]["patients.csv"]["changed"] == 1
        assert [warning["reason"] for warning in answer["warnings"]] == ["no US telephone number in 1 row: P-1006"]


def test_pause_and_reminders(run: Command) -> None:
    _, before = run("due")
    patient = before["lines"][0]["patient"]
    assert run("due", "--weeks", "0")[0] == 2
    _, ahead = run("due", "--weeks", "8")
    assert len(ahead["lines"]) > len(before["lines"])
    assert run("pause", patient, "--until", "2027-03-01", "--reason", "travels")[0] == 0
    _, after = run("due")
    assert [row["patient"] for row in after["paused"]] == [patient]
    assert patient not in {line["patient"] for line in after["lines"]}
    run("resume", patient)
    assert run("due")[1] == before


def test_an_invoice_and_the_months(run: Command, tmp_path: Path) -> None:
    invoice = tmp_path / "invoice.csv"
    invoice.write_text("Reference,Amount\nRD-19990101-01/01,5.00\n")
    pharmacy = run("ledger", "months", "--out", str(tmp_path / "months.csv"))[1]["months"]
    given = ("invoice", str(invoice), "--pharmacy", "cedar", "--from", "1999-01-01", "--to", "1999-01-31")
    status, answer = run(*given)
    assert (status, answer["billed"], answer["expected"], answer["agree"]) == (1, "5.00", "0.00", 0)
    assert [row["what"] for row in answer["dispute"]] == ["not ours to pay"]
    assert (tmp_path / "months.csv").read_text("utf-8-sig").count("\n") == len(pharmacy) + 1
    invoice.write_text("Number,Sum\nRD-19990101-01/01,5.00\n")
    assert run(*given)[0] == 2
