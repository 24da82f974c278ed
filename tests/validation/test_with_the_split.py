"""Findings of carts as the split really routes them (rules.md, section 3, "Rules that need a pharmacy")."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.domain.context import Context
from core.domain.model import Cart, CartLine, Objective
from core.rules.split.cart_split import split
from core.rules.validation import cart_hash, validate
from tests.builders import DAYS, FRIDAY, a_line, a_patient, a_pharmacy, a_prescription, a_program, an_offer, licences
from tests.validation.world import short, world

TOO_SOON = {"rx": {"last_filled_on": date(2026, 11, 20)}}


def found(context: Context, *lines: CartLine, overrides: frozenset[tuple[int, str]] = frozenset()) -> list[str]:
    cart = Cart(refill_day=FRIDAY, lines=lines)
    routed = split(cart, context, a_program(), Objective.CHEAPEST, DAYS, overrides=overrides)
    return short(validate(routed, context, a_program(), DAYS))


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("clean", {}, {}, []),
        ("clean and held", {}, {"hold": True}, []),
        ("no offer", {"offers": ()}, {}, ["1 B NO_OFFER"]),
        ("no offer, held", {"offers": ()}, {"hold": True}, ["1 B NO_OFFER"]),
        ("stock, held", {"offer": {"stock": 0}}, {"hold": True}, []),
        ("stock, held and pinned", {"offer": {"stock": 0}}, {"hold": True, "pharmacy": "cedar"}, []),
        ("stock", {"offer": {"stock": 0}}, {}, ["1 B OUT_OF_STOCK"]),
        ("stock, pinned", {"offer": {"stock": 0}}, {"pharmacy": "cedar"}, ["1 B OUT_OF_STOCK"]),
        ("pinned elsewhere", {"rx": {"rx_pharmacy": "oak"}}, {"pharmacy": "cedar"}, ["1 B RX_AT_OTHER_PHARMACY"]),
        ("two codes, free", {"offer": {"stock": 0}, "licences": ()}, {}, ["1 B PHARMACY_NOT_LICENSED"]),
        (
            "two codes, pinned",
            {"offer": {"stock": 0}, "licences": ()},
            {"pharmacy": "cedar"},
            ["1 B PHARMACY_NOT_LICENSED", "1 B OUT_OF_STOCK"],
        ),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    context = world(**change)
    if change.get("rx", {}).get("rx_pharmacy") == "oak":
        context = world(
            pharmacies={"cedar": a_pharmacy(), "oak": a_pharmacy(pharmacy="oak")},
            offers=(an_offer(), an_offer(pharmacy="oak")),
            licences=licences() + licences("oak"),
            **change,
        )
    assert found(context, a_line(**line)) == expected


def test_the_pin_that_does_not_fit_is_accused_and_later_ones_that_fit_are_not() -> None:
    context = world(
        offer={"stock": 3},
        rx={"quantity": 4, "days_supply": 112, "last_filled_on": None},
        more_patients={"P2": a_patient(patient="P2")},
        more_prescriptions={"RX2": a_prescription(rx="RX2", patient="P2")},
    )
    lines = (a_line(quantity=4, pharmacy="cedar"), a_line(number=2, patient="P2", rx="RX2", pharmacy="cedar"))
    assert found(context, *lines) == ["1 B OUT_OF_STOCK"]


@pytest.mark.parametrize("pharmacy", [None, "cedar"])
def test_an_override_lets_the_line_through_and_keeps_the_finding_and_the_hash(pharmacy: str | None) -> None:
    context, line = world(**TOO_SOON), a_line(pharmacy=pharmacy)
    cart, hashes = Cart(refill_day=FRIDAY, lines=(line,)), []
    for overrides in (frozenset(), frozenset({(1, "REFILL_TOO_SOON")})):
        routed = split(cart, context, a_program(), Objective.CHEAPEST, DAYS, overrides=overrides)
        findings = validate(routed, context, a_program(), DAYS)
        assert short(findings) == ["1 B REFILL_TOO_SOON"]
        assert routed.lines[0].filled is bool(overrides)
        hashes.append(cart_hash(cart, findings, "FREE", Objective.CHEAPEST, 500, DAYS))
    assert hashes[0] == hashes[1]
