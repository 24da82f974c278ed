"""The drawer of a line stays as it was left, open or closed, however long the server takes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_refill_day import act_as, button

pytestmark = pytest.mark.browser

COUNT_APPEARANCES = """
window.appearances = 0;
let open = false;
new MutationObserver(() => {
  const now = document.querySelector("[role=dialog]") !== null;
  if (now && !open) window.appearances += 1;
  open = now;
}).observe(document, {subtree: true, childList: true});
"""
BURNERS_PER_CORE = 2
AT_ONCE, ONCE_DRAWN = True, False
ROUNDS = [("Escape", AT_ONCE), ("Close", AT_ONCE), ("Close", ONCE_DRAWN), ("Escape", AT_ONCE), ("Close", ONCE_DRAWN)]


@contextmanager
def busy_machine() -> Iterator[None]:
    """Every processor has other things to do as well, so that a rerun of a page takes seconds."""
    burners = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(BURNERS_PER_CORE * (os.cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def close(page: Page, way: str) -> None:
    """Close the drawer by the key or by the cross at its corner."""
    if way == "Escape":
        page.keyboard.press(way)
    else:
        page.get_by_role("dialog").get_by_label(way, exact=True).click()


def test_a_drawer_neither_comes_back_nor_leaves_by_itself(page: Page, server: str) -> None:
    """Six lines are to fix: five are held from the drawer, which is closed before or after the answer has come."""
    page.add_init_script(COUNT_APPEARANCES)
    page.goto(server)
    act_as(page, "Staff")
    button(page, "Add 40 lines due").click()
    expect(button(page, "Fix 6 lines")).to_be_visible()

    with busy_machine():
        for left, (way, when) in zip(range(5, 0, -1), ROUNDS, strict=True):
            hold_the_first(page, left, way, when)


def hold_the_first(page: Page, left: int, way: str, when: bool) -> None:
    """Hold the first line to fix from its drawer; ``left`` lines are to fix then."""
    page.evaluate("window.appearances = 0")
    button(page, f"Fix {left + 1} lines").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Hold this line").last.click()
    if when is ONCE_DRAWN:
        expect(drawer.get_by_role("button", name="Release this line")).to_be_visible()
    close(page, way)
    expect(button(page, f"Fix {left} line")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(drawer).to_have_count(0)
    assert page.evaluate("window.appearances") == 1
    assert page.locator("[inert]:not([data-testid=stExpanderDetails])").count() == 0, "only closed expanders are inert"
