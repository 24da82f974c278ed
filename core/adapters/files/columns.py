"""Every file of a clinic's folder and every column of it: the one table behind reading, exporting, templates and docs.

Source: docs/formats.md, "Files".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from core.adapters.files.cells import (
    ALLERGIES,
    CODE,
    CODES,
    COUNT,
    DAY,
    INSTANT,
    LIST,
    MONEY,
    NUMBER,
    PATIENT_STATE,
    RATE,
    SCOPE,
    SETTING_NAME,
    SETTING_VALUE,
    STATE,
    TEXT,
    TIME,
    WEEKDAY_LIST,
    WHOLE,
    YES_NO,
    ZIP_CODE,
    ZONE,
    CellKind,
    one_of,
    whole,
    word_of,
)
from core.domain.model import (
    MOST_PACKS,
    AggregatePrice,
    CarrierDay,
    Clinic,
    Closure,
    Encounter,
    LadderStep,
    LicenceKind,
    Offer,
    Patient,
    Pharmacy,
    PharmacyLicence,
    Prescriber,
    PrescriberLicence,
    Prescription,
    Program,
    ProgramKind,
    RateBase,
    Setting,
    ShipTo,
    Sku,
)
from core.rules.prescriptions import CartRow


class Column(NamedTuple):
    """One column: how its cells are read, what it means, and the file whose keys it refers to.

    ``field`` is the model's name for it where that differs. ``empty`` is the value of an empty cell, given the row's
    other cells.
    """

    name: str
    kind: CellKind
    meaning: str
    required: bool
    field: str
    empty: Callable[[Mapping[str, str]], object]
    refers_to: str

    def written(self, value: object) -> str:
        """A value as the file's cell; None is an empty one."""
        return "" if value is None else self.kind.write(value)


class File(NamedTuple):
    """One file: what its rows are, which columns are its key, and the part of a folder that holds them."""

    name: str
    part: str
    row: Callable[..., Any]
    key: tuple[str, ...]
    meaning: str
    columns: tuple[Column, ...]


def _column(name: str, kind: CellKind, meaning: str, required: bool, refers_to: str = "") -> Column:
    field = f"{name}_cents" if kind is MONEY else name
    return Column(name, kind, meaning, required, field, lambda row: kind.empty, refers_to)


def _needs(name: str, kind: CellKind, meaning: str, refers_to: str = "") -> Column:
    return _column(name, kind, meaning, True, refers_to)


def _may(name: str, kind: CellKind, meaning: str, refers_to: str = "") -> Column:
    return _column(name, kind, meaning, False, refers_to)


def _empty_is(value: object, column: Column) -> Column:
    return column._replace(empty=lambda row: value)


def _contact(purpose: str) -> tuple[Column, ...]:
    """How somebody is reached."""
    return tuple(_may(way, TEXT, purpose) for way in ("phone", "fax", "email"))


def _fills_of_an_empty_cell(row: Mapping[str, str]) -> int:
    return 1 if row.get("last_filled_on") else 0


FILES: dict[str, File] = {
    file.name: file
    for file in (
        File("clinic.csv", "clinics", Clinic, ("clinic",), "The clinic itself: one row", (
            _needs("clinic", CODE, "the clinic's code; every row of the store belongs to it"),
            _needs("name", TEXT, "as people say it"),
            _may("address1", TEXT, "where boxes for the clinic go"),
            _may("city", TEXT, ""),
            _needs("state", STATE, ""),
            _may("zip", ZIP_CODE, ""),
            _needs("time_zone", ZONE, "what a day means here"),
            _needs("program", CODES, "programs it may place with, the default first", "programs.csv"),
            *_contact("for pharmacies that have a question about an order"),
        )),
        File("programs.csv", "programs", Program, ("program", "valid_from"), "Ways of paying, a row for each change", (
            _needs("program", CODE, "the program's code"),
            _needs("kind", one_of(ProgramKind), "how medication is priced"),
            _needs("monthly_fee", MONEY, "a month, whatever is ordered"),
            _needs("rate", RATE, "facilitation or software fee: 0.15 is 15 %"),
            _may("rate_base", one_of(RateBase, RateBase.MEDICATION), "what an aggregate program's rate is taken of"),
            _empty_is(Decimal(0), _may("processing_rate", RATE, "card processing, a share of the rest")),
            _empty_is(0, _may("processing_fixed", MONEY, "card processing, for each checkout")),
            _empty_is(0, _may("encounter_hands_on", MONEY, "a prescriber's hands-on encounter")),
            _empty_is(0, _may("encounter_hands_off", MONEY, "a prescriber's hands-off encounter")),
            _needs("valid_from", DAY, "first day in force"),
            _may("source", TEXT, "where the amounts come from"),
        )),
        File("skus.csv", "skus", Sku, ("sku",), "What can be ordered: one pack a row", (
            _needs("sku", CODE, "the clinic's code for one pack"),
            _needs("name", TEXT, ""),
            _may("category", TEXT, "what the cost screen groups by"),
            _may("form", TEXT, "vial, capsule, cream ..."),
            _may("strength", TEXT, "as the label says it"),
            _may("concentration_mg_per_ml", NUMBER, "of the first active"),
            _may("drug_units_per_ml", NUMBER, "for drugs dosed in biological units"),
            _may("volume_ml", NUMBER, "of one vial"),
            _may("units_per_pack", WHOLE, "vials or pieces in the pack"),
            _may("mg_per_unit", NUMBER, "of the first active, in one piece"),
            _may("route", TEXT, ""),
            _needs("sterile", YES_NO, "needs a sterile license"),
            _needs("cold_chain", YES_NO, "travels in a cold box"),
            _may("dea_schedule", word_of(("II", "III", "IV", "V"), empty=None), "of a controlled substance"),
            _may("clinical_difference_required", YES_NO, "each prescription needs a statement"),
            _may("in_use_days", WHOLE, "how long an opened pack may be used"),
            _may("actives", LIST, "active ingredients, the main one first"),
            _may("therapy_class", TEXT, "what counts as the same therapy"),
            _may("ingredients", LIST, "everything in it, base included"),
            _may("usual_sig", TEXT, "typical directions; costs a day are computed from them"),
            _may("patient_price", MONEY, "what the patient pays"),
        )),
        File("pharmacies.csv", "pharmacies", Pharmacy, ("pharmacy",), "503A partners", (
            _needs("pharmacy", CODE, "the clinic's code for it"),
            _needs("name", TEXT, ""),
            _needs("state", STATE, ""),
            _needs("time_zone", ZONE, "of its cut-off and its days"),
            _needs("cutoff", TIME, "orders before it are received the same day"),
            _needs("ship_days", WEEKDAY_LIST, "days on which ambient boxes leave"),
            _needs("cold_ship_days", WEEKDAY_LIST, "days on which cold boxes leave"),
            _needs("processing_days", COUNT, "working days from received to ready"),
            _may("carrier", TEXT, "as in carrier_days.csv"),
            _needs("transit_days", COUNT, "carrier days, ambient"),
            _needs("cold_transit_days", COUNT, "carrier days, cold"),
            _needs("ambient_fee", MONEY, "for each ambient box"),
            _needs("cold_fee", MONEY, "for each cold box"),
            _may("clinic_consolidates", YES_NO, "boxes for the clinic travel together"),
            _may("sig_max_chars", WHOLE, "longest directions it takes"),
            _may("max_refills", COUNT, "most refills on a prescription it takes"),
            _may("refill_threshold", RATE, "share of the supply to be used before a refill"),
            _may("programs", CODES, "programs it works with; empty is all", "programs.csv"),
            *_contact("for questions about orders"),
        )),
        File("pharmacy_licences.csv", "pharmacy_licences", PharmacyLicence, ("pharmacy", "state", "kind"),
             "Where a pharmacy may ship what; its own state needs its rows too", (
            _needs("pharmacy", CODE, "", "pharmacies.csv"),
            _needs("state", STATE, "where the box goes"),
            _needs("kind", one_of(LicenceKind), ""),
            _may("number", TEXT, ""),
            _may("expires_on", DAY, "last day in force; empty is open"),
        )),
        File("offers.csv", "offers", Offer, ("pharmacy", "sku", "valid_from"),
             "A pharmacy's prices, a row for each change", (
            _needs("pharmacy", CODE, "", "pharmacies.csv"),
            _needs("sku", CODE, "", "skus.csv"),
            _needs("unit_cost", MONEY, "for one pack"),
            _may("stock", COUNT, "packs that the pharmacy told it has; empty is not limited"),
            _may("stock_at", INSTANT, "when it told"),
            _may("min_quantity", COUNT, "least packs on a line"),
            _may("max_quantity", COUNT, "most packs on a line"),
            _needs("valid_from", DAY, "first day in force"),
            _may("valid_to", DAY, "last day in force; empty is until the next row"),
            _may("source", TEXT, "where the price comes from"),
        )),
        File("aggregate_prices.csv", "aggregate_prices", AggregatePrice, ("program", "sku", "valid_from"),
             "An aggregate program's pooled prices, a row for each change", (
            _needs("program", CODE, "", "programs.csv"),
            _needs("sku", CODE, "", "skus.csv"),
            _needs("unit_price", MONEY, "for one pack"),
            _needs("valid_from", DAY, "first day in force"),
            _may("source", TEXT, "where the price comes from"),
        )),
        File("prescribers.csv", "prescribers", Prescriber, ("npi",), "Who signs prescriptions", (
            _needs("npi", CODE, "National Provider Identifier"),
            _needs("first_name", TEXT, ""),
            _needs("last_name", TEXT, ""),
            _may("credential", TEXT, "MD, DO, NP, PA ..."),
            *_contact("for questions about prescriptions"),
        )),
        File("prescriber_licences.csv", "prescriber_licences", PrescriberLicence, ("npi", "state"),
             "Where a prescriber may prescribe", (
            _needs("npi", CODE, "", "prescribers.csv"),
            _needs("state", STATE, "where the patient lives"),
            _may("number", TEXT, ""),
            _may("expires_on", DAY, "last day in force; empty is open"),
            _may("dea_number", TEXT, "for that state, where there is one"),
        )),
        File("patients.csv", "patients", Patient, ("patient",), "The clinic's patients", (
            _needs("patient", CODE, "the clinic's code for the person"),
            _may("first_name", TEXT, ""),
            _may("last_name", TEXT, ""),
            _may("born_on", DAY, ""),
            _may("sex", word_of(("f", "m", "u"), empty=""), "f, m or u for unknown"),
            _may("phone", TEXT, ""),
            _may("email", TEXT, ""),
            _may("address1", TEXT, "where boxes for the patient go"),
            _may("address2", TEXT, ""),
            _may("city", TEXT, ""),
            _may("state", PATIENT_STATE, ""),
            _may("zip", ZIP_CODE, ""),
            _may("allergies", ALLERGIES, "empty is not known; none is no known allergies"),
            _empty_is(True, _may("active", YES_NO, "nothing is due for an inactive patient; empty is yes")),
            _may("paused_until", DAY, "the first day on which it is due again"),
            _may("pause_reason", TEXT, ""),
        )),
        File("prescriptions.csv", "prescriptions", Prescription, ("rx",), "One patient, SKU and prescriber a row", (
            _needs("rx", CODE, "the prescription's code"),
            _needs("patient", CODE, "", "patients.csv"),
            _needs("sku", CODE, "", "skus.csv"),
            _needs("npi", CODE, "who signed it", "prescribers.csv"),
            _may("sig", TEXT, "directions, word for word"),
            _needs("quantity", WHOLE, "packs for each fill"),
            _may("days_supply", WHOLE, "of that quantity, where the prescription states it"),
            _empty_is(0, _may("refills", COUNT, "beside the first fill")),
            _needs("written_on", DAY, ""),
            _may("clinical_difference", TEXT, "why this patient needs the compounded product"),
            _may("last_filled_on", DAY, ""),
            _may("first_filled_on", DAY, ""),
            _may("fills", COUNT, "fills outside Refill Day; empty is 1 where last_filled_on is set, else 0")._replace(
                empty=_fills_of_an_empty_cell
            ),
            _may("encounter", one_of(Encounter, Encounter.NONE), "a visit charged with the first fill"),
            _may("rx_pharmacy", CODE, "the pharmacy that already holds it", "pharmacies.csv"),
            _may("rx_number", TEXT, "its number there"),
            _empty_is(None, _may("telemedicine", YES_NO, "prescribed without seeing the patient; empty is not known")),
            _may("in_person_on", DAY, "when the patient was seen"),
            _may("stopped_on", DAY, "the day from which it may not be filled"),
            _may("stop_reason", TEXT, ""),
            _may("paused_until", DAY, "the first day on which it is due again"),
            _may("pause_reason", TEXT, ""),
        )),
        File("carrier_days.csv", "carrier_days", CarrierDay, ("carrier", "date"),
             "Days that are not as their weekday says: holidays, Saturdays that run", (
            _needs("carrier", CODE, "as in pharmacies.csv"),
            _needs("date", DAY, ""),
            _needs("runs", YES_NO, ""),
        )),
        File("closures.csv", "closures", Closure, ("pharmacy", "date"), "Days on which a pharmacy is closed", (
            _needs("pharmacy", CODE, "", "pharmacies.csv"),
            _needs("date", DAY, ""),
        )),
        File("ladders.csv", "ladders", LadderStep, ("active", "step"), "Titration ladders", (
            _needs("active", CODE, "as in the SKU's actives"),
            _needs("step", WHOLE, "1 for the first"),
            _needs("weekly_mg", NUMBER, ""),
        )),
        File("settings.csv", "settings", Setting, ("scope", "name", "valid_from"), "Thresholds by date", (
            _needs("scope", SCOPE, "the narrowest in force counts", "pharmacies.csv"),
            _needs("name", SETTING_NAME, ""),
            _needs("value", SETTING_VALUE, ""),
            _needs("valid_from", DAY, "first day in force"),
        )),
    )
}  # fmt: skip
"""In an order in which each file refers only to files before it, but for clinic.csv, which names its programs."""

CART = File("cart.csv", "rows", CartRow, (), "A cart to upload or to check", (
    _needs("patient", CODE, "", "patients.csv"),
    _needs("sku", CODE, "", "skus.csv"),
    _may("quantity", whole(1, MOST_PACKS), "packs; empty is the prescription's"),
    _may("rx", CODE, "empty is the patient's newest in force for the SKU"),
    _empty_is(None, _may("sig", TEXT, "empty is the prescription's")),
    _may("npi", CODE, "empty is the prescription's"),
    _may("pharmacy", CODE, "who must fill it; empty is the split's choice", "pharmacies.csv"),
    _may("ship_to", one_of(ShipTo, ShipTo.PATIENT), "empty is patient"),
    _may("hold", YES_NO, "stays in the cart, is not paid for"),
    _may("note", TEXT, "what the pharmacist is told with the order"),
))  # fmt: skip
