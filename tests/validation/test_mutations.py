"""A good cart with one thing of one line broken: which code catches it, and that no other line is accused.

The lines are those of tests/validation/good_cart.py: 1 semaglutide, 2 tirzepatide, 3 testosterone (schedule III),
4 naltrexone capsules, 5 methylcobalamin, 6 sermorelin. Everything is for Friday 4 December 2026, shipping Monday 7.
"""

from __future__ import annotations

from datetime import date
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.rules.validation import RULES
from tests.validation.good_cart import RXS, Break, broken, cart_with, caught

OKLAHOMA = {"state": "OK", "zip": "73101", "city": "Oklahoma City"}
NEW_MEXICO = {"state": "NM", "zip": "87101", "city": "Albuquerque"}
COOL = " Store in a cool place."
COPIED = {"clinical_difference": RXS[0]["clinical_difference"]}

Mutation = tuple[str, int, dict[str, Any], list[str]]

MUTATIONS: tuple[Mutation, ...] = (
    # --- directions
    ("directions lost", 1, {"rx": {"sig": ""}}, ["B SIG_MISSING"]),
    ("as directed", 2, {"rx": {"sig": "Use as directed."}}, ["B SIG_INCOMPLETE"]),
    ("the frequency lost", 1, {"rx": {"sig": "Inject 0.25 mg (10 units) subcutaneously."}}, ["B SIG_INCOMPLETE"]),
    ("the unit lost", 1, {"rx": {"sig": "Inject 0.25 subcutaneously once weekly."}}, ["B SIG_INCOMPLETE"]),
    ("once or twice", 4, {"rx": {"sig": "Take 1 capsule by mouth once daily or twice daily."}},
     ["B SIG_AMBIGUOUS", "W SIG_SUPPLY_MISMATCH"]),
    ("ten times the units", 1, {"rx": {"sig": "Inject 0.25 mg (100 units) subcutaneously once weekly."}},
     ["B SIG_DOSE_MISMATCH", "W SIG_SUPPLY_MISMATCH"]),
    ("the units of another strength", 2, {"rx": {"sig": "Inject 2.5 mg (8 units) subcutaneously once weekly."}},
     ["B SIG_DOSE_MISMATCH"]),
    ("another vial than the directions mean", 3, {"sku": {"concentration_mg_per_ml": 100}}, ["B SIG_DOSE_MISMATCH"]),
    ("the mg lost", 1, {"rx": {"sig": "Inject 10 units subcutaneously once weekly."}}, ["W SIG_NO_MG"]),
    ("fewer days than the vial lasts", 3, {"rx": {"days_supply": 42}}, ["W SIG_SUPPLY_MISMATCH"]),
    ("weekly written as daily", 1, {"rx": {"sig": "Inject 0.25 mg (10 units) subcutaneously once daily.",
                                           "last_filled_on": date(2026, 10, 27)}},
     ["B DOSE_OVER_MAX", "W SIG_SUPPLY_MISMATCH"]),
    ("a dose above the label's last", 2, {"rx": {"sig": "Inject 10 mg (100 units) subcutaneously twice weekly.",
                                                 "days_supply": None, "quantity": 9}},
     ["B DOSE_OVER_MAX"]),
    ("into a vein", 2, {"rx": {"sig": "Inject 2.5 mg (25 units) intravenously once weekly."}},
     ["B SIG_ROUTE_MISMATCH"]),
    ("swallowed", 3, {"rx": {"sig": "Take 100 mg (50 units) by mouth once weekly."}}, ["B SIG_ROUTE_MISMATCH"]),
    ("a capsule by the drop", 4, {"rx": {"sig": "Take 1 mL by mouth once daily.", "days_supply": None}},
     ["B SIG_FORM_MISMATCH"]),
    ("the other GLP-1", 1, {"rx": {"sig": "Inject 0.25 mg (10 units) tirzepatide subcutaneously once weekly."}},
     ["B SIG_DRUG_MISMATCH"]),
    ("a capsule and a bit", 4, {"rx": {"sig": "Take 5 mg by mouth once daily."}}, ["B DOSE_NOT_MEASURABLE"]),
    ("ten capsules", 4, {"rx": {"sig": "Take 45 mg by mouth once daily.", "days_supply": 3}}, ["B DOSE_IMPLAUSIBLE"]),
    ("longer than a pharmacy takes", 4,
     {"rx": {"sig": "Take 1 capsule by mouth once daily." + COOL * 50}},
     ["B SIG_TOO_LONG"]),
    ("longer than its own pharmacy takes", 4,
     {"rx": {"sig": "Take 1 capsule by mouth once daily." + COOL * 4}, "line": {"pharmacy": "birch"}},
     ["B SIG_TOO_LONG"]),
    # --- prescriber
    ("a digit of the NPI", 5, {"line": {"npi": "1444444447"}}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
    ("a good NPI of nobody here", 5, {"line": {"npi": "1000000004"}}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
    ("a colleague's NPI", 5, {"line": {"npi": "1555555550"}}, ["B RX_PRESCRIBER_MISMATCH"]),
    ("licensed elsewhere alone", 4, {"patient": NEW_MEXICO}, ["B PRESCRIBER_NOT_LICENSED"]),
    ("licensed today, not on Monday", 4, {"licence": {"expires_on": date(2026, 12, 6)}}, ["B PRESCRIBER_NOT_LICENSED"]),
    ("licensed on Monday, the last day", 4, {"licence": {"expires_on": date(2026, 12, 7)}}, ["W LICENCE_EXPIRING"]),
    ("licensed for another 30 days", 4, {"licence": {"expires_on": date(2027, 1, 6)}}, ["W LICENCE_EXPIRING"]),
    ("no DEA number in Texas", 3, {"licence": {"dea_number": ""}}, ["B DEA_MISSING"]),
    ("a digit of the DEA number", 3, {"licence": {"dea_number": "FJ1234564"}}, ["B DEA_INVALID"]),
    # --- prescription
    ("no prescription", 4, {"no_rx": True}, ["B SIG_MISSING", "B NPI_INVALID", "B RX_MISSING"]),
    ("a prescription of nobody", 5, {"line": {"rx": "RX77", "sig": RXS[4]["sig"], "npi": "1444444446", "quantity": 1}},
     ["B RX_MISSING"]),
    ("a neighbour's prescription", 5, {"line": {"rx": "RX6"}},
     ["B RX_PATIENT_MISMATCH", "B RX_SKU_MISMATCH", "W SIG_SUPPLY_MISMATCH"]),
    ("written for another patient", 4, {"rx": {"patient": "P1"}, "line": {"rx": "RX4"}}, ["B RX_PATIENT_MISMATCH"]),
    ("written for another SKU", 4, {"rx": {"sku": "B12"}, "line": {"rx": "RX4"}}, ["B RX_SKU_MISMATCH"]),
    ("directions typed over", 1, {"line": {"sig": "Inject 0.5 mg (20 units) subcutaneously once weekly."}},
     ["B RX_SIG_CHANGED"]),
    ("one pack more than written", 4, {"line": {"quantity": 2}}, ["B RX_QUANTITY"]),
    ("written 13 months ago", 4, {"rx": {"written_on": date(2025, 11, 4)}}, ["B RX_EXPIRED"]),
    ("a year old today, older when it ships", 4, {"rx": {"written_on": date(2025, 12, 5)}}, ["B RX_EXPIRED"]),
    ("dated tomorrow", 4, {"rx": {"written_on": date(2026, 12, 5)}}, ["B RX_EXPIRED"]),
    ("stopped last week", 4, {"rx": {"stopped_on": date(2026, 11, 27)}}, ["B RX_EXPIRED"]),
    ("a patient who left", 4, {"patient": {"active": False}}, ["B RX_EXPIRED"]),
    ("every refill used", 4, {"rx": {"fills": 6}}, ["B NO_REFILLS"]),
    ("the last refill is on its way", 5, {"rx": {"fills": 5}, "in_flight": {}},
     ["B NO_REFILLS", "B SUSPECTED_DUPLICATE"]),
    ("schedule III, seven months old", 3, {"rx": {"written_on": date(2026, 5, 4)}}, ["B CONTROLLED_LIMIT"]),
    ("schedule III, six months and a day when it ships", 3, {"rx": {"written_on": date(2026, 6, 6)}},
     ["B CONTROLLED_LIMIT"]),
    ("schedule III, six refills written", 3, {"rx": {"refills": 6}}, ["B CONTROLLED_LIMIT"]),
    ("schedule III, its refills used", 3, {"rx": {"fills": 6, "refills": 5}}, ["B CONTROLLED_LIMIT"]),
    ("schedule II with a refill", 3, {"sku": {"dea_schedule": "II"}}, ["B CONTROLLED_LIMIT"]),
    ("controlled, to the clinic", 3, {"line": {"ship_to": "clinic"}}, ["B CONTROLLED_LIMIT"]),
    ("controlled, at no pharmacy", 3, {"rx": {"rx_pharmacy": None}}, ["B CONTROLLED_LIMIT"]),
    ("the statement lost", 6, {"rx": {"clinical_difference": " "}}, ["B CLINICAL_DIFFERENCE_MISSING"]),
    ("a statement of its price alone", 6, {"rx": {"clinical_difference": "Cheaper than the brand."}},
     ["B CLINICAL_DIFFERENCE_MISSING"]),
    # --- timing and titration
    ("paused until the day after", 4, {"patient": {"paused_until": date(2026, 12, 5)}}, ["B PAUSED"]),
    ("its prescription is paused", 4, {"rx": {"paused_until": date(2026, 12, 5)}}, ["B PAUSED"]),
    ("paused until today", 4, {"patient": {"paused_until": date(2026, 12, 4)}}, []),
    ("filled three weeks too early", 4, {"rx": {"last_filled_on": date(2026, 11, 27)}}, ["B REFILL_TOO_SOON"]),
    ("controlled, a day too early", 3, {"rx": {"last_filled_on": date(2026, 10, 12)}}, ["B REFILL_TOO_SOON"]),
    ("soon enough for Cedar, not for its own pharmacy", 4,
     {"rx": {"last_filled_on": date(2026, 11, 9)}, "line": {"pharmacy": "birch"}}, ["B REFILL_TOO_SOON"]),
    ("the same is on its way", 5, {"in_flight": {}}, ["B SUSPECTED_DUPLICATE"]),
    ("its answer was lost, so it may be on its way", 5, {"in_flight": {"state": "placed"}}, ["B SUSPECTED_DUPLICATE"]),
    ("the same in another cart", 5, {"other_cart": True}, ["B SUSPECTED_DUPLICATE"]),
    ("the other GLP-1 is on its way", 1, {"in_flight": {"sku": "TIRZ", "rx": "RX-elsewhere"}}, ["W DUPLICATE_THERAPY"]),
    ("a first fill at the third dose", 1, {"rx": {"sig": "Inject 1 mg (40 units) subcutaneously once weekly.",
                                                  "days_supply": None, "fills": 0, "last_filled_on": None,
                                                  "first_filled_on": None}}, ["B DOSE_START_HIGH"]),
    ("a first fill at the second dose", 1, {"rx": {"sig": "Inject 0.5 mg (20 units) subcutaneously once weekly.",
                                                   "days_supply": None, "fills": 0, "last_filled_on": None,
                                                   "first_filled_on": None}}, ["W DOSE_START_HIGH"]),
    ("two steps up at once", 1,
     {"newer_rx": {"sig": "Inject 1 mg (40 units) subcutaneously once weekly.", "days_supply": None},
      "rx": {"last_filled_on": date(2026, 10, 27)}}, ["B TITRATION_SKIP"]),
    ("a step up after a fortnight", 1,
     {"newer_rx": {"sig": "Inject 0.5 mg (20 units) subcutaneously once weekly.", "days_supply": None},
      "rx": {"first_filled_on": date(2026, 11, 23), "last_filled_on": date(2026, 11, 23), "days_supply": 14,
             "fills": 1}},
     ["W TITRATION_SKIP"]),
    ("an old dose, though a newer is written", 1,
     {"newer_rx": {"sig": "Inject 0.5 mg (20 units) subcutaneously once weekly.", "days_supply": None, "sku": "SEMA"},
      "line": {"rx": "RX1"}}, ["W TITRATION_STALE"]),
    ("the third dose again, five weeks after the supply ended", 1,
     {"rx": {"sig": "Inject 1 mg (40 units) subcutaneously once weekly.", "days_supply": None,
             "last_filled_on": date(2026, 10, 2)}}, ["B RETITRATION"]),
    ("the third dose again, three weeks after", 1,
     {"rx": {"sig": "Inject 1 mg (40 units) subcutaneously once weekly.", "days_supply": None,
             "last_filled_on": date(2026, 10, 19)}}, ["W RETITRATION"]),
    ("the other GLP-1 was filled last week", 1,
     {"rx": {"last_filled_on": None, "first_filled_on": None, "fills": 0},
      "newer_rx": {"sku": "TIRZ", "sig": "Inject 2.5 mg (25 units) subcutaneously once weekly.", "fills": 1,
                   "last_filled_on": date(2026, 11, 27), "first_filled_on": date(2026, 11, 27)}},
     ["W THERAPY_SWITCH"]),
    # --- pharmacy
    ("nobody prices it", 4, {"offer": None}, ["B NO_OFFER"]),
    ("every price has ended", 4, {"offer": {"valid_to": date(2026, 11, 30)}}, ["B PRICE_STALE"]),
    ("every price begins tomorrow", 4, {"offer": {"valid_from": date(2026, 12, 5)}}, ["B PRICE_STALE"]),
    ("the program has no price", 4, {"no_price": True}, ["B NO_PRICE"]),
    ("fewer packs than they sell", 4, {"offer": {"min_quantity": 3}}, ["B QUANTITY_LIMIT"]),
    ("more refills than its own pharmacy takes", 4, {"rx": {"refills": 11}, "line": {"pharmacy": "birch"}},
     ["B QUANTITY_LIMIT"]),
    ("a sterile vial where the licence is nonsterile", 5, {"patient": OKLAHOMA}, ["B PHARMACY_NOT_LICENSED"]),
    ("a controlled vial where the licence is nonsterile", 3, {"patient": OKLAHOMA}, ["B PHARMACY_NOT_LICENSED"]),
    ("capsules where the licence is nonsterile", 4, {"patient": OKLAHOMA}, []),
    ("the shelf is empty", 5, {"offer": {"stock": 0}}, ["B OUT_OF_STOCK"]),
    ("a street that no label takes", 4, {"patient": {"address1": "1200 Northeast Old Mill Road, Unit 14B"}},
     ["B ORDER_NOT_TAKEN"]),
    ("pinned elsewhere than the prescription is", 3, {"line": {"pharmacy": "birch"}}, ["B RX_AT_OTHER_PHARMACY"]),
    # --- shipping
    ("no street", 4, {"patient": {"address1": ""}}, ["B ADDRESS_INCOMPLETE"]),
    ("no ZIP code", 4, {"patient": {"zip": ""}}, ["B ADDRESS_INCOMPLETE"]),
    ("a cold box to a PO box", 1, {"patient": {"address1": "P.O. Box 7"}}, ["B PO_BOX"]),
    ("capsules to a PO box", 4, {"patient": {"address1": "Post Office Box 7"}}, ["W PO_BOX"]),
    ("a cold box to an APO", 2, {"patient": {"address1": "Unit 7", "city": "APO"}}, ["B PO_BOX"]),
    ("Oklahoma's ZIP code", 4, {"patient": {"zip": "73101"}}, ["B STATE_ZIP_MISMATCH"]),
    ("a ZIP code that states share", 4, {"patient": {"zip": "73960"}}, ["W STATE_ZIP_MISMATCH"]),
    ("a ZIP code one digit short", 4, {"patient": {"zip": "7870"}}, ["B STATE_ZIP_MISMATCH"]),
    ("pinned to one whose cold boxes would rest on Saturday", 6, {"line": {"pharmacy": "birch"}},
     ["B COLD_CHAIN_WINDOW"]),
    # --- patient
    ("no date of birth", 4, {"patient": {"born_on": None}}, ["B PATIENT_INCOMPLETE"]),
    ("born next year", 4, {"patient": {"born_on": date(2027, 1, 1)}}, ["B PATIENT_INCOMPLETE"]),
    ("born yesterday", 4, {"patient": {"born_on": date(2026, 12, 3)}}, ["B BIRTH_DATE_DOUBTFUL", "B UNDER_AGE"]),
    ("born in 1900", 4, {"patient": {"born_on": date(1900, 1, 1)}}, ["B BIRTH_DATE_DOUBTFUL"]),
    ("seventeen", 4, {"patient": {"born_on": date(2009, 5, 6)}}, ["B UNDER_AGE"]),
    ("no telephone", 4, {"patient": {"phone": ""}}, ["B PATIENT_INCOMPLETE"]),
    ("an area code of nowhere", 4, {"patient": {"phone": "555-555-5555"}}, ["W PHONE_INVALID"]),
    ("allergic to an active's sister", 5, {"patient": {"allergies": ("B12",)}}, ["B ALLERGY"]),
    ("allergic to the oil", 3, {"patient": {"allergies": ("grape seed oil",)}}, ["B ALLERGY"]),
    ("allergic to a second active's name", 1, {"patient": {"allergies": ("cyanocobalamin (rash)",)}}, ["B ALLERGY"]),
    ("allergic to an active, misspelled", 5, {"patient": {"allergies": ("methylcobalamine",)}}, ["W ALLERGY_POSSIBLE"]),
    ("allergic to nobody knows what", 4, {"patient": {"allergies": ("blorfen",)}}, ["W ALLERGY_UNRECOGNIZED"]),
    ("allergies are still pending", 4, {"patient": {"allergies": ("pending",)}}, ["W ALLERGIES_UNKNOWN"]),
    ("nobody asked about allergies", 4, {"patient": {"allergies": None}}, ["W ALLERGIES_UNKNOWN"]),
)  # fmt: skip


def test_the_good_cart_has_nothing_to_find() -> None:
    assert caught(broken(1)) == []
    assert len(broken(1).split.filled) == 6


@pytest.mark.parametrize(
    ("case", "line", "change", "codes"), MUTATIONS, ids=[f"{line}, {case}" for case, line, *_ in MUTATIONS]
)
def test_a_broken_line_is_caught_and_no_other(case: str, line: int, change: dict[str, Any], codes: list[str]) -> None:
    assert caught(broken(line, **change)) == [f"{line} {code}" for code in codes]


def test_one_statement_copied_once_more_accuses_every_line_that_has_it() -> None:
    """The one rule that is about several patients at once: three of the four who need a statement have the same."""
    assert caught(broken(6, rx=COPIED)) == [f"{line} W CLINICAL_DIFFERENCE_BOILERPLATE" for line in (1, 2, 6)]


def test_a_patient_under_two_codes_is_pointed_out_on_the_lines_of_both() -> None:
    ana = {"first_name": "Ana", "last_name": "Rivera", "born_on": date(1980, 5, 6)}
    assert caught(broken(5, patient=ana)) == ["1 W SAME_PERSON", "5 W SAME_PERSON"]


def test_every_code_of_the_rule_book_catches_something() -> None:
    catching = {code.split(" ")[1] for *_, codes in MUTATIONS for code in codes}
    assert set(RULES) - catching == {"CLINICAL_DIFFERENCE_BOILERPLATE", "EXCLUDED", "SAME_PERSON", "ARRIVES_LATE"}


LEANS_ON_ANOTHER = {"a neighbour's prescription"}
"""Breaks that look at a second line, which may be broken itself."""

ALONE = [mutation for mutation in MUTATIONS if mutation[0] not in LEANS_ON_ANOTHER]


@settings(max_examples=60, deadline=None)
@given(first=st.sampled_from(ALONE), second=st.sampled_from(ALONE))
def test_two_broken_lines_are_caught_as_each_would_be(first: Mutation, second: Mutation) -> None:
    """What is wrong with one line changes nothing about another."""
    assume(first[1] != second[1])
    both = caught(cart_with({line: Break(**change) for _, line, change, _ in (first, second)}))
    assert both == [
        f"{line} {code}" for _, line, _, codes in sorted((first, second), key=itemgetter(1)) for code in codes
    ]
