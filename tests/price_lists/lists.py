"""Price lists written as text tables, read and previewed against the one clinic of the builders."""

from __future__ import annotations

from datetime import date
from typing import Any

from core.adapters.files.price_list_sheet import guessed_columns, open_list
from core.domain.context import Context
from core.services.price_lists.preview import Issuer, IssuerKind, Preview, PriceList, preview
from tests.builders import FRIDAY, a_context

CEDAR = Issuer(IssuerKind.PHARMACY, "cedar")
REFILL = Issuer(IssuerKind.PROGRAM, "REFILL")


def question(text: str, issuer: Issuer = CEDAR, day: date = FRIDAY, file: str = "cedar.csv") -> PriceList:
    """A list as lines of cells separated by bars; its columns are those whose headings are known."""
    quoted = (",".join(f'"{cell.strip()}"' for cell in line.split("|")) for line in text.strip().splitlines())
    sheet = open_list(file, "\n".join(quoted).encode())
    return PriceList(sheet, guessed_columns(sheet.headings), issuer, day)


def previewed(text: str, context: Context | None = None, **over: Any) -> Preview:
    """What that list would change."""
    return preview(question(text, **over), context or a_context())
