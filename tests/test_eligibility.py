"""Which pharmacy may fill a line (rules.md, section 3): every filter, on the day and the pack where it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.domain.context import Context
from core.domain.model import (
    AggregatePrice,
    CartLine,
    LicenceKind,
    LineState,
    OurLine,
    Prescription,
    ProgramKind,
    Setting,
    ShipTo,
)
from core.rules.eligibility import FILTERS, OBSTACLES, Eligibility, earliest_refill
from core.rules.split.options import RX_AT_OTHER_PHARMACY
from core.rules.split.preferences import EXCLUDED
from tests.builders import (
    DAYS,
    SIG,
    a_context,
    a_line,
    a_patient,
    a_pharmacy,
    a_prescription,
    a_program,
    a_sku,
    an_offer,
    licences,
)
from tests.eligible import codes_against

THURSDAY, FRIDAY, SATURDAY = date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 5)
MONDAY = date(2026, 12, 7)  # a box placed on FRIDAY ships then: one working day of processing
AGGREGATE = a_program(kind=ProgramKind.AGGREGATE)


def codes(context: Context, line: CartLine | None = None, **over: Any) -> tuple[str, ...]:
    program = over.pop("program", a_program())
    return codes_against(line or a_line(), over.pop("pharmacy", "cedar"), context, program, DAYS, **over)


def with_offers(*offers: dict[str, Any]) -> Context:
    return a_context(offers=tuple(an_offer(**offer) for offer in offers))


def with_pharmacy(**over: Any) -> Context:
    return a_context(pharmacies={"cedar": a_pharmacy(**over)})


def test_a_clean_line_is_eligible() -> None:
    assert codes(a_context()) == ()


@pytest.mark.parametrize(
    ("case", "context", "expected"),
    [
        ("no row", with_offers(), ("NO_OFFER",)),
        ("a row of another SKU", with_offers({"sku": "NAD"}), ("NO_OFFER",)),
        ("a row of another pharmacy", with_offers({"pharmacy": "alder"}), ("NO_OFFER",)),
        ("programs empty: all", with_pharmacy(programs=()), ()),
        ("programs name it", with_pharmacy(programs=("FREE", "GROWTH")), ()),
        ("programs omit it", with_pharmacy(programs=("GROWTH",)), ("NO_OFFER",)),
        ("in force from the placing day", with_offers({"valid_from": FRIDAY}), ()),
        ("in force from the day after", with_offers({"valid_from": SATURDAY}), ("PRICE_STALE",)),
        ("to the placing day", with_offers({"valid_to": FRIDAY}), ()),
        ("to the day before", with_offers({"valid_to": THURSDAY}), ("PRICE_STALE",)),
        (
            "the newest row has ended: an older open one does not come back",
            with_offers({}, {"valid_from": date(2026, 6, 1), "valid_to": THURSDAY}),
            ("PRICE_STALE",),
        ),
    ],
)
def test_offers(case: str, context: Context, expected: tuple[str, ...]) -> None:
    assert codes(context) == expected


@pytest.mark.parametrize(
    ("case", "prices", "offers", "expected"),
    [
        ("priced", [{}], [{}], ()),
        ("no price", [], [{}], ("NO_PRICE",)),
        ("a price of another SKU", [{"sku": "NAD"}], [{}], ("NO_PRICE",)),
        ("a price of another program", [{"program": "REFILL"}], [{}], ("NO_PRICE",)),
        ("in force from the placing day", [{"valid_from": FRIDAY}], [{}], ()),
        ("in force from the day after", [{"valid_from": SATURDAY}], [{}], ("NO_PRICE",)),
        ("a stale offer still matters", [{}], [{"valid_to": THURSDAY}], ("PRICE_STALE",)),
        ("neither", [], [], ("NO_OFFER", "NO_PRICE")),
    ],
)
def test_aggregate_prices(
    case: str, prices: list[dict[str, Any]], offers: list[dict[str, Any]], expected: tuple[str, ...]
) -> None:
    row = {"program": "FREE", "sku": "SEMA", "unit_price_cents": 100, "valid_from": date(2026, 1, 1)}
    context = replace(with_offers(*offers), aggregate_prices=tuple(AggregatePrice(**row | price) for price in prices))
    assert codes(context, program=AGGREGATE) == expected


@pytest.mark.parametrize(
    ("case", "quantity", "offer", "max_refills", "expected"),
    [
        ("the least", 2, {"min_quantity": 2}, None, ()),
        ("under the least", 1, {"min_quantity": 2}, None, ("QUANTITY_LIMIT",)),
        ("the most", 3, {"max_quantity": 3}, None, ()),
        ("over the most", 4, {"max_quantity": 3}, None, ("QUANTITY_LIMIT",)),
        ("the most refills", 1, {}, 5, ()),
        ("more refills", 1, {}, 4, ("QUANTITY_LIMIT",)),
        ("all of the stock", 4, {"stock": 4}, None, ()),
        ("more than the stock", 5, {"stock": 4}, None, ("OUT_OF_STOCK",)),
        ("no stock", 1, {"stock": 0}, None, ("OUT_OF_STOCK",)),
        ("stock not limited", 999, {}, None, ()),
    ],
)
def test_quantities(
    case: str, quantity: int, offer: dict[str, Any], max_refills: int | None, expected: tuple[str, ...]
) -> None:
    """The prescription has 5 refills."""
    context = replace(with_offers(offer), pharmacies={"cedar": a_pharmacy(max_refills=max_refills)})
    assert codes(context, a_line(quantity=quantity)) == expected


def test_stock_is_less_our_reservations_since() -> None:
    context = replace(with_offers({"stock": 4}), reserved={("cedar", "SEMA"): 2})
    assert codes(context, a_line(quantity=2)) == ()
    assert codes(context, a_line(quantity=3)) == ("OUT_OF_STOCK",)


@pytest.mark.parametrize(
    ("case", "held", "sku", "line", "expected"),
    [
        ("sterile", licences(), {}, {}, ()),
        ("not in this state", licences(state="CA"), {}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("its own state needs the row too", (), {}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("another pharmacy's", licences("alder"), {}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("the last day is the ship date", licences(expires_on=MONDAY), {}, {}, ()),
        ("ended the day before it ships", licences(expires_on=date(2026, 12, 6)), {}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("sterile needs sterile", licences()[:1], {}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("nonsterile needs nonsterile", licences()[:1], {"sterile": False}, {}, ()),
        ("sterile is not nonsterile", licences()[1:], {"sterile": False}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("scheduled needs both", licences(), {"dea_schedule": "III"}, {}, ()),
        ("without controlled", licences()[:2], {"dea_schedule": "III"}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("controlled alone", licences()[2:], {"dea_schedule": "III"}, {}, ("PHARMACY_NOT_LICENSED",)),
        ("to the clinic: its state", licences(state="NV"), {}, {"ship_to": ShipTo.CLINIC}, ()),
        ("to the clinic: not the patient's", licences(), {}, {"ship_to": ShipTo.CLINIC}, ("PHARMACY_NOT_LICENSED",)),
        ("a patient nobody knows", licences(), {}, {"patient": "P9"}, ("PHARMACY_NOT_LICENSED",)),
    ],
)
def test_licences(
    case: str, held: tuple[Any, ...], sku: dict[str, Any], line: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """The patient lives in TX, the clinic is in NV; the box ships on Monday 7 December."""
    assert [row.kind for row in licences()] == [LicenceKind.NONSTERILE, LicenceKind.STERILE, LicenceKind.CONTROLLED]
    plain = a_context()
    context = replace(
        plain,
        clinic=plain.clinic.model_copy(update={"state": "NV"}),
        skus={"SEMA": a_sku(**sku)},
        licences=held,
    )
    assert codes(context, a_line(**line)) == expected


def test_a_box_that_never_ships_is_judged_on_the_refill_day() -> None:
    never = {"cedar": a_pharmacy(cold_ship_days=frozenset())}
    for expires_on, expected in (
        (FRIDAY, ("COLD_CHAIN_WINDOW",)),
        (THURSDAY, ("PHARMACY_NOT_LICENSED", "COLD_CHAIN_WINDOW")),
    ):
        assert codes(a_context(pharmacies=never, licences=licences(expires_on=expires_on))) == expected


@pytest.mark.parametrize(
    ("case", "limit", "setting", "length", "expected"),
    [
        ("the pharmacy's limit", 500, None, 500, ()),
        ("one over it", 500, None, 501, ("SIG_TOO_LONG",)),
        ("no limit of its own: 1,000", None, None, 1000, ()),
        ("one over 1,000", None, None, 1001, ("SIG_TOO_LONG",)),
        ("never over 1,000, whatever it says", 2000, None, 1001, ("SIG_TOO_LONG",)),
        ("the setting", None, "300", 301, ("SIG_TOO_LONG",)),
        ("the pharmacy's limit before the setting", 500, "300", 400, ()),
        ("a setting over 1,000 does not count", None, "1500", 1001, ("SIG_TOO_LONG",)),
    ],
)
def test_sig_length(case: str, limit: int | None, setting: str | None, length: int, expected: tuple[str, ...]) -> None:
    row = Setting(scope="clinic", name="sig_max_chars", value=setting or "", valid_from=date(2026, 1, 1))
    context = replace(with_pharmacy(sig_max_chars=limit), settings=(row,) if setting else ())
    assert codes(context, a_line(sig="x" * length)) == expected


def refilled(**over: Any) -> Callable[..., Context]:
    return lambda **parts: a_context(prescriptions={"RX1": a_prescription(**over)}, **parts)


def setting(scope: str, name: str, value: str) -> Setting:
    return Setting(scope=scope, name=name, value=value, valid_from=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("case", "context", "earliest", "expected"),
    [
        ("28 days x 0.75, on the day", refilled(last_filled_on=date(2026, 11, 13))(), FRIDAY, ()),
        ("a day before", refilled(last_filled_on=date(2026, 11, 14))(), SATURDAY, ("REFILL_TOO_SOON",)),
        ("30 days x 0.75 is 22.5: 23", refilled(days_supply=30, last_filled_on=date(2026, 11, 11))(), FRIDAY, ()),
        ("a day too soon", refilled(days_supply=30, last_filled_on=date(2026, 11, 12))(), SATURDAY,
         ("REFILL_TOO_SOON",)),
        ("never filled", refilled(last_filled_on=None, first_filled_on=None)(), None, ()),
        ("first filled yesterday, never again", refilled(last_filled_on=None, first_filled_on=date(2026, 12, 3))(),
         date(2026, 12, 24), ("REFILL_TOO_SOON",)),
        ("the pharmacy's own threshold",
         refilled(last_filled_on=date(2026, 11, 13))(pharmacies={"cedar": a_pharmacy(refill_threshold=Decimal("0.8"))}),
         date(2026, 12, 6), ("REFILL_TOO_SOON",)),
        ("a setting for the clinic",
         refilled(last_filled_on=date(2026, 11, 13))(settings=(setting("clinic", "refill_threshold", "0.5"),)),
         date(2026, 11, 27), ()),
        ("a setting for the pharmacy is narrower",
         refilled(last_filled_on=date(2026, 11, 13))(settings=(setting("clinic", "refill_threshold", "0.5"),
                                                              setting("pharmacy:cedar", "refill_threshold", "1"))),
         date(2026, 12, 11), ("REFILL_TOO_SOON",)),
        ("scheduled: two days before the end",
         refilled(last_filled_on=date(2026, 11, 8))(skus={"SEMA": a_sku(dea_schedule="III")}), FRIDAY, ()),
        ("scheduled: a day too soon",
         refilled(last_filled_on=date(2026, 11, 9))(skus={"SEMA": a_sku(dea_schedule="III")}), SATURDAY,
         ("REFILL_TOO_SOON",)),
        ("computed where none is stated: the vial's 28 days",
         refilled(days_supply=None, last_filled_on=date(2026, 11, 14))(), SATURDAY, ("REFILL_TOO_SOON",)),
        ("nobody can tell how long it lasts",
         refilled(days_supply=None, sig="Use as directed.", last_filled_on=date(2026, 12, 3))(), None, ()),
        ("a supply beyond the calendar", refilled(days_supply=10**9)(), date.max, ("REFILL_TOO_SOON",)),
    ],
)  # fmt: skip
def test_refills(case: str, context: Context, earliest: date | None, expected: tuple[str, ...]) -> None:
    assert earliest_refill(a_line(), "cedar", context, DAYS) == earliest
    assert codes(context) == expected


def test_without_a_pharmacy_the_clinics_threshold_counts() -> None:
    context = a_context(
        prescriptions={"RX1": a_prescription(last_filled_on=date(2026, 11, 13))},
        pharmacies={"cedar": a_pharmacy(refill_threshold=Decimal(1))},
    )
    assert earliest_refill(a_line(), None, context, DAYS) == FRIDAY
    assert earliest_refill(a_line(), "nowhere", context, DAYS) == FRIDAY
    assert earliest_refill(a_line(), "cedar", context, DAYS) == date(2026, 12, 11)


@pytest.mark.parametrize(
    ("case", "rows", "last_filled_on", "expected"),
    [
        # 28 days' supply; two days before its end unless a row says otherwise.
        ("no row", {}, date(2026, 11, 8), {"cedar": (), "oak": ()}),
        ("oak waits to the end", {"oak": "0"}, date(2026, 11, 8), {"cedar": (), "oak": ("REFILL_TOO_SOON",)}),
        ("cedar waits to the end", {"cedar": "0"}, date(2026, 11, 8), {"cedar": ("REFILL_TOO_SOON",), "oak": ()}),
        ("oak fills a week early", {"oak": "7"}, date(2026, 11, 12), {"cedar": ("REFILL_TOO_SOON",), "oak": ()}),
        ("each its own", {"cedar": "5", "oak": "4"}, date(2026, 11, 11), {"cedar": (), "oak": ("REFILL_TOO_SOON",)}),
        ("both a week early", {"cedar": "7", "oak": "7"}, date(2026, 11, 12), {"cedar": (), "oak": ()}),
    ],
)
def test_days_early_are_each_pharmacys_own(
    case: str, rows: dict[str, str], last_filled_on: date, expected: dict[str, tuple[str, ...]]
) -> None:
    """One Eligibility asks for all pharmacies, as the split does, and answers as validation does for each alone."""
    context = a_context(
        skus={"SEMA": a_sku(dea_schedule="III")},
        pharmacies={"cedar": a_pharmacy(), "oak": a_pharmacy(pharmacy="oak")},
        offers=(an_offer(), an_offer(pharmacy="oak")),
        licences=licences() + licences("oak"),
        prescriptions={"RX1": a_prescription(last_filled_on=last_filled_on)},
        settings=tuple(setting(f"pharmacy:{code}", "scheduled_days_early", value) for code, value in rows.items()),
    )
    eligibility = Eligibility(context, a_program(), DAYS)
    subject = eligibility.subject(a_line())
    assert subject is not None
    together = {
        terms.house.pharmacy: eligibility.codes(subject, terms, frozenset()) for terms in eligibility.terms(subject)
    }
    assert together == expected
    assert {code: codes(context, pharmacy=code) for code in expected} == expected
    earliest = {code: earliest_refill(a_line(), code, context, DAYS) for code in expected}
    assert {code: bool(day and day > FRIDAY) for code, day in earliest.items()} == {
        code: bool(failing) for code, failing in expected.items()
    }


def test_our_ship_date_comes_before_last_filled_on_and_scales_with_its_packs() -> None:
    shipped = OurLine(
        reference="RD-20261101-01/01", patient="P1", rx="RX1", sku="SEMA", quantity=2, pharmacy="cedar",
        state=LineState.SHIPPED, placed_on=date(2026, 10, 30), shipped_on=date(2026, 11, 2),
    )  # fmt: skip
    context = a_context(our_lines=(shipped,))
    assert earliest_refill(a_line(), None, context, DAYS) == date(2026, 12, 14)  # 2 x 28 days x 0.75 = 42
    assert codes(context) == ("REFILL_TOO_SOON",)


UNITS = "Inject 20 units subcutaneously once weekly."
NEW_DOSE = "Inject 0.5 mg (20 units) subcutaneously once weekly."


@pytest.mark.parametrize(
    ("case", "old", "old_sku", "new_sig", "earliest"),
    [
        # 2 mL of 2.5 mg/mL are 20 doses of 0.25 mg or 10 of 0.5 mg; in use for as long as the vial says.
        ("the same dose: 140 days", {"days_supply": None}, {"in_use_days": 365}, SIG, date(2027, 2, 19)),
        ("twice the dose: 70 days", {"days_supply": None}, {"in_use_days": 365}, NEW_DOSE, date(2026, 12, 29)),
        ("stated for the old dose too", {"days_supply": 140}, {"in_use_days": 365}, NEW_DOSE, date(2026, 12, 29)),
        ("an increase never lengthens it", {"days_supply": 60}, {"in_use_days": 365}, NEW_DOSE, date(2026, 12, 21)),
        ("the in-use life ends both", {"days_supply": None}, {}, NEW_DOSE, date(2026, 11, 27)),
        ("a lower dose changes nothing", {"days_supply": 28, "sig": NEW_DOSE}, {}, SIG, date(2026, 11, 27)),
        ("no arithmetic for the old pack: the ratio of doses", {"days_supply": 28},
         {"volume_ml": None, "units_per_pack": None}, NEW_DOSE, date(2026, 11, 17)),
        ("units only, of another strength: the ratio of mg", {"days_supply": 28, "sig": UNITS},
         {"concentration_mg_per_ml": Decimal("1.25")}, UNITS, date(2026, 11, 17)),
    ],
)  # fmt: skip
def test_a_dose_increase_uses_up_the_old_packs_sooner(
    case: str, old: dict[str, Any], old_sku: dict[str, Any], new_sig: str, earliest: date
) -> None:
    """The old fill was on 6 November; the line is a new prescription for a 2.5 mg/mL vial."""
    prescriptions: dict[str, Prescription] = {
        "RX1": a_prescription(**{"sku": "OLD"} | old),
        "RX2": a_prescription(rx="RX2", sig=new_sig, last_filled_on=None, fills=0, written_on=date(2026, 11, 30)),
    }
    context = a_context(prescriptions=prescriptions, skus={"SEMA": a_sku(), "OLD": a_sku(**{"sku": "OLD"} | old_sku)})
    assert earliest_refill(a_line(rx="RX2", sig=new_sig), None, context, DAYS) == earliest


@pytest.mark.parametrize(
    ("case", "overridden", "expected"),
    [
        ("nothing", frozenset(), ("QUANTITY_LIMIT", "REFILL_TOO_SOON")),
        ("the refill", frozenset({"REFILL_TOO_SOON"}), ("QUANTITY_LIMIT",)),
        ("what nobody may override", frozenset({"QUANTITY_LIMIT"}), ("QUANTITY_LIMIT", "REFILL_TOO_SOON")),
    ],
)
def test_overrides(case: str, overridden: frozenset[str], expected: tuple[str, ...]) -> None:
    context = a_context(
        offers=(an_offer(min_quantity=2),), prescriptions={"RX1": a_prescription(last_filled_on=FRIDAY)}
    )
    assert codes(context, overridden=overridden) == expected


@pytest.mark.parametrize(
    ("case", "line", "pharmacy"),
    [("pharmacy", {}, "nowhere"), ("sku", {"sku": "???"}, "cedar"), ("both", {"sku": "???"}, "nowhere")],
)
def test_unknown_codes_are_no_offer(case: str, line: dict[str, Any], pharmacy: str) -> None:
    assert codes(a_context(), a_line(**line), pharmacy=pharmacy) == ("NO_OFFER",)
    if "sku" in line:
        assert earliest_refill(a_line(**line), pharmacy, a_context(), DAYS) is None


def test_every_code_against_a_pharmacy_says_why_and_what_would_have_to_change() -> None:
    assert list(OBSTACLES) == [*FILTERS, EXCLUDED, RX_AT_OTHER_PHARMACY]
    assert all(each.reason and each.change for each in OBSTACLES.values())


def test_every_filter_at_once_in_order() -> None:
    """All but PRICE_STALE, which excludes what an offer in force says."""
    context = a_context(
        pharmacies={
            "cedar": a_pharmacy(programs=("OTHER",), cold_ship_days=frozenset(), sig_max_chars=5, max_refills=0)
        },
        offers=(an_offer(stock=0),),
        licences=(),
        patients={"P1": a_patient(state="CA", address1="1" * 36)},
        prescriptions={"RX1": a_prescription(last_filled_on=FRIDAY)},
    )
    assert codes(context, program=AGGREGATE) == tuple(code for code in FILTERS if code != "PRICE_STALE")
