"""A refill day as staff do it, in a browser: who is due, six faults on the way, one checkout, and where it all is."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

HOLD = re.compile("^Hold")
REFERENCE = re.compile(r"RD-\d{8}-01")


def button(page: Page, name: str | re.Pattern[str]) -> Locator:
    """The first button with this on it."""
    return page.get_by_role("button", name=name).first


def act_as(page: Page, role: str) -> None:
    """The local demo's switch."""
    page.get_by_role("combobox", name="Local demo").click()
    page.get_by_role("option", name=role).click()


def close_drawer(page: Page) -> None:
    """The cross at its corner."""
    page.get_by_role("dialog").get_by_label("Close", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_refill_day_in_the_browser(page: Page, server: str) -> None:
    page.goto(server)
    act_as(page, "Staff")
    button(page, "Add 40 lines due").click()
    expect(button(page, "Fix 6 lines")).to_be_visible()

    button(page, "Correct the patient's data").click()
    page.get_by_role("textbox", name="Address", exact=True).fill("18 Alder Ct")
    page.get_by_role("textbox", name="ZIP code").fill("70801")
    button(page, "Save the patient").click()
    expect(page.get_by_role("dialog").get_by_text("No findings on this line.")).to_be_visible()
    close_drawer(page)
    expect(button(page, "Fix 5 lines")).to_be_visible()

    button(page, "Override").click()
    page.get_by_label("Reason").fill("Tolerated peanut oil before; label read out to the patient")
    page.get_by_label("Confirmed by").fill("Ada Okafor, MD")
    button(page, "Override this finding").click()
    expect(button(page, "Fix 4 lines")).to_be_visible()

    for left in ("Fix 3 lines", "Fix 2 lines", "Fix 1 line"):
        button(page, HOLD).click()
        expect(button(page, left)).to_be_visible()
    button(page, HOLD).click()
    button(page, "Acknowledge all").click()

    button(page, "Review split").click()
    expect(page.get_by_text("Proven cheapest")).to_be_visible()
    button(page, "Go to confirm").click()
    expect(page.get_by_text("The same cart under every program")).to_be_visible()
    button(page, "Place order for $").dblclick()
    expect(page.get_by_text(REFERENCE).first).to_be_visible()

    page.get_by_role("link", name="Open Orders").first.click()
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()
    act_as(page, "Leadership")
    expect(page.get_by_role("heading", name="Fulfillment")).to_be_visible()
    expect(page.get_by_text("First-pass acceptance").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_ask_hold_the_rest_and_place_in_three_presses(page: Page, server: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server)
    act_as(page, "Staff")
    expect(page.get_by_text("Preparing the demo clinic")).to_have_count(0)
    button(page, "Add 40 lines due").click()
    button(page, "Ask the patient").click()
    expect(page.get_by_role("heading", name="Waiting for")).to_be_visible()
    page.get_by_role("radio", name="Confirm").click()
    holds = button(page, re.compile(r"^Hold the \d+ that are not ready and place \d+ for \$[\d,.]+$"))
    expect(holds).to_be_visible()
    assert holds.evaluate("label => [...label.querySelectorAll('p')].every(p => p.scrollWidth <= p.clientWidth)")
    holds.dblclick()
    expect(page.get_by_text(REFERENCE).first).to_be_visible()
    expect(page.get_by_text("Waiting for the patient").first).to_be_attached()
    expect(page.get_by_test_id("stException")).to_have_count(0)
