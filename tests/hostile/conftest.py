"""A loaded clinic whose store nothing hostile may change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core.__main__ import main
from core.adapters.store import METADATA, Store
from tests.builders import FRIDAY
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import patients

ODD = (
    '=HYPERLINK("http://x")', "+1", "-2", "@cmd", "\t=1+1", "Inject 💉 0.25 mg", "\u202ekl eviscera", "e\u0301" * 99,
    "x" * 10_000, "\x1b[31mred", "'; DROP TABLE patient; --", "{{7*7}}", "<script>alert(1)</script>", "%s%n", "¼ ½",
)  # fmt: skip
"""Texts that some program takes for more than text."""

Command = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def clinic(store: Store) -> Store:
    """Three patients, nothing placed."""
    load(store, a_folder(**patients(3)))
    return store


@pytest.fixture
def run(clinic: Store, store_url: str, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command on it: exit status and its one JSON object. Whatever is not done changes nothing."""

    def command(*words: str, on: str = f"{FRIDAY}") -> tuple[int, dict[str, Any]]:
        before = everything(clinic)
        status = main([*words, "--db", store_url, f"--on={on}", "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert (status == 0) == (not any(answer.get(no) for no in ("errors", "refused", "blocking", "warning")))
        if status:
            assert everything(clinic) == before
        return status, answer

    return command


def everything(store: Store) -> tuple[int, dict[str, int]]:
    """How often the clinic was written to, and the rows of every table."""
    with store.snapshot() as work:
        tables = METADATA.sorted_tables
        rows = {table.name: work.scalar(select(func.count()).select_from(table)) or 0 for table in tables}
    return store.data_version(CLINIC), rows


@contextmanager
def unchanged(store: Store) -> Iterator[None]:
    """Nothing is written meanwhile."""
    before = everything(store)
    yield
    assert everything(store) == before


def reasons(answer: dict[str, Any]) -> list[tuple[int | None, str | None, str]]:
    """The bad cells of an answer: row, column and reason."""
    return [(error["row"], error["column"], error["reason"]) for error in answer["errors"]]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], str]:
    """Write a file; its address."""

    def written(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return written
