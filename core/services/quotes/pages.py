"""A quote as pages to print: every chosen SKU under every program, with the price, its day and its source."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from core.adapters.files.pdf import FOLD, GREY, INK, PdfPages
from core.domain.model import Program, ProgramKind
from core.domain.money import shown
from core.rules.pricing.monthly import plans
from core.rules.pricing.terms import fee_covers_shipping
from core.services.quotes.formulas import NO_PRICE
from core.services.quotes.selection import QuotedProgram, QuotedSku, Selection

_NARROWEST_NAME: Final = 62.0
_COLUMN: Final = 50.0
_ROW: Final = 8.4
_DEMO: Final = (179, 83, 0)


def pages(selection: Selection) -> bytes:
    """The quote as PDF, landscape Letter; a selection that fits is one page."""
    drawn = _QuotePages(selection)
    drawn.add_page()
    for at, compared in enumerate(selection.skus):
        drawn.row(compared, shaded=at % 2 == 1)
    drawn.programs()
    drawn.sources()
    return bytes(drawn.output())


class _QuotePages(PdfPages):
    """The pages while they are drawn; sources are numbered as they come."""

    def __init__(self, selection: Selection) -> None:
        super().__init__("L", f"SKU costs of {selection.clinic}", selection.day, (12, 10), 14)
        self.selection = selection
        self.numbers: dict[str, int] = {}
        self.in_table = True
        many = max(len(selection.programs), 1)
        self.names = max(self.epw - many * _COLUMN, _NARROWEST_NAME)
        self.column = (self.epw - self.names) / many

    def header(self) -> None:
        """The title of every page, and the table's head while it lasts."""
        selection = self.selection
        self._say(f"SKU costs delivered, {selection.clinic}", 14, bold=True, width=150, height=7)
        if selection.demo:
            self._say("DEMO: some of these prices are made up", 9, bold=True, color=_DEMO, align="R", height=7)
        self.ln(7)
        packs = f"{selection.units:,} {'pack' if selection.units == 1 else 'packs'} in a shipment"
        about = f"Prices in force on {_day(selection.day)}. {packs}. Dollars a pack, landed: medication, program fee, "
        self._say(about + "shipping and processing, at the cheapest pharmacy.", 8, color=GREY, height=4.5)
        self.ln(4)
        legend = "Cheapest program in bold. In gray the pharmacy, the price of a pack, its first day and [its source]."
        self._say(legend, 8, color=GREY, height=4.5)
        self.ln(6.5)
        if self.page_no() == 1:
            self._answer()
        if self.in_table:
            self._head()

    def footer(self) -> None:
        """Which page this is."""
        self.set_y(-10)
        made = f"Refill Day, {_day(self.selection.day)}. Page {self.page_no()} of {{nb}}"
        self._say(made, 7, color=GREY, align="R", height=4)

    def _answer(self) -> None:
        """Which program is cheapest for the clinic, above the table that it rests on."""
        for at, sentence in enumerate(self.selection.answer):
            self.use_font(9.5 if at == 0 else 7.5, bold=at == 0)
            self.multi_cell(
                self.epw, 4.4 if at == 0 else 3.6, _latin(sentence), align="L", new_x="LMARGIN", new_y="NEXT"
            )
        if self.selection.answer:
            self.ln(2)

    def _head(self) -> None:
        self.set_fill_color(238, 242, 246)
        self._say("SKU", 8, bold=True, width=self.names, height=6, fill=True)
        for program in self.selection.programs:
            self._say(program.program, 8, bold=True, width=self.column, height=6, align="R", fill=True)
        self.ln(6.5)

    def row(self, compared: QuotedSku, shaded: bool) -> None:
        """A SKU: its landed cost under each program, the cheapest in bold, and under it where the price comes from."""
        if self.will_page_break(_ROW):
            self.add_page()
        top, left = self.get_y(), self.l_margin
        if shaded:
            self.set_fill_color(247, 249, 250)
            self.rect(left, top, self.epw, _ROW, style="F")
        landed = [under.cost.best.landed_cents for under in compared.under if under.cost.best]
        self._pair(left, self.names, compared.sku.name, compared.sku.sku, align="L")
        for at, under in enumerate(compared.under):
            best = under.cost.best
            left = self.l_margin + self.names + at * self.column
            cheapest = best is not None and best.landed_cents == min(landed)
            amount = shown(best.unit_landed_cents) if best else NO_PRICE
            self._pair(left, self.column, amount, *self._origin(compared, under), align="R", bold=cheapest)
            self.set_y(top)
        self.set_xy(self.l_margin, top + _ROW)

    def _pair(
        self, left: float, width: float, text: str, small: str, tail: str = "", *, align: str, bold: bool = False
    ) -> None:
        top = self.get_y()
        self.set_xy(left, top + 0.6)
        self._say(text, 8.5, bold=bold, width=width, height=4, align=align)
        self.set_xy(left, top + 4.2)
        self._say(small, 6, tail=tail, color=GREY, width=width, height=3.2, align=align)
        self.set_y(top)

    def _origin(self, compared: QuotedSku, under: QuotedProgram) -> tuple[str, str]:
        """The pharmacy, and the price with its day and its source's number."""
        best = under.cost.best
        if best is None:
            return "", ""
        of = under.price_of(best.pharmacy)
        price = next(row for row in self.selection.prices if (row.sku.sku, row.of) == (compared.sku.sku, of))
        name = next(house.name for house in under.pharmacies if house.pharmacy == best.pharmacy)
        since = _day(price.since) if price.since else ""
        return name, f": {shown(best.unit_cost_cents)}, {since}{self._note(price.source)}"

    def _note(self, source: str) -> str:
        if not source:
            return ""
        return f" [{self.numbers.setdefault(source, len(self.numbers) + 1)}]"

    def programs(self) -> None:
        """What each program charges, from which day, and where that is said."""
        self.in_table = False
        self.ln(3)
        self._say("Programs", 8, bold=True, height=5)
        self.ln(5)
        for program in self.selection.programs:
            terms = f"{program.program}: {_terms(program)}; in force since {_day(program.valid_from)}"
            self._lines(f"{terms}{self._note(program.source)}{self._month(program)}")

    def _month(self, program: Program) -> str:
        spend = self.selection.spend_cents
        cost = plans([program], spend).costs[0].cost_cents
        return f". With {shown(spend)} of medication a month: {shown(cost)}" if spend else ""

    def sources(self) -> None:
        """The sources by number."""
        self.ln(2)
        self._say("Sources", 8, bold=True, height=5)
        self.ln(5)
        listed = ";  ".join(f"[{number}] {source}" for source, number in self.numbers.items())
        self._lines(listed or "No source is recorded for these prices.")

    def _lines(self, text: str) -> None:
        self.use_font(7, color=GREY)
        self.multi_cell(self.epw, 3.4, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _say(
        self,
        text: str,
        size: float,
        *,
        tail: str = "",
        bold: bool = False,
        width: float = 0,
        height: float = 5,
        color: tuple[int, int, int] = INK,
        **look: Any,
    ) -> None:
        """One line; what does not fit is cut from ``text``, never from ``tail``."""
        self.use_font(size, bold=bold, color=color)
        room = (width or self.w - self.r_margin - self.get_x()) - 2 * self.c_margin
        cut, end = _latin(text), _latin(tail)
        while cut and self.get_string_width(cut + end) > room:
            cut = cut.removesuffix("...")[:-1].rstrip() + "..." if len(cut) > 4 else ""
        self.cell(width, height, cut + end, **look)


def _terms(program: Program) -> str:
    base = "medication and shipping" if fee_covers_shipping(program) else "medication"
    kind = "aggregate price" if program.kind is ProgramKind.AGGREGATE else "pass-through price"
    processing = f", processing {_percent(program)} and {shown(program.processing_fixed_cents)}"
    fee = f"{shown(program.monthly_fee_cents)} a month and {(program.rate * 100).normalize():f} % of {base}"
    return f"{kind}, {fee}{processing if program.processing_rate or program.processing_fixed_cents else ''}"


def _percent(program: Program) -> str:
    return f"{(program.processing_rate * 100).normalize():f} %"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _latin(text: str) -> str:
    """What the fonts of every PDF reader have; anything else is a question mark."""
    return text.translate(FOLD).encode("latin-1", "replace").decode("latin-1")
