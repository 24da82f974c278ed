"""Getting started: from an empty store to the first due list, step by step. What is done is read from the store, so
each step can be left and taken up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from functools import partial
from typing import Any, Final

import streamlit as st
from streamlit.typing import UploadedFile

from core.adapters.files import csv_bytes
from core.adapters.files.cells import STATES, WEEKDAYS
from core.adapters.files.price_list_sheet import Field, guessed_columns, missing_columns, open_list
from core.adapters.files.tables import SPREADSHEETS
from core.adapters.files.template_workbook import ZONES
from core.domain.model import LicenceKind, Pharmacy
from core.services.clinic_import import load
from core.services.first_steps import NEEDED, ZONE_OF_STATE, code_of, dollars_cell, files_held, presets
from core.services.price_lists.new_skus import new_skus
from pages.setup.license_form import license_form
from pages.setup.store import load_files, template_files
from pages.shared.column_map import choose_columns
from pages.shared.formats import count, plain
from pages.shared.layout import empty_state
from pages.shared.notices import attempt, errors_shown
from pages.shared.screens import REFILL_DAY
from pages.shared.session import CLINIC, ReferenceData, Session

_BEGUN: Final = "first_steps_of"
CARRIERS: Final = ("FedEx", "UPS", "USPS")
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "Pharmacies": ("pharmacies.csv",),
    "Pharmacies' licenses": ("pharmacy_licences.csv",),
    "SKUs and prices": ("skus.csv", "offers.csv"),
    "Prescribers and their licenses": ("prescribers.csv", "prescriber_licences.csv"),
    "Patients and prescriptions": ("patients.csv", "prescriptions.csv"),
}
"""The steps after the clinic itself, and the files that each fills."""


def first_step(session: Session) -> None:
    """The clinic itself, with its programs; nothing is saved before its button is pressed."""
    st.subheader("1. Your clinic", anchor=False)
    with st.grid(3):
        name = st.text_input("Clinic's name *", key="first_name", max_chars=200)
        address = st.text_input("Street address", key="first_address1", max_chars=200)
        city = st.text_input("City", key="first_city", max_chars=200)
        state = _state("State *", key="first_state")
        zip_code = st.text_input("ZIP code", key="first_zip", max_chars=10)
        phone = st.text_input("Phone", key="first_phone", max_chars=30)
    zone = _zone(state, key="first_zone")
    named = {preset.name: preset for preset in presets()}
    chosen = st.multiselect(
        "Programs, the default first *",
        list(named),
        key="first_programs",
        help="What is published of each is filled in, with its source. Other agreements are added on the next tab.",
    )
    with st.grid(3):
        fees = {
            name: st.number_input(f"Monthly fee of {name}, $ *", 0.0, None, None, step=1.0, key=f"first_fee_{name}")
            for name in chosen
            if named[name].asks_fee
        }
        card = st.number_input("Card processing, % of the rest", 0.0, 100.0, 0.0, key="first_card")
        fixed = st.number_input("Card processing, $ a checkout", 0.0, None, 0.0, key="first_card_fixed")
        since = st.date_input("First day of the agreement", "today", key="first_since")
    st.caption("Fees that nobody publishes, and card processing, are those of your agreement.")
    ready = name.strip() and state and zone and chosen and None not in fees.values() and isinstance(since, date)
    programs = [
        {
            **named[program].cells,
            "monthly_fee": dollars_cell(fees[program]) if program in fees else named[program].cells["monthly_fee"],
            "processing_rate": f"{card / 100:.6f}",
            "processing_fixed": dollars_cell(fixed),
            "valid_from": f"{since}",
        }
        for program in chosen
    ]
    code = code_of(name, session.store.clinics())
    clinic = {
        "clinic": code,
        "name": name,
        "address1": address,
        "city": city,
        "state": state or "",
        "zip": zip_code,
        "time_zone": zone or "",
        "phone": phone,
        "program": ";".join(named[program].cells["program"] for program in chosen),
    }
    files = {"clinic.csv": [clinic], "programs.csv": programs}
    st.button(
        "Begin this clinic",
        type="primary",
        disabled=not ready,
        on_click=_begin,
        args=(session, code, files),
    )
    st.divider()
    load_files(session)
    template_files()


def _begin(session: Session, code: str, files: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    if attempt(lambda: load(session.store, session.person, _csv(files)), "The clinic has begun."):
        st.session_state[CLINIC] = code


def first_steps_tab(session: Session, reference: ReferenceData) -> None:
    """What is done and what is next; the open step is the first that lacks something."""
    held = session.remembered(files_held)
    open_step = next((step for step, files in STEPS.items() if not all(held[file] for file in files)), None)
    if open_step is None:
        empty_state("The clinic is ready.", "Refill day shows who is due.", REFILL_DAY)
    drawn: dict[str, Callable[[], None]] = {
        "Pharmacies": lambda: _pharmacy(session, reference),
        "Pharmacies' licenses": lambda: pharmacy_licenses(session, reference),
        "SKUs and prices": lambda: _skus(session, reference),
        "Prescribers and their licenses": lambda: _prescribers(session, reference),
        "Patients and prescriptions": lambda: load_files(session),
    }
    for number, (step, files) in enumerate(STEPS.items(), 2):
        done = ", ".join(f"{NEEDED[file].lower()}: {held[file]:,}" for file in files if held[file])
        label = f"{number}. {step}" + (f" ({done})" if done else "")
        icon = ":material/check_circle:" if all(held[file] for file in files) else ":material/radio_button_unchecked:"
        expander = st.expander(
            label, expanded=step == open_step, icon=icon, key=f"first_step_{number}", on_change="rerun"
        )
        if expander.open:
            with expander:
                drawn[step]()


def is_unfinished(session: Session) -> bool:
    """Whether the clinic lacks something for its first due list, or did when this visit began."""
    held = session.remembered(files_held)
    if not all(held[file] for file in NEEDED):
        st.session_state[_BEGUN] = session.clinic
    return st.session_state.get(_BEGUN) == session.clinic


def _pharmacy(session: Session, reference: ReferenceData) -> None:
    pharmacies = reference.context.pharmacies
    key = f"first_pharmacy_{session.data_version()}"
    copied: Pharmacy | None = None
    if pharmacies:
        code = st.selectbox(
            "Copy days and fees from",
            list(pharmacies),
            None,
            format_func=lambda code: pharmacies[code].name,
            key=f"{key}_copy",
            placeholder="Nobody",
        )
        copied = pharmacies[code] if code else None
        key = f"{key}_{code}"
    with st.grid(3):
        name = st.text_input("Pharmacy's name *", key=f"{key}_name", max_chars=200)
        state = _state("State *", key=f"{key}_state")
        cutoff = st.time_input("Cut-off, its own time *", copied.cutoff if copied else None, key=f"{key}_cutoff")
        carrier = st.selectbox("Carrier", CARRIERS, None, key=f"{key}_carrier", accept_new_options=True)
        processing = _days("Working days to prepare *", copied.processing_days if copied else None, f"{key}_prepare")
        transit = _days("Transit days, ambient *", copied.transit_days if copied else None, f"{key}_transit")
        cold_transit = _days("Transit days, cold *", copied.cold_transit_days if copied else None, f"{key}_cold")
        fee = _fee("Fee for an ambient box, $ *", copied.ambient_fee_cents if copied else None, f"{key}_fee")
        cold_fee = _fee("Fee for a cold box, $ *", copied.cold_fee_cents if copied else None, f"{key}_cold_fee")
    zone = _zone(state, key=f"{key}_zone")
    days = _weekdays("Ship days, ambient *", copied.ship_days if copied else (), f"{key}_days")
    cold_days = _weekdays("Ship days, cold *", copied.cold_ship_days if copied else (), f"{key}_cold_days")
    needed = (processing, transit, cold_transit, fee, cold_fee)
    ready = name.strip() and state and zone and isinstance(cutoff, time) and days and cold_days and None not in needed
    row = {
        "pharmacy": code_of(name, pharmacies),
        "name": name,
        "state": state or "",
        "time_zone": zone or "",
        "cutoff": f"{cutoff:%H:%M}" if isinstance(cutoff, time) else "",
        "ship_days": ";".join(days),
        "cold_ship_days": ";".join(cold_days),
        "processing_days": f"{processing}",
        "carrier": carrier or (copied.carrier if copied else ""),
        "transit_days": f"{transit}",
        "cold_transit_days": f"{cold_transit}",
        "ambient_fee": dollars_cell(fee),
        "cold_fee": dollars_cell(cold_fee),
    }
    _save_button(session, "Save the pharmacy", {"pharmacies.csv": [row]}, ready=bool(ready), key=f"{key}_save")


def pharmacy_licenses(session: Session, reference: ReferenceData) -> None:
    """Licenses of one pharmacy in many states, saved at once."""
    names = {code: pharmacy.name for code, pharmacy in reference.context.pharmacies.items()}
    if not names:
        st.caption("Save a pharmacy first.")
        return

    def save(holder: str, kinds: Sequence[str], states: Sequence[str], ends: str) -> None:
        rows = [
            {"pharmacy": holder, "state": state, "kind": kind, "expires_on": ends} for kind in kinds for state in states
        ]
        _save(session, {"pharmacy_licences.csv": rows})

    st.caption("As the pharmacy's license letter says. Its own state needs its licenses too.")
    license_form(names, list(LicenceKind), key=f"first_licenses_{session.data_version()}", save=save)


def _skus(session: Session, reference: ReferenceData) -> None:
    pharmacies = reference.context.pharmacies
    if not pharmacies:
        st.caption("Save a pharmacy first.")
        return
    st.caption(
        "Upload a pharmacy's price list: every row becomes a SKU with its price. Say of each whether it is sterile and "
        "travels cold. Prices of SKUs that are there already come in on SKU costs, Price lists; skus.csv and "
        "offers.csv load with the last step."
    )
    key = f"first_list_{session.data_version()}"
    pharmacy = st.selectbox(
        "Price list of", list(pharmacies), format_func=lambda code: pharmacies[code].name, key=f"{key}_pharmacy"
    )
    file = st.file_uploader("Price list", list(SPREADSHEETS), key=f"{key}_file")
    if file is None or pharmacy is None:
        return
    with errors_shown():
        _price_list(session, reference, pharmacy, file, key)


def _price_list(session: Session, reference: ReferenceData, pharmacy: str, file: UploadedFile, key: str) -> None:
    sheet = open_list(file.name, file.getvalue())
    for warning in sheet.warnings:
        st.caption(f":material/warning: {plain(warning)}")
    guess = guessed_columns(sheet.headings)
    labels: dict[Field, str] = {field: f"Column with {field}" for field in Field if field is not Field.FEE}
    with st.expander("What the columns mean", missing_columns(guess) is not None, icon=":material/view_column:"):
        mapped = choose_columns(labels, len(sheet.headings), guess, heading=sheet.heading, key=f"{key}_{file.file_id}")
    if missing := missing_columns(mapped):
        st.info(missing, icon=":material/view_column:")
        return
    found, left_out = new_skus(sheet, mapped, reference.context.skus)
    if left_out:
        st.caption(f":material/warning: {count(len(left_out), 'row')} left out.")
        for cell in left_out[:5]:
            st.caption(plain(cell))
    rows: list[dict[str, Any]] = [
        {
            "SKU": each.code,
            "Name": each.name,
            "Price for one pack, $": each.cents / 100,
            "Pieces in the pack": each.pieces,
            "Form": each.form,
            "Active ingredient": each.active,
            "mg/mL": None if each.mg_per_ml is None else float(each.mg_per_ml),
            "mL": None if each.volume_ml is None else float(each.volume_ml),
            "Schedule": each.schedule,
            "Sterile": each.sterile,
            "Cold": None,
        }
        for each in found
    ]
    st.caption(
        "Form, active ingredient, schedule and sterile are proposed from the name: check them. Cold is yours to say."
    )
    all_cold = st.segmented_control("All travel", ["cold", "ambient"], key=f"{key}_cold")
    if all_cold:
        rows = [row | {"Cold": "yes" if all_cold == "cold" else "no"} for row in rows]
    yes_no = st.column_config.SelectboxColumn(options=["yes", "no"], required=True)
    schedule = st.column_config.SelectboxColumn(
        options=["none", "II", "III", "IV", "V"], required=True, help="Of a controlled substance"
    )
    edited: list[dict[str, Any]] = st.data_editor(
        rows,
        hide_index=True,
        key=f"{key}_grid_{file.file_id}_{all_cold}",
        column_config={"Schedule": schedule, "Sterile": yes_no, "Cold": yes_no},
        disabled=["SKU"],
    )
    day = f"{reference.today}"
    unsaid = [row["SKU"] for row in edited if not (row["Sterile"] and row["Cold"])]
    if unsaid:
        st.info(f"Not said yet of {count(len(unsaid), 'SKU')}: sterile, or cold.", icon=":material/ac_unit:")
    skus = [
        {
            "sku": row["SKU"],
            "name": row["Name"],
            "form": row["Form"] or "",
            "actives": row["Active ingredient"] or "",
            "concentration_mg_per_ml": _cell(row["mg/mL"]),
            "volume_ml": _cell(row["mL"]),
            "units_per_pack": _cell(row["Pieces in the pack"]),
            "dea_schedule": "" if row["Schedule"] == "none" else row["Schedule"],
            "sterile": row["Sterile"] or "",
            "cold_chain": row["Cold"] or "",
        }
        for row in edited
    ]
    offers = [
        {
            "pharmacy": pharmacy,
            "sku": row["SKU"],
            "unit_cost": dollars_cell(row["Price for one pack, $"]),
            "valid_from": day,
            "source": f"price list {file.name}",
        }
        for row in edited
    ]
    ready = bool(skus) and not unsaid
    _save_button(
        session,
        f"Save {count(len(skus), 'SKU')} and their prices",
        {"skus.csv": skus, "offers.csv": offers},
        ready=ready,
        key=f"{key}_save",
    )


def _cell(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _prescribers(session: Session, reference: ReferenceData) -> None:
    key = f"first_prescriber_{session.data_version()}"
    with st.grid(4):
        npi = st.text_input("NPI *", key=f"{key}_npi", max_chars=10)
        first = st.text_input("First name *", key=f"{key}_first", max_chars=200)
        last = st.text_input("Last name *", key=f"{key}_last", max_chars=200)
        credential = st.text_input("Credential", key=f"{key}_credential", max_chars=50, placeholder="MD, DO, NP, PA")
    row = {"npi": npi, "first_name": first, "last_name": last, "credential": credential}
    ready = bool(npi.strip() and first.strip() and last.strip())
    _save_button(session, "Save the prescriber", {"prescribers.csv": [row]}, ready=ready, key=f"{key}_save")
    if reference.context.prescribers:
        st.markdown("**Where they may prescribe**")
        prescriber_licenses(session, reference)


def prescriber_licenses(session: Session, reference: ReferenceData) -> None:
    """Licenses of one prescriber in many states, saved at once."""
    names = {npi: prescriber.name for npi, prescriber in reference.context.prescribers.items()}

    def save(holder: str, _: Sequence[str], states: Sequence[str], ends: str) -> None:
        rows = [{"npi": holder, "state": state, "expires_on": ends} for state in states]
        _save(session, {"prescriber_licences.csv": rows})

    license_form(names, (), key=f"first_prescribing_{session.data_version()}", save=save)


def _state(label: str, *, key: str) -> str | None:
    return st.selectbox(label, sorted(STATES), None, key=key, placeholder="Choose")


def _zone(state: str | None, *, key: str) -> str | None:
    """The time zone, that of most of the state unless somebody says another."""
    zone = ZONE_OF_STATE.get(state or "")
    zones = list(dict.fromkeys((*ZONES, *ZONE_OF_STATE.values())))
    at = zones.index(zone) if zone else None
    return st.selectbox("Time zone *", zones, at, key=f"{key}_{state}", help="Proposed from the state")


def _days(label: str, days: int | None, key: str) -> int | None:
    return st.number_input(label, 0, 60, days, key=key)


def _fee(label: str, cents: int | None, key: str) -> float | None:
    return st.number_input(label, 0.0, None, None if cents is None else cents / 100, key=key)


def _weekdays(label: str, days: Sequence[int] | frozenset[int], key: str) -> list[str]:
    ticked = [WEEKDAYS[day] for day in sorted(days)]
    chosen = st.pills(label, WEEKDAYS, selection_mode="multi", default=ticked, key=key)
    return [day for day in WEEKDAYS if day in chosen]


def _save_button(
    session: Session, label: str, files: Mapping[str, Sequence[Mapping[str, str]]], *, ready: bool, key: str
) -> None:
    st.button(label, type="primary", key=key, disabled=not ready, on_click=partial(_save, session, files))


def _save(session: Session, files: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    saves = partial(load, session.store, session.person, _csv(files), session.clinic)
    attempt(saves, lambda loaded: f"Saved {count(sum(loaded.counts.values()), 'row')}.")


def _csv(files: Mapping[str, Sequence[Mapping[str, str]]]) -> dict[str, bytes]:
    return {
        name: csv_bytes(list(rows[0]), [list(row.values()) for row in rows]) for name, rows in files.items() if rows
    }
