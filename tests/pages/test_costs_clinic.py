"""The clinic as a whole and its months among the plans: two packs of SEMA at $100.00, three patients, one of SEMA-B
that the pool has no price for. 4 of December's 31 days count of monthly fees."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.model import Role
from core.domain.money import shown
from core.domain.roles import LOCAL
from core.rules.pricing.monthly import plans
from core.rules.pricing.program_words import answer_sentence
from core.services.checkout import place
from core.services.clinic_costs import MonthSpend, best_program
from pages.costs.clinic_charts import by_month, heat_map, waterfall, with_months
from pages.costs.plans import growth_sentence
from pages.shared.charts import ChartPoint, Series, by_amount
from tests.builders import FRIDAY, a_patient, a_prescription, a_program, a_sku, an_offer
from tests.pages.conftest import Opens
from tests.pages.test_costs import GROWTH, POOLED, PRICE, figures
from tests.stores import CLINIC, Clock, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line

OTHER = a_sku(sku="SEMA-B", name="Other semaglutide", actives=("other",), therapy_class="other", ingredients=("other",))


@pytest.fixture
def ordered(store: Store) -> Store:
    """Three lines placed today under FREE: $135.00 each."""
    prescriptions = [a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in (1, 2)]
    prescriptions.append(a_prescription(rx="RX3", patient="P3", sku="SEMA-B"))
    folder = a_folder(
        programs=(a_program(), GROWTH, POOLED),
        aggregate_prices=(PRICE,),
        skus=(*a_folder().skus, OTHER),
        offers=(an_offer(), an_offer(sku="SEMA-B")),
        patients=tuple(a_patient(patient=f"P{at}") for at in (1, 2, 3)),
        prescriptions=tuple(prescriptions),
    )
    load(store, folder)
    place(store, STAFF, CLINIC, confirmation(a_cart(line(1), line(2), line(3, sku="SEMA-B"))))
    return store


def said(page: AppTest) -> list[str]:
    assert not page.exception
    return [text.value.replace("\\", "").strip("*") for text in (*page.markdown, *page.caption)]


def test_one_program_beside_what_was_paid(ordered: Store, opens: Opens) -> None:
    """110.00 + 1.65 for 100.00 + 15.00, twice; 299.00 * 4 / 31 is 38.58. REFILL prices 2 of 3 lines and is no answer;
    GROWTH would have cost 997.00 * 4 / 31 - 15.00 in 4 days."""
    page = opens("costs", costs_tab="The clinic")
    assert figures(page) == {
        "Paid": "$270.00",
        "Under REFILL": "$301.88",
        "Would have cost more": "$31.88",
        "Lines compared": "2 of 3",
    }
    texts = said(page)
    assert "1 line has no price under REFILL and is left out of both sides: Other semaglutide." in texts
    assert (
        "REFILL would have lost $31.88 (-$20.00 by drug prices, +$26.70 by fees and -$38.58 by monthly fees). "
        "What you have (FREE) is cheapest for you; GROWTH would cost $852.38 a month more"
    ) in texts
    assert "Monthly fees matter most: they cost $38.58 under REFILL" in texts
    assert "REFILL saves money only if its prices fall by 14.3%, at today's rate" in texts


@pytest.mark.parametrize("page", ["Compare", "One SKU", "The clinic", "Plans", "Price lists", "Quote", "Fulfillment"])
def test_every_place_gives_the_same_answer(page: str, ordered: Store, opens: Opens, clock: Clock) -> None:
    clock.forward(days=1)
    answer = best_program(ordered, LOCAL, CLINIC)
    shown = (
        opens("fulfilment", Role.LEADERSHIP, fulfilment_tab="Spend")
        if page == "Fulfillment"
        else opens("costs", costs_tab=page)
    )
    sentence = answer_sentence(answer)
    assert sentence == "What you have (FREE) is cheapest for you; GROWTH would cost $874.86 a month more"
    assert [text for text in said(shown) if sentence in text]
    assert not [text for text in said(shown) if "cheapest for you" in text and sentence not in text]


def test_one_drug_is_one_search(ordered: Store, opens: Opens) -> None:
    page = opens("costs")
    (drug,) = [box for box in page.selectbox if box.label == "One drug at our volume"]
    assert drug.options == ["other", "semaglutide"]
    page = drug.set_value("semaglutide").run()
    assert any(
        "For semaglutide what you have (FREE) is cheapest at your volume; REFILL would cost" in text
        for text in said(page)
    )


def test_a_pass_through_program_has_no_unpublished_price(ordered: Store, opens: Opens) -> None:
    page = opens("costs", costs_tab="The clinic", costs_against="GROWTH")
    assert figures(page)["Lines compared"] == "3 of 3"
    assert "Every line has a price under GROWTH." in said(page)
    assert "Monthly fees matter most: they cost $128.65 under GROWTH" in said(page)
    assert "Choose an aggregate program above to see how other prices and rates would change the result." in said(page)


def test_leadership_sees_it_and_no_patient(ordered: Store, opens: Opens) -> None:
    page = opens("costs", Role.LEADERSHIP, costs_tab="The clinic")
    assert figures(page)["Paid"] == "$270.00"
    assert not [text for text in said(page) if "Rivera" in text or "P1" in text]


def test_without_orders_it_says_where_they_come_from(store: Store, opens: Opens) -> None:
    load(store)
    assert "No orders were placed in the last three months." in said(opens("costs", costs_tab="The clinic"))


def test_the_clinics_months_under_every_plan(ordered: Store, opens: Opens, clock: Clock) -> None:
    clock.forward(days=31)
    page = opens("costs", costs_tab="Plans")
    row = next(each.value for each in page.dataframe if "Month" in each.value).iloc[0]
    assert [str(row[name]) for name in ("Month", "Medication spend", "FREE", "GROWTH", "REFILL", "Lowest fee")] == [
        "December 2026",
        "300.00",
        "45.00",
        "1027.00",
        "303.50",
        "FREE",
    ]
    assert (
        "In December 2026, with $300.00 of medication, FREE has the lowest fee; REFILL does from $2,214.81 a month, "
        "638.3% more"
    ) in said(page)


@pytest.mark.parametrize(
    ("case", "cents", "says"),
    [
        ("below", 1_000_00, "FREE has the lowest fee; GROWTH does from $19,940.00 a month, 1894.0% more"),
        ("at the crossing", 19_940_00, "FREE and GROWTH have the lowest fees, and growth would not change that"),
        ("beyond", 30_000_00, "GROWTH has the lowest fee, and growth would not change that"),
        ("nothing", 0, "FREE has the lowest fee; GROWTH does from $19,940.00 a month"),
    ],
)
def test_what_growth_would_change(case: str, cents: int, says: str) -> None:
    month = MonthSpend(FRIDAY.replace(day=1), cents, complete=True)
    sentence = growth_sentence([month], [plans((a_program(), GROWTH), cents)])
    assert sentence == f"In December 2026, with {shown(cents)} of medication, {says}"


def test_a_waterfall_ends_at_the_sum_of_its_steps() -> None:
    (trace,) = waterfall([("A", Decimal("4.10")), ("B", Decimal("-6.00"))], "All").data
    assert (list(trace.y), list(trace.x)) == (["A", "B", "All"], [4.1, -6.0, -1.9])
    assert list(trace.text) == ["+$4.10", "-$6.00", "-$1.90"]
    assert list(trace.measure) == ["relative", "relative", "total"]


def test_months_stand_side_by_side_and_a_missing_one_is_no_bar() -> None:
    figure = by_month([Series("FREE", ["Nov 2026", "Dec 2026"], [None, Decimal("1.50")])])
    assert (figure.layout.barmode, list(figure.data[0].y)) == ("group", [None, 1.5])


def test_a_heat_map_marks_today_and_where_it_breaks_even_as_far_as_that_is_on_it() -> None:
    changes, rates = [Decimal("-0.1"), Decimal(0)], [Decimal("0.015"), Decimal("0.05")]
    saved = [[Decimal(1), Decimal(2)], [Decimal(-1), Decimal(-2)]]
    even = [(Fraction(-1, 20), rates[0]), (Fraction(1, 2), rates[1])]
    cells, line_, today = heat_map(changes, rates, saved, rates[1], even).data
    assert (list(cells.x), list(cells.y)) == ([-10.0, 0.0], [1.5, 5.0])
    assert (list(line_.x), list(line_.y)) == ([-5.0], [1.5])
    assert (list(today.x), list(today.y)) == ([0], [5.0])


def test_own_months_stand_on_the_plans() -> None:
    figure = with_months(by_amount([], [], "Spend", "Cost"), [ChartPoint(Decimal(50), Decimal("7.50"), "May 2026")])
    assert (list(figure.data[-1].x), list(figure.data[-1].text)) == ([50.0], ["May 2026"])


def test_one_sku_answers_at_the_volume_really_ordered(ordered: Store, opens: Opens) -> None:
    """2 packs in 90 days are 0.7 a month: 90.00 under FREE, 87.77 pooled; a month of REFILL costs 299.00."""
    page = opens("costs", costs_tab="One SKU", costs_sku="Semaglutide 2.5 mg/mL, 2 mL (SEMA)")
    texts = said(page)
    assert (
        "At your volume, 0.7 packs a month (2 packs in 90 days), REFILL is cheaper by $2.23 a month; with the monthly "
        "fees on this SKU alone, FREE is cheaper by $296.77 a month"
    ) in texts
    assert (
        "REFILL charges $110.00 a pack now. Delivered packs cost the same at $113.30, and with the monthly fees on "
        "this SKU alone at no price."
    ) in texts


def test_one_sku_that_nobody_ordered_has_no_volume(ordered: Store, clock: Clock, opens: Opens) -> None:
    clock.forward(days=90)
    texts = said(opens("costs", costs_tab="One SKU", costs_sku="Semaglutide 2.5 mg/mL, 2 mL (SEMA)"))
    assert "Not ordered in the last 90 days; the costs of a pack are below." in texts


def test_key_figures_are_of_the_skus_that_are_searched(ordered: Store, opens: Opens) -> None:
    assert figures(opens("costs", costs_search="semaglutide 2.5"))["Cheaper delivered"] == "1 of 1 SKU"
    assert figures(opens("costs", costs_search="other"))["Cheaper delivered"] == "–"
