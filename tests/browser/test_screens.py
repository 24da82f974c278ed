"""Every screen of the demo clinic, light and dark, from a small window to a wide one. ``make screenshots`` keeps the
README's pictures of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from pages.shared.screens import SCREENS
from tests.browser.test_refill_day import act_as, button

pytestmark = pytest.mark.browser

WIDTHS: Final = (1920, 1440, 1280, 1024)
README_WIDTH: Final = 1280
PICTURES: Final = os.environ.get("REFILL_SCREENSHOTS")
"""The folder that pictures go to; none are kept without it."""
SHOWN_ROW: Final = "() => document.querySelectorAll('[data-testid=stDataFrame] canvas').length > 0"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_fits_every_window(page: Page, server: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(server)
    act_as(page, "Manager")
    page.get_by_role("link", name="Refill day").first.click()
    button(page, "Add 40 lines due").click()
    expect(button(page, "Fix 6 lines")).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_have_count(0)
    for screen in SCREENS:
        page.get_by_role("link", name=screen.title, exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(screen.title)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (screen.title, width)
            expect(page.get_by_test_id("stException")).to_have_count(0)
            if PICTURES and (scheme, width) == ("light", README_WIDTH):
                page.wait_for_function(SHOWN_ROW)
                page.wait_for_load_state("networkidle")
                name = screen.title.lower().replace(" ", "_")
                page.screenshot(path=Path(PICTURES) / f"{name}.png", animations="disabled")
