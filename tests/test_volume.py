"""Two programs at the packs really ordered. SEMA lands at $135.00 (100.00 + 15 % + 20.00) and, pooled, at $131.65."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.store import Store
from core.domain.model import AggregatePrice, ProgramKind, Role
from core.domain.roles import Person
from core.rules.pricing.comparison import SkuComparison, compare
from core.rules.pricing.volume import AtVolume
from core.services.clinic_costs import packs_placed
from tests.builders import FRIDAY, a_context, a_program
from tests.stores import CLINIC, Clock, load, statements
from tests.test_repriced_orders import clinic as clinic  # noqa: PLC0414

LEA = Person("lea@clinic.test", "Lea", Role.LEADERSHIP)


def sema(pool_cents: int | None, *, units: int = 1, fee_cents: int = 299_00) -> SkuComparison:
    """SEMA at $100.00 + 15 % from cedar, and under REFILL at its own price + 1.5 %."""
    pool = a_program(program="REFILL", kind=ProgramKind.AGGREGATE, monthly_fee_cents=fee_cents, rate=Decimal("0.015"))
    price = AggregatePrice(program="REFILL", sku="SEMA", unit_price_cents=pool_cents or 0, valid_from=date(2026, 1, 1))
    context = a_context(programs=(a_program(), pool), aggregate_prices=(price,) if pool_cents is not None else ())
    (row,) = compare(context, FRIDAY, units=units, only=["SEMA"])
    return row


@pytest.mark.parametrize(
    ("case", "packs", "month", "excess_cents", "with_fees_cents"),
    [
        ("3 a month", 9, AtVolume(405_00, 394_95, 0, 299_00, 15_11), -10_05, 288_95),
        ("100 a month", 300, AtVolume(13_500_00, 13_165_00, 0, 299_00, 110_35), -335_00, -36_00),
        ("a third of a pack", 1, AtVolume(45_00, 43_88, 0, 299_00, None), -1_12, 297_88),
    ],
)
def test_a_month_at_the_volume_of_ninety_days(
    case: str, packs: int, month: AtVolume, excess_cents: int, with_fees_cents: int
) -> None:
    found = sema(110_00).at_volume("FREE", "REFILL", packs, 90)
    assert found == month
    assert (found.excess_cents, found.excess_with_fees_cents) == (excess_cents, with_fees_cents)


@pytest.mark.parametrize(
    ("case", "pool_cents", "packs", "aggregate"),
    [("no packs", 110_00, 0, "REFILL"), ("no price", None, 9, "REFILL"), ("no program", 110_00, 9, "GONE")],
)
def test_without_packs_or_prices_there_is_no_answer(
    case: str, pool_cents: int | None, packs: int, aggregate: str
) -> None:
    assert sema(pool_cents).at_volume("FREE", aggregate, packs, 90) is None


@given(packs=st.integers(1, 5_000), units=st.integers(1, 12), fee_cents=st.integers(0, 50_000))
def test_at_the_even_price_a_month_costs_the_same_but_for_rounding(packs: int, units: int, fee_cents: int) -> None:
    """Half a cent of the price and half a cent of a pack's share of its shipment, for every pack of the month."""
    month = sema(110_00, units=units, fee_cents=fee_cents).at_volume("FREE", "REFILL", packs, 90)
    assert month is not None
    if month.even_price_cents is None:
        assert packs * (135_00 - 20_00) < 3 * fee_cents
        return
    even = sema(month.even_price_cents, units=units, fee_cents=fee_cents).at_volume("FREE", "REFILL", packs, 90)
    assert even is not None
    assert abs(even.excess_with_fees_cents) <= 2 + packs


def test_packs_are_those_neither_rejected_nor_cancelled(clinic: Store, clock: Clock) -> None:
    assert packs_placed(clinic, LEA, CLINIC) == {"SEMA": 2}
    clock.forward(days=90)
    assert packs_placed(clinic, LEA, CLINIC) == {}


def test_packs_are_one_statement(clinic: Store) -> None:
    with statements(clinic) as said:
        packs_placed(clinic, LEA, CLINIC)
    assert sum("attempt" in statement for statement in said) == 1


def test_a_clinic_without_orders_has_none(store: Store) -> None:
    load(store)
    assert packs_placed(store, LEA, CLINIC) == {}
