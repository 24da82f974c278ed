"""The texts on screen are written down for people to read, and in American English."""

from __future__ import annotations

import ast
import re

import pytest

from tests.pages.conftest import FRAME
from tests.pages.screen_texts import screen_texts, texts_of

LIST = FRAME.parents[2] / "docs" / "screen_texts.md"
BRITISH = re.compile(
    r"\w*(?:authoris|licence|cancelled|cancelling|cheque|millilitre|fulfilment|colour|neutralis|recognis|organis)\w*",
    re.IGNORECASE,
)
RIDDLES = re.compile(
    r"put(?:s)? (?:it )?right|foretold|did not fit|to hand over|is asked of|answer lost|dearer|wish\b", re.IGNORECASE
)


def test_the_list_of_texts_is_current() -> None:
    assert LIST.read_text() == screen_texts(), "run `make docs`"


@pytest.mark.parametrize(("case", "words"), [("British spelling", BRITISH), ("a riddle", RIDDLES)])
def test_texts_are_plain_american_english(case: str, words: re.Pattern[str]) -> None:
    lines = [line for line in screen_texts().splitlines() if line.startswith("- ")]
    assert [line for line in lines if words.search(line)] == []


def test_a_text_is_found_wherever_it_stands() -> None:
    code = """
def draw(rows, name):
    \"\"\"Not on screen.\"\"\"
    st.button(f"Cancel {count(rows, 'line')} of {name}", key="orders_cancel", icon=":material/close:")
    table([{"Paid": row["paid"], "Why": "No price" if row else "Left out"} for row in rows], name="price_rows")
"""
    assert list(texts_of(ast.parse(code))) == ["Cancel {…} of {…}", "Paid", "Why", "No price", "Left out"]
