"""``sig``: the JSON is docs/formats.md's, to the letter; ``sig -`` answers every line, whatever it holds."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main

KEYS = [
    "text", "certainty", "action", "route", "route_from_sku", "as_needed", "segments", "mg_per_dose", "ml_per_dose",
    "days_supply",
    "unread", "findings",
]  # fmt: skip


@pytest.fixture
def empty(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'empty.db'}"


def sig(db: str, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[dict[str, Any]]]:
    status = main(["sig", *words, "--db", db, "--json"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_part_of_an_answer(empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = "Inject 0.25-0.5 mg subq once or twice weekly for 4 weeks, then 1 mg weekly for weight loss"
    status, (answer,) = sig(empty, capsys, text)
    assert (status, list(answer)) == (0, KEYS)
    assert answer == {
        "text": text,
        "certainty": "read",
        "action": "inject",
        "route": "subcutaneous",
        "route_from_sku": False,
        "as_needed": False,
        "segments": [
            {
                "step": 1,
                "dose": {"low": 0.25, "high": 0.5, "unit": "mg"},
                "per_week": {"low": 1, "high": 2},
                "days": 28,
            },
            {"step": 2, "dose": {"low": 1, "high": 1, "unit": "mg"}, "per_week": {"low": 1, "high": 1}, "days": None},
        ],
        "mg_per_dose": 0.5,
        "ml_per_dose": None,
        "days_supply": None,
        "unread": ["weight", "loss"],
        "findings": [],
    }


def test_what_is_not_known_is_null_and_findings_leave_the_exit_status_alone(
    empty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, (answer,) = sig(empty, capsys, "Inject 10 every 3 days")
    assert (status, answer["certainty"], answer["route"], answer["mg_per_dose"]) == (0, "partly", None, None)
    dose = {"low": 10, "high": 10, "unit": None}
    assert answer["segments"] == [{"step": 1, "dose": dose, "per_week": {"low": 2.3333, "high": 2.3333}, "days": None}]
    (found,) = answer["findings"]
    assert list(found) == ["line", "held", "code", "severity", "field", "message", "owner", "fixes"]
    assert (found["code"], found["message"]) == ("SIG_INCOMPLETE", "The directions do not tell the unit, route.")


def test_a_stream_answers_one_object_a_line(
    empty: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        b"Inject 10 units subq weekly", b"", b"Use as directed.\r", b"Take 1 tab po bid", b"\xff\xfe broken",
        "每周注射 10 单位".encode(), b"x" * 10_000, b"Inject\x00 10 units\x1b subq weekly", b"Take 1 tab po bid",
    ]  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\n".join(lines) + b"\n")))
    status, answers = sig(empty, capsys, "-")
    assert (status, [list(answer) for answer in answers]) == (0, [KEYS] * len(lines))
    assert [answer["certainty"] for answer in answers] == [
        "read", "unreadable", "unreadable", "read", "unreadable", "unreadable", "unreadable", "partly", "read",
    ]  # fmt: skip
    assert answers[2]["text"] == "Use as directed."
    assert answers[3] == answers[8]


@pytest.mark.parametrize("quantity", ["0", "-3"])
def test_no_quantity_is_bad_input(empty: str, capsys: pytest.CaptureFixture[str], quantity: str) -> None:
    status, (answer,) = sig(empty, capsys, "Take 1 tab po bid", "--quantity", quantity)
    assert (status, [(one["column"], one["value"]) for one in answer["errors"]]) == (2, [("--quantity", quantity)])
