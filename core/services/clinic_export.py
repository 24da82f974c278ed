"""Use case: a clinic's data out of the store, as the files that load it again (docs/formats.md)."""

from __future__ import annotations

import io
import zipfile

from core.adapters.files import Folder, export_folder
from core.adapters.store import Store
from core.domain.context import Context
from core.domain.model import CarrierDay, Closure
from core.domain.roles import Action, Person, require
from core.services.audit_trail import record
from core.services.contexts import load_context


def folder_of(context: Context) -> Folder:
    """The files that would load what the context holds; orders and carts are not in it."""
    prescribers = context.prescribers.values()
    return Folder(
        clinic=context.clinic,
        programs=context.programs,
        skus=tuple(context.skus.values()),
        pharmacies=tuple(context.pharmacies.values()),
        pharmacy_licences=context.licences,
        offers=context.offers,
        aggregate_prices=context.aggregate_prices,
        prescribers=tuple(prescribers),
        prescriber_licences=tuple(row for who in prescribers for _, row in sorted(who.licences.items())),
        patients=tuple(context.patients.values()),
        prescriptions=tuple(context.prescriptions.values()),
        carrier_days=tuple(
            CarrierDay(carrier=carrier, date=day, runs=runs)
            for (carrier, day), runs in sorted(context.carrier_days.items())
        ),
        closures=tuple(Closure(pharmacy=pharmacy, date=day) for pharmacy, day in sorted(context.closures)),
        ladders=context.ladder_steps,
        settings=context.settings,
    )


def export(store: Store, person: Person, clinic: str) -> bytes:
    """Every file of the clinic in one ZIP, patients included; audited."""
    require(person, Action.SET_UP)
    with store.read(clinic) as work:
        folder = folder_of(load_context(work))
    store.write(clinic, lambda work: record(work, person, "export", "every file", None, folder.counts()))
    return zipped(export_folder(folder))


def zipped(files: dict[str, bytes]) -> bytes:
    """Files in one ZIP."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
