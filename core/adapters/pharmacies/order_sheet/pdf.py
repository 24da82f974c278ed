"""An order sheet as pages to fax or mail: one block a patient and box, directions whole, amounts as they are counted.

What is not printed as it is spelt has a star; a note at the foot says so, and the CSV beside it has the exact spelling.
"""

from __future__ import annotations

from typing import Any, Final

from core.adapters.files.pdf import GREY, PdfPages, printable
from core.adapters.pharmacies.order_sheet.sheet import OrderSheet, dea_number, prescription_words
from core.domain.identifiers import state_code
from core.domain.model import ShipTo
from core.domain.partners.link import dispense_quantity
from core.domain.partners.message import Message, MessageLine

_LABEL: Final = 27.0


def as_pdf(sheet: OrderSheet) -> bytes:
    """The sheet as PDF, portrait Letter."""
    drawn = _SheetPages(sheet)
    drawn.add_page()
    for message in sheet.messages:
        drawn.block(message)
    drawn.signature()
    return bytes(drawn.output())


class _SheetPages(PdfPages):
    """The pages while they are drawn."""

    def __init__(self, sheet: OrderSheet) -> None:
        super().__init__("P", f"Order {sheet.reference}", sheet.made_on, (14, 12), 20)
        self.sheet = sheet
        self.starred = False

    def header(self) -> None:
        """Which order, from whom, to whom: on every page, since pages of a fax part."""
        sheet, clinic, self.starred = self.sheet, self.sheet.clinic, False
        self.use_font(15, bold=True)
        self._put(f"Order {sheet.reference}", 7)
        self.use_font(9, color=GREY)
        lines = sum(len(message.lines) for message in sheet.messages)
        place = _listed(clinic.address1, clinic.city, f"{clinic.state} {clinic.zip}")
        self._put(_listed(f"To {sheet.pharmacy}", sheet.sent_to), 4.6)
        self._put(_listed(f"From {clinic.name}", place, clinic.reached_at), 4.6)
        count = f"{lines} prescription{'' if lines == 1 else 's'}"
        self._put(f"{sheet.made_on:%d %b %Y}. {count}. Bill the clinic; do not charge the patient.", 4.6)
        if sheet.copy:
            self.use_font(9, bold=True)
            self._put("COPY for the record: some of it may have been sent before. Do not fill from it.", 4.6)
        self.ln(2.5)

    def footer(self) -> None:
        """The page, and what the star means."""
        self.set_y(-16)
        self.use_font(7, color=GREY)
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
        self.use_font(10.5, bold=True)
        box = "COLD BOX" if message.cold else "Ambient box"
        self._put(f"{patient.name}   {box}", 7, fill=True)
        self.ln(1)
        born = f"{patient.born_on:%d %b %Y}" if patient.born_on else "unknown"
        self._fact("Born, sex", f"{born}, {patient.sex or 'unknown'}")
        self._fact("Phone", patient.phone or "unknown")
        self._fact("Allergies", message.allergies)
        whose = "the clinic" if message.ship_to is ShipTo.CLINIC else "the patient"
        street = _listed(to.address1, to.address2, to.city, f"{to.state} {to.zip}")
        self._fact("Ship to", f"{whose}: {to.recipient}, {street}")
        state = state_code(patient.state)
        license_held = prescriber.licences.get(state)
        number = f", license {state} {license_held.number}" if license_held and license_held.number else ""
        self._fact("Prescriber", _listed(f"{prescriber.name}, NPI {prescriber.npi}{number}", prescriber.reached_at))

    def _line(self, message: Message, line: MessageLine) -> None:
        sku, prescription = line.sku, line.prescription
        self.ln(1.5)
        self.set_draw_color(205, 213, 219)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)
        self.use_font(10, bold=True)
        counted = dispense_quantity(sku, line.quantity, self.sheet.link.quantity_unit)
        packs = f"{line.quantity} pack{'' if line.quantity == 1 else 's'}"
        self._put(f"{sku.name}: {counted} ({packs})", 5.2)
        self._fact("Directions", line.sig)
        supply = f", {line.days_supply} days' supply" if line.days_supply is not None else ""
        self._fact("Prescription", f"{prescription_words(line)}, written {prescription.written_on:%d %b %Y}{supply}")
        if number := dea_number(message, line):
            self._fact("DEA number", f"{number}, schedule {sku.dea_schedule}")
        if prescription.clinical_difference:
            self._fact("Clinical difference", prescription.clinical_difference)
        if line.note:
            self._fact("Note", line.note)
        if line.override_note:
            self._fact("Confirmed", line.override_note)
        self._fact("Our number", f"{line.reference}, attempt {line.attempt}")

    def signature(self) -> None:
        """Where whoever hands it over writes that he did."""
        self.ln(6)
        self.use_font(8.5, color=GREY)
        self._put("Handed over by ____________________   on ____________________   by fax / mail / courier", 5)

    def _fact(self, label: str, text: str) -> None:
        self.use_font(8, color=GREY)
        self.cell(_LABEL, 4.6, label)
        self.use_font(9)
        self._put(text, 4.6)

    def _put(self, text: str, height: float, **look: Any) -> None:
        """A text, whole, over as many lines as it needs."""
        written, changed = printable(text)
        self.starred = self.starred or changed
        starred = f"{written} *" if changed else written
        self.multi_cell(0, height, starred, align="L", new_x="LMARGIN", new_y="NEXT", **look)


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part.strip())
