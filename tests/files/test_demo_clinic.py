"""What the demo clinic promises, on any day on which it is loaded (docs/formats.md; README, "The demo clinic")."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from phonenumbers import geocoder, parse

from core.adapters.files import read_cart
from core.adapters.store import open_store
from core.domain.context import Context
from core.domain.identifiers import is_dea, is_npi, state_of_zip
from core.domain.model import Cart, CartLine, Days, Finding, Objective, Prescription, ProgramKind, Severity
from core.domain.roles import LOCAL
from core.rules.due_list import due_list
from core.rules.prescriptions import CartRow, completed, fills_and_in_flight, months_after
from core.rules.pricing.comparison import compare
from core.rules.sig import Certainty, read
from core.rules.split.cart_split import split
from core.rules.validation import RULES, validate
from core.services.clinic_import import load
from core.services.contexts import load_context
from core.services.demo.history import seed_history
from tests.demo import DEMO, demo_context, demo_folder

pytestmark = pytest.mark.slow

SUNDAY = date(2026, 11, 22)
LOADING_DAYS = [
    ("a Sunday", SUNDAY),
    ("Thanksgiving", date(2026, 11, 26)),
    ("Christmas Eve", date(2026, 12, 24)),
    ("Christmas Day, a Friday", date(2026, 12, 25)),
    ("New Year's Eve, the last day of telemedicine's exception", date(2026, 12, 31)),
    ("the last of February", date(2027, 2, 28)),
    ("a Saturday before Independence Day", date(2027, 7, 3)),
    ("a leap day, after the calendars end", date(2028, 2, 29)),
]
on_any_day = pytest.mark.parametrize(("case", "today"), LOADING_DAYS, ids=[row[0] for row in LOADING_DAYS])

FAULTS_DUE = {
    "ADDRESS_INCOMPLETE": 1,
    "ALLERGY": 1,
    "CLINICAL_DIFFERENCE_MISSING": 1,
    "NO_REFILLS": 1,
    "PRESCRIBER_NOT_LICENSED": 1,
    "SIG_DOSE_MISMATCH": 1,
}
WARNINGS_DUE = {
    "ALLERGIES_UNKNOWN": 1,
    "DOSE_START_HIGH": 1,
    "LICENCE_EXPIRING": 1,
    "PHONE_INVALID": 1,
    "SIG_SUPPLY_MISMATCH": 1,
}
AREA_NAMES = {"TX": "Texas", "FL": "Florida", "CO": "Colorado", "AZ": "Arizona", "GA": "Georgia",
              "NC": "North Carolina", "TN": "Tennessee", "OK": "Oklahoma", "LA": "Louisiana", "NM": "New Mexico",
              "IL": "Illinois", "OH": "Ohio", "PA": "Pennsylvania", "WA": "Washington"}  # fmt: skip


def due_cart(context: Context, today: date) -> tuple[CartLine, ...]:
    """Everyone who is due, as the screen adds them."""
    rows = (CartRow(line.patient, line.sku, rx=line.rx) for line in due_list(context, today))
    return tuple(completed(row, number, context, today) for number, row in enumerate(rows, 1))


def findings(
    lines: Iterable[CartLine], context: Context, today: date, program: str = "FIZY_FREE"
) -> tuple[Finding, ...]:
    """What validation says of a cart that is split cheapest."""
    days, in_force = Days(today, today), context.program(program, today)
    assert in_force is not None
    cart = Cart(refill_day=today, lines=tuple(lines))
    return validate(split(cart, context, in_force, Objective.CHEAPEST, days), context, in_force, days)


def counted(found: Iterable[Finding], severity: Severity) -> dict[str, int]:
    """How often each code of a severity was found."""
    return dict(Counter(finding.code for finding in found if finding.severity is severity))


@on_any_day
def test_forty_lines_are_due_and_six_of_them_have_a_fault(case: str, today: date) -> None:
    context = demo_context(today)
    kinds = Counter(line.kind.value for line in due_list(context, today))
    found = findings(due_cart(context, today), context, today)
    assert kinds == {"refill": 30, "new": 6, "titration": 4}
    assert counted(found, Severity.BLOCKING) == FAULTS_DUE
    assert counted(found, Severity.WARNING) == WARNINGS_DUE
    assert len({finding.line for finding in found}) == 11


@on_any_day
def test_each_line_of_the_faults_cart_shows_its_codes(case: str, today: date) -> None:
    context = demo_context(today)
    assert shown(context, today) == promised()


def promised() -> list[set[str]]:
    """The codes that faults.csv names, line by line, of those that show under the default program."""
    with (DEMO / "faults.csv").open(encoding="utf-8") as file:
        return [set(row["shows"].split(";")) - {"NO_PRICE"} for row in csv.DictReader(file)]


def shown(context: Context, today: date, program: str = "FIZY_FREE") -> list[set[str]]:
    """The codes that validation finds, line by line."""
    upload = read_cart("faults.csv", DEMO / "faults.csv", context, today)
    assert upload.errors == ()
    lines = [completed(row, number, context, today) for number, row in enumerate(upload.rows, 1)]
    codes: dict[int, set[str]] = defaultdict(set)
    for finding in findings(lines, context, today, program):
        codes[finding.line].add(finding.code)
    return [codes[line.number] for line in lines]


def test_the_faults_cart_names_every_code_that_a_file_can_show() -> None:
    """What is asked of the split is kept with a stored cart, connections with the store, neither in a file;
    and nobody of the demo is paused."""
    assert set().union(*promised(), {"NO_PRICE"}) == set(RULES) - {
        "EXCLUDED",
        "ORDER_NOT_TAKEN",
        "PAUSED",
        "ARRIVES_LATE",
    }


def test_a_missing_aggregate_price_shows_under_an_aggregate_program() -> None:
    codes = shown(demo_context(SUNDAY), SUNDAY, "REFILL_5")
    with (DEMO / "faults.csv").open(encoding="utf-8") as file:
        at = [row["shows"] for row in csv.DictReader(file)].index("NO_PRICE")
    assert codes[at] == {"NO_PRICE"}


def test_the_promises_hold_with_nine_months_of_history(tmp_path: Path) -> None:
    noon = datetime.combine(SUNDAY, time(18), UTC)
    store = open_store(f"sqlite:///{tmp_path / 'demo.db'}", clock=lambda: noon)
    load(store, LOCAL, DEMO)
    seed_history(store, "juniper", SUNDAY)
    with store.read("juniper") as work:
        context = load_context(work)
    found = findings(due_cart(context, SUNDAY), context, SUNDAY)
    assert len(due_list(context, SUNDAY)) == 40
    assert counted(found, Severity.BLOCKING) == FAULTS_DUE
    assert shown(context, SUNDAY) == promised()


def test_later_refill_days_are_as_busy() -> None:
    context = demo_context(SUNDAY)
    until = [len(due_list(context, date.fromordinal(SUNDAY.toordinal() + 7 * week))) for week in range(4)]
    assert [later - earlier for earlier, later in pairwise(until)] == [46, 36, 16]


def test_the_clinic_is_large_enough_to_show_everything() -> None:
    folder = demo_folder(SUNDAY)
    patients = {row.patient for row in folder.patients}
    assert folder.warnings == ()
    assert (len(folder.skus), len(folder.pharmacies), len(folder.prescribers), len(patients)) == (51, 8, 8, 136)
    assert len({row.state for row in folder.patients}) == 14
    assert {row.category for row in folder.skus} == {
        "GLP-1", "Testosterone", "Peptides", "NAD+", "Vitamins", "Thyroid", "Hormones", "Capsules", "Topicals",
    }  # fmt: skip
    assert folder.clinic is not None
    assert folder.clinic.program == ("FIZY_FREE", "FIZY_GROWTH", "FIZY_PREMIUM", "REFILL_1_5", "REFILL_5")


def test_published_presets_are_as_published() -> None:
    presets = {
        row.program: (row.kind.value, row.monthly_fee_cents, row.rate, row.rate_base.value)
        for row in demo_folder(SUNDAY).programs
        if row.kind is ProgramKind.PASS_THROUGH
    }
    assert presets == {
        "FIZY_FREE": ("pass-through", 0, Decimal("0.15"), "medication"),
        "FIZY_GROWTH": ("pass-through", 997_00, Decimal("0.10"), "medication"),
        "FIZY_PREMIUM": ("pass-through", 1997_00, Decimal("0.05"), "medication"),
    }
    refill = [row for row in demo_folder(SUNDAY).programs if row.kind is ProgramKind.AGGREGATE]
    assert [(row.rate, row.encounter_hands_on_cents, row.encounter_hands_off_cents) for row in refill] == [
        (Decimal("0.015"), 30_00, 50_00),
        (Decimal("0.05"), 30_00, 50_00),
    ]


def test_every_amount_says_whether_it_is_published_or_demo() -> None:
    folder = demo_folder(SUNDAY)
    begins = {row.program: row.source.split(":")[0] for row in folder.programs}
    assert begins == {
        "FIZY_FREE": "published", "FIZY_GROWTH": "published", "FIZY_PREMIUM": "published",
        "REFILL_1_5": "demo", "REFILL_5": "demo",
    }  # fmt: skip
    assert all("fizy.health/" in row.source for row in folder.programs)
    sources = [row.source for row in folder.offers] + [row.source for row in folder.aggregate_prices]
    assert {source.split(":")[0] for source in sources} == {"demo"}


def test_the_cheaper_way_of_paying_differs_by_sku() -> None:
    cheapest = Counter(row.cheapest for row in compare(demo_context(SUNDAY), SUNDAY))
    assert cheapest == {"FIZY_PREMIUM": 32, "REFILL_1_5": 18, None: 1}


def test_nobody_compounds_hcg() -> None:
    words = " ".join(f"{row.name} {' '.join(row.actives)}" for row in demo_folder(SUNDAY).skus).casefold()
    assert not [word for word in ("hcg", "gonadotropin") if word in words]


def test_usual_directions_are_read() -> None:
    skus = demo_folder(SUNDAY).skus
    assert [row.sku for row in skus if read(row.usual_sig, row).certainty is not Certainty.READ] == []


def test_prescribers_numbers_pass_their_check_but_for_the_fault() -> None:
    folder = demo_folder(SUNDAY)
    numbers = [row.dea_number for row in folder.prescriber_licences if row.dea_number]
    assert [row.npi for row in folder.prescribers if not is_npi(row.npi)] == []
    assert [
        (row.npi, row.state) for row in folder.prescriber_licences if row.dea_number and not is_dea(row.dea_number)
    ] == [("1000209738", "WA")]
    assert len(set(numbers)) == len(numbers)


def test_patients_are_invented_and_their_addresses_agree_but_for_the_faults() -> None:
    patients = demo_folder(SUNDAY).patients
    assert [row.patient for row in patients if state_of_zip(row.zip) != row.state] == ["P-1034", "P-1135"]
    assert [row.patient for row in patients if row.phone[3:10] != "-555-01" or len(row.phone) != 12] == ["P-1025"]
    elsewhere = [
        row.patient
        for row in patients
        if not _names_state(geocoder.description_for_number(parse(row.phone, "US"), "en"), row.state)
    ]
    assert elsewhere == ["P-1025"]
    assert len({row.phone for row in patients}) == len(patients)
    assert all(row.email.endswith("@example.com") for row in patients)


def _names_state(place: str, state: str) -> bool:
    return place.startswith(AREA_NAMES[state]) or place.endswith(f", {state}")


def test_statements_are_worded_for_each_patient_but_for_the_fault() -> None:
    context = demo_context(SUNDAY)
    texts = Counter(
        row.clinical_difference
        for row in context.prescriptions.values()
        if context.skus[row.sku].clinical_difference_required and row.clinical_difference
    )
    assert [(text, times) for text, times in texts.items() if times > 1] == [
        ("The commercial product is not suitable for this patient.", 5)
    ]


@on_any_day
def test_controlled_prescriptions_are_as_the_law_wants_them(case: str, today: date) -> None:
    context = demo_context(today)
    scheduled = [row for row in context.prescriptions.values() if context.skus[row.sku].scheduled]
    assert len(scheduled) == 19
    assert [row.rx for row in scheduled if not _lawful(row, context, today)] == []


def _lawful(row: Prescription, context: Context, today: date) -> bool:
    return (
        row.refills <= 5
        and fills_and_in_flight(row, context) <= row.refills
        and months_after(row.written_on, 6) >= today
        and row.rx_pharmacy is not None
        and (not row.telemedicine or row.in_person_on is not None)
    )
