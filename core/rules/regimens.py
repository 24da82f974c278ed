"""How an active is taken by a prescription: by which way into the body, on a schedule or as needed, and how much.

Two prescriptions of one active in force at once for two regimens (a cream and a capsule, daily and as needed) are two
therapies: neither is the refill of the other (rules.md, section 2).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from core.domain.model import Sku
from core.rules.sig.reader import read
from core.rules.sig.supply import weekly_mg

ROUTES: Final = {
    word: route
    for route, words in {
        "injection": "subcutaneous subcut subq sc sq intramuscular im intravenous iv injection injectable intradermal",
        "mouth": "oral orally po mouth",
        "oral mucosa": "sublingual sl buccal",
        "skin": "topical topically transdermal skin scalp external",
        "vagina": "vaginal vaginally intravaginal",
        "rectum": "rectal rectally",
        "nose": "nasal intranasal",
        "eye": "ophthalmic eye",
        "ear": "otic ear",
    }.items()
    for word in words.split()
}
"""Routes as skus.csv names them, by the way into the body: two that reach it alike are one therapy."""

FORMS: Final = {
    "vial": "injection", "syringe": "injection", "pen": "injection", "injection": "injection",
    "capsule": "mouth", "tablet": "mouth", "syrup": "mouth", "suspension": "mouth",
    "troche": "oral mucosa", "lozenge": "oral mucosa", "rdt": "oral mucosa", "odt": "oral mucosa",
    "cream": "skin", "gel": "skin", "ointment": "skin", "lotion": "skin", "foam": "skin", "patch": "skin",
    "suppository": "rectum", "spray": "nose",
}  # fmt: skip
"""What a form says of the way where the SKU names no route."""

_AS_NEEDED: Final = re.compile(r"need|required|\bprn\b|p\.\s?r\.\s?n", re.IGNORECASE)


class Regimen(NamedTuple):
    """The way into the body (empty where the SKU does not tell), and whether it is taken only as needed."""

    route: str
    as_needed: bool

    def differs(self, other: Regimen) -> bool:
        """Whether the two are certainly two therapies; what is not known is taken for the same.

        An injection as needed beside one on a schedule is more of the same drug, no therapy of its own.
        """
        routes = self.route != other.route and bool(self.route and other.route)
        return routes or (self.as_needed != other.as_needed and "injection" not in {self.route, other.route})


def regimen_of(sig: str, sku: Sku) -> Regimen:
    """The regimen that directions give for a SKU."""
    return Regimen(_route(sku), bool(_AS_NEEDED.search(sig)) and read(sig, sku).as_needed)


def _route(sku: Sku) -> str:
    for text, table in ((sku.route, ROUTES), (sku.form, FORMS)):
        routes = {table[word] for word in re.findall(r"[a-z]+", text.casefold()) for word in (word, word.rstrip("s"))
                  if word in table}  # fmt: skip
        if routes:
            return routes.pop() if len(routes) == 1 else ""
    return " ".join(sku.route.casefold().split())


def highest_weekly_mg(sig: str, sku: Sku, active: str) -> Decimal | None:
    """Milligrams of the active a week at the highest step of the directions; None where they do not tell."""
    weekly = weekly_mg(read(sig, sku), sku, active)
    return weekly.highest if weekly else None
