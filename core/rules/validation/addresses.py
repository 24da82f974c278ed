"""Addresses that a box can reach: no PO box, a ZIP code of its state, and the clinic's own as the way out."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.domain.context import Context
from core.domain.identifiers import MILITARY, STATES, is_zip, state_of_zip, straddles
from core.domain.model import Fix, ShipTo
from core.rules.validation.checked import CheckedLine, DeliveryAddress, clinic_address

TO_CLINIC: Final = Fix(label="Ship it to the clinic", change={"ship_to": "clinic"})

GAP: Final = r"[\W_]*"
BOX: Final = r"(?:b[o0]x|bx|drawer|dwr)(?![a-z])"
PO_BOX: Final = re.compile(
    rf"(?<![a-z])(?:p{GAP}[o0]{GAP}{BOX}"  # PO Box, P.O. Box, P O Box, POBox, P0 Box
    rf"|p{GAP}[o0]{GAP}b{GAP}(?:n[o0]{GAP})?\d"  # POB 12
    rf"|post(?:al)?{GAP}(?:[o0]f(?:fice|c|f)?)?{GAP}{BOX}"  # Post Office Box, Post Box, Postal Box
    rf"|(?:apartado|apdo|casilla)(?![a-z]){GAP}(?:postal|de{GAP}correos)?{GAP}(?:n[uo]m?{GAP})?\d)"
)
BARE_BOX: Final = re.compile(
    rf"{GAP}(?:p{GAP}[o0]|box|bx|bin|lock{GAP}box|(?:firm{GAP})?caller|drawer){GAP}(?:n[o0]{GAP})?\d\w*{GAP}"
)
"""An address line that is a box and nothing else (USPS Publication 28, section 283)."""

MILITARY_POST: Final = re.compile(
    rf"{GAP}[afd]{GAP}p{GAP}[o0](?:{GAP}a[aep])?{GAP}"  # a city: APO, F.P.O., DPO AE
)
MILITARY_LINE: Final = re.compile(
    rf"(?<![a-z])[afd]{GAP}p{GAP}[o0]{GAP}a[aep](?![a-z])"  # APO AE 09012
    rf"|^{GAP}(?:psc|cmr){GAP}\d+"  # PSC 802 Box 74, CMR 489 Box 12
)
AT_THE_COUNTER: Final = re.compile(rf"(?<![a-z])(?:general{GAP}delivery|poste{GAP}restante)(?![a-z])")
"""Mail that waits at a post office to be asked for; a private mailbox (PMB) is at a street door, and no box."""


def unreachable(address: DeliveryAddress) -> str | None:
    """Why no carrier finds the door, in words: a PO box, a military address, a post office's counter."""
    first, second = _folded(address.address1), _folded(address.address2)
    if address.state in MILITARY or MILITARY_POST.fullmatch(_folded(address.city)):
        return f"{address.city} {address.state} is a military address"
    for line in (first, second):
        if MILITARY_LINE.search(line):
            return f"“{line}” is a military address"
        if PO_BOX.search(line):
            return f"“{line}” is a PO box"
        if AT_THE_COUNTER.search(line):
            return f"“{line}” waits at a post office"
    return f"“{first}” is a PO box" if BARE_BOX.fullmatch(first) else None


def _folded(text: str) -> str:
    """In small letters, full-width and other look-alike forms made plain, one space for many."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def zip_mismatch(state: str, code: str) -> str | None:
    """Why a ZIP code does not lie in a state, in words; None where it does."""
    if state not in STATES:
        return f"“{state}” is not a state: expected two letters, such as TX."
    if not is_zip(code):
        return f"“{code}” is not a ZIP code: expected five digits, or nine."
    lies_in = state_of_zip(code)
    if lies_in == state:
        return None
    if lies_in is None:
        return f"No ZIP code begins with {code[:3]}, as {code} does: expected one of {state}."
    if straddles(code):
        return f"ZIP codes that begin with {code[:3]} lie mostly in {lies_in}, the address says {state}: please check."
    return f"ZIP code {code} lies in {lies_in}, the address says {state}."


_SHORT_FORMS: Final = {
    "apartment": "Apt", "avenue": "Ave", "boulevard": "Blvd", "building": "Bldg", "center": "Ctr", "circle": "Cir",
    "court": "Ct", "drive": "Dr", "east": "E", "expressway": "Expy", "floor": "Fl", "heights": "Hts", "highway": "Hwy",
    "junction": "Jct", "lane": "Ln", "mountain": "Mtn", "north": "N", "northeast": "NE", "northwest": "NW",
    "parkway": "Pkwy", "place": "Pl", "plaza": "Plz", "road": "Rd", "room": "Rm", "south": "S", "southeast": "SE",
    "southwest": "SW", "springs": "Spgs", "square": "Sq", "street": "St", "suite": "Ste", "terrace": "Ter",
    "trail": "Trl", "turnpike": "Tpke", "west": "W",
}  # fmt: skip
"""Of USPS Publication 28, appendices C1 and C2."""


def shorter_street(street: str) -> str:
    """A street line with its usual words abbreviated; a proposal, which a person has to read. The word after the number
    may be the street's name, and stays: 12 North Street is 12 North St."""
    words = re.split(r"(\W+)", street.strip())
    return "".join(word if at <= 2 else _SHORT_FORMS.get(word.casefold(), word) for at, word in enumerate(words))


def to_clinic(line: CheckedLine, context: Context) -> tuple[Fix, ...]:
    """Shipping to the clinic, where that is another address, a good one, and lawful."""
    if line.line.ship_to is ShipTo.CLINIC or line.sku.scheduled:
        return ()
    clinic = clinic_address(context.clinic)
    good = not clinic.missing and unreachable(clinic) is None and zip_mismatch(clinic.state, clinic.zip) is None
    return (TO_CLINIC,) if good else ()
