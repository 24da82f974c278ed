"""A quote as a workbook whose totals are formulas: changing a price, a fee or a rate changes everything after it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import product
from typing import Any, Final, NamedTuple

from core.adapters.files import neutralised
from core.domain.model import Program, ProgramKind
from core.domain.money import dollars
from core.rules.pricing.break_even import BreakEven
from core.rules.pricing.market import PharmacyCost
from core.rules.pricing.monthly import plans
from core.rules.pricing.terms import fee_covers_shipping
from core.services.quotes import formulas
from core.services.quotes.formulas import NO_PRICE, CostCells, PairCells, TermCells
from core.services.quotes.selection import QuotedProgram, QuotedSku, Selection

UNITS: Final = "Inputs!$B$4"
SPEND: Final = "Inputs!$B$5"
_HEAD: Final = 3
"""The row, from 0, of every table's headings on the sheets that are one table."""
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "title": {"bold": True, "font_size": 14},
    "demo": {"bold": True, "font_color": "#B35300"},
    "head": {"bold": True, "bottom": 1, "bg_color": "#EEF2F6", "text_wrap": True, "valign": "top"},
    "text": {},
    "day": {"num_format": "yyyy-mm-dd"},
    "money": {"num_format": "$#,##0.00"},
    "percent": {"num_format": "0.00%"},
    "total": {"num_format": "$#,##0.00", "bold": True},
    "input money": {"num_format": "$#,##0.00", "bg_color": "#FFF6D6"},
    "input rate": {"num_format": "0.00####%", "bg_color": "#FFF6D6"},
    "input": {"bg_color": "#FFF6D6"},
}
_SHEETS: Final = {"Comparison": 14, "Costs": 15, "Break-even": 15, "Prices": 16, "Inputs": 16}
"""The sheets in their order, with the width of a column."""


class Block(NamedTuple):
    """Where a SKU's orders under one program stand on Costs, from row ``first`` to ``last``; empty without any."""

    under: QuotedProgram
    first: int
    last: int

    @property
    def empty(self) -> bool:
        """Whether no pharmacy could fill it."""
        return self.last < self.first

    def cells(self, column: str) -> str:
        """The range of one of its columns."""
        return f"Costs!${column}${self.first}:${column}${self.last}"


def workbook(selection: Selection) -> bytes:
    """The quote as XLSX. Every formula carries the value that core computes, for programs that only show."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": "SKU costs", "created": datetime.combine(selection.day, time())})
        _QuoteWorkbook(book, selection).write()
    return out.getvalue()


class _QuoteWorkbook:
    """The workbook while it is written: its sheets and looks, and where inputs stand."""

    def __init__(self, book: Any, selection: Selection) -> None:
        self.selection = selection
        self.looks = {name: book.add_format(look) for name, look in _LOOKS.items()}
        self.sheets = {name: book.add_worksheet(name) for name in _SHEETS}
        self.terms: dict[str, TermCells] = {}
        self.boxes: dict[tuple[str, bool], str] = {}
        self.prices: dict[tuple[str, str], str] = {}
        self.blocks: dict[tuple[str, str], Block] = {}
        self.packs: dict[tuple[str, str], str] = {}

    def write(self) -> None:
        """Inputs first, for the others refer to them."""
        for name, width in _SHEETS.items():
            self.sheets[name].set_column(0, 30, width)
            self._top(name)
        self._inputs()
        self._prices()
        self._costs()
        self._comparison()
        self._break_even()

    def put(self, sheet: str, row: int, column: int, value: object, look: str = "text") -> None:
        """One cell; text is never a formula."""
        page, style = self.sheets[sheet], self.looks[look]
        if isinstance(value, int | Decimal):
            page.write_number(row, column, value, style)
        elif isinstance(value, date):
            page.write_datetime(row, column, datetime.combine(value, time()), style)
        elif value:
            page.write_string(row, column, neutralised(str(value)), style)

    def formula(self, sheet: str, row: int, column: int, formula: str, value: object, look: str = "money") -> None:
        """A formula with its value."""
        self.sheets[sheet].write_formula(row, column, formula, self.looks[look], NO_PRICE if value is None else value)

    def heads(self, sheet: str, row: int, names: Iterable[str]) -> None:
        """A row of headings."""
        for column, name in enumerate(names):
            self.put(sheet, row, column, name, "head")

    def _top(self, sheet: str) -> None:
        selection = self.selection
        self.put(sheet, 0, 0, f"{sheet}: SKU costs of {selection.clinic}, {selection.day}", "title")
        if selection.demo:
            self.put(sheet, 1, 0, "DEMO: some of these prices are made up.", "demo")

    def _inputs(self) -> None:
        self.put("Inputs", 2, 0, "Yellow cells, here and on Prices, may be changed; everything else follows.")
        self.put("Inputs", 3, 0, "Packs in a shipment")
        self.put("Inputs", 3, 1, self.selection.units, "input")
        self.put("Inputs", 4, 0, "Medication a month")
        self.put("Inputs", 4, 1, _amount(self.selection.spend_cents), "input money")
        heads = ("Program", "Kind", "Monthly fee", "Rate", "Rate of shipping too", "Processing rate",
                 "Processing fixed", "A month at this spend", "In force since", "Source")  # fmt: skip
        self.heads("Inputs", 6, heads)
        for row, program in enumerate(self.selection.programs, 7):
            self._program(row, program)
        self._boxes(9 + len(self.selection.programs))

    def _program(self, row: int, program: Program) -> None:
        terms = self.terms[program.program] = TermCells(*(f"Inputs!${column}${row + 1}" for column in "CDEFG"))
        month = plans([program], self.selection.spend_cents).costs[0].cost_cents
        self.put("Inputs", row, 0, program.program)
        self.put("Inputs", row, 1, program.kind.value)
        self.put("Inputs", row, 2, _amount(program.monthly_fee_cents), "input money")
        self.put("Inputs", row, 3, program.rate, "input rate")
        self.put("Inputs", row, 4, "yes" if fee_covers_shipping(program) else "no", "input")
        self.put("Inputs", row, 5, program.processing_rate, "input rate")
        self.put("Inputs", row, 6, _amount(program.processing_fixed_cents), "input money")
        self.formula("Inputs", row, 7, formulas.month(terms, SPEND), _amount(month))
        self.put("Inputs", row, 8, program.valid_from, "day")
        self.put("Inputs", row, 9, program.source)

    def _boxes(self, top: int) -> None:
        self.heads("Inputs", top, ("Pharmacy", "Name", "Box", "Fee"))
        for row, (pharmacy, cold) in enumerate(self.selection.boxes, top + 1):
            self.put("Inputs", row, 0, pharmacy.pharmacy)
            self.put("Inputs", row, 1, pharmacy.name)
            self.put("Inputs", row, 2, "cold" if cold else "ambient")
            self.put("Inputs", row, 3, _amount(pharmacy.fee_cents(cold)), "input money")
            self.boxes[pharmacy.pharmacy, cold] = f"Inputs!$D${row + 1}"

    def _prices(self) -> None:
        heads = ("SKU", "Name", "Price of", "Name", "Unit price", "In force since", "Source")
        self.heads("Prices", _HEAD, heads)
        for row, price in enumerate(self.selection.prices, _HEAD + 1):
            for column, text in enumerate((price.sku.sku, price.sku.name, price.of, price.name)):
                self.put("Prices", row, column, text)
            self.put("Prices", row, 4, NO_PRICE if price.cents is None else _amount(price.cents), "input money")
            self.put("Prices", row, 5, price.since, "day")
            self.put("Prices", row, 6, price.source)
            self.prices[price.sku.sku, price.of] = f"Prices!$E${row + 1}"
        self._frozen("Prices", 2, _HEAD, len(heads), len(self.selection.prices))

    def _costs(self) -> None:
        heads = ("SKU", "Name", "Program", "Pharmacy", "Unit price", "Medication", "Program fee", "Shipping",
                 "Processing", "Landed", "A pack, landed")  # fmt: skip
        self.heads("Costs", _HEAD, heads)
        row = _HEAD + 1
        for compared in self.selection.skus:
            for under in compared.under:
                self.blocks[compared.sku.sku, under.program.program] = Block(
                    under, row + 1, row + len(under.pharmacies)
                )
                row = self._orders(row, compared, under)
        self._frozen("Costs", 2, _HEAD, len(heads), row - _HEAD - 1)

    def _orders(self, row: int, compared: QuotedSku, under: QuotedProgram) -> int:
        costs = {cost.pharmacy: cost for cost in under.cost.pharmacies}
        for pharmacy in under.pharmacies:
            texts = (compared.sku.sku, compared.sku.name, under.program.program, pharmacy.name)
            for column, text in enumerate(texts):
                self.put("Costs", row, column, text)
            price = self.prices[compared.sku.sku, under.price_of(pharmacy.pharmacy)]
            box = self.boxes[pharmacy.pharmacy, compared.sku.cold_chain]
            shipping = pharmacy.fee_cents(compared.sku.cold_chain)
            self._order(row, under.program, (price, box), shipping, costs.get(pharmacy.pharmacy))
            row += 1
        return row

    def _order(
        self, row: int, program: Program, inputs: tuple[str, str], shipping_cents: int, priced: PharmacyCost | None
    ) -> None:
        cost = CostCells(*(f"{column}{row + 1}" for column in "EFGHIJK"))
        terms = self.terms[program.program]
        made = (
            (formulas.price(inputs[0]), priced and priced.unit_cost_cents),
            (formulas.medication(UNITS, cost), priced and priced.medication_cents),
            (formulas.program_fee(terms, cost), priced and priced.program_fee_cents),
            (f"={inputs[1]}", shipping_cents),
            (formulas.processing(terms, cost), priced and priced.processing_cents),
            (formulas.landed(cost), priced and priced.landed_cents),
            (formulas.landed_pack(UNITS, cost), priced and priced.unit_landed_cents),
        )
        for column, (formula, cents) in enumerate(made, 4):
            self.formula("Costs", row, column, formula, _dollars(cents), "total" if column > 8 else "money")

    def _comparison(self) -> None:
        codes = [program.program for program in self.selection.programs]
        many = len(codes)
        groups = ("a pack, landed", "shipment, landed", "pharmacy")
        heads = ("SKU", "Name", *(f"{code}: {group}" for group in groups for code in codes), "Cheapest program")
        self.put("Comparison", 1, 2, " ".join(self.selection.answer))
        self.put("Comparison", 2, 0, "The cheapest pharmacy of each program; the orders behind it are on Costs.")
        self.heads("Comparison", _HEAD, heads)
        for row, compared in enumerate(self.selection.skus, _HEAD + 1):
            self.put("Comparison", row, 0, compared.sku.sku)
            self.put("Comparison", row, 1, compared.sku.name)
            for at, under in enumerate(compared.under):
                self._least(row, (2 + at, 2 + many + at, 2 + 2 * many + at), compared, under)
            self._cheapest(row, compared, many)
        self._frozen("Comparison", 2, _HEAD, len(heads), len(self.selection.skus))

    def _least(self, row: int, columns: tuple[int, int, int], compared: QuotedSku, under: QuotedProgram) -> None:
        block = self.blocks[compared.sku.sku, under.program.program]
        pack, landed, pharmacy = columns
        self.packs[compared.sku.sku, under.program.program] = f"Comparison!{_cell(row, pack)}"
        if block.empty:
            for column in columns:
                self.put("Comparison", row, column, NO_PRICE)
            return
        best, least = under.cost.best, _cell(row, landed)
        names = {house.pharmacy: house.name for house in under.pharmacies}
        among = block.cells("J")
        self.formula("Comparison", row, landed, formulas.least(among), _dollars(best and best.landed_cents))
        beside = formulas.beside(least, among, block.cells("K"))
        self.formula("Comparison", row, pack, beside, _dollars(best and best.unit_landed_cents), "total")
        filled = formulas.beside(least, among, block.cells("D"))
        self.formula("Comparison", row, pharmacy, filled, neutralised(names[best.pharmacy]) if best else None, "text")

    def _cheapest(self, row: int, compared: QuotedSku, many: int) -> None:
        landed = [(under.cost.best.landed_cents, under.program.program) for under in compared.under if under.cost.best]
        among = f"{_cell(row, 2 + many)}:{_cell(row, 1 + 2 * many)}"
        codes = f"Inputs!$A$8:$A${7 + many}"
        cheapest = f'=IF(COUNT({among})=0,"{NO_PRICE}",INDEX({codes},MATCH(MIN({among}),{among},0)))'
        value = neutralised(min(landed)[1]) if landed else None
        self.formula("Comparison", row, 2 + 3 * many, cheapest, value, "text")

    def _break_even(self) -> None:
        heads = ("SKU", "Name", "Pass-through", "Aggregate", "Pass-through pack", "Aggregate pack",
                 "Pass-through price", "Its box", "Aggregate box", "Difference", "Percent",
                 "Break-even aggregate price", "Flips at monthly spend")  # fmt: skip
        self.heads("Break-even", _HEAD, heads)
        row = _HEAD + 1
        for compared in self.selection.skus:
            for direct, pooled in _pairs(compared.under):
                if direct.pharmacies and pooled.pharmacies:
                    self._pair(row, compared, direct, pooled)
                    row += 1
        self._frozen("Break-even", 2, _HEAD, len(heads), row - _HEAD - 1)

    def _pair(self, row: int, compared: QuotedSku, direct: QuotedProgram, pooled: QuotedProgram) -> None:
        codes = direct.program.program, pooled.program.program
        for column, text in enumerate((compared.sku.sku, compared.sku.name, *codes)):
            self.put("Break-even", row, column, text)
        ours, theirs = (self.blocks[compared.sku.sku, code] for code in codes)
        least = f"MIN({ours.cells('J')})"
        best, even = direct.cost.best, compared.row.versus(*codes)
        box = min(pharmacy.fee_cents(compared.sku.cold_chain) for pharmacy in pooled.pharmacies)
        drawn = (
            (f"={self.packs[compared.sku.sku, codes[0]]}", direct.cost.unit_landed_cents),
            (f"={self.packs[compared.sku.sku, codes[1]]}", pooled.cost.unit_landed_cents),
            (_at_least(ours, least, "E"), best and best.unit_cost_cents),
            (_at_least(ours, least, "H"), best and best.shipping_cents),
            (f"=MIN({theirs.cells('H')})", box),
        )
        for column, (formula, cents) in enumerate(drawn, 4):
            self.formula("Break-even", row, column, formula, _dollars(cents))
        if even:
            self._verdict(row, codes, even)

    def _verdict(self, row: int, codes: tuple[str, str], verdict: BreakEven) -> None:
        direct, pooled = (self.terms[code] for code in codes)
        pair = PairCells(*(_cell(row, column) for column in range(4, 10)))
        both = verdict.difference_cents is not None
        even = "none" if verdict.price_cents is None else _amount(verdict.price_cents)
        flips = "never" if verdict.flips_at_spend_cents is None else _amount(verdict.flips_at_spend_cents)
        self.formula("Break-even", row, 9, formulas.difference(pair), _dollars(verdict.difference_cents), "total")
        share = ("" if verdict.difference is None else verdict.difference) if both else None
        self.formula("Break-even", row, 10, formulas.share(pair), share, "percent")
        self.formula("Break-even", row, 11, formulas.even_price(UNITS, direct, pooled, pair), even, "total")
        self.formula("Break-even", row, 12, formulas.flips_at(direct, pooled, pair), flips if both else None)

    def _frozen(self, sheet: str, columns: int, head: int, width: int, rows: int) -> None:
        page = self.sheets[sheet]
        page.set_column(1, 1, 34)
        page.freeze_panes(head + 1, columns)
        page.autofilter(head, 0, head + max(rows, 1), width - 1)


def _pairs(under: Sequence[QuotedProgram]) -> Iterable[tuple[QuotedProgram, QuotedProgram]]:
    direct = [each for each in under if each.program.kind is ProgramKind.PASS_THROUGH]
    pooled = [each for each in under if each.program.kind is ProgramKind.AGGREGATE]
    return product(direct, pooled)


def _at_least(block: Block, least: str, column: str) -> str:
    among = block.cells("J")
    return f'=IF(COUNT({among})=0,"{NO_PRICE}",INDEX({block.cells(column)},MATCH({least},{among},0)))'


def _cell(row: int, column: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell

    cell: str = xl_rowcol_to_cell(row, column, col_abs=True)
    return cell


def _amount(cents: int) -> Decimal:
    return Decimal(dollars(cents))


def _dollars(cents: int | None) -> Decimal | None:
    return None if cents is None else _amount(cents)
