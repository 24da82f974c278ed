"""The lock files pin what the requirements ask for, with hashes, and say nothing of where they were made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==([^\s;\\]+)", re.MULTILINE)


def pins(file: str) -> dict[str, str]:
    """Version by package."""
    return dict(PIN.findall((ROOT / file).read_text()))


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", ["requirements.txt"]),
        ("tests/requirements.lock", ["requirements.txt", "tests/requirements.txt", "requirements.lock"]),
    ],
)
def test_every_requirement_is_pinned_as_asked(lock: str, wanted: list[str]) -> None:
    locked = pins(lock)
    for file in wanted:
        assert pins(file).items() <= locked.items(), file


@pytest.mark.parametrize("lock", ["requirements.lock", "tests/requirements.lock"])
def test_every_pin_has_hashes_and_nothing_names_a_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"^(?=[A-Za-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(lock))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
