"""The manual says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reference import reference

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PLACE = re.compile(r"`((?:core|pages|tests|data|docs)/[^`\s:]*|app\.py)(?::(\w+))?`")
"""A path between backticks, with the name that it defines."""

GUESSES = (
    "Where is role x action?",
    "Where is the due list?",
    "Where do I add a pharmacy adapter?",
    "Where is a rule?",
    "Where is the fee rounded?",
    "Where is a CSV column declared?",
    "Where is a chart?",
    "Where are the states of a line?",
    "Where is SQL?",
    "Where is a screen?",
)


def test_the_reference_is_current() -> None:
    assert (DOCS / "reference.md").read_text() == reference(), "run `make docs`"


def test_every_decision_has_its_parts() -> None:
    for page in sorted((DOCS / "decisions").glob("*.md")):
        text = page.read_text()
        assert re.match(rf"# {page.name[:4]}: [A-Z]", text), page
        assert [part for part in ("**Context.**", "**Decision.**", "**Consequences.**") if part not in text] == [], page


def test_what_a_newcomer_asks_is_answered() -> None:
    assert [question for question in GUESSES if f"| {question} |" not in (DOCS / "where.md").read_text()] == []


@pytest.mark.parametrize(
    "page", ["docs/where.md", "docs/glossary.md", "docs/design.md", "CONTRIBUTING.md"], ids=lambda page: Path(page).stem
)
def test_every_place_that_is_named_exists(page: str) -> None:
    places = PLACE.findall((ROOT / page).read_text())
    assert places
    assert [f"{path}:{name}" for path, name in places if not _exists(path, name)] == []


@pytest.mark.parametrize(
    ("case", "path", "name", "expected"),
    [
        ("a name", "core/domain/roles.py", "MAY", True),
        ("a method", "core/domain/orders/book.py", "apply", True),
        ("no such name", "core/domain/roles.py", "MAY_NOT", False),
        ("no such file", "core/domain/role.py", "", False),
        ("a pattern", "pages/**/*charts.py", "", True),
    ],
)
def test_a_place_that_does_not_exist_is_seen(case: str, path: str, name: str, expected: bool) -> None:
    assert _exists(path, name) is expected


def _exists(path: str, name: str) -> bool:
    files = list(ROOT.glob(path.rstrip("/")))
    return bool(files) and (not name or any(name in _names(file) for file in files if file.is_file()))


def _names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
