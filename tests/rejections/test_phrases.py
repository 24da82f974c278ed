"""Pharmacies' own words mapped to canonical codes (rules.md, section 9): nine in ten right, none wrong.

phrases.tsv holds what technicians write, in their spelling, with the code that a person would give; OTHER where the
words say something that no code stands for, or say too little.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from core.domain.rejections import REJECTIONS, code_for

PHRASES = [
    (code, words)
    for line in (Path(__file__).parent / "phrases.tsv").read_text(encoding="utf-8").splitlines()
    for code, _, words in [line.partition("\t")]
]


def test_the_list_is_long_and_names_every_code() -> None:
    assert len(PHRASES) >= 200
    assert {code for code, _ in PHRASES} == set(REJECTIONS)
    assert [words for words, times in Counter(words for _, words in PHRASES).items() if times > 1] == []


def test_none_of_them_gets_a_wrong_code() -> None:
    assert [(words, code_for(words)) for code, words in PHRASES if code_for(words) not in {code, "OTHER"}] == []


def test_nine_in_ten_get_the_code_that_a_person_would_give() -> None:
    right = [words for code, words in PHRASES if code_for(words) == code]
    assert len(right) >= 0.9 * len(PHRASES)
    for named in set(REJECTIONS) - {"OTHER"}:
        of_code = [words for code, words in PHRASES if code == named]
        assert sum(code_for(words) == named for words in of_code) >= 0.8 * len(of_code), named


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Doctor states pt is pregnant", "OTHER"),
        ("Credit card on file expired", "PAYMENT_NOT_RECEIVED"),
        ("CREDIT CARD ON FILE EXPIRED!!", "PAYMENT_NOT_RECEIVED"),
        ("Rx expired", "RX_EXPIRED"),
        ("license of the provider expired", "PRESCRIBER_NOT_LICENSED"),
        ("out of stock and address undeliverable", "OTHER"),
        ("sig unclear, also wrong date of birth", "OTHER"),
        ("already on file", "SUSPECTED_DUPLICATE"),
        ("patient already on Wegovy", "DUPLICATE_THERAPY"),
        ("no known allergies on profile", "OTHER"),
        ("\n\t", "OTHER"),
        ("rx_expired", "RX_EXPIRED"),
    ],
)
def test_neighbors(words: str, code: str) -> None:
    assert code_for(words) == code
