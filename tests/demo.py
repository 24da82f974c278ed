"""The demo clinic as its files hold it, without a store."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from core.adapters.files import Folder, read_folder
from core.domain.context import Context
from core.domain.model import PrescriberLicence

DEMO = Path(__file__).parents[1] / "data" / "demo"


@cache
def demo_folder(today: date) -> Folder:
    """The demo's files as loaded on ``today``."""
    return read_folder(DEMO, today)


@cache
def demo_context(today: date) -> Context:
    """The demo clinic before its history."""
    folder = demo_folder(today)
    assert folder.clinic is not None
    licences: dict[str, dict[str, PrescriberLicence]] = {}
    for row in folder.prescriber_licences:
        licences.setdefault(row.npi, {})[row.state] = row
    return Context(
        clinic=folder.clinic,
        skus={row.sku: row for row in folder.skus},
        pharmacies={row.pharmacy: row for row in folder.pharmacies},
        licences=folder.pharmacy_licences,
        offers=folder.offers,
        programs=folder.programs,
        aggregate_prices=folder.aggregate_prices,
        prescribers={
            row.npi: row.model_copy(update={"licences": licences.get(row.npi, {})}) for row in folder.prescribers
        },
        patients={row.patient: row for row in folder.patients},
        prescriptions={row.rx: row for row in folder.prescriptions},
        carrier_days={(row.carrier, row.date): row.runs for row in folder.carrier_days},
        closures=frozenset((row.pharmacy, row.date) for row in folder.closures),
        ladder_steps=folder.ladders,
        settings=folder.settings,
    )
