"""The most of a drug, whoever prescribes it: data/dose_maxima.csv."""

from __future__ import annotations

from datetime import date

import pytest

from core.rules.sig import over_maximum, read
from core.rules.sig.dose_maxima import MAXIMA, TABLE, read_maxima
from core.rules.sig.product import drug_names
from tests.demo import demo_context

TODAY = date(2026, 11, 27)


def given(text: str, code: str) -> list[str]:
    sku = demo_context(TODAY).skus[code]
    return [sentence.partition(" (")[0] for sentence in over_maximum(read(text, sku), sku)]


@pytest.mark.parametrize(
    ("text", "sku", "sentences"),
    [
        ("Dissolve 1 troche under the tongue once daily", "SILD-50-30", []),
        (
            "Dissolve 1 troche under the tongue twice daily", "SILD-50-30",
            ["The directions give sildenafil 14 times a week; it is given once a day."],
        ),
        (
            "Dissolve 3 troches under the tongue as needed, max once daily", "SILD-50-30",
            ["The directions give 150 mg of sildenafil a day; the most is 100 mg"],
        ),
        ("Take 2 capsules by mouth daily", "MINOX-2.5-90", []),
        ("Take 1 capsule by mouth twice daily", "MINOX-2.5-90", []),
        (
            "Take 3 capsules by mouth twice weekly", "MINOX-2.5-90",
            ["The directions give 7.5 mg of minoxidil a day; the most is 5 mg"],
        ),
        (
            "Take 2 capsules every morning and 1 capsule every evening by mouth", "MINOX-2.5-90",
            ["The directions give 7.5 mg of minoxidil a day; the most is 5 mg"],
        ),
        (
            "Apply 1 mL to scalp three times daily", "MINFIN-7-30",
            ["The directions give 3 mL of minoxidil a day; the most is 2 mL"],
        ),
        (
            "Take 6 capsules by mouth every morning", "T4T3-38-9-90",
            ["The directions give 0.228 mg of levothyroxine a day; the most is 0.2 mg",
             "The directions give 0.054 mg of liothyronine a day; the most is 0.05 mg"],
        ),
        (
            "Inject 0.25 mg (10 units) subcutaneously twice weekly", "SEMA-2.5-2",
            ["The directions give semaglutide 2 times a week; it is given once in 7 days"],
        ),
        ("Inject 0.25 mg (10 units) subcutaneously biweekly", "SEMA-2.5-2", []),
        (
            "Inject 0.25 mg (10 units) subcutaneously weekly for 4 weeks, then 0.5 mg (20 units) every 5 days",
            "SEMA-2.5-2", ["The directions give semaglutide 1.4 times a week; it is given once in 7 days"],
        ),
    ],
)  # fmt: skip
def test_what_is_too_much(text: str, sku: str, sentences: list[str]) -> None:
    assert given(text, sku) == [sentence.removesuffix(".") for sentence in sentences]


def test_usual_directions_of_the_demo_are_never_too_much() -> None:
    skus = demo_context(TODAY).skus.values()
    assert [sku.sku for sku in skus if over_maximum(read(sku.usual_sig, sku), sku)] == []


def test_every_row_is_of_a_drug_that_directions_can_name_and_says_its_source() -> None:
    assert [row.drug for row in MAXIMA if {row.drug} != set(drug_names(row.drug))] == []
    assert all(row.source for row in MAXIMA)


HEAD = TABLE.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize(
    ("case", "row"),
    [
        ("no drug", ",oral,5,,,,a label"),
        ("no source", "minoxidil,oral,5,,,,"),
        ("no figure", "minoxidil,oral,,,,,a label"),
        ("no number", "minoxidil,oral,five,,,,a label"),
        ("zero", "minoxidil,oral,0,,,,a label"),
        ("endless", "minoxidil,oral,inf,,,,a label"),
        ("too short", "minoxidil,oral"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(case: str, row: str) -> None:
    with pytest.raises(ValueError, match="row 3"):
        read_maxima(f"{HEAD}\nminoxidil,oral,5,,,,a label\n{row}\n")
