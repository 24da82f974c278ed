"""Amounts, days and names as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from pages.shared.formats import (
    amount,
    code_words,
    count,
    day,
    full_day,
    listed,
    moment,
    money,
    percent,
    plain,
    signed_money,
)


@pytest.mark.parametrize(
    ("case", "said", "expected"),
    [
        ("money", money(581240), "$5,812.40"),
        ("money not known", money(None), "–"),
        ("more", signed_money(920), "+$9.20"),
        ("less", signed_money(-920), "-$9.20"),
        ("no difference", signed_money(0), "$0.00"),
        ("a cell", amount(12345), Decimal("123.45")),
        ("an empty cell", amount(None), None),
        ("percent", percent(Decimal("0.1251")), "12.5%"),
        ("percent of nothing", percent(None), "–"),
        ("a day", day(date(2026, 12, 4)), "Fri 4 Dec"),
        ("a day with its year", full_day(date(2026, 12, 4)), "Fri 4 Dec 2026"),
        ("an instant there", moment(datetime(2026, 12, 4, 20, 5, tzinfo=UTC), "America/Chicago"), "Fri 4 Dec, 14:05 CST"),  # noqa: E501
        ("one", count(1, "line"), "1 line"),
        ("many", count(1204, "line"), "1,204 lines"),
        ("an odd plural", count(2, "pharmacy", "pharmacies"), "2 pharmacies"),
        ("nobody", listed([]), ""),
        ("one name", listed(["Cedar"]), "Cedar"),
        ("three names", listed(["Cedar", "Lakeside", "Northwell"]), "Cedar, Lakeside and Northwell"),
        ("two amounts are no formula", plain("$5 and $6"), r"\$5 and \$6"),
        ("a name is no link", plain("[x](javascript:y)"), r"\[x\]\(javascript\:y\)"),
        ("a name is no color", plain(":red[A]"), r"\:red\[A\]"),
    ],
)  # fmt: skip
def test_words(case: str, said: object, expected: object) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SIG_DOSE_MISMATCH", "SIG dose mismatch"),
        ("RX_EXPIRED", "Prescription expired"),
        ("PO_BOX", "PO box"),
        ("NPI_INVALID", "NPI invalid"),
        ("LICENCE_EXPIRING", "License expiring"),
        ("ALLERGY", "Allergy"),
    ],
)
def test_codes_in_words(code: str, words: str) -> None:
    assert code_words(code) == words
