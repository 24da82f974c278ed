"""The rule book's page: every rule of the code with its record, for every role, and no patient on it."""

from __future__ import annotations

from datetime import date

import pytest

from core.adapters.store import Store
from core.domain.model import FindingEnd, Role
from core.domain.roles import LOCAL
from core.rules.validation import RULES
from core.services.rule_book import RuleRecord, note_findings
from pages.rule_book.rules import record
from pages.shared.charts import stacked_counts
from tests.builders import FRIDAY, a_line
from tests.pages.conftest import Opens
from tests.pages.refill_days import a_full_cart
from tests.stores import CLINIC, load
from tests.validation.world import findings, world

NONE_RIGHT = "0 resolved before payment, 5 ordered anyway, 0 not ordered."
REJECTED = "Of those ordered anyway, a pharmacy rejected 2, 1 of them as ADDRESS_INVALID."


@pytest.mark.parametrize("role", list(Role))
def test_every_rule_of_the_code_is_on_the_page(role: Role, store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("rule_book", role)
    assert not shown.exception
    book = shown.dataframe[0].value
    assert list(book["Code"]) == list(RULES)
    for column, told in (("Requirement", "summary"), ("Source", "source"), ("Example", "example")):
        assert list(book[column]) == [getattr(rule, told) for rule in RULES.values()]
    assert set(book["Hits"]) == {0}


def test_a_gate_shows_its_rules_alone(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("rule_book", Role.STAFF, rule_book_gate="Patient")
    assert list(shown.dataframe[0].value["Code"]) == [
        "PATIENT_INCOMPLETE", "BIRTH_DATE_DOUBTFUL", "UNDER_AGE", "PHONE_INVALID", "SAME_PERSON", "ALLERGY",
        "ALLERGY_POSSIBLE", "ALLERGY_UNRECOGNIZED", "ALLERGIES_UNKNOWN",
    ]  # fmt: skip


def test_working_on_a_cart_counts_its_findings(store: Store, opens: Opens) -> None:
    a_full_cart(store)
    assert not opens("refill_day", Role.STAFF).exception
    shown = opens("rule_book", Role.LEADERSHIP)
    book = shown.dataframe[0].value.set_index("Code")
    fired = {code: int(lines) for code, lines in book["Hits"].items() if lines}
    assert fired == {"ADDRESS_INCOMPLETE": 1, "PHONE_INVALID": 1, "ALLERGY": 1}
    assert list(book.loc[list(fired), "Not ordered"]) == [1, 1, 1]
    assert "Stone" not in str(shown.dataframe[0].value.to_dict())


def test_another_day_s_findings_stay_apart(store: Store, opens: Opens) -> None:
    load(store)
    found = findings(world(patient={"phone": "555"}))
    for day in (FRIDAY, date(2026, 12, 11)):
        note_findings(store, LOCAL, CLINIC, day, [a_line()], found)
    book = opens("rule_book").dataframe[0].value.set_index("Code")
    assert int(str(book.loc["PHONE_INVALID", "Hits"])) == 2


@pytest.mark.parametrize(
    ("case", "entry", "expected"),
    [
        ("never", RuleRecord(RULES["ALLERGY"]), "no hits in this period."),
        (
            "put right",
            RuleRecord(RULES["PO_BOX"], {FindingEnd.FIXED: 3, FindingEnd.OPEN: 1}),
            "found on 4 lines: 3 resolved before payment, 0 ordered anyway, 1 not ordered.",
        ),
        (
            "placed with it",
            RuleRecord(RULES["STATE_ZIP_MISMATCH"], {FindingEnd.OVERRIDDEN: 1, FindingEnd.ACKNOWLEDGED: 4}, 2, 1),
            f"found on 5 lines: {NONE_RIGHT} {REJECTED}",
        ),
    ],
)
def test_a_record_in_words(case: str, entry: RuleRecord, expected: str) -> None:
    assert record(entry) == expected


def test_the_chart_is_one_trace_an_end() -> None:
    figure = stacked_counts(["A", "B"], {"Resolved": [3, 0], "Overridden": [1, 2]}, "Lines")
    assert [(bar.name, list(bar.y), list(bar.x)) for bar in figure.data] == [
        ("Resolved", ["A", "B"], [3, 0]),
        ("Overridden", ["A", "B"], [1, 2]),
    ]
    assert figure.layout.xaxis.title.text == "Lines"


def test_an_empty_store_says_what_to_do(store: Store, opens: Opens) -> None:
    shown = opens("rule_book", Role.STAFF)
    assert not shown.exception
    assert any("There is no clinic yet" in text.value for text in shown.markdown)


def test_a_clinic_that_never_worked_on_a_cart_says_so(store: Store, opens: Opens) -> None:
    load(store)
    assert any("No rule has found anything in this period" in info.value for info in opens("rule_book").info)


def test_a_rule_in_full_has_its_example_its_source_and_its_thresholds_today(store: Store, opens: Opens) -> None:
    load(store)
    shown = opens("rule_book")
    row = list(RULES).index("REFILL_TOO_SOON")
    shown.session_state["rule_book_table"] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    said = [text.value.replace("\\", "") for text in shown.run().markdown]
    assert "**REFILL_TOO_SOON**" in said
    assert any(text.startswith("**refill_threshold:** 0.75.") for text in said)
    assert any(text.startswith("**scheduled_days_early:** 2.") for text in said)
