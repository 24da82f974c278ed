"""One search over patients, birth dates, references, tracking numbers, SKUs and pharmacies; the answer in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from core.adapters.files import read_folder
from core.adapters.store import Store, open_store, save_folder
from core.adapters.store.order_views import OrderFilter, OrderRow, birth_date_of
from core.domain.context import Context
from core.domain.model import LineState
from core.domain.roles import LOCAL
from core.services.contexts import load_context
from core.services.demo.history import seed_history
from core.services.orders.views import line_detail, search
from pages.orders.answer import carrier_link, where_it_is
from tests.stores import Clock
from tests.test_demo_history import DEMO

TODAY = date(2026, 11, 26)
CLINIC = "juniper"


@pytest.fixture(scope="module")
def demo_orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The demo clinic with nine months of orders; only read here."""
    file: Path = tmp_path_factory.mktemp("orders") / "refill.db"
    store = open_store(f"sqlite:///{file}", clock=Clock(datetime.combine(TODAY, time(18), UTC)))
    folder = read_folder(DEMO, TODAY)
    store.write(CLINIC, lambda work: save_folder(work, folder), new=True)
    seed_history(store, CLINIC, TODAY)
    yield store
    store.close()


def lines(store: Store, text: str = "") -> list[OrderRow]:
    return list(search(store, LOCAL, CLINIC, OrderFilter(text=text), limit=5000).rows)


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("1980-04-23", date(1980, 4, 23)),
        ("4/23/1980", date(1980, 4, 23)),
        ("04-23-1980", date(1980, 4, 23)),
        ("13/45/1980", None),
        ("4/23/80", None),
        ("cedar", None),
    ],
)
def test_a_birth_date_as_people_write_it(word: str, day: date | None) -> None:
    assert birth_date_of(word) == day


def test_every_kind_of_word_finds_the_same_lines_as_a_count_by_hand(demo_orders: Store) -> None:
    every, context = lines(demo_orders), known(demo_orders)
    line = next(row for row in every if row.tracking)
    born = context.patients[line.patient].born_on
    same_day = {code for code, patient in context.patients.items() if patient.born_on == born}
    pharmacy = context.pharmacies[line.pharmacy].name
    for text, rows in (
        (f"{born:%m/%d/%Y}", [row for row in every if row.patient in same_day]),
        (line.sku, [row for row in every if row.sku.startswith(line.sku)]),
        (pharmacy, [row for row in every if row.pharmacy == line.pharmacy]),
        (line.tracking, [row for row in every if row.tracking == line.tracking]),
        (f"{line.last_name} {line.sku}", [
            row for row in every if row.last_name == line.last_name and row.sku == line.sku]),
    ):  # fmt: skip
        assert rows
        assert {row.reference for row in lines(demo_orders, text)} >= {row.reference for row in rows}
    assert {row.state for row in lines(demo_orders, pharmacy)} > {LineState.DELIVERED}
    assert {row.patient for row in lines(demo_orders, f"{born:%Y-%m-%d}")} <= same_day


def known(store: Store) -> Context:
    with store.read(CLINIC) as work:
        return load_context(work)


def test_the_answer_names_state_day_tracking_and_phone_and_no_patient(demo_orders: Store) -> None:
    context, every = known(demo_orders), lines(demo_orders)
    for state, words in (
        (LineState.SHIPPED, "left "),
        (LineState.DELIVERED, "was delivered on "),
        (LineState.REJECTED, "we are following up"),
    ):
        row = next(row for row in every if row.state is state)
        detail = line_detail(demo_orders, LOCAL, CLINIC, row.reference)
        said = where_it_is(detail, context)
        phone = context.pharmacies[row.pharmacy].phone
        assert words in said
        assert said.startswith(context.skus[row.sku].name)
        assert said.endswith(f"{row.pharmacy_name}: phone {phone}.")
        assert row.last_name not in said.replace(row.pharmacy_name, "").replace(context.skus[row.sku].name, "")


def test_the_carriers_page_is_linked_once_there_is_a_number(demo_orders: Store) -> None:
    context, every = known(demo_orders), lines(demo_orders)
    row = next(row for row in every if row.tracking)
    detail = line_detail(demo_orders, LOCAL, CLINIC, row.reference)
    carrier = context.pharmacies[detail.line.pharmacy].model_copy(update={"carrier": "FedEx"})
    with_fedex = replace(context, pharmacies={**context.pharmacies, detail.line.pharmacy: carrier})
    detail.attempts[-1].tracking = "7712 /?&=#"
    assert carrier_link(detail, with_fedex) == "https://www.fedex.com/fedextrack/?trknbr=7712%20%2F%3F%26%3D%23"
    other = carrier.model_copy(update={"carrier": "A courier"})
    assert carrier_link(detail, replace(context, pharmacies={detail.line.pharmacy: other})) is None
    detail.attempts[-1].tracking = ""
    assert carrier_link(detail, with_fedex) is None
