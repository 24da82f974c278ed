"""What a price list would change, and what is doubtful or wrong about its rows."""

from __future__ import annotations

import io
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.adapters.files.price_list_amounts import fee_rate, measure, price_cents
from core.adapters.files.price_list_sheet import Field, guessed_columns, missing_columns, open_list
from core.domain.errors import BadInput
from core.domain.model import AggregatePrice, ProgramKind
from core.domain.money import shown
from core.services.price_lists.preview import PriceMove, preview
from tests.builders import FRIDAY, a_context, a_pharmacy, a_program, a_sku, an_offer
from tests.hostile.workbooks import workbook
from tests.price_lists.lists import REFILL, previewed, question

TIRZ = a_sku(sku="TIRZ", name="Tirzepatide 10 mg/mL, 4 mL", concentration_mg_per_ml=Decimal(10), volume_ml=Decimal(4))
CAPS = a_sku(sku="LDN", name="Naltrexone 4.5 mg", form="capsule", concentration_mg_per_ml=None, volume_ml=None,
             units_per_pack=90, mg_per_unit=Decimal("4.5"))  # fmt: skip
SKUS = {sku.sku: sku for sku in (a_sku(), TIRZ, CAPS)}


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("189", 189_00),
        ("189.5", 189_50),
        ("$1,234.50", 1_234_50),
        ("$ 1,234.50", 1_234_50),
        ("1,234", 1_234_00),
        ("USD 95.00", 95_00),
        ("95.00 USD", 95_00),
        ("US$95", 95_00),
        ("0", 0),
        ("101.50000000000001", 101_50),
    ],
)
def test_a_price_is_read_as_lists_write_it(text: str, cents: int) -> None:
    assert price_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("call", "is not an amount in dollars; write it as 1234.50"),
        ("1.234,50", "is not an amount in dollars; write it as 1234.50"),
        ("12,50", "is not an amount in dollars; write it as 1234.50"),
        ("€95", "is not an amount in dollars; write it as 1234.50"),
        ("95-105", "is not an amount in dollars; write it as 1234.50"),
        ("-95", "is below zero; write the price itself"),
        ("-$95.00", "is below zero; write the price itself"),
        ("95.005", "has more than two decimals; write it in whole cents, such as 1234.50"),
        ("9" * 40, "is too large for an amount in dollars; write it in whole cents, such as 1234.50"),
    ],
)
def test_a_price_that_could_mean_anything_else_is_not_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace(".", r"\.") + "$"):
        price_cents(text)


@given(st.integers(0, 10**12))
def test_every_amount_reads_as_people_write_it(cents: int) -> None:
    assert price_cents(shown(cents)) == cents


@pytest.mark.parametrize(
    ("text", "rate"),
    [("15", "0.15"), ("15%", "0.15"), ("15 %", "0.15"), ("0.15", "0.15"), ("1.5", "0.015"), ("0.5%", "0.005"),
     ("1 %", "0.01"), ("0", "0"), ("100", "1")],
)  # fmt: skip
def test_a_fee_is_read_in_percent_or_as_a_fraction(text: str, rate: str) -> None:
    assert fee_rate(text) == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1", "could mean 1 % or 100 %; write it with a percent sign"),
        ("0.5", r"could mean 0\.5 % or 50\.0 %; write it with a percent sign"),
        ("120", "is more than 100 %"),
        ("-3", "is not a percentage; write it as 15 %"),
        ("cost plus", "is not a percentage; write it as 15 %"),
    ],
)
def test_a_fee_that_could_be_either_is_not_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        fee_rate(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.5", "2.5"), ("2.5 mg/mL", "2.5"), ("2 mL", "2"), ("10mg", "10"), ("1,000", "1000"), ("n/a", None), ("", None)],
)
def test_a_measure_is_a_number_with_or_without_its_unit(text: str, number: str | None) -> None:
    assert measure(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("headings", "means"),
    [
        (("sku", "name", "unit_cost"), {Field.SKU: 0, Field.NAME: 1, Field.PRICE: 2}),
        (("Item #", "Product Name", "Price (USD)"), {Field.SKU: 0, Field.NAME: 1, Field.PRICE: 2}),
        (("Item No.", "Description", "Clinic price"), {Field.SKU: 0, Field.NAME: 1, Field.PRICE: 2}),
        (("Drug", "mg/mL", "mL", "mg", "UOM", "Cost"),
         {Field.NAME: 0, Field.MG_PER_ML: 1, Field.VOLUME_ML: 2, Field.MG: 3, Field.UNIT: 4, Field.PRICE: 5}),
        (("sku", "Fee %", "price"), {Field.SKU: 0, Field.FEE: 1, Field.PRICE: 2}),
        (("sku", "price", "cost"), {Field.SKU: 0}),
        (("Artikel", "Preis"), {}),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_headings(headings: tuple[str, ...], means: dict[Field, int]) -> None:
    assert guessed_columns(headings) == means


@pytest.mark.parametrize(
    ("mapped", "says"),
    [
        ({Field.SKU: 0}, "Choose the column with the price."),
        ({Field.PRICE: 0}, "Choose the column with the SKU's code or its name."),
        ({Field.PRICE: 0, Field.NAME: 1}, None),
    ],
)
def test_a_list_needs_a_price_and_a_sku(mapped: dict[Field, int], says: str | None) -> None:
    assert missing_columns(mapped) == says


def test_a_letterhead_stands_above_the_header() -> None:
    sheet = open_list("cedar.csv", b"Cedar Bend Compounding\n\nvalid to,31 Dec\nSKU,Price\nSEMA,95\n")
    assert (sheet.header_row, sheet.headings, sheet.rows) == (4, ("SKU", "Price"), ((5, ("SEMA", "95")),))


def test_a_workbook_is_a_list_too() -> None:
    sheet = open_list("cedar.xlsx", workbook(["SKU", "Price"], ["SEMA", 101.5], [None, None], ["TIRZ", 189]))
    assert sheet.rows == ((2, ("SEMA", "101.5")), (4, ("TIRZ", "189")))


def test_a_list_in_another_language_is_mapped_by_hand() -> None:
    asked = question("Artikel | Preis\nSEMA | 95")._replace(columns={Field.SKU: 0, Field.PRICE: 1})
    (change,) = preview(asked, a_context()).changes
    assert (change.sku, change.after_cents) == ("SEMA", 95_00)


def test_a_list_whose_columns_say_too_little_is_refused() -> None:
    with pytest.raises(BadInput, match=r"^cedar\.csv, row 1: Choose the column with the price\.$"):
        previewed("Artikel | Preis\nSEMA | 95")


@pytest.mark.parametrize(
    ("case", "price", "move", "share"),
    [
        ("the same", "100.00", PriceMove.UNCHANGED, "0.0000"),
        ("up", "104.00", PriceMove.UP, "0.0400"),
        ("down", "$93.33", PriceMove.DOWN, "-0.0667"),
        ("up by exactly 30 %", "130", PriceMove.UP, "0.3000"),
    ],
)
def test_a_price_moves(case: str, price: str, move: PriceMove, share: str) -> None:
    (change,) = previewed(f"SKU | Price\nSEMA | {price}").changes
    assert (change.move, change.share, change.doubts) == (move, Decimal(share), ()), case


def test_a_price_that_nobody_gave_before_is_new() -> None:
    (change,) = previewed("SKU | Price\nSEMA | 95", a_context(offers=())).changes
    assert (change.move, change.before_cents, change.share) == (PriceMove.NEW, None, None)


@pytest.mark.parametrize(
    ("case", "code", "name", "means"),
    [
        ("by code", "SEMA", "", "SEMA"),
        ("by code in another case", " sema ", "", "SEMA"),
        ("by name", "", "semaglutide 2.5 mg/mL,  2 mL", "SEMA"),
        ("by name where the code is the pharmacy's own", "C-1001", "Semaglutide 2.5 mg/mL, 2 mL", "SEMA"),
        ("not by part of a name", "", "Semaglutide", None),
        ("by nothing", "C-1001", "", None),
    ],
)
def test_a_row_means_a_sku(case: str, code: str, name: str, means: str | None) -> None:
    found = previewed(f"SKU | Name | Price\n{code} | {name} | 95")
    assert [change.sku for change in found.changes] == ([means] if means else []), case
    assert [row.reason for row in found.unmatched] == (
        [] if means else ["no SKU has this code or exactly this name"]
    ), case


def test_a_name_of_two_skus_means_neither() -> None:
    skus = {sku: a_sku(sku=sku) for sku in ("SEMA-A", "SEMA-B")}
    found = previewed("Name | Price\nSemaglutide 2.5 mg/mL, 2 mL | 95", a_context(skus=skus, offers=()))
    assert [row.reason for row in found.unmatched] == ["could be SEMA-A and SEMA-B; give the code exactly"]


def test_a_price_in_force_that_the_list_does_not_name_is_gone() -> None:
    offers = (an_offer(), an_offer(sku="TIRZ", unit_cost_cents=18_900), an_offer(sku="LDN", valid_to=date(2026, 11, 1)))
    found = previewed("SKU | Price\nSEMA | 95", a_context(skus=SKUS, offers=offers))
    assert [(price.sku, price.cents, price.since) for price in found.omitted] == [("TIRZ", 18_900, date(2026, 1, 1))]


def test_a_row_that_cannot_be_read_is_not_gone() -> None:
    found = previewed("SKU | Price\nSEMA | call us")
    assert (found.changes, found.omitted, len(found.errors)) == ((), (), 1)


@pytest.mark.parametrize(
    ("case", "sku", "before", "heads", "cells", "doubts"),
    [
        ("more than 30 % up", "SEMA", 100_00, "", "130.01", ["more than 30% up from $100.00"]),
        ("more than 30 % down", "SEMA", 100_00, "", "69.99", ["more than 30% down from $100.00"]),
        ("zero", "SEMA", None, "", "0.00", ["the price is zero"]),
        ("per mL instead of per vial", "SEMA", 100_00, "", "51.00",
         ["more than 30% down from $100.00", "looks like a price per mL: times 2 it is near the $100.00 in force"]),
        ("per mL, and dearer at that", "SEMA", 100_00, "", "57.00",
         ["more than 30% down from $100.00", "looks like a price per mL: times 2 it is near the $100.00 in force"]),
        ("half the price, and no price per mL", "SEMA", 100_00, "", "58.00", ["more than 30% down from $100.00"]),
        ("per capsule instead of per pack", "LDN", 45_00, "", "0.51",
         ["more than 30% down from $45.00", "looks like a price per piece: times 90 it is near the $45.00 in force"]),
        ("per mg instead of per vial", "SEMA", 100_00, "", "20.00",
         ["more than 30% down from $100.00", "looks like a price per mg: times 5 it is near the $100.00 in force"]),
        ("two packs instead of one", "SEMA", 100_00, "", "200.00",
         ["more than 30% up from $100.00", "looks like a price for 2 packs: the price in force is $100.00 for one"]),
        ("the list says it is per mL", "SEMA", 100_00, " | Unit", "100 | per mL",
         ["the list says “per mL”; prices here are for a pack of 2 mL"]),
        ("the list says how large the vial is", "SEMA", 100_00, " | Unit", "100 | 2 mL vial", []),
        ("each vial of one vial", "SEMA", 100_00, " | UOM", "100 | each", []),
        ("each capsule of ninety", "LDN", 45_00, " | UOM", "45 | each",
         ["the list says “each”; prices here are for a pack of 90"]),
        ("a bottle of ninety", "LDN", 45_00, " | UOM", "45 | bottle", []),
        ("mg is not mg/mL times mL", "SEMA", 100_00, " | mg | mg/mL | mL", "100 | 10 | 2.5 | 2",
         ["10 mg is not 2.5 mg/mL x 2 mL", "the list says 10 mg, the SKU has 5 mg"]),
        ("mg is mg/mL times mL", "SEMA", 100_00, " | mg | mg/mL | mL", "100 | 5 mg | 2.5 mg/mL | 2 mL", []),
        ("another strength", "SEMA", 100_00, " | mg/mL", "100 | 5", ["the list says 5 mg/mL, the SKU is 2.5 mg/mL"]),
        ("another size", "SEMA", 100_00, " | mL", "100 | 1", ["the list says 1 mL, the SKU is 2 mL"]),
        ("mg in a capsule", "LDN", 45_00, " | mg", "45 | 4.5", []),
        ("a size that is no number", "SEMA", 100_00, " | mL", "100 | see label", []),
    ],
)  # fmt: skip
def test_a_price_is_doubtful(
    case: str, sku: str, before: int | None, heads: str, cells: str, doubts: list[str]
) -> None:
    offers = () if before is None else (an_offer(sku=sku, unit_cost_cents=before),)
    (change,) = previewed(f"SKU | Price{heads}\n{sku} | {cells}", a_context(skus=SKUS, offers=offers)).changes
    assert list(change.doubts) == doubts, case


@pytest.mark.parametrize(
    ("case", "price", "doubts"),
    [
        ("half of what others ask", "50.00", ()),
        ("less", "49.99", ("a first price, less than half of the $100.00 that others ask at least",)),
        ("twice what others ask", "240.00", ()),
        ("more", "240.01", ("a first price, more than twice the $120.00 that others ask at most",)),
        ("zero is said once", "0.00", ("the price is zero",)),
    ],
)
def test_a_first_price_is_held_against_those_of_others(case: str, price: str, doubts: tuple[str, ...]) -> None:
    others = {"oak": 100_00, "elm": 120_00}
    context = a_context(
        pharmacies={code: a_pharmacy(pharmacy=code) for code in ("cedar", *others)},
        offers=tuple(an_offer(pharmacy=code, unit_cost_cents=cents) for code, cents in others.items()),
    )
    (change,) = previewed(f"SKU | Price\nSEMA | {price}", context).changes
    assert change.doubts == doubts, case


@pytest.mark.parametrize("heading", ["Price per mL", "Price/mL"])
def test_a_heading_speaks_for_every_row(heading: str) -> None:
    asked = question(f"SKU | {heading}\nSEMA | 100")
    (change,) = preview(asked._replace(columns={Field.SKU: 0, Field.PRICE: 1}), a_context()).changes
    assert change.doubts == (f"the list says “{heading}”; prices here are for a pack of 2 mL",)


def test_a_code_beside_the_name_of_another_sku_is_doubtful() -> None:
    found = previewed("SKU | Name | Price\nSEMA | Naltrexone 4.5 mg | 100", a_context(skus=SKUS))
    assert found.changes[0].doubts == ("the name in the list is that of LDN",)


def test_a_later_price_that_takes_over_is_said() -> None:
    offers = (an_offer(), an_offer(valid_from=date(2027, 1, 1), unit_cost_cents=12_000))
    (change,) = previewed("SKU | Price\nSEMA | 104", a_context(offers=offers)).changes
    assert change.doubts == ("a price from 2027-01-01 is recorded already and takes over that day",)


@pytest.mark.parametrize(
    ("case", "text", "errors"),
    [
        ("no price", "SEMA | ", [(2, "Price", "has no price for SEMA; write one, or take the row out")]),
        ("no amount", "SEMA | tbd", [(2, "Price", "is not an amount in dollars; write it as 1234.50")]),
        ("two prices of one SKU", "SEMA | 95\nTIRZ | 189\nsema | 90",
         [(2, "Price", "two prices of one day for SEMA (row 2 $95.00, row 4 $90.00); leave one of them in the list"),
          (4, "Price", "two prices of one day for SEMA (row 2 $95.00, row 4 $90.00); leave one of them in the list")]),
    ],
)  # fmt: skip
def test_a_row_is_left_out_and_named(case: str, text: str, errors: list[tuple[int, str, str]]) -> None:
    found = previewed(f"SKU | Price\n{text}", a_context(skus=SKUS))
    assert [(error.row, error.column, error.reason) for error in found.errors] == errors, case
    assert [change.sku for change in found.changes] == (["TIRZ"] if "TIRZ" in text else [])


def test_a_row_said_twice_is_read_once() -> None:
    found = previewed("SKU | Price\nSEMA | 95\nSEMA | $95.00")
    assert [(change.row, change.after_cents) for change in found.changes] == [(2, 95_00)]
    assert [(row.row, row.reason) for row in found.repeats] == [(3, "says the same of SEMA as row 2")]


def test_a_section_heading_is_no_sku() -> None:
    found = previewed("Name | Price\nGLP-1 | ")
    assert [(row.row, row.name, row.reason) for row in found.unmatched] == [
        (2, "GLP-1", "has no price either: read as a heading")
    ]


@pytest.mark.parametrize(
    ("case", "price", "reasons"),
    [
        ("the same price", "100", []),
        ("another price", "95",
         ["SEMA already has a price from 2026-12-04, $100.00; choose a later day, or undo the list that it came with"]),
    ],
)  # fmt: skip
def test_two_prices_of_the_same_first_day(case: str, price: str, reasons: list[str]) -> None:
    found = previewed(f"SKU | Price\nSEMA | {price}", a_context(offers=(an_offer(valid_from=FRIDAY),)))
    assert [error.reason for error in found.errors] == reasons, case


def pooled(**over: Any) -> dict[str, Any]:
    """A clinic with an aggregate program that has a price for SEMA."""
    price = AggregatePrice(program="REFILL", sku="SEMA", unit_price_cents=11_000, valid_from=date(2026, 1, 1))
    program = a_program(program="REFILL", kind=ProgramKind.AGGREGATE, rate=Decimal("0.015"))
    return {"skus": SKUS, "programs": (a_program(), program), "aggregate_prices": (price,)} | over


def test_a_program_gives_a_list_too() -> None:
    found = previewed("SKU | Price\nSEMA | 112\nTIRZ | 150", a_context(**pooled()), issuer=REFILL)
    assert [(change.sku, change.move, change.share) for change in found.changes] == [
        ("SEMA", PriceMove.UP, Decimal("0.0182")),
        ("TIRZ", PriceMove.NEW, None),
    ]


@pytest.mark.parametrize(
    ("fee", "doubts"),
    [
        ("1.5", ()),
        ("1.5 %", ()),
        ("0.015", ()),
        ("2 %", ("the list says a fee of 2 %, REFILL charges 1.5 %",)),
    ],
)
def test_a_fee_in_the_list_is_held_against_the_programs(fee: str, doubts: tuple[str, ...]) -> None:
    (change,) = previewed(f"SKU | Fee | Price\nSEMA | {fee} | 110", a_context(**pooled()), issuer=REFILL).changes
    assert change.doubts == doubts


prices = st.none() | st.integers(0, 100_000)


@given(st.dictionaries(st.sampled_from(list(SKUS)), st.tuples(prices, prices)))
def test_every_sku_is_accounted_for_once(pairs: dict[str, tuple[int | None, int | None]]) -> None:
    offers = tuple(an_offer(sku=sku, unit_cost_cents=cents) for sku, (cents, _) in pairs.items() if cents is not None)
    rows = [f"{sku} | {cents / 100:.2f}" for sku, (_, cents) in pairs.items() if cents is not None]
    found = previewed("\n".join(["SKU | Price", *rows]), a_context(skus=SKUS, offers=offers))
    expected: dict[str, str] = {sku: _expected(*pair) for sku, pair in pairs.items() if pair != (None, None)}
    assert {change.sku: change.move.value for change in found.changes} | {
        omitted.sku: "gone" for omitted in found.omitted
    } == expected
    assert len(found.changes) + len(found.omitted) == len(expected)


def _expected(before: int | None, after: int | None) -> str:
    if after is None:
        return "gone"
    if before is None:
        return "new"
    return "unchanged" if before == after else "up" if after > before else "down"


cells = st.text(st.sampled_from("SEMA0123456789.,$%-/ |'=x\n\"é"), max_size=60)


@given(cells, st.dictionaries(st.sampled_from(list(Field)), st.integers(0, 3)))
def test_whatever_a_list_says_is_bad_input_or_a_preview(text: str, mapped: dict[Field, int]) -> None:
    with suppress(BadInput):
        sheet = open_list("list.csv", f"SKU,Price\n{text}".encode())
        preview(question("SKU | Price\nSEMA | 1")._replace(sheet=sheet, columns=mapped), a_context())


def test_a_sheet_can_be_chosen_and_two_rows_of_headings_are_one() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Vials"
    vials: list[list[object]] = [["Item Code", "Price"], ["SEMA", 78]]
    capsules: list[list[object]] = [
        ["Product", None, "Price", None],
        ["Item", "Description", "Per vial", "Per box of 10"],
        ["LDN", "Naltrexone", 30, 280],
    ]
    for sheet, rows in ((book.worksheets[0], vials), (book.create_sheet("Capsules"), capsules)):
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    first = open_list("list.xlsx", data.getvalue())
    assert (first.sheets, first.headings) == (("Vials", "Capsules"), ("Item Code", "Price"))
    other = open_list("list.xlsx", data.getvalue(), "Capsules")
    assert other.headings == ("Item", "Description", "Price Per vial", "Price Per box of 10")
    assert guessed_columns(other.headings) == {Field.SKU: 0, Field.NAME: 1, Field.PRICE: 2}
    assert other.rows == ((3, ("LDN", "Naltrexone", "30", "280")),)


@pytest.mark.parametrize(
    ("unit", "doubt"),
    [
        ("Box of 10", True),
        ("case 12", True),
        ("10/box", True),
        ("10 vials", True),
        ("box of 1", False),
        ("2 mL vial", False),
        ("Pack 10 mg", False),
    ],
)
def test_a_first_price_for_several_packs_is_doubted(unit: str, doubt: bool) -> None:
    result = previewed(f"SKU | Price | UOM\nSEMA | 101.50 | {unit}")
    assert any(f"the list says “{unit}”" in reason for reason in result.changes[0].doubts) is doubt


def test_the_cost_and_its_basis_are_known_headings() -> None:
    result = previewed("sku | wholesale_cost | wholesale_basis\nSEMA | 101.50 | each")
    assert [change.after_cents for change in result.changes] == [101_50]
