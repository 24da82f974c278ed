"""Money: whole US cents, exact rates, and shares that always add up (rules.md, section 1).

Amounts are plain ``int`` cents everywhere, named ``*_cents``; rates are ``Decimal`` fractions (0.15 is 15 %).
No float comes near either.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

MOST_CENTS = 10**15
"""Ten trillion dollars: anything above is a typing error, and still fits a 64-bit column."""


def half_up(numerator: int, denominator: int) -> int:
    """Whole number nearest to a quotient, halves away from zero (the only rounding used for money)."""
    size = abs(denominator)
    nearest = (2 * abs(numerator) + size) // (2 * size)
    return nearest if (numerator < 0) == (denominator < 0) else -nearest


def rounded(amount: Decimal | Fraction) -> int:
    """Whole number nearest to ``amount``, halves away from zero."""
    return half_up(*amount.as_integer_ratio())


def allocate(cents: int, weights: Sequence[int | Decimal]) -> list[int]:
    """Shares of ``cents`` in proportion to ``weights`` by largest remainder; they sum to ``cents`` exactly.

    Ties go to the earlier position; weights that are all zero mean equal shares. Raises ValueError for a negative
    weight, or for an amount that nobody is there to carry.
    """
    if not weights:
        if cents:
            raise ValueError(f"{cents} cents and nobody to carry them")
        return []
    if min(weights) < 0:
        raise ValueError("a share cannot have a negative weight")
    parts = whole_numbers(weights) if any(weights) else [1] * len(weights)
    total = sum(parts)
    shares = [cents * weight // total for weight in parts]
    left = cents - sum(shares)
    if left:
        remainders = [cents * weight % total for weight in parts]
        largest_first = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
        for position in largest_first[:left]:
            shares[position] += 1
    return shares


def whole_numbers(values: Sequence[int | Decimal]) -> list[int]:
    """The same proportions in whole numbers, exactly."""
    if set(map(type, values)) <= {int}:
        return [int(value) for value in values]
    places = max((-int(Decimal(value).as_tuple().exponent) for value in values), default=0)
    return [int(Decimal(value).scaleb(max(places, 0))) for value in values]


def dollars(cents: int) -> str:
    """Cents as the files and commands write them: ``"955.20"``."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def shown(cents: int) -> str:
    """Cents as people read them: ``"$5,812.40"``."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}${cents // 100:,}.{cents % 100:02d}"


def cents_from(text: str) -> int:
    """Cents in a dollar cell with at most two decimals; ValueError says what is wrong with it."""
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("is not an amount in dollars, such as 189.00") from None
    if not amount.is_finite():
        raise ValueError("is not an amount in dollars, such as 189.00")
    if abs(amount) * 100 > MOST_CENTS:
        raise ValueError("is too large for an amount in dollars")
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ValueError("has more than two decimals")
    return int(cents)
