"""Properties of reading directions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.rules.sig import Certainty, days_supply, disagreements, read, supply, weekly_mg
from tests.builders import a_sku
from tests.soak import EXAMPLES as SOAK

EXAMPLES = settings(max_examples=max(100, SOAK), deadline=None, suppress_health_check=[HealthCheck.too_slow])
SKUS = (
    None,
    a_sku(),
    a_sku(sku="IU", drug_units_per_ml=Decimal(1000), in_use_days=0),
    a_sku(sku="CAP", volume_ml=None, concentration_mg_per_ml=None, units_per_pack=30, mg_per_unit=Decimal("0.5")),
)
VOCABULARY = (
    "inject take apply 10 0.25 .5 1/2 ½ 1½ one two half a 1-2 0 99999999999999 1,5 10/20 units mg mL mcg IU "
    "capsule spray tablets patch subq IM po topically weekly daily monthly twice once times every other day "
    "days week weeks hours q12h bid q7d Monday Thursday Mon-Fri M/W/F except on off for x then thereafter or "
    "and up to max not exceed as needed prn directed ( ) [ ] / = , . ; : - – morning bedtime nightly each "
    "nostril both eyes week 1-4 5 per kg of by after may increase until biweekly %"
)
WORDS = st.sampled_from(VOCABULARY.split())
SIGS = st.lists(WORDS, max_size=25).map(" ".join)


@EXAMPLES
@given(text=st.one_of(st.text(max_size=200), SIGS), sku=st.sampled_from(SKUS))
def test_reading_never_raises_and_invents_no_word(text: str, sku: object) -> None:
    reading = read(text, sku)  # type: ignore[arg-type]
    assert reading.text == text
    assert all(word in text for word in reading.unread)
    assert (reading.certainty is Certainty.AMBIGUOUS) <= (len(reading.readings) > 1)


@EXAMPLES
@given(text=SIGS, sku=st.sampled_from(SKUS[1:]), quantity=st.integers(1, 3))
def test_arithmetic_never_raises(text: str, sku: object, quantity: int) -> None:
    reading = read(text, sku)  # type: ignore[arg-type]
    lasts = supply(reading, sku, quantity)  # type: ignore[arg-type]
    assert lasts is None or min(lasts) >= 0
    weekly_mg(reading, sku)  # type: ignore[arg-type]
    disagreements(reading, sku, tolerance_units=Decimal("0.5"), tolerance_share=Decimal("0.05"))  # type: ignore[arg-type]


@EXAMPLES
@given(
    dose=st.integers(1, 400),
    times=st.integers(1, 7),
    factor=st.integers(1, 12),
    volume=st.integers(1, 40),
    in_use=st.one_of(st.none(), st.integers(1, 200)),
    quantity=st.integers(1, 5),
)
def test_a_dose_and_a_vial_times_as_large_last_the_same(
    dose: int, times: int, factor: int, volume: int, in_use: int | None, quantity: int
) -> None:
    def days(scale: int) -> int | None:
        sku = a_sku(volume_ml=Decimal(volume * scale), in_use_days=in_use)
        return days_supply(read(f"Inject {dose * scale} units subq {times} times weekly", sku), sku, quantity)

    assert days(1) == days(factor)


@EXAMPLES
@given(dose=st.integers(1, 9), times=st.integers(1, 7), packs=st.integers(1, 9), more=st.integers(1, 9))
def test_pooled_pieces_scale_with_the_packs(dose: int, times: int, packs: int, more: int) -> None:
    sku = a_sku(volume_ml=None, units_per_pack=dose * times, sterile=False)
    reading = read(f"Take {dose} capsules by mouth {times} times weekly", sku)
    assert days_supply(reading, sku, packs * more) == 7 * packs * more


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("empty", ""),
        ("blank", " \t\n\r "),
        ("long", "Inject 10 units subq weekly. " * 345),
        ("long word", "x" * 10_000),
        ("long number", "9" * 10_000),
        ("nested brackets", "(" * 5_000 + ")" * 5_000),
        ("slashes", "1/" * 5_000),
        ("thens", "10 units weekly then " * 476),
        ("days", "Monday, " * 1_250),
        ("controls", "Inject\x00 10\x1b units\x7f subq\u202e weekly\ufeff"),
        ("other digits", "Inject ١٠ units subq weekly"),
        ("surrogate", "Inject \ud800 10 units"),
    ],
)
def test_odd_texts_are_read_without_an_exception(case: str, text: str) -> None:
    assert read(text, SKUS[1]).text == text
