"""Every threshold at every scope that it names: a row of that scope moves what is found, and without it the default
counts. A setting or scope that nobody asks for fails here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.context import Context
from core.domain.model import Setting
from core.domain.settings import SETTINGS
from core.rules.due_list import due_list
from tests.builders import DAYS, FRIDAY, a_prescription
from tests.validation.world import codes, world

Outcome = Callable[[tuple[Setting, ...]], object]

SCOPES = {"clinic": "clinic", "state": "state:TX", "pharmacy": "pharmacy:cedar", "active": "active:semaglutide",
          "sku": "sku:SEMA"}  # fmt: skip
ELSEWHERE = {("clinic", name) for name in ("stalled_days", "target_first_pass", "target_on_time", "old_price_days")}
"""In tests/test_thresholds.py: it is asked of the store."""

HALF = "Inject 0.5 mg (20 units) subcutaneously once weekly."
ELEVEN = "Inject 0.25 mg (11 units) subcutaneously once weekly."
CONTROLLED: dict[str, Any] = {
    "sku": {"dea_schedule": "III"},
    "rx": {"rx_pharmacy": "cedar", "telemedicine": True, "last_filled_on": date(2026, 11, 8)},
}
STEP_UP = {"more_prescriptions": {"RX2": a_prescription(
    rx="RX2", sig=HALF, days_supply=None, written_on=FRIDAY,
    fills=0, last_filled_on=None, first_filled_on=None,
)}, "rx": {"first_filled_on": date(2026, 11, 6), "fills": 1}}  # fmt: skip
GAP: dict[str, Any] = {"rx": {"sig": HALF, "last_filled_on": date(2026, 10, 11)}}


def directed(sku: dict[str, Any], sig: str) -> Outcome:
    """The codes of the clean line of another SKU, prescribed and ordered with these directions."""
    return found({"sku": sku, "rx": {"sig": sig, "days_supply": None, "last_filled_on": None}}, sig=sig)


CAPSULES: dict[str, Any] = {
    "form": "capsule", "route": "oral", "volume_ml": None, "concentration_mg_per_ml": None, "mg_per_unit": 1,
    "units_per_pack": 30, "actives": ("naltrexone",), "usual_sig": "",
}  # fmt: skip
CREAM: dict[str, Any] = {"form": "cream", "route": "topical", "actives": ("estriol",), "usual_sig": ""}
MUSCLE: dict[str, Any] = {
    "route": "intramuscular", "actives": ("methylcobalamin",), "concentration_mg_per_ml": 2,
    "usual_sig": "Inject 0.25 mg (0.125 mL) intramuscularly once weekly.",
}  # fmt: skip
LARGE = ["B DOSE_IMPLAUSIBLE"]
IN_SPRAYS = ["B SIG_FORM_MISMATCH"]


def found(change: dict[str, Any], **line: Any) -> Outcome:
    """The codes of the clean line with the world changed so."""
    return lambda settings: codes(replace(world(**change), settings=settings), **line)


def of(answer: Callable[[Context], object], **change: Any) -> Outcome:
    return lambda settings: answer(replace(world(**change), settings=settings))


def due(context: Context) -> int:
    return len(due_list(context, FRIDAY))


CASES: tuple[tuple[str, str, Outcome, object, object], ...] = (
    ("due_window_days", "9", of(due, rx={"last_filled_on": date(2026, 11, 14)}), 0, 1),
    ("late_delivery_days", "3", found({}), [], ["W ARRIVES_LATE"]),
    ("day_price", "7.50", of(lambda context: context.day_price_cents(DAYS)), 500, 750),
    ("refill_threshold", "1", found({"rx": {"last_filled_on": date(2026, 11, 12)}}), [], ["B REFILL_TOO_SOON"]),
    ("scheduled_days_early", "0", found(CONTROLLED), [], ["B REFILL_TOO_SOON"]),
    ("sig_max_chars", "20", found({}), [], ["B SIG_TOO_LONG"]),
    ("max_refills", "4", found({}), [], ["B QUANTITY_LIMIT"]),
    ("waste_ml_per_draw", "1", found({}), [], ["W SIG_SUPPLY_MISMATCH"]),
    ("default_in_use_days", "7", found({}), [], ["W SIG_SUPPLY_MISMATCH"]),
    ("licence_expiring_days", "90", found({"licence": {"expires_on": date(2027, 2, 1)}}), [], ["W LICENCE_EXPIRING"]),
    ("rx_valid_months", "2", found({}), [], ["B RX_EXPIRED"]),
    ("scheduled_refills_max", "3", found(CONTROLLED), [], ["B CONTROLLED_LIMIT"]),
    ("scheduled_months", "3", found(CONTROLLED), [], ["B CONTROLLED_LIMIT"]),
    ("telemedicine_flexibility_ends", "2026-12-01", found(CONTROLLED), [], ["B CONTROLLED_LIMIT"]),
    ("dose_tolerance_units", "1", found({"rx": {"sig": ELEVEN}}, sig=ELEVEN), ["B SIG_DOSE_MISMATCH"], []),
    ("dose_tolerance_share", "0.1", found({"rx": {"sig": ELEVEN}}, sig=ELEVEN), ["B SIG_DOSE_MISMATCH"], []),
    ("max_pieces_per_dose", "1", directed(CAPSULES, "Take 2 capsules by mouth daily."), [], LARGE),
    ("max_metered_per_dose", "3", directed(CREAM, "Apply 4 sprays topically daily."), IN_SPRAYS, [*IN_SPRAYS, *LARGE]),
    ("max_clicks_per_dose", "3", directed(CREAM, "Apply 4 clicks topically daily."), [], LARGE),
    ("max_ml_subcutaneous", "0.09", found({}), [], LARGE),
    ("max_ml_deltoid", "0.4", directed(MUSCLE, "Inject 0.5 mL (1 mg) into the deltoid IM weekly."), [], LARGE),
    ("max_ml_intramuscular", "0.4", directed(MUSCLE, "Inject 0.5 mL (1 mg) into the thigh IM weekly."), [], LARGE),
    ("usual_dose_times", "3", directed(MUSCLE, "Inject 1 mg (0.5 mL) intramuscularly weekly."), [], LARGE),
    ("usual_week_times", "3", directed(MUSCLE, "Inject 0.25 mg (0.125 mL) IM four times weekly."), [], LARGE),
    ("max_doses_per_day", "1", directed(MUSCLE, "Inject 0.05 mg (0.025 mL) IM twice daily."), [], LARGE),
    ("supply_tolerance_days", "5", found({"rx": {"days_supply": 33}}), ["W SIG_SUPPLY_MISMATCH"], []),
    ("supply_tolerance_share", "0.2", found({"rx": {"days_supply": 33}}), ["W SIG_SUPPLY_MISMATCH"], []),
    ("ship_window_days", "1", found({"pharmacy": {"cold_ship_days": frozenset({2})}}), [], ["B COLD_CHAIN_WINDOW"]),
    ("titration_step_days", "40", found(STEP_UP, rx="RX2", sig=HALF), [], ["W TITRATION_SKIP"]),
    ("retitration_gap_days", "29", found(GAP, sig=HALF), ["W RETITRATION"], []),
    ("least_age_years", "16", found({"patient": {"born_on": date(2010, 5, 6)}}), ["B UNDER_AGE"], []),
)  # fmt: skip


def row(name: str, scope: str, value: str) -> tuple[Setting, ...]:
    return (Setting(scope=SCOPES[scope], name=name, value=value, valid_from=date(2026, 1, 1)),)


@pytest.mark.parametrize(
    ("name", "scope", "value", "outcome", "before", "after"),
    [(name, scope, *rest) for name, *rest in CASES for scope in SETTINGS[name].scopes],
)
def test_a_row_of_each_scope_moves_what_is_found(
    name: str, scope: str, value: str, outcome: Outcome, before: object, after: object
) -> None:
    assert outcome(()) == before
    assert outcome(row(name, scope, value)) == after
    assert outcome((row(name, scope, value)[0].model_copy(update={"valid_from": date(2027, 6, 1)}),)) == before


def test_every_setting_is_here() -> None:
    assert {name for name, *_ in CASES} | {name for _, name in ELSEWHERE} == set(SETTINGS)


def test_a_scope_that_a_setting_does_not_name_moves_nothing() -> None:
    for name, value, outcome, before, _ in CASES:
        for scope in SCOPES.keys() - set(SETTINGS[name].scopes):
            assert outcome(row(name, scope, value)) == before, (name, scope)
