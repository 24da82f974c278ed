"""Thresholds that are data: every setting's name, meaning and default, and which row is in force.

A row's scope is ``clinic``, ``state:XX``, ``active:NAME``, ``sku:CODE`` or ``pharmacy:CODE``; the narrowest scope with a
row in force wins, then the latest ``valid_from``. A pharmacy's own column in pharmacies.csv stands between a row for that pharmacy and the wider
ones: a row has a first day, the column has none. Setup and docs/reference.md list this table from here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from core.domain.model import Setting


class SettingScope(StrEnum):
    """How far a row of a setting reaches, the widest first."""

    CLINIC = "clinic"
    STATE = "state"
    ACTIVE = "active"
    SKU = "sku"
    PHARMACY = "pharmacy"


EVERYWHERE: Final = (SettingScope.CLINIC, SettingScope.STATE, SettingScope.PHARMACY)
BY_STATE: Final = (SettingScope.CLINIC, SettingScope.STATE)
BY_PHARMACY: Final = (SettingScope.CLINIC, SettingScope.PHARMACY)
BY_ACTIVE: Final = (SettingScope.CLINIC, SettingScope.ACTIVE)
BY_SKU: Final = (SettingScope.CLINIC, SettingScope.SKU)
CLINIC_ONLY: Final = (SettingScope.CLINIC,)


class SettingKind(NamedTuple):
    """One setting: what it means, what it is without a row, how its cell is read, where the default comes from, what a
    row of it may be scoped to, and the most that the law allows (a clinic may be stricter, never looser)."""

    name: str
    meaning: str
    default: str
    read: Callable[[str], object]
    source: str
    scopes: tuple[SettingScope, ...]
    most: int | None = None


SETTINGS = {
    kind.name: kind
    for kind in (
        SettingKind("due_window_days", "A refill is due when its supply ends within this many days after the refill day", "7", int, "clinic's habit", CLINIC_ONLY),
        SettingKind("late_delivery_days", "Days after the supply ends, or after the refill day where it has ended, by which a box has to arrive", "14", int, "as retitration_gap_days: two weekly doses missed", CLINIC_ONLY),
        SettingKind("day_price", "What a day of earlier delivery is worth when the split is balanced, in dollars per line", "5.00", Decimal, "clinic's habit", CLINIC_ONLY),
        SettingKind("refill_threshold", "Share of the supply that must be used before a refill, where the pharmacy has no rule of its own", "0.75", Decimal, "usual retail policy, 75 to 80 %", EVERYWHERE),
        SettingKind("scheduled_days_early", "Days before the supply ends that a controlled refill may be filled", "2", int, "usual policy for controlled substances", EVERYWHERE),
        SettingKind("sig_max_chars", "Longest directions a pharmacy takes, where it has no limit of its own", "1000", int, "NCPDP SCRIPT 2017071 SigText", EVERYWHERE),
        SettingKind("max_refills", "Most refills on a prescription that a pharmacy takes, where it has no limit of its own", "99", int, "e-prescribing networks: refills 0 to 99", BY_PHARMACY),
        SettingKind("waste_ml_per_draw", "What a draw leaves in the syringe, in mL", "0", Decimal, "off until a clinic measures it", CLINIC_ONLY),
        SettingKind("default_in_use_days", "In-use life of a sterile multi-dose pack that states none, in days", "28", int, "USP <797>: 28 days after first puncture", CLINIC_ONLY),
        SettingKind("licence_expiring_days", "A prescriber's license that ends within this many days after the ship date is pointed out", "30", int, "clinic's habit", BY_STATE),
        SettingKind("rx_valid_months", "Months that a prescription may be filled after it was written", "12", int, "usual state law; confirm for yours", BY_STATE),
        SettingKind("scheduled_refills_max", "Most refills of a schedule III to V prescription", "5", int, "21 CFR 1306.22", BY_STATE, 5),
        SettingKind("scheduled_months", "Months that a schedule III to V prescription may be filled after it was written", "6", int, "21 CFR 1306.22", BY_STATE, 6),
        SettingKind("telemedicine_flexibility_ends", "Last day of the federal flexibility for controlled substances prescribed by telemedicine", "2026-12-31", date.fromisoformat, "Federal Register, fourth temporary extension", BY_STATE),
        SettingKind("dose_tolerance_units", "Syringe units by which stated equivalents may differ, if this is more than the share below", "0.5", Decimal, "half a mark of a U-100 syringe", CLINIC_ONLY),
        SettingKind("dose_tolerance_share", "Share by which stated equivalents may differ", "0.05", Decimal, "rules.md, SIG_DOSE_MISMATCH", CLINIC_ONLY),
        SettingKind("max_pieces_per_dose", "Most capsules, tablets, troches, suppositories or patches taken at once", "4", Decimal, "ISMP: a dose of more than two or three units is a sign of an error", CLINIC_ONLY),
        SettingKind("max_metered_per_dose", "Most sprays, puffs, drops or clicks of a pen at once", "20", Decimal, "20 drops are 1 mL; usual sprays and pens need fewer", CLINIC_ONLY),
        SettingKind("max_clicks_per_dose", "Most clicks or pumps of a cream or gel at once", "8", Decimal, "metered dispensers give about 0.25 to 0.5 mL a click, so 8 are 2 mL or more; not looked up, a pharmacist confirms it", CLINIC_ONLY),
        SettingKind("max_ml_subcutaneous", "Most mL injected under the skin at once", "1.5", Decimal, "Mathaes and others 2016 (Eur J Pharm Biopharm 100): 1.5 mL is the usual limit", CLINIC_ONLY),
        SettingKind("max_ml_deltoid", "Most mL injected into the upper arm's muscle at once", "2", Decimal, "nursing references: deltoid 1 mL, at most 2 mL", CLINIC_ONLY),
        SettingKind("max_ml_intramuscular", "Most mL injected into another muscle at once", "3", Decimal, "nursing references: gluteal muscles and thigh of an adult, 3 mL", CLINIC_ONLY),
        SettingKind("usual_dose_times", "How many times its usual dose, or what part of it, a SKU's dose may not reach", "10", Decimal, "ISMP: tenfold errors, a decimal point lost or misread", CLINIC_ONLY),
        SettingKind("usual_week_times", "How many times its usual week, or what part of it, a SKU's weekly amount may not reach", "7", Decimal, "ISMP: daily instead of weekly, as with methotrexate, or the reverse", CLINIC_ONLY),
        SettingKind("max_doses_per_day", "Most doses a day of a SKU whose usual directions tell fewer", "4", Decimal, "clinic's habit: no usual schedule is closer than four times a day", CLINIC_ONLY),
        SettingKind("supply_tolerance_days", "Days by which a stated days' supply may differ, if this is more than the share below", "3", int, "rules.md, SIG_SUPPLY_MISMATCH", CLINIC_ONLY),
        SettingKind("supply_tolerance_share", "Share by which a stated days' supply may differ", "0.10", Decimal, "rules.md, SIG_SUPPLY_MISMATCH", CLINIC_ONLY),
        SettingKind("ship_window_days", "Days after a box is ready within which it must ship, or nobody can fill the line", "14", int, "rules.md, section 6", BY_PHARMACY),
        SettingKind("titration_step_days", "Days at a dose before the next step up", "28", int, "semaglutide and tirzepatide labels: four weeks a step", BY_STATE),
        SettingKind("retitration_gap_days", "Days without supply after which a dose above the first step asks for titration anew", "14", int, "semaglutide (Wegovy) label, 2.1: more than two weekly doses missed", BY_ACTIVE),
        SettingKind("least_age_years", "Youngest age, in years, of a patient who may get the product", "18", int, "the approved products' labels: safety and efficacy in adults; clinic's habit", BY_SKU),
        SettingKind("stalled_days", "Days past the promised ship date (of a shipped line: delivery date) after which a line counts as stalled", "2", int, "clinic's habit", CLINIC_ONLY),
        SettingKind("target_first_pass", "Share of lines that should be accepted at the first attempt", "0.95", Decimal, "clinic's habit", CLINIC_ONLY),
        SettingKind("target_on_time", "Share of lines that should arrive by the promised day", "0.95", Decimal, "clinic's habit", CLINIC_ONLY),
        SettingKind("old_price_days", "Days after which a pharmacy whose newest price is older counts as having an old price list", "180", int, "clinic's habit", CLINIC_ONLY),
    )
}  # fmt: skip


def setting_in_force(
    rows: Iterable[Setting],
    name: str,
    day: date,
    *,
    pharmacy: str | None = None,
    state: str | None = None,
    active: str | None = None,
    sku: str | None = None,
) -> object:
    """The value of a setting on ``day``, read by its kind; its default where no row is in force."""
    kind = SETTINGS[name]
    scopes = ("clinic", f"state:{state}", f"active:{active}", f"sku:{sku}", f"pharmacy:{pharmacy}")
    in_force = [row for row in rows if row.name == name and row.valid_from <= day and row.scope in scopes]
    if not in_force:
        return kind.read(kind.default)
    return kind.read(max(in_force, key=lambda row: (scopes.index(row.scope), row.valid_from)).value)


def pharmacys_own(rows: Iterable[Setting], name: str, day: date, pharmacy: str) -> object | None:
    """The value of the pharmacy's own row in force on ``day``; None where only wider rows count."""
    scope = f"{SettingScope.PHARMACY}:{pharmacy}"
    in_force = [row for row in rows if row.name == name and row.valid_from <= day and row.scope == scope]
    newest = max(in_force, key=lambda row: row.valid_from, default=None)
    return None if newest is None else SETTINGS[name].read(newest.value)
