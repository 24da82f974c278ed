"""Amounts as price lists write them. A reader raises ValueError with a reason that says what to do."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final

from core.adapters.files.workbook import UNSTORED
from core.domain.money import cents_from

_CURRENCY: Final = re.compile(r"^(-?)\s*(?:US\$|USD|\$)\s*|\s*(?:USD|US\$|\$)$", re.IGNORECASE)
_GROUPED: Final = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
_PLAIN: Final = re.compile(r"-?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_MEASURE: Final = re.compile(r"(\d[\d,]*(?:\.\d+)?|\.\d+)\s*(?:mg|ml|mg\s*/\s*ml)?", re.IGNORECASE | re.ASCII)
_SEEN_BY_PEOPLE: Final = Context(prec=15)
"""A spreadsheet shows 15 digits of a number and stores 17: 101.50000000000001 is 101.50."""
_FEWEST_PERCENT: Final = Decimal("0.5")
"""Below it a bare number is a fraction (0.15), above 1 a percentage; in between it could be either."""


def price_cents(text: str) -> int:
    """Cents in a price cell: $1,234.50, USD 1234.5 and 1,234 alike."""
    if text.startswith(UNSTORED):
        raise ValueError("is a formula without a stored value; open and save the workbook, or type the price")
    bare = _CURRENCY.sub(r"\1", text.strip()).strip()
    if not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise ValueError("is not an amount in dollars; write it as 1234.50")
    amount = Decimal(bare.replace(",", ""))
    if amount < 0:
        raise ValueError("is below zero; write the price itself")
    try:
        return cents_from(f"{_SEEN_BY_PEOPLE.plus(amount):f}")
    except ValueError as error:
        raise ValueError(f"{error}; write it in whole cents, such as 1234.50") from None


def fee_rate(text: str) -> Decimal:
    """The fraction in a fee cell: 15, 15 % and 0.15 alike."""
    bare = text.strip().removesuffix("%").strip()
    if not _PLAIN.fullmatch(bare) or bare.startswith("-"):
        raise ValueError("is not a percentage; write it as 15 %")
    number = Decimal(bare)
    if text.strip().endswith("%") or number > 1:
        rate = number / 100
    elif number < _FEWEST_PERCENT:
        rate = number
    else:
        raise ValueError(f"could mean {bare} % or {number * 100:f} %; write it with a percent sign")
    if rate > 1:
        raise ValueError("is more than 100 %")
    return rate


def measure(text: str) -> Decimal | None:
    """The number in a cell such as 2.5 mg/mL, None where there is none: it only serves to check the rest."""
    number = _MEASURE.fullmatch(text.strip())
    return Decimal(number[1].replace(",", "")) if number else None
