"""A quote's workbook computes what core computes, to the cent, also after somebody has changed what it starts from."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest

from core.domain.context import Context
from core.domain.model import AggregatePrice, ProgramKind, RateBase
from core.domain.money import dollars
from core.rules.pricing.comparison import SkuComparison, compare
from core.rules.pricing.monthly import plans
from core.services.quotes.selection import QuoteRequest, Selection, quote_selection
from core.services.quotes.workbook import workbook
from tests.builders import FRIDAY, a_context, a_pharmacy, a_program, a_sku, an_offer, licences
from tests.quotes_out.spreadsheet import Spreadsheet

FREE, GROWTH = (
    a_program(source="published"),
    a_program(program="GROWTH", rate=Decimal("0.10"), monthly_fee_cents=99_700),
)
REFILL = a_program(program="REFILL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.015"), monthly_fee_cents=149_900)
POOLED = AggregatePrice(program="REFILL", sku="SEMA", unit_price_cents=11_000, valid_from=date(2026, 1, 1))


def a_clinic_of_prices(**over: Any) -> Context:
    """Two pharmacies, three programs, SEMA with every price and TIRZ with a pharmacy's alone."""
    parts: dict[str, Any] = {
        "skus": {sku: a_sku(sku=sku, name=f"{sku} 2.5 mg/mL") for sku in ("SEMA", "TIRZ")},
        "pharmacies": {code: a_pharmacy(pharmacy=code, name=code.title()) for code in ("cedar", "lake")},
        "offers": (an_offer(), an_offer(pharmacy="lake", unit_cost_cents=10_100), an_offer(sku="TIRZ")),
        "licences": (*licences(), *licences("lake")),
        "programs": (FREE, GROWTH, REFILL),
        "aggregate_prices": (POOLED,),
    }
    return a_context(**parts | over)


def a_selection(context: Context, units: int = 1, spend_cents: int = 20_000_00) -> Selection:
    programs = tuple(program.program for program in context.programs)
    return quote_selection(context, FRIDAY, QuoteRequest(tuple(context.skus), programs, units, spend_cents))


def any_context(seed: int) -> tuple[Context, int, int]:
    """A clinic, a shipment and a month's spend that nobody chose."""
    chance = random.Random(seed)
    houses = [f"house{at}" for at in range(chance.randint(1, 4))]
    skus = [f"SKU{at}" for at in range(chance.randint(1, 3))]
    programs = [_any_program(chance, f"PROGRAM{at}") for at in range(chance.randint(1, 4))]
    context = a_context(
        skus={sku: a_sku(sku=sku, cold_chain=chance.random() < 0.5) for sku in skus},
        pharmacies={house: _any_pharmacy(chance, house, [row.program for row in programs]) for house in houses},
        offers=tuple(
            an_offer(pharmacy=house, sku=sku, unit_cost_cents=_any_cents(chance))
            for house in houses
            for sku in skus
            if chance.random() < 0.8
        ),
        programs=tuple(programs),
        aggregate_prices=tuple(
            AggregatePrice(program=row.program, sku=sku, unit_price_cents=_any_cents(chance), valid_from=FRIDAY)
            for row in programs
            for sku in skus
            if row.kind is ProgramKind.AGGREGATE and chance.random() < 0.8
        ),
        licences=tuple(row for house in houses if chance.random() < 0.9 for row in licences(house)),
    )
    return context, chance.choice([1, 1, 2, 3, 7, 12, 1000]), chance.randint(0, 50_000_00)


def _any_cents(chance: random.Random) -> int:
    return chance.choice([chance.randint(0, 60_000), chance.randint(0, 400) * 50, 10_000])


def _any_pharmacy(chance: random.Random, code: str, programs: list[str]) -> Any:
    fees = {name: chance.choice([0, chance.randint(0, 5_000)]) for name in ("cold_fee_cents", "ambient_fee_cents")}
    taken = tuple(code for code in programs if chance.random() < 0.8) if chance.random() < 0.3 else ()
    return a_pharmacy(pharmacy=code, name=f"House {code}", programs=taken, **fees)


def _any_program(chance: random.Random, code: str) -> Any:
    rate = chance.choice(
        [Decimal(chance.randint(0, 4_000)) / 10_000, Decimal("0.15"), Decimal("0.05"), Decimal("0.125")]
    )
    return a_program(
        program=code,
        kind=chance.choice(list(ProgramKind)),
        monthly_fee_cents=chance.choice([0, 99_700, 199_700, chance.randint(0, 300_000)]),
        rate=rate,
        rate_base=chance.choice(list(RateBase)),
        processing_rate=chance.choice([Decimal(0), Decimal("0.029"), Decimal(chance.randint(0, 400)) / 10_000]),
        processing_fixed_cents=chance.choice([0, 30, chance.randint(0, 5_000)]),
    )


def told(cents: int | None) -> object:
    """An amount as a cell holds it."""
    return "no price" if cents is None else float(dollars(cents))


def same_as_core(book: Spreadsheet, context: Context, units: int, spend_cents: int) -> None:
    rows = {row.sku: row for row in compare(context, FRIDAY, units=units, spend_cents=spend_cents)}
    for drawn in (book.rows, book.stored):
        for row in drawn("Comparison"):
            _same_comparison(row, rows[row["SKU"]], context)
        for row in drawn("Break-even"):
            _same_pair(row, rows[row["SKU"]])
        orders = [(row["SKU"], row["Program"], row["Pharmacy"], row["Landed"]) for row in drawn("Costs")]
        assert [order for order in orders if order[3] != "no price"] == _orders(rows, context)
        assert {row["Program"]: row["A month at this spend"] for row in drawn("Inputs", 7)} == {
            cost.program: told(cost.cost_cents) for cost in plans(context.programs_on(FRIDAY), spend_cents).costs
        }
        if drawn == book.rows and book.changed:
            return


def _orders(rows: dict[str, SkuComparison], context: Context) -> list[tuple[object, ...]]:
    return [
        (sku, cost.program, context.pharmacies[order.pharmacy].name, told(order.landed_cents))
        for sku, row in rows.items()
        for cost in row.programs
        for order in sorted(cost.pharmacies)
    ]


def _same_comparison(drawn: dict[str, Any], row: SkuComparison, context: Context) -> None:
    for cost in row.programs:
        best = cost.best
        assert drawn[f"{cost.program}: a pack, landed"] == told(best and best.unit_landed_cents)
        assert drawn[f"{cost.program}: shipment, landed"] == told(best and best.landed_cents)
        assert drawn[f"{cost.program}: pharmacy"] == (context.pharmacies[best.pharmacy].name if best else "no price")
    assert drawn["Cheapest program"] == (row.cheapest or "no price")


def _same_pair(drawn: dict[str, Any], row: SkuComparison) -> None:
    found = row.versus(drawn["Pass-through"], drawn["Aggregate"])
    assert found is not None
    assert drawn["Difference"] == told(found.difference_cents)
    assert drawn["Break-even aggregate price"] == (told(found.price_cents) if found.price_cents is not None else "none")
    if found.difference_cents is None:
        assert (drawn["Percent"], drawn["Flips at monthly spend"]) == ("no price", "no price")
        return
    share = "" if found.difference is None else float(found.difference)
    assert (drawn["Percent"] or "" if share == "" else drawn["Percent"]) == share
    flips = found.flips_at_spend_cents
    assert drawn["Flips at monthly spend"] == ("never" if flips is None else told(flips))


@pytest.mark.parametrize("seed", range(200))
def test_the_workbook_computes_what_core_computes(seed: int) -> None:
    context, units, spend_cents = any_context(seed)
    book = Spreadsheet(workbook(a_selection(context, units, spend_cents)))
    same_as_core(book, context, units, spend_cents)


def test_a_changed_rate_changes_every_total() -> None:
    context = a_clinic_of_prices()
    book = Spreadsheet(workbook(a_selection(context)))
    book.change("Inputs", "D8", 0.2)
    dearer = FREE.model_copy(update={"rate": Decimal("0.2")})
    same_as_core(book, replace(context, programs=(dearer, GROWTH, REFILL)), 1, 20_000_00)


@pytest.mark.parametrize(
    ("case", "cell", "value", "over"),
    [
        ("packs", "B4", 3, {}),
        ("spend", "B5", 5_000.0, {}),
        ("the fee of shipping too", "E10", "yes",
         {"programs": (FREE, GROWTH, REFILL.model_copy(update={"rate_base": RateBase.MEDICATION_AND_SHIPPING}))}),
        ("processing", "F8", 0.029, {"programs": (a_program(processing_rate=Decimal("0.029")), GROWTH, REFILL)}),
        ("a box's fee", "D14", 31.5,
         {"pharmacies": {"cedar": a_pharmacy(name="Cedar", cold_fee_cents=3150),
                         "lake": a_pharmacy(pharmacy="lake", name="Lake")}}),
    ],
)  # fmt: skip
def test_a_changed_input_changes_every_total(case: str, cell: str, value: object, over: dict[str, Any]) -> None:
    book = Spreadsheet(workbook(a_selection(a_clinic_of_prices())))
    book.change("Inputs", cell, value)
    units, spend_cents = (3 if case == "packs" else 1), (5_000_00 if case == "spend" else 20_000_00)
    same_as_core(book, a_clinic_of_prices(**over), units, spend_cents)


def test_a_price_that_was_missing_can_be_filled_in() -> None:
    book = Spreadsheet(workbook(a_selection(a_clinic_of_prices())))
    prices = book.rows("Prices")
    at = next(number for number, row in enumerate(prices, 5) if (row["SKU"], row["Price of"]) == ("TIRZ", "REFILL"))
    assert prices[at - 5]["Unit price"] == "no price"
    book.change("Prices", f"E{at}", 120.25)
    filled = POOLED.model_copy(update={"sku": "TIRZ", "unit_price_cents": 12_025})
    same_as_core(book, a_clinic_of_prices(aggregate_prices=(POOLED, filled)), 1, 20_000_00)


def test_an_emptied_price_is_no_price() -> None:
    context = a_clinic_of_prices()
    book = Spreadsheet(workbook(a_selection(context)))
    at = next(
        number
        for number, row in enumerate(book.rows("Prices"), 5)
        if (row["SKU"], row["Price of"]) == ("SEMA", "cedar")
    )
    book.change("Prices", f"E{at}", None)
    row = book.rows("Comparison")[0]
    assert (row["FREE: pharmacy"], row["FREE: a pack, landed"]) == ("Lake", 136.15)


def test_a_missing_price_says_so_and_is_never_zero() -> None:
    book = Spreadsheet(workbook(a_selection(a_clinic_of_prices(offers=()))))
    for row in book.stored("Comparison"):
        assert set(list(row.values())[2:]) == {"no price"}


def test_every_total_is_a_formula() -> None:
    import openpyxl

    page = openpyxl.load_workbook(io.BytesIO(workbook(a_selection(a_clinic_of_prices()))))["Costs"]
    cells = [cell for row in page.iter_rows(min_row=5, min_col=5) for cell in row]
    assert cells
    assert all(str(cell.value).startswith("=") for cell in cells)


@pytest.mark.parametrize(
    ("source", "mark"), [("demo: list", "DEMO: some of these prices are made up."), ("list", None)]
)
def test_made_up_prices_are_marked_on_every_sheet(source: str, mark: str | None) -> None:
    import openpyxl

    context = a_clinic_of_prices(offers=(an_offer(source=source),))
    book = openpyxl.load_workbook(io.BytesIO(workbook(a_selection(context))))
    assert {page["A2"].value for page in book.worksheets} == {mark}


def test_sources_and_days_stand_beside_prices() -> None:
    context = a_clinic_of_prices(offers=(an_offer(source="price list cedar.csv, row 2"),))
    first = Spreadsheet(workbook(a_selection(context))).rows("Prices")[0]
    assert (first["Unit price"], first["Source"]) == (100, "price list cedar.csv, row 2")
    assert first["In force since"].date() == date(2026, 1, 1)


def test_a_name_that_is_a_formula_is_text() -> None:
    evil = '=HYPERLINK("http://x","y")'
    context = a_clinic_of_prices(
        skus={"SEMA": a_sku(name=evil)},
        pharmacies={"cedar": a_pharmacy(name="@SUM(1)")},
        offers=(an_offer(source="-1+1"),),
        programs=(a_program(program="+FREE"),),
    )
    data = workbook(a_selection(context))
    book = Spreadsheet(data)
    assert {cell for row in book.rows("Comparison") for cell in row.values() if isinstance(cell, str)} == {
        "SEMA", f"'{evil}", "'@SUM(1)", "'+FREE"
    }  # fmt: skip
    with ZipFile(io.BytesIO(data)) as archive:
        formulas = "".join(archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name)
    assert "<f>HYPERLINK" not in formulas


def test_the_same_selection_gives_the_same_file() -> None:
    chosen = a_selection(a_clinic_of_prices())
    assert workbook(chosen) == workbook(chosen)
