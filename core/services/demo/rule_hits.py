"""Which rules fired on the demo's past lines, and what became of it: made up, repeatable, and plausible.

Most findings were put right before payment; some warnings were acknowledged, a few blocking ones overridden; and of the
lines that a pharmacy refused, a rule had spoken of some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from core.domain.model import FindingEnd, Severity
from core.domain.orders.book import Book
from core.domain.orders.records import OrderLine
from core.domain.rejections import REJECTED_AS
from core.rules.validation.runner import RULES

SHARE: Final = 0.2
"""Of past lines on which something was found."""

PREDICTED: Final = 0.4
"""Of the refused lines that a rule had spoken of."""

FOUND: Final[Mapping[str, int]] = {
    "REFILL_TOO_SOON": 16, "PRESCRIBER_NOT_LICENSED": 9, "LICENCE_EXPIRING": 12, "NO_REFILLS": 11, "RX_EXPIRED": 7,
    "STATE_ZIP_MISMATCH": 6, "ADDRESS_INCOMPLETE": 5, "PO_BOX": 4, "PHONE_INVALID": 7, "PATIENT_INCOMPLETE": 3,
    "ALLERGIES_UNKNOWN": 9, "ALLERGY": 2, "SIG_DOSE_MISMATCH": 3, "SIG_INCOMPLETE": 6, "SIG_NO_MG": 8,
    "SIG_SUPPLY_MISMATCH": 10, "TITRATION_SKIP": 4, "TITRATION_STALE": 6, "DOSE_START_HIGH": 3, "DUPLICATE_THERAPY": 3,
    "SUSPECTED_DUPLICATE": 5, "OUT_OF_STOCK": 7, "CLINICAL_DIFFERENCE_MISSING": 4, "RX_SIG_CHANGED": 2,
}  # fmt: skip
"""Codes that the demo's clinics meet, by how often."""


def past_rule_hits(book: Book, seed: str) -> list[dict[str, Any]]:
    """One row a finding, columns by name; the same seed and book give the same."""
    dice = Random(f"{seed} firings")  # noqa: S311 (repeatable, not secret)
    rows = {}
    for reference in sorted(book.lines):
        line = book.lines[reference]
        for code, end in _hits(line, book, dice):
            rows[line.patient, line.sku, code, book.checkouts[line.checkout].refill_day] = _row(line, code, end, book)
    return list(rows.values())


def _hits(line: OrderLine, book: Book, dice: Random) -> Iterator[tuple[str, FindingEnd]]:
    if dice.random() < SHARE:
        (code,) = dice.choices(list(FOUND), list(FOUND.values()))
        yield code, _end(code, dice)
    reason = book.attempts[line.reference, 1].reason_code
    predicting = [code for code in FOUND if REJECTED_AS[code] == reason and _may_go_out(code)]
    if predicting and dice.random() < PREDICTED:
        code = dice.choice(predicting)
        yield code, _answered(code)


def _end(code: str, dice: Random) -> FindingEnd:
    rule = RULES[code]
    if rule.severity is Severity.WARNING:
        return FindingEnd.ACKNOWLEDGED if dice.random() < 0.6 else FindingEnd.FIXED
    return FindingEnd.OVERRIDDEN if rule.overridable and dice.random() < 0.12 else FindingEnd.FIXED


def _may_go_out(code: str) -> bool:
    return RULES[code].overridable or RULES[code].severity is Severity.WARNING


def _answered(code: str) -> FindingEnd:
    return FindingEnd.OVERRIDDEN if RULES[code].overridable else FindingEnd.ACKNOWLEDGED


def _row(line: OrderLine, code: str, end: FindingEnd, book: Book) -> dict[str, Any]:
    checkout = book.checkouts[line.checkout]
    seen_at: datetime = checkout.placed_at - timedelta(minutes=25)
    return {
        "refill_day": checkout.refill_day,
        "patient": line.patient,
        "sku": line.sku,
        "code": code,
        "first_seen_at": seen_at,
        "ended": end,
        "line": line.reference,
    }
