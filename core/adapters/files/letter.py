"""A letter to print, fax or mail: text as it is, line by line."""

from __future__ import annotations

from datetime import date
from typing import Final

from core.adapters.files.pdf import GREY, PdfPages, printable

_LINE: Final = 5.2


def letter_pdf(text: str, title: str, day: date) -> bytes:
    """The text on US Letter pages; the first line is set as its head. A star marks what cannot be printed as it is
    spelt, and a note says so."""
    pages = PdfPages("P", title, day, (20, 18), 20)
    pages.add_page()
    starred = False
    for number, line in enumerate(text.split("\n")):
        pages.use_font(12 if number == 0 else 10, bold=number == 0)
        written, changed = printable(line)
        starred = starred or changed
        pages.multi_cell(0, _LINE, f"{written} *" if changed else written, align="L", new_x="LMARGIN", new_y="NEXT")
    if starred:
        pages.use_font(7, color=GREY)
        pages.multi_cell(0, 3.6, "* Holds letters that this page cannot print.", new_x="LMARGIN", new_y="NEXT")
    return bytes(pages.output())
