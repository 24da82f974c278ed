"""A clinic begun: published programs, codes from names, a price list as first SKUs, and the demo thrown away."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.adapters.files import read_folder
from core.adapters.files.cells import STATES
from core.adapters.files.price_list_sheet import guessed_columns, open_list
from core.adapters.store import Store, save_folder
from core.adapters.store.payments import keep_setup
from core.domain.errors import NotAllowed, Refused
from core.domain.model import Role
from core.domain.partners.link import Link
from core.domain.payments.operations import Method, Setup
from core.domain.roles import LOCAL, Person
from core.services.clinic_import import load
from core.services.demo.removal import DEMO_CLINIC, throw_demo_away
from core.services.first_steps import ZONE_OF_STATE, code_of, dollars_cell, files_held, presets
from core.services.partners.connections import connect
from core.services.price_lists.new_skus import NewSku, new_skus
from pages.setup.license_form import pasted_states
from tests.stores import NOW
from tests.stores import load as load_clinic
from tests.test_demo_history import DEMO

TODAY = NOW.date()


def test_every_state_has_a_time_zone() -> None:
    assert ZONE_OF_STATE.keys() == STATES
    assert (ZONE_OF_STATE["TX"], ZONE_OF_STATE["AZ"]) == ("America/Chicago", "America/Phoenix")


def test_a_preset_says_what_the_demo_says_is_published_and_nothing_more() -> None:
    demo = {program.program: program for program in read_folder(DEMO, TODAY).programs}
    assert {preset.cells["program"] for preset in presets()} == demo.keys()
    for preset in presets():
        program = demo[preset.cells["program"]]
        assert Decimal(preset.cells["rate"]) == program.rate
        assert preset.cells["kind"] == program.kind
        assert preset.cells["source"].startswith("published: https://")
        assert "demo" not in preset.cells["source"]
        assert preset.asks_fee is ("monthly fee" not in preset.cells["source"])
        if not preset.asks_fee:
            assert preset.cells["monthly_fee"] == dollars_cell(program.monthly_fee_cents / 100)


@pytest.mark.parametrize(
    ("name", "taken", "code"),
    [
        ("Cedar Bend, Inc.", (), "cedar-bend-inc"),
        ("Cedar", ("cedar",), "cedar-2"),
        ("Cedar", ("cedar", "cedar-2"), "cedar-3"),
        ("¿?", (), "code"),
    ],
)
def test_a_code_is_made_from_a_name(name: str, taken: tuple[str, ...], code: str) -> None:
    assert code_of(name, taken) == code


@pytest.mark.parametrize(
    ("text", "states", "unknown"),
    [
        ("TX, OK; New Mexico\nn.y.", ["TX", "OK", "NM", "NY"], []),
        ("TX OK NM", ["TX", "OK", "NM"], []),
        ("TX, Ontario", ["TX"], ["Ontario"]),
        ("West Virginia", ["WV"], []),
        ("", [], []),
    ],
)
def test_states_are_pasted_as_a_letter_lists_them(text: str, states: list[str], unknown: list[str]) -> None:
    assert pasted_states(text) == (states, unknown)


def test_all_states_are_the_fifty_and_the_district() -> None:
    states, unknown = pasted_states("All 50 states")
    assert (len(states), unknown, "DC" in states, "PR" in states) == (51, [], True, False)


LISTED = """Item Code,Description,Price
SEMA,"Semaglutide 2.5 mg/mL, 2 mL vial","$1,101.50"
,"Naltrexone 4.5 mg capsule, 30",42
TEST,Testosterone cypionate 200 mg/mL 5 mL vial,88
OLD,Old one,5
SEMA,Semaglutide again,5
BAD,No price,call us
"""


def test_a_price_list_becomes_skus_and_what_it_cannot_say_is_left_open() -> None:
    sheet = open_list("list.csv", LISTED.encode())
    rows, left_out = new_skus(sheet, guessed_columns(sheet.headings), {"OLD"})
    assert rows == [
        NewSku("SEMA", "Semaglutide 2.5 mg/mL, 2 mL vial", 1101_50, "vial", "semaglutide", "yes", "none", None,
               Decimal("2.5"), Decimal(2)),
        NewSku("NALTREXONE-4.5-MG-CAPSULE-30", "Naltrexone 4.5 mg capsule, 30", 42_00, "capsule", "naltrexone", "no",
               "none", 30, None, None),
        NewSku("TEST", "Testosterone cypionate 200 mg/mL 5 mL vial", 88_00, "vial", "testosterone", "yes", "III", None,
               Decimal(200), Decimal(5)),
    ]  # fmt: skip
    assert [(cell.row, cell.value) for cell in left_out] == [(5, "OLD"), (6, "SEMA"), (7, "BAD")]


def demo(store: Store) -> None:
    store.write(DEMO_CLINIC, lambda work: save_folder(work, read_folder(DEMO, TODAY)), new=True)


def test_the_demo_is_thrown_away_and_the_store_takes_a_new_clinic(store: Store) -> None:
    demo(store)
    load(store, LOCAL, DEMO, on=TODAY)
    throw_demo_away(store, LOCAL)
    assert store.clinics() == ()
    load_clinic(store)
    assert files_held(store, LOCAL, store.clinics()[0])["patients.csv"] == 1
    with pytest.raises(Refused):
        throw_demo_away(store, LOCAL)


def test_what_is_no_demo_alone_is_kept(store: Store) -> None:
    demo(store)
    staff = Person(email="s@alder.example", name="S", role=Role.STAFF)
    with pytest.raises(NotAllowed):
        throw_demo_away(store, staff)
    load_clinic(store)
    with pytest.raises(Refused, match="more than the demo clinic"):
        throw_demo_away(store, LOCAL)
    assert len(store.clinics()) == 2


def test_a_demo_whose_pharmacy_was_connected_is_kept(store: Store) -> None:
    demo(store)
    link: Any = Link("cedar", adapter="sheet")
    connect(store, LOCAL, DEMO_CLINIC, link)
    with pytest.raises(Refused, match="was connected"):
        throw_demo_away(store, LOCAL)


def test_a_demo_that_takes_payments_is_kept(store: Store) -> None:
    demo(store)
    setup = Setup(method=Method.STRIPE)
    store.write(DEMO_CLINIC, lambda work: keep_setup(work, setup))
    with pytest.raises(Refused, match="takes payments"):
        throw_demo_away(store, LOCAL)
