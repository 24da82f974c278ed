"""Shipping gate (rules.md, section 3). The clean line goes cold to 1 Oak St, Austin, TX 78704."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.model import ShipTo
from core.rules.validation.addresses import unreachable
from core.rules.validation.checked import DeliveryAddress
from tests.builders import a_line
from tests.validation.world import codes, findings, world

AMBIENT = {"cold_chain": False}


@pytest.mark.parametrize(
    ("case", "change", "line", "expected"),
    [
        ("no street", {"patient": {"address1": ""}}, {}, ["B ADDRESS_INCOMPLETE"]),
        ("a street of spaces", {"patient": {"address1": "  "}}, {}, ["B ADDRESS_INCOMPLETE"]),
        ("no city", {"patient": {"city": ""}}, {}, ["B ADDRESS_INCOMPLETE"]),
        ("a street that says nothing", {"patient": {"address1": "N/A"}}, {}, ["B ADDRESS_INCOMPLETE"]),
        ("an unknown city", {"patient": {"city": "unknown"}}, {}, ["B ADDRESS_INCOMPLETE"]),
        ("no ZIP code", {"patient": {"zip": ""}}, {}, ["B ADDRESS_INCOMPLETE"]),
        (
            "no state: nobody's licence can be matched either",
            {"patient": {"state": ""}},
            {},
            ["B PRESCRIBER_NOT_LICENSED", "B PHARMACY_NOT_LICENSED", "B ADDRESS_INCOMPLETE"],
        ),
        ("no second line", {"patient": {"address2": ""}}, {}, []),
        (
            "the clinic's own counts when it goes there",
            {"clinic": {"zip": ""}},
            {"ship_to": "clinic"},
            ["B ADDRESS_INCOMPLETE"],
        ),
        ("the patient's then does not", {"patient": {"address1": "", "zip": ""}}, {"ship_to": "clinic"}, []),
        ("the wrong state's ZIP code", {"patient": {"zip": "73101"}}, {}, ["B STATE_ZIP_MISMATCH"]),
        ("nine digits", {"patient": {"zip": "78704-1234"}}, {}, []),
        ("four digits", {"patient": {"zip": "7870"}}, {}, ["B STATE_ZIP_MISMATCH"]),
        ("nobody's prefix", {"patient": {"zip": "00001"}}, {}, ["B STATE_ZIP_MISMATCH"]),
        ("a shared prefix, 739: OK or TX", {"patient": {"zip": "73949"}}, {}, ["W STATE_ZIP_MISMATCH"]),
        ("the clinic's ZIP code", {"clinic": {"zip": "10001"}}, {"ship_to": "clinic"}, ["B STATE_ZIP_MISMATCH"]),
        (
            "a state by a name that it has not",
            {"patient": {"state": "Texass"}},
            {},
            ["B PRESCRIBER_NOT_LICENSED", "B PHARMACY_NOT_LICENSED", "B STATE_ZIP_MISMATCH"],
        ),
        (
            "military",
            {"patient": {"address1": "PSC 1 Box 2", "city": "APO", "state": "AE", "zip": "09012"}},
            {},
            ["B PRESCRIBER_NOT_LICENSED", "B PHARMACY_NOT_LICENSED", "B PO_BOX"],
        ),
        *(
            (f"military by its city, {city}", {"patient": {"address1": "Unit 3 Box 2", "city": city}}, {}, ["B PO_BOX"])
            for city in ("Fpo", "A.P.O.", "APO AE", "dpo")
        ),
        *((f"{city} is a town", {"patient": {"city": city}}, {}, []) for city in ("Apopka", "Fpora", "Apollo Beach")),
        ("no cold ship day", {"pharmacy": {"cold_ship_days": frozenset()}}, {}, ["B COLD_CHAIN_WINDOW"]),
        ("cold rests over the weekend", {"pharmacy": {"cold_ship_days": {4}}}, {}, ["B COLD_CHAIN_WINDOW"]),
        ("ambient may rest", {"pharmacy": {"ship_days": {4}}, "sku": AMBIENT}, {}, []),
        (
            "ambient without a ship day",
            {"pharmacy": {"ship_days": frozenset()}, "sku": AMBIENT},
            {},
            ["B COLD_CHAIN_WINDOW"],
        ),
        (
            "held, no cold ship day",
            {"pharmacy": {"cold_ship_days": frozenset()}},
            {"hold": True},
            ["B COLD_CHAIN_WINDOW"],
        ),
    ],
)
def test_codes(case: str, change: dict[str, Any], line: dict[str, Any], expected: list[str]) -> None:
    assert codes(world(**change), **line) == expected


BOXES = (
    "PO Box 12", "P.O. Box 12", "P. O. Box 12", "P O Box 12", "po box 12", "POBox 12", "PO BOX12",
    "P.O.Box #12", "P0 B0x 12", "PO-Box 12", "P/O Box 12", "P_O_Box 12", "Post Office Box 12",
    "Post Office Bx 12", "Post Ofc Box 12", "Postal Box 12", "Post Box 12", "Postbox 12", "PO Drawer 12",
    "P.O. Bx 12", "POB 12", "P.O.B. 12", "POB#12", "POB No 12", "PO 12", "PO #12", "Box 12", "BOX #12",
    "Box No. 12", "Lock Box 12", "Lockbox 12", "Drawer 12", "Caller 12", "Firm Caller 12", "Bin 12",
    "ＰＯ Ｂｏｘ １２", "1 Oak St, PO Box 12", "c/o Lee PO Box 12", "Apartado 12", "Apdo. Postal 12",
    "Apartado Postal No 12", "PO. BOX: 12", "P-O-Box 12", "US PO Box 12", "Post-Office Box 12", "P.O.Box 12, Apt 3",
    "General Delivery", "GENERAL DELIVERY, Main Post Office", "Poste restante", "PSC 802 Box 74", "CMR 489, Box 12",
    "Unit 2050 Box 4190, APO AP", "FPO AA 34099",
)  # fmt: skip
STREETS = (
    "1 Oak St", "12 Boxwood Ln", "9 Box Canyon Rd", "4 Post Oak Dr", "77 Post Rd", "5 Poboy Ln", "Po St 12",
    "12 P O St", "300 Postal Way", "21 Office Park Box Elder Dr", "HC 1 Box 12", "RR 2 Box 9", "8 Stop Box Ct",
    "1 Oak St PMB 12", "PMB 12, 1 Oak St", "9 General Dr", "3 Apollo Ae Way",
    "6 Drawer Rd", "12 Bin St", "40 Pobst Ave", "Apo Rd 3", "10 Caller Ave", "2 Depot Box Rd",
)  # fmt: skip


@pytest.mark.parametrize("address", BOXES)
def test_a_box_in_every_spelling(address: str) -> None:
    assert codes(world(patient={"address1": address})) == ["B PO_BOX"]
    assert codes(world(patient={"address1": address}, sku=AMBIENT)) == ["W PO_BOX"]


@pytest.mark.parametrize("address", STREETS)
def test_streets_are_no_boxes(address: str) -> None:
    assert codes(world(patient={"address1": address})) == []


@pytest.mark.parametrize(
    ("case", "second", "expected"),
    [
        ("on the second line", "P.O. Box 12", ["B PO_BOX"]),
        ("a mailbox in the house", "Box 12", []),
        ("a private mailbox", "PMB 12", []),
        ("general delivery", "General Delivery", ["B PO_BOX"]),
        ("a flat", "Apt 2", []),
    ],
)
def test_the_second_line_of_an_address(case: str, second: str, expected: list[str]) -> None:
    assert codes(world(patient={"address2": second})) == expected


@pytest.mark.parametrize(
    ("case", "state", "zip_code", "expected"),
    [
        ("063, its main state", "CT", "06320", []),
        ("063, the other", "NY", "06390", ["W"]),
        ("099", "TX", "09901", ["W"]),
        ("205", "VA", "20598", ["W"]),
        ("726", "MO", "72643", ["W"]),
        ("739", "TX", "73960", ["W"]),
        ("834", "WY", "83414", ["W"]),
        ("967", "AS", "96799", ["W"]),
        ("969", "MP", "96950", ["W"]),
        ("beside 739", "TX", "73801", ["B"]),
        ("no state has this code", "XX", "06390", ["B"]),
    ],
)
def test_straddling_prefixes_only_warn(case: str, state: str, zip_code: str, expected: list[str]) -> None:
    found = findings(world(patient={"state": state, "zip": zip_code}))
    assert [one.severity.value[0].upper() for one in found if one.code == "STATE_ZIP_MISMATCH"] == expected


@pytest.mark.parametrize(
    ("case", "change", "fixes"),
    [
        ("ships to a good clinic", {}, [{"ship_to": "clinic"}, {"hold": "yes"}]),
        ("the clinic has a box too", {"clinic": {"address1": "PO Box 9"}}, [{"hold": "yes"}]),
        ("the clinic's address is incomplete", {"clinic": {"city": ""}}, [{"hold": "yes"}]),
    ],
)
def test_shipping_to_the_clinic_is_offered(case: str, change: dict[str, Any], fixes: list[dict[str, str]]) -> None:
    (found,) = findings(world(patient={"address1": "PO Box 12"}, **change))
    assert [dict(fix.change) for fix in found.fixes] == fixes


def test_the_missing_columns_are_named() -> None:
    (found,) = findings(world(patient={"address1": "", "zip": ""}))
    assert (found.field, found.message) == ("address1", "The address of the patient lacks: street, ZIP code.")
    (found,) = findings(world(clinic={"city": ""}), a_line(ship_to=ShipTo.CLINIC))
    assert (found.field, found.message) == ("city", "The address of the clinic lacks: city.")


def test_nobody_can_ship_it_says_who_and_why() -> None:
    (found,) = findings(world(pharmacy={"cold_ship_days": frozenset()}))
    assert found.message == (
        "No pharmacy can fill Semaglutide 2.5 mg/mL, 2 mL: Cedar Compounding: cannot ship a cold box so that it never "
        "rests on its way within 14 days of having it ready; look at its ship days, closures and carrier days."
    )


GAPS = st.text(" .-_/,:#'", max_size=3)


@given(gaps=st.tuples(GAPS, GAPS, GAPS), box=st.sampled_from(["box", "Bx", "B0X", "drawer"]), upper=st.booleans())
def test_a_box_is_a_box_whatever_stands_between_its_letters(gaps: tuple[str, str, str], box: str, upper: bool) -> None:
    first, second, third = gaps
    address = f"p{first}o{second}{box}{third} 12"
    assert unreachable(on(address.upper() if upper else address)) is not None


@given(
    number=st.integers(1, 99_999),
    name=st.sampled_from(["Boxwood", "Post Oak", "Poplar", "Apopka", "Drawbridge"]),
    kind=st.sampled_from(["St", "Ave", "Ln", "Ct", "Pkwy", "Blvd"]),
    flat=st.sampled_from(["", " Apt 4", " Ste 200", " PMB 9"]),
)
def test_a_street_is_no_box(number: int, name: str, kind: str, flat: str) -> None:
    assert unreachable(on(f"{number} {name} {kind}{flat}")) is None


def on(street: str) -> DeliveryAddress:
    return DeliveryAddress("the patient", street, "", "Austin", "TX", "78704")
