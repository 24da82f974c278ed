from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.money import allocate, cents_from, dollars, half_up, rounded, shown, whole_numbers


@pytest.mark.parametrize(
    ("case", "amount", "cents"),
    [
        ("below half", Decimal("2.4999"), 2),
        ("half goes up", Decimal("2.5"), 3),
        ("half of an odd number goes up too", Decimal("3.5"), 4),
        ("negative half goes away from zero", Decimal("-2.5"), -3),
        ("negative below half", Decimal("-2.4"), -2),
        ("a third", Fraction(1, 3), 0),
        ("an exact half as a fraction", Fraction(1, 2), 1),
        ("more digits than the decimal context holds", Decimal("1" * 40 + ".5"), int("1" * 40) + 1),
    ],
)
def test_rounded(case: str, amount: Decimal | Fraction, cents: int) -> None:
    assert rounded(amount) == cents


@pytest.mark.parametrize(
    ("case", "numerator", "denominator", "nearest"),
    [
        ("half", 5, 2, 3),
        ("half below zero", -5, 2, -3),
        ("half, over a number below zero", 5, -2, -3),
        ("half of two numbers below zero", -5, -2, 3),
        ("below half, over a number below zero", 7, -3, -2),
        ("above half of two numbers below zero", -8, -3, 3),
        ("nothing, over a number below zero", 0, -3, 0),
    ],
)
def test_half_up_is_away_from_zero_whatever_the_signs(
    case: str, numerator: int, denominator: int, nearest: int
) -> None:
    assert half_up(numerator, denominator) == nearest


@pytest.mark.parametrize(
    ("case", "cents", "weights", "shares"),
    [
        ("even", 100, [1, 1], [50, 50]),
        ("ties go to the earlier position", 100, [1, 1, 1], [34, 33, 33]),
        ("two left over", 101, [1, 1, 1], [34, 34, 33]),
        ("the largest remainder first", 10, [1, 2, 4], [1, 3, 6]),
        ("a weight of zero gets nothing", 10, [0, 3], [0, 10]),
        ("all weights zero means equal shares", 5, [0, 0], [3, 2]),
        ("decimal weights", 10, [Decimal("0.25"), Decimal("0.75")], [3, 7]),
        ("nothing to share", 0, [3, 4], [0, 0]),
        ("nobody, nothing", 0, [], []),
        ("a refund", -100, [1, 1, 1], [-33, -33, -34]),
    ],
)
def test_allocate(case: str, cents: int, weights: list[int | Decimal], shares: list[int]) -> None:
    assert allocate(cents, weights) == shares


@pytest.mark.parametrize(
    ("case", "cents", "weights", "message"),
    [
        ("nobody to carry it", 5, [], "5 cents and nobody to carry them"),
        ("a negative weight", 5, [1, -1], "a share cannot have a negative weight"),
    ],
)
def test_allocate_refuses(case: str, cents: int, weights: list[int | Decimal], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        allocate(cents, weights)


WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


@given(cents=st.integers(0, 10**12), weights=WEIGHTS)
def test_allocate_never_loses_a_cent_and_never_strays_by_one(cents: int, weights: list[int]) -> None:
    shares = allocate(cents, weights)
    total = sum(weights)
    exact = [Fraction(cents * weight, total) if total else Fraction(cents, len(weights)) for weight in weights]
    assert sum(shares) == cents
    assert all(abs(share - due) < 1 for share, due in zip(shares, exact, strict=True))


@given(weights=st.lists(st.decimals(0, 1000, places=4), max_size=20))
def test_whole_numbers_keep_the_proportions(weights: list[Decimal]) -> None:
    whole = whole_numbers(weights)
    total, sums = sum(weights), sum(whole)
    assert all(number * total == weight * sums for number, weight in zip(whole, weights, strict=True))


@pytest.mark.parametrize(
    ("case", "cents", "file", "screen"),
    [
        ("dollars and cents", 95_520, "955.20", "$955.20"),
        ("thousands", 581_240, "5812.40", "$5,812.40"),
        ("cents only", 7, "0.07", "$0.07"),
        ("negative", -1_05, "-1.05", "-$1.05"),
    ],
)
def test_amounts_written(case: str, cents: int, file: str, screen: str) -> None:
    assert (dollars(cents), shown(cents)) == (file, screen)


@pytest.mark.parametrize(
    ("case", "text", "cents"),
    [
        ("whole dollars", "189", 18_900),
        ("one decimal", "0.5", 50),
        ("spaces around", " 189.00 ", 18_900),
        ("zeros after the cents", "1.500", 150),
        ("negative", "-3.10", -310),
    ],
)
def test_amounts_read(case: str, text: str, cents: int) -> None:
    assert cents_from(text) == cents


@pytest.mark.parametrize(
    ("case", "text", "message"),
    [
        ("a fraction of a cent", "1.005", "has more than two decimals"),
        ("words", "ten", "is not an amount in dollars, such as 189.00"),
        ("a currency sign", "$5", "is not an amount in dollars, such as 189.00"),
        ("not a number", "NaN", "is not an amount in dollars, such as 189.00"),
        ("endless", "Infinity", "is not an amount in dollars, such as 189.00"),
        ("a typing error", "1e30", "is too large for an amount in dollars"),
    ],
)
def test_amounts_that_cannot_be_read(case: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cents_from(text)
