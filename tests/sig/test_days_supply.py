"""rules.md, section 4: how long a quantity lasts, and how much a week it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from core.domain.model import Sku
from core.rules.sig import DaysSupply, WeeklyMg, days_supply, read, supply, weekly_mg
from tests.builders import a_sku


def a_vial(mg_per_ml: str | None = "2.5", volume_ml: str = "2", in_use_days: int | None = None, **over: Any) -> Sku:
    concentration = None if mg_per_ml is None else Decimal(mg_per_ml)
    return a_sku(concentration_mg_per_ml=concentration, volume_ml=Decimal(volume_ml), in_use_days=in_use_days, **over)


def pieces(count: int, mg: str = "0.5", **over: Any) -> Sku:
    return a_sku(
        concentration_mg_per_ml=None, volume_ml=None, units_per_pack=count, mg_per_unit=Decimal(mg), sterile=False,
        **over,
    )  # fmt: skip


TESTOSTERONE = a_vial("200", "10", 180)
CREAM = a_vial("10", "30", sterile=False)


@pytest.mark.parametrize(
    ("case", "sig", "sku", "days", "weekly"),
    [
        ("in-use life ends it", "Inject 0.25 mg (10 units) subcutaneously once weekly.", a_vial(), 28, "0.25"),
        ("20 doses in a long life", "Inject 100 mg (50 units) intramuscularly once weekly.", TESTOSTERONE, 140, "100"),
        ("does not agree", "Inject 2.5 mg (25 units) subcutaneously once weekly.", a_vial("30"), 28, "2.5"),
        ("any mL SKU", "Inject 0.5 mL (50 units) subcutaneously twice weekly (Monday and Thursday).",
         a_vial(None, "10", 180), 70, None),
        ("shorter interval", "Inject 200 mg (100 units) intramuscularly every 10-14 days.", TESTOSTERONE, 100, "140"),
        ("named days", "Take 1 capsule by mouth once daily on Monday, Wednesday and Friday.", pieces(30), 70, "1.5"),
        ("half tablets", "Take 1/2 tablet (0.25 mg) by mouth twice weekly.", pieces(30), 210, "0.5"),
        ("nothing to count", "Use as directed.", a_vial(), None, None),
    ],
)  # fmt: skip
def test_the_worked_examples(case: str, sig: str, sku: Sku, days: int | None, weekly: str | None) -> None:
    reading = read(sig, sku)
    mg = None if weekly is None else WeeklyMg(Decimal(weekly), Decimal(weekly))
    assert (days_supply(reading, sku, 1), weekly_mg(reading, sku)) == (days, mg)


@pytest.mark.parametrize(
    ("case", "sig", "sku", "quantity", "expected"),
    [
        ("two packs, each its own life", "Inject 10 units subq weekly", a_vial(), 2, DaysSupply(56, 8)),
        ("two vials a pack", "Inject 10 units subq weekly", a_vial(units_per_pack=2), 1, DaysSupply(56, 8)),
        ("a single-dose vial has no default life", "Inject 1.5 mL IM monthly", a_vial(), 2, DaysSupply(60, 2)),
        ("two doses make it multi-dose", "Inject 1 mL IM monthly", a_vial(), 2, DaysSupply(56, 2)),
        ("a stated life beats default", "Inject 10 units subq weekly", a_vial(in_use_days=56), 1, DaysSupply(56, 8)),
        ("not sterile: no cap", "Apply 0.5 mL topically daily", CREAM, 1, DaysSupply(60, 60)),
        ("not sterile: a stated life counts", "Apply 0.5 mL topically daily",
         a_vial("10", "30", 45, sterile=False), 1, DaysSupply(45, 45)),
        ("clicks through their brackets", "Apply 2 clicks (0.5 mL) topically daily", CREAM, 1, DaysSupply(60, 60)),
        ("a rest that holds no dose is lost", "Inject 0.7 mL IM weekly", a_vial(in_use_days=90), 2, DaysSupply(28, 4)),
        ("days are rounded once, at the end", "Inject 1 mL IM three times weekly", TESTOSTERONE, 2, DaysSupply(46, 20)),
        ("upper dose", "Inject 0.2-0.4 mL IM weekly", a_vial(in_use_days=90), 1, DaysSupply(35, 5)),
        ("upper rate", "Take 1 capsule by mouth once or twice daily", pieces(30), 1, DaysSupply(15, 30)),
        ("as needed at its maximum", "Take 1 capsule po prn, up to 3 times daily", pieces(30), 1, DaysSupply(10, 30)),
        ("a maximum under the interval", "Take 1-2 capsules po every 6 hours prn, max 4 capsules a day",
         pieces(30), 1, DaysSupply(7, 15)),
        ("month is 30 days", "Inject 1 mL IM monthly", TESTOSTERONE, 1, DaysSupply(180, 6)),
        ("pieces pool over packs", "Take 2 capsules po daily", pieces(45), 2, DaysSupply(45, 45)),
        ("pieces through mg", "Take 1 mg po daily", pieces(30), 1, DaysSupply(15, 15)),
        ("side by side", "Take 2 capsules po in the morning and 1 at bedtime", pieces(90), 1, DaysSupply(30, 60)),
        ("side by side from vials", "Inject 0.1 mL in the morning and 0.2 mL in the evening subq",
         a_vial(volume_ml="3"), 2, DaysSupply(20, 40)),
        ("side by side within a life", "Inject 0.1 mL in the morning and 0.2 mL in the evening subq",
         a_vial(volume_ml="3", in_use_days=7), 2, DaysSupply(14, 28)),
        ("both nostrils", "Use 1 spray in each nostril daily", pieces(60), 1, DaysSupply(30, 60)),
        ("a course ends it", "Take 1 capsule po daily for 10 days", pieces(30), 1, DaysSupply(10, 10)),
        ("a course longer than the pack", "Take 1 capsule po daily for 60 days", pieces(30), 1, DaysSupply(30, 30)),
        ("titration over one vial", "Inject 10 units weekly for 4 weeks, then 20 units weekly, subq",
         a_vial(in_use_days=180), 1, DaysSupply(84, 12)),
        ("titration, vials of 28 days", "Inject 10 units weekly for 4 weeks, then 20 units weekly, subq",
         a_vial(), 3, DaysSupply(84, 12)),
        ("titration, the second step empties vials", "Inject 0.1 mL weekly for 2 weeks, then 1 mL weekly, subq",
         a_vial(), 3, DaysSupply(49, 7)),
        ("titration of pieces", "Take 1 capsule po daily for 7 days, then 2 capsules daily", pieces(30), 1,
         DaysSupply(18, 18)),
        ("ambiguous: the one that uses it up first", "Take 1 capsule po daily or weekly", pieces(30), 1,
         DaysSupply(30, 30)),
        ("no life at all", "Inject 10 units weekly for 4 weeks, then 20 units weekly, subq", a_vial(in_use_days=0), 9,
         DaysSupply(0, 0)),
        ("no packs", "Inject 10 units subq weekly", a_vial(), 0, DaysSupply(0, 0)),
        ("fewer than none", "Inject 10 units subq weekly", a_vial(), -3, DaysSupply(0, 0)),
        ("no pieces", "Take 1 capsule po daily", pieces(30), -1, DaysSupply(0, 0)),
        ("no packs, side by side", "Inject 0.1 mL in the morning and 0.2 mL in the evening subq", a_vial(), -1,
         DaysSupply(0, 0)),
        ("no container holds a dose", "Inject 3 mL IM weekly", a_vial(), 2, DaysSupply(0, 0)),
        ("no frequency", "Inject 10 units subq", a_vial(), 1, None),
        ("no concentration to go by", "Inject 0.25 mg subq weekly", a_vial(None), 1, None),
        ("capsules from a vial", "Take 1 capsule po daily", a_vial(), 1, None),
        ("drug units", "Inject 200 units subq daily", a_vial(None, "2", drug_units_per_ml=Decimal(1000)), 1,
         DaysSupply(10, 10)),
        ("many packs at once", "Inject 10 units subq weekly", a_vial(), 1_000_000, DaysSupply(28_000_000, 4_000_000)),
    ],
)  # fmt: skip
def test_days_and_doses(case: str, sig: str, sku: Sku, quantity: int, expected: DaysSupply | None) -> None:
    assert supply(read(sig, sku), sku, quantity) == expected


@pytest.mark.parametrize(
    ("case", "waste", "default_in_use_days", "days"),
    [("none", "0", 28, 28), ("waste", "0.4", 28, 28), ("waste that costs doses", "0.9", 28, 14),
     ("another default", "0", 42, 42)],
)  # fmt: skip
def test_waste_and_the_default_life_are_settings(case: str, waste: str, default_in_use_days: int, days: int) -> None:
    sku = a_vial()
    reading = read("Inject 10 units subq weekly", sku)
    found = days_supply(reading, sku, 1, waste_ml=Decimal(waste), default_in_use_days=default_in_use_days)
    assert found == days


@pytest.mark.parametrize(
    ("case", "sig", "sku", "expected"),
    [
        ("titration", "Inject 0.25 mg weekly for 4 weeks, then 0.5 mg weekly for 4 weeks, then 1 mg weekly, subq",
         a_vial(), ("0.25", "1")),
        ("stepping down", "Take 1 mg po daily for 7 days, then 0.5 mg daily", pieces(30), ("7", "7")),
        ("side by side", "Take 2 capsules po in the morning and 1 at bedtime", pieces(90), ("10.5", "10.5")),
        ("stated mg beats the concentration", "Inject 2.5 mg (25 units) subq weekly", a_vial("30"), ("2.5", "2.5")),
        ("upper ends", "Inject 0.25-0.5 mg subq once or twice weekly", a_vial(), ("1", "1")),
        ("ambiguous: the higher", "Inject 0.25 mg subq weekly or daily", a_vial(), ("1.75", "1.75")),
        ("units", "Inject 40 units subq weekly", a_vial("5"), ("2", "2")),
        ("every third day", "Inject 0.75 mg subq every 3 days", a_vial(), ("1.75", "1.75")),
        ("no concentration", "Inject 40 units subq weekly", a_vial(None), None),
        ("one step without mg", "Inject 1 mg weekly for 4 weeks, then 2 sprays daily, subq", a_vial(), None),
    ],
)  # fmt: skip
def test_weekly_mg(case: str, sig: str, sku: Sku, expected: tuple[str, str] | None) -> None:
    found = weekly_mg(read(sig, sku), sku)
    assert found == (None if expected is None else WeeklyMg(*map(Decimal, expected)))
