"""A price list as a clinic's first SKUs: what each row says, and what its name proposes. A person says the rest."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Final, NamedTuple

from core.adapters.files.price_list_amounts import measure, price_cents
from core.adapters.files.price_list_sheet import ColumnMap, Field, PriceListSheet
from core.domain.errors import BadCell


class NewSku(NamedTuple):
    """A row that may become a SKU. ``sterile`` is "yes" or "no" as its form has it, None where no form is named;
    ``schedule`` is that of a controlled substance in its name, else "none"."""

    code: str
    name: str
    cents: int
    form: str
    active: str
    sterile: str | None
    schedule: str
    pieces: int | None
    mg_per_ml: Decimal | None
    volume_ml: Decimal | None


_FORMS: Final = {
    "vial": "yes", "injection": "yes", "injectable": "yes", "syringe": "yes", "ophthalmic": "yes", "capsule": "no",
    "tablet": "no", "troche": "no", "cream": "no", "gel": "no", "ointment": "no", "solution": None, "suspension": None,
    "spray": None, "foam": "no", "lozenge": "no", "suppository": "no",
}  # fmt: skip
"""Words for a form, and whether such a product is made sterile; None where it may be either."""
_SCHEDULES: Final = {
    "II": "amphetamine dextroamphetamine fentanyl hydrocodone hydromorphone methadone methylphenidate morphine "
          "oxycodone",
    "III": "benzphetamine buprenorphine ketamine nandrolone oxandrolone oxymetholone phendimetrazine stanozolol "
           "testosterone methyltestosterone",
    "IV": "alprazolam butorphanol carisoprodol clonazepam diazepam diethylpropion lorazepam midazolam modafinil "
          "phenobarbital phentermine tramadol triazolam zolpidem",
    "V": "lacosamide pregabalin",
}  # fmt: skip
"""Controlled substances that are compounded, by schedule (21 CFR 1308.12 to 1308.15, not complete): a proposal only."""
_SCHEDULE_OF: Final = {name: schedule for schedule, names in _SCHEDULES.items() for name in names.split()}
_MG_PER_ML: Final = re.compile(r"(\d+(?:\.\d+)?)\s*mg\s*/\s*ml", re.IGNORECASE | re.ASCII)
_ML: Final = re.compile(r"(?<![/\d.])(\d+(?:\.\d+)?)\s*ml\b", re.IGNORECASE | re.ASCII)
_PIECES: Final = re.compile(
    r"(?:#\s*|,\s*|\bbox of\s+)(\d{1,3})\s*(?:count|ct|caps?|capsules?|tabs?|tablets?)?\s*$", re.IGNORECASE
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z-]{4,}")


def new_skus(sheet: PriceListSheet, columns: ColumnMap, known: Collection[str]) -> tuple[list[NewSku], list[BadCell]]:
    """The rows that are no SKU yet and have a price, and those left out, with the reason. A code that the list lacks is
    made from the name."""
    rows: list[NewSku] = []
    left_out: list[BadCell] = []
    taken = {code.casefold() for code in known}
    for number, cells in sheet.rows:
        said = {field: cells[at] if at < len(cells) else "" for field, at in columns.items()}
        name = said.get(Field.NAME, "") or said.get(Field.SKU, "")
        code = said.get(Field.SKU, "") or "-".join(re.findall(r"[A-Z0-9.]+", name.upper()))[:40]
        try:
            if not code:
                raise ValueError("says no SKU")
            if code.casefold() in taken:
                raise ValueError("is there already")
            cents = price_cents(said[Field.PRICE])
        except ValueError as error:
            left_out.append(BadCell(sheet.file, number, "row", code or name or None, str(error)))
            continue
        taken.add(code.casefold())
        rows.append(_new_sku(code, name, cents, said))
    return rows, left_out


def _new_sku(code: str, name: str, cents: int, said: dict[Field, str]) -> NewSku:
    words = re.findall(r"[a-z]+", f"{name} {said.get(Field.UNIT, '')}".casefold())
    form = next((word.rstrip("s") for word in words if word.rstrip("s") in _FORMS), "")
    strength = _MG_PER_ML.search(name)
    volume = _ML.search(name)
    pieces = _PIECES.search(name) if form in {"capsule", "tablet", "troche", "lozenge"} else None
    first = _NAME.match(name)
    active = first[0].casefold() if first and first[0].casefold().rstrip("s") not in _FORMS else ""
    return NewSku(
        code, name, cents, form, active, _FORMS.get(form),
        next((_SCHEDULE_OF[word] for word in words if word in _SCHEDULE_OF), "none"),
        int(pieces[1]) if pieces else None,
        measure(said.get(Field.MG_PER_ML, "")) or (Decimal(strength[1]) if strength else None),
        measure(said.get(Field.VOLUME_ML, "")) or (Decimal(volume[1]) if volume else None),
    )  # fmt: skip
