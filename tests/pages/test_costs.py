"""SKU costs: figures, grid, one SKU, plans. SEMA lands at 100.00 + 15 % + 20.00 = 135.00 and, pooled, at 131.65."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.model import AggregatePrice, ProgramKind, Role
from tests.builders import a_program, a_sku, an_offer
from tests.pages.conftest import Opens
from tests.stores import a_folder, load

POOLED = a_program(
    program="REFILL", kind=ProgramKind.AGGREGATE, monthly_fee_cents=29_900, rate=Decimal("0.015"), source="Demo"
)
PRICE = AggregatePrice(
    program="REFILL", sku="SEMA", unit_price_cents=11_000, valid_from=date(2026, 11, 4), source="Demo"
)
GROWTH = a_program(program="GROWTH", monthly_fee_cents=99_700, rate=Decimal("0.10"))


@pytest.fixture
def priced(store: Store) -> Store:
    """Two pass-through programs and a pooled one, one SKU that all price, and one that nobody does."""
    unpriced = a_sku(sku="TIRZ", name="Tirzepatide 10 mg/mL, 2 mL", category="Weight")
    skus = (*a_folder().skus, unpriced)
    load(store, a_folder(programs=(a_program(), GROWTH, POOLED), aggregate_prices=(PRICE,), skus=skus))
    return store


def figures(shown: AppTest) -> dict[str, str]:
    assert not shown.exception
    return {metric.label: metric.value.replace("\\", "") for metric in shown.metric}


@pytest.mark.parametrize("role", [Role.MANAGER, Role.LEADERSHIP, Role.ADMIN])
def test_the_four_figures(role: Role, priced: Store, opens: Opens) -> None:
    shown = opens("costs", role)
    assert figures(shown) == {
        "Cheaper delivered": "1 of 1 SKU",
        "Cheaper at $20,000 a month": "1 of 1 SKU",
        "Oldest price": "337 days",
    }


def test_the_grid_says_in_words_and_in_dollars_which_side_is_cheaper(priced: Store, opens: Opens) -> None:
    grid = opens("costs").dataframe[0].value
    row = grid.set_index("SKU").loc["Semaglutide 2.5 mg/mL, 2 mL"]
    assert [str(row[name]) for name in ("Pass-through", "Aggregate", "Difference", "Break-even", "Flips at spend")] == [
        "135.00",
        "131.65",
        "-3.35",
        "113.30",
        "8925.37",
    ]
    assert (row["Cheaper"], row["Pharmacy"], row["Price age"], row["Source"]) == (
        "Aggregate",
        "Cedar Compounding",
        337,
        "Demo",
    )


def test_a_missing_price_is_no_price_and_never_zero(priced: Store, opens: Opens) -> None:
    grid = opens("costs").dataframe[0].value
    row = grid.set_index("SKU").loc["Tirzepatide 10 mg/mL, 2 mL"]
    assert row["Cheaper"] == "No price: FREE and REFILL"
    assert row[["Pass-through", "Aggregate", "Difference", "Break-even"]].isna().all()


def test_filters_stand_in_the_url(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_category="Weight", costs_units="3", costs_spend="5000", costs_pass_through="GROWTH")
    assert list(shown.dataframe[0].value["SKU"]) == ["Tirzepatide 10 mg/mL, 2 mL"]
    assert (shown.number_input(key="costs_units").value, shown.selectbox(key="costs_pass_through").value) == (
        3,
        "GROWTH",
    )
    assert "Cheaper at $5,000 a month" in figures(shown)


def test_a_link_to_a_program_that_is_gone_falls_back(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_pass_through="GONE", costs_units="-4")
    assert not shown.exception
    assert (shown.selectbox(key="costs_pass_through").value, shown.number_input(key="costs_units").value) == ("FREE", 1)


def test_the_grid_says_what_every_program_costs_by_the_measures_asked_for(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_measures="Dose", costs_search="SEMA")
    row = shown.dataframe[0].value.set_index("SKU").loc["Semaglutide 2.5 mg/mL, 2 mL"]
    assert [str(row[f"{name}, a dose"]) for name in ("FREE", "GROWTH", "REFILL")] == ["33.7500", "32.5000", "32.9125"]
    assert "FREE, a week" not in row
    assert row["At this spend"] == "Aggregate"


@pytest.mark.parametrize(
    ("case", "query", "found"),
    [
        ("by code", {"costs_search": "tirz"}, ["Tirzepatide 10 mg/mL, 2 mL"]),
        ("by words in any order", {"costs_search": "2 mL sema"}, ["Semaglutide 2.5 mg/mL, 2 mL"]),
        ("beside GROWTH the pool is not cheaper", {"costs_changing": "true"}, ["Semaglutide 2.5 mg/mL, 2 mL"]),
    ],
)
def test_the_grid_lists_what_is_asked_for(
    case: str, query: dict[str, str], found: list[str], priced: Store, opens: Opens
) -> None:
    assert list(opens("costs", **query).dataframe[0].value["SKU"]) == found


def test_a_search_that_finds_nothing_says_so(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_search="zinc")
    assert "No match among 2 SKUs." in [text.value for text in shown.caption]
    assert figures(shown)["Cheaper delivered"] == "1 of 1 SKU"


def test_made_up_prices_carry_a_badge(priced: Store, opens: Opens) -> None:
    assert [text.value for text in opens("costs").markdown if "Demo data" in text.value] != []


def test_real_prices_carry_none(store: Store, opens: Opens) -> None:
    load(store)
    assert [text.value for text in opens("costs").markdown if "Demo data" in text.value] == []


def test_one_sku_says_what_is_cheapest_and_what_it_is_made_of(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_tab="One SKU", costs_sku="Semaglutide 2.5 mg/mL, 2 mL (SEMA)")
    programs = shown.dataframe[0].value.set_index("Program")
    assert [str(programs.loc[name, "Landed"]) for name in ("FREE", "GROWTH", "REFILL")] == [
        "135.00",
        "130.00",
        "131.65",
    ]
    assert [str(programs.loc["FREE", name]) for name in ("Per day", "Per week", "Per dose", "Per mg")] == [
        "4.8214",
        "33.7500",
        "33.7500",
        "27.0000",
    ]
    sentences = [text.value.replace("\\", "") for text in shown.markdown]
    assert "**Cedar Compounding under REFILL is cheapest: 1 pack delivered for $131.65**" in sentences
    assert figures(shown) == {
        "Cheaper delivered": "REFILL",
        "Switches programs at": "90 packs a month",
        "Break-even aggregate price": "$113.30",
        "A pack lasts": "28 days",
    }
    assert "**A pack under GROWTH costs $130.00 alone and $111.67 in a shipment of 12**" in sentences


def test_packs_of_the_same_strength_stand_side_by_side_per_day(store: Store, opens: Opens) -> None:
    skus = (a_sku(in_use_days=28), a_sku(sku="TWO", name="Two months", in_use_days=56))
    offers = (an_offer(unit_cost_cents=18_900), an_offer(sku="TWO", unit_cost_cents=29_900))
    load(store, a_folder(skus=skus, offers=offers, programs=(a_program(rate=Decimal(0)),)))
    shown = opens("costs", costs_tab="One SKU", costs_sku="Semaglutide 2.5 mg/mL, 2 mL (SEMA)")
    says = "**Per day Two months costs least: $5.70 over 56 days, under the usual directions of Semaglutide 2.5 mg/mL, "
    assert f"{says}2 mL**" in [text.value.replace("\\", "") for text in shown.markdown]


def test_a_sku_without_any_price_says_so(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_tab="One SKU", costs_sku="Tirzepatide 10 mg/mL, 2 mL (TIRZ)")
    assert not shown.exception
    assert "No pharmacy has a price in force for it. Prices are loaded on Setup, from offers.csv." in [
        text.value for text in shown.caption
    ]


def test_plans_say_which_program_is_cheapest_and_from_what_spend(priced: Store, opens: Opens) -> None:
    shown = opens("costs", costs_tab="Plans")
    assert figures(shown) == {
        "Lowest fee": "REFILL",
        "Its fee a month": "$599.00",
        "Below the highest fee": "$2,401.00",
        "Lowest fee changes at": "None",
    }
    assert (
        "**At $20,000.00 a month REFILL has the lowest fee: $599.00; the lowest fee changes to REFILL from $2,214.81**"
        in [text.value.replace("\\", "") for text in shown.markdown]
    )


def test_a_clinic_with_one_way_of_paying_shows_that_one(store: Store, opens: Opens) -> None:
    load(store, a_folder(offers=(an_offer(), an_offer(valid_from=date(2026, 6, 1), unit_cost_cents=12_000))))
    shown = opens("costs")
    assert figures(shown)["Cheaper delivered"] == "–"
    assert str(shown.dataframe[0].value["Pass-through"][0]) == "158.00"


def test_a_clinic_without_skus_is_told_what_to_load(store: Store, opens: Opens) -> None:
    load(store, a_folder(skus=(), offers=(), prescriptions=()))
    shown = opens("costs")
    assert "**There are no SKUs yet\\.**" in [text.value for text in shown.markdown]
