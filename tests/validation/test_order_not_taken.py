"""ORDER_NOT_TAKEN: what a pharmacy's system does not take is found before payment, by the sender's own check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.adapters.pharmacies.json_order.body import order_faults
from core.domain.context import Context
from core.domain.model import Cart, Objective, RoutedLine
from core.domain.partners.link import Link
from core.domain.partners.message import Connection
from core.rules.split.cart_split import split
from core.rules.validation.addresses import shorter_street
from tests.builders import DAYS, FRIDAY, a_context, a_line, a_pharmacy, a_program, an_offer, licences
from tests.validation.world import codes, findings, world

LINK = Link("cedar", adapter="http", practice_id=77, cold_service=6223, ambient_service=999)
CEDAR = Connection(LINK, order_faults)


def connected(world_: Context | None = None, cedar: Connection = CEDAR) -> Context:
    return replace(world_ or world(), connections={"cedar": cedar})


def test_a_sound_line_may_go_to_a_connected_pharmacy() -> None:
    assert codes(connected()) == []


@pytest.mark.parametrize(
    ("case", "cedar", "change", "problem"),
    [
        (
            "practice", {"practice_id": None}, {},
            "the pharmacy's number of our practice is not set on Setup, Pharmacies",
        ),
        (
            "shipping", {"cold_service": None}, {},
            "the pharmacy's number for cold shipping is not set on Setup, Pharmacies",
        ),
        (
            "a long name", {}, {"patient": {"last_name": "R" * 31}},
            "patient.lastName has 31 characters, and the pharmacy takes 30",
        ),
        (
            "a long statement", {}, {"rx": {"clinical_difference": "x" * 1001}},
            "rxs.clinicalDifferenceStatement has 1001 characters, and the pharmacy takes 1000",
        ),
    ],
)  # fmt: skip
def test_what_is_known_before_payment_is_said_before_payment(
    case: str, cedar: dict[str, Any], change: dict[str, Any], problem: str
) -> None:
    context = connected(world(**change), CEDAR._replace(link=LINK._replace(**cedar)))
    [finding] = [each for each in findings(context) if each.code == "ORDER_NOT_TAKEN"]
    assert finding.message.startswith(f"No pharmacy can fill Semaglutide 2.5 mg/mL, 2 mL: Cedar Compounding: {problem}")


def test_a_foreign_phone_is_a_warning_until_the_pharmacy_takes_no_other() -> None:
    abroad = {"patient": {"phone": "+44 20 7946 0123"}}
    assert codes(world(**abroad)) == ["W PHONE_INVALID"]
    assert codes(connected(world(**abroad))) == ["B ORDER_NOT_TAKEN", "W PHONE_INVALID"]


def test_a_product_without_the_pharmacys_number_of_it() -> None:
    numbered = CEDAR._replace(products={"NAD": "4711"})
    assert codes(connected(cedar=numbered)) == ["B ORDER_NOT_TAKEN"]
    assert codes(connected(cedar=numbered._replace(products={"SEMA": "4712"}))) == []


def test_a_controlled_line_needs_the_pharmacys_number_of_its_prescription() -> None:
    controlled = {"sku": {"dea_schedule": "III", "cold_chain": False}, "rx": {"rx_pharmacy": "cedar", "rx_number": ""}}
    assert "B ORDER_NOT_TAKEN" in codes(connected(world(**controlled)))
    known = {**controlled, "rx": {"rx_pharmacy": "cedar", "rx_number": "C-771"}}
    assert "B ORDER_NOT_TAKEN" not in codes(connected(world(**known)))


@pytest.mark.parametrize(
    ("case", "street", "found"),
    [("35 characters", "1" * 35, []), ("one more", "1" * 36, ["B ORDER_NOT_TAKEN"])],
)
def test_a_label_takes_35_characters_whatever_the_adapter(case: str, street: str, found: list[str]) -> None:
    assert codes(world(patient={"address2": street})) == found


def test_the_finding_says_how_to_shorten_the_line_and_offers_the_clinic() -> None:
    [finding] = findings(world(patient={"address1": "1200 Northeast Old Mill Road Apartment 4"}))
    assert finding.message.endswith("Shorten it, to “1200 Northeast Old Mill Rd Apt 4” for example.")
    assert (finding.field, [fix.change for fix in finding.fixes][:1]) == ("address1", [{"ship_to": "clinic"}])
    assert codes(world(patient={"address1": "1" * 36}), ship_to="clinic") == []


def test_an_address_that_no_abbreviation_shortens_is_moved() -> None:
    [finding] = findings(world(patient={"address1": "1200 " + "Q" * 40}))
    assert finding.message.endswith(f"Shorten “1200 {'Q' * 40}”, or move its end to the other address line.")


@pytest.mark.parametrize(
    ("written", "shorter"),
    [("12 North Street", "12 North St"), ("9 Elm Boulevard, Suite 4", "9 Elm Blvd, Ste 4"), ("1 Oak St", "1 Oak St")],
)
def test_usual_words_are_abbreviated_and_a_streets_name_stays(written: str, shorter: str) -> None:
    assert shorter_street(written) == shorter


def routed(context: Context) -> RoutedLine:
    return split(Cart(refill_day=FRIDAY, lines=(a_line(),)), context, a_program(), Objective.CHEAPEST, DAYS).lines[0]


def test_the_split_goes_round_a_pharmacy_that_would_not_take_the_order() -> None:
    both = a_context(
        pharmacies={"cedar": a_pharmacy(), "birch": a_pharmacy(pharmacy="birch", name="Birch Pharmacy")},
        licences=(*licences(), *licences("birch")),
        offers=(an_offer(), an_offer(pharmacy="birch", unit_cost_cents=15_000)),
    )
    assert routed(both).pharmacy == "cedar"
    line = routed(replace(both, connections={"cedar": CEDAR._replace(products={"NAD": "4711"})}))
    assert (line.pharmacy, line.refused[0].codes) == ("birch", ("ORDER_NOT_TAKEN",))
