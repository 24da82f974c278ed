"""The rule book as a whole: every code once, the order of findings, what silences what, and nothing that raises."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.domain.model import Objective, Promise, RoutedLine, Severity, Split
from core.domain.settings import SETTINGS
from core.rules.validation import RULES, validate
from tests.builders import (
    DAYS,
    a_context,
    a_line,
    a_patient,
    a_prescription,
    a_program,
)
from tests.validation.world import findings, short, world

BOOK = """
SIG           SIG_MISSING                      B   prescriber
SIG           SIG_INCOMPLETE                   Bo  prescriber
SIG           SIG_AMBIGUOUS                    Bo  prescriber
SIG           SIG_TOO_LONG                     B   prescriber
SIG           SIG_DOSE_MISMATCH                B   prescriber
SIG           SIG_ROUTE_MISMATCH               Bo  prescriber
SIG           SIG_FORM_MISMATCH                Bo  prescriber
SIG           SIG_DRUG_MISMATCH                B   prescriber
SIG           DOSE_NOT_MEASURABLE              Bo  prescriber
SIG           DOSE_IMPLAUSIBLE                   Bo  prescriber
SIG           SIG_NO_MG                        W   prescriber
SIG           SIG_SUPPLY_MISMATCH              Bo  prescriber
SIG           DOSE_OVER_MAX                    Bo  prescriber
Prescriber    NPI_INVALID                      B   prescriber
Prescriber    PRESCRIBER_NOT_LICENSED          B   prescriber
Prescriber    LICENCE_EXPIRING                 W   prescriber
Prescriber    DEA_MISSING                      B   prescriber
Prescriber    DEA_INVALID                      B   prescriber
Prescription  RX_MISSING                       B   prescriber
Prescription  RX_PATIENT_MISMATCH              B   prescriber
Prescription  RX_SKU_MISMATCH                  B   prescriber
Prescription  RX_SIG_CHANGED                   B   prescriber
Prescription  RX_PRESCRIBER_MISMATCH           B   prescriber
Prescription  RX_QUANTITY                      B   prescriber
Prescription  RX_EXPIRED                       B   prescriber
Prescription  NO_REFILLS                       B   prescriber
Prescription  CONTROLLED_LIMIT                 B   prescriber
Prescription  CLINICAL_DIFFERENCE_MISSING      B   prescriber
Prescription  CLINICAL_DIFFERENCE_BOILERPLATE  W   prescriber
Timing        REFILL_TOO_SOON                  Bo  clinic
Timing        PAUSED                           Bo  clinic
Timing        SUSPECTED_DUPLICATE              Bo  clinic
Timing        DUPLICATE_THERAPY                W   clinic
Timing        THERAPY_SWITCH                   W   clinic
Titration     DOSE_START_HIGH                  Bo  prescriber
Titration     RETITRATION                      Bo  prescriber
Titration     TITRATION_SKIP                   Bo  prescriber
Titration     TITRATION_STALE                  W   prescriber
Pharmacy      NO_OFFER                         B   pharmacy
Pharmacy      PRICE_STALE                      B   pharmacy
Pharmacy      NO_PRICE                         B   pharmacy
Pharmacy      QUANTITY_LIMIT                   B   pharmacy
Pharmacy      PHARMACY_NOT_LICENSED            B   pharmacy
Pharmacy      ORDER_NOT_TAKEN                  B   clinic
Pharmacy      OUT_OF_STOCK                     B   pharmacy
Pharmacy      EXCLUDED                         B   clinic
Pharmacy      RX_AT_OTHER_PHARMACY             B   pharmacy
Shipping      ADDRESS_INCOMPLETE               B   clinic
Shipping      PO_BOX                           B   clinic
Shipping      STATE_ZIP_MISMATCH               Bo  clinic
Shipping      COLD_CHAIN_WINDOW                B   clinic
Shipping      ARRIVES_LATE                     W   clinic
Patient       PATIENT_INCOMPLETE               B   clinic
Patient       BIRTH_DATE_DOUBTFUL              Bo  clinic
Patient       UNDER_AGE                        Bo  prescriber
Patient       PHONE_INVALID                    W   clinic
Patient       SAME_PERSON                      W   clinic
Patient       ALLERGY                          Bo  patient
Patient       ALLERGY_POSSIBLE                 W   patient
Patient       ALLERGY_UNRECOGNIZED             W   clinic
Patient       ALLERGIES_UNKNOWN                W   clinic
"""


def test_the_book_has_every_code_once_in_order() -> None:
    rows = [tuple(row.split()) for row in BOOK.strip().splitlines()]
    severities = {"B": (Severity.BLOCKING, False), "Bo": (Severity.BLOCKING, True), "W": (Severity.WARNING, False)}
    assert [
        (rule.gate.value, code, (rule.severity, rule.overridable), rule.owner.value) for code, rule in RULES.items()
    ] == [(gate, code, severities[severity], owner) for gate, code, severity, owner in rows]


@pytest.mark.parametrize("code", RULES)
def test_a_rule_book_page_can_be_made(code: str) -> None:
    rule = RULES[code]
    assert rule.code == code
    assert rule.summary.endswith(".")
    assert rule.example
    assert rule.source
    assert rule.field


ASKED_ELSEWHERE = {
    "due_window_days",
    "day_price",
    "stalled_days",
    "target_first_pass",
    "target_on_time",
    "old_price_days",
}
"""The due list's, the split's, the order list's and Fulfillment's."""


def test_every_threshold_is_named_by_the_rules_that_ask_for_it() -> None:
    assert {name for rule in RULES.values() for name in rule.thresholds} | ASKED_ELSEWHERE == set(SETTINGS)
    assert RULES["SIG_DOSE_MISMATCH"].thresholds == ("dose_tolerance_units", "dose_tolerance_share")
    assert RULES["REFILL_TOO_SOON"].thresholds == ("refill_threshold", "scheduled_days_early")
    assert RULES["ALLERGY"].thresholds == ()


def test_the_clean_line_has_no_finding() -> None:
    assert findings(a_context()) == ()


def test_an_empty_cart_has_no_finding() -> None:
    assert validate(Split(Objective.CHEAPEST, "FREE", (), 0, 0, True, 0.0), a_context(), a_program(), DAYS) == ()


def test_findings_are_in_order_of_line_severity_and_gate() -> None:
    context = world(
        patient={"allergies": None, "phone": "555-555-5555", "zip": "73101", "first_name": ""},
        rx={"fills": 6, "days_supply": 200, "last_filled_on": None, "first_filled_on": None},
        licence={"expires_on": date(2026, 12, 20)},
    )
    assert short(findings(context, a_line(number=2), a_line(number=1, hold=True))) == [
        "1 B NO_REFILLS",
        "1 B STATE_ZIP_MISMATCH",
        "1 B PATIENT_INCOMPLETE",
        "1 W SIG_SUPPLY_MISMATCH",
        "1 W LICENCE_EXPIRING",
        "1 W REFILL_TOO_SOON",
        "1 W PHONE_INVALID",
        "1 W ALLERGIES_UNKNOWN",
        "2 B NO_REFILLS",
        "2 B SUSPECTED_DUPLICATE",
        "2 B STATE_ZIP_MISMATCH",
        "2 B PATIENT_INCOMPLETE",
        "2 W SIG_SUPPLY_MISMATCH",
        "2 W LICENCE_EXPIRING",
        "2 W REFILL_TOO_SOON",
        "2 W PHONE_INVALID",
        "2 W ALLERGIES_UNKNOWN",
    ]


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        (
            "RX_MISSING silences its gate alone",
            {"prescriptions": {}, "patient": {"first_name": ""}},
            {"rx": None, "quantity": 9},
            ["1 B RX_MISSING", "1 B PATIENT_INCOMPLETE"],
        ),
        (
            "SIG_MISSING silences its gate alone",
            {"rx": {"sig": "", "days_supply": 500, "last_filled_on": None, "first_filled_on": None, "fills": 6}},
            {"sig": ""},
            ["1 B SIG_MISSING", "1 B NO_REFILLS", "1 W REFILL_TOO_SOON"],
        ),
        (
            "NPI_INVALID silences its gate alone",
            {"prescriber": {"npi": "1234567890", "licences": {}}, "rx": {"npi": "1234567890", "fills": 6}},
            {"npi": "1234567890"},
            ["1 B NPI_INVALID", "1 B NO_REFILLS"],
        ),
    ],
)
def test_silencing(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert short(findings(world(**change), a_line(**line))) == expected


def test_held_lines_are_checked_and_marked() -> None:
    (found,) = findings(world(rx={"fills": 6}), a_line(hold=True))
    assert (found.code, found.held) == ("NO_REFILLS", True)


BORN = date(1980, 5, 20)
"""What so many share tells nobody apart."""


def test_a_thousand_good_lines_have_no_finding() -> None:
    numbers = range(1, 1001)
    context = world(
        patients={f"P{n}": a_patient(patient=f"P{n}", phone=f"512-555-{n:04d}", born_on=BORN) for n in numbers},
        prescriptions={f"RX{n}": a_prescription(rx=f"RX{n}", patient=f"P{n}") for n in numbers},
    )
    promise = Promise(*[DAYS.refill_day + timedelta(3)] * 4)
    lines = tuple(
        RoutedLine(a_line(number=n, patient=f"P{n}", rx=f"RX{n}"), pharmacy="cedar", promise=promise) for n in numbers
    )
    split = Split(Objective.CHEAPEST, "FREE", lines, 0, 0, True, 0.0)
    assert validate(split, context, a_program(), DAYS) == ()
