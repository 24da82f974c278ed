"""Directions cut into tokens: numbers, words and marks, each with its place in the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from core.rules.sig.vocabulary import COUNTING, LETTER_DAYS, WEEKDAYS

_TOKEN = re.compile(
    r"(?P<number>\.?[0-9]+(?:[.,][0-9]+)*)"
    r"|(?P<vulgar>[½¼¾⅓⅔⅛])"
    r"|(?P<abbreviation>(?<![^\W\d_])[A-Za-z](?:\.[A-Za-z])+(?![^\W\d_])\.?)"
    r"|(?P<word>[^\W\d_½¼¾⅓⅔⅛]+(?:['’][a-z]+)?)"
    r"|(?P<mark>\S)"
)
_MARKS = {"–": "-", "—": "-", "‑": "-", "−": "-", "⁄": "/", "[": "(", "]": ")", "{": "(", "}": ")"}
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}


class Token(NamedTuple):
    """One lexeme: what it reads as (folded), as written, and whether it is a number."""

    word: str
    written: str
    is_number: bool
    start: int


END = Token("", "", False, -1)


def tokenize(text: str) -> list[Token]:
    """Every lexeme in order; hyphens that only join a word's parts (sub-q, one-half, 10-unit) are left out."""
    tokens: list[Token] = []
    hyphens = False
    for match in _TOKEN.finditer(text):
        written, kind, start = match.group(), match.lastgroup, match.start()
        if kind == "word":
            tokens.append(Token(written.casefold(), written, False, start))
        elif kind == "number":
            tokens.append(Token(written, written, True, start))
        elif kind == "mark":
            mark = _MARKS.get(written, written)
            hyphens = hyphens or mark == "-"
            tokens.append(Token(mark, written, False, start))
        elif kind == "vulgar":
            tokens.append(Token(_VULGAR[written], written, True, start))
        else:
            tokens.append(Token(written.replace(".", "").lower(), written, False, start))
    return _without_joiners(tokens) if hyphens else tokens


def _without_joiners(tokens: list[Token]) -> list[Token]:
    padded = [END, *tokens, END]
    return [
        token
        for left, token, right in zip(padded, tokens, padded[2:], strict=False)
        if token.word != "-" or not _joins(left, token, right)
    ]


def _joins(left: Token, hyphen: Token, right: Token) -> bool:
    touching = left.start + len(left.written) == hyphen.start and right.start == hyphen.start + 1
    if touching and left.word == "u":
        return True
    if not touching or not right.word[:1].isalpha() or not left.word[:1].isalnum():
        return False
    both_weekdays = all(side.word in WEEKDAYS or side.word in LETTER_DAYS for side in (left, right))
    return not both_weekdays and not (left.word in COUNTING and right.word in COUNTING)
