"""The manual says what the code does."""

from __future__ import annotations

from pathlib import Path

from tests.reference import reference

DOCS = Path(__file__).parents[1] / "docs"


def test_the_reference_is_current() -> None:
    assert (DOCS / "reference.md").read_text() == reference(), "run `make docs`"


def test_every_decision_has_its_parts() -> None:
    for page in sorted((DOCS / "decisions").glob("*.md")):
        text = page.read_text()
        assert [part for part in ("**Context.**", "**Decision.**", "**Consequences.**") if part not in text] == [], page
