"""Clinic and programs; pharmacies; SKUs and prices; prescribers: the files that hold no patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from core.domain.model import LicenceKind
from core.services.clinic_export import folder_of
from pages.setup.connections import connection_settings
from pages.setup.file_tables import file_table
from pages.setup.first_steps import pharmacy_licenses, prescriber_licenses
from pages.setup.payments import payment_settings
from pages.shared.chart_card import chart
from pages.shared.charts import states
from pages.shared.filters import choose
from pages.shared.formats import count
from pages.shared.layout import badge, is_demo, open_expander
from pages.shared.session import ReferenceData, Session

_MANY: Final = "Add licenses of many states"
_MANY_ICON: Final = ":material/map:"


def clinic_tab(session: Session, reference: ReferenceData) -> None:
    """The clinic itself, its programs, its ladders and its holidays."""
    folder = folder_of(reference.context)
    badge(any(is_demo(program.source) for program in folder.programs))
    file_table(session, "clinic.csv", folder.clinics, "Clinic")
    file_table(session, "programs.csv", folder.programs, "Programs")
    payment_settings(session)
    file_table(session, "ladders.csv", folder.ladders, "Titration ladders")
    file_table(session, "carrier_days.csv", folder.carrier_days, "Carrier days")


def pharmacies_tab(session: Session, reference: ReferenceData) -> None:
    """Partners, where they may ship what, and when they are closed."""
    folder = folder_of(reference.context)
    file_table(session, "pharmacies.csv", folder.pharmacies, "Pharmacies")
    if folder.pharmacies:
        connection_settings(session, reference)
    if folder.pharmacy_licences:
        _license_map(session, reference)
    file_table(session, "pharmacy_licences.csv", folder.pharmacy_licences, "Licenses")
    if folder.pharmacies and (many := open_expander(_MANY, key="pharmacy_licences_many", icon=_MANY_ICON)):
        with many:
            pharmacy_licenses(session, reference)
    file_table(session, "closures.csv", folder.closures, "Closures")


def _license_map(session: Session, reference: ReferenceData) -> None:
    kind = choose(
        "Licenses on the map", list(LicenceKind), LicenceKind.STERILE, key="setup_licence", words=str.capitalize
    )
    holders = licensed_pharmacies(reference, kind)
    most = len(reference.context.pharmacies)
    levels = ["nobody", *(count(number, "pharmacy", "pharmacies") for number in range(1, most + 1))]
    tiles = {state: (len(names), ", ".join(names)) for state, names in holders.items()}
    chart(
        states(tiles, levels),
        f"{count(len(holders), 'state')} can receive {kind} products; "
        f"{sum(len(names) == 1 for names in holders.values())} of them from one pharmacy only",
        [{"State": state, "Pharmacies": ", ".join(names)} for state, names in sorted(holders.items())],
        name="licence_map",
        session=session,
    )


def licensed_pharmacies(reference: ReferenceData, kind: LicenceKind) -> Mapping[str, list[str]]:
    """Names of the pharmacies that may ship ``kind`` to each state today."""
    context, today = reference
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for licence in context.licences:
        in_force = context.pharmacy_licensed(licence.pharmacy, licence.state, kind, today)
        if licence.kind is kind and in_force:
            holders[licence.state].append(context.pharmacies[licence.pharmacy].name)
    return holders


def skus_tab(session: Session, reference: ReferenceData) -> None:
    """What can be ordered, and every price of it."""
    folder = folder_of(reference.context)
    badge(any(is_demo(offer.source) for offer in folder.offers))
    file_table(session, "skus.csv", folder.skus, "SKUs")
    file_table(session, "offers.csv", folder.offers, "Pharmacies' prices")
    file_table(session, "aggregate_prices.csv", folder.aggregate_prices, "Aggregate prices")


def prescribers_tab(session: Session, reference: ReferenceData) -> None:
    """Who signs, and where they may."""
    folder = folder_of(reference.context)
    file_table(session, "prescribers.csv", folder.prescribers, "Prescribers")
    file_table(session, "prescriber_licences.csv", folder.prescriber_licences, "Licenses and DEA numbers")
    if folder.prescribers and (many := open_expander(_MANY, key="prescriber_licences_many", icon=_MANY_ICON)):
        with many:
            prescriber_licenses(session, reference)
