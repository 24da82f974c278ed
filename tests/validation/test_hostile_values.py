"""Nothing that a file or a person can say makes a rule raise."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.context import Context
from core.domain.model import (
    CartLine,
    Days,
    LineState,
    Objective,
    OurLine,
    Patient,
    Prescription,
    Promise,
    Refusal,
    RoutedLine,
    Severity,
    ShipTo,
    Sku,
    Split,
)
from core.rules.validation import RULES, validate
from tests.builders import (
    a_clinic,
    a_context,
    a_patient,
    a_pharmacy,
    a_prescriber,
    a_prescription,
    a_program,
    a_sku,
)

ODD = ["", " ", "P.O. Box 1", "=cmd()", "\ud800", "0", "TX", "78704", "1234567893", "RX1", "SEMA", "P1", "½"]
TEXT = st.text(max_size=30) | st.sampled_from(ODD)
DATES = st.dates() | st.sampled_from([date.min, date.max, date(2026, 12, 4), date(2024, 2, 29)])
COUNTS = st.integers(0, 3) | st.sampled_from([10**6, 2**31])
AMOUNTS = st.decimals(min_value=0, max_value=10**6, allow_nan=False, allow_infinity=False, places=3)
CODES = st.sampled_from(list(RULES))
KEYS = st.sampled_from(["SEMA", "P1", "RX1", "cedar", "", "?"])
SIGS = TEXT | st.builds(
    "{} {} {} ({} units) {}".format,
    st.sampled_from(["Inject", "Take", ""]),
    st.sampled_from(["0", "0.25", "1e9", "999999999", "-1", "½"]),
    st.sampled_from(["mg", "mL", "IU", "units", ""]),
    st.integers(0, 10**9),
    st.sampled_from(["once weekly", "every 0 days", "biweekly", "for 4 weeks then 3 mg daily", ""]),
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def with_columns(build: Any, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The clean row with strange cells."""
    return st.fixed_dictionaries({}, optional=columns).map(lambda over: build(**over))


SKUS: st.SearchStrategy[Sku] = with_columns(
    a_sku,
    sterile=st.booleans(),
    cold_chain=st.booleans(),
    concentration_mg_per_ml=maybe(AMOUNTS),
    drug_units_per_ml=maybe(AMOUNTS),
    volume_ml=maybe(AMOUNTS),
    units_per_pack=maybe(COUNTS),
    dea_schedule=st.sampled_from([None, "II", "III", "?"]),
    clinical_difference_required=st.booleans(),
    in_use_days=maybe(COUNTS),
    actives=st.lists(st.sampled_from(["semaglutide", "", "x"]), max_size=2).map(tuple),
    ingredients=st.lists(TEXT, max_size=2).map(tuple),
)
PATIENTS: st.SearchStrategy[Patient] = with_columns(
    a_patient,
    first_name=TEXT,
    born_on=maybe(DATES),
    phone=TEXT,
    address1=TEXT,
    address2=TEXT,
    city=TEXT,
    state=TEXT,
    zip=TEXT,
    allergies=maybe(st.lists(TEXT, max_size=3).map(tuple)),
    active=st.booleans(),
)
PRESCRIPTIONS: st.SearchStrategy[Prescription] = with_columns(
    a_prescription,
    patient=KEYS,
    sku=KEYS,
    npi=TEXT,
    sig=SIGS,
    quantity=COUNTS,
    days_supply=maybe(COUNTS),
    refills=COUNTS,
    written_on=DATES,
    fills=COUNTS,
    clinical_difference=TEXT,
    last_filled_on=maybe(DATES),
    first_filled_on=maybe(DATES),
    rx_pharmacy=maybe(KEYS),
    telemedicine=st.none() | st.booleans(),
    in_person_on=maybe(DATES),
    stopped_on=maybe(DATES),
)
OUR_LINES = st.builds(
    OurLine,
    reference=TEXT,
    patient=KEYS,
    rx=KEYS,
    sku=KEYS,
    quantity=COUNTS,
    pharmacy=KEYS,
    state=st.sampled_from(LineState),
    placed_on=DATES,
    shipped_on=maybe(DATES),
)
LINES = st.builds(
    CartLine,
    number=st.just(0),
    patient=KEYS,
    sku=KEYS,
    quantity=COUNTS,
    rx=maybe(KEYS),
    sig=SIGS,
    npi=TEXT,
    pharmacy=maybe(KEYS),
    ship_to=st.sampled_from(ShipTo),
    hold=st.booleans(),
)
ROUTED = st.builds(
    RoutedLine,
    LINES,
    pharmacy=maybe(st.just("cedar")),
    promise=maybe(st.builds(Promise, DATES, DATES, DATES, DATES)),
    refused=st.lists(st.builds(Refusal, KEYS, st.tuples(CODES)), max_size=2).map(tuple),
    codes=st.lists(CODES, max_size=3).map(tuple),
)


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    """A clinic of strange values, whose keys meet the cart's or do not."""
    older, newer = draw(PRESCRIPTIONS), draw(PRESCRIPTIONS)
    pharmacy = with_columns(a_pharmacy, max_refills=maybe(COUNTS), sig_max_chars=maybe(COUNTS))
    known = [{}, {"1234567893": a_prescriber()}, {"1234567893": a_prescriber(licences={})}]
    return a_context(
        clinic=draw(with_columns(a_clinic, address1=TEXT, state=TEXT, zip=TEXT)),
        skus={"SEMA": draw(SKUS)},
        patients={"P1": draw(PATIENTS)},
        prescriptions={"RX1": older, "RX2": newer.model_copy(update={"rx": "RX2"})},
        our_lines=tuple(draw(st.lists(OUR_LINES, max_size=2))),
        prescribers=draw(st.sampled_from(known)),
        pharmacies={"cedar": draw(pharmacy)},
        other_carts=draw(st.frozensets(st.tuples(KEYS, KEYS), max_size=2)),
    )


def cart_of(lines: list[RoutedLine]) -> Split:
    """The lines, numbered from 1."""
    numbered = (
        RoutedLine(
            routed.line.model_copy(update={"number": number}),
            pharmacy=routed.pharmacy,
            promise=routed.promise,
            refused=routed.refused,
            codes=routed.codes,
        )
        for number, routed in enumerate(lines, 1)
    )
    return Split(Objective.CHEAPEST, "FREE", tuple(numbered), 0, 0, True, 0.0)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ROUTED, min_size=1, max_size=4).map(cart_of), contexts(), st.builds(Days, DATES, DATES))
def test_nothing_raises(split: Split, context: Context, days: Days) -> None:
    found = validate(split, context, a_program(), days)
    held = {routed.line.number: routed.line.hold for routed in split.lines}
    assert len({(one.line, one.code) for one in found}) == len(found)
    for one in found:
        assert one.held is held[one.line]
        assert one.message.strip()
        if one.severity is Severity.BLOCKING and not one.held:
            assert {"hold": "yes"} in [dict(fix.change) for fix in one.fixes]
