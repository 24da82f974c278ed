"""Pages to print, fax or mail: what every PDF has in common.

The fonts are those that every PDF reader has: letters beyond Latin-1 cannot be printed as they are.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from typing import Final, Literal

from fpdf import FPDF

INK: Final = (22, 38, 43)
GREY: Final = (91, 107, 112)
FOLD: Final = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " ", "≤": "<=", "≥": ">=",
     "μ": "µ", "→": "->", "•": "-", "×": "x", "\u202f": " ", "\u2009": " ", "⁄": "/"}
)  # fmt: skip
"""Signs that mean the same in other letters; they need no note."""
_BARE: Final = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "Ħ": "H", "ħ": "h", "Œ": "OE"})
"""Letters that have no marks to lose."""


class PdfPages(FPDF):
    """US Letter pages while they are drawn, in millimetres; a document's header and footer are its subclass's."""

    def __init__(
        self, orientation: Literal["P", "L"], title: str, day: date, margins: tuple[float, float], bottom: float
    ) -> None:
        super().__init__(orientation, "mm", "Letter")
        self.set_margins(*margins)
        self.set_auto_page_break(True, bottom)
        self.set_title(printable(title)[0])
        self.set_creation_date(datetime.combine(day, time(), UTC))

    def use_font(self, size: float, *, bold: bool = False, color: tuple[int, int, int] = INK) -> None:
        """What is written from here on looks so."""
        self.set_font("helvetica", "B" if bold else "", size)
        self.set_text_color(*color)


def printable(text: str) -> tuple[str, bool]:
    """The text in letters that can be printed, without marks or as code points, and whether it is spelt otherwise."""
    folded = text.translate(FOLD)
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
