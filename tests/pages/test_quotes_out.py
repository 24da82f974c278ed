"""SKU costs, Quote: what goes on it, and its two files."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from core.adapters.store import Store
from core.domain.model import Role
from tests.builders import a_program, a_sku, an_offer
from tests.pages.conftest import Opens
from tests.stores import a_folder, load

TAB = {"costs_tab": "Quote"}


@pytest.fixture
def priced(store: Store) -> Store:
    """Two SKUs of two categories under two programs."""
    skus = (a_sku(), a_sku(sku="LDN", name="Naltrexone 4.5 mg", category="Other"))
    programs = (a_program(), a_program(program="GROWTH", rate=Decimal("0.10")))
    load(store, a_folder(skus=skus, programs=programs, offers=(an_offer(), an_offer(sku="LDN"))))
    return store


@pytest.mark.parametrize("role", [Role.MANAGER, Role.LEADERSHIP])
@pytest.mark.parametrize(
    ("category", "offered"),
    [("Every category", ["LDN", "SEMA"]), ("Other", ["LDN"])],
)
def test_a_quote_holds_the_skus_of_the_category(
    category: str, offered: list[str], role: Role, priced: Store, opens: Opens
) -> None:
    shown = opens("costs", role, **TAB, costs_category=category)
    assert not shown.exception
    skus, programs = shown.multiselect
    assert [option.rpartition("(")[2].rstrip(")") for option in skus.options] == offered
    assert (skus.value, programs.options, programs.value) == ([], ["FREE", "GROWTH"], ["FREE"])
    downloads: Sequence[Any] = shown.get("download_button")
    assert [button.label for button in downloads] == [
        "Workbook with live formulas",
        "PDF to print",
    ]


def test_a_quote_says_what_it_holds(priced: Store, opens: Opens) -> None:
    shown = opens("costs", **TAB, costs_units="3")
    assert shown.caption[-1].value.replace("\\", "") == (
        "Prices in force on Fri 4 Dec 2026, 3 packs in a shipment and $20,000.00 of medication a month, as selected "
        "above. In the workbook, changing a price, a fee or a rate changes every total."
    )
    helps = [button.help for button in shown.get("download_button")]
    assert helps == ["2 SKUs under 1 program. The download is audited."] * 2
    shown.multiselect[0].select("SEMA").run()
    assert shown.get("download_button")[0].help == "1 SKU under 1 program. The download is audited."


def test_a_quote_of_nothing_is_not_taken_out(priced: Store, opens: Opens) -> None:
    shown = opens("costs", **TAB)
    shown.multiselect[1].unselect("FREE").run()
    assert not shown.get("download_button")
    assert "**Nothing is selected yet\\.**" in [text.value for text in shown.markdown]
