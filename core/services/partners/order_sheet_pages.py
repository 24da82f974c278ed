"""An order sheet as pages to fax or mail: one block a patient and box, directions whole, amounts as they are counted.

The fonts are those that every PDF reader has, so letters beyond Latin-1 lose their marks or are written as code points;
a star and a note at the foot say so, and the CSV beside it has the exact spelling.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, time
from typing import Any, Final

from fpdf import FPDF

from core.domain.model import ShipTo
from core.domain.partners.link import amount
from core.domain.partners.protocol import Message, MessageLine
from core.services.partners.order_sheets import Sheet, allergies, dea_number, prescription_words

_INK: Final = (22, 38, 43)
_GREY: Final = (91, 107, 112)
_FOLD: Final = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " ", "≤": "<=", "≥": ">=",
     "μ": "µ", "→": "->", "•": "-", "×": "x", "\u202f": " ", "\u2009": " ", "⁄": "/"}
)  # fmt: skip
"""Signs that mean the same in other letters; they need no note."""
_BARE: Final = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h", "Œ": "OE"})
"""Letters that have no marks to lose."""
_LABEL: Final = 27.0


def printable(text: str) -> tuple[str, bool]:
    """The text in letters that can be printed, and whether that is not how it is spelt."""
    folded = text.translate(_FOLD)
    written = "".join(_letter(sign) for sign in folded)
    return written, written != folded


def _letter(sign: str) -> str:
    if _is_latin(sign):
        return sign if sign.isprintable() or sign == "\n" else " "
    bare = "".join(part for part in unicodedata.normalize("NFKD", sign.translate(_BARE)) if _is_latin(part))
    marks = unicodedata.combining(sign)
    return bare or ("" if marks else f"[U+{ord(sign):04X}]")


def _is_latin(sign: str) -> bool:
    return all(ord(part) < 256 for part in sign)


def as_pdf(sheet: Sheet) -> bytes:
    """The sheet as PDF, portrait Letter."""
    drawn = _Pages(sheet)
    drawn.add_page()
    for message in sheet.messages:
        drawn.block(message)
    drawn.signature()
    return bytes(drawn.output())


class _Pages(FPDF):
    """The pages while they are drawn."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__("P", "mm", "Letter")
        self.sheet = sheet
        self.starred = False
        self.set_margins(14, 12)
        self.set_auto_page_break(True, 20)
        self.alias_nb_pages()
        self.set_title(printable(f"Order {sheet.reference}")[0])
        self.set_creation_date(datetime.combine(sheet.made_on, time(), UTC))

    def header(self) -> None:
        """Which order, from whom, to whom: on every page, since pages of a fax part."""
        sheet, clinic, self.starred = self.sheet, self.sheet.clinic, False
        self._font(15, bold=True)
        self._put(f"Order {sheet.reference}", 7)
        self._font(9, color=_GREY)
        lines = sum(len(message.lines) for message in sheet.messages)
        place = _listed(clinic.address1, clinic.city, f"{clinic.state} {clinic.zip}")
        self._put(f"To {sheet.pharmacy}", 4.6)
        self._put(f"From {clinic.name}, {place}", 4.6)
        count = f"{lines} prescription{'' if lines == 1 else 's'}"
        self._put(f"{sheet.made_on:%d %b %Y}. {count}. Bill the clinic; do not charge the patient.", 4.6)
        if sheet.copy:
            self._font(9, bold=True)
            self._put("COPY for the record: some of it may have been sent before. Do not fill from it.", 4.6)
        self.ln(2.5)

    def footer(self) -> None:
        """The page, and what the star means."""
        self.set_y(-16)
        self._font(7, color=_GREY)
        if self.starred:
            exact = f"{self.sheet.reference}.csv"
            self._put(f"* Holds letters that this page cannot print; the exact spelling is in {exact}.", 3.6)
        self._put(f"Order {self.sheet.reference}. Page {self.page_no()} of {{nb}}. Confidential: patients' data.", 3.6)

    def block(self, message: Message) -> None:
        """One patient and one box, with every prescription in it; a block that would break begins a page."""
        top = self.get_y()
        with self.offset_rendering() as tried:
            self._block(message)
        if tried.page_break_triggered and top > self.h / 4:
            self.add_page()
        self._block(message)

    def _block(self, message: Message) -> None:
        self._patient(message)
        for line in message.lines:
            self._line(message, line)
        self.ln(3)

    def _patient(self, message: Message) -> None:
        patient, prescriber, to = message.patient, message.prescriber, message.address
        self.set_fill_color(238, 242, 246)
        self._font(10.5, bold=True)
        box = "COLD BOX" if message.cold else "Ambient box"
        self._put(f"{patient.name}   {box}", 7, fill=True)
        self.ln(1)
        born = f"{patient.born_on:%d %b %Y}" if patient.born_on else "unknown"
        self._fact("Born, sex", f"{born}, {patient.sex or 'unknown'}")
        self._fact("Phone", patient.phone or "unknown")
        self._fact("Allergies", allergies(message))
        whose = "the clinic" if message.ship_to is ShipTo.CLINIC else "the patient"
        street = _listed(to.address1, to.address2, to.city, f"{to.state} {to.zip}")
        self._fact("Ship to", f"{whose}: {to.recipient}, {street}")
        licence = prescriber.licences.get(patient.state)
        number = f", license {patient.state} {licence.number}" if licence and licence.number else ""
        self._fact("Prescriber", f"{prescriber.name}, NPI {prescriber.npi}{number}")

    def _line(self, message: Message, line: MessageLine) -> None:
        sku, prescription = line.sku, line.prescription
        self.ln(1.5)
        self.set_draw_color(205, 213, 219)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)
        self._font(10, bold=True)
        counted = amount(sku, line.quantity, self.sheet.link.quantity_unit)
        packs = f"{line.quantity} pack{'' if line.quantity == 1 else 's'}"
        self._put(f"{sku.name}: {counted} ({packs})", 5.2)
        self._fact("Directions", line.sig)
        supply = f", {line.days_supply} days' supply" if line.days_supply is not None else ""
        self._fact("Prescription", f"{prescription_words(line)}, written {prescription.written_on:%d %b %Y}{supply}")
        if number := dea_number(message, line):
            self._fact("DEA number", f"{number}, schedule {sku.dea_schedule}")
        if prescription.clinical_difference:
            self._fact("Clinical difference", prescription.clinical_difference)
        self._fact("Our number", f"{line.reference}, attempt {line.attempt}")

    def signature(self) -> None:
        """Where whoever hands it over writes that he did."""
        self.ln(6)
        self._font(8.5, color=_GREY)
        self._put("Handed over by ____________________   on ____________________   by fax / mail / courier", 5)

    def _fact(self, label: str, text: str) -> None:
        self._font(8, color=_GREY)
        self.cell(_LABEL, 4.6, label)
        self._font(9)
        self._put(text, 4.6)

    def _put(self, text: str, height: float, **look: Any) -> None:
        """A text, whole, over as many lines as it needs."""
        written, changed = printable(text)
        self.starred = self.starred or changed
        said = f"{written} *" if changed else written
        self.multi_cell(0, height, said, align="L", new_x="LMARGIN", new_y="NEXT", **look)

    def _font(self, size: float, *, bold: bool = False, color: tuple[int, int, int] = _INK) -> None:
        self.set_font("helvetica", "B" if bold else "", size)
        self.set_text_color(*color)


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part.strip())
