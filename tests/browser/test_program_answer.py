"""A manager's first question: at our volume, which program is cheapest for tirzepatide, and what would change that?"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_refill_day import act_as

pytestmark = pytest.mark.browser

WITHIN_MS = 10_000


def test_the_tirzepatide_question_is_one_search(page: Page, server: str) -> None:
    page.goto(server)
    act_as(page, "Manager")
    page.get_by_role("link", name="SKU costs").click()
    expect(page.get_by_text(re.compile("is cheapest for you"))).to_be_visible(timeout=WITHIN_MS)
    search = page.get_by_role("combobox", name="One drug at our volume")
    search.fill("tirz")
    page.get_by_role("option", name="tirzepatide").click()
    answer = page.get_by_text(re.compile(r"^For tirzepatide .* is cheapest at your volume"))
    expect(answer).to_be_visible(timeout=WITHIN_MS)
    expect(answer).to_contain_text(
        re.compile(r"\$[\d,]+\.\d\d a month.* would be equal if its prices (rise|fall) by \d")
    )
    expect(page.get_by_text("Equal at, a pack").first).to_be_attached()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_changing_the_role_leaves_filters_behind(page: Page, server: str) -> None:
    page.goto(server)
    act_as(page, "Manager")
    page.get_by_role("link", name="SKU costs").click()
    search = page.get_by_role("combobox", name="One drug at our volume")
    search.fill("tirz")
    page.get_by_role("option", name="tirzepatide").click()
    expect(page).to_have_url(re.compile("costs_drug=tirzepatide"))
    act_as(page, "Leadership")
    expect(page.get_by_role("heading", name="Fulfillment")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
