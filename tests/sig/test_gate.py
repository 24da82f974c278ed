"""Directions by kind of danger, with the demo clinic's SKUs and more_skus.py, through the reader and the SIG gate.

``gate/*.txt``: ``directions | label | SKU``, the SKU only where there is one. The label is how they are read (see
``labelled.told``) or ``flag``: they must not pass, by an uncertain reading or by a blocking finding; ``flag CODE`` by
that finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from core.domain.context import Context
from core.domain.model import Days, Severity
from core.rules.sig import Certainty, read
from core.rules.validation import validate_directions
from tests.demo import demo_context
from tests.sig.labelled import told
from tests.sig.more_skus import MORE_SKUS

FOLDER = Path(__file__).parent / "gate"
TODAY = date(2026, 11, 27)


class Row(NamedTuple):
    """One row of a file; ``sku`` is empty where the words alone are read."""

    file: str
    text: str
    label: str
    sku: str


def rows() -> Iterator[Row]:
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("# "):
                text, label, *sku = [cell.strip() for cell in line.split(" | ")]
                yield Row(file.stem, text, label, sku[0] if sku else "")


ROWS = tuple(rows())


@cache
def clinic() -> Context:
    demo = demo_context(TODAY)
    return replace(demo, skus={**demo.skus, **MORE_SKUS})


def outcome(row: Row) -> tuple[str, frozenset[str]]:
    """``flag`` and the codes of the blocking findings, or how the directions are read."""
    sku = clinic().skus[row.sku] if row.sku else None
    reading = read(row.text, sku)
    findings = validate_directions(row.text, sku, 1, clinic(), Days(TODAY, TODAY))
    codes = frozenset(finding.code for finding in findings if finding.severity is Severity.BLOCKING)
    return ("flag" if codes or reading.certainty is not Certainty.READ else told(reading)), codes


@pytest.mark.parametrize("file", sorted({row.file for row in ROWS}))
def test_every_row_is_as_labelled(file: str) -> None:
    wrong = []
    for row in ROWS:
        if row.file != file:
            continue
        says, codes = outcome(row)
        label, _, code = row.label.partition(" ") if row.label.startswith("flag") else (row.label, "", "")
        if says != label or (code and code not in codes):
            wrong.append((row.text, row.label, says, sorted(codes)))
    assert wrong == []


def test_each_kind_has_neighbours_and_nothing_twice() -> None:
    counts = {file: sum(row.file == file for row in ROWS) for file in {row.file for row in ROWS}}
    assert min(counts.values()) >= 15
    assert len({(row.text, row.sku) for row in ROWS}) == len(ROWS)
