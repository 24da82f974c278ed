"""SKU costs, Price lists: upload, map, look, approve, undo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core.adapters.store import Store
from core.domain.model import Role
from core.services.contexts import load_context
from tests.builders import FRIDAY, a_sku, an_offer
from tests.pages.conftest import Opens
from tests.stores import CLINIC, a_folder, load

TAB = {"costs_tab": "Price lists"}
SKUS = tuple(a_sku(sku=sku, name=f"{sku} 2.5 mg/mL, 2 mL") for sku in ("SEMA", "TIRZ", "OLD"))
LIST = b"Item #,Clinic price\nSEMA,$104.00\nTIRZ,51.00\nNONE,12.00\nOLD,call\n"


@pytest.fixture
def priced(store: Store) -> Store:
    """Cedar sells two SKUs at 100.00."""
    load(store, a_folder(skus=SKUS, offers=(an_offer(), an_offer(sku="TIRZ"))))
    return store


def uploaded(shown: AppTest, data: bytes, name: str = "cedar.csv") -> AppTest:
    shown.file_uploader[0].upload(name, data)
    shown.run()
    assert not shown.exception
    return shown


def figures(shown: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in shown.metric}


def prices(store: Store) -> list[tuple[str, int, str]]:
    with store.read(CLINIC) as work:
        return [(row.sku, row.unit_cost_cents, f"{row.valid_from}") for row in load_context(work, ()).offers]


def test_a_list_is_shown_before_anything_is_written(priced: Store, opens: Opens) -> None:
    before = prices(priced)
    shown = uploaded(opens("costs", **TAB), LIST)
    assert figures(shown) == {"New": "0", "Up": "1", "Down": "1", "Unchanged": "0", "To review": "1", "Missing": "0"}
    changes = shown.dataframe[0].value
    assert list(changes["SKU"]) == ["TIRZ", "SEMA"]
    assert changes["Review"][0] == (
        "more than 30% down from $100.00; looks like a price per mL: times 2 it is near the $100.00 in force"
    )
    assert list(shown.dataframe[1].value["Why"]) == [
        "Clinic price: is not an amount in dollars; write it as 1234.50",
        "no SKU has this code or exactly this name",
    ]
    assert shown.button(key="prices_approve").label == "Save 1 price from Fri 4 Dec"
    assert prices(priced) == before


def test_approving_writes_and_undoing_takes_back(priced: Store, opens: Opens) -> None:
    before = prices(priced)
    shown = uploaded(opens("costs", **TAB), LIST)
    shown.button(key="prices_approve").click().run()
    assert prices(priced) == [before[0], ("SEMA", 104_00, "2026-12-04"), before[1]]
    assert shown.toast[0].value.replace("\\", "") == "1 price of cedar.csv in force from Fri 4 Dec."
    (last,) = (text.value for text in shown.text)
    assert last == (
        "Last list: cedar.csv, approved by manager@local.demo on Fri 4 Dec, 09:00 CST. It added 1 price, from "
        "Fri 4 Dec 2026."
    )
    shown.button(key="prices_undo").click().run()
    assert prices(priced) == before
    assert not shown.exception


def test_a_doubtful_price_and_an_end_are_chosen_by_hand(priced: Store, opens: Opens) -> None:
    shown = uploaded(opens("costs", **TAB), b"SKU,Price\nSEMA,50\n")
    assert shown.button(key="prices_approve").disabled
    shown.multiselect[0].select(2).run()
    shown.multiselect[1].select("TIRZ").run()
    button = shown.button(key="prices_approve")
    assert button.label == "Save 1 price and end 1 price from Fri 4 Dec"
    button.click().run()
    with priced.read(CLINIC) as work:
        context = load_context(work, ())
    assert context.offer("cedar", "TIRZ", FRIDAY) is None
    assert context.offer("cedar", "TIRZ", FRIDAY - timedelta(days=1)) is not None


def test_foreign_headings_are_mapped(priced: Store, opens: Opens) -> None:
    shown = uploaded(opens("costs", **TAB), b"Artikel,Preis\nSEMA,104\n")
    assert [info.value for info in shown.info] == ["Choose the column with the price."]
    by_label = {box.label: box for box in shown.selectbox}
    by_label["Column with the price"].select(1)
    by_label["Column with the SKU's code"].select(0)
    shown.run()
    assert shown.button(key="prices_approve").label == "Save 1 price from Fri 4 Dec"


def test_what_is_no_list_is_told(priced: Store, opens: Opens) -> None:
    shown = uploaded(opens("costs", **TAB), b"PK\x03\x04 no workbook", "cedar.xlsx")
    assert len(shown.error) == 1
    assert not shown.metric


def test_leadership_reads_no_lists_in(priced: Store, opens: Opens) -> None:
    shown = opens("costs", Role.LEADERSHIP, **TAB)
    assert not shown.exception
    assert (len(shown.file_uploader), [text.value for text in shown.markdown][-2]) == (
        0,
        "**Managers load price lists\\.**",
    )
