"""Prescriber gate (rules.md, section 3). The clean line ships on Monday Mon 7 Dec 2026, to Texas."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders import a_line
from tests.validation.world import codes, findings, world

TESTOSTERONE = {"dea_schedule": "III", "actives": ("testosterone",), "ingredients": ("testosterone",)}
AT_CEDAR = {"rx_pharmacy": "cedar"}


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("clean", {}, {}, []),
        ("npi empty", {}, {"npi": ""}, ["B NPI_INVALID"]),
        ("npi of nine digits", {}, {"npi": "123456789"}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
        ("npi with a wrong check digit", {}, {"npi": "1234567890"}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
        ("npi that begins with 3", {}, {"npi": "3234567899"}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
        ("npi that nobody here has", {}, {"npi": "1679576722"}, ["B NPI_INVALID", "B RX_PRESCRIBER_MISMATCH"]),
        (
            "a wrong npi in the prescription too silences licence and DEA",
            {"rx": {"npi": "1234567890"}, "prescriber": {"licences": {}}, "sku": {"dea_schedule": "III"}},
            {"npi": "1234567890"},
            ["B NPI_INVALID", "B CONTROLLED_LIMIT"],
        ),
        ("no licence anywhere", {"prescriber": {"licences": {}}}, {}, ["B PRESCRIBER_NOT_LICENSED"]),
        (
            "patient in another state",
            {"patient": {"state": "OK", "zip": "73101"}},
            {},
            ["B PRESCRIBER_NOT_LICENSED", "B PHARMACY_NOT_LICENSED"],
        ),
        (
            "patient in another state, shipped to the clinic",
            {"patient": {"state": "OK", "zip": "73101"}},
            {"ship_to": "clinic"},
            ["B PRESCRIBER_NOT_LICENSED"],
        ),
        ("state in small letters", {"patient": {"state": "tx"}}, {"ship_to": "clinic"}, []),
        ("licence without an end", {"licence": {"expires_on": None}}, {}, []),
        (
            "licence ended the day before",
            {"licence": {"expires_on": date(2026, 12, 6)}},
            {},
            ["B PRESCRIBER_NOT_LICENSED"],
        ),
        ("licence ends on the ship date", {"licence": {"expires_on": date(2026, 12, 7)}}, {}, ["W LICENCE_EXPIRING"]),
        ("licence ends 30 days after", {"licence": {"expires_on": date(2027, 1, 6)}}, {}, ["W LICENCE_EXPIRING"]),
        ("licence ends 31 days after", {"licence": {"expires_on": date(2027, 1, 7)}}, {}, []),
        (
            "without a pharmacy the refill day counts",
            {"licence": {"expires_on": date(2026, 12, 4)}, "offers": ()},
            {},
            ["B NO_OFFER", "W LICENCE_EXPIRING"],
        ),
        ("DEA number there", {"sku": TESTOSTERONE, "rx": AT_CEDAR}, {}, []),
        ("no DEA number", {"sku": TESTOSTERONE, "rx": AT_CEDAR, "licence": {"dea_number": ""}}, {}, ["B DEA_MISSING"]),
        ("not scheduled needs none", {"licence": {"dea_number": ""}}, {}, []),
        ("not scheduled, wrong number", {"licence": {"dea_number": "GQ9999999"}}, {}, []),
        (
            "DEA number with a wrong check digit",
            {"sku": TESTOSTERONE, "rx": AT_CEDAR, "licence": {"dea_number": "GQ9999999"}},
            {},
            ["B DEA_INVALID"],
        ),
        ("9 as second letter", {"sku": TESTOSTERONE, "rx": AT_CEDAR, "licence": {"dea_number": "F91234563"}}, {}, []),
        (
            "a DEA number for another state only",
            {"sku": TESTOSTERONE, "rx": AT_CEDAR, "patient": {"state": "OK", "zip": "73101"}},
            {},
            ["B PRESCRIBER_NOT_LICENSED", "B DEA_MISSING", "B PHARMACY_NOT_LICENSED"],
        ),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(**change), **line) == expected


def test_a_wrong_npi_can_be_replaced_by_the_prescriptions() -> None:
    (npi, mismatch) = findings(world(), a_line(npi="1234567890"))
    assert [fix.change for fix in npi.fixes] == [{"npi": ""}, {"hold": "yes"}]
    assert [fix.change for fix in mismatch.fixes] == [{"npi": ""}, {"hold": "yes"}]


def test_the_licence_message_names_state_and_dates() -> None:
    (found,) = findings(world(licence={"expires_on": date(2026, 12, 6)}))
    assert found.message == (
        "Ada Okafor, MD's TX license ended on Sun 6 Dec 2026; it must be in force on Mon 7 Dec 2026, the ship date."
    )
    assert found.field == "npi"
