"""A spreadsheet program small enough to read: the formulas of a workbook evaluated as binary numbers, as Excel does.

ROUND is the strictest there could be: it rounds the binary number itself, without the corrections that Excel makes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"]*")|(?P<number>\d+\.?\d*)
    |(?P<cells>(?:(?:'[^']+'|[A-Za-z]+)!)?\$?[A-Z]{1,2}\$?\d+(?::\$?[A-Z]{1,2}\$?\d+)?)
    |(?P<name>[A-Z]+)(?=\()|(?P<sign><>|<=|>=|[-+*/(),=<>]))""",
    re.VERBOSE,
)
Range = list[Any]


class Spreadsheet:
    """A workbook's cells, worked out when asked for; ``change`` types into one."""

    def __init__(self, data: bytes) -> None:
        self._formulas = openpyxl.load_workbook(io.BytesIO(data))
        self._values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        self._known: dict[tuple[str, int, int], Any] = {}
        self.changed = False

    def rows(self, sheet: str, head: int = 4) -> list[dict[str, Any]]:
        """The rows under a header as they are worked out, by heading."""
        return self._rows(sheet, head, self.value)

    def stored(self, sheet: str, head: int = 4) -> list[dict[str, Any]]:
        """The same as they are stored in the file."""
        return self._rows(sheet, head, lambda name, row, column: self._values[name].cell(row, column).value)

    def _rows(self, sheet: str, head: int, value: Callable[[str, int, int], Any]) -> list[dict[str, Any]]:
        page = self._formulas[sheet]
        names = [page.cell(head, column).value for column in range(1, page.max_column + 1)]
        found = []
        for row in range(head + 1, page.max_row + 1):
            if page.cell(row, 1).value is None:
                break
            found.append({name: value(sheet, row, at) for at, name in enumerate(names, 1) if name})
        return found

    def change(self, sheet: str, cell: str, value: object) -> None:
        """Type into a cell."""
        self._formulas[sheet][cell] = value
        self._known.clear()
        self.changed = True

    def value(self, sheet: str, row: int, column: int) -> Any:
        """A cell, worked out."""
        key = (sheet, row, column)
        if key not in self._known:
            raw = self._formulas[sheet].cell(row, column).value
            is_formula = isinstance(raw, str) and raw.startswith("=")
            self._known[key] = _Formula(self, sheet, raw[1:]).result() if is_formula else raw
        return self._known[key]

    def cells(self, sheet: str, reference: str) -> Any:
        """One cell, or the list of a column or row of cells."""
        page, _, area = reference.rpartition("!")
        left, top, right, bottom = range_boundaries(area.replace("$", ""))
        name = page.strip("'") or sheet
        found = [self.value(name, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
        return found if ":" in area else found[0]


class _Formula:
    """One formula, read from left to right."""

    def __init__(self, book: Spreadsheet, sheet: str, text: str) -> None:
        self.book, self.sheet = book, sheet
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            assert found, f"{text[at:]} in {text}"
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()

    def result(self) -> Any:
        value = self.comparison()
        assert not self.tokens, self.tokens
        return 0 if value is None else value

    def next_is(self, *signs: str) -> bool:
        return bool(self.tokens) and self.tokens[0][1] in signs and self.tokens[0][0] == "sign"

    def comparison(self) -> Any:
        left = self.sum()
        while self.next_is("=", "<", ">"):
            sign = self.tokens.pop(0)[1]
            right = self.sum()
            left = {"=": left == right, "<": sign == "<" and left < right, ">": sign == ">" and left > right}[sign]
        return left

    def sum(self) -> Any:
        left = self.product()
        while self.next_is("+", "-"):
            sign = self.tokens.pop(0)[1]
            right = self.product()
            left = left + right if sign == "+" else left - right
        return left

    def product(self) -> Any:
        left = self.factor()
        while self.next_is("*", "/"):
            sign = self.tokens.pop(0)[1]
            right = self.factor()
            left = left * right if sign == "*" else left / right
        return left

    def factor(self) -> Any:
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1]
        if kind == "number":
            return float(text)
        if kind == "cells":
            found = self.book.cells(self.sheet, text)
            return float(found) if isinstance(found, int) else found
        if kind == "name":
            return self.call(text)
        if text == "-":
            return -self.factor()
        assert text == "("
        value = self.comparison()
        self.tokens.pop(0)
        return value

    def call(self, name: str) -> Any:
        self.tokens.pop(0)
        if name == "IF":
            return self.condition()
        given = [self.comparison()]
        while self.tokens.pop(0)[1] == ",":
            given.append(self.comparison())
        return _FUNCTIONS[name](*given)

    def condition(self) -> Any:
        """Only the branch that counts is worked out: the other may divide by text."""
        holds = self.comparison()
        self.tokens.pop(0)
        if not holds:
            self.skip()
        value = self.comparison()
        if self.next_is(","):
            self.skip(to_the_end=True)
        assert self.tokens.pop(0)[1] == ")"
        return value

    def skip(self, to_the_end: bool = False) -> None:
        depth = 0
        while depth or not (self.next_is(")") or (self.next_is(",") and not to_the_end)):
            text = self.tokens.pop(0)[1]
            depth += {"(": 1, ")": -1}.get(text, 0)
        if not to_the_end:
            self.tokens.pop(0)


def _numbers(cells: Range) -> list[float]:
    return [cell for cell in (cells if isinstance(cells, list) else [cells]) if isinstance(cell, int | float)]


def _rounded(number: float, places: float) -> float:
    return float(Decimal(number).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ROUND": _rounded,
    "ISNUMBER": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "AND": lambda *values: all(values),
    "COUNT": lambda cells: float(len(_numbers(cells))),
    "MIN": lambda cells: min(_numbers(cells), default=0),
    "INDEX": lambda cells, at: cells[int(at) - 1],
    "MATCH": lambda value, cells, _: float(cells.index(value) + 1),
}
