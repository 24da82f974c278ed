"""How amounts, days and names are written for people."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Final, overload
from zoneinfo import ZoneInfo

from core.domain import date_words, words
from core.domain.context import Context
from core.domain.model import Owner
from core.domain.money import dollars, shown

NOTHING: Final = "–"
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:&^])")
_CODE_WORDS: Final = {
    "SIG": "SIG",
    "NPI": "NPI",
    "DEA": "DEA",
    "PO": "PO",
    "ZIP": "ZIP",
    "MG": "mg",
    "RX": "prescription",
    "LICENCE": "license",
}
"""Parts of codes that are not written in lower case."""
OWNERS: Final = {
    Owner.CLINIC: "Owner: clinic",
    Owner.PRESCRIBER: "Owner: prescriber",
    Owner.PHARMACY: "Owner: pharmacy",
    Owner.PATIENT: "Patient safety: ask the prescriber",
}
"""Who can resolve a finding or a rejection."""
count, listed = words.count, words.listed


def plain(text: object) -> str:
    """Any text as it is, in places that read Markdown: a SKU's name is not ours, and two dollar signs are a formula."""
    return _MARKDOWN.sub(r"\\\1", str(text))


def money(cents: int | None) -> str:
    """``$5,812.40``; a dash where the amount is not known."""
    return NOTHING if cents is None else shown(cents)


def signed_money(cents: int) -> str:
    """A difference: ``+$9.20``."""
    return f"+{shown(cents)}" if cents > 0 else shown(cents)


@overload
def amount(cents: int) -> Decimal: ...
@overload
def amount(cents: int | None) -> Decimal | None: ...
def amount(cents: int | None) -> Decimal | None:
    """Dollars as a number for a table's cell or a chart's axis, exactly."""
    return None if cents is None else Decimal(dollars(cents))


def percentage_points(share: Decimal | None) -> Decimal | None:
    """A fraction as the number that stands before the percent sign in a table's cell."""
    return None if share is None else share * 100


def percent(share: Decimal | float | None) -> str:
    """A fraction with one decimal: ``12.5%``."""
    if share is None:
        return NOTHING
    return words.percent(share)


def day(value: date | None) -> str:
    """``Fri 4 Dec``."""
    return NOTHING if value is None else date_words.day(value)


def full_day(value: date | None) -> str:
    """``Fri 4 Dec 2026``."""
    return NOTHING if value is None else date_words.full_day(value)


def moment(value: datetime | None, zone: str) -> str:
    """``Fri 4 Dec, 14:05 CST``, in the clinic's zone."""
    if value is None:
        return NOTHING
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M %Z}"


def code_words(code: str) -> str:
    """``Prescriber not licensed`` of PRESCRIBER_NOT_LICENSED; the registers' own abbreviations stay."""
    text = code_phrase(code)
    return text[:1].upper() + text[1:]


def code_phrase(code: str) -> str:
    """The same within a sentence: ``prescriber not licensed``, ``SIG rejected``."""
    return " ".join(_CODE_WORDS.get(word, word.lower()) for word in code.split("_"))


def pharmacy_name(code: str, context: Context) -> str:
    """A pharmacy's name; the code of one that the clinic no longer has."""
    pharmacy = context.pharmacies.get(code)
    return pharmacy.name if pharmacy else code


def sku_name(code: str, context: Context) -> str:
    """A SKU's name; the code of one that is not in the catalog."""
    sku = context.skus.get(code)
    return sku.name if sku else code


def prescriber_name(npi: str, context: Context) -> str:
    """A prescriber's name; the NPI of one that the clinic does not know."""
    prescriber = context.prescribers.get(npi)
    return prescriber.name if prescriber else npi
