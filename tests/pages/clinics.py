"""A store with a small clinic in it, for pages to show."""

from __future__ import annotations

from core.context import Context
from core.files import Folder
from core.store import Store
from core.store.folders import save_folder
from tests.builders import a_context


def a_small_clinic(store: Store, context: Context | None = None) -> None:
    """Save the clinic of ``a_context`` (or another) as its folder would."""
    context = context or a_context()
    folder = Folder(
        clinic=context.clinic,
        programs=context.programs,
        skus=tuple(context.skus.values()),
        pharmacies=tuple(context.pharmacies.values()),
        pharmacy_licences=context.licences,
        offers=context.offers,
        aggregate_prices=context.aggregate_prices,
        prescribers=tuple(context.prescribers.values()),
        prescriber_licences=tuple(row for who in context.prescribers.values() for row in who.licences.values()),
        patients=tuple(context.patients.values()),
        prescriptions=tuple(context.prescriptions.values()),
        ladders=context.ladder_steps,
        settings=context.settings,
    )
    store.write(context.clinic.clinic, lambda work: save_folder(work, folder), new=True)
