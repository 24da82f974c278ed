"""The hash of a validated cart (rules.md, section 3): what it covers, what it leaves out, the same in every process."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.domain.model import Cart, Days, Finding, Objective, Owner, Severity, ShipTo
from core.rules.validation import cart_hash
from tests.builders import DAYS, FRIDAY, a_line

ROOT = Path(__file__).parents[2]
CLEAN = "0265e5ff06db54822f6ab5971bf42351a97b9071a732a28a151a186fab2a4dd2"


def a_finding(**over: Any) -> Finding:
    return Finding(
        **{"line": 1, "held": False, "code": "NO_REFILLS", "severity": Severity.BLOCKING, "field": "refills",
           "message": "none left", "owner": Owner.PRESCRIBER} | over
    )  # fmt: skip


def a_hash(**over: Any) -> str:
    """The hash of the clean line with something else."""
    line = a_line(**over.pop("line", {}))
    parts: dict[str, Any] = {
        "cart": Cart(refill_day=FRIDAY, lines=(line,)),
        "findings": (),
        "program": "FREE",
        "objective": Objective.CHEAPEST,
        "day_price_cents": 500,
        "days": DAYS,
    }
    return cart_hash(**parts | over)


def test_the_clean_cart() -> None:
    assert a_hash() == CLEAN


def test_it_is_the_same_in_another_process() -> None:
    code = "from tests.validation.test_cart_hash import a_hash; print(a_hash())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == CLEAN


@pytest.mark.parametrize(
    ("case", "over"),
    [
        ("patient", {"line": {"patient": "P2"}}),
        ("sku", {"line": {"sku": "OTHER"}}),
        ("quantity", {"line": {"quantity": 2}}),
        ("prescription", {"line": {"rx": "RX2"}}),
        ("no prescription", {"line": {"rx": None}}),
        ("directions, by a space", {"line": {"sig": a_line().sig + " "}}),
        ("prescriber", {"line": {"npi": "1679576722"}}),
        ("pin", {"line": {"pharmacy": "cedar"}}),
        ("destination", {"line": {"ship_to": ShipTo.CLINIC}}),
        ("hold", {"line": {"hold": True}}),
        ("number", {"line": {"number": 2}}),
        ("program", {"program": "GROWTH"}),
        ("objective", {"objective": Objective.FASTEST}),
        ("day price", {"day_price_cents": 501}),
        ("refill day", {"days": Days(date(2026, 12, 11), FRIDAY)}),
        ("placing day", {"days": Days(FRIDAY, date(2026, 12, 3))}),
        ("a finding", {"findings": (a_finding(),)}),
    ],
)
def test_it_changes_with(case: str, over: dict[str, Any]) -> None:
    assert a_hash(**over) != CLEAN


@pytest.mark.parametrize(
    ("case", "over"),
    [
        ("the store's id", {"line": {"id": "0192"}}),
        ("the version of an edit", {"line": {"version": 9}}),
        ("the instant", {"days": Days(FRIDAY, FRIDAY, datetime(2026, 12, 4, 17, tzinfo=UTC))}),
    ],
)
def test_it_leaves_out(case: str, over: dict[str, Any]) -> None:
    assert a_hash(**over) == CLEAN


def test_of_findings_line_and_code_count_in_any_order() -> None:
    one, two = a_finding(), a_finding(line=2, code="PO_BOX")
    said_otherwise = a_finding(message="otherwise", severity=Severity.WARNING, held=True)
    assert a_hash(findings=(one, two)) == a_hash(findings=(two, said_otherwise))
    assert a_hash(findings=(one, two)) != a_hash(findings=(one,))
    assert a_hash(findings=(one,)) != a_hash(findings=(a_finding(code="RX_EXPIRED"),))
    assert a_hash(findings=(one,)) != a_hash(findings=(a_finding(line=2),))


def test_lines_count_in_their_order_not_the_tuples() -> None:
    first, second = a_line(), a_line(number=2, patient="P2")
    there = Cart(refill_day=FRIDAY, lines=(first, second))
    back = Cart(refill_day=FRIDAY, lines=(second, first))
    assert a_hash(cart=there) == a_hash(cart=back)
    swapped = (a_line(number=2), a_line(number=1, patient="P2"))
    assert a_hash(cart=there) != a_hash(cart=Cart(refill_day=FRIDAY, lines=swapped))


def test_any_text_has_a_hash() -> None:
    assert len(a_hash(line={"sig": "½ \u2028 é \x00 “”"})) == 64
