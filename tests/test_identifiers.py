"""Check digits, ZIP prefixes and telephone numbers (rules.md, section 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.identifiers import (
    STATE_OF_PREFIX,
    STATES,
    STRADDLING,
    is_dea,
    is_npi,
    is_zip,
    state_of_zip,
    straddles,
    us_phone,
)


@pytest.mark.parametrize(
    ("case", "npi", "valid"),
    [
        ("a person", "1234567893", True),
        ("another person", "1679576722", True),
        ("a third", "1003802901", True),
        ("begins with 2", "2234567891", True),
        ("last digit wrong", "1234567890", False),
        ("two digits swapped", "1234567983", False),
        ("begins with 3, Luhn holds", "3234567899", False),
        ("nine digits", "123456789", False),
        ("eleven digits", "12345678930", False),
        ("spaces", "1234 567893", False),
        ("a line end", "1234567893\n", False),
        ("Arabic-Indic digits", "١٢٣٤٥٦٧٨٩٣", False),
        ("empty", "", False),
    ],
)
def test_npi(case: str, npi: str, valid: bool) -> None:
    assert is_npi(npi) is valid


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_exactly_one_last_digit_makes_an_npi(nine: str) -> None:
    assert sum(is_npi(f"{nine}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize(
    ("case", "number", "valid"),
    [
        ("a practitioner", "AP5836727", True),
        ("a practitioner with F", "FJ1234563", True),
        ("9 for a business address", "F91234563", True),
        ("a maker's sample", "GQ9999999", False),
        ("last digit wrong", "FJ1234564", False),
        ("a digit first", "9F1234563", False),
        ("small letters", "fj1234563", False),
        ("six digits", "FJ123456", False),
        ("a hospital's suffix", "FJ1234563-001", False),
        ("empty", "", False),
    ],
)
def test_dea(case: str, number: str, valid: bool) -> None:
    assert is_dea(number) is valid


@pytest.mark.parametrize(
    ("case", "text", "number"),
    [
        ("invented, Austin", "512-555-0142", "+15125550142"),
        ("invented, first", "212-555-0100", "+12125550100"),
        ("invented, last", "(415) 555-0199", "+14155550199"),
        ("country code", "+1 512 555 0142", "+15125550142"),
        ("dots", "512.555.0142", "+15125550142"),
        ("an extension", "512-555-0142 ext. 7", "+15125550142"),
        ("toll free", "800-555-0199", "+18005550199"),
        ("Puerto Rico", "787-555-0100", "+17875550100"),
        ("Guam", "671-555-0101", "+16715550101"),
        ("no such area code", "555-555-5555", None),
        ("an area code cannot begin with 1", "123-456-7890", None),
        ("an exchange cannot begin with 0", "512-055-0142", None),
        ("seven digits", "555-0142", None),
        ("eleven digits", "512-555-01423", None),
        ("Canada", "416-555-0123", None),
        ("Jamaica", "876-555-0101", None),
        ("London", "+44 20 7946 0958", None),
        ("words", "ask the front desk", None),
        ("empty", "", None),
    ],
)
def test_us_phone(case: str, text: str, number: str | None) -> None:
    assert us_phone(text) == number


@pytest.mark.parametrize(
    ("case", "text", "valid", "state", "shared"),
    [
        ("Austin", "78701", True, "TX", False),
        ("with four more", "78701-1234", True, "TX", False),
        ("nine digits", "787011234", True, "TX", False),
        ("a leading zero", "02139", True, "MA", False),
        ("Holtsville", "00501", True, "NY", False),
        ("Andover, far from its state's others", "05501", True, "MA", False),
        ("Connecticut and New York", "06390", True, "CT", True),
        ("Idaho and Wyoming", "83414", True, "ID", True),
        ("Hawaii and American Samoa", "96799", True, "HI", True),
        ("military", "09012", True, "AE", False),
        ("nobody's prefix", "00001", True, None, False),
        ("four digits", "2139", False, "IN", False),
        ("letters", "K1A 0B1", False, None, False),
        ("other digits", "٧٨٧٠١", False, None, False),
    ],
)
def test_zip(case: str, text: str, valid: bool, state: str | None, shared: bool) -> None:
    if valid:
        assert state_of_zip(text) == state
    assert is_zip(text) is valid
    assert straddles(text) is shared


def test_the_table_has_every_prefix_and_state() -> None:
    assert len(STATE_OF_PREFIX) == 933
    assert len(STATES) == 62
    assert len(STRADDLING) == 8
    assert STATE_OF_PREFIX.keys() >= STRADDLING


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for check in (is_npi, is_dea, us_phone, is_zip, state_of_zip, straddles):
        check(text)
