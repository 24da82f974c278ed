"""Charts as data: what each figure would draw."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from pages.shared.cell_bars import from_zero
from pages.shared.charts import (
    TILES,
    ChartPoint,
    Segments,
    Series,
    Span,
    bars,
    by_amount,
    differences,
    over_time,
    spans,
    stacked,
    stacked_over_time,
    states,
)


def test_components_stack_one_trace_a_part_and_the_total_stands_at_the_end() -> None:
    figure = stacked(
        [
            Segments("Cedar", {"Medication": Decimal("170.00"), "Shipping": Decimal("12.10")}),
            Segments("Northwell", {"Medication": Decimal("160.00"), "Shipping": Decimal("30.00")}),
        ]
    )
    assert [(bar.name, list(bar.x), list(bar.y)) for bar in figure.data] == [
        ("Medication", [170.0, 160.0], ["Cedar", "Northwell"]),
        ("Shipping", [12.1, 30.0], ["Cedar", "Northwell"]),
    ]
    assert [(note.y, note.text) for note in figure.layout.annotations] == [
        ("Cedar", "$182.10"),
        ("Northwell", "$190.00"),
    ]


def test_a_part_that_one_bar_lacks_is_zero_there() -> None:
    figure = stacked([Segments("A", {"Fee": Decimal(1)}), Segments("B", {"Encounter": Decimal(2)})])
    assert [(bar.name, list(bar.x)) for bar in figure.data] == [("Fee", [1.0, 0.0]), ("Encounter", [0.0, 2.0])]


def test_differences_stand_on_both_sides_of_zero_under_the_name_of_the_cheaper_side() -> None:
    figure = differences(["A", "B"], [Decimal("-3.50"), Decimal("2.00")], ("REFILL", "FREE"))
    assert [(bar.name, list(bar.x)) for bar in figure.data] == [
        ("REFILL is cheaper", [-3.5, None]),
        ("FREE is cheaper", [None, 2.0]),
    ]


def test_plain_bars_run_from_the_top_down() -> None:
    figure = bars(["Out of stock", "Other"], [4, 1], "Attempts")
    assert (list(figure.data[0].y), list(figure.data[0].x)) == (["Out of stock", "Other"], [4.0, 1.0])
    assert figure.layout.yaxis.autorange == "reversed"


@pytest.mark.parametrize(("case", "steps", "shape"), [("rates", False, "linear"), ("prices", True, "hv")])
def test_a_value_over_time_holds_until_the_next_where_it_is_a_price(case: str, steps: bool, shape: str) -> None:
    figure = over_time([Series("Cedar", [date(2026, 11, 1)], [Decimal("9.99")])], "Dollars", steps=steps)
    assert (figure.data[0].line.shape, list(figure.data[0].y)) == (shape, [9.99])


def test_columns_by_week_stack() -> None:
    figure = stacked_over_time([Series("Fee", [date(2026, 11, 2)], [Decimal(5)])], "Dollars a week")
    assert (figure.layout.barmode, list(figure.data[0].y)) == ("stack", [5.0])


def test_a_week_that_is_not_whole_is_hatched_or_an_open_ring() -> None:
    weeks = [date(2026, 11, 23), date(2026, 11, 30)]
    columns = stacked_over_time([Series("Fee", weeks, [Decimal(5), Decimal(1)])], "Dollars", partial={weeks[1]})
    assert list(columns.data[0].marker.pattern.shape) == ["", "/"]
    line = over_time([Series("Rate", weeks, [Decimal(1), Decimal(0)])], "Rate", partial={weeks[1]})
    assert list(line.data[0].marker.symbol) == ["circle", "circle-open"]


def test_crossings_are_named_where_they_are() -> None:
    lines = [Series("FREE", [Decimal(0), Decimal(100)], [Decimal(0), Decimal(15)])]
    figure = by_amount(lines, [ChartPoint(Decimal(50), Decimal("7.50"), "FREE to GROWTH")], "Spend", "Cost")
    marks = figure.data[-1]
    assert (list(marks.x), list(marks.y), list(marks.text)) == ([50.0], [7.5], ["FREE to GROWTH"])
    assert [line.name for line in by_amount(lines, [], "Spend", "Cost").data] == ["FREE"]


def test_a_span_joins_its_median_and_its_90th_percentile() -> None:
    rails, medians, ninetieths = spans([Span("Cedar", 20, 44)], "Hours").data
    assert (list(rails.x), list(medians.x), list(ninetieths.x)) == ([20, 44, None], [20], [44])


def test_every_state_has_a_tile_of_its_own() -> None:
    assert (len(TILES), len(set(TILES.values()))) == (51, 51)


def test_a_state_shows_how_many_and_tells_which() -> None:
    figure = states({"TX": (2, "Cedar, Northwell")}, ["nobody", "1 pharmacy", "2 pharmacies"])
    row, column = TILES["TX"]
    tiles = figure.data[0]
    assert (tiles.z[row][column], tiles.text[row][column]) == (2, "TX<br>2")
    assert tiles.customdata[row][column] == "TX: Cedar, Northwell"
    row, column = TILES["AK"]
    assert (tiles.z[row][column], tiles.customdata[row][column]) == (0, "AK: nobody")


def test_bars_in_cells_share_one_scale() -> None:
    left, right, none, nothing = from_zero([-200, 100, 0, None])
    assert left is not None
    assert right is not None
    assert none is not None
    assert "x%3D%220%22%20y%3D%225%22%20width%3D%2260%22" in left
    assert "x%3D%2260%22%20y%3D%225%22%20width%3D%2230%22" in right
    assert "width%3D%220%22" in none
    assert nothing is None
