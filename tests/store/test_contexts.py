"""A folder saved and read back is the context that it describes, in a fixed number of queries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.adapters.store import Store, differences, known_keys, save_folder
from core.domain.context import Context
from core.domain.errors import Refused
from core.domain.model import (
    AggregatePrice,
    CarrierDay,
    Cart,
    Closure,
    LineState,
    Objective,
    OurLine,
    ProgramKind,
    Setting,
)
from core.domain.roles import LOCAL
from core.rules.prescriptions import CartRow
from core.services.cart.additions import upload
from core.services.checkout import Confirmation, place
from core.services.contexts import load_context
from tests.builders import (
    DAYS,
    FRIDAY,
    a_clinic,
    a_context,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)
from tests.stores import CLINIC, NOW, Clock, a_folder, load, statements

QUERIES = 20
BY_KEY = tuple(sorted(licences(), key=lambda row: row.kind))


def context_of(store: Store, *patients: str) -> Context:
    with store.read(CLINIC) as work:
        return load_context(work, patients or None)


def test_a_saved_folder_is_the_context_it_describes(store: Store) -> None:
    load(store)
    assert context_of(store) == a_context(licences=BY_KEY)


def test_every_column_comes_back_as_it_was(store: Store) -> None:
    full: dict[str, Any] = {
        "skus": (
            a_sku(
                drug_units_per_ml=Decimal(1000),
                mg_per_unit=Decimal("0.125"),
                dea_schedule="III",
                clinical_difference_required=True,
                in_use_days=28,
                ingredients=("semaglutide", "grapeseed oil"),
                patient_price_cents=29_900,
            ),
        ),
        "pharmacies": (
            a_pharmacy(
                cutoff=time(13, 30),
                ship_days=frozenset({0, 6}),
                clinic_consolidates=True,
                sig_max_chars=500,
                max_refills=3,
                refill_threshold=Decimal("0.80"),
                programs=("FREE", "POOL"),
            ),
        ),
        "offers": (
            an_offer(stock=7, stock_at=datetime(2026, 12, 1, 14, 5, tzinfo=UTC), min_quantity=1, max_quantity=6),
            an_offer(
                valid_from=date(2026, 6, 1), valid_to=date(2026, 12, 31), unit_cost_cents=9_999, source="price list"
            ),
        ),
        "programs": (
            a_program(),
            a_program(
                program="POOL",
                kind=ProgramKind.AGGREGATE,
                rate=Decimal("0.0333333333333333333"),
                processing_rate=Decimal("0.029"),
                processing_fixed_cents=30,
                encounter_hands_on_cents=3_000,
            ),
        ),
        "aggregate_prices": (
            AggregatePrice(program="POOL", sku="SEMA", unit_price_cents=10**15, valid_from=date(2026, 1, 1)),
        ),
        "patients": (
            a_patient(allergies=None, active=False, born_on=None),
            a_patient(patient="P2", allergies=("sulfa", "egg")),
        ),
        "prescriptions": (
            a_prescription(
                encounter="hands_on",
                rx_pharmacy="cedar",
                rx_number="778",
                telemedicine=True,
                in_person_on=date(2026, 8, 1),
                stopped_on=date(2026, 12, 31),
                stop_reason="moved",
                clinical_difference="Allergic to a dye",
            ),
        ),
        "carrier_days": (CarrierDay(carrier="FedEx", date=date(2026, 12, 25), runs=False),),
        "closures": (Closure(pharmacy="cedar", date=date(2026, 12, 24)),),
        "settings": (Setting(scope="state:TX", name="refill_threshold", value="0.7", valid_from=date(2026, 1, 1)),),
    }
    folder = a_folder(**full)
    load(store, folder)
    found = context_of(store)
    assert list(found.skus.values()) == list(folder.skus)
    assert list(found.pharmacies.values()) == list(folder.pharmacies)
    assert found.offers == folder.offers
    assert found.programs == folder.programs
    assert found.aggregate_prices == folder.aggregate_prices
    assert list(found.patients.values()) == list(folder.patients)
    assert list(found.prescriptions.values()) == list(folder.prescriptions)
    assert found.carrier_days == {("FedEx", date(2026, 12, 25)): False}
    assert found.closures == {("cedar", date(2026, 12, 24))}
    assert found.settings == folder.settings


def _many(patients: int) -> dict[str, Any]:
    return {
        "patients": tuple(a_patient(patient=f"P{number}") for number in range(patients)),
        "prescriptions": tuple(a_prescription(rx=f"RX{at}", patient=f"P{at}") for at in range(patients)),
    }


@pytest.mark.parametrize(("case", "patients"), [("one", 1), ("three hundred", 300)])
def test_the_number_of_queries_does_not_depend_on_the_size(store: Store, case: str, patients: int) -> None:
    load(store, a_folder(**_many(patients)))
    for asked in (None, [f"P{number}" for number in range(patients)]):
        with store.read(CLINIC) as work:
            assert work.today == FRIDAY
            with statements(store) as ran:
                assert len(load_context(work, asked).patients) == patients
        assert len(ran) == QUERIES


def test_only_the_patients_asked_for_are_loaded(store: Store) -> None:
    load(store, a_folder(**_many(3)))
    found = context_of(store, "P1", "P9")
    assert (set(found.patients), set(found.prescriptions), found.our_lines) == ({"P1"}, {"RX1"}, ())


def test_one_clinic_sees_nothing_of_another(store: Store) -> None:
    load(store)
    store.write("other", lambda work: save_folder(work, a_folder(clinic=a_clinic(clinic="other"))), new=True)
    upload(store, LOCAL, "other", FRIDAY, [CartRow("P1", "SEMA")], replace=False)
    found = context_of(store)
    assert (found.clinic.clinic, found.our_lines, found.other_carts) == (CLINIC, (), frozenset())
    assert found.patients == a_context().patients


def test_an_unknown_clinic_has_no_context(store: Store) -> None:
    with store.read("nobody") as work, pytest.raises(Refused, match="There is no clinic “nobody”"):
        load_context(work)


def test_our_lines_and_reservations_count_from_placing(store: Store) -> None:
    load(store, a_folder(offers=(an_offer(stock=10, stock_at=NOW),)))
    place(store, LOCAL, CLINIC, _confirmed(a_line(quantity=1)))
    found = context_of(store, "P1")
    assert found.our_lines == (
        OurLine(
            reference="RD-20261204-01/01",
            patient="P1",
            rx="RX1",
            sku="SEMA",
            quantity=1,
            pharmacy="cedar",
            state=LineState.PLACED,
            placed_on=FRIDAY,
        ),
    )
    assert found.stock("cedar", "SEMA", FRIDAY) == 9


@pytest.mark.parametrize(
    ("case", "told", "left"),
    [
        ("told before we reserved", {"stock": 10, "stock_at": datetime(2026, 12, 4, 14, tzinfo=UTC)}, 9),
        ("told after we reserved", {"stock": 10, "stock_at": datetime(2026, 12, 4, 16, tzinfo=UTC)}, 10),
        ("the same number again, without a time", {"stock": 5}, 4),
        ("another number, without a time", {"stock": 8}, 8),
        ("a new price from today", {"stock": 20, "valid_from": FRIDAY}, 20),
        ("a new price from tomorrow", {"stock": 20, "valid_from": date(2026, 12, 5)}, 4),
        ("not limited", {"stock": None}, None),
    ],
)
def test_stock_is_what_the_pharmacy_last_told_less_what_we_reserved_since(
    store: Store, clock: Clock, case: str, told: dict[str, Any], left: int | None
) -> None:
    load(store, a_folder(offers=(an_offer(stock=5),)))
    place(store, LOCAL, CLINIC, _confirmed(a_line(quantity=1)))
    clock.forward(hours=2)
    load(store, a_folder(offers=(an_offer(**told),)))
    assert context_of(store).stock("cedar", "SEMA", FRIDAY) == left


def _confirmed(*lines: Any) -> Confirmation:
    cart = Cart(refill_day=FRIDAY, lines=lines)
    return Confirmation(cart, "FREE", Objective.CHEAPEST, DAYS, acknowledged=frozenset())


@pytest.mark.parametrize(
    ("case", "cart_of", "asked", "there"),
    [
        ("another day's cart", date(2026, 12, 11), FRIDAY, True),
        ("the cart itself", FRIDAY, FRIDAY, False),
        ("a cart from a file", FRIDAY, None, True),
        ("a day that is over", date(2026, 12, 3), FRIDAY, False),
    ],
)
def test_other_carts_are_the_open_ones_of_other_days(
    store: Store, case: str, cart_of: date, asked: date | None, there: bool
) -> None:
    load(store)
    upload(store, LOCAL, CLINIC, cart_of, [CartRow("P1", "SEMA")], replace=False)
    with store.read(CLINIC) as work:
        found = load_context(work, ["P1"], refill_day=asked).other_carts
    assert found == (frozenset({("P1", "SEMA")}) if there else frozenset())


def test_loading_again_changes_by_key_and_deletes_nothing(store: Store) -> None:
    load(store, a_folder(**_many(3)))
    load(store, a_folder(patients=(a_patient(patient="P1", city="Dallas"), a_patient(patient="P9")), prescriptions=()))
    found = context_of(store)
    assert {code: patient.city for code, patient in found.patients.items()} == {
        "P0": "Austin",
        "P1": "Dallas",
        "P2": "Austin",
        "P9": "Austin",
    }
    assert set(found.prescriptions) == {"RX0", "RX1", "RX2"}


def test_a_new_day_of_a_price_is_history(store: Store) -> None:
    load(store)
    load(store, a_folder(offers=(an_offer(valid_from=FRIDAY, unit_cost_cents=12_000),)))
    offers = [(offer.valid_from, offer.unit_cost_cents) for offer in context_of(store).offers]
    assert offers == [(date(2026, 1, 1), 10_000), (FRIDAY, 12_000)]


def test_what_a_folder_would_change_can_be_seen_first(store: Store) -> None:
    load(store)
    folder = a_folder(
        offers=(an_offer(), an_offer(valid_from=FRIDAY, unit_cost_cents=12_000)), patients=(a_patient(city="Dallas"),)
    )
    with store.read(CLINIC) as work:
        found = differences(work, folder)
    counts = {file: (len(found[file].added), len(found[file].changed), found[file].same) for file in found}
    assert counts["offers.csv"] == (1, 0, 1)
    assert counts["patients.csv"] == (0, 1, 0)
    assert counts["skus.csv"] == (0, 0, 1)
    ((before, after),) = found["patients.csv"].changed
    assert (before["city"], after["city"]) == ("Austin", "Dallas")
    assert context_of(store).patients["P1"].city == "Austin"


def test_a_folder_is_saved_in_as_many_statements_whatever_its_size(store: Store) -> None:
    counts = []
    for patients in (1, 300):
        with statements(store) as ran:
            store.write("demo", partial(save_folder, folder=a_folder(**_many(patients))), new=True)
        counts.append(sum(not statement.startswith(("BEGIN", "pragma")) for statement in ran))
    assert counts[0] >= counts[1]


def test_the_keys_in_the_store_are_known_to_the_next_folder(store: Store) -> None:
    load(store)
    with store.read(CLINIC) as work:
        assert known_keys(work) == {
            "programs.csv": {"FREE"},
            "skus.csv": {"SEMA"},
            "pharmacies.csv": {"cedar"},
            "prescribers.csv": {"1234567893"},
            "patients.csv": {"P1"},
        }
