"""Directions labelled by hand: none may be misread, and at least 95 % of those that say one thing are read exactly."""

from __future__ import annotations

from collections import Counter

import pytest

from core.rules.sig import read
from tests.sig.labelled import FILES, Outcome, expected_flag, flag, labels, outcome, told

ROWS = labels()
TO_BE_READ = [row for row in ROWS if row.must_be_read]
TO_BE_FLAGGED = [row for row in ROWS if not row.must_be_read]


def test_the_corpus_is_large_and_says_nothing_twice() -> None:
    injections = [row for row in ROWS if row.file == "injections"]
    forms = {form for row in TO_BE_READ for form in FORMS if f" {form}" in row.says}
    assert (len(ROWS) >= 400, len(injections) >= 150, forms) == (True, True, set(FORMS))
    assert Counter((row.text, row.sku) for row in ROWS).most_common(1)[0][1] == 1


FORMS = ("units", "mL", "mg", "capsule", "tablet", "troche", "click", "pump", "patch", "drop", "spray", "suppository")


def test_nothing_is_misread() -> None:
    assert [row.text for row in ROWS if outcome(row) is Outcome.MISREAD] == []


@pytest.mark.parametrize("file", FILES)
def test_directions_that_must_not_pass_are_flagged_as_labelled(file: str) -> None:
    wrong = []
    for row in TO_BE_FLAGGED:
        kind, listed, words = flag(read(row.text, row.sku), row.sku)
        asked, of, naming = expected_flag(row.says)
        as_labelled = kind == asked if asked else kind != "read"
        all_listed = listed == of if asked == "ambiguous" else listed >= of
        if row.file == file and not (as_labelled and all_listed and naming <= words):
            wrong.append((row.text, row.says, kind, listed, words))
    assert wrong == []


def test_at_least_95_of_100_that_say_one_thing_are_read_exactly() -> None:
    missed = [
        f"{row.text} -> {told(read(row.text, row.sku))}" for row in TO_BE_READ if outcome(row) is not Outcome.EXACT
    ]
    assert len(missed) <= len(TO_BE_READ) * 0.05, missed
