"""A clinic begun in a browser by somebody who has a price list, a license letter, and a spreadsheet of patients and
prescriptions: from an empty store to the first due list, every action counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.server.client import dashboard

pytestmark = pytest.mark.browser

MOST_ACTIONS = 60
PRICES = """Alder Compounding,,
Prices for Alder Clinic,,
Item Code,Description,Price
SEMA-2.5-2,"Semaglutide 2.5 mg/mL, 2 mL vial",$101.50
TIRZ-10-2,"Tirzepatide 10 mg/mL, 2 mL vial","$1,189.00"
NALT-4.5,"Naltrexone 4.5 mg capsule, 30",$42.00
"""


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[str]:
    """A fresh server on an empty store that stays empty."""
    with dashboard(f"sqlite:///{tmp_path / 'refill.db'}", REFILL_DEMO="off", REFILL_WORKER="off") as address:
        yield f"http://{address}"


class Hands:
    """Somebody at the screen; each click, choice, typed field and upload is one action."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def _settled(self) -> None:
        self.actions += 1
        expect(self.page.get_by_test_id("stStatusWidget")).to_have_count(0)

    def fill(self, label: str | re.Pattern[str], text: str) -> None:
        field = self._visible(self.page.get_by_label(label))
        field.fill(text)
        field.press("Enter")
        self._settled()

    def choose(self, label: str | re.Pattern[str], option: str) -> None:
        field = self._visible(self.page.get_by_role("combobox", name=label))
        field.click()
        field.fill(option)
        self.page.get_by_role("option", name=option, exact=True).first.click()
        self._settled()

    def tick(self, group: str, option: str) -> None:
        buttons = self._visible(self.page.get_by_test_id("stButtonGroup").filter(has_text=group))
        buttons.get_by_text(option, exact=True).click()
        self._settled()

    def type_into(self, label: str, first_part: str, digits: str) -> None:
        """A field of a time or a day: its parts follow each other as they are typed."""
        self._visible(self.page.get_by_role("spinbutton", name=f"{first_part}, {label}")).click()
        self.page.keyboard.type(digits)
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self._settled()

    def press(self, name: str | re.Pattern[str]) -> None:
        button = self._visible(self.page.get_by_role("button", name=name))
        expect(button).to_be_enabled()
        button.click()
        self._settled()

    def upload(self, *files: Path) -> None:
        self.page.locator("input[type=file]").first.set_input_files([str(file) for file in files])
        self._settled()

    def _visible(self, locator: Locator) -> Locator:
        return locator.filter(visible=True).first


def spreadsheets(folder: Path) -> list[Path]:
    """An export of an EHR, with its own headings and US dates; codes as the price list has them."""
    today = date.today()  # noqa: DTZ011 a day more or less changes nothing here
    filled = today - timedelta(days=26)
    patients = ["MRN,First,Last,DOB,Gender,Cell,Address,City,State,Zip code,Allergies"]
    headings = "Rx ID,Patient ID,SKU code,Prescriber NPI,Directions,Qty,Day supply,Refills,Date written,Last fill"
    prescriptions = [f"{headings},Clinical difference"]
    for number in range(1, 13):
        patients.append(
            f"A-{number:03d},Ann{chr(96 + number)},Lowe{chr(96 + number)},11/{number + 12}/1980,f,"
            f"512-555-01{number:02d},{number} Elm St,Austin,Texas,78704,none"
        )
        prescriptions.append(
            f"RX-{number},A-{number:03d},SEMA-2.5-2,1000203111,"
            f"Inject 1 mg (40 units) subcutaneously once weekly.,1,28,5,{filled - timedelta(days=1)},"
            f"{filled},Needs a dose that no pen gives."
        )
    names = {"Patients of November.csv": patients, "Refills of November.csv": prescriptions}
    for name, lines in names.items():
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    (folder / "alder prices.csv").write_text(PRICES, encoding="utf-8")
    return [folder / name for name in names]


def test_a_clinic_begins_with_what_it_has(empty_server: str, page: Page, tmp_path: Path) -> None:
    exports = spreadsheets(tmp_path)
    hands = Hands(page)
    page.goto(empty_server)
    page.get_by_role("link", name="Setup").click()
    hands.actions += 1
    expect(page.get_by_role("button", name="Begin this clinic")).to_be_visible()

    hands.fill("Clinic's name *", "Alder Clinic")
    hands.fill("Street address", "18 Alder Ct")
    hands.fill("City", "Austin")
    hands.choose("State *", "TX")
    hands.fill("ZIP code", "78704")
    hands.fill("Phone", "512-555-0142")
    hands.choose("Programs, the default first *", "Fizy Free (pass-through)")
    page.keyboard.press("Escape")
    hands.press("Begin this clinic")

    hands.fill("Pharmacy's name *", "Alder Compounding")
    hands.choose("State *", "TX")
    hands.type_into("Cut-off, its own time *", "hour", "1300")
    hands.choose("Carrier", "FedEx")
    hands.fill("Working days to prepare *", "1")
    hands.fill("Transit days, ambient *", "2")
    hands.fill("Transit days, cold *", "1")
    hands.fill("Fee for an ambient box, $ *", "9.50")
    hands.fill("Fee for a cold box, $ *", "22")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri"):
        hands.tick("Ship days, ambient *", day)
    for day in ("Mon", "Tue", "Wed"):
        hands.tick("Ship days, cold *", day)
    hands.press("Save the pharmacy")

    hands.tick("Kinds", "Sterile")
    hands.tick("Kinds", "Nonsterile")
    hands.fill("Or paste the states", "all 50 states")
    hands.type_into("Last day in force", "year", "20990630")
    hands.press("Save 102 licenses")

    hands.upload(tmp_path / "alder prices.csv")
    hands.tick("All travel", "cold")
    hands.press("Save 3 SKUs and their prices")

    hands.fill("NPI *", "1000203111")
    hands.fill("First name *", "Elena")
    hands.fill("Last name *", "Marchetti")
    hands.press("Save the prescriber")
    hands.fill("Or paste the states", "TX")
    hands.press("Save 1 license")

    hands.upload(*exports)
    hands.press("Load 2 files")

    expect(page.get_by_text("The clinic is ready.")).to_be_visible()
    page.get_by_role("link", name="Open Refill day").click()
    hands.actions += 1
    expect(page.get_by_role("button", name="Add 12 lines due")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert hands.actions < MOST_ACTIONS, hands.actions
