"""The order sheet: what a pharmacy without an API fills from."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from core.checkout import place
from core.errors import NotAllowed, Refused
from core.model import Role
from core.partners.sheet import COLUMNS, amount, as_csv, order_sheet
from core.people import Person
from core.store import Store
from core.tracking.recovery import cancel
from tests.builders import a_prescription, a_sku
from tests.order_books import CHECKOUT
from tests.stores import CLINIC, a_folder, load
from tests.test_checkout import STAFF, a_cart, confirmation, line, patients


def test_a_sheet_has_every_line_that_is_to_be_filled(store: Store) -> None:
    people = patients(3)
    refill = a_prescription(rx="RX2", patient="P2", rx_pharmacy="cedar", rx_number="=77-1")
    people["prescriptions"] = (people["prescriptions"][0], refill, people["prescriptions"][2])
    load(store, a_folder(**people))
    place(store, STAFF, CLINIC, confirmation(a_cart(*(line(at) for at in (1, 2, 3)))))
    cancel(store, STAFF, CLINIC, f"{CHECKOUT}/03", "patient asked")
    sheet = order_sheet(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR")
    first, second = csv.DictReader(StringIO(as_csv(sheet).decode("utf-8-sig")))
    assert list(first) == list(COLUMNS)
    assert (first["line"], first["patient"], first["amount"]) == (f"{CHECKOUT}/01", "Rivera, Ana", "2 mL")
    assert (first["prescription"], second["prescription"]) == ("new, 0 refills", "refill of =77-1")
    assert (first["allergies"], first["dea"], first["zip"], first["temperature"]) == ("none", "", "78704", "cold")


@pytest.mark.parametrize(
    ("case", "over", "quantity", "said"),
    [
        ("a vial", {"volume_ml": Decimal("2.0")}, 3, "6 mL"),
        ("a box of vials", {"volume_ml": Decimal("2.5"), "units_per_pack": 4}, 2, "20 mL"),
        ("capsules", {"volume_ml": None, "units_per_pack": 90}, 2, "180 pieces"),
    ],
)
def test_packs_as_a_pharmacy_counts_them(case: str, over: dict[str, Any], quantity: int, said: str) -> None:
    assert amount(a_sku(**over), quantity) == said


def test_a_sheet_is_for_who_works_on_orders(store: Store) -> None:
    load(store)
    with pytest.raises(NotAllowed):
        order_sheet(store, Person("lea@clinic.test", "Lea", Role.LEADERSHIP), CLINIC, f"{CHECKOUT}-CEDAR")
    with pytest.raises(Refused, match="no pharmacy order"):
        order_sheet(store, STAFF, CLINIC, f"{CHECKOUT}-CEDAR")
