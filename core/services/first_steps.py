"""A clinic begun: what it still lacks for a first due list, the published programs by name, codes made from names."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from core.adapters.store import Store
from core.adapters.store.folders import row_counts
from core.domain.roles import Action, Person, require

PRESETS: Final = Path(__file__).parents[2] / "data" / "program_presets.csv"
NEEDED: Final[Mapping[str, str]] = {
    "pharmacies.csv": "Pharmacies",
    "pharmacy_licences.csv": "Pharmacies' licenses",
    "skus.csv": "SKUs",
    "offers.csv": "Prices",
    "prescribers.csv": "Prescribers",
    "prescriber_licences.csv": "Prescribers' licenses",
    "patients.csv": "Patients",
    "prescriptions.csv": "Prescriptions",
}
"""Files without which nothing is due and nothing can be ordered, in the order in which they refer to each other."""

_ZONES: Final = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
ZONE_OF_STATE: Final = {state: zone for zone, states in _ZONES.items() for state in states.split()}
"""The time zone of most people of a state; of those with two zones (such as FL, TN or TX) somebody checks it."""


class Preset(NamedTuple):
    """A published program as the cells of programs.csv; ``monthly_fee`` is empty where none is published."""

    name: str
    cells: Mapping[str, str]

    @property
    def asks_fee(self) -> bool:
        """Whether the monthly fee is in the clinic's own agreement alone."""
        return not self.cells["monthly_fee"]


@cache
def presets() -> tuple[Preset, ...]:
    """The published programs. Nothing that is not published is in them."""
    with PRESETS.open(encoding="utf-8", newline="") as file:
        return tuple(Preset(row.pop("preset"), row) for row in csv.DictReader(file))


def files_held(store: Store, person: Person, clinic: str) -> dict[str, int]:
    """How many rows the clinic has of each file."""
    require(person, Action.SET_UP)
    with store.read(clinic) as work:
        return row_counts(work)


def code_of(name: str, taken: Collection[str]) -> str:
    """A code made from a name, such as ``cedar-bend``, with a number where it is taken."""
    code = "-".join(re.findall(r"[a-z0-9]+", name.casefold()))[:40] or "code"
    codes = (f"{code}-{number}" if number > 1 else code for number in range(1, len(taken) + 2))
    return next(each for each in codes if each not in taken)


def dollars_cell(amount: float | None) -> str:
    """An amount that somebody typed, as a file's cell."""
    return "" if amount is None else f"{Decimal(str(amount)):.2f}"
